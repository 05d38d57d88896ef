#include <string.h>

#include "bits.h"

#define TARGET
#define TABLE c_parley_transpose_generic
#include "transpose_body.h"
