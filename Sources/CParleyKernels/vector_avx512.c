#include "kernels.h"

#ifdef C_PARLEY_X86
#define TARGET C_PARLEY_TARGET_AVX512
#define TABLE c_parley_vector_avx512
#include "vector_body.h"
#endif
