import BigInt

/// One key of ORDER BY.
struct OrderItem: Sendable {
  var expression: SyntaxExpression
  var isDescending: Bool
  /// nil: not said; NULL is then smaller than everything, as in SQLite.
  var nullsFirst: Bool?
}

struct Name: Hashable, Sendable {
  var text: String
  var range: SourceRange
}

enum ComparisonSign: String, Hashable, Sendable {
  case equal = "="
  case notEqual = "<>"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

enum ArithmeticSign: String, Hashable, Sendable {
  case plus = "+"
  case minus = "-"
  case times = "*"
  case over = "/"
  /// What truncated division leaves.
  case remainder = "%"
}

struct SyntaxExpression: Sendable {
  struct Branch: Sendable {
    var condition: SyntaxExpression
    var result: SyntaxExpression
  }
  indirect enum Kind: Sendable {
    /// `column` or `table.column`
    case name(qualifier: Name?, Name)
    /// An exact decimal: digits / 10^scale.
    case number(BigInt, scale: Int)
    case text(String)
    case date(daysSince1970: Int)
    case timestamp(secondsSince1970: Int)
    case boolean(Bool)
    case null
    case negated(SyntaxExpression)
    case arithmetic(ArithmeticSign, SyntaxExpression, SyntaxExpression)
    case comparison(ComparisonSign, SyntaxExpression, SyntaxExpression)
    case not(SyntaxExpression)
    case and(SyntaxExpression, SyntaxExpression)
    case or(SyntaxExpression, SyntaxExpression)
    case isNull(SyntaxExpression)
    /// IS TRUE, IS FALSE: never unknown.
    case isTruth(SyntaxExpression, Bool)
    /// IS NOT DISTINCT FROM: NULL is the same as NULL.
    case isSame(SyntaxExpression, SyntaxExpression)
    /// `(a, b)`, where rows are compared.
    case row([SyntaxExpression])
    case between(SyntaxExpression, low: SyntaxExpression, high: SyntaxExpression)
    case oneOf(SyntaxExpression, [SyntaxExpression])
    case caseWhen(operand: SyntaxExpression?, [Branch], else: SyntaxExpression?)
    /// `arguments` is nil for `COUNT(*)`.
    case call(Name, [SyntaxExpression]?)

    // Only relational queries have the following.
    /// An aggregate over different values: `COUNT(DISTINCT x)`.
    case distinctCall(Name, SyntaxExpression)
    case windowCall(Name, [SyntaxExpression]?, WindowSpecification)
    case like(SyntaxExpression, pattern: SyntaxExpression, escape: SyntaxExpression?)
    case cast(SyntaxExpression, CastTarget)
    case extract(TimeField, SyntaxExpression)
    /// Positions from 1, in characters.
    case substring(SyntaxExpression, from: SyntaxExpression, length: SyntaxExpression?)
    /// Texts one after the other: `a || b`.
    case joined([SyntaxExpression])
    case interval(IntervalLength)
    case exists(QueryStatement)
    case oneOfQuery(SyntaxExpression, QueryStatement)
    /// A query of one column and at most one row as a value.
    case scalarQuery(QueryStatement)
  }
  var kind: Kind
  var range: SourceRange

  var isRow: Bool { if case .row = kind { true } else { false } }
}

extension BigInt {
  /// The index of what an ordinal names, which counts from 1; nil where it names nothing.
  func place(among count: Int) -> Int? { self >= 1 && self <= count ? Int(self) - 1 : nil }
}
