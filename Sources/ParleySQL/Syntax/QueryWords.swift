/// What words stand in a query outside of texts, quoted names and comments, whatever they mean where they stand.
package struct QueryWords: Sendable {
  /// In upper case.
  package let words: Set<String>
  /// Whether a SELECT stands in parentheses.
  package let hasSubquery: Bool

  /// - Parameter query: one that compiles; of any other there are no words.
  package init(_ query: SQLQuery) {
    var words = Set<String>()
    var hasSubquery = false
    var isAfterParenthesis = false
    for token in (try? Lexer.tokens(of: Source(query))) ?? [] {
      if case .word(let word) = token.kind {
        words.insert(word.uppercased())
        if isAfterParenthesis, word.uppercased() == "SELECT" { hasSubquery = true }
      }
      isAfterParenthesis = token.kind == .symbol("(")
    }
    self.words = words
    self.hasSubquery = hasSubquery
  }
}
