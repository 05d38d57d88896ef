import ParleyBase
import ParleyProgram
import Testing

/// Rounds and bytes of every kind of analysis are as planned, and results those of the plaintext evaluator, on the replicated engine under both
/// adversaries. Kinds that take long have such a run in their own tests: models, survival, meta-analyses.
@Suite struct AnalysisCostTests {
  static let columns = [
    "{name: a, type: int, range: [0, 50]}", "{name: b, type: int, range: [0, 50], nullable: true}",
    "{name: c, type: bool}", "{name: d, type: bool}", "{name: g, type: category, values: [p, q, r]}",
    "{name: e, type: int, range: [0, 50]}",
  ]
  static let analyses = [
    "kind: describe, columns: [a, b], by: c", "kind: describe, columns: [a, c], show: [n, mean, sd]",
    "kind: table, row: c, column: d", "kind: table, row: g, column: c, test: chi-square",
    "kind: table, row: c, column: d, test: fisher", "kind: table, row: c, column: d, test: mcnemar",
    "kind: table, row: c, column: d, strata: g, test: mantel-haenszel",
    "kind: compare, outcome: a, by: c", "kind: compare, outcome: a, by: c, test: student",
    "kind: compare, outcome: a, by: g, test: anova", "kind: compare, outcome: c, by: d, test: proportions",
    "kind: compare, outcome: [a, b], test: paired", "kind: compare, outcome: a, by: c, test: mann-whitney",
    "kind: compare, outcome: [a, b], test: wilcoxon", "kind: compare, outcome: a, by: g, test: kruskal",
    "kind: correlation, columns: [a, b]", "kind: correlation, columns: [a, b, e], missing: pairwise",
    "kind: kaplan-meier, time: a, event: c, grid: [10, 40]",
    "kind: linear, outcome: a, predictors: [c]", "kind: linear, outcome: a, predictors: [c], ridge: 1",
  ]
  static func rows(_ count: Int) -> [[String]] {
    (0..<count).map { row in
      [
        String(3 + row * 11 % 37), row % 5 == 1 ? "" : String(5 + row * 7 % 31), row % 2 == 0 ? "1" : "0",
        row / 2 % 2 == 0 ? "1" : "0", ["p", "q", "r"][row / 4 % 3], String(2 + row * 13 % 41),
      ]
    }
  }

  @Test(arguments: analyses, ["semi-honest", "malicious"]) func planIsMeter(
    _ analysis: String, _ adversary: String
  ) throws {
    let rows = Self.rows(16)
    let text = AnalysisWorld.text(
      "  - {name: x, table: people, \(analysis)}", columns: Self.columns, minimum: 2,
      table: "missing-values: told",
      adversary: adversary
    ).replacing("maximum-rows: 1000", with: "maximum-rows: 16")
    var world = try AnalysisWorld(text, rows: Array(rows.prefix(9)))
    world.south = Array(rows.dropFirst(9))
    // Compares bytes and rounds with the plan.
    #expect(try world.run() == world.results())
  }
}
