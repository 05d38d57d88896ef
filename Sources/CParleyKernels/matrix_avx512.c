// c += a (b + b2) mod 2^64 with VPMULLQ: a tile of 8 rows by 16 columns in registers, 16 KiB of b packed.
#include "kernels.h"

#ifdef C_PARLEY_X86
#include <immintrin.h>

#define TARGET C_PARLEY_TARGET_AVX512

enum { INNER = 128, COLUMNS = 16, ROWS = 8 };

typedef struct {
  const uint64_t *a;
  uint64_t *c;
  size_t a_stride, c_stride, inner;
  __mmask8 low, high;
} tile;

/// `rows` is a constant.
C_PARLEY_INLINE TARGET void multiply_tile(const tile *t, const uint64_t *packed, int rows) {
  __m512i sum[ROWS][2];
  for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = _mm512_setzero_si512();
  for (size_t k = 0; k < t->inner; k++) {
    __m512i b0 = _mm512_load_si512(packed + COLUMNS * k), b1 = _mm512_load_si512(packed + COLUMNS * k + 8);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      __m512i a = _mm512_set1_epi64((long long)t->a[(size_t)i * t->a_stride + k]);
      sum[i][0] = _mm512_add_epi64(sum[i][0], _mm512_mullo_epi64(a, b0));
      sum[i][1] = _mm512_add_epi64(sum[i][1], _mm512_mullo_epi64(a, b1));
    }
  }
  for (int i = 0; i < rows; i++) {
    uint64_t *c = t->c + (size_t)i * t->c_stride;
    __m512i c0 = _mm512_maskz_loadu_epi64(t->low, c), c1 = _mm512_maskz_loadu_epi64(t->high, c + 8);
    _mm512_mask_storeu_epi64(c, t->low, _mm512_add_epi64(c0, sum[i][0]));
    _mm512_mask_storeu_epi64(c + 8, t->high, _mm512_add_epi64(c1, sum[i][1]));
  }
}

C_PARLEY_INLINE TARGET __m512i packed_row(const uint64_t *b, const uint64_t *b2, size_t at, __mmask8 mask) {
  __m512i row = _mm512_maskz_loadu_epi64(mask, b + at);
  return b2 ? _mm512_add_epi64(row, _mm512_maskz_loadu_epi64(mask, b2 + at)) : row;
}

static TARGET void accumulate(
    uint64_t *c, const uint64_t *a, const uint64_t *b, const uint64_t *b2, size_t rows, size_t inner,
    size_t columns) {
  uint64_t packed[INNER * COLUMNS] __attribute__((aligned(64)));
  for (size_t k0 = 0; k0 < inner; k0 += INNER) {
    size_t kn = inner - k0 < INNER ? inner - k0 : INNER;
    for (size_t j0 = 0; j0 < columns; j0 += COLUMNS) {
      size_t jn = columns - j0 < COLUMNS ? columns - j0 : COLUMNS;
      uint32_t wanted = (1u << jn) - 1;
      tile t = {a + k0, c + j0, inner, columns, kn, (__mmask8)wanted, (__mmask8)(wanted >> 8)};
      for (size_t k = 0; k < kn; k++) {
        size_t at = (k0 + k) * columns + j0;
        _mm512_store_si512(packed + COLUMNS * k, packed_row(b, b2, at, t.low));
        // Not even the address is formed past the end of the row.
        __m512i second = t.high ? packed_row(b, b2, at + 8, t.high) : _mm512_setzero_si512();
        _mm512_store_si512(packed + COLUMNS * k + 8, second);
      }
      size_t i = 0;
      for (; i + ROWS <= rows; i += ROWS) {
        multiply_tile(&t, packed, ROWS);
        t.a += ROWS * inner;
        t.c += ROWS * columns;
      }
      for (; i < rows; i++) {
        multiply_tile(&t, packed, 1);
        t.a += inner;
        t.c += columns;
      }
    }
  }
  c_parley_zeroize(packed, sizeof packed);
}

const c_parley_matrix_ops c_parley_matrix_avx512 = {accumulate};
#endif
