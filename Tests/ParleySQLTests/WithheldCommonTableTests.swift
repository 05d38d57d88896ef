import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// Common tables of groups that are named several times, under a minimum cell.
@Suite struct WithheldCommonTableTests {
  /// Six rows, four and two: under a minimum of 5 the last two groups are withheld, which protect each other.
  static let tables: SmallTables = {
    var tables = SmallTables()
    let rows: [[Int64?]] = [
      [1, 1, 1], [1, 2, 2], [1, 3, 5], [1, 4, 4], [1, 5, 3], [1, 6, 6], [2, 10, 7], [2, 20, 8], [2, 30, 9],
      [2, 40, 12], [3, 5, 10], [3, 6, 10],
    ]
    tables.add(
      "u", [("g", .integer(0...99_999)), ("e", .integer(0...1000)), ("id", .integer(0...1000))],
      neverNull: ["g", "e", "id"], rows)
    return tables
  }()

  /// A common table, and a query that names it twice as `#1` and `#2`.
  struct Form: Sendable, CustomTestStringConvertible {
    var common: String
    var query: String
    var testDescription: String { common }

    static func whole(_ statistic: String) -> Form {
      Form(common: "SELECT \(statistic) AS r FROM u", query: "SELECT y.r FROM #1, #2")
    }
    static func groups(_ statistic: String) -> Form {
      Form(
        common: "SELECT g, COUNT(*) AS n, \(statistic) AS r FROM u GROUP BY g",
        query: "SELECT x.g, x.r, y.n FROM #1 JOIN #2 ON x.g = y.g")
    }
    var named: String {
      "WITH c AS (\(common)) "
        + query.replacing("#1", with: "c x").replacing("#2", with: "c y")
    }
    /// The same without a common table.
    var written: String { query.replacing("#1", with: "(\(common)) x").replacing("#2", with: "(\(common)) y") }
  }

  static let forms: [Form] =
    ["CORR(e, id)", "STDDEV(e)", "AVG(e)", "COUNT(*)", "SUM(e) * 2 + 1", "MEDIAN(e)"].map(Form.whole)
    + ["CORR(e, id)", "SUM(e)", "SUM(e) / SUM(id)", "COUNT(DISTINCT id)", "AVG(e)", "STDDEV(e)"]
    .map(Form.groups)

  @Test(arguments: forms, [0, 5]) func namedTwice(form: Form, minimum: Int) throws {
    let rows = try Self.tables.rows(form.named, minimum: minimum).sorted()
    if minimum == 0 { #expect(rows == (try Self.tables.rows(form.written).sorted())) }
    let groups = form.common.contains("GROUP BY") ? (minimum == 0 ? 3 : 1) : 1
    #expect(rows.count == groups, "\(rows)")
  }

  @Test func theValuesAreThoseOfTheData() throws {
    let sums = Form.groups("SUM(e)").named
    #expect(try Self.tables.rows(sums).sorted() == ["1 21 6", "2 100 4", "3 11 2"])
    #expect(try Self.tables.rows(sums, minimum: 5) == ["1 21 6"])
    let distinct = Form.groups("COUNT(DISTINCT id)").named
    #expect(try Self.tables.rows(distinct).sorted() == ["1 6 6", "2 4 4", "3 1 2"])
    #expect(try Self.tables.rows(Form.whole("AVG(e)").named, minimum: 5) == ["11.000000"])
  }

  /// Through other common tables, set operations, outer joins and subqueries.
  @Test(arguments: [
    "WITH c AS (#), d AS (SELECT g, n FROM c) SELECT x.g, y.n FROM d x JOIN d y ON x.g = y.g",
    "WITH c AS (#) SELECT g, n FROM c UNION SELECT g, n FROM c",
    "WITH c AS (#) SELECT x.g, y.n FROM c x LEFT JOIN c y ON x.n = y.n",
    "WITH c AS (#) SELECT x.g, y.n FROM c x FULL JOIN c y ON x.g = y.g",
    "WITH c AS (#) SELECT DISTINCT x.g, x.n FROM c x, c y WHERE x.g = y.g",
  ])
  func elsewhere(query: String) throws {
    let text = query.replacing("#", with: "SELECT g, COUNT(*) AS n FROM u GROUP BY g")
    #expect(try Self.tables.rows(text, minimum: 5) == ["1 6"])
    #expect(try Self.tables.rows(text).count >= 3)
  }

  /// Totals over all groups may be shown beside a common table as beside a subquery; others may not.
  @Test func windowsSeeAllGroups() throws {
    let total =
      "WITH c AS (SELECT g, COUNT(*) AS n FROM u GROUP BY g) SELECT g, SUM(n) OVER () AS t FROM c UNION ALL SELECT g, n FROM c"
    #expect(try Self.tables.rows(total, minimum: 5).sorted() == ["1 12", "1 6"])
    let least = total.replacing("SUM(n)", with: "MIN(n)")
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(least, minimum: 5) }
    #expect(error.code.rawValue == "plan/release-window", "\(error)")
  }

  /// What is computed once is said to be single records' values where it is.
  @Test func valuesOfSingleRecordsAreNamed() throws {
    let form = Form.groups("MIN(e)")
    for text in [form.named, form.written] {
      let told = try Self.tables.compile(text).disclosures.map(\.explanation)
      #expect(told.contains { $0.contains("r: the value of") && $0.contains("value of one record") }, "\(told)")
      #expect(!told.contains { $0.contains("n: the value of") && $0.contains("value of one record") }, "\(told)")
    }
  }
}
