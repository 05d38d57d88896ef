import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Queries that hide a condition where none is written: in what is missing, in the greatest and least of numbers, in squares, in forms of
/// conditions that no range is read off, and in sums of few values beside a condition.
@Suite struct ReleaseHiddenTests {
  private static func columns(_ list: [(String, ClosedRange<Int64>, Bool)]) -> [ColumnSchema] {
    list.map { ColumnSchema(name: $0.0, type: .integer($0.1), isNullable: $0.2) }
  }
  static let tables = [
    TableSchema(
      name: "t",
      columns: columns([
        ("id", 0...999, false), ("x", 0...99, false), ("y", 0...99, false), ("n", 0...9, true),
        ("one", 1...1, false), ("s", 0...2, false), ("r", 1...3, false), ("c", 0...1, false), ("m", 0...99, true),
        ("u", 0...99, true),
      ]) + [
        ColumnSchema(name: "f", type: .decimal(scale: 2, 0...10000), isNullable: false),
        ColumnSchema(name: "nm", type: .text(bytes: 12), isNullable: false),
      ], holders: ["a"], maximumRows: 300),
    TableSchema(
      name: "v",
      columns: columns([
        ("pid", 0...999, false), ("x", 0...99, false), ("y", 0...99, false), ("n", 0...9, true),
        ("r", 1...3, false),
      ]), holders: ["a"], maximumRows: 300, protection: .units(name: "person", column: "pid")),
    TableSchema(
      name: "p", columns: columns([("pid", 0...999, false), ("y", 0...99, false)]), holders: ["a"],
      maximumRows: 300, uniqueKeys: [["pid"]], protection: .units(name: "person", column: "pid")),
    TableSchema(
      name: "q", columns: columns([("pid", 0...999, false), ("z", 0...9, false)]), holders: ["a"],
      maximumRows: 300, uniqueKeys: [["pid"]], protection: .units(name: "person", column: "pid")),
    TableSchema(
      name: "w", columns: columns([("k", 0...999, false), ("z", 0...9, false)]), holders: ["a"], maximumRows: 300,
      uniqueKeys: [["k"]], protection: .nothing),
  ]

  static func compile(_ texts: [String], minimum: Int = 5) throws(ParleyError) -> Program {
    try ReleaseStudy.compile(texts, tables, minimum: minimum)
  }

  // MARK: Refused

  static let refused: [[String]] = [
    // What is missing below a grouping of each person, or in the row before.
    [
      "SELECT SUM(a) AS s, SUM(b) AS t FROM (SELECT pid, SUM(y) AS a, SUM(y + 0 * NULLIF(x, 17)) AS b FROM v GROUP BY pid) AS u"
    ],
    [
      "SELECT SUM(a) AS s, SUM(b) AS t FROM (SELECT pid, SUM(x) AS a, SUM(x + 0 * n) AS b FROM v GROUP BY pid) AS u"
    ],
    [
      "SELECT SUM(a) AS s, SUM(b) AS t FROM (SELECT pid, SUM(x) AS a, MAX(x + 0 * n) AS b FROM v GROUP BY pid) AS u"
    ],
    [
      "SELECT SUM(a) AS s, SUM(b) AS t FROM (SELECT p.pid, SUM(p.y) AS a, SUM(p.y + 0 * w.z) AS b FROM p LEFT JOIN w ON w.k = p.pid GROUP BY p.pid) AS u"
    ],
    [
      "SELECT SUM(a) AS s, SUM(b) AS t FROM (SELECT LAG(x) OVER (PARTITION BY pid ORDER BY x) AS a, LAG(x + 0 * n) OVER (PARTITION BY pid ORDER BY x) AS b FROM v) AS u"
    ],
    ["SELECT SUM(a) AS s, SUM(b) AS t FROM (SELECT pid, SUM(y) AS a, SUM(y * r) AS b FROM v GROUP BY pid) AS u"],
    // Quotients that are a column, or 1, where another one is not 0; a column as it is and rounded.
    ["SELECT SUM(y) AS a, SUM(x * y / x) AS b FROM t"], ["SELECT COUNT(*) AS n, SUM(x / x) AS a FROM t"],
    ["SELECT SUM(x) AS a, SUM(x / 10) AS b FROM t"],
    ["SELECT SUM(x) AS a FROM t", "SELECT AVG(x / 10) AS b FROM t"],
    ["SELECT SUM(x) AS a, AVG(x / y) AS b FROM t"],
    // Sums of each person's sums of what may be missing.
    ["SELECT COUNT(a) AS k, AVG(a) AS s FROM (SELECT pid, SUM(n) AS a, MAX(x) AS b FROM v GROUP BY pid) AS u"],
    // Squares of several columns.
    ["SELECT SUM(x) AS s, VARIANCE(x) AS v, VARIANCE(x + 1000 * c) AS w FROM t"],
    ["SELECT CORR(x + 100 * c, y) AS q FROM t"],
    ["SELECT AVG(x) AS a, STDDEV(x) AS b, CORR(x, 1000 * c + 7) AS q FROM t"],
    ["SELECT MEDIAN(x) AS m, STDDEV(x + y + u) AS q FROM t"],
    ["SELECT STDDEV(a) AS s FROM (SELECT pid, SUM(x + 1000 * y) AS a FROM v GROUP BY pid) AS u"],
    // Forms of conditions of which no range is read.
    ["SELECT SUM(x) AS s FROM t WHERE CAST(x AS VARCHAR) IN ('30', '31')"],
    ["SELECT SUM(m) AS s FROM t WHERE COALESCE(m IN (30, 31), n = 9)"],
    ["SELECT SUM(x) AS s FROM t WHERE CONCAT(x, '') IN ('30', '31')"],
    ["SELECT SUM(f) AS s FROM t WHERE CEIL(f) = 2 AND f >= 1.99"],
    ["SELECT SUM(x) AS s FROM t WHERE x = 2 * x - 30 OR x = 2 * x - 31"],
    ["SELECT SUM(x) AS s FROM t WHERE (5 / (x - 30)) IS NULL OR x = 31"],
    ["SELECT SUM(LENGTH(nm)) AS s FROM t WHERE nm IN ('ab', 'abc')"],
    ["SELECT SUM(LENGTH(nm)) FILTER (WHERE nm IN ('ab', 'abc')) AS s FROM t"],
    [
      "SELECT CASE WHEN nm IN ('ab', 'abc') THEN 1 ELSE 0 END AS g, SUM(LENGTH(nm)) AS s FROM t GROUP BY CASE WHEN nm IN ('ab', 'abc') THEN 1 ELSE 0 END"
    ],
  ]
  @Test(arguments: refused) func isRefused(texts: [String]) throws {
    let error = try #require(throws: ParleyError.self) { try Self.compile(texts) }
    #expect(error.code.rawValue.hasPrefix("plan/release-") || error.code.rawValue == "plan/too-large", "\(error)")
    #expect(error.remedy != nil && error.place?.line == 10, "\(error)")
    _ = try Self.compile(texts, minimum: 0)
  }

  static let accepted: [[String]] = [
    ["SELECT AVG(x / y) AS a FROM t"], ["SELECT AVG(x / 10) AS a, SUM(y) AS s FROM t"],
    ["SELECT c, STDDEV(2 * x + 1) AS a, STDDEV(y) FILTER (WHERE s = 1) AS b FROM t GROUP BY c"],
    ["SELECT VARIANCE(x > 3) AS a, STDDEV(x > y) FILTER (WHERE s = 1) AS b FROM t"],
    ["SELECT MEDIAN(y) AS m, VARIANCE(x > 3) AS a, STDDEV(x > y) FILTER (WHERE s = 1) AS b FROM t"],
    ["SELECT SUM(LEAST(y - x, 7)) AS s, COUNT(*) AS n FROM t"],
    ["SELECT CORR(x, y) AS r FROM t WHERE n IS NOT NULL"],
    ["SELECT AVG(y) AS a FROM t WHERE CAST(x AS VARCHAR) IN ('30', '31')"],
    ["SELECT nm, COUNT(*) AS n FROM t WHERE nm <> '' GROUP BY nm"],
    ["SELECT AVG(x) AS a FROM t WHERE ROUND(f, 1) >= 1.3 AND CASE WHEN s = 1 THEN y > 3 ELSE y > 4 END"],
    ["SELECT SUM(a) AS s FROM (SELECT LAG(n) OVER (PARTITION BY pid ORDER BY x) AS a FROM v) AS u"],
    // Groups made of the text of a number.
    ["SELECT RIGHT(CAST(x AS VARCHAR), 1) AS g, COUNT(*) AS n FROM v GROUP BY RIGHT(CAST(x AS VARCHAR), 1)"],
  ]
  @Test(arguments: accepted) func isAccepted(texts: [String]) throws { _ = try Self.compile(texts) }

  /// Shown, withheld or refused, and no mistake of the program.
  @Test(arguments: ["RIGHT(CAST(x AS VARCHAR), 1)", "CAST(x AS VARCHAR)", "CAST(x AS VARCHAR) || 'a'"])
  func sumsInGroupsOfTheirText(key: String) {
    do throws(ParleyError) {
      _ = try Self.compile(["SELECT \(key) AS g, SUM(x) AS s FROM v GROUP BY \(key)"])
    } catch {
      #expect(error.code.rawValue.hasPrefix("plan/release-"), "\(error)")
    }
  }

  // MARK: Withheld

  private static func table(_ columns: [[Int64?]]) -> TableData {
    TableData(
      rowCount: columns[0].count,
      columns: columns.map { column in
        let isNull = column.map { $0 == nil }
        return .init(values: column.map { $0 ?? 0 }, isNull: isNull.contains(true) ? isNull : [])
      })
  }
  private static func isShown(_ texts: [String], _ data: [String: [TableData]]) throws -> Bool {
    try ReleaseStudy.isShown(texts, tables, data)
  }

  /// So many of 66 rows have x = 17 and s = 1 and r = 2, and no n; 30 have s = 0 and r = 1, and the rest s = 2 and r = 3. 20 have no u, and
  /// 20 others x 30 or 31, of whom so many have 31.
  private static func rows(_ few: Int) -> [String: [TableData]] {
    var columns = [[Int64?]](repeating: [], count: 10)
    for row in 0..<66 {
      let number = Int64(row)
      let isFew = row < few
      let isNear = row >= 40 && row < 60
      let x = isFew ? 17 : isNear ? (row < 40 + few ? 31 : 30) : 32 + number
      let s: Int64 = isFew ? 1 : row % 2 == 0 ? 0 : 2
      let values: [Int64?] = [
        number, x, number + 10, isFew ? nil : number % 9 + 1, 1, s, s + 1, number % 2, x,
        row >= 30 && row < 50 ? nil : 5,
      ]
      for (place, value) in values.enumerated() { columns[place].append(value) }
    }
    var table = table(columns)
    table.columns.append(.init(values: columns[0].map { ($0 ?? 0) * 100 }, isNull: []))
    table.columns.append(.init(values: [], isNull: [], texts: columns[0].map { "n\($0 ?? 0)" }))
    return ["t": [table]]
  }

  static let withheld: [[String]] = [
    // Alternatives about another column beside it.
    [
      "SELECT COUNT(*) AS k, SUM(x) AS s FROM t WHERE "
        + (1...12).map { "(y <> \($0) OR x <> \($0))" }.joined(separator: " AND ") + " AND x IN (30, 31)"
    ],
    ["SELECT COUNT(*) AS k, SUM(y) AS a, SUM(GREATEST(y, 0) + 0 * NULLIF(x, 17)) AS b FROM t"],
    ["SELECT COUNT(*) AS k, SUM(y) AS a, SUM(y * one + 0 * n) AS b FROM t"],
    ["SELECT COUNT(*) AS k, SUM(y) AS a, SUM(y / 1 + 0 * n) AS b FROM t"],
    ["SELECT COUNT(*) AS k, SUM(y) AS a, SUM(GREATEST(y, 0) + 0 * (5 / (x - 17))) AS b FROM t"],
    ["SELECT AVG(y) AS a, AVG(2 * y / 2 + 0 * n) AS b, COUNT(*) AS k FROM t"],
    ["SELECT COUNT(*) AS k, SUM(n) AS a FROM t"], ["SELECT SUM(n) AS a, MEDIAN(y) AS b FROM t"],
    ["SELECT COUNT(*) AS k, SUM(y) AS a, SUM(CASE WHEN x <> 17 THEN y END) AS b FROM t"],
    // Factors of which a condition leaves one value.
    [
      "SELECT SUM(y) FILTER (WHERE r <> 2) AS a, SUM(y * r) FILTER (WHERE r = 1) AS b, SUM(y) FILTER (WHERE r = 1) AS d FROM t"
    ],
    // Choices that are written as functions.
    ["SELECT COUNT(*) AS k, SUM(LEAST(ABS(x - 17), 1)) AS b FROM t"],
    ["SELECT SUM(y) AS a, SUM(y * LEAST(ABS(x - 17), 1)) AS b FROM t"],
    ["SELECT COUNT(*) AS k, SUM(SIGN(x - 17)) AS b FROM t"],
    // Conditions in unusual words that leave two values.
    ["SELECT COUNT(*) AS k, SUM(x) AS s FROM t WHERE (x = 30) <> (x = 31)"],
    ["SELECT COUNT(*) AS k, SUM(x) AS s FROM t WHERE (x BETWEEN 30 AND 31) = TRUE"],
    ["SELECT COUNT(*) AS k, SUM(x) FILTER (WHERE (x = 30) <> (x = 31)) AS s FROM t"],
    ["SELECT COUNT(*) AS k, SUM(x) AS s FROM t WHERE (CASE WHEN x IN (30, 31) THEN 1 ELSE 0 END) + 1 > 1"],
    [
      "SELECT COUNT(*) AS k, SUM(x) AS s FROM t WHERE "
        + (1...9).map { "(y <> \($0) OR u <> \($0))" }.joined(separator: " AND ") + " AND x IN (30, 31)"
    ],
    // Sums of few values beside a condition, in one query and in two.
    ["SELECT COUNT(*) AS k, AVG(s) AS m, COUNT(*) FILTER (WHERE s >= 1) AS a FROM t"],
    ["SELECT COUNT(*) AS k, AVG(s) AS m, SUM(CASE WHEN s = 2 THEN 1 ELSE 0 END) AS a FROM t"],
    ["SELECT COUNT(*) AS k, AVG(s) AS m FROM t", "SELECT COUNT(*) FILTER (WHERE s >= 1) AS a FROM t"],
    ["SELECT SUM(s) AS m, COUNT(*) FILTER (WHERE s >= 1 AND y > 3) AS a FROM t"],
    ["SELECT SUM(y) AS a, SUM(y * r) AS b, SUM(y) FILTER (WHERE r = 3) AS d FROM t"],
    ["SELECT SUM(y) AS a, SUM(y * r) AS b, SUM(y) FILTER (WHERE r = 3) AS d, MEDIAN(id) AS e FROM t"],
  ]
  @Test(arguments: withheld) func fewAreWithheld(texts: [String]) throws {
    for (few, shows) in [(1, false), (4, false), (5, true), (7, true)] {
      #expect(try Self.isShown(texts, Self.rows(few)) == shows, "\(few)")
    }
  }

  /// Rows for which an outer join finds nothing.
  @Test(arguments: [
    "SELECT COUNT(*) AS k, SUM(p.y) AS a, SUM(GREATEST(p.y, 0) + 0 * w.z) AS b FROM p LEFT JOIN w ON w.k = p.pid",
    "SELECT COUNT(*) AS k, SUM(p.y) AS a, SUM(GREATEST(p.y, 0) + 0 * q.z) AS b FROM p LEFT JOIN q ON q.pid = p.pid",
  ]) func partnersThatAreMissing(text: String) throws {
    for (few, shows) in [(1, false), (4, false), (5, true)] {
      let ids = (0..<40).map { Int64?($0) }
      let found = Array(ids.dropFirst(few))
      let other = Self.table([found, found.map { ($0 ?? 0) % 7 + 1 }])
      let data = ["p": [Self.table([ids, ids.map { ($0 ?? 0) + 10 }])]].merging([
        text.contains("JOIN w") ? "w" : "q": [other]
      ]) {
        first, _ in first
      }
      #expect(try Self.isShown([text], data) == shows, "\(few)")
    }
  }
}
