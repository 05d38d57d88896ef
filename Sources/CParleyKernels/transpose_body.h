// 512 values at a time by masks and shifts; included by one file for each backend, which defines TARGET and
// TABLE. Works through a tile so that a whole cache line of each plane is written at once.

static TARGET void to_planes(uint64_t *const *planes, size_t width, size_t offset, const uint64_t *values) {
  uint64_t tile[8][64];
  for (int g = 0; g < 8; g++) {
    memcpy(tile[g], values + 64 * g, 512);
    c_parley_transpose64(tile[g]);
  }
  for (size_t j = 0; j < width; j++)
    for (int g = 0; g < 8; g++) planes[j][offset + (size_t)g] = tile[g][j];
}

static TARGET void to_words(uint64_t *values, const uint64_t *const *planes, size_t width, size_t offset) {
  uint64_t tile[8][64];
  memset(tile, 0, sizeof tile);
  for (size_t j = 0; j < width; j++)
    for (int g = 0; g < 8; g++) tile[g][j] = planes[j][offset + (size_t)g];
  for (int g = 0; g < 8; g++) {
    c_parley_transpose64(tile[g]);
    memcpy(values + 64 * g, tile[g], 512);
  }
}

const c_parley_transpose_ops TABLE = {to_planes, to_words};
