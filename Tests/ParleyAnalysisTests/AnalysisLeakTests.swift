import Foundation
import Parley
import ParleyBase
import ParleyProgram
import Testing

/// Attacks on what is accepted under a minimum: each computes from results something about fewer people than the minimum, which works where no minimum
/// holds, and is withheld or refused where one does.
@Suite struct AnalysisLeakTests {
  private func numbers(_ text: String, _ rows: [[String]], _ table: String, _ column: String) throws -> [Double] {
    try #require(AnalysisWorld(text, rows: rows).results()[table]).numbers(column)
  }
  private func changed(_ count: Int = 60, _ change: (inout ModelRow, Int) -> Void) -> [ModelRow] {
    ModelRow.rows(count, seed: 2).enumerated().map { index, row in
      var row = row
      change(&row, index)
      return row
    }
  }

  // MARK: Models

  /// Two conditions that differ in one row: the model goes through its outcome.
  @Test func conditionsThatDifferInOneRow() throws {
    let columns = ModelRow.columns + ["{name: u, type: bool}"]
    func text(_ kind: ModelKind, _ minimum: Int) -> String {
      AnalysisWorld.text(
        "  - {name: m, table: people, \(kind.outcome), predictors: [w, u]}", columns: columns, minimum: minimum
      ).replacing("maximum-rows: 1000", with: "maximum-rows: 64")
    }
    func rows(_ apart: Int) -> [[String]] {
      changed { row, index in row.size = 700 + index }.enumerated().map { index, row in
        row.cells + [index % 2 == 0 && index >= 2 * apart ? "1" : "0"]
      }
    }
    // w without u: b0 + b1 is the outcome of row 0.
    let b = try numbers(text(.linear, 0), rows(1), "m.coefficients", "estimate")
    #expect(abs(b[0] + b[1] - 700) < 0.01)
    for kind in ModelKind.allCases {
      for apart in [1, 4] {
        #expect(try AnalysisWorld.verdict(text(kind, 5), rows(apart)) == .withheld, "\(kind)")
      }
      #expect(try AnalysisWorld.verdict(text(kind, 5), rows(6)) != .withheld, "\(kind)")
    }
  }

  /// With events on one day a hazard ratio is that of two counts.
  @Test func eventsOfFewByHazards() throws {
    func rows(_ inside: Int) -> [ModelRow] {
      changed { row, index in
        row.w = index < 20
        row.died = index < 20 ? index < inside : index < 40
        row.days = row.died ? 7 : 300
      }
    }
    let text = ModelKind.cox.text("w", more: "ties: breslow")
    let ratio = exp(try numbers(text, rows(2).map(\.cells), "m.coefficients", "coef")[0])
    // events with w / 20 over events without / 40.
    #expect((ratio * 20 / 40 * 20).rounded() == 2)
    #expect(try ModelKind.cox.verdict(rows(2), "w", minimum: 5, more: "ties: breslow") == .withheld)
    #expect(try ModelKind.cox.verdict(rows(5), "w", minimum: 5, more: "ties: breslow") == .shown)
  }

  /// Of an outcome that is true or false the coefficients of a linear model are shares.
  @Test func sharesOfFewByLinearModels() throws {
    func rows(_ inside: Int) -> [[String]] {
      changed { row, index in if row.w { row.y = index < 2 * inside } }.map(\.cells)
    }
    func text(_ minimum: Int) -> String {
      ModelKind.linear.text("w", minimum: minimum).replacing("outcome: size", with: "outcome: y")
    }
    let b = try numbers(text(0), rows(1), "m.coefficients", "estimate")
    #expect(((b[0] + b[1]) * 30 * 1000).rounded() == 1000)
    #expect(try AnalysisWorld.verdict(text(5), rows(1)) == .withheld)
    #expect(try AnalysisWorld.verdict(text(5), rows(5)) == .shown)
  }

  // MARK: Clauses that leave two values

  private static let ranked = [
    "{name: x, type: int, range: [0, 1000]}", "{name: before, type: int, range: [1, 3]}",
    "{name: after, type: int, range: [1, 3]}", "{name: arm, type: category, values: [a, b]}",
    "{name: part, type: decimal, scale: 2, range: [0, 5]}",
  ]
  private func text(_ analysis: String, _ clause: String, minimum: Int = 5, select: String = "*") -> String {
    AnalysisWorld.text(
      "  - {name: c, rows: \"SELECT \(select) FROM people\(clause)\", \(analysis)}", columns: Self.ranked,
      minimum: minimum)
  }

  /// Of values that can only be 30 or 31 the sum of ranks says how many are 31: so many in arm a, half of the others.
  @Test func ranksOfTwoValues() throws {
    func rows(_ high: Int) -> [[String]] {
      (0..<40).map { row in
        let isHigh = row < 20 ? row < high : row < 30
        return [isHigh ? "31" : "30", "1", "2", row < 20 ? "a" : "b", "1.00"]
      } + (0..<10).map { ["\(500 + $0)", "1", "2", "a", "2.00"] }
    }
    let test = "kind: compare, outcome: x, by: arm, test: mann-whitney"
    let clause = " WHERE x >= 30 AND x < 32"
    let plain = text(test, clause, minimum: 0)
    let sum = try numbers(plain, rows(1), "c.ranks", "rank sum")[0]
    // With h and 10 of 31, all others at (30 − h + 1)/2: the sum tells h.
    let found = (0...20).filter { h in
      let low = Double(30 - h), lowRank = (low + 1) / 2, highRank = low + Double(h + 10 + 1) / 2
      return Double(20 - h) * lowRank + Double(h) * highRank == sum
    }
    #expect(found == [1])
    for way in [" WHERE x >= 30 AND x < 32", " WHERE x BETWEEN 30 AND 31", " WHERE NOT (x < 30 OR x > 31)"] {
      #expect(try AnalysisWorld.verdict(text(test, way), rows(1)) == .withheld, "\(way)")
      #expect(try AnalysisWorld.verdict(text(test, way), rows(4)) == .withheld, "\(way)")
      #expect(try AnalysisWorld.verdict(text(test, way), rows(5)) == .shown, "\(way)")
    }
    // The same of many values, of which the ends are those of the clause.
    #expect(try AnalysisWorld.verdict(text(test, " WHERE x < 400"), rows(1)) == .shown)
    // Refused where it is not told which values are left.
    for way in [
      " WHERE x = 30 OR x = 31", " WHERE x IN (30, 40)", " WHERE x % 10 = 0", " WHERE x = before",
      " WHERE x * x < 1000",
      " WHERE (x = 30) = (before = 2)", " WHERE x >= 30 AND x < 34 AND x <> 31 AND x <> 32",
    ] {
      let error = try AnalysisWorld.refusal(text(test, way))
      #expect(error.code.rawValue == "analysis/rows" && error.message.contains("'x'"), "\(way): \(error.message)")
    }
    for way in [
      " WHERE x <> 999", " WHERE x < 900 AND before = 2", " WHERE before = 2 OR after = 2", " WHERE x >= 0",
    ] {
      _ = try PreparedWorld.prepare(text(test, way))
    }
  }

  // Done here: compare 'x' with constants alone, as in WHERE x >= 18 AND x < 65; or choose rows by other columns
  // Done here: compute 'grp' of other columns
  @Test func groupsOfTheValuesThatAreRanked() throws {
    let test = "kind: compare, outcome: x, by: grp, test: mann-whitney"
    let grouped = "x, CASE WHEN x < 32 THEN 'low' ELSE 'high' END AS grp"
    let error = try AnalysisWorld.refusal(text(test, "", select: grouped))
    #expect(error.code.rawValue == "analysis/rows" && error.message.contains("computes 'grp' of it"))
    #expect(error.remedy == "compute 'grp' of other columns")
    _ = try PreparedWorld.prepare(
      text(test, "", select: "x, CASE WHEN before < 2 THEN 'low' ELSE 'high' END AS grp"))
    let other = "kind: compare, outcome: x, by: arm, test: mann-whitney"
    let clause = try AnalysisWorld.refusal(text(other, " WHERE x IN (20, 30)"))
    #expect(
      clause.remedy
        == "compare 'x' with constants alone, as in WHERE x >= 18 AND x < 65; or choose rows by other columns")
    for way in [" WHERE x >= 18 AND x < 65", " WHERE before >= 2"] {
      _ = try PreparedWorld.prepare(text(other, way))
    }
    // Nothing of it where nobody is protected.
    _ = try PreparedWorld.prepare(text(test, "", minimum: 0, select: grouped))
  }

  /// A predictor that a clause leaves two values of is a condition.
  @Test(arguments: ModelKind.allCases) func predictorsOfTwoValues(_ kind: ModelKind) throws {
    let source = "rows: 'SELECT * FROM people WHERE z >= 30 AND z <= 31'"
    for (count, expected) in [(1, OpenedAnalysis.Verdict.withheld), (4, .withheld), (9, .shown)] {
      let rows = changed { row, index in
        row.z = index < count ? 31 : 30
        (row.y, row.died, row.n) = (index % 2 == 0, index % 2 == 0, index % 3 + 1)
      }
      // Of nine five have the outcome: of four of them one has not.
      let own =
        expected == .shown && (kind == .logistic || kind == .cox) ? OpenedAnalysis.Verdict.withheld : expected
      #expect(try kind.verdict(rows, "x, z", minimum: 5, source: source) == own, "\(count)")
    }
  }

  /// Differences above 0 that can only be 1 or 2: how many are 2 follows from their ranks.
  @Test func signedRanksOfTwoDifferences() throws {
    func rows(_ two: Int) -> [[String]] {
      (0..<40).map { row in
        let (before, after) = row < two ? (3, 1) : row < 20 ? (2, 1) : row < 30 ? (1, 2) : (1, 3)
        return ["1", "\(before)", "\(after)", "a", "1.00"]
      }
    }
    let test = "kind: compare, outcome: [before, after], test: wilcoxon"
    for (two, expected) in [
      (0, OpenedAnalysis.Verdict.shown), (1, .withheld), (4, .withheld), (5, .shown), (16, .withheld),
    ] {
      #expect(try AnalysisWorld.verdict(text(test, ""), rows(two)) == expected, "\(two)")
    }
  }

  // MARK: Kinds that ask queries

  /// Two conditions of which one row has both: the coefficient and the number of rows tell the table of the two.
  @Test func correlationsOfConditions() throws {
    let columns = [
      "{name: a, type: bool}", "{name: b, type: bool}", "{name: c, type: int, range: [0, 99], nullable: true}",
    ]
    func rows(_ both: Int, missing: Int = 0) -> [[String]] {
      (0..<60).map { row in
        [
          "\(row < 20 ? 1 : 0)", "\(row < both || row >= 40 ? 1 : 0)",
          row >= 60 - missing ? "" : "\(row * 37 % 90)",
        ]
      }
    }
    func text(_ columnNames: String, _ minimum: Int, more: String = "") -> String {
      AnalysisWorld.text(
        "  - {name: k, table: people, kind: correlation, columns: [\(columnNames)]\(more)}", columns: columns,
        minimum: minimum)
    }
    // Of all tables of 60 rows with 20 of a and 21 of b only one has this coefficient.
    let r = try numbers(text("a, b", 0), rows(1), "k.coefficients", "r a, b")[0]
    let found = (0...20).filter { both in
      let shares = (20.0 / 60, 21.0 / 60)
      let r0 =
        (Double(both) / 60 - shares.0 * shares.1)
        / (shares.0 * (1 - shares.0) * shares.1 * (1 - shares.1)).squareRoot()
      return abs(r0 - r) < 1e-6
    }
    #expect(found == [1])
    // Refused, whatever the data are, and so with a number that a clause leaves two values of.
    for names in ["a, b", "a, c"] {
      #expect(try AnalysisWorld.refusal(text(names, 5)).code.rawValue == "plan/release-argument", "\(names)")
    }
  }
}
