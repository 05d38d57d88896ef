import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyTables

/// `cox`: how the rate of an event depends on columns, whatever it is over time (proportional hazards).
///
/// Newton's method on the partial likelihood with a public number of passes, and a proof at the end that what it found is the optimum
/// (docs/proofs/cox.md).
struct CoxAnalysis: AnalysisKind {
  static let name = "cox"
  static let keys = [
    "time", "event", "predictors", "ties", "strata", MissingSetting.key, ShowSetting.key, "iterations",
    "precision",
    "level",
  ]
  static let needs = "a whole number that is not negative, a condition, and a number or another condition"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    guard let time = columns.times.first, let event = columns.conditions.first else { return nil }
    let predictors = columns.predictors.filter { $0 != time.name && $0 != event }.prefix(8)
    guard !predictors.isEmpty else { return nil }
    return ["time: \(time.name)", "event: \(event)", "predictors: [\(predictors.joined(separator: ", "))]"]
  }
  /// Within how many standard errors coefficients are certified where nothing is said: the bounds are those of the worst data, and coarser for
  /// more rows (docs/proofs/cox.md).
  private static func precision(rows: Int) -> Rational { Rational(1, rows <= 512 ? 1000 : 100) }
  /// With more, sums of numbers with enough bits fit no word.
  private static let mostRows = 4096

  let settings: AnalysisSettings
  private let time: SurvivalTime
  private let event: ConditionSetting
  private let predictors: Predictors
  private let isEfron: Bool
  private let strata: String?
  private let missing: MissingSetting
  private let show: ShowSetting
  private let iterations: Int
  private let precision: Rational?
  private let level: Double

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    time = try SurvivalTime(settings)
    event = try ConditionSetting(settings, at: "event", example: "died")
    predictors = try Predictors(settings)
    isEfron = try settings.choice("ties", ["efron", "breslow"]) == "efron"
    strata = try settings.optionalText("strata", example: "site")
    missing = try MissingSetting(settings, isOfModel: true)
    show = try ShowSetting(settings, more: ["covariance", "concordance"])
    iterations = try settings.integer("iterations", in: 1...40, default: 8)
    precision =
      settings.has("precision")
      ? try settings.number(
        "precision", from: Rational(1, 10_000), to: Rational(1, 10), default: Rational(1, 1000))
      : nil
    level = try settings.level()
    guard strata == nil || !show.concordance else {
      throw settings.error(
        "setting", "'concordance' of \(settings.what) compares all rows, and 'strata' keeps them apart",
        at: "show",
        remedy: "leave out 'concordance', or 'strata'")
    }
  }

  var computesOfRows: Bool { true }
  var sharesRows: Bool { true }

  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    [try time.column(of: rows).name, try event.column(of: rows).name] + (try terms(rows).map(\.column))
      + (try stratum(rows).map { [$0] } ?? [])
  }

  func grouping(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    [try event.column(of: rows).name] + (try stratum(rows).map { [$0] } ?? [])
  }

  /// Of times only the order counts.
  func judgedValues(of rows: AnalysisRows) throws(ParleyError) -> [String] { try terms(rows).map(\.column) }

  func roles(in rows: AnalysisRows) throws(ParleyError) -> VariableRoles { missing.roles(try terms(rows)) }

  private func stratum(_ rows: AnalysisRows) throws(ParleyError) -> String? {
    try strata.map { (name) throws(ParleyError) in try GroupLabels(name, at: "strata", rows).column.name }
  }

  private func terms(_ rows: AnalysisRows) throws(ParleyError) -> [DesignTerm] {
    try predictors.terms(
      of: rows,
      taken: [(try time.column(of: rows).name, "time"), (try event.column(of: rows).name, "event")]
        + (try stratum(rows).map { [($0, "strata")] } ?? []))
  }

  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard !show.concordance || frame.maximumRows <= Concordance.mostRows else {
      throw settings.error(
        "rows",
        "\(settings.what) can have \(frame.maximumRows) rows; \(Concordance.mostRows) are the most with 'concordance', which compares every two",
        at: "show", remedy: "leave out 'concordance', or lower maximum-rows of the table, if there are fewer")
    }
    let time = try time.number(frame, most: Self.mostRows, &builder)
    let event = try event.bit(frame, &builder)
    let design = try Design(try terms(frame.rows), constant: false, frame: frame, &rules, &builder)
    try rules.requireBoth(event, of: frame.used, &builder)
    for condition in design.conditions {
      try rules.requireCells(condition, event, among: frame.isUsed, &builder)
    }
    var stratum: Program.NodeID?
    if let name = try self.stratum(frame.rows) {
      stratum = try frame.number(name, &builder)
      for group in try frame.groups(name, &builder) {
        let rows = try builder.sum(group.bit)
        let own = try builder.sum(try builder.and(group.bit, event))
        for count in [rows, own, try builder.subtract(rows, own)] {
          try rules.requireNoneOrEnough(count, &builder)
        }
      }
    }
    let model = try PartialLikelihood(
      design, stratum: stratum, time: time, event: event, isEfron: isEfron, &builder)
    let precision = self.precision ?? Self.precision(rows: frame.maximumRows)
    let fit = try model.fit(passes: iterations - 1, within: precision, &rules, &builder)
    let exponent = try builder.subtract(
      try design.perRow(&builder), builder.constant(BigInt(PartialLikelihoodSizes.quarter)))
    if show.covariance { try rules.requirePairs(design, &builder) }
    let inverse = ScaledMatrix(fit.newton.inverse.inverse, exponent: exponent)
    let raw = try design.raw(fit.newton.coefficients, inverse, &builder)
    let tables = CoxTables(
      analysis: rules.analysis, names: design.names, level: level,
      caption: [
        .number(.cell(table: "\(rules.analysis).model", column: "rows", row: 0), .decimals(0), "rows used"),
        .text(
          "Cox, ties by \(isEfron ? "Efron" : "Breslow"), certified within \(AnalysisSettings.decimal(precision)) standard errors"
        ),
      ])
    try tables.coefficients(raw, rules, &builder)
    if show.covariance {
      try tables.covariances(
        try design.rawCovariances(fit.newton.coefficients, inverse, &builder), design.pairsOfNames, rules, &builder
      )
    }
    if show.concordance {
      try tables.concordance(try Concordance(model, predictor: fit.predictor, &builder), rules, &builder)
    }
    try tables.model(
      rows: frame.used, leftOut: frame.leftOut, events: try builder.sum(event), likelihood: fit.logLikelihood,
      ratio: fit.ratio, rules, &builder)
  }
}

/// What is opened of a model, and what recipients derive.
struct CoxTables {
  let analysis: String
  let names: [String]
  let level: Double
  let caption: [Caption]
  private static let heading = "covariate"
  /// Of log-likelihoods, of which differences are taken.
  private static let likelihoodBits = 26

  func coefficients(
    _ found: RawCoefficients, _ rules: AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let bits = RawCoefficients.significantBits
    let percent = "\(Int((level * 100).rounded()))%"
    let coef = Formula.column("coef"), error = Formula.column("se(coef)")
    let (low, high) = ("coef lower \(percent)", "coef upper \(percent)")
    let derived = [
      Derived(name: "exp(coef)", formula: .exp(coef)),
      Derived(name: "se(coef)", formula: .root(.column("variance"))),
      Derived(name: low, formula: .end(.low, of: coef, error: error, level: level)),
      Derived(name: high, formula: .end(.high, of: coef, error: error, level: level)),
      Derived(name: "exp(coef) lower \(percent)", formula: .exp(.column(low))),
      Derived(name: "exp(coef) upper \(percent)", formula: .exp(.column(high))),
      Derived(name: "z", formula: coef / error, style: .decimals(3)),
      Derived(name: "p", formula: .normalTail(.column("z")), style: .probability),
    ]
    let forest = Figure.Forest(
      label: Self.heading, estimate: "exp(coef)", lower: "exp(coef) lower \(percent)",
      upper: "exp(coef) upper \(percent)", reference: 1, isLogarithmic: true)
    try rules.disclose(
      "coefficients", rows: names.count, keys: [.init(name: Self.heading, labels: names)],
      columns: [
        .init(
          "coef", float: found.estimates, significantBits: bits,
          "the coefficient of each column, six digits of it."),
        .init(
          "variance", float: found.variances, significantBits: bits,
          "the variance of each coefficient, six digits of it."),
      ], derived: derived,
      figure: Figure(.forest(forest), title: "Hazard ratios", horizontal: "hazard ratio with \(percent) interval"),
      caption: caption, shown: [Self.heading, "coef"] + derived.map(\.name), &builder)
  }

  /// How coefficients vary together: each with itself and those after it.
  func covariances(
    _ found: FloatOutput, _ pairs: [(first: String, second: String)], _ rules: AnalysisRules,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let bits = RawCoefficients.significantBits
    try rules.disclose(
      "covariance", rows: pairs.count,
      keys: [
        .init(name: Self.heading, labels: pairs.map(\.first)), .init(name: "with", labels: pairs.map(\.second)),
      ],
      columns: [
        .init(
          "covariance", float: found, significantBits: bits,
          "the covariance of each two coefficients, six digits of it.")
      ], shown: [Self.heading, "with", "covariance"], &builder)
  }

  /// How often the order of events is that of rates.
  func concordance(
    _ found: Concordance, _ rules: AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    try rules.disclose(
      "concordance", rows: 1, keys: [],
      columns: [
        .init(
          "concordance", float: found.index, significantBits: Concordance.significantBits,
          "of all pairs of rows of which one is known to have had its event first, the share in which it had the higher rate; equal ones count half."
        )
      ], &builder)
  }

  func model(
    rows: Program.NodeID, leftOut: Program.NodeID, events: Program.NodeID, likelihood: Fixed, ratio: Fixed,
    _ rules: AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let bits = Self.likelihoodBits
    let l = Formula.column("log-partial-likelihood"), test = Formula.column("log-likelihood ratio test")
    try rules.disclose(
      "model", rows: 1, keys: [],
      columns: [
        .init("rows", rows, "how many rows are used."),
        .init("left out", leftOut, "how many rows have a missing value."),
        .init("events", events, "how many of the rows that are used have an event."),
        .init(
          "log-partial-likelihood", float: try builder.floatOutput(likelihood, significantBits: bits),
          significantBits: bits, "the logarithm of the partial likelihood, seven digits of it."),
        .init(
          "log-likelihood ratio test",
          float: try builder.floatOutput(ratio, significantBits: RawCoefficients.significantBits),
          significantBits: RawCoefficients.significantBits,
          "twice what the logarithm is above that of a model without columns, six digits of it."),
      ],
      derived: [
        Derived(name: "null log-partial-likelihood", formula: l - test / 2),
        Derived(name: "df", formula: .constant(Double(names.count)), style: .decimals(0)),
        Derived(name: "p", formula: .chiSquareTail(test, .constant(Double(names.count))), style: .probability),
        Derived(name: "partial AIC", formula: 2 * .constant(Double(names.count)) - 2 * l),
      ], &builder)
  }
}
