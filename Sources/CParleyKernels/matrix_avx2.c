#include "kernels.h"

#ifdef C_PARLEY_X86
#define TARGET C_PARLEY_TARGET_AVX2
#define TABLE c_parley_matrix_avx2
#include "matrix_body.h"
#endif
