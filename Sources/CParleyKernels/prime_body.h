// The field of a prime P, 2^60 < P < 2^61; included by one file for each backend, which defines TARGET and TABLE.
// Sums are reduced late: eight products of a residue and a word fit into 128 bits.
#include <string.h>

#include "prime.h"
#include "selectors.h"

enum { MAX_FACTOR = 32, TERMS = 8 };

/// For loops that were measured to be slower with registers of four words, which have no full products.
#define SCALAR _Pragma("clang loop vectorize(disable)")

/// (t + 2^128 top) mod P for top < P.
C_PARLEY_INLINE uint64_t reduce3(uint128 t, uint64_t top, const c_parley_prime *p) {
  uint64_t high = reduce(((uint128)top << 64) + (uint64_t)(t >> 64), p);
  return reduce(((uint128)high << 64) + (uint64_t)t, p);
}

/// t mod P for t < 2^67 P, which is what eight products of a residue and a word stay below.
C_PARLEY_INLINE uint64_t reduce8(uint128 t, const c_parley_prime *p) {
  uint64_t high = subtract_once((uint64_t)(t >> 64), 4 * p->value);
  high = subtract_once(subtract_once(high, 2 * p->value), p->value);
  return reduce(((uint128)high << 64) + (uint64_t)t, p);
}

typedef uint64_t word4 __attribute__((vector_size(32)));
typedef int64_t signed4 __attribute__((vector_size(32)));

/// A = a - m in each lane where that is not negative; for a < m + 2^63, m < 2^63. A macro: vectors that are passed
/// depend on the backend.
#define SUBTRACT_ONCE4(A, M)                             \
  {                                                      \
    word4 r = (A) - (M);                                 \
    (A) = r + ((word4)((signed4)r < 0) & (M));           \
  }

static TARGET void table(const uint64_t *coefficients, const c_parley_prime *p, uint64_t *out) {
  for (unsigned digit = 0; digit < DIGITS; digit++) {
    unsigned bits = digit == DIGITS - 1 ? LAST_DIGIT : DIGIT;
    uint64_t sums[BUCKETS] = {0};
    for (unsigned b = 0; b < bits; b++)
      for (size_t i = 0; i < (size_t)1 << b; i++)
        sums[((size_t)1 << b) + i] = subtract_once(sums[i] + coefficients[DIGIT * digit + b], p->value);
    for (size_t r = 0; r < (size_t)1 << bits; r++) {
      size_t s = r;
      for (unsigned a = 0; a < GROUP; a++) {
        out[(BUCKETS * digit + r) * GROUP + a] = sums[s];
        s = digit_times_x(s, bits);
      }
    }
  }
}

static TARGET void merge(
    const uint64_t *first, size_t groups, const uint64_t *entries, const c_parley_prime *p, uint64_t *out) {
  const uint64_t prime = p->value;
  for (size_t d = 0; d < groups; d++) {
    word4 sum[2] = {{0}, {0}}, entry;
    uint64_t selector = first[d];
#pragma clang loop unroll(full)
    for (unsigned digit = 0; digit < DIGITS; digit++) {
      memcpy(
          &entry, entries + (BUCKETS * digit + (selector >> DIGIT * digit & (BUCKETS - 1))) * GROUP, sizeof entry);
      sum[digit % 2] += entry;
    }
    // Six terms and five: below 4 P, then below 8 P <= 2^64.
    SUBTRACT_ONCE4(sum[0], 4 * prime)
    SUBTRACT_ONCE4(sum[1], 4 * prime)
    word4 total = sum[0] + sum[1];
    SUBTRACT_ONCE4(total, 4 * prime)
    SUBTRACT_ONCE4(total, 2 * prime)
    SUBTRACT_ONCE4(total, prime)
    memcpy(out + GROUP * d, &total, sizeof total);
  }
}

typedef struct {
  uint128 low;
  uint64_t top;
} sum3;

C_PARLEY_INLINE void add_to(sum3 *sum, uint128 a) {
  sum->low += a;
  sum->top += sum->low < a;
}

/// The sums of at most eight groups; `groups` and `factor` may be constants.
C_PARLEY_INLINE TARGET void outer_block(
    const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, sum3 *sums) {
  // Four columns at a time, which share the load of u.
  size_t whole = factor - factor % 4;
  for (size_t j = 0; j < factor; j++) {
    for (size_t k = 0; k < whole; k += 4) {
      uint128 sum[4] = {0};
      for (size_t d = 0; d < groups; d++) {
        uint64_t a = u[d * factor + j];
        for (size_t i = 0; i < 4; i++) sum[i] += (uint128)a * v[d * factor + k + i];
      }
      for (size_t i = 0; i < 4; i++) add_to(&sums[j * factor + k + i], sum[i]);
    }
    for (size_t k = whole; k < factor; k++) {
      uint128 sum = 0;
      for (size_t d = 0; d < groups; d++) sum += (uint128)u[d * factor + j] * v[d * factor + k];
      add_to(&sums[j * factor + k], sum);
    }
  }
}

C_PARLEY_INLINE TARGET void outer_by(
    const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, const c_parley_prime *p, uint64_t *sums) {
  sum3 total[MAX_FACTOR * MAX_FACTOR];
  for (size_t e = 0; e < factor * factor; e++) {
    total[e].low = sums[e];
    total[e].top = 0;
  }
  size_t d = 0;
  for (; d + TERMS <= groups; d += TERMS) outer_block(u + d * factor, v + d * factor, TERMS, factor, total);
  outer_block(u + d * factor, v + d * factor, groups - d, factor, total);
  for (size_t e = 0; e < factor * factor; e++) sums[e] = reduce3(total[e].low, total[e].top, p);
}

static TARGET void outer(
    const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, const c_parley_prime *p, uint64_t *sums) {
  if (factor == 4)
    outer_by(u, v, groups, 4, p, sums);
  else if (factor == 2)
    outer_by(u, v, groups, 2, p, sums);
  else
    outer_by(u, v, groups, factor, p, sums);
}

C_PARLEY_INLINE TARGET void fold_by(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, const c_parley_prime *p,
    uint64_t *out) {
  const c_parley_prime prime = *p;
  uint64_t c[TERMS];
  for (size_t j = 0; j < factor; j++) c[j] = coefficients[j];
  SCALAR for (size_t d = 0; d < groups; d++) {
    uint128 sum = 0;
    for (size_t j = 0; j < factor; j++) sum += (uint128)u[d * factor + j] * c[j];
    out[d] = reduce8(sum, &prime);
  }
}

static TARGET void fold(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, const c_parley_prime *p,
    uint64_t *out) {
  if (factor == 2) {
    fold_by(u, groups, 2, coefficients, p, out);
  } else if (factor == 4) {
    fold_by(u, groups, 4, coefficients, p, out);
  } else if (factor <= TERMS) {
    fold_by(u, groups, factor, coefficients, p, out);
  } else {
    for (size_t d = 0; d < groups; d++) {
      uint128 sum = 0;
      uint64_t top = 0;
      for (size_t j = 0; j < factor; j++) {
        uint128 q = (uint128)u[d * factor + j] * coefficients[j];
        sum += q;
        top += sum < q;
      }
      out[d] = reduce3(sum, top, p);
    }
  }
}

// The first level: groups of two products, which have a factor each for two elements. The factors 2^-64 of Montgomery's
// reduction go into the coefficients or out of the sums.

/// t / 2^64 mod P, at most t / 2^64 + P; for t < 2^127 (Montgomery).
C_PARLEY_INLINE uint64_t montgomery(uint128 t, uint64_t inverse, uint64_t prime) {
  uint64_t low = (uint64_t)t;
  return (uint64_t)(t >> 64) + high_product(low * inverse, prime) + (low != 0);
}

/// The sums of at most eight groups; `groups` may be a constant.
C_PARLEY_INLINE TARGET void pair_block(
    const uint64_t *x, const uint64_t *y, const uint64_t *weights, const uint64_t *a, const uint64_t *b,
    size_t groups, uint64_t inverse, uint64_t prime, sum3 *sums) {
  uint64_t u[2][2 * TERMS];
  SCALAR for (size_t g = 0; g < 2 * groups; g++) {
    u[0][g] = subtract_once(montgomery((uint128)weights[g] * x[g], inverse, prime), prime);
    u[1][g] = subtract_once(montgomery((uint128)weights[g] * y[g], inverse, prime), prime);
  }
#pragma clang loop unroll(full)
  for (size_t j = 0; j < 4; j++) {
    const uint64_t *left = u[j % 2] + j / 2;
    uint128 sum[4] = {0};
    for (size_t d = 0; d < groups; d++) {
      uint64_t factor = left[2 * d];
      sum[0] += (uint128)factor * a[2 * d];
      sum[1] += (uint128)factor * b[2 * d];
      sum[2] += (uint128)factor * a[2 * d + 1];
      sum[3] += (uint128)factor * b[2 * d + 1];
    }
    for (size_t k = 0; k < 4; k++) add_to(&sums[4 * j + k], sum[k]);
  }
}

static TARGET void pair_outer(
    const uint64_t *x, const uint64_t *y, const uint64_t *weights, const uint64_t *a, const uint64_t *b,
    size_t groups, const c_parley_prime *p, uint64_t *sums) {
  sum3 total[16];
  memset(total, 0, sizeof total);
  const uint64_t prime = p->value, inverse = negative_inverse(prime), factor = radix(p);
  size_t d = 0;
  for (; d + TERMS <= groups; d += TERMS)
    pair_block(x + 2 * d, y + 2 * d, weights + 2 * d, a + 2 * d, b + 2 * d, TERMS, inverse, prime, total);
  pair_block(x + 2 * d, y + 2 * d, weights + 2 * d, a + 2 * d, b + 2 * d, groups - d, inverse, prime, total);
  for (size_t e = 0; e < 16; e++) {
    uint64_t sum = reduce((uint128)reduce3(total[e].low, total[e].top, p) * factor, p);
    sums[e] = subtract_once(sums[e] + sum, prime);
  }
}

static TARGET void pair_fold(
    const uint64_t *a, const uint64_t *b, const uint64_t *weights, size_t groups, const uint64_t *coefficients,
    const c_parley_prime *p, uint64_t *out) {
  const uint64_t prime = p->value, inverse = negative_inverse(prime), factor = radix(p);
  uint64_t c[4];
  for (size_t j = 0; j < 4; j++) c[j] = reduce((uint128)coefficients[j] * factor, p);
  if (!weights) {
    SCALAR for (size_t d = 0; d < groups; d++) {
      uint128 sum = (uint128)c[0] * a[2 * d] + (uint128)c[1] * b[2 * d] + (uint128)c[2] * a[2 * d + 1] +
                    (uint128)c[3] * b[2 * d + 1];
      // Below 5 P: the other vector's elements are residues, so these need not be.
      out[d] = montgomery(sum, inverse, prime);
    }
    return;
  }
  for (size_t j = 0; j < 4; j++) c[j] = reduce((uint128)c[j] * factor, p);
  SCALAR for (size_t d = 0; d < groups; d++) {
    uint128 first = (uint128)c[0] * a[2 * d] + (uint128)c[1] * b[2 * d];
    uint128 second = (uint128)c[2] * a[2 * d + 1] + (uint128)c[3] * b[2 * d + 1];
    // Below 3 P each, so that the last result is below 6 P^2 / 2^64 + P < 2 P.
    uint128 sum = (uint128)weights[2 * d] * montgomery(first, inverse, prime) +
                  (uint128)weights[2 * d + 1] * montgomery(second, inverse, prime);
    out[d] = subtract_once(montgomery(sum, inverse, prime), prime);
  }
}

const c_parley_prime_ops TABLE = {table, merge, pair_outer, pair_fold, outer, fold};
