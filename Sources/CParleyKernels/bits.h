// 64 x 64 bit matrices.
#ifndef C_PARLEY_BITS_H
#define C_PARLEY_BITS_H

#include "kernels.h"

/// Bit j of a[i] goes to bit i of a[j]: swaps the off-diagonal quarters, then within each quarter, and so on
/// (Warren, Hacker's Delight, 7-3).
C_PARLEY_INLINE void c_parley_transpose64(uint64_t a[64]) {
#define LEVEL(J, MASK)                                   \
  for (int k = 0; k < 64; k += 2 * (J))                  \
    for (int i = k; i < k + (J); i++) {                  \
      uint64_t t = ((a[i] >> (J)) ^ a[i + (J)]) & (MASK); \
      a[i] ^= t << (J);                                  \
      a[i + (J)] ^= t;                                   \
    }
  LEVEL(32, 0x00000000ffffffffu)
  LEVEL(16, 0x0000ffff0000ffffu)
  LEVEL(8, 0x00ff00ff00ff00ffu)
  LEVEL(4, 0x0f0f0f0f0f0f0f0fu)
  LEVEL(2, 0x3333333333333333u)
  LEVEL(1, 0x5555555555555555u)
#undef LEVEL
}

#endif
