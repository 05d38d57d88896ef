/// Lengths in numbers, for the rows of one run: programs have few different ones, and many instructions.
struct LengthCounts {
  let rows: RowCounts
  private var known: [Length: Int] = [:]

  init(_ rows: RowCounts) { self.rows = rows }

  /// Outside of functions and of bodies of reductions.
  mutating func count(_ length: Length) -> Int {
    switch length {
    case .fixed, .rows, .part, .half: return length.evaluate(rows: rows)
    case .sum, .atMost, .product: break
    }
    if let known = known[length] { return known }
    let count: Int
    switch length {
    case .sum(let parts): count = parts.reduce(0) { min(Length.most, $0 + self.count($1)) }
    case .atMost(let most, let whole): count = min(most, self.count(whole))
    default: count = length.evaluate(rows: rows)
    }
    known[length] = count
    return count
  }
}
