import ParleyBase
import ParleyClear
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// MEDIAN and QUANTILE of groups.
@Suite struct GroupedQuantileTests {
  @Test(arguments: 0..<4) func randomGroupsEqualSQLite(part: Int) {
    let seed = RelationalDifferentialTests.number("PARLEY_SQL_SEED", 6_000_000) + part * 10_000_000
    let count = RelationalDifferentialTests.count("PARLEY_SQL_QUANTILES", 480) / 4
    print("quantiles of groups: \(count) from seed \(seed)")
    let (differences, refused) = RelationalDifferential.differences(
      seed: UInt64(seed), count: count, groupsByRank: true, executor: DifferentialTests.plaintext,
      oracle: SQLiteOracle.answers)
    #expect(
      differences.isEmpty, "\(differences.count) differences: \(differences.prefix(4).joined(separator: "\n"))")
    #expect(refused.count * 20 <= count, "\(refused.count) refused: \(refused.prefix(3).joined(separator: "\n"))")
  }

  @Test func enginesEqualSQLite() {
    let seed = UInt64(RelationalDifferentialTests.number("PARLEY_SQL_SEED", 7_000_000))
    for executor in [
      TableExecutor.executor(ReplicatedFamily(), seed: 9), TableExecutor.executor(ClearFamily(), seed: 9),
    ] {
      let (differences, _) = RelationalDifferential.differences(
        seed: seed, count: 10, groupsByRank: true, executor: executor, oracle: SQLiteOracle.answers)
      #expect(
        differences.isEmpty, "\(differences.count) differences: \(differences.prefix(4).joined(separator: "\n"))")
    }
  }

  // MARK: By hand

  static let visits = RelationalReleaseTests.visits

  static func program(_ text: String, minimum: Int = 0) throws -> Program {
    try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: [visits], rules: .init(minimumCell: minimum, recipients: ["r"]))
  }
  func rows(_ text: String, _ clinics: [Int64], minimum: Int = 0) throws -> [[String]] {
    try RelationalReleaseTests().rows(text, clinics, minimum: minimum)
  }

  @Test func groupsHaveTheirOwnMedians() throws {
    // Costs are 0, 10, 20, … in each clinic; of clinic 7000 only the first two are known.
    let clinics: [Int64] = [5000, 6000, 5000, 7000, 5000, 5000, 6000, 7000, 6000, 7000, 8000]
    let text = "SELECT clinic, MEDIAN(cost) AS m, QUANTILE(cost, 0.75) AS q FROM visits GROUP BY clinic"
    #expect(
      try rows(text + " ORDER BY clinic", clinics) == [
        ["5000", "15.0", "20"], ["6000", "10.0", "20"], ["7000", "5.0", "10"], ["8000", "0.0", "0"],
      ])
    #expect(try rows(text + " HAVING MEDIAN(cost) > 5 ORDER BY m", clinics).map { $0[0] } == ["6000", "5000"])
    #expect(
      try rows("SELECT clinic FROM visits GROUP BY clinic ORDER BY MEDIAN(cost) DESC LIMIT 2", clinics)
        == [["5000"], ["6000"]])
    let days =
      "SELECT clinic, QUANTILE(DATE '2020-01-01' + cost, 0.75) AS d FROM visits GROUP BY clinic ORDER BY clinic"
    #expect(
      try rows(days, clinics) == [
        ["5000", "2020-01-21"], ["6000", "2020-01-21"], ["7000", "2020-01-11"], ["8000", "2020-01-01"],
      ])
    let nothing = "SELECT clinic, MEDIAN(NULLIF(cost, cost)) AS m FROM visits GROUP BY clinic"
    #expect(try rows(nothing, [5000, 5000]) == [["5000", "NULL"]])
    #expect(try rows(text, []) == [])
  }

  /// Four rows, but two values.
  @Test(arguments: ["MEDIAN(cost)", "QUANTILE(cost, 0.5)"]) func fewValuesAreWithheld(statistic: String) throws {
    let many = [Int64](repeating: 5000, count: 6) + [Int64](repeating: 6000, count: 7)
    let few = many + [7000, 7000, 7000, 7000]
    let grouped = "SELECT clinic, \(statistic) AS m FROM visits GROUP BY clinic ORDER BY clinic"
    #expect(try rows(grouped, few).map { $0[0] } == ["5000", "6000", "7000"])
    // Withheld alone it would follow from a total: the next larger one goes with it.
    #expect(try rows(grouped, few, minimum: 3).map { $0[0] } == ["6000"])
    #expect(try rows(grouped, many, minimum: 3).map { $0[0] } == ["5000", "6000"])
    let single = "SELECT \(statistic) AS m FROM visits WHERE clinic = 7000"
    #expect(try rows(single, few).count == 1)
    #expect(try rows(single, few, minimum: 3) == [])
  }

  /// One sort for each argument, none of them once more for the places of the rows.
  @Test func eachArgumentHasOneSort() throws {
    func sorts(_ statistics: String) throws -> Int {
      let text = "SELECT clinic, \(statistics) FROM visits GROUP BY clinic"
      return try Self.program(text).nodes.count {
        if case .sort(let keys, _) = $0.operation { keys.count > 1 } else { false }
      }
    }
    #expect(try sorts("MEDIAN(cost) AS a") == 1)
    #expect(
      try sorts("MEDIAN(cost) AS a, QUANTILE(cost, 0.9) AS b, COUNT(DISTINCT cost) AS c, SUM(id) AS d") == 1)
    #expect(try sorts("MEDIAN(cost) AS a, MEDIAN(id) AS b") == 2)
  }

  @Test func planEqualsMeter() throws {
    let family = ReplicatedFamily(UInt64.self)
    let text =
      "SELECT clinic, COUNT(*) AS n, MEDIAN(cost) AS m, QUANTILE(cost, 0.9) AS q FROM visits GROUP BY clinic"
    let program = try Self.program(text)
    // So few rows that a sort compares all pairs, which is no chance.
    let data = RelationalReleaseTests.data([5000, 6000, 5000, 7000, 5000, 5000, 6000, 7000, 6000, 7000, 8000])
    let (run, holders) = try TableExecutor.job(family, program, [Self.visits], data)
    let outcome = try TestWorld(family, outsiders: holders, seed: 77).run(run)
    let cost = CostModel.cost(
      of: run.program, on: family.descriptor,
      shape: RunShape(
        principals: 3 + holders,
        tables: run.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: run.recipients.map { $0.map(\.rawValue) }))
    #expect(outcome.readings.map(\.sentBytes) == cost.bytes)
    #expect(outcome.rounds == cost.rounds)
  }
}
