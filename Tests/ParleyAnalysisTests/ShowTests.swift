import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Tables that models show when they are asked to, against statsmodels; and what is withheld for them.
@Suite struct ShowTests {
  private struct Covariances: Decodable {
    var names: [String], covariance: [[Double]], error: [Double]
    private struct File<Value: Decodable>: Decodable { var values: Value }
    private static func data(_ name: String) throws -> Data {
      try Data(
        contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
          .appendingPathComponent("References/\(name).json"))
    }
    static func one(_ name: String) throws -> Self {
      try JSONDecoder().decode(File<Self>.self, from: data(name)).values
    }
    static func one(_ name: String, _ set: String) throws -> Self {
      try #require(try JSONDecoder().decode(File<[String: Self]>.self, from: data(name)).values[set])
    }
  }

  /// Within 3 · 10^-6 of the product of the standard errors, and its own terms.
  private func expect(_ reference: Covariances, _ results: [String: DecodedTable]) throws {
    let table = try #require(results["m.covariance"])
    let firsts = try table.texts("term"), seconds = try table.texts("with"),
      found = try table.numbers("covariance")
    let names = try #require(results["m.coefficients"]).texts("term")
    var place = 0
    for i in names.indices {
      for j in names.indices where j >= i {
        #expect(firsts[place] == names[i] && seconds[place] == names[j])
        let scale = reference.error[i] * reference.error[j]
        #expect(
          abs(found[place] - reference.covariance[i][j]) < 3e-6 * scale,
          "\(names[i]), \(names[j]): \(found[place]), not \(reference.covariance[i][j])")
        place += 1
      }
    }
    #expect(place == found.count && names.count == reference.names.count)
  }

  @Test func linear() throws {
    let rows = try ModelData.rows("diabetes")
    let text = LinearTests.text(
      "outcome: target, predictors: \(LinearTests.predictors), show: [covariance, vif]",
      columns: ModelData.diabetes)
    let results = try LogisticTests.results(text, rows)
    try expect(try Covariances.one("linear-diabetes"), results)
    let inflations = try SettingReference.value("vif", [Double].self)
    let found = try #require(results["m.vif"]).numbers("vif")
    #expect(found.count == inflations.count)
    for (own, value) in zip(found, inflations) { #expect(abs(own / value - 1) < 3e-6, "\(own), not \(value)") }
  }

  @Test func logistic() throws {
    let text = LogisticTests.text(
      "outcome: disease, predictors: [age, male, trestbps, chol, thalach], show: covariance",
      columns: HeartData.columns)
    try expect(
      try Covariances.one("logistic-heart", "plain"), AnalysisWorld(text, rows: HeartData.rows()).results())
  }

  @Test func poisson() throws {
    let text = PoissonTests.text(
      "outcome: prio, predictors: [fin, race, wexp, mar], show: [coefficients, model, covariance]",
      columns: ModelData.rossi, rows: 500)
    try expect(
      try Covariances.one("poisson-rossi", "plain"), LogisticTests.results(text, ModelData.rossiRows()))
  }

  private static let columns = [
    "{name: x, type: int, range: [0, 1000]}", "{name: v, type: bool}", "{name: w, type: bool}",
    "{name: y, type: bool}", "{name: n, type: int, range: [0, 50]}",
  ]
  private func text(_ kind: String, minimum: Int = 5, adversary: String = "semi-honest") -> String {
    AnalysisWorld.text(
      "  - {name: m, table: people, kind: \(kind)}", columns: Self.columns, minimum: minimum,
      table: "protect: rows",
      adversary: adversary
    ).replacing("maximum-rows: 1000", with: "maximum-rows: 64")
  }

  /// So many rows in which both conditions hold, or one and a number is not 0: the latter is told by products of columns, and by nothing else of a linear
  /// model.
  @Test func pairsOfColumnsAreNoneOrEnough() throws {
    for (both, expected) in [(4, true), (5, false)] {
      let rows = (0..<40).map { index in
        [
          "\(index * index * 37 % 101 + 1)", index < 20 ? "1" : "0", index < both || index >= 28 ? "1" : "0",
          index % 2 == 0 ? "1" : "0", index < both || index >= 20 ? "\(1 + index % 7)" : "0",
        ]
      }
      for (predictors, show) in [("[v, w]", "vif"), ("[v, w]", "covariance"), ("[v, n]", "[vif, covariance]")] {
        let own = text("linear, outcome: x, predictors: \(predictors), show: \(show)")
        for (study, isWithheld) in [
          (own, expected), (own.replacing(", show: \(show)", with: ""), predictors == "[v, w]" && expected),
        ] {
          let found = try #require(LogisticTests.results(study, rows)["m.coefficients"]).texts("estimate")
          #expect(found.allSatisfy { ($0 == "withheld") == isWithheld }, "\(predictors) \(show) \(both): \(found)")
        }
      }
    }
  }

  @Test(arguments: ["semi-honest", "malicious"]) func bothAdversaries(_ adversary: String) throws {
    let rows = (0..<20).map { index in
      ["\(index * index * 37 % 101 + 1)", index % 2 == 0 ? "1" : "0", index / 2 % 2 == 0 ? "1" : "0", "1", "3"]
    }
    var world = try AnalysisWorld(
      text("linear, outcome: x, predictors: [v, w], show: [vif, covariance]", minimum: 2, adversary: adversary)
        .replacing("maximum-rows: 64", with: "maximum-rows: 20"), rows: Array(rows.prefix(13)))
    world.south = Array(rows.dropFirst(13))
    let found = try world.run()
    #expect(try found == world.results())
    #expect(try #require(found["m.vif"]).numbers("vif").count == 2)
  }

  @Test func advice() throws {
    let unknown = try AnalysisWorld.refusal(text("linear, outcome: x, predictors: [v], show: residuals"))
    #expect(unknown.remedy == "use any of: coefficients, model, covariance, vif", "\(unknown.message)")
    let other = try AnalysisWorld.refusal(text("logistic, outcome: y, predictors: [x], show: vif"))
    #expect(other.remedy == "use any of: coefficients, model, covariance")
    let ridge = try AnalysisWorld.refusal(text("linear, outcome: x, predictors: [v], show: vif, ridge: 1"))
    // Done here: remove 'vif', or remove 'ridge'
    #expect(ridge.remedy == "remove 'vif', or remove 'ridge'")
    _ = try PreparedWorld.prepare(text("linear, outcome: x, predictors: [v], show: covariance, ridge: 1"))
    _ = try PreparedWorld.prepare(text("linear, outcome: x, predictors: [v], show: vif"))
  }
}
