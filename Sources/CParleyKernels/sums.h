// The method of four Russians for sums over subsets (Arlazarov, Dinic, Kronrod, Faradžev 1970): the 64 sums that
// the bits of the selectors choose are made from one bucket for each value of each digit of a selector, so that a
// value is added once a digit instead of once a bit.
//
// A bucket holds a number as limbs of 32 bits in lanes of 64: lane i counts 2^(32 i). A value has limbs below 2^33
// and there are at most 2^23 of them, so that no lane overflows, whatever the buckets are added up to.
//
// Ten digits have six bits and one has four: the tables of the widest buckets fill 22 KiB, which leaves room in a
// first-level cache of 32 KiB.
#ifndef C_PARLEY_SUMS_H
#define C_PARLEY_SUMS_H

#include "selectors.h"

__extension__ typedef unsigned __int128 uint128;
typedef uint32_t half4 __attribute__((vector_size(16)));
typedef uint64_t word2 __attribute__((vector_size(16)));
typedef uint64_t word4 __attribute__((vector_size(32)));

C_PARLEY_INLINE void add2(uint64_t *sum, uint128 value) {
  value += sum[0];
  sum[0] = (uint64_t)value;
  sum[1] += (uint64_t)(value >> 64);
}

/// sum (three words) += a + b 2^64.
C_PARLEY_INLINE void add3(uint64_t *sum, uint128 a, uint128 b) {
  a += sum[0];
  sum[0] = (uint64_t)a;
  b += a >> 64;
  a = (uint128)sum[1] + (uint64_t)b;
  sum[1] = (uint64_t)a;
  sum[2] += (uint64_t)(b >> 64) + (uint64_t)(a >> 64);
}

#endif
