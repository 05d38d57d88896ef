import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables

/// Aggregates, of all rows and of groups.
extension PlanLowering {
  mutating func aggregate(
    _ input: RelationalPlan, _ keys: [Projection], _ aggregates: [AggregateColumn], shown: ColumnID?,
    _ needed: Set<ColumnID>
  ) throws(ParleyError) -> Relation {
    let wanted = aggregates.filter { needed.contains($0.id) || shown != nil }
    let mark = try shown.map { (shown) throws(ParleyError) in
      guard let mark = marks[shown] else { throw ParleyError(.invariant, "a released group was not judged") }
      return mark
    }
    let read = columns(keys.map(\.expression) + wanted.flatMap { [$0.argument, $0.second].compactMap(\.self) })
      .union(mark.map { $0.isOfOneUnit ? [] : $0.columns } ?? [])
    var relation = try lower(input, read)
    var positions: [Int] = []
    for key in keys {
      positions.append(try position(of: key.expression, in: &relation, type: registry[key.id].type))
    }
    var functions: [TableAggregate] = []
    var ids: [ColumnID?] = []
    for aggregate in wanted {
      var column = 0
      if let argument = aggregate.argument {
        column = try position(of: argument, in: &relation, type: aggregate.type)
        if aggregate.function.dependsOnScale {
          relation.table.columns[column].type = SecretType(aggregate.type)
        }
      }
      let second = try aggregate.second.map { (other) throws(ParleyError) in
        try position(of: other, in: &relation, type: .number(scale: 0))
      }
      functions.append(
        TableAggregate(
          TableAggregate.Function(aggregate.function, with: second ?? 0), of: column,
          isDistinct: aggregate.isDistinct,
          name: registry[aggregate.id].name))
      ids.append(aggregate.id)
    }
    // How many rows and units a released group rests on.
    var counts: [TableBuilder.ContributorCount] = []
    var size = 0
    var totals: [(tables: [String], column: Int)] = []
    if let mark, !mark.units.isEmpty, !mark.isOfOneUnit {
      func add(_ aggregate: TableAggregate, _ threshold: Int) {
        counts.append(.init(column: keys.count + functions.count, threshold: threshold))
        functions.append(aggregate)
        ids.append(nil)
      }
      add(TableAggregate(.countRows), minimumCell)
      for units in mark.units {
        let unit = try units.column.map { (id) throws(ParleyError) in
          try position(of: .column(id), in: &relation)
        }
        if !units.counted.isEmpty {
          totals.append((units.counted, unit == nil ? counts[0].column : keys.count + functions.count))
          // Rows in which there is one: no row of these tables is in two.
          if let unit {
            functions.append(TableAggregate(.count, of: unit))
            ids.append(nil)
          }
        }
        for set in mark.contributors {
          let condition = try set.column.map { (id) throws(ParleyError) in
            try position(of: .column(id), in: &relation)
          }
          if let unit {
            if condition == nil, mark.isCompared(units) { size = counts.count }
            add(TableAggregate(.countUnits(where: condition), of: unit), set.threshold)
          } else if let condition {
            add(TableAggregate(.sum, of: condition), set.threshold)
          } else if set.threshold > minimumCell {
            add(TableAggregate(.countRows), set.threshold)
          }
        }
      }
    }
    let marking = mark.map { Marking(shown: shown, mark: $0, counts: counts, size: size, totals: totals) }
    guard keys.isEmpty else {
      var table = try tables.grouped(relation.table, by: positions, functions)
      table = try compacted(table, rows: input.maximumRows)
      return try marked(Relation(table: table, ids: keys.map { Optional($0.id) } + ids), marking)
    }
    if functions.isEmpty {
      functions.append(TableAggregate(.countRows))
      ids.append(nil)
    }
    let table = try tables.aggregated(relation.table, functions)
    return try marked(Relation(table: table, ids: ids), marking)
  }

  /// As few slots as the keys have different values, where those are few.
  private mutating func compacted(
    _ table: SecretTable, rows: Int
  ) throws(ParleyError) -> SecretTable {
    guard let bound = table.validBound, bound <= rows / 2 else { return table }
    return try tables.compacted(table, bound: bound)
  }

  /// How many rows tables have, whatever the query takes of them.
  private mutating func rows(of names: [String]) throws(ParleyError) -> Program.NodeID {
    var total = tables.builder.constant(0)
    for name in names {
      guard let id = tableIDs[name] else { throw ParleyError(.invariant, "table \(name) is not declared") }
      let isValid = tables.builder.input(.init(table: id, column: "", role: .isValid, sort: .bit))
      total = try tables.builder.add(total, try tables.builder.sum(isValid))
    }
    return total
  }

  private struct Marking {
    var shown: ColumnID?
    var mark: ReleaseMark
    /// The first counts rows.
    var counts: [TableBuilder.ContributorCount]
    /// Which of them is compared between groups: different units where those are of one kind and counted, else rows.
    var size: Int
    /// Tables whose rows are counted, with the column that counts those of a group.
    var totals: [(tables: [String], column: Int)]
  }

  private func dominance(
    _ relation: Relation, _ mark: ReleaseMark
  ) throws(ParleyError) -> [TableBuilder.DominanceLimit] {
    try mark.dominance.map { (rule) throws(ParleyError) in
      guard let largest = relation.position(rule.largest), let total = relation.position(rule.total) else {
        throw ParleyError(.invariant, "what dominance is judged by was lost")
      }
      return .init(largest: largest, total: total, percent: rule.percent)
    }
  }

  /// A column with the bit of every group whether it rests on enough units to be shown.
  private mutating func marked(_ relation: Relation, _ marking: Marking?) throws(ParleyError) -> Relation {
    guard let marking else { return relation }
    var relation = relation
    var bit = tables.builder.constant(true)
    var totals: [TableBuilder.Total] = []
    for (names, column) in marking.totals { totals.append(.init(rows: try rows(of: names), column: column)) }
    if marking.mark.isOfOneUnit {
      bit = try tables.noShownGroups(relation.table, of: source.query.name)
    } else if !marking.counts.isEmpty {
      bit = try tables.shownGroups(
        relation.table, rows: marking.counts[0].column, sizes: marking.counts[marking.size].column,
        contributors: marking.counts, dominance: try dominance(relation, marking.mark),
        areInSeveralGroups: marking.mark.units.contains(where: \.isInSeveralGroups),
        totals: totals, below: minimumCell, of: source.query.name)
    }
    relation.table = relation.table.appending(TableColumn(name: "shown", type: .boolean, parts: [bit]))
    relation.ids.append(marking.shown)
    return relation
  }
}

extension TableAggregate.Function {
  /// - Parameter second: the other column of a correlation.
  fileprivate init(_ function: AggregateFunction, with second: Int) {
    switch function {
    case .countRows: self = .countRows
    case .count: self = .count
    case .sum: self = .sum
    case .average: self = .average
    case .minimum: self = .minimum
    case .maximum: self = .maximum
    case .any: self = .any
    case .every: self = .every
    case .median: self = .median
    case .variance: self = .variance
    case .deviation: self = .deviation
    case .correlation: self = .correlation(with: second)
    case .quantile(let numerator, let denominator):
      self = .quantile(numerator: numerator, denominator: denominator)
    }
  }
}

extension AggregateFunction {
  /// Whether the decimals of the argument decide those of the result.
  fileprivate var dependsOnScale: Bool {
    switch self {
    case .average, .median, .quantile, .variance, .deviation: true
    default: false
    }
  }
}
