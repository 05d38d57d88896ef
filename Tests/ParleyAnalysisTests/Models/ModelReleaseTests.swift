import ParleyBase
import ParleyProgram
import Testing

/// Each rule of docs/proofs/release-models.md for each kind of model it applies to, one below the minimum of 5 and at it. What is withheld is 0 in
/// everything that is opened.
@Suite struct ModelReleaseTests {
  private static let minimum = 5
  private func isWithheld(
    _ kind: ModelKind, _ rows: [ModelRow], _ predictors: String = "x, w", minimum: Int = minimum,
    more: String = "",
    source: String = "table: people", table: String = ""
  ) throws -> Bool {
    // Rules are asked before anything is fitted: one pass is enough.
    let passes = kind == .linear ? more : more.isEmpty ? "iterations: 1" : more + ", iterations: 1"
    return try kind.verdict(rows, predictors, minimum: minimum, more: passes, source: source, table: table)
      == .withheld
  }
  private func changed(_ count: Int = 60, _ change: (inout ModelRow, Int) -> Void) -> [ModelRow] {
    ModelRow.rows(count, seed: 2).enumerated().map { index, row in
      var row = row
      change(&row, index)
      return row
    }
  }

  /// R1: missing values, and rows that a clause leaves out.
  @Test(arguments: ModelKind.allCases) func rowsLeftOut(_ kind: ModelKind) throws {
    for (missing, expected) in [(0, false), (1, true), (4, true), (5, false)] {
      let rows = changed { row, index in if index % 7 == 0, index / 7 < missing { row.dose = nil } }
      #expect(try isWithheld(kind, rows, "x, dose") == expected, "\(missing)")
      #expect(try !isWithheld(kind, rows, "x, dose", table: "missing-values: told"))
      let left = changed { row, index in if index % 7 == 0, index / 7 < missing { row.v = 400_000 } }
      let source = "rows: 'SELECT * FROM people WHERE v < 390000'"
      #expect(try isWithheld(kind, left, "x, w", source: source) == expected, "\(missing)")
    }
  }

  /// R1 and R2 of few rows: ten more than coefficients, three for each, and the minimum.
  @Test(arguments: ModelKind.allCases) func rowsForCoefficients(_ kind: ModelKind) throws {
    let constant = kind == .cox ? 0 : 1
    // One coefficient beside the constant, and three.
    for (predictors, own) in [("x", 1), ("x, v, size", 3)] where kind != .linear || own == 1 {
      let fewest = own + constant + 10
      for count in [fewest - 1, fewest] {
        let rows = changed(count) { row, index in (row.y, row.died) = (index % 2 == 0, index % 2 == 0) }
        #expect(
          try isWithheld(kind, rows, predictors, minimum: 2) == (count < fewest), "\(predictors), \(count) rows")
      }
    }
    // A minimum above that.
    for count in [23, 24] {
      let rows = changed(count) { row, index in (row.y, row.died) = (index % 2 == 0, index % 2 == 0) }
      // Of 23 rows eleven are without the outcome.
      let counts = kind == .logistic || kind == .cox
      #expect(try isWithheld(kind, rows, "x", minimum: 12) == (counts && count == 23), "\(count)")
    }
  }

  /// R3: a condition, each value of a category and its reference, and a number with two possible values.
  @Test(arguments: ModelKind.allCases) func rowsOfConditions(_ kind: ModelKind) throws {
    for (ones, expected) in [(1, true), (4, true), (56, true), (59, true)] {
      #expect(try isWithheld(kind, changed { row, index in row.w = index < ones }) == expected, "\(ones)")
    }
    // Of each outcome enough: the rule about cells is another.
    for (count, expected) in [(9, true), (10, false)] {
      let own = changed { row, index in
        row.w = index < count
        (row.y, row.died) = (index % 2 == 0, index % 2 == 0)
      }
      #expect(try isWithheld(kind, own) == (expected && kind != .linear && kind != .poisson), "\(count)")
    }
    for (few, rest) in [("a", ["b", "c"]), ("c", ["a", "b"])] {
      for count in [0, 1, 4, 10] {
        let rows = changed { row, index in
          row.ward = index < count ? few : rest[index / 2 % 2]
          (row.y, row.died) = (index % 2 == 0, index / 2 % 2 == 0 ? index % 4 == 0 : index % 4 == 3)
          if index < count { row.died = index % 2 == 0 }
        }
        #expect(try isWithheld(kind, rows, "x, ward") == (count < 5), "\(count) of \(few)")
      }
    }
  }

  /// R3 of outcomes.
  @Test func rowsOfOutcomes() throws {
    for (count, expected) in [(1, true), (4, true), (5, false)] {
      for value in [false, true] {
        let rows = changed { row, index in
          let isIt = (index % 7 == 0 && index / 7 < count) == value
          (row.y, row.died) = (isIt, isIt)
        }
        #expect(try isWithheld(.logistic, rows, "x") == expected, "\(count) \(value)")
        #expect(try isWithheld(.cox, rows, "x") == expected, "\(count) \(value)")
      }
      // Numbers apart from an end of their range.
      let few = changed { row, index in
        let isIt = index % 7 == 0 && index / 7 < count
        (row.n, row.size) = (isIt ? 3 : 0, isIt ? 700 : 0)
      }
      let most = changed { row, index in
        let isIt = index % 7 == 0 && index / 7 < count
        (row.n, row.size) = (isIt ? 3 : 20, isIt ? 700 : 1000)
      }
      for kind in [ModelKind.poisson, .linear] {
        #expect(try isWithheld(kind, few, "x") == expected, "\(kind) \(count)")
        #expect(try isWithheld(kind, most, "x") == expected, "\(kind) \(count)")
      }
    }
  }

  /// R3 of numbers among the predictors: rows apart from 0, from the least and from the greatest possible value.
  @Test(arguments: ModelKind.allCases) func valuesOfPredictors(_ kind: ModelKind) throws {
    for (count, expected) in [(1, true), (4, true), (5, false)] {
      for end in [0, -500_000, 500_000] {
        let rows = changed { row, index in row.z = index % 7 == 0 && index / 7 < count ? 1000 + index : end }
        #expect(try isWithheld(kind, rows, "x, z") == expected, "\(count) apart from \(end)")
      }
    }
  }

  /// R3 of a condition and the outcome: so many of 20 rows with w have the outcome, and the others by halves.
  @Test func cellsOfConditionsAndOutcomes() throws {
    for (count, expected) in [
      (0, false), (1, true), (4, true), (5, false), (15, false), (16, true), (19, true), (20, false),
    ] {
      let rows = changed { row, index in
        row.w = index < 20
        let isIt = index < 20 ? index < count : index % 2 == 0
        (row.y, row.died, row.n) = (isIt, isIt, isIt ? 1 + index % 3 : 0)
      }
      for kind in [ModelKind.logistic, .poisson, .cox] {
        #expect(try isWithheld(kind, rows, "x, w") == expected, "\(kind) \(count)")
        // Of a category, whichever value is the reference.
        let wards = rows.map { row in
          var row = row
          row.ward = row.w ? "b" : "a"
          return row
        }
        let columns = kind.text("x, {column: ward, reference: b}", minimum: 5).replacing(
          "[a, b, c]", with: "[a, b]")
        #expect(
          (try AnalysisWorld.verdict(columns, wards.map(\.cells)) == .withheld) == expected, "\(kind) \(count)")
      }
    }
  }

  /// The mean of an outcome in a group is told by coefficients of a condition: its values there are judged as those of a sum in a group are.
  @Test func valuesOfOutcomesByCondition() throws {
    for (count, expected) in [(0, false), (1, true), (4, true), (5, false)] {
      // Among rows with w, and among rows without, so many are not 0, or not 1000; all others of these are.
      for (inside, end) in [(true, 0), (false, 0), (true, 1000), (false, 1000)] {
        let rows = changed { row, index in
          guard row.w == inside else { return }
          (row.size, row.n) = index / 2 < count ? (400 + index, 7) : (end, end == 0 ? 0 : 20)
        }
        for kind in [ModelKind.linear, .poisson] {
          #expect(try isWithheld(kind, rows, "x, w") == expected, "\(kind), \(count) apart from \(end)")
        }
      }
    }
    // A linear model of an outcome that is true or false tells how often it is true with w and without.
    for (count, expected) in [(0, false), (1, true), (4, true), (5, false), (25, false), (26, true), (30, false)] {
      let rows = changed { row, index in if row.w { row.y = index / 2 < count } }
      let text = ModelKind.linear.text("x, w", minimum: 5).replacing("outcome: size", with: "outcome: y")
      #expect((try AnalysisWorld.verdict(text, rows.map(\.cells)) == .withheld) == expected, "\(count)")
    }
  }

  /// R3 of strata: rows, events and rows without.
  @Test func strataOfCox() throws {
    for (rows, events, expected) in [
      (0, 0, false), (4, 2, true), (5, 5, false), (5, 4, true), (9, 4, true), (10, 5, false), (9, 5, true),
    ] {
      let all = changed { row, index in
        row.ward = index < rows ? "a" : index % 2 == 0 ? "b" : "c"
        row.died = index < rows ? index < events : index / 2 % 2 == 0
      }
      #expect(try isWithheld(.cox, all, "x", more: "strata: ward") == expected, "\(rows) \(events)")
    }
  }

  /// R4: what is left of the variation, just below 2^-20 of it and just above.
  @Test func saturatedModels() throws {
    for (step, expected) in [(1030, true), (1018, false)] {
      let rows = changed { row, index in
        row.w = index % 2 == 0
        row.z = 2 * 1000 * ((index % 2 == 0 ? step : -step) + (index / 2 % 2 == 0 ? 1 : -1)) / 2000
      }
      let text = ModelKind.linear.text("w", minimum: 5).replacing("outcome: size", with: "outcome: z")
      #expect((try AnalysisWorld.verdict(text, rows.map(\.cells)) == .withheld) == expected)
    }
  }

  /// R9: no query is asked about the rows of a model, nor an analysis whose sets are not compared (`SharedRowTests` has those that are).
  @Test(arguments: ModelKind.allCases) func neighboursAreRefused(_ kind: ModelKind) throws {
    let text = kind.text("x, w", minimum: 5)
    for other in [
      "  - {name: o, table: people, kind: describe, columns: [x], show: [n]}",
      "  - {name: o, table: people, kind: linear, outcome: size, predictors: [x], errors: hc1}",
      "  - {name: o, table: people, kind: correlation, columns: [x, v]}",
    ] {
      let both = text.replacing("security:", with: other + "\nsecurity:")
      #expect(try AnalysisWorld.refusal(both).code.rawValue == "analysis/release-set", "\(other)")
    }
    _ = try PreparedWorld.prepare(text)
  }
}
