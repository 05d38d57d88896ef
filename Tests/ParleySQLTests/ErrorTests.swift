import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

@Suite struct ErrorTests {
  struct Case: Sendable, CustomStringConvertible {
    var text: String, code: String, line: Int, column: Int, says: String
    init(_ text: String, _ code: String, _ line: Int, _ column: Int, _ says: String) {
      (self.text, self.code, self.line, self.column, self.says) = (text, code, line, column, says)
    }
    var description: String { text }
  }

  static let cases: [Case] = [
    // Lexer.
    Case("SELECT COUNT(*) FROM patients WHERE age ? 3", "sql/character", 20, 41, "'?'"),
    Case("SELECT COUNT(*) FROM patients WHERE age < 1e5", "sql/number", 20, 43, "'1e5'"),
    Case("SELECT COUNT(*) FROM patients WHERE sex = 'male", "sql/unterminated", 20, 43, "text"),
    Case("SELECT COUNT(*) /* FROM patients", "sql/unterminated", 20, 17, "comment"),
    Case("SELECT AVG(1.0000000000000000000) FROM patients", "sql/number", 20, 12, "digits"),
    // Parser.
    Case("SELEC COUNT(*) FROM patients", "sql/syntax", 20, 1, "did you mean 'SELECT'"),
    Case("SELECT COUNT(*) patients", "sql/syntax", 20, 25, "expected FROM"),
    Case("SELECT COUNT(*) FROM patients\n  WHER age < 3", "sql/syntax", 21, 8, "'age'"),
    Case("SELECT COUNT(*) FROM patients p WHER age < 3", "sql/syntax", 20, 33, "did you mean 'WHERE'"),
    Case("SELECT COUNT(*\nFROM patients", "sql/syntax", 21, 1, "expected ')'"),
    Case("SELECT AVG(CASE age END) FROM patients", "sql/syntax", 20, 21, "expected WHEN"),
    Case("SELECT COUNT(*) FROM patients WHERE birth > DATE '2001-02-29'", "sql/date", 20, 50, "not a date"),
    Case("SELECT * FROM patients", "sql/row-release", 20, 1, "rows of its tables"),
    Case("SELECT DISTINCT sex FROM patients", "sql/row-release", 20, 1, "rows"),
    Case("SELECT COUNT(*) FROM patients JOIN x ON 1", "sql/unknown-table", 20, 36, "'x'"),
    Case("SELECT COUNT(*) FROM (SELECT 1)", "sql/syntax", 20, 31, "FROM"),
    Case(
      "SELECT " + String(repeating: "(", count: 300) + "COUNT(*)", "sql/nesting", 20, 57, "nested"),
    // Names.
    Case("SELECT AVG(agee) FROM patients", "sql/unknown-column", 20, 12, "did you mean 'age'"),
    Case("SELECT COUNT(*)\n\n  FROM patiens", "sql/unknown-table", 22, 8, "did you mean 'patients'"),
    Case("SELECT AVG(x.age) FROM patients", "sql/unknown-table", 20, 12, "'x'"),
    Case("SELECT AGV(age) FROM patients", "sql/unknown-function", 20, 8, "did you mean 'AVG'"),
    Case("SELECT COUNT(*) FROM patients WHERE sex = 'mael'", "sql/unknown-value", 20, 43, "did you mean 'male'"),
    // Types.
    Case("SELECT AVG(sex) FROM patients", "sql/type", 20, 12, "number"),
    Case("SELECT AVG(age + sick) FROM patients", "sql/type", 20, 18, "condition"),
    Case("SELECT COUNT(*) FROM patients WHERE age", "sql/type", 20, 37, "condition is needed"),
    Case("SELECT COUNT(*) FROM patients WHERE age = 'x'", "sql/type", 20, 43, "compared"),
    Case("SELECT COUNT(*) FROM patients WHERE sex < 'male'", "sql/type", 20, 37, "no order"),
    Case("SELECT COUNT(*) FROM patients WHERE birth = '1.1.2001'", "sql/date", 20, 45, "date"),
    Case("SELECT AVG(birth) FROM patients", "sql/type", 20, 12, "a date"),
    // Statistics, groups, order.
    Case("SELECT AVG(COUNT(*)) FROM patients", "sql/aggregate-place", 20, 12, "COUNT"),
    Case("SELECT COUNT(*) FROM patients WHERE COUNT(*) > 3", "sql/aggregate-place", 20, 37, "COUNT"),
    Case("SELECT SUM(*) FROM patients", "sql/arguments", 20, 8, "(*)"),
    Case("SELECT CORR(age) FROM patients", "sql/arguments", 20, 8, "two arguments"),
    Case("SELECT age FROM patients", "sql/row-release", 20, 1, "rows"),
    Case("SELECT 3 FROM patients", "sql/row-release", 20, 1, "rows"),
    Case("SELECT COUNT(*) FROM patients GROUP BY 2", "sql/ordinal", 20, 40, "2"),
    Case("SELECT COUNT(*) FROM patients GROUP BY 1", "sql/group-key", 20, 40, "statistic"),
    // Relational queries.
    Case("SELECT COUNT(*) FROM patients a, patients a WHERE a.age = 1", "sql/duplicate-name", 20, 1, "'a'"),
    Case("SELECT COUNT(*) FROM patients a, patients b WHERE age = 1", "sql/ambiguous-column", 20, 51, "'age'"),
    Case(
      "SELECT COUNT(*) FROM patients a JOIN patients b ON a.age = b.aeg", "sql/unknown-column", 20, 62, "'age'"),
    Case("SELECT COUNT(*) FROM patients a JOIN patients b", "sql/syntax", 20, 48, "ON or USING"),
    Case("SELECT COUNT(*) FROM patients a NATURAL JOIN patients b", "sql/unsupported", 20, 33, "NATURAL"),
    Case("SELECT sex, COUNT(*) FROM patients GROUP BY sex LIMIT x", "sql/limit", 20, 55, "LIMIT"),
    Case("SELECT income, COUNT(*) FROM patients GROUP BY sex LIMIT 3", "sql/select-item", 20, 8, "'income'"),
    Case(
      "SELECT COUNT(*) FROM patients WHERE age IN (SELECT age, sex FROM patients)", "sql/scalar-subquery", 20, 45,
      "2"),
    Case(
      "SELECT COUNT(*) FROM patients WHERE age = (SELECT income FROM patients)", "sql/scalar-subquery", 20, 43,
      "several"),
    Case(
      "SELECT COUNT(*) FROM patients a WHERE EXISTS (SELECT 1 FROM patients b WHERE b.age = a.age LIMIT 1)",
      "sql/correlated", 20, 39, "LIMIT"),
    Case("SELECT COUNT(*) FROM patients WHERE EXTRACT(yaer FROM birth) = 1", "sql/syntax", 20, 45, "'YEAR'"),
    Case("SELECT COUNT(*) FROM patients WHERE birth < INTERVAL '3' FORTNIGHT", "sql/date", 20, 54, "unit"),
    Case("SELECT COUNT(*) FROM patients WHERE CAST(age AS BLOB) = 'x'", "sql/unsupported", 20, 49, "BLOB"),
    Case("SELECT age FROM patients UNION SELECT age, sex FROM patients", "sql/arguments", 20, 1, "1 and 2"),
    Case("SELECT age FROM patients UNION SELECT birth FROM patients", "sql/type", 20, 39, "in one column"),
    Case(
      "SELECT COUNT(*) FROM patients WHERE RANK() OVER (ORDER BY age) = 1", "sql/aggregate-place", 20, 37, "window"
    ),
    Case("SELECT ROW_NUMBER() FROM patients", "sql/arguments", 20, 8, "window"),
    Case("SELECT SUM(sex) FROM patients", "sql/type", 20, 12, "number"),
  ]

  static let schema = TableSchema(
    name: "patients",
    columns: [
      .init(name: "age", type: .integer(0...120), isNullable: false),
      .init(name: "sex", type: .category(["female", "male"]), isNullable: true),
      .init(name: "sick", type: .boolean, isNullable: false),
      .init(name: "birth", type: .date(-20000...20000), isNullable: true),
      .init(name: "income", type: .integer(0...1_000_000), isNullable: true),
    ], holders: ["a"], maximumRows: 100)

  @Test(arguments: cases) func errorHasPlaceAndRemedy(test: Case) throws {
    let error = try #require(throws: ParleyError.self) {
      try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: test.text, file: "study.yml", line: 20)], tables: [Self.schema],
        rules: .init(minimumCell: 0, recipients: ["r"]))
    }
    #expect(error.code.rawValue == test.code, "\(error)")
    #expect(error.place?.file == "study.yml")
    #expect(error.place?.line == test.line && error.place?.column == test.column, "\(error)")
    #expect(error.message.contains(test.says), "\(error)")
    #expect(error.remedy != nil && error.exitCode == 3)
  }

  @Test func noQueryAndTwoOfOneName() throws {
    let rules = ReleaseRules(minimumCell: 0, recipients: [])
    let empty = try #require(throws: ParleyError.self) {
      try SQLFrontEnd.compile([], tables: [Self.schema], rules: rules)
    }
    #expect(empty.code.rawValue == "sql/empty")
    let query = SQLQuery(name: "q", text: "SELECT COUNT(*) FROM patients")
    let twice = try #require(throws: ParleyError.self) {
      try SQLFrontEnd.compile([query, query], tables: [Self.schema], rules: rules)
    }
    #expect(twice.code.rawValue == "sql/duplicate-name")
  }

  /// Long texts end in an error, or in a program when only AND, OR and IN are long.
  @Test func longQueriesDoNotExhaustTheStack() throws {
    func compile(_ text: String) throws(ParleyError) -> Program {
      try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: text)], tables: [Self.schema], rules: .init(minimumCell: 0, recipients: []))
    }
    func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
    for text in [
      "SELECT SUM(age\(repeated(" + age", 30_000))) FROM patients",
      "SELECT SUM(\(repeated("- ", 30_000))age) FROM patients",
      "SELECT COUNT(*) FROM patients WHERE \(repeated("NOT ", 30_000))sick",
      "SELECT COUNT(*) FROM patients WHERE sick\(repeated(" = sick", 30_000))",
      "SELECT COUNT(*) FROM patients WHERE sick\(repeated(" IS NULL", 30_000))",
    ] {
      let error = try #require(throws: ParleyError.self) { try compile(text) }
      #expect(["sql/nesting", "plan/too-large"].contains(error.code.rawValue))
    }
    _ = try compile("SELECT SUM(age\(repeated(" + age", 100))) FROM patients")
    // The deepest tree that the parser lets through.
    let level = "NOT 1 = 1 + 1 * -CASE WHEN "
    _ = try compile(
      "SELECT COUNT(*) FROM patients WHERE \(repeated(level, 48))sick\(repeated(" THEN 1 END", 48))")
    _ = try compile("SELECT COUNT(*) FROM patients WHERE age IN (1\(repeated(", 2", 3000)))")
    let many = (0..<900).map { "age <> \($0 % 120)" }.joined(separator: " AND ")
    _ = try compile("SELECT COUNT(*) FROM patients WHERE \(many)")
  }

  /// Random edits of a valid query end in a typed error or a program, never in a trap.
  @Test func hostileTextNeverTraps() {
    let seed = 0x5eed_7e47 as UInt64
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let base = Array(
      "SELECT sex, age / 10 AS band, 100 * AVG(CASE WHEN sick THEN 1.5 ELSE -2 END) FROM patients WHERE age BETWEEN 3 AND 99 AND sex IN ('male') GROUP BY sex, band HAVING COUNT(*) >= 5 ORDER BY 1 DESC NULLS LAST"
        .utf8)
    let pieces = ["(", ")", "'", "\"", " NULL ", ",", "*", "/", "-", "é", " CASE ", " END ", " 0 ", "."].map {
      Array($0.utf8)
    }
    for _ in 0..<500 {
      var bytes = base
      for _ in 0..<1 + next(4) {
        let at = next(bytes.count)
        switch next(3) {
        case 0: bytes.removeSubrange(at..<min(bytes.count, at + next(9)))
        case 1: bytes.insert(contentsOf: pieces[next(pieces.count)], at: at)
        default: bytes[at] = UInt8(next(256))
        }
        if bytes.isEmpty { bytes = base }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      do {
        _ = try SQLFrontEnd.compile(
          [SQLQuery(name: "q", text: text)], tables: [Self.schema],
          rules: .init(minimumCell: 5, recipients: []))
      } catch {
        #expect(
          error.code.category == "sql" || error.code.category == "plan", "seed \(seed): \(text): \(error)")
      }
    }
  }
}
