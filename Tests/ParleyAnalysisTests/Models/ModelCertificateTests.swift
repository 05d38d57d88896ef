import ParleyBase
import ParleyProgram
import Testing

/// Data of each sort that has no optimum, or none that can be found, for each kind it applies to: the certificate fires, and what is opened is 0
/// but for the bit that says so.
@Suite struct ModelCertificateTests {
  private func changed(_ count: Int = 60, seed: UInt64 = 2, _ change: (inout ModelRow, Int) -> Void) -> [ModelRow]
  {
    ModelRow.rows(count, seed: seed).enumerated().map { index, row in
      var row = row
      change(&row, index)
      return row
    }
  }

  @Test(arguments: ModelKind.allCases) func whatIsWellPosedPasses(_ kind: ModelKind) throws {
    for minimum in [0, 5] {
      #expect(try kind.verdict(ModelRow.rows(60, seed: 2), "x, w, ward", minimum: minimum) == .shown)
      #expect(try kind.verdict(ModelRow.rows(60, seed: 2), "x, v", minimum: minimum) == .shown)
    }
  }

  @Test(arguments: ModelKind.allCases, [0, 5]) func columnsThatDependOnEachOther(_ kind: ModelKind, _ minimum: Int)
    throws
  {
    func verdict(_ change: (inout ModelRow, Int) -> Void, _ predictors: String) throws -> OpenedAnalysis.Verdict {
      try kind.verdict(changed { change(&$0, $1) }, predictors, minimum: minimum)
    }
    // Twice the same column, another unit of it, the sum and the difference of two others.
    #expect(try verdict({ row, _ in row.z = row.x }, "x, z") == .notEstimable)
    #expect(try verdict({ row, _ in row.z = 7 - 100 * row.x }, "x, z, w") == .notEstimable)
    #expect(try verdict({ row, _ in row.z = row.x + row.v }, "x, v, z") == .notEstimable)
    #expect(try verdict({ row, _ in row.z = row.x - 100 * (row.w ? 1 : 0) }, "x, w, z") == .notEstimable)
    // A number that a category gives.
    #expect(
      try verdict({ row, _ in row.z = row.ward == "a" ? 100 : row.ward == "b" ? 200 : 500 }, "z, ward")
        == .notEstimable)
    // No variance.
    #expect(try verdict({ row, _ in row.z = 250 }, "x, z") == .notEstimable)
    #expect(try verdict({ row, _ in row.z = 0 }, "x, z") == .notEstimable)
  }

  /// Two columns of which the difference is a ten thousandth of either: the condition of the standardised columns is 10^8.
  @Test(arguments: ModelKind.allCases) func nearlyDependentColumns(_ kind: ModelKind) throws {
    let rows = changed { row, index in row.z = row.v + (index * 37 % 61 - 30) }
    #expect(try kind.verdict(rows, "v, z") == .notEstimable)
  }

  @Test(arguments: [0, 5]) func outcomesThatColumnsGive(_ minimum: Int) throws {
    let expected = OpenedAnalysis.Verdict.notEstimable
    // Complete separation by a number, and by a sum of two; quasi-complete by a condition, a category and a number with ties at the border.
    #expect(
      try ModelKind.logistic.verdict(changed { row, _ in row.y = row.x > 0 }, "x, w", minimum: minimum) == expected
    )
    #expect(
      try ModelKind.logistic.verdict(
        changed { row, _ in row.y = 1000 * row.x + row.v > 0 }, "x, v", minimum: minimum)
        == expected)
    #expect(
      try ModelKind.logistic.verdict(changed { row, _ in row.y = row.w || row.y }, "x, w", minimum: minimum)
        == expected)
    #expect(
      try ModelKind.logistic.verdict(
        changed { row, _ in row.y = row.ward != "b" && row.y }, "x, ward", minimum: minimum) == expected)
    #expect(
      try ModelKind.logistic.verdict(
        changed { row, index in
          row.z = index < 20 ? 100 : 100 + 7 * (index - 19)
          row.y = index >= 20 || index % 2 == 0
        }, "z", minimum: minimum) == expected)
    // No event where w holds, or of a ward.
    #expect(
      try ModelKind.poisson.verdict(changed { row, _ in if row.w { row.n = 0 } }, "x, w", minimum: minimum)
        == expected)
    #expect(
      try ModelKind.poisson.verdict(
        changed { row, _ in if row.ward == "c" { row.n = 0 } }, "x, ward", minimum: minimum)
        == expected)
    #expect(
      try ModelKind.cox.verdict(changed { row, _ in row.died = row.died && !row.w }, "x, w", minimum: minimum)
        == expected)
    #expect(
      try ModelKind.cox.verdict(
        changed { row, _ in row.died = row.died && row.ward != "a" }, "x, ward", minimum: minimum,
        more: "ties: breslow")
        == expected)
    // The order of the rows by a column is that of the events.
    #expect(
      try ModelKind.cox.verdict(changed { row, _ in row.days = 200 - row.x / 2 }, "x, w", minimum: minimum)
        == expected)
  }

  @Test func outcomesWithoutVariation() throws {
    for value in [false, true] {
      #expect(try ModelKind.logistic.verdict(changed { row, _ in row.y = value }, "x, w") == .notEstimable)
      #expect(try ModelKind.logistic.verdict(changed { row, _ in row.y = value }, "x, w", minimum: 5) == .withheld)
    }
    for minimum in [0, 5] {
      #expect(
        try ModelKind.poisson.verdict(changed { row, _ in row.n = 0 }, "x, w", minimum: minimum) == .notEstimable)
      #expect(
        try ModelKind.linear.verdict(changed { row, _ in row.size = 0 }, "x, w", minimum: minimum) == .notEstimable
      )
    }
    #expect(try ModelKind.cox.verdict(changed { row, _ in row.died = false }, "x, w") == .notEstimable)
    #expect(try ModelKind.cox.verdict(changed { row, _ in row.died = false }, "x, w", minimum: 5) == .withheld)
    // All rows have an event, at one time, of which nothing can be learnt but that coefficients are 0; and rows without are not enough.
    let atOnce = changed { row, _ in (row.days, row.died) = (7, true) }
    #expect(try ModelKind.cox.verdict(atOnce, "x, w", minimum: 5) == .withheld)
  }

  /// One event, of the row with the greatest x.
  @Test func oneEvent() throws {
    let greatest = ModelRow.rows(60, seed: 2).map(\.x).max() ?? 0
    let one = changed { row, _ in
      let isIt = row.x == greatest
      (row.y, row.n, row.died, row.days) = (isIt, isIt ? 1 : 0, isIt, isIt ? 1 : 1 + row.days)
    }
    #expect(one.count(where: \.died) == 1)
    for kind in [ModelKind.logistic, .poisson, .cox] {
      #expect(try kind.verdict(one, "x", minimum: 5) == .withheld, "\(kind)")
      // That of a Poisson model has an optimum, with a row that says everything.
      if kind != .poisson { #expect(try kind.verdict(one, "x") == .notEstimable, "\(kind)") }
    }
  }

  @Test(arguments: [ModelKind.logistic, .poisson, .cox]) func tooFewPasses(_ kind: ModelKind) throws {
    let rows = ModelRow.rows(60, seed: 2)
    for minimum in [0, 5] {
      #expect(try kind.verdict(rows, "x, w", minimum: minimum, more: "iterations: 1") == .notEstimable)
    }
    // As many coefficients as rows, and none.
    #expect(try kind.verdict(Array(rows.prefix(2)), "x, w") == .notEstimable)
    #expect(try kind.verdict([], "x, w") == .notEstimable)
  }

  /// A penalty gives what is separated an optimum, and nothing to columns that it outweighs.
  @Test(arguments: [ModelKind.linear, .logistic, .poisson]) func penaltiesThatOutweighTheData(_ kind: ModelKind)
    throws
  {
    let rows = ModelRow.rows(60, seed: 2)
    #expect(try kind.verdict(rows, "x, w", more: "ridge: 2") == .shown)
    #expect(try kind.verdict(rows, "x, w", more: "ridge: 1000000") == .notEstimable)
  }

  @Test func studiesWithoutVariance() throws {
    let studies = (0..<6).map { MetaTests.cells((y: Double($0) / 10, v: $0 == 3 ? 0 : 0.1)) }
    for minimum in [0, 5] {
      for model in ["fixed", "random"] {
        let text = MetaTests.text(
          "estimate: effect, variance: v, model: \(model)", minimum: minimum,
          columns: Array(MetaTests.columns.prefix(2)))
        #expect(try AnalysisWorld.verdict(text, studies) == .notEstimable)
      }
    }
  }
}
