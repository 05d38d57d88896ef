import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyTables

/// `meta`: estimates of several studies, one a row, with their variances, to one estimate; how much more they differ than their variances tell.
///
/// Weights are one exact division a study; everything after that is exact in integers until it is rounded to significant bits
/// (docs/proofs/meta-analysis.md). No study's own estimate, variance or weight is opened.
struct MetaAnalysis: AnalysisKind {
  static let name = "meta"
  static let keys = ["estimate", "variance", "model", "estimator", MissingSetting.key, "level"]
  static let needs = "two numbers: the estimate of each study and its variance"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    guard columns.numbers.count >= 2 else { return nil }
    let variance = columns.numbers.first { $0.lowercased().hasPrefix("v") } ?? columns.numbers[1]
    let estimate = columns.numbers.first { $0 != variance } ?? columns.numbers[0]
    return ["estimate: \(estimate)", "variance: \(variance)", "model: random"]
  }
  /// Sums of products of weights and squares fit a word.
  private static let mostRows = 256
  private static let mostVarianceBits = 40
  private static let significantBits = 20
  /// Fraction bits of variances to which the variance between studies is added.
  private static let fractionBits = 24

  let settings: AnalysisSettings
  private let estimate: String
  private let variance: String
  private let isRandom: Bool
  private let isPauleMandel: Bool
  private let missing: MissingSetting
  private let level: Double

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    estimate = try settings.text("estimate", example: "log_odds_ratio")
    variance = try settings.text("variance", example: "variance")
    isRandom = try settings.choice("model", ["random", "fixed"]) == "random"
    isPauleMandel = try settings.choice("estimator", ["dersimonian-laird", "paule-mandel"]) == "paule-mandel"
    missing = try MissingSetting(settings, isOfModel: false)
    level = try settings.level()
    guard isRandom || !settings.has("estimator") else {
      throw settings.error(
        "setting",
        "'estimator' of \(settings.what) is of the variance between studies, and 'model: fixed' has none",
        at: "estimator", remedy: "remove 'estimator', or write 'model: random'")
    }
  }

  var computesOfRows: Bool { true }

  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    let names = [try number(estimate, at: "estimate", rows), try number(variance, at: "variance", rows)]
    guard names[0] != names[1] else {
      throw settings.error(
        "setting", "'variance' of \(settings.what) names the column of 'estimate'", at: "variance",
        remedy: "name the column with the squares of standard errors")
    }
    return names
  }

  func roles(in rows: AnalysisRows) throws(ParleyError) -> VariableRoles { missing.roles() }

  private func number(_ name: String, at key: String, _ rows: AnalysisRows) throws(ParleyError) -> String {
    let column = try rows.number(name, at: key)
    guard column.type != .boolean else {
      throw settings.error(
        "type", "'\(key)' of \(settings.what) names '\(column.name)', which is a condition", at: key,
        remedy: "name a column of numbers, one for each study")
    }
    return column.name
  }

  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let names = try variables(of: frame.rows)
    let range = try frame.range(of: names[0])
    try checkSizes(frame, names)
    // What one study would tell of the others: the page of proofs has the count of equations.
    try rules.requireAlways(frame.used, atLeast: isRandom ? 4 : 3, &builder)
    let zero = builder.constant(0)
    let y = try builder.select(
      frame.isUsed,
      try builder.subtract(try frame.number(names[0], &builder), builder.constant(range.lower)), zero,
      within: Interval(0, max(range.upper - range.lower, 0)))
    var v = try frame.number(names[1], &builder)
    if builder.type(of: v).range.lower < 1, try frame.range(of: names[1]).lower < 1 {
      let isNone = try builder.compare(.less, v, builder.constant(1))
      rules.fail(where: try builder.any(try builder.and(frame.isUsed, isNone)))
    }
    v = try builder.atLeast(v, 1)

    let study = Pooling(
      frame: frame, estimates: y, lower: range.lower, places: try frame.scale(of: names[0]),
      variancePlaces: try frame.scale(of: names[1]), bits: Self.significantBits)
    let fixed = try WeighedStudies(estimates: y, variances: v, isUsed: frame.isUsed, &builder)
    let excess = try study.excess(of: fixed, &builder)
    var heterogeneity: [AnalysisRules.Column] = [
      .init("k", frame.used, "how many studies count.")
    ]
    var pooled = try study.estimate(fixed, fractionBits: 0, &builder)
    if isRandom {
      let (between, added) =
        isPauleMandel
        ? try pauleMandel(v, excess, frame, study, &rules, &builder)
        : try excess.variance(fixed, study, Self.fractionBits, &builder)
      heterogeneity.append(
        .init(
          "tau2", float: between, significantBits: Self.significantBits,
          "the variance between studies (\(isPauleMandel ? "Paule and Mandel" : "DerSimonian and Laird")), not below 0."
        ))
      let wide = try builder.add(try builder.scale(v, by: BigInt(1) << Self.fractionBits), added)
      let random = try WeighedStudies(estimates: y, variances: wide, isUsed: frame.isUsed, &builder)
      pooled = try study.estimate(random, fractionBits: Self.fractionBits, &builder)
    }
    heterogeneity.append(
      .init(
        "QE", float: try excess.statistic(&builder), significantBits: Self.significantBits,
        "how much studies differ: the sum of the squared distances to the fixed estimate, each over its variance.")
    )
    try disclose(pooled, heterogeneity, rules, &builder)
  }

  /// The variance between studies of Paule and Mandel, as it is opened and as it is added to variances.
  private func pauleMandel(
    _ variances: Program.NodeID, _ excess: Excess, _ frame: AnalysisFrame, _ study: Pooling,
    _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (output: FloatOutput, added: Program.NodeID) {
    let found = try PauleMandel(
      variances: variances, distances: excess.distance, isUsed: frame.isUsed, degrees: excess.degrees,
      exponent: study.variancePlaces - 2 * study.places, &builder)
    rules.fail(where: found.isBeyond)
    let output = try builder.floatQuotient(
      found.variance, over: builder.constant(BigInt(10).power(study.variancePlaces) << PauleMandel.fractionBits),
      significantBits: Self.significantBits)
    return (
      output,
      try builder.scale(found.variance, by: BigInt(1) << (Self.fractionBits - PauleMandel.fractionBits))
    )
  }

  private func checkSizes(_ frame: AnalysisFrame, _ names: [String]) throws(ParleyError) {
    guard frame.maximumRows <= Self.mostRows else {
      throw settings.error(
        "rows",
        "\(settings.what) of kind 'meta' can have \(frame.maximumRows) rows; \(Self.mostRows) studies are the most",
        remedy: "lower maximum-rows of the table: a row is a study, not a person")
    }
    let range = try frame.range(of: names[0]), spread = try frame.range(of: names[1])
    guard (range.upper - range.lower).magnitude.bitWidth <= WeighedStudies.estimateBits else {
      throw settings.error(
        "type",
        "'\(names[0])' of \(settings.what) has a range with \(range.upper - range.lower) steps; less than \(BigInt(1) << WeighedStudies.estimateBits) can be combined",
        at: "estimate",
        remedy: "declare a narrower range or fewer decimals: [-100, 100] with 6 decimals fits")
    }
    guard spread.upper >= 1 else {
      throw settings.error(
        "type", "'\(names[1])' of \(settings.what) is never above 0, and a variance is", at: "variance",
        remedy:
          "declare a range that goes above 0, in units of its last decimal; or name another column"
      )
    }
    let most = isPauleMandel ? PauleMandel.varianceBits : Self.mostVarianceBits
    guard spread.upper.magnitude.bitWidth <= most else {
      throw settings.error(
        "type",
        "'\(names[1])' of \(settings.what) has a range of \(spread.upper) steps; less than \(BigInt(1) << most) can be combined\(isPauleMandel ? " with 'estimator: paule-mandel'" : "")",
        at: "variance", remedy: "declare a narrower range of the variances, or round them")
    }
  }

  // MARK: What is opened, and what follows

  private func disclose(
    _ pooled: [AnalysisRules.Column], _ heterogeneity: [AnalysisRules.Column], _ rules: AnalysisRules,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let estimate = Formula.column("estimate"), se = Formula.column("se")
    let model =
      isRandom ? "random effects, \(isPauleMandel ? "Paule and Mandel" : "DerSimonian and Laird")" : "fixed effect"
    try rules.disclose(
      "estimate", rows: 1, keys: [], columns: pooled,
      derived: [
        Derived(name: "se", formula: .root(.column("variance"))),
        Derived(name: "zval", formula: .ratio(estimate, se)),
        Derived(name: "pval", formula: .normalTail(.column("zval")), style: .probability),
        Derived(name: "ci.lb", formula: .end(.low, of: estimate, error: se, level: level)),
        Derived(name: "ci.ub", formula: .end(.high, of: estimate, error: se, level: level)),
      ], caption: [.text("meta-analysis, \(model)")],
      shown: ["estimate", "se", "zval", "pval", "ci.lb", "ci.ub"], &builder)
    let q = Formula.column("QE"), df = Formula.column("df")
    let ratio = q / df
    try rules.disclose(
      "heterogeneity", rows: 1, keys: [], columns: heterogeneity,
      derived: [
        Derived(name: "I2", formula: .choose(q - df, 100 * (q - df) / q, 0)),
        Derived(name: "H2", formula: isRandom ? .apply(.maximum, [ratio, 1]) : ratio),
        Derived(name: "df", formula: .column("k") - 1, style: .decimals(0)),
        Derived(name: "QEp", formula: .chiSquareTail(q, df), style: .probability),
      ], &builder)
  }
}

/// The units in which studies are pooled, and what sums of weights say in them.
private struct Pooling {
  typealias NodeID = Program.NodeID
  let frame: AnalysisFrame
  /// Above `lower`.
  let estimates: NodeID
  let lower: BigInt
  /// Decimals of estimates and of variances.
  let places: Int
  let variancePlaces: Int
  let bits: Int

  /// The estimate and its variance, Σwy/Σw and 1/Σw.
  ///
  /// - Parameter fractionBits: variances are multiples of 2^-this of their last decimal.
  func estimate(
    _ sums: WeighedStudies, fractionBits: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [AnalysisRules.Column] {
    let total = try builder.atLeast(sums.total, 1)
    let whole = try builder.add(try builder.scale(total, by: lower), sums.sum)
    let ten = BigInt(10)
    let estimate = try builder.floatQuotient(
      whole, over: try builder.scale(total, by: ten.power(places)), significantBits: bits)
    let variance = try builder.floatQuotient(
      try builder.scale(sums.least, by: BigInt(1) << WeighedStudies.weightBits),
      over: try builder.scale(total, by: ten.power(variancePlaces) << fractionBits), significantBits: bits)
    return [
      .init("estimate", float: estimate, significantBits: bits, "what the studies estimate together."),
      .init("variance", float: variance, significantBits: bits, "the variance of the estimate."),
    ]
  }

  func excess(of sums: WeighedStudies, _ builder: inout ProgramBuilder) throws(ParleyError) -> Excess {
    let width = builder.type(of: estimates).range.upper
    let total = try builder.atLeast(sums.total, 1)
    let mean = try builder.quotient(sums.sum, total, atMost: width)
    // A division leaves bits; columns are moved as words.
    let center = try builder.matrixProduct(mean, builder.constant(1), rows: 1, inner: 1, columns: 1)
    let distance = try builder.select(
      frame.isUsed, try builder.subtract(estimates, center), builder.constant(0), within: Interval(-width, width))
    let left = try builder.known(
      try builder.subtract(sums.sum, try builder.multiply(mean, total)),
      within: Interval(0, builder.type(of: total).range.upper), by: .remainder)
    // Σu·Σud² − (Σud)², which is not negative.
    let squares = try builder.multiply(try sums.sumOfSquares(distance, &builder), total)
    let spread = try builder.atLeast(try builder.subtract(squares, try builder.multiply(left, left)), 0)
    let exponent = variancePlaces - 2 * places
    let upper = try builder.scale(spread, by: BigInt(10).power(max(exponent, 0)))
    let scaled = BigInt(10).power(max(-exponent, 0))
    let unit = try builder.multiply(sums.least, total)
    return Excess(
      distance: distance, upper: upper, lower: try builder.scale(unit, by: scaled << WeighedStudies.weightBits),
      degrees: try builder.atLeast(try builder.subtract(frame.used, builder.constant(1)), 0), scaled: scaled,
      most: (width * width * BigInt(10).power(max(exponent, 0)), scaled), total: total, bits: bits)
  }
}

/// Q of Cochran as a fraction of integers, and the variance between studies.
private struct Excess {
  typealias NodeID = Program.NodeID
  /// Of estimates to about the fixed one.
  let distance: NodeID
  /// Q = upper / lower.
  let upper: NodeID
  let lower: NodeID
  let degrees: NodeID
  /// The power of ten in `lower`.
  let scaled: BigInt
  /// The square of the range of estimates in units of the last decimal of variances, as a fraction.
  let most: (upper: BigInt, lower: BigInt)
  let total: NodeID
  let bits: Int

  func statistic(_ builder: inout ProgramBuilder) throws(ParleyError) -> FloatOutput {
    try builder.floatQuotient(upper, over: lower, significantBits: bits)
  }

  /// max(0, Q − (k − 1)) / (Σw − Σw²/Σw): as it is opened, and in units of 2^-`fractionBits` of the last decimal of variances, down.
  func variance(
    _ sums: WeighedStudies, _ study: Pooling, _ fractionBits: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (output: FloatOutput, added: NodeID) {
    let expected = try builder.multiply(degrees, lower)
    let excess = try builder.atLeast(try builder.subtract(upper, expected), 0)
    let spread = try builder.subtract(try builder.multiply(total, total), sums.squares)
    let divisor = try builder.scale(try builder.atLeast(spread, 1), by: scaled)
    let output = try builder.floatQuotient(
      excess, over: try builder.scale(divisor, by: BigInt(10).power(study.variancePlaces)), significantBits: bits)
    // At most half the square of the range of estimates.
    let limit = (most.upper << fractionBits) / (2 * most.lower) + 1
    let added = try builder.quotient(
      try builder.scale(excess, by: BigInt(1) << fractionBits), divisor, atMost: limit)
    return (output, added)
  }
}
