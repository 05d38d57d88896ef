import ParleyBase

/// Whole queries: WITH, set operations, blocks, tables and joins, ORDER BY and LIMIT.
extension Parser {
  /// Whether a parenthesis that was just read holds a query.
  var beginsQuery: Bool { current.keyword == "SELECT" || current.keyword == "WITH" }

  mutating func query() throws(ParleyError) -> QueryStatement {
    let start = current.range.start
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw source.error(
        "sql/nesting", "queries are nested more than \(Self.maximumDepth) deep", at: current.range,
        remedy: "write fewer steps, one after the other in one SELECT where that is possible")
    }
    var with: [QueryStatement.CommonTable] = []
    if take(keyword: "WITH") {
      if current.keyword == "RECURSIVE" {
        throw unsupported("WITH RECURSIVE", at: current.range, remedy: "write each step as a query of its own")
      }
      repeat { with.append(try commonTable()) } while take(symbol: ",")
    }
    let body = try combined()
    var statement = QueryStatement(
      with: with, body: body, orderBy: [], limit: nil, offset: nil, range: SourceRange(start: start, end: start))
    if take(keyword: "ORDER") { statement.orderBy = try orderBy() }
    while true {
      if take(keyword: "LIMIT") {
        statement.limit = try expression()
      } else if take(keyword: "OFFSET") {
        statement.offset = try expression()
        if current.keyword == "ROWS" || current.keyword == "ROW" { advance() }
      } else {
        break
      }
    }
    statement.range.end = lastEnd
    return statement
  }

  private mutating func commonTable() throws(ParleyError) -> QueryStatement.CommonTable {
    let name = try name("after WITH")
    let columns = try columnList()
    try expect(keyword: "AS", "after the name of a common table")
    try expect(symbol: "(", "after AS")
    let inner = try query()
    try expect(symbol: ")", "after the common table")
    return .init(name: name, columns: columns, query: inner)
  }

  /// `(a, b)`, or nothing.
  private mutating func columnList() throws(ParleyError) -> [Name] {
    var columns: [Name] = []
    if take(symbol: "(") {
      repeat { columns.append(try name("in the list of columns")) } while take(symbol: ",")
      try expect(symbol: ")", "after the list of columns")
    }
    return columns
  }

  mutating func orderBy() throws(ParleyError) -> [OrderItem] {
    try expect(keyword: "BY", "after ORDER")
    var list: [OrderItem] = []
    repeat {
      list.append(try order())
      try check(keys: list.count, "ORDER BY")
    } while take(symbol: ",")
    return list
  }

  // MARK: Set operations

  private mutating func combined() throws(ParleyError) -> QueryBody {
    let start = current.range.start
    var left = try intersected()
    var position = 0
    while let operation = current.keyword.flatMap(SetOperation.init), operation != .intersect {
      try chain(&position)
      advance()
      let all = isAll()
      let right = try intersected()
      left = .combined(operation, all: all, left, right, SourceRange(start: start, end: lastEnd))
    }
    return left
  }

  private mutating func intersected() throws(ParleyError) -> QueryBody {
    let start = current.range.start
    var left = try operand()
    var position = 0
    while current.keyword == "INTERSECT" {
      try chain(&position)
      advance()
      let all = isAll()
      let right = try operand()
      left = .combined(.intersect, all: all, left, right, SourceRange(start: start, end: lastEnd))
    }
    return left
  }

  private mutating func isAll() -> Bool {
    if take(keyword: "ALL") { return true }
    _ = take(keyword: "DISTINCT")
    return false
  }

  private mutating func operand() throws(ParleyError) -> QueryBody {
    if take(symbol: "(") {
      let inner = try query()
      try expect(symbol: ")", "after the query")
      return .nested(inner)
    }
    return .select(try block())
  }

  // MARK: Blocks

  private mutating func block() throws(ParleyError) -> SelectBlock {
    let start = current.range.start
    try expect(keyword: "SELECT", "at the beginning")
    var block = SelectBlock(
      isDistinct: take(keyword: "DISTINCT"), items: [], from: [], filter: nil, groupBy: [], having: nil,
      range: SourceRange(start: start, end: start))
    _ = take(keyword: "ALL")
    repeat {
      block.items.append(try item())
      guard block.items.count <= Self.mostColumns else {
        throw tooLarge(
          "more than \(Self.mostColumns) columns are selected", at: current.range, remedy: "split the query")
      }
    } while take(symbol: ",")
    try expect(keyword: "FROM", "after the selected columns")
    repeat { block.from.append(try joined()) } while take(symbol: ",")
    if take(keyword: "WHERE") { block.filter = try expression() }
    if take(keyword: "GROUP") {
      try expect(keyword: "BY", "after GROUP")
      try groupBy(&block)
    }
    if take(keyword: "HAVING") { block.having = try expression() }
    if beginsQualify { throw qualify() }
    block.range.end = lastEnd
    return block
  }

  private mutating func item() throws(ParleyError) -> SelectBlock.Item {
    let start = current.range.start
    if take(symbol: "*") { return .everything(qualifier: nil, SourceRange(start: start, end: lastEnd)) }
    if following.kind == .symbol("."), tokenAfterNext.kind == .symbol("*") {
      let table = try name("before '.*'")
      advance()
      advance()
      return .everything(qualifier: table, SourceRange(start: start, end: lastEnd))
    }
    let expression = try expression()
    if take(keyword: "AS") { return .expression(expression, alias: try name("after AS")) }
    return .expression(expression, alias: isName ? try name("as a column name") : nil)
  }

  private var isName: Bool {
    switch current.kind {
    case .quotedName: true
    case .word(let text): !Self.reserved.contains(text.uppercased())
    default: false
    }
  }

  private mutating func order() throws(ParleyError) -> OrderItem {
    var order = OrderItem(expression: try expression(), isDescending: false, nullsFirst: nil)
    if take(keyword: "DESC") { order.isDescending = true } else { _ = take(keyword: "ASC") }
    if take(keyword: "NULLS") {
      if take(keyword: "FIRST") {
        order.nullsFirst = true
      } else {
        try expect(keyword: "LAST", "after NULLS")
        order.nullsFirst = false
      }
    }
    return order
  }

  // MARK: Tables

  private mutating func joined() throws(ParleyError) -> TableExpression {
    let start = current.range.start
    var left = try table()
    var position = 0
    while let kind = try joinKind() {
      try chain(&position)
      let right = try table()
      var condition = TableExpression.Condition.none
      if take(keyword: "ON") {
        condition = .on(try expression())
      } else if take(keyword: "USING") {
        guard current.kind == .symbol("(") else { throw expected("'('", "after USING") }
        condition = .using(try columnList())
      } else if kind != .cross {
        throw expected("ON or USING", "after the joined table")
      }
      left = .joined(kind, left, right, condition, SourceRange(start: start, end: lastEnd))
    }
    return left
  }

  /// The kind of the join that follows, its words read; nil where none follows.
  private mutating func joinKind() throws(ParleyError) -> TableExpression.JoinKind? {
    switch current.keyword {
    case "NATURAL":
      throw unsupported("NATURAL JOIN", at: current.range, remedy: "name the columns: JOIN … USING (…)")
    case "JOIN":
      advance()
      return .inner
    case "INNER", "CROSS":
      let kind: TableExpression.JoinKind = current.keyword == "CROSS" ? .cross : .inner
      advance()
      try expect(keyword: "JOIN", "here")
      return kind
    case "LEFT", "RIGHT", "FULL":
      guard let kind = OuterKind(rawValue: current.keyword?.lowercased() ?? "") else { return nil }
      advance()
      _ = take(keyword: "OUTER")
      try expect(keyword: "JOIN", "here")
      return .outer(kind)
    default: return nil
    }
  }

  private mutating func table() throws(ParleyError) -> TableExpression {
    let start = current.range.start
    if take(symbol: "(") {
      if beginsQuery {
        let inner = try query()
        try expect(symbol: ")", "after the subquery")
        let range = SourceRange(start: start, end: lastEnd)
        return .derived(inner, try tableAlias(), range)
      }
      depth += 1
      defer { depth -= 1 }
      guard depth <= Self.maximumDepth else {
        throw source.error(
          "sql/nesting", "joins are nested more than \(Self.maximumDepth) deep", at: current.range,
          remedy: "remove parentheses")
      }
      let inner = try joined()
      try expect(symbol: ")", "after the joined tables")
      return inner
    }
    if current.keyword == "LATERAL", following.kind == .symbol("(") { throw lateral() }
    let table = try name("after FROM")
    return .named(table, try tableAlias())
  }

  private mutating func tableAlias() throws(ParleyError) -> TableAlias? {
    if take(keyword: "AS") {
      return TableAlias(name: try name("after AS"), columns: try columnList())
    }
    // A misspelt clause word is no alias when something follows that no alias has.
    guard isName, !beginsQualify else { return nil }
    return TableAlias(name: try name("as a table name"), columns: try columnList())
  }
}
