import BigInt
import ParleyBase
import ParleyProgram

/// Resolves a query against the tables of the study: joins, subqueries, groups, windows.
struct RelationalBinder {
  let source: Source
  let tables: [TableSchema]
  /// Groups of fewer rows are withheld from what the study publishes.
  let minimumCell: Int
  let registry = ColumnRegistry()

  /// - Parameter work: it is noted there that a query was bound.
  static func bind(
    _ statement: QueryStatement, source: Source, tables: [TableSchema], minimumCell: Int, _ work: JudgingWork
  ) throws(ParleyError) -> (query: BoundQuery, registry: ColumnRegistry) {
    work.noteBinding()
    let binder = RelationalBinder(source: source, tables: tables, minimumCell: minimumCell)
    var query = try binder.query(statement, in: Environment(), isReleased: true)
    query.withhold()
    return (query, binder.registry)
  }

  func error(_ code: String, _ message: String, at range: SourceRange, remedy: String) -> ParleyError {
    source.error("sql/\(code)", message, at: range, remedy: remedy)
  }

  // MARK: Statements

  /// - Parameter isReleased: its rows are what the study publishes, so small groups are withheld from them.
  func query(
    _ statement: QueryStatement, in environment: Environment, isReleased: Bool
  ) throws(ParleyError) -> BoundQuery {
    try registry.limits.enter(at: statement.range, of: source)
    defer { registry.limits.leave() }
    var environment = environment
    let mentions = statement.with.isEmpty ? [:] : TableMentions(in: statement).counts
    for table in statement.with {
      let count = mentions[table.name.text.lowercased()] ?? 0
      environment.commonTables = .more(
        environment.commonTables, CommonTable(table, environment, mentions: count))
    }
    var query: BoundQuery
    if case .select(let block) = statement.body {
      query = try self.block(block, orderBy: statement.orderBy, in: environment, isReleased: isReleased)
    } else {
      query = try body(statement.body, in: environment, isReleased: isReleased)
      for order in statement.orderBy { query.order.append(try outputOrder(order, query)) }
    }
    let count = try statement.limit.map { syntax throws(ParleyError) in try rowCount(syntax, "LIMIT") }
    let offset = try statement.offset.map { syntax throws(ParleyError) in try rowCount(syntax, "OFFSET") } ?? 0
    if count != nil || offset > 0 {
      query.withhold()
      query.plan = .limit(.sort(query.plan, query.order), count: count, offset: offset)
    }
    return query
  }

  private func rowCount(_ syntax: SyntaxExpression, _ clause: String) throws(ParleyError) -> Int {
    guard case .number(let digits, 0) = syntax.kind, digits >= 0, digits <= BigInt(Int32.max) else {
      throw error(
        "limit", "\(clause) is a constant number of rows", at: syntax.range,
        remedy: "write for instance \(clause) 10")
    }
    return Int(digits)
  }

  /// Of set operations: by position or name.
  private func outputOrder(
    _ order: OrderItem, _ query: BoundQuery
  ) throws(ParleyError) -> OrderKey {
    var value: BoundExpression?
    if case .name(nil, let name) = order.expression.kind {
      value = query.outputs.first { $0.name.lowercased() == name.text.lowercased() }?.value
    }
    if case .number(let digits, 0) = order.expression.kind,
      let index = digits.place(among: query.outputs.count)
    {
      value = query.outputs[index].value
    }
    guard let value else {
      throw error(
        "ordinal", "the rows of a \(SetOperation.union.rawValue) are ordered by its columns",
        at: order.expression.range, remedy: "name a column of the first SELECT, or write its position")
    }
    return key(value, order)
  }

  private func key(_ value: BoundExpression, _ order: OrderItem) -> OrderKey {
    OrderKey(
      expression: value.expression, isDescending: order.isDescending,
      nullsFirst: order.nullsFirst ?? !order.isDescending)
  }

  // MARK: Set operations

  private func body(
    _ body: QueryBody, in environment: Environment, isReleased: Bool
  ) throws(ParleyError) -> BoundQuery {
    switch body {
    case .select(let block): return try self.block(block, orderBy: [], in: environment, isReleased: isReleased)
    case .nested(let statement): return try query(statement, in: environment, isReleased: isReleased)
    case .combined(let operation, let all, let a, let b, let range):
      var left = try self.body(a, in: environment, isReleased: isReleased)
      var right = try self.body(b, in: environment, isReleased: isReleased)
      left.withhold()
      right.withhold()
      return try combined(operation, all: all, left, right, range, environment)
    }
  }

  private func combined(
    _ operation: SetOperation, all: Bool, _ left: BoundQuery, _ right: BoundQuery, _ range: SourceRange,
    _ environment: Environment
  ) throws(ParleyError) -> BoundQuery {
    guard left.outputs.count == right.outputs.count else {
      throw error(
        "arguments",
        "the two sides of \(operation.rawValue) have \(left.outputs.count) and \(right.outputs.count) columns",
        at: range, remedy: "select the same number of columns on both sides")
    }
    let binder = ExpressionBinder(queries: self, environment: environment, scope: Scope())
    var branches = [left, right].map { RelationalPlan.Branch(plan: $0.plan, outputs: []) }
    var query = BoundQuery(
      source: source, plan: left.plan, outputs: [], isAggregated: left.isAggregated && right.isAggregated)
    var columns: [ColumnID] = []
    for (x, y) in zip(left.outputs, right.outputs) {
      let (values, type) = try binder.unified([x.value, y.value], what: "in one column")
      branches[0].outputs.append(values[0])
      branches[1].outputs.append(values[1])
      let isNullable = values.contains(where: registry.isNullable)
      let id = registry.column(x.name, type, isNullable: isNullable)
      registry[id].error = registry.error(ofAny: values)
      registry[id].unit = registry.unit(ofAny: values)
      columns.append(id)
      query.outputs.append(
        .init(name: x.name, value: BoundExpression(expression: .column(id), type: type, range: x.value.range)))
    }
    if operation == .union {
      query.plan = .union(branches, columns)
      if !all { distinct(&query) }
    } else if all {
      // Equal rows are numbered on both sides: the n-th of one meets the n-th of the other.
      let number = registry.column("number", .number(scale: 0), isNullable: false)
      query.plan = .compared(operation, numbered(branches[0]), numbered(branches[1]), columns + [number])
    } else {
      query.plan = .compared(operation, branches[0], branches[1], columns)
    }
    return query
  }

  private func numbered(_ branch: RelationalPlan.Branch) -> RelationalPlan.Branch {
    let items = branch.outputs.map { output in
      let type = registry.type(of: output) ?? .number(scale: 0)
      return Projection(
        id: registry.column("value", type, of: output), expression: output)
    }
    let values = items.map { Expression.column($0.id) }
    let number = registry.column("number", .number(scale: 0), isNullable: false)
    let step = WindowStep(
      partition: values, order: [], functions: [.init(id: number, function: .rowNumber)],
      areTiesAlike: true)
    return RelationalPlan.Branch(
      plan: .window(.extend(branch.plan, items), step), outputs: values + [.column(number)])
  }

  /// Each different row once.
  func distinct(_ query: inout BoundQuery) {
    query.withhold()
    let own = query.plan.columnSet
    var keys: [Projection] = []
    for index in query.outputs.indices {
      query.outputs[index].value = query.outputs[index].value.asColumn
      let value = query.outputs[index].value
      let id: ColumnID
      if case .column(let column) = value.expression, own.contains(column),
        !keys.contains(where: { $0.id == column })
      {
        id = column
      } else {
        id = registry.column(
          query.outputs[index].name, value.type, of: value.expression)
      }
      keys.append(Projection(id: id, expression: value.expression))
      query.outputs[index].value.expression = .column(id)
    }
    query.plan = .aggregate(query.plan, keys: keys, [], shown: nil)
  }
}
