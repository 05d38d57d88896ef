// AES-128 with VAES on 512-bit registers (four blocks each), and the products of replicated sharing with their
// zero sharing made in registers: one pass over memory.
#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>

#define TARGET C_PARLEY_TARGET_AVX512

C_PARLEY_INLINE TARGET __m512i round_key(const uint8_t *key, int round) {
  return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(key + 16 * round)));
}

/// Encrypts `n` registers, n a constant.
C_PARLEY_INLINE TARGET void encrypt_registers(const uint8_t *key, __m512i *b, int n) {
  __m512i k = round_key(key, 0);
  for (int i = 0; i < n; i++) b[i] = _mm512_xor_si512(b[i], k);
#pragma clang loop unroll(full)
  for (int round = 1; round < 10; round++) {
    k = round_key(key, round);
    for (int i = 0; i < n; i++) b[i] = _mm512_aesenc_epi128(b[i], k);
  }
  k = round_key(key, 10);
  for (int i = 0; i < n; i++) b[i] = _mm512_aesenclast_epi128(b[i], k);
}

/// (stream, block), (stream, block + 1) … in the lanes of `n` registers.
C_PARLEY_INLINE TARGET void counters(uint64_t stream, uint64_t block, __m512i *b, int n) {
  long long s = (long long)stream, c = (long long)block;
  __m512i base = _mm512_add_epi64(_mm512_set_epi64(c, s, c, s, c, s, c, s), _mm512_set_epi64(3, 0, 2, 0, 1, 0, 0, 0));
  for (int i = 0; i < n; i++) {
    long long d = 4 * i;
    b[i] = _mm512_add_epi64(base, _mm512_set_epi64(d, 0, d, 0, d, 0, d, 0));
  }
}

/// Stores the first `words` words of `n` registers.
C_PARLEY_INLINE TARGET void store_some(uint64_t *out, const __m512i *b, int n, size_t words) {
  for (int i = 0; i < n; i++) {
    size_t start = 8 * (size_t)i;
    size_t left = words > start ? words - start : 0;
    __mmask8 mask = left >= 8 ? 0xff : (__mmask8)((1u << left) - 1);
    _mm512_mask_storeu_epi64(out + start, mask, b[i]);
  }
}

static TARGET void encrypt_vaes(const uint8_t *key, const uint8_t *in, uint8_t *out, size_t blocks) {
  for (size_t e = 0; e < blocks; e += 32) {
    __m512i b[8];
    size_t words = 2 * (blocks - e < 32 ? blocks - e : 32);
    for (int i = 0; i < 8; i++) {
      size_t start = 8 * (size_t)i;
      size_t left = words > start ? words - start : 0;
      __mmask8 mask = left >= 8 ? 0xff : (__mmask8)((1u << left) - 1);
      b[i] = _mm512_maskz_loadu_epi64(mask, in + 16 * e + 8 * start);
    }
    encrypt_registers(key, b, 8);
    store_some((uint64_t *)(void *)(out + 16 * e), b, 8, words);
  }
}

static TARGET void keystream_vaes(
    const uint8_t *key, uint64_t stream, uint64_t first_block, uint64_t *out, size_t blocks) {
  __m512i b[8];
  size_t e = 0;
  for (; e + 32 <= blocks; e += 32) {
    counters(stream, first_block + e, b, 8);
    encrypt_registers(key, b, 8);
    for (int i = 0; i < 8; i++) _mm512_storeu_si512(out + 2 * e + 8 * i, b[i]);
  }
  if (e < blocks) {
    counters(stream, first_block + e, b, 8);
    encrypt_registers(key, b, 8);
    store_some(out + 2 * e, b, 8, 2 * (blocks - e));
  }
}

/// 32 words of zero sharing: the two keystreams advance together, eight registers in flight.
C_PARLEY_INLINE TARGET void zero32(
    const uint8_t *mine, const uint8_t *next, uint64_t stream, uint64_t block, int is_xor, __m512i a[4]) {
  __m512i b[4];
  counters(stream, block, a, 4);
  for (int i = 0; i < 4; i++) b[i] = a[i];
  __m512i k = round_key(mine, 0), l = round_key(next, 0);
  for (int i = 0; i < 4; i++) a[i] = _mm512_xor_si512(a[i], k);
  for (int i = 0; i < 4; i++) b[i] = _mm512_xor_si512(b[i], l);
#pragma clang loop unroll(full)
  for (int round = 1; round < 10; round++) {
    k = round_key(mine, round);
    l = round_key(next, round);
    for (int i = 0; i < 4; i++) a[i] = _mm512_aesenc_epi128(a[i], k);
    for (int i = 0; i < 4; i++) b[i] = _mm512_aesenc_epi128(b[i], l);
  }
  k = round_key(mine, 10);
  l = round_key(next, 10);
  for (int i = 0; i < 4; i++) {
    a[i] = _mm512_aesenclast_epi128(a[i], k);
    b[i] = _mm512_aesenclast_epi128(b[i], l);
    a[i] = is_xor ? _mm512_xor_si512(a[i], b[i]) : _mm512_sub_epi64(a[i], b[i]);
  }
}

#define ZERO(NAME, IS_XOR)                                                                            \
  static TARGET void NAME(                                                                            \
      const uint8_t *mine, const uint8_t *next, uint64_t stream, uint64_t first_block, uint64_t *out, \
      size_t blocks) {                                                                                \
    for (size_t e = 0; e < blocks; e += 16) {                                                         \
      __m512i a[4];                                                                                   \
      zero32(mine, next, stream, first_block + e, IS_XOR, a);                                         \
      store_some(out + 2 * e, a, 4, 2 * (blocks - e));                                                \
    }                                                                                                 \
  }

ZERO(zero_sub_vaes, 0)
ZERO(zero_xor_vaes, 1)

/// From this many words on (4 MiB, beyond the second-level cache) results bypass the caches: their lines need
/// not be read first, which saves a sixth of the traffic (measured: 0.9 instead of 1.6 ns a word from memory).
enum { STREAMING_WORDS = 1 << 19 };

/// The last three parameters are constants.
C_PARLEY_INLINE TARGET void fused(
    const c_parley_rep3_pair *pair, size_t words, const uint8_t *mine, const uint8_t *next, uint64_t stream,
    uint64_t first_block, int is_xor, int repeated, int streaming) {
  const uint64_t *x_lo = pair->x_lo, *x_hi = pair->x_hi, *y_lo = pair->y_lo, *y_hi = pair->y_hi;
  uint64_t *out = pair->out;
  __m512i xl = _mm512_setzero_si512(), xh = xl;
  if (repeated) {
    uint64_t lo = is_xor ? 0 - (x_lo[0] & 1) : x_lo[0], hi = is_xor ? 0 - (x_hi[0] & 1) : x_hi[0];
    xl = _mm512_set1_epi64((long long)lo);
    xh = _mm512_set1_epi64((long long)hi);
  }
  for (size_t e = 0; e < words; e += 32) {
    __m512i a[4];
    zero32(mine, next, stream, first_block + e / 2, is_xor, a);
    for (int i = 0; i < 4; i++) {
      size_t at = e + 8 * (size_t)i;
      if (!repeated) {
        xl = _mm512_loadu_si512(x_lo + at);
        xh = _mm512_loadu_si512(x_hi + at);
      }
      __m512i yl = _mm512_loadu_si512(y_lo + at), yh = _mm512_loadu_si512(y_hi + at), z;
      if (is_xor) {
        z = _mm512_xor_si512(_mm512_and_si512(xl, _mm512_xor_si512(yl, yh)), _mm512_and_si512(xh, yl));
        z = _mm512_xor_si512(z, a[i]);
      } else {
        z = _mm512_add_epi64(
            _mm512_mullo_epi64(xl, _mm512_add_epi64(yl, yh)), _mm512_mullo_epi64(xh, yl));
        z = _mm512_add_epi64(z, a[i]);
      }
      if (streaming)
        _mm512_stream_si512((__m512i *)(void *)(out + at), z);
      else
        _mm512_storeu_si512(out + at, z);
    }
  }
  if (streaming) _mm_sfence();
}

#define FUSED(NAME, IS_XOR)                                                                            \
  static TARGET void NAME(                                                                             \
      const c_parley_rep3_pair *pair, size_t words, const uint8_t *mine, const uint8_t *next,          \
      uint64_t stream, uint64_t first_block) {                                                         \
    int streaming = words >= STREAMING_WORDS && (uintptr_t)pair->out % 64 == 0;                        \
    if (pair->flags & C_PARLEY_X_REPEATED)                                                             \
      fused(pair, words, mine, next, stream, first_block, IS_XOR, 1, 0);                               \
    else if (streaming)                                                                                \
      fused(pair, words, mine, next, stream, first_block, IS_XOR, 0, 1);                               \
    else                                                                                               \
      fused(pair, words, mine, next, stream, first_block, IS_XOR, 0, 0);                               \
  }

FUSED(fused_multiply_vaes, 0)
FUSED(fused_and_vaes, 1)

const c_parley_aes_ops c_parley_aes_vaes = {
    encrypt_vaes, keystream_vaes, zero_sub_vaes, zero_xor_vaes, 32, fused_multiply_vaes, fused_and_vaes,
    c_parley_mitccrh_vaes, c_parley_vole_vaes};
#endif
