// What oblivious transfer computes in bulk, for registers of LANES blocks; included by one file for each width, which defines
// TARGET, VECTOR, LANES, WIDTH, the operations below, and the names of the two functions.

C_PARLEY_INLINE TARGET VECTOR round_key(const uint8_t *key, int round) {
  return REPEAT(_mm_loadu_si128((const __m128i *)(const void *)(key + 16 * round)));
}

// Hashing: a key for every block, whose schedules advance beside the rounds.

/// The next round key. SubWord comes from the last AES round on four equal columns, which ShiftRows leaves as they are.
C_PARLEY_INLINE TARGET VECTOR next_key(VECTOR k, int constant) {
  const VECTOR rotate = REPEAT(_mm_set1_epi32(0x0c0f0e0d));
  VECTOR t = AES_LAST(SHUFFLE_BYTES(k, rotate), REPEAT(_mm_set1_epi32(constant)));
  k = XOR(k, SHIFT_BYTES(k, 4));
  k = XOR(k, SHIFT_BYTES(k, 8));
  return XOR(k, t);
}

/// (a ^ b, a): the halves exchanged, and the low one added to itself.
C_PARLEY_INLINE TARGET VECTOR linear(VECTOR x) {
  return XOR(SWAP_HALVES(x), AND(x, REPEAT(_mm_set_epi64x(0, -1))));
}

/// WIDTH registers of keys, `both` a constant.
C_PARLEY_INLINE TARGET void hash(
    const uint64_t salt[2], uint64_t first, const uint64_t *in, VECTOR delta, uint64_t *out, uint64_t *out2,
    int both) {
  static const int constants[10] = {1, 2, 4, 8, 16, 32, 64, 128, 0x1b, 0x36};
  VECTOR k[WIDTH], x[WIDTH], x2[WIDTH], b[WIDTH], b2[WIDTH];
  for (int i = 0; i < WIDTH; i++) {
    uint64_t keys[2 * LANES];
    for (int lane = 0; lane < LANES; lane++) {
      keys[2 * lane] = salt[0] ^ (first + (uint64_t)(LANES * i + lane));
      keys[2 * lane + 1] = salt[1];
    }
    k[i] = LOAD(keys);
    VECTOR row = LOAD(in + 2 * LANES * i);
    x[i] = linear(row);
    b[i] = XOR(x[i], k[i]);
    if (both) {
      x2[i] = linear(XOR(row, delta));
      b2[i] = XOR(x2[i], k[i]);
    }
  }
#pragma clang loop unroll(full)
  for (int round = 0; round < 9; round++)
    for (int i = 0; i < WIDTH; i++) {
      k[i] = next_key(k[i], constants[round]);
      b[i] = AES(b[i], k[i]);
      if (both) b2[i] = AES(b2[i], k[i]);
    }
  for (int i = 0; i < WIDTH; i++) {
    k[i] = next_key(k[i], constants[9]);
    STORE(out + 2 * LANES * i, XOR(AES_LAST(b[i], k[i]), x[i]));
    if (both) STORE(out2 + 2 * LANES * i, XOR(AES_LAST(b2[i], k[i]), x2[i]));
  }
}

TARGET void MITCCRH(
    const uint64_t salt[2], uint64_t first, const uint64_t *in, const uint64_t *delta, uint64_t *out,
    uint64_t *out2, size_t count) {
  enum { STEP = LANES * WIDTH };
  VECTOR d = delta ? REPEAT(_mm_loadu_si128((const __m128i *)(const void *)delta)) : ZERO;
  size_t e = 0;
  for (; e + STEP <= count; e += STEP) {
    if (delta)
      hash(salt, first + e, in + 2 * e, d, out + 2 * e, out2 + 2 * e, 1);
    else
      hash(salt, first + e, in + 2 * e, d, out + 2 * e, 0, 0);
  }
  if (e == count) return;
  uint64_t rest[2 * STEP] = {0}, first_out[2 * STEP], second_out[2 * STEP];
  memcpy(rest, in + 2 * e, 16 * (count - e));
  hash(salt, first + e, rest, d, first_out, second_out, 1);
  memcpy(out + 2 * e, first_out, 16 * (count - e));
  if (delta) memcpy(out2 + 2 * e, second_out, 16 * (count - e));
  c_parley_zeroize(rest, sizeof rest);
  c_parley_zeroize(first_out, sizeof first_out);
  c_parley_zeroize(second_out, sizeof second_out);
}

// Keystreams of 2^k keys, added up: see `vole.c`. A tile of eight registers stays in them from the counters to the sums.

enum { REGISTERS = 8, TILE_WORDS = 2 * LANES * REGISTERS, MAX_DEPTH = 8 };

/// `k` may be a constant.
C_PARLEY_INLINE TARGET void vole_tiles(
    const uint8_t *keys, unsigned k, int punctured, uint64_t stream, uint64_t first_block, uint64_t *u,
    uint64_t *const *v, size_t tiles) {
  uint64_t subtree[MAX_DEPTH + 1][TILE_WORDS] __attribute__((aligned(64)));
  uint64_t sums[MAX_DEPTH][TILE_WORDS] __attribute__((aligned(64)));
  uint64_t counters[TILE_WORDS] __attribute__((aligned(64)));
  for (size_t t = 0; t < tiles; t++) {
    uint64_t block = first_block + t * (TILE_WORDS / 2);
    for (int e = 0; e < TILE_WORDS / 2; e++) {
      counters[2 * e] = stream;
      counters[2 * e + 1] = block + (uint64_t)e;
    }
    memset(sums, 0, k * sizeof sums[0]);
    for (size_t x = 0; x < (size_t)1 << k; x++) {
      VECTOR c[REGISTERS];
      if (x == 0 && punctured) {
        for (int i = 0; i < REGISTERS; i++) c[i] = ZERO;
      } else {
        const uint8_t *key = keys + C_PARLEY_AES128_SCHEDULE_BYTES * x;
        VECTOR r = round_key(key, 0);
        for (int i = 0; i < REGISTERS; i++) c[i] = XOR(LOAD(counters + 2 * LANES * i), r);
#pragma clang loop unroll(full)
        for (int round = 1; round < 10; round++) {
          r = round_key(key, round);
          for (int i = 0; i < REGISTERS; i++) c[i] = AES(c[i], r);
        }
        r = round_key(key, 10);
        for (int i = 0; i < REGISTERS; i++) c[i] = AES_LAST(c[i], r);
      }
      unsigned level = 0;
      for (; x >> level & 1; level++) {
        for (int i = 0; i < REGISTERS; i++) {
          uint64_t *sum = sums[level] + 2 * LANES * i;
          STORE(sum, XOR(LOAD(sum), c[i]));
          c[i] = XOR(c[i], LOAD(subtree[level] + 2 * LANES * i));
        }
      }
      for (int i = 0; i < REGISTERS; i++) STORE(subtree[level] + 2 * LANES * i, c[i]);
    }
    size_t at = t * TILE_WORDS;
    if (!punctured) memcpy(u + at, subtree[k], sizeof subtree[0]);
    for (unsigned b = 0; b < k; b++) memcpy(v[b] + at, sums[b], sizeof sums[0]);
  }
  c_parley_zeroize(subtree, sizeof subtree);
  c_parley_zeroize(sums, sizeof sums);
}

TARGET size_t VOLE(
    const uint8_t *keys, unsigned k, int punctured, uint64_t stream, uint64_t first_block, uint64_t *u,
    uint64_t *const *v, size_t words) {
  size_t tiles = words / TILE_WORDS;
  if (k == 4)
    vole_tiles(keys, 4, punctured, stream, first_block, u, v, tiles);
  else if (k == 2)
    vole_tiles(keys, 2, punctured, stream, first_block, u, v, tiles);
  else
    vole_tiles(keys, k, punctured, stream, first_block, u, v, tiles);
  return tiles * TILE_WORDS;
}
