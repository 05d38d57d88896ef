#include "kernels.h"

#ifdef C_PARLEY_X86
#define TARGET C_PARLEY_TARGET_BMI2
#define TABLE c_parley_prime_bmi2
#include "prime_body.h"
#endif
