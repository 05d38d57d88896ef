import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// How many values are missing is told by a mean's decimals, beside the number of rows: of few people only where their owners let it be
/// told.
@Suite struct ReleaseMissingTests {
  private static func tables(told: Bool) -> [TableSchema] {
    [
      TableSchema(
        name: "t",
        columns: [
          .init(name: "id", type: .integer(1...999), isNullable: false),
          .init(name: "x", type: .integer(0...99), isNullable: false),
          .init(name: "n", type: .integer(0...29), isNullable: true),
          .init(name: "m", type: .integer(0...29), isNullable: true),
        ], holders: ["a", "b"], maximumRows: 300, uniqueKeys: [["id"]], tellsMissingValues: told),
      TableSchema(
        name: "ref",
        columns: [
          .init(name: "id", type: .integer(1...999), isNullable: false),
          .init(name: "price", type: .integer(1...9), isNullable: false),
        ], holders: ["a", "b"], maximumRows: 300, uniqueKeys: [["id"]], protection: .nothing),
    ]
  }

  /// 100 rows; so many of them have no n, and the 20 last none of m. All but `unpriced` of the rows are in ref.
  private static func data(missing: Int, unpriced: Int = 0) -> [String: [TableData]] {
    let ids = (1...100).map { Int64($0) }
    func column(_ values: [Int64], isNull: [Bool] = []) -> TableData.Column {
      .init(values: values, isNull: isNull)
    }
    let rows = TableData(
      rowCount: 100,
      columns: [
        column(ids), column(ids.map { $0 * 7 % 89 + 5 }),
        column(ids.map { $0 % 20 + 3 }, isNull: ids.map { $0 <= missing }),
        column(ids.map { $0 % 17 + 3 }, isNull: ids.map { $0 > 80 }),
      ])
    let priced = ids.filter { $0 <= 100 - unpriced }
    let ref = TableData(
      rowCount: priced.count, columns: [column(priced), column(priced.map { $0 % 5 + 3 })])
    let none = TableData(rowCount: 0, columns: (0..<4).map { column([], isNull: $0 < 2 ? [] : []) })
    return ["t": [rows, none], "ref": [ref, .init(rowCount: 0, columns: [column([]), column([])])]]
  }

  private static func isShown(_ texts: [String], told: Bool, missing: Int, unpriced: Int = 0) throws -> Bool {
    try ReleaseStudy.isShown(texts, tables(told: told), data(missing: missing, unpriced: unpriced))
  }

  /// Statistics that leave out rows without n, over public groups and beside a median, which is relational.
  private static let statistics = [
    "AVG(n)", "STDDEV(n)", "AVG(2 * n + 1)", "CORR(n, x)", "COUNT(n)", "AVG(n - x)",
  ]

  @Test(arguments: statistics) func fewMissingAreWithheldOrTold(of statistic: String) throws {
    for query in [
      "SELECT COUNT(*) AS c, \(statistic) AS s FROM t", "SELECT \(statistic) AS s, MEDIAN(x) AS w FROM t",
    ] {
      for (missing, shows) in [(0, true), (1, false), (4, false), (5, true), (40, true)] {
        let place = Comment(rawValue: "\(query), \(missing) missing")
        #expect(try Self.isShown([query], told: false, missing: missing) == shows, place)
        #expect(try Self.isShown([query], told: true, missing: missing), place)
      }
      // Fewer than the minimum have a value: nobody agreed to that.
      #expect(try !Self.isShown([query], told: true, missing: 97), "\(query)")
    }
  }

  /// What may be told is how many values are missing, and nothing else about the people who have none.
  @Test(arguments: [
    ["SELECT COUNT(*) AS c FROM t WHERE n IS NULL"],
    ["SELECT SUM(CASE WHEN n IS NULL THEN 1 ELSE 0 END) AS c FROM t"],
    ["SELECT SUM(x) AS s, SUM(x + 0 * n) AS p FROM t"],
    ["SELECT AVG(x) AS s FROM t WHERE n IS NOT NULL", "SELECT AVG(x) AS s FROM t"],
    ["SELECT AVG(COALESCE(n, 7)) AS s FROM t"],
    ["SELECT SUM(n + 1000) AS s, AVG(CASE WHEN n IS NULL THEN x END) AS p FROM t"],
  ]) func nothingElseIsTold(texts: [String]) throws {
    #expect(try !Self.isShown(texts, told: true, missing: 3))
    #expect(try Self.isShown(texts, told: true, missing: 30))
  }

  /// That an outer join found nothing is no missing value of a table: what is looked up in a table that protects nobody may hide any
  /// condition, and statistics of it are refused.
  @Test(arguments: [false, true]) func whatIsLookedUpIsNoMissingValue(told: Bool) throws {
    let text = "SELECT COUNT(*) AS c, AVG(price) AS p FROM t LEFT JOIN ref ON ref.id = t.id"
    let error = try #require(throws: ParleyError.self) { try Self.isShown([text], told: told, missing: 0) }
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
  }
}
