import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// R9: analyses of the rows of one protected table, whose sets of rows are compared inside.
@Suite struct SharedRowTests {
  private static let columns = [
    "{name: x, type: int, range: [-500, 500]}", "{name: p, type: bool}", "{name: q, type: bool}",
    "{name: y, type: bool}", "{name: z, type: int, range: [-900, 900]}", "{name: code, type: int, range: [0, 99]}",
  ]
  private static func text(_ analyses: [String]) -> String {
    AnalysisWorld.text(
      analyses.enumerated().map { "  - {name: a\($0), \($1)}" }.joined(separator: "\n"), columns: columns,
      minimum: 5, table: "protect: rows"
    ).replacing("maximum-rows: 1000", with: "maximum-rows: 100")
  }
  /// p in the first twenty rows, q in ten of these and so many others.
  private static func rows(_ others: Int, count: Int = 80) -> [[String]] {
    (0..<count).map { row in
      let x = row * 37 % 101 - 50, y = (row * 53 + x) % 97 > 40
      return [
        "\(x)", row < 20 ? "1" : "0", row < 10 || (20..<20 + others).contains(row) ? "1" : "0", y ? "1" : "0",
        "\(x * 3 + row * 29 % 71)", "\(row)",
      ]
    }
  }
  private static func outcomes(_ analyses: [String], _ rows: [[String]]) throws -> [Bool] {
    let results = try AnalysisWorld(text(analyses), rows: rows).results()
    return try analyses.indices.map { index in
      let table = try #require(
        results["a\(index).coefficients"] ?? results["a\(index).ranks"] ?? results["a\(index).pairs"])
      return table.rows.joined().contains { $0.text == "withheld" }
    }
  }
  private static let line = "kind: linear, outcome: z, predictors: [x]"
  private static func of(_ clause: String) -> String { "rows: 'SELECT * FROM people WHERE \(clause)'" }

  /// The same rows, or rows that differ in enough: both are shown. In few, neither is, though each alone would be.
  @Test func rowsThatDiffer() throws {
    let first = "\(Self.of("NOT p")), \(Self.line)", second = "\(Self.of("NOT q")), \(Self.line)"
    #expect(try Self.outcomes([first, second], Self.rows(5)) == [false, false])
    #expect(try Self.outcomes([first, second], Self.rows(4)) == [true, true])
    for alone in [first, second] { #expect(try Self.outcomes([alone], Self.rows(4)) == [false]) }
    #expect(
      try Self.outcomes(
        ["table: people, \(Self.line)", "table: people, kind: correlation, columns: [x, z], method: spearman"],
        Self.rows(4)) == [false, false])
  }

  /// Rows of one against groups of the other: p, but for a few, are the rows of the second.
  @Test func groupsThatDiffer() throws {
    let groups = "table: people, kind: compare, outcome: z, by: p, test: mann-whitney"
    for (others, isWithheld) in [(5, false), (4, true)] {
      // Rows that have neither p nor q: of those without p all but so many.
      let rest = "\(Self.of("NOT (p OR q)")), \(Self.line)"
      #expect(try Self.outcomes([groups, rest], Self.rows(others)) == [isWithheld, isWithheld], "\(others)")
    }
  }

  /// Conditions of two models that differ in few rows, as they may not in one model.
  @Test func conditionsThatDiffer() throws {
    let first = "table: people, kind: linear, outcome: z, predictors: [p]"
    let second = "table: people, kind: linear, outcome: z, predictors: [q]"
    #expect(try Self.outcomes([first, second], Self.rows(5)) == [false, false])
    #expect(try Self.outcomes([first, second], Self.rows(4)) == [true, true])
  }

  /// Together they have no more numbers than one model of so many rows may have.
  @Test func togetherTheyAreOneModel() throws {
    let model = "table: people, kind: linear, outcome: z, predictors: [x]"
    // A set of all rows, an outcome and a predictor each: 9 numbers need 27 rows.
    #expect(try Self.outcomes([model, model, model], Self.rows(5, count: 27)) == [false, false, false])
    #expect(try Self.outcomes([model, model, model], Self.rows(5, count: 26)) == [true, true, true])
    #expect(try Self.outcomes([model], Self.rows(5, count: 26)) == [false])
  }

  /// What is not compared is refused, with what to write instead.
  // Done here: let holders bring a bool in place of 'code', and name that; or ask for the other in a study of its own
  @Test func whatCannotBeCompared() throws {
    let model = "table: people, \(Self.line)"
    let curve = "table: people, kind: kaplan-meier, time: code, event: y, grid: [30, 60]"
    let error = try AnalysisWorld.refusal(Self.text([model, curve]))
    #expect(error.code.rawValue == "analysis/release-set", "\(error)")
    let wide = "table: people, kind: logistic, outcome: {column: code, is: 3}, predictors: [x]"
    let other = try AnalysisWorld.refusal(Self.text([model, wide]))
    #expect(other.code.rawValue == "analysis/release-set", "\(other)")
    #expect(
      other.remedy?.hasPrefix("let holders bring a bool in place of 'code', and name that") == true, "\(other)")
    _ = try PreparedWorld.prepare(
      Self.text([model, wide.replacing("{column: code, is: 3}", with: "y")]))
  }
}
