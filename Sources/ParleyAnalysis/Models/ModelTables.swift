import ParleyBase
import ParleyNumerics
import ParleyProgram

/// How coefficients of a model are shown: what is opened, and what recipients derive of it.
struct CoefficientTable {
  /// The analysis.
  let analysis: String
  /// Of the coefficients.
  let names: [String]
  /// Of intervals.
  let level: Double
  /// z, or Student's t with degrees of freedom.
  var degrees: Formula?
  /// What variances that are opened are multiplied by; nil where they are variances.
  var factor: Formula?
  /// "odds ratio" where e to the power of a coefficient means something; nil where it does not.
  var ratio: String?
  /// What stands beside the name of the table.
  var caption: [Caption] = []
  /// Of the figure.
  var title = ""

  static let heading = "term"
  private static let constant = "const"

  /// Opens the coefficients and their variances as `name.coefficients`.
  func disclose(
    _ coefficients: RawCoefficients, _ rules: AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let bits = RawCoefficients.significantBits
    let statistic = degrees == nil ? "z" : "t"
    let percent = "\(Int((level * 100).rounded()))%"
    let variance = factor == nil ? "variance" : "unscaled variance"
    let estimate = Formula.column("estimate")
    let error = Formula.column("std.err")
    let ends = [("low", Formula.IntervalEnd.low), ("high", .high)].map { word, side in
      Derived(
        name: "\(percent) \(word)",
        formula: .end(side, of: estimate, error: error, level: level, degrees: degrees))
    }
    var derived = [
      Derived(
        name: "std.err", formula: .root(factor.map { .column(variance) * $0 } ?? .column(variance))),
      Derived(name: statistic, formula: estimate / error, style: .decimals(3)),
      Derived(
        name: "p",
        formula: degrees.map { .studentTail(.column(statistic), $0) }
          ?? .normalTail(.column(statistic)),
        style: .probability),
    ]
    derived += ends
    var shown = [Self.heading, "estimate", "std.err", statistic, "p"] + ends.map(\.name)
    var forest = Figure.Forest(
      label: Self.heading, estimate: "estimate", lower: ends[0].name, upper: ends[1].name)
    if let ratio {
      // Of a constant there is no ratio: the logarithm of a negative number has no value.
      func power(_ name: String, _ heading: String) -> Derived {
        Derived(
          name: name,
          formula: .choose(
            .isText(column: Self.heading, Self.constant), .log(-1), .exp(.column(heading))))
      }
      let names = [ratio] + ["low", "high"].map { "\(ratio) \($0)" }
      derived += [
        power(names[0], "estimate"), power(names[1], ends[0].name), power(names[2], ends[1].name),
      ]
      shown.append(ratio)
      forest = .init(
        label: Self.heading, estimate: names[0], lower: names[1], upper: names[2], reference: 1,
        isLogarithmic: true)
    }
    let figure = Figure(
      .forest(forest), title: title, horizontal: "\(ratio ?? "estimate") with \(percent) interval")
    try rules.disclose(
      "coefficients", rows: names.count, keys: [.init(name: Self.heading, labels: names)],
      columns: [
        .init(
          "estimate", float: coefficients.estimates, significantBits: bits,
          "the coefficient of each column, six digits of it."),
        .init(
          variance, float: coefficients.variances, significantBits: bits,
          "the variance of each coefficient\(factor == nil ? "" : " but for a factor that recipients know"), six digits of it."
        ),
      ], derived: derived, figure: figure, caption: caption, shown: shown, &builder)
  }

  /// Opens coefficients without variances as `name.coefficients`, with ratios where they mean something.
  func disclose(
    estimates: FloatOutput, _ rules: AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    var derived: [Derived] = []
    if let ratio {
      derived.append(
        Derived(
          name: ratio,
          formula: .choose(.isText(column: Self.heading, Self.constant), .log(-1), .exp(.column("estimate")))))
    }
    try rules.disclose(
      "coefficients", rows: names.count, keys: [.init(name: Self.heading, labels: names)],
      columns: [
        .init(
          "estimate", float: estimates, significantBits: RawCoefficients.significantBits,
          "the coefficient of each column, six digits of it.")
      ], derived: derived, caption: caption, shown: [Self.heading, "estimate"] + (ratio.map { [$0] } ?? []),
      &builder)
  }

  /// Opens how coefficients vary together, as `name.covariance`: each with itself and those after it.
  func disclose(
    covariances: FloatOutput, _ pairs: [(first: String, second: String)], _ rules: AnalysisRules,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let bits = RawCoefficients.significantBits
    let name = factor == nil ? "covariance" : "unscaled covariance"
    try rules.disclose(
      "covariance", rows: pairs.count,
      keys: [
        .init(name: Self.heading, labels: pairs.map(\.first)), .init(name: "with", labels: pairs.map(\.second)),
      ],
      columns: [
        .init(
          name, float: covariances, significantBits: bits,
          "the covariance of each two coefficients\(factor == nil ? "" : " but for a factor that recipients know"), six digits of it."
        )
      ],
      derived: factor.map { [Derived(name: "covariance", formula: .column(name) * $0)] } ?? [],
      shown: [Self.heading, "with", "covariance"], &builder)
  }
}
