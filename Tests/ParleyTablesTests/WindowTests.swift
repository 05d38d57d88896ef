import ParleyProgram
import ParleyTables
import Testing

@Suite struct WindowTests {
  static let columns: [Sample.Column] = [
    .init(name: "a", range: 0...2, isNullable: true), .init(name: "b", range: 0...6, isNullable: true),
    .init(name: "x", range: -50...50, isNullable: true), .init(name: "u", range: 0...1000),
  ]

  /// `u` makes orders total where the result depends on it.
  @Test(arguments: 2000..<2040 as Range<UInt64>) func windows(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", Self.columns, unique: 3)
    for (partition, text) in [([], ""), ([0], "PARTITION BY a")] {
      let total = "OVER (\(text) ORDER BY b DESC, u)"
      let rows = "OVER (\(text) ORDER BY b DESC, u ROWS UNBOUNDED PRECEDING)"
      try compare(
        [t],
        sql: """
          SELECT u, ROW_NUMBER() \(total), LAG(x) \(total), LEAD(x) \(total), LAG(b, 2) \(total), LEAD(u, 3) \(total),
          SUM(x) \(rows), COUNT(x) \(rows), MIN(x) \(rows), MAX(u) \(rows), COUNT(*) \(rows) FROM t
          """, seed: seed
      ) { tables, sources in
        let result = try tables.window(
          sources[0], partition: partition, order: [.init(column: 1, isDescending: true), .init(column: 3)],
          [
            .init(.rowNumber), .init(.lag(2, by: 1)), .init(.lead(2, by: 1)), .init(.lag(1, by: 2)),
            .init(.lead(3, by: 3)), .init(.sum(2, .rows)), .init(.count(2, .rows)), .init(.minimum(2, .rows)),
            .init(.maximum(3, .rows)), .init(.countRows(.rows)),
          ])
        return result.selecting([3] + Array(4..<14))
      }
      let peers = "OVER (\(text) ORDER BY b)"
      try compare(
        [t],
        sql: """
          SELECT u, RANK() \(peers), DENSE_RANK() \(peers), SUM(x) \(peers), MAX(x) \(peers), COUNT(*) \(peers),
          SUM(x) OVER (\(text)), MIN(u) OVER (\(text)), COUNT(b) OVER (\(text)) FROM t
          """, seed: seed
      ) { tables, sources in
        let result = try tables.window(
          sources[0], partition: partition, order: [.init(column: 1)],
          [
            .init(.rank), .init(.denseRank), .init(.sum(2, .range)), .init(.maximum(2, .range)),
            .init(.countRows(.range)), .init(.sum(2, .partition)), .init(.minimum(3, .partition)),
            .init(.count(1, .partition)),
          ])
        return result.selecting([3] + Array(4..<12))
      }
    }
  }
}
