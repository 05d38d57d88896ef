import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// A sum of what several columns make, or over some of the rows, beside conditions that say when it is more than nothing: 40 rows, 20 of which
/// have something, and a sum of 21 are twenty ones but for one.
@Suite struct ReleasePiecewiseTests {
  private static let tables = [
    TableSchema(
      name: "t",
      columns: [("a", 0...50), ("b", 0...50), ("came", 0...999), ("gone", 0...999)].map {
        ColumnSchema(name: $0.0, type: .integer($0.1), isNullable: false)
      } + [ColumnSchema(name: "c", type: .boolean, isNullable: false)], holders: ["h"], maximumRows: 300)
  ]

  static let texts: [[String]] = [
    // "Any of them" beside their sum, in several spellings.
    ["SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE a > 0 OR b > 0) AS m, AVG(a + b) AS s FROM t"],
    ["SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE b + a > 0) AS m, AVG(a + b) AS s FROM t"],
    ["SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE GREATEST(a, b) > 0) AS m, SUM(a + b) AS s FROM t"],
    ["SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE NOT (a = 0 AND b = 0)) AS m, SUM(a + b) AS s FROM t"],
    ["SELECT COUNT(*) AS n, SUM(a + b) AS s FROM t", "SELECT COUNT(*) AS m FROM t WHERE a > 0 OR b > 0"],
    // Days between two dates, and for how many they are none.
    ["SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE gone = came) AS m, AVG(gone - came) AS s FROM t"],
    ["SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE gone <> came) AS m, AVG(gone - came) AS s FROM t"],
    ["SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE gone >= came + 1) AS m, AVG(gone - came) AS s FROM t"],
    [
      "SELECT COUNT(*) FILTER (WHERE gone > came) AS m, COUNT(*) FILTER (WHERE came >= 13) AS l, AVG(gone - came) AS s FROM t"
    ],
    // A condition and another column in one.
    [
      "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE a > 0 OR b > 0) AS m, COUNT(*) FILTER (WHERE b > 0) AS l, SUM(a + b) AS s FROM t"
    ],
    // Of all rows and of some, so that the others' is known.
    [
      "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE gone > came) AS m, SUM(gone - came) AS s, SUM(gone - came) FILTER (WHERE c) AS r, COUNT(*) FILTER (WHERE gone > came AND c) AS l FROM t"
    ],
  ]

  /// Of 80 rows 40 have c, with values of many kinds; of the others 20 have nothing, and 20 one, but for so many who have two.
  @Test(arguments: texts) func fewHaveMoreThanOne(texts: [String]) throws {
    let isOfSome = texts[0].contains("FILTER (WHERE c)")
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true), (7, true)] {
      let others = (0..<40).map { Int64($0 < 20 ? 0 : $0 < 20 + few ? 2 : 1) }
      let many = isOfSome ? (0..<40).map { Int64($0 % 8) } : []
      let values = many + others
      let came = values.indices.map { Int64($0) + 3 }
      let columns = [
        values.map { $0 / 2 + $0 % 2 }, values.map { $0 / 2 }, came, zip(came, values).map { $0 + $1 },
        values.indices.map { Int64($0 < many.count ? 1 : 0) },
      ]
      let data = TableData(rowCount: values.count, columns: columns.map { .init(values: $0, isNull: []) })
      #expect(try ReleaseStudy.isShown(texts, Self.tables, ["t": [data]]) == shows, "\(few)")
    }
  }
}
