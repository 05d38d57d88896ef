// Entry points of the vector and matrix operations.
#include "kernels.h"

void c_parley_add(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count) {
  c_parley_active()->vector->add(out, a, b, count);
}
void c_parley_sub(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count) {
  c_parley_active()->vector->sub(out, a, b, count);
}
void c_parley_multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count) {
  c_parley_active()->vector->multiply(out, a, b, count);
}
void c_parley_affine(uint64_t *out, const uint64_t *a, uint64_t factor, uint64_t addend, size_t count) {
  c_parley_active()->vector->affine(out, a, factor, addend, count);
}
void c_parley_accumulate(uint64_t *out, const uint64_t *a, uint64_t factor, size_t count) {
  c_parley_active()->vector->accumulate(out, a, factor, count);
}
uint64_t c_parley_sum(const uint64_t *a, size_t count) { return c_parley_active()->vector->sum(a, count); }
uint64_t c_parley_dot(const uint64_t *a, const uint64_t *b, size_t count) {
  return c_parley_active()->vector->dot(a, b, count);
}
void c_parley_xor(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count) {
  c_parley_active()->vector->xor_(out, a, b, count);
}
void c_parley_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count) {
  c_parley_active()->vector->and_(out, a, b, count);
}
void c_parley_xor_constant(uint64_t *out, const uint64_t *a, uint64_t mask, size_t count) {
  c_parley_active()->vector->xor_constant(out, a, mask, count);
}
uint64_t c_parley_popcount(const uint64_t *a, size_t count) {
  return c_parley_active()->vector->popcount(a, count);
}

void c_parley_matrix_accumulate(
    uint64_t *c, const uint64_t *a, const uint64_t *b, const uint64_t *b2, size_t rows, size_t inner,
    size_t columns) {
  const c_parley_backend_ops *ops = c_parley_active();
  if (columns == 1) {
    // One pass over a; blocking would waste the register tile on one column.
    for (size_t i = 0; i < rows; i++) {
      c[i] += ops->vector->dot(a + i * inner, b, inner);
      if (b2) c[i] += ops->vector->dot(a + i * inner, b2, inner);
    }
    return;
  }
  ops->matrix->accumulate(c, a, b, b2, rows, inner, columns);
}
