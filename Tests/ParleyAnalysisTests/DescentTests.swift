import Foundation
import ParleyBase
import ParleyProgram
import Testing

/// `logistic` with `solver: gradient`, and penalties in deviations, against descents and optima in double precision (`Scripts/references descent`).
@Suite struct DescentTests {
  private struct Reference: Decodable {
    var estimate: [Double]
    var deviation: [Double]
    var deviations: [Double]
    enum CodingKeys: String, CodingKey {
      case estimate, deviation
      case deviations = "in deviations"
    }
  }
  private struct File: Decodable { var values: [String: Reference] }
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private static func reference(_ name: String) throws -> Reference {
    let path = root.appendingPathComponent("Tests/ParleyAnalysisTests/References/descent.json")
    return try #require(try JSONDecoder().decode(File.self, from: Data(contentsOf: path)).values[name])
  }

  /// The example: columns as its study declares them, rows of all holders.
  private static func tumours() throws -> (columns: [String], names: [String], rows: [[String]]) {
    let folder = root.appendingPathComponent("Examples/tumours")
    let study = try String(contentsOf: folder.appendingPathComponent("study.yml"), encoding: .utf8)
    let columns = study.split(separator: "\n").filter { $0.hasPrefix("      - {name: ") }.map {
      String($0.dropFirst("      - ".count))
    }
    var rows: [[String]] = [], names: [String] = []
    for clinic in ["north", "south", "west"] {
      let text = try String(contentsOf: folder.appendingPathComponent("\(clinic).samples.csv"), encoding: .utf8)
      let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",").map(String.init) }
      names = lines[0].dropLast()
      rows += lines.dropFirst()
    }
    return (columns, names, rows)
  }
  private static func results(_ setting: String, predictors: [String]? = nil) throws -> [String: DecodedTable] {
    let (columns, all, rows) = try tumours()
    let names = predictors ?? all
    let text = LogisticTests.text(
      "outcome: malignant, predictors: [\(names.joined(separator: ", "))], \(setting)", columns: columns, rows: 600
    )
    return try AnalysisWorld(text, rows: rows).results()
  }

  /// Coefficients of the columns' deviations are within 0.003 of an exact descent, which itself is 0.7 away from the optimum.
  @Test(arguments: [0, 1]) func steps(_ ridge: Int) throws {
    let penalty = ridge == 0 ? "" : ", ridge: 1, scale: deviation"
    let results = try Self.results("solver: gradient, iterations: 100, rate: 0.5\(penalty)")
    let reference = try Self.reference("100 steps of 0.5, ridge \(ridge)")
    let table = try #require(results["m.coefficients"])
    let found = try table.numbers("estimate")
    var furthest = 0.0
    for j in found.indices.dropFirst() {
      furthest = max(furthest, abs(found[j] * reference.deviation[j] - reference.deviations[j]))
    }
    #expect(furthest < 0.003, "\(furthest)")
    #expect(abs(found[0] - reference.estimate[0]) < 0.05, "\(found[0]), not \(reference.estimate[0])")
    #expect(try Double(table.texts("odds ratio")[1]).map { abs($0 - exp(found[1])) < 1e-6 } == true)
    let model = try #require(results["m.model"])
    #expect(try model.numbers("rows") == [569] && model.numbers("events") == [212])
  }

  /// The optimum with λ = 10 on four columns divided by their deviations, as scikit-learn finds it on standardised ones.
  @Test func penaltyInDeviations() throws {
    let results = try Self.results(
      "ridge: 10, scale: deviation, iterations: 10",
      predictors: ["mean_texture", "mean_smoothness", "mean_symmetry", "radius_error"])
    let reference = try Self.reference("optimum of four, ridge 10")
    let table = try #require(results["m.coefficients"])
    let found = try table.numbers("estimate"), errors = try table.numbers("std.err")
    #expect(found.count == 5)
    for j in found.indices {
      #expect(
        abs(found[j] - reference.estimate[j]) < 1e-3 * errors[j], "\(j): \(found[j]), not \(reference.estimate[j])"
      )
    }
  }

  private static func outcome(_ rows: [[String]], _ setting: String, minimum: Int = 0) throws -> String? {
    let text = LogisticTests.text(
      "outcome: y, predictors: [x, w], solver: gradient, \(setting)", minimum: minimum, rows: 64,
      table: minimum > 1 ? "protect: rows" : "")
    let table = try #require(try LogisticTests.results(text, rows)["m.coefficients"])
    return Set(try table.texts("estimate")).intersection(["withheld", "not estimable"]).first
  }

  @Test func certificateFires() throws {
    let rows = LogisticTests.rows(60, seed: 3)
    #expect(try Self.outcome(rows, "tolerance: 0.01") == nil)
    // Too few steps, and steps that are too long for columns that go together.
    #expect(try Self.outcome(rows, "iterations: 2, tolerance: 0.01") == "not estimable")
    #expect(try Self.outcome(rows, "rate: 8, ridge: 60, scale: deviation") == "not estimable")
    // A penalty of which a step is more than the coefficient itself.
    #expect(try Self.outcome(rows, "ridge: 1000, scale: deviation") == "not estimable")
    // A column that does not vary.
    #expect(try Self.outcome(rows.map { [$0[0], "0", $0[2], $0[3], $0[4]] }, "rate: 1") == "not estimable")
    #expect(try Self.outcome([], "rate: 1") == "not estimable")
  }

  /// The rules of other logistic models hold.
  @Test func rulesHold() throws {
    let rows = LogisticTests.rows(60, seed: 3)
    #expect(try Self.outcome(rows, "tolerance: 1", minimum: 5) == nil)
    #expect(
      try Self.outcome(rows.map { [$0[0], $0[1], "1", $0[3], $0[4]] }, "tolerance: 1", minimum: 5) == "withheld")
  }

  /// Many steps and long ones, of columns with far values: coefficients are cut as they are multiplied, and ranges hold, which the evaluator checks.
  @Test func rangesOfLongDescents() throws {
    var rows = LogisticTests.rows(64, seed: 5)
    rows[0][0] = "500"
    rows[1][0] = "-500"
    for setting in ["rate: 8, iterations: 40, tolerance: 1", "rate: 8, iterations: 1000, tolerance: 1"] {
      _ = try Self.outcome(rows, setting)
    }
  }

  @Test(arguments: ["semi-honest", "malicious"]) func bothAdversaries(_ adversary: String) throws {
    let rows = LogisticTests.rows(20, seed: 11)
    let text = LogisticTests.text(
      "outcome: y, predictors: [x], solver: gradient, iterations: 6, tolerance: 1, ridge: 1, scale: deviation",
      minimum: 2, rows: 20, table: "protect: rows", adversary: adversary)
    var world = try AnalysisWorld(text, rows: Array(rows.prefix(13)))
    world.south = Array(rows.dropFirst(13))
    let found = try world.run()
    #expect(try found == world.results())
    #expect(try found["m.coefficients"]?.texts("estimate").contains("withheld") == false)
  }
}
