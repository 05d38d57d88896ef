// Sums of the coefficients that the bits of shares choose, with GFNI: a matrix of 8 x 8 bits takes eight bits of a share to
// eight bits of a sum. Matrices are made of public coefficients; shares are in registers.
#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>

#include "gf64.h"
#include "gf64_expand.h"

#define TARGET C_PARLEY_TARGET_VPCLMUL512

enum { LANES = 16, QUARTERS = 4 };

/// Word o has byte o of each word of a, the last word's first.
C_PARLEY_INLINE TARGET __m512i bytes_apart(__m512i a) {
  const __m512i place = _mm512_setr_epi64(
      0x0008101820283038, 0x0109111921293139, 0x020a121a222a323a, 0x030b131b232b333b, 0x040c141c242c343c,
      0x050d151d252d353d, 0x060e161e262e363e, 0x070f171f272f373f);
  return _mm512_permutexvar_epi8(place, a);
}

/// Byte 8 o + i has bit 8 o + i of each of the eight words, that of word t at bit t.
C_PARLEY_INLINE TARGET __m512i numbers_of(__m512i words) {
  return _mm512_gf2p8affine_epi64_epi8(_mm512_set1_epi64((long long)0x8040201008040201), bytes_apart(words), 0);
}

/// In word o the matrix that takes a number of eight bits t to byte o of the sum of the words t.
C_PARLEY_INLINE TARGET __m512i matrices_of(__m512i words) {
  return _mm512_gf2p8affine_epi64_epi8(_mm512_set1_epi64(0x0102040810204080), bytes_apart(words), 0);
}

C_PARLEY_INLINE TARGET __m512i sum3(__m512i a, __m512i b, __m512i c) {
  return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

C_PARLEY_INLINE TARGET __m512i quarter(const uint64_t *x, const uint64_t *x2, size_t d, size_t q) {
  return _mm512_loadu_si512((q < 2 ? x : x2) + d * LANES + q % 2 * 8);
}

/// From the bytes of 64 sums, a byte of each in a register of its own, to the sums. Byte 16 L + 2 k + s of a register belongs to
/// sum 8 k + 2 L + s.
C_PARLEY_INLINE TARGET void store_sums(uint64_t *out, const __m512i byte[8]) {
  __m512i pairs[8], fours[8];
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    pairs[2 * i] = _mm512_unpacklo_epi8(byte[2 * i], byte[2 * i + 1]);
    pairs[2 * i + 1] = _mm512_unpackhi_epi8(byte[2 * i], byte[2 * i + 1]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; i++)
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) {
      fours[4 * i + 2 * half] = _mm512_unpacklo_epi16(pairs[4 * i + half], pairs[4 * i + 2 + half]);
      fours[4 * i + 2 * half + 1] = _mm512_unpackhi_epi16(pairs[4 * i + half], pairs[4 * i + 2 + half]);
    }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    _mm512_storeu_si512(out + 16 * i, _mm512_unpacklo_epi32(fours[i], fours[4 + i]));
    _mm512_storeu_si512(out + 16 * i + 8, _mm512_unpackhi_epi32(fours[i], fours[4 + i]));
  }
}

static TARGET void expand(
    const uint64_t *x, const uint64_t *x2, size_t groups, const uint64_t *coefficients, uint64_t *out) {
  // See `store_sums`.
  const __m512i order = _mm512_setr_epi64(
      0x1918111009080100, 0x3938313029282120, 0x1b1a13120b0a0302, 0x3b3a33322b2a2322, 0x1d1c15140d0c0504,
      0x3d3c35342d2c2524, 0x1f1e17160f0e0706, 0x3f3e37362f2e2726);
  uint64_t matrices[QUARTERS][8];
  for (size_t q = 0; q < QUARTERS; q++)
    _mm512_storeu_si512(matrices[q], matrices_of(_mm512_loadu_si512(coefficients + 8 * q)));
  for (size_t d = 0; d < groups; d++) {
    __m512i numbers[QUARTERS], byte[8];
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++)
      numbers[q] = _mm512_permutexvar_epi8(order, numbers_of(quarter(x, x2, d, q)));
#pragma clang loop unroll(full)
    for (size_t o = 0; o < 8; o++) {
      __m512i term[QUARTERS];
#pragma clang loop unroll(full)
      for (size_t q = 0; q < QUARTERS; q++)
        term[q] = _mm512_gf2p8affine_epi64_epi8(numbers[q], _mm512_set1_epi64((long long)matrices[q][o]), 0);
      byte[o] = _mm512_xor_si512(sum3(term[0], term[1], term[2]), term[3]);
    }
    store_sums(out + 64 * d, byte);
  }
}

TARGET void gf64_expand_fold_avx512(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    uint64_t *out) {
  if (lanes == LANES)
    expand(x, x2, groups, coefficients, out);
  else
    gf64_expand_fold(x, x2, groups, lanes, coefficients, out);
}

/// Eight products; for the second function, of a by a number whose powers of X below 8 count.
C_PARLEY_INLINE TARGET __m512i products(__m512i a, __m512i b) {
  // As `reduce` of gf64_clmul.h.
  const __m512i overflow = _mm512_broadcast_i32x4(_mm_setr_epi8(
      0, 0x1b, 0x2d, 0x36, 0x5a, 0x41, 0x77, 0x6c, (char)0xaf, (char)0xb4, (char)0x82, (char)0x99, (char)0xf5,
      (char)0xee, (char)0xd8, (char)0xc3));
  __m512i p = _mm512_clmulepi64_epi128(a, b, 0x00), q = _mm512_clmulepi64_epi128(a, b, 0x11);
  __m512i low = _mm512_unpacklo_epi64(p, q), high = _mm512_unpackhi_epi64(p, q);
  __m512i over = _mm512_shuffle_epi8(overflow, _mm512_srli_epi64(high, 60));
  return sum3(
      sum3(low, high, over), _mm512_slli_epi64(high, 1),
      _mm512_xor_si512(_mm512_slli_epi64(high, 3), _mm512_slli_epi64(high, 4)));
}

/// X^(8 m) w in word m.
C_PARLEY_INLINE TARGET __m512i shifted_by_bytes(uint64_t w) {
  __m512i word = _mm512_set1_epi64((long long)w);
  __m512i low = _mm512_sllv_epi64(word, _mm512_setr_epi64(0, 8, 16, 24, 32, 40, 48, 56));
  // Below X^56, so that its multiples by 1, X, X^3 and X^4 fit.
  __m512i high = _mm512_srlv_epi64(word, _mm512_setr_epi64(64, 56, 48, 40, 32, 24, 16, 8));
  return sum3(
      sum3(low, high, _mm512_slli_epi64(high, 1)), _mm512_slli_epi64(high, 3), _mm512_slli_epi64(high, 4));
}

/// In word 2 l of a and b, two words to a lane l, the sum of a's lane, in word 2 l + 1 that of b's.
C_PARLEY_INLINE TARGET __m512i sums_of_lanes(__m512i a, __m512i b) {
  return _mm512_xor_si512(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/// Lanes of a added up in pairs, then those of b.
C_PARLEY_INLINE TARGET __m512i sums_of_pairs(__m512i a, __m512i b) {
  return _mm512_xor_si512(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xdd));
}

/// A matrix for each word j of a group and byte o of a result: it takes byte m of the word to its part of byte o of result m.
/// With weights w the elements 8 m + i of a group are multiplied by w X^(8 m + i): X^i is in the matrices, w X^(8 m) in the end.
TARGET void gf64_expand_folded_avx512(
    const uint64_t *x, const uint64_t *x2, size_t groups, const uint64_t *coefficients, const uint64_t *weights,
    const uint64_t *second, uint64_t *out) {
  uint64_t matrices[QUARTERS][8][8];
  uint64_t power[8];
  for (size_t i = 0; i < 8; i++) {
    uint64_t c = second[i];
    for (size_t b = 0; weights && b < i; b++) c = gf64_double(c);
    power[i] = c;
  }
  const __m512i powers = _mm512_loadu_si512(power);
  for (size_t j = 0; j < 2 * LANES; j++) {
    uint64_t of_word[8];
    _mm512_storeu_si512(of_word, matrices_of(products(powers, _mm512_set1_epi64((long long)coefficients[j]))));
    for (size_t o = 0; o < 8; o++) matrices[j / 8][o][j % 8] = of_word[o];
  }
  for (size_t d = 0; d < groups; d++) {
    __m512i word[QUARTERS], byte[8];
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++) word[q] = quarter(x, x2, d, q);
#pragma clang loop unroll(full)
    for (size_t o = 0; o < 8; o++) {
      __m512i term[QUARTERS];
#pragma clang loop unroll(full)
      for (size_t q = 0; q < QUARTERS; q++)
        term[q] = _mm512_gf2p8affine_epi64_epi8(word[q], _mm512_loadu_si512(matrices[q][o]), 0);
      byte[o] = _mm512_xor_si512(sum3(term[0], term[1], term[2]), term[3]);
    }
    __m512i low = sums_of_pairs(sums_of_lanes(byte[0], byte[1]), sums_of_lanes(byte[2], byte[3]));
    __m512i high = sums_of_pairs(sums_of_lanes(byte[4], byte[5]), sums_of_lanes(byte[6], byte[7]));
    // Word o has byte o of all results.
    const __m512i place = _mm512_setr_epi64(
        0x3830282018100800, 0x3931292119110901, 0x3a322a221a120a02, 0x3b332b231b130b03, 0x3c342c241c140c04,
        0x3d352d251d150d05, 0x3e362e261e160e06, 0x3f372f271f170f07);
    __m512i result = _mm512_permutexvar_epi8(place, sums_of_pairs(low, high));
    if (weights) result = products(result, shifted_by_bytes(weights[d]));
    _mm512_storeu_si512(out + 8 * d, result);
  }
}
#endif
