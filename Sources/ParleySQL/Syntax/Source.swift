import ParleyBase

/// A query's text with its position in the study file: turns ranges into places and quotes itself.
struct Source: Sendable {
  let query: SQLQuery
  let bytes: [UInt8]

  init(_ query: SQLQuery) {
    self.query = query
    bytes = Array(query.text.utf8)
  }

  /// The text of a range without comments, with runs of white space made one blank.
  func text(_ range: SourceRange) -> String {
    String(decoding: QueryText.withoutComments(bytes[range.start..<range.end]), as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The text of an expression without comments and parentheses around all of it, with reserved words in upper case and one blank
  /// between tokens: what has the same is the same.
  func unparenthesised(_ range: SourceRange) -> String {
    let own = Source(
      SQLQuery(name: query.name, text: String(decoding: bytes[range.start..<range.end], as: UTF8.self)))
    guard var tokens = try? Lexer.tokens(of: own) else { return own.query.text }
    if tokens.last?.kind == .end { tokens.removeLast() }
    while tokens.count > 2, tokens.first?.kind == .symbol("("), tokens.last?.kind == .symbol(")"),
      Self.close(tokens)
    {
      tokens = Array(tokens.dropFirst().dropLast())
    }
    return tokens.map { token in
      if let word = token.keyword, Parser.reserved.contains(word) { return word }
      return String(decoding: own.bytes[token.range.start..<token.range.end], as: UTF8.self)
    }.joined(separator: " ")
  }

  /// Whether the first token's parenthesis is closed by the last.
  private static func close(_ tokens: [Token]) -> Bool {
    var depth = 0
    for (place, token) in tokens.enumerated() {
      if token.kind == .symbol("(") { depth += 1 }
      if token.kind == .symbol(")") { depth -= 1 }
      if depth == 0 { return place == tokens.count - 1 }
    }
    return false
  }

  /// Line and column in the study file, where they are known; otherwise the line at which the query begins, and line and
  /// column of its text. Columns are characters; all count from 1.
  func place(_ range: SourceRange) -> ParleyError.Place {
    let start = min(range.start, bytes.count)
    if let (line, column) = filePlace(start) {
      return .init(file: query.file, line: line, column: column, item: "query '\(query.name)'")
    }
    let (line, column) = ownPlace(start)
    let isWhole = range.start == 0 && range.end == 0
    return .init(
      file: query.file, line: query.line,
      item: "query '\(query.name)'\(isWhole ? "" : ", line \(line), column \(column) of its text")")
  }

  /// "AVG(age), query 'overall', line 31": what nodes carry into errors of later stages.
  func origin(_ range: SourceRange) -> String {
    let start = min(range.start, bytes.count)
    let line = filePlace(start).map { "line \($0.line)" } ?? "line \(ownPlace(start).line) of its text"
    return "\(text(range)), query '\(query.name)', \(line)"
  }

  private func filePlace(_ start: Int) -> (line: Int, column: Int)? {
    guard let stretch = query.places.stretch(of: start) else { return nil }
    // What stands behind the last character of a line is behind it in the file as well.
    let before = bytes[stretch.offset..<start].prefix { $0 != 0x0a }
    return (stretch.line, stretch.column + String(decoding: before, as: UTF8.self).count)
  }

  private func ownPlace(_ start: Int) -> (line: Int, column: Int) {
    let before = bytes[..<start]
    let lineStart = (before.lastIndex(of: 0x0a) ?? -1) + 1
    return (
      1 + before.count { $0 == 0x0a },
      1 + String(decoding: bytes[lineStart..<before.endIndex], as: UTF8.self).count
    )
  }

  func error(_ code: String, _ message: String, at range: SourceRange, remedy: String?) -> ParleyError {
    ParleyError(
      .init(code), VisibleText.line(message), at: place(range), remedy: remedy.map { VisibleText.line($0) })
  }
}

/// The candidate nearest to what was written, when it is near enough to be meant.
///
/// Distance: insertions, deletions, substitutions and swaps of neighbours, letters compared without case.
func suggestion(for written: String, among candidates: [String]) -> String? {
  let a = Array(written.lowercased())
  var best: (distance: Int, candidate: String)?
  for candidate in candidates {
    let b = Array(candidate.lowercased())
    guard abs(a.count - b.count) <= 3 else { continue }
    let distance = editDistance(a, b)
    if distance <= max(1, min(3, b.count / 2)), best.map({ distance < $0.distance }) ?? true {
      best = (distance, candidate)
    }
  }
  return best?.candidate
}

/// "; did you mean 'age'?" or nothing.
func didYouMean(_ written: String, among candidates: [String]) -> String {
  suggestion(for: written, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
}
