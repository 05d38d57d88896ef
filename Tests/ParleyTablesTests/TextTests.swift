import BigInt
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyTables
import Testing

@Suite struct TextTests {
  /// Texts are columns of several parts: here two integers that together are the text.
  private static func text(_ table: SecretTable, _ parts: [Int], isNull: Program.NodeID?) -> SecretTable {
    table.appending(
      TableColumn(
        name: "t", type: .text(bytes: 14), parts: parts.map { table.columns[$0].parts[0] }, isNull: isNull))
  }
  static let columns: [Sample.Column] = [
    .init(name: "p", range: 0...2), .init(name: "q", range: 0...2),
    .init(name: "n", range: 0...1, isNullable: true),
    .init(name: "x", range: 0...99),
  ]

  @Test(arguments: 3000..<3030 as Range<UInt64>) func textsAreKeys(seed: UInt64) throws {
    var round = Round(seed)
    let l = round.sample("l", Self.columns), r = round.sample("r", Self.columns)
    let key = "CASE WHEN n IS NULL THEN NULL ELSE 3 * p + q END"
    try compare([l], sql: "SELECT COUNT(*), SUM(x), MAX(p) FROM l GROUP BY \(key)", seed: seed) {
      tables, sources in
      let table = Self.text(sources[0], [0, 1], isNull: sources[0].columns[2].isNull)
      let groups = try tables.grouped(
        table, by: [4], [.init(.countRows), .init(.sum, of: 3), .init(.maximum, of: 0)])
      return groups.selecting([1, 2, 3])
    }
    let side = "(SELECT *, \(key) AS t FROM"
    let bound = try Oracle([l, r]).rows("SELECT 1 FROM \(side) l) l JOIN \(side) r) r ON l.t = r.t").count
    for (kind, text) in [(JoinKind.inner, "JOIN"), (.left, "LEFT JOIN")] {
      try compare([l, r], sql: "SELECT l.x, r.x FROM \(side) l) l \(text) \(side) r) r ON l.t = r.t", seed: seed) {
        tables, sources in
        let a = Self.text(sources[0], [0, 1], isNull: sources[0].columns[2].isNull)
        let b = Self.text(sources[1], [0, 1], isNull: sources[1].columns[2].isNull)
        let joined = try tables.join(
          a, b, on: [(left: 4, right: 4)], kind: kind, unique: .neither(bound: max(1, bound)))
        return joined.selecting([3, 8])
      }
    }
    try compare([l], sql: "SELECT x FROM l ORDER BY \(key) NULLS LAST, x LIMIT 3", isOrdered: true, seed: seed) {
      tables, sources in
      let table = Self.text(sources[0], [0, 1], isNull: sources[0].columns[2].isNull)
      let sorted = try tables.sorted(
        table, by: [.init(column: 4, nullsFirst: false), .init(column: 3)], breakingTies: true)
      return try tables.limited(sorted, to: 3).selecting([3])
    }
  }

  /// The smallest and largest of texts, of all rows and of groups, beside other aggregates over the rows in an order.
  @Test(arguments: 3100..<3150 as Range<UInt64>) func extremes(seed: UInt64) throws {
    var round = Round(seed)
    let l = round.sample("l", Self.columns)
    let text = "CASE WHEN n IS NULL THEN NULL ELSE 3 * p + q END"
    let isNullable = seed % 3 != 0
    let key = isNullable ? text : "3 * p + q"
    func table(_ source: SecretTable) -> SecretTable {
      Self.text(source, [0, 1], isNull: isNullable ? source.columns[2].isNull : nil)
    }
    /// Parts of a text as columns of their own.
    func opened(_ table: SecretTable, _ texts: [Int], _ others: [Int]) -> SecretTable {
      var result = table.selecting(others)
      for text in texts {
        for part in table.columns[text].parts {
          result = result.appending(
            TableColumn(name: "p", type: .integer, parts: [part], isNull: table.columns[text].isNull))
        }
      }
      return result
    }
    let extremes = "MIN(\(key)) / 3, MIN(\(key)) % 3, MAX(\(key)) / 3, MAX(\(key)) % 3"
    try compare([l], sql: "SELECT \(extremes) FROM l WHERE x < 60", seed: seed) { tables, sources in
      var rows = table(sources[0])
      let isSmall = try tables.builder.compare(.less, rows.columns[3].parts[0], tables.builder.constant(60))
      rows = try tables.filter(rows, where: isSmall)
      let all = try tables.aggregated(rows, [.init(.minimum, of: 4), .init(.maximum, of: 4)])
      return opened(all, [0, 1], [])
    }
    for (name, index) in [("n", 2), ("x % 5", 5)] {
      try compare(
        [l], sql: "SELECT COUNT(*), COUNT(DISTINCT \(key)), SUM(x), MIN(q), \(extremes) FROM l GROUP BY \(name)",
        seed: seed
      ) { tables, sources in
        var rows = table(sources[0])
        if index == 5 {
          let fifth = try tables.builder.quotient(rows.columns[3].parts[0], tables.builder.constant(5))
          let rest = try tables.builder.subtract(
            rows.columns[3].parts[0], try tables.builder.scale(fifth, by: 5))
          rows = rows.appending(TableColumn(name: "r", type: .integer, parts: [rest]))
        }
        let groups = try tables.grouped(
          rows, by: [index],
          [
            .init(.countRows), .init(.count, of: 4, isDistinct: true), .init(.sum, of: 3), .init(.minimum, of: 1),
            .init(.minimum, of: 4), .init(.maximum, of: 4),
          ])
        return opened(groups, [5, 6], [1, 2, 3, 4])
      }
    }
  }

  /// What the operators build fits the words of an engine that shuffles, at the sizes of TPC-H scale 0.01.
  @Test func largeTablesLower() throws {
    var tables = TableBuilder()
    func table(_ name: String, _ rows: Int, _ ranges: [ClosedRange<Int64>]) -> SecretTable {
      Sample(
        name: name,
        columns: ranges.enumerated().map { .init(name: "c\($0)", range: $1, isNullable: $0 > 0) }, rows: [],
        maximumRows: rows
      ).table(in: &tables)
    }
    let orders = table("o", 15_000, [0...60_000, 0...1500, 8000...11_000])
    let items = table("l", 60_175, [0...60_000, 0...10_500_000, 0...10])
    let joined = try tables.join(
      orders, items, on: [(left: 0, right: 0)], kind: .inner, unique: .left)
    let groups = try tables.grouped(
      joined, by: [3, 2],
      [.init(.sum, of: 4, name: "s"), .init(.average, of: 4), .init(.minimum, of: 5), .init(.countRows)])
    let many = try tables.join(
      groups, items, on: [(left: 0, right: 2)], kind: .inner, unique: .neither(bound: 100_000))
    let windows = try tables.window(
      many, partition: [0], order: [.init(column: 2)],
      [.init(.rank), .init(.sum(2, .rows)), .init(.lag(2, by: 2))])
    let top = try tables.limited(
      try tables.sorted(windows, by: [.init(column: 2, isDescending: true)], breakingTies: true), to: 10)
    try tables.disclose(top, name: "q", recipients: ["r"], isOrdered: true)
    let program = tables.builder.program.pruned()
    let lowered = try Lowering.lower(program, for: InsecureClearEngine.descriptor())
    #expect(!program.requirements.isEmpty && !lowered.instructions.isEmpty)
  }
}
