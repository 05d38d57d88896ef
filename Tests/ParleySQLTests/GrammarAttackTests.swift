import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import Testing

/// The attack in the whole dialect writes what the dialect has, and the rules let a good share of it through.
@Suite struct GrammarAttackTests {
  private static let studies = (0..<1500 as Range<UInt64>).map {
    ReleaseAttack.Study(seed: 40_000 + $0, trick: ReleaseAttack.wholeDialect)
  }

  /// Those that are compiled, with and without rules.
  private static let compiled = 300

  /// Forms of `docs/sql.md`.
  private static let forms: [String] = [
    "WITH ", ", w", "FULL JOIN", "LEFT JOIN", "RIGHT JOIN", "CROSS JOIN", "USING (", " own ", " rep ", "UNION ALL",
    "UNION SELECT",
    "EXCEPT", "EXCEPT ALL", "INTERSECT", "DISTINCT", "EXISTS (", "NOT IN (SELECT", " IN (SELECT", "(SELECT MAX(",
    "(SELECT COUNT(*)", "GROUPING SETS", "ROLLUP", "CUBE", "FILTER (WHERE", "THEN CASE WHEN", "COALESCE(",
    "NULLIF(", " || ", "TRIM(",
    "SUBSTRING(", "UPPER(", "LENGTH(", "LIKE", "ROW_NUMBER()", "RANK()", "NTILE(", "LAG(", "LEAD(", "FIRST_VALUE(",
    "ROWS BETWEEN",
    "OVER ()", "MEDIAN(", "QUANTILE(", "VARIANCE(", "STDDEV(", "CORR(", "BOOL_OR(", "COUNT(DISTINCT",
    "SUM(DISTINCT", "HAVING", "ORDER BY",
    "LIMIT", "OFFSET", " % ", " / ", "ABS(", "ROUND(", "FLOOR(", "GREATEST(", "LEAST(", "SIGN(", "SQRT(", "CAST(",
    "EXTRACT(",
    "DATE_TRUNC(", "DATE_DIFF(", "INTERVAL", "TIMESTAMP '", "DATE '", "IS NOT DISTINCT FROM", "BETWEEN",
  ]

  @Test func allFormsAreWritten() {
    let texts = Self.studies.flatMap { $0.questions.map(\.text) }
    for form in Self.forms {
      let count = texts.count { $0.contains(form) }
      #expect(count >= 3, "\(form): \(count)")
    }
    #expect(Self.studies.contains { $0.questions.count == 3 } && Self.studies.contains { $0.questions.count == 2 })
  }

  /// The definition counts all that a query unites together, whatever its tables protect.
  @Test func whatIsUnitedIsJudgedTogether() {
    func table(_ name: String, _ protection: TableSchema.Protection) -> TableSchema {
      TableSchema(
        name: name, columns: [ColumnSchema(name: "id", type: .integer(0...9), isNullable: false)], holders: ["h"],
        maximumRows: 9, protection: protection)
    }
    let tables = [
      table("pat", .units(name: "patient", column: "id")), table("old", .rows), table("pri", .nothing),
      table("new", .rows),
    ]
    func united(_ text: String) -> [Set<String>] { InfluenceTest.united(in: [text], tables) }
    #expect(
      united("SELECT COUNT(*) AS n FROM (SELECT id FROM pat UNION ALL SELECT id FROM old) AS q") == [
        ["patient", ".old"]
      ])
    #expect(
      united("SELECT COUNT(*) AS n FROM (SELECT id FROM old UNION ALL SELECT id FROM new) AS q") == [
        [".old", ".new"]
      ])
    #expect(united("SELECT COUNT(*) AS n FROM (SELECT id FROM old UNION ALL SELECT id FROM pri) AS q").isEmpty)
    #expect(united("SELECT COUNT(*) AS n FROM pat JOIN old ON pat.id = old.id").isEmpty)
  }

  /// Nearly all are SQL of the dialect, and of those that are, many are let through: with joins, subqueries, windows, dates, texts in them.
  @Test func manyAreLetThrough() {
    var (valid, accepted) = (0, 0)
    var invalid: [String: Int] = [:]
    var refused: [String: Int] = [:]
    var found: [String: Int] = [:]
    for study in Self.studies.prefix(Self.compiled) {
      let queries = study.questions.enumerated().map { SQLQuery(name: "q\($0)", text: $1.text) }
      func refusal(_ rules: ReleaseRules) -> String? {
        do throws(ParleyError) {
          _ = try SQLFrontEnd.compile(queries, tables: study.tables, rules: rules)
          return nil
        } catch {
          return error.code.rawValue
        }
      }
      if let code = refusal(.init(minimumCell: 0, recipients: ["r"], allowsRowRelease: true)) {
        invalid[code, default: 0] += 1
        continue
      }
      valid += 1
      if let code = refusal(.init(minimumCell: study.minimum, recipients: ["r"])) {
        refused[code, default: 0] += 1
        continue
      }
      accepted += 1
      for form in Self.forms where queries.contains(where: { $0.text.contains(form) }) {
        found[form, default: 0] += 1
      }
    }
    print(
      "whole dialect: \(Self.compiled) studies, \(valid) valid, \(accepted) let through; invalid \(invalid), refused \(refused)"
    )
    print(
      "forms let through: \(found.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))"
    )
    #expect(valid * 10 >= Self.compiled * 9, "\(invalid)")
    #expect(accepted * 6 >= Self.compiled, "\(refused)")
    #expect(
      found.count * 2 >= Self.forms.count, "never let through: \(Self.forms.filter { found[$0] == nil })")
  }

  /// An outer join on keys that repeat on both sides has its columns under the names that they have below; what they are made of is looked for once. Of
  /// tables that protect nobody such a query is answered, of others refused.
  @Test(arguments: [
    "SELECT SUM(q.y) AS s, COUNT(*) AS n FROM (SELECT k, MIN(w) AS y FROM t GROUP BY k) AS q LEFT JOIN u ON q.y = u.w",
    "SELECT AVG(u.w) AS m, COUNT(*) AS n FROM t LEFT JOIN u ON t.k = u.w WHERE u.b IS NOT TRUE",
    "SELECT t.k AS k, COUNT(u.w) AS n FROM t FULL JOIN u ON t.k = u.k AND t.w IS NOT DISTINCT FROM 9 GROUP BY t.k",
  ]) func outerJoinsOnRepeatedKeysAreJudged(text: String) throws {
    func compile(_ protection: TableSchema.Protection) throws(ParleyError) -> Program {
      let tables = ["t", "u"].map { name in
        TableSchema(
          name: name,
          columns: [
            .init(name: "k", type: .integer(1...60), isNullable: false),
            .init(name: "w", type: .integer(0...60), isNullable: false),
            .init(name: "b", type: .boolean, isNullable: false),
          ], holders: ["h"], maximumRows: 40, protection: protection)
      }
      return try ReleaseStudy.compile([text], tables)
    }
    #expect(try compile(.nothing).results.count == 1)
    let error = #expect(throws: ParleyError.self) { try compile(.rows) }
    #expect(error?.code.rawValue.hasPrefix("plan/release-") == true, "\(String(describing: error))")
  }
}
