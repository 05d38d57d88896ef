#define TARGET
#define TABLE c_parley_prime_generic
#include "prime_body.h"
