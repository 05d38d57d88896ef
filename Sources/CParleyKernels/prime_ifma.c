// The field of a prime on 512-bit registers, with products of 52 bits (AVX512-IFMA).
//
// Numbers are in limbs of 52 bits, in registers of their own, each for eight numbers; sums stay in limbs of up to 64 bits. An
// operand of one word is its own low limb: products look at its low 52 bits. Montgomery's reduction divides by 2^52 a step;
// the factors go into the coefficients or out of the sums.
#include "prime.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>
#include <string.h>

#define TARGET C_PARLEY_TARGET_IFMA

enum { WIDTH = 8, MAX_FACTOR = 32, LIMB = 52 };

typedef struct {
  __m512i low, middle, high;
} limbs;

typedef struct {
  __m512i value, high, inverse;
} prime52;

C_PARLEY_INLINE TARGET prime52 prime_of(const c_parley_prime *p) {
  prime52 out = {
      _mm512_set1_epi64((long long)p->value), _mm512_set1_epi64((long long)(p->value >> LIMB)),
      _mm512_set1_epi64((long long)negative_inverse(p->value))};
  return out;
}

C_PARLEY_INLINE TARGET limbs no_limbs(void) {
  limbs out = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
  return out;
}

C_PARLEY_INLINE TARGET __m512i high_limb(__m512i a) { return _mm512_srli_epi64(a, LIMB); }

/// sum += a b for a and b of two limbs, whose high ones have a product below 2^52. Adds less than 2^52 to the low limb and less
/// than 3 2^52 to the middle one.
C_PARLEY_INLINE TARGET void add_product(limbs *sum, __m512i a, __m512i a_high, __m512i b, __m512i b_high) {
  sum->low = _mm512_madd52lo_epu64(sum->low, a, b);
  sum->middle = _mm512_madd52hi_epu64(sum->middle, a, b);
  sum->high = _mm512_madd52hi_epu64(sum->high, a, b_high);
  sum->middle = _mm512_madd52lo_epu64(sum->middle, a, b_high);
  sum->high = _mm512_madd52hi_epu64(sum->high, a_high, b);
  sum->middle = _mm512_madd52lo_epu64(sum->middle, a_high, b);
  sum->high = _mm512_madd52lo_epu64(sum->high, a_high, b_high);
}

/// t / 2^52 mod P, at most t / 2^52 + P. The low limb is below 2^64 - 2^52, and the middle one below 2^64 - 2^54.
C_PARLEY_INLINE TARGET limbs divided(limbs t, const prime52 *p) {
  __m512i q = _mm512_madd52lo_epu64(_mm512_setzero_si512(), t.low, p->inverse);
  __m512i over = high_limb(_mm512_madd52lo_epu64(t.low, q, p->value));
  __m512i middle = _mm512_madd52hi_epu64(_mm512_add_epi64(t.middle, over), q, p->value);
  limbs out = {
      _mm512_madd52lo_epu64(middle, q, p->high), _mm512_madd52hi_epu64(t.high, q, p->high),
      _mm512_setzero_si512()};
  return out;
}

/// t / 2^104 mod P, at most t / 2^104 + P, which is below 2^64.
C_PARLEY_INLINE TARGET __m512i word_of(limbs t, const prime52 *p) {
  limbs out = divided(divided(t, p), p);
  return _mm512_add_epi64(out.low, _mm512_slli_epi64(out.middle, LIMB));
}

/// a mod P for a < 2 P.
C_PARLEY_INLINE TARGET __m512i residue_of(__m512i a, const prime52 *p) {
  return _mm512_min_epu64(a, _mm512_sub_epi64(a, p->value));
}

/// c 2^(52 times) mod P.
static uint64_t scaled(uint64_t c, unsigned times, const c_parley_prime *p) {
  for (unsigned i = 0; i < times; i++) c = reduce((uint128)c << LIMB, p);
  return c;
}

C_PARLEY_INLINE TARGET __m512i load(const uint64_t *a) { return _mm512_loadu_si512(a); }

/// The first `count` of eight words, and zeros.
C_PARLEY_INLINE TARGET __m512i load_some(const uint64_t *a, size_t count) {
  return count >= WIDTH ? load(a) : _mm512_maskz_loadu_epi64((__mmask8)((1u << count) - 1), a);
}

// Sums for the outer products. Limbs hold 1024 products.

enum { HELD = 1024 };

/// Takes eight sums out of their limbs; they lack a factor of 2^104.
C_PARLEY_INLINE TARGET void take(limbs *sum, uint64_t out[WIDTH], const prime52 *p) {
  _mm512_storeu_si512(out, residue_of(word_of(*sum, p), p));
  *sum = no_limbs();
}

// The first level. Lanes are products: those of even number are the first of their groups. Sums are for an element of u and one
// of v of the same product, and for one of u and one of v of the other product of the group.

enum { PIECE = 256 };

typedef struct {
  uint64_t low[PIECE], high[PIECE];
} weighed;

/// w a / 2^52, below 2^74, in two limbs.
C_PARLEY_INLINE TARGET void weigh(__m512i w, __m512i a, const prime52 *p, weighed *out, size_t at) {
  limbs t = no_limbs();
  add_product(&t, w, high_limb(w), a, high_limb(a));
  t = divided(t, p);
  _mm512_storeu_si512(out->low + at, t.low);
  _mm512_storeu_si512(out->high + at, _mm512_add_epi64(t.middle, high_limb(t.low)));
}

C_PARLEY_INLINE TARGET void pair_sums(
    const weighed *u, const uint64_t *a, const uint64_t *b, size_t count, limbs total[4]) {
  limbs sum[4] = {total[0], total[1], total[2], total[3]};
  for (size_t g = 0; g < count; g += WIDTH) {
    __m512i low = load(u->low + g), high = load(u->high + g);
    __m512i v[4] = {load_some(a + g, count - g), load_some(b + g, count - g)};
    v[2] = _mm512_permutex_epi64(v[0], 0xb1);
    v[3] = _mm512_permutex_epi64(v[1], 0xb1);
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) add_product(&sum[k], low, high, v[k], high_limb(v[k]));
  }
  for (int k = 0; k < 4; k++) total[k] = sum[k];
}

static TARGET void pair_outer(
    const uint64_t *x, const uint64_t *y, const uint64_t *weights, const uint64_t *a, const uint64_t *b,
    size_t groups, const c_parley_prime *p, uint64_t *sums) {
  const prime52 prime = prime_of(p);
  limbs total[2][4];
  for (int i = 0; i < 8; i++) total[i / 4][i % 4] = no_limbs();
  uint64_t result[16] = {0};
  size_t held = 0;
  for (size_t first = 0; first < 2 * groups; first += PIECE) {
    size_t count = 2 * groups - first < PIECE ? 2 * groups - first : PIECE;
    weighed u[2];
    for (size_t g = 0; g < count; g += WIDTH) {
      __m512i w = load_some(weights + first + g, count - g);
      weigh(w, load_some(x + first + g, count - g), &prime, &u[0], g);
      weigh(w, load_some(y + first + g, count - g), &prime, &u[1], g);
    }
    pair_sums(&u[0], a + first, b + first, count, total[0]);
    pair_sums(&u[1], a + first, b + first, count, total[1]);
    held += PIECE / WIDTH;
    if (held < HELD && first + PIECE < 2 * groups) continue;
    held = 0;
    for (size_t i = 0; i < 2; i++)
      for (size_t k = 0; k < 4; k++) {
        uint64_t lane[WIDTH];
        take(&total[i][k], lane, &prime);
        for (size_t l = 0; l < WIDTH; l++) {
          // Of the second two sums the element of v is in the other product.
          size_t row = 2 * (l % 2) + i, column = 2 * ((l + k / 2) % 2) + k % 2;
          result[4 * row + column] = subtract_once(result[4 * row + column] + lane[l], p->value);
        }
      }
  }
  // The weighed elements lack a factor of 2^52, the sums one of 2^104.
  for (size_t e = 0; e < 16; e++) sums[e] = subtract_once(sums[e] + scaled(result[e], 3, p), p->value);
}

/// In lane 2 l the sum of two lanes of a, in lane 2 l + 1 that of b's.
C_PARLEY_INLINE TARGET __m512i sums_of_lanes(__m512i a, __m512i b) {
  return _mm512_add_epi64(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}
C_PARLEY_INLINE TARGET limbs limbs_of_lanes(limbs a, limbs b) {
  limbs out = {
      sums_of_lanes(a.low, b.low), sums_of_lanes(a.middle, b.middle), sums_of_lanes(a.high, b.high)};
  return out;
}

/// Neighbouring pairs of lanes of a added up, then those of b.
C_PARLEY_INLINE TARGET __m512i sums_of_pairs(__m512i a, __m512i b) {
  return _mm512_add_epi64(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xdd));
}
C_PARLEY_INLINE TARGET limbs limbs_of_pairs(limbs a, limbs b) {
  limbs out = {
      sums_of_pairs(a.low, b.low), sums_of_pairs(a.middle, b.middle), sums_of_pairs(a.high, b.high)};
  return out;
}

/// Coefficients for eight lanes.
typedef struct {
  __m512i low, high;
} lanes;

C_PARLEY_INLINE TARGET lanes lanes_of(const uint64_t c[WIDTH]) {
  lanes out = {load(c), high_limb(load(c))};
  return out;
}

/// The parts of eight products in their groups; `weights` may be null, and all are then 1.
C_PARLEY_INLINE TARGET limbs pair_parts(
    const uint64_t *a, const uint64_t *b, const uint64_t *weights, size_t count, const lanes c[2],
    const prime52 *p) {
  limbs sum = no_limbs();
  __m512i first = load_some(a, count), second = load_some(b, count);
  add_product(&sum, c[0].low, c[0].high, first, high_limb(first));
  add_product(&sum, c[1].low, c[1].high, second, high_limb(second));
  if (!weights) return sum;
  // Below 2^75.
  sum = divided(sum, p);
  __m512i w = load_some(weights, count);
  limbs out = no_limbs();
  add_product(&out, w, high_limb(w), sum.low, _mm512_add_epi64(sum.middle, high_limb(sum.low)));
  return out;
}

/// `weights` is null or not.
C_PARLEY_INLINE TARGET void pair_fold_by(
    const uint64_t *a, const uint64_t *b, const uint64_t *weights, size_t groups, const uint64_t *coefficients,
    const c_parley_prime *p, uint64_t *out) {
  const prime52 prime = prime_of(p);
  uint64_t c[2][WIDTH];
  for (size_t l = 0; l < WIDTH; l++)
    for (size_t i = 0; i < 2; i++) c[i][l] = scaled(coefficients[2 * (l % 2) + i], weights ? 3 : 2, p);
  const lanes factors[2] = {lanes_of(c[0]), lanes_of(c[1])};
  const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  for (size_t d = 0; d < groups; d += WIDTH) {
    size_t g = 2 * d, count = 2 * (groups - d);
    limbs first = pair_parts(a + g, b + g, weights ? weights + g : 0, count, factors, &prime), second = no_limbs();
    if (count > WIDTH)
      second = pair_parts(
          a + g + WIDTH, b + g + WIDTH, weights ? weights + g + WIDTH : 0, count - WIDTH, factors, &prime);
    // Below 2^104 P + 2^137.
    __m512i result = word_of(limbs_of_lanes(first, second), &prime);
    if (weights) result = residue_of(result, &prime);
    result = _mm512_permutexvar_epi64(order, result);
    if (groups - d >= WIDTH)
      _mm512_storeu_si512(out + d, result);
    else
      _mm512_mask_storeu_epi64(out + d, (__mmask8)((1u << (groups - d)) - 1), result);
  }
}

static TARGET void pair_fold(
    const uint64_t *a, const uint64_t *b, const uint64_t *weights, size_t groups, const uint64_t *coefficients,
    const c_parley_prime *p, uint64_t *out) {
  if (weights)
    pair_fold_by(a, b, weights, groups, coefficients, p, out);
  else
    pair_fold_by(a, b, 0, groups, coefficients, p, out);
}

// Later levels.

/// Adds sums that lack a factor of 2^104 to elements.
static void finish(uint64_t *sums, const uint64_t *parts, size_t count, const c_parley_prime *p) {
  uint64_t factor = scaled(1, 2, p);
  for (size_t e = 0; e < count; e++)
    sums[e] = subtract_once(sums[e] + reduce((uint128)parts[e] * factor, p), p->value);
}

/// Two groups of four to a register; sum r is of elements j of u and j + r of v.
static TARGET void outer4(
    const uint64_t *u, const uint64_t *v, size_t groups, const c_parley_prime *p, uint64_t *sums) {
  const prime52 prime = prime_of(p);
  limbs sum[4];
  for (int r = 0; r < 4; r++) sum[r] = no_limbs();
  uint64_t parts[16] = {0};
  size_t held = 0;
  for (size_t e = 0; e < 4 * groups; e += WIDTH) {
    __m512i a = load_some(u + e, 4 * groups - e), b = load_some(v + e, 4 * groups - e), a_high = high_limb(a);
    __m512i turned[4] = {
        b, _mm512_permutex_epi64(b, 0x39), _mm512_permutex_epi64(b, 0x4e), _mm512_permutex_epi64(b, 0x93)};
#pragma clang loop unroll(full)
    for (int r = 0; r < 4; r++) add_product(&sum[r], a, a_high, turned[r], high_limb(turned[r]));
    if (++held < HELD && e + WIDTH < 4 * groups) continue;
    held = 0;
    for (size_t r = 0; r < 4; r++) {
      uint64_t lane[WIDTH];
      take(&sum[r], lane, &prime);
      for (size_t l = 0; l < WIDTH; l++) {
        uint64_t *part = &parts[4 * (l % 4) + (l + r) % 4];
        *part = subtract_once(*part + lane[l], p->value);
      }
    }
  }
  finish(sums, parts, 16, p);
}

/// `factor` is a multiple of eight. Four rows and eight columns at a time, for blocks of groups that stay in the cache.
static TARGET void outer8(
    const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, const c_parley_prime *p, uint64_t *sums) {
  enum { BLOCK = 64, ROWS = 4 };
  const prime52 prime = prime_of(p);
  limbs total[MAX_FACTOR * MAX_FACTOR / WIDTH];
  uint64_t parts[MAX_FACTOR * MAX_FACTOR] = {0};
  size_t vectors = factor / WIDTH, held = 0;
  for (size_t i = 0; i < factor * vectors; i++) total[i] = no_limbs();
  for (size_t d = 0; d < groups; d += BLOCK) {
    size_t count = groups - d < BLOCK ? groups - d : BLOCK;
    for (size_t row = 0; row < factor; row += ROWS)
      for (size_t column = 0; column < vectors; column++) {
        limbs sum[ROWS];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < ROWS; r++) sum[r] = total[(row + r) * vectors + column];
        const uint64_t *left = u + d * factor + row, *right = v + d * factor + column * WIDTH;
        for (size_t i = 0; i < count; i++) {
          __m512i b = load(right + i * factor), b_high = high_limb(b);
#pragma clang loop unroll(full)
          for (size_t r = 0; r < ROWS; r++) {
            __m512i a = _mm512_set1_epi64((long long)left[i * factor + r]);
            add_product(&sum[r], a, high_limb(a), b, b_high);
          }
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < ROWS; r++) total[(row + r) * vectors + column] = sum[r];
      }
    held += BLOCK;
    if (held < HELD && d + BLOCK < groups) continue;
    held = 0;
    for (size_t i = 0; i < factor * vectors; i++) {
      uint64_t lane[WIDTH];
      take(&total[i], lane, &prime);
      for (size_t l = 0; l < WIDTH; l++)
        parts[i * WIDTH + l] = subtract_once(parts[i * WIDTH + l] + lane[l], p->value);
    }
  }
  finish(sums, parts, factor * factor, p);
}

static TARGET void outer(
    const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, const c_parley_prime *p, uint64_t *sums) {
  if (factor == 4)
    outer4(u, v, groups, p, sums);
  else if (factor % WIDTH == 0)
    outer8(u, v, groups, factor, p, sums);
  else
    c_parley_prime_bmi2.outer(u, v, groups, factor, p, sums);
}

/// The sums of eight groups; `factor` is a constant, 4 or a multiple of eight.
C_PARLEY_INLINE TARGET __m512i eight_folds(
    const uint64_t *u, size_t factor, const lanes *c, const prime52 *p) {
  limbs sum[WIDTH];
  size_t rows = factor == 4 ? 4 : 8, vectors = factor == 4 ? 1 : factor / WIDTH;
#pragma clang loop unroll(full)
  for (size_t r = 0; r < rows; r++) {
    sum[r] = no_limbs();
#pragma clang loop unroll(full)
    for (size_t i = 0; i < vectors; i++) {
      __m512i a = load(u + (r * vectors + i) * WIDTH);
      add_product(&sum[r], c[i].low, c[i].high, a, high_limb(a));
    }
  }
  limbs low, high;
  if (factor == 4) {
    // Groups 0, 2, 1, 3, 4, 6, 5, 7.
    limbs all = limbs_of_pairs(limbs_of_lanes(sum[0], sum[1]), limbs_of_lanes(sum[2], sum[3]));
    return _mm512_permutex_epi64(residue_of(word_of(all, p), p), 0xd8);
  }
  low = limbs_of_pairs(limbs_of_lanes(sum[0], sum[1]), limbs_of_lanes(sum[2], sum[3]));
  high = limbs_of_pairs(limbs_of_lanes(sum[4], sum[5]), limbs_of_lanes(sum[6], sum[7]));
  return residue_of(word_of(limbs_of_pairs(low, high), p), p);
}

/// `factor` is a constant.
C_PARLEY_INLINE TARGET void fold_by(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, const c_parley_prime *p,
    uint64_t *out) {
  const prime52 prime = prime_of(p);
  lanes c[MAX_FACTOR / WIDTH];
  for (size_t i = 0; i * WIDTH < factor; i++) {
    uint64_t some[WIDTH];
    for (size_t l = 0; l < WIDTH; l++) some[l] = scaled(coefficients[(i * WIDTH + l) % factor], 2, p);
    c[i] = lanes_of(some);
  }
  size_t d = 0;
  // What is read was not written before: results take less room than what they come from.
  for (; d + WIDTH <= groups; d += WIDTH) _mm512_storeu_si512(out + d, eight_folds(u + d * factor, factor, c, &prime));
  if (d < groups) c_parley_prime_bmi2.fold(u + d * factor, groups - d, factor, coefficients, p, out + d);
}

static TARGET void fold(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, const c_parley_prime *p,
    uint64_t *out) {
  if (factor == 4)
    fold_by(u, groups, 4, coefficients, p, out);
  else if (factor == 8)
    fold_by(u, groups, 8, coefficients, p, out);
  else if (factor == 32)
    fold_by(u, groups, 32, coefficients, p, out);
  else
    c_parley_prime_bmi2.fold(u, groups, factor, coefficients, p, out);
}

static void table(const uint64_t *coefficients, const c_parley_prime *p, uint64_t *out) {
  c_parley_prime_bmi2.table(coefficients, p, out);
}

static void merge(
    const uint64_t *first, size_t groups, const uint64_t *entries, const c_parley_prime *p, uint64_t *out) {
  c_parley_prime_bmi2.merge(first, groups, entries, p, out);
}

const c_parley_prime_ops c_parley_prime_ifma = {table, merge, pair_outer, pair_fold, outer, fold};
#endif
