import BigInt
import ParleyBase
import ParleyProgram

/// Resolves one statement against the tables of the study.
struct QueryBinder {
  private let source: Source
  private let statement: SelectStatement
  private let rows: RowBinder

  static func bind(
    _ statement: SelectStatement, source: Source, tables: [TableSchema]
  ) throws(ParleyError) -> LogicalQuery {
    let name = statement.table
    guard
      let table = tables.first(where: { $0.name == name.text })
        ?? tables.first(where: { $0.name.lowercased() == name.text.lowercased() })
    else {
      let names = tables.map(\.name)
      throw source.error(
        "sql/unknown-table", "unknown table '\(name.text)'\(didYouMean(name.text, among: names))",
        at: name.range, remedy: "tables of the study: \(names.joined(separator: ", "))")
    }
    let rows = RowBinder(source: source, table: table, tableAlias: statement.tableAlias?.text)
    return try QueryBinder(source: source, statement: statement, rows: rows).query()
  }

  private func query() throws(ParleyError) -> LogicalQuery {
    var query = LogicalQuery(
      source: source, table: rows.table, filter: nil, filterRange: statement.filter?.range, keys: [],
      keyNames: [], projections: [], order: [])
    if let filter = statement.filter { query.filter = try rows.condition(filter) }
    for syntax in statement.groupBy { try addKey(syntax, to: &query) }
    for item in statement.items { query.projections.append(try projection(item, of: query)) }
    query.keyNames = query.keys.indices.map { index in
      let selected = query.projections.first { if case .key(index) = $0.value { true } else { false } }
      return selected?.name ?? source.text(query.keys[index].range)
    }
    for order in statement.orderBy { query.order.append(try bind(order, of: query)) }
    return query
  }

  /// The select item that an ordinal or an alias names; columns come before aliases, as in SQLite.
  private func selected(_ syntax: SyntaxExpression, clause: String) throws(ParleyError) -> SyntaxExpression? {
    switch syntax.kind {
    case .number(let digits, 0):
      guard let index = digits.place(among: statement.items.count) else {
        throw rows.error(
          "ordinal", "\(clause) \(digits) names no selected column", at: syntax.range,
          remedy: "use 1 to \(statement.items.count)")
      }
      return statement.items[index].expression
    case .name(nil, let name):
      let isColumn = rows.table.columns.contains { $0.name.lowercased() == name.text.lowercased() }
      return isColumn ? nil : aliased(name.text)
    default: return nil
    }
  }
  private func aliased(_ name: String) -> SyntaxExpression? {
    statement.items.first { $0.alias?.text.lowercased() == name.lowercased() }?.expression
  }

  // MARK: Group keys

  private func addKey(_ syntax: SyntaxExpression, to query: inout LogicalQuery) throws(ParleyError) {
    let meant = try selected(syntax, clause: "GROUP BY") ?? syntax
    if StatisticBinder.containsStatistic(meant) {
      throw rows.error(
        "group-key", "a statistic cannot be a group key", at: syntax.range,
        remedy: "group by columns of '\(rows.table.name)' or by CASE expressions over them")
    }
    let bound = try rows.bind(meant, isKey: true)
    if bound.type == .null || bound.type == .text || bound.expression.columns.isEmpty {
      throw rows.error(
        "group-key", "a constant cannot be a group key", at: syntax.range, remedy: "leave it out of GROUP BY")
    }
    if !query.keys.contains(where: { $0.expression == bound.expression }) {
      query.keys.append(.init(expression: bound.expression, type: bound.type, range: meant.range))
    }
  }

  // MARK: Select items

  private func projection(
    _ item: SelectStatement.Item, of query: LogicalQuery
  ) throws(ParleyError) -> LogicalQuery.Projection {
    let syntax = item.expression
    let name = item.alias?.text ?? source.text(syntax.range)
    if StatisticBinder.containsStatistic(syntax) {
      guard case .statistic(let statistic, let factor, let offset) = try StatisticBinder(rows: rows).bind(syntax)
      else { throw ParleyError(.invariant, "a select item lost its statistic") }
      return .init(
        name: name, value: .statistic(statistic, factor: factor, offset: offset), range: syntax.range)
    }
    let bound = try rows.bind(syntax, isKey: true)
    guard let key = query.keys.firstIndex(where: { $0.expression == bound.expression }) else {
      if bound.expression.columns.isEmpty {
        throw rows.error(
          "select-item", "a constant is not a result of the study", at: syntax.range, remedy: "leave it out")
      }
      throw rows.error(
        "select-item", "'\(source.text(syntax.range))' is neither a group key nor inside a statistic",
        at: syntax.range,
        remedy: "add it to GROUP BY, or select a statistic of it such as AVG: single rows are never released")
    }
    return .init(name: name, value: .key(key), range: syntax.range)
  }

  // MARK: ORDER BY

  private func bind(
    _ order: SelectStatement.Order, of query: LogicalQuery
  ) throws(ParleyError) -> LogicalQuery.Order {
    let syntax = order.expression
    // An alias comes before a column here, as in SQLite.
    var meant = try selected(syntax, clause: "ORDER BY") ?? syntax
    if case .name(nil, let name) = syntax.kind, let item = aliased(name.text) { meant = item }
    let bound = StatisticBinder.containsStatistic(meant) ? nil : try rows.bind(meant, isKey: true)
    guard let bound, let key = query.keys.firstIndex(where: { $0.expression == bound.expression }) else {
      throw rows.error(
        "order", "rows cannot be ordered by a secret value: their order would disclose more than the values do",
        at: syntax.range, remedy: "order by group keys, which are public, and sort the result after its release")
    }
    return .init(
      key: key, isDescending: order.isDescending, nullsFirst: order.nullsFirst ?? !order.isDescending)
  }
}
