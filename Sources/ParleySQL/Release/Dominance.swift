import BigInt
package import ParleyBase
package import ParleyProgram

/// What is added up in a sum or mean: the rule of dominance is about its absolute values.
struct SummedValue: Hashable {
  /// |x| of every row; what it is where there is no value means nothing.
  var magnitude: Program.NodeID
  /// Rows in which there is one; nil: all.
  var isPresent: Program.NodeID?
  /// Columns that it is made of, as numbered in the schema.
  var columns: Set<ColumnID>
}

/// Values in which few rows of a cell must not make up too much, and which rows too many are.
struct CellDominance {
  var values: [SummedValue]
  var limits: [ReleaseRules.Dominance]
  /// The same values are added up over other cells too, so that their sum over all withheld cells may follow.
  var isUnionShown: Bool
}

/// Rules for statistics over public groups, where a row is a unit and in one cell. Rule and argument: `docs/proofs/suppression.md`.
extension RowLowering {
  /// - Parameters:
  ///   - queries: those that share the cells.
  ///   - others: those of the study that add up rows of the table in other cells.
  /// - Throws: `plan/release-argument`
  mutating func dominance(
    of queries: [LogicalQuery], beside others: [LogicalQuery], limits: [ReleaseRules.Dominance], minimum: Int
  ) throws(ParleyError) -> CellDominance {
    var values: [SummedValue] = []
    for (query, statistic) in queries.flatMap({ query in query.statistics.map { (query, $0) } })
    where statistic.addsUp {
      for (expression, type) in zip(statistic.arguments, statistic.types) {
        // What is added for each row, or for each in a branch, makes no row's share less.
        let fixed = expression.withoutFixed(query.table)
        let summed = fixed.withoutConstants
        guard !summed.isNoValue else { continue }
        let isOfDates = expression.valueSources.contains {
          switch query.table.columns[$0.rawValue].type {
          case .date, .timestamp: true
          default: false
          }
        }
        guard !summed.hidesConstants, summed == fixed || !isOfDates else {
          throw ReleaseRefusal.hiddenConstant.error(in: query, minimum: minimum)
        }
        let varying = try argument(summed, type)
        // Bits have no size.
        guard !builder.type(of: varying.value).isBit else { continue }
        let isPresent = try argument(expression, type).isNull.map { (bit) throws(ParleyError) in
          try builder.not(bit)
        }
        let value = SummedValue(
          magnitude: try builder.magnitude(varying.value), isPresent: isPresent, columns: expression.columns)
        if !values.contains(value) { values.append(value) }
      }
    }
    let columns = values.reduce(into: Set<ColumnID>()) { $0.formUnion($1.columns) }
    let isUnionShown = others.flatMap(\.statistics).contains { statistic in
      statistic.addsUp && statistic.arguments.contains { !$0.columns.isDisjoint(with: columns) }
    }
    return CellDominance(values: values, limits: limits, isUnionShown: isUnionShown)
  }

  /// For each of the disjoint sets of rows, side by side, whether in one of the values few rows make up more than is allowed; nil where
  /// nothing can.
  ///
  /// - Parameter masks: of the sets; nil: the cells themselves.
  mutating func isDominated(
    _ cells: GroupCells, in masks: [Program.NodeID]? = nil
  ) throws(ParleyError) -> Program.NodeID? {
    guard let dominance = cells.dominance else { return nil }
    let masks = masks ?? cells.masks
    var isDominated: Program.NodeID?
    for value in dominance.values {
      let sets = try masks.map { (mask) throws(ParleyError) in
        try value.isPresent.map { (bit) throws(ParleyError) in try builder.and(mask, bit) } ?? mask
      }
      let totals = try sums(value.magnitude, sets, in: cells)
      for limit in dominance.limits {
        let largest = try largest(limit.units, of: value.magnitude, in: sets, cells)
        let exceeds = try builder.compare(
          .less, try builder.scale(totals, by: BigInt(limit.percent)), try builder.scale(largest, by: 100))
        isDominated = try either(isDominated, exceeds)
      }
    }
    return isDominated
  }

  /// Whether few rows make up too much of a value in all withheld cells together, where that sum follows from others.
  mutating func isUnionDominated(
    _ cells: GroupCells, withheld: Program.NodeID
  ) throws(ParleyError) -> Program.NodeID? {
    guard let dominance = cells.dominance, dominance.isUnionShown else { return nil }
    var rows = builder.constant(false)
    for (index, mask) in cells.masks.enumerated() {
      rows = try builder.or(rows, try builder.and(mask, try builder.element(withheld, at: index)))
    }
    return try isDominated(cells, in: [rows])
  }

  /// Sum of the `count` largest values of each set, side by side.
  private mutating func largest(
    _ count: Int, of magnitude: Program.NodeID, in sets: [Program.NodeID], _ cells: GroupCells
  ) throws(ParleyError) -> Program.NodeID {
    let zero = builder.constant(0)
    if count == 1 {
      var parts: [Program.NodeID] = []
      for set in sets {
        parts.append(
          isNever(set) ? zero : try builder.extremum(.maximum, try builder.select(set, magnitude, zero)))
      }
      return try builder.stack(parts)
    }
    let open = sets.filter { !isNever($0) }
    guard !open.isEmpty else { return try builder.stack(sets.map { _ in zero }) }
    let sorted = try builder.sort(by: [.init(magnitude, isDescending: true)], [magnitude] + open)
    var bySet: [Program.NodeID: Program.NodeID] = [:]
    for (set, rows) in zip(open, sorted.dropFirst()) {
      let position = try builder.runningSum(try builder.integer(fromBit: rows))
      let isLargest = try builder.and(
        rows, try builder.compare(.lessOrEqual, position, builder.constant(BigInt(count))))
      bySet[set] = try sums(sorted[0], [isLargest], in: cells)
    }
    return try builder.stack(sets.map { bySet[$0] ?? zero })
  }
}

extension ProgramBuilder {
  /// |a|
  package mutating func magnitude(_ a: NodeID) throws(ParleyError) -> NodeID {
    let range = type(of: a).range
    guard range.lower < 0 else { return a }
    let isNegative = try compare(.less, a, constant(0))
    return try select(isNegative, try negate(a), a, within: Interval(0, max(-range.lower, range.upper)))
  }
}

extension Statistic {
  /// Values of rows are added up in it.
  var addsUp: Bool {
    switch function {
    case .sum, .average, .variance, .deviation, .correlation: true
    case .countRows, .count, .minimum, .maximum, .median, .quantile: false
    }
  }
}
