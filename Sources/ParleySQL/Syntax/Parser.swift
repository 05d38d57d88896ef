import ParleyBase

/// Recursive descent over the tokens of one `SELECT`.
struct Parser {
  let source: Source
  private let tokens: [Token]
  private var position = 0
  /// Nesting of the expression being read; bounded so that hostile text cannot exhaust the stack.
  var depth = 0
  static let maximumDepth = 50
  /// Operators that follow another of their level and so make the tree deeper, in the whole clause; AND and OR
  /// do not. With at most five operators at each level of nesting the tree is at most 350 deep.
  var chained = 0
  static let maximumChained = 100

  init(_ source: Source) throws(ParleyError) {
    self.source = source
    tokens = try Lexer.tokens(of: source)
  }

  static func parse(_ source: Source) throws(ParleyError) -> SelectStatement {
    var parser = try Parser(source)
    let statement = try parser.select()
    _ = parser.take(symbol: ";")
    guard parser.current.kind == .end else { throw parser.trailing() }
    return statement
  }

  // MARK: Tokens

  var current: Token { tokens[position] }
  var following: Token { tokens[min(position + 1, tokens.count - 1)] }
  /// End of the token read last.
  var lastEnd: Int { position == 0 ? 0 : tokens[position - 1].range.end }

  mutating func advance() { if position < tokens.count - 1 { position += 1 } }
  mutating func take(keyword: String) -> Bool {
    guard current.keyword == keyword else { return false }
    advance()
    return true
  }
  mutating func take(symbol: String) -> Bool {
    guard current.kind == .symbol(symbol) else { return false }
    advance()
    return true
  }
  mutating func expect(keyword: String, _ context: String) throws(ParleyError) {
    guard !take(keyword: keyword) else { return }
    throw expected(keyword, context)
  }
  mutating func expect(symbol: String, _ context: String) throws(ParleyError) {
    guard !take(symbol: symbol) else { return }
    throw expected("'\(symbol)'", context)
  }
  func expected(_ what: String, _ context: String) -> ParleyError {
    var hint = ""
    if let word = current.keyword, suggestion(for: word, among: [what]) != nil {
      hint = "; did you mean '\(what)'?"
    }
    return source.error(
      "sql/syntax", "expected \(what) \(context), found \(current.described)\(hint)", at: current.range,
      remedy: "the form is: SELECT … FROM table [WHERE …] [GROUP BY …] [HAVING COUNT(*) >= k] [ORDER BY …]")
  }
  func unsupported(_ what: String, at range: SourceRange, remedy: String) -> ParleyError {
    source.error("sql/unsupported", "\(what) is not part of the dialect", at: range, remedy: remedy)
  }

  /// Words that end an expression or a clause and therefore need quotes as names.
  static let reserved: Set<String> = [
    "SELECT", "FROM", "WHERE", "GROUP", "BY", "HAVING", "ORDER", "AS", "AND", "OR", "NOT", "NULL", "IS", "IN",
    "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "TRUE", "FALSE", "ASC", "DESC", "LIMIT", "OFFSET",
    "UNION", "INTERSECT", "EXCEPT", "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "ON", "USING",
    "DISTINCT", "LIKE", "EXISTS", "WITH", "WINDOW", "OVER", "FILTER", "NULLS",
  ]

  mutating func name(_ context: String) throws(ParleyError) -> Name {
    let token = current
    switch token.kind {
    case .word(let text) where !Self.reserved.contains(text.uppercased()):
      advance()
      return Name(text: text, range: token.range)
    case .quotedName(let text):
      advance()
      return Name(text: text, range: token.range)
    default: throw expected("a name", context)
    }
  }

  // MARK: Clauses

  private mutating func select() throws(ParleyError) -> SelectStatement {
    if current.keyword == "WITH" {
      throw unsupported("WITH", at: current.range, remedy: "write the query over the table itself")
    }
    try expect(keyword: "SELECT", "at the beginning")
    if current.keyword == "DISTINCT" {
      throw unsupported("SELECT DISTINCT", at: current.range, remedy: "use GROUP BY over the columns instead")
    }
    _ = take(keyword: "ALL")
    var items: [SelectStatement.Item] = []
    repeat { items.append(try item()) } while take(symbol: ",")
    try expect(keyword: "FROM", "after the selected columns")
    let table = try self.table()
    var statement = SelectStatement(
      items: items, table: table.name, tableAlias: table.alias, filter: nil, groupBy: [], having: nil,
      orderBy: [])
    if take(keyword: "WHERE") { statement.filter = try expression() }
    if take(keyword: "GROUP") {
      try expect(keyword: "BY", "after GROUP")
      repeat { statement.groupBy.append(try expression()) } while take(symbol: ",")
    }
    if take(keyword: "HAVING") { statement.having = try expression() }
    if take(keyword: "ORDER") {
      try expect(keyword: "BY", "after ORDER")
      repeat { statement.orderBy.append(try order()) } while take(symbol: ",")
    }
    return statement
  }

  private mutating func item() throws(ParleyError) -> SelectStatement.Item {
    if case .symbol("*") = current.kind {
      throw unsupported(
        "SELECT *", at: current.range,
        remedy: "select statistics such as COUNT(*) or AVG(x): single rows are never released")
    }
    let expression = try expression()
    if take(keyword: "AS") { return .init(expression: expression, alias: try name("after AS")) }
    switch current.kind {
    case .quotedName: return .init(expression: expression, alias: try name("as a column name"))
    case .word(let text) where !Self.reserved.contains(text.uppercased()):
      return .init(expression: expression, alias: try name("as a column name"))
    default: return .init(expression: expression, alias: nil)
    }
  }

  private mutating func table() throws(ParleyError) -> (name: Name, alias: Name?) {
    if case .symbol("(") = current.kind {
      throw unsupported("a subquery in FROM", at: current.range, remedy: "name one table of the study")
    }
    let table = try name("after FROM")
    var alias: Name?
    if take(keyword: "AS") {
      alias = try name("after AS")
    } else if case .quotedName = current.kind {
      alias = try name("as a table name")
    } else if case .word(let text) = current.kind, !Self.reserved.contains(text.uppercased()) {
      alias = try name("as a table name")
    }
    let joins: Set<String> = ["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL"]
    if current.kind == .symbol(",") || joins.contains(current.keyword ?? "") {
      throw unsupported(
        "a join", at: current.range,
        remedy:
          "query one table: it is the union of its holders' rows; columns that belong together go in one table")
    }
    return (table, alias)
  }

  private mutating func order() throws(ParleyError) -> SelectStatement.Order {
    var order = SelectStatement.Order(expression: try expression(), isDescending: false, nullsFirst: nil)
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

  private func trailing() -> ParleyError {
    switch current.keyword {
    case "LIMIT", "OFFSET":
      return unsupported(
        "\(current.described)", at: current.range,
        remedy: "all groups are public and are all listed; narrow them with GROUP BY")
    case "UNION", "INTERSECT", "EXCEPT":
      return unsupported("\(current.described)", at: current.range, remedy: "write two queries in the study")
    case "WINDOW":
      return unsupported("WINDOW", at: current.range, remedy: "use GROUP BY")
    default:
      let clauses = ["WHERE", "GROUP", "HAVING", "ORDER"]
      let hint = current.keyword.map { didYouMean($0, among: clauses) } ?? ""
      return source.error(
        "sql/syntax", "\(current.described) was not expected here\(hint)", at: current.range,
        remedy: "clauses come in this order: WHERE, GROUP BY, HAVING, ORDER BY; one statement per query")
    }
  }
}
