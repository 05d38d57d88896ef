// What oblivious transfer computes in bulk, with VAES on 256-bit registers.
#include <string.h>

#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>

#define TARGET C_PARLEY_TARGET_VAES256
#define VECTOR __m256i
#define LANES 2
#define WIDTH 4
#define ZERO _mm256_setzero_si256()
#define LOAD(P) _mm256_loadu_si256((const __m256i *)(const void *)(P))
#define STORE(P, X) _mm256_storeu_si256((__m256i *)(void *)(P), X)
#define XOR _mm256_xor_si256
#define AND _mm256_and_si256
#define REPEAT(X) _mm256_broadcastsi128_si256(X)
#define SWAP_HALVES(X) _mm256_shuffle_epi32(X, 0x4e)
#define SHUFFLE_BYTES _mm256_shuffle_epi8
#define SHIFT_BYTES _mm256_bslli_epi128
#define AES _mm256_aesenc_epi128
#define AES_LAST _mm256_aesenclast_epi128
#define MITCCRH c_parley_mitccrh_vaes256
#define VOLE c_parley_vole_vaes256
#include "transfer_body.h"
#endif
