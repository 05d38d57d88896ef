// What oblivious transfer computes in bulk, with AES-NI.
#include <string.h>

#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>

#define TARGET C_PARLEY_TARGET_AVX2
#define VECTOR __m128i
#define LANES 1
#define WIDTH 4
#define ZERO _mm_setzero_si128()
#define LOAD(P) _mm_loadu_si128((const __m128i *)(const void *)(P))
#define STORE(P, X) _mm_storeu_si128((__m128i *)(void *)(P), X)
#define XOR _mm_xor_si128
#define AND _mm_and_si128
#define REPEAT(X) (X)
#define SWAP_HALVES(X) _mm_shuffle_epi32(X, 0x4e)
#define SHUFFLE_BYTES _mm_shuffle_epi8
#define SHIFT_BYTES _mm_slli_si128
#define AES _mm_aesenc_si128
#define AES_LAST _mm_aesenclast_si128
#define MITCCRH c_parley_mitccrh_aesni
#define VOLE c_parley_vole_aesni
#include "transfer_body.h"
#endif
