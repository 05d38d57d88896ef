import BigInt
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// Withheld counts cannot be derived: checked by enumerating every table of small counts.
@Suite struct SuppressionTests {
  static func schema(_ groups: Int) -> TableSchema {
    TableSchema(
      name: "t",
      columns: [
        .init(name: "g", type: .category((0..<groups).map { "g\($0)" }), isNullable: false),
        .init(name: "x", type: .integer(0...9), isNullable: true),
      ], holders: ["a"], maximumRows: 60, allowsExtremes: true)
  }
  static func data(_ counts: [Int], present: [Int]? = nil) -> TableData {
    let groups = counts.enumerated().flatMap { Array(repeating: Int64($0.offset), count: $0.element) }
    var isNull: [Bool] = []
    for (index, count) in counts.enumerated() {
      isNull += (0..<count).map { $0 >= (present?[index] ?? count) }
    }
    return TableData(
      rowCount: groups.count,
      columns: [.init(values: groups, isNull: []), .init(values: groups.map { _ in 5 }, isNull: isNull)])
  }
  static func run(_ text: [String], _ schema: TableSchema, _ data: TableData, minimum: Int) throws
    -> [DecodedTable]
  {
    let queries = text.enumerated().map { SQLQuery(name: "q\($0.offset)", text: $0.element) }
    let program = try SQLFrontEnd.compile(
      queries, tables: [schema], rules: .init(minimumCell: minimum, recipients: ["r"]))
    return try InsecurePlaintextEvaluator.results(program, tables: [schema], data: ["t": [data]])
  }

  /// All count vectors of `groups` cells up to `largest`.
  static func vectors(_ groups: Int, _ largest: Int) -> [[Int]] {
    (0..<groups).reduce([[]]) { partial, _ in partial.flatMap { v in (0...largest).map { v + [$0] } } }
  }

  struct Case: CustomStringConvertible, Sendable {
    var groups: Int, minimum: Int, largest: Int
    var description: String { "\(groups) groups, minimum \(minimum), counts to \(largest)" }
  }
  static let cases = [
    Case(groups: 2, minimum: 2, largest: 8), Case(groups: 2, minimum: 3, largest: 9),
    Case(groups: 2, minimum: 5, largest: 12), Case(groups: 3, minimum: 2, largest: 7),
    Case(groups: 3, minimum: 3, largest: 8), Case(groups: 3, minimum: 4, largest: 9),
    Case(groups: 3, minimum: 5, largest: 9), Case(groups: 4, minimum: 3, largest: 5),
  ]

  /// The observer knows the rule, every opened bit and count, and the exact total. Vectors that look the same to
  /// it form a class; no withheld count may be the same in all of its class.
  @Test(arguments: cases) func noWithheldCountFollows(test: Case) throws {
    let schema = Self.schema(test.groups)
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: "SELECT g, COUNT(*) FROM t GROUP BY g")], tables: [schema],
      rules: .init(minimumCell: test.minimum, recipients: ["r"]))
    var classes: [[DecodedTable.Cell]: [Int: [[Int]]]] = [:]
    for counts in Self.vectors(test.groups, test.largest) {
      let table = try InsecurePlaintextEvaluator.results(
        program, tables: [schema], data: ["t": [Self.data(counts)]])[0]
      let seen = table.rows.map { $0[1] }
      for (count, cell) in zip(counts, seen) {
        switch cell {
        case .value(let text):
          #expect(text == String(count) && count >= test.minimum, "\(counts) shows \(text)")
        case .absent: #expect(count == 0, "\(counts)")
        case .withheld: #expect(counts.contains { (1..<test.minimum).contains($0) } || counts.reduce(0, +) < 3)
        case .null, .malformed, .notEstimable: Issue.record("a count is \(cell)")
        }
      }
      // The withheld cells together are no small group either, unless all is withheld.
      let hidden = zip(counts, seen).filter { $0.1 == .withheld }.map(\.0).reduce(0, +)
      #expect(hidden == 0 || hidden >= test.minimum || seen.allSatisfy { $0 == .withheld }, "\(counts)")
      classes[seen, default: [:]][counts.reduce(0, +), default: []].append(counts)
    }
    for (seen, byTotal) in classes {
      for (total, members) in byTotal {
        for cell in seen.indices where seen[cell] == .withheld {
          let possible = Set(members.map { $0[cell] })
          #expect(possible.count > 1, "cell \(cell) of \(seen) with total \(total) is \(possible)")
        }
      }
    }
  }

  @Test func aLoneSmallCellTakesTheNextWithIt() throws {
    let schema = Self.schema(4)
    let cells = try Self.run(
      ["SELECT g, COUNT(*), SUM(x) FROM t GROUP BY g"], schema, Self.data([4, 9, 6, 7]), minimum: 5)[0].rows
    #expect(cells.map { $0[1] } == [.withheld, .value("9"), .withheld, .value("7")])
    #expect(cells.map { $0[2] } == [.withheld, .value("45"), .withheld, .value("35")])
  }

  @Test func nothingOfAWithheldCellIsOpened() throws {
    let schema = Self.schema(3)
    let program = try SQLFrontEnd.compile(
      [
        SQLQuery(
          name: "q",
          text:
            "SELECT g, COUNT(*), COUNT(x), SUM(x), AVG(x), MIN(x), MAX(x), VARIANCE(x), STDDEV(x), CORR(x, x), 7 + AVG(x) FROM t GROUP BY g"
        )
      ], tables: [schema], rules: .init(minimumCell: 5, recipients: ["r"]))
    let opened = try InsecurePlaintextEvaluator.evaluate(
      program, tables: [schema], data: ["t": [Self.data([3, 2, 9])]])
    let table = program.results[0]
    #expect(opened[try #require(table.isWithheld)] == [1, 1, 0])
    #expect(opened[try #require(table.isAbsent)] == [0, 0, 0])
    for column in table.columns {
      #expect(opened[column.value]?.prefix(2) == [0, 0], "\(column.name)")
      if let isNull = column.isNull { #expect(opened[isNull]?.prefix(2) == [0, 0], "\(column.name)") }
    }
    #expect(opened[table.columns[0].value] == [0, 0, 9])
  }

  @Test func aWholeResultIsOneCell() throws {
    let schema = Self.schema(2)
    let text = "SELECT COUNT(*), AVG(x) FROM t"
    #expect(
      try Self.run([text], schema, Self.data([2, 2]), minimum: 5)[0].rows == [[.withheld, .withheld]])
    #expect(
      try Self.run([text], schema, Self.data([3, 2]), minimum: 5)[0].rows
        == [[.value("5"), .value("5.000000")]])
    #expect(try Self.run([text], schema, Self.data([0, 0]), minimum: 5)[0].rows == [[.value("0"), .null]])
  }

  /// A mean over three values is as revealing as a group of three rows.
  @Test func aStatisticOverTooFewValuesIsWithheld() throws {
    let schema = Self.schema(2)
    let text = "SELECT COUNT(*), AVG(x) FROM t"
    let few = try Self.run([text], schema, Self.data([9, 9], present: [2, 1]), minimum: 5)[0].rows
    #expect(few == [[.withheld, .withheld]])
    let none = try Self.run([text], schema, Self.data([9, 9], present: [0, 0]), minimum: 5)[0].rows
    #expect(none == [[.value("18"), .null]])
  }

  @Test func queriesWithTheSameKeysShareOneDecision() throws {
    let schema = Self.schema(3)
    let tables = try Self.run(
      [
        "SELECT g, COUNT(*) FROM t GROUP BY g ORDER BY g DESC", "SELECT AVG(x), g FROM t GROUP BY g",
      ], schema, Self.data([9, 9, 20], present: [9, 2, 20]), minimum: 5)
    // g1 has too few values for the second query, and g0 has as many rows as g1: all of it is withheld in both.
    #expect(tables[0].rows.map { $0[0] } == [.value("g2"), .value("g1"), .value("g0")])
    #expect(tables[0].rows.map { $0[1] == .withheld } == tables[1].rows.map { $0[0] == .withheld }.reversed())
  }

  @Test func aQueryWithoutGroupsDecidesForItself() throws {
    let tables = try Self.run(
      ["SELECT COUNT(*) FROM t", "SELECT AVG(x) FROM t"], Self.schema(2), Self.data([9, 9], present: [2, 1]),
      minimum: 5)
    #expect(tables.map(\.rows) == [[[.value("18")]], [[.withheld]]])
  }

  /// Ranges that decide everything in advance fold the whole decision.
  @Test(arguments: [0, 1, 3, 200]) func degenerateSizes(rows: Int) throws {
    for groups in 1...3 {
      var schema = Self.schema(groups)
      schema.maximumRows = rows
      for minimum in [0, 2, 3, 500] {
        let counts = (0..<groups).map { $0 == 0 ? min(rows, 3) : 0 }
        let table = try Self.run(
          ["SELECT g, COUNT(*), AVG(x), STDDEV(x), MIN(x) FROM t GROUP BY g", "SELECT SUM(x), CORR(x, x) FROM t"],
          schema, Self.data(counts), minimum: minimum)
        let shown: DecodedTable.Cell =
          rows == 0 ? .absent : minimum > min(rows, 3) ? .withheld : .value(String(min(rows, 3)))
        #expect(table[0].rows[0][1] == shown, "\(groups) groups, minimum \(minimum)")
      }
    }
  }

  /// HAVING leaves the minimum as it is: a group that satisfies it and is large enough is shown.
  @Test func havingDoesNotChangeTheMinimum() throws {
    let schema = Self.schema(3)
    for having in ["COUNT(*) >= 8", "COUNT(*) > 7", "8 <= COUNT(*)", "7 < COUNT(*)"] {
      let rows = try Self.run(
        ["SELECT g, COUNT(*) AS n FROM t GROUP BY g HAVING \(having)"], schema, Self.data([6, 7, 9]),
        minimum: 5)[0].rows
      #expect(rows.map { $0[1] } == [.value("9")], "\(having)")
    }
    let rows = try Self.run(
      ["SELECT g, COUNT(*) FROM t GROUP BY g HAVING COUNT(*) >= 2"], schema, Self.data([3, 4, 9]), minimum: 5)[0]
    #expect(rows.rows.map { $0[1] } == [.value("9")])
  }
}
