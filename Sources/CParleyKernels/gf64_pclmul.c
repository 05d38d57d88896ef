// Carry-less multiplication on 128-bit registers.
#include "kernels.h"

#ifdef C_PARLEY_X86
#define TARGET C_PARLEY_TARGET_PCLMUL
#define TABLE c_parley_gf64_pclmul
#define VECTOR __m128i
#define LANES 1
#define MULTIPLY(A, B, I) _mm_clmulepi64_si128(A, B, I)
#define LOAD(P) _mm_loadu_si128((const __m128i *)(const void *)(P))
#define STORE(P, A) _mm_storeu_si128((__m128i *)(void *)(P), A)
#define REPEAT(A) _mm_set1_epi64x((long long)(A))
#define XOR _mm_xor_si128
#define AND _mm_and_si128
#define LEFT _mm_slli_epi64
#define RIGHT _mm_srli_epi64
#define SHUFFLE _mm_shuffle_epi8
#define LOW_HALVES _mm_unpacklo_epi64
#define HIGH_HALVES _mm_unpackhi_epi64
#define EACH_LANE(A) (A)
#define SUM_OF_LANES(A) (A)
#define ZERO _mm_setzero_si128()
#define REDUCE_IN_ORDER(W) reduce((W)[0], (W)[1])
#define EXPAND gf64_expand_fold
#define EXPAND_FOLDED 0
#include "gf64_clmul.h"
#endif
