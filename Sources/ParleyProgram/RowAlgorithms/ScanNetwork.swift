package import ParleyBase

/// Inclusive prefix scan with an associative operator, in about 2n applications and 2·log2 n levels (Brent, Kung, "A
/// regular layout for parallel adders", IEEE Transactions on Computers C-31(3), 1982).
///
/// Neighbours are combined, the halved vector is scanned, and the rows between are filled in. Which rows meet depends
/// on the number of rows only.
package struct ScanNetwork<Rows> {
  /// Rows of `rows` at the given positions.
  package var gather: (_ rows: Rows, _ order: [Int32]) throws(ParleyError) -> Rows
  /// The first rows.
  package var prefix: (_ rows: Rows, _ count: Int) throws(ParleyError) -> Rows
  /// Rows of the parts, which follow each other, at the given positions.
  package var interleave: (_ parts: [Rows], _ order: [Int32]) throws(ParleyError) -> Rows
  /// The operator on `count` pairs of rows; `level` is different every time.
  package var combine: (_ low: Rows, _ high: Rows, _ count: Int, _ level: Int) throws(ParleyError) -> Rows

  /// What the network is driven by; see the properties.
  package init(
    gather: @escaping (Rows, [Int32]) throws(ParleyError) -> Rows,
    prefix: @escaping (Rows, Int) throws(ParleyError) -> Rows,
    interleave: @escaping ([Rows], [Int32]) throws(ParleyError) -> Rows,
    combine: @escaping (Rows, Rows, Int, Int) throws(ParleyError) -> Rows
  ) {
    self.gather = gather
    self.prefix = prefix
    self.interleave = interleave
    self.combine = combine
  }

  /// Row i of the result is rows 0 … i combined.
  package func scan(_ rows: Rows, count: Int) throws(ParleyError) -> Rows {
    var level = 0
    return try scan(rows, count: count, level: &level)
  }

  /// Operands live no longer than they are needed: at most the rows of every level are kept on the way down, and those
  /// of one level and its results on the way up.
  private func scan(
    _ rows: consuming Rows, count: Int, level: inout Int
  ) throws(ParleyError) -> Rows {
    guard count > 1 else { return rows }
    level += 1
    let ends = try scan(try pairs(of: rows, count / 2, level), count: count / 2, level: &level)
    var parts = [try gather(rows, [0]), ends]
    let between = (count + 1) / 2 - 1
    if between > 0 {
      level += 1
      parts.append(try filling(rows, ends, between, level))
    }
    _ = consume rows
    // Row 0, then the ends at odd places, then what lies between.
    let half = count / 2
    let order = (0..<count).map { row -> Int32 in
      row == 0 ? 0 : row % 2 == 1 ? Int32(1 + row / 2) : Int32(half + row / 2)
    }
    return try interleave(parts, order)
  }

  /// Rows 0 and 1, 2 and 3, and so on.
  private func pairs(of rows: Rows, _ half: Int, _ level: Int) throws(ParleyError) -> Rows {
    let even = try gather(rows, Self.every(2, from: 0, count: half))
    let odd = try gather(rows, Self.every(2, from: 1, count: half))
    return try combine(even, odd, half, level)
  }

  /// Rows 2, 4 and so on, each with what ends before it.
  private func filling(_ rows: Rows, _ ends: Rows, _ between: Int, _ level: Int) throws(ParleyError) -> Rows {
    let before = try prefix(ends, between)
    let rest = try gather(rows, Self.every(2, from: 2, count: between))
    return try combine(before, rest, between, level)
  }

  private static func every(_ step: Int, from start: Int, count: Int) -> [Int32] {
    (0..<count).map { Int32(start + step * $0) }
  }
}

/// How many pairs a scan combines, level by level.
package enum ScanLevels {
  /// Pairs of each call of `combine`, in order.
  package static func counts(rows count: Int) -> [Int] {
    guard count > 1 else { return [] }
    let between = (count + 1) / 2 - 1
    return [count / 2] + counts(rows: count / 2) + (between > 0 ? [between] : [])
  }
}
