/// How long columns are cut for work that goes through them row by row, so that what is in between is only as long as a
/// chunk. Follows from the number of rows alone.
package enum RowChunks {
  /// Rows of a chunk, unless a program says otherwise: about 2 MB for the bits of a 64-bit column at one party, little
  /// enough to be cheap and enough to make the rounds of a chunk short beside its work.
  package static let defaultRows = 1 << 17
  /// Chunks are told apart by a sub-step, of which engines keep the upper bits for themselves.
  static let most = 1 << 13

  /// Parts of about equal size, of at most `rows` rows unless there would be more than ``most``. Beginnings are multiples
  /// of 64 where chunks are that long, so that a chunk of a bit plane is whole words.
  ///
  /// - Returns: at least one part, also of no rows.
  package static func ranges(count: Int, rows: Int) -> [Range<Int>] {
    guard count > rows else { return [0..<count] }
    let size = size(count: count, rows: rows)
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// How many ``ranges(count:rows:)`` there are.
  static func count(of count: Int, rows: Int) -> Int {
    guard count > rows else { return 1 }
    let size = size(count: count, rows: rows)
    return (count + size - 1) / size
  }

  static func size(count: Int, rows: Int) -> Int {
    let parts = min((count + rows - 1) / rows, most)
    let size = (count + parts - 1) / parts
    return size >= 64 ? (size + 63) / 64 * 64 : size
  }
}

extension RowChunks {
  /// The lengths of ``ranges(count:rows:)``: so many equal ones, and the last.
  static func sizes(count: Int, rows: Int) -> (equal: Int, size: Int, last: Int) {
    guard count > rows else { return (0, 0, count) }
    let size = size(count: count, rows: rows)
    let equal = (count - 1) / size
    return (equal, size, count - equal * size)
  }
}

/// Rows that are worked on together.
package struct RowChunk: Hashable, Sendable {
  package var number: Int
  package var range: Range<Int>
  /// Whether there is no other.
  package var isWhole: Bool
  package init(number: Int, range: Range<Int>, isWhole: Bool) {
    self.number = number
    self.range = range
    self.isWhole = isWhole
  }
}
