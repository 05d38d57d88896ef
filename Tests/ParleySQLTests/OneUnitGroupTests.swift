import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Groups whose keys leave one unit in each: nothing has to be counted, and nothing is shown.
@Suite struct OneUnitGroupTests {
  static let orders = TableSchema(
    name: "orders",
    columns: [
      .init(name: "okey", type: .integer(1...40), isNullable: false),
      .init(name: "pid", type: .integer(1...90), isNullable: false),
      .init(name: "region", type: .integer(0...2), isNullable: false),
    ], holders: ["a"], maximumRows: 40, uniqueKeys: [["okey"]],
    protection: .units(name: "person", column: "pid"))
  static let lines = TableSchema(
    name: "lines",
    columns: [
      .init(name: "okey", type: .integer(1...40), isNullable: false),
      .init(name: "amount", type: .integer(1...50), isNullable: false),
    ], holders: ["b"], maximumRows: 200, protection: .rows)

  static func data(_ seed: UInt64) -> [String: [TableData]] {
    var random = InsecureRandom(seed: seed)
    func table(_ rows: [[Int64]]) -> [TableData] {
      [
        TableData(
          rowCount: rows.count,
          columns: rows[0].indices.map { column in .init(values: rows.map { $0[column] }, isNull: []) })
      ]
    }
    let orders = (1...30 as ClosedRange<Int64>).map { key in
      [key, Int64.random(in: 1...90, using: &random), Int64.random(in: 0...2, using: &random)]
    }
    let lines = (0..<150).map { _ in
      [Int64.random(in: 1...30, using: &random), Int64.random(in: 5...40, using: &random)]
    }
    return ["orders": table(orders), "lines": table(lines)]
  }

  static func query(_ text: String) -> SQLQuery { SQLQuery(name: "q", text: text, file: "study.yml", line: 1) }
  static func compile(_ text: String, minimum: Int) throws(ParleyError) -> Program {
    try SQLFrontEnd.compile(
      [query(text)], tables: [orders, lines], rules: .init(minimumCell: minimum, recipients: ["r"]))
  }
  static func notes(_ text: String) throws(ParleyError) -> [String] {
    try SQLFrontEnd.notes(
      [query(text)], tables: [orders, lines], rules: .init(minimumCell: 4, recipients: ["r"]))
  }
  private static func sorts(_ program: Program) -> Int {
    program.pruned().nodes.filter { if case .sort = $0.operation { true } else { false } }.count
  }

  /// The key itself, a key that is unique in the table with the unit, the same through a join, and beside other keys.
  static let ofOne = [
    "SELECT pid, COUNT(*) FROM orders GROUP BY pid",
    "SELECT okey, COUNT(*) FROM orders GROUP BY okey",
    "SELECT l.okey, SUM(l.amount) FROM lines l JOIN orders o ON l.okey = o.okey GROUP BY l.okey",
    "SELECT o.okey, o.region, SUM(l.amount) FROM lines l, orders o WHERE l.okey = o.okey GROUP BY o.okey, o.region",
  ]

  @Test(arguments: ofOne) func nothingIsCountedOrShown(_ text: String) throws {
    let program = try Self.compile(text, minimum: 4)
    for seed: UInt64 in 1...5 {
      let results = try InsecurePlaintextEvaluator.results(
        program, tables: [Self.orders, Self.lines], data: Self.data(seed))
      #expect(results[0].rows.isEmpty, "seed \(seed)")
    }
    let note = try #require(try Self.notes(text).first)
    #expect(note.contains("no group can be shown") && note.contains("each person"), "\(note)")
    let (own, free) = (Self.sorts(program), Self.sorts(try Self.compile(text, minimum: 0)))
    // Few public keys need no sort; one brings shown groups to the front.
    #expect(own <= max(free + 1, 2), "\(own) sorts, without a minimum \(free)")
  }

  /// Groups of several units are counted and shown as ever.
  @Test func groupsOfSeveral() throws {
    let texts = [
      "SELECT region, COUNT(*) FROM orders GROUP BY region",
      "SELECT o.region, SUM(l.amount) FROM lines l JOIN orders o ON l.okey = o.okey GROUP BY o.region",
    ]
    for text in texts {
      let program = try Self.compile(text, minimum: 4)
      let results = try InsecurePlaintextEvaluator.results(
        program, tables: [Self.orders, Self.lines], data: Self.data(1))
      #expect(results[0].rows.count == 3)
      #expect(try Self.notes(text).isEmpty)
      #expect(Self.sorts(program) > Self.sorts(try Self.compile(text, minimum: 0)) + 1)
    }
  }

  /// A product is 0 where a factor is: no set of its own is asked of holders, and few rows that are not 0 are withheld.
  @Test(arguments: ["amount * (60 - okey)", "(okey - 60) * amount"])
  func productsAreOfTheirFactors(_ summand: String) throws {
    var schema = Self.lines
    schema.columns[1].type = .integer(0...50)
    let program = try SQLFrontEnd.compile(
      [Self.query("SELECT SUM(\(summand)) FROM lines")], tables: [schema],
      rules: .init(minimumCell: 4, recipients: ["r"]))
    let sets = program.inputs.filter { if case .bit = $0.sort { $0.formula != nil } else { false } }
    #expect(sets.allSatisfy { !"\($0.formula!)".contains("*") }, "\(sets)")
    for count in 0...8 {
      let table = TableData(
        rowCount: 12,
        columns: [
          .init(values: Array(repeating: 20, count: 12), isNull: []),
          .init(values: (0..<12).map { $0 < count ? 10 : 0 }, isNull: []),
        ])
      let results = try InsecurePlaintextEvaluator.results(program, tables: [schema], data: ["lines": [table]])
      let isShown = if case .value = results[0].rows[0][0] { true } else { false }
      #expect(isShown == (count == 0 || count >= 4), "\(count) rows: \(results[0].rows)")
    }
  }
}
