import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyTables

/// `linear`: ordinary least squares and ridge regression.
///
/// Sums of products over the rows are exact; the matrix of them is inverted with a proof, and the coefficients are certified (docs/proofs/newton.md).
struct LinearAnalysis: AnalysisKind {
  /// How standard errors are found.
  enum Errors: String, CaseIterable {
    /// One variance for all rows.
    case classical
    /// Of the squares of each row's residual (H. White).
    case hc0
    /// The same, times n / (n − p).
    case hc1
  }
  static let name = "linear"
  static let keys = ["outcome", "predictors", "ridge", "errors", "precision", "level"]
  static let needs = "two numbers"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    guard let outcome = columns.predictors.first(where: columns.numbers.contains) else { return nil }
    let predictors = columns.predictors.filter { $0 != outcome }.prefix(8)
    guard !predictors.isEmpty else { return nil }
    return ["outcome: \(outcome)", "predictors: [\(predictors.joined(separator: ", "))]"]
  }

  let settings: AnalysisSettings
  private let outcome: String
  private let predictors: Predictors
  private let ridge: Rational
  private let errors: Errors
  private let precision: Rational
  private let level: Double

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    outcome = try settings.text("outcome", example: "pressure")
    predictors = try Predictors(settings)
    ridge = try settings.number("ridge", from: 0, to: 1_000_000, default: 0)
    let word = try settings.choice("errors", Errors.allCases.map(\.rawValue))
    errors = Errors(rawValue: word) ?? .classical
    precision = try settings.precision()
    level = try settings.level()
    guard errors == .classical || ridge == 0 else {
      throw settings.error(
        "setting", "'errors: \(word)' of \(settings.what) goes with no 'ridge'", at: "errors",
        remedy: "remove one of them")
    }
  }

  var computesOfRows: Bool { true }

  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    let outcome = try rows.number(outcome, at: "outcome").name
    return [outcome] + (try predictors.terms(of: rows, taken: [(outcome, "outcome")]).map(\.column))
  }

  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard errors == .classical || frame.maximumRows <= LinearModel.mostRowsOfErrors else {
      throw settings.error(
        "rows",
        "\(settings.what) can have \(frame.maximumRows) rows; \(LinearModel.mostRowsOfErrors) are the most with 'errors: \(errors.rawValue)'",
        at: "errors", remedy: "remove 'errors', or lower maximum-rows of the table, if there are fewer")
    }
    let column = try frame.rows.number(outcome, at: "outcome").name
    let terms = try predictors.terms(of: frame.rows, taken: [(column, "outcome")])
    // Squares of columns alone come up to the bound of a matrix that is inverted: with a penalty they are halved.
    let design = try Design(
      terms, constant: true, spareBits: ridge > 0 ? 1 : 0, frame: frame, &rules, &builder)
    let target = try design.outcome(column, at: "outcome", &rules, &builder)
    for condition in design.conditions {
      try rules.requireSpread(
        of: try frame.number(column, &builder), within: try frame.judgedRange(of: column), for: condition,
        among: frame.isUsed, &builder)
    }
    let penalty = try RidgePenalty(
      ridge, of: design, unit: try design.perRow(&builder), &rules, &builder)
    let fit = try LinearModel(design: design, outcome: target, penalty: penalty, precision: precision).fit(
      &rules, &builder)
    let covariance =
      errors == .classical
      ? ScaledMatrix(fit.inverse.inverse, exponent: try design.perRow(&builder))
      : try fit.sandwich(design, target, &builder)
    let raw = try design.raw(
      fit.coefficients, covariance, outcome: target, isPerVariance: errors == .classical, &builder)
    let analysis = rules.analysis
    func model(_ column: String) -> Formula { .cell(table: "\(analysis).model", column: column, row: 0) }
    let degrees = model("rows") - .constant(Double(design.order))
    var table = CoefficientTable(analysis: analysis, names: design.names, level: level)
    table.degrees = degrees
    table.title = column
    switch errors {
    case .classical: table.factor = model("residual sum of squares") / degrees
    case .hc0: table.factor = nil
    case .hc1: table.factor = model("rows") / degrees
    }
    table.caption = [
      .number(model("rows"), .decimals(0), "rows used"),
      .text(
        "linear\(errors == .classical ? "" : ", errors \(errors.rawValue)"), certified within \(AnalysisSettings.decimal(precision)) standard errors"
      ),
    ]
    try table.disclose(raw, rules, &builder)
    try rules.disclose(
      "model", rows: 1, keys: [],
      columns: [
        .init("rows", frame.used, "how many rows are used."),
        .init("left out", frame.leftOut, "how many rows have a missing value."),
        .init(
          "R²", float: fit.explained, significantBits: RawCoefficients.significantBits,
          "the share of the outcome's variation that the columns explain, six digits of it."),
        .init(
          "residual sum of squares", float: fit.residuals, significantBits: ModelFigures.likelihoodBits,
          "the sum over all rows of the squares of what is not explained, seven digits of it."),
      ], derived: ModelFigures.linear(coefficients: design.order, isPenalised: penalty != nil), &builder)
  }
}

extension ModelFigures {
  /// Of rows, R² and the sum of squared residuals.
  static func linear(coefficients: Int, isPenalised: Bool) -> [Derived] {
    let n = Formula.column("rows"), r2 = Formula.column("R²"), rss = Formula.column("residual sum of squares")
    let all = Formula.constant(Double(coefficients)), slopes = Formula.constant(Double(coefficients - 1))
    let rest = n - all, l = Formula.column("log-likelihood")
    var columns = [Derived(name: "sigma", formula: .root(rss / rest))]
    guard !isPenalised else { return columns }
    columns += [
      Derived(name: "adj. R²", formula: 1 - (1 - r2) * (n - 1) / rest),
      Derived(name: "F", formula: r2 / slopes / ((1 - r2) / rest)), Derived(name: "df", formula: slopes),
      Derived(name: "residual df", formula: rest),
      Derived(name: "F p", formula: .fTail(.column("F"), slopes, rest), style: .probability),
      Derived(
        name: "log-likelihood",
        formula: -n / 2 * (.log(.constant(2 * Double.pi) * rss / n) + 1)),
      Derived(name: "AIC", formula: 2 * all - 2 * l), Derived(name: "BIC", formula: all * .log(n) - 2 * l),
    ]
    return columns
  }
}
