import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// `weights` of models, against statsmodels and against rows that are repeated; and what is withheld.
@Suite struct WeightTests {
  /// A column with 1 + age % 3 for each row.
  private static func weighed(_ rows: [[String]], age: Int, _ text: (Int) -> String = { String($0) }) throws
    -> [[String]]
  {
    try rows.map { row in row + [text(1 + (try #require(Int(row[age]))) % 3)] }
  }
  static let weight = "{name: n, type: int, range: [0, 3]}"

  @Test(arguments: [false, true]) func diabetes(_ isDecimal: Bool) throws {
    let reference = try SettingReference.value("weighted linear", ModelReference.self)
    let column = isDecimal ? "{name: n, type: decimal, scale: 1, range: [0, 3]}" : Self.weight
    let text = LinearTests.text(
      "outcome: target, predictors: \(LinearTests.predictors), weights: n", columns: ModelData.diabetes + [column])
    let rows = try Self.weighed(ModelData.rows("diabetes"), age: 0) { isDecimal ? "\($0).0" : String($0) }
    let results = try LogisticTests.results(text, rows)
    try reference.expect(try LogisticTests.numbers(results["m.coefficients"]), statistic: "t")
    let model = try LogisticTests.numbers(results["m.model"])
    for name in ["rows", "R²", "adj. R²", "F", "sigma"] {
      let value = try #require(reference.figures[name] ?? (name == "rows" ? Double(reference.rows) : nil))
      let found = try #require(model[name]?.first)
      #expect(abs(found / value - 1) < (name == "F" ? 3e-6 : 1.2e-6), "\(name): \(found), not \(value)")
    }
    #expect(model["log-likelihood"] == nil)
  }

  @Test func clusters() throws {
    let reference = try SettingReference.value("weighted linear, cluster age % 10", ModelReference.self)
    let text = LinearTests.text(
      "outcome: target, predictors: \(LinearTests.predictors), weights: n, errors: cluster, cluster: digit",
      columns: ClusterErrorTests.diabetes + [Self.weight])
    let rows = try Self.weighed(ClusterErrorTests.diabetesRows(), age: 0)
    try ClusterErrorTests.expect(reference, LogisticTests.results(text, rows))
  }

  @Test func heart() throws {
    let reference = try SettingReference.value("weighted logistic", ModelReference.self)
    let text = LogisticTests.text(
      "outcome: disease, predictors: [age, male, trestbps, chol, thalach], weights: n",
      columns: HeartData.columns + [Self.weight])
    let results = try AnalysisWorld(text, rows: Self.weighed(HeartData.rows(), age: 1)).results()
    try reference.expect(try LogisticTests.numbers(results["m.coefficients"]), statistic: "z")
    try Self.figures(
      ["rows", "weight", "log-likelihood", "null log-likelihood", "likelihood ratio", "AIC", "BIC"], reference,
      results)
  }

  @Test func rossi() throws {
    let reference = try SettingReference.value("weighted poisson", ModelReference.self)
    let text = PoissonTests.text(
      "outcome: prio, predictors: [fin, race, wexp, mar], weights: n", columns: ModelData.rossi + [Self.weight],
      rows: 500)
    let results = try LogisticTests.results(text, Self.weighed(ModelData.rossiRows(), age: 1))
    try reference.expect(try LogisticTests.numbers(results["m.coefficients"]), statistic: "z")
    try Self.figures(["rows", "weight", "log-likelihood", "deviance", "AIC"], reference, results)
  }

  private static func figures(
    _ names: [String], _ reference: ModelReference, _ results: [String: DecodedTable]
  ) throws {
    let model = try LogisticTests.numbers(results["m.model"])
    for name in names {
      let value = try #require(reference.figures[name] ?? (name == "rows" ? Double(reference.rows) : nil))
      let found = try #require(model[name]?.first, "\(name)")
      #expect(abs(found / value - 1) < 1e-6, "\(name): \(found), not \(value)")
    }
  }

  // MARK: Rows without weight, and rules

  private static let columns = [
    "{name: x, type: int, range: [0, 1000]}", "{name: w, type: bool}", "{name: y, type: bool}",
    "{name: n, type: int, range: [0, 100]}", "{name: c, type: int, range: [0, 20]}",
  ]
  private func rows(_ count: Int, weights: [Int: Int] = [:]) -> [[String]] {
    (0..<count).map { index in
      [
        "\(index * index * 37 % 101 + 1)", index % 2 == 0 ? "1" : "0", index / 2 % 2 == 0 ? "1" : "0",
        "\(weights[index] ?? 10)", "\(index * 7 % 5)",
      ]
    }
  }
  private func text(
    _ kind: String, minimum: Int, table: String = "protect: rows", adversary: String = "semi-honest"
  )
    -> String
  {
    AnalysisWorld.text(
      "  - {name: m, table: people, kind: \(kind), weights: n}", columns: Self.columns, minimum: minimum,
      table: table,
      adversary: adversary
    ).replacing("maximum-rows: 1000", with: "maximum-rows: 64")
  }
  private func isWithheld(_ kind: String, _ rows: [[String]], table: String = "protect: rows") throws -> Bool {
    let results = try LogisticTests.results(text(kind, minimum: 5, table: table), rows)
    let estimates = try #require(results["m.coefficients"]).texts("estimate")
    #expect(
      Set(estimates.map { $0 == "withheld" }).count == 1 && !estimates.contains("not estimable"), "\(estimates)")
    return estimates[0] == "withheld"
  }
  private static let linear = "linear, outcome: x, predictors: [w]"
  private static let logistic = "logistic, outcome: y, predictors: [w]"
  private static let poisson = "poisson, outcome: c, predictors: [w]"

  /// A row of weight w is w rows; one of weight 0 is none.
  @Test func weightsAreRowsThatAreRepeated() throws {
    let own = rows(40, weights: [3: 1, 4: 2, 5: 0, 6: 3]).map { row in
      row.indices.map { $0 == 3 && row[3] == "10" ? "1" : row[$0] }
    }
    let long = own.flatMap { row in
      Array(repeating: row.indices.map { $0 == 3 ? "1" : row[$0] }, count: Int(row[3]) ?? 0)
    }
    for kind in [Self.logistic, Self.poisson] {
      let found = try LogisticTests.results(text(kind, minimum: 0), own)
      let expected = try LogisticTests.results(text(kind, minimum: 0), long)
      for name in ["estimate", "std.err"] {
        let a = try #require(found["m.coefficients"]).numbers(name)
        let b = try #require(expected["m.coefficients"]).numbers(name)
        for (own, other) in zip(a, b) { #expect(abs(own - other) < 2e-6 * max(abs(other), 1), "\(kind)") }
      }
      let model = try #require(found["m.model"])
      #expect(try model.numbers("left out") == [1] && model.numbers("rows") == [39])
      #expect(try model.numbers("weight") == [Double(long.count)])
    }
  }

  @Test func rowsWithoutWeightAreNoneOrEnough() throws {
    for (count, expected) in [(4, true), (5, false)] {
      let none = Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, 0) })
      for table in ["protect: rows", "protect: rows\n    missing-values: told"] {
        #expect(try isWithheld(Self.linear, rows(40, weights: none), table: table) == expected)
      }
    }
  }

  /// One row has more than a fifth of the weight of all, of those in which a condition holds or does not, or of a cell with the outcome.
  @Test func noRowHasMoreThanItsShare() throws {
    // All have 10: of 40 rows a fifth is more than (390 + w) / 5 from w = 98 on; of 20 rows from 48; of 10 rows from 23 on.
    for (kind, weight, expected) in [
      (Self.linear, 47, false), (Self.linear, 48, true), (Self.logistic, 22, false), (Self.logistic, 23, true),
    ] {
      for row in [6, 9] { #expect(try isWithheld(kind, rows(40, weights: [row: weight])) == expected, "\(kind)") }
    }
    // Of 40 rows, without conditions.
    for (weight, expected) in [(97, false), (98, true)] {
      #expect(try isWithheld("linear, outcome: x, predictors: [c]", rows(40, weights: [10: weight])) == expected)
    }
    #expect(try !isWithheld(Self.poisson, rows(50)))
    #expect(try isWithheld(Self.poisson, rows(50, weights: [7: 60])))
  }

  @Test(arguments: ["semi-honest", "malicious"]) func bothAdversaries(_ adversary: String) throws {
    let all = rows(20, weights: [1: 12, 2: 0, 4: 0])
    var world = try AnalysisWorld(
      text("linear, outcome: x, predictors: [c]", minimum: 2, adversary: adversary), rows: Array(all.prefix(13)))
    world.south = Array(all.dropFirst(13))
    let found = try world.run()
    #expect(try found == world.results())
    #expect(try LinearTests.outcome(found) == nil)
  }

  /// Advice is given and passes.
  @Test func advice() throws {
    func refused(_ analysis: String, _ advice: String, _ good: String, columns: [String] = Self.columns) throws {
      func text(_ analysis: String, _ columns: [String]) -> String {
        AnalysisWorld.text("  - {name: m, table: people, \(analysis)}", columns: columns, minimum: 5)
      }
      let error = try AnalysisWorld.refusal(text(analysis, columns))
      #expect(error.remedy?.contains(advice) == true, "\(error.message): \(error.remedy ?? "")")
      let narrow = Self.columns.map { $0.replacing("[0, 100]", with: "[0, 30]") }
      _ = try PreparedWorld.prepare(text(good, narrow))
    }
    // Done here: name an int: how many observations each row stands for
    try refused(
      "kind: logistic, outcome: y, predictors: [x], weights: w",
      "name an int: how many observations each row stands for",
      "kind: logistic, outcome: y, predictors: [x], weights: n")
    // Done here: name a column of numbers of at least 0
    try refused(
      "kind: linear, outcome: x, predictors: [c], weights: w", "name a column of numbers of at least 0",
      "kind: linear, outcome: x, predictors: [c], weights: n")
    // Done here: name the column that says how much each row counts
    try refused(
      "kind: linear, outcome: x, predictors: [c], weights: x",
      "name the column that says how much each row counts",
      "kind: linear, outcome: x, predictors: [c], weights: n")
    // Done here: declare a range from 0 on that goes above it
    try refused(
      "kind: linear, outcome: x, predictors: [c], weights: n", "declare a range from 0 on that goes above it",
      "kind: linear, outcome: x, predictors: [c], weights: n",
      columns: Self.columns.map { $0.replacing("[0, 100]", with: "[-1, 100]") })
    // Done here: narrow the range of 'n', round it to fewer decimals, or lower maximum-rows of the table
    try refused(
      "kind: linear, outcome: x, predictors: [c], weights: n",
      "narrow the range of 'n', round it to fewer decimals, or lower maximum-rows of the table",
      "kind: linear, outcome: x, predictors: [c], weights: n",
      columns: Self.columns.map { $0.replacing("[0, 100]", with: "[0, 200]") })
    // Done here: remove one of them; or write 'errors: cluster'
    try refused(
      "kind: linear, outcome: x, predictors: [c], weights: n, errors: hc1",
      "remove one of them; or write 'errors: cluster'",
      "kind: linear, outcome: x, predictors: [c], weights: n, errors: cluster, cluster: w")
  }
}
