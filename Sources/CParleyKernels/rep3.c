// Products of replicated sharing: how the keystream is cut into tiles. The loops are in the backends.
#include <string.h>

#include "kernels.h"

enum { TILE = 512 };

static c_parley_rep3_pair advanced(c_parley_rep3_pair pair, size_t words) {
  if (!(pair.flags & C_PARLEY_X_REPEATED)) {
    pair.x_lo += words;
    pair.x_hi += words;
  }
  pair.y_lo += words;
  pair.y_hi += words;
  pair.out += words;
  return pair;
}

typedef struct {
  const c_parley_backend_ops *ops;
  const uint8_t *mine, *next;
  uint64_t stream;
  int is_xor;
} context;

/// Fills tile with zero sharing for words `first_word` on; answers where in the tile they start.
static const uint64_t *zero_tile(const context *c, uint64_t *tile, uint64_t first_word, size_t words) {
  size_t skip = first_word & 1;
  (c->is_xor ? c->ops->aes->zero_xor : c->ops->aes->zero_sub)(
      c->mine, c->next, c->stream, first_word / 2, tile, (skip + words + 1) / 2);
  return tile + skip;
}

static void combine(const context *c, const c_parley_rep3_pair *pair, size_t words, const uint64_t *alpha) {
  (c->is_xor ? c->ops->vector->combine_and : c->ops->vector->combine_multiply)(pair, words, alpha);
}

static void zero_apply(const context *c, uint64_t *words, size_t count, uint64_t first_word, uint64_t *tile) {
  while (count) {
    size_t n = count < TILE - 2 ? count : TILE - 2;
    const uint64_t *alpha = zero_tile(c, tile, first_word, n);
    (c->is_xor ? c->ops->vector->xor_ : c->ops->vector->add)(words, words, alpha, n);
    words += n;
    first_word += n;
    count -= n;
  }
}

static void long_product(
    const context *c, c_parley_rep3_pair pair, size_t words, uint64_t first_word, uint64_t *tile) {
  size_t fused = c->ops->aes->fused_words;
  if (fused && words >= 2 * fused) {
    if (first_word & 1) {
      combine(c, &pair, 1, zero_tile(c, tile, first_word, 1));
      pair = advanced(pair, 1);
      first_word++;
      words--;
    }
    size_t n = words - words % fused;
    (c->is_xor ? c->ops->aes->fused_and : c->ops->aes->fused_multiply)(
        &pair, n, c->mine, c->next, c->stream, first_word / 2);
    pair = advanced(pair, n);
    first_word += n;
    words -= n;
  }
  while (words) {
    size_t n = words < TILE - 2 ? words : TILE - 2;
    combine(c, &pair, n, zero_tile(c, tile, first_word, n));
    pair = advanced(pair, n);
    first_word += n;
    words -= n;
  }
}

/// Both operands repeated: one product, then fresh zero sharing for each element.
static void constant_product(
    const context *c, const c_parley_rep3_pair *pair, size_t words, uint64_t first_word, uint64_t *tile) {
  uint64_t xl = pair->x_lo[0], xh = pair->x_hi[0], yl = pair->y_lo[0], yh = pair->y_hi[0];
  uint64_t product = c->is_xor ? 0 - (((xl & (yl ^ yh)) ^ (xh & yl)) & 1) : xl * (yl + yh) + xh * yl;
  for (size_t e = 0; e < words; e++) pair->out[e] = product;
  zero_apply(c, pair->out, words, first_word, tile);
}

/// Puts a repeated operand first.
static c_parley_rep3_pair ordered(c_parley_rep3_pair pair) {
  if ((pair.flags & 3) == C_PARLEY_Y_REPEATED) {
    const uint64_t *lo = pair.x_lo, *hi = pair.x_hi;
    pair.x_lo = pair.y_lo;
    pair.x_hi = pair.y_hi;
    pair.y_lo = lo;
    pair.y_hi = hi;
    pair.flags = C_PARLEY_X_REPEATED;
  }
  return pair;
}

static int is_constant(const c_parley_rep3_pair *pair) {
  return (pair->flags & 3) == (C_PARLEY_X_REPEATED | C_PARLEY_Y_REPEATED);
}

static void products(
    const context *c, const c_parley_rep3_pair *pairs, size_t pair_count, size_t words, uint64_t first_word) {
  if (!words || !pair_count) return;
  uint64_t tile[TILE] __attribute__((aligned(64)));
  if (words >= 64) {
    for (size_t p = 0; p < pair_count; p++, first_word += words) {
      if (is_constant(pairs + p))
        constant_product(c, pairs + p, words, first_word, tile);
      else
        long_product(c, ordered(pairs[p]), words, first_word, tile);
    }
  } else {
    size_t group = (TILE - 2) / words;
    for (size_t p = 0; p < pair_count;) {
      size_t n = pair_count - p < group ? pair_count - p : group;
      const uint64_t *alpha = zero_tile(c, tile, first_word, n * words);
      for (size_t q = p; q < p + n; q++, alpha += words) {
        c_parley_rep3_pair pair = ordered(pairs[q]);
        uint64_t y[2][64];
        if (is_constant(&pair)) {
          for (size_t e = 0; e < words; e++) {
            y[0][e] = c->is_xor ? 0 - (pair.y_lo[0] & 1) : pair.y_lo[0];
            y[1][e] = c->is_xor ? 0 - (pair.y_hi[0] & 1) : pair.y_hi[0];
          }
          pair.y_lo = y[0];
          pair.y_hi = y[1];
          pair.flags = C_PARLEY_X_REPEATED;
        }
        combine(c, &pair, words, alpha);
      }
      p += n;
      first_word += n * words;
    }
  }
  c_parley_zeroize(tile, sizeof tile);
}

void c_parley_rep3_multiply(
    const c_parley_rep3_pair *pairs, size_t pair_count, size_t words, const void *mine, const void *next,
    uint64_t stream, uint64_t first_word) {
  context c = {c_parley_active(), mine, next, stream, 0};
  products(&c, pairs, pair_count, words, first_word);
}

void c_parley_rep3_and(
    const c_parley_rep3_pair *pairs, size_t pair_count, size_t words, const void *mine, const void *next,
    uint64_t stream, uint64_t first_word) {
  context c = {c_parley_active(), mine, next, stream, 1};
  products(&c, pairs, pair_count, words, first_word);
}

void c_parley_rep3_zero_apply(
    int op, const void *mine, const void *next, uint64_t stream, uint64_t first_word, uint64_t *words,
    size_t count) {
  if (!count) return;
  context c = {c_parley_active(), mine, next, stream, op == C_PARLEY_XOR};
  uint64_t tile[TILE] __attribute__((aligned(64)));
  zero_apply(&c, words, count, first_word, tile);
  c_parley_zeroize(tile, sizeof tile);
}

uint64_t c_parley_rep3_inner(
    const uint64_t *x_lo, const uint64_t *x_hi, const uint64_t *y_lo, const uint64_t *y_hi, size_t count) {
  return c_parley_active()->vector->rep3_inner(x_lo, x_hi, y_lo, y_hi, count);
}

// AES entry points.

void c_parley_aes128_encrypt(const void *key, const void *in, void *out, size_t count) {
  c_parley_active()->aes->encrypt(key, in, out, count);
}

void c_parley_aes128_keystream(
    const void *key, uint64_t stream, uint64_t first_block, void *out, size_t bytes) {
  const c_parley_aes_ops *aes = c_parley_active()->aes;
  size_t blocks = bytes / 16, rest = bytes % 16;
  if (blocks) aes->keystream(key, stream, first_block, out, blocks);
  if (rest) {
    uint64_t last[2];
    aes->keystream(key, stream, first_block + blocks, last, 1);
    memcpy((uint8_t *)out + 16 * blocks, last, rest);
    c_parley_zeroize(last, sizeof last);
  }
}

void c_parley_keystream_apply(
    int op, const void *key, uint64_t stream, uint64_t first_word, uint64_t *words, size_t count) {
  if (!count) return;
  const c_parley_backend_ops *ops = c_parley_active();
  uint64_t tile[TILE] __attribute__((aligned(64)));
  while (count) {
    size_t n = count < TILE - 2 ? count : TILE - 2, skip = first_word & 1;
    ops->aes->keystream(key, stream, first_word / 2, tile, (skip + n + 1) / 2);
    (op == C_PARLEY_XOR ? ops->vector->xor_ : op == C_PARLEY_ADD ? ops->vector->add : ops->vector->sub)(
        words, words, tile + skip, n);
    words += n;
    first_word += n;
    count -= n;
  }
  c_parley_zeroize(tile, sizeof tile);
}
