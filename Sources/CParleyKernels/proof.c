// Entry points of the kernels of proofs.
#include "kernels.h"

uint64_t c_parley_gf64_multiply(uint64_t a, uint64_t b) { return c_parley_active()->gf64->multiply(a, b); }
uint64_t c_parley_gf64_dot(const uint64_t *a, const uint64_t *b, size_t count) {
  return c_parley_active()->gf64->dot(a, b, count);
}
void c_parley_gf64_masked_outer(
    const uint64_t *x, const uint64_t *x2, const uint64_t *y, const uint64_t *y2, size_t groups, size_t lanes,
    const uint64_t *weights, uint64_t *sums) {
  c_parley_active()->gf64->masked_outer(x, x2, y, y2, groups, lanes, weights, sums);
}
void c_parley_gf64_expand_fold(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    uint64_t *out) {
  c_parley_active()->gf64->expand_fold(x, x2, groups, lanes, coefficients, out);
}
void c_parley_gf64_expand_folded(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    const uint64_t *weights, size_t factor, const uint64_t *second, uint64_t *out) {
  const c_parley_gf64_ops *ops = c_parley_active()->gf64;
  if (ops->expand_folded && lanes == 16 && factor == 8) {
    ops->expand_folded(x, x2, groups, coefficients, weights, second, out);
    return;
  }
  enum { PIECE = 64 };
  uint64_t elements[64 * PIECE];
  for (size_t d = 0; d < groups; d += PIECE) {
    size_t count = groups - d < PIECE ? groups - d : PIECE;
    ops->expand_fold(x + d * lanes, x2 + d * lanes, count, lanes, coefficients, elements);
    if (weights) ops->weigh(elements, count, weights + d);
    ops->fold(elements, count * 64 / factor, factor, second, out + d * 64 / factor);
  }
}
void c_parley_gf64_weigh(uint64_t *values, size_t groups, const uint64_t *weights) {
  c_parley_active()->gf64->weigh(values, groups, weights);
}
void c_parley_gf64_outer(
    const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, uint64_t *sums) {
  c_parley_active()->gf64->outer(u, v, groups, factor, sums);
}
void c_parley_gf64_fold(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, uint64_t *out) {
  c_parley_active()->gf64->fold(u, groups, factor, coefficients, out);
}

void c_parley_lifted_subset_sums(
    const uint64_t *x, const uint64_t *y, const uint64_t *x2, const uint64_t *y2, size_t outputs,
    const uint64_t *selectors, uint64_t *sums) {
  c_parley_active()->sums->lifted(x, y, x2, y2, outputs, selectors, sums);
}
void c_parley_grouped_subset_sums(const uint64_t *t, size_t groups, const uint64_t *first, uint64_t *sums) {
  c_parley_active()->sums->grouped(t, groups, first, sums);
}
void c_parley_spread_selectors(const uint64_t *first, size_t groups, uint64_t *out) {
  c_parley_active()->sums->spread(first, groups, out);
}
void c_parley_subset_sums(const uint64_t *t, size_t count, const uint64_t *selectors, uint64_t *sums) {
  c_parley_active()->sums->plain(t, count, selectors, sums);
}
void c_parley_wide_subset_sums(
    const uint64_t *values, size_t count, const uint64_t *selectors, uint64_t *sums) {
  c_parley_active()->sums->wide(values, count, selectors, sums);
}
void c_parley_wide_inner(const uint64_t *u, const uint64_t *v, size_t count, uint64_t *sum) {
  c_parley_active()->sums->wide_inner(u, v, count, sum);
}

void c_parley_prime_table(const uint64_t *coefficients, c_parley_prime prime, uint64_t *table) {
  c_parley_active()->prime->table(coefficients, &prime, table);
}
void c_parley_prime_merge(
    const uint64_t *first, size_t groups, const uint64_t *table, c_parley_prime prime, uint64_t *out) {
  c_parley_active()->prime->merge(first, groups, table, &prime, out);
}
void c_parley_prime_pair_outer(
    const uint64_t *x, const uint64_t *y, const uint64_t *weights, const uint64_t *a, const uint64_t *b,
    size_t groups, c_parley_prime prime, uint64_t *sums) {
  c_parley_active()->prime->pair_outer(x, y, weights, a, b, groups, &prime, sums);
}
void c_parley_prime_pair_fold(
    const uint64_t *a, const uint64_t *b, const uint64_t *weights, size_t groups, const uint64_t *coefficients,
    c_parley_prime prime, uint64_t *out) {
  c_parley_active()->prime->pair_fold(a, b, weights, groups, coefficients, &prime, out);
}
void c_parley_prime_outer(
    const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, c_parley_prime prime, uint64_t *sums) {
  c_parley_active()->prime->outer(u, v, groups, factor, &prime, sums);
}
void c_parley_prime_fold(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, c_parley_prime prime,
    uint64_t *out) {
  c_parley_active()->prime->fold(u, groups, factor, coefficients, &prime, out);
}
