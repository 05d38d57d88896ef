// What the implementations of the field of a prime P share, 2^60 < P < 2^61.
#ifndef C_PARLEY_PRIME_H
#define C_PARLEY_PRIME_H

#include "kernels.h"

__extension__ typedef unsigned __int128 uint128;

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

/// -1 / P mod 2^64 by Newton's iteration, which doubles the bits that are right; P is its own inverse modulo 8.
C_PARLEY_INLINE uint64_t negative_inverse(uint64_t p) {
  uint64_t inverse = p;
  for (int i = 0; i < 5; i++) inverse *= 2 - p * inverse;
  return 0 - inverse;
}

/// 2^64 mod P.
C_PARLEY_INLINE uint64_t radix(const c_parley_prime *p) { return reduce((uint128)1 << 64, p); }

#endif
