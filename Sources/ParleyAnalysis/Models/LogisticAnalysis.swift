import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyTables

/// `logistic`: how the odds of a condition depend on columns.
///
/// Newton's method with a public number of passes, and a proof at the end that what it found is the optimum (docs/proofs/newton.md).
struct LogisticAnalysis: AnalysisKind {
  static let name = "logistic"
  static let keys =
    ["outcome", "predictors", WeightSetting.key, MissingSetting.key, ShowSetting.key, "solver", RidgeScale.key]
    + NewtonSettings.keys + DescentSettings.keys
  static let needs = "a condition, and a number or another condition"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    guard let outcome = columns.conditions.first else { return nil }
    let predictors = columns.predictors.filter { $0 != outcome }.prefix(8)
    guard !predictors.isEmpty else { return nil }
    return ["outcome: \(outcome)", "predictors: [\(predictors.joined(separator: ", "))]"]
  }

  let settings: AnalysisSettings
  private let outcome: ConditionSetting
  private let predictors: Predictors
  private let weights: WeightSetting?
  private let missing: MissingSetting
  private let show: ShowSetting
  private let newton: NewtonSettings
  private let scale: RidgeScale
  /// nil where Newton's method is used.
  private let descent: DescentSettings?

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    outcome = try ConditionSetting(settings, at: "outcome", example: "died")
    predictors = try Predictors(settings)
    weights = try WeightSetting(settings)
    missing = try MissingSetting(settings, isOfModel: true)
    show = try ShowSetting(settings, more: ["covariance"])
    scale = try RidgeScale(settings)
    if try settings.choice("solver", ["newton", "gradient"]) == "gradient" {
      descent = try DescentSettings(settings)
      newton = try NewtonSettings(settings, iterations: 8, most: 1000)
      return
    }
    descent = nil
    newton = try NewtonSettings(settings, iterations: 8)
    if let key = DescentSettings.keys.first(where: settings.has) {
      throw settings.error(
        "key", "\(settings.what) has '\(key)', which only 'solver: gradient' has", at: key,
        remedy: "leave out '\(key)', or write 'solver: gradient'")
    }
  }

  var computesOfRows: Bool { true }
  var sharesRows: Bool { weights == nil }

  private func parts(
    _ rows: AnalysisRows
  ) throws(ParleyError) -> (outcome: String, weights: String?, terms: [DesignTerm]) {
    let outcome = try outcome.column(of: rows).name
    var taken = [(outcome, "outcome")]
    let weight = try weights?.column(of: rows, beside: taken)
    if let weight { taken.append((weight, WeightSetting.key)) }
    return (outcome, weight, try predictors.terms(of: rows, taken: taken))
  }

  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    let parts = try parts(rows)
    return [parts.outcome] + (parts.weights.map { [$0] } ?? []) + parts.terms.map(\.column)
  }

  func conditions(of rows: AnalysisRows) throws(ParleyError) -> [String] { [try outcome.column(of: rows).name] }

  func roles(in rows: AnalysisRows) throws(ParleyError) -> VariableRoles {
    let parts = try parts(rows)
    return missing.roles(parts.terms, weights: parts.weights)
  }

  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let (column, _, terms) = try parts(frame.rows)
    let event = try outcome.bit(frame, &builder)
    let weights = try weights?.weights(frame, mostRows: Design.mostRows, &builder)
    let design = try Design(terms, constant: true, frame: frame, weights: weights, &rules, &builder)
    try rules.requireBoth(event, of: frame.used, &builder)
    for condition in design.conditions {
      try rules.requireCells(condition, event, among: frame.isUsed, &builder)
    }
    if let descent {
      try disclose(descent, design, event, column, frame, &rules, &builder)
      return
    }
    let penalty = try RidgePenalty(
      newton.ridge, scale: scale, of: design, unit: try design.perRow(&builder), &rules, &builder)
    let model = LogisticModel(design: design, event: event, penalty: penalty)
    let fit = try model.fit(newton, &rules, &builder)
    let raw = try design.raw(
      fit.newton.coefficients,
      ScaledMatrix(fit.newton.inverse.inverse, exponent: try design.perRow(&builder)), &builder)
    let likelihood = try design.output(
      of: fit.logLikelihood, builder.constant(0), factor: 1,
      significantBits: ModelFigures.likelihoodBits, &builder)
    let analysis = rules.analysis
    var table = CoefficientTable(analysis: analysis, names: design.names, level: newton.level)
    table.ratio = "odds ratio"
    table.title = "Odds of \(column)"
    table.caption = [
      .number(.cell(table: "\(analysis).model", column: "rows", row: 0), .decimals(0), "rows used"),
      .text(
        "logistic\(weights == nil ? "" : ", weighted by frequency"), certified within \(AnalysisSettings.decimal(newton.precision)) standard errors"
      ),
    ]
    if show.covariance { try rules.requirePairs(design, &builder) }
    try table.disclose(raw, rules, &builder)
    if show.covariance {
      let all = try design.rawCovariances(
        fit.newton.coefficients,
        ScaledMatrix(fit.newton.inverse.inverse, exponent: try design.perRow(&builder)), &builder)
      try table.disclose(covariances: all, design.pairsOfNames, rules, &builder)
    }
    let events = try builder.sum(event)
    try rules.disclose(
      "model", rows: 1, keys: [],
      columns: [
        .init("rows", frame.used, "how many rows are used."),
        .init("left out", frame.leftOut, Self.leftOut(weights)),
        .init("events", events, "in how many of the rows that are used the outcome is true."),
      ] + (try Self.weighed(weights, event, &builder)) + [
        .init(
          "log-likelihood", float: likelihood, significantBits: ModelFigures.likelihoodBits,
          "the logarithm of the likelihood of all outcomes, seven digits of it.")
      ],
      derived: ModelFigures.logistic(
        coefficients: design.order, isPenalised: penalty != nil, isWeighted: weights != nil),
      &builder)
  }

  /// Coefficients without standard errors.
  private func disclose(
    _ descent: DescentSettings, _ design: Design, _ event: Program.NodeID, _ column: String,
    _ frame: AnalysisFrame,
    _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let model = LogisticDescent(design: design, event: event, settings: descent)
    let estimates = try design.rawEstimates(try model.coefficients(&rules, &builder), &builder)
    let analysis = rules.analysis
    var table = CoefficientTable(analysis: analysis, names: design.names, level: newton.level)
    table.ratio = "odds ratio"
    table.title = "Odds of \(column)"
    table.caption = [
      .number(.cell(table: "\(analysis).model", column: "rows", row: 0), .decimals(0), "rows used"),
      .text(
        "logistic, after \(descent.steps) steps along the gradient, of which no element is above \(AnalysisSettings.decimal(descent.tolerance))"
      ),
    ]
    try table.disclose(estimates: estimates, rules, &builder)
    try rules.disclose(
      "model", rows: 1, keys: [],
      columns: [
        .init("rows", frame.used, "how many rows are used."),
        .init("left out", frame.leftOut, Self.leftOut(nil)),
        .init(
          "events", try builder.sum(event), "in how many of the rows that are used the outcome is true."),
      ], &builder)
  }

  /// The sums of the weights, of all rows and of those with the event.
  private static func weighed(
    _ weights: RowWeights?, _ event: Program.NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [AnalysisRules.Column] {
    guard let weights else { return [] }
    return [
      .init(ModelFigures.weight, weights.total, "the sum of the weights of the rows that are used."),
      .init(
        ModelFigures.eventWeight, try builder.innerProduct(event, weights.values),
        "the sum of the weights of rows in which the outcome is true."),
    ]
  }
}

/// What recipients derive of a model's own numbers.
enum ModelFigures {
  /// Bits of a log-likelihood, of which differences are taken.
  static let likelihoodBits = 26

  /// Headings of sums of weights.
  static let weight = "weight", eventWeight = "weight of events"

  /// Of rows, events and log-likelihood. Weights say how many rows a row stands for.
  static func logistic(coefficients: Int, isPenalised: Bool, isWeighted: Bool) -> [Derived] {
    let n = Formula.column(isWeighted ? weight : "rows")
    let events = Formula.column(isWeighted ? eventWeight : "events")
    let l = Formula.column("log-likelihood")
    let null = Formula.column("null log-likelihood")
    let rest = n - events
    let alone = events * .log(events / n) + rest * .log(rest / n)
    var columns = [
      Derived(name: "null log-likelihood", formula: alone),
      Derived(name: "pseudo R²", formula: 1 - l / null),
    ]
    // The distribution of the ratio, and what counts parameters, are those of the optimum without a penalty.
    guard !isPenalised else { return columns }
    let degrees = Formula.constant(Double(coefficients - 1))
    let all = Formula.constant(Double(coefficients))
    columns += [
      Derived(name: "likelihood ratio", formula: 2 * (l - null)),
      Derived(name: "df", formula: degrees),
      Derived(
        name: "likelihood ratio p", formula: .chiSquareTail(.column("likelihood ratio"), degrees),
        style: .probability),
      Derived(name: "AIC", formula: 2 * all - 2 * l),
      Derived(name: "BIC", formula: all * .log(n) - 2 * l),
    ]
    return columns
  }
}
