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

  /// Queries with outer columns anywhere: a program or a refusal, never an internal error.
  @Test func randomCorrelatedQueriesNeverEndInternally() throws {
    var state: UInt64 = 20_260_111
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    func pick<Element>(_ list: [Element]) -> Element { list[next(list.count)] }
    let columns = ["t": ["id", "b", "k"], "u": ["tid", "x"], "v": ["k", "val"]]
    var names = 0
    func value(_ scope: [(alias: String, table: String)], _ depth: Int) -> String {
      // Mostly the nearest table, often one further out.
      let source = next(3) > 0 ? scope[scope.count - 1] : pick(scope)
      let column = "\(source.alias).\(pick(columns[source.table] ?? ["k"]))"
      switch next(depth > 2 ? 5 : 9) {
      case 0: return "\(next(5))"
      case 1: return "\(column) + \(value(scope, depth + 1))"
      case 2: return "COALESCE(\(column), \(value(scope, depth + 1)))"
      case 5: return "(\(query(scope, depth + 1, columns: 1)))"
      case 6: return "CASE WHEN \(condition(scope, depth + 1)) THEN \(column) ELSE \(value(scope, depth + 1)) END"
      default: return column
      }
    }
    func condition(_ scope: [(alias: String, table: String)], _ depth: Int) -> String {
      switch next(depth > 2 ? 3 : 7) {
      case 3: return "\(pick(["", "NOT "]))EXISTS (\(query(scope, depth + 1, columns: 1)))"
      case 4: return "\(value(scope, 3)) \(pick(["", "NOT "]))IN (\(query(scope, depth + 1, columns: 1)))"
      case 5: return "(\(condition(scope, depth + 1)) \(pick(["AND", "OR"])) \(condition(scope, depth + 1)))"
      case 6: return "NOT (\(condition(scope, depth + 1)))"
      default: return "\(value(scope, depth + 1)) \(pick(["=", "=", "<>", "<"])) \(value(scope, depth + 1))"
      }
    }
    func query(_ outer: [(alias: String, table: String)], _ depth: Int, columns count: Int) -> String {
      names += 1
      let table = pick(["t", "u", "v"])
      let scope = outer + [("a\(names)", table)]
      var from = "\(table) AS a\(names)"
      if next(6) == 0 {
        from = "(SELECT * FROM \(table) WHERE \(condition(outer + [("\(table)", table)], depth + 1))) AS a\(names)"
      }
      let wrap = pick(["", "", "", "MAX", "SUM", "COUNT"])
      var text = "SELECT \(next(8) == 0 ? "DISTINCT " : "")"
      text += (0..<count).map { "\(wrap)(\(value(scope, depth))) AS y\(names)_\($0)" }.joined(separator: ", ")
      text += " FROM \(from)"
      if next(3) > 0 { text += " WHERE \(condition(scope, depth))" }
      if next(4) == 0 { text += " GROUP BY \(value(scope, 3))" }
      if next(8) == 0 { text += " HAVING \(condition(scope, 3))" }
      if next(8) == 0 { text += " ORDER BY 1" }
      if next(10) == 0 { text += " LIMIT 1" }
      if next(12) == 0 {
        text += " UNION SELECT \(value(scope, 3)) FROM \(from)"
      }
      return text
    }
    var codes: [String: Int] = [:]
    for _ in 0..<3000 {
      let text = query([], 0, columns: 1)
      do {
        _ = try Self.tables.compile(text)
        codes["compiled", default: 0] += 1
      } catch {
        codes[error.code.rawValue, default: 0] += 1
        #expect(!error.code.rawValue.hasPrefix("internal/"), "\(text): \(error)")
      }
    }
    #expect(codes["compiled", default: 0] > 300, "\(codes)")
    #expect(codes["sql/correlated", default: 0] > 30, "\(codes)")
  }
}
