// What one backend provides; `cpu.c` chooses one and the other files fill them.
#ifndef C_PARLEY_KERNELS_H
#define C_PARLEY_KERNELS_H

#include "include/c_parley.h"

#if defined(__x86_64__)
#define C_PARLEY_X86 1
#define C_PARLEY_TARGET_AVX2 __attribute__((target("avx2,aes")))
#define C_PARLEY_TARGET_VAES256 __attribute__((target("avx2,aes,vaes")))
#define C_PARLEY_TARGET_BMI2 __attribute__((target("avx2,bmi2")))
#define C_PARLEY_TARGET_PCLMUL __attribute__((target("avx2,pclmul")))
#define C_PARLEY_TARGET_VPCLMUL __attribute__((target("avx2,pclmul,vpclmulqdq")))
#define C_PARLEY_TARGET_VPCLMUL512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,gfni,pclmul,vpclmulqdq")))
#define C_PARLEY_TARGET_IFMA __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512ifma")))
#define C_PARLEY_TARGET_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,aes,vaes,gfni")))
#endif

#define C_PARLEY_INLINE static inline __attribute__((always_inline))

typedef struct c_parley_aes_ops {
  void (*encrypt)(const uint8_t *key, const uint8_t *in, uint8_t *out, size_t blocks);
  void (*keystream)(
      const uint8_t *key, uint64_t stream, uint64_t first_block, uint64_t *out, size_t blocks);
  /// F_mine - F_next, or F_mine ^ F_next; two words to a block.
  void (*zero_sub)(
      const uint8_t *mine, const uint8_t *next, uint64_t stream, uint64_t first_block, uint64_t *out,
      size_t blocks);
  void (*zero_xor)(
      const uint8_t *mine, const uint8_t *next, uint64_t stream, uint64_t first_block, uint64_t *out,
      size_t blocks);
  /// Number of words that the two fused products below take at a time; they are null where it is 0.
  size_t fused_words;
  /// `words` is a multiple of `fused_words`; y may not be repeated.
  void (*fused_multiply)(
      const c_parley_rep3_pair *pair, size_t words, const uint8_t *mine, const uint8_t *next,
      uint64_t stream, uint64_t first_block);
  void (*fused_and)(
      const c_parley_rep3_pair *pair, size_t words, const uint8_t *mine, const uint8_t *next,
      uint64_t stream, uint64_t first_block);
  /// As `c_parley_mitccrh`.
  void (*mitccrh)(
      const uint64_t salt[2], uint64_t first, const uint64_t *in, const uint64_t *delta, uint64_t *out,
      uint64_t *out2, size_t count);
  /// As `c_parley_small_vole`, for as many words as fill its tiles: answers how many.
  size_t (*vole)(
      const uint8_t *keys, unsigned k, int punctured, uint64_t stream, uint64_t first_block, uint64_t *u,
      uint64_t *const *v, size_t words);
} c_parley_aes_ops;

typedef struct c_parley_vector_ops {
  void (*add)(uint64_t *, const uint64_t *, const uint64_t *, size_t);
  void (*sub)(uint64_t *, const uint64_t *, const uint64_t *, size_t);
  void (*multiply)(uint64_t *, const uint64_t *, const uint64_t *, size_t);
  void (*xor_)(uint64_t *, const uint64_t *, const uint64_t *, size_t);
  void (*and_)(uint64_t *, const uint64_t *, const uint64_t *, size_t);
  void (*affine)(uint64_t *, const uint64_t *, uint64_t, uint64_t, size_t);
  void (*accumulate)(uint64_t *, const uint64_t *, uint64_t, size_t);
  void (*xor_constant)(uint64_t *, const uint64_t *, uint64_t, size_t);
  uint64_t (*sum)(const uint64_t *, size_t);
  uint64_t (*dot)(const uint64_t *, const uint64_t *, size_t);
  uint64_t (*rep3_inner)(
      const uint64_t *, const uint64_t *, const uint64_t *, const uint64_t *, size_t);
  uint64_t (*popcount)(const uint64_t *, size_t);
  /// out = the products of the pair + alpha; y may not be repeated.
  void (*combine_multiply)(const c_parley_rep3_pair *, size_t, const uint64_t *alpha);
  void (*combine_and)(const c_parley_rep3_pair *, size_t, const uint64_t *alpha);
  /// out[i] = a[i] >> shift | a[i+1] << (64 - shift), 0 < shift < 64; reads count + 1 words.
  void (*shift_right)(uint64_t *, const uint64_t *, unsigned shift, size_t count);
} c_parley_vector_ops;

typedef struct c_parley_matrix_ops {
  void (*accumulate)(
      uint64_t *c, const uint64_t *a, const uint64_t *b, const uint64_t *b2, size_t rows, size_t inner,
      size_t columns);
} c_parley_matrix_ops;

typedef struct c_parley_transpose_ops {
  /// 512 values to 8 words of each plane, and back. Missing planes read as zero.
  void (*to_planes)(uint64_t *const *planes, size_t width, size_t offset, const uint64_t *values);
  void (*to_words)(uint64_t *values, const uint64_t *const *planes, size_t width, size_t offset);
} c_parley_transpose_ops;

typedef struct c_parley_gf64_ops {
  uint64_t (*multiply)(uint64_t, uint64_t);
  uint64_t (*dot)(const uint64_t *, const uint64_t *, size_t);
  void (*masked_outer)(
      const uint64_t *x, const uint64_t *x2, const uint64_t *y, const uint64_t *y2, size_t groups, size_t lanes,
      const uint64_t *weights, uint64_t *sums);
  void (*expand_fold)(
      const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
      uint64_t *out);
  /// Both folds at once, for 16 lanes and 8 blocks; null where they are made one after the other.
  void (*expand_folded)(
      const uint64_t *x, const uint64_t *x2, size_t groups, const uint64_t *coefficients, const uint64_t *weights,
      const uint64_t *second, uint64_t *out);
  void (*weigh)(uint64_t *values, size_t groups, const uint64_t *weights);
  void (*outer)(const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, uint64_t *sums);
  void (*fold)(const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, uint64_t *out);
} c_parley_gf64_ops;

typedef struct c_parley_sums_ops {
  void (*lifted)(
      const uint64_t *x, const uint64_t *y, const uint64_t *x2, const uint64_t *y2, size_t outputs,
      const uint64_t *selectors, uint64_t *sums);
  void (*grouped)(const uint64_t *t, size_t groups, const uint64_t *first, uint64_t *sums);
  void (*spread)(const uint64_t *first, size_t groups, uint64_t *out);
  void (*plain)(const uint64_t *t, size_t count, const uint64_t *selectors, uint64_t *sums);
  void (*wide)(const uint64_t *values, size_t count, const uint64_t *selectors, uint64_t *sums);
  void (*wide_inner)(const uint64_t *u, const uint64_t *v, size_t count, uint64_t *sum);
} c_parley_sums_ops;

typedef struct c_parley_prime_ops {
  void (*table)(const uint64_t *coefficients, const c_parley_prime *, uint64_t *out);
  void (*merge)(
      const uint64_t *first, size_t groups, const uint64_t *table, const c_parley_prime *, uint64_t *out);
  void (*pair_outer)(
      const uint64_t *x, const uint64_t *y, const uint64_t *weights, const uint64_t *a, const uint64_t *b,
      size_t groups, const c_parley_prime *, uint64_t *sums);
  void (*pair_fold)(
      const uint64_t *a, const uint64_t *b, const uint64_t *weights, size_t groups, const uint64_t *coefficients,
      const c_parley_prime *, uint64_t *out);
  void (*outer)(
      const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, const c_parley_prime *, uint64_t *sums);
  void (*fold)(
      const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, const c_parley_prime *,
      uint64_t *out);
} c_parley_prime_ops;

typedef struct c_parley_backend_ops {
  int id;
  const c_parley_aes_ops *aes;
  const c_parley_vector_ops *vector;
  const c_parley_matrix_ops *matrix;
  const c_parley_transpose_ops *transpose;
  const c_parley_gf64_ops *gf64;
  const c_parley_sums_ops *sums;
  const c_parley_prime_ops *prime;
} c_parley_backend_ops;

const c_parley_backend_ops *c_parley_active(void);

#define C_PARLEY_TRANSFER_KERNELS(SUFFIX)                                                                  \
  void c_parley_mitccrh_##SUFFIX(                                                                          \
      const uint64_t salt[2], uint64_t first, const uint64_t *in, const uint64_t *delta, uint64_t *out,    \
      uint64_t *out2, size_t count);                                                                       \
  size_t c_parley_vole_##SUFFIX(                                                                           \
      const uint8_t *keys, unsigned k, int punctured, uint64_t stream, uint64_t first_block, uint64_t *u,  \
      uint64_t *const *v, size_t words);

C_PARLEY_TRANSFER_KERNELS(generic)
extern const c_parley_aes_ops c_parley_aes_generic;
extern const c_parley_vector_ops c_parley_vector_generic;
extern const c_parley_matrix_ops c_parley_matrix_generic;
extern const c_parley_transpose_ops c_parley_transpose_generic;
extern const c_parley_gf64_ops c_parley_gf64_generic;
extern const c_parley_sums_ops c_parley_sums_generic;
extern const c_parley_prime_ops c_parley_prime_generic;
#ifdef C_PARLEY_X86
C_PARLEY_TRANSFER_KERNELS(aesni)
void c_parley_blocks_avx2(uint64_t *out, const uint64_t *const *planes, size_t word);
C_PARLEY_TRANSFER_KERNELS(vaes256)
C_PARLEY_TRANSFER_KERNELS(vaes)
extern const c_parley_aes_ops c_parley_aes_aesni;
/// With 256-bit VAES for oblivious transfer.
extern const c_parley_aes_ops c_parley_aes_aesni_wide;
extern const c_parley_vector_ops c_parley_vector_avx2;
extern const c_parley_matrix_ops c_parley_matrix_avx2;
extern const c_parley_transpose_ops c_parley_transpose_avx2;
extern const c_parley_gf64_ops c_parley_gf64_pclmul;
extern const c_parley_gf64_ops c_parley_gf64_vpclmul;
extern const c_parley_gf64_ops c_parley_gf64_vpclmul512;
extern const c_parley_sums_ops c_parley_sums_avx2;
extern const c_parley_prime_ops c_parley_prime_bmi2;
extern const c_parley_prime_ops c_parley_prime_ifma;
extern const c_parley_aes_ops c_parley_aes_vaes;
extern const c_parley_vector_ops c_parley_vector_avx512;
extern const c_parley_matrix_ops c_parley_matrix_avx512;
extern const c_parley_transpose_ops c_parley_transpose_avx512;
#endif

#endif
