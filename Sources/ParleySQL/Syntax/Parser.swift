import ParleyBase

/// Recursive descent over the tokens of one query.
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
    guard tokens.count <= Self.mostTokens else {
      throw tooLarge(
        "the query has \(tokens.count) words, numbers and signs; \(Self.mostTokens) are the most",
        at: tokens[Self.mostTokens].range,
        remedy: "split the query; put long lists of values into a table and join it")
    }
  }

  static func parse(_ source: Source) throws(ParleyError) -> QueryStatement {
    var parser = try Parser(source)
    let statement = try parser.query()
    _ = parser.take(symbol: ";")
    guard parser.current.kind == .end else { throw parser.trailing() }
    return statement
  }

  // MARK: Tokens

  var current: Token { tokens[position] }
  var following: Token { tokens[min(position + 1, tokens.count - 1)] }
  var tokenAfterNext: Token { tokens[min(position + 2, tokens.count - 1)] }
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
      remedy: "the form is: SELECT … FROM table [WHERE …] [GROUP BY …] [HAVING …] [ORDER BY …] [LIMIT n]")
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
    default:
      var error = expected("a name", context)
      // Such as AS group.
      if case .word(let text) = token.kind {
        error.remedy =
          "\(text.uppercased()) is a word of SQL: as a name it stands in double quotes, \"\(text)\", also where it is used again; or write another name"
      }
      throw error
    }
  }

  func trailing() -> ParleyError {
    if current.keyword == "WINDOW" { return namedWindow("WINDOW") }
    let clauses = ["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT"]
    let hint = current.keyword.map { didYouMean($0, among: clauses) } ?? ""
    return source.error(
      "sql/syntax", "\(current.described) was not expected here\(hint)", at: current.range,
      remedy: "clauses come in this order: WHERE, GROUP BY, HAVING, ORDER BY, LIMIT; one statement per query")
  }
}
