// AES-128 with AES-NI, eight blocks in flight.
#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>

#define TARGET C_PARLEY_TARGET_AVX2

C_PARLEY_INLINE TARGET __m128i round_key(const uint8_t *key, int round) {
  return _mm_loadu_si128((const __m128i *)(key + 16 * round));
}

C_PARLEY_INLINE TARGET void encrypt8(const uint8_t *key, __m128i b[8]) {
  __m128i k = round_key(key, 0);
  for (int i = 0; i < 8; i++) b[i] = _mm_xor_si128(b[i], k);
  for (int round = 1; round < 10; round++) {
    k = round_key(key, round);
    for (int i = 0; i < 8; i++) b[i] = _mm_aesenc_si128(b[i], k);
  }
  k = round_key(key, 10);
  for (int i = 0; i < 8; i++) b[i] = _mm_aesenclast_si128(b[i], k);
}

C_PARLEY_INLINE TARGET void counters8(uint64_t stream, uint64_t block, __m128i b[8]) {
  for (int i = 0; i < 8; i++) b[i] = _mm_set_epi64x((long long)(block + (uint64_t)i), (long long)stream);
}

C_PARLEY_INLINE TARGET void store8(void *out, const __m128i b[8], size_t n) {
  __m128i *o = (__m128i *)out;
  for (size_t i = 0; i < 8; i++)
    if (i < n) _mm_storeu_si128(o + i, b[i]);
}

static TARGET void encrypt_aesni(const uint8_t *key, const uint8_t *in, uint8_t *out, size_t blocks) {
  for (size_t e = 0; e < blocks; e += 8) {
    size_t n = blocks - e < 8 ? blocks - e : 8;
    __m128i b[8];
    for (size_t i = 0; i < 8; i++)
      b[i] = i < n ? _mm_loadu_si128((const __m128i *)(in + 16 * (e + i))) : _mm_setzero_si128();
    encrypt8(key, b);
    store8(out + 16 * e, b, n);
  }
}

static TARGET void keystream_aesni(
    const uint8_t *key, uint64_t stream, uint64_t first_block, uint64_t *out, size_t blocks) {
  __m128i b[8];
  size_t e = 0;
  for (; e + 8 <= blocks; e += 8) {
    counters8(stream, first_block + e, b);
    encrypt8(key, b);
    store8(out + 2 * e, b, 8);
  }
  if (e < blocks) {
    counters8(stream, first_block + e, b);
    encrypt8(key, b);
    store8(out + 2 * e, b, blocks - e);
  }
}

#define ZERO(NAME, OP)                                                                                \
  static TARGET void NAME(                                                                            \
      const uint8_t *mine, const uint8_t *next, uint64_t stream, uint64_t first_block, uint64_t *out, \
      size_t blocks) {                                                                                \
    for (size_t e = 0; e < blocks; e += 8) {                                                          \
      __m128i a[8], b[8];                                                                             \
      counters8(stream, first_block + e, a);                                                          \
      encrypt8(mine, a);                                                                              \
      counters8(stream, first_block + e, b);                                                          \
      encrypt8(next, b);                                                                              \
      for (int i = 0; i < 8; i++) a[i] = OP(a[i], b[i]);                                              \
      store8(out + 2 * e, a, blocks - e < 8 ? blocks - e : 8);                                        \
    }                                                                                                 \
  }

ZERO(zero_sub_aesni, _mm_sub_epi64)
ZERO(zero_xor_aesni, _mm_xor_si128)

const c_parley_aes_ops c_parley_aes_aesni = {
    encrypt_aesni, keystream_aesni, zero_sub_aesni, zero_xor_aesni, 0, 0, 0, c_parley_mitccrh_aesni,
    c_parley_vole_aesni};
const c_parley_aes_ops c_parley_aes_aesni_wide = {
    encrypt_aesni, keystream_aesni, zero_sub_aesni, zero_xor_aesni, 0, 0, 0, c_parley_mitccrh_vaes256,
    c_parley_vole_vaes256};
#endif
