import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// `linear` with `errors: cluster`, against statsmodels; and what is withheld of clusters.
@Suite struct ClusterErrorTests {
  static let digits = (0..<10).map(String.init)
  /// Those of ``ModelData/diabetes``, and the last digit of the age.
  static let diabetes =
    ModelData.diabetes + [
      "{name: digit, type: category, values: [\(digits.map { "\"\($0)\"" }.joined(separator: ", "))]}"
    ]
  static func diabetesRows() throws -> [[String]] {
    try ModelData.rows("diabetes").map { row in row + [String(try #require(row[0].last))] }
  }

  @Test func diabetesByDigitOfAge() throws {
    let reference = try SettingReference.value("cluster age % 10", ModelReference.self)
    let text = LinearTests.text(
      "outcome: target, predictors: \(LinearTests.predictors), errors: cluster, cluster: digit",
      columns: Self.diabetes)
    let results = try LogisticTests.results(text, Self.diabetesRows())
    try Self.expect(reference, results)
    #expect(try #require(results["m.model"]).numbers("clusters") == [10])
  }

  /// As many clusters as coefficients, very unlike in size.
  @Test func heartBySite() throws {
    let reference = try SettingReference.value("cluster site", ModelReference.self)
    let text = LinearTests.text(
      "outcome: thalach, predictors: [age, male, trestbps], errors: cluster, cluster: site",
      columns: HeartData.columns, rows: 1000)
    let results = try LogisticTests.results(text, HeartData.rows())
    try Self.expect(reference, results)
    #expect(try #require(results["m.model"]).numbers("rows") == [Double(reference.rows)])
  }

  /// Errors, statistics and tails within 3 · 10^-6 of the reference.
  static func expect(_ reference: ModelReference, _ results: [String: DecodedTable]) throws {
    let table = try LogisticTests.numbers(results["m.coefficients"])
    let errors = try #require(table["std.err"]), statistics = try #require(table["t"])
    let tails = try #require(table["p"]), lows = try #require(table["95% low"])
    #expect(errors.count == reference.names.count)
    for (index, name) in reference.names.enumerated() {
      #expect(abs(errors[index] / reference.error[index] - 1) < 3e-6, "\(name): \(errors[index])")
      let statistic = reference.statistic[index]
      #expect(abs(statistics[index] - statistic) < 1e-5 * max(abs(statistic), 1), "\(name): \(statistics[index])")
      #expect(abs(tails[index] - reference.p[index]) < 1e-5, "\(name)")
      #expect(
        abs(lows[index] - reference.low[index]) < 1e-5 * reference.error[index] + 2e-6 * abs(reference.low[index]))
    }
  }

  private static let columns = [
    "{name: x, type: int, range: [0, 1000]}", "{name: v, type: int, range: [0, 100]}", "{name: w, type: bool}",
    "{name: g, type: category, values: [a, b, c, d]}",
  ]
  private func outcome(_ rows: [[String]], minimum: Int, predictors: String = "[v]", cluster: String = "g") throws
    -> String?
  {
    let text = LinearTests.text(
      "outcome: x, predictors: \(predictors), errors: cluster, cluster: \(cluster)", columns: Self.columns,
      minimum: minimum, rows: 64, table: "protect: rows")
    return try LinearTests.outcome(LogisticTests.results(text, rows))
  }
  /// So many rows of each cluster; the condition holds in the first of each.
  private func rows(_ counts: [Int], ones: [Int]? = nil) -> [[String]] {
    var rows: [[String]] = []
    for (cluster, count) in counts.enumerated() {
      for index in 0..<count {
        let value = rows.count + 3
        rows.append([
          "\(value * value * 37 % 101 + 1)", "\(value * 29 % 83 + 1)",
          index < (ones?[cluster] ?? count / 2) ? "1" : "0", ["a", "b", "c", "d"][cluster],
        ])
      }
    }
    return rows
  }

  @Test func clustersHaveNoneOrEnough() throws {
    #expect(try outcome(rows([10, 10, 4]), minimum: 5) == "withheld")
    #expect(try outcome(rows([10, 10, 5]), minimum: 5) == nil)
    // Of two clusters one tells the other; of one there is no variance between them.
    #expect(try outcome(rows([15, 15]), minimum: 5) == "withheld")
    #expect(try outcome(rows([15, 15]), minimum: 0) == nil)
    #expect(try outcome(rows([30]), minimum: 0) == "not estimable")
  }
  @Test func conditionsHoldInNoneOrEnoughOfACluster() throws {
    for (ones, expected) in [(4, "withheld"), (5, nil)] as [(Int, String?)] {
      #expect(
        try outcome(rows([12, 12, 12], ones: [6, 6, ones]), minimum: 5, predictors: "[v, w]") == expected)
      #expect(
        try outcome(rows([12, 12, 12], ones: [6, 6, 12 - ones]), minimum: 5, predictors: "[v, w]") == expected)
      // Of numbers, rows apart from 0.
      let some = rows([12, 12, 12]).enumerated().map { [$0 < 24 + ones ? $1[0] : "0"] + $1.dropFirst() }
      #expect(try outcome(some, minimum: 5) == expected)
    }
  }
  @Test func clustersCanBePredictors() throws {
    #expect(try outcome(rows([12, 12, 12, 12]), minimum: 5, predictors: "[v, g]") == nil)
    // A column that is computed in `rows` may be a cluster, and not a predictor too.
    func text(_ predictors: String) -> String {
      LinearTests.text(
        "outcome: x, predictors: \(predictors), errors: cluster, cluster: h", columns: Self.columns, minimum: 5,
        table: "protect: rows",
        source:
          "rows: \"SELECT x, v, CASE WHEN g = 'a' THEN 'low' WHEN g = 'b' THEN 'mid' ELSE 'high' END AS h FROM people\""
      )
    }
    _ = try PreparedWorld.prepare(text("[v]"))
    #expect(try AnalysisWorld.refusal(text("[v, h]")).code.rawValue == "analysis/rows")
  }

  @Test(arguments: ["semi-honest", "malicious"]) func bothAdversaries(_ adversary: String) throws {
    let all = rows([7, 7, 7])
    let text = LinearTests.text(
      "outcome: x, predictors: [v], errors: cluster, cluster: g", columns: Self.columns, minimum: 2, rows: 24,
      table: "protect: rows", adversary: adversary)
    var world = try AnalysisWorld(text, rows: Array(all.prefix(13)))
    world.south = Array(all.dropFirst(13))
    let found = try world.run()
    #expect(try found == world.results())
    #expect(try LinearTests.outcome(found) == nil)
  }

  /// Advice is given and passes.
  @Test func advice() throws {
    func refused(_ bad: String, _ advice: String, _ good: String) throws {
      let many = (0..<70).map { "w\($0)" }.joined(separator: ", ")
      func text(_ keys: String) -> String {
        LinearTests.text(
          "outcome: x, predictors: [v], \(keys)",
          columns: Self.columns + ["{name: h, type: category, values: [\(many)]}"], minimum: 5)
      }
      let error = try AnalysisWorld.refusal(text(bad))
      #expect(error.remedy?.contains(advice) == true, "\(error.message): \(error.remedy ?? "")")
      _ = try PreparedWorld.prepare(text(good))
    }
    // Done here: write 'errors: cluster', or remove 'cluster'
    try refused("cluster: g", "write 'errors: cluster', or remove 'cluster'", "errors: cluster, cluster: g")
    // Done here: name a category of 2 to 64 values, such as coarser units
    try refused(
      "errors: cluster, cluster: h", "name a category of 2 to 64 values, such as coarser units",
      "errors: cluster, cluster: g")
    try refused("errors: cluster", "add 'cluster: site'", "errors: cluster, cluster: g")
    let outcome = try AnalysisWorld.refusal(
      LinearTests.text("outcome: w, predictors: [v], errors: cluster, cluster: w", columns: Self.columns))
    // Done here: name the column that says which rows belong together
    #expect(outcome.remedy == "name the column that says which rows belong together", "\(outcome.message)")
    _ = try PreparedWorld.prepare(
      LinearTests.text("outcome: w, predictors: [v], errors: cluster, cluster: g", columns: Self.columns))
  }
}
