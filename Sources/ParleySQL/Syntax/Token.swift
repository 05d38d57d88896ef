/// A stretch of a query's text, in UTF-8 offsets.
struct SourceRange: Hashable, Sendable {
  var start: Int
  var end: Int
  func union(_ other: SourceRange) -> SourceRange {
    SourceRange(start: min(start, other.start), end: max(end, other.end))
  }
}

struct Token: Sendable {
  enum Kind: Hashable, Sendable {
    /// An unquoted word: a keyword or a name, as written.
    case word(String)
    /// A name in double quotes; never a keyword.
    case quotedName(String)
    /// Digits with an optional fraction, as written.
    case number(String)
    /// The content of a text in single quotes.
    case text(String)
    case symbol(String)
    case end
  }
  var kind: Kind
  var range: SourceRange

  /// The upper-cased word when this is an unquoted word.
  var keyword: String? {
    if case .word(let text) = kind { text.uppercased() } else { nil }
  }
  /// As an error message names it.
  var described: String {
    switch kind {
    case .word(let text), .number(let text), .symbol(let text): "'\(text)'"
    case .quotedName(let text): "\"\(text)\""
    case .text(let text): "'\(text)'"
    case .end: "the end of the query"
    }
  }
}
