import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// Figures that tell of few rows by subtraction, each way on its own.
@Suite struct ReleaseSubtractionTests {
  struct Row {
    var ward = 0
    var sex = 0
    var a: Int64 = 0
    var b: Int64 = 0
    var v: Int64 = 0
    var score: Int64 = 1
    var w: Int64?
  }
  private static let schema = TableSchema(
    name: "t",
    columns: [
      .init(name: "ward", type: .category(["A", "B", "C", "D"]), isNullable: false),
      .init(name: "sex", type: .category(["f", "m"]), isNullable: false),
      .init(name: "a", type: .integer(0...3), isNullable: false),
      .init(name: "b", type: .integer(0...3), isNullable: false),
      .init(name: "v", type: .integer(0...100), isNullable: false),
      .init(name: "score", type: .integer(1...3), isNullable: false),
      .init(name: "w", type: .integer(0...9), isNullable: true),
    ], holders: ["h"], maximumRows: 300)

  private static func results(_ texts: [String], _ rows: [Row]) throws -> [[[DecodedTable.Cell]]] {
    let columns = rows.map { [Int64($0.ward), Int64($0.sex), $0.a, $0.b, $0.v, $0.score] }
    let data = TableData(
      rowCount: rows.count,
      columns: (0..<6).map { place in .init(values: columns.map { $0[place] }, isNull: []) }
        + [.init(values: rows.map { $0.w ?? 0 }, isNull: rows.map { $0.w == nil })])
    return try SuppressionTests.run(texts, schema, data, minimum: 5).map(\.rows)
  }
  private static func rows(_ count: Int, _ row: Row) -> [Row] { Array(repeating: row, count: count) }

  private static let wards =
    rows(100, Row(ward: 0)) + rows(50, Row(ward: 1)) + rows(10, Row(ward: 2))
    + rows(4, Row(ward: 3))

  @Test func whatIsLeftOfAPartition() throws {
    let parts = ["A", "B", "C"].map { "COUNT(*) FILTER (WHERE ward = '\($0)')" }
    #expect(
      try Self.results(["SELECT \(parts.joined(separator: ", ")) FROM t"], Self.wards)[0][0] == [
        .withheld, .withheld, .withheld,
      ])
    // Of nobody nothing is told.
    let whole = Self.wards.filter { $0.ward != 3 }
    #expect(
      try Self.results(["SELECT \(parts.joined(separator: ", ")) FROM t"], whole)[0][0]
        == [.value("100"), .value("50"), .value("10")])
    let ranges = ["v < 20", "v >= 20 AND v < 40", "v >= 40 AND v < 60"].map { "COUNT(*) FILTER (WHERE \($0))" }
    let rows =
      Self.rows(40, Row(v: 5)) + Self.rows(30, Row(v: 25)) + Self.rows(20, Row(v: 45)) + Self.rows(3, Row(v: 70))
    #expect(
      try Self.results(["SELECT \(ranges.joined(separator: ", ")) FROM t"], rows)[0][0] == [
        .withheld, .withheld, .withheld,
      ])
  }

  @Test func whatIsLeftOfSumsOverAPartition() throws {
    var rows = Self.wards
    for place in rows.indices { rows[place].v = rows[place].ward == 3 ? 0 : 7 }
    rows += [Row(ward: 3, v: 97)] + Self.rows(6, Row(ward: 3))
    let parts = ["A", "B", "C"].map { "SUM(CASE WHEN ward = '\($0)' THEN v END)" }
    let cells = try Self.results(["SELECT SUM(v), \(parts.joined(separator: ", ")) FROM t"], rows)[0][0]
    #expect(cells.allSatisfy { $0 == .withheld })
  }

  /// Under `a = 1 OR v > 98` and not under `a = 1` the value is 99 or 100, which no condition says alone.
  @Test(arguments: [(3, true), (6, false)]) func twoValuesThatConditionsLeaveTogether(
    of few: Int, isWithheld: Bool
  ) throws {
    let rows =
      Self.rows(40, Row(a: 1, v: 50)) + Self.rows(40, Row(v: 50)) + Self.rows(20, Row(v: 99))
      + Self.rows(few, Row(v: 100))
    let sums = ["a = 1 OR v > 98", "a = 1"].map { "SUM(v) FILTER (WHERE \($0))" }
    let cells = try Self.results(["SELECT \(sums.joined(separator: ", ")) FROM t"], rows)[0][0]
    let told: [DecodedTable.Cell] = [.value(String(2000 + 1980 + 100 * few)), .value("2000")]
    let hidden: [DecodedTable.Cell] = [.withheld, .withheld]
    #expect(cells == (isWithheld ? hidden : told))
    // Where the bound is of the value and something that is added to it.
    let shifted = try Self.results(["SELECT COUNT(*), SUM(v) FROM t WHERE v + 1 > 99"], rows)[0][0]
    #expect(shifted.allSatisfy { $0 == .withheld } == isWithheld)
  }

  /// The total of a set, written in another way, beside the same by group.
  @Test(arguments: [
    ("COUNT(*) FILTER (WHERE a = 1 AND b = 1)", "COUNT(*) FILTER (WHERE b = 1 AND a = 1)"),
    ("SUM(a * v)", "SUM(v * a)"),
    ("COUNT(*) FILTER (WHERE b = 1)", "COUNT(*) FILTER (WHERE b - 1 = 0)"),
    ("COUNT(*) FILTER (WHERE b = 1)", "AVG(b), VARIANCE(b)"),
  ]) func totalsInOtherWords(byWard: String, overall: String) throws {
    // In C one row has what is counted, in D none.
    var rows = Self.wards
    for (ward, count) in [(0, 50), (1, 20), (2, 1)] {
      let places = rows.indices.filter { rows[$0].ward == ward }.prefix(count)
      for place in places { (rows[place].a, rows[place].b, rows[place].v) = (1, 1, 9) }
    }
    let shown = try Self.results(
      ["SELECT ward, \(byWard) FROM t GROUP BY ward", "SELECT \(overall) FROM t"], rows)
    #expect(shown[0].map { $0[1] }.dropFirst() == [.withheld, .withheld, .withheld])
    #expect(shown[1][0][0] != .withheld)
  }

  /// Of one stratum a set has one row, of all others it is shown, and its total too.
  @Test func setsWithinAStratum() throws {
    var rows: [Row] = []
    for ward in 0..<3 {
      for sex in 0..<2 {
        rows += Self.rows(20 + ward, Row(ward: ward, sex: sex, b: 1)) + Self.rows(20, Row(ward: ward, sex: sex))
      }
    }
    rows += [Row(ward: 3, sex: 1, b: 1)] + Self.rows(2, Row(ward: 3, sex: 1)) + Self.rows(20, Row(ward: 3))
    let shown = try Self.results(
      [
        "SELECT ward, sex, COUNT(*) FILTER (WHERE b = 1) FROM t GROUP BY ward, sex",
        "SELECT ward, a, COUNT(*) FROM t GROUP BY ward, a", "SELECT COUNT(*) FILTER (WHERE b = 1) FROM t",
      ], rows)
    let hidden = shown[0].filter { $0[2] == .withheld }.map { $0[0] }
    #expect(Set(hidden.map { "\($0)" }).count >= 2, "another ward must be withheld beside D: \(shown[0])")
    #expect(shown[2][0][0] == .value("127"))
  }

  @Test func productsWithCase() throws {
    let rows =
      Self.rows(19, Row(a: 1, b: 1, v: 1)) + [Row(a: 0, b: 1, v: 1)] + Self.rows(10, Row(a: 0, b: 0, v: 1))
    let cells = try Self.results(
      ["SELECT SUM(v * b), SUM(CASE WHEN a > 0 THEN v ELSE 0 END * b) FROM t"], rows)[0][0]
    #expect(cells == [.withheld, .withheld])
  }

  @Test func sumsFromTheLowestValue() throws {
    #expect(
      try Self.results(["SELECT SUM(score) FROM t"], Self.rows(39, Row()) + [Row(score: 2)])[0][0] == [.withheld])
    #expect(
      try Self.results(["SELECT SUM(score) FROM t"], Self.rows(35, Row()) + Self.rows(5, Row(score: 2)))[0][0]
        == [.value("45")])
  }

  /// A constant in a branch is added once for each value that is there: with one, a sum tells how many are.
  @Test func constantsInBranches() throws {
    let rows = Self.rows(19, Row(a: 1, w: 7)) + [Row(a: 1)] + Self.rows(20, Row(w: 7))
    let text = "SELECT COUNT(*) FILTER (WHERE a > 0), SUM(CASE WHEN a > 0 THEN 100 + v END) FROM t"
    #expect(try Self.results([text], rows)[0][0][0] == .value("20"))
    // Of a column with few values, beside conditions, each value is looked at: one of those with a has another one.
    let few = text.replacing("100 + v", with: "100 + w")
    #expect(try Self.results([few], rows)[0][0] == [.withheld, .withheld])
    let enough = Self.rows(15, Row(a: 1, w: 7)) + Self.rows(5, Row(a: 1)) + Self.rows(20, Row(w: 7))
    #expect(try Self.results([few], enough)[0][0][0] == .value("20"))
  }
}
