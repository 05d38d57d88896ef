// GF(2^64) without carry-less multiplication.
#include <string.h>

#include "gf64.h"

enum { MAX_FACTOR = 64 };

/// The low 64 bits of the carry-less product. Each operand is split in four with three zeros between its bits:
/// integer products then carry into the zeros only, where at most 16 ones meet (Pornin, BearSSL, ghash_ctmul64).
static inline uint64_t low_product(uint64_t a, uint64_t b) {
  static const uint64_t mask[4] = {
      0x1111111111111111u, 0x2222222222222222u, 0x4444444444444444u, 0x8888888888888888u};
  uint64_t x[4], y[4], z = 0;
  for (int i = 0; i < 4; i++) {
    x[i] = a & mask[i];
    y[i] = b & mask[i];
  }
  for (int i = 0; i < 4; i++) {
    uint64_t sum = 0;
    for (int k = 0; k < 4; k++) sum ^= x[k] * y[(i - k) & 3];
    z |= sum & mask[i];
  }
  return z;
}

static inline uint64_t reversed(uint64_t a) {
  a = (a & 0x5555555555555555u) << 1 | (a >> 1 & 0x5555555555555555u);
  a = (a & 0x3333333333333333u) << 2 | (a >> 2 & 0x3333333333333333u);
  a = (a & 0x0f0f0f0f0f0f0f0fu) << 4 | (a >> 4 & 0x0f0f0f0f0f0f0f0fu);
  return __builtin_bswap64(a);
}

static gf64_wide product(uint64_t a, uint64_t b) {
  gf64_wide out = {low_product(a, b), reversed(low_product(reversed(a), reversed(b))) >> 1};
  return out;
}

static inline void accumulate(gf64_wide *sum, uint64_t a, uint64_t b) {
  gf64_wide p = product(a, b);
  sum->lo ^= p.lo;
  sum->hi ^= p.hi;
}

static uint64_t multiply(uint64_t a, uint64_t b) { return gf64_reduce(product(a, b)); }

static uint64_t dot(const uint64_t *a, const uint64_t *b, size_t n) {
  gf64_wide sum = {0, 0};
  for (size_t e = 0; e < n; e++) accumulate(&sum, a[e], b[e]);
  return gf64_reduce(sum);
}

/// Word j of group d of two vectors that lie apart, half of a group in each.
static inline uint64_t word_of(const uint64_t *first, const uint64_t *second, size_t d, size_t lanes, size_t j) {
  return j < lanes ? first[d * lanes + j] : second[d * lanes + j - lanes];
}

static void masked_outer(
    const uint64_t *x, const uint64_t *x2, const uint64_t *y, const uint64_t *y2, size_t groups, size_t lanes,
    const uint64_t *weights, uint64_t *sums) {
  size_t factor = 2 * lanes;
  for (size_t j = 0; j < factor; j++) {
    gf64_wide row[MAX_FACTOR];
    memset(row, 0, sizeof row);
    for (size_t d = 0; d < groups; d++)
      for (size_t k = 0; k < factor; k++)
        accumulate(&row[k], word_of(x, x2, d, lanes, j) & word_of(y, y2, d, lanes, k), weights[d]);
    for (size_t k = 0; k < factor; k++) sums[j * factor + k] ^= gf64_reduce(row[k]);
  }
}

static void expand_fold(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    uint64_t *out) {
  for (size_t d = 0; d < groups; d++) {
    uint64_t *to = out + 64 * d;
    memset(to, 0, 64 * sizeof *to);
    for (size_t j = 0; j < 2 * lanes; j++) {
      uint64_t word = word_of(x, x2, d, lanes, j), c = coefficients[j];
      for (int l = 0; l < 64; l++) to[l] ^= c & (0 - (word >> l & 1));
    }
  }
}

static void weigh(uint64_t *values, size_t groups, const uint64_t *weights) {
  for (size_t d = 0; d < groups; d++) {
    uint64_t w = weights[d];
    for (int l = 0; l < 64; l++) {
      values[64 * d + l] = multiply(values[64 * d + l], w);
      w = gf64_double(w);
    }
  }
}

static void outer(const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, uint64_t *sums) {
  for (size_t j = 0; j < factor; j++) {
    gf64_wide row[MAX_FACTOR];
    memset(row, 0, sizeof row);
    for (size_t d = 0; d < groups; d++)
      for (size_t k = 0; k < factor; k++) accumulate(&row[k], u[d * factor + j], v[d * factor + k]);
    for (size_t k = 0; k < factor; k++) sums[j * factor + k] ^= gf64_reduce(row[k]);
  }
}

static void fold(const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, uint64_t *out) {
  for (size_t d = 0; d < groups; d++) out[d] = dot(u + d * factor, coefficients, factor);
}

const c_parley_gf64_ops c_parley_gf64_generic = {
    multiply, dot, masked_outer, expand_fold, 0, weigh, outer, fold};
