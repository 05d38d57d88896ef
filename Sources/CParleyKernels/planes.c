// Bit planes: slices at any bit, and between words and planes.
#include <string.h>

#include "kernels.h"

static uint64_t low_bits(size_t count) { return count % 64 ? (UINT64_C(1) << count % 64) - 1 : ~UINT64_C(0); }

void c_parley_bits_slice(uint64_t *out, const uint64_t *a, size_t start, size_t count) {
  if (!count) return;
  size_t first = start / 64, last = (start + count - 1) / 64, words = (count + 63) / 64;
  unsigned shift = start % 64;
  if (!shift) {
    memmove(out, a + first, 8 * words);
  } else {
    c_parley_active()->vector->shift_right(out, a + first, shift, last - first);
    if (last - first < words) out[words - 1] = a[last] >> shift;
  }
  out[words - 1] &= low_bits(count);
}

void c_parley_bits_insert(uint64_t *out, size_t start, const uint64_t *a, size_t count) {
  if (!count) return;
  size_t first = start / 64, last = (start + count - 1) / 64, words = (count + 63) / 64;
  unsigned shift = start % 64;
  uint64_t before = out[first], after = out[last];
  if (!shift) {
    memmove(out + first, a, 8 * words);
  } else {
    size_t middle = last - first < words - 1 ? last - first : words - 1;
    out[first] = (before & low_bits(shift)) | a[0] << shift;
    c_parley_active()->vector->shift_right(out + first + 1, a, 64 - shift, middle);
    if (last - first == words) out[last] = a[words - 1] >> (64 - shift);
  }
  uint64_t mine = low_bits(start + count);
  out[last] = (out[last] & mine) | (after & ~mine);
}

enum { GROUP = 512, GROUP_WORDS = GROUP / 64 };

void c_parley_words_to_planes(
    uint64_t *const *planes, size_t width, const uint64_t *values, size_t count) {
  const c_parley_transpose_ops *ops = c_parley_active()->transpose;
  size_t e = 0;
  for (; e + GROUP <= count; e += GROUP) ops->to_planes(planes, width, e / 64, values + e);
  size_t rest = count - e, words = (rest + 63) / 64;
  if (!rest) return;
  uint64_t padded[GROUP], out[64][GROUP_WORDS];
  uint64_t *pointers[64];
  memset(padded, 0, sizeof padded);
  memcpy(padded, values + e, 8 * rest);
  for (size_t j = 0; j < width; j++) pointers[j] = out[j];
  ops->to_planes(pointers, width, 0, padded);
  for (size_t j = 0; j < width; j++) memcpy(planes[j] + e / 64, out[j], 8 * words);
  c_parley_zeroize(padded, sizeof padded);
  c_parley_zeroize(out, sizeof out);
}

void c_parley_planes_to_words(
    uint64_t *values, const uint64_t *const *planes, size_t width, size_t count) {
  const c_parley_transpose_ops *ops = c_parley_active()->transpose;
  size_t e = 0;
  for (; e + GROUP <= count; e += GROUP) ops->to_words(values + e, planes, width, e / 64);
  size_t rest = count - e, words = (rest + 63) / 64;
  if (!rest) return;
  uint64_t padded[64][GROUP_WORDS], out[GROUP];
  const uint64_t *pointers[64];
  memset(padded, 0, sizeof padded);
  for (size_t j = 0; j < width; j++) {
    memcpy(padded[j], planes[j] + e / 64, 8 * words);
    pointers[j] = padded[j];
  }
  ops->to_words(out, pointers, width, 0);
  memcpy(values + e, out, 8 * rest);
  c_parley_zeroize(padded, sizeof padded);
  c_parley_zeroize(out, sizeof out);
}

void c_parley_bits_interleave(
    uint64_t *out, const uint64_t *const *planes, size_t width, size_t count) {
  uint64_t rows[GROUP];
  const uint64_t *pointers[64];
  uint64_t word = 0;
  unsigned filled = 0;
  for (size_t e = 0; e < count; e += GROUP) {
    size_t own = count - e < GROUP ? count - e : GROUP;
    for (size_t j = 0; j < width; j++) pointers[j] = planes[j] + e / 64;
    c_parley_planes_to_words(rows, pointers, width, own);
    for (size_t i = 0; i < own; i++) {
      word |= rows[i] << filled;
      filled += width;
      if (filled < 64) continue;
      *out++ = word;
      filled -= 64;
      word = filled ? rows[i] >> (width - filled) : 0;
    }
  }
  if (filled) *out = word;
  c_parley_zeroize(rows, sizeof rows);
}
