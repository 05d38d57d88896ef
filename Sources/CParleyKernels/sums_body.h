// Sums of chosen values, and an inner product, as integers; included by one file for each backend, which defines
// TARGET and TABLE.
#include <string.h>

#include "sums.h"

/// Adds up the buckets of one digit, in place, so that bucket 2^b holds the sum for bit b of the digit: the upper
/// half is that sum for the highest bit, and then goes to the lower half.
C_PARLEY_INLINE TARGET void combine(uint64_t *table, unsigned bits, unsigned lanes) {
  for (unsigned b = bits; b-- > 0;) {
    uint64_t *upper = table + ((size_t)lanes << b), sum[4] = {0};
    for (size_t i = 0; i < (size_t)1 << b; i++)
      for (unsigned l = 0; l < lanes; l++) {
        sum[l] += upper[lanes * i + l];
        table[lanes * i + l] += upper[lanes * i + l];
      }
    for (unsigned l = 0; l < lanes; l++) upper[l] = sum[l];
  }
}

static TARGET void lifted(
    const uint64_t *u, const uint64_t *v, size_t outputs, const uint64_t *selectors, uint64_t *sums) {
  uint64_t tables[DIGITS][4 * BUCKETS] __attribute__((aligned(64)));
  memset(tables, 0, sizeof tables);
  for (size_t g = 0; g < outputs; g++) {
    uint128 p = (uint128)u[2 * g] * v[2 * g], q = (uint128)u[2 * g + 1] * v[2 * g + 1];
    uint64_t limbs[4];
    for (int l = 0; l < 4; l++) limbs[l] = (uint64_t)(uint32_t)(p >> 32 * l) + (uint32_t)(q >> 32 * l);
    uint64_t selector = selectors[g];
    for (unsigned digit = 0; digit < DIGITS; digit++, selector >>= DIGIT) {
      uint64_t *bucket = tables[digit] + 4 * (selector % BUCKETS);
      for (int l = 0; l < 4; l++) bucket[l] += limbs[l];
    }
  }
  for (unsigned digit = 0; digit < DIGITS; digit++) {
    combine(tables[digit], digit_bits(digit), 4);
    for (unsigned b = 0; b < digit_bits(digit); b++) {
      const uint64_t *limbs = tables[digit] + ((size_t)4 << b);
      add3(
          sums + 3 * (DIGIT * digit + b), limbs[0] + ((uint128)limbs[1] << 32),
          limbs[2] + ((uint128)limbs[3] << 32));
    }
  }
}

static TARGET void wide(const uint64_t *values, size_t n, const uint64_t *selectors, uint64_t *sums) {
  uint64_t tables[DIGITS][2 * BUCKETS] __attribute__((aligned(64)));
  memset(tables, 0, sizeof tables);
  for (size_t g = 0; g < n; g++) {
    uint64_t lo = (uint32_t)values[g], hi = values[g] >> 32, selector = selectors[g];
    for (unsigned digit = 0; digit < DIGITS; digit++, selector >>= DIGIT) {
      uint64_t *bucket = tables[digit] + 2 * (selector % BUCKETS);
      bucket[0] += lo;
      bucket[1] += hi;
    }
  }
  for (unsigned digit = 0; digit < DIGITS; digit++) {
    combine(tables[digit], digit_bits(digit), 2);
    for (unsigned b = 0; b < digit_bits(digit); b++) {
      const uint64_t *limbs = tables[digit] + ((size_t)2 << b);
      add2(sums + 2 * (DIGIT * digit + b), limbs[0] + ((uint128)limbs[1] << 32));
    }
  }
}

static TARGET void plain(const uint64_t *t, size_t n, const uint64_t *selectors, uint64_t *sums) {
  uint64_t tables[8][256];
  memset(tables, 0, sizeof tables);
  for (size_t g = 0; g < n; g++)
    for (unsigned digit = 0; digit < 8; digit++) tables[digit][selectors[g] >> 8 * digit & 0xff] += t[g];
  for (unsigned digit = 0; digit < 8; digit++) {
    combine(tables[digit], 8, 1);
    for (unsigned b = 0; b < 8; b++) sums[8 * digit + b] += tables[digit][(size_t)1 << b];
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

const c_parley_sums_ops TABLE = {lifted, plain, wide, wide_inner};
