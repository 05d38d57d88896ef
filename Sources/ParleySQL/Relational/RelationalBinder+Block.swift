import BigInt
import ParleyBase
import ParleyProgram

/// One SELECT block: rows, groups, windows, DISTINCT.
extension RelationalBinder {
  private struct Item {
    var name: String
    var syntax: SyntaxExpression?
    /// Of `*`: known already.
    var value: BoundExpression?
    var isNamed = false
  }

  func block(
    _ block: SelectBlock, orderBy: [OrderItem], in environment: Environment, isReleased: Bool
  ) throws(ParleyError) -> BoundQuery {
    let isAggregated = isAggregated(block, orderBy)
    var from = try relations(block.from, in: environment, isReleased: isReleased && !isAggregated)
    try checkNames(from.scope, block)
    var rows = ExpressionBinder(queries: self, environment: environment, scope: from.scope)
    if let filter = block.filter { from.conditions.append(try rows.condition(filter)) }
    let derived = block.groupingSets == nil ? [] : columnsOfTheirOwn(&from.scope)
    rows = ExpressionBinder(queries: self, environment: environment, scope: from.scope)
    let items = try items(block, from.scope)
    rows.aliases = items.compactMap { item in item.syntax.map { (item.name, $0) } }

    let functions = BlockFunctions()
    var keys: [GroupKey] = []
    rows.subqueries = BoundSubqueries()
    let own = from.relations.reduce(into: Set(derived.map(\.id))) { $0.formUnion($1.columnSet) }
    var places: [Int] = []
    for syntax in block.groupBy { places.append(try addKey(syntax, items, rows, own, &keys)) }
    let sets = try groupingSets(block, places, &keys)
    rows.subqueries?.isRemembering = false

    var values = rows
    values.functions = functions
    values.allowsWindows = true
    if !isAggregated { values.functions = BlockFunctions() }
    let collected = values.functions ?? functions
    collected.keys = keys.map(\.projection.expression)
    collected.hasGroupings = sets != nil
    if block.filter != nil { from.withheld?.isWhole = false }
    var query = BoundQuery(
      source: source,
      plan: derived.isEmpty
        ? .inner(from.relations, from.conditions) : .extend(.inner(from.relations, from.conditions), derived),
      outputs: [],
      isAggregated: isAggregated || from.isAggregated, withheld: from.withheld)
    (query.filterRange, query.keyRanges) = (block.filter?.range, keys.map(\.range))
    var plain = values
    plain.aliases = []
    for item in items {
      if let value = item.value { query.outputs.append(.init(name: item.name, value: value)) }
      guard let syntax = item.syntax else { continue }
      query.outputs.append(.init(name: item.name, value: try plain.bind(syntax), isNamed: item.isNamed))
    }
    var having: [Expression] = []
    if let syntax = block.having {
      values.allowsWindows = false
      having = try values.condition(syntax).conjuncts
      values.allowsWindows = true
    }
    for order in orderBy { query.order.append(try self.order(order, items, query, values)) }

    if isAggregated {
      try group(&query, &having, keys, sets, collected, block, isReleased: isReleased)
    } else if let first = collected.aggregates.first {
      throw ParleyError(.invariant, "aggregate \(first.id.rawValue) in a block without groups")
    }
    for window in collected.windows {
      if let withheld = query.withheld { try checkWindow(window, withheld, block.range) }
      query.plan = .window(query.plan, window)
    }
    if block.isDistinct {
      let selected = query.outputs.map(\.value.expression)
      for (key, order) in zip(query.order, orderBy) where !selected.contains(key.expression) {
        throw error(
          "order", "a DISTINCT query is ordered by what it selects", at: order.expression.range,
          remedy: "select the expression, or leave DISTINCT out")
      }
      distinct(&query)
      for index in query.order.indices {
        guard let place = selected.firstIndex(of: query.order[index].expression) else { continue }
        query.order[index].expression = query.outputs[place].value.expression
      }
    }
    return query
  }

  private func isAggregated(_ block: SelectBlock, _ orderBy: [OrderItem]) -> Bool {
    if !block.groupBy.isEmpty || block.groupingSets != nil || block.having != nil { return true }
    let items = block.items.compactMap { if case .expression(let syntax, _) = $0 { syntax } else { nil } }
    return (items + orderBy.map(\.expression)).contains(where: ExpressionBinder.containsAggregate)
  }

  private func checkNames(_ scope: Scope, _ block: SelectBlock) throws(ParleyError) {
    var names: Set<String> = []
    for table in scope.tables where !table.name.isEmpty {
      guard names.insert(table.name.lowercased()).inserted else {
        throw error(
          "duplicate-name", "two tables of one query are called '\(table.name)'", at: block.range,
          remedy: "give each a name of its own: FROM t AS t1, t AS t2")
      }
    }
  }

  private func items(_ block: SelectBlock, _ scope: Scope) throws(ParleyError) -> [Item] {
    var items: [Item] = []
    for item in block.items {
      switch item {
      case .expression(let syntax, let alias):
        var name = alias?.text ?? source.text(syntax.range)
        if alias == nil, case .name(_, let column) = syntax.kind { name = column.text }
        items.append(Item(name: name, syntax: syntax, value: nil, isNamed: alias != nil))
      case .everything(let qualifier, let range):
        var columns = scope.visible
        if let qualifier {
          guard let table = scope.tables.first(where: { $0.name.lowercased() == qualifier.text.lowercased() })
          else {
            let names = scope.tables.map(\.name)
            throw error(
              "unknown-table", "unknown table '\(qualifier.text)'\(didYouMean(qualifier.text, among: names))",
              at: qualifier.range, remedy: "tables of this query: \(names.joined(separator: ", "))")
          }
          columns = table.columns
        }
        for column in columns {
          var value = column.value
          value.range = range
          items.append(Item(name: column.name, syntax: nil, value: value))
        }
      }
    }
    return items
  }

  /// What an ordinal means.
  private func item(
    _ syntax: SyntaxExpression, _ items: [Item], clause: String
  ) throws(ParleyError) -> Int? {
    guard case .number(let digits, 0) = syntax.kind else { return nil }
    guard let index = digits.place(among: items.count) else {
      throw error(
        "ordinal", "\(clause) \(digits) names no selected column", at: syntax.range,
        remedy: "use 1 to \(items.count)")
    }
    return index
  }

  // MARK: Groups

  private func addKey(
    _ syntax: SyntaxExpression, _ items: [Item], _ rows: ExpressionBinder, _ own: Set<ColumnID>,
    _ keys: inout [GroupKey]
  ) throws(ParleyError) -> Int {
    var value: BoundExpression
    if let index = try item(syntax, items, clause: "GROUP BY") {
      guard let selected = items[index].syntax else {
        throw error("ordinal", "this names a column of *", at: syntax.range, remedy: "write the column's name")
      }
      var plain = rows
      plain.aliases = []
      if ExpressionBinder.containsAggregate(selected) { throw notAKey(syntax) }
      value = try plain.bind(selected)
    } else {
      if ExpressionBinder.containsAggregate(syntax) { throw notAKey(syntax) }
      value = try rows.bind(syntax)
    }
    value = value.asColumn
    if let known = keys.firstIndex(where: { $0.projection.expression == value.expression }) { return known }
    let id: ColumnID
    if case .column(let column) = value.expression, own.contains(column) {
      id = column
    } else {
      id = registry.column(
        source.text(value.range), value.type, of: value.expression)
    }
    keys.append((Projection(id: id, expression: value.expression), value.type, value.range))
    return keys.count - 1
  }

  /// Constants of subqueries in FROM, and what several of their columns are alike, get columns of their own: a key is NULL in the rows
  /// of groupings that do not have it, and another name for the same may be a key there, or none.
  private func columnsOfTheirOwn(_ scope: inout Scope) -> [Projection] {
    var derived: [Projection] = []
    var seen = Set<Expression>()
    for table in scope.tables.indices {
      for place in scope.tables[table].columns.indices {
        let value = scope.tables[table].columns[place].value.asColumn
        let isConstant = value.expression.columns.isEmpty && !value.expression.containsSubquery
        guard !seen.insert(value.expression).inserted || isConstant else { continue }
        let id = registry.column(scope.tables[table].columns[place].name, value.type, of: value.expression)
        derived.append(Projection(id: id, expression: value.expression))
        scope.tables[table].columns[place].value = BoundExpression(
          expression: .column(id), type: value.type, range: value.range)
      }
    }
    return derived
  }

  /// Where there are several, the keys of each, by their places; the keys then get columns in which they may be NULL.
  private func groupingSets(
    _ block: SelectBlock, _ places: [Int], _ keys: inout [GroupKey]
  ) throws(ParleyError) -> [[Int]]? {
    guard let sets = block.groupingSets, sets.count > 1 else { return nil }
    try checkGroupings(sets, at: block.range)
    for index in keys.indices {
      let entry = registry[keys[index].projection.id]
      let id = registry.column(entry.name, keys[index].type, isNullable: true)
      (registry[id].error, registry[id].values, registry[id].unit) = (entry.error, entry.values, entry.unit)
      keys[index].projection.id = id
    }
    return sets.map { $0.map { places[$0] } }
  }

  private func notAKey(_ syntax: SyntaxExpression) -> ParleyError {
    error(
      "group-key", "a statistic cannot be a group key", at: syntax.range,
      remedy: "compute it in a subquery in FROM, and group by it outside")
  }

  private func order(
    _ order: OrderItem, _ items: [Item], _ query: BoundQuery, _ values: ExpressionBinder
  ) throws(ParleyError) -> OrderKey {
    var value: BoundExpression?
    if let index = try item(order.expression, items, clause: "ORDER BY") { value = query.outputs[index].value }
    // An alias comes before a column here.
    if case .name(nil, let name) = order.expression.kind {
      value = query.outputs.first { $0.name.lowercased() == name.text.lowercased() }?.value
    }
    if value == nil { value = try values.bind(order.expression) }
    guard let bound = value else { throw ParleyError(.invariant, "an order without an expression") }
    return OrderKey(
      expression: bound.expression, isDescending: order.isDescending,
      nullsFirst: order.nullsFirst ?? !order.isDescending)
  }

  /// Puts the groups over the rows: what is selected reads keys and aggregates from here on.
  private func group(
    _ query: inout BoundQuery, _ having: inout [Expression],
    _ keys: [GroupKey], _ sets: [[Int]]?, _ functions: BlockFunctions, _ block: SelectBlock, isReleased: Bool
  ) throws(ParleyError) {
    let replaced: (Expression) -> Expression? = { expression in
      keys.first { $0.projection.expression == expression }.map { .column($0.projection.id) }
    }
    let rowColumns = query.plan.columnSet
    let made = Set(
      keys.map(\.projection.id) + functions.aggregates.map(\.id) + functions.groupings.map(\.id))
    let windowColumns = Set(functions.windows.flatMap { $0.functions.map(\.id) })
    func check(_ expression: Expression, at range: SourceRange) throws(ParleyError) {
      for column in expression.columns.sorted()
      where rowColumns.contains(column) && !made.contains(column) && !windowColumns.contains(column) {
        throw error(
          "select-item", "'\(registry[column].name)' is neither a group key nor inside a statistic", at: range,
          remedy: "add it to GROUP BY, or use a statistic of it such as COUNT"
            + (keys.contains { $0.projection.expression.containsSubquery }
              ? "; a subquery that is a key is written as it is there, with the same names" : ""))
      }
    }
    for index in query.outputs.indices {
      query.outputs[index].value.expression = query.outputs[index].value.expression.replacing(replaced)
      try check(query.outputs[index].value.expression, at: query.outputs[index].value.range)
    }
    for index in having.indices {
      having[index] = having[index].replacing(replaced)
      try check(having[index], at: block.having?.range ?? block.range)
    }
    for index in query.order.indices {
      query.order[index].expression = query.order[index].expression.replacing(replaced)
      try check(query.order[index].expression, at: block.range)
    }
    for index in functions.windows.indices {
      let dummy = RelationalPlan.window(query.plan, functions.windows[index]).mapOwnExpressions {
        $0.replacing(replaced)
      }
      if case .window(_, let step) = dummy { functions.windows[index] = step }
      for expression in dummy.ownExpressions { try check(expression, at: block.range) }
    }
    var shown: ColumnID?
    if isReleased, minimumCell > 1 {
      let id = registry.column("shown", .boolean, isNullable: false)
      // The total of rows is public; that of values could rest on fewer rows of the withheld groups than the minimum.
      let totals = functions.aggregates.filter {
        switch $0.function {
        case .countRows: true
        case .count: !$0.isDistinct && $0.argument.map(registry.isNullable) == false
        default: false
        }
      }
      query.withheld = WithheldGroups(shown: [id], totals: Set(totals.map(\.id)), isWhole: having.isEmpty)
      shown = id
    }
    if let sets {
      query.plan = try grouped(query.plan, by: sets, keys, functions, at: block.range)
    } else {
      query.plan = .aggregate(query.plan, keys: keys.map(\.projection), functions.aggregates, shown: shown)
    }
    if !having.isEmpty { query.plan = .filter(query.plan, having) }
  }

  /// Windows over groups of which some will be withheld see them all, so they may show no more than what the rule of
  /// withholding takes for known: how many groups there are, and the total of their counts or sums.
  private func checkWindow(
    _ step: WindowStep, _ withheld: WithheldGroups, _ range: SourceRange
  ) throws(ParleyError) {
    let areTotals = step.functions.allSatisfy { column in
      switch column.function {
      case .countRows: true
      case .sum(.column(let id)): withheld.totals.contains(id)
      default: false
      }
    }
    guard !areTotals || !step.partition.isEmpty || !step.order.isEmpty || !withheld.isWhole else { return }
    throw source.error(
      "plan/release-window",
      "a window over groups would tell about groups under the minimum cell of \(minimumCell), which are withheld",
      at: range,
      remedy:
        "COUNT(*) OVER () and SUM(n) OVER () of a number of rows n, which is COUNT(*), may stand here without a condition on the groups; compute other windows, and totals of sums, from the released result"
    )
  }
}
