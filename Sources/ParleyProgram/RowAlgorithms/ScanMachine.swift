/// What an inclusive scan is made of: rows, and an associative function of two of them.
package protocol ScanMachine {
  associatedtype Rows
  /// The operator.
  associatedtype Function
  associatedtype Failure: Error

  /// `count` rows from `start` on, `step` apart.
  func pick(_ rows: Rows, from start: Int, every step: Int, count: Int) -> Rows
  /// Rows of the parts, which follow each other, in the order ``ScanNetwork/order(count:)``.
  func interleave(_ parts: [Rows], count: Int) -> Rows
  /// The operator on `count` pairs of rows; `level` is different every time.
  mutating func apply(
    _ function: Function, _ low: Rows, _ high: Rows, count: Int, level: Int
  ) throws(Failure) -> Rows
}

package enum ScanNetwork {
  /// Row 0, then the ends at odd places, then what lies between, in the order of the rows.
  package static func order(count: Int) -> [Int32] {
    let half = count / 2
    return (0..<count).map { row -> Int32 in
      row == 0 ? 0 : row % 2 == 1 ? Int32(1 + row / 2) : Int32(half + row / 2)
    }
  }
}

/// Inclusive prefix scan with an associative operator, in about 2n applications and 2·log2 n levels (Brent, Kung, "A
/// regular layout for parallel adders", IEEE Transactions on Computers C-31(3), 1982).
///
/// Neighbours are combined, the halved vector is scanned, and the rows between are filled in. Which rows meet depends
/// on the number of rows only.
extension ScanMachine {
  package mutating func scanned(_ rows: Rows, _ function: Function, count: Int) throws(Failure) -> Rows {
    var level = 0
    return try scanned(rows, function, count: count, level: &level)
  }

  /// Operands live no longer than they are needed: at most the rows of every level are kept on the way down, and those
  /// of one level and its results on the way up.
  private mutating func scanned(
    _ rows: consuming Rows, _ function: Function, count: Int, level: inout Int
  ) throws(Failure) -> Rows {
    guard count > 1 else { return rows }
    level += 1
    let half = count / 2
    let pairs = try pairs(of: rows, function, half, level)
    let ends = try scanned(pairs, function, count: half, level: &level)
    var parts = [pick(rows, from: 0, every: 1, count: 1), ends]
    let between = (count + 1) / 2 - 1
    if between > 0 {
      level += 1
      parts.append(try filling(rows, ends, function, between, level))
    }
    _ = consume rows
    return interleave(parts, count: count)
  }

  /// Rows 0 and 1, 2 and 3, and so on.
  private mutating func pairs(
    of rows: Rows, _ function: Function, _ half: Int, _ level: Int
  ) throws(Failure) -> Rows {
    try apply(
      function, pick(rows, from: 0, every: 2, count: half), pick(rows, from: 1, every: 2, count: half),
      count: half,
      level: level)
  }

  /// Rows 2, 4 and so on, each with what ends before it.
  private mutating func filling(
    _ rows: Rows, _ ends: Rows, _ function: Function, _ between: Int, _ level: Int
  ) throws(Failure) -> Rows {
    try apply(
      function, pick(ends, from: 0, every: 1, count: between), pick(rows, from: 2, every: 2, count: between),
      count: between, level: level)
  }
}
