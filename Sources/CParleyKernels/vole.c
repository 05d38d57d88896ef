// Small vector oblivious linear evaluations: many keystreams, added up by the bits of the numbers of their keys.
#include <string.h>

#include "kernels.h"

enum { TILE = 128, MAX_DEPTH = 8 };

C_PARLEY_INLINE void add(uint64_t *restrict to, const uint64_t *restrict from) {
  for (int i = 0; i < TILE; i++) to[i] ^= from[i];
}

/// Sums of subtrees meet as the ones of a binary counter do: the right one of two of size 2^b is part of v[b], and both
/// together are a subtree of twice the size. One addition to v and one to the sum for each key, whatever k is.
static void tile(
    const uint8_t *keys, unsigned k, int punctured, uint64_t stream, uint64_t first_block, uint64_t *u,
    uint64_t *const *v, size_t at, size_t words) {
  const c_parley_aes_ops *aes = c_parley_active()->aes;
  uint64_t subtree[MAX_DEPTH + 1][TILE], sums[MAX_DEPTH][TILE], current[TILE] = {0};
  memset(sums, 0, k * sizeof sums[0]);
  for (size_t x = 0; x < (size_t)1 << k; x++) {
    if (x == 0 && punctured)
      memset(current, 0, sizeof current);
    else
      aes->keystream(
          keys + C_PARLEY_AES128_SCHEDULE_BYTES * x, stream, first_block + at / 2, current, (words + 1) / 2);
    unsigned level = 0;
    for (; x >> level & 1; level++) {
      add(sums[level], current);
      add(current, subtree[level]);
    }
    memcpy(subtree[level], current, sizeof current);
  }
  if (!punctured) memcpy(u + at, subtree[k], 8 * words);
  for (unsigned b = 0; b < k; b++) memcpy(v[b] + at, sums[b], 8 * words);
  c_parley_zeroize(subtree, sizeof subtree);
  c_parley_zeroize(sums, sizeof sums);
  c_parley_zeroize(current, sizeof current);
}

size_t c_parley_vole_generic(
    const uint8_t *keys, unsigned k, int punctured, uint64_t stream, uint64_t first_block, uint64_t *u,
    uint64_t *const *v, size_t words) {
  size_t at = 0;
  for (; at + TILE <= words; at += TILE) tile(keys, k, punctured, stream, first_block, u, v, at, TILE);
  return at;
}

void c_parley_small_vole(
    const void *keys, unsigned k, int punctured, uint64_t stream, uint64_t first_block, uint64_t *u,
    uint64_t *const *v, size_t words) {
  if (k < 1 || k > MAX_DEPTH) return;
  size_t at = c_parley_active()->aes->vole(keys, k, punctured, stream, first_block, u, v, words);
  for (; at < words; at += TILE)
    tile(keys, k, punctured, stream, first_block, u, v, at, words - at < TILE ? words - at : TILE);
}

void c_parley_planes_to_blocks(
    uint64_t *out, const uint64_t *const *planes, size_t first_word, size_t groups_of_8_words) {
#ifdef C_PARLEY_X86
  if (c_parley_active()->id == C_PARLEY_BACKEND_AVX2) {
    for (size_t g = 0; g < groups_of_8_words; g++) c_parley_blocks_avx2(out + 1024 * g, planes, first_word + 8 * g);
    return;
  }
#endif
  const c_parley_transpose_ops *ops = c_parley_active()->transpose;
  uint64_t low[512], high[512];
  for (size_t g = 0; g < groups_of_8_words; g++) {
    ops->to_words(low, planes, 64, first_word + 8 * g);
    ops->to_words(high, planes + 64, 64, first_word + 8 * g);
    uint64_t *rows = out + 1024 * g;
    for (int i = 0; i < 512; i++) {
      rows[2 * i] = low[i];
      rows[2 * i + 1] = high[i];
    }
  }
  c_parley_zeroize(low, sizeof low);
  c_parley_zeroize(high, sizeof high);
}
