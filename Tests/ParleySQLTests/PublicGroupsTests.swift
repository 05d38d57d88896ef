import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// Which queries are computed group by group: those of statistics over one table whose groups are known.
@Suite struct PublicGroupsTests {
  private static let table = TableSchema(
    name: "patients",
    columns: [
      .init(name: "sex", type: .category(["female", "male"]), isNullable: false),
      .init(name: "site", type: .category(["a", "b", "c"]), isNullable: true),
      .init(name: "age", type: .integer(0...89), isNullable: false),
      .init(name: "weight", type: .decimal(scale: 1, 0...3000), isNullable: true),
      .init(name: "disease", type: .boolean, isNullable: true),
      .init(name: "visit", type: .date(18_000...18_400), isNullable: true),
      .init(name: "seen", type: .timestamp(1_600_000_000...1_600_900_000), isNullable: false),
      .init(name: "name", type: .text(bytes: 20), isNullable: false),
    ], holders: ["a", "b"], maximumRows: 100, allowsExtremes: true)

  /// Statistics over public groups have no operators.
  private static func isPublic(
    _ text: String, minimum: Int = 0, tables: [TableSchema] = [table]
  ) throws(ParleyError) -> Bool {
    let rules = ReleaseRules(minimumCell: minimum, recipients: ["h"], allowsRowRelease: minimum == 0)
    return try SQLFrontEnd.explain([SQLQuery(name: "q", text: text)], tables: tables, rules: rules)[0].operators
      .isEmpty
  }

  @Test(arguments: [
    "SELECT COUNT(*) FROM patients", "SELECT COUNT(*) FROM patients p GROUP BY ()",
    "(SELECT COUNT(*) FROM patients)",
    "SELECT s, COUNT(*) FROM patients AS p (s) GROUP BY s",
    "SELECT sex, AVG(weight) AS mean FROM patients WHERE age < 50 AND disease GROUP BY sex ORDER BY sex DESC",
    "SELECT age / 10 * 10 + 5 AS band, COUNT(disease) FROM patients GROUP BY band",
    "SELECT SUM(weight) * -0.5 + 3, (2 + 3) * COUNT(*), 1 - AVG(disease), MAX(disease), MIN(visit) FROM patients",
    "SELECT sex, site IS NULL, CORR(age, weight) FROM patients GROUP BY 1, 2",
    "SELECT COALESCE(site, 'none') AS s, VARIANCE(weight) FROM patients GROUP BY s ORDER BY s NULLS LAST",
    "SELECT UPPER(site), COUNT(*) FROM patients GROUP BY UPPER(site)",
    "SELECT DATE_TRUNC('month', visit), SUM(seen - TIMESTAMP '2020-01-01 00:00:00') FROM patients GROUP BY DATE_TRUNC('month', visit)",
    "SELECT CASE WHEN age < 18 THEN 'child' ELSE 'adult' END AS c, STDDEV(weight) FROM patients GROUP BY c",
    "SELECT COUNT(*) FILTER (WHERE sex = 'male') FROM patients WHERE CAST('2020-01-01' AS DATE) < visit",
  ]) func ofKnownGroups(text: String) throws {
    #expect(try Self.isPublic(text))
    if !text.contains("NULL") { #expect(try Self.isPublic(text, minimum: 5)) }
  }

  @Test(arguments: [
    // No statistic, or one that is not computed group by group.
    "SELECT sex FROM patients GROUP BY sex", "SELECT DISTINCT sex FROM patients",
    "SELECT MEDIAN(age) FROM patients",
    "SELECT COUNT(DISTINCT sex) FROM patients", "SELECT BOOL_OR(disease) FROM patients",
    "SELECT MIN(name) FROM patients",
    // More than one statistic in a column, and what is no multiple of one.
    "SELECT SUM(age) - SUM(weight) FROM patients", "SELECT ROUND(AVG(age), 2) FROM patients",
    "SELECT MIN(visit) + 7 FROM patients", "SELECT EXTRACT(EPOCH FROM MAX(seen - visit)) FROM patients",
    "SELECT COALESCE(SUM(weight), 0) FROM patients", "SELECT 1, COUNT(*) FROM patients",
    // Groups that are not known, or too many.
    "SELECT name, COUNT(*) FROM patients GROUP BY name", "SELECT weight, COUNT(*) FROM patients GROUP BY weight",
    "SELECT age % 10, COUNT(*) FROM patients GROUP BY age % 10", "SELECT 'x', COUNT(*) FROM patients GROUP BY 1",
    "SELECT age, age / 2, sex, COUNT(*) FROM patients GROUP BY age, age / 2, sex",
    "SELECT YEAR(visit), MONTH(visit), COUNT(*) FROM patients GROUP BY 1, 2",
    // What is decided by groups.
    "SELECT sex, COUNT(*) FROM patients GROUP BY sex HAVING COUNT(*) > 3",
    "SELECT sex, COUNT(*) FROM patients GROUP BY sex ORDER BY COUNT(*)",
    "SELECT sex, COUNT(*) FROM patients GROUP BY sex LIMIT 1",
    "SELECT DISTINCT sex, COUNT(*) FROM patients GROUP BY sex",
    "SELECT sex, COUNT(*), SUM(COUNT(*)) OVER () FROM patients GROUP BY sex",
    "SELECT sex, COUNT(*) FROM patients GROUP BY ROLLUP (sex)",
    // Work of the holders in relational queries.
    "SELECT SUM(ABS(weight - 50)) FROM patients", "SELECT SUM(NULLIF(age, 0)) FROM patients",
    "SELECT SUM(age / 10) FROM patients", "SELECT SUM(CAST(disease AS INTEGER)) FROM patients",
    "SELECT COUNT(*) FROM patients WHERE (sex, age) IN (('male', 30))",
    "SELECT COUNT(*) FROM patients WHERE name LIKE 'A%'",
    "SELECT AVG(a) FROM (SELECT age AS a FROM patients) AS p",
    "WITH p AS (SELECT age FROM patients) SELECT AVG(age) FROM p",
    // Not of one table.
    "SELECT COUNT(*) FROM patients p JOIN patients q ON p.age = q.age",
    "SELECT COUNT(*) FROM patients WHERE age > (SELECT AVG(age) FROM patients)",
    "SELECT COUNT(*) FROM patients UNION ALL SELECT COUNT(*) FROM patients",
  ]) func ofOtherShapes(text: String) throws {
    #expect(try !Self.isPublic(text))
  }

  /// Where a column names the units, groups are public under a minimum only if every unit has one row.
  @Test func unitsOfSeveralRows() throws {
    var table = Self.table
    table.protection = .units(name: "person", column: "name")
    let text = "SELECT sex, COUNT(*) FROM patients GROUP BY sex"
    #expect(try Self.isPublic(text, tables: [table]))
    #expect(try !Self.isPublic(text, minimum: 5, tables: [table]))
    table.uniqueKeys = [["name"]]
    #expect(try Self.isPublic(text, minimum: 5, tables: [table]))
  }

  /// Names of results are as written; of a qualified column with its table.
  @Test func namesOfResults() throws {
    let text = "SELECT p.sex, AVG(weight), COUNT(*) AS n FROM patients p GROUP BY p.sex"
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: [Self.table],
      rules: ReleaseRules(minimumCell: 0, recipients: ["h"]))
    #expect(program.results[0].keys.map(\.name) == ["p.sex"])
    #expect(program.results[0].columns.map(\.name) == ["AVG(weight)", "n"])
  }

  /// Whether it is computed group by group or not, a query is bound once.
  @Test func everyQueryIsBoundOnce() throws {
    let texts = [
      "SELECT sex, COUNT(*) FROM patients GROUP BY sex", "SELECT MEDIAN(age) FROM patients",
      "SELECT name, COUNT(*) FROM patients WHERE age > (SELECT AVG(age) FROM patients) GROUP BY name",
    ]
    let work = JudgingWork()
    let queries = texts.enumerated().map { SQLQuery(name: "q\($0)", text: $1) }
    _ = try SQLFrontEnd.compile(
      queries, tables: [Self.table], rules: ReleaseRules(minimumCell: 0, recipients: ["h"]), work)
    #expect(work.bindings == texts.count)
  }
}
