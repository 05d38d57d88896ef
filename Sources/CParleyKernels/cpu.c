// Reads CPUID once and chooses the backend.
#include <stdatomic.h>

#include "kernels.h"

static const c_parley_backend_ops generic = {
    C_PARLEY_BACKEND_GENERIC, &c_parley_aes_generic, &c_parley_vector_generic, &c_parley_matrix_generic,
    &c_parley_transpose_generic, &c_parley_gf64_generic, &c_parley_sums_generic, &c_parley_prime_generic};

#ifdef C_PARLEY_X86
#include <cpuid.h>

// With what is not there on every processor that has the rest, and without: carry-less multiplication and AES on wide registers,
// and products of 52 bits.
#define AVX2(GF64, AES)                                                                    \
  {C_PARLEY_BACKEND_AVX2, &(AES),      &c_parley_vector_avx2, &c_parley_matrix_avx2, \
   &c_parley_transpose_avx2, &(GF64), &c_parley_sums_avx2,   &c_parley_prime_bmi2}
#define AVX512(GF64, PRIME)                                                                   \
  {C_PARLEY_BACKEND_AVX512, &c_parley_aes_vaes,        &c_parley_vector_avx512, &c_parley_matrix_avx512, \
   &c_parley_transpose_avx512, &(GF64), &c_parley_sums_avx2,     &(PRIME)}
static const c_parley_backend_ops avx2[2][2] = {
    {AVX2(c_parley_gf64_pclmul, c_parley_aes_aesni), AVX2(c_parley_gf64_pclmul, c_parley_aes_aesni_wide)},
    {AVX2(c_parley_gf64_vpclmul, c_parley_aes_aesni), AVX2(c_parley_gf64_vpclmul, c_parley_aes_aesni_wide)}};
static const c_parley_backend_ops avx512[2][2] = {
    {AVX512(c_parley_gf64_pclmul, c_parley_prime_bmi2), AVX512(c_parley_gf64_pclmul, c_parley_prime_ifma)},
    {AVX512(c_parley_gf64_vpclmul512, c_parley_prime_bmi2),
     AVX512(c_parley_gf64_vpclmul512, c_parley_prime_ifma)}};

static int has(unsigned word, unsigned bits) { return (word & bits) == bits; }

// The registers that the operating system saves.
static unsigned saved_state(void) {
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static int detect(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return C_PARLEY_BACKEND_GENERIC;
  if (!has(c, bit_AES | bit_PCLMUL | bit_OSXSAVE | bit_AVX)) return C_PARLEY_BACKEND_GENERIC;
  unsigned saved = saved_state();
  if (!has(saved, 0x6)) return C_PARLEY_BACKEND_GENERIC;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has(b, bit_AVX2 | bit_BMI2)) return C_PARLEY_BACKEND_GENERIC;
  if (has(saved, 0xe6) && has(b, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL) &&
      has(c, bit_AVX512VBMI | bit_VAES | bit_GFNI))
    return C_PARLEY_BACKEND_AVX512;
  return C_PARLEY_BACKEND_AVX2;
}

/// VPCLMULQDQ; what else it needs, `detect` has asked for.
static int has_wide_carryless(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && has(c, bit_VPCLMULQDQ);
}

/// VAES, of which 256-bit registers ask for no more than AVX2.
static int has_wide_aes(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && has(c, bit_VAES);
}

/// AVX512-IFMA; what else it needs, `detect` has asked for.
static int has_long_products(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && has(b, bit_AVX512IFMA);
}
#else
static int detect(void) { return C_PARLEY_BACKEND_GENERIC; }
#endif

static const c_parley_backend_ops *backend(int id, int narrow) {
#ifdef C_PARLEY_X86
  if (id == C_PARLEY_BACKEND_AVX512) 
    return &avx512[!narrow && has_wide_carryless()][!narrow && has_long_products()];
  if (id == C_PARLEY_BACKEND_AVX2) return &avx2[!narrow && has_wide_carryless()][!narrow && has_wide_aes()];
#endif
  return id == C_PARLEY_BACKEND_GENERIC ? &generic : 0;
}

// Null until first use; the tables are constant, so threads that race store the same pointer.
static _Atomic(const c_parley_backend_ops *) active;

const c_parley_backend_ops *c_parley_active(void) {
  const c_parley_backend_ops *ops = atomic_load_explicit(&active, memory_order_acquire);
  if (__builtin_expect(!ops, 0)) {
    const c_parley_backend_ops *none = 0;
    ops = backend(detect(), 0);
    if (!atomic_compare_exchange_strong(&active, &none, ops)) ops = none;
  }
  return ops;
}

int c_parley_best_backend(void) { return detect(); }

int c_parley_backend(void) { return c_parley_active()->id; }

int c_parley_force_backend(int id) {
  int narrow = id & C_PARLEY_NARROW_CARRYLESS;
  id &= ~C_PARLEY_NARROW_CARRYLESS;
  const c_parley_backend_ops *ops = id <= detect() ? backend(id, narrow) : 0;
  if (!ops) return 0;
  atomic_store_explicit(&active, ops, memory_order_release);
  return 1;
}
