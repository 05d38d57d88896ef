import ParleyBase

/// Bounds on what a query may have of everything. Names, keys and columns are compared with each other, so that work grows
/// faster than text; a query within these bounds is planned in about a second, or refused as ``ProgramBuilder`` does.
extension Parser {
  /// Words, numbers and signs.
  static let mostTokens = 20_000
  /// Columns that one SELECT has.
  static let mostColumns = 1000
  /// Keys of one GROUP BY, ORDER BY or PARTITION BY.
  static let mostKeys = 64

  func tooLarge(_ what: String, at range: SourceRange, remedy: String) -> ParleyError {
    source.error("plan/too-large", what, at: range, remedy: remedy)
  }

  /// - Throws: `plan/too-large`
  func check(keys count: Int, _ clause: String) throws(ParleyError) {
    guard count > Self.mostKeys else { return }
    throw tooLarge(
      "\(clause) has more than \(Self.mostKeys) keys", at: current.range, remedy: "use fewer, or split the query")
  }
}
