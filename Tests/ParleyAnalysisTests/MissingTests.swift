import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// `missing` of analyses: rows that are left out, refused, or marked by a column of their own.
@Suite struct MissingTests {
  /// Numbers and a condition, against statsmodels with columns that are made beforehand.
  @Test func indicatorsOfHeart() throws {
    let reference = try SettingReference.value("indicators", ModelReference.self)
    let text = LinearTests.text(
      "outcome: thalach, predictors: [age, male, trestbps, chol], missing: indicator", columns: HeartData.columns,
      rows: 1000)
    let results = try LogisticTests.results(text, HeartData.rows())
    let table = try #require(results["m.coefficients"])
    #expect(try table.texts("term") == reference.names)
    try reference.expect(try LogisticTests.numbers(table), statistic: "t")
    #expect(try #require(results["m.model"]).numbers("rows") == [Double(reference.rows)])
  }

  private static let columns = [
    "{name: y, type: int, range: [0, 100]}", "{name: x, type: int, range: [50, 90], nullable: true}",
    "{name: w, type: bool, nullable: true}", "{name: g, type: category, values: [a, b, c], nullable: true}",
    "{name: s, type: int, range: [1, 2], nullable: true}", "{name: e, type: bool}",
  ]
  private static func text(
    _ kind: String, minimum: Int = 0, table: String = "protect: rows", source: String = "table: people",
    columns: [String] = columns
  ) -> String {
    AnalysisWorld.text(
      "  - {name: m, \(source), kind: \(kind)}", columns: columns, minimum: minimum, table: table
    ).replacing("maximum-rows: 1000", with: "maximum-rows: 96")
  }
  private static func rows(_ count: Int, seed: Int = 1) -> [[String]] {
    (0..<count).map { index in
      let value = index * index * 37 % 101 + index * seed % 7
      return [
        String(value % 100), String(50 + index * 29 % 41), index % 2 == 0 ? "1" : "0", ["a", "b", "c"][index % 3],
        index / 3 % 2 == 0 ? "1" : "2", value * 7 % 11 < 5 ? "1" : "0",
      ]
    }
  }
  /// Without the values of a column in some rows.
  private static func without(_ column: Int, _ missing: Set<Int>, _ rows: [[String]]) -> [[String]] {
    rows.enumerated().map { place, row in
      row.indices.map { $0 == column && missing.contains(place) ? "" : row[$0] }
    }
  }

  /// Columns whose range does not contain 0, conditions, categories and numbers of two values, as columns that are made by hand.
  @Test func indicatorsAreColumns() throws {
    var rows = Self.rows(90)
    for (column, start) in [(1, 3), (2, 7), (3, 20), (4, 41)] {
      rows = Self.without(column, Set((0..<9).map { start + 5 * $0 }), rows)
    }
    let found = try LogisticTests.results(
      Self.text("linear, outcome: y, predictors: [x, w, g, s], missing: indicator"), rows)
    let columns = [
      "y, type: int, range: [0, 100]", "x, type: int, range: [0, 90]", "xm, type: bool", "w, type: bool",
      "wm, type: bool", "b, type: bool", "c, type: bool", "gm, type: bool", "s, type: int, range: [0, 2]",
      "sm, type: bool",
    ].map { "{name: \($0)}" }
    func bit(_ is: Bool) -> String { `is` ? "1" : "0" }
    let made = rows.map { row in
      [
        row[0], row[1].isEmpty ? "0" : row[1], bit(row[1].isEmpty), bit(row[2] == "1"), bit(row[2].isEmpty),
        bit(row[3] == "b"), bit(row[3] == "c"), bit(row[3].isEmpty), row[4].isEmpty ? "0" : row[4],
        bit(row[4].isEmpty),
      ]
    }
    let expected = try LogisticTests.results(
      Self.text("linear, outcome: y, predictors: [x, xm, w, wm, b, c, gm, s, sm]", columns: columns), made)
    for name in ["estimate", "std.err"] {
      let a = try #require(found["m.coefficients"]).numbers(name)
      let b = try #require(expected["m.coefficients"]).numbers(name)
      #expect(a.count == 10 && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-5 * max(abs($1), 1) }, "\(a), not \(b)")
    }
    #expect(try #require(found["m.model"]).numbers("left out") == [0])
    let terms = try #require(found["m.coefficients"]).texts("term")
    #expect(terms == ["const", "x", "x missing", "w", "w missing", "g: b", "g: c", "g missing", "s", "s missing"])
  }

  /// Each of the sets of rows that a column with its missing values makes is enough.
  @Test func indicatorsObeyTheRules() throws {
    func isWithheld(_ predictor: String, _ rows: [[String]], kind: String = "linear, outcome: y") throws -> Bool {
      let text = Self.text("\(kind), predictors: [\(predictor)], missing: indicator", minimum: 5)
      let texts = try #require(LogisticTests.results(text, rows)["m.coefficients"]).texts("estimate")
      #expect(Set(texts.map { $0 == "withheld" }).count == 1, "\(texts)")
      return texts[0] == "withheld"
    }
    // None of these has an outcome at an end of its range.
    for (count, expected) in [(0, true), (4, true), (5, false)] {
      #expect(try isWithheld("x", Self.without(1, Set(1..<1 + count), Self.rows(40))) == expected)
    }
    // The condition is false in so many rows; true and missing in more.
    for (count, expected) in [(4, true), (5, false)] {
      let rows = Self.rows(40).enumerated().map { place, row in
        row.indices.map { $0 == 2 ? (place < 8 ? "" : place < 8 + count ? "0" : "1") : row[$0] }
      }
      #expect(try isWithheld("w", rows) == expected)
      let two = Self.rows(40).enumerated().map { place, row in
        row.indices.map { $0 == 4 ? (place < 8 ? "" : place < 8 + count ? "1" : "2") : row[$0] }
      }
      #expect(try isWithheld("s", two) == expected)
      // Where the value is missing the outcome is true in so many rows, and false in more.
      let events = Self.rows(40).enumerated().map { place, row in
        row.indices.map { column in
          if column == 2 { return place < 16 ? "" : place % 2 == 0 ? "1" : "0" }
          return column == 5 ? (place < count || place > 27 ? "1" : "0") : row[column]
        }
      }
      #expect(try isWithheld("w", events, kind: "logistic, outcome: e") == expected)
    }
  }

  // MARK: Refused

  private func refusal(_ text: String, _ rows: [[String]]) throws -> ParleyError? {
    do throws(ParleyError) {
      _ = try AnalysisWorldResults.of(text, rows)
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    "linear, outcome: y, predictors: [x]", "logistic, outcome: e, predictors: [x]",
    "poisson, outcome: y, predictors: [x]", "cox, time: y, event: e, predictors: [x]",
    "correlation, columns: [y, x], method: spearman",
    "meta, estimate: y, variance: x",
  ])
  func rowsWithMissingValuesAreRefused(_ kind: String) throws {
    let text = Self.text("\(kind), missing: refuse", table: "protect: none")
    let rows = Self.rows(40)
    let first = try refusal(text, rows)
    #expect(first == nil, "\(first?.message ?? "")")
    let error = try #require(try refusal(text, Self.without(1, [7], rows)))
    #expect(error.code.rawValue == "data/requirement", "\(error)")
    // Done here: complete the data, or write 'missing: drop'
    #expect(error.remedy?.contains("complete the data, or write 'missing: drop'") == true)
    let dropped = text.replacing("missing: refuse", with: "missing: drop")
    #expect(try refusal(dropped, Self.without(1, [7], rows)) == nil)
  }

  /// Under a minimum fewer are not told of: then it is withheld, as without the setting.
  @Test func fewMissingValuesAreNotTold() throws {
    let rows = Self.rows(40)
    func outcome(_ count: Int, table: String = "protect: rows", source: String = "table: people") throws -> String
    {
      let text = Self.text(
        "linear, outcome: y, predictors: [x], missing: refuse", minimum: 5, table: table, source: source)
      let own = Self.without(1, Set(0..<count), rows)
      if let error = try refusal(text, own) { return error.code.rawValue }
      return try LinearTests.outcome(AnalysisWorldResults.of(text, own)) ?? "shown"
    }
    #expect(try outcome(0) == "shown")
    #expect(try outcome(1) == "withheld")
    #expect(try outcome(4) == "withheld")
    #expect(try outcome(5) == "data/requirement")
    let told = "protect: rows\n    missing-values: told"
    #expect(try outcome(1, table: told) == "data/requirement")
    // Nor what WHERE picks: few rows, or all but few.
    let one = "rows: 'SELECT y, x FROM people WHERE y = \(rows[0][0])'"
    #expect(try outcome(1, table: told, source: one) == "withheld")
    #expect(try outcome(1, table: told, source: one.replacing("y = ", with: "y <> ")) == "withheld")
  }

  @Test func refusalsAreRun() throws {
    let text = Self.text("linear, outcome: y, predictors: [x], missing: refuse", minimum: 2)
      .replacing("maximum-rows: 96", with: "maximum-rows: 20")
    var world = try AnalysisWorld(text, rows: Array(Self.rows(18).prefix(9)))
    world.south = Array(Self.rows(18).dropFirst(9))
    #expect(try world.run() == world.results())
  }

  /// Advice is given and passes.
  @Test func advice() throws {
    func refused(_ bad: String, _ advice: String, _ good: String) throws {
      let error = try AnalysisWorld.refusal(Self.text(bad))
      #expect(error.remedy?.contains(advice) == true, "\(error.message): \(error.remedy ?? "")")
      _ = try PreparedWorld.prepare(Self.text(good))
    }
    // Done here: remove 'missing'; or ask for an analysis of each pair
    try refused(
      "correlation, columns: [y, x], method: spearman, missing: pairwise",
      "remove 'missing'; or ask for an analysis of each pair", "correlation, columns: [y, x], method: spearman")
    try refused(
      "kaplan-meier, time: y, event: e, grid: [1], missing: indicator", "use one of: drop, refuse",
      "kaplan-meier, time: y, event: e, grid: [1], missing: refuse")
  }
}

/// Results with errors of their own type.
private enum AnalysisWorldResults {
  static func of(_ text: String, _ rows: [[String]]) throws(ParleyError) -> [String: DecodedTable] {
    do { return try AnalysisWorld(text, rows: rows).results() } catch {
      throw error as? ParleyError ?? ParleyError(.invariant, "\(error)")
    }
  }
}
