import BigInt
import ParleyBase
import ParleyProgram

/// Grouping by sorted rows: rows with the same keys are a run.
///
/// Sums and counts come from running sums, which cost nothing. The last rows of all runs are brought together, in their
/// order. The sum of a run is then the running sum at its last row, less that at the last row of the run before.
extension TableBuilder {
  struct Runs {
    var table: SecretTable
    /// Bit: the row belongs to the run of the row before.
    var continues: NodeID
    /// Valid rows come first, and a run has nothing else: otherwise a run may have any rows, or none that is valid.
    var isValidFirst: Bool
    /// Bit: the row continues the run and has the same value of the further column. Valid rows only.
    var continuesValue: NodeID?
  }

  /// The rows in an order in which equal keys stand together: the one that they have, if it will do.
  mutating func runs(
    of table: SecretTable, by keys: [Int], then further: Int?
  ) throws(ParleyError) -> Runs {
    if further == nil, let order = table.order, let known = leading(order, keys) {
      let same = try sameAsPrevious(known.flatMap(\.values), table.shape)
      return Runs(table: table, continues: same, isValidFirst: false, continuesValue: nil)
    }
    let sorted = try rows(of: table, inOrderOf: keys, then: further)
    let values = (sorted.order?.keys ?? []).map(\.values)
    let isValid = try valid(sorted)
    let same = try builder.and(
      isValid, try sameAsPrevious(values.prefix(keys.count).flatMap(\.self), sorted.shape))
    var sameValue: NodeID?
    if further != nil {
      sameValue = try builder.and(same, try sameAsPrevious(values[keys.count], sorted.shape))
    }
    return Runs(table: sorted, continues: same, isValidFirst: true, continuesValue: sameValue)
  }

  /// Valid rows first, sorted by the keys, unless that was done for a grouping before.
  private mutating func rows(
    of table: SecretTable, inOrderOf keys: [Int], then further: Int?
  ) throws(ParleyError) -> SecretTable {
    if further == nil, let known = sortedRows.lazy.compactMap({ $0.rows(of: table, by: keys) }).first {
      return known
    }
    var source = table
    source.order = TableRowOrder(keys: [], isValidFirst: true, areTiesRandom: false)
    for key in keys + (further.map { [$0] } ?? []) {
      source.order?.keys.append(
        .init(
          columns: [key], isDescending: false, nullsFirst: true,
          values: try encoded(table.columns[key], table.shape)))
    }
    let sorted = try cutToBound(try sortedByOrder(source))
    if further == nil { sortedRows.append(SortedRows(table, by: keys, sorted: sorted)) }
    return sorted
  }

  /// Whether the rows stand by these keys, in whatever order of them.
  func isOrdered(_ table: SecretTable, by keys: [Int]) -> Bool {
    table.order.map { leading($0, keys) != nil } ?? false
  }

  /// The first keys of the order, where they are just these.
  private func leading(_ order: TableRowOrder, _ keys: [Int]) -> [TableRowOrder.Key]? {
    guard keys.count <= order.keys.count else { return nil }
    let candidates = Array(order.keys.prefix(keys.count))
    var open = candidates
    for key in keys {
      guard let index = open.firstIndex(where: { $0.columns.contains(key) }) else { return nil }
      open.remove(at: index)
    }
    return candidates
  }

  mutating func groupedByRuns(
    _ table: SecretTable, _ keys: [Int], _ essentials: [Int], _ aggregates: [TableAggregate]
  ) throws(ParleyError) -> SecretTable {
    // Each column whose different values or ranks count needs an order of its own; the groups come out in the same
    // order.
    var further: [Int] = []
    for aggregate in aggregates where aggregate.needsOrder(in: table) && !further.contains(aggregate.column) {
      further.append(aggregate.column)
    }
    func isIn(_ aggregate: TableAggregate, _ pass: Int) -> Bool {
      guard aggregate.needsOrder(in: table) else { return pass == 0 }
      return further[pass] == aggregate.column
    }
    var result: SecretTable?
    var columns: [TableColumn?] = Array(repeating: nil, count: aggregates.count)
    for pass in 0..<max(1, further.count) {
      let places = aggregates.indices.filter { isIn(aggregates[$0], pass) }
      var grouping = try RunGrouping(
        taken(), table, keys, essentials, further: pass < further.count ? further[pass] : nil)
      let groups = try grouping.groups(places.map { aggregates[$0] }, isCompact: !further.isEmpty)
      self = grouping.tables
      for (offset, place) in places.enumerated() { columns[place] = groups.columns[keys.count + offset] }
      if result == nil { result = groups }
    }
    guard var result else { throw ParleyError(.invariant, "a grouping without a pass") }
    result.columns = Array(result.columns.prefix(keys.count)) + columns.compactMap(\.self)
    return result
  }
}

extension TableBuilder {
  /// How many different values the columns can have together, NULL included; Int.max stands for more.
  func combinations(_ columns: [TableColumn]) -> Int {
    var product = BigInt(1)
    for column in columns {
      for part in column.parts { product *= type(part).range.upper - type(part).range.lower + 1 }
      if column.isNull != nil { product += 1 }
    }
    return Int(exactly: product) ?? .max
  }
}
