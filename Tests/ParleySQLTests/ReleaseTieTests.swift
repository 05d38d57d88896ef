import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// Keys and conditions that say the same of a row by what a query itself says, groups that are no ranges, rows that are in no group.
@Suite struct ReleaseTieTests {
  typealias Row = [Int64?]
  /// `t` with rows, `p` with people who have one row each, `v` with people who may have several, `w` with what somebody wrote.
  static func tables(_ rows: [Row] = [[1, 1, 18300], [2, 2, 18310]]) -> SmallTables {
    var tables = SmallTables()
    let number = ColumnType.integer(0...39)
    let names: Set<String> = ["x", "y", "d", "pid", "k", "z", "c"]
    let columns = [("x", number), ("y", number), ("d", .date(18262...18992)), ("c", .integer(-5...5))]
    let people: [(String, ColumnType)] = [("pid", .integer(0...999))]
    let all: [Row] = rows.map { $0 + [($0[0] ?? 0) % 11 - 5] }
    let named: [Row] = all.enumerated().map { [Int64($0)] + $1 }
    tables.add("t", columns, neverNull: names, all)
    tables.add(
      "p", people + columns, unique: [["pid"]], neverNull: names,
      protection: .units(name: "patient", column: "pid"),
      named)
    tables.add("v", people + columns, neverNull: names, protection: .units(name: "person", column: "pid"), named)
    tables.add(
      "w", [("k", number), ("z", number)], unique: [["k"]], neverNull: names, protection: .nothing,
      (0..<6).map { (k: Int64) in [k, k] })
    return tables
  }
  static func compile(_ texts: [String], minimum: Int = 5) throws(ParleyError) -> Program {
    let tables = tables()
    return try SQLFrontEnd.compile(
      texts.enumerated().map { SQLQuery(name: "q\($0.offset)", text: $0.element) }, tables: tables.schemas,
      rules: tables.rules(minimum))
  }

  static let tie = "(x = 1 AND y = 1) OR (x = 2 AND y = 2) OR (x = 3 AND y = 3) OR (x = 4 AND y = 4)"
  static let refused: [[String]] = [
    // Groups that are put together from pieces, of rows and of people.
    ["SELECT x % 20 AS g, COUNT(*) AS n, SUM(x) AS s FROM t GROUP BY x % 20"],
    ["SELECT x % 20 AS g, COUNT(*) AS n, AVG(x) AS s FROM v GROUP BY x % 20"],
    ["SELECT ABS(c) AS g, SUM(c) AS s FROM t GROUP BY ABS(c)"],
    ["SELECT c * c AS g, SUM(c) AS s FROM v GROUP BY c * c"],
    ["SELECT x = 30 OR x = 32 AS g, SUM(x) AS s FROM v GROUP BY x = 30 OR x = 32"],
    ["SELECT CASE WHEN x < 5 THEN 1 WHEN x < 9 THEN 2 ELSE 1 END AS g, SUM(x) AS s FROM v GROUP BY g"],
    ["SELECT EXTRACT(DOW FROM d) AS g, AVG(d - DATE '2020-01-01') AS s FROM v GROUP BY EXTRACT(DOW FROM d)"],
    ["SELECT EXTRACT(MONTH FROM d) AS g, AVG(d - DATE '2020-01-01') AS s FROM v GROUP BY EXTRACT(MONTH FROM d)"],
    ["SELECT x % 20 AS g, MEDIAN(x) AS s FROM t GROUP BY x % 20"],
    // Columns that WHERE ties.
    ["SELECT SUM(x) AS a, SUM(y) AS b FROM t WHERE \(tie)"],
    ["SELECT SUM(x) AS a FROM t WHERE \(tie)", "SELECT SUM(y) AS b FROM t WHERE \(tie)"],
    [
      "SELECT x, COUNT(*) AS n FROM t WHERE \(tie) GROUP BY x",
      "SELECT y, COUNT(*) AS n FROM t WHERE \(tie) GROUP BY y",
    ],
    ["SELECT x, SUM(y) AS n FROM t WHERE \(tie) GROUP BY x"],
    ["SELECT x, SUM(y) AS n FROM v WHERE \(tie) GROUP BY x"],
    ["SELECT SUM(x) AS a, COUNT(*) FILTER (WHERE y = 2) AS b FROM v WHERE \(tie)"],
    ["SELECT SUM(x) AS a, SUM(y) AS b FROM v WHERE (x <> 1 OR y = 1) AND (x <> 2 OR y = 2) AND (x = 1 OR y = 2)"],
  ]
  @Test(arguments: refused) func isRefused(texts: [String]) throws {
    let error = try #require(throws: ParleyError.self, "\(texts)") { try Self.compile(texts) }
    #expect(["plan/release-argument", "plan/release-set"].contains(error.code.rawValue), "\(error)")
    #expect(error.remedy != nil)
    _ = try Self.compile(texts, minimum: 0)
  }

  static let accepted: [String] = [
    "SELECT x / 10 AS g, AVG(x) AS s FROM v GROUP BY x / 10",
    "SELECT YEAR(d) AS g, AVG(d - DATE '2020-01-01') AS s FROM v GROUP BY YEAR(d)",
    "SELECT DATE_TRUNC('month', d) AS g, AVG(d - DATE '2020-01-01') AS s FROM v GROUP BY DATE_TRUNC('month', d)",
    "SELECT DATE_TRUNC('week', d) AS g, AVG(d - DATE '2020-01-01') AS s FROM v GROUP BY DATE_TRUNC('week', d)",
    "SELECT CASE WHEN x < 5 THEN 'a' WHEN x < 20 THEN 'b' ELSE 'c' END AS g, AVG(x) AS s FROM v GROUP BY g",
    "SELECT x >= 20 AS g, MEDIAN(x) AS s FROM t GROUP BY x >= 20",
    "SELECT x % 20 AS g, AVG(y) AS s FROM v GROUP BY x % 20",
    "SELECT AVG(x) AS m, COUNT(*) AS n FROM v WHERE x > 20 OR y > 30",
    "SELECT AVG(x) AS m FROM t WHERE (y < 5 AND x > 20) OR (y >= 5 AND x > 10)",
    "SELECT MEDIAN(x) AS m, QUANTILE(x, 0.25) AS q FROM p",
  ]
  @Test(arguments: accepted) func isAccepted(text: String) throws { _ = try Self.compile([text]) }

  /// 30 with x = 1, 40 with 2, 12 with 3, and some with 4: what three conditions leave over, each of which is of another name of x.
  @Test(
    arguments: [
      "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE x = 1) AS a, COUNT(*) FILTER (WHERE y = 2) AS b, COUNT(*) FILTER (WHERE x = 3) AS c FROM t WHERE \(tie)",
      "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE x = 1) AS a, COUNT(*) FILTER (WHERE y = 2) AS b, COUNT(*) FILTER (WHERE x = 3) AS c FROM t WHERE (x, y) IN (SELECT k, z FROM w)",
      "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE t.x = 1) AS a, COUNT(*) FILTER (WHERE w.z = 2) AS b, COUNT(*) FILTER (WHERE t.x = 3) AS c FROM t JOIN w ON w.k = t.x",
      "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE hi = 1) AS a, COUNT(*) FILTER (WHERE lo = 2) AS b, COUNT(*) FILTER (WHERE hi = 3) AS c FROM (SELECT pid, MAX(x) AS hi, MIN(x) AS lo FROM p GROUP BY pid) AS u",
    ], [(0, true), (1, false), (3, false), (4, false), (5, true)])
  func namesOfOneColumn(text: String, others: (few: Int, shows: Bool)) throws {
    let values = [(30, 1), (40, 2), (12, 3), (others.few, 4)].flatMap { count, x in
      Array(repeating: Int64(x), count: count)
    }
    let rows = try Self.tables(values.map { [$0, $0, 18300] }).rows(text, minimum: 5)
    #expect(rows.isEmpty != others.shows)
  }

  /// 40 rows, of which so many are in no group: `y = 17`, or no partner.
  @Test(
    arguments: [
      "SELECT COUNT(*) AS n FROM (SELECT y FROM t WHERE y <> 17 UNION ALL SELECT k FROM w) AS u",
      "SELECT COUNT(*) AS n, COUNT(q.y) AS c FROM w LEFT JOIN (SELECT y FROM t WHERE y <> 17) AS q ON w.k = q.y",
      "SELECT COUNT(*) AS n FROM p JOIN w ON w.k = p.y",
      "SELECT COUNT(*) AS n, MEDIAN(x) AS m FROM p WHERE y <> 17",
      "SELECT COUNT(*) AS n FROM (SELECT pid, MAX(y) AS y FROM p GROUP BY pid HAVING MAX(y) <> 17) AS u",
    ], [(0, true), (1, false), (4, false), (5, true), (20, true)])
  func rowsInNoGroup(text: String, left: (few: Int, shows: Bool)) throws {
    let rows = (0..<40).map { (n: Int64) -> Row in [n, n < left.few ? 17 : 3, 18300] }
    #expect(try Self.tables(rows).rows(text, minimum: 5).isEmpty != left.shows)
  }

  /// Rows are units by a declaration, which the computation checks.
  @Test func declaredUnitsAreChecked() throws {
    var tables = SmallTables()
    let number = ColumnType.integer(0...99)
    tables.add(
      "p", [("pid", number), ("x", number)], unique: [["pid"]], neverNull: ["pid", "x"],
      protection: .units(name: "person", column: "pid"), (0..<12).map { (n: Int64) in [n / 2, n] })
    let text = "SELECT MEDIAN(x) AS m FROM p"
    #expect(throws: (any Error).self) { try tables.rows(text, minimum: 5) }
  }

  /// Under dominance, a column of one value is what is added to everybody.
  @Test(arguments: ["x + 1000000 * w", "x + w", "x + 1000000 * w * w", "x + w / 1", "x + 1000000 * wn"])
  func columnsOfOneValueAreConstants(_ value: String) throws {
    var tables = SmallTables()
    let columns: [(String, ColumnType)] = [
      ("x", .integer(0...1000)), ("w", .integer(7...7)), ("wn", .integer(7...7)), ("g", .integer(0...99_999)),
    ]
    func rows(_ largest: Int64) -> [Row] { (0..<31).map { (n: Int64) in [n == 0 ? largest : 5, 7, 7, 3] } }
    for (largest, shows) in [(900, false), (9, true)] as [(Int64, Bool)] {
      tables = SmallTables()
      tables.add("t", columns, neverNull: ["x", "w", "g"], rows(largest))
      for text in ["SELECT SUM(\(value)) AS s FROM t", "SELECT g, SUM(\(value)) AS s FROM t GROUP BY g"] {
        var rules = tables.rules(5)
        rules.dominance = [.init(units: 1, percent: 60)]
        do {
          #expect(try tables.rows(text, rules).isEmpty != shows, "\(text)")
        } catch {
          let error = try #require(error as? ParleyError)
          #expect(error.code.rawValue == "plan/release-argument", "\(error)")
        }
      }
    }
  }
}
