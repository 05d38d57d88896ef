import ParleyProgram

extension QueryRewrites {
  /// A table of FROM: its name, the name by which columns say that they are of it, and how both are written.
  static func table(_ text: String) -> (table: String, name: String, text: String)? {
    var tokens = QueryClauses.tokens(text)[...]
    while let word = tokens.first,
      word.kind == .symbol(",")
        || ["INNER", "LEFT", "RIGHT", "FULL", "OUTER", "CROSS", "JOIN"].contains(word.keyword ?? "")
    {
      tokens = tokens.dropFirst()
    }
    var end = tokens.startIndex
    while end < tokens.endIndex, !["ON", "USING"].contains(tokens[end].keyword ?? "") { end += 1 }
    let own = tokens[..<end].filter { $0.keyword != "AS" }
    guard (1...2).contains(own.count), let table = word(own[0]), let name = word(own[own.count - 1])
    else {
      return nil
    }
    return (table, name, QueryClauses.written(tokens[..<end], text))
  }

  /// A name.
  static func word(_ token: Token) -> String? {
    switch token.kind {
    case .word(let text), .quotedName(let text): text
    default: nil
    }
  }

  /// The place of the parenthesis that closes the first one.
  static func closing(_ tokens: ArraySlice<Token>) -> Int? {
    guard tokens.first?.kind == .symbol("(") else { return nil }
    var depth = 0
    for place in tokens.indices {
      if tokens[place].kind == .symbol("(") { depth += 1 }
      if tokens[place].kind == .symbol(")") { depth -= 1 }
      if depth == 0 { return place }
    }
    return nil
  }

  static func hasOr(_ text: String) -> Bool {
    var found = false
    QueryClauses.walk(QueryClauses.tokens(text)[...]) { _, token, depth in
      if depth == 0, token.keyword == "OR" { found = true }
    }
    return found
  }

  static func replaced(_ text: String, _ range: SourceRange, by word: String) -> String {
    let bytes = Array(text.utf8)
    return String(decoding: bytes[..<range.start], as: UTF8.self) + word
      + String(decoding: bytes[range.end...], as: UTF8.self)
  }

  /// The text with every column of a table said to be of it.
  static func qualified(_ text: String, _ name: String, _ table: TableSchema) -> String {
    let tokens = QueryClauses.tokens(text)
    let columns = Set(table.columns.map { $0.name.lowercased() })
    var result = text
    for place in tokens.indices.reversed() {
      guard let word = word(tokens[place]), columns.contains(word.lowercased()) else { continue }
      let before = place > 0 ? tokens[place - 1] : nil
      let after = place + 1 < tokens.count ? tokens[place + 1] : nil
      guard before?.kind != .symbol("."), before?.keyword != "AS", after?.kind != .symbol("."),
        after?.kind != .symbol("(")
      else { continue }
      let start = tokens[place].range.start
      result = replaced(result, SourceRange(start: start, end: start), by: "\(name).")
    }
    return result
  }

  /// The column of `t.column = other` or `other = t.column`, where the other is a column too; nil for every other condition.
  static func compared(_ condition: String, with table: String) -> String? {
    let tokens = QueryClauses.tokens(condition)
    let sides = tokens.split(omittingEmptySubsequences: false) { $0.kind == .symbol("=") }
    let columns = sides.compactMap { side -> (table: String?, column: String)? in
      let words = side.compactMap(word)
      guard side.count == 1 || side.count == 3 && side[side.startIndex + 1].kind == .symbol("."),
        words.count == (side.count + 1) / 2
      else { return nil }
      return (words.count == 2 ? words[0].lowercased() : nil, words[words.count - 1])
    }
    guard sides.count == 2, columns.count == 2 else { return nil }
    return columns.first { $0.table == table.lowercased() }?.column
  }

  /// What is the same however it is spaced and whatever the letters are.
  static func plain(_ text: String) -> String {
    QueryClauses.tokens(text).map { token in
      switch token.kind {
      case .word(let word): word.lowercased()
      case .text(let own): "'\(own)'"
      default: token.described
      }
    }.joined(separator: " ")
  }

  /// A selected formula, and the name that it has.
  static func named(_ item: String) -> (formula: String, alias: String?) {
    let tokens = QueryClauses.tokens(item)
    guard tokens.count > 2, tokens[tokens.count - 2].keyword == "AS" else { return (item, nil) }
    let last = tokens.count - 1
    return (
      QueryClauses.written(tokens[..<(last - 1)], item),
      plain(QueryClauses.written(tokens[last...], item))
    )
  }

  /// A test whether another table has rows.
  struct Membership {
    var isNegated: Bool
    /// As it is written, with its alias.
    var table: String
    var tableName: String
    /// By which its columns are named.
    var name: String
    var conditions: [String]
    /// Of IN: what is looked for in which column.
    var pair: (outer: String, inner: String)?

    /// - Returns: nil for every other condition.
    init?(_ condition: String) {
      let tokens = QueryClauses.tokens(condition)
      guard let open = tokens.firstIndex(where: { $0.kind == .symbol("(") }), open > 0,
        open + 1 < tokens.count, tokens[open + 1].keyword == "SELECT",
        QueryRewrites.closing(tokens[open...]) == tokens.count - 1,
        let inner = QueryClauses(
          QueryClauses.written(tokens[(open + 1)..<(tokens.count - 1)], condition)),
        inner.keys.isEmpty, inner.having.isEmpty, inner.tail.isEmpty, inner.from.count == 1,
        let own = QueryRewrites.table(inner.from[0])
      else { return nil }
      isNegated = tokens[..<open].contains { $0.keyword == "NOT" }
      (table, tableName, name) = (own.text, own.table, own.name)
      conditions = inner.conditions
      switch tokens[open - 1].keyword {
      case "EXISTS": guard open == (isNegated ? 2 : 1) else { return nil }
      case "IN":
        let end = open - (isNegated ? 2 : 1)
        guard end > 0, inner.items.count == 1, let last = QueryClauses.tokens(inner.items[0]).last,
          let column = QueryRewrites.word(last), !inner.items[0].contains("(")
        else { return nil }
        pair = (QueryClauses.written(tokens[..<end], condition), column)
      default: return nil
      }
    }
  }
}
