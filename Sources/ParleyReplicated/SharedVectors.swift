package import ParleyAlgebra
package import ParleyBase

/// Which of the three shares of a vector may differ from zero. That follows from the program, so that all parties know it, and is
/// never learned from a share.
package struct ShareNumbers: Hashable, Sendable {
  private let bits: UInt8
  /// All three.
  package static let all = ShareNumbers(bits: 0b111)

  private init(bits: UInt8) { self.bits = bits }
  /// Share `number` alone.
  package init(only number: Int) { bits = 1 << UInt8(number) }

  /// Whether share `number` modulo 3 may differ from zero.
  package func contains(_ number: Int) -> Bool { bits >> UInt8(number % 3) & 1 == 1 }
}

/// One party's shares of a vector of ring words: (x_i, x_{i+1}) as (lo, hi), two runs of words in one buffer.
///
/// A value: results of one operation are views into a common buffer, which goes back to the pool with the last
/// of them. Never written once it is visible.
package struct SharedWords<Word: RingWord> {
  /// Both runs, and perhaps other vectors.
  package let storage: Storage<Word>
  let loStart: Int
  let hiStart: Int
  /// Elements.
  package let count: Int
  /// The others are zero, at every party that is honest.
  let nonzero: ShareNumbers

  init(_ storage: Storage<Word>, lo: Int, hi: Int, count: Int, nonzero: ShareNumbers = .all) {
    self.storage = storage
    self.nonzero = nonzero
    loStart = lo
    hiStart = hi
    self.count = count
  }

  var lo: UnsafePointer<Word> { UnsafePointer(storage.pointer + loStart) }
  var hi: UnsafePointer<Word> { UnsafePointer(storage.pointer + hiStart) }

  /// As an operand of an elementwise operation of `length` elements, from element `start` on.
  func operand(length: Int, start: Int = 0) -> SharePointers<Word> {
    precondition(count == length || count == 1, "operand of another length")
    let isRepeated = count != length
    let offset = isRepeated ? 0 : start
    return SharePointers(lo: lo + offset, hi: hi + offset, isRepeated: isRepeated)
  }

  /// This party's shares, for tests.
  package var shares: (lo: [Word], hi: [Word]) {
    (
      Array(UnsafeBufferPointer(start: lo, count: count)), Array(UnsafeBufferPointer(start: hi, count: count))
    )
  }
}

/// One party's shares of one bit plane: 64 elements to a word, lo and hi as above.
///
/// Bits past the last element are zero in both shares: engines keep it so, on the wire as well, which makes the
/// encoding of a plane canonical and leaves nothing of other elements in an opening.
package struct SharedPlane {
  /// Both runs, and perhaps other planes.
  package let storage: Storage<UInt64>
  let loStart: Int
  let hiStart: Int
  /// Elements, one bit each.
  package let count: Int

  init(_ storage: Storage<UInt64>, lo: Int, hi: Int, count: Int) {
    self.storage = storage
    loStart = lo
    hiStart = hi
    self.count = count
  }

  var words: Int { (count + 63) / 64 }
  var lo: UnsafePointer<UInt64> { UnsafePointer(storage.pointer + loStart) }
  var hi: UnsafePointer<UInt64> { UnsafePointer(storage.pointer + hiStart) }

  /// As an operand of an elementwise operation of `length` elements, from word `start` on.
  func operand(length: Int, start: Int = 0) -> SharePointers<UInt64> {
    precondition(count == length || count == 1, "operand of another length")
    let isRepeated = count != length
    let offset = isRepeated ? 0 : start
    return SharePointers(lo: lo + offset, hi: hi + offset, isRepeated: isRepeated)
  }

  /// This party's shares, for tests.
  package var shares: (lo: [UInt64], hi: [UInt64]) {
    (
      Array(UnsafeBufferPointer(start: lo, count: words)), Array(UnsafeBufferPointer(start: hi, count: words))
    )
  }
}
