import BigInt
import ParleyBase
import ParleyProgram

/// Subqueries as joins.
extension Optimizer {
  /// A subquery without columns of the query around it, and how its rows are found for a row of that query.
  struct Independent {
    var plan: RelationalPlan
    /// Left: over the query around; right: over `plan`.
    var keys: [KeyPair]
    /// Conditions over both.
    var residual: [Expression]
    /// One row for each combination of keys, and for no row what aggregates of nothing are.
    var isScalarAggregate = false
    var counts: Set<ColumnID> = []
    /// Of the rows of `plan` that belong to a row around by `keys` and `residual`: equalities alone do not say which, so that
    /// the rows cannot be aggregated before.
    var pairAggregates: [AggregateColumn]?

    /// Columns of its rows, and of what is computed of them.
    var columnSet: Set<ColumnID> { plan.columnSet.union(pairAggregates?.map(\.id) ?? []) }
  }

  private func correlated(_ range: SourceRange, _ why: String) -> ParleyError {
    error(
      "correlated", "this subquery uses columns of the query around it \(why)", at: range,
      remedy:
        "use such columns in conditions of the subquery's WHERE, below a GROUP BY in equalities alone, or write a join"
    )
  }

  private func independent(_ plan: RelationalPlan, _ range: SourceRange) throws(ParleyError) -> Independent {
    if case .sort(let inner, _) = plan { return try independent(inner, range) }
    if case .aggregate(let input, let keys, let aggregates, let shown) = plan {
      var inner = try independent(input, range)
      let own = input.columnSet
      guard plan.ownExpressions.allSatisfy({ $0.columns.isSubset(of: own) }) else {
        throw correlated(range, "inside a statistic or as a group key")
      }
      guard inner.keys.isEmpty && inner.pairAggregates == nil || !inner.isScalarAggregate else {
        throw correlated(range, "below a grouping of a statistic")
      }
      guard inner.residual.isEmpty || keys.isEmpty else {
        throw correlated(range, "in a comparison below a GROUP BY")
      }
      let counts = Set(aggregates.filter { $0.function == .count || $0.function == .countRows }.map(\.id))
      if !inner.residual.isEmpty {
        (inner.isScalarAggregate, inner.counts, inner.pairAggregates) = (true, counts, aggregates)
        return inner
      }
      var allKeys = keys
      for index in inner.keys.indices {
        let id = registry.column(
          "key", registry.type(of: inner.keys[index].right) ?? .number(scale: 0), isNullable: true)
        allKeys.append(Projection(id: id, expression: inner.keys[index].right))
        inner.keys[index].right = .column(id)
      }
      inner.isScalarAggregate = keys.isEmpty
      if keys.isEmpty { inner.counts = counts }
      inner.plan = .aggregate(inner.plan, keys: allKeys, aggregates, shown: shown)
      return inner
    }
    let free = plan.freeColumns
    if free.isEmpty { return Independent(plan: plan, keys: [], residual: []) }
    guard case .inner(let parts, let conditions) = plan, parts.allSatisfy({ $0.freeColumns.isEmpty }) else {
      throw correlated(range, "below a join, a LIMIT, HAVING or a set operation")
    }
    let own = parts.reduce(into: Set<ColumnID>()) { $0.formUnion($1.columnSet) }
    var result = Independent(plan: plan, keys: [], residual: [])
    var local: [Expression] = []
    for conjunct in conditions.flatMap(\.simplifiedConjuncts) {
      let columns = conjunct.columns
      guard !columns.isSubset(of: own) else {
        local.append(conjunct)
        continue
      }
      guard !conjunct.containsSubquery else { throw correlated(range, "two levels further in") }
      if let (a, b) = conjunct.equality {
        if !a.columns.isEmpty, a.columns.isSubset(of: own), b.columns.isDisjoint(with: own) {
          result.keys.append(KeyPair(left: b, right: a))
          continue
        }
        if !b.columns.isEmpty, b.columns.isSubset(of: own), a.columns.isDisjoint(with: own) {
          result.keys.append(KeyPair(left: a, right: b))
          continue
        }
      }
      result.residual.append(conjunct)
    }
    result.plan = .inner(parts, local)
    return result
  }

  // MARK: Values

  /// The expression without subqueries; `plan` gets the columns that stand for them.
  func attach(_ expression: Expression, to plan: inout RelationalPlan) throws(ParleyError) -> Expression {
    guard expression.containsSubquery else { return expression }
    var replacements: [Expression: Expression] = [:]
    for subquery in Self.outermost(expression) where replacements[.subquery(subquery)] == nil {
      replacements[.subquery(subquery)] = try attach(subquery, to: &plan)
    }
    return expression.replacing { replacements[$0] }
  }

  static func outermost(_ expression: Expression) -> [Subquery] {
    if case .subquery(let subquery) = expression { return [subquery] }
    return expression.children.flatMap(outermost)
  }

  /// The subquery without subqueries in what it selects, and its rows; every column that it takes from outside is one
  /// of `plan`.
  func prepared(
    _ subquery: Subquery, for plan: RelationalPlan
  ) throws(ParleyError) -> (subquery: Subquery, inner: Independent) {
    var subquery = subquery
    var inner = try independent(subquery.plan, subquery.range)
    let own = inner.columnSet
    var outside = inner.keys.reduce(into: Set<ColumnID>()) { $0.formUnion($1.left.columns) }
    for condition in inner.residual { outside.formUnion(condition.columns) }
    outside.formUnion(subquery.output.columns)
    for member in subquery.members {
      outside.formUnion(member.operand.columns)
      outside.formUnion(member.output.columns)
    }
    guard outside.subtracting(own).isSubset(of: plan.columnSet) else {
      throw correlated(subquery.range, "two levels further in")
    }
    // What is selected over a statistic is computed beside the rows around, see `scalar`.
    guard !inner.isScalarAggregate else { return (subquery, inner) }
    var items: [Projection] = []
    func computed(_ output: Expression, _ type: SQLType) throws(ParleyError) -> Expression {
      guard output.containsSubquery else { return output }
      guard output.columns.isSubset(of: own) else { throw correlated(subquery.range, "two levels further in") }
      let id = registry.column("value", type, isNullable: true)
      items.append(Projection(id: id, expression: output))
      return .column(id)
    }
    subquery.output = try computed(subquery.output, subquery.type)
    if case .oneOf(var members) = subquery.kind {
      for index in members.indices {
        members[index].output = try computed(members[index].output, members[index].type)
      }
      subquery.kind = .oneOf(members)
    }
    if !items.isEmpty { inner.plan = .extend(inner.plan, items) }
    return (subquery, inner)
  }

  private func attach(_ given: Subquery, to plan: inout RelationalPlan) throws(ParleyError) -> Expression {
    let (subquery, inner) = try prepared(given, for: plan)
    switch subquery.kind {
    case .scalar: return try scalar(subquery, inner, to: &plan)
    case .exists:
      if inner.isScalarAggregate { return .boolean(true) }
      return try exists(inner, to: &plan)
    case .oneOf(var members):
      for index in members.indices { members[index].operand = try attach(members[index].operand, to: &plan) }
      guard inner.isScalarAggregate else { return try contained(members, inner, to: &plan) }
      // A statistic without groups is one row, also of no row.
      var parts: [Expression] = []
      for member in members {
        var one = subquery
        (one.kind, one.output, one.type) = (.scalar, member.output, member.type)
        parts.append(equality(member.operand, try scalar(one, inner, to: &plan), of: member.type))
      }
      return .all(parts)
    }
  }

  private func scalar(
    _ subquery: Subquery, _ inner: Independent, to plan: inout RelationalPlan
  ) throws(ParleyError) -> Expression {
    let found = try optimized(inner.plan)
    if inner.isScalarAggregate {
      if let aggregates = inner.pairAggregates {
        try joinPairs(&plan, found, inner, aggregates)
      } else if inner.keys.isEmpty {
        plan = .cross(plan, found)
        return try attach(subquery.output, to: &plan)
      } else {
        registry.extend(found.columnSet)
        plan = .match(.left, plan, found, inner.keys, .right)
      }
      // Nothing counts as 0.
      let output = subquery.output.replacing { expression in
        guard case .column(let id) = expression, inner.counts.contains(id) else { return nil }
        return .coalesce([expression, .integer(0)])
      }
      return try attach(output, to: &plan)
    }
    let reads = subquery.output.columns
    if inner.keys.isEmpty, inner.residual.isEmpty, found.isUnique(on: []) {
      return try onlyRow(subquery, found, to: &plan)
    }
    let columns = Set(inner.keys.compactMap(\.right.injectiveColumn))
    guard inner.residual.isEmpty, !inner.keys.isEmpty, found.isUnique(on: columns) else {
      throw error(
        "scalar-subquery", "this subquery is used as a value and may give several rows", at: subquery.range,
        remedy: "select a statistic such as MAX, or declare as unique the columns that it is found by")
    }
    // What reads columns of the row around as well is computed there, where there is a row of the subquery.
    let isInside = reads.isSubset(of: found.columnSet)
    let id = registry.column("value", isInside ? subquery.type : .number(scale: 0), isNullable: true)
    let value = isInside ? subquery.output : .integer(1)
    let valued = RelationalPlan.extend(found, [Projection(id: id, expression: value)])
    registry.extend(valued.columnSet)
    plan = .match(.left, plan, valued, inner.keys, .right)
    guard !isInside else { return .column(id) }
    return .choose(
      [.init(condition: .not(.isNull(.column(id))), result: subquery.output)], otherwise: .null(subquery.type))
  }

  /// The value of a subquery that has at most one row whatever the row around it is.
  private func onlyRow(
    _ subquery: Subquery, _ found: RelationalPlan, to plan: inout RelationalPlan
  ) throws(ParleyError) -> Expression {
    var aggregates: [AggregateColumn] = []
    func only(_ expression: Expression, _ type: SQLType) -> Expression {
      let id = registry.column("value", type, isNullable: true)
      aggregates.append(
        .init(
          id: id, function: type == .boolean ? .any : .minimum, argument: expression, isDistinct: false))
      return .column(id)
    }
    let own = found.columnSet
    var value: Expression
    if subquery.output.columns.isSubset(of: own) {
      value = only(subquery.output, subquery.type)
    } else {
      var columns: [ColumnID: Expression] = [:]
      for id in subquery.output.columns.intersection(own).sorted() {
        columns[id] = only(.column(id), registry[id].type)
      }
      value = subquery.output.replacing { if case .column(let id) = $0 { columns[id] } else { nil } }
      let count = registry.column("count", .number(scale: 0), isNullable: false)
      aggregates.append(.init(id: count, function: .countRows, argument: nil, isDistinct: false))
      value = .choose(
        [.init(condition: .compare(.less, .integer(0), .column(count)), result: value)],
        otherwise: .null(subquery.type))
    }
    plan = .cross(plan, .aggregate(found, keys: [], aggregates, shown: nil))
    return value
  }

  /// A condition over `plan`: some row of the subquery belongs to the row. Never unknown.
  func exists(_ inner: Independent, to plan: inout RelationalPlan) throws(ParleyError) -> Expression {
    if inner.residual.isEmpty {
      let count = registry.column("count", .number(scale: 0), isNullable: false)
      let aggregate = AggregateColumn(id: count, function: .countRows, argument: nil, isDistinct: false)
      guard !inner.keys.isEmpty else {
        plan = .cross(plan, .aggregate(try optimized(inner.plan), keys: [], [aggregate], shown: nil))
        return .compare(.less, .integer(0), .column(count))
      }
      join(&plan, try optimized(inner.plan), inner.keys, [aggregate])
      return .not(.isNull(.column(count)))
    }
    if let condition = try extreme(inner, to: &plan) { return condition }
    let count = registry.column("count", .number(scale: 0), isNullable: false)
    try joinPairs(
      &plan, try optimized(inner.plan), inner,
      [AggregateColumn(id: count, function: .countRows, argument: nil, isDistinct: false)])
    return .not(.isNull(.column(count)))
  }

  /// `plan` with aggregates of the rows of `found` that belong to each of its rows; NULL where there are none. Every pair is
  /// looked at.
  private func joinPairs(
    _ plan: inout RelationalPlan, _ found: RelationalPlan, _ inner: Independent, _ aggregates: [AggregateColumn]
  ) throws(ParleyError) {
    let row = registry.column("row", .number(scale: 0), isNullable: false)
    plan = .numbered(plan, row)
    let conditions = inner.keys.map { equality($0.left, $0.right) } + inner.residual
    let pairs = try joined([plan, found], conditions)
    join(&plan, pairs, [KeyPair(left: .column(row), right: .column(row))], aggregates)
    try plan.checkOperators(of: source)
  }

  /// `plan` with aggregates of the rows with the same keys; NULL where there are none.
  func join(
    _ plan: inout RelationalPlan, _ inner: RelationalPlan, _ keys: [KeyPair], _ aggregates: [AggregateColumn]
  ) {
    var projections: [Projection] = []
    var pairs: [KeyPair] = []
    for key in keys {
      let id = registry.column("key", registry.type(of: key.right) ?? .number(scale: 0), isNullable: true)
      projections.append(Projection(id: id, expression: key.right))
      pairs.append(KeyPair(left: key.left, right: .column(id)))
    }
    let grouped = RelationalPlan.aggregate(inner, keys: projections, aggregates, shown: nil)
    registry.extend(grouped.columnSet)
    plan = .match(.left, plan, grouped, pairs, .right)
  }

  /// One comparison of a number of the subquery with one of the row: the smallest and largest number of the rows with
  /// the same keys decide it.
  private func extreme(_ inner: Independent, to plan: inout RelationalPlan) throws(ParleyError) -> Expression? {
    guard inner.residual.count == 1 else { return nil }
    let own = inner.plan.columnSet
    var isNotEqual = false
    var comparison = inner.residual[0]
    if case .not(let negated) = comparison { (isNotEqual, comparison) = (true, negated) }
    guard case .compare(let kind, let a, let b) = comparison, isNotEqual == (kind == .equal) else { return nil }
    func isInner(_ x: Expression, _ y: Expression) -> Bool {
      !x.columns.isEmpty && x.columns.isSubset(of: own) && y.columns.isDisjoint(with: own)
    }
    let value: Expression
    if isInner(a, b) { value = a } else if isInner(b, a) { value = b } else { return nil }
    let outside = isInner(a, b) ? b : a
    let low = registry.column("min", .number(scale: 0), isNullable: true)
    let high = registry.column("max", .number(scale: 0), isNullable: true)
    let aggregates = [
      AggregateColumn(id: low, function: .minimum, argument: value, isDistinct: false),
      AggregateColumn(id: high, function: .maximum, argument: value, isDistinct: false),
    ]
    let found = try optimized(inner.plan)
    if inner.keys.isEmpty {
      plan = .cross(plan, .aggregate(found, keys: [], aggregates, shown: nil))
    } else {
      join(&plan, found, inner.keys, aggregates)
    }
    let condition: Expression
    if isNotEqual {
      condition = .or(
        .not(.compare(.equal, .column(low), outside)), .not(.compare(.equal, .column(high), outside)))
    } else if isInner(a, b) {
      condition = .compare(kind, .column(low), outside)
    } else {
      condition = .compare(kind, outside, .column(high))
    }
    return .coalesce([condition, .boolean(false)])
  }
}
