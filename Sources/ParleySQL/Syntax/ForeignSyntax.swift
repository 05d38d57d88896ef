import ParleyBase

/// Forms of other databases that are not part of the dialect, each with what to write instead.
extension Parser {
  /// After the left side of a comparison: ILIKE, and patterns other than those of LIKE.
  ///
  /// Such a word is an alias where no value follows.
  func refuseForeignPredicate(of left: SyntaxExpression) throws(ParleyError) {
    let isNegated = current.keyword == "NOT"
    let token = isNegated ? following : current
    guard let word = token.keyword, ["ILIKE", "RLIKE", "REGEXP", "GLOB", "SIMILAR"].contains(word) else { return }
    guard isNegated || Self.beginsOperand(following) else { return }
    let value = source.text(left.range), sign = isNegated ? "NOT LIKE" : "LIKE"
    throw unsupported(
      word, at: token.range,
      remedy: word == "ILIKE"
        ? "write LOWER(\(value)) \(sign) 'a%', with the pattern in small letters"
        : "write \(value) \(sign) 'a%': % stands for any characters and _ for one")
  }

  /// Functions whose arguments are words: TRY_CAST and POSITION. As names of columns both words are free.
  func refuseForeignCall() throws(ParleyError) {
    guard following.kind == .symbol("("), let word = current.keyword else { return }
    throw unsupported(
      word, at: current.range,
      remedy: word == "POSITION"
        ? FunctionHints.remedy(word) ?? ""
        : "write CAST(x AS INTEGER), which no number makes fail; a column of texts that are numbers has 'type: int' or 'type: decimal' in the study"
    )
  }

  /// Whether QUALIFY stands here, and is not the name of a table.
  var beginsQualify: Bool {
    current.keyword == "QUALIFY" && Self.beginsOperand(following)
  }
  func qualify() -> ParleyError {
    unsupported(
      "QUALIFY", at: current.range,
      remedy:
        "name the window in a subquery and write WHERE outside: SELECT … FROM (SELECT …, ROW_NUMBER() OVER (…) AS place FROM …) AS q WHERE place = 1"
    )
  }
  /// `OVER w`, or the clause that would say what w is.
  func namedWindow(_ what: String) -> ParleyError {
    unsupported(what, at: current.range, remedy: "write OVER (PARTITION BY … ORDER BY …) in place")
  }
  func lateral() -> ParleyError {
    unsupported(
      "LATERAL", at: current.range,
      remedy:
        "group in a subquery of FROM and join it: JOIN (SELECT b, COUNT(*) AS n FROM … GROUP BY b) AS q ON q.b = a; or write a subquery with one value after SELECT"
    )
  }

  /// Whether a token begins a value: what stands behind the name of a table or column does not.
  private static func beginsOperand(_ token: Token) -> Bool {
    switch token.kind {
    case .text, .number, .quotedName: true
    case .word(let text): !reserved.contains(text.uppercased()) || ["NOT", "CASE"].contains(text.uppercased())
    default: false
    }
  }
}
