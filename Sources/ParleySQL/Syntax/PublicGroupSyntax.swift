extension QueryStatement {
  /// It has no more than statistics over public groups can have (the table in `docs/sql.md`).
  ///
  /// Other functions, and conditions in subqueries in FROM, are work that the holders of rows do in relational queries, at no cost
  /// to the parties. Statistics over public groups are computed from columns as they are, so a query with such functions
  /// is left to relational operators.
  var isOfPublicGroups: Bool {
    var isPlain = with.isEmpty
    SyntaxWalk.visit(self) { part, depth in
      if depth > 0 { isPlain = false }
      if case .expression(let expression) = part, !expression.kind.isOfPublicGroups { isPlain = false }
    }
    return isPlain
  }
}

extension SyntaxExpression.Kind {
  private static let functions = Set(
    [
      "COUNT", "SUM", "AVG", "MIN", "MAX", "VARIANCE", "VAR_SAMP", "STDDEV", "STDDEV_SAMP", "CORR", "COALESCE",
      "MEDIAN", "QUANTILE",
    ]
      + TextCall.names + TimeFunctions.names)

  fileprivate var isOfPublicGroups: Bool {
    switch self {
    case .row, .distinctCall, .windowCall, .exists, .oneOfQuery, .scalarQuery, .arithmetic(.remainder, _, _): false
    case .cast(_, let target): target == .date || target == .timestamp
    case .call(let name, _): Self.functions.contains(name.text.uppercased())
    default: true
    }
  }
}
