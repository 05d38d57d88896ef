// What the implementations of GF(2^64) = GF(2)[X] / (X^64 + X^4 + X^3 + X + 1) share.
#ifndef C_PARLEY_GF64_H
#define C_PARLEY_GF64_H

#include "kernels.h"

/// A polynomial of degree below 128.
typedef struct gf64_wide {
  uint64_t lo, hi;
} gf64_wide;

/// X^64 = X^4 + X^3 + X + 1. What `hi` times that carries beyond X^63, at most four bits, is folded once more.
C_PARLEY_INLINE uint64_t gf64_reduce(gf64_wide a) {
  uint64_t over = a.hi >> 63 ^ a.hi >> 61 ^ a.hi >> 60, hi = a.hi ^ over;
  return a.lo ^ hi ^ hi << 1 ^ hi << 3 ^ hi << 4;
}

/// X a; the mask stands for a branch.
C_PARLEY_INLINE uint64_t gf64_double(uint64_t a) { return a << 1 ^ (0x1b & (0 - (a >> 63))); }

#endif
