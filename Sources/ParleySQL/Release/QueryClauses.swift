/// The clauses of a query's outermost SELECT as texts, read off its tokens: what rewrites of a refused query are put together from. Whether what they
/// make is a query, the parser says.
struct QueryClauses {
  /// Words of one clause, with what stands in parentheses.
  typealias Tokens = ArraySlice<Token>

  /// Common tables, up to SELECT.
  var with = ""
  var isDistinct = false
  var items: [String] = []
  /// Tables with what joins them, each as it is written: "p AS a", "JOIN q ON …", ", r".
  var from: [String] = []
  /// What WHERE puts together with AND.
  var conditions: [String] = []
  var keys: [String] = []
  /// HAVING.
  var having = ""
  /// ORDER BY, LIMIT and OFFSET.
  var tail = ""

  /// The queries that UNION, INTERSECT and EXCEPT put together; one where there is nothing of the kind.
  static func parts(_ text: String) -> [String] {
    let tokens = tokens(text)[...]
    let separators: Set<String> = ["UNION", "INTERSECT", "EXCEPT", "ALL"]
    return split(tokens) { token, _ in separators.contains(token.keyword ?? "") }.filter {
      !$0.isEmpty
    }.map {
      written($0, text)
    }
  }

  /// - Returns: nil where the text is not one SELECT with FROM.
  init?(_ text: String) {
    let tokens = Self.tokens(text)
    guard Self.parts(text).count == 1 else { return nil }
    var starts: [(word: String, place: Int)] = []
    let clauses: Set<String> = [
      "SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET",
    ]
    Self.walk(tokens[...]) { place, token, depth in
      // FROM of IS DISTINCT FROM begins no clause.
      let isPart = token.keyword == "FROM" && place > 0 && tokens[place - 1].keyword == "DISTINCT"
      if depth == 0, !isPart, let word = token.keyword, clauses.contains(word) {
        starts.append((word, place))
      }
    }
    guard starts.first?.word == "SELECT", starts.contains(where: { $0.word == "FROM" }) else {
      return nil
    }
    with = Self.written(tokens[..<starts[0].place], text)
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1].place : tokens.count
      var own = tokens[(start.place + 1)..<end]
      func list(_ tokens: Tokens) -> [String] {
        Self.split(tokens) { token, _ in token.kind == .symbol(",") }.map { Self.written($0, text) }
      }
      switch start.word {
      case "SELECT":
        if own.first?.keyword == "DISTINCT" {
          isDistinct = true
          own = own.dropFirst()
        }
        items = list(own)
      case "FROM": from = Self.tables(own, text)
      case "WHERE": conditions = Self.conjuncts(own).map { Self.written($0, text) }
      case "GROUP": keys = list(own.dropFirst())
      case "HAVING": having = Self.written(own, text)
      default: tail += (tail.isEmpty ? "" : " ") + Self.written(tokens[start.place..<end], text)
      }
    }
  }

  var text: String {
    var words = with.isEmpty ? [] : [with]
    words += ["SELECT\(isDistinct ? " DISTINCT" : "") \(items.joined(separator: ", "))"]
    words.append(
      "FROM " + from.joined(separator: " ").split(separator: " , ").joined(separator: ", "))
    if !conditions.isEmpty { words.append("WHERE \(conditions.joined(separator: " AND "))") }
    if !keys.isEmpty { words.append("GROUP BY \(keys.joined(separator: ", "))") }
    if !having.isEmpty { words.append("HAVING \(having)") }
    if !tail.isEmpty { words.append(tail) }
    return words.joined(separator: " ")
  }

  // MARK: Tokens

  /// Without the end; nothing where the text is none.
  static func tokens(_ text: String) -> [Token] {
    guard let tokens = try? Lexer.tokens(of: Source(SQLQuery(name: "", text: text))) else {
      return []
    }
    return tokens.filter { $0.kind != .end }
  }

  /// As it is written, with one blank where there is space.
  static func written(_ tokens: Tokens, _ text: String) -> String {
    guard let first = tokens.first, let last = tokens.last else { return "" }
    return Source(SQLQuery(name: "", text: text)).text(
      SourceRange(start: first.range.start, end: last.range.end))
  }

  /// Each token with the parentheses and CASEs around it; those that open and close have the depth outside.
  static func walk(_ tokens: Tokens, _ visit: (Int, Token, Int) -> Void) {
    var depth = 0
    for place in tokens.indices {
      let token = tokens[place]
      if token.kind == .symbol(")") || token.keyword == "END" { depth -= 1 }
      visit(place, token, depth)
      if token.kind == .symbol("(") || token.keyword == "CASE" { depth += 1 }
    }
  }

  /// What stands between tokens that are in no parentheses.
  private static func split(_ tokens: Tokens, at isSeparator: (Token, Int) -> Bool) -> [Tokens] {
    var parts: [Tokens] = []
    var start = tokens.startIndex
    walk(tokens) { place, token, depth in
      guard depth == 0, isSeparator(token, place) else { return }
      parts.append(tokens[start..<place])
      start = place + 1
    }
    return parts + [tokens[start...]]
  }

  /// What AND puts together, but for that of BETWEEN; all of it where there is an OR.
  static func conjuncts(_ tokens: Tokens) -> [Tokens] {
    var hasOr = false
    var separators: Set<Int> = []
    var isBetween = false
    walk(tokens) { place, token, depth in
      guard depth == 0 else { return }
      switch token.keyword {
      case "OR": hasOr = true
      case "BETWEEN": isBetween = true
      case "AND":
        if !isBetween { separators.insert(place) }
        isBetween = false
      default: break
      }
    }
    return hasOr ? [tokens] : split(tokens) { _, place in separators.contains(place) }
  }

  private static let joins: Set<String> = [
    "INNER", "LEFT", "RIGHT", "FULL", "OUTER", "CROSS", "JOIN",
  ]
  private static func tables(_ tokens: Tokens, _ text: String) -> [String] {
    var starts = [tokens.startIndex]
    var wasJoin = false
    walk(tokens) { place, token, depth in
      guard depth == 0 else { return }
      let isJoin = joins.contains(token.keyword ?? "") || token.kind == .symbol(",")
      // LEFT may be a function of texts.
      if isJoin, !wasJoin,
        tokens.index(after: place) == tokens.endIndex || tokens[place + 1].kind != .symbol("(")
          || token.keyword == "JOIN" || token.kind == .symbol(",")
      {
        starts.append(place)
      }
      wasJoin = isJoin
    }
    return starts.indices.map { index in
      written(
        tokens[starts[index]..<(index + 1 < starts.count ? starts[index + 1] : tokens.endIndex)],
        text)
    }
  }
}
