import Foundation
import Parley
import ParleyAnalysis
import ParleyBase
import ParleyProgram
import Testing

/// Meta-analyses against metafor's values of the trials of BCG, and against floating point.
@Suite struct MetaTests {
  static let columns = [
    "{name: effect, type: decimal, scale: 7, range: [-10, 10], nullable: true}",
    "{name: v, type: decimal, scale: 9, range: [0, 10]}",
    "{name: spread, type: decimal, scale: 2, range: [-9, 0]}",
    "{name: signed, type: decimal, scale: 9, range: [-1, 10]}",
    "{name: fine, type: decimal, scale: 9, range: [-2000, 2000]}",
    "{name: site, type: category, values: [a, b]}", "{name: done, type: bool}",
  ]
  static func text(
    _ analysis: String, minimum: Int = 0, adversary: String = "semi-honest", rows: Int = 20, table: String = "",
    columns: [String] = columns
  ) -> String {
    AnalysisWorld.text(
      "  - {name: m, table: people, kind: meta, \(analysis)}", columns: columns, minimum: minimum, table: table,
      adversary: adversary
    ).replacingOccurrences(of: "maximum-rows: 1000", with: "maximum-rows: \(rows)")
  }
  private static let two = Array(columns.prefix(2))
  /// Cells of a study: its estimate and its variance.
  static func cells(_ study: (y: Double, v: Double)) -> [String] {
    [String(format: "%.7f", study.y), String(format: "%.9f", study.v)]
  }

  struct Reference: Decodable {
    struct Model: Decodable {
      var tau: Double
      var estimate: Double
      var error: Double
      var z: Double
      var p: Double
      var low: Double
      var high: Double
      enum CodingKeys: String, CodingKey { case tau = "tau²", estimate, error, z, p, low, high }
    }
    var y: [Double]
    var v: [Double]
    var q: Double
    var qp: Double
    var i: Double
    var h: Double
    var fixed: Model
    var random: Model
    enum CodingKeys: String, CodingKey {
      case y = "log relative risk", v = "variance", q = "Q", qp = "Q p", i = "I²", h = "H²", fixed
      case random = "dersimonian-laird"
    }
    static func read() throws -> Reference {
      struct File: Decodable { var values: [String: Reference] }
      let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "References/meta.json")
      return try #require(try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).values["dat.bcg"])
    }
  }

  private func expect(
    _ table: DecodedTable, _ expected: [(String, Double)], within tolerance: Double,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    for (name, value) in expected {
      let found = try table.numbers(name)[0]
      #expect(
        abs(found - value) <= tolerance * abs(value), "\(name): \(found), not \(value)", sourceLocation: location)
    }
  }

  @Test(arguments: ["fixed", "random"]) func trialsOfBCG(_ model: String) throws {
    let reference = try Reference.read()
    var world = try AnalysisWorld(
      Self.text("estimate: effect, variance: v, model: \(model)", columns: Self.two),
      rows: zip(reference.y, reference.v).prefix(8).map { Self.cells(($0, $1)) })
    world.south = zip(reference.y, reference.v).dropFirst(8).map { Self.cells(($0, $1)) }
    let results = try world.results()
    let expected = model == "fixed" ? reference.fixed : reference.random
    let estimate = try #require(results["m.estimate"])
    try expect(estimate, [("estimate", expected.estimate), ("se", expected.error)], within: 1e-6)
    try expect(
      estimate, [("zval", expected.z), ("ci.lb", expected.low), ("ci.ub", expected.high)], within: 3e-6)
    try expect(estimate, [("pval", expected.p)], within: 3e-6 * expected.z * expected.z)
    let table = try #require(results["m.heterogeneity"])
    #expect(try table.numbers("k") == [13] && table.numbers("df") == [12])
    try expect(table, [("QE", reference.q), ("H2", reference.h), ("I2", reference.i)], within: 1e-6)
    try expect(table, [("QEp", reference.qp)], within: 1e-3)
    #expect(table.columns.contains("tau2") == (model == "random"))
    if model == "random" { try expect(table, [("tau2", expected.tau)], within: 1e-6) }
  }

  @Test(arguments: ["semi-honest", "malicious"]) func underBothAdversaries(_ adversary: String) throws {
    let reference = try Reference.read()
    let all = zip(reference.y, reference.v).prefix(5).map { Self.cells(($0, $1)) }
    var world = try AnalysisWorld(
      Self.text("estimate: effect, variance: v", adversary: adversary, rows: 6, columns: Self.two),
      rows: Array(all.prefix(3)))
    world.south = Array(all.dropFirst(3))
    #expect(try world.run() == world.results())
  }

  /// By the definition, in floating point.
  static func pooled(_ studies: [(y: Double, v: Double)]) -> (
    q: Double, tau: Double, estimate: Double, variance: Double
  ) {
    func mean(_ w: [Double]) -> Double { zip(w, studies).reduce(0) { $0 + $1.0 * $1.1.y } / w.reduce(0, +) }
    let w = studies.map { 1 / $0.v }
    let center = mean(w)
    let q = zip(w, studies).reduce(0) { $0 + $1.0 * ($1.1.y - center) * ($1.1.y - center) }
    let c = w.reduce(0, +) - w.reduce(0) { $0 + $1 * $1 } / w.reduce(0, +)
    let tau = max(0, (q - Double(studies.count - 1)) / c)
    let star = studies.map { 1 / ($0.v + tau) }
    return (q, tau, mean(star), 1 / star.reduce(0, +))
  }

  /// Estimates far from 0 and close together, variances of very different size, studies that agree.
  @Test(arguments: 1...12) func madeUpStudies(_ seed: Int) throws {
    var state = UInt64(seed)
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let spread = [1e-6, 1e-3, 1.0][seed % 3]
    let studies = (0..<4 + next(14)).map { _ in
      (
        y: (Double(next(1_000_001)) / 1e6 - 0.5) * spread + (seed % 2 == 0 ? 9.1234 : 0),
        v: pow(10, -Double(next(seed % 4 == 0 ? 70 : 20)) / 10) * spread * spread * 1e3 + 1e-9
      )
    }.map { study in
      (y: (study.y * 1e7).rounded() / 1e7, v: min((study.v * 1e9).rounded() / 1e9, 9))
    }
    let world = try AnalysisWorld(
      Self.text("estimate: effect, variance: v", columns: Self.two), rows: studies.map(Self.cells))
    let results = try world.results()
    let expected = Self.pooled(studies)
    let estimate = try #require(results["m.estimate"])
    try expect(estimate, [("estimate", expected.estimate), ("variance", expected.variance)], within: 1e-6)
    let table = try #require(results["m.heterogeneity"])
    let (q, df) = (expected.q, Double(studies.count - 1))
    try expect(table, [("QE", q)], within: 2e-6)
    #expect(abs(try table.numbers("tau2")[0] - expected.tau) <= 1e-6 * expected.tau + 1e-15)
    #expect(abs(try table.numbers("I2")[0] - max(0, 100 * (q - df) / q)) <= 1e-3)
    #expect(abs(try table.numbers("H2")[0] - max(1, q / df)) <= 1e-5 * max(1, q / df))
  }

  @Test func studiesThatSayTheSame() throws {
    let world = try AnalysisWorld(
      Self.text("estimate: effect, variance: v", columns: Self.two),
      rows: (0..<5).map { _ in Self.cells((-0.25, 0.04)) })
    let results = try world.results()
    try expect(
      try #require(results["m.estimate"]), [("estimate", -0.25), ("se", (0.04 / 5).squareRoot())], within: 1e-6)
    let table = try #require(results["m.heterogeneity"])
    for name in ["tau2", "QE", "I2"] { #expect(try table.numbers(name) == [0], "\(name)") }
    #expect(try table.numbers("H2") == [1] && table.numbers("QEp") == [1])
  }

  /// With too few studies each would learn those of the others, whatever the release rules are.
  @Test func fewStudiesAreWithheld() throws {
    func isWithheld(_ model: String, _ count: Int, minimum: Int = 0) throws -> Bool {
      let rows = (0..<count).map { Self.cells((Double($0) / 10, 0.04 + Double($0) / 100)) }
      let results = try AnalysisWorld(
        Self.text("estimate: effect, variance: v, model: \(model)", minimum: minimum, columns: Self.two),
        rows: rows
      ).results()
      let texts =
        try #require(results["m.estimate"]).texts("estimate") + #require(results["m.heterogeneity"]).texts("k")
      #expect(texts[0] == "withheld" || Double(texts[0]) != nil)
      return texts.contains("withheld")
    }
    for (model, least) in [("fixed", 3), ("random", 4)] {
      #expect(try isWithheld(model, 0) && isWithheld(model, 1) && isWithheld(model, least - 1))
      #expect(try !isWithheld(model, least))
      #expect(try isWithheld(model, 5, minimum: 6) && !isWithheld(model, 6, minimum: 6))
    }
  }

  @Test func aVarianceOfNothingEstimatesNothing() throws {
    let rows = (0..<6).map { Self.cells((Double($0) / 10, 0.04)) }
    func texts(_ variance: String) throws -> [String] {
      let text = Self.text(
        "estimate: effect, variance: \(variance.hasPrefix("-") ? "signed" : "v")",
        columns: [Self.columns[0], variance.hasPrefix("-") ? Self.columns[3] : Self.columns[1]])
      let results = try AnalysisWorld(text, rows: rows + [["0.5", variance]]).results()
      return try #require(results["m.estimate"]).texts("estimate")
        + #require(results["m.heterogeneity"]).texts("QE")
    }
    #expect(try texts("0.0") == ["not estimable", "not estimable"])
    #expect(try texts("-0.5") == ["not estimable", "not estimable"])
    #expect(try !texts("0.000000001").contains("not estimable"))
    // Left out with its estimate.
    let text = Self.text("estimate: effect, variance: v", columns: Self.two)
    let table = try #require(try AnalysisWorld(text, rows: rows + [["", "0.0"]]).results()["m.heterogeneity"])
    #expect(try table.numbers("k") == [6])
    // Whether it could be estimated is not learnt of what is withheld.
    let few = try AnalysisWorld(text, rows: Array(rows.prefix(2)) + [["0.5", "0.0"]]).results()
    #expect(try #require(few["m.estimate"]).texts("estimate") == ["withheld"])
  }

  static let bad: [AnalysisStudyTests.Bad] = [
    .init("variance: v", "analysis/setting", "no 'estimate'", "add 'estimate: log_odds_ratio'"),
    .init("estimate: effect", "analysis/setting", "no 'variance'", "add 'variance: variance'"),
    .init("estimate: site, variance: v", "analysis/type", "a category", "each holder brings"),
    .init("estimate: effect, variance: done", "analysis/type", "a condition", "a column of numbers"),
    .init(
      "estimate: effect, variance: effect", "analysis/setting", "the column of 'estimate'", "squares of standard"),
    .init("estimate: efect, variance: v", "analysis/variable", "efect", "did you mean 'effect'"),
    .init("estimate: fine, variance: v", "analysis/type", "steps", "narrower range or fewer decimals"),
    .init("estimate: effect, variance: fine", "analysis/type", "steps", "narrower range of the variances"),
    .init("estimate: effect, variance: spread", "analysis/type", "never above 0", "goes above 0"),
    .init("estimate: effect, variance: v, model: mixed", "analysis/setting", "'mixed'", "random, fixed"),
    .init("estimate: effect, variance: v, estimator: reml", "analysis/setting", "'reml'", "dersimonian-laird"),
    .init(
      "estimate: effect, variance: v, model: fixed, estimator: dersimonian-laird", "analysis/setting",
      "'model: fixed' has none", "remove 'estimator'"),
    .init("estimate: effect, variance: v, by: site", "analysis/key", "no key 'by'", "use any of"),
  ]
  @Test(arguments: bad) func badStudiesAreRefused(_ bad: AnalysisStudyTests.Bad) throws {
    let error = try AnalysisWorld.refusal(Self.text(bad.analysis))
    #expect(error.code.rawValue == bad.code, "\(error.message)")
    #expect(error.message.contains(bad.message), "\(error.message)")
    #expect((error.remedy ?? "").contains(bad.remedy), "\(error.remedy ?? "")")
    #expect(error.place?.line != nil)
  }
  @Test func tooManyRowsAreRefused() throws {
    let text = Self.text("estimate: effect, variance: v", rows: 257)
    #expect(try AnalysisWorld.refusal(text).remedy?.contains("a row is a study") == true)
  }

  // Done here: name the column with the squares of standard errors
  // Done here: remove 'estimator', or write 'model: random'
  // Done here: name a column of numbers, one for each study
  // Done here: declare a narrower range or fewer decimals: [-100, 100] with 6 decimals fits
  // Done here: declare a narrower range of the variances, or round them
  // Done here: declare a range that goes above 0, in units of its last decimal; or name another column
  // Done here: lower maximum-rows of the table: a row is a study, not a person
  @Test func whatIsAdvisedPasses() throws {
    for analysis in [
      "estimate: effect, variance: v", "estimate: effect, variance: v, model: fixed",
      "estimate: effect, variance: v, model: random, estimator: dersimonian-laird",
    ] {
      _ = try PreparedWorld.prepare(Self.text(analysis, rows: 256))
    }
    let wide = Self.text("estimate: fine, variance: v")
    _ = try PreparedWorld.prepare(
      wide.replacingOccurrences(of: "scale: 9, range: [-2000, 2000]", with: "scale: 6, range: [-100, 100]"))
    let long = Self.text("estimate: effect, variance: fine")
    _ = try PreparedWorld.prepare(long.replacingOccurrences(of: "range: [-2000, 2000]", with: "range: [-1, 1000]"))
    let below = Self.text("estimate: effect, variance: spread")
    _ = try PreparedWorld.prepare(below.replacingOccurrences(of: "range: [-9, 0]", with: "range: [-9, 1]"))
  }
}
