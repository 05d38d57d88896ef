// What oblivious transfer computes in bulk, with VAES on 512-bit registers.
#include <string.h>

#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>

#define TARGET C_PARLEY_TARGET_AVX512
#define VECTOR __m512i
#define LANES 4
#define WIDTH 4
#define ZERO _mm512_setzero_si512()
#define LOAD(P) _mm512_loadu_si512(P)
#define STORE(P, X) _mm512_storeu_si512(P, X)
#define XOR _mm512_xor_si512
#define AND _mm512_and_si512
#define REPEAT(X) _mm512_broadcast_i32x4(X)
#define SWAP_HALVES(X) _mm512_shuffle_epi32(X, 0x4e)
#define SHUFFLE_BYTES _mm512_shuffle_epi8
#define SHIFT_BYTES _mm512_bslli_epi128
#define AES _mm512_aesenc_epi128
#define AES_LAST _mm512_aesenclast_epi128
#define MITCCRH c_parley_mitccrh_vaes
#define VOLE c_parley_vole_vaes
#include "transfer_body.h"
#endif
