// Selectors in groups of four. The 64 bits of a selector are ten elements of GF(2^6) = GF(2)[X] / (X^6 + X + 1) and
// one of GF(2^4) = GF(2)[X] / (X^4 + X + 1), its digits; selector a of a group is X^a times the first, digit by digit.
//
// What is added up for a group can then be looked up or kept for four values at a time. A group of four bits e, not
// all zero, has the sum (e_0 + e_1 X + e_2 X^2 + e_3 X^3) r for each digit r, a nonzero element times a uniform one:
// the 64 parities of chosen bits are uniform, as with independent selectors.
#ifndef C_PARLEY_SELECTORS_H
#define C_PARLEY_SELECTORS_H

#include "kernels.h"

enum {
  GROUP = 4,
  DIGIT = 6,
  DIGITS = 11,
  LAST_DIGIT = 64 - DIGIT * (DIGITS - 1),
  BUCKETS = 1 << DIGIT,
};

/// X times every digit of a selector.
C_PARLEY_INLINE uint64_t times_x(uint64_t s) {
  // The highest bits of the digits of six bits; that of the last digit is bit 63.
  const uint64_t tops = 0x0820820820820820u;
  uint64_t over = (s & tops) >> (DIGIT - 1) | s >> 63 << (64 - LAST_DIGIT);
  return (s & ~(tops | (uint64_t)1 << 63)) << 1 ^ over ^ over << 1;
}

/// X times one digit of `bits` bits.
C_PARLEY_INLINE size_t digit_times_x(size_t r, unsigned bits) {
  return (r << 1 & (((size_t)1 << bits) - 1)) ^ (r >> (bits - 1)) * 3;
}

#endif
