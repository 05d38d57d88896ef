// GF(2^64) by carry-less multiplication; included by one file for each width of register, which defines
//   TARGET, TABLE         a function attribute, and the name of the table
//   VECTOR, LANES         the type of a register, and how many lanes of 128 bits, two words each, it has
//   MULTIPLY(a, b, i)     in each lane: half i & 1 of a times half i >> 4 of b
//   LOAD, STORE, REPEAT, XOR, AND, LEFT, RIGHT, SHUFFLE, LOW_HALVES, HIGH_HALVES, EACH_LANE, SUM_OF_LANES, ZERO
//   REDUCE_IN_ORDER(wide) 2 LANES products to as many words
//   EXPAND, EXPAND_FOLDED the functions of gf64_expand.h that the table has; the second may be null
#include <immintrin.h>
#include <string.h>

#include "gf64.h"
#include "gf64_expand.h"

enum { MAX_FACTOR = 64, STEP = 2 * LANES };

C_PARLEY_INLINE TARGET __m128i load_one(const uint64_t *p) {
  return _mm_loadl_epi64((const __m128i *)(const void *)p);
}
C_PARLEY_INLINE TARGET __m128i load_two(const uint64_t *p) {
  return _mm_loadu_si128((const __m128i *)(const void *)p);
}

C_PARLEY_INLINE TARGET uint64_t reduce_one(__m128i a) {
  gf64_wide wide = {(uint64_t)_mm_cvtsi128_si64(a), (uint64_t)_mm_extract_epi64(a, 1)};
  return gf64_reduce(wide);
}

/// A product in each lane of a and of b to one word each. As `gf64_reduce`, but what overflows is looked up by the
/// four highest bits, with a shuffle: entry i is (X^4 + X^3 + X + 1) (i >> 3 ^ i >> 1 ^ i).
C_PARLEY_INLINE TARGET VECTOR reduce(VECTOR a, VECTOR b) {
  const VECTOR overflow = EACH_LANE(_mm_setr_epi8(
      0, 0x1b, 0x2d, 0x36, 0x5a, 0x41, 0x77, 0x6c, (char)0xaf, (char)0xb4, (char)0x82, (char)0x99, (char)0xf5,
      (char)0xee, (char)0xd8, (char)0xc3));
  VECTOR lo = LOW_HALVES(a, b), hi = HIGH_HALVES(a, b);
  VECTOR o = XOR(SHUFFLE(overflow, RIGHT(hi, 60)), lo);
  return XOR(XOR(XOR(o, hi), XOR(LEFT(hi, 1), LEFT(hi, 3))), LEFT(hi, 4));
}

static TARGET uint64_t multiply(uint64_t a, uint64_t b) {
  return reduce_one(_mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)a), _mm_cvtsi64_si128((long long)b), 0));
}

/// Sum of a[e] b[e], unreduced.
C_PARLEY_INLINE TARGET __m128i wide_dot(const uint64_t *a, const uint64_t *b, size_t n) {
  VECTOR sum[2] = {ZERO, ZERO};
  size_t e = 0;
  for (; e + STEP <= n; e += STEP) {
    VECTOR x = LOAD(a + e), y = LOAD(b + e);
    sum[0] = XOR(sum[0], MULTIPLY(x, y, 0x00));
    sum[1] = XOR(sum[1], MULTIPLY(x, y, 0x11));
  }
  __m128i total = SUM_OF_LANES(XOR(sum[0], sum[1]));
  for (; e < n; e++)
    total = _mm_xor_si128(total, _mm_clmulepi64_si128(load_one(a + e), load_one(b + e), 0));
  return total;
}

static TARGET uint64_t dot(const uint64_t *a, const uint64_t *b, size_t n) { return reduce_one(wide_dot(a, b, n)); }

// Outer products. Groups are taken in blocks that stay in the first-level cache; for each block, tiles of four rows and
// COLUMNS columns have their unreduced sums in registers and read the block once. Between blocks the sums are in `wide`:
// those of the columns of a tile with the even ones first, the order in which they leave the registers.

enum { BLOCK = 32, COLUMNS = STEP > 4 ? STEP : 4 };

typedef struct {
  /// The block; `weights` is null for plain products.
  const uint64_t *x, *y, *weights;
  /// Rows and columns, which are also the words of a group.
  size_t groups, factor;
  /// The sum of row 0 and column 0, and how many lie between two rows.
  __m128i *wide;
  size_t width;
} block;

/// `rows` and `masked` are constants.
C_PARLEY_INLINE TARGET void tile(const block *t, size_t row, size_t column, int rows, int masked) {
  enum { VECTORS = COLUMNS / STEP };
  VECTOR sum[4][2 * VECTORS];
  __m128i *wide = t->wide + row * t->width + column;
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int i = 0; i < 2 * VECTORS; i++) sum[r][i] = LOAD(wide + (size_t)r * t->width + LANES * i);
  for (size_t d = 0; d < t->groups; d++) {
    const uint64_t *x = t->x + d * t->factor + row, *y = t->y + d * t->factor + column;
    VECTOR weight = masked ? REPEAT(t->weights[d]) : ZERO;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      VECTOR a = REPEAT(x[r]);
#pragma clang loop unroll(full)
      for (int i = 0; i < VECTORS; i++) {
        VECTOR b = LOAD(y + STEP * i);
        VECTOR p = masked ? AND(a, b) : b, q = masked ? weight : a;
        sum[r][i] = XOR(sum[r][i], MULTIPLY(p, q, 0x00));
        sum[r][VECTORS + i] = XOR(sum[r][VECTORS + i], MULTIPLY(p, q, 0x01));
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int i = 0; i < 2 * VECTORS; i++) STORE(wide + (size_t)r * t->width + LANES * i, sum[r][i]);
}

/// Columns that do not fill a tile.
C_PARLEY_INLINE TARGET void one_column(const block *t, size_t row, size_t column, int masked) {
  __m128i *wide = t->wide + row * t->width + column, sum = *wide;
  for (size_t d = 0; d < t->groups; d++) {
    __m128i p = load_one(t->x + d * t->factor + row), q = load_one(t->y + d * t->factor + column);
    if (masked) {
      p = _mm_and_si128(p, q);
      q = load_one(t->weights + d);
    }
    sum = _mm_xor_si128(sum, _mm_clmulepi64_si128(p, q, 0));
  }
  *wide = sum;
}

C_PARLEY_INLINE TARGET void outer_block(const block *t, int masked) {
  size_t whole = t->factor - t->factor % COLUMNS, row = 0;
  for (; row + 4 <= t->factor; row += 4)
    for (size_t column = 0; column < whole; column += COLUMNS) tile(t, row, column, 4, masked);
  for (; row < t->factor; row++)
    for (size_t column = 0; column < whole; column += COLUMNS) tile(t, row, column, 1, masked);
  for (row = 0; row < t->factor; row++)
    for (size_t column = whole; column < t->factor; column++) one_column(t, row, column, masked);
}

/// Adds up the sums of an outer product of `factor` rows and columns.
C_PARLEY_INLINE TARGET void finish(
    const __m128i *wide, size_t width, size_t factor, uint64_t *sums) {
  size_t whole = factor - factor % COLUMNS;
  for (size_t j = 0; j < factor; j++)
    for (size_t k = 0; k < factor; k++) {
      size_t place = k % COLUMNS / 2 + k % 2 * (COLUMNS / 2);
      sums[j * width + k] ^= reduce_one(wide[j * width + (k < whole ? k - k % COLUMNS + place : k)]);
    }
}

/// A quarter at a time: the rows of one half and the columns of another.
static TARGET void masked_outer(
    const uint64_t *x, const uint64_t *x2, const uint64_t *y, const uint64_t *y2, size_t groups, size_t lanes,
    const uint64_t *weights, uint64_t *sums) {
  __m128i wide[MAX_FACTOR * MAX_FACTOR];
  const uint64_t *left[2] = {x, x2}, *right[2] = {y, y2};
  size_t width = 2 * lanes;
  memset(wide, 0, width * width * sizeof *wide);
  for (size_t d = 0; d < groups; d += BLOCK)
    for (size_t q = 0; q < 4; q++) {
      block t = {
          left[q / 2] + d * lanes, right[q % 2] + d * lanes, weights + d, groups - d < BLOCK ? groups - d : BLOCK,
          lanes, wide + q / 2 * lanes * width + q % 2 * lanes, width};
      outer_block(&t, 1);
    }
  for (size_t q = 0; q < 4; q++) {
    size_t first = q / 2 * lanes * width + q % 2 * lanes;
    finish(wide + first, width, lanes, sums + first);
  }
}

static TARGET void outer(const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, uint64_t *sums) {
  __m128i wide[MAX_FACTOR * MAX_FACTOR];
  memset(wide, 0, factor * factor * sizeof *wide);
  for (size_t d = 0; d < groups; d += BLOCK) {
    block t = {u + d * factor, v + d * factor, 0, groups - d < BLOCK ? groups - d : BLOCK, factor, wide, factor};
    outer_block(&t, 0);
  }
  finish(wide, factor, factor, sums);
}

static TARGET void weigh(uint64_t *values, size_t groups, const uint64_t *weights) {
  for (size_t d = 0; d < groups; d++) {
    uint64_t first[STEP] = {weights[d]};
    for (int i = 1; i < STEP; i++) first[i] = gf64_double(first[i - 1]);
    VECTOR weight = LOAD(first);
    for (uint64_t *v = values + 64 * d; v < values + 64 * d + 64; v += STEP) {
      VECTOR a = LOAD(v);
      STORE(v, reduce(MULTIPLY(a, weight, 0x00), MULTIPLY(a, weight, 0x11)));
      // X^STEP times the weights; what goes beyond X^63 has few bits, and is not folded twice.
      VECTOR over = RIGHT(weight, 64 - STEP);
      weight = XOR(
          XOR(LEFT(weight, STEP), over), XOR(LEFT(over, 1), XOR(LEFT(over, 3), LEFT(over, 4))));
    }
  }
}

/// `factor` may be a constant.
C_PARLEY_INLINE TARGET void fold_by(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, uint64_t *out) {
  size_t d = 0;
  for (; d + STEP <= groups; d += STEP) {
    __m128i wide[STEP];
    for (int i = 0; i < STEP; i++) wide[i] = wide_dot(u + (d + (size_t)i) * factor, coefficients, factor);
    STORE(out + d, REDUCE_IN_ORDER(wide));
  }
  for (; d < groups; d++) out[d] = reduce_one(wide_dot(u + d * factor, coefficients, factor));
}

static TARGET void fold(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, uint64_t *out) {
  if (factor == 8)
    fold_by(u, groups, 8, coefficients, out);
  else if (factor == 32)
    fold_by(u, groups, 32, coefficients, out);
  else
    fold_by(u, groups, factor, coefficients, out);
}

const c_parley_gf64_ops TABLE = {multiply, dot, masked_outer, EXPAND, EXPAND_FOLDED, weigh, outer, fold};
