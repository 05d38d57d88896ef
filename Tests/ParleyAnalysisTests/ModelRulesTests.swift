import BigInt
import ParleyAnalysis
import ParleyBase
import ParleyClear
import ParleyProgram
import Testing

/// Each rule of models one below the minimum and at it.
@Suite struct ModelRulesTests {
  /// The bits `withheld` and `not estimable`, and the value beside them, of rows of a condition and an outcome.
  private func outcome(
    _ rows: [(condition: Int64, outcome: Int64)], minimum: Int = 5,
    _ rule: (inout AnalysisRules, inout ProgramBuilder, [Program.NodeID]) throws -> Void
  ) throws -> (withheld: Bool, notEstimable: Bool, value: BigInt) {
    let schema = TableSchema(
      name: "t",
      columns: ["a", "b"].map { .init(name: $0, type: .integer(0...100), isNullable: false) },
      holders: ["h"], maximumRows: 100)
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 100))
    let columns = ["a", "b"].map {
      builder.input(.init(table: table, column: $0, role: .value, sort: .integer(Interval(0...100))))
    }
    var rules = AnalysisRules(analysis: "m", recipients: ["h"], minimum: minimum)
    try rule(&rules, &builder, columns)
    try rules.disclose(
      "model", rows: 1, keys: [], columns: [.init("value", builder.constant(7), "seven.")], &builder)
    let program = builder.program
    let data = TableData(
      rowCount: rows.count,
      columns: [
        .init(values: rows.map(\.condition), isNull: []), .init(values: rows.map(\.outcome), isNull: []),
      ])
    let opened = try InsecurePlaintextEvaluator.evaluate(program, tables: [schema], data: ["t": [data]])
    let result = program.results[0]
    func value(_ id: Program.DisclosureID?) -> BigInt { id.flatMap { opened[$0]?.first } ?? 0 }
    return (
      value(result.isWithheld) == 1, value(result.isNotEstimable) == 1, value(result.columns[0].value)
    )
  }
  private func bit(_ node: Program.NodeID, _ builder: inout ProgramBuilder) throws -> Program.NodeID {
    try builder.compare(.equal, node, builder.constant(1))
  }
  private func rows(_ count: Int, ones: Int) -> [(condition: Int64, outcome: Int64)] {
    (0..<count).map { (condition: $0 < ones ? 1 : 0, outcome: 0) }
  }

  /// Three rows for each coefficient, or ten more than those.
  @Test func modelsHaveMoreRowsThanCoefficients() throws {
    #expect(AnalysisRules.fewestRows(ofCoefficients: 2) == 12)
    #expect(AnalysisRules.fewestRows(ofCoefficients: 5) == 15)
    #expect(AnalysisRules.fewestRows(ofCoefficients: 8) == 24)
    for (coefficients, fewest) in [(2, 12), (8, 24)] {
      for count in [fewest - 1, fewest] {
        let found = try outcome(rows(count, ones: 0)) { rules, builder, columns in
          let all = try builder.compare(.lessOrEqual, columns[0], builder.constant(100))
          let every = try builder.spread(all, over: builder.type(of: columns[0]).shape)
          try rules.requireRows(try builder.sum(every), forCoefficients: coefficients, &builder)
        }
        #expect(found.withheld == (count < fewest))
        #expect(found.value == (count < fewest ? 0 : 7))
      }
    }
  }

  @Test func enoughRowsMeetAConditionAndEnoughDoNot() throws {
    for (ones, expected) in [(4, true), (5, false), (15, false), (16, true), (0, true), (20, true)] {
      let found = try outcome(rows(20, ones: ones)) { rules, builder, columns in
        try rules.requireBoth(try bit(columns[0], &builder), of: builder.constant(20), &builder)
      }
      #expect(found.withheld == expected, "\(ones)")
      #expect(!found.notEstimable)
    }
  }

  /// 20 rows of each condition, of which so many have the outcome.
  @Test func cellsOfTwoConditionsAreNoneOrEnough() throws {
    for (inside, outside, expected) in [
      (4, 10, true), (5, 10, false), (0, 10, false), (15, 10, false), (16, 10, true), (20, 10, false),
      (10, 4, true), (10, 5, false), (10, 15, false), (10, 16, true),
    ] {
      let all = (0..<40).map { row in
        (condition: Int64(row < 20 ? 1 : 0), outcome: Int64(row % 20 < (row < 20 ? inside : outside) ? 1 : 0))
      }
      let found = try outcome(all) { rules, builder, columns in
        let every = try builder.compare(.less, columns[0], builder.constant(2))
        try rules.requireCells(
          try bit(columns[0], &builder), try bit(columns[1], &builder), among: every, &builder)
      }
      #expect(found.withheld == expected, "\(inside) \(outside)")
    }
  }

  @Test func ofValuesEachEndIsNoneOrEnough() throws {
    for (others, expected) in [(0, false), (1, true), (4, true), (5, false)] {
      let all = (0..<20).map { (condition: Int64($0 < others ? 50 : 100), outcome: Int64(0)) }
      let found = try outcome(all) { rules, builder, columns in
        let every = try builder.compare(.less, builder.constant(1), columns[0])
        try rules.requireSpread(of: columns[0], within: Interval(0...100), in: every, &builder)
      }
      #expect(found.withheld == expected, "\(others)")
    }
  }

  @Test func modelsLeaveSomethingUnexplained() throws {
    for (total, expected) in [((1 << 20) - 1, false), (1 << 20, false), ((1 << 20) + 1, true)] {
      let found = try outcome(rows(20, ones: 1)) { rules, builder, columns in
        let one = try builder.sum(columns[0])
        try rules.requireUnexplained(one, of: try builder.scale(one, by: BigInt(total)), &builder)
      }
      #expect(found.withheld == expected, "\(total)")
    }
  }

  /// Withheld goes before not estimable, so that nothing is learnt of what is withheld; both make everything 0.
  @Test func eitherBitMakesEverythingZero() throws {
    for (isWithheld, hasFailed) in [(false, false), (false, true), (true, false), (true, true)] {
      let found = try outcome(rows(20, ones: 1)) { rules, builder, columns in
        let one = try builder.sum(columns[0])
        rules.withhold(where: try builder.compare(.equal, one, builder.constant(isWithheld ? 1 : 2)))
        rules.fail(where: try builder.compare(.less, one, builder.constant(hasFailed ? 9 : 1)))
      }
      #expect(found.withheld == isWithheld)
      #expect(found.notEstimable == (hasFailed && !isWithheld))
      #expect(found.value == (isWithheld || hasFailed ? 0 : 7))
    }
  }

  /// Without a minimum nothing is withheld; that nothing can be estimated is said all the same.
  @Test func withoutAMinimumNothingIsWithheld() throws {
    let found = try outcome(rows(20, ones: 1), minimum: 0) { rules, builder, columns in
      let one = try builder.sum(columns[0])
      try rules.requireBoth(try bit(columns[0], &builder), of: builder.constant(20), &builder)
      try rules.requireRows(one, forCoefficients: 3, &builder)
      try rules.requireUnexplained(builder.constant(0), of: one, &builder)
      rules.fail(where: try builder.compare(.equal, one, builder.constant(1)))
    }
    #expect(!found.withheld && found.notEstimable && found.value == 0)
  }

  /// What can never hold is refused before anything is computed.
  @Test func sizesThatCannotBeAreRefused() throws {
    let settings = AnalysisSettings(
      name: "m", kind: "logistic", file: "s.yml", line: 3,
      entries: [.init(key: "predictors", value: .init(.text("x"), line: 9))])
    func code(_ coefficients: Int, _ rows: Int) -> String? {
      do throws(ParleyError) {
        try Design.check(coefficients: coefficients, rows: rows, at: "predictors", settings)
        return nil
      } catch {
        #expect(error.place?.line == (rows > Design.mostRows ? 3 : 9))
        return error.code.rawValue
      }
    }
    #expect(code(64, 1000) == nil)
    #expect(code(65, 1000) == "analysis/predictors")
    #expect(code(10, 30) == nil)
    #expect(code(10, 29) == "analysis/predictors")
    #expect(code(10, Design.mostRows) == nil)
    #expect(code(10, Design.mostRows + 1) == "analysis/rows")
  }
}
