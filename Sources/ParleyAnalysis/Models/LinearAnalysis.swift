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
    /// Of the squares of sums over clusters, times G / (G − 1) · (n − 1) / (n − p).
    case cluster
  }
  static let name = "linear"
  static let keys = [
    "outcome", "predictors", "ridge", "errors", "cluster", WeightSetting.key, MissingSetting.key, ShowSetting.key,
    "precision",
    "level",
  ]
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
  private let cluster: ClusterSetting?
  private let weights: WeightSetting?
  private let missing: MissingSetting
  private let show: ShowSetting
  private let precision: Rational
  private let level: Double

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    outcome = try settings.text("outcome", example: "pressure")
    predictors = try Predictors(settings)
    ridge = try settings.number("ridge", from: 0, to: 1_000_000, default: 0)
    let word = try settings.choice("errors", Errors.allCases.map(\.rawValue))
    errors = Errors(rawValue: word) ?? .classical
    cluster = try ClusterSetting(settings, isAsked: errors == .cluster)
    weights = try WeightSetting(settings, takesDecimals: true)
    missing = try MissingSetting(settings, isOfModel: true)
    show = try ShowSetting(settings, more: ["covariance", "vif"])
    precision = try settings.precision()
    level = try settings.level()
    guard errors == .classical || ridge == 0 else {
      throw settings.error(
        "setting", "'errors: \(word)' of \(settings.what) goes with no 'ridge'", at: "errors",
        remedy: "remove one of them")
    }
    guard !show.vif || ridge == 0 else {
      throw settings.error(
        "setting", "'show' of \(settings.what) asks for 'vif', which there is not with 'ridge'",
        at: ShowSetting.key,
        remedy: "remove 'vif', or remove 'ridge'")
    }
    guard weights == nil || errors == .classical || errors == .cluster else {
      throw settings.error(
        "setting", "'errors: \(word)' of \(settings.what) goes with no 'weights'", at: "errors",
        remedy: "remove one of them; or write 'errors: cluster'")
    }
  }

  var computesOfRows: Bool { true }
  var sharesRows: Bool { weights == nil && errors == .classical }

  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    let parts = try parts(rows)
    let own = [parts.outcome] + (parts.weights.map { [$0] } ?? [])
    return own + parts.terms.map(\.column) + (try grouping(of: rows))
  }

  private func parts(
    _ rows: AnalysisRows
  ) throws(ParleyError) -> (outcome: String, weights: String?, terms: [DesignTerm]) {
    let outcome = try rows.number(outcome, at: "outcome").name
    var taken = [(outcome, "outcome")]
    let weight = try weights?.column(of: rows, beside: taken)
    if let weight { taken.append((weight, WeightSetting.key)) }
    let required =
      try cluster.map { (cluster) throws(ParleyError) in [try cluster.labels(rows).column.name] } ?? []
    return (outcome, weight, try predictors.terms(of: rows, taken: taken, required: Set(required)))
  }

  func roles(in rows: AnalysisRows) throws(ParleyError) -> VariableRoles {
    let parts = try parts(rows)
    return missing.roles(parts.terms, weights: parts.weights)
  }

  /// Clusters, unless they are predictors too.
  func grouping(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    guard let name = try cluster?.labels(rows).column.name else { return [] }
    let parts = try parts(rows)
    guard name != parts.outcome else {
      throw settings.error(
        "setting", "'cluster' of \(settings.what) names its outcome", at: "cluster",
        remedy: "name the column that says which rows belong together")
    }
    return parts.terms.contains { $0.column == name } ? [] : [name]
  }

  /// The bits of each cluster, and how many have rows, under their rules; nil where errors are not by clusters.
  private func clusters(
    _ design: Design, outcome: String, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (bits: [Program.NodeID], count: Program.NodeID)? {
    let frame = design.frame
    guard let name = try cluster?.labels(frame.rows).column.name else { return nil }
    let bits = try frame.groups(name, &builder).map(\.bit)
    var conditions = design.conditions
    var numbers: [(value: Program.NodeID, range: Interval, isPresent: Program.NodeID)] = []
    for column in [outcome] + design.terms.filter({ $0.bit == nil }).map(\.term.column) {
      let range = try frame.range(of: column)
      if range.upper - range.lower == 1 {
        conditions.append(try frame.bit(column, is: range.upper, &builder))
      } else {
        numbers.append((try frame.number(column, &builder), range, frame.isPresent(column)))
      }
    }
    let count = try rules.requireClusters(
      bits, conditions: conditions, numbers: numbers, among: frame.isUsed, &builder)
    return (bits, count)
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
    let (column, _, terms) = try parts(frame.rows)
    let weights = try weights?.weights(
      frame, mostRows: errors == .classical ? Design.mostRows : LinearModel.mostRowsOfErrors, &builder)
    // Squares of columns alone come up to the bound of a matrix that is inverted: with a penalty they are halved.
    let design = try Design(
      terms, constant: true, spareBits: ridge > 0 ? 1 : 0, frame: frame, weights: weights, &rules, &builder)
    let target = try design.outcome(column, at: "outcome", &rules, &builder)
    for condition in design.conditions {
      try rules.requireSpread(
        of: try frame.number(column, &builder), within: try frame.judgedRange(of: column), for: condition,
        among: frame.isUsed, &builder)
    }
    // Sums over rows are in units of the last decimal of weights.
    let unit = BigInt(10).power(weights?.decimals ?? 0)
    let penalty = try RidgePenalty(
      ridge * Rational(unit), of: design, unit: try design.perRow(&builder), &rules, &builder)
    let fit = try LinearModel(design: design, outcome: target, penalty: penalty, precision: precision).fit(
      &rules, &builder)
    let clusters = try clusters(design, outcome: column, &rules, &builder)
    let covariance =
      if let clusters {
        try fit.clustered(design, target, clusters.bits, &builder)
      } else if errors == .classical {
        ScaledMatrix(fit.inverse.inverse, exponent: try design.perRow(&builder))
      } else {
        try fit.sandwich(design, target, &builder)
      }
    let raw = try design.raw(
      fit.coefficients, covariance, outcome: target, isPerVariance: errors == .classical, &builder)
    let analysis = rules.analysis
    func model(_ column: String) -> Formula { .cell(table: "\(analysis).model", column: column, row: 0) }
    let degrees = model("rows") - .constant(Double(design.order))
    var table = CoefficientTable(analysis: analysis, names: design.names, level: level)
    table.degrees = degrees
    table.title = column
    switch errors {
    case .classical:
      table.factor = model("residual sum of squares") * .constant(Double(unit)) / degrees
    case .hc0: table.factor = nil
    case .hc1: table.factor = model("rows") / degrees
    case .cluster:
      let count = model("clusters")
      table.factor = count / (count - 1) * (model("rows") - 1) / degrees
      table.degrees = count - 1
    }
    table.caption = [
      .number(model("rows"), .decimals(0), "rows used"),
      .text(
        "linear\(weights == nil ? "" : ", weighted by precision")\(errors == .classical ? "" : ", errors \(errors.rawValue)"), certified within \(AnalysisSettings.decimal(precision)) standard errors"
      ),
    ]
    if show.covariance || show.vif { try rules.requirePairs(design, &builder) }
    try table.disclose(raw, rules, &builder)
    if show.covariance {
      let all = try design.rawCovariances(
        fit.coefficients, covariance, outcome: target, isPerVariance: errors == .classical, &builder)
      try table.disclose(covariances: all, design.pairsOfNames, rules, &builder)
    }
    if show.vif {
      let names = design.terms.map(\.term.name)
      try rules.disclose(
        "vif", rows: names.count, keys: [.init(name: CoefficientTable.heading, labels: names)],
        columns: [
          .init(
            "vif", float: try design.inflations(fit.moments, fit.inverse, &builder),
            significantBits: RawCoefficients.significantBits,
            "how much the variance of each coefficient is greater than that of its column alone, six digits of it."
          )
        ], &builder)
    }
    let counted =
      clusters.map { [AnalysisRules.Column("clusters", $0.count, "how many clusters have rows.")] } ?? []
    try rules.disclose(
      "model", rows: 1, keys: [],
      columns: [
        .init("rows", frame.used, "how many rows are used."),
        .init("left out", frame.leftOut, Self.leftOut(weights)),
      ] + counted + [
        .init(
          "R²", float: fit.explained, significantBits: RawCoefficients.significantBits,
          "the share of the outcome's variation that the columns explain, six digits of it."),
        .init(
          "residual sum of squares", float: fit.residuals, significantBits: ModelFigures.likelihoodBits,
          "the sum over all rows of the squares of what is not explained, seven digits of it."),
      ],
      derived: ModelFigures.linear(
        coefficients: design.order, isPenalised: penalty != nil, isWeighted: weights != nil), &builder)
  }
}

extension AnalysisKind {
  /// What "left out" says.
  static func leftOut(_ weights: RowWeights?) -> String {
    "how many rows have a missing value\(weights == nil ? "" : ", or the weight 0")."
  }
}

extension ModelFigures {
  /// Of rows, R² and the sum of squared residuals. The likelihood under weights is one of their logarithms too, which are not opened.
  static func linear(coefficients: Int, isPenalised: Bool, isWeighted: Bool) -> [Derived] {
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
    ]
    guard !isWeighted else { return columns }
    columns += [
      Derived(
        name: "log-likelihood",
        formula: -n / 2 * (.log(.constant(2 * Double.pi) * rss / n) + 1)),
      Derived(name: "AIC", formula: 2 * all - 2 * l), Derived(name: "BIC", formula: all * .log(n) - 2 * l),
    ]
    return columns
  }
}
