import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Queries from which single rows could be worked out although every set that was counted was large: steps that pick rows, conditions and
/// keys that tie columns together, ranges that were lost on the way, quantiles side by side.
@Suite struct ReleaseEntangledTests {
  private static func columns(_ list: [(String, ClosedRange<Int64>, Bool)]) -> [ColumnSchema] {
    list.map { ColumnSchema(name: $0.0, type: .integer($0.1), isNullable: $0.2) }
  }
  static let tables = [
    TableSchema(
      name: "t",
      columns: columns([
        ("id", 0...999, false), ("x", 0...99, false), ("y", 0...99, false), ("z", 0...5, false),
        ("w", 0...5, false), ("c", 0...1, false), ("n", 0...29, true),
      ]) + [ColumnSchema(name: "nm", type: .text(bytes: 12), isNullable: false)], holders: ["a", "b"],
      maximumRows: 300),
    TableSchema(
      name: "v",
      columns: columns([
        ("pid", 0...999, false), ("s", 1...5, false), ("w", 1...9, false), ("birth", 0...999, false),
        ("cost", 0...99, false),
      ]), holders: ["a", "b"], maximumRows: 300, protection: .units(name: "person", column: "pid")),
    TableSchema(
      name: "t1", columns: columns([("b", 0...1, false), ("x", 0...99, false)]), holders: ["a"], maximumRows: 300),
    TableSchema(
      name: "t2", columns: columns([("b", 0...1, false), ("x", 0...99, false)]), holders: ["b"], maximumRows: 300),
  ]

  static func compile(_ texts: [String], minimum: Int = 5) throws(ParleyError) -> Program {
    try ReleaseStudy.compile(texts, tables, minimum: minimum)
  }

  static let refused: [[String]] = [
    // A divisor that is large for all but one, thresholds of several columns in one number, reciprocals with constants.
    ["SELECT SUM((x + 123456789) / (100000 * (id - 17) + 1)) AS p FROM t"],
    ["SELECT SUM((cost + 123456789) / (100000 * (birth - 317) + 1)) AS p FROM v"],
    ["SELECT SUM((100 * id + x + 398219) / 400000) AS p FROM t"],
    ["SELECT SUM(1000000 / (x + 1)) AS p FROM t"], ["SELECT AVG(1000000 / x) AS p FROM t"],
    ["SELECT SUM(FLOOR((x + 1000) / 100)) AS p FROM t"],
    // One column taken apart in two ways, in one query or two.
    ["SELECT SUM(x / 10) AS p, SUM(x / 7) AS q FROM t"],
    ["SELECT SUM(x / 10) AS p FROM t", "SELECT AVG(x % 7) AS q FROM t"],
    // Several columns of one row in one quantile.
    ["SELECT MEDIAN(1000 * id + x) AS m FROM t"],
    ["SELECT MEDIAN(z) AS m FROM (SELECT pid, MAX(100 * birth + cost) AS z FROM v GROUP BY pid) AS u"],
    // Columns that WHERE makes one.
    ["SELECT COUNT(*) AS n, SUM(y) AS s, SUM(x + 0 * n) AS p FROM t WHERE x = y"],
    ["SELECT SUM(z) AS s, SUM(z * w) AS p FROM t WHERE z = w"],
    ["SELECT COUNT(*) FILTER (WHERE z = 0) AS a, COUNT(*) FILTER (WHERE w = 1) AS b FROM t WHERE z = w"],
    ["SELECT z, COUNT(*) AS n FROM t WHERE z = w GROUP BY z", "SELECT SUM(w) AS s FROM t WHERE z = w"],
    ["SELECT z, COUNT(*) AS n FROM t WHERE w = 3 - z GROUP BY z"],
    // Conditions that leave two values and do not say so to a range.
    ["SELECT COUNT(*) AS n, SUM(x) AS s FROM t WHERE x <= y AND y <= 1"],
    ["SELECT COUNT(*) AS n, SUM(x) AS s FROM t WHERE x * x <= 1"],
    ["SELECT COUNT(*) AS n, SUM(x) AS s FROM t WHERE SQRT(x) <= 1"],
    ["SELECT COUNT(*) AS n, SUM(x) AS s FROM t WHERE GREATEST(x, 1) = 1"],
    ["SELECT COUNT(*) AS n, SUM(x) AS s FROM t WHERE x = 1 OR x = y - 1"],
    ["SELECT COUNT(*) AS n, SUM(x) AS s FROM t WHERE x + y <= 2"],
    ["SELECT COUNT(*) AS n, SUM(x) FILTER (WHERE x <= y AND y <= 1) AS s FROM t"],
    ["SELECT COUNT(*) AS n, SUM(CASE WHEN x <= y AND y <= 1 THEN x END) AS s FROM t"],
    ["SELECT y, COUNT(*) AS n, SUM(x) AS s FROM t WHERE x <= y GROUP BY y"],
    ["SELECT (z + w) / 1 AS g, COUNT(*) AS n, SUM(z) AS s FROM t GROUP BY (z + w) / 1"],
    // Groups of single values beside totals of the column.
    ["SELECT z / 1 AS g, COUNT(*) AS n FROM t GROUP BY z / 1", "SELECT SUM(z) AS s FROM t"],
    [
      "SELECT CASE WHEN z = 0 THEN 0 WHEN z = 1 THEN 1 ELSE 2 END AS g, COUNT(*) AS n FROM t GROUP BY g",
      "SELECT SUM(z) AS s FROM t",
    ],
    [
      "SELECT CASE WHEN z < 1 THEN 'low' ELSE 'high' END AS g, COUNT(*) AS n FROM t GROUP BY g",
      "SELECT SUM(z) AS s FROM t",
    ],
    [
      "SELECT CASE WHEN c = 1 THEN 'c' WHEN y < 10 THEN 'young' ELSE 'old' END AS g, COUNT(*) AS n FROM t GROUP BY g",
      "SELECT SUM(c) AS s FROM t",
    ],
    // A group of missing values beside what tells how many are there.
    ["SELECT n / 10 AS g, COUNT(*) AS k FROM t GROUP BY n / 10", "SELECT SUM(n) AS s, AVG(n) AS a FROM t"],
    ["SELECT n / 10 AS g, COUNT(*) AS k FROM t GROUP BY n / 10", "SELECT SUM(n) AS s, SUM(n + 1) AS a FROM t"],
  ]
  @Test(arguments: refused) func isRefused(texts: [String]) throws {
    let error = try #require(throws: ParleyError.self) { try Self.compile(texts) }
    #expect(error.code.rawValue.hasPrefix("plan/release-"), "\(error)")
    #expect(error.remedy != nil && error.place?.line == 10, "\(error)")
    _ = try Self.compile(texts, minimum: 0)
  }

  static let accepted: [[String]] = [
    ["SELECT AVG(z), AVG(x / y) FROM t"], ["SELECT AVG(x / 10) AS a, SUM(y) AS s FROM t"],
    ["SELECT AVG(y), COUNT(*) FROM t WHERE x <= id"],
    ["SELECT AVG(x) FROM t WHERE (x > 5 AND x + 3 < 80) OR x IN (1, 90)"],
    ["SELECT COUNT(*) FILTER (WHERE x < y) AS n, AVG(z) AS m FROM t"],
    [
      "SELECT CASE WHEN x < 30 THEN 'a' WHEN x < 60 THEN 'b' ELSE 'c' END AS g, COUNT(*) FROM t GROUP BY g",
      "SELECT AVG(x) FROM t",
    ],
    ["SELECT MEDIAN(x) AS m, QUANTILE(x, 0.25) AS q FROM t"],
    ["SELECT QUANTILE(x, 0.123456789123) AS p, QUANTILE(x, 0.987654321987654) AS q FROM t"],
  ]
  @Test(arguments: accepted) func isAccepted(texts: [String]) throws { _ = try Self.compile(texts) }

  // MARK: Ranges that are followed

  private static func table(_ columns: [[Int64]], nulls: [Int: [Bool]] = [:]) -> TableData {
    TableData(
      rowCount: columns[0].count,
      columns: columns.enumerated().map { .init(values: $1, isNull: nulls[$0] ?? []) })
  }
  private static func isShown(_ text: String, _ data: [String: [TableData]]) throws -> Bool {
    let results = try InsecurePlaintextEvaluator.results(try compile([text]), tables: tables, data: data)
    guard let cell = results[0].rows.first?.first else { return false }
    if case .value = cell { return true }
    return false
  }

  /// 60 rows in two tables, of which so many have b = 0: their sum beside their number tells how many.
  @Test(arguments: [(0, true), (1, false), (4, false), (5, true), (30, true)])
  func unionsKeepRanges(zeros: Int, shows: Bool) throws {
    let bits = (0..<60).map { Int64($0 < zeros ? 0 : 1) }
    let x = (0..<60).map { Int64($0 % 40 + 10) }
    let text = "SELECT SUM(b) AS s, COUNT(*) AS n FROM (SELECT b FROM t1 UNION ALL SELECT b FROM t2) AS u"
    let data = [
      "t1": [Self.table([Array(bits[..<30]), Array(x[..<30])])],
      "t2": [Self.table([Array(bits[30...]), Array(x[30...])])],
    ]
    #expect(try Self.isShown(text, data) == shows)
    let product = "SELECT SUM(x * b) AS s FROM (SELECT x, b FROM t1 UNION ALL SELECT x, b FROM t2) AS u"
    #expect(try Self.isShown(product, data) == shows)
  }

  /// 40 people of whom one has another value than all others, at an end of what the statistic of each can be.
  @Test(arguments: [
    ("MAX(s)", 5, 4), ("MIN(s)", 1, 2), ("MAX(w)", 9, 8), ("AVG(s)", 5, 4), ("MEDIAN(s)", 1, 2),
  ]) func statisticsOfUnitsHaveEnds(of statistic: String, others: Int64, one: Int64) throws {
    let text =
      "SELECT SUM(m) AS s, COUNT(*) AS n FROM (SELECT pid, \(statistic) AS m FROM v GROUP BY pid) AS u"
    func data(_ different: Int) -> [String: [TableData]] {
      let pid = (0..<40).map { Int64($0) }
      let s = pid.map { $0 < different ? one : others }
      let rows = [pid, s.map { min($0, 5) }, s, pid, pid]
      return [
        "v": [Self.table(rows.map { Array($0[..<20]) }), Self.table(rows.map { Array($0[20...]) })]
      ]
    }
    #expect(try !Self.isShown(text, data(1)))
    #expect(try Self.isShown(text, data(12)))
  }
  @Test func countsOfUnitsBeginAtOne() throws {
    for statistic in ["COUNT(s)", "COUNT(DISTINCT s)"] {
      let text = "SELECT SUM(m) AS s FROM (SELECT pid, \(statistic) AS m FROM v GROUP BY pid) AS u"
      func data(_ repeated: Int) -> [String: [TableData]] {
        let pid = (0..<40).map { Int64($0) } + (0..<repeated).map { Int64($0) }
        let s = pid.indices.map { Int64($0 < 40 ? 2 : 3) }
        return ["v": [Self.table([pid, s, s, pid, pid.map { _ in 7 }]), Self.table([[], [], [], [], []])]]
      }
      #expect(try !Self.isShown(text, data(1)), "\(statistic)")
      #expect(try Self.isShown(text, data(12)), "\(statistic)")
    }
  }

  /// A mean of 5,000 whole numbers has the decimals of few denominators.
  @Test(arguments: [(0, true), (3, false), (8, true)]) func missingValuesOfMeansAreCounted(
    missing: Int, shows: Bool
  ) throws {
    let ids = (0..<100).map { Int64($0) }
    let isNull = ids.map { $0 < missing }
    let texts = TableData.Column(values: [], isNull: [], texts: ids.map { "n\($0)" })
    var table = Self.table([
      ids, ids, ids, ids.map { $0 % 6 }, ids.map { $0 % 6 }, ids.map { $0 % 2 }, ids.map { $0 % 30 },
    ])
    table.columns[6].isNull = isNull
    table.columns.append(texts)
    var empty = Self.table([[], [], [], [], [], [], []])
    empty.columns.append(.init(values: [], isNull: [], texts: []))
    #expect(try Self.isShown("SELECT AVG(n) AS m FROM t", ["t": [table, empty]]) == shows)
  }

  /// Between two quantiles of one value are k values at least: n · |p − q| ≥ k.
  @Test func quantilesSideBySide() throws {
    let ids = (0..<100).map { Int64($0) }
    func shows(_ q: String) throws -> Bool {
      var table = Self.table([
        ids, ids, ids, ids.map { $0 % 6 }, ids.map { $0 % 6 }, ids.map { $0 % 2 }, ids.map { $0 % 30 },
      ])
      table.columns.append(.init(values: [], isNull: [], texts: ids.map { "n\($0)" }))
      var empty = Self.table([[], [], [], [], [], [], []])
      empty.columns.append(.init(values: [], isNull: [], texts: []))
      return try Self.isShown("SELECT MEDIAN(x) AS m, QUANTILE(x, \(q)) AS q FROM t", ["t": [table, empty]])
    }
    #expect(try shows("0.25") && shows("0.55") && shows("0.50"))
    #expect(try !shows("0.54") && !shows("0.51"))
  }

  /// Lengths of texts: shown, withheld or refused, and no mistake of the program.
  @Test func lengthsOfTexts() {
    do throws(ParleyError) {
      _ = try Self.compile(["SELECT COUNT(*) AS n, SUM(LENGTH(nm)) AS s FROM t"])
    } catch {
      #expect(error.code.rawValue.hasPrefix("plan/release-"), "\(error)")
    }
  }
}
