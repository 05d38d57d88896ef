/// A vector in the clear: what the other engines share.
package struct ClearWords: Hashable, Sendable {
  /// Ring words.
  package var values: [UInt64]
  /// A vector of these words.
  package init(_ values: [UInt64]) { self.values = values }
  /// Element `index`; a vector of one element is repeated.
  subscript(repeated index: Int) -> UInt64 { values.count == 1 ? values[0] : values[index] }
}

/// Bits in the clear, one to an element.
package struct ClearBits: Hashable, Sendable {
  /// One for each element.
  package var bits: [Bool]
  /// A plane of these bits.
  package init(_ bits: [Bool]) { self.bits = bits }
  subscript(repeated index: Int) -> Bool { bits.count == 1 ? bits[0] : bits[index] }

  /// 64 elements to a word, element 0 in bit 0; bits past the end are zero.
  package var packed: [UInt64] {
    var words = [UInt64](repeating: 0, count: (bits.count + 63) / 64)
    for (index, bit) in bits.enumerated() where bit { words[index / 64] |= 1 << UInt64(index % 64) }
    return words
  }
  /// The first `count` bits of words of 64.
  package init(packed words: [UInt64], count: Int) {
    bits = (0..<count).map { words[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }
}
