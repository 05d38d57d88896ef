// Sums of chosen values, and an inner product, as integers; included by one file for each backend, which defines
// TARGET and TABLE.
#include <string.h>

#include "sums.h"

/// Adds up the buckets of one digit, in place, so that bucket 2^b holds the sum for bit b of the digit: the upper
/// half is that sum for the highest bit, and then goes to the lower half. LANES is the type of a bucket.
#define COMBINE(LANES, TABLE_OF_DIGIT, BITS)                                                \
  _Pragma("clang loop unroll(full)") for (unsigned top = (BITS); top-- > 0;) {              \
    LANES *lower = (TABLE_OF_DIGIT), *upper = lower + ((size_t)1 << top), total = upper[0]; \
    lower[0] += upper[0];                                                                   \
    _Pragma("clang loop unroll(full)") for (size_t i = 1; i < (size_t)1 << top; i++) {      \
      total += upper[i];                                                                    \
      lower[i] += upper[i];                                                                 \
    }                                                                                       \
    *upper = total;                                                                         \
  }

/// `bits` is a constant.
C_PARLEY_INLINE TARGET void combine_lifted(word4 *table, unsigned bits, uint64_t *sums) {
  COMBINE(word4, table, bits)
  for (unsigned b = 0; b < bits; b++) {
    word4 limbs = table[(size_t)1 << b];
    add3(sums + 3 * b, limbs[0] + ((uint128)limbs[1] << 32), limbs[2] + ((uint128)limbs[3] << 32));
  }
}

static TARGET void lifted(
    const uint64_t *x, const uint64_t *y, const uint64_t *x2, const uint64_t *y2, size_t outputs,
    const uint64_t *selectors, uint64_t *sums) {
  word4 tables[DIGITS][BUCKETS];
  memset(tables, 0, sizeof tables);
  for (size_t g = 0; g < outputs; g++) {
    uint128 p = (uint128)x[g] * x2[g], q = (uint128)y[g] * y2[g];
    word2 low = {(uint64_t)p, (uint64_t)(p >> 64)}, high = {(uint64_t)q, (uint64_t)(q >> 64)};
    word4 limbs = __builtin_convertvector((half4)low, word4) + __builtin_convertvector((half4)high, word4);
    uint64_t selector = selectors[g];
#pragma clang loop unroll(full)
    for (unsigned digit = 0; digit < DIGITS; digit++)
      tables[digit][selector >> DIGIT * digit & (BUCKETS - 1)] += limbs;
  }
  for (unsigned digit = 0; digit < DIGITS - 1; digit++)
    combine_lifted(tables[digit], DIGIT, sums + 3 * DIGIT * digit);
  combine_lifted(tables[DIGITS - 1], LAST_DIGIT, sums + 3 * DIGIT * (DIGITS - 1));
}

/// A bucket of the digit of a group's first selector holds the sums of each of the four values, which go to the
/// buckets of their own digits at the end. `bits` is a constant.
C_PARLEY_INLINE TARGET void combine_grouped(const word4 *table, unsigned bits, uint64_t *sums) {
  uint64_t buckets[BUCKETS] = {0};
  for (size_t r = 0; r < (size_t)1 << bits; r++) {
    size_t digit = r;
    for (unsigned a = 0; a < GROUP; a++) {
      buckets[digit] += table[r][a];
      digit = digit_times_x(digit, bits);
    }
  }
  for (size_t r = 0; r < (size_t)1 << bits; r++)
    for (unsigned b = 0; b < bits; b++) sums[b] += buckets[r] & (0 - (uint64_t)(r >> b & 1));
}

static TARGET void grouped(const uint64_t *t, size_t groups, const uint64_t *first, uint64_t *sums) {
  word4 tables[DIGITS][BUCKETS];
  memset(tables, 0, sizeof tables);
  for (size_t d = 0; d < groups; d++) {
    word4 values;
    memcpy(&values, t + GROUP * d, sizeof values);
    uint64_t selector = first[d];
#pragma clang loop unroll(full)
    for (unsigned digit = 0; digit < DIGITS; digit++)
      tables[digit][selector >> DIGIT * digit & (BUCKETS - 1)] += values;
  }
  for (unsigned digit = 0; digit < DIGITS - 1; digit++)
    combine_grouped(tables[digit], DIGIT, sums + DIGIT * digit);
  combine_grouped(tables[DIGITS - 1], LAST_DIGIT, sums + DIGIT * (DIGITS - 1));
}

static TARGET void spread(const uint64_t *first, size_t groups, uint64_t *out) {
  for (size_t d = 0; d < groups; d++) {
    uint64_t s = first[d];
    for (size_t a = 0; a < GROUP; a++) {
      out[GROUP * d + a] = s;
      s = times_x(s);
    }
  }
}

typedef union {
  word2 bucket[BUCKETS];
  word4 two[BUCKETS / 2];
} wide_table;

/// Two buckets to a register; `bits` is a constant, which keeps the loops free of branches.
C_PARLEY_INLINE TARGET void combine_wide(wide_table *table, unsigned bits, uint64_t *sums) {
  COMBINE(word4, table->two, bits - 1)
  word4 lowest = table->two[0];
  add2(sums, lowest[2] + ((uint128)lowest[3] << 32));
  for (unsigned b = 1; b < bits; b++) {
    word4 two = table->two[(size_t)1 << (b - 1)];
    add2(sums + 2 * b, two[0] + two[2] + ((uint128)(two[1] + two[3]) << 32));
  }
}

static TARGET void wide(const uint64_t *values, size_t n, const uint64_t *selectors, uint64_t *sums) {
  wide_table tables[DIGITS];
  memset(tables, 0, sizeof tables);
  for (size_t g = 0; g < n; g++) {
    word2 limbs = {(uint32_t)values[g], values[g] >> 32};
    uint64_t selector = selectors[g];
#pragma clang loop unroll(full)
    for (unsigned digit = 0; digit < DIGITS; digit++)
      tables[digit].bucket[selector >> DIGIT * digit & (BUCKETS - 1)] += limbs;
  }
  for (unsigned digit = 0; digit < DIGITS - 1; digit++)
    combine_wide(&tables[digit], DIGIT, sums + 2 * DIGIT * digit);
  combine_wide(&tables[DIGITS - 1], LAST_DIGIT, sums + 2 * DIGIT * (DIGITS - 1));
}

/// Digits of eight bits; four buckets to a register.
static TARGET void plain(const uint64_t *t, size_t n, const uint64_t *selectors, uint64_t *sums) {
  union {
    uint64_t bucket[256];
    word4 four[64];
  } tables[8];
  memset(tables, 0, sizeof tables);
  for (size_t g = 0; g < n; g++) {
    uint64_t selector = selectors[g], value = t[g];
#pragma clang loop unroll(full)
    for (unsigned digit = 0; digit < 8; digit++) tables[digit].bucket[selector >> 8 * digit & 0xff] += value;
  }
  for (unsigned digit = 0; digit < 8; digit++) {
    COMBINE(word4, tables[digit].four, 6)
    for (unsigned b = 0; b < 6; b++) {
      word4 four = tables[digit].four[(size_t)1 << b];
      sums[8 * digit + 2 + b] += four[0] + four[1] + four[2] + four[3];
    }
    word4 four = tables[digit].four[0];
    sums[8 * digit] += four[1] + four[3];
    sums[8 * digit + 1] += four[2] + four[3];
  }
}

static TARGET void wide_inner(const uint64_t *u, const uint64_t *v, size_t n, uint64_t *sum) {
  uint128 low = sum[0] + ((uint128)sum[1] << 64);
  uint64_t high = sum[2];
  for (size_t e = 0; e < n; e++) {
    uint128 p = (uint128)u[e] * v[e];
    low += p;
    high += low < p;
  }
  sum[0] = (uint64_t)low;
  sum[1] = (uint64_t)(low >> 64);
  sum[2] = high;
}

const c_parley_sums_ops TABLE = {lifted, grouped, spread, plain, wide, wide_inner};
