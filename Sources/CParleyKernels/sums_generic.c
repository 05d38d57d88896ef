#define TARGET
#define TABLE c_parley_sums_generic
#include "sums_body.h"
