#ifndef C_PARLEY_GF64_EXPAND_H
#define C_PARLEY_GF64_EXPAND_H

#include <stddef.h>
#include <stdint.h>

/// `c_parley_gf64_expand_fold` with AVX2.
void gf64_expand_fold(
    const uint64_t *x, size_t groups, size_t factor, const uint64_t *coefficients, uint64_t *out);

#endif
