import BigInt
import ParleyBase
import ParleyProgram

/// `GROUPING(a, b)`: which of the keys a row is not grouped by.
struct GroupingCall {
  var id: ColumnID
  /// Places among the keys of the block, the most significant bit first.
  var keys: [Int]
}

/// Several groupings of the same rows: GROUPING SETS, ROLLUP and CUBE. The rows are computed once, and grouped by one set of
/// keys after the other; keys that a grouping does not have are NULL in its rows.
extension RelationalBinder {
  typealias GroupKey = (projection: Projection, type: SQLType, range: SourceRange)

  /// From subtotals, counts of withheld groups would follow: the total less the groups that are shown.
  ///
  /// - Throws: `plan/release-groupings`
  func checkGroupings(_ sets: [[Int]], at range: SourceRange) throws(ParleyError) {
    guard minimumCell > 1 else { return }
    throw source.error(
      "plan/release-groupings",
      "\(sets.count) groupings in one query, under a minimum cell of \(minimumCell): a withheld group would follow from the total that it is part of",
      at: range,
      remedy:
        "write GROUP BY with one list of keys and no ROLLUP, CUBE or GROUPING SETS, where they are of known values in one query for each list; 'minimum-cell: 1' and 'rows: allowed' in the study would permit it, and protect nobody"
    )
  }

  /// - Returns: rows of all groupings, with columns that are the keys', the aggregates' and those of the calls of GROUPING.
  func grouped(
    _ rows: RelationalPlan, by sets: [[Int]], _ keys: [GroupKey], _ functions: BlockFunctions,
    at range: SourceRange
  ) throws(ParleyError) -> RelationalPlan {
    var shared = SharedValues(registry: registry)
    let keyValues = keys.map { shared.value($0.projection.expression, $0.type) }
    let aggregates = functions.aggregates.map { aggregate in
      var aggregate = aggregate
      aggregate.argument = aggregate.argument.map { shared.value($0, aggregate.type) }
      aggregate.second = aggregate.second.map { shared.value($0, .number(scale: 0)) }
      return aggregate
    }
    let own = rows.columnSet
    guard rows.freeColumns.isEmpty, shared.items.allSatisfy({ $0.expression.columns.isSubset(of: own) }) else {
      throw error(
        "correlated", "a subquery with several groupings uses columns of the query around it", at: range,
        remedy: "group by one list of keys in the subquery, or compute the groupings in a subquery in FROM")
    }
    try registry.limits.spend(sets.count * (1 + shared.items.count), at: range, of: source)
    let optimized = try Optimizer(registry: registry, source: source).optimized(.extend(rows, shared.items))
    let common = CommonPlan(
      name: "of all groupings", plan: HolderPushdown(optimized, registry: registry).moved(optimized),
      columns: Set(shared.items.map(\.id)), isGrouped: true)

    let columns =
      keys.map(\.projection.id) + functions.aggregates.map(\.id) + functions.groupings.map(\.id)
    // Longer ones first: what is in order by (a, b) is in order by a.
    let branches = sets.sorted { $0.count > $1.count }.map { set in
      branch(Set(set), of: common, keys, keyValues, aggregates, functions.groupings)
    }
    return .union(branches, columns)
  }

  private func branch(
    _ set: Set<Int>, of common: CommonPlan, _ keys: [GroupKey], _ keyValues: [Expression],
    _ aggregates: [AggregateColumn], _ groupings: [GroupingCall]
  ) -> RelationalPlan.Branch {
    var names: [ColumnID: Expression] = [:]
    let items = common.columns.sorted().map { id in
      let new = registry.copy(id)
      names[id] = .column(new)
      return Projection(id: new, expression: .column(id))
    }
    func renamed(_ value: Expression) -> Expression {
      value.replacing { if case .column(let id) = $0 { names[id] } else { nil } }
    }
    func fresh(_ id: ColumnID) -> ColumnID { registry.copy(id) }
    var outputs: [Expression] = []
    var projections: [Projection] = []
    for (place, key) in keys.enumerated() {
      guard set.contains(place) else {
        outputs.append(.null(key.type))
        continue
      }
      let id = fresh(key.projection.id)
      projections.append(Projection(id: id, expression: renamed(keyValues[place])))
      outputs.append(.column(id))
    }
    var own: [AggregateColumn] = []
    for var aggregate in aggregates {
      aggregate.id = fresh(aggregate.id)
      aggregate.argument = aggregate.argument.map(renamed)
      aggregate.second = aggregate.second.map(renamed)
      own.append(aggregate)
      outputs.append(.column(aggregate.id))
    }
    for call in groupings {
      outputs.append(.integer(call.keys.reduce(BigInt(0)) { $0 * 2 + (set.contains($1) ? 0 : 1) }))
    }
    return RelationalPlan.Branch(
      plan: .aggregate(.project(.common(common), items), keys: projections, own, shown: nil), outputs: outputs)
  }
}

/// What the rows are asked for, each once: keys, and arguments of aggregates.
private struct SharedValues {
  let registry: ColumnRegistry
  private(set) var items: [Projection] = []

  init(registry: ColumnRegistry) { self.registry = registry }

  mutating func value(_ expression: Expression, _ type: SQLType) -> Expression {
    // Constants need no column.
    if expression.columns.isEmpty, !expression.containsSubquery { return expression }
    if let known = items.first(where: { $0.expression == expression }) { return .column(known.id) }
    var name = "value"
    if case .column(let id) = expression { name = registry[id].name }
    let id = registry.column(
      name, registry.type(of: expression) ?? type, of: expression)
    items.append(Projection(id: id, expression: expression))
    return .column(id)
  }
}

extension ExpressionBinder {
  /// `GROUPING(a, b)`, a number with one bit for each key, 1 where the row is not grouped by it.
  func grouping(_ arguments: [SyntaxExpression], range: SourceRange) throws(ParleyError) -> BoundExpression {
    guard let functions, !functions.keys.isEmpty else {
      throw error(
        "aggregate-place", "GROUPING tells groupings of one query apart and cannot stand here", at: range,
        remedy: "use it in SELECT, HAVING and ORDER BY of a query with GROUP BY ROLLUP (…)")
    }
    guard (1...Parser.mostKeys / 2).contains(arguments.count) else {
      throw error(
        "arguments", "GROUPING takes 1 to \(Parser.mostKeys / 2) group keys, not \(arguments.count)", at: range,
        remedy: "write GROUPING(a) or GROUPING(a, b)")
    }
    var rows = self
    rows.functions = nil
    rows.allowsWindows = false
    var places: [Int] = []
    for argument in arguments {
      let value = try rows.bind(argument).expression
      guard let place = functions.keys.firstIndex(of: value) else {
        throw error(
          "group-key", "'\(source.text(argument.range))' is no group key", at: argument.range,
          remedy: "name keys as they stand in GROUP BY")
      }
      places.append(place)
    }
    let type = SQLType.number(scale: 0)
    guard functions.hasGroupings else { return BoundExpression(expression: .integer(0), type: type, range: range) }
    let known = functions.groupings.first { $0.keys == places }
    let id = known?.id ?? registry.column(source.text(range), type, isNullable: false)
    if known == nil { functions.groupings.append(GroupingCall(id: id, keys: places)) }
    return BoundExpression(expression: .column(id), type: type, range: range)
  }

  /// Keys are NULL in the rows of groupings that do not have them, whatever they are in the rows of tables.
  func isNullable(_ expression: Expression) -> Bool {
    if registry.isNullable(expression) { return true }
    guard let functions, functions.hasGroupings else { return false }
    func holdsKey(_ part: Expression) -> Bool {
      functions.keys.contains(part) || part.children.contains(where: holdsKey)
    }
    return holdsKey(expression)
  }
}
