import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// What is advised where a query cannot be judged under a minimum has been done here, and passes.
@Suite struct ReleaseRemedyTests {
  struct Case: Sendable, CustomStringConvertible {
    var texts: [String], code: String, advice: String, rewritten: [String]
    var isDominated: Bool, areRowsAllowed: Bool
    /// - Parameter code: what follows "plan/release-", or all of it.
    init(
      _ texts: [String], _ code: String, _ advice: String, _ rewritten: [String], isDominated: Bool = false,
      areRowsAllowed: Bool = false
    ) {
      (self.texts, self.code, self.advice, self.rewritten) = (texts, code, advice, rewritten)
      (self.isDominated, self.areRowsAllowed) = (isDominated, areRowsAllowed)
    }
    var description: String { texts.joined(separator: "; ") }

    func compile(_ texts: [String]) throws(ParleyError) -> Program {
      try SQLFrontEnd.compile(
        texts.enumerated().map { SQLQuery(name: "q\($0.offset)", text: $0.element) },
        tables: ReleaseRemedyTests.tables,
        rules: .init(
          minimumCell: 5, recipients: ["r"], allowsRowRelease: areRowsAllowed,
          dominance: isDominated ? [.init(units: 1, percent: 80)] : []))
    }

    /// Queries are refused with the advice, and pass once they are written as it says.
    func check() throws {
      let error = try #require(throws: ParleyError.self) { try compile(texts) }
      #expect(error.code.rawValue == (code.contains("/") ? code : "plan/release-\(code)"), "\(error)")
      #expect(error.remedy?.contains(advice) == true, "\(error)")
      _ = try compile(rewritten)
    }
  }

  static let tables: [TableSchema] = [
    table(
      "people",
      [
        ("person", .integer(0...99)), ("region", .integer(0...9999)), ("age", .integer(1...99)),
        ("sex", .category(["f", "m"])), ("weight", .integer(1...200)), ("born", .date(-18_262...14_974)),
      ], of: .units(name: "person", column: "person"), unique: [["person"]], missing: ["weight"]),
    table(
      "visits",
      [
        ("person", .integer(0...99)), ("region", .integer(0...9999)), ("cost", .integer(1...99)),
        ("item", .integer(0...9)), ("code", .integer(0...9)), ("day", .date(18_262...20_088)),
      ], of: .units(name: "person", column: "person")),
    table("prices", [("item", .integer(0...9)), ("price", .integer(1...99))], of: .nothing, unique: [["item"]]),
    table("rates", [("item", .integer(0...9)), ("rate", .integer(1...99))], of: .nothing),
    table("plain", [("region", .integer(0...9999)), ("x", .integer(1...99))], of: .rows),
    table(
      "firms", [("firm", .integer(0...99)), ("person", .integer(0...99)), ("pay", .integer(0...99))],
      of: .units(name: "firm", column: "firm")),
  ]
  private static func table(
    _ name: String, _ columns: [(String, ColumnType)], of protection: TableSchema.Protection,
    unique: [[String]] = [], missing: Set<String> = []
  ) -> TableSchema {
    TableSchema(
      name: name,
      columns: columns.map { .init(name: $0.0, type: $0.1, isNullable: missing.contains($0.0)) },
      holders: ["h"], maximumRows: 20, uniqueKeys: unique, protection: protection)
  }

  /// Queries of one study, the code, words of the advice, and queries that do what they say.
  static let cases: [Case] = [
    .init(
      [
        "SELECT QUANTILE(weight, 0.5) AS q FROM people WHERE age > 30",
        "SELECT MEDIAN(weight) AS m FROM people WHERE sex = 'f'",
      ], "set", "ask for those of 'weight' in one query of the study", ["SELECT MEDIAN(weight) AS m FROM people"]),
    .init(
      ["SELECT MEDIAN(age * 2 - weight) AS m FROM people"], "argument",
      "ask for the median or quantile of one column", ["SELECT MEDIAN(age) AS m FROM people"]),
    .init(
      [
        "SELECT MEDIAN(age) FILTER (WHERE sex = 'f') AS m, MEDIAN(age) FILTER (WHERE weight > 50) AS x FROM people"
      ], "argument", "ask for both under one condition",
      [
        "SELECT MEDIAN(age) FILTER (WHERE sex = 'f') AS m, QUANTILE(age, 0.25) FILTER (WHERE sex = 'f') AS x FROM people"
      ]),
    .init(
      ["SELECT COUNT(*) AS n FROM visits v JOIN rates r ON v.item < r.item"], "shape",
      "join on equal columns, and", ["SELECT COUNT(*) AS n FROM visits v JOIN prices r ON v.item = r.item"]),
    .init(
      ["SELECT COUNT(*) AS n FROM visits v JOIN rates r ON v.item = r.item"], "shape",
      "or group that table by them in a subquery first",
      [
        "SELECT COUNT(*) AS n FROM visits v JOIN (SELECT item, MAX(rate) AS rate FROM rates GROUP BY item) AS r ON v.item = r.item"
      ]),
    .init(
      ["SELECT COUNT(*) AS n FROM people p JOIN plain q ON p.region = q.region"], "shape",
      "join on the columns that name the unit, or",
      ["SELECT COUNT(*) AS n FROM people p JOIN visits q ON p.person = q.person"]),
    .init(
      ["SELECT COUNT(*) AS n FROM people p JOIN visits v ON p.region = v.region"], "shape",
      "join on the columns that name the unit",
      ["SELECT COUNT(*) AS n FROM people p JOIN visits v ON p.person = v.person"]),
    .init(
      ["SELECT COUNT(*) AS n FROM people p JOIN visits v ON p.age = v.person"], "shape",
      "join on the columns that name the unit",
      ["SELECT COUNT(*) AS n FROM people p JOIN visits v ON p.person = v.person"]),
    .init(
      [
        "SELECT a.n, b.n AS m FROM (SELECT COUNT(*) AS n FROM people WHERE age > 30) AS a CROSS JOIN (SELECT COUNT(*) AS n FROM visits) AS b"
      ], "shape", "name one grouping with WITH and read it twice",
      [
        "WITH g AS (SELECT sex, COUNT(*) AS n FROM people GROUP BY sex) SELECT a.n, b.n AS m FROM g AS a JOIN g AS b ON a.sex = b.sex"
      ]),
    .init(
      ["SELECT COUNT(*) AS n FROM people p LEFT JOIN visits v ON p.region = v.region"], "shape",
      "declare 'unique' in the study for the columns that are compared, of the table",
      ["SELECT COUNT(*) AS n FROM people p JOIN visits v ON p.person = v.person WHERE v.cost > 3"]),
    .init(
      ["SELECT COUNT(*) AS n FROM people p WHERE EXISTS (SELECT 1 FROM visits v WHERE v.region = p.region)"],
      "shape", "compare the columns that name the unit on both sides",
      ["SELECT COUNT(*) AS n FROM people p WHERE EXISTS (SELECT 1 FROM visits v WHERE v.person = p.person)"]),
    .init(
      ["SELECT COUNT(*) AS n FROM visits v FULL JOIN prices r ON v.item = r.item"], "shape",
      "write an inner join, or a LEFT JOIN from the protected table",
      ["SELECT COUNT(*) AS n FROM visits v LEFT JOIN prices r ON v.item = r.item"]),
    .init(
      [
        "SELECT SUM(x) AS s FROM (SELECT person, age AS x FROM people UNION ALL SELECT person, 1 AS x FROM visits) AS q"
      ], "argument", "select a column of a table in every part, each under one name",
      [
        "SELECT SUM(x) AS s FROM (SELECT person, age AS x FROM people UNION ALL SELECT person, cost AS x FROM visits) AS q"
      ]),
    .init(
      ["SELECT SUM(r.price) AS s FROM visits v JOIN prices r ON v.item = r.item"], "argument",
      "use statistics of columns of protected tables",
      ["SELECT r.price, SUM(v.cost) AS s FROM visits v JOIN prices r ON v.item = r.item GROUP BY r.price"]),
    .init(
      ["SELECT SUM(p.age) AS s FROM people p JOIN visits v ON p.person = v.person"], "argument",
      "or statistics of the table whose rows are not repeated",
      ["SELECT SUM(v.cost) AS s, COUNT(*) AS n FROM people p JOIN visits v ON p.person = v.person"]),
    .init(
      [
        "SELECT SUM(cost) AS s FROM visits v WHERE EXISTS (SELECT 1 FROM visits o WHERE o.person = v.person AND o.cost > 50)"
      ], "argument", "write the condition into WHERE or FILTER, or add up another column",
      ["SELECT SUM(cost) AS s FROM visits v WHERE cost > 50"]),
    .init(
      ["SELECT f.pay, COUNT(*) AS n FROM people p JOIN firms f ON p.person = f.person GROUP BY f.pay"], "shape",
      "group by columns of tables that name the unit",
      ["SELECT p.sex, COUNT(*) AS n FROM people p JOIN firms f ON p.person = f.person GROUP BY p.sex"]),
    .init(
      ["SELECT COUNT(*) AS n FROM people p JOIN firms f ON p.person = f.person WHERE p.age > f.pay"], "shape",
      "write conditions about one table each, with AND between them",
      ["SELECT COUNT(*) AS n FROM people p JOIN firms f ON p.person = f.person WHERE p.age > 30 AND f.pay > 20"]),
    .init(
      ["SELECT COUNT(*) FILTER (WHERE p.age > f.pay) AS n FROM people p JOIN firms f ON p.person = f.person"],
      "argument", "write the conditions into WHERE, each about one table",
      ["SELECT COUNT(*) AS n FROM people p JOIN firms f ON p.person = f.person WHERE p.age > 30 AND f.pay > 20"]),
    .init(
      ["SELECT COUNT(DISTINCT cost / 10) AS n FROM visits"], "argument",
      "count different values of a column as it is, or group by the formula",
      ["SELECT cost / 10 AS c, COUNT(*) AS n FROM visits GROUP BY c"]),
    .init(
      ["SELECT COUNT(DISTINCT person) FILTER (WHERE cost > 50) AS n FROM visits"], "argument",
      "make the condition a value of each, MAX(CASE WHEN",
      [
        "SELECT COUNT(*) FILTER (WHERE met = 1) AS n FROM (SELECT person, MAX(CASE WHEN cost > 50 THEN 1 ELSE 0 END) AS met FROM visits GROUP BY person) AS q"
      ]),
    .init(
      ["SELECT COUNT(DISTINCT person) FILTER (WHERE cost > 50) AS n FROM visits"], "argument",
      "or put the condition into WHERE", ["SELECT COUNT(DISTINCT person) AS n FROM visits WHERE cost > 50"]),
    .init(
      ["SELECT COUNT(DISTINCT item) FILTER (WHERE cost > 50) AS n FROM visits"], "argument",
      "put the condition into WHERE", ["SELECT COUNT(DISTINCT item) AS n FROM visits WHERE cost > 50"]),
    .init(
      [
        "SELECT COUNT(DISTINCT k) AS n FROM (SELECT person AS k, person FROM people UNION ALL SELECT code AS k, person FROM visits) AS q"
      ], "argument", "count the parts one by one, in studies of their own",
      ["SELECT COUNT(DISTINCT person) AS n FROM people"]),
    .init(
      ["SELECT COUNT(DISTINCT p.region) AS n FROM people p JOIN firms f ON p.person = f.person"], "argument",
      "count the different values of each table by itself", ["SELECT COUNT(DISTINCT region) AS n FROM people"]),
    .init(
      ["SELECT SUM(DISTINCT cost) AS n FROM visits"], "argument",
      "leave DISTINCT out; COUNT(DISTINCT …) may be asked",
      ["SELECT SUM(cost) AS n, COUNT(DISTINCT cost) AS m FROM visits"]),
    .init(
      ["SELECT MEDIAN(cost) AS n FROM visits"], "argument",
      "compute one value of each unit in a subquery (GROUP BY the column that names it) first",
      ["SELECT MEDIAN(c) AS n FROM (SELECT person, AVG(cost) AS c FROM visits GROUP BY person) AS q"]),
    .init(
      [
        "SELECT AVG(n) AS a FROM (SELECT person, SUM(CASE WHEN cost > 50 THEN cost ELSE 0 END) AS n FROM visits GROUP BY person) AS q"
      ], "argument", "or use MAX(CASE WHEN … THEN 1 ELSE 0 END) for 'any row of the unit'",
      [
        "SELECT AVG(n) AS a FROM (SELECT person, MAX(CASE WHEN cost > 50 THEN 1 ELSE 0 END) AS n FROM visits GROUP BY person) AS q"
      ]),
    .init(
      [
        "SELECT AVG(before) AS a, AVG(cost) AS c FROM (SELECT person, cost, LAG(cost) OVER (PARTITION BY person ORDER BY day) AS before FROM visits) AS q"
      ], "argument", "use one expression of both in all statistics, such as AVG(x - previous)",
      [
        "SELECT AVG(cost - before) AS a FROM (SELECT person, cost, LAG(cost) OVER (PARTITION BY person ORDER BY day) AS before FROM visits) AS q"
      ]),
    .init(
      [
        "SELECT AVG(c) AS a FROM (SELECT person, LAG(cost) OVER (PARTITION BY person, code ORDER BY day) AS c FROM visits) AS q"
      ], "shape", "write PARTITION BY with the column that names the unit alone",
      [
        "SELECT code, AVG(c) AS a FROM (SELECT person, code, LAG(cost) OVER (PARTITION BY person ORDER BY day) AS c FROM visits) AS q WHERE code > 2 GROUP BY code"
      ]),
    .init(
      [
        "SELECT AVG(c) AS a FROM (SELECT person, LAG(cost) OVER (PARTITION BY person ORDER BY cost % 7) AS c FROM visits) AS q"
      ], "shape", "write ORDER BY with columns of the protected table as they are",
      [
        "SELECT AVG(c) AS a FROM (SELECT person, LAG(cost) OVER (PARTITION BY person ORDER BY cost) AS c FROM visits) AS q"
      ]),
    .init(
      [
        "SELECT AVG(c) AS a, AVG(e) AS b FROM (SELECT person, LAG(cost) OVER (PARTITION BY person ORDER BY day) AS c, LAG(cost) OVER (PARTITION BY person ORDER BY item) AS e FROM visits) AS q"
      ], "shape", "use one ORDER BY in all windows over a table",
      [
        "SELECT AVG(c) AS a FROM (SELECT person, LAG(cost) OVER (PARTITION BY person ORDER BY day) AS c FROM visits) AS q"
      ]),
    .init(
      ["SELECT COUNT(*) AS n FROM (SELECT person FROM people ORDER BY age LIMIT 10) AS q"], "shape",
      "leave LIMIT out below the grouping", ["SELECT COUNT(*) AS n FROM (SELECT person FROM people) AS q"]),
    .init(
      ["SELECT COUNT(*) AS n FROM (SELECT person FROM people EXCEPT SELECT person FROM visits) AS q"], "shape",
      "ask both sides as queries of studies of their own", ["SELECT COUNT(*) AS n FROM people"]),
    .init(
      ["SELECT COUNT(*) AS n FROM people a JOIN people b ON a.person = b.person WHERE b.age > 30"], "shape",
      "read it once: a condition becomes CASE WHEN", ["SELECT COUNT(*) FILTER (WHERE age > 30) AS n FROM people"]),
    .init(
      ["SELECT AVG(n) AS a FROM (SELECT region, COUNT(*) AS n FROM plain GROUP BY region) AS q"], "shape",
      "group once, in the outermost SELECT",
      ["SELECT AVG(n) AS a FROM (SELECT person, COUNT(*) AS n FROM visits GROUP BY person) AS q"]),
    .init(
      ["SELECT age FROM people"], "sql/row-release", "use COUNT, SUM or another statistic with GROUP BY",
      ["SELECT age / 10 AS a, COUNT(*) AS n FROM people GROUP BY a"]),
    .init(
      ["SELECT MAX(age) AS m FROM people"], "extremes", "ask for an average, or in a query",
      ["SELECT AVG(age) AS m FROM people"]),
    .init(
      ["SELECT AVG(age) AS m FROM people WHERE age > weight"], "argument",
      "compare each column with constants only, or let each holder",
      ["SELECT AVG(age) AS m FROM people WHERE age > 30"]),
    .init(
      ["SELECT age / 10 AS a, age / 7 AS b, COUNT(*) AS n FROM people GROUP BY a, b"], "set",
      "group by one expression over each column", ["SELECT age / 10 AS a, COUNT(*) AS n FROM people GROUP BY a"]),
    .init(
      [
        "SELECT age / 10 AS a, COUNT(*) AS n FROM people GROUP BY a",
        "SELECT age / 7 AS a, COUNT(*) AS n FROM people GROUP BY a",
      ], "set", "or publish one of the two", ["SELECT age / 10 AS a, COUNT(*) AS n FROM people GROUP BY a"]),
    .init(
      [
        "SELECT sex, COUNT(*) AS n FROM people GROUP BY sex",
        "SELECT COUNT(*) FILTER (WHERE sex = 'f') AS n FROM people",
      ], "set", "leave conditions over group columns out of statistics",
      ["SELECT sex, COUNT(*) AS n FROM people GROUP BY sex"]),
    .init(
      [
        "SELECT sex, COUNT(*) AS n FROM people GROUP BY sex", "SELECT AVG(age) AS a FROM people",
        "SELECT age, COUNT(*) AS n FROM people GROUP BY age",
      ], "set", "group by coarser buckets of 'age', or leave the statistic out",
      ["SELECT age / 10 AS a, COUNT(*) AS n FROM people GROUP BY a", "SELECT AVG(age) AS a FROM people"]),
  ]

  @Test(arguments: cases) func theAdviceWorks(test: Case) throws { try test.check() }

  /// Rows that are tested against rows of another table, where rows are what both protect.
  @Test func testedRowsNeedNames() throws {
    func compile(_ protection: TableSchema.Protection, isUnique: Bool, _ text: String) throws(ParleyError) {
      _ = try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: text)],
        tables: [
          Self.table("a", [("person", .integer(0...99)), ("x", .integer(1...99))], of: protection),
          Self.table(
            "b", [("person", .integer(0...99)), ("y", .integer(0...9))], of: protection,
            unique: isUnique ? [["person"]] : []),
        ], rules: .init(minimumCell: 5, recipients: ["r"], allowsRowRelease: false))
    }
    let text = "SELECT COUNT(*) AS n, SUM(x) AS s FROM a WHERE person IN (SELECT person FROM b WHERE y > 3)"
    let error = try #require(throws: ParleyError.self) {
      try compile(.rows, isUnique: false, text)
    }
    #expect(
      error.remedy?.contains("what both tables protect ('protect: COLUMN'), where they name a person") == true,
      "\(error)")
    #expect(error.remedy?.contains("or declare 'unique' in the study for them") == true, "\(error)")
    try compile(.units(name: "person", column: "person"), isUnique: false, text)
    try compile(
      .rows, isUnique: true,
      "SELECT COUNT(*) AS n, SUM(x) AS s FROM a JOIN b ON a.person = b.person WHERE y > 3")
  }
}
