import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// `poisson` from study files, against statsmodels; what cannot be estimated, and what is withheld.
@Suite struct PoissonTests {
  static let columns = [
    "{name: n, type: int, range: [0, 20]}", "{name: x, type: int, range: [-500, 500]}", "{name: w, type: bool}",
    "{name: o, type: decimal, scale: 3, range: [-2, 4]}",
  ]
  static func text(
    _ analysis: String, columns: [String] = columns, minimum: Int = 0, rows: Int = 64, table: String = "",
    source: String = "table: people", adversary: String = "semi-honest"
  ) -> String {
    AnalysisWorld.text(
      "  - {name: m, \(source), kind: poisson, \(analysis)}", columns: columns, minimum: minimum, table: table,
      adversary: adversary
    ).replacing("maximum-rows: 1000", with: "maximum-rows: \(rows)")
  }
  static func outcome(_ results: [String: DecodedTable]) throws -> String? {
    let coefficients = try #require(results["m.coefficients"])
    let words = Set(try coefficients.texts("estimate") + coefficients.texts("std.err")).intersection([
      "withheld", "not estimable",
    ])
    #expect(words.count <= 1)
    let model = try #require(results["m.model"])
    for name in ["rows", "left out", "log-likelihood", "deviance", "AIC"] {
      let text = try model.texts(name)[0]
      #expect(words.isEmpty ? Double(text) != nil : words.contains(text), "\(name): \(text)")
    }
    return words.first
  }

  @Test(arguments: ["plain", "offset log(age - 15)"]) func rossi(_ set: String) throws {
    let reference = try #require(ModelReference.several("poisson-rossi")[set])
    let rows = try ModelData.rossiRows().map { row in
      let log = Foundation.log(try #require(Double(row[1])) - 15)
      return row + [String(format: "%.6f", log)]
    }
    let offset = set == "plain" ? "" : ", offset: log_age"
    let text = Self.text(
      "outcome: prio, predictors: [fin, race, wexp, mar]\(offset)",
      columns: ModelData.rossi + ["{name: log_age, type: decimal, scale: 6, range: [0, 4]}"], rows: 500)
    let results = try LogisticTests.results(text, rows)
    try reference.expect(try LogisticTests.numbers(results["m.coefficients"]), statistic: "z")
    let model = try LogisticTests.numbers(results["m.model"])
    for name in ["rows", "log-likelihood", "deviance", "AIC"] {
      let value = try #require(reference.figures[name]), found = try #require(model[name]?.first)
      #expect(abs(found / value - 1) < 1e-6, "\(name): \(found), not \(value)")
    }
  }

  /// Counts about e^(1/2 + x/200 + w/2 + o).
  static func rows(_ count: Int, seed: UInt64) -> [[String]] {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    return (0..<count).map { _ in
      let x = next(401) - 200, w = next(2), o = next(1001)
      let mean = exp(0.3 + Double(x) / 300 + Double(w) / 2 + Double(o) / 1000 - 0.5)
      var n = 0
      var left = mean
      while left > 0, n < 20 {
        left += log(Double(next(1_000_000) + 1) / 1_000_001)
        if left > 0 { n += 1 }
      }
      return ["\(n)", "\(x)", "\(w)", String(format: "%.3f", Double(o) / 1000 - 0.5)]
    }
  }

  @Test func whatCannotBeEstimatedIsSaid() throws {
    let rows = Self.rows(60, seed: 3)
    let plain = Self.text("outcome: n, predictors: [x, w], offset: o")
    #expect(try Self.outcome(LogisticTests.results(plain, rows)) == nil)
    #expect(
      try Self.outcome(
        LogisticTests.results(Self.text("outcome: n, predictors: [x, w], iterations: 1"), rows)) == "not estimable"
    )
    // No events; none where w is; a column twice; a column without variance; no rows.
    let none = rows.map { ["0"] + $0.dropFirst() }
    #expect(try Self.outcome(LogisticTests.results(plain, none)) == "not estimable")
    let half = rows.map { [$0[2] == "1" ? "0" : $0[0]] + $0.dropFirst() }
    #expect(try Self.outcome(LogisticTests.results(plain, half)) == "not estimable")
    let double = Self.text(
      "outcome: n, predictors: [x, z]", source: "rows: 'SELECT n, x, 2 * x + 7 AS z FROM people'")
    #expect(try Self.outcome(LogisticTests.results(double, rows)) == "not estimable")
    let constant = rows.map { [$0[0], $0[1], "0", $0[3]] }
    #expect(try Self.outcome(LogisticTests.results(plain, constant)) == "not estimable")
    #expect(try Self.outcome(LogisticTests.results(plain, [])) == "not estimable")
  }

  /// Groups of which one has ten times as many events as the other: first steps overshoot.
  @Test func groupsFarApart() throws {
    let rows = (0..<60).map { ["\($0 % 10 == 0 ? 20 : 1 + $0 % 3)", "0", $0 % 10 == 0 ? "1" : "0", "0.000"] }
    let table = try LogisticTests.numbers(
      LogisticTests.results(Self.text("outcome: n, predictors: [w]"), rows)["m.coefficients"])
    let others = rows.filter { $0[2] == "0" }.map { Double($0[0])! }
    let estimates = try #require(table["estimate"]), errors = try #require(table["std.err"])
    let mean = others.reduce(0, +) / Double(others.count)
    #expect(abs(estimates[0] - log(mean)) < 1e-5 && abs(estimates[1] - log(20 / mean)) < 1e-5)
    #expect(abs(errors[1] - (1 / others.reduce(0, +) + 1.0 / 120).squareRoot()) < 1e-6)
  }

  /// With a penalty the derivative is 0 where it says so.
  @Test func ridge() throws {
    let rows = Self.rows(60, seed: 5)
    let text = Self.text("outcome: n, predictors: [w], offset: o, ridge: 7.5")
    let results = try LogisticTests.results(text, rows)
    let table = try LogisticTests.numbers(results["m.coefficients"])
    let b = try #require(table["estimate"]), errors = try #require(table["std.err"])
    var slope = [0.0, 7.5 * b[1]]
    var curve = [[0.0, 0], [0, 7.5]]
    for row in rows {
      let x = [1, Double(row[2])!]
      let mu = exp(b[0] + b[1] * x[1] + Double(row[3])!)
      for j in 0..<2 {
        slope[j] += x[j] * (mu - Double(row[0])!)
        for k in 0..<2 { curve[j][k] += x[j] * x[k] * mu }
      }
    }
    let inverse = LogisticTests.inverse(curve)
    for j in 0..<2 {
      #expect(abs((0..<2).reduce(0.0) { $0 + inverse[j][$1] * slope[$1] }) < 1e-3 * errors[j])
      #expect(abs(inverse[j][j].squareRoot() / errors[j] - 1) < 1e-5)
    }
    #expect(try !#require(results["m.model"]).columns.contains("AIC"))
  }

  @Test func rulesOfModels() throws {
    func isWithheld(_ rows: [[String]], minimum: Int = 5) throws -> Bool {
      let text = Self.text(
        "outcome: n, predictors: [w], iterations: 1", minimum: minimum, table: "protect: rows")
      return try Self.outcome(LogisticTests.results(text, rows)) == "withheld"
    }
    // So many rows with w, of which so many have no event.
    func rows(_ count: Int, _ ones: Int, none: Int = 0) -> [[String]] {
      (0..<count).map { ["\($0 < none ? 0 : 1 + $0 % 4)", "0", $0 < ones ? "1" : "0", "0.000"] }
    }
    #expect(try isWithheld(rows(11, 5), minimum: 3))
    #expect(try !isWithheld(rows(12, 5), minimum: 3))
    #expect(try isWithheld(rows(20, 4)))
    #expect(try !isWithheld(rows(20, 5)))
    #expect(try isWithheld(rows(20, 16)))
    #expect(try isWithheld(rows(20, 10, none: 4)))
    #expect(try !isWithheld(rows(20, 10, none: 5)))
  }

  @Test(arguments: ["semi-honest", "malicious"]) func bothAdversaries(_ adversary: String) throws {
    let rows = Self.rows(24, seed: 9)
    let text = Self.text(
      "outcome: n, predictors: [w], offset: o, iterations: 8, precision: 0.1", minimum: 2, rows: 24,
      table: "protect: rows", adversary: adversary)
    var world = try AnalysisWorld(text, rows: Array(rows.prefix(13)))
    world.south = Array(rows.dropFirst(13))
    let found = try world.run()
    #expect(try found == world.results())
    #expect(try Self.outcome(found) == nil)
  }
}
