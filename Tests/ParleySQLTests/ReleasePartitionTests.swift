import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// Figures of which several together tell of few rows, in statistics over public groups and in relational queries.
@Suite struct ReleasePartitionTests {
  struct Row: Sendable {
    var kind: Int64 = 0
    var age: Int64 = 40
    var x: Int64 = 3
    var y: Int64? = 3
    var c: Int64 = 0
    var e: Int64 = 0
    var f: Int64 = 0
    var u: Int64? = 1
    var d: Int64 = 1
    var dn: Int64? = 1
    var score: Int64 = 3
    /// 2020-01-01 is 18262, 2021-01-01 is 18628.
    var day: Int64 = 18300
    var v: Int64 = 60
  }
  private static let schema = TableSchema(
    name: "t",
    columns: [
      .init(name: "kind", type: .category(["a", "b", "c", "d"]), isNullable: false),
      .init(name: "age", type: .integer(0...120), isNullable: false),
      .init(name: "x", type: .integer(0...1000), isNullable: false),
      .init(name: "y", type: .integer(0...1000), isNullable: true),
      .init(name: "c", type: .boolean, isNullable: false),
      .init(name: "e", type: .boolean, isNullable: false),
      .init(name: "f", type: .boolean, isNullable: false),
      .init(name: "u", type: .boolean, isNullable: true),
      .init(name: "d", type: .integer(0...1), isNullable: false),
      .init(name: "dn", type: .integer(0...1), isNullable: true),
      .init(name: "score", type: .integer(1...5), isNullable: false),
      .init(name: "day", type: .date(18262...18992), isNullable: false),
      .init(name: "v", type: .integer(0...99), isNullable: false),
    ], holders: ["h"], maximumRows: 300)

  private static func shown(_ texts: [String], _ rows: [Row]) throws -> [[DecodedTable.Cell]] {
    let columns: [[Int64?]] = [
      rows.map(\.kind), rows.map(\.age), rows.map(\.x), rows.map(\.y), rows.map(\.c), rows.map(\.e), rows.map(\.f),
      rows.map(\.u), rows.map(\.d), rows.map(\.dn), rows.map(\.score), rows.map(\.day), rows.map(\.v),
    ]
    let data = TableData(
      rowCount: rows.count,
      columns: columns.map { column in .init(values: column.map { $0 ?? 0 }, isNull: column.map { $0 == nil }) })
    return try SuppressionTests.run(texts, schema, data, minimum: 5).map { table in
      table.rows.filter { !$0.contains(.absent) && !$0.contains(.withheld) }.flatMap(\.self)
    }
  }
  private static func rows(_ count: Int, _ row: Row) -> [Row] { Array(repeating: row, count: count) }

  /// Figures of one query, rows of which they tell too much, and rows of which they do not.
  struct Case: CustomStringConvertible, Sendable {
    var description: String
    var figures: [String]
    var few: [Row]
    var enough: [Row]
    /// Division is for relational queries.
    var isRelational = false
  }

  private static func count(_ condition: String) -> String { "COUNT(*) FILTER (WHERE \(condition))" }

  static let cases: [Case] = [
    Case(
      description: "one condition less others",
      figures: [count("kind IN ('a', 'b', 'd')"), count("kind = 'a'"), count("kind = 'b'")],
      few: rows(40, Row()) + rows(20, Row(kind: 1)) + rows(10, Row(kind: 2)) + rows(2, Row(kind: 3)),
      enough: rows(40, Row()) + rows(20, Row(kind: 1)) + rows(10, Row(kind: 2)) + rows(7, Row(kind: 3))),
    Case(
      description: "parts about different columns",
      figures: [count("c"), count("NOT c AND e"), count("NOT c AND NOT e AND f")],
      few: rows(20, Row(c: 1)) + rows(15, Row(e: 1)) + rows(10, Row(f: 1)) + rows(2, Row()),
      enough: rows(20, Row(c: 1)) + rows(15, Row(e: 1)) + rows(10, Row(f: 1)) + rows(6, Row())),
    Case(
      description: "one condition more",
      figures: (1...4).map { count("score = \($0)") } + [count("score >= 3")],
      few: (1...4).flatMap { rows(10, Row(score: $0)) } + rows(2, Row(score: 5)),
      enough: (1...4).flatMap { rows(10, Row(score: $0)) } + rows(5, Row(score: 5))),
    Case(
      description: "missing values less others",
      figures: [count("y < 10 OR y IS NULL"), count("y < 5"), count("y >= 5 AND y < 10"), count("y >= 8")],
      few: rows(20, Row(y: 2)) + rows(10, Row(y: 6)) + rows(10, Row(y: 8)) + rows(10, Row(y: 50))
        + rows(2, Row(y: nil)),
      enough: rows(20, Row(y: 2)) + rows(10, Row(y: 6)) + rows(10, Row(y: 8)) + rows(10, Row(y: 50))
        + rows(5, Row(y: nil))),
    Case(
      description: "what may be unknown less others",
      figures: [count("u OR c"), count("u"), count("c AND NOT u"), count("e AND c")],
      few: rows(20, Row(c: 1)) + rows(10, Row(c: 1, u: 0)) + rows(10, Row(u: 0)) + rows(3, Row(c: 1, u: nil)),
      enough: rows(20, Row(c: 1)) + rows(10, Row(c: 1, u: 0)) + rows(10, Row(u: 0)) + rows(5, Row(c: 1, u: nil))),
    Case(
      description: "one sum less others",
      figures: [
        "SUM(x)", "SUM(x) FILTER (WHERE age < 70)", "SUM(x) FILTER (WHERE age < 30)",
        "SUM(x) FILTER (WHERE age BETWEEN 50 AND 69)",
      ],
      few: rows(10, Row(age: 20)) + rows(10, Row(age: 60)) + rows(10, Row(age: 75)) + [Row(x: 41)]
        + rows(8, Row(x: 0)),
      enough: rows(10, Row(age: 20)) + rows(10, Row(age: 60)) + rows(10, Row(age: 75)) + rows(5, Row(x: 41))
        + rows(8, Row(x: 0))),
    Case(
      description: "what two sums have in common",
      figures: ["SUM(x)", "SUM(x) FILTER (WHERE age < 50)", "SUM(x) FILTER (WHERE age >= 30)"],
      few: rows(10, Row(age: 20)) + rows(10, Row(age: 60)) + [Row(x: 41)] + rows(8, Row(x: 0)),
      enough: rows(10, Row(age: 20)) + rows(10, Row(age: 60)) + rows(5, Row(x: 41)) + rows(8, Row(x: 0))),
    Case(
      description: "missing values of another term", figures: ["SUM(x)", "SUM(x + 0 * y)"],
      few: rows(20, Row()) + [Row(y: nil)], enough: rows(20, Row()) + rows(5, Row(y: nil))),
    Case(
      description: "a sum of two", figures: ["SUM(x)", "SUM(x + y)"],
      few: rows(20, Row()) + [Row(y: nil)], enough: rows(20, Row()) + rows(5, Row(y: nil))),
    Case(
      description: "a condition where another term is there",
      figures: ["SUM(y)", "SUM(y + CASE WHEN c THEN 1 ELSE 0 END)"],
      few: rows(20, Row()) + rows(3, Row(c: 1)) + rows(6, Row(y: nil, c: 1)),
      enough: rows(20, Row()) + rows(5, Row(c: 1)) + rows(6, Row(y: nil, c: 1))),
    Case(
      description: "sums up to the highest value", figures: ["SUM(score)"],
      few: rows(19, Row(score: 5)) + [Row(score: 4)], enough: rows(19, Row(score: 5)) + rows(5, Row(score: 4))),
    Case(
      description: "sums up to the highest value, over parts",
      figures: ["SUM(score)", "SUM(score) FILTER (WHERE c)"],
      few: rows(19, Row(c: 1, score: 4)) + rows(6, Row(score: 5)) + [Row(score: 4)],
      enough: rows(19, Row(c: 1, score: 4)) + rows(6, Row(score: 5)) + rows(5, Row(score: 4))),
    Case(
      description: "years of two", figures: ["SUM(EXTRACT(year FROM day))"],
      few: rows(20, Row()) + rows(2, Row(day: 18700)), enough: rows(20, Row()) + rows(5, Row(day: 18700))),
    Case(
      description: "a quotient of two values", figures: ["SUM(v / 50)"],
      few: rows(20, Row()) + rows(2, Row(v: 10)), enough: rows(20, Row()) + rows(5, Row(v: 10)),
      isRelational: true),
    Case(
      description: "values that a condition leaves",
      figures: [count("v BETWEEN 60 AND 61"), "SUM(v) FILTER (WHERE v BETWEEN 60 AND 61)"],
      few: rows(20, Row()) + [Row(v: 61)], enough: rows(20, Row()) + rows(5, Row(v: 61))),
    Case(
      description: "a factor that a condition leaves two values",
      figures: ["SUM(x) FILTER (WHERE v = 60 OR v = 62)", "SUM(x * v) FILTER (WHERE v = 60 OR v = 62)"],
      few: rows(20, Row()) + [Row(v: 62)], enough: rows(20, Row()) + rows(5, Row(v: 62))),
    Case(
      description: "what one sum leaves of another, of a scale",
      figures: [
        "COUNT(*)", count("score <= 3"), "SUM(score)", "SUM(score) FILTER (WHERE score <= 3)",
      ],
      few: rows(10, Row()) + rows(10, Row(score: 2)) + rows(9, Row(score: 5)) + [Row(score: 4)],
      enough: rows(10, Row()) + rows(10, Row(score: 2)) + rows(9, Row(score: 5)) + rows(5, Row(score: 4))),
    Case(
      description: "what one sum leaves of another",
      figures: ["COUNT(*)", count("v < 60"), "SUM(v)", "SUM(v) FILTER (WHERE v < 60)"],
      few: rows(10, Row(v: 20)) + rows(10, Row(v: 31)) + rows(19, Row(v: 99)) + [Row(v: 98)],
      enough: rows(10, Row(v: 20)) + rows(10, Row(v: 31)) + rows(19, Row(v: 99)) + rows(5, Row(v: 98))),
    Case(
      description: "what two sums leave of another",
      figures: [
        "SUM(v)", "SUM(v) FILTER (WHERE v < 50)", "SUM(v) FILTER (WHERE v >= 62)",
      ],
      few: rows(10, Row(v: 20)) + rows(10, Row(v: 80)) + rows(19, Row(v: 61)) + [Row(v: 50)],
      enough: rows(10, Row(v: 20)) + rows(10, Row(v: 80)) + rows(19, Row(v: 61)) + rows(5, Row(v: 50))),
    Case(
      description: "the root of two values",
      figures: [count("v = 50 OR v = 60"), "SUM(SQRT(v)) FILTER (WHERE v = 50 OR v = 60)"],
      few: rows(20, Row()) + [Row(v: 50)], enough: rows(20, Row()) + rows(5, Row(v: 50)), isRelational: true),
    Case(
      description: "the highest of many values", figures: ["SUM(v)"],
      few: rows(19, Row(v: 99)) + [Row(v: 98)], enough: rows(19, Row(v: 99)) + rows(5, Row(v: 98))),
    Case(
      description: "a difference that is 0", figures: ["SUM(x - y)"],
      few: rows(20, Row()) + [Row(x: 41)], enough: rows(20, Row()) + rows(5, Row(x: 41))),
    Case(
      description: "months", figures: ["SUM(EXTRACT(month FROM day))"],
      few: rows(20, Row(day: 18262)) + [Row()], enough: rows(20, Row(day: 18262)) + rows(5, Row())),
    Case(
      description: "a product of two values", figures: ["SUM(d * dn)"],
      few: rows(20, Row()) + rows(2, Row(d: 0)), enough: rows(20, Row()) + rows(5, Row(d: 0))),
    Case(
      description: "COALESCE of the same value", figures: ["SUM(y)", "SUM(CASE WHEN c THEN COALESCE(y, 0) END)"],
      few: rows(20, Row(c: 1)) + rows(6, Row(y: 0)) + [Row(y: 99)],
      enough: rows(20, Row(c: 1)) + rows(6, Row(y: 0)) + rows(5, Row(y: 99))),
    Case(
      description: "once and once more", figures: ["SUM(x)", "SUM(x * (1 + CASE WHEN c THEN 1 ELSE 0 END))"],
      few: rows(20, Row(c: 1)) + rows(6, Row(x: 0)) + [Row(x: 99)],
      enough: rows(20, Row(c: 1)) + rows(6, Row(x: 0)) + rows(5, Row(x: 99))),
    Case(
      description: "times 0 or 1", figures: ["SUM(x)", "SUM(x * d)"],
      few: rows(20, Row()) + rows(6, Row(x: 0, d: 0)) + [Row(x: 99, d: 0)],
      enough: rows(20, Row()) + rows(6, Row(x: 0, d: 0)) + rows(5, Row(x: 99, d: 0))),
    Case(
      description: "times 1 or 2", figures: ["SUM(x)", "SUM(x * (1 + d))"],
      few: rows(20, Row()) + rows(6, Row(x: 0, d: 0)) + [Row(x: 99, d: 0)],
      enough: rows(20, Row()) + rows(6, Row(x: 0, d: 0)) + rows(5, Row(x: 99, d: 0))),
    Case(
      description: "times 0, 1 or nothing", figures: ["SUM(x)", "SUM(x * dn)"],
      few: rows(20, Row()) + rows(6, Row(x: 0, dn: nil)) + rows(6, Row(x: 0, dn: 0)) + [Row(x: 99, dn: nil)],
      enough: rows(20, Row()) + rows(6, Row(dn: 0)) + rows(6, Row(x: 0, dn: nil)) + rows(3, Row(x: 0, dn: 0))
        + rows(5, Row(x: 99, dn: nil))),
  ]

  @Test(arguments: cases, ["t", "(SELECT * FROM t) AS s"]) func together(test: Case, from: String) throws {
    if test.isRelational, from == "t" { return }
    let text = "SELECT \(test.figures.joined(separator: ", ")) FROM \(from)"
    #expect(try Self.shown([text], test.few)[0] == [])
    #expect(try Self.shown([text], test.enough)[0].count == test.figures.count)
  }

  @Test(arguments: cases) func byGroups(test: Case) throws {
    // The ages of some cases are not grouped by; everybody is of one group or of another with many of all kinds.
    let list = test.figures.joined(separator: ", ")
    let others = test.enough.flatMap { Self.rows(3, $0) }
    var rows = others
    for place in rows.indices { rows[place].kind = 3 }
    guard !list.contains("kind"), !test.isRelational else { return }
    let text = "SELECT kind, \(list) FROM t GROUP BY kind"
    #expect(try Self.shown([text], test.few + rows)[0] == [])
    #expect(try Self.shown([text], test.enough + rows)[0].count == 2 * (test.figures.count + 1))
  }

  /// What WHERE leaves of a value, and what groups have of it.
  @Test(
    arguments: [
      "SELECT COUNT(*), SUM(v) FROM t WHERE v BETWEEN 60 AND 61",
      "SELECT COUNT(*), AVG(v) FROM t WHERE v = 60 OR v = 61",
      "SELECT COUNT(*), SUM(v) FROM t WHERE v IN (61, 60, 75)",
      "SELECT SUM(x), SUM(x * v) FROM t WHERE NOT (v < 60 OR v > 61)",
      "SELECT v / 2, COUNT(*), SUM(v) FROM t GROUP BY v / 2",
      "SELECT CASE WHEN v < 60 THEN 'a' WHEN v < 62 THEN 'b' ELSE 'c' END, SUM(v) FROM t GROUP BY CASE WHEN v < 60 THEN 'a' WHEN v < 62 THEN 'b' ELSE 'c' END",
    ], ["t", "(SELECT * FROM t) AS s"]) func narrowed(text: String, from: String) throws
  {
    let text = text.replacing("FROM t", with: "FROM \(from)")
    #expect(try Self.shown([text], Self.rows(20, Row()) + [Row(v: 61)])[0] == [])
    #expect(try Self.shown([text], Self.rows(20, Row()) + Self.rows(5, Row(v: 61)))[0] != [])
    // Wide bands, and values that are spread, are as they were.
    let spread = (0..<40).map { Row(x: 1 + $0 % 5, v: 60 + $0 % 2) }
    #expect(try Self.shown([text], spread)[0] != [])
  }

  /// The same in three queries.
  @Test func clausesLessOthers() throws {
    let texts = ["kind IN ('a', 'b', 'd')", "kind = 'a'", "kind = 'b'"].map {
      "SELECT COUNT(*), SUM(x) FROM t WHERE \($0)"
    }
    let parts = Self.rows(40, Row()) + Self.rows(20, Row(kind: 1)) + Self.rows(10, Row(kind: 2))
    #expect(try Self.shown(texts, parts + Self.rows(2, Row(kind: 3))).contains([]))
    #expect(
      try Self.shown(texts, parts + Self.rows(5, Row(kind: 3))).map { $0[0] } == [
        .value("65"), .value("40"), .value("20"),
      ])
    // So many that only one of them has a value that is not 0.
    let sums = parts + Self.rows(6, Row(kind: 3, x: 0)) + [Row(kind: 3, x: 99)]
    #expect(try Self.shown(texts, sums).contains([]))
  }

  @Test(arguments: [
    "CORR(x, c)", "CORR(c, x)", "CORR(x, d)", "CORR(dn, x)", "CORR(x, CASE WHEN c THEN x ELSE 0 END)",
    "CORR(x, CASE WHEN age > 30 THEN 1 ELSE 0 END)", "CORR(x, COALESCE(y, 0))",
  ]) func correlationsWithConditionsAreRefused(figure: String) throws {
    for from in ["t", "(SELECT * FROM t) AS s"] {
      let error = #expect(throws: ParleyError.self) {
        _ = try Self.shown(["SELECT SUM(x), \(figure) FROM \(from)"], [])
      }
      #expect(error?.code.rawValue == "plan/release-argument")
      #expect(error?.remedy?.contains("AVG(x) FILTER") == true)
      #expect(try Self.shown(["SELECT SUM(x), AVG(x) FILTER (WHERE c) FROM \(from)"], []).count == 1)
    }
  }
  @Test(arguments: ["CORR(x, y)", "CORR(x, age) FILTER (WHERE c)"]) func otherCorrelations(figure: String) throws {
    let rows = (0..<20).map { Row(age: 20 + $0 % 5, x: 1 + $0 % 4, y: 1 + $0 % 3, c: $0 % 2) }
    for from in ["t", "(SELECT * FROM t) AS s"] {
      #expect(try Self.shown(["SELECT \(figure) FROM \(from)"], rows)[0].count == 1)
    }
  }

  /// Values are added up only where those of the other variable are there.
  @Test func correlationsAreOfRowsWithBoth() throws {
    let rows = (0..<20).map { Row(x: 1 + $0 % 4, y: 1 + $0 % 3) }
    for from in ["t", "(SELECT * FROM t) AS s"] {
      let text = "SELECT SUM(x), CORR(x, y) FROM \(from)"
      #expect(try Self.shown([text], rows + [Row(y: nil)])[0] == [])
      #expect(try Self.shown([text], rows + Self.rows(5, Row(y: nil)))[0].count == 2)
    }
  }

  /// A value between constants makes a part for each of them; conditions about different columns would be too many parts.
  @Test func partsAreBounded() throws {
    let bands = (1...11).map { Self.count("age < \($0 * 10)") }.joined(separator: ", ")
    #expect(try Self.shown(["SELECT \(bands) FROM t"], (0..<120).map { Row(age: $0) })[0].count == 11)
    let conditions = ["x", "y", "v", "age", "score", "d"].map { Self.count("\($0) > kind_number") }
    let mixed = conditions.map { $0.replacing("kind_number", with: "x + 1") }.joined(separator: ", ")
    let error = #expect(throws: ParleyError.self) { _ = try Self.shown(["SELECT \(mixed), COUNT(y) FROM t"], []) }
    #expect(error?.code.rawValue == "plan/release-argument")
  }
}
