// Correlation-robust hashing: what does not depend on the instruction set, and the version for any processor.
#include <string.h>

#include "kernels.h"

/// AES under `key` of s(x) with s(x) added, s(a, b) = (a ^ b, a).
static void hash_one(const uint8_t *key, uint64_t a, uint64_t b, uint64_t *out) {
  uint64_t x[2] = {a ^ b, a}, y[2];
  c_parley_aes_generic.encrypt(key, (const uint8_t *)x, (uint8_t *)y, 1);
  out[0] = y[0] ^ x[0];
  out[1] = y[1] ^ x[1];
}

/// Slow: a key of its own for every block leaves nothing to do side by side.
void c_parley_mitccrh_generic(
    const uint64_t salt[2], uint64_t first, const uint64_t *in, const uint64_t *delta, uint64_t *out,
    uint64_t *out2, size_t count) {
  uint8_t schedule[C_PARLEY_AES128_SCHEDULE_BYTES];
  for (size_t j = 0; j < count; j++) {
    uint64_t key[2] = {salt[0] ^ (first + j), salt[1]}, a = in[2 * j], b = in[2 * j + 1];
    c_parley_aes128_expand(key, schedule);
    hash_one(schedule, a, b, out + 2 * j);
    if (delta) hash_one(schedule, a ^ delta[0], b ^ delta[1], out2 + 2 * j);
  }
  c_parley_zeroize(schedule, sizeof schedule);
}

void c_parley_mitccrh(
    const void *salt, uint64_t first, const uint64_t *in, const uint64_t *delta, uint64_t *out, uint64_t *out2,
    size_t count) {
  uint64_t words[2];
  memcpy(words, salt, sizeof words);
  c_parley_active()->aes->mitccrh(words, first, in, delta, out, out2, count);
}

void c_parley_tmmo(const void *schedule, uint64_t first, const uint64_t *in, uint64_t *out, size_t count) {
  enum { TILE = 64 };
  const c_parley_aes_ops *aes = c_parley_active()->aes;
  uint64_t once[2 * TILE], twice[2 * TILE];
  for (size_t at = 0; at < count; at += TILE) {
    size_t n = count - at < TILE ? count - at : TILE;
    aes->encrypt(schedule, (const uint8_t *)(in + 2 * at), (uint8_t *)once, n);
    memcpy(twice, once, 16 * n);
    for (size_t e = 0; e < n; e++) twice[2 * e] ^= first + at + e;
    aes->encrypt(schedule, (const uint8_t *)twice, (uint8_t *)twice, n);
    for (size_t e = 0; e < 2 * n; e++) out[2 * at + e] = twice[e] ^ once[e];
  }
  c_parley_zeroize(once, sizeof once);
  c_parley_zeroize(twice, sizeof twice);
}
