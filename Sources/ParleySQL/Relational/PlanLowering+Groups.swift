import ParleyBase
import ParleyProgram
import ParleyTables

/// Aggregates, of all rows and of groups.
extension PlanLowering {
  mutating func aggregate(
    _ input: Plan, _ keys: [Projection], _ aggregates: [AggregateColumn], isReleased: Bool,
    _ needed: Set<ColumnID>
  ) throws(ParleyError) -> Relation {
    let withholds = isReleased && minimumCell > 1
    let wanted = aggregates.filter { needed.contains($0.id) || withholds }
    let read = columns(keys.map(\.expression) + wanted.compactMap(\.argument))
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
      functions.append(
        TableAggregate(
          TableAggregate.Function(aggregate.function), of: column, isDistinct: aggregate.isDistinct,
          name: registry[aggregate.id].name))
      ids.append(aggregate.id)
    }
    // How many rows, and how many values of each argument, a released group rests on.
    var counts: [Int] = []
    if withholds {
      for aggregate in [TableAggregate(.countRows)] + functions.filter({ $0.function != .countRows }) {
        counts.append(keys.count + functions.count)
        functions.append(
          TableAggregate(aggregate.function == .countRows ? .countRows : .count, of: aggregate.column))
        ids.append(nil)
      }
    }
    guard keys.isEmpty else {
      var table = try tables.grouped(relation.table, by: positions, functions)
      table = try compacted(table, rows: input.maximumRows)
      table = try withheld(table, counts)
      return Relation(table: table, ids: keys.map { Optional($0.id) } + ids)
    }
    if functions.isEmpty {
      functions.append(TableAggregate(.countRows))
      ids.append(nil)
    }
    let table = try withheld(try tables.aggregated(relation.table, functions), counts)
    return Relation(table: table, ids: ids)
  }

  /// As few slots as the keys have different values, where those are few.
  private mutating func compacted(
    _ table: SecretTable, rows: Int
  ) throws(ParleyError) -> SecretTable {
    guard let bound = table.validBound, bound <= rows / 2 else { return table }
    return try tables.compacted(table, bound: bound)
  }

  /// Groups that rest on too few rows are no rows any more.
  private mutating func withheld(_ table: SecretTable, _ counts: [Int]) throws(ParleyError) -> SecretTable {
    guard let rows = counts.first else { return table }
    return try tables.withholding(
      table, counts: rows, contributors: Array(counts.dropFirst()), below: minimumCell)
  }
}

extension TableAggregate.Function {
  fileprivate init(_ function: AggregateFunction) {
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
    case .quantile(let numerator, let denominator):
      self = .quantile(numerator: numerator, denominator: denominator)
    }
  }
}

extension AggregateFunction {
  /// Whether the decimals of the argument decide those of the result.
  fileprivate var dependsOnScale: Bool {
    switch self {
    case .average, .median, .quantile: true
    default: false
    }
  }
}
