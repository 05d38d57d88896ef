// Sums of the coefficients that the bits of shares choose, with AVX2. Four words give each of 64 elements a number
// of four bits, by which a shuffle looks up a byte of the sum of up to four coefficients: in registers, in the same
// time for all numbers.
#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>
#include <string.h>

#include "gf64_expand.h"

#define TARGET C_PARLEY_TARGET_AVX2

enum { MAX_FACTOR = 64, QUADS = MAX_FACTOR / 4 };

typedef struct {
  /// Entry i of byte b of quad q: byte b of the sum of the coefficients 4 q + t for the bits t of i.
  uint8_t bytes[QUADS][8][16];
} lookup;

/// The numbers of each quad, 64 of them, a byte each.
typedef struct {
  __m256i elements[QUADS][2];
} numbers;

static void fill(lookup *table, size_t quads, size_t factor, const uint64_t *coefficients) {
  for (size_t q = 0; q < quads; q++) {
    uint64_t sums[16] = {0};
    for (size_t t = 0; t < 4; t++) {
      uint64_t c = 4 * q + t < factor ? coefficients[4 * q + t] : 0;
      for (size_t i = 0; i < (size_t)1 << t; i++) sums[((size_t)1 << t) + i] = sums[i] ^ c;
    }
    for (size_t b = 0; b < 8; b++)
      for (size_t i = 0; i < 16; i++) table->bytes[q][b][i] = (uint8_t)(sums[i] >> 8 * b);
  }
}

/// In each 64-bit lane bit i of byte j goes to bit j of byte i (Warren, Hacker's Delight, 7-3).
C_PARLEY_INLINE TARGET __m256i transposed(__m256i a) {
#define LEVEL(SHIFT, MASK)                                                                                  \
  {                                                                                                         \
    __m256i t = _mm256_and_si256(_mm256_xor_si256(a, _mm256_srli_epi64(a, SHIFT)), _mm256_set1_epi64x(MASK)); \
    a = _mm256_xor_si256(a, _mm256_xor_si256(t, _mm256_slli_epi64(t, SHIFT)));                               \
  }
  LEVEL(7, 0x00aa00aa00aa00aa)
  LEVEL(14, 0x0000cccc0000cccc)
  LEVEL(28, 0x00000000f0f0f0f0)
#undef LEVEL
  return a;
}

/// Words p[0], p[1] in the low lane and p[8], p[9] in the high lane, their bytes alternating.
C_PARLEY_INLINE TARGET __m256i alternating(const uint64_t *p) {
  const __m256i order = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
  __m128i low = _mm_loadu_si128((const __m128i *)(const void *)p);
  __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(p + 8));
  return _mm256_shuffle_epi8(_mm256_set_m128i(high, low), order);
}

/// Quads q .. q + 3 from 16 words.
C_PARLEY_INLINE TARGET void four_quads(numbers *n, size_t q, const uint64_t *words) {
  __m256i a = alternating(words), b = alternating(words + 2), c = alternating(words + 4),
          d = alternating(words + 6);
  __m256i ab0 = _mm256_unpacklo_epi16(a, b), ab1 = _mm256_unpackhi_epi16(a, b);
  __m256i cd0 = _mm256_unpacklo_epi16(c, d), cd1 = _mm256_unpackhi_epi16(c, d);
  // Lanes: elements 16 t .. 16 t + 15 of the first eight words, and of the last eight.
  __m256i t[4] = {
      transposed(_mm256_unpacklo_epi32(ab0, cd0)), transposed(_mm256_unpackhi_epi32(ab0, cd0)),
      transposed(_mm256_unpacklo_epi32(ab1, cd1)), transposed(_mm256_unpackhi_epi32(ab1, cd1))};
  const __m256i low = _mm256_set1_epi8(0x0f);
  for (int half = 0; half < 2; half++) {
    __m256i first = _mm256_permute2x128_si256(t[2 * half], t[2 * half + 1], 0x20);
    __m256i second = _mm256_permute2x128_si256(t[2 * half], t[2 * half + 1], 0x31);
    n->elements[q][half] = _mm256_and_si256(first, low);
    n->elements[q + 1][half] = _mm256_and_si256(_mm256_srli_epi64(first, 4), low);
    n->elements[q + 2][half] = _mm256_and_si256(second, low);
    n->elements[q + 3][half] = _mm256_and_si256(_mm256_srli_epi64(second, 4), low);
  }
}

/// Bytes b .. b + 3 of all sums; `quads` may be a constant.
C_PARLEY_INLINE TARGET void four_bytes(
    const lookup *table, const numbers *n, size_t quads, size_t b, __m256i sum[2][8]) {
  for (int half = 0; half < 2; half++)
    for (size_t i = b; i < b + 4; i++) sum[half][i] = _mm256_setzero_si256();
#pragma clang loop unroll(disable)
  for (size_t q = 0; q < quads; q++) {
    __m256i first = n->elements[q][0], second = n->elements[q][1];
#pragma clang loop unroll(full)
    for (size_t i = b; i < b + 4; i++) {
      __m256i entries =
          _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(const void *)table->bytes[q][i]));
      sum[0][i] = _mm256_xor_si256(sum[0][i], _mm256_shuffle_epi8(entries, first));
      sum[1][i] = _mm256_xor_si256(sum[1][i], _mm256_shuffle_epi8(entries, second));
    }
  }
}

/// The eight bytes of 32 words, each in a register of its own, to the words.
C_PARLEY_INLINE TARGET void store_words(uint64_t *out, const __m256i byte[8]) {
  __m256i pairs[8], fours[8];
  for (int i = 0; i < 4; i++) {
    pairs[2 * i] = _mm256_unpacklo_epi8(byte[2 * i], byte[2 * i + 1]);
    pairs[2 * i + 1] = _mm256_unpackhi_epi8(byte[2 * i], byte[2 * i + 1]);
  }
  for (int i = 0; i < 2; i++)
    for (int half = 0; half < 2; half++) {
      fours[4 * i + 2 * half] = _mm256_unpacklo_epi16(pairs[4 * i + half], pairs[4 * i + 2 + half]);
      fours[4 * i + 2 * half + 1] = _mm256_unpackhi_epi16(pairs[4 * i + half], pairs[4 * i + 2 + half]);
    }
  // Words 4 i .. 4 i + 3, and 16 more in the high lane.
  for (int i = 0; i < 4; i++) {
    __m256i a = _mm256_unpacklo_epi32(fours[i], fours[4 + i]), b = _mm256_unpackhi_epi32(fours[i], fours[4 + i]);
    _mm256_storeu_si256((__m256i *)(void *)(out + 4 * i), _mm256_permute2x128_si256(a, b, 0x20));
    _mm256_storeu_si256((__m256i *)(void *)(out + 16 + 4 * i), _mm256_permute2x128_si256(a, b, 0x31));
  }
}

/// `lanes` may be a constant.
C_PARLEY_INLINE TARGET void expand_by(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    uint64_t *out) {
  lookup table __attribute__((aligned(64)));
  numbers n;
  size_t quads = (2 * lanes + 3) / 4;
  fill(&table, quads, 2 * lanes, coefficients);
  uint64_t padded[MAX_FACTOR] = {0};
  for (size_t d = 0; d < groups; d++) {
    if (lanes == 16) {
      four_quads(&n, 0, x + d * lanes);
      four_quads(&n, 4, x2 + d * lanes);
    } else {
      memcpy(padded, x + d * lanes, lanes * sizeof *x);
      memcpy(padded + lanes, x2 + d * lanes, lanes * sizeof *x);
      for (size_t q = 0; q < quads; q += 4) four_quads(&n, q, padded + 4 * q);
    }
    __m256i sum[2][8];
    four_bytes(&table, &n, quads, 0, sum);
    four_bytes(&table, &n, quads, 4, sum);
    store_words(out + 64 * d, sum[0]);
    store_words(out + 64 * d + 32, sum[1]);
  }
}

TARGET void gf64_expand_fold(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    uint64_t *out) {
  if (lanes == 16)
    expand_by(x, x2, groups, 16, coefficients, out);
  else
    expand_by(x, x2, groups, lanes, coefficients, out);
}
#endif
