import BigInt
import ParleyBase
import ParleyProgram

/// What the statistics of queries over public groups say about single rows, for the definition in
/// `docs/proofs/suppression.md`: a row is a unit, and holders share one bit for each set that it may be in.
struct StatisticSets {
  private let registry = ColumnRegistry()
  private let scan: Scan
  private let query: LogicalQuery
  private let minimum: Int
  /// Rows whose number, taken alone or less another of these, must not be small.
  private(set) var conditions: [Expression] = []
  /// Rows that contribute to a sum.
  private(set) var contributors: [Expression] = []

  /// - Throws: `plan/release-argument`, `plan/release-extremes`
  init(_ query: LogicalQuery, minimum: Int) throws(ParleyError) {
    self.query = query
    self.minimum = minimum
    scan = registry.scan(query.table)
    for projection in query.projections {
      if case .statistic(let statistic, _, _) = projection.value { try read(statistic, at: projection.range) }
    }
  }

  private mutating func read(_ statistic: Statistic, at range: SourceRange) throws(ParleyError) {
    var reader = ReleaseArgument(
      .init(
        lesserOfTwo: { [scan] in ReleaseColumns.lesserOfTwo(scan.table.columns[$0.rawValue]) },
        isExtended: { _ in false }, isNullable: registry.isNullable,
        isBoolean: { [registry] in registry.type(of: $0) == .boolean },
        canBeZero: { [scan] in scan.table.columns[$0.rawValue].type.range.contains(0) }))
    let arguments = statistic.arguments.map(\.relational)
    switch statistic.function {
    case .countRows: return
    case .count: reader.read(counted: arguments[0])
    case .sum, .average, .variance, .deviation, .correlation:
      for argument in arguments { reader.read(value: argument, isSummed: true) }
    case .minimum, .maximum:
      guard query.table.allowsExtremes else {
        throw refusal(.extremes, ReleaseRefusal.extremes(of: query.table.name), at: range)
      }
      reader.read(value: arguments[0], isSummed: false)
    }
    if let objection = reader.objection { throw refusal(.argument, ReleaseRefusal.argument(objection), at: range) }
    for condition in reader.conditions where !conditions.contains(condition) { conditions.append(condition) }
    // Rows in which the argument is there are counted for the statistic itself.
    for condition in reader.contributors where !contributors.contains(condition) {
      if case .not(.isNull) = condition { continue }
      contributors.append(condition)
    }
    guard conditions.count <= ReleaseRefusal.mostConditions else {
      throw refusal(.argument, ReleaseRefusal.tooMany(conditions.count), at: range)
    }
  }

  private func refusal(_ code: ReleaseRefusal.Code, _ words: ReleaseRefusal, at range: SourceRange) -> ParleyError
  {
    query.source.error(
      code.rawValue, words.message(minimum: minimum, query: query.source.query.name), at: range,
      remedy: words.remedy)
  }

  /// The bit of a row that the condition is true, as its holder computes it.
  func formula(_ condition: Expression) throws(ParleyError) -> HolderFormula {
    let isTrue = Expression.choose(
      [.init(condition: condition, result: .boolean(true))], otherwise: .boolean(false))
    guard let formula = HolderFormulas(registry: registry).formula(isTrue) else {
      throw ParleyError(.invariant, "the holder of a row cannot say whether it contributes")
    }
    return formula
  }
}

extension RowLowering {
  /// Rows of each cell in a set, side by side.
  mutating func counts(
    of formula: HolderFormula, in cells: GroupCells
  ) throws(ParleyError) -> Program.NodeID {
    let bit = builder.input(
      .init(table: tableID, column: formula.description, role: .value, sort: .bit, formula: formula))
    var masks: [Program.NodeID] = []
    for mask in cells.masks { masks.append(try builder.and(mask, bit)) }
    return try counts(of: masks)
  }

  /// Counts of rows that must each be none or enough, for the cells of `queries`, which have the same keys.
  ///
  /// - Parameter all: every query of the study over the table, whose conditions could be subtracted from these.
  mutating func contributorCounts(
    of queries: [LogicalQuery], among all: [LogicalQuery], in cells: GroupCells, minimum: Int
  ) throws(ParleyError) -> [Program.NodeID] {
    var result: [Program.NodeID] = []
    var seen: Set<HolderFormula> = []
    var judged: Set<Expression> = []
    var others: [Expression] = []
    for query in all {
      for condition in try StatisticSets(query, minimum: minimum).conditions where !others.contains(condition) {
        others.append(condition)
      }
    }
    for query in queries {
      let sets = try StatisticSets(query, minimum: minimum)
      for condition in sets.contributors {
        let formula = try sets.formula(condition)
        if seen.insert(formula).inserted { result.append(try counts(of: formula, in: cells)) }
      }
      for condition in sets.conditions {
        // That its rows were counted for something else does not say that the others were.
        guard judged.insert(condition).inserted else { continue }
        let formula = try sets.formula(condition)
        seen.insert(formula)
        let count = try counts(of: formula, in: cells)
        result += [count, try builder.subtract(cells.counts, count)]
        for other in others where other != condition && !condition.excludes(other) {
          for pair in [condition.andNot(other), other.andNot(condition)] {
            let formula = try sets.formula(pair)
            if seen.insert(formula).inserted { result.append(try counts(of: formula, in: cells)) }
          }
        }
      }
    }
    return result
  }
}

extension RowExpression {
  /// The same over columns that are numbered as in the schema.
  var relational: Expression {
    switch self {
    case .column(let index): .column(ColumnID(rawValue: index))
    case .integer(let value): .integer(value)
    case .boolean(let value): .boolean(value)
    case .null(let isCondition): .null(isCondition ? .boolean : .number(scale: 0))
    case .add(let a, let b): .add(a.relational, b.relational)
    case .subtract(let a, let b): .subtract(a.relational, b.relational)
    case .multiply(let a, let b): .multiply(a.relational, b.relational)
    case .scaled(let a, let factor): .scaled(a.relational, by: factor)
    case .bucket(let a, let width): .truncated(a.relational, by: width)
    case .floored(let a, let divisor): .floored(a.relational, by: divisor)
    case .remainder(let a, let divisor): .remainder(a.relational, by: divisor)
    case .calendar(let function, let a): .calendar(function, a.relational)
    case .less(let a, let b): .compare(.less, a.relational, b.relational)
    case .lessOrEqual(let a, let b): .compare(.lessOrEqual, a.relational, b.relational)
    case .equal(let a, let b): .compare(.equal, a.relational, b.relational)
    case .equivalent(let a, let b): .equivalent(a.relational, b.relational)
    case .not(let a): .not(a.relational)
    case .and(let a, let b): .and(a.relational, b.relational)
    case .or(let a, let b): .or(a.relational, b.relational)
    case .isNull(let a): .isNull(a.relational)
    case .choose(let branches, let otherwise):
      .choose(
        branches.map { .init(condition: $0.condition.relational, result: $0.result.relational) },
        otherwise: otherwise.relational)
    case .coalesce(let parts): .coalesce(parts.map(\.relational))
    }
  }
}
