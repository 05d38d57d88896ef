#include <string.h>

#include "kernels.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

void c_parley_zeroize(void *bytes, size_t count) {
  if (!count) return;
  memset(bytes, 0, count);
  __asm__ volatile("" : : "r"(bytes) : "memory");
}

int c_parley_equal(const void *a, const void *b, size_t count) {
  const uint8_t *x = a, *y = b;
  uint8_t difference = 0;
  for (size_t i = 0; i < count; i++) {
    difference |= x[i] ^ y[i];
    // Hides the value, so that no early exit can be derived from it.
    __asm__ volatile("" : "+r"(difference));
  }
  return (int)(((uint32_t)difference - 1) >> 31);
}

void c_parley_advise_large(void *bytes, size_t count) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  (void)madvise(bytes, count, MADV_HUGEPAGE);
#else
  (void)bytes;
  (void)count;
#endif
}
