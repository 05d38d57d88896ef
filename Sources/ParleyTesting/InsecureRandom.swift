/// A seeded generator for test data and test keys: the same on every machine, and no secret at all.
///
/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
package struct InsecureRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }
  /// An independent generator for one purpose of a test.
  package init(seed: UInt64, _ purpose: UInt64...) {
    state = seed
    for number in purpose { state = next() ^ number &* 0xd6e8_feb8_6659_fd93 }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
  package mutating func words(_ count: Int) -> [UInt64] { (0..<count).map { _ in next() } }
  package mutating func bits(_ count: Int) -> [Bool] { (0..<count).map { _ in next() & 1 == 1 } }
}

extension [Bool] {
  /// 64 elements to a word, as in `ClearValues.planes`.
  package var packedPlane: [UInt64] {
    var words = [UInt64](repeating: 0, count: (count + 63) / 64)
    for (index, bit) in enumerated() where bit { words[index / 64] |= 1 << UInt64(index % 64) }
    return words
  }
}
