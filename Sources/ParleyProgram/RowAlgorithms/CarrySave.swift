/// Full adders that make a sum of many bits one of two numbers, level by level (Wallace, "A suggestion for a fast
/// multiplier", IEEE Transactions on Electronic Computers EC-13(1), 1964).
///
/// Bits stand in columns, by weight. A full adder takes three bits of a column and gives one of it and a carry in the next:
/// one AND, and one bit fewer. So a sum takes about as many ANDs as it has bits, whatever the order, in about
/// log(height) / log(1.5) levels.
///
/// A half adder takes an AND and leaves as many bits as there were. There is one only in a column that would otherwise
/// be higher after this level than all columns can be brought to; without it carries would run through all columns, one
/// a level (Dadda, "Some schemes for parallel multipliers", Alta Frequenza 34, 1965).
package enum CarrySave {
  /// Levels of sums over chunks; those over rows, which come before, are fewer.
  package static let firstLevelOfChunks = 128

  /// Adders of one column.
  package struct Adders: Hashable, Sendable {
    /// Full adders, of three bits each.
    package var full: Int
    /// Half adders, of two bits each.
    package var half: Int
    /// ANDs that they take.
    package var count: Int { full + half }
  }

  /// The adders of the next level by column; nil when no column has more than two bits.
  package static func next(_ heights: [Int]) -> [Adders]? {
    guard let highest = heights.max(), highest > 2 else { return nil }
    var target = 2
    while target * 3 / 2 < highest { target = target * 3 / 2 }
    var carries = 0
    return heights.map { height in
      let full = height / 3
      let isTooHigh = height % 3 == 2 && height - 2 * full + carries > target
      let adders = Adders(full: full, half: isTooHigh ? 1 : 0)
      carries = adders.count
      return adders
    }
  }

  /// Bits by column after a level; the carry out of the last one is lost.
  package static func heights(_ heights: [Int], after adders: [Adders]) -> [Int] {
    heights.indices.map { column in
      heights[column] - 2 * adders[column].full - adders[column].half
        + (column > 0 ? adders[column - 1].count : 0)
    }
  }
}
