// 128 planes to rows of 128 bits with AVX2: bytes are transposed, and the highest bit of 32 of them is taken at a time.
#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>

#define TARGET C_PARLEY_TARGET_AVX2

/// In each half, byte j of vector i goes to byte i of vector j. A round rotates the eight bits of (i, j) by one.
C_PARLEY_INLINE TARGET void transpose_bytes(__m256i x[16]) {
#pragma clang loop unroll(full)
  for (int round = 0; round < 4; round++) {
    __m256i t[16];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) {
      t[2 * i] = _mm256_unpacklo_epi8(x[i], x[i + 8]);
      t[2 * i + 1] = _mm256_unpackhi_epi8(x[i], x[i + 8]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) x[i] = t[i];
  }
}

/// 512 rows, from 8 words of every plane.
TARGET void c_parley_blocks_avx2(uint64_t *out, const uint64_t *const *planes, size_t word) {
  for (int part = 0; part < 4; part++) {
    __m256i quarters[4][16];
    size_t at = word + 2 * (size_t)part;
    for (int quarter = 0; quarter < 4; quarter++) {
      __m256i x[16];
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; i++) {
        const uint64_t *low = planes[32 * quarter + i] + at, *high = planes[32 * quarter + 16 + i] + at;
        x[i] = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)low)),
            _mm_loadu_si128((const __m128i *)(const void *)high), 1);
      }
      transpose_bytes(x);
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; i++) quarters[quarter][i] = x[i];
    }
    for (int column = 0; column < 16; column++) {
      __m256i a = quarters[0][column], b = quarters[1][column], c = quarters[2][column], d = quarters[3][column];
      uint64_t *row = out + 2 * (128 * part + 8 * column);
#pragma clang loop unroll(full)
      for (int bit = 7; bit >= 0; bit--) {
        row[2 * bit] = (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
        row[2 * bit + 1] = (uint32_t)_mm256_movemask_epi8(c) | (uint64_t)(uint32_t)_mm256_movemask_epi8(d) << 32;
        a = _mm256_add_epi8(a, a);
        b = _mm256_add_epi8(b, b);
        c = _mm256_add_epi8(c, c);
        d = _mm256_add_epi8(d, d);
      }
    }
  }
}
#endif
