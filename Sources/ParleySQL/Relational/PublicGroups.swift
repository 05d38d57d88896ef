import BigInt
import ParleyProgram

/// Recognises statistics over public groups: the rows of one table, filtered, grouped by keys of which all values are
/// known, aggregated, and in an order of the keys.
///
/// Such a query is computed group by group, which takes no sort. It is looked for in the plan as it was bound.
struct PublicGroups {
  private let query: BoundQuery
  private let registry: ColumnRegistry
  private let scan: Scan
  private let conditions: [Expression]
  private let keys: [Projection]
  private let aggregates: [AggregateColumn]

  /// nil for a plan of another shape.
  ///
  /// - Parameter registry: of the query.
  init?(_ query: BoundQuery, _ registry: ColumnRegistry) {
    var plan = query.plan
    // Groups under the minimum cell are left out at the end: here that is decided for all groups together.
    if case .filter(let groups, let conditions) = plan, case .aggregate(_, _, _, let shown?) = groups,
      conditions == [.column(shown)]
    {
      plan = groups
    }
    guard case .aggregate(.inner(let parts, let conditions), let keys, let aggregates, _) = plan, parts.count == 1,
      case .scan(let scan) = parts[0]
    else { return nil }
    self.query = query
    self.registry = registry
    self.scan = scan
    self.conditions = conditions
    self.keys = keys
    self.aggregates = aggregates
  }

  /// The query where all of it can be computed group by group, and its groups are few enough to be public; else nil.
  func statistics(under rules: ReleaseRules) -> LogicalQuery? {
    let table = scan.table
    guard rules.minimumCell <= 1 || !table.protection.namesUnits || table.hasOneRowEach, let found = read(),
      // Without a statistic all that is asked is which groups there are.
      !found.statistics.isEmpty, !Self.hasSeveralPartsOfOneDate(found), QueryCompiler.hasPublicGroups(found)
    else { return nil }
    return found
  }

  private func read() -> LogicalQuery? {
    var found = LogicalQuery(
      source: query.source, table: scan.table, filter: nil, filterRange: query.filterRange, keys: [], keyNames: [],
      projections: [], order: [])
    for condition in conditions {
      guard let own = row(condition) else { return nil }
      found.filter = found.filter.map { .and($0, own) } ?? own
    }
    for (key, range) in zip(keys, query.keyRanges) {
      guard let own = self.key(key, range) else { return nil }
      found.keys.append(own)
    }
    for output in query.outputs {
      guard let own = projection(output) else { return nil }
      found.projections.append(own)
    }
    for order in query.order {
      guard let key = place(ofKey: order.expression) else { return nil }
      found.order.append(.init(key: key, isDescending: order.isDescending, nullsFirst: order.nullsFirst))
    }
    found.keyNames = found.keys.indices.map { index in
      let selected = found.projections.first { if case .key(index) = $0.value { true } else { false } }
      return selected?.name ?? query.source.text(found.keys[index].range)
    }
    return found
  }

  /// Such as year and month of one column: parts of which some can never be together.
  private static func hasSeveralPartsOfOneDate(_ query: LogicalQuery) -> Bool {
    query.keys.indices.contains { index in
      query.keys[..<index].contains { other in
        let key = query.keys[index]
        return (key.expression.containsDivision || other.expression.containsDivision)
          && !key.expression.containsBucket && !other.expression.containsBucket
          && !key.expression.columns.isDisjoint(with: other.expression.columns)
      }
    }
  }

  // MARK: Keys

  private func key(_ key: Projection, _ range: SourceRange) -> LogicalQuery.Key? {
    let type = registry[key.id].type
    switch type {
    case .null, .text, .string: return nil
    case .number, .boolean, .date, .timestamp, .duration, .category: break
    }
    guard let expression = row(key.expression, isKey: true) else { return nil }
    // A constant makes no groups; a choice that has come down to one makes one of known value.
    if case .choose = expression {} else if expression.columns.isEmpty { return nil }
    return .init(expression: expression, type: type, range: range)
  }

  /// Of the key that an expression over the groups is.
  private func place(ofKey expression: Expression) -> Int? {
    if case .column(let id) = expression { keys.firstIndex { $0.id == id } } else { nil }
  }

  // MARK: What is selected

  private func projection(_ output: BoundQuery.Output) -> LogicalQuery.Projection? {
    let value = output.value
    let name = output.isNamed ? output.name : query.source.text(value.range)
    if let key = place(ofKey: value.expression) { return .init(name: name, value: .key(key), range: value.range) }
    guard let line = Line(value.expression), let id = line.column,
      let aggregate = aggregates.first(where: { $0.id == id }), let statistic = statistic(aggregate)
    else { return nil }
    let own = registry[id].type
    var (factor, offset) = (Decimal.one, Decimal.zero)
    switch (value.type, own) {
    case (.number(let scale), .number(let places)):
      guard scale >= places else { return nil }
      factor = Decimal(digits: line.factor, scale: scale - places)
      offset = Decimal(digits: line.offset, scale: scale)
    default:
      guard value.type == own, value.expression == .column(id) else { return nil }
    }
    return .init(name: name, value: .statistic(statistic, factor: factor, offset: offset), range: value.range)
  }

  /// factor · column + offset, in last places of the expression.
  private struct Line {
    var column: ColumnID?
    var factor: BigInt
    var offset: BigInt

    init(column: ColumnID?, factor: BigInt, offset: BigInt) {
      (self.column, self.factor, self.offset) = (column, factor, offset)
    }

    /// nil for expressions of another form, and of several columns.
    init?(_ expression: Expression) {
      switch expression {
      case .column(let id): self.init(column: id, factor: 1, offset: 0)
      case .integer(let value): self.init(column: nil, factor: 0, offset: value)
      case .scaled(let a, let factor):
        guard let x = Line(a) else { return nil }
        self = x.times(factor)
      case .add(let a, let b):
        guard let x = Line(a), let y = Line(b) else { return nil }
        self.init(x, y)
      case .subtract(let a, let b):
        guard let x = Line(a), let y = Line(b) else { return nil }
        self.init(x, y.times(-1))
      case .multiply(let a, let b):
        guard let x = Line(a), let y = Line(b), x.column == nil || y.column == nil else { return nil }
        self = x.column == nil ? y.times(x.offset) : x.times(y.offset)
      default: return nil
      }
    }

    private init?(_ x: Line, _ y: Line) {
      guard x.column == nil || y.column == nil else { return nil }
      self.init(column: x.column ?? y.column, factor: x.factor + y.factor, offset: x.offset + y.offset)
    }

    private func times(_ number: BigInt) -> Line {
      Line(column: column, factor: factor * number, offset: offset * number)
    }
  }

  // MARK: Statistics

  private func statistic(_ aggregate: AggregateColumn) -> Statistic? {
    guard !aggregate.isDistinct, let function = StatisticFunction(aggregate.function) else { return nil }
    var statistic = Statistic(function: function, arguments: [], types: [])
    for written in [aggregate.argument, aggregate.second].compactMap(\.self) {
      // A condition as 0 and 1 is a bit, which costs less.
      let argument = statistic.addsUp ? written.countedCondition ?? written : written
      guard let own = row(argument) else { return nil }
      statistic.arguments.append(own)
      statistic.types.append(type(of: argument, in: aggregate))
    }
    switch aggregate.function {
    case .median: statistic.share = .init(numerator: 1, denominator: 2)
    case .quantile(let numerator, let denominator):
      statistic.share = .init(numerator: numerator, denominator: denominator)
    default: return statistic
    }
    // Values by their rank are of columns of numbers.
    guard case .column(let id)? = aggregate.argument, case .number = registry[id].type else { return nil }
    return statistic
  }

  private func type(of argument: Expression, in aggregate: AggregateColumn) -> SQLType {
    if registry.type(of: argument) == .boolean { return .boolean }
    // A sum has the decimals of what is added up.
    return aggregate.function == .sum ? registry[aggregate.id].type : aggregate.type
  }

  // MARK: Expressions over rows

  /// The expression with columns numbered as in the schema; nil for what is not computed group by group.
  ///
  /// - Parameter isKey: it is a group key.
  private func row(_ expression: Expression, isKey: Bool = false) -> Expression? {
    guard isOfRows(expression, isKey: isKey) else { return nil }
    return expression.replacing { part in
      switch part {
      case .column(let id): scan.columns.firstIndex(of: id).map { .column(ColumnID(rawValue: $0)) }
      case .null(let type): .null(type == .boolean ? .boolean : .number(scale: 0))
      default: nil
      }
    }
  }

  /// Whether there are no texts, no subqueries and no divisions but those that make buckets of a key.
  ///
  /// - Parameter isKey: it is a group key, or what one is multiplied, added or divided from.
  private func isOfRows(_ expression: Expression, isKey: Bool = false) -> Bool {
    switch expression {
    case .integer, .boolean: true
    case .column(let id):
      if case .string = registry[id].type { false } else { scan.columns.contains(id) }
    case .null(let type):
      switch type {
      case .string, .text: false
      default: true
      }
    case .add, .subtract, .multiply, .scaled: expression.children.allSatisfy { isOfRows($0, isKey: isKey) }
    case .truncated(let a, _): isKey && isOfRows(a, isKey: true)
    case .floored, .remainder, .calendar, .compare, .equivalent, .not, .and, .or, .isNull, .choose, .coalesce:
      expression.children.allSatisfy { isOfRows($0) }
    case .text, .integerQuotient, .ratio, .compareText, .like, .substring, .changed, .joined, .shown, .textLength,
      .textHolds, .extreme, .squareRoot, .subquery:
      false
    }
  }
}

extension StatisticFunction {
  /// nil for what is not computed group by group.
  fileprivate init?(_ function: AggregateFunction) {
    switch function {
    case .countRows: self = .countRows
    case .count: self = .count
    case .sum: self = .sum
    case .average: self = .average
    case .minimum, .every: self = .minimum
    case .maximum, .any: self = .maximum
    case .variance: self = .variance
    case .deviation: self = .deviation
    case .correlation: self = .correlation
    case .median: self = .median
    case .quantile(let numerator, let denominator):
      // Its ends are extremes.
      guard 0 < numerator, numerator < denominator else { return nil }
      self = .quantile
    }
  }
}

extension Expression {
  /// The condition of which it is 0 and 1, as CAST makes them; nil for anything else.
  fileprivate var countedCondition: Expression? {
    guard case .choose(let branches, .integer(0)) = self, branches.count == 2,
      branches[0].result == .null(.number(scale: 0)), branches[1].result == .integer(1),
      branches[0].condition == .isNull(branches[1].condition)
    else { return nil }
    return branches[1].condition
  }
}
