/// Kernels of Parley: AES-128 in counter mode, replicated-sharing products, vectors of ring words, bit planes.
///
/// Every function exists for several instruction sets; the fastest that the processor has is chosen once. No
/// function allocates, none branches on or indexes by the contents of a buffer. Words are 64 bits wide and
/// little-endian machines are assumed. Pointers to words need the alignment of a word only; 64 bytes is faster.
/// Counts are in words unless the name says otherwise, and may be zero. An output may be identical to an input,
/// but must not overlap it otherwise.
#ifndef C_PARLEY_H
#define C_PARLEY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Backends

#define C_PARLEY_BACKEND_GENERIC 0
/// AES-NI, PCLMULQDQ, AVX2 and BMI2; VPCLMULQDQ too where the processor has it.
#define C_PARLEY_BACKEND_AVX2 1
/// VAES, GFNI and AVX-512 (F, BW, DQ, VL, VBMI).
#define C_PARLEY_BACKEND_AVX512 2

/// The best backend of this processor.
int c_parley_best_backend(void);
/// The backend in use.
int c_parley_backend(void);
/// Uses `backend` from now on, in the whole process; answers 0 and changes nothing when the processor lacks it.
/// All backends compute the same, so this is for comparing them in tests and benchmarks.
int c_parley_force_backend(int backend);
/// Added to `backend` above: carry-less multiplication takes 128-bit registers even where there are 256-bit ones.
#define C_PARLEY_NARROW_CARRYLESS 0x100

// Memory

/// Overwrites with zeros; the compiler cannot remove it.
void c_parley_zeroize(void *bytes, size_t count);
/// 1 when equal, else 0; takes the same time for all contents.
int c_parley_equal(const void *a, const void *b, size_t count);
/// Asks the system to back a large, fresh region with large pages. Only a hint.
void c_parley_advise_large(void *bytes, size_t count);

// AES-128 (FIPS 197)

#define C_PARLEY_AES128_SCHEDULE_BYTES 176

/// Expands a 16-byte key to the 176-byte schedule that the functions below take as `key`.
void c_parley_aes128_expand(const void *key, void *schedule);
/// Encrypts `count` blocks of 16 bytes.
void c_parley_aes128_encrypt(const void *key, const void *in, void *out, size_t count);
/// Keystream of `bytes` bytes: block b = AES(LE64(stream) || LE64(b)), starting with block `first_block`.
void c_parley_aes128_keystream(
    const void *key, uint64_t stream, uint64_t first_block, void *out, size_t bytes);

#define C_PARLEY_ADD 0
#define C_PARLEY_SUBTRACT 1
#define C_PARLEY_XOR 2

/// words[e] = words[e] (op) keystream word first_word + e; two words to a block.
void c_parley_keystream_apply(
    int op, const void *key, uint64_t stream, uint64_t first_word, uint64_t *words, size_t count);

// Replicated sharing among three parties

#define C_PARLEY_X_REPEATED 1
#define C_PARLEY_Y_REPEATED 2

/// Two shared operands, each as the two shares (lo, hi) that this party holds, and where the result goes.
typedef struct c_parley_rep3_pair {
  const uint64_t *x_lo, *x_hi, *y_lo, *y_hi;
  uint64_t *out;
  /// C_PARLEY_X_REPEATED: only element 0 of x is read (bit 0 of word 0 for planes). Same for y.
  uint32_t flags;
} c_parley_rep3_pair;

/// out[e] = x_lo y_lo + x_lo y_hi + x_hi y_lo + F_mine - F_next mod 2^64, F_k = keystream of key k. Pair p takes
/// the keystream words first_word + p*words .. first_word + (p+1)*words - 1.
void c_parley_rep3_multiply(
    const c_parley_rep3_pair *pairs, size_t pair_count, size_t words, const void *mine, const void *next,
    uint64_t stream, uint64_t first_word);
/// The same over GF(2), bit by bit: products are `and`, sums are `xor`.
void c_parley_rep3_and(
    const c_parley_rep3_pair *pairs, size_t pair_count, size_t words, const void *mine, const void *next,
    uint64_t stream, uint64_t first_word);
/// words[e] += F_mine - F_next (C_PARLEY_ADD) or ^= F_mine ^ F_next (C_PARLEY_XOR).
void c_parley_rep3_zero_apply(
    int op, const void *mine, const void *next, uint64_t stream, uint64_t first_word, uint64_t *words,
    size_t count);
/// Sum of x_lo y_lo + x_lo y_hi + x_hi y_lo.
uint64_t c_parley_rep3_inner(
    const uint64_t *x_lo, const uint64_t *x_hi, const uint64_t *y_lo, const uint64_t *y_hi, size_t count);

// Vectors of words mod 2^64

void c_parley_add(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count);
void c_parley_sub(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count);
void c_parley_multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count);
/// out = factor * a + addend.
void c_parley_affine(uint64_t *out, const uint64_t *a, uint64_t factor, uint64_t addend, size_t count);
/// out += factor * a.
void c_parley_accumulate(uint64_t *out, const uint64_t *a, uint64_t factor, size_t count);
uint64_t c_parley_sum(const uint64_t *a, size_t count);
uint64_t c_parley_dot(const uint64_t *a, const uint64_t *b, size_t count);
/// c[rows][columns] += a[rows][inner] * (b[inner][columns] + b2[inner][columns]), row-major; b2 may be null.
void c_parley_matrix_accumulate(
    uint64_t *c, const uint64_t *a, const uint64_t *b, const uint64_t *b2, size_t rows, size_t inner,
    size_t columns);

// Bit planes: 64 elements to a word, element e in bit e % 64 of word e / 64

void c_parley_xor(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count);
void c_parley_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count);
/// out = a ^ mask.
void c_parley_xor_constant(uint64_t *out, const uint64_t *a, uint64_t mask, size_t count);
/// out = bits start .. start + count - 1 of a; unused bits of the last word become zero. Reads no word of `a`
/// without a wanted bit.
void c_parley_bits_slice(uint64_t *out, const uint64_t *a, size_t start, size_t count);
/// Puts the first `count` bits of `a` at bits start .. of `out`, keeping the bits before and after.
void c_parley_bits_insert(uint64_t *out, size_t start, const uint64_t *a, size_t count);
/// Bit i of planes[j], j < width <= 64, becomes bit i * width + j of out; unused bits of its last word become zero. Reads
/// whole words of the planes.
void c_parley_bits_interleave(
    uint64_t *out, const uint64_t *const *planes, size_t width, size_t count);
/// Number of ones.
uint64_t c_parley_popcount(const uint64_t *a, size_t count);

/// planes[j], j < width <= 64, gets bit j of each of `count` values; unused bits of the last word become zero.
void c_parley_words_to_planes(
    uint64_t *const *planes, size_t width, const uint64_t *values, size_t count);
/// The inverse; bits from `width` on become zero. Reads whole words of the planes.
void c_parley_planes_to_words(
    uint64_t *values, const uint64_t *const *planes, size_t width, size_t count);

// Proofs over bits: GF(2^64) = GF(2)[X] / (X^64 + X^4 + X^3 + X + 1), bit i of a word is the coefficient of X^i
//
// Public are the weights and the coefficients, so their multiples may be looked up; everything else is a share.
// `factor` is 1 to 64. An output overlaps no input unless said.

uint64_t c_parley_gf64_multiply(uint64_t a, uint64_t b);
/// Sum of a[e] b[e].
uint64_t c_parley_gf64_dot(const uint64_t *a, const uint64_t *b, size_t count);
// Vectors of shares of bits come in groups of 2 lanes words, and lie in two parts: word j of group d is x[d*lanes + j] for
// j < lanes and x2[d*lanes + j - lanes] from there on; lanes is 1 to 32.

/// sums[j*2*lanes + k] ^= sum over d < groups of weights[d] (x_dj & y_dk).
void c_parley_gf64_masked_outer(
    const uint64_t *x, const uint64_t *x2, const uint64_t *y, const uint64_t *y2, size_t groups, size_t lanes,
    const uint64_t *weights, uint64_t *sums);
/// out[64*d + l] = sum of the coefficients[j] for which bit l of x_dj is set.
void c_parley_gf64_expand_fold(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    uint64_t *out);
/// What a fold by `factor`, which divides 64, with the coefficients `second` makes of that, weighed before by `weights` if
/// these are not null.
void c_parley_gf64_expand_folded(
    const uint64_t *x, const uint64_t *x2, size_t groups, size_t lanes, const uint64_t *coefficients,
    const uint64_t *weights, size_t factor, const uint64_t *second, uint64_t *out);
/// values[64*d + l] *= X^l weights[d].
void c_parley_gf64_weigh(uint64_t *values, size_t groups, const uint64_t *weights);
/// sums[j*factor + k] ^= sum over d < groups of u[d*factor + j] v[d*factor + k].
void c_parley_gf64_outer(
    const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, uint64_t *sums);
/// out[d] = sum of coefficients[j] u[d*factor + j]; out may be u.
void c_parley_gf64_fold(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, uint64_t *out);

// Proofs over words: exact sums, chosen by public selectors
//
// At most 2^23 values. Numbers of several words are little-endian.

/// sums[3*k ...] += sum of the x[g] x2[g] + y[g] y2[g] with bit k of selectors[g] set, k < 64.
void c_parley_lifted_subset_sums(
    const uint64_t *x, const uint64_t *y, const uint64_t *x2, const uint64_t *y2, size_t outputs,
    const uint64_t *selectors, uint64_t *sums);
/// The selectors of groups of four (see selectors.h), of which first[d] is the first: out[4*d + a] is X^a first[d].
void c_parley_spread_selectors(const uint64_t *first, size_t groups, uint64_t *out);
/// sums[k] += sum of the t[g], g < 4*groups, with bit k of the selector of g set, mod 2^64.
void c_parley_grouped_subset_sums(const uint64_t *t, size_t groups, const uint64_t *first, uint64_t *sums);
/// sums[k] += sum of the t[g] with bit k of selectors[g] set, mod 2^64.
void c_parley_subset_sums(const uint64_t *t, size_t count, const uint64_t *selectors, uint64_t *sums);
/// sums[2*k ...] += sum of the values[g] with bit k of selectors[g] set.
void c_parley_wide_subset_sums(
    const uint64_t *values, size_t count, const uint64_t *selectors, uint64_t *sums);
/// sum (3 words) += sum of u[e] v[e]; any count.
void c_parley_wide_inner(const uint64_t *u, const uint64_t *v, size_t count, uint64_t *sum);

// Proofs over words: the field of a public prime P, 2^60 < P < 2^61
//
// Selectors, weights and coefficients are public; weights and coefficients are in [0, P). Results are in [0, P) unless said.

typedef struct c_parley_prime {
  uint64_t value;
  /// floor(2^125 / P) - 2^64.
  uint64_t reciprocal;
} c_parley_prime;

enum { C_PARLEY_PRIME_TABLE_WORDS = 11 * 64 * 4 };

/// What `c_parley_prime_merge` looks up: the sums of the coefficients (64) that a digit of the first selector of a
/// group chooses for each of the four.
void c_parley_prime_table(const uint64_t *coefficients, c_parley_prime prime, uint64_t *table);
/// out[g], g < 4*groups: sum of the coefficients[k] with bit k of the selector of g set.
void c_parley_prime_merge(
    const uint64_t *first, size_t groups, const uint64_t *table, c_parley_prime prime, uint64_t *out);
/// sums[4*j + k] += sum over d < groups of u[j] v[k], with g = 2*d, h = g + 1, u = (weights[g] x[g], weights[g] y[g],
/// weights[h] x[h], weights[h] y[h]), v = (a[g], b[g], a[h], b[h]); any x, y, a, b.
void c_parley_prime_pair_outer(
    const uint64_t *x, const uint64_t *y, const uint64_t *weights, const uint64_t *a, const uint64_t *b,
    size_t groups, c_parley_prime prime, uint64_t *sums);
/// out[d] = weights[g] (c[0] a[g] + c[1] b[g]) + weights[h] (c[2] a[h] + c[3] b[h]), g = 2*d, h = g + 1; any a, b;
/// if weights is null, all are 1, and the results are below 5 P only.
void c_parley_prime_pair_fold(
    const uint64_t *a, const uint64_t *b, const uint64_t *weights, size_t groups, const uint64_t *coefficients,
    c_parley_prime prime, uint64_t *out);
/// sums[j*factor + k] += sum over d < groups of u[d*factor + j] v[d*factor + k]; u in [0, P), any v; factor 1 to
/// 32.
void c_parley_prime_outer(
    const uint64_t *u, const uint64_t *v, size_t groups, size_t factor, c_parley_prime prime, uint64_t *sums);
/// out[d] = sum of coefficients[j] u[d*factor + j]; any u; factor 1 to 32; out may be u.
void c_parley_prime_fold(
    const uint64_t *u, size_t groups, size_t factor, const uint64_t *coefficients, c_parley_prime prime,
    uint64_t *out);

// Oblivious transfer

/// One of the small vector oblivious linear evaluations of SoftSpokenOT (Roy, eprint 2022/192, figure 2): from 2^k keys of 176
/// bytes each, one after the other, v[b] = sum over GF(2) of the keystreams whose key has bit b of its number set, and
/// u = the sum of all. With `punctured` key 0 is not read and counts as zero, and u is not written. k is 1 to 8; results
/// are overwritten.
void c_parley_small_vole(
    const void *keys, unsigned k, int punctured, uint64_t stream, uint64_t first_block, uint64_t *u,
    uint64_t *const *v, size_t words);
/// Rows of 128 bits (two words each) from 128 planes, 512 rows for each 8 words of a plane from `first_word` on.
void c_parley_planes_to_blocks(
    uint64_t *out, const uint64_t *const *planes, size_t first_word, size_t groups_of_8_words);
/// MITCCRH (Guo, Katz, Wang, Weng, Yu, eprint 2019/1168): out[j] = AES_{S ^ LE(first + j)}(s(x)) ^ s(x) with x = in[j] and
/// s(a, b) = (a ^ b, a); with a delta, out2[j] is the same of in[j] ^ delta. Blocks of two words; an output may be the input.
void c_parley_mitccrh(
    const void *salt, uint64_t first, const uint64_t *in, const uint64_t *delta, uint64_t *out, uint64_t *out2,
    size_t count);
/// TMMO (Guo, Katz, Wang, Yu, eprint 2019/074): out[j] = P(P(x) ^ LE(first + j)) ^ P(x), P = AES under the key of `schedule`.
void c_parley_tmmo(const void *schedule, uint64_t first, const uint64_t *in, uint64_t *out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
