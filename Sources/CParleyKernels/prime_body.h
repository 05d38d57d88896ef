// The field of a prime P, 2^60 < P < 2^61; included by one file for each backend, which defines TARGET and TABLE.
// Sums are reduced late: eight products of a residue and a word fit into 128 bits.
#include <string.h>

#include "kernels.h"

__extension__ typedef unsigned __int128 uint128;

enum { MAX_FACTOR = 32, TERMS = 8 };

/// For loops that were measured to be slower with registers of four words, which have no full products.
#define SCALAR _Pragma("clang loop vectorize(disable)")

C_PARLEY_INLINE uint64_t high_product(uint64_t a, uint64_t b) { return (uint64_t)((uint128)a * b >> 64); }

/// a - m when that is not negative, else a; for a < m + 2^63, m < 2^63.
C_PARLEY_INLINE uint64_t subtract_once(uint64_t a, uint64_t m) {
  uint64_t r = a - m;
  return r + (m & (0 - (r >> 63)));
}

/// t mod P for t < 2^64 P (Barrett). With c = floor(2^125 / P) the quotient t / P exceeds
/// floor(floor(t / 2^61) c / 2^64) by less than 2^61 / P + P / 2^61 + 1 <= 3.5, so two subtractions remain.
C_PARLEY_INLINE uint64_t reduce(uint128 t, const c_parley_prime *p) {
  uint64_t top = (uint64_t)(t >> 61);
  uint64_t quotient = top + high_product(top, p->reciprocal);
  uint64_t r = (uint64_t)t - quotient * p->value;
  return subtract_once(subtract_once(r, 2 * p->value), p->value);
}

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

static TARGET void merge(
    const uint64_t *selectors, size_t n, const uint64_t *coefficients, const c_parley_prime *p, uint64_t *out) {
  const c_parley_prime prime = *p;
  uint64_t tables[8][256];
  for (size_t digit = 0; digit < 8; digit++) {
    uint64_t *table = tables[digit];
    table[0] = 0;
    for (size_t b = 0; b < 8; b++)
      for (size_t i = 0; i < (size_t)1 << b; i++)
        table[((size_t)1 << b) + i] = subtract_once(table[i] + coefficients[8 * digit + b], prime.value);
  }
  for (size_t g = 0; g < n; g++) {
    uint64_t sum = 0, selector = selectors[g];
    for (size_t digit = 0; digit < 8; digit++) sum += tables[digit][selector >> 8 * digit & 0xff];
    out[g] = reduce(sum, &prime);
  }
}

/// For w < P: at most 2^64 w / P, and less by under P / 2^61 + 1 <= 2.
C_PARLEY_INLINE uint64_t shoup_quotient(uint64_t w, const c_parley_prime *p) {
  uint64_t top = w << 3;
  return top + high_product(top, p->reciprocal);
}

/// w x mod P for any x (Shoup): with the quotient above, w x / P exceeds floor(quotient x / 2^64) by less than 3.
C_PARLEY_INLINE uint64_t multiply_by(uint64_t w, uint64_t quotient, uint64_t x, const c_parley_prime *p) {
  uint64_t r = w * x - high_product(quotient, x) * p->value;
  return subtract_once(subtract_once(r, 2 * p->value), p->value);
}

static TARGET void weigh(
    const uint64_t *values, size_t outputs, const uint64_t *weights, const c_parley_prime *p, uint64_t *out) {
  const c_parley_prime prime = *p;
  SCALAR for (size_t g = 0; g < outputs; g++) {
    uint64_t w = weights[g], quotient = shoup_quotient(w, &prime), a = values[2 * g], b = values[2 * g + 1];
    out[2 * g] = multiply_by(w, quotient, a, &prime);
    out[2 * g + 1] = multiply_by(w, quotient, b, &prime);
  }
}

static TARGET void scale(
    const uint64_t *values, size_t n, uint64_t weight, const c_parley_prime *p, uint64_t *out) {
  const c_parley_prime prime = *p;
  uint64_t quotient = shoup_quotient(weight, &prime);
  for (size_t e = 0; e < n; e++) out[e] = multiply_by(weight, quotient, values[e], &prime);
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
  for (size_t j = 0; j < factor; j++)
    for (size_t k = 0; k < factor; k++) {
      uint128 sum = 0;
      for (size_t d = 0; d < groups; d++) sum += (uint128)u[d * factor + j] * v[d * factor + k];
      add_to(&sums[j * factor + k], sum);
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

const c_parley_prime_ops TABLE = {merge, weigh, scale, outer, fold};
