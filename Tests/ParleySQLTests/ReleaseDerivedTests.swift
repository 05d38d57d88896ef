import ParleyBase
import ParleyProgram
import Testing

/// Unions, statistics of each unit, and keys that are made below: what conditions leave of values reaches what is added up, or is refused.
@Suite struct ReleaseDerivedTests {
  typealias Row = [Int64?]
  /// `t1` and `t2` with rows, `v` with people who may have several rows, `w` with what somebody wrote.
  static func tables(
    t: [Row] = [[30, 31, 1], [40, 42, 2]], v: [Row] = [[1, 30, 3, 1], [2, 40, 4, nil]]
  ) -> SmallTables {
    var tables = SmallTables()
    let number = ColumnType.integer(0...99)
    let names: Set<String> = ["x", "y", "s", "pid", "k"]
    let columns = [("x", number), ("y", number), ("n", number)]
    let half = t.count / 2
    tables.add("t1", columns, neverNull: names, Array(t[..<half]))
    tables.add("t2", columns, neverNull: names, Array(t[half...]))
    tables.add(
      "v", [("pid", .integer(0...999)), ("x", number), ("s", .integer(1...5)), ("n", .integer(0...9))],
      neverNull: names, protection: .units(name: "person", column: "pid"), v)
    tables.add(
      "w", [("k", number), ("z", number)], unique: [["k"]], neverNull: names, protection: .nothing,
      [[30, 1], [31, 2]])
    return tables
  }
  private static func union(_ output: String, _ condition: String) -> String {
    "(SELECT \(output) FROM t1 WHERE \(condition) UNION ALL SELECT \(output) FROM t2 WHERE \(condition)) AS u"
  }

  static let refused: [String] = [
    "SELECT SUM(a) AS s FROM \(union("x AS a, y AS b", "x = y"))",
    "SELECT SUM(b) AS s FROM \(union("x AS a, y AS b", "x <= y AND x * y < 900"))",
    "SELECT SUM(a) AS s FROM \(union("x AS a", "x IN (SELECT k FROM w)"))",
    "SELECT SUM(a) AS s FROM \(union("x AS a, y AS b", "(x = 1 AND y = 1) OR (x = 2 AND y = 2)"))",
    // Few values in one part, which a label tells apart.
    "SELECT SUM(a) AS s FROM (SELECT x AS a FROM t1 WHERE x BETWEEN 30 AND 31 UNION ALL SELECT x FROM t2) AS u",
    "SELECT g, SUM(a) AS s FROM (SELECT 1 AS g, x AS a FROM t1 WHERE x < 50 UNION ALL SELECT 2, x FROM t2) AS u GROUP BY g",
    // Values of people.
    "SELECT SUM(m) AS s FROM (SELECT pid, MAX(x) AS m FROM v GROUP BY pid HAVING SUM(x) IN (30, 31)) AS u",
    "SELECT SUM(m) AS s FROM (SELECT pid, MAX(x) AS m, MIN(x) AS k FROM v GROUP BY pid) AS u WHERE k BETWEEN 30 AND 31",
    "SELECT SUM(m) FILTER (WHERE k < 32) AS s FROM (SELECT pid, MAX(x) AS m, MIN(x) AS k FROM v GROUP BY pid) AS u",
    "SELECT SUM(m) AS s FROM (SELECT pid, MAX(x) AS m FROM v WHERE x = s * 6 GROUP BY pid) AS u",
    "SELECT SUM(m) AS s FROM (SELECT pid, SUM(s) AS m FROM v GROUP BY pid) AS u",
    "SELECT AVG(m) AS s FROM (SELECT pid, SUM(x * s) AS m FROM v GROUP BY pid) AS u",
    "SELECT SUM(m) AS s FROM (SELECT pid, SUM(x) AS m FROM v WHERE x BETWEEN 30 AND 34 GROUP BY pid) AS u",
    "SELECT SUM(m) AS s FROM (SELECT pid, SUM(n) AS m FROM v GROUP BY pid) AS u",
    "SELECT SUM(c) AS s FROM (SELECT pid, COUNT(DISTINCT n) AS c FROM v GROUP BY pid) AS u",
    "SELECT SUM(a) AS p, SUM(b) AS q FROM (SELECT pid, MAX(x / 30) AS a, MAX(x / 31) AS b FROM v GROUP BY pid) AS u",
    "SELECT SUM(a) AS p, SUM(b) AS q FROM (SELECT pid, SUM(x / 2) AS a, SUM(x / 3) AS b FROM v GROUP BY pid) AS u",
    "SELECT SUM(a) AS p, SUM(b) AS q FROM (SELECT pid, SUM(x) AS a, SUM(x / 3) AS b FROM v GROUP BY pid) AS u",
    "SELECT SUM(a) AS p, SUM(b / 3) AS q FROM (SELECT pid, SUM(x / 2) AS a, MAX(x) AS b FROM v GROUP BY pid) AS u",
    // Keys that are made of what is added up.
    "SELECT lo, SUM(hi) AS s FROM (SELECT pid, MIN(x) AS lo, MAX(x) AS hi FROM v GROUP BY pid) AS u GROUP BY lo",
    "SELECT g, SUM(m) AS s FROM (SELECT pid, x / 2 AS g, MAX(x) AS m FROM v GROUP BY pid, x / 2) AS u GROUP BY g",
    "SELECT g, SUM(x) AS s FROM (SELECT DISTINCT pid, x % 20 AS g, x FROM v) AS u GROUP BY g",
  ]
  @Test(arguments: refused) func isRefused(text: String) throws {
    let error = try #require(throws: ParleyError.self, "\(text)") { try Self.tables().compile(text, minimum: 5) }
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
    #expect(error.remedy != nil)
    _ = try Self.tables().rows(text)
  }

  static let accepted: [String] = [
    "SELECT AVG(a) AS m FROM \(union("x AS a, y AS b", "x > 10"))",
    "SELECT COUNT(*) AS n, AVG(b) AS m FROM \(union("x AS a, y AS b", "x BETWEEN 10 AND 20"))",
    "SELECT AVG(m) AS s FROM (SELECT pid, MAX(x) AS m FROM v WHERE x > 10 GROUP BY pid) AS u",
    "SELECT AVG(m) AS s FROM (SELECT pid, SUM(x) AS m, COUNT(*) AS n FROM v GROUP BY pid HAVING COUNT(*) > 1) AS u",
    "SELECT AVG(m) AS s FROM (SELECT pid, SUM(x) AS m FROM v GROUP BY pid HAVING SUM(x) > 40) AS u",
    "SELECT AVG(m) AS s FROM (SELECT pid, AVG(s) AS m FROM v GROUP BY pid) AS u",
    "SELECT n, AVG(m) AS s FROM (SELECT pid, SUM(x) AS m, COUNT(*) AS n FROM v GROUP BY pid) AS u GROUP BY n",
    "SELECT m / 50 AS g, AVG(m) AS s FROM (SELECT pid, SUM(x) AS m FROM v GROUP BY pid) AS u GROUP BY m / 50",
  ]
  @Test(arguments: accepted) func isAccepted(text: String) throws {
    _ = try Self.tables().compile(text, minimum: 5)
  }

  /// 40 rows or people, of whom so many have the other one of two values that are left.
  @Test(
    arguments: [
      "SELECT COUNT(*) AS n, SUM(a) AS s FROM \(union("x AS a", "x BETWEEN 30 AND 31"))",
      "SELECT COUNT(*) AS n, SUM(m) AS s FROM (SELECT pid, MAX(x) AS m FROM v WHERE x BETWEEN 30 AND 32 GROUP BY pid) AS u",
      "SELECT COUNT(*) AS n, SUM(m) AS s FROM (SELECT pid, AVG(x) AS m FROM v WHERE x BETWEEN 30 AND 32 GROUP BY pid) AS u",
      "SELECT g, COUNT(*) AS n, SUM(x) AS s FROM (SELECT DISTINCT pid, x / 2 AS g, x FROM v) AS u GROUP BY g",
      "SELECT COUNT(*) AS n, SUM(x) AS s FROM (SELECT DISTINCT pid, x / 2 AS g, x FROM v) AS u WHERE g = 15",
      "SELECT COUNT(*) AS n, SUM(x) AS s FROM (SELECT DISTINCT pid, x FROM v WHERE x BETWEEN 30 AND 31) AS u",
      "SELECT COUNT(*) AS n, SUM(m) AS s FROM (SELECT pid, SUM(x) AS m FROM v GROUP BY pid HAVING SUM(x) IN (30, 31)) AS u",
    ], [(0, true), (1, false), (4, false), (5, true), (20, true)])
  func rangesArePassedOn(text: String, others: (few: Int, shows: Bool)) throws {
    let values = (0..<40).map { Int64($0 % 2 == 0 && $0 / 2 < others.few ? 31 : 30) }
    let tables = Self.tables(
      t: values.map { [$0, 7, 1] }, v: values.enumerated().map { [Int64($0), $1, 3, 1] })
    #expect(try tables.rows(text, minimum: 5).isEmpty != others.shows)
  }

  // MARK: Quantiles

  @Test(arguments: [
    "MEDIAN(-x)", "QUANTILE(x * x, 0.5)", "MEDIAN(ABS(x))", "MEDIAN(CASE WHEN x > 3 THEN x ELSE 0 END)",
    "MEDIAN(x / 2)", "MEDIAN(x) FILTER (WHERE x < 50), QUANTILE(x, 0.4)",
    "MEDIAN(x) FILTER (WHERE y < 50), MEDIAN(x) FILTER (WHERE y < 60)",
  ])
  func quantilesThatCannotBeCompared(_ figures: String) throws {
    let text = "SELECT \(figures) FROM t1"
    let error = try #require(throws: ParleyError.self) { try Self.tables().compile(text, minimum: 5) }
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
    _ = try Self.tables().rows(text)
  }

  /// n · |p − q| ≥ 5, whatever is added to the value, and of statistics of one column.
  @Test(arguments: [
    ("QUANTILE(x, 0.45), QUANTILE(x + 7, 0.55)", "t1", 40, false),
    ("QUANTILE(x, 0.45), QUANTILE(x + 7, 0.55)", "t1", 60, true),
    ("QUANTILE(x, 0.45), QUANTILE(x, 0.55) FILTER (WHERE x >= 0)", "t1", 40, false),
    ("QUANTILE(x, 0.45), QUANTILE(x, 0.55) FILTER (WHERE x >= 0)", "t1", 60, true),
    ("QUANTILE(x + 1, 0.5), QUANTILE(x, 0.5)", "t1", 20, true),
    ("MEDIAN(x) FILTER (WHERE y < 7), QUANTILE(x, 0.4) FILTER (WHERE y >= 7)", "t1", 60, true),
    (
      "QUANTILE(hi, 0.45), QUANTILE(lo, 0.55)",
      "(SELECT pid, MAX(x) AS hi, MIN(x) AS lo FROM v GROUP BY pid) AS u",
      40, false
    ),
    (
      "QUANTILE(hi, 0.45), QUANTILE(lo, 0.55)",
      "(SELECT pid, MAX(x) AS hi, MIN(x) AS lo FROM v GROUP BY pid) AS u",
      60, true
    ),
  ])
  func quantilesSideBySide(figures: String, table: String, rows: Int, shows: Bool) throws {
    let values = (0..<rows).map { Int64($0) }
    let tables = Self.tables(
      t: (values + values).map { [$0, $0 % 14, 1] }, v: values.map { [$0, $0, 3, 1] })
    #expect(try tables.rows("SELECT \(figures) FROM \(table)", minimum: 5).isEmpty != shows)
  }
}
