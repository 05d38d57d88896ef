import ParleyBase
import ParleyProgram
import Testing

/// Subqueries that use columns of the query around them in every place.
@Suite struct CorrelatedSubqueryTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t", [("id", .integer(1...9)), ("b", .integer(0...9)), ("k", .integer(0...9))], unique: [["id"]],
      [[1, 0, 1], [2, 1, 2], [3, 0, 1], [4, 5, nil]])
    tables.add("u", [("tid", .integer(1...9)), ("x", .integer(0...9))], [[2, 1], [3, 0]])
    tables.add(
      "v", [("k", .integer(0...9)), ("val", .integer(0...9))], unique: [["k"]], [[1, 3], [3, 4]])
    return tables
  }()

  func rows(_ text: String) throws -> [String] { try Self.tables.rows(text) }

  /// COUNT of no row is 0, MAX and SUM of no row are NULL: IN over a statistic without groups is `=`.
  @Test func aStatisticIsNeverEmpty() throws {
    let count = "(SELECT COUNT(*) FROM u WHERE u.tid = t.id)"
    #expect(try rows("SELECT id FROM t WHERE b IN \(count) ORDER BY id") == ["1", "2"])
    #expect(try rows("SELECT id FROM t WHERE b = \(count) ORDER BY id") == ["1", "2"])
    #expect(try rows("SELECT id FROM t WHERE b NOT IN \(count) ORDER BY id") == ["3", "4"])
    #expect(try rows("SELECT id FROM t WHERE 0 IN \(count) ORDER BY id") == ["1", "4"])
    #expect(try rows("SELECT id FROM t WHERE b NOT IN (SELECT MAX(x) FROM u WHERE u.tid = t.id)") == [])
    #expect(
      try rows("SELECT id, b IN \(count) AS q FROM t ORDER BY id") == ["1 true", "2 true", "3 false", "4 false"])
    #expect(
      try rows("SELECT id, b IN (SELECT SUM(x) FROM u WHERE u.tid = t.id) AS q FROM t ORDER BY id")
        == ["1 NULL", "2 true", "3 true", "4 NULL"])
    #expect(try rows("SELECT id FROM t WHERE b + 8 IN (SELECT MAX(x) + COUNT(*) FROM u) ORDER BY id") == [])
    #expect(try rows("SELECT id FROM t WHERE b + 2 IN (SELECT MAX(x) + COUNT(*) FROM u) ORDER BY id") == ["2"])
  }

  @Test func whatIsSelectedMayReadTheRowAround() throws {
    #expect(
      try rows("SELECT id, (SELECT val + t.b FROM v WHERE v.k = t.k) AS n FROM t ORDER BY id")
        == ["1 3", "2 NULL", "3 3", "4 NULL"])
    #expect(
      try rows("SELECT id, (SELECT t.b FROM v WHERE v.k = t.k) AS n FROM t ORDER BY id")
        == ["1 0", "2 NULL", "3 0", "4 NULL"])
    #expect(
      try rows("SELECT id, (SELECT COUNT(*) + t.b FROM v WHERE v.k = t.k) AS n FROM t ORDER BY id")
        == ["1 1", "2 1", "3 1", "4 5"])
    #expect(
      try rows(
        "SELECT id, (SELECT x.val + t.b FROM (SELECT val FROM v ORDER BY val DESC LIMIT 1) AS x) AS n FROM t"
      )
      .sorted() == ["1 4", "2 5", "3 4", "4 9"])
    #expect(
      try rows("SELECT id FROM t WHERE b + 3 IN (SELECT val + t.b FROM v WHERE v.k = t.k) ORDER BY id") == [
        "1", "3",
      ])
    #expect(
      try rows("SELECT id, id IN (SELECT val + t.k FROM v) AS q FROM t ORDER BY id")
        == ["1 false", "2 false", "3 false", "4 NULL"])
    #expect(
      try rows("SELECT id, (SELECT val + (SELECT MIN(x) FROM u) FROM v WHERE v.k = t.k) AS n FROM t ORDER BY id")
        == ["1 3", "2 NULL", "3 3", "4 NULL"])
    #expect(
      try rows("SELECT id, (SELECT 'x' FROM v WHERE v.k = t.k) AS n FROM t ORDER BY id")
        == ["1 x", "2 NULL", "3 x", "4 NULL"])
  }

  @Test func aSubqueryMayBeAGroupKey() throws {
    let text = "SELECT EXISTS (SELECT 1 FROM u WHERE u.tid = t.id) AS has, COUNT(*) AS n FROM t"
    #expect(try rows("\(text) GROUP BY has ORDER BY has") == ["false 2", "true 2"])
    #expect(try rows("\(text) GROUP BY 1 ORDER BY 1") == ["false 2", "true 2"])
    #expect(
      try rows("\(text) GROUP BY EXISTS (SELECT 1 FROM u WHERE u.tid = t.id) ORDER BY 1") == ["false 2", "true 2"])
    #expect(
      try rows("SELECT (SELECT val FROM v WHERE v.k = t.k) AS w, SUM(b) AS s FROM t GROUP BY w ORDER BY w")
        == ["NULL 6", "3 0"])
  }

  /// Rows that belong to a row around by more than equalities.
  @Test func statisticsOfRowsFoundByComparisons() throws {
    var tables = SmallTables()
    tables.add(
      "t", [("id", .integer(1...9)), ("x", .integer(0...9)), ("b", .boolean), ("g", .integer(0...9))],
      [[1, 3, 1, 1], [2, 3, 0, nil], [3, 5, nil, 2], [4, nil, 1, nil]])
    tables.add(
      "u", [("k", .integer(0...9)), ("v", .integer(0...9)), ("w", .integer(0...9)), ("h", .integer(0...9))],
      [[3, 1, 1, 1], [3, 7, 9, nil], [5, 2, 0, nil], [nil, 4, 4, 2]])
    func rows(_ value: String) throws -> [String] {
      try tables.rows("SELECT id, \(value) AS q FROM t ORDER BY id")
    }
    #expect(
      try rows("(SELECT MAX(v) FROM u WHERE u.k = t.x AND u.v <> t.id)") == ["1 7", "2 7", "3 2", "4 NULL"])
    #expect(try rows("(SELECT SUM(v) FROM u WHERE u.k = t.x AND t.b)") == ["1 8", "2 NULL", "3 NULL", "4 NULL"])
    #expect(try rows("(SELECT COUNT(*) FROM u WHERE u.k = t.x AND t.b)") == ["1 2", "2 0", "3 0", "4 0"])
    #expect(try rows("(SELECT COUNT(*) + MIN(w) FROM u WHERE u.k <= t.x)") == ["1 3", "2 3", "3 3", "4 NULL"])
    #expect(
      try rows("(SELECT COUNT(*) FROM u WHERE u.h IS NOT DISTINCT FROM t.g)") == ["1 1", "2 2", "3 1", "4 2"])
    #expect(
      try rows("x - 2 IN (SELECT COUNT(*) FROM u WHERE u.k = t.x AND u.w < t.x)")
        == ["1 true", "2 true", "3 false", "4 NULL"])
    #expect(
      try tables.rows(
        "SELECT id FROM t WHERE x > (SELECT AVG(v) FROM u WHERE u.k = t.x AND u.w <= t.x) ORDER BY id")
        == ["1", "2", "3"])
    #expect(try rows("EXISTS (SELECT MAX(v) FROM u WHERE u.k > t.x)") == ["1 true", "2 true", "3 true", "4 true"])
    // Comparisons of groups stay out.
    let error = try #require(throws: ParleyError.self) {
      try tables.compile("SELECT id FROM t WHERE x IN (SELECT MAX(v) FROM u WHERE u.k < t.x GROUP BY h)")
    }
    #expect(
      error.code.rawValue == "sql/correlated" && error.remedy?.contains("below a GROUP BY in equalities") == true)
    #expect(
      try tables.rows("SELECT id FROM t WHERE x IN (SELECT k FROM u WHERE u.k = t.x GROUP BY k) ORDER BY id") == [
        "1", "2", "3",
      ])
  }

  @Test(arguments: [
    "SELECT COUNT(*) FROM t WHERE EXISTS (SELECT 1 FROM u GROUP BY t.b)",
    "SELECT id FROM t WHERE id IN (SELECT DISTINCT t.b FROM u WHERE u.tid = t.id)",
    "SELECT id FROM t WHERE id IN (SELECT SUM(t.b) FROM u WHERE u.tid = t.b)",
    "SELECT id FROM t WHERE id IN (SELECT DISTINCT COUNT(*) FROM u WHERE u.tid = t.b)",
    "SELECT id, (SELECT (SELECT MAX(val) FROM v WHERE v.k = t.k) FROM u WHERE u.tid = t.id LIMIT 1) AS n FROM t",
    "SELECT id, (SELECT MAX((SELECT MAX(val) FROM v WHERE v.k = t.k)) FROM u) AS n FROM t",
  ])
  func whatCannotBeAJoinIsRefused(text: String) throws {
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(text) }
    #expect(error.code.rawValue == "sql/correlated", "\(error)")
  }
}
