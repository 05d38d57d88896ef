import ParleyBase
import ParleyProgram

/// Why a query cannot be judged, and what to write instead.
struct ReleaseRefusal {
  enum Code: String {
    case shape = "plan/release-shape"
    case argument = "plan/release-argument"
    case extremes = "plan/release-extremes"
    case unit = "plan/release-unit"
  }

  var reason: String
  var remedy: String

  /// Every two conditions of a grouping are compared.
  static let mostConditions = 12
  /// Those of all queries over a table are compared with those of each grouping.
  static let mostConditionsOfTable = 36

  func message(minimum: Int, query: String) -> String {
    "under a minimum of \(minimum), the query '\(query)' cannot be judged: \(reason)"
  }

  /// Of an argument of a query over public groups.
  func error(_ code: Code = .argument, in query: LogicalQuery, minimum: Int) -> ParleyError {
    query.source.error(
      code.rawValue, message(minimum: minimum, query: query.source.query.name), at: SourceRange(start: 0, end: 0),
      remedy: remedy)
  }

  static func extremes(of table: String) -> Self {
    .init(
      reason: "MIN and MAX, and the quantiles 0 and 1, are values of single records of '\(table)'",
      remedy:
        "ask for an average, or in a query of a study of its own for a median or another quantile; or, where its owners agree, write 'extremes: allowed' at the table '\(table)' in the study"
    )
  }
  static func argument(_ objection: String) -> Self {
    .init(
      reason: "a statistic is of an expression that \(objection)",
      remedy: objection.hasPrefix("is of a column that a condition or a group key compares")
        ? "compare each column with constants only, or let each holder put what is compared (dis - adm) into a column of its own table and use that; rows may be counted under the comparison"
        : "use statistics of columns, of sums and products of columns of one table, and of CASE WHEN … over these; compute the rest from what is shown"
    )
  }
  static let sumOfDifferentValues = ReleaseRefusal(
    reason: "a sum of different values may rest on single rows",
    remedy: "leave DISTINCT out; COUNT(DISTINCT …) may be asked")
  static let sumBesideMean = ReleaseRefusal(
    reason:
      "a sum and a mean of each unit's rows are of one column, and are added up both: where all units but few have one number of rows, these few are what the two differ by",
    remedy:
      "leave the mean out; with COUNT(*) of each unit beside the sum, what all rows have on average follows from what is shown"
  )
  static func tooManyTogether(_ conditions: Int) -> Self {
    .init(
      reason:
        "the queries of the study over its table have \(conditions) conditions, WHERE clauses among them, and every two of them are compared; \(mostConditionsOfTable) are the most",
      remedy: "group by what the conditions are about, or split the study")
  }
  static func tooMany(_ conditions: Int) -> Self {
    .init(
      reason:
        "its statistics have \(conditions) conditions, and every two of them are compared; \(mostConditions) are the most",
      remedy: "group by what the conditions are about, or split the study")
  }
}

extension Expression {
  /// Rows where this is true and the other is not.
  func andNot(_ other: Expression) -> Expression { .and(self, other.isNotTrue) }
  /// True where this is false or unknown.
  var isNotTrue: Expression { .not(.coalesce([self, .boolean(false)])) }
}
