// Carry-less multiplication on 512-bit registers.
#include "kernels.h"

#ifdef C_PARLEY_X86
#define TARGET C_PARLEY_TARGET_VPCLMUL512
#define TABLE c_parley_gf64_vpclmul512
#define VECTOR __m512i
#define LANES 4
#define MULTIPLY(A, B, I) _mm512_clmulepi64_epi128(A, B, I)
#define LOAD(P) _mm512_loadu_si512((const void *)(P))
#define STORE(P, A) _mm512_storeu_si512((void *)(P), A)
#define REPEAT(A) _mm512_set1_epi64((long long)(A))
#define XOR _mm512_xor_si512
#define AND _mm512_and_si512
#define LEFT _mm512_slli_epi64
#define RIGHT _mm512_srli_epi64
#define SHUFFLE _mm512_shuffle_epi8
#define LOW_HALVES _mm512_unpacklo_epi64
#define HIGH_HALVES _mm512_unpackhi_epi64
#define EACH_LANE _mm512_broadcast_i32x4
#define SUM_OF_LANES(A) \
  _mm_xor_si128( \
      _mm_xor_si128(_mm512_castsi512_si128(A), _mm512_extracti32x4_epi32(A, 1)), \
      _mm_xor_si128(_mm512_extracti32x4_epi32(A, 2), _mm512_extracti32x4_epi32(A, 3)))
#define ZERO _mm512_setzero_si512()
#define FOUR_LANES(A, B, C, D) \
  _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_set_m128i(B, A)), _mm256_set_m128i(D, C), 1)
#define REDUCE_IN_ORDER(W) \
  reduce(FOUR_LANES((W)[0], (W)[2], (W)[4], (W)[6]), FOUR_LANES((W)[1], (W)[3], (W)[5], (W)[7]))
#define EXPAND gf64_expand_fold_avx512
#define EXPAND_FOLDED gf64_expand_folded_avx512
#include "gf64_clmul.h"
#endif
