// AES-128 for any processor: 64 blocks at a time, bit-sliced, so that nothing is looked up by a secret.
//
// Bit i of byte b of block e is bit e of state word 8*b + i. ShiftRows is then a renaming, MixColumns a few
// exclusive ors, and SubBytes the Boolean circuit of Boyar and Peralta ("A small depth-16 circuit for the AES
// S-box", eprint 2011/332, figures 5 to 7). About 25 word operations for each byte.
#include <string.h>

#include "bits.h"

/// SubBytes on eight bit planes; s[7] is the most significant bit, called x0 in the paper.
C_PARLEY_INLINE void sub_planes(uint64_t s[8]) {
  uint64_t x0 = s[7], x1 = s[6], x2 = s[5], x3 = s[4], x4 = s[3], x5 = s[2], x6 = s[1], x7 = s[0];

  // Top linear layer.
  uint64_t y14 = x3 ^ x5, y13 = x0 ^ x6, y9 = x0 ^ x3, y8 = x0 ^ x5, t0 = x1 ^ x2;
  uint64_t y1 = t0 ^ x7, y4 = y1 ^ x3, y12 = y13 ^ y14, y2 = y1 ^ x0, y5 = y1 ^ x6, y3 = y5 ^ y8;
  uint64_t t1 = x4 ^ y12, y15 = t1 ^ x5, y20 = t1 ^ x1, y6 = y15 ^ x7, y10 = y15 ^ t0, y11 = y20 ^ y9;
  uint64_t y7 = x7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8, y16 = t0 ^ y11, y21 = y13 ^ y16;
  uint64_t y18 = x0 ^ y16;

  // Inversion in GF(2^4) over GF(2^2).
  uint64_t t2 = y12 & y15, t4 = (y3 & y6) ^ t2, t6 = (y4 & x7) ^ t2, t7 = y13 & y16;
  uint64_t t9 = (y5 & y1) ^ t7, t11 = (y2 & y7) ^ t7, t12 = y9 & y11, t14 = (y14 & y17) ^ t12;
  uint64_t t16 = (y8 & y10) ^ t12;
  uint64_t t21 = t4 ^ t14 ^ y20, t22 = t6 ^ t16 ^ y19, t23 = t9 ^ t14 ^ y21, t24 = t11 ^ t16 ^ y18;
  uint64_t t25 = t21 ^ t22, t26 = t21 & t23, t27 = t24 ^ t26, t29 = (t25 & t27) ^ t22;
  uint64_t t33 = ((t22 ^ t26) & (t23 ^ t24)) ^ t24, t36 = t24 & (t27 ^ t33), t37 = t36 ^ t23 ^ t33;
  uint64_t t40 = t25 ^ (t29 & (t27 ^ t36));
  uint64_t t41 = t40 ^ t37, t42 = t29 ^ t33, t43 = t29 ^ t40, t44 = t33 ^ t37, t45 = t42 ^ t41;
  uint64_t z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & x7, z3 = t43 & y16, z4 = t40 & y1, z5 = t29 & y7;
  uint64_t z6 = t42 & y11, z7 = t45 & y17, z8 = t41 & y10, z9 = t44 & y12, z10 = t37 & y3;
  uint64_t z11 = t33 & y4, z12 = t43 & y13, z13 = t40 & y5, z14 = t29 & y2, z15 = t42 & y9;
  uint64_t z16 = t45 & y14, z17 = t41 & y8;

  // Bottom linear layer with the affine constant.
  uint64_t t46 = z15 ^ z16, t48 = z5 ^ z13, t53 = z0 ^ z3, t57 = z2 ^ z12 ^ t53, t58 = z4 ^ t46;
  uint64_t t59 = z3 ^ z6 ^ z7, t62 = z7 ^ z8 ^ t58, t63 = z9 ^ z10 ^ t58, t64 = z4 ^ t59;
  uint64_t t65 = z14 ^ t57 ^ t62, t66 = z1 ^ t63;
  uint64_t s3 = t53 ^ t66;
  s[7] = t59 ^ t63;
  s[6] = ~(t64 ^ s3);
  s[5] = ~(z16 ^ z17 ^ t64 ^ t65);
  s[4] = s3;
  s[3] = z2 ^ z5 ^ t66;
  s[2] = z10 ^ z11 ^ t65;
  s[1] = ~(z12 ^ t48 ^ t62);
  s[0] = ~(t48 ^ t46 ^ t57);
}

static uint32_t sub_word(uint32_t word) {
  uint64_t s[8] = {0};
  for (int byte = 0; byte < 4; byte++)
    for (int i = 0; i < 8; i++) s[i] |= (uint64_t)(word >> (8 * byte + i) & 1) << byte;
  sub_planes(s);
  uint32_t result = 0;
  for (int byte = 0; byte < 4; byte++)
    for (int i = 0; i < 8; i++) result |= (uint32_t)(s[i] >> byte & 1) << (8 * byte + i);
  return result;
}

/// FIPS 197, 5.2. Words are little-endian here: RotWord is a rotation to the right.
void c_parley_aes128_expand(const void *key, void *schedule) {
  uint32_t w[44];
  memcpy(w, key, 16);
  uint32_t constant = 1;
  for (int i = 4; i < 44; i++) {
    uint32_t t = w[i - 1];
    if (i % 4 == 0) {
      t = sub_word(t >> 8 | t << 24) ^ constant;
      constant = (constant << 1) ^ (constant >> 7) * 0x11b;
    }
    w[i] = w[i - 4] ^ t;
  }
  memcpy(schedule, w, sizeof w);
  c_parley_zeroize(w, sizeof w);
}

static void add_round_key(uint64_t s[128], const uint8_t *key) {
  for (int b = 0; b < 16; b++)
    for (int i = 0; i < 8; i++) s[8 * b + i] ^= 0 - (uint64_t)(key[b] >> i & 1);
}

static void sub_bytes_shift_rows(uint64_t out[128], uint64_t s[128]) {
  for (int b = 0; b < 16; b++) sub_planes(s + 8 * b);
  for (int column = 0; column < 4; column++)
    for (int row = 0; row < 4; row++)
      memcpy(out + 8 * (4 * column + row), s + 8 * (4 * ((column + row) % 4) + row), 64);
}

static void mix_columns(uint64_t out[128], const uint64_t s[128]) {
  for (int column = 0; column < 4; column++)
    for (int row = 0; row < 4; row++) {
      const uint64_t *a = s + 32 * column + 8 * row, *b = s + 32 * column + 8 * ((row + 1) % 4);
      const uint64_t *c = s + 32 * column + 8 * ((row + 2) % 4);
      const uint64_t *d = s + 32 * column + 8 * ((row + 3) % 4);
      uint64_t *o = out + 32 * column + 8 * row;
      uint64_t top = a[7] ^ b[7];
      for (int i = 0; i < 8; i++) {
        uint64_t doubled = (i ? a[i - 1] ^ b[i - 1] : 0) ^ (0x1b >> i & 1 ? top : 0);
        o[i] = doubled ^ b[i] ^ c[i] ^ d[i];
      }
    }
}

/// Encrypts 64 blocks in place: low[e], high[e] are the halves of block e.
static void encrypt64(const uint8_t *key, uint64_t s[128]) {
  uint64_t t[128];
  c_parley_transpose64(s);
  c_parley_transpose64(s + 64);
  add_round_key(s, key);
  for (int round = 1; round <= 10; round++) {
    sub_bytes_shift_rows(t, s);
    if (round < 10)
      mix_columns(s, t);
    else
      memcpy(s, t, sizeof t);
    add_round_key(s, key + 16 * round);
  }
  c_parley_transpose64(s);
  c_parley_transpose64(s + 64);
}

static void encrypt_generic(const uint8_t *key, const uint8_t *in, uint8_t *out, size_t blocks) {
  while (blocks) {
    size_t n = blocks < 64 ? blocks : 64;
    uint64_t s[128] = {0};
    for (size_t e = 0; e < n; e++) {
      memcpy(s + e, in + 16 * e, 8);
      memcpy(s + 64 + e, in + 16 * e + 8, 8);
    }
    encrypt64(key, s);
    for (size_t e = 0; e < n; e++) {
      memcpy(out + 16 * e, s + e, 8);
      memcpy(out + 16 * e + 8, s + 64 + e, 8);
    }
    in += 16 * n;
    out += 16 * n;
    blocks -= n;
  }
}

static void keystream_generic(
    const uint8_t *key, uint64_t stream, uint64_t first_block, uint64_t *out, size_t blocks) {
  while (blocks) {
    size_t n = blocks < 64 ? blocks : 64;
    uint64_t s[128];
    for (size_t e = 0; e < 64; e++) {
      s[e] = stream;
      s[64 + e] = first_block + e;
    }
    encrypt64(key, s);
    for (size_t e = 0; e < n; e++) {
      out[2 * e] = s[e];
      out[2 * e + 1] = s[64 + e];
    }
    out += 2 * n;
    first_block += n;
    blocks -= n;
  }
}

#define ZERO(NAME, OP)                                                                                \
  static void NAME(                                                                                   \
      const uint8_t *mine, const uint8_t *next, uint64_t stream, uint64_t first_block, uint64_t *out, \
      size_t blocks) {                                                                                \
    uint64_t other[128];                                                                              \
    while (blocks) {                                                                                  \
      size_t n = blocks < 64 ? blocks : 64;                                                           \
      keystream_generic(mine, stream, first_block, out, n);                                           \
      keystream_generic(next, stream, first_block, other, n);                                         \
      for (size_t e = 0; e < 2 * n; e++) out[e] = out[e] OP other[e];                                 \
      out += 2 * n;                                                                                   \
      first_block += n;                                                                               \
      blocks -= n;                                                                                    \
    }                                                                                                 \
  }

ZERO(zero_sub_generic, -)
ZERO(zero_xor_generic, ^)

const c_parley_aes_ops c_parley_aes_generic = {
    encrypt_generic, keystream_generic, zero_sub_generic, zero_xor_generic, 0, 0, 0, c_parley_mitccrh_generic,
    c_parley_vole_generic};
