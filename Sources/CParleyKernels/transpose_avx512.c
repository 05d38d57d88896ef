// 64 x 64 bit transposes in eight registers: bytes with VPERMB, bits within 8 x 8 blocks with GFNI.
#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>

#define TARGET C_PARLEY_TARGET_AVX512

/// Word k of register r goes to word r of register k.
C_PARLEY_INLINE TARGET void transpose_words(__m512i r[8]) {
  __m512i t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
  }
  for (int odd = 0; odd < 2; odd++) {
    __m512i a = _mm512_shuffle_i64x2(t[odd], t[2 + odd], 0x88);
    __m512i b = _mm512_shuffle_i64x2(t[odd], t[2 + odd], 0xdd);
    __m512i c = _mm512_shuffle_i64x2(t[4 + odd], t[6 + odd], 0x88);
    __m512i d = _mm512_shuffle_i64x2(t[4 + odd], t[6 + odd], 0xdd);
    r[odd] = _mm512_shuffle_i64x2(a, c, 0x88);
    r[4 + odd] = _mm512_shuffle_i64x2(a, c, 0xdd);
    r[2 + odd] = _mm512_shuffle_i64x2(b, d, 0x88);
    r[6 + odd] = _mm512_shuffle_i64x2(b, d, 0xdd);
  }
}

/// Byte 8 i + j to 8 j + i, the second with the bytes of each word reversed.
static const uint8_t byte_transpose[64] = {
    0, 8,  16, 24, 32, 40, 48, 56, 1, 9,  17, 25, 33, 41, 49, 57, 2, 10, 18, 26, 34, 42,
    50, 58, 3, 11, 19, 27, 35, 43, 51, 59, 4, 12, 20, 28, 36, 44, 52, 60, 5, 13, 21, 29,
    37, 45, 53, 61, 6, 14, 22, 30, 38, 46, 54, 62, 7, 15, 23, 31, 39, 47, 55, 63};

/// Bit j of word i goes to bit i of word j; word i is word i % 8 of register i / 8.
C_PARLEY_INLINE TARGET void transpose_bits(__m512i r[8], __m512i order, __m512i reversed) {
  const __m512i diagonal = _mm512_set1_epi64((long long)0x8040201008040201);
  for (int k = 0; k < 8; k++) {
    // Byte b of the word at j becomes row b of the block; the affine map takes its matrix rows in reverse.
    r[k] = _mm512_permutexvar_epi8(reversed, r[k]);
    r[k] = _mm512_gf2p8affine_epi64_epi8(diagonal, r[k], 0);
  }
  transpose_words(r);
  for (int k = 0; k < 8; k++) r[k] = _mm512_permutexvar_epi8(order, r[k]);
}

C_PARLEY_INLINE TARGET __m512i reversed_order(__m512i order) {
  return _mm512_xor_si512(order, _mm512_set1_epi8(0x38));
}

static TARGET void to_planes(uint64_t *const *planes, size_t width, size_t offset, const uint64_t *values) {
  __m512i tile[8][8];
  __m512i order = _mm512_loadu_si512(byte_transpose), reversed = reversed_order(order);
  for (int g = 0; g < 8; g++) {
    __m512i r[8];
    for (int k = 0; k < 8; k++) r[k] = _mm512_loadu_si512(values + 64 * g + 8 * k);
    transpose_bits(r, order, reversed);
    for (int k = 0; k < 8; k++) tile[k][g] = r[k];
  }
  for (size_t j = 0; 8 * j < width; j++) {
    __m512i r[8];
    for (int g = 0; g < 8; g++) r[g] = tile[j][g];
    transpose_words(r);
    for (size_t b = 0; b < 8; b++)
      if (8 * j + b < width) _mm512_storeu_si512(planes[8 * j + b] + offset, r[b]);
  }
}

static TARGET void to_words(uint64_t *values, const uint64_t *const *planes, size_t width, size_t offset) {
  __m512i tile[8][8];
  __m512i order = _mm512_loadu_si512(byte_transpose), reversed = reversed_order(order);
  for (size_t j = 0; j < 8; j++) {
    __m512i r[8];
    for (size_t b = 0; b < 8; b++)
      r[b] = 8 * j + b < width ? _mm512_loadu_si512(planes[8 * j + b] + offset) : _mm512_setzero_si512();
    transpose_words(r);
    for (int g = 0; g < 8; g++) tile[g][j] = r[g];
  }
  for (int g = 0; g < 8; g++) {
    __m512i r[8];
    for (int k = 0; k < 8; k++) r[k] = tile[g][k];
    transpose_bits(r, order, reversed);
    for (int k = 0; k < 8; k++) _mm512_storeu_si512(values + 64 * g + 8 * k, r[k]);
  }
}

const c_parley_transpose_ops c_parley_transpose_avx512 = {to_planes, to_words};
#endif
