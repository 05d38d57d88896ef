/// Some bits of a key that a sort by counting takes in one pass, and what it applies to them (Hamada et al. 2014/121,
/// Chida et al. 2019/695; docs/protocols/sorting.md).
///
/// For a set S of the digit's bits let m_S be the product of the bits in S; m_∅ = 1. Whether a row has digit T is a sum
/// of m_S with factors ±1. Running sums of these bits give the places of the rows with digit T in stable order, and a
/// row goes to the place for its own digit. Put together, place = c_∅ + Σ m_S·c_S over the other sets S, where every
/// c_S is linear in running sums of the m_U and in the sums of all their elements (``factors(of:digit:)``).
package struct RadixDigit: Hashable, Sendable {
  /// Two bits in one pass take 6 products of ring words for each row instead of 4, but one shuffle, one opening and one
  /// random order of all rows less, and an eighth fewer bytes in all. Three bits take 14 products instead of 6, which is more
  /// than a pass.
  package static let widest = 2
  /// Longer keys are never sorted by counting: comparisons take less from some ten bits on.
  package static let longestKey = 64

  /// Bits of the digit.
  package var width: Int
  /// From planes, the bits of the digit, the words m_S: a set is a number whose bits are its members, and ∅ is left out.
  package var products: RowFunction
  /// From the words m_S, and the words c_S as second operand, the word Σ m_S·c_S.
  package var choice: RowFunction

  /// A digit; see the properties.
  package init(width: Int, products: RowFunction, choice: RowFunction) {
    self.width = width
    self.products = products
    self.choice = choice
  }

  /// What has an iteration of its own in each pass: three passes of a shuffle, and these.
  package enum Stage: Int, Sendable { case shuffle = 0, products = 3, choice = 4, opening = 5 }
  /// The iteration of the step in which this part of a pass is.
  package static func iteration(_ stage: Stage, pass: Int) -> Int { 6 * pass + stage.rawValue }

  /// The digits of a key of `bits` bits, in the order in which they are sorted by.
  package static func ranges(bits: Int) -> [Range<Int>] {
    stride(from: 0, to: bits, by: widest).map { $0..<min($0 + widest, bits) }
  }

  /// Shuffles that a sort of a key takes that moves its rows once: one for each digit, and one more to bring places to
  /// where the rows are unless they are there.
  package static func shuffles(bits: Int) -> Int {
    let digits = ranges(bits: bits).count
    return digits > 1 ? digits + 1 : digits
  }

  /// c_S = Σ over sets U of running·(running sum of m_U) + total·(sum of all of m_U), less 1 for S = ∅, because places count
  /// from 0.
  ///
  /// Rows with digit T: Σ_{U ⊇ T} (−1)^|U∖T|·m_U. The place of a row with digit T is the number of all rows with smaller
  /// digits and of those with T up to it, and c_S is the sum of these places over T ⊆ S with factors (−1)^|S∖T|.
  package static func factors(of set: Int, digit width: Int) -> [(running: Int, total: Int)] {
    func sign(_ set: Int) -> Int { set.nonzeroBitCount % 2 == 0 ? 1 : -1 }
    return (0..<1 << width).map { other in
      var (running, total) = (0, 0)
      for digit in 0...set where digit & ~set == 0 {
        if digit & ~other == 0 { running += sign(set ^ digit) * sign(other ^ digit) }
        for smaller in 0..<digit where smaller & ~other == 0 {
          total += sign(set ^ digit) * sign(other ^ smaller)
        }
      }
      return (running, total)
    }
  }
}

/// The number of a row, as bits that move with it.
package enum RowNumbers {
  /// Bits that tell `count` rows apart.
  package static func bits(_ count: Int) -> Int { Int.bitWidth - max(count - 1, 0).leadingZeroBitCount }

  /// Bit k of every row's own number, packed.
  package static func planes(_ count: Int, bits: Int) -> [[UInt64]] {
    (0..<bits).map { k in
      var words = [UInt64](repeating: 0, count: (count + 63) / 64)
      for row in 0..<count where row >> k & 1 == 1 { words[row / 64] |= 1 << UInt64(row % 64) }
      return words
    }
  }

  /// The number in each row of packed planes.
  package static func numbers(_ planes: [[UInt64]], count: Int) -> [UInt64] {
    var numbers = [UInt64](repeating: 0, count: count)
    for (k, words) in planes.enumerated() {
      for row in 0..<count { numbers[row] |= (words[row / 64] >> UInt64(row % 64) & 1) << UInt64(k) }
    }
    return numbers
  }
}
