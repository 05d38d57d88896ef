import BigInt
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// What a table shows as withheld, absent or NULL is 0 in the values that were opened: the recipient's program hides nothing
/// that its owner could read.
@Suite struct WithheldOpeningTests {
  private static let schema = TableSchema(
    name: "t",
    columns: [
      .init(name: "g", type: .category(["p", "q", "r", "s", "t"]), isNullable: true),
      .init(name: "x", type: .integer(-40...60), isNullable: true),
      .init(name: "y", type: .decimal(scale: 1, 5...900), isNullable: false),
    ], holders: ["a"], maximumRows: 60, allowsExtremes: true)

  private static let queries = [
    "SELECT g, COUNT(*) AS n, COUNT(x) AS c, SUM(x) AS s, AVG(x) AS a, MIN(y) AS l, MAX(y) AS h FROM t GROUP BY g",
    "SELECT g, 2 * AVG(y) + 7 AS a, SUM(y) - 1 AS s, COUNT(*) + 5 AS n FROM t WHERE x > 3 GROUP BY g",
    "SELECT g, VARIANCE(x) AS v, STDDEV(y) AS d, CORR(x, y) AS r FROM t GROUP BY g ORDER BY g DESC",
    "SELECT SUM(x) + 3 AS s, AVG(x) AS a, MAX(y) AS h, COUNT(*) - 2 AS n FROM t",
    "SELECT g, x > 0 AS up, COUNT(*) AS n, SUM(y) AS s FROM t GROUP BY g, x > 0",
  ]

  private func data(_ seed: UInt64) -> TableData {
    var random = InsecureSplitMix(seed: seed)
    func next(_ bound: Int64) -> Int64 { Int64(random.next(upTo: UInt64(bound))) }
    let count = Int(next(40))
    let isNull = (0..<count).map { _ in next(4) == 0 }, groupIsNull = (0..<count).map { _ in next(9) == 0 }
    return TableData(
      rowCount: count,
      columns: [
        // Some groups are rare, and some empty.
        .init(values: groupIsNull.map { $0 ? 0 : next(next(5) + 1) }, isNull: groupIsNull),
        .init(values: isNull.map { $0 ? 0 : next(101) - 40 }, isNull: isNull),
        .init(values: (0..<count).map { _ in 5 + next(896) }, isNull: []),
      ])
  }

  @Test(arguments: 0..<5) func nothingStandsUnderAFlag(_ index: Int) throws {
    var hidden = 0
    for minimum in [0, 4] {
      let query = SQLQuery(name: "q", text: Self.queries[index])
      let rules = ReleaseRules(minimumCell: minimum, recipients: ["r"])
      guard let program = try? SQLFrontEnd.compile([query], tables: [Self.schema], rules: rules) else {
        // Under a minimum not every set of groups may be shown.
        #expect(minimum > 0 && index == 4)
        continue
      }
      for seed in 0..<40 as Range<UInt64> {
        let opened = try InsecurePlaintextEvaluator.evaluate(
          program, tables: [Self.schema], data: ["t": [data(seed)]])
        for table in program.results {
          let flags = [table.isAbsent, table.isWithheld].compactMap { $0 }.compactMap { opened[$0] }
          for column in table.columns {
            let isNull = column.isNull.flatMap { opened[$0] }
            for (cell, value) in (opened[column.value] ?? []).enumerated() {
              let isGone = flags.contains { $0[cell] != 0 }
              guard isGone || isNull?[cell] == 1 else { continue }
              hidden += 1
              #expect(value == 0, "query \(index), minimum \(minimum), seed \(seed), \(column.name)")
              if isGone { #expect(isNull?[cell] ?? 0 == 0, "query \(index), seed \(seed), \(column.name)") }
            }
          }
        }
      }
    }
    #expect(hidden > 10, "query \(index)")
  }
}
