internal import ParleyBase

/// One party's share of a vector of ring words: x = x_0 + x_1 modulo 2^k.
///
/// A value: results of one operation are views into a common buffer, which goes back to the pool with the last
/// of them. Never written once it is visible.
package struct AdditiveWords<Word: FixedWidthInteger & UnsignedInteger & Sendable> {
  let storage: Storage<Word>
  let start: Int
  /// Elements.
  package let count: Int

  init(_ storage: Storage<Word>, start: Int = 0, count: Int) {
    self.storage = storage
    self.start = start
    self.count = count
  }

  /// Valid while the vector lives.
  var pointer: UnsafePointer<Word> { UnsafePointer(storage.pointer + start) }

  /// For tests.
  package var share: [Word] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

/// One party's share of a bit plane, 64 elements to a word: b = b_0 ⊕ b_1. Bits past the last element are zero.
package struct AdditivePlane {
  let storage: Storage<UInt64>
  let start: Int
  /// Elements, one bit each.
  package let count: Int

  init(_ storage: Storage<UInt64>, start: Int = 0, count: Int) {
    self.storage = storage
    self.start = start
    self.count = count
  }

  var words: Int { (count + 63) / 64 }
  var pointer: UnsafePointer<UInt64> { UnsafePointer(storage.pointer + start) }

  /// For tests.
  package var share: [UInt64] { Array(UnsafeBufferPointer(start: pointer, count: words)) }
}
