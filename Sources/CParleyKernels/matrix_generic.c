#include "kernels.h"

#define TARGET
#define TABLE c_parley_matrix_generic
#include "matrix_body.h"
