import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// The largest and smallest numbers in every place of the grammar that takes one: a program, or an error that says how to
/// go on.
@Suite struct ExtremeNumberTests {
  static let numbers = [
    "0", "1", "-1", "2147483647", "2147483648", "-2147483648", "4294967296", "31622400001", "-1000000000000000000",
    "9223372036854775807", "-9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "-9223372036854775809", "18446744073709551616", "99999999999999999999999999999999999999",
    "-99999999999999999999999999999999999999", "0.000000000000000001",
  ]

  private static let intervals = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"].flatMap {
    [
      "SELECT dt + INTERVAL '#' \($0) AS x FROM t", "SELECT ts - INTERVAL '#' \($0) AS x FROM t",
      "SELECT COUNT(*) AS n FROM t WHERE dt < DATE '2020-01-01' + INTERVAL '#' \($0)",
      "SELECT id * INTERVAL '#' \($0) AS x FROM t", "SELECT ts + # * INTERVAL '1' \($0) AS x FROM t",
      "SELECT dt + INTERVAL # \($0) AS x FROM t",
    ]
  }
  private static let fields = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOY", "ISODOW", "EPOCH"].flatMap {
    [
      "SELECT EXTRACT(\($0) FROM dt + #) AS x FROM t",
      "SELECT EXTRACT(\($0) FROM ts + # * INTERVAL '1' SECOND) AS x FROM t",
      "SELECT EXTRACT(\($0) FROM DATE '2020-01-01' + #) AS x, id FROM t",
    ]
  }
  private static let windows = [
    "NTILE(#)", "LAG(i, #)", "LEAD(i, #)", "LAG(i, #, #)", "LAG(s, #)", "SUM(i + #)", "AVG(i * #)", "MAX(i - #)",
  ].map { "SELECT \($0) OVER (PARTITION BY k ORDER BY id) AS x FROM t" }
  private static let frames = ["# PRECEDING", "# FOLLOWING"].flatMap { end in
    [
      "SELECT SUM(i) OVER (ORDER BY id ROWS BETWEEN \(end) AND CURRENT ROW) AS x FROM t",
      "SELECT COUNT(*) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND \(end)) AS x FROM t",
      "SELECT SUM(i) OVER (ORDER BY id ROWS BETWEEN \(end) AND \(end)) AS x FROM t",
      "SELECT SUM(i) OVER (ORDER BY id ROWS \(end)) AS x FROM t",
    ]
  }
  private static let values = [
    "i + #", "# - i", "i * #", "i / #", "# / i", "i % #", "# % i", "d * #", "d + #", "-(#)", "ABS(#) + i",
    "ABS(i - #)",
    "SIGN(i - #)", "ROUND(d, #)", "ROUND(#, 2) + i", "ROUND(d * #)", "FLOOR(d / #)", "CEIL(d + #)", "SQRT(i + #)",
    "SQRT(#) + i", "GREATEST(i, #)", "LEAST(i, #, d)", "COALESCE(i, #)", "NULLIF(i, #)",
    "CASE WHEN i = # THEN # ELSE i END", "CAST(i AS DECIMAL(#, 2))", "CAST(i AS DECIMAL(18, #))",
    "CAST(# AS INTEGER) + i", "SUBSTRING(s FROM #)", "SUBSTRING(s FROM 1 FOR #)", "SUBSTRING(k FROM # FOR #)",
    "DATE_TRUNC('month', dt + #)", "DATE_DIFF('week', dt + #, dt)",
    "DATE_TRUNC('year', ts + # * INTERVAL '1' DAY)",
    "# + dt", "dt - #", "EXTRACT(EPOCH FROM INTERVAL '#' SECOND) + i",
    "(SELECT MAX(i + #) FROM t b WHERE b.id = t.id + #)",
  ].map { "SELECT \($0) AS x FROM t" }
  private static let statistics = [
    "SUM(i * #)", "SUM(i + #)", "AVG(i * #)", "AVG(#)", "SUM(#)", "COUNT(DISTINCT i + #)", "QUANTILE(i, #)",
    "QUANTILE(i + #, 0.5)", "MEDIAN(d * #)", "STDDEV(i * #)", "VARIANCE(d + #)", "CORR(i + #, d * #)",
    "SUM(i) * #",
    "SUM(i) / #", "MIN(i) - #", "SUM(CASE WHEN i < # THEN # END)", "# * SUM(d) + #",
  ].flatMap {
    [
      "SELECT \($0) AS x FROM t", "SELECT k, \($0) AS x FROM t GROUP BY k",
      "SELECT s, \($0) AS x FROM t GROUP BY s",
    ]
  }
  private static let clauses = [
    "SELECT id FROM t LIMIT #", "SELECT id FROM t ORDER BY id LIMIT 3 OFFSET #", "SELECT id FROM t ORDER BY #",
    "SELECT id FROM t UNION SELECT i FROM t ORDER BY #", "SELECT k, COUNT(*) AS n FROM t GROUP BY #",
    "SELECT k, COUNT(*) AS n FROM t GROUP BY k ORDER BY #", "SELECT s, COUNT(*) AS n FROM t GROUP BY 1, #",
    "SELECT COUNT(*) AS n FROM t GROUP BY ROLLUP (#, k)",
    "SELECT k, COUNT(*) AS n FROM t GROUP BY k HAVING COUNT(*) >= #",
    "SELECT s, SUM(i) AS n FROM t GROUP BY s HAVING SUM(i) > #",
    "SELECT COUNT(*) AS n FROM t WHERE i BETWEEN # AND #",
    "SELECT COUNT(*) AS n FROM t WHERE i IN (1, #, #)", "SELECT COUNT(*) AS n FROM t WHERE i < # OR d = #",
    "SELECT COUNT(*) AS n FROM t a JOIN t b ON a.id = b.id + # WHERE a.i <> #",
    "SELECT i + #, COUNT(*) AS n FROM t GROUP BY i + #",
    "SELECT i / #, COUNT(*) AS n FROM t GROUP BY 1", "SELECT # AS x, id FROM t",
    "SELECT CASE WHEN i > # THEN 1 ELSE 2 END AS c, COUNT(*) AS n FROM t GROUP BY 1",
    "SELECT COUNT(*) AS n FROM t WHERE (i, id) IN ((#, 1), (2, #))",
    "SELECT x + # AS y FROM (SELECT i * # AS x FROM t LIMIT 5) q",
  ]

  static let templates = intervals + fields + windows + frames + values + statistics + clauses

  static let schema = TableSchema(
    name: "t",
    columns: [
      .init(name: "id", type: .integer(0...100), isNullable: false),
      .init(name: "i", type: .integer(-50...1000), isNullable: true),
      .init(name: "d", type: .decimal(scale: 3, -5500...100_000), isNullable: true),
      .init(name: "k", type: .category(["x", "y"]), isNullable: true),
      .init(name: "dt", type: .date(-20_000...20_000), isNullable: true),
      .init(name: "ts", type: .timestamp(0...2_000_000_000), isNullable: true),
      .init(name: "s", type: .text(bytes: 20), isNullable: true),
    ], holders: ["a"], maximumRows: 20, uniqueKeys: [["id"]])

  @Test(arguments: templates) func everyPlace(template: String) {
    for number in Self.numbers {
      let text = template.replacing("#", with: number)
      do throws(ParleyError) {
        _ = try SQLFrontEnd.compile(
          [SQLQuery(name: "q", text: text)], tables: [Self.schema],
          rules: .init(minimumCell: 0, recipients: ["r"], allowsRowRelease: true))
      } catch {
        #expect(["sql", "plan"].contains(error.code.category), "\(error)\n\(text)")
        #expect(error.remedy?.isEmpty == false, "\(error)\n\(text)")
      }
    }
  }

  /// A row that is further away than any table is long is not there.
  @Test func distancesBeyondEveryTable() throws {
    var tables = SmallTables()
    tables.add("t", [("id", .integer(0...9)), ("i", .integer(0...9))], [[1, 4], [2, 5]])
    for distance in ["2147483648", "9223372036854775807", "9223372036854775808", "99999999999999999999999999"] {
      for function in ["LAG", "LEAD"] {
        let window = "OVER (ORDER BY id)"
        #expect(
          try tables.rows("SELECT \(function)(i, \(distance)) \(window) AS x FROM t") == ["NULL", "NULL"],
          "\(function) \(distance)")
        #expect(
          try tables.rows("SELECT \(function)(i, \(distance), 7) \(window) AS x FROM t") == ["7", "7"],
          "\(function) \(distance)")
      }
    }
  }
}
