#include "kernels.h"

#ifdef C_PARLEY_X86
#define TARGET C_PARLEY_TARGET_AVX2
#define TABLE c_parley_vector_avx2
#include "vector_body.h"
#endif
