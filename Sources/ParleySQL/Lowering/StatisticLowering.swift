import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables

/// A statistic of every cell, side by side, before anything is withheld.
struct StatisticValue {
  var value: Program.NodeID
  /// 1 where SQL says NULL; nil where it never does in a cell that has rows.
  var isNull: Program.NodeID?
  var format: Program.ResultTable.Format
  /// Half of the last place, as digits / 10^scale; zero when exact.
  var error: Decimal
  /// The value is 0 of itself in a cell without contributing rows.
  var isZeroWhenEmpty: Bool
}

/// Formulas. Everything after the sums runs on one vector with an element per cell, so divisions and roots happen once
/// per column.
extension RowLowering {
  /// Places after the point of statistics that are not exact.
  static var places: Int { 6 }

  /// One argument of a statistic over rows.
  struct Argument {
    /// Integer or bit.
    var value: Program.NodeID
    var isNull: Program.NodeID?
    var scale: Int
  }

  mutating func argument(_ expression: Expression, _ type: SQLType) throws(ParleyError) -> Argument {
    let scale = if case .number(let scale) = type { scale } else { 0 }
    let lowered = try lower(expression)
    let isNull = try nullBit(lowered)
    switch lowered {
    case .number(let value, _): return Argument(value: value, isNull: isNull, scale: scale)
    case .condition(let certain, _): return Argument(value: certain, isNull: isNull, scale: 0)
    case .text:
      throw ParleyError(.invariant, "a statistic of texts was taken for one that is computed group by group")
    }
  }

  /// The masks of rows that contribute: in the cell, and no argument is NULL.
  mutating func contributors(
    to statistic: Statistic, in cells: GroupCells
  ) throws(ParleyError) -> [Program.NodeID] {
    var isNull: Program.NodeID?
    for (expression, type) in zip(statistic.arguments, statistic.types) {
      isNull = try either(isNull, try argument(expression, type).isNull)
    }
    guard let isNull else { return cells.masks }
    let isPresent = try builder.not(isNull)
    var masks: [Program.NodeID] = []
    for mask in cells.masks { masks.append(try builder.and(mask, isPresent)) }
    return masks
  }

  /// Whether it adds up numbers that are more than a bit.
  mutating func sumsWords(_ statistic: Statistic) throws(ParleyError) -> Bool {
    switch statistic.function {
    case .countRows, .count, .minimum, .maximum, .median, .quantile: return false
    case .sum, .average:
      let value = try argument(statistic.arguments[0], statistic.types[0]).value
      if case .integer = builder.program[value].operation { return false }
      return !builder.type(of: value).isBit && builder.type(of: value).shape != .scalar
    case .variance, .deviation, .correlation: return true
    }
  }

  mutating func value(
    of statistic: Statistic, in cells: GroupCells
  ) throws(ParleyError) -> StatisticValue {
    try builder.checkSize()
    let masks = try contributors(to: statistic, in: cells)
    guard let counts = cells.contributors[masks] else {
      throw ParleyError(.invariant, "a statistic's contributors were not counted")
    }
    if statistic.function == .countRows || statistic.function == .count {
      return StatisticValue(
        value: counts, isNull: nil, format: .integer, error: .zero, isZeroWhenEmpty: true)
    }
    var arguments: [Argument] = []
    for (expression, type) in zip(statistic.arguments, statistic.types) {
      arguments.append(try argument(expression, type))
    }
    let first = arguments[0]
    // A group that has rows has values, unless they can be NULL.
    let hasValues = cells.isGrouped && masks == cells.masks
    let isEmpty = hasValues ? nil : try builder.compare(.equal, counts, builder.constant(0))
    switch statistic.function {
    case .countRows, .count: throw ParleyError(.invariant, "counts are lowered above")
    case .sum:
      return StatisticValue(
        value: try sums(first.value, masks, in: cells), isNull: isEmpty, format: Self.format(scale: first.scale),
        error: .zero, isZeroWhenEmpty: true)
    case .average: return try average(first, masks, in: cells, counts: counts, isEmpty: isEmpty)
    case .minimum, .maximum:
      return StatisticValue(
        value: try extrema(statistic.function, first, masks), isNull: isEmpty,
        format: statistic.types[0].format, error: .zero, isZeroWhenEmpty: false)
    case .variance: return try spread(.variance, arguments, masks, in: cells, counts: counts)
    case .deviation: return try spread(.deviation, arguments, masks, in: cells, counts: counts)
    case .correlation: return try spread(.correlation, arguments, masks, in: cells, counts: counts)
    case .median, .quantile: return try ranked(statistic, first, masks, in: cells, isEmpty: isEmpty)
    }
  }

  private mutating func spread(
    _ function: Moments.Function, _ arguments: [Argument], _ masks: [Program.NodeID], in cells: GroupCells,
    counts: Program.NodeID
  ) throws(ParleyError) -> StatisticValue {
    var values: [Program.NodeID] = []
    for argument in arguments { values.append(try integer(argument.value)) }
    let moments = try Moments(
      function, of: values[0], and: values.dropFirst().first, scale: arguments[0].scale, rows: table.maximumRows,
      in: &builder)
    var totals: [Program.NodeID] = []
    for summand in moments.summands { totals.append(try sums(summand, masks, in: cells)) }
    let (value, isNull) = try moments.value(counts: counts, sums: totals, in: &builder)
    return StatisticValue(
      value: value, isNull: isNull, format: .decimal(scale: Self.places), error: Self.halfOfLastPlace,
      isZeroWhenEmpty: true)
  }

  static func format(scale: Int) -> Program.ResultTable.Format {
    scale == 0 ? .integer : .decimal(scale: scale)
  }
  private static var halfOfLastPlace: Decimal { Decimal(digits: 5, scale: places + 1) }

  // MARK: Sums and extremes

  /// Σ value over each mask, side by side.
  ///
  /// - Parameter cells: those that the masks are of.
  mutating func sums(
    _ value: Program.NodeID, _ masks: [Program.NodeID], in cells: GroupCells
  ) throws(ParleyError) -> Program.NodeID {
    let isScalar = builder.type(of: value).shape == .scalar
    if !isScalar, case .integer(let bit) = builder.program[value].operation {
      return try counts(of: bit, in: cells, masks: masks)
    }
    var parts: [Program.NodeID] = []
    for mask in masks {
      if isNever(mask) {
        parts.append(builder.constant(0))
      } else if isScalar {
        parts.append(try builder.multiply(try count(mask), try integer(value)))
      } else {
        parts.append(try builder.innerProduct(mask, value))
      }
    }
    return try builder.stack(parts)
  }
  private mutating func integer(_ value: Program.NodeID) throws(ParleyError) -> Program.NodeID {
    builder.type(of: value).isBit ? try builder.integer(fromBit: value) : value
  }

  /// Rows outside the mask take the far end of the range, which decides nothing.
  private mutating func extrema(
    _ function: StatisticFunction, _ argument: Argument, _ masks: [Program.NodeID]
  ) throws(ParleyError) -> Program.NodeID {
    var parts: [Program.NodeID] = []
    for mask in masks {
      if builder.type(of: argument.value).isBit {
        // All true is: none false.
        let value = function == .maximum ? argument.value : try builder.not(argument.value)
        let found = try builder.any(try builder.and(mask, value))
        parts.append(function == .maximum ? found : try builder.not(found))
      } else {
        let range = builder.type(of: argument.value).range
        let end = builder.constant(function == .minimum ? range.upper : range.lower)
        let candidates = try builder.select(mask, argument.value, end)
        parts.append(try builder.extremum(function == .minimum ? .minimum : .maximum, candidates))
      }
    }
    return try builder.stack(parts)
  }

  // MARK: Quotients

  /// round(numerator · 10^places / (10^scale · denominator)), to nearest, for a numerator ≥ 0 in units of
  /// 10^-scale and a true quotient of at most `limit` units of 10^-scale.
  private mutating func rounded(
    _ numerator: Program.NodeID, over denominator: Program.NodeID, scale: Int, places: Int, limit: BigInt
  ) throws(ParleyError) -> Program.NodeID {
    let up = powerOfTen(max(0, places - scale)), down = powerOfTen(max(0, scale - places))
    let divisor = try builder.scale(denominator, by: down)
    let dividend = try builder.add(try builder.scale(numerator, by: 2 * up), divisor)
    return try builder.quotient(
      dividend, try builder.scale(divisor, by: 2), atMost: limit * up / down + 1)
  }

  /// base + round(Σ(x − base) / n): shifting by the smallest value keeps the division free of signs.
  private mutating func average(
    _ argument: Argument, _ masks: [Program.NodeID], in cells: GroupCells, counts: Program.NodeID,
    isEmpty: Program.NodeID?
  ) throws(ParleyError) -> StatisticValue {
    let range = builder.type(of: argument.value).range
    // A multiple of what one unit of the last place is, so that adding the base back is exact.
    let unit = powerOfTen(max(0, argument.scale - Self.places))
    let base = range.lower < 0 ? range.lower.flooredQuotient(by: unit) * unit : 0
    let value = base == 0 ? argument.value : try builder.subtract(argument.value, builder.constant(base))
    let quotient = try rounded(
      try sums(value, masks, in: cells), over: try builder.atLeast(counts, 1), scale: argument.scale,
      places: Self.places, limit: range.upper - base)
    let up = powerOfTen(max(0, Self.places - argument.scale))
    return StatisticValue(
      value: try builder.add(quotient, builder.constant(base * up / unit)), isNull: isEmpty,
      format: .decimal(scale: Self.places), error: Self.halfOfLastPlace, isZeroWhenEmpty: base == 0)
  }
}
