import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// ROLLUP, CUBE and GROUPING SETS. The answers are DuckDB's.
@Suite struct GroupingSetsTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t",
      [
        ("a", .integer(0...9)), ("b", .integer(0...9)), ("x", .integer(0...9)), ("c", .category(["red", "blue"])),
        ("f", .boolean), ("n", .text(bytes: 20)),
      ],
      [[1, 1, 5, 0, 1, nil], [1, 2, 6, 1, 0, nil], [nil, 2, 7, 0, nil, nil], [2, nil, 8, nil, 1, nil]])
    tables.add("u", [("a", .integer(0...9)), ("y", .integer(0...9))], [[1, 3], [1, 4], [2, 9]])
    return tables
  }()

  func rows(_ text: String) throws -> [String] { try Self.tables.rows(text) }

  @Test func rollup() throws {
    #expect(
      try rows("SELECT a, b, SUM(x) AS s, GROUPING(a, b) AS g FROM t GROUP BY ROLLUP (a, b) ORDER BY g, a, b") == [
        "NULL 2 7 0", "1 1 5 0", "1 2 6 0", "2 NULL 8 0", "NULL NULL 7 1", "1 NULL 11 1", "2 NULL 8 1",
        "NULL NULL 26 3",
      ])
    #expect(
      try rows("SELECT a, b, COUNT(*) AS n FROM t GROUP BY ROLLUP ((a, b)) ORDER BY n, a, b")
        == ["NULL 2 1", "1 1 1", "1 2 1", "2 NULL 1", "NULL NULL 4"])
  }

  @Test func cubeAndSets() throws {
    let cube = "SELECT a, b, SUM(x) AS s, GROUPING(b) + 2 * GROUPING(a) AS g FROM t"
    let expected = [
      "NULL 2 7 0", "1 1 5 0", "1 2 6 0", "2 NULL 8 0", "NULL NULL 7 1", "1 NULL 11 1", "2 NULL 8 1",
      "NULL NULL 8 2", "NULL 1 5 2", "NULL 2 13 2", "NULL NULL 26 3",
    ]
    for sets in ["CUBE (a, b)", "GROUPING SETS ((a, b), (a), (b), ())", "ROLLUP (a), ROLLUP (b)"] {
      #expect(try rows("\(cube) GROUP BY \(sets) ORDER BY g, a, b") == expected, "\(sets)")
    }
    #expect(
      try rows("SELECT a, SUM(x) AS s FROM t GROUP BY GROUPING SETS (a, ROLLUP (b)) ORDER BY s, a")
        == ["NULL 5", "NULL 7", "NULL 8", "2 8", "1 11", "NULL 13", "NULL 26"])
    #expect(
      try rows("SELECT a, b, SUM(x) AS s FROM t GROUP BY a, GROUPING SETS ((b), ()) ORDER BY s, a, b")
        == ["1 1 5", "1 2 6", "NULL NULL 7", "NULL 2 7", "2 NULL 8", "2 NULL 8", "1 NULL 11"])
    // A grouping that is listed twice is there twice.
    #expect(
      try rows("SELECT a, SUM(x) AS s FROM t GROUP BY a, ROLLUP (a) ORDER BY s")
        == ["NULL 7", "NULL 7", "2 8", "2 8", "1 11", "1 11"])
    #expect(try rows("SELECT COUNT(*) AS n, SUM(x) AS s FROM t GROUP BY ()") == ["4 26"])
    #expect(
      try rows("SELECT a, GROUPING(a) AS g, COUNT(*) AS n FROM t GROUP BY a ORDER BY a")
        == ["NULL 0 1", "1 0 2", "2 0 1"])
  }

  /// The total of no row is a row; other groupings have none.
  @Test func noRows() throws {
    #expect(
      try rows("SELECT a, COUNT(*) AS n, SUM(x) AS s FROM t WHERE x > 8 GROUP BY CUBE (a, b)") == ["NULL 0 NULL"])
  }

  /// A key is NULL where it is not grouped by, in what is made of it too, and inside of statistics it is the column.
  @Test func keysOutsideOfTheirGroupings() throws {
    #expect(
      try rows("SELECT a IS NULL AS q, SUM(a) AS s FROM t GROUP BY ROLLUP (a) ORDER BY s, q")
        == ["true NULL", "false 2", "false 2", "true 4"])
    #expect(
      try rows(
        "SELECT COALESCE(c, 'all') AS k, COUNT(*) AS n FROM t WHERE c IS NOT NULL GROUP BY ROLLUP (c) ORDER BY n, k"
      )
        == ["blue 1", "red 2", "all 3"])
    #expect(
      try rows(
        "SELECT CASE WHEN x > 6 THEN 'high' ELSE 'low' END AS k, COUNT(*) AS n FROM t GROUP BY ROLLUP (k) ORDER BY n, k"
      )
        == ["high 2", "low 2", "NULL 4"])
    #expect(
      try rows(
        "SELECT a + 1 AS k, f, MEDIAN(x) AS m, COUNT(DISTINCT b) AS d FROM t GROUP BY GROUPING SETS (k, f) ORDER BY m, k"
      )
        == [
          "2 NULL 5.5 2", "NULL false 6.0 1", "NULL true 6.5 1", "NULL NULL 7.0 1", "NULL NULL 7.0 1",
          "3 NULL 8.0 0",
        ])
  }

  /// What a subquery in FROM makes a constant, or has under two names, is a key like others.
  @Test func derivedKeys() throws {
    #expect(
      try rows(
        "SELECT region, a, COUNT(*) AS n FROM (SELECT 'north' AS region, a FROM u) AS d GROUP BY ROLLUP (region, a) ORDER BY n, a, region"
      ) == ["north 2 1", "north 1 2", "NULL NULL 3", "north NULL 3"])
    #expect(
      try rows(
        "SELECT GROUPING(region) AS g, COUNT(*) AS n FROM (SELECT 'north' AS region FROM u) AS d GROUP BY CUBE (region) ORDER BY g"
      ) == ["0 3", "1 3"])
    for columns in ["a AS p, a AS q", "a + 0 AS p, a + 0 AS q"] {
      #expect(
        try rows(
          "SELECT d.p, d.q, COUNT(*) AS n, GROUPING(d.p, d.q) AS g FROM (SELECT \(columns) FROM u) AS d GROUP BY GROUPING SETS ((d.p), (d.q)) ORDER BY g, n"
        ) == ["2 NULL 1 1", "1 NULL 2 1", "NULL 2 1 2", "NULL 1 2 2"])
    }
    #expect(
      try rows(
        "SELECT p, q, COUNT(*) AS n FROM (SELECT a AS p, a AS q, y FROM u WHERE y > 3) AS d WHERE p > 0 GROUP BY CUBE (p, q) ORDER BY p, q, n"
      ) == [
        "NULL NULL 2", "NULL 1 1", "NULL 2 1", "1 NULL 1", "1 1 1", "2 NULL 1", "2 2 1",
      ])
  }

  /// A subquery that is a key is the same in parentheses, with other blanks and with keywords in small letters.
  @Test func subqueriesThatAreKeys() throws {
    let key = "u.a IN (SELECT a FROM t WHERE a > 1)"
    #expect(
      try rows(
        "SELECT \(key) AS h, COUNT(*) AS n, GROUPING(\(key)) AS g FROM u GROUP BY GROUPING SETS ((\(key)), (u.a in ( select a from t where a > 1 ), y)) ORDER BY n, h"
      ) == ["false 1 0", "false 1 0", "true 1 0", "true 1 0", "false 2 0"])
    let exists = "EXISTS (SELECT 1 FROM t WHERE t.a = u.a)"
    for (selected, grouped) in [(exists, "(\(exists))"), ("(\(exists))", exists), ("((\(exists)))", exists)] {
      #expect(try rows("SELECT \(selected) AS h, COUNT(*) AS n FROM u GROUP BY \(grouped)") == ["true 3"])
    }
  }

  @Test func afterTheGroups() throws {
    #expect(
      try rows(
        "SELECT a, SUM(x) AS s FROM t GROUP BY CUBE (a, b) HAVING GROUPING(a) = 0 AND GROUPING(b) = 1 ORDER BY s")
        == ["NULL 7", "2 8", "1 11"])
    #expect(
      try rows(
        "SELECT a, RANK() OVER (PARTITION BY GROUPING(a) ORDER BY SUM(x)) AS r FROM t GROUP BY ROLLUP (a) ORDER BY r, a, SUM(x)"
      ) == ["NULL 1", "NULL 1", "2 2", "1 3"])
    #expect(
      try rows("SELECT a, SUM(x) AS s FROM t GROUP BY ROLLUP (a) ORDER BY GROUPING(a) DESC, s DESC LIMIT 2")
        == ["NULL 26", "1 11"])
    #expect(
      try rows(
        "SELECT t.a, GROUPING(t.a) AS g, SUM(y) AS s, (SELECT COUNT(*) FROM u AS w WHERE w.a = t.a) AS n FROM t JOIN u ON t.a = u.a GROUP BY ROLLUP (t.a) ORDER BY s"
      ) == ["2 0 9 1", "1 0 14 2", "NULL 1 23 0"])
    #expect(
      try rows("SELECT SUM(q.n) AS s FROM (SELECT a, COUNT(*) AS n FROM t GROUP BY ROLLUP (a)) AS q") == ["8"])
    #expect(
      try rows(
        "SELECT a FROM u WHERE y > (SELECT MIN(n) FROM (SELECT COUNT(*) AS n FROM t GROUP BY CUBE (a)) AS q) ORDER BY y"
      )
        == ["1", "1", "2"])
  }

  /// What one sort has put in order is not sorted again: (a, b) also orders by a.
  @Test func oneSortForAChainOfGroupings() throws {
    let schema = TableSchema(
      name: "big",
      columns: ["a", "b", "x"].map { .init(name: $0, type: .integer(0...1_000_000), isNullable: $0 == "a") },
      holders: ["h"], maximumRows: 10_000)
    func sorts(_ groups: String) throws -> Int {
      let program = try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: "SELECT a, b, SUM(x) AS s, MAX(x) AS m FROM big GROUP BY \(groups)")],
        tables: [schema], rules: .init(minimumCell: 0, recipients: ["r"]))
      return program.nodes.count {
        // Not those that only bring rows together by a bit.
        guard case .sort(let keys, _) = $0.operation else { return false }
        return keys.contains { !program[$0.value].type.isBit }
      }
    }
    let one = try sorts("a, b")
    #expect(one > 0)
    #expect(try sorts("ROLLUP (a, b)") == one)
    #expect(try sorts("GROUPING SETS ((), (a), (a, b))") == one)
    #expect(try sorts("CUBE (a, b)") == 2 * one)
  }

  @Test(arguments: [
    ("SELECT a, COUNT(*) AS n FROM t GROUP BY ROLLUP (a, b, x, c, f), CUBE (a, b, x, c)", "plan/too-large"),
    ("SELECT COUNT(*) AS n FROM t GROUP BY CUBE (a, b, x, c, f, a + 1, b + 1)", "plan/too-large"),
    (
      "SELECT COUNT(*) AS n FROM t GROUP BY CUBE (" + (0..<63).map { "a + \($0)" }.joined(separator: ", ") + ")",
      "plan/too-large"
    ),
    ("SELECT b, COUNT(*) AS n FROM t GROUP BY ROLLUP (a)", "sql/select-item"),
    ("SELECT GROUPING(b) AS g, COUNT(*) AS n FROM t GROUP BY ROLLUP (a)", "sql/group-key"),
    ("SELECT GROUPING(a) AS g FROM t", "sql/aggregate-place"),
    ("SELECT COUNT(*) AS n FROM t WHERE GROUPING(a) = 0 GROUP BY ROLLUP (a)", "sql/aggregate-place"),
    ("SELECT GROUPING() AS g FROM t GROUP BY a", "sql/arguments"),
    ("SELECT COUNT(*) AS n FROM t GROUP BY ROLLUP ()", "sql/syntax"),
    ("SELECT COUNT(*) AS n FROM t GROUP BY GROUPING SETS (a", "sql/syntax"),
    (
      "SELECT a FROM u WHERE EXISTS (SELECT COUNT(*) FROM t WHERE t.a = u.a GROUP BY ROLLUP (b))", "sql/correlated"
    ),
  ])
  func refusals(text: String, code: String) throws {
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(text) }
    #expect(error.code.rawValue == code, "\(error)")
    #expect(error.remedy?.isEmpty == false)
  }

  /// Subtotals give withheld counts away, wherever the groupings stand; one grouping in another spelling does not.
  @Test(arguments: [
    "SELECT c, COUNT(*) AS n FROM t GROUP BY ROLLUP (c)",
    "SELECT COUNT(*) AS n FROM t GROUP BY GROUPING SETS ((), ())",
    "SELECT q.n FROM (SELECT c, COUNT(*) AS n FROM t GROUP BY CUBE (c)) AS q",
    "SELECT MAX(q.n) AS m FROM (SELECT c, COUNT(*) AS n FROM t GROUP BY CUBE (c)) AS q",
  ])
  func refusedUnderAMinimum(text: String) throws {
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(text, minimum: 3) }
    #expect(error.code.rawValue == "plan/release-groupings", "\(error)")
    #expect(error.remedy?.contains("GROUP BY with one list of keys") == true)
    #expect(error.remedy?.contains("'minimum-cell: 1' and 'rows: allowed'") == true)
    _ = try Self.tables.compile("SELECT c, COUNT(*) AS n FROM t GROUP BY c", minimum: 3)
    _ = try Self.tables.compile("SELECT c, COUNT(*) AS n FROM t GROUP BY GROUPING SETS ((c))", minimum: 3)
    _ = try Self.tables.compile(text, minimum: 1)
  }
}
