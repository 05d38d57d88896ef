import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// What is advised where a query or a study is too large, or where its data are not what they are declared to be, has been done here.
@Suite struct LimitRemedyTests {
  private static func repeated(_ count: Int, _ separator: String = ", ", _ part: (Int) -> String) -> String {
    (0..<count).map(part).joined(separator: separator)
  }
  private static func nested(_ count: Int, _ inner: String, _ open: String, _ close: String) -> String {
    String(repeating: open, count: count) + inner + String(repeating: close, count: count)
  }

  static let cases: [RemedyTests.Case] = [
    .init(
      "SELECT \(nested(18, "b", "ABS(", " - 1)")) AS v FROM t", "sql/nesting", "put fewer of them into each other",
      "SELECT \(nested(6, "b", "ABS(", " - 1)")) AS v FROM t"),
    .init(
      "SELECT \(nested(18, "b", "COALESCE(NULLIF(", ", 3), 4)")) AS v FROM t", "plan/too-large",
      "put functions, CASE, IN and BETWEEN less deep into each other",
      "SELECT \(nested(4, "b", "COALESCE(NULLIF(", ", 3), 4)")) AS v FROM t"),
    .init(
      "WITH \(repeated(60) { "q\($0) AS (SELECT id FROM \($0 == 0 ? "t" : "q\($0 - 1)") WHERE b > \($0))" }) SELECT id FROM q59",
      "sql/nesting", "write fewer steps, one after the other in one SELECT where that is possible",
      "WITH q AS (SELECT id FROM t WHERE \(repeated(60, " AND ") { "b > \($0)" })) SELECT id FROM q"),
    .init(
      nested(60, "SELECT id FROM t", "SELECT id FROM (", ") AS q"), "sql/nesting",
      "remove parentheses, or use IN for long lists of values", "SELECT id FROM t"),
    .init(
      "SELECT id FROM t WHERE b IN (\(repeated(130) { "(SELECT MAX(b) FROM u WHERE tid = \($0))" }))",
      "plan/too-large", "join fewer tables, or split the query", "SELECT id FROM t WHERE b IN (SELECT b FROM u)"),
    .init(
      "SELECT t.id FROM t\(repeated(20, "") { " LEFT JOIN u AS u\($0) ON u\($0).b = t.b" })", "plan/too-large",
      "declare the keys of the joined tables as 'unique' in the study",
      "SELECT t.id FROM t\(repeated(20, "") { " LEFT JOIN t AS u\($0) ON u\($0).id = t.b" })"),
    .init(
      "SELECT b\(repeated(150, "") { " + \($0)" }) AS v FROM t", "sql/nesting",
      "split it into several queries, or use IN", "SELECT b\(repeated(90, "") { " + \($0)" }) AS v FROM t"),
    .init(
      "SELECT COUNT(*) FROM t GROUP BY \(nested(60, "b", "GROUPING SETS (", ")"))", "sql/nesting",
      "list all groupings in one GROUPING SETS", "SELECT COUNT(*) FROM t GROUP BY GROUPING SETS (b, c)"),
    .init(
      "SELECT id AS \(repeated(201, "") { _ in "a" }) FROM t", "sql/character", "write a shorter name",
      "SELECT id AS \(repeated(200, "") { _ in "a" }) FROM t"),
    .init(
      "SELECT id AS \"a\u{200b}b\" FROM t", "sql/character", "remove it from the name",
      "SELECT id AS \"ab\" FROM t"),
    .init(
      "SELECT id\u{2028}FROM t", "sql/character", "end lines with a line feed, and remove it elsewhere",
      "SELECT id\nFROM t"),
    .init(
      "SELECT id FROM t WHERE c = 'x", "sql/unterminated", "close it with '", "SELECT id FROM t WHERE c = 'x'"),
    .init("SELECT id AS \"x FROM t", "sql/unterminated", "close it with \"", "SELECT id AS \"x\" FROM t"),
    .init(
      "SELECT id FROM t WHERE b IN (\(repeated(10_001) { "\($0)" }))", "plan/too-large",
      "put long lists of values into a table and join it", "SELECT id FROM t JOIN u ON t.id = u.tid"),
    .init(
      "SELECT \(repeated(1001) { "id AS a\($0)" }) FROM t", "plan/too-large", "split the query",
      "SELECT \(repeated(1000) { "id AS a\($0)" }) FROM t"),
    .init(
      "SELECT t.id FROM \(nested(60, "t JOIN u ON t.id = u.tid", "(", ")"))", "sql/nesting", "remove parentheses",
      "SELECT t.id FROM t JOIN u ON t.id = u.tid"),
    .init(
      "SELECT id FROM t ORDER BY \(repeated(65) { "id + \($0)" })", "plan/too-large",
      "use fewer, or split the query", "SELECT id FROM t ORDER BY \(repeated(64) { "id + \($0)" })"),
    .init(
      "SELECT id FROM t LIMIT 3 OFFSET b", "sql/limit", "write for instance OFFSET 10",
      "SELECT id FROM t LIMIT 3 OFFSET 10"),
    .init(
      "SELECT k FROM s WHERE name GLOB 'a*'", "sql/unsupported", "'a%': % stands for any characters and _ for one",
      "SELECT k FROM s WHERE name LIKE 'a%'"),
    .init(
      "SELECT SUM(b) OVER w AS v FROM t WINDOW w AS (ORDER BY id)", "sql/unsupported",
      "write OVER (PARTITION BY … ORDER BY …) in place", "SELECT SUM(b) OVER (ORDER BY id) AS v FROM t"),
    .init(
      "SELECT SUM(b) OVER (ORDER BY id) AS v FROM t WINDOW w AS (ORDER BY id)", "sql/unsupported",
      "write OVER (PARTITION BY … ORDER BY …) in place", "SELECT SUM(b) OVER (ORDER BY id) AS v FROM t"),
    .init(
      "SELECT id AS order FROM t ORDER BY order", "sql/syntax",
      "ORDER is a word of SQL: as a name it stands in double quotes, \"order\", also where it is used again",
      "SELECT id AS \"order\" FROM t ORDER BY \"order\""),
    .init(
      "SELECT n FROM w WHERE day - DATE '2020-01-01' > INTERVAL '7' DAY", "sql/type",
      "a difference of two dates is a number of days", "SELECT n FROM w WHERE day - DATE '2020-01-01' > 7"),
    .init(
      "SELECT n FROM w WHERE n > INTERVAL '90' MINUTE", "sql/type", "or n * INTERVAL '1' MINUTE",
      "SELECT n FROM w WHERE n * INTERVAL '1' MINUTE > INTERVAL '90' MINUTE"),
  ]

  static let others: [RemedyTests.Case] = [
    .init(
      "SELECT id FROM t WHERE b > 1 \\ 2", "sql/character",
      "remove it, or put names in double quotes and texts in single quotes",
      "SELECT id AS \"a \\ b\" FROM t WHERE b > 1"),
    .init(
      "SELECT id FROM t WHERE b = TRUE", "sql/type", "TRUE and FALSE are conditions: compare with a number, x = 1",
      "SELECT id FROM t WHERE b = 1"),
    .init(
      "SELECT id FROM t WHERE c = FALSE", "sql/type", "compare with one of the values, x = 'x', x = 'y'",
      "SELECT id FROM t WHERE c = 'y'"),
    .init(
      "SELECT k FROM s WHERE name = TRUE", "sql/type", "compare with a text, as in x = 'yes'",
      "SELECT k FROM s WHERE name = 'yes'"),
    .init(
      "SELECT k FROM s WHERE REPLACE(REPLACE(REPLACE(name, 'a', '0123456789a'), '0', '0123456789a'), 'a', 'abcd') = 'x'",
      "sql/text-length", "cut what it is made of, as in LEFT(x, 64), or declare",
      "SELECT k FROM s WHERE REPLACE(LEFT(REPLACE(REPLACE(name, 'a', '0123456789a'), '0', '01234567'), 64), 'a', 'abcd') = 'x'"
    ),
  ]

  @Test(arguments: cases + others) func theAdviceWorks(test: RemedyTests.Case) throws {
    try test.check(RemedyTests.tables)
  }

  /// Queries of one study, its tables and what is released under a minimum of 5.
  private func compile(
    _ queries: [SQLQuery], _ tables: [TableSchema] = ReleaseRemedyTests.tables
  ) throws(ParleyError) -> Program {
    try SQLFrontEnd.compile(queries, tables: tables, rules: .init(minimumCell: 5, recipients: ["r"]))
  }
  private func refusal(_ queries: [SQLQuery], _ tables: [TableSchema] = ReleaseRemedyTests.tables) throws
    -> ParleyError
  {
    try #require(throws: ParleyError.self) { try compile(queries, tables) }
  }

  @Test func aStudyIsSplit() throws {
    let long = "SELECT COUNT(*) FROM people -- \(String(repeating: "x", count: 100_000))"
    let queries = (0..<3).map { SQLQuery(name: "q\($0)", text: long) }
    let error = try refusal(queries)
    #expect(error.code.rawValue == "plan/too-large" && error.remedy == "split the study", "\(error)")
    for query in queries { _ = try compile([query]) }
  }

  @Test func studiesHaveQueries() throws {
    let error = try refusal([])
    #expect(error.code.rawValue == "sql/empty" && error.remedy == "add one, such as SELECT COUNT(*) FROM patients")
    _ = try compile([.init(name: "q", text: "SELECT COUNT(*) FROM people")])
  }

  @Test func queriesHaveNames() throws {
    let text = "SELECT COUNT(*) FROM people"
    let error = try refusal([.init(name: "q", text: text), .init(name: "q", text: text)])
    #expect(error.code.rawValue == "sql/duplicate-name" && error.remedy == "give every query a name of its own")
    _ = try compile([.init(name: "q", text: text), .init(name: "r", text: text)])
  }

  /// Conditions of the study are compared with each other.
  @Test func conditionsAreFewer() throws {
    func clause(_ place: Int, _ parts: Int) -> String {
      Self.repeated(parts, " OR ") { "(age = \((7 * $0 + place) % 99 + 1) AND region > \(13 * $0 + place))" }
    }
    func queries(_ clauses: [String], _ statistic: String = "SUM(region)") -> [SQLQuery] {
      clauses.enumerated().map { place, clause in
        .init(name: "q\(place)", text: "SELECT sex, \(statistic) AS s FROM people WHERE \(clause) GROUP BY sex")
      }
    }
    for (clauses, statistic, words) in [
      (
        (0..<4).map { clause($0, 8) }, "SUM(region)",
        "write fewer alternatives (OR, IN, NOT …) about the columns of a sum"
      ),
      (
        (0..<36).map { clause($0, 70) }, "COUNT(*)",
        "one WHERE clause for all queries over a table, IN (…) and BETWEEN instead"
      ),
    ] {
      let error = try refusal(queries(clauses, statistic))
      #expect(error.code.rawValue == "plan/too-large" && error.remedy?.contains(words) == true, "\(error)")
    }
    _ = try compile(queries(Array(repeating: "age BETWEEN 20 AND 60", count: 4)))
    _ = try compile(queries(["age IN (20, 30)"]))
  }

  /// One value under two labels, and two values under one.
  @Test(arguments: [["f", "m"], ["m", "f"]]) func labelsAreWrittenOut(labels: [String]) throws {
    func rows(_ text: String, _ other: [String]) throws -> [String] {
      var tables = SmallTables()
      let columns = [
        ("a", ColumnType.category(["0", "1"])), ("b", .category(["0", "1"])), ("k", .integer(0...9)),
      ]
      tables.add("t", columns, labels: ["a": ["f", "m"], "b": other], [[0, 1, 1], [1, 0, 5]])
      return try tables.rows(text)
    }
    let text = "SELECT CASE WHEN k > 3 THEN a ELSE b END AS x FROM t ORDER BY k"
    guard labels != ["f", "m"] else { return #expect(try rows(text, labels) == ["m", "m"]) }
    let error = try #require(throws: ParleyError.self) { try rows(text, labels) }
    #expect(error.code.rawValue == "sql/label", "\(error)")
    #expect(error.remedy?.hasPrefix("label the values alike in the study, or write out the texts of both") == true)
    let written =
      "CASE WHEN k > 3 THEN CASE WHEN a = '0' THEN 'f' ELSE 'm' END ELSE CASE WHEN b = '0' THEN 'm' ELSE 'f' END END"
    #expect(try rows("SELECT \(written) AS x FROM t ORDER BY k", labels) == ["f", "m"])
  }

  /// A table says that its keys are unique, and two rows have the same.
  @Test(arguments: [0, 5]) func declaredKeysAreCorrected(minimum: Int) throws {
    func run(_ keys: [[String]], _ persons: [Int64], _ query: SQLQuery) throws -> [DecodedTable] {
      let tables = ["a", "b"].map { name in
        TableSchema(
          name: name,
          columns: ["pid", "x"].map { .init(name: $0, type: .integer(0...99), isNullable: false) }, holders: ["h"],
          maximumRows: 20, uniqueKeys: keys, protection: .units(name: "person", column: "pid"))
      }
      let data = TableData(
        rowCount: persons.count,
        columns: [.init(values: persons, isNull: []), .init(values: persons.map { $0 % 7 }, isNull: [])])
      let program = try SQLFrontEnd.compile(
        [query], tables: tables, rules: .init(minimumCell: minimum, recipients: ["r"]))
      return try InsecurePlaintextEvaluator.results(program, tables: tables, data: ["a": [data], "b": [data]])
    }
    let twice = (0..<10).map { Int64($0 / 2) }, once = (0..<10).map { Int64($0) }
    let query = SQLQuery(
      name: "q",
      text: minimum == 0
        ? "SELECT COUNT(*) AS n FROM a JOIN b ON a.pid = b.pid" : "SELECT COUNT(*) AS n, AVG(x) AS m FROM a")
    let words =
      minimum == 0
      ? "remove 'unique: [[pid]]' from table 'b' in the study; and give the query 'q' a 'bound:'"
      : "remove '[pid]' from 'unique' of table 'a' in the study, and ask one query about every person"
    let error = try #require(throws: ParleyError.self) { try run([["pid"]], twice, query) }
    #expect(error.code.rawValue == "data/requirement", "\(error)")
    #expect(error.remedy?.contains(words) == true, "\(error)")
    #expect(error.remedy?.hasPrefix("correct the data; or, where such rows are right,") == true, "\(error)")
    _ = try run([["pid"]], once, query)
    var bounded = query
    bounded.joinBound = 60
    _ = try run([], twice, bounded)
  }
}
