import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// What a refusal advises has been done here, and works.
@Suite struct RemedyTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t",
      [
        ("id", .integer(1...9)), ("b", .integer(0...9)), ("d", .date(10_000...10_400)), ("flag", .boolean),
        ("c", .category(["x", "y"])), ("amount", .decimal(scale: 9, 0...1000)),
      ], unique: [["id"]],
      [[1, 3, 10_000, 1, 0, 5], [2, 4, 10_031, 0, 1, 7]])
    tables.add("u", [("tid", .integer(1...9)), ("b", .integer(0...9))], [[1, 5], [2, 6], [2, 9]])
    tables.add("s", [("k", .integer(0...9)), ("name", .text(bytes: 20))], texts: [["1", "ab"], ["3", nil]])
    tables.add(
      "w",
      [
        ("at", .timestamp(1_577_836_800...1_735_603_200)), ("day", .date(18_262...20_088)), ("n", .integer(0...9)),
      ],
      [[1_577_836_800, 18_300, 1], [nil, 18_400, nil]])
    return tables
  }()

  struct Case: Sendable, CustomStringConvertible {
    var text: String, code: String, advice: String, rewritten: String
    init(_ text: String, _ code: String, _ advice: String, _ rewritten: String) {
      (self.text, self.code, self.advice, self.rewritten) = (text, code, advice, rewritten)
    }
    var description: String { text }

    /// The query is refused with the advice, and runs once it is written as it says.
    func check(_ tables: SmallTables) throws {
      let error = try #require(throws: ParleyError.self) { try tables.compile(text) }
      #expect(error.code.rawValue == code, "\(error)")
      #expect(error.remedy?.contains(advice) == true, "\(error)")
      _ = try tables.rows(rewritten)
    }
  }

  static let cases: [Case] = [
    Case(
      "SELECT COUNT(*) FROM t JOIN u ON id = tid WHERE b = 1", "sql/ambiguous-column", "write the table before it",
      "SELECT COUNT(*) FROM t JOIN u ON id = tid WHERE t.b = 1"),
    Case(
      "SELECT COUNT(*) FROM t AS a, t AS a", "sql/duplicate-name", "FROM t AS t1, t AS t2",
      "SELECT COUNT(*) FROM t AS t1, t AS t2"),
    Case("SELECT id, id FROM t", "sql/duplicate-name", "with AS", "SELECT id, id AS other FROM t"),
    Case(
      "SELECT c, COUNT(*) FROM t GROUP BY b", "sql/select-item", "such as COUNT",
      "SELECT COUNT(c), COUNT(*) AS n FROM t GROUP BY b"),
    Case(
      "SELECT c, b, COUNT(*) FROM t GROUP BY c LIMIT 3", "sql/select-item", "add it to GROUP BY",
      "SELECT c, b, COUNT(*) FROM t GROUP BY c, b LIMIT 3"),
    Case("SELECT COUNT(*) FROM t WHERE b", "sql/type", "b <> 0", "SELECT COUNT(*) FROM t WHERE b <> 0"),
    Case("SELECT COUNT(*) FROM t WHERE c", "sql/type", "c = 'x'", "SELECT COUNT(*) FROM t WHERE c = 'x'"),
    Case(
      "SELECT COUNT(*) FROM t WHERE d", "sql/type", "d IS NOT NULL", "SELECT COUNT(*) FROM t WHERE d IS NOT NULL"),
    Case(
      "SELECT SUM(id + flag) FROM t", "sql/type", "CASE WHEN flag THEN 1 ELSE 0 END",
      "SELECT SUM(id + CASE WHEN flag THEN 1 ELSE 0 END) FROM t"),
    Case(
      "SELECT COUNT(*) FROM t WHERE d = '19.5.1997'", "sql/date", "DATE 'YYYY-MM-DD'",
      "SELECT COUNT(*) FROM t WHERE d = DATE '1997-05-19'"),
    Case(
      "SELECT COUNT(*) FROM t WHERE c < 'y'", "sql/type", "use =, <> or IN",
      "SELECT COUNT(*) FROM t WHERE c IN ('x')"),
    Case(
      "SELECT COUNT(*) FROM t WHERE c < 'y'", "sql/type", "CAST(c AS VARCHAR)",
      "SELECT COUNT(*) FROM t WHERE CAST(c AS VARCHAR) < 'y'"),
    Case(
      "SELECT COUNT(*) FROM s WHERE UPPER(k) = '1'", "sql/type", "CAST(k AS VARCHAR)",
      "SELECT COUNT(*) FROM s WHERE UPPER(CAST(k AS VARCHAR)) = '1'"),
    Case(
      "SELECT UPPER(name), COUNT(*) AS n FROM s GROUP BY name", "sql/text-place", "a group key too",
      "SELECT UPPER(name), COUNT(*) AS n FROM s GROUP BY name, UPPER(name)"),
    Case(
      "SELECT COUNT(*) AS n FROM t JOIN s ON b = k JOIN s AS r ON r.k = t.id WHERE s.name || r.name = 'x'",
      "sql/text-place", "in a subquery below the join",
      "SELECT COUNT(*) AS n FROM t JOIN (SELECT UPPER(name) AS x, k FROM s) AS q ON b = k WHERE x = 'X'"),
    Case(
      "SELECT REPEATED || REPEATED || REPEATED || REPEATED || REPEATED AS z FROM (SELECT name || name || name AS REPEATED FROM s) AS q",
      "sql/text-length", "LEFT(…, 64)",
      "SELECT LEFT(REPEATED || REPEATED || REPEATED || REPEATED || REPEATED, 64) AS z FROM (SELECT name || name || name AS REPEATED FROM s) AS q"
    ),
    Case(
      "SELECT REPLACE(name, name, 'x') AS z FROM s", "sql/type", "write a constant",
      "SELECT REPLACE(name, 'a', 'x') AS z FROM s"),
    Case(
      "SELECT SUBSTRING(name FROM -3) AS z FROM s", "sql/unsupported", "RIGHT(x, 3)",
      "SELECT RIGHT(name, 3) AS z FROM s"),
    Case(
      "SELECT CAST(k AS VARCHAR(3)) AS z FROM s", "sql/unsupported", "LEFT(CAST(x AS VARCHAR), 3)",
      "SELECT LEFT(CAST(k AS VARCHAR), 3) AS z FROM s"),
    Case(
      "SELECT k, MIN(name) OVER (PARTITION BY k) AS z FROM s", "sql/unsupported", "ORDER BY x NULLS LAST",
      "SELECT k, FIRST_VALUE(name) OVER (PARTITION BY k ORDER BY name NULLS LAST) AS z FROM s"),
    Case(
      "SELECT LENGHT(name) AS z FROM s", "sql/unknown-function", "LENGTH", "SELECT LENGTH(name) AS z FROM s"),
    Case(
      "SELECT id FROM t WHERE b > ALL (SELECT b FROM u)", "sql/unsupported",
      "NOT EXISTS (SELECT 1 FROM … WHERE (b > x) IS NOT TRUE)",
      "SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE (t.b > u.b) IS NOT TRUE)"),
    Case(
      "SELECT id, (SELECT b FROM u WHERE tid = id) AS x FROM t", "sql/scalar-subquery", "MAX",
      "SELECT id, (SELECT MAX(b) FROM u WHERE tid = id) AS x FROM t"),
    Case(
      "SELECT tid, (SELECT d FROM t WHERE t.b = u.b) AS x FROM u", "sql/scalar-subquery", "declare as unique",
      "SELECT tid, (SELECT d FROM t WHERE t.id = u.tid) AS x FROM u"),
    Case(
      "SELECT COUNT(*) FROM t WHERE EXISTS (SELECT 1 FROM u GROUP BY t.b)", "sql/correlated",
      "conditions of the subquery's WHERE",
      "SELECT COUNT(*) FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.tid = t.id)"),
    Case(
      "SELECT COUNT(*) FROM t WHERE RANK() OVER (ORDER BY b) = 1", "sql/aggregate-place", "subquery in FROM",
      "SELECT COUNT(*) FROM (SELECT RANK() OVER (ORDER BY b) AS r FROM t) AS q WHERE r = 1"),
    Case(
      "SELECT RANK() FROM t", "sql/arguments", "OVER (PARTITION BY … ORDER BY …)",
      "SELECT RANK() OVER (PARTITION BY c ORDER BY b) AS r FROM t"),
    Case(
      "SELECT COUNT(*) FROM t WHERE COUNT(*) > 1", "sql/aggregate-place", "subquery can compute one for WHERE",
      "SELECT COUNT(*) FROM t WHERE b > (SELECT AVG(b) FROM t)"),
    Case(
      "SELECT COUNT(*) FROM t GROUP BY COUNT(*)", "sql/group-key", "subquery in FROM",
      "SELECT n, COUNT(*) AS m FROM (SELECT c, COUNT(*) AS n FROM t GROUP BY c) AS q GROUP BY n"),
    Case(
      "SELECT DISTINCT b FROM t ORDER BY id", "sql/order", "select the expression",
      "SELECT DISTINCT b, id FROM t ORDER BY id"),
    Case(
      "SELECT b FROM t UNION SELECT b FROM u ORDER BY tid", "sql/ordinal", "write its position",
      "SELECT b FROM t UNION SELECT b FROM u ORDER BY 1"),
    Case(
      "SELECT amount * amount * amount AS p FROM t", "sql/scale", "CAST(x AS DECIMAL(p, s))",
      "SELECT CAST(amount AS DECIMAL(9, 4)) * amount AS p FROM t"),
    Case(
      "SELECT VAR_POP(b) AS v FROM t", "sql/unknown-function", "VARIANCE(x) * (COUNT(x) - 1) / COUNT(x)",
      "SELECT VARIANCE(b) * (COUNT(b) - 1) / COUNT(b) AS v FROM t"),
    Case(
      "SELECT PERCENTILE_CONT(b) AS v FROM t", "sql/unknown-function", "MEDIAN(x)",
      "SELECT MEDIAN(b) AS v, QUANTILE(b, 0.9) AS q FROM t"),
    Case(
      "SELECT COUNT(*) FROM t NATURAL JOIN u", "sql/unsupported", "USING",
      "SELECT COUNT(*) FROM t JOIN u USING (b)"),
    Case(
      "SELECT id FROM t LEFT JOIN u ON id = tid AND EXISTS (SELECT 1 FROM u AS w WHERE w.b = t.b)",
      "sql/unsupported", "subquery in FROM",
      "SELECT id FROM t LEFT JOIN (SELECT tid FROM u WHERE EXISTS (SELECT 1 FROM t AS w WHERE w.b = u.b)) AS q ON id = tid"
    ),
    Case(
      "SELECT COUNT(*) FROM t JOIN u", "sql/syntax", "SELECT … FROM table",
      "SELECT COUNT(*) FROM t JOIN u ON id = tid"),
    Case(
      "SELECT QUANTILE(b, id) AS q FROM t", "sql/arguments", "QUANTILE(x, 0.9)",
      "SELECT QUANTILE(b, 0.9) AS q FROM t"),
    Case(
      "SELECT SUM(b) OVER (PARTITION BY c) + 1, AGV(b) FROM t", "sql/unknown-function", "functions:",
      "SELECT AVG(b) FROM t"),
    Case(
      "SELECT SUM(b) OVER (PARTITION BY c) + 1, AGV(b) FROM t", "sql/unknown-function",
      "DENSE_RANK, NTILE, LAG, LEAD",
      "SELECT id, DENSE_RANK() OVER (ORDER BY b) AS r, LAG(b) OVER (ORDER BY b) AS l FROM t"),
    Case(
      "SELECT COUNT(*) FROM t WHERE flag = 1", "sql/type", "write flag, or NOT flag,",
      "SELECT COUNT(*) FROM t WHERE NOT flag"),
    Case(
      "SELECT id FROM t WHERE b >= ALL (SELECT b FROM u)", "sql/unsupported",
      "NOT EXISTS (SELECT 1 FROM … WHERE (b >= x) IS NOT TRUE)",
      "SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE (t.b >= u.b) IS NOT TRUE)"),
    Case(
      "SELECT id FROM t WHERE b > ANY (SELECT b FROM u)", "sql/unsupported",
      "EXISTS (SELECT 1 FROM … WHERE b > x)",
      "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE t.b > u.b)"),
    Case("SELECT POWER(b, 2) AS v FROM t", "sql/unknown-function", "x * x", "SELECT b * b AS v FROM t"),
    Case(
      "SELECT QUANTILE_CONT(b, 0.5) AS v FROM t", "sql/unknown-function", "QUANTILE(x, 0.9)",
      "SELECT QUANTILE(b, 0.5) AS v FROM t"),
    Case(
      "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY b) AS v FROM t", "sql/unsupported", "MEDIAN(x)",
      "SELECT MEDIAN(b) AS v FROM t"),
    Case(
      "SELECT IIF(b > 5, 1, 0) AS v FROM t", "sql/unknown-function", "CASE WHEN condition THEN a ELSE b END",
      "SELECT CASE WHEN b > 5 THEN 1 ELSE 0 END AS v FROM t"),
    Case(
      "SELECT strftime('%Y', d) AS v FROM t", "sql/unknown-function", "EXTRACT(YEAR FROM d)",
      "SELECT EXTRACT(YEAR FROM d) AS v FROM t"),
    Case(
      "SELECT CURRENT_DATE - d AS v FROM t", "sql/unsupported", "DATE '2024-03-31'",
      "SELECT DATE '2024-03-31' - d AS v FROM t"),
    Case(
      "SELECT b, UPPER(MAX(name)) AS v FROM t JOIN s ON b = k GROUP BY b", "sql/text-place", "MAX(UPPER(name))",
      "SELECT b, MAX(UPPER(name)) AS v FROM t JOIN s ON b = k GROUP BY b"),
    Case(
      "SELECT amount::DECIMAL(10, 2) AS v FROM t", "sql/unsupported", "CAST(x AS DECIMAL(10, 2))",
      "SELECT CAST(amount AS DECIMAL(10, 2)) AS v FROM t"),
    Case(
      "SELECT k FROM s WHERE name ILIKE 'A%'", "sql/unsupported", "LOWER(name) LIKE 'a%'",
      "SELECT k FROM s WHERE LOWER(name) LIKE 'a%'"),
    Case(
      "SELECT k FROM s WHERE name NOT ILIKE 'A%' AND k > 1", "sql/unsupported", "LOWER(name) NOT LIKE 'a%'",
      "SELECT k FROM s WHERE LOWER(name) NOT LIKE 'a%' AND k > 1"),
    Case(
      "SELECT name ILIKE 'A%' AS v FROM s", "sql/unsupported", "LOWER(name) LIKE 'a%'",
      "SELECT LOWER(name) LIKE 'a%' AS v FROM s"),
    Case(
      "SELECT k FROM s WHERE name SIMILAR TO 'a%'", "sql/unsupported", "name LIKE 'a%'",
      "SELECT k FROM s WHERE name LIKE 'a%'"),
    Case(
      "SELECT TRY_CAST(amount AS INTEGER) AS v FROM t", "sql/unsupported", "CAST(x AS INTEGER)",
      "SELECT CAST(amount AS INTEGER) AS v FROM t"),
    Case(
      "SELECT k FROM s WHERE POSITION('a' IN name) > 0", "sql/unsupported", "CONTAINS(x, 'part')",
      "SELECT k FROM s WHERE CONTAINS(name, 'a')"),
    Case(
      "SELECT id FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY c ORDER BY b) = 1", "sql/unsupported",
      "AS place FROM …) AS q WHERE place = 1",
      "SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY c ORDER BY b) AS place FROM t) AS q WHERE place = 1"
    ),
    Case(
      "SELECT COUNT(*) FROM (SELECT id FROM t WHERE b > 1 QUALIFY RANK() OVER (ORDER BY b) = 1) AS q",
      "sql/unsupported", "AS place FROM …) AS q WHERE place = 1",
      "SELECT COUNT(*) FROM (SELECT id, RANK() OVER (ORDER BY b) AS place FROM t WHERE b > 1) AS q WHERE place = 1"
    ),
    Case(
      "SELECT id, n FROM t, LATERAL (SELECT COUNT(*) AS n FROM u WHERE u.b = t.b) AS q", "sql/unsupported",
      "JOIN (SELECT b, COUNT(*) AS n FROM … GROUP BY b) AS q ON q.b = a",
      "SELECT id, n FROM t JOIN (SELECT b, COUNT(*) AS n FROM u GROUP BY b) AS q ON q.b = t.b"),
    Case(
      "SELECT id, n FROM t CROSS JOIN LATERAL (SELECT COUNT(*) AS n FROM u WHERE u.b = t.b) AS q",
      "sql/unsupported", "a subquery with one value after SELECT",
      "SELECT id, (SELECT COUNT(*) FROM u WHERE u.b = t.b) AS n FROM t"),
    Case(
      "SELECT LPAD(k, 3, '0') AS v FROM s", "sql/unknown-function", "RIGHT('000' || CAST(x AS VARCHAR), 3)",
      "SELECT RIGHT('000' || CAST(k AS VARCHAR), 3) AS v FROM s"),
    Case(
      "SELECT RPAD(name, 3, ' ') AS v FROM s", "sql/unknown-function", "LEFT(x || '   ', 3)",
      "SELECT LEFT(name || '   ', 3) AS v FROM s"),
    Case(
      "SELECT COUNT(*) FROM t GROUP BY GROUPING SETS (\(Array(repeating: "b", count: 65).joined(separator: ", ")))",
      "plan/too-large", "list fewer with GROUPING SETS, or split the query",
      "SELECT COUNT(*) FROM t GROUP BY GROUPING SETS (b, c)"),
  ]

  /// The words of other databases are names where no value follows them.
  @Test(arguments: [
    "SELECT COUNT(*) AS ilike FROM t qualify WHERE qualify.b > 1", "SELECT id glob, b similar FROM t AS lateral",
    "SELECT position, try_cast FROM (SELECT id AS position, b AS try_cast FROM t) AS q ORDER BY position",
  ]) func wordsOfOthersAreNames(text: String) throws {
    _ = try Self.tables.rows(text)
  }

  /// Of too many groupings it is said that they are groupings, not keys.
  @Test func manyGroupingsAreNoKeys() throws {
    let error = try #require(throws: ParleyError.self) {
      let sets = (0...64).map { "b + \($0)" }.joined(separator: ", ")
      return try Self.tables.compile("SELECT COUNT(*) FROM t GROUP BY GROUPING SETS (\(sets))")
    }
    #expect(error.message.contains("more than 64 groupings"), "\(error)")
  }

  /// Where rows are the units, no column names one: the advice is a join and 'unique', and passes.
  @Test func existsAgainstProtectedRowsBecomesAJoin() throws {
    func compile(_ text: String, isUnique: Bool) throws -> Program {
      let tables = ["p", "q"].map { name in
        TableSchema(
          name: name,
          columns: ["id", "x"].map { .init(name: $0, type: .integer(0...999), isNullable: false) }, holders: ["a"],
          maximumRows: 100, uniqueKeys: isUnique ? [["id"]] : [])
      }
      return try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: text)], tables: tables, rules: .init(minimumCell: 5, recipients: ["r"]))
    }
    let exists = "SELECT COUNT(*) AS n FROM p WHERE EXISTS (SELECT 1 FROM q WHERE q.id = p.id)"
    for isUnique in [false, true] {
      let error = try #require(throws: ParleyError.self) { try compile(exists, isUnique: isUnique) }
      #expect(error.code.rawValue == "plan/release-shape")
      #expect(error.remedy?.contains("declare 'unique' in the study") == true, "\(error)")
      #expect(error.remedy?.contains("write a join, JOIN … ON") == true, "\(error)")
    }
    _ = try compile("SELECT COUNT(*) AS n FROM p JOIN q ON q.id = p.id", isUnique: true)
  }

  /// Also over no row and over NULL, where a comparison with MIN or MAX would say something else.
  @Test func comparisonsWithAllAndAny() throws {
    var tables = SmallTables()
    tables.add("t", [("id", .integer(1...9)), ("b", .integer(0...9))], [[1, 3], [2, 5], [3, nil]])
    tables.add("u", [("x", .integer(0...9)), ("g", .integer(0...9))], [[3, 1], [4, 1], [nil, 2], [2, 2]])
    func rows(_ sign: String, _ isAll: Bool, _ group: Int) throws -> [String] {
      let test =
        isAll
        ? "NOT EXISTS (SELECT 1 FROM u WHERE g = \(group) AND (b \(sign) x) IS NOT TRUE)"
        : "EXISTS (SELECT 1 FROM u WHERE g = \(group) AND b \(sign) x)"
      return try tables.rows("SELECT id FROM t WHERE \(test) ORDER BY id")
    }
    #expect(try rows(">=", true, 1) == ["2"])
    #expect(try rows(">=", true, 2) == [])
    #expect(try rows(">=", true, 3) == ["1", "2", "3"])
    #expect(try rows(">=", false, 1) == ["1", "2"])
    #expect(try rows(">", false, 2) == ["1", "2"])
    #expect(try rows(">", false, 3) == [])
  }

  @Test(arguments: cases) func theAdviceWorks(test: Case) throws { try test.check(Self.tables) }

  /// The refusal of the way that the query could not take anyway is not the one that is told.
  @Test func theTrueReasonIsTold() throws {
    let error = try #require(throws: ParleyError.self) {
      try Self.tables.compile("SELECT id, d + INTERVAL '1' FORTNIGHT AS x FROM t")
    }
    #expect(error.message.contains("'FORTNIGHT' is no unit of time"), "\(error)")
  }

  @Test func rowsAreReleasedAsTheAdviceSays() throws {
    let schema = TableSchema(
      name: "t", columns: [.init(name: "v", type: .integer(0...9), isNullable: false)], holders: ["a"],
      maximumRows: 10)
    let query = [SQLQuery(name: "q", text: "SELECT v FROM t")]
    let error = try #require(throws: ParleyError.self) {
      try SQLFrontEnd.compile(query, tables: [schema], rules: .init(minimumCell: 0, recipients: ["r"]))
    }
    #expect(error.remedy?.contains("'rows: allowed' under 'release'") == true, "\(error)")
  }

  /// Two hundred rows in two groups join to twenty thousand: more than both tables have together.
  @Test func aJoinMayHaveAsManyRowsAsTheStudySays() throws {
    let schema = TableSchema(
      name: "p", columns: [.init(name: "g", type: .integer(0...1), isNullable: false)], holders: ["a"],
      maximumRows: 400)
    let data = ["p": [TableData(rowCount: 200, columns: [.init(values: (0..<200).map { $0 % 2 }, isNull: [])])]]
    func count(_ bound: Int?, most: Int? = nil) throws -> [[DecodedTable.Cell]] {
      var schema = schema
      if let most { schema.rowLimits = [.init(columns: ["g"], rows: most)] }
      let query = SQLQuery(
        name: "q", text: "SELECT COUNT(*) AS n FROM p AS a JOIN p AS b ON a.g = b.g", joinBound: bound)
      let program = try SQLFrontEnd.compile(
        [query], tables: [schema], rules: .init(minimumCell: 0, recipients: ["r"]))
      return try InsecurePlaintextEvaluator.results(program, tables: [schema], data: data)[0].rows
    }
    let error = try #require(throws: ParleyError.self) { try count(nil) }
    #expect(error.code.rawValue == "data/requirement")
    #expect(error.remedy?.contains("give the query 'q' in the study a larger 'bound:'") == true, "\(error)")
    #expect(try count(20_000) == [[.value("20000")]])
    #expect(throws: ParleyError.self) { try count(19_999) }
    // What the study says of the table is as good, and is told where it is wrong.
    #expect(try count(nil, most: 100) == [[.value("20000")]])
    let wrong = try #require(throws: ParleyError.self) { try count(nil, most: 40) }
    #expect(wrong.code.rawValue == "data/requirement", "\(wrong)")
    #expect(wrong.message.contains("at most 40 rows of table 'p' have the same g"), "\(wrong)")
    #expect(wrong.remedy?.contains("or correct 'at-most' of table 'p'") == true, "\(wrong)")
    #expect(try count(20_000, most: 40) == [[.value("20000")]])
  }

  /// The note's CAST gives the decimals.
  @Test func divisionOfWholeNumbersIsNoted() throws {
    let text = "SELECT SUM(b) / SUM(id) AS rate FROM t WHERE id IN (SELECT tid FROM u)"
    let notes = try Self.tables.notes(text)
    #expect(notes.count == 1 && notes[0].contains("'SUM(b) / SUM(id)' divides whole numbers"), "\(notes)")
    #expect(notes[0].hasSuffix("write CAST(SUM(b) AS DECIMAL(18, 6)) / SUM(id)"), "\(notes)")
    #expect(try Self.tables.rows(text) == ["2"])
    let meant = "SELECT CAST(SUM(b) AS DECIMAL(18, 6)) / SUM(id) AS rate FROM t WHERE id IN (SELECT tid FROM u)"
    #expect(try Self.tables.rows(meant) == ["2.333333"])
    #expect(try Self.tables.notes(meant) == [])
    #expect(try Self.tables.notes("SELECT b / 2 AS half, COUNT(*) AS n FROM t GROUP BY half LIMIT 9") == [])
  }

  /// Statistics over public groups and relational queries alike, subqueries included.
  @Test(arguments: [
    ("k = NULL", "k = NULL is never true, whatever k is: use k IS NULL", "k IS NULL"),
    ("NULL <> k", "NULL <> k is never true, whatever k is: use k IS NOT NULL", "k IS NOT NULL"),
    ("k IN (1, NULL)", "NULL in k IN (1, NULL) equals nothing", "k = 1 OR k IS NULL"),
    ("k NOT IN (1, NULL)", "k NOT IN a list with NULL is never true", "k NOT IN (1) AND k IS NOT NULL"),
    (
      "CASE k WHEN NULL THEN TRUE ELSE FALSE END", "use CASE WHEN k IS NULL THEN",
      "CASE WHEN k IS NULL THEN TRUE ELSE FALSE END"
    ),
  ])
  func comparisonsWithNullAreNoted(condition: String, note: String, meant: String) throws {
    for text in [
      "SELECT COUNT(*) AS n FROM s WHERE ?", "SELECT k FROM s WHERE ?",
      "SELECT COUNT(*) AS n FROM t WHERE id IN (SELECT k FROM s WHERE ?)",
    ] {
      let notes = try Self.tables.notes(text.replacing("?", with: condition))
      #expect(notes.count == 1 && notes[0].contains(note), "\(notes)")
      #expect(try Self.tables.notes(text.replacing("?", with: meant)) == [])
    }
  }
}
