// The loops over vectors of words, written once; included by one file for each backend, which defines TARGET
// (a function attribute) and TABLE (the name of the table). The compiler vectorises them for the target.
//
// `assume_safety`: an output is an input or disjoint from it, so no iteration depends on another.

#define EACH _Pragma("clang loop vectorize(assume_safety) interleave_count(4)") for (size_t i = 0; i < n; i++)

static TARGET void add(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n) {
  EACH out[i] = a[i] + b[i];
}
static TARGET void sub(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n) {
  EACH out[i] = a[i] - b[i];
}
static TARGET void multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n) {
  EACH out[i] = a[i] * b[i];
}
static TARGET void xor_(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n) {
  EACH out[i] = a[i] ^ b[i];
}
static TARGET void and_(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n) {
  EACH out[i] = a[i] & b[i];
}
static TARGET void affine(uint64_t *out, const uint64_t *a, uint64_t factor, uint64_t addend, size_t n) {
  if (factor == 1)
    EACH out[i] = a[i] + addend;
  else
    EACH out[i] = a[i] * factor + addend;
}
static TARGET void accumulate(uint64_t *out, const uint64_t *a, uint64_t factor, size_t n) {
  if (factor == 1)
    EACH out[i] = out[i] + a[i];
  else if (factor == (uint64_t)-1)
    EACH out[i] = out[i] - a[i];
  else
    EACH out[i] = out[i] + a[i] * factor;
}
static TARGET void xor_constant(uint64_t *out, const uint64_t *a, uint64_t mask, size_t n) {
  EACH out[i] = a[i] ^ mask;
}
static TARGET uint64_t sum(const uint64_t *a, size_t n) {
  uint64_t total = 0;
  EACH total += a[i];
  return total;
}
static TARGET uint64_t dot(const uint64_t *a, const uint64_t *b, size_t n) {
  uint64_t total = 0;
  EACH total += a[i] * b[i];
  return total;
}
static TARGET uint64_t rep3_inner(
    const uint64_t *x_lo, const uint64_t *x_hi, const uint64_t *y_lo, const uint64_t *y_hi, size_t n) {
  uint64_t total = 0;
  EACH total += x_lo[i] * (y_lo[i] + y_hi[i]) + x_hi[i] * y_lo[i];
  return total;
}
static TARGET uint64_t popcount(const uint64_t *a, size_t n) {
  uint64_t total = 0;
  EACH {
    uint64_t x = a[i] - ((a[i] >> 1) & 0x5555555555555555u);
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    x += x >> 8;
    x += x >> 16;
    x += x >> 32;
    total += x & 0x7f;
  }
  return total;
}
static TARGET void combine_multiply(const c_parley_rep3_pair *pair, size_t n, const uint64_t *alpha) {
  const uint64_t *x_lo = pair->x_lo, *x_hi = pair->x_hi, *y_lo = pair->y_lo, *y_hi = pair->y_hi;
  uint64_t *out = pair->out;
  if (pair->flags & C_PARLEY_X_REPEATED) {
    uint64_t lo = x_lo[0], hi = x_hi[0];
    EACH out[i] = lo * (y_lo[i] + y_hi[i]) + hi * y_lo[i] + alpha[i];
  } else {
    EACH out[i] = x_lo[i] * (y_lo[i] + y_hi[i]) + x_hi[i] * y_lo[i] + alpha[i];
  }
}
static TARGET void combine_and(const c_parley_rep3_pair *pair, size_t n, const uint64_t *alpha) {
  const uint64_t *x_lo = pair->x_lo, *x_hi = pair->x_hi, *y_lo = pair->y_lo, *y_hi = pair->y_hi;
  uint64_t *out = pair->out;
  if (pair->flags & C_PARLEY_X_REPEATED) {
    uint64_t lo = 0 - (x_lo[0] & 1), hi = 0 - (x_hi[0] & 1);
    EACH out[i] = (lo & (y_lo[i] ^ y_hi[i])) ^ (hi & y_lo[i]) ^ alpha[i];
  } else {
    EACH out[i] = (x_lo[i] & (y_lo[i] ^ y_hi[i])) ^ (x_hi[i] & y_lo[i]) ^ alpha[i];
  }
}
/// Not `assume_safety`: out may be an earlier part of a.
static TARGET void shift_right(uint64_t *out, const uint64_t *a, unsigned shift, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = a[i] >> shift | a[i + 1] << (64 - shift);
}

const c_parley_vector_ops TABLE = {
    add, sub, multiply, xor_, and_, affine, accumulate, xor_constant, sum, dot, rep3_inner, popcount,
    combine_multiply, combine_and, shift_right};
