/// The cells of one grouping, with everybody behind them, and the fewest of them that have to be withheld for the definition
/// in `docs/proofs/suppression.md` to hold: found by search, by one who sees all rows.
///
/// The search knows the data, and its choice may depend on it in any way. A rule that everybody knows cannot always do as
/// well, since what it withholds says something about the data.
package struct SuppressionCells: Sendable {
  /// One group and everybody behind it.
  package struct Cell: Sendable {
    /// Values of the keys.
    package var key: [String]
    /// Rows of the group.
    package var rowCount: Int
    /// Names of the different units, by kind of unit.
    package var units: [Set<String>]
    /// A set of its rows has a unit, and fewer than the minimum.
    package var isSmall: Bool

    /// A cell; see the properties.
    package init(key: [String], rowCount: Int, units: [Set<String>], isSmall: Bool) {
      (self.key, self.rowCount, self.units, self.isSmall) = (key, rowCount, units, isSmall)
    }
  }
  /// Units that a number must rest on.
  package let minimum: Int
  /// Cells with rows.
  package let cells: [Cell]

  /// Cells of one grouping.
  package init(minimum: Int, cells: [Cell]) {
    self.minimum = minimum
    self.cells = cells
  }

  /// Places of the cells that hold too few units.
  package var small: Set<Int> { Set(cells.indices.filter { cells[$0].isSmall }) }

  /// Whether the definition holds if these cells are withheld and all others shown: what follows for them together, from a
  /// total that everybody knows, rests on enough units, and leaves each of them two counts at least.
  package func isEnough(_ withheld: Set<Int>) -> Bool {
    guard small.isSubset(of: withheld) else { return false }
    // A total of the table is known anyway.
    if withheld.isEmpty || withheld.count == cells.count { return true }
    let rowCount = withheld.reduce(0) { $0 + cells[$1].rowCount }
    guard withheld.count > 1, rowCount > withheld.count else { return false }
    return (cells.first?.units ?? []).indices.allSatisfy { kind in
      withheld.reduce(into: Set<String>()) { $0.formUnion(cells[$1].units[kind]) }.count >= minimum
    }
  }

  /// The number of cells in the smallest set that is enough: sets are tried in the order of their sizes.
  package func fewestWithheld() -> Int {
    // Those with the most units first, so that the rest of a list can do no more than its first ones.
    let others = cells.indices.filter { !cells[$0].isSmall }.sorted { cells[$0].rowCount > cells[$1].rowCount }
    let start = small
    for count in 0...others.count where finds(count, others[...], start) { return start.count + count }
    return cells.count
  }

  /// Whether so many of `others` beside `chosen` are enough.
  private func finds(_ count: Int, _ others: ArraySlice<Int>, _ chosen: Set<Int>) -> Bool {
    guard count > 0 else { return isEnough(chosen) }
    guard others.count >= count else { return false }
    // All cells are enough whatever their number of units.
    let rowsAtMost = others.prefix(count).reduce(chosen.reduce(0) { $0 + cells[$1].rowCount }) {
      $0 + cells[$1].rowCount
    }
    guard rowsAtMost >= minimum || chosen.count + count == cells.count else { return false }
    for place in others.indices
    where finds(count - 1, others[(place + 1)...], chosen.union([others[place]])) { return true }
    return false
  }
}
