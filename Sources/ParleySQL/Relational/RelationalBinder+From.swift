import BigInt
import ParleyBase
import ParleyProgram

/// FROM: tables, common tables, subqueries, joins.
struct BoundRelations {
  var relations: [RelationalPlan] = []
  var conditions: [Expression] = []
  var scope = Scope()
  /// No row of it is a row of a table.
  var isAggregated = true
  /// Of the only relation, whose rows are groups.
  var withheld: WithheldGroups?

  var plan: RelationalPlan {
    relations.count == 1 && conditions.isEmpty ? relations[0] : .inner(relations, conditions)
  }

  /// Leaves out what the minimum cell withholds.
  mutating func withhold() {
    conditions += (withheld?.shown ?? []).map { .column($0) }
    withheld = nil
  }

  mutating func append(_ other: BoundRelations) {
    var other = other
    if relations.isEmpty, conditions.isEmpty {
      withheld = other.withheld
    } else {
      withhold()
      other.withhold()
    }
    relations += other.relations
    conditions += other.conditions
    scope.tables += other.scope.tables
    scope.merged += other.scope.merged
    isAggregated = isAggregated && other.isAggregated
  }
}

extension RelationalBinder {
  func relations(
    _ list: [TableExpression], in environment: Environment, isReleased: Bool
  ) throws(ParleyError) -> BoundRelations {
    var all = BoundRelations()
    for expression in list { all.append(try relations(expression, in: environment, isReleased: isReleased)) }
    return all
  }

  private func relations(
    _ expression: TableExpression, in environment: Environment, isReleased: Bool
  ) throws(ParleyError) -> BoundRelations {
    switch expression {
    case .named(let name, let alias):
      if let table = environment.commonTable(name.text) {
        let query = try query(of: table, isReleased: isReleased)
        let columns = alias.map { $0.columns.isEmpty ? table.syntax.columns : $0.columns } ?? table.syntax.columns
        return try derived(query, named: alias?.name ?? name, columns: columns)
      }
      return try table(name, alias, environment)
    case .derived(let statement, let alias, let range):
      let query = try query(statement, in: environment, isReleased: isReleased)
      return try derived(query, named: alias?.name ?? Name(text: "", range: range), columns: alias?.columns ?? [])
    case .joined(let kind, let a, let b, let condition, let range):
      let left = try relations(a, in: environment, isReleased: isReleased)
      let right = try relations(b, in: environment, isReleased: isReleased)
      return try joined(kind, left, right, condition, range, environment)
    }
  }

  private func table(
    _ name: Name, _ alias: TableAlias?, _ environment: Environment
  ) throws(ParleyError) -> BoundRelations {
    guard
      let table = tables.first(where: { $0.name == name.text })
        ?? tables.first(where: { $0.name.lowercased() == name.text.lowercased() })
    else {
      let names = tables.map(\.name) + environment.commonTableNames
      throw error(
        "unknown-table", "unknown table '\(name.text)'\(didYouMean(name.text, among: names))", at: name.range,
        remedy: "tables of the study: \(names.joined(separator: ", "))")
    }
    let scan = registry.scan(table)
    try registry.limits.mention(at: name.range, of: source)
    try registry.limits.spend(table.columns.count, at: name.range, of: source)
    var columns: [Scope.Column] = []
    for (schema, id) in zip(table.columns, scan.columns) {
      let value = BoundExpression(expression: .column(id), type: SQLType(schema), range: name.range)
      columns.append(.init(name: schema.name, value: value))
    }
    try rename(&columns, alias?.columns ?? [])
    return BoundRelations(
      relations: [.scan(scan)], conditions: [],
      scope: Scope(tables: [.init(name: alias?.name.text ?? table.name, columns: columns)]), isAggregated: false)
  }

  private func rename(_ columns: inout [Scope.Column], _ names: [Name]) throws(ParleyError) {
    guard names.count <= columns.count else {
      throw error(
        "arguments", "\(names.count) names are given to \(columns.count) columns", at: names[columns.count].range,
        remedy: "leave the last ones out")
    }
    for (index, name) in names.enumerated() { columns[index].name = name.text }
  }

  private func derived(_ query: BoundQuery, named name: Name, columns names: [Name]) throws(ParleyError)
    -> BoundRelations
  {
    var columns = query.outputs.map { Scope.Column(name: $0.name, value: $0.value) }
    try rename(&columns, names)
    var result = BoundRelations(
      relations: [query.plan], conditions: [],
      scope: Scope(tables: [.init(name: name.text, columns: columns)]), isAggregated: query.isAggregated,
      withheld: query.withheld)
    if query.isFlat, case .inner(let relations, let conditions) = query.plan {
      (result.relations, result.conditions) = (relations, conditions)
    }
    return result
  }

  // MARK: Joins

  private func joined(
    _ kind: TableExpression.JoinKind, _ left: BoundRelations, _ right: BoundRelations,
    _ condition: TableExpression.Condition, _ range: SourceRange, _ environment: Environment
  ) throws(ParleyError) -> BoundRelations {
    var left = left, right = right
    left.withhold()
    right.withhold()
    if case .outer(let outer) = kind {
      if outer != .left { left = try extended(left) }
      if outer != .right { right = try extended(right) }
    }
    var both = left
    both.append(right)
    let tables = both.scope.tables.map { $0.name.lowercased() }.filter { !$0.isEmpty }
    guard Set(tables).count == tables.count else {
      throw error(
        "duplicate-name", "two joined tables have one name", at: range,
        remedy: "give each a name of its own: JOIN t AS t2")
    }
    var conditions: [Expression] = []
    let binder = ExpressionBinder(queries: self, environment: environment, scope: both.scope)
    switch condition {
    case .none: break
    case .on(let syntax): conditions = try binder.condition(syntax).conjuncts
    case .using(let names):
      for name in names { conditions.append(try use(name, kind, left.scope, right.scope, &both.scope, binder)) }
    }
    guard case .outer(let outer) = kind else {
      both.conditions += conditions
      return both
    }
    both.relations = [
      outer == .right
        ? .outer(.left, right.plan, left.plan, conditions) : .outer(outer, left.plan, right.plan, conditions)
    ]
    both.conditions = []
    return both
  }

  /// A side of an outer join that gets rows of NULLs: every name means a column, which can be one.
  private func extended(_ side: BoundRelations) throws(ParleyError) -> BoundRelations {
    var side = side
    var items: [Projection] = []
    func column(_ value: BoundExpression, _ name: String) -> BoundExpression {
      if case .column = value.expression { return value }
      let type = value.type == .text ? SQLType.string(bytes: 0) : value.type
      var value = value
      // A literal becomes a category of one.
      if case .text(let text) = value.expression {
        value.type = .category(CategoryList(constants: [text]))
        value.expression = .integer(0)
      }
      let id = registry.column(
        name, value.type == .text ? type : value.type, of: value.expression)
      items.append(Projection(id: id, expression: value.expression))
      value.expression = .column(id)
      return value
    }
    for table in side.scope.tables.indices {
      for index in side.scope.tables[table].columns.indices {
        let old = side.scope.tables[table].columns[index]
        side.scope.tables[table].columns[index].value = column(old.value, old.name)
      }
    }
    for index in side.scope.merged.indices {
      side.scope.merged[index].value = column(side.scope.merged[index].value, side.scope.merged[index].name)
    }
    var plan = side.plan
    if !items.isEmpty { plan = .extend(plan, items) }
    (side.relations, side.conditions) = ([plan], [])
    registry.extend(plan.columnSet)
    return side
  }

  private func use(
    _ name: Name, _ kind: TableExpression.JoinKind, _ left: Scope, _ right: Scope, _ both: inout Scope,
    _ binder: ExpressionBinder
  ) throws(ParleyError) -> Expression {
    let sides = [left, right].map { $0.columns(named: name.text, of: nil) }
    guard sides[0].count == 1, sides[1].count == 1 else {
      throw error(
        "unknown-column", "'\(name.text)' is not one column of each side of the join", at: name.range,
        remedy: "write ON with the names of both columns")
    }
    let a = sides[0][0], b = sides[1][0]
    let condition = try binder.compare(.equal, a.value, b.value)
    func hide(_ columns: inout [Scope.Column]) {
      for index in columns.indices where columns[index].name.lowercased() == name.text.lowercased() {
        columns[index].isMerged = true
      }
    }
    for index in both.tables.indices { hide(&both.tables[index].columns) }
    both.merged.removeAll { $0.name.lowercased() == name.text.lowercased() }
    var value = a.value
    if kind == .outer(.right) { value = b.value }
    if kind == .outer(.full) {
      let (values, type) = try binder.unified([a.value, b.value], what: "in one column")
      value = BoundExpression(expression: .coalesce(values), type: type, range: name.range)
    }
    both.merged.append(.init(name: a.name, value: value))
    return condition
  }
}
