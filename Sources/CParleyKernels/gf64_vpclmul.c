// Carry-less multiplication on 256-bit registers.
#include "kernels.h"

#ifdef C_PARLEY_X86
#define TARGET C_PARLEY_TARGET_VPCLMUL
#define TABLE c_parley_gf64_vpclmul
#define VECTOR __m256i
#define LANES 2
#define MULTIPLY(A, B, I) _mm256_clmulepi64_epi128(A, B, I)
#define LOAD(P) _mm256_loadu_si256((const __m256i *)(const void *)(P))
#define STORE(P, A) _mm256_storeu_si256((__m256i *)(void *)(P), A)
#define REPEAT(A) _mm256_set1_epi64x((long long)(A))
#define XOR _mm256_xor_si256
#define AND _mm256_and_si256
#define LEFT _mm256_slli_epi64
#define RIGHT _mm256_srli_epi64
#define SHUFFLE _mm256_shuffle_epi8
#define LOW_HALVES _mm256_unpacklo_epi64
#define HIGH_HALVES _mm256_unpackhi_epi64
#define EACH_LANE _mm256_broadcastsi128_si256
#define SUM_OF_LANES(A) _mm_xor_si128(_mm256_castsi256_si128(A), _mm256_extracti128_si256(A, 1))
#define ZERO _mm256_setzero_si256()
#define REDUCE_IN_ORDER(W) reduce(_mm256_set_m128i((W)[2], (W)[0]), _mm256_set_m128i((W)[3], (W)[1]))
#define EXPAND gf64_expand_fold
#define EXPAND_FOLDED 0
#include "gf64_clmul.h"
#endif
