#include <string.h>

#include "bits.h"

#ifdef C_PARLEY_X86
#define TARGET C_PARLEY_TARGET_AVX2
#define TABLE c_parley_transpose_avx2
#include "transpose_body.h"
#endif
