#ifndef C_PARLEY_GF64_EXPAND_H
#define C_PARLEY_GF64_EXPAND_H

#include <stddef.h>
#include <stdint.h>

/// `c_parley_gf64_expand_fold` with AVX2, and with AVX-512 and GFNI.
void gf64_expand_fold(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    uint64_t *out);
void gf64_expand_fold_avx512(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    uint64_t *out);

/// `c_parley_gf64_expand_folded` for 16 lanes and 8 blocks.
void gf64_expand_folded_avx512(
    const uint64_t *x, const uint64_t *x2, size_t groups, const uint64_t *coefficients, const uint64_t *weights,
    const uint64_t *second, uint64_t *out);

#endif
