import BigInt
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleyTesting
import Testing

/// VARIANCE, STDDEV and CORR over joins, groups, secret keys and numbers of any width.
@Suite struct SpreadTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t",
      [
        ("id", .integer(1...9)), ("g", .integer(0...99_999)), ("x", .integer(-100...100)),
        ("y", .decimal(scale: 2, 0...10_000)),
      ], unique: [["id"]],
      [[1, 500, 2, 100], [2, 500, 4, 200], [3, 500, 9, nil], [4, 70_000, 5, 300], [5, nil, nil, 400]])
    tables.add("u", [("tid", .integer(1...9)), ("z", .integer(0...9))], [[1, 1], [2, 3], [4, 2], [4, 7]])
    return tables
  }()

  func rows(_ text: String) throws -> [String] { try Self.tables.rows(text) }

  @Test func overJoinsGroupsAndConditions() throws {
    #expect(
      try rows("SELECT VARIANCE(x) AS v, STDDEV(x) AS s, CORR(x, y) AS c FROM t")
        == ["8.666667 2.943920 0.981981"])
    // Pairs (2, 1), (4, 3), (5, 2), (5, 7).
    #expect(
      try rows("SELECT STDDEV(x) AS s, CORR(x, z) AS c FROM t JOIN u ON id = tid") == ["1.414214 0.627355"])
    #expect(
      try rows("SELECT g, STDDEV(x) AS s FROM t GROUP BY g ORDER BY g")
        == ["NULL NULL", "500 3.605551", "70000 NULL"])
    #expect(try rows("SELECT g, VARIANCE(x) AS v FROM t GROUP BY g HAVING STDDEV(x) > 3") == ["500 13.000000"])
    #expect(
      try rows("SELECT g, COUNT(*) AS n FROM t GROUP BY g ORDER BY STDDEV(x) DESC NULLS LAST, g DESC LIMIT 2")
        == ["500 3", "70000 1"])
    #expect(try rows("SELECT 2 * STDDEV(x) + 1 AS s FROM t WHERE g = 500") == ["8.211102"])
    #expect(
      try rows("SELECT id FROM t WHERE x > (SELECT STDDEV(x) FROM t AS o WHERE o.g = t.g) ORDER BY id") == [
        "2", "3",
      ])
    #expect(try rows("SELECT STDDEV(DISTINCT z) AS s FROM u") == ["2.629956"])
    #expect(try rows("SELECT CORR(x, x > 3) AS c FROM t WHERE g = 500") == ["0.720577"])
    #expect(
      try rows("SELECT CORR(x, 1) AS c, STDDEV(1) AS s, VARIANCE(x) AS v FROM t WHERE id = 1") == [
        "NULL NULL NULL"
      ])
  }

  /// Cents up to a million over a million rows: squares have sums of 73 bits, and both ways and every engine compute them.
  static let pay = TableSchema(
    name: "t",
    columns: [
      .init(name: "pay", type: .decimal(scale: 2, 0...100_000_000), isNullable: false),
      .init(name: "bonus", type: .decimal(scale: 2, -100_000_000...100_000_000), isNullable: true),
      .init(name: "note", type: .text(bytes: 20), isNullable: false),
    ], holders: ["a"], maximumRows: 1_000_000)
  static let cells: [(pay: Int64, bonus: Int64?)] = [
    (100_000_000, -100_000_000), (125, 100_000_000), (0, nil), (99_999_999, 5), (50_000_001, -7),
  ]
  static let data = [
    "t": [
      TableData(
        rowCount: cells.count,
        columns: [
          .init(values: cells.map(\.pay), isNull: []),
          .init(values: cells.map { $0.bonus ?? 0 }, isNull: cells.map { $0.bonus == nil }),
          .init(values: [], isNull: [], texts: cells.map { _ in "one" }),
        ])
    ]
  ]

  /// The nearest sixth decimal of the root of `numerator` / `denominator`, both in the units of cents squared.
  static func root(_ numerator: BigInt, _ denominator: BigInt) -> String {
    // round(sqrt(q) · 10^4 units of cents) with exact integers.
    let scaled = 4 * numerator * BigInt(10).power(8) / denominator
    let half = (scaled.squareRoot() + 1) / 2
    let digits = String(half)
    let padded = String(repeating: "0", count: max(0, 7 - digits.count)) + digits
    return "\(padded.dropLast(6)).\(padded.suffix(6))"
  }

  /// Where people are grouped under a minimum as well, and over windows: every engine can compute it.
  @Test(arguments: [
    "SELECT place, STDDEV(pay) AS s, CORR(pay, bonus) AS c FROM t GROUP BY place",
    "SELECT place, AVG(pay) AS s FROM t GROUP BY place HAVING VARIANCE(bonus) > 7",
    "SELECT STDDEV(pay) OVER (PARTITION BY place) AS s, CORR(pay, bonus) OVER (PARTITION BY place) AS c FROM t",
  ])
  func moneyOverAMillionRowsIsNoOverflow(text: String) throws {
    let isOfGroups = text.contains("GROUP BY")
    let key = ColumnSchema(name: "place", type: .integer(0...99_999), isNullable: false)
    let table = TableSchema(
      name: "t", columns: Self.pay.columns + [key], holders: ["a"], maximumRows: 1_000_000,
      protection: isOfGroups ? .units(name: "person", column: "note") : .rows)
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: [table],
      rules: .init(minimumCell: isOfGroups ? 5 : 0, recipients: ["r"], allowsRowRelease: !isOfGroups))
    _ = try Lowering.lower(program, for: ReplicatedFamily(UInt64.self).descriptor)
  }

  @Test(arguments: [
    "SELECT STDDEV(pay) AS s, CORR(pay, bonus) AS c FROM t",
    "SELECT note, STDDEV(pay) AS s, CORR(pay, bonus) AS c FROM t GROUP BY note",
  ])
  func moneyOverAMillionRows(text: String) throws {
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: [Self.pay], rules: .init(minimumCell: 0, recipients: ["r"]))
    let values = Self.cells.map { BigInt($0.pay) }
    let n = BigInt(values.count)
    let sum = values.reduce(0, +), squares = values.reduce(0) { $0 + $1 * $1 }
    let expected = Self.root(n * squares - sum * sum, n * (n - 1))
    let results = try InsecurePlaintextEvaluator.results(program, tables: [Self.pay], data: Self.data)
    let cells = results[0].rows[0].map { if case .value(let text) = $0 { text } else { "NULL" } }
    #expect(cells[cells.count - 2] == expected)
    let pairs = Self.cells.compactMap { cell in cell.bonus.map { (Double(cell.pay), Double($0)) } }
    let meanX = pairs.reduce(0) { $0 + $1.0 } / Double(pairs.count),
      meanY = pairs.reduce(0) { $0 + $1.1 } / Double(pairs.count)
    let cross = pairs.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    let spread =
      pairs.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
      * pairs.reduce(0) { $0 + ($1.1 - meanY) * ($1.1 - meanY) }
    #expect(abs((Double(cells[cells.count - 1]) ?? 9) - cross / spread.squareRoot()) < 0.000001)
  }
}
