internal import ParleyBase

/// 128 planes of one batch, bit by bit of all its rows. Planes lie a line of 64 bytes further apart than they are long, so that not all of
/// them compete for the same places of a cache.
struct RowPlanes {
  let words: Int
  let stride: Int
  let storage: Storage<UInt64>

  /// - Parameter words: of each plane; memory is for whole groups of eight.
  init(words: Int, pool: BufferPool?) {
    self.words = words
    stride = (words + 7) / 8 * 8 + 8
    storage = Storage(uninitialized: TransferShape.rowBits * stride, pool: pool)
  }

  func plane(_ index: Int) -> UnsafeMutablePointer<UInt64> { storage.pointer + index * stride }
  /// Planes of one tree, from a word on.
  func planes(of tree: Int, depth: Int, from word: Int) -> [UnsafeMutablePointer<UInt64>] {
    (0..<depth).map { plane(tree * depth + $0) + word }
  }

  /// Rows of 128 bits, two words each, for at least `count` rows.
  func rows(_ count: Int, pool: BufferPool?) -> Storage<UInt64> {
    let groups = (count + 511) / 512
    let rows = Storage<UInt64>(uninitialized: 1024 * groups, pool: pool)
    withExtendedLifetime(storage) {
      Kernels.blocks(
        of: (0..<TransferShape.rowBits).map { UnsafePointer(plane($0)) }, firstWord: 0, groups: groups,
        into: rows.pointer)
    }
    return rows
  }

  /// Words that are computed and sent at a time: all planes of them fit into the second-level cache.
  static let chunkWords = 256
  static func chunks(of words: Int) -> [Range<Int>] {
    Swift.stride(from: 0, to: words, by: chunkWords).map { $0..<min($0 + chunkWords, words) }
  }
}

/// The polynomial hash of the check: h(p) = Σ_w χ^(W−1−w) p_w over GF(2^64), for planes of W words. The last word is added as it is.
struct PlaneHash {
  private let powers: Storage<UInt64>

  /// Cost: a product for each word of a plane.
  init(challenge: UInt64, words: Int) {
    powers = Storage(uninitialized: words)
    var power: UInt64 = 1
    for word in stride(from: words - 1, through: 0, by: -1) {
      powers[word] = power
      power = Kernels.gf64Multiply(power, challenge)
    }
  }

  func of(_ plane: UnsafePointer<UInt64>) -> UInt64 { Kernels.gf64Dot(powers.pointer, plane, count: powers.count) }
}
