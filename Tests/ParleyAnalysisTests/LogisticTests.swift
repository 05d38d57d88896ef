import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// `logistic` from study files, against statsmodels; what cannot be estimated, and what is withheld.
@Suite struct LogisticTests {
  static func text(
    _ analysis: String, columns: [String] = columns, minimum: Int = 0, rows: Int = 1000, table: String = "",
    source: String = "table: people", adversary: String = "semi-honest"
  ) -> String {
    AnalysisWorld.text(
      "  - {name: m, \(source), kind: logistic, \(analysis)}", columns: columns, minimum: minimum, table: table,
      adversary: adversary
    ).replacing("maximum-rows: 1000", with: "maximum-rows: \(rows)")
  }
  static let columns = [
    "{name: x, type: int, range: [-500, 500]}", "{name: w, type: bool}", "{name: y, type: bool}",
    "{name: v, type: decimal, scale: 1, range: [1900, 2000]}",
    "{name: ward, type: category, values: [a, b, c]}",
  ]

  /// All numbers of a table by heading.
  static func numbers(_ table: DecodedTable?) throws -> [String: [Double]] {
    let table = try #require(table)
    var found: [String: [Double]] = [:]
    for name in table.columns {
      let numbers = try table.texts(name).compactMap(Double.init)
      if numbers.count == table.rows.count { found[name] = numbers }
    }
    return found
  }
  /// Whether the whole analysis has this outcome.
  static func outcome(_ results: [String: DecodedTable]) throws -> String? {
    let coefficients = try #require(results["m.coefficients"])
    let words = Set(try coefficients.texts("estimate") + coefficients.texts("std.err")).intersection([
      "withheld", "not estimable",
    ])
    #expect(words.count <= 1)
    let model = try #require(results["m.model"])
    for name in ["rows", "events", "left out", "log-likelihood", "pseudo R²"] {
      let text = try model.texts(name)[0]
      #expect(words.isEmpty ? Double(text) != nil : words.contains(text), "\(name): \(text)")
    }
    return words.first
  }

  @Test(arguments: ["plain", "by site"]) func heart(_ set: String) throws {
    let reference = try #require(ModelReference.several("logistic-heart")[set])
    let sites = set == "plain" ? "" : ", {column: site, reference: cleveland}"
    let text = Self.text(
      "outcome: disease, predictors: [age, male, trestbps, chol, thalach\(sites)]", columns: HeartData.columns)
    let results = try AnalysisWorld(text, rows: HeartData.rows()).results()
    try reference.expect(try Self.numbers(results["m.coefficients"]), statistic: "z")
    let terms = try #require(results["m.coefficients"]).texts("term")
    #expect(terms.prefix(6) == ["const", "age", "male", "trestbps", "chol", "thalach"])
    #expect(terms.dropFirst(6) == (sites.isEmpty ? [] : ["site: hungarian", "site: switzerland", "site: va"]))
    let model = try Self.numbers(results["m.model"])
    for name in [
      "rows", "left out", "events", "log-likelihood", "null log-likelihood", "likelihood ratio", "pseudo R²",
      "AIC",
      "BIC",
    ] {
      let value = try #require(reference.figures[name]), found = try #require(model[name]?.first)
      #expect(abs(found / value - 1) < 1e-6, "\(name): \(found), not \(value)")
    }
    let tail = try #require(reference.figures["likelihood ratio p"])
    #expect(abs(try #require(model["likelihood ratio p"]?.first) / tail - 1) < 1e-3)
    // Odds ratios are of all but the constant.
    let table = try #require(results["m.coefficients"])
    #expect(try table.texts("odds ratio")[0] == "NULL" || Double(try table.texts("odds ratio")[0]) == nil)
  }

  /// Rows whose outcome no line separates.
  static func rows(_ count: Int, seed: UInt64, noise: Int = 300) -> [[String]] {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    return (0..<count).map { _ in
      let x = next(401) - 200, w = next(2)
      let y = x + 100 * w + next(2 * noise + 1) - noise > 20
      return ["\(x)", "\(w)", y ? "1" : "0", "19\(10 + next(80)).\(next(10))", ["a", "b", "c"][next(3)]]
    }
  }
  static func results(_ text: String, _ rows: [[String]]) throws -> [String: DecodedTable] {
    try AnalysisWorld(text, rows: rows).results()
  }

  @Test func whatCannotBeEstimatedIsSaid() throws {
    let rows = Self.rows(60, seed: 3)
    let plain = Self.text("outcome: y, predictors: [x, w]", rows: 64)
    #expect(try Self.outcome(Self.results(plain, rows)) == nil)
    // Too few passes.
    let short = Self.text("outcome: y, predictors: [x, w], iterations: 1", rows: 64)
    #expect(try Self.outcome(Self.results(short, rows)) == "not estimable")
    // One class.
    let sick = rows.map { [$0[0], $0[1], "1", $0[3], $0[4]] }
    #expect(try Self.outcome(Self.results(plain, sick)) == "not estimable")
    // A line separates the classes.
    let separated = rows.map { [$0[0], $0[1], Int($0[0])! > 0 ? "1" : "0", $0[3], $0[4]] }
    #expect(try Self.outcome(Self.results(plain, separated)) == "not estimable")
    // One value of a condition has one outcome only.
    let quasi = rows.map { [$0[0], $0[1], $0[1] == "1" ? "1" : $0[2], $0[3], $0[4]] }
    #expect(try Self.outcome(Self.results(plain, quasi)) == "not estimable")
    // A column that says what another says.
    let double = Self.text(
      "outcome: y, predictors: [x, z]", rows: 64, source: "rows: 'SELECT y, x, 2 * x + 7 AS z FROM people'")
    #expect(try Self.outcome(Self.results(double, rows)) == "not estimable")
    // A column without variance.
    let constant = rows.map { [$0[0], "0", $0[2], $0[3], $0[4]] }
    #expect(try Self.outcome(Self.results(plain, constant)) == "not estimable")
    // No rows at all.
    #expect(try Self.outcome(Self.results(plain, [])) == "not estimable")
  }

  @Test(arguments: ["semi-honest", "malicious"]) func bothAdversaries(_ adversary: String) throws {
    let rows = Self.rows(20, seed: 11)
    let text = Self.text(
      "outcome: y, predictors: [x], iterations: 4, precision: 0.1", minimum: 2, rows: 20, table: "protect: rows",
      adversary: adversary)
    var world = try AnalysisWorld(text, rows: Array(rows.prefix(13)))
    world.south = Array(rows.dropFirst(13))
    let found = try world.run()
    #expect(try found == world.results())
    #expect(try Self.outcome(found) == nil)
  }

  /// Bytes and rounds are as planned, and the plan knows no data: of rows that take few passes, and of rows that no number of passes would do.
  @Test func messagesDoNotTellHowFast() throws {
    let easy = Self.rows(20, seed: 11)
    let never = easy.map { [$0[0], $0[1], Int($0[0])! > 0 ? "1" : "0", $0[3], $0[4]] }
    let text = Self.text("outcome: y, predictors: [x], iterations: 4, precision: 0.1", rows: 20)
    #expect(try Self.outcome(AnalysisWorld(text, rows: easy).run()) == nil)
    #expect(try Self.outcome(AnalysisWorld(text, rows: never).run()) == "not estimable")
  }

  /// The odds of a condition among rows with and without another are known in closed form.
  @Test func closedForm() throws {
    // 40 of 60 and 25 of 70.
    let rows = (0..<130).map { row in
      ["0", row < 60 ? "1" : "0", row < 40 || (60..<85).contains(row) ? "1" : "0", "1900.0", "a"]
    }
    let results = try Self.results(Self.text("outcome: y, predictors: [w], level: 90", rows: 140), rows)
    let table = try Self.numbers(results["m.coefficients"])
    let log = [0.5877866649021191, 1.2809338454620642]  // log 9/5, log 18/5
    let estimates = try #require(table["estimate"]), errors = try #require(table["std.err"])
    #expect(abs(estimates[0] + log[0]) < 1e-6 && abs(estimates[1] - log[1]) < 2e-6)
    #expect(abs(errors[0] - (1.0 / 25 + 1.0 / 45).squareRoot()) < 1e-6)
    #expect(abs(errors[1] - (1.0 / 25 + 1.0 / 45 + 1.0 / 40 + 1.0 / 20).squareRoot()) < 1e-6)
    let low = try #require(table["90% low"])
    #expect(abs(low[1] - (estimates[1] - 1.6448536269514722 * errors[1])) < 1e-9)
    #expect(try #require(Double(results["m.coefficients"]!.texts("odds ratio")[1])) - 3.6 < 1e-4)
  }

  /// Values that begin far from 0, with decimals, and values that are seldom anything but one.
  @Test func columnsFarFromZero() throws {
    let rows = Self.rows(90, seed: 17)
    let near = Self.text(
      "outcome: y, predictors: [x, d]", rows: 100, source: "rows: 'SELECT y, x, v - 1950 AS d FROM people'")
    let far = Self.text("outcome: y, predictors: [x, v]", rows: 100)
    let a = try Self.numbers(Self.results(near, rows)["m.coefficients"])
    let b = try Self.numbers(Self.results(far, rows)["m.coefficients"])
    let (first, second) = (try #require(a["estimate"]), try #require(b["estimate"]))
    for j in 1...2 { #expect(abs(first[j] - second[j]) <= 2e-6 * abs(first[j])) }
    for j in 1...2 {
      #expect(abs(try #require(a["std.err"])[j] / (try #require(b["std.err"])[j]) - 1) < 2e-6)
    }
    let error = try #require(b["std.err"])[0]
    #expect(abs(second[0] + 1950 * second[2] - first[0]) < 1e-4 * error)
  }

  /// With a penalty there is an optimum where a line separates the outcome; it is where the derivative says so.
  @Test func ridge() throws {
    let rows = Self.rows(60, seed: 3).map { [$0[0], $0[1], Int($0[0])! > 0 ? "1" : "0", $0[3], $0[4]] }
    let text = Self.text("outcome: y, predictors: [x, v], ridge: 20000, iterations: 14", rows: 64)
    let table = try Self.numbers(Self.results(text, rows)["m.coefficients"])
    let b = try #require(table["estimate"]), errors = try #require(table["std.err"])
    var slope = [0.0, 20000 * b[1], 20000 * b[2]]
    var curve = [[0.0, 0, 0], [0, 20000, 0], [0, 0, 20000]]
    for row in rows {
      let x = [1, Double(row[0])!, Double(row[3])!]
      let eta = b[0] + b[1] * x[1] + b[2] * x[2]
      let mu = 1 / (1 + exp(-eta))
      for j in 0..<3 {
        slope[j] += x[j] * (mu - Double(row[2])!)
        for k in 0..<3 { curve[j][k] += x[j] * x[k] * mu * (1 - mu) }
      }
    }
    // The step that is left, in standard errors of the columns.
    let inverse = Self.inverse(curve)
    for j in 0..<3 {
      let step = (0..<3).reduce(0.0) { $0 + inverse[j][$1] * slope[$1] }
      #expect(abs(step) < 1e-3 * errors[j])
      #expect(abs(inverse[j][j].squareRoot() / errors[j] - 1) < 1e-3)
    }
  }
  static func inverse(_ matrix: [[Double]]) -> [[Double]] {
    let p = matrix.count
    var rows = matrix.enumerated().map { row, values in values + (0..<p).map { $0 == row ? 1.0 : 0.0 } }
    for column in 0..<p {
      let pivot = (column..<p).max { abs(rows[$0][column]) < abs(rows[$1][column]) }!
      rows.swapAt(column, pivot)
      let scale = rows[column][column]
      rows[column] = rows[column].map { $0 / scale }
      for row in 0..<p where row != column {
        let factor = rows[row][column]
        for k in 0..<(2 * p) { rows[row][k] -= factor * rows[column][k] }
      }
    }
    return rows.map { Array($0[p...]) }
  }
}

/// Each rule one below the minimum and at it, from study files.
@Suite struct LogisticReleaseTests {
  /// So many rows, of which the first have w, and each second of both kinds the outcome, but for the numbers that are given.
  private func rows(
    _ count: Int, conditions: Int, inside: Int? = nil, outside: Int? = nil, wards: [String] = ["a"]
  )
    -> [[String]]
  {
    let rest = count - conditions
    return (0..<count).map { row in
      let isIn = row < conditions
      let event = isIn ? row < inside ?? conditions / 2 : row - conditions < outside ?? rest / 2
      return ["\(row * row * 37 % 101)", isIn ? "1" : "0", event ? "1" : "0", "1900.0", wards[row % wards.count]]
    }
  }
  private func isWithheld(
    _ rows: [[String]], predictors: String = "x, w", minimum: Int = 5, table: String = "protect: rows"
  ) throws -> Bool {
    let text = LogisticTests.text(
      "outcome: y, predictors: [\(predictors)], iterations: 1", minimum: minimum, rows: 64, table: table)
    return try LogisticTests.outcome(LogisticTests.results(text, rows)) == "withheld"
  }

  @Test func threeRowsForEachCoefficientOrTenMore() throws {
    #expect(try isWithheld(rows(12, conditions: 6), minimum: 3))
    #expect(try !isWithheld(rows(13, conditions: 6), minimum: 3))
  }
  @Test func conditionsHaveEnoughOnesAndZeros() throws {
    #expect(try isWithheld(rows(30, conditions: 9, inside: 5)))
    #expect(try !isWithheld(rows(30, conditions: 10, inside: 5)))
    #expect(try isWithheld(rows(30, conditions: 4, inside: 0)))
    #expect(try isWithheld(rows(30, conditions: 26, inside: 13, outside: 0)))
  }
  @Test func outcomesHaveEnoughOfEither() throws {
    #expect(try isWithheld(rows(30, conditions: 15, inside: 0, outside: 4)))
    #expect(try !isWithheld(rows(30, conditions: 15, inside: 0, outside: 5)))
  }
  @Test func cellsAreNoneOrEnough() throws {
    #expect(try isWithheld(rows(30, conditions: 15, inside: 4, outside: 7)))
    #expect(try !isWithheld(rows(30, conditions: 15, inside: 5, outside: 7)))
  }
  /// Of a category the reference counts too.
  @Test func categoriesHaveEnoughOfEachValue() throws {
    let wards = ["a", "b", "b", "c", "c", "b", "c"]
    let columns = rows(35, conditions: 17, inside: 8, outside: 9, wards: wards)
    // Five of ward a, of which two have the outcome.
    #expect(try isWithheld(columns, predictors: "x, ward"))
    #expect(try !isWithheld(columns, predictors: "x, ward", minimum: 2))
  }
  @Test func valuesApartFromTheEndsAreNoneOrEnough() throws {
    func spread(_ others: Int) -> [[String]] {
      rows(40, conditions: 20).enumerated().map { [$0 < others ? "7" : "500"] + $1.dropFirst() }
    }
    #expect(try isWithheld(spread(4)))
    #expect(try !isWithheld(spread(5)))
  }
  @Test func rowsLeftOutAreNoneOrEnough() throws {
    for (missing, told, expected) in [(4, false, true), (5, false, false), (4, true, false)] {
      let text = LogisticTests.text(
        "outcome: y, predictors: [z], iterations: 1",
        columns: ["{name: z, type: int, range: [0, 200], nullable: true}"] + LogisticTests.columns.dropFirst(),
        minimum: 5, rows: 64, table: told ? "missing-values: told" : "")
      let all = rows(40, conditions: 20).enumerated().map { [$0 < missing ? "" : $1[0]] + $1.dropFirst() }
      #expect(
        try (LogisticTests.outcome(LogisticTests.results(text, all)) == "withheld") == expected, "\(missing)")
    }
  }
}
