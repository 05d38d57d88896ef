import BigInt
package import ParleyBase
import ParleyProgram

/// Aggregates over the rows of given masks, and means.
extension TableBuilder {
  /// Decimals of a mean, as in statistics of the main front end.
  package static var places: Int { 6 }

  /// Aggregates over all rows: one row, also of an empty table.
  package mutating func aggregated(
    _ table: SecretTable, _ aggregates: [TableAggregate]
  ) throws(ParleyError) -> SecretTable {
    var result = SecretTable(columns: [], isValid: nil, shape: .scalar)
    let isValid = try valid(table)
    for aggregate in aggregates {
      if case .countUnits(let condition) = aggregate.function {
        let count = try units(of: aggregate.column, where: condition, table)
        result.columns.append(TableColumn(name: aggregate.name, type: .integer, parts: [count]))
      } else if aggregate.isByRank {
        result.columns.append(try valueByRank(aggregate, of: table))
      } else if aggregate.isTextExtreme(in: table) {
        result.columns.append(try extremeText(aggregate, of: table))
      } else if aggregate.needsDifferentValues, !isUnique([aggregate.column], in: table) {
        let values = try differentValues(of: aggregate.column, table)
        result.columns.append(
          try column(aggregate, of: values.table, over: [values.isCounted], isGrouped: false))
      } else {
        result.columns.append(try column(aggregate, of: table, over: [isValid], isGrouped: false))
      }
    }
    result.uniqueKeys = [[]]
    return result
  }

  /// How many different values, NULL aside, a column has among the rows in which the condition is true.
  private mutating func units(
    of column: Int, where condition: Int?, _ table: SecretTable
  ) throws(ParleyError) -> NodeID {
    let groups = try grouped(table, by: [column], condition.map { [.init(.any, of: $0)] } ?? [])
    var counts = try and(try valid(groups), not: groups.columns[0].isNull)
    if condition != nil {
      let found = groups.columns[1]
      counts = try builder.and(counts, try and(try self.condition(found), not: found.isNull))
    }
    return try builder.sum(try full(counts, groups.shape))
  }

  /// One element for each mask, side by side.
  ///
  /// - Parameter isGrouped: a cell without rows is not shown, so what has no NULL has a value.
  mutating func column(
    _ aggregate: TableAggregate, of table: SecretTable, over masks: [NodeID], isGrouped: Bool
  ) throws(ParleyError) -> TableColumn {
    if aggregate.function == .countRows {
      return TableColumn(name: aggregate.name, type: .integer, parts: [try counts(masks)])
    }
    let source = table.columns[aggregate.column]
    let isMissing = try missing(aggregate, in: table)
    var present: [NodeID] = []
    for mask in masks {
      let bit = try full(try and(mask, not: isMissing), table.shape)
      present.append(bit)
    }
    let isEmpty: NodeID?
    if isGrouped, isMissing == nil {
      isEmpty = nil
    } else {
      isEmpty = try builder.compare(.equal, try counts(present), builder.constant(0))
    }
    var result = TableColumn(name: aggregate.name, type: source.type, parts: [], isNull: isEmpty)
    switch aggregate.function {
    case .countUnits: throw ParleyError(.invariant, "units are counted among rows that stand by them")
    case .countRows, .count:
      return TableColumn(name: aggregate.name, type: .integer, parts: [try counts(present)])
    case .variance, .deviation, .correlation:
      let moments = try moments(aggregate, of: table)
      var totals: [NodeID] = []
      for summand in moments.summands { totals.append(try sums(summand, present)) }
      let (value, isNull) = try moments.value(counts: try counts(present), sums: totals, in: &builder)
      result.type = .decimal(scale: Self.places)
      (result.parts, result.isNull) = ([value], isNull)
    case .sum:
      if source.type == .boolean { result.type = .integer }
      result.parts = [try sums(try number(source), present)]
    case .average:
      let average = try averaging(try number(source), source.type)
      result.type = .decimal(scale: Self.places)
      result.parts = [
        try quotient(try sums(average.shifted, present), counts: try counts(present), average)
      ]
    case .minimum, .maximum, .representative:
      guard source.parts.count == 1 || aggregate.function == .representative else {
        throw ParleyError(.invariant, "the smallest of texts of several parts needs rows in order")
      }
      let isMinimum = aggregate.function == .minimum
      for part in source.parts { result.parts.append(try extrema(part, present, isMinimum: isMinimum)) }
    case .any: result.parts = [try extrema(try condition(source), present, isMinimum: false)]
    case .every: result.parts = [try extrema(try condition(source), present, isMinimum: true)]
    case .median, .quantile: throw ParleyError(.invariant, "a value by its rank needs rows in order")
    }
    return result
  }

  /// Where an aggregate skips the row; nil where it never does.
  mutating func missing(_ aggregate: TableAggregate, in table: SecretTable) throws(ParleyError) -> NodeID? {
    let own = table.columns[aggregate.column].isNull
    switch aggregate.function {
    case .correlation(let other): return try either(own, table.columns[other].isNull)
    default: return own
    }
  }

  /// Of the rows of a table, whichever of them count.
  mutating func moments(_ aggregate: TableAggregate, of table: SecretTable) throws(ParleyError) -> Moments {
    let column = table.columns[aggregate.column]
    let scale = if case .decimal(let scale) = column.type { scale } else { 0 }
    let value = try integer(try number(column))
    switch aggregate.function {
    case .correlation(let other):
      let second = try integer(try number(table.columns[other]))
      return try Moments(
        .correlation, of: value, and: second, scale: scale, rows: slots(table.shape), in: &builder)
    default:
      return try Moments(
        aggregate.function == .variance ? .variance : .deviation, of: value, scale: scale,
        rows: slots(table.shape), in: &builder)
    }
  }

  func number(_ column: TableColumn) throws(ParleyError) -> NodeID {
    guard column.parts.count == 1 else {
      throw refusal("type", "a number is needed here, and this is a text", "use another column")
    }
    return column.parts[0]
  }
  func condition(_ column: TableColumn) throws(ParleyError) -> NodeID {
    guard column.parts.count == 1, type(column.parts[0]).isBit else {
      throw refusal("type", "a condition is needed here, and this is none", "compare it with something")
    }
    return column.parts[0]
  }

  mutating func stacked(_ parts: [NodeID]) throws(ParleyError) -> NodeID {
    parts.count == 1 ? parts[0] : try builder.stack(parts)
  }

  private mutating func counts(_ masks: [NodeID]) throws(ParleyError) -> NodeID {
    var parts: [NodeID] = []
    for mask in masks { parts.append(try builder.sum(mask)) }
    return try stacked(parts)
  }

  private mutating func sums(_ value: NodeID, _ masks: [NodeID]) throws(ParleyError) -> NodeID {
    var parts: [NodeID] = []
    for mask in masks {
      if isScalar(value) {
        parts.append(try builder.multiply(try builder.sum(mask), try integer(value)))
      } else if type(value).isBit {
        parts.append(try builder.sum(try builder.and(mask, value)))
      } else {
        parts.append(try builder.innerProduct(mask, value))
      }
    }
    return try stacked(parts)
  }

  private mutating func extrema(
    _ value: NodeID, _ masks: [NodeID], isMinimum: Bool
  ) throws(ParleyError) -> NodeID {
    var parts: [NodeID] = []
    for mask in masks {
      if type(value).isBit {
        // All true is: none false.
        let found = try builder.any(try builder.and(mask, isMinimum ? try builder.not(value) : value))
        parts.append(isMinimum ? try builder.not(found) : found)
      } else {
        let candidates = try builder.select(mask, value, farEnd(value, isMinimum: isMinimum))
        parts.append(try builder.extremum(isMinimum ? .minimum : .maximum, candidates))
      }
    }
    return try stacked(parts)
  }

  /// The end of the range that decides nothing.
  mutating func farEnd(_ value: NodeID, isMinimum: Bool) -> NodeID {
    let range = type(value).range
    return builder.constant(isMinimum ? range.upper : range.lower)
  }

  /// The rows by the values of a column, and a bit for one row of each different value.
  private mutating func differentValues(
    of index: Int, _ table: SecretTable
  ) throws(ParleyError) -> (table: SecretTable, isCounted: NodeID) {
    let column = table.columns[index]
    let isLive = try full(try and(try valid(table), not: column.isNull), table.shape)
    let values = try full(column.parts, table.shape)
    let keys = [Program.SortKey(try builder.not(isLive))] + values.map { Program.SortKey($0) }
    var (sorted, extra) = try moved(table, by: keys, extra: [isLive] + values)
    sorted.columns[index].isNull = nil
    let isSame = try sameAsPrevious(Array(extra.dropFirst()), table.shape)
    return (sorted, try builder.and(extra[0], try builder.not(isSame)))
  }

  // MARK: Means

  /// What a mean is computed from: values moved up by the smallest of their range, so that no division meets a sign.
  struct Averaging {
    var shifted: NodeID
    /// In units of the column, a multiple of one unit of the last decimal.
    var base: BigInt
    /// Largest shifted value.
    var limit: BigInt
    var scale: Int
  }

  mutating func averaging(_ value: NodeID, _ type: SecretType) throws(ParleyError) -> Averaging {
    let scale = if case .decimal(let scale) = type { scale } else { 0 }
    let value = try integer(value)
    let range = self.type(value).range
    let unit = powerOfTen(max(0, scale - Self.places))
    let base = range.lower < 0 ? range.lower.flooredQuotient(by: unit) * unit : 0
    let shifted = base == 0 ? value : try builder.subtract(value, builder.constant(base))
    return Averaging(shifted: shifted, base: base, limit: range.upper - base, scale: scale)
  }

  /// base + round(sum / count), halves upwards, to six decimals; arbitrary where the count is 0.
  mutating func quotient(
    _ sum: NodeID, counts: NodeID, _ average: Averaging
  ) throws(ParleyError) -> NodeID {
    let up = powerOfTen(max(0, Self.places - average.scale))
    let down = powerOfTen(max(0, average.scale - Self.places))
    let divisor = try builder.scale(try builder.atLeast(counts, 1), by: down)
    let dividend = try builder.add(try builder.scale(sum, by: 2 * up), divisor)
    let rounded = try builder.quotient(
      dividend, try builder.scale(divisor, by: 2), atMost: average.limit * up / down + 1)
    return try builder.add(rounded, builder.constant(average.base * up / down))
  }

  /// round(numerator / denominator) to `places` decimals, halves upwards, for a numerator in units of 10^-scale and a
  /// denominator that is at least 1.
  package mutating func ratio(
    _ numerator: NodeID, scale: Int, over denominator: NodeID, places: Int
  ) throws(ParleyError) -> NodeID {
    let up = powerOfTen(max(0, places - scale)), down = powerOfTen(max(0, scale - places))
    let divisor = try builder.scale(denominator, by: down)
    let dividend = try builder.add(try builder.scale(numerator, by: 2 * up), divisor)
    return try builder.quotient(dividend, try builder.scale(divisor, by: 2))
  }
}

func powerOfTen(_ exponent: Int) -> BigInt { BigInt(10).power(exponent) }

extension TableAggregate {
  /// Whether repeated values would change the result.
  var needsDifferentValues: Bool {
    switch function {
    case .count, .sum, .average, .variance, .deviation: isDistinct
    case .countRows, .minimum, .maximum, .any, .every, .median, .quantile, .correlation, .countUnits,
      .representative:
      false
    }
  }

  var countsUnits: Bool { if case .countUnits = function { true } else { false } }

  /// Whether the result is a value at a place among those of its group.
  var isByRank: Bool {
    switch function {
    case .median, .quantile: true
    default: false
    }
  }

  /// Whether it is the smallest or largest of texts of several parts, which are in order only together.
  func isTextExtreme(in table: SecretTable) -> Bool {
    switch function {
    case .minimum, .maximum: table.columns[column].parts.count > 1
    default: false
    }
  }

  /// Whether a group's rows have to stand by the column.
  func needsOrder(in table: SecretTable) -> Bool {
    needsDifferentValues || isByRank || isTextExtreme(in: table) || countsUnits
  }
}
