import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// `linear` from study files, against statsmodels; what cannot be estimated, and what is withheld.
@Suite struct LinearTests {
  static func text(
    _ analysis: String, columns: [String] = LogisticTests.columns, minimum: Int = 0, rows: Int = 500,
    table: String = "", source: String = "table: people", adversary: String = "semi-honest"
  ) -> String {
    AnalysisWorld.text(
      "  - {name: m, \(source), kind: linear, \(analysis)}", columns: columns, minimum: minimum, table: table,
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
    for name in ["rows", "left out", "R²", "residual sum of squares", "sigma"] {
      let text = try model.texts(name)[0]
      #expect(words.isEmpty ? Double(text) != nil : words.contains(text), "\(name): \(text)")
    }
    return words.first
  }
  static let predictors = "[age, sex, bmi, bp, s1, s2, s3, s4, s5, s6]"

  @Test func diabetes() throws {
    let reference = try ModelReference.one("linear-diabetes")
    let rows = try ModelData.rows("diabetes")
    let text = Self.text("outcome: target, predictors: \(Self.predictors)", columns: ModelData.diabetes)
    let results = try LogisticTests.results(text, rows)
    try reference.expect(try LogisticTests.numbers(results["m.coefficients"]), statistic: "t")
    let model = try LogisticTests.numbers(results["m.model"])
    for name in ["rows", "R²", "adj. R²", "F", "sigma", "log-likelihood", "AIC", "BIC"] {
      let value = try #require(reference.figures[name]), found = try #require(model[name]?.first)
      #expect(abs(found / value - 1) < (name == "F" ? 3e-6 : 1.2e-6), "\(name): \(found), not \(value)")
    }
  }

  @Test(arguments: ["hc0", "hc1"]) func errorsOfWhite(_ kind: String) throws {
    let reference = try ModelReference.one("linear-diabetes")
    let rows = try ModelData.rows("diabetes")
    let text = Self.text(
      "outcome: target, predictors: \(Self.predictors), errors: \(kind)", columns: ModelData.diabetes)
    let table = try LogisticTests.numbers(LogisticTests.results(text, rows)["m.coefficients"])
    let errors = try #require(table["std.err"])
    for (found, value) in zip(errors, try #require(reference.lists["error \(kind.uppercased())"])) {
      #expect(abs(found / value - 1) < 1.5e-6, "\(found), not \(value)")
    }
    #expect(errors.count == 11)
  }

  @Test func ridge() throws {
    let reference = try ModelReference.one("linear-diabetes")
    let rows = try ModelData.rows("diabetes")
    let text = Self.text(
      "outcome: target, predictors: \(Self.predictors), ridge: 10", columns: ModelData.diabetes)
    let table = try LogisticTests.numbers(LogisticTests.results(text, rows)["m.coefficients"])
    let estimates = try #require(table["estimate"]), errors = try #require(table["std.err"])
    for (index, value) in try #require(reference.lists["ridge 10"]).enumerated() {
      #expect(abs(estimates[index] - value) < max(1e-6 * abs(value), 1e-4 * errors[index]))
    }
  }

  @Test func whatCannotBeEstimatedIsSaid() throws {
    let rows = LogisticTests.rows(40, seed: 3)
    let plain = Self.text("outcome: x, predictors: [v, w]", rows: 40)
    #expect(try Self.outcome(LogisticTests.results(plain, rows)) == nil)
    // A column that says what another says.
    let double = Self.text(
      "outcome: x, predictors: [v, z]", rows: 40, source: "rows: 'SELECT x, v, v + 3 AS z FROM people'")
    #expect(try Self.outcome(LogisticTests.results(double, rows)) == "not estimable")
    // A column without variance, an outcome without variance, an outcome that columns give.
    let constant = rows.map { [$0[0], "1", $0[2], $0[3], $0[4]] }
    #expect(try Self.outcome(LogisticTests.results(plain, constant)) == "not estimable")
    #expect(
      try Self.outcome(LogisticTests.results(plain, rows.map { ["7"] + $0.dropFirst() })) == "not estimable")
    let given = Self.text(
      "outcome: z, predictors: [x, w]", rows: 40, source: "rows: 'SELECT x, w, 2 * x + 3 AS z FROM people'")
    #expect(try Self.outcome(LogisticTests.results(given, rows)) == "not estimable")
    // With errors by rows ranges hold for whatever the coefficients are.
    let doubled = double.replacing("predictors: [v, z]", with: "predictors: [v, z], errors: hc0")
    #expect(try Self.outcome(LogisticTests.results(doubled, rows)) == "not estimable")
    let white = Self.text("outcome: x, predictors: [v, w], errors: hc1", rows: 40)
    #expect(try Self.outcome(LogisticTests.results(white, constant)) == "not estimable")
    // As many coefficients as rows, and none.
    #expect(try Self.outcome(LogisticTests.results(plain, Array(rows.prefix(3)))) == "not estimable")
    #expect(try Self.outcome(LogisticTests.results(plain, [])) == "not estimable")
  }

  @Test func rulesOfModels() throws {
    func isWithheld(_ rows: [[String]], minimum: Int = 5) throws -> Bool {
      let text = Self.text("outcome: x, predictors: [w]", minimum: minimum, rows: 64, table: "protect: rows")
      return try Self.outcome(LogisticTests.results(text, rows)) == "withheld"
    }
    func rows(_ count: Int, _ ones: Int) -> [[String]] {
      (0..<count).map { ["\($0 * $0 * 37 % 101 + 1)", $0 < ones ? "1" : "0", "1", "1900.0", "a"] }
    }
    #expect(try isWithheld(rows(11, 5), minimum: 3))
    #expect(try !isWithheld(rows(12, 5), minimum: 3))
    #expect(try isWithheld(rows(20, 4)))
    #expect(try !isWithheld(rows(20, 5)))
    #expect(try !isWithheld(rows(20, 15)))
    #expect(try isWithheld(rows(20, 16)))
    // All but four have no outcome but 0.
    let few = rows(20, 10).enumerated().map { [$0 < 4 ? $1[0] : "0"] + $1.dropFirst() }
    #expect(try isWithheld(few))
  }

  /// An outcome of which the columns leave a share below 2^-20 unexplained, or above.
  @Test func saturatedModelsAreWithheld() throws {
    for (step, expected) in [(1030, true), (1018, false)] {
      // x is ±step beside ±1 that is no part of the columns: 1 − R² is 1 / (1 + step²).
      let rows = (0..<40).map { row in
        [
          "\((row % 2 == 0 ? step : -step) + (row / 2 % 2 == 0 ? 1 : -1))", row % 2 == 0 ? "1" : "0", "1",
          "1900.0", "a",
        ]
      }
      let text = Self.text(
        "outcome: x, predictors: [w]",
        columns: ["{name: x, type: int, range: [-2000, 2000]}"]
          + LogisticTests.columns.dropFirst(), minimum: 5, rows: 40)
      #expect((try Self.outcome(LogisticTests.results(text, rows)) == "withheld") == expected)
    }
  }

  @Test(arguments: ["semi-honest", "malicious"]) func bothAdversaries(_ adversary: String) throws {
    let rows = LogisticTests.rows(20, seed: 11)
    let text = Self.text(
      "outcome: x, predictors: [v], errors: hc1", minimum: 2, rows: 20, table: "protect: rows",
      adversary: adversary)
    var world = try AnalysisWorld(text, rows: Array(rows.prefix(13)))
    world.south = Array(rows.dropFirst(13))
    let found = try world.run()
    #expect(try found == world.results())
    #expect(try Self.outcome(found) == nil)
  }
}
