// c += a (b + b2) in blocks that stay in the first-level cache; included by one file for each backend, which
// defines TARGET and TABLE. 16 KiB of b are packed at a time, a row of c is accumulated in registers.

enum { BLOCK_INNER = 64, BLOCK_COLUMNS = 32 };

static TARGET void accumulate(
    uint64_t *c, const uint64_t *a, const uint64_t *b, const uint64_t *b2, size_t rows, size_t inner,
    size_t columns) {
  uint64_t packed[BLOCK_INNER][BLOCK_COLUMNS];
  for (size_t k0 = 0; k0 < inner; k0 += BLOCK_INNER) {
    size_t kn = inner - k0 < BLOCK_INNER ? inner - k0 : BLOCK_INNER;
    for (size_t j0 = 0; j0 < columns; j0 += BLOCK_COLUMNS) {
      size_t jn = columns - j0 < BLOCK_COLUMNS ? columns - j0 : BLOCK_COLUMNS;
      for (size_t k = 0; k < kn; k++)
        for (size_t j = 0; j < BLOCK_COLUMNS; j++) {
          size_t at = (k0 + k) * columns + j0 + j;
          packed[k][j] = j < jn ? b[at] + (b2 ? b2[at] : 0) : 0;
        }
      for (size_t i = 0; i < rows; i++) {
        uint64_t row[BLOCK_COLUMNS] = {0};
        const uint64_t *factors = a + i * inner + k0;
        for (size_t k = 0; k < kn; k++)
          for (size_t j = 0; j < BLOCK_COLUMNS; j++) row[j] += factors[k] * packed[k][j];
        for (size_t j = 0; j < jn; j++) c[i * columns + j0 + j] += row[j];
      }
    }
  }
  c_parley_zeroize(packed, sizeof packed);
}

const c_parley_matrix_ops TABLE = {accumulate};
