package import ParleyBase

/// Inclusive prefix scan with an associative operator, in about 2n applications and 2·log2 n levels (Brent, Kung, "A
/// regular layout for parallel adders", IEEE Transactions on Computers C-31(3), 1982).
///
/// Neighbours are combined, the halved vector is scanned, and the rows between are filled in. Which rows meet depends
/// on the number of rows only.
package struct ScanNetwork<Rows> {
  /// Rows of `rows` at the given positions.
  package var gather: (_ rows: Rows, _ order: [Int32]) throws(ParleyError) -> Rows
  /// Rows one after the other.
  package var concatenate: (_ parts: [Rows]) throws(ParleyError) -> Rows
  /// The operator on `count` pairs of rows; `level` is different every time.
  package var combine: (_ low: Rows, _ high: Rows, _ count: Int, _ level: Int) throws(ParleyError) -> Rows

  package init(
    gather: @escaping (Rows, [Int32]) throws(ParleyError) -> Rows,
    concatenate: @escaping ([Rows]) throws(ParleyError) -> Rows,
    combine: @escaping (Rows, Rows, Int, Int) throws(ParleyError) -> Rows
  ) {
    self.gather = gather
    self.concatenate = concatenate
    self.combine = combine
  }

  package func scan(_ rows: Rows, count: Int) throws(ParleyError) -> Rows {
    var level = 0
    return try scan(rows, count: count, level: &level)
  }

  private func scan(_ rows: Rows, count: Int, level: inout Int) throws(ParleyError) -> Rows {
    guard count > 1 else { return rows }
    let half = count / 2, between = (count + 1) / 2 - 1
    let even = try gather(rows, Self.every(2, from: 0, count: half))
    let odd = try gather(rows, Self.every(2, from: 1, count: half))
    level += 1
    let pairs = try combine(even, odd, half, level)
    let ends = try scan(pairs, count: half, level: &level)
    var parts = [try gather(rows, [0]), ends]
    if between > 0 {
      let before = try gather(ends, Self.every(1, from: 0, count: between))
      let rest = try gather(rows, Self.every(2, from: 2, count: between))
      level += 1
      parts.append(try combine(before, rest, between, level))
    }
    // Row 0, then the ends at odd places, then what lies between.
    let order = (0..<count).map { row -> Int32 in
      row == 0 ? 0 : row % 2 == 1 ? Int32(1 + row / 2) : Int32(half + row / 2)
    }
    return try gather(try concatenate(parts), order)
  }

  private static func every(_ step: Int, from start: Int, count: Int) -> [Int32] {
    (0..<count).map { Int32(start + step * $0) }
  }
}

/// How many pairs a scan combines, level by level.
package enum ScanLevels {
  package static func counts(rows count: Int) -> [Int] {
    guard count > 1 else { return [] }
    let between = (count + 1) / 2 - 1
    return [count / 2] + counts(rows: count / 2) + (between > 0 ? [between] : [])
  }
}
