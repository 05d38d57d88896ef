package import ParleyBase

/// Test data and test keys from a seed.
package typealias InsecureRandom = InsecureSplitMix

extension InsecureSplitMix {
  /// An independent generator for one purpose of a test.
  package init(seed: UInt64, _ purpose: UInt64...) {
    var seed = seed
    for number in purpose {
      var mixed = InsecureSplitMix(seed: seed)
      seed = mixed.next() ^ number &* 0xd6e8_feb8_6659_fd93
    }
    self.init(seed: seed)
  }

  /// So many bytes.
  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
  /// So many words.
  package mutating func words(_ count: Int) -> [UInt64] { (0..<count).map { _ in next() } }
  /// So many bits.
  package mutating func bits(_ count: Int) -> [Bool] { (0..<count).map { _ in next() & 1 == 1 } }
  /// True in so many of a hundred cases.
  package mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
  /// One of the values, of which there must be one.
  package mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &self)] }
}

extension [Bool] {
  /// 64 elements to a word, as in `ClearValues.planes`.
  package var packedPlane: [UInt64] {
    var words = [UInt64](repeating: 0, count: (count + 63) / 64)
    for (index, bit) in enumerated() where bit { words[index / 64] |= 1 << UInt64(index % 64) }
    return words
  }
}
