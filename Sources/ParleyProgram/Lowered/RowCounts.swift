/// How many rows every table has in one run, and which of them each holder contributes: public to everybody.
///
/// An array of numbers is read as tables of one holder each.
package struct RowCounts: Hashable, Sendable, ExpressibleByArrayLiteral {
  /// By table: the rows of each holder, in the order in which they follow each other.
  package let parts: [[Int]]
  private let totals: [Int]

  /// Rows by table, then holder.
  package init(parts: [[Int]]) {
    self.parts = parts
    totals = parts.map { $0.reduce(0, +) }
  }
  package init(arrayLiteral rows: Int...) { self.init(parts: rows.map { [$0] }) }

  /// Rows of a table, all holders together.
  package subscript(table: Int) -> Int { totals[table] }
  /// The rows of one holder; a holder that takes no part has none.
  package func part(_ index: Int, of table: Int) -> Range<Int> {
    guard parts[table].indices.contains(index) else { return 0..<0 }
    let start = parts[table][..<index].reduce(0, +)
    return start..<start + parts[table][index]
  }
}
