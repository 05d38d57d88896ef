#include "kernels.h"

#define TARGET
#define TABLE c_parley_vector_generic
#include "vector_body.h"
