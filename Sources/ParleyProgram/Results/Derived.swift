/// A column that every recipient computes by itself from what was opened: a p-value, the end of an interval, an odds ratio.
///
/// It says nothing that the opened values do not say, is no part of what a receipt signs, and is computed in double
/// precision. The program's hash covers it, so that all recipients show the same. A row in which something that the
/// formula reads is withheld, absent, not estimable or not opened as a value has that outcome; where the formula has no value (0/0, the
/// logarithm of a negative number) the cell is NULL.
public struct Derived: Hashable, Sendable {
  /// How the number is shown to people; files have all its digits.
  public enum Style: Hashable, Sendable {
    /// So many significant digits, 1 to 15.
    case significant(Int)
    /// So many decimals, 0 to 15.
    case decimals(Int)
    /// A probability: four decimals, and below 0.0001 as `<0.0001`.
    case probability
  }
  /// The heading.
  public var name: String
  /// What it is.
  public var formula: Formula
  /// How it is shown.
  public var style: Style

  /// A column; see the properties.
  public init(name: String, formula: Formula, style: Style = .significant(6)) {
    self.name = name
    self.formula = formula
    self.style = style
  }
}

/// A part of what stands beside the name of a result.
public enum Caption: Hashable, Sendable {
  /// Words.
  case text(String)
  /// A number in the way in which it is shown, and what it is of: `442` and `rows used`. Columns are those of the result's first row. Nothing where there is no number.
  case number(Formula, Derived.Style, String)
}

/// A real number that follows from opened ones.
///
/// Columns are named by their headings; of columns of one heading the first is meant. A table's derived columns are computed
/// from left to right, and each may read those to its left.
public indirect enum Formula: Hashable, Sendable {
  /// The same number in every row.
  case constant(Double)
  /// The number in a column of this row. Of labels: 1 where the text is a number, that number.
  case column(String)
  /// The number in a column of another result of the program, or of another row, counted from 0.
  case cell(table: String, column: String, row: Int)
  /// The sum over all rows of a result (nil: this one) of a formula; its columns are those of that row.
  case total(table: String?, Formula)
  /// `value` in the first row of a result (nil: this one) in which `condition` is above 0; no value where there is none. Columns are those of that row.
  case first(table: String?, value: Formula, condition: Formula)
  /// Inside ``total(table:_:)`` and ``first(table:value:condition:)``: of the row for which these are computed.
  case outer(Formula)
  /// 1 where a column has this text, otherwise 0.
  case isText(column: String, String)
  /// Inside ``total(table:_:)`` and ``first(table:value:condition:)``: 1 where a column has the same text here as a column of the row for which these are computed, otherwise 0.
  case isSameText(column: String, outer: String)
  /// xᵀ M⁻¹ x: x has `vector` in the first rows of a result, M the `matrix` columns of the same rows, as many rows as columns. No value where M is singular to working precision.
  case quadraticForm(table: String, vector: Formula, matrix: [String])
  /// A function of as many numbers as it takes (``Function/arity``).
  case apply(Function, [Formula])

  /// A function of numbers. The encoding of programs has the raw values, which therefore never change their meaning.
  public enum Function: UInt8, Hashable, Sendable, CaseIterable {
    /// a + b
    case add = 0
    /// a − b
    case subtract = 1
    /// a · b
    case multiply = 2
    /// a / b; no value where b is 0
    case divide = 3
    /// a to the power of b
    case power = 4
    /// the smaller of two
    case minimum = 5
    /// the larger of two
    case maximum = 6
    /// −a
    case negate = 7
    /// |a|
    case absolute = 8
    /// e to the power of a
    case exp = 9
    /// natural logarithm
    case log = 10
    /// square root
    case root = 11
    /// b where a > 0, otherwise c; the other of the two need not have a value
    case choose = 12
    /// P(|Z| ≥ |a|) for a standard normal Z
    case normalTail = 13
    /// P(|T| ≥ |a|) for Student's t with b degrees of freedom
    case studentTail = 14
    /// P(X ≥ a) for χ² with b degrees of freedom
    case chiSquareTail = 15
    /// P(X ≥ a) for F with b and c degrees of freedom
    case fTail = 16
    /// two-sided exact test of Fisher of the table a b / c d: the sum of the probabilities that are not above that of the table
    case fisher = 17
    /// two-sided exact test of a successes among b trials of probability ½
    case signTest = 18
    /// the a-quantile of the standard normal distribution
    case normalQuantile = 19
    /// the a-quantile of Student's t with b degrees of freedom
    case studentQuantile = 20
    /// the a-quantile of χ² with b degrees of freedom
    case chiSquareQuantile = 21
    /// the a-quantile of F with b and c degrees of freedom
    case fQuantile = 22
    /// the a-quantile of the beta distribution with parameters b and c
    case betaQuantile = 23

    /// How many numbers it takes.
    public var arity: Int {
      switch self {
      case .negate, .absolute, .exp, .log, .root, .normalTail, .normalQuantile: 1
      case .add, .subtract, .multiply, .divide, .power, .minimum, .maximum, .studentTail, .chiSquareTail,
        .signTest, .studentQuantile, .chiSquareQuantile:
        2
      case .choose, .fTail, .fQuantile, .betaQuantile: 3
      case .fisher: 4
      }
    }
  }
}

/// Formulas as they are written.
extension Formula: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// The same number in every row.
  public init(floatLiteral value: Double) { self = .constant(value) }
  /// The same number in every row.
  public init(integerLiteral value: Int) { self = .constant(Double(value)) }

  /// a + b
  public static func + (a: Formula, b: Formula) -> Formula { .apply(.add, [a, b]) }
  /// a − b
  public static func - (a: Formula, b: Formula) -> Formula { .apply(.subtract, [a, b]) }
  /// a · b
  public static func * (a: Formula, b: Formula) -> Formula { .apply(.multiply, [a, b]) }
  /// a / b
  public static func / (a: Formula, b: Formula) -> Formula { .apply(.divide, [a, b]) }
  /// −a
  public static prefix func - (a: Formula) -> Formula { .apply(.negate, [a]) }

  /// a / b: a statistic over its standard error.
  public static func ratio(_ a: Formula, _ b: Formula) -> Formula { a / b }
  /// e to the power of a.
  public static func exp(_ a: Formula) -> Formula { .apply(.exp, [a]) }
  /// The natural logarithm.
  public static func log(_ a: Formula) -> Formula { .apply(.log, [a]) }
  /// The square root.
  public static func root(_ a: Formula) -> Formula { .apply(.root, [a]) }
  /// The two-sided p-value of a standard normal statistic.
  public static func normalTail(_ z: Formula) -> Formula { .apply(.normalTail, [z]) }
  /// The two-sided p-value of Student's t.
  public static func studentTail(_ t: Formula, _ degrees: Formula) -> Formula {
    .apply(.studentTail, [t, degrees])
  }
  /// The upper tail of χ².
  public static func chiSquareTail(_ x: Formula, _ degrees: Formula) -> Formula {
    .apply(.chiSquareTail, [x, degrees])
  }
  /// The upper tail of F.
  public static func fTail(_ x: Formula, _ first: Formula, _ second: Formula) -> Formula {
    .apply(.fTail, [x, first, second])
  }
  /// The two-sided exact test of Fisher of the table a b / c d.
  public static func fisher(_ a: Formula, _ b: Formula, _ c: Formula, _ d: Formula) -> Formula {
    .apply(.fisher, [a, b, c, d])
  }
  /// One end of the interval of a level (0.95) around an estimate: estimate ± quantile · error, of the normal distribution or, with
  /// degrees of freedom, of Student's t.
  public static func end(
    _ side: IntervalEnd, of estimate: Formula, error: Formula, level: Double, degrees: Formula? = nil
  ) -> Formula {
    let probability = Formula.constant(0.5 + level / 2)
    let quantile: Formula =
      degrees.map { .apply(.studentQuantile, [probability, $0]) } ?? .apply(.normalQuantile, [probability])
    return side == .low ? estimate - quantile * error : estimate + quantile * error
  }
  /// Of an interval.
  public enum IntervalEnd: Hashable, Sendable { case low, high }
}
