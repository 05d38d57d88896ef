import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyTables

/// `poisson`: how the logarithm of an expected number depends on columns.
struct PoissonAnalysis: AnalysisKind {
  static let name = "poisson"
  static let keys =
    ["outcome", "predictors", "offset", WeightSetting.key, MissingSetting.key, ShowSetting.key]
    + NewtonSettings.keys
  static let needs = "a whole number from 0 to 1000 at most, and another number or a condition"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    guard let outcome = columns.times.first(where: { $0.last <= mostCount })?.name else { return nil }
    let predictors = columns.predictors.filter { $0 != outcome }.prefix(8)
    guard !predictors.isEmpty else { return nil }
    return ["outcome: \(outcome)", "predictors: [\(predictors.joined(separator: ", "))]"]
  }
  /// Of outcomes.
  static let mostCount: Int64 = 1000

  let settings: AnalysisSettings
  private let outcome: String
  private let predictors: Predictors
  private let offset: String?
  private let weights: WeightSetting?
  private let missing: MissingSetting
  private let show: ShowSetting
  private let newton: NewtonSettings

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    outcome = try settings.text("outcome", example: "visits")
    predictors = try Predictors(settings)
    offset = try settings.optionalText("offset", example: "log_years")
    weights = try WeightSetting(settings)
    missing = try MissingSetting(settings, isOfModel: true)
    show = try ShowSetting(settings, more: ["covariance"])
    newton = try NewtonSettings(settings, iterations: 12)
  }

  var computesOfRows: Bool { true }
  var sharesRows: Bool { weights == nil }

  /// The outcome, the offset where there is one, and the terms.
  private func parts(
    _ rows: AnalysisRows
  ) throws(ParleyError) -> (outcome: String, offset: String?, terms: [DesignTerm]) {
    let column = try rows.number(outcome, at: "outcome")
    guard column.type == .integer else {
      throw settings.error(
        "type", "'outcome' of \(settings.what) names '\(column.name)', which is no whole number", at: "outcome",
        remedy:
          "name a number of events; or use kind 'linear' for numbers with decimals, and 'logistic' for conditions")
    }
    var taken = [(column.name, "outcome")]
    let own = try offset.map { (name) throws(ParleyError) in try rows.number(name, at: "offset").name }
    if let own { taken.append((own, "offset")) }
    guard own != column.name else {
      throw settings.error(
        "setting", "'\(column.name)' is the outcome of \(settings.what) and its offset too", at: "offset",
        remedy: "name a column with logarithms of what the number is in proportion to: years, persons")
    }
    if let weight = try weights?.column(of: rows, beside: taken) { taken.append((weight, WeightSetting.key)) }
    return (column.name, own, try predictors.terms(of: rows, taken: taken))
  }

  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    let parts = try parts(rows)
    let own =
      [parts.outcome] + (parts.offset.map { [$0] } ?? []) + ((try weights?.column(of: rows)).map { [$0] } ?? [])
    return own + parts.terms.map(\.column)
  }

  func roles(in rows: AnalysisRows) throws(ParleyError) -> VariableRoles {
    missing.roles(try parts(rows).terms, weights: try weights?.column(of: rows))
  }

  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let parts = try parts(frame.rows)
    let range = try frame.range(of: parts.outcome)
    guard range.lower >= 0, range.upper >= 1, range.upper <= BigInt(Self.mostCount) else {
      throw settings.error(
        "type",
        "'outcome' of \(settings.what) names '\(parts.outcome)', which has values from \(range.lower) to \(range.upper)",
        at: "outcome", remedy: "name a number of events with a range from 0 to \(Self.mostCount) at most")
    }
    guard frame.maximumRows <= PoissonModel.mostRows else {
      throw settings.error(
        "rows",
        "\(settings.what) can have \(frame.maximumRows) rows; \(PoissonModel.mostRows) are the most for this kind",
        remedy: "lower maximum-rows of the table, if there are fewer")
    }
    let count = try frame.number(parts.outcome, &builder)
    let weights = try weights?.weights(frame, mostRows: PoissonModel.mostRows, &builder)
    let design = try Design(parts.terms, constant: true, frame: frame, weights: weights, &rules, &builder)
    let judged = try frame.judgedRange(of: parts.outcome)
    try rules.requireSpread(of: count, within: judged, in: frame.isUsed, &builder)
    let isAny = try builder.compare(.less, builder.constant(0), count)
    for condition in design.conditions {
      try rules.requireCells(condition, isAny, among: frame.isUsed, &builder)
      try rules.requireSpread(of: count, within: judged, for: condition, among: frame.isUsed, &builder)
    }
    let model = try PoissonModel(
      design, counts: count, upTo: Int(range.upper), offset: parts.offset, &builder)
    let fit = try model.fit(newton, &rules, &builder)
    let raw = try design.raw(
      fit.newton.coefficients, ScaledMatrix(fit.newton.inverse.inverse, exponent: try model.unit(&builder)),
      shift: model.shift, &builder)
    let analysis = rules.analysis
    var table = CoefficientTable(analysis: analysis, names: design.names, level: newton.level)
    table.ratio = "rate ratio"
    table.title = "Rate of \(parts.outcome)"
    table.caption = [
      .number(.cell(table: "\(analysis).model", column: "rows", row: 0), .decimals(0), "rows used"),
      .text(
        "poisson\(weights == nil ? "" : ", weighted by frequency"), certified within \(AnalysisSettings.decimal(newton.precision)) standard errors"
      ),
    ]
    if show.covariance { try rules.requirePairs(design, &builder) }
    try table.disclose(raw, rules, &builder)
    if show.covariance {
      let all = try design.rawCovariances(
        fit.newton.coefficients, ScaledMatrix(fit.newton.inverse.inverse, exponent: try model.unit(&builder)),
        shift: model.shift, &builder)
      try table.disclose(covariances: all, design.pairsOfNames, rules, &builder)
    }
    let figures = try model.figures(fit, design, &builder)
    let bits = ModelFigures.likelihoodBits
    let all = Formula.constant(Double(design.order)), l = Formula.column("log-likelihood")
    let n = Formula.column(weights == nil ? "rows" : ModelFigures.weight)
    let weighed =
      weights.map {
        [AnalysisRules.Column(ModelFigures.weight, $0.total, "the sum of the weights of the rows that are used.")]
      } ?? []
    let derived =
      newton.ridge > 0
      ? []
      : [
        Derived(name: "residual df", formula: n - all),
        Derived(name: "AIC", formula: 2 * all - 2 * l),
        Derived(name: "BIC", formula: all * .log(n) - 2 * l),
      ]
    try rules.disclose(
      "model", rows: 1, keys: [],
      columns: [
        .init("rows", frame.used, "how many rows are used."),
        .init("left out", frame.leftOut, Self.leftOut(weights)),
      ] + weighed + [
        .init(
          "log-likelihood", float: figures.logLikelihood, significantBits: bits,
          "the logarithm of the likelihood of all outcomes, seven digits of it."),
        .init(
          "deviance", float: figures.deviance, significantBits: bits,
          "twice the difference to the greatest likelihood that any model could have, seven digits of it."),
      ], derived: derived, &builder)
  }
}
