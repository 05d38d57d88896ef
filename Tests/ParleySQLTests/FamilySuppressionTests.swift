import BigInt
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// What several queries over one table show together: cross tables that share a variable, and different WHERE clauses.
/// Checked by enumerating every small table.
@Suite struct FamilySuppressionTests {
  /// Queries over a table with categories a, b and a condition f, and the sets of rows that they could tell.
  struct Case: CustomStringConvertible, Sendable {
    var description: String
    var queries: [String]
    /// Values of a, b and f; f is a Boolean where there are two, and x is NULL where it is false.
    var dimensions: [Int]
    var minimum: Int
    /// Rows of the table at most. All tables with so many are tried, so that none is missing that looks like another.
    var rows: Int
    /// For each query, for each of its result rows, which kinds of rows it counts.
    var cells: [[@Sendable ([Int]) -> Bool]]
    /// Other sets that follow by subtraction.
    var others: [@Sendable ([Int]) -> Bool] = []
    /// What each row adds to a figure.
    var value = 1
  }

  private static func kinds(_ dimensions: [Int]) -> [[Int]] {
    dimensions.reduce([[]]) { partial, size in partial.flatMap { kind in (0..<size).map { kind + [$0] } } }
  }
  private static func cells(_ sizes: [(place: Int, size: Int)]) -> [@Sendable ([Int]) -> Bool] {
    kinds(sizes.map(\.size)).map { values in
      { kind in zip(sizes, values).allSatisfy { kind[$0.place] == $1 } }
    }
  }

  static let cases: [Case] = [
    Case(
      description: "two cross tables that share a",
      queries: [
        "SELECT a, b, COUNT(*) FROM t GROUP BY a, b ORDER BY a, b",
        "SELECT a, f, COUNT(*) FROM t GROUP BY a, f ORDER BY a, f",
      ], dimensions: [2, 2, 2], minimum: 2, rows: 8,
      cells: [cells([(0, 2), (1, 2)]), cells([(0, 2), (2, 2)])], others: cells([(0, 2)])),
    Case(
      description: "two cross tables that share a, minimum 3",
      queries: [
        "SELECT a, b, COUNT(*) FROM t GROUP BY a, b ORDER BY a, b",
        "SELECT a, f, COUNT(*) FROM t GROUP BY a, f ORDER BY a, f",
      ], dimensions: [2, 2, 2], minimum: 3, rows: 9,
      cells: [cells([(0, 2), (1, 2)]), cells([(0, 2), (2, 2)])], others: cells([(0, 2)])),
    Case(
      description: "groups and their parts",
      queries: [
        "SELECT a, COUNT(*) FROM t GROUP BY a ORDER BY a",
        "SELECT a, b, COUNT(*) FROM t GROUP BY a, b ORDER BY a, b",
      ], dimensions: [3, 2, 1], minimum: 2, rows: 11, cells: [cells([(0, 3)]), cells([(0, 3), (1, 2)])]),
    Case(
      description: "groups and their parts, minimum 3",
      queries: [
        "SELECT a, b, COUNT(*) FROM t GROUP BY a, b ORDER BY a, b",
        "SELECT a, COUNT(*) FROM t GROUP BY a ORDER BY a",
      ], dimensions: [2, 3, 1], minimum: 3, rows: 11, cells: [cells([(0, 2), (1, 3)]), cells([(0, 2)])]),
    Case(
      description: "groups of all and of some",
      queries: [
        "SELECT a, COUNT(*) FROM t GROUP BY a ORDER BY a",
        "SELECT a, COUNT(*) FROM t WHERE f GROUP BY a ORDER BY a",
      ], dimensions: [3, 1, 2], minimum: 2, rows: 11,
      cells: [cells([(0, 3)]), (0..<3).map { a in { $0[0] == a && $0[2] == 1 } }],
      others: (0..<3).map { a in { $0[0] == a && $0[2] == 0 } } + cells([(2, 2)])),
    Case(
      description: "groups of two halves, minimum 3",
      queries: [
        "SELECT a, COUNT(*) FROM t WHERE NOT f GROUP BY a ORDER BY a",
        "SELECT a, COUNT(*) FROM t WHERE f GROUP BY a ORDER BY a",
      ], dimensions: [2, 1, 2], minimum: 3, rows: 15,
      cells: [
        (0..<2).map { a in { $0[0] == a && $0[2] == 0 } }, (0..<2).map { a in { $0[0] == a && $0[2] == 1 } },
      ], others: cells([(2, 2)])),
    Case(
      description: "groups of all, and how many are some",
      queries: [
        "SELECT a, COUNT(*) FROM t GROUP BY a ORDER BY a", "SELECT COUNT(*) FROM t WHERE f",
      ], dimensions: [3, 1, 2], minimum: 2, rows: 10,
      cells: [cells([(0, 3)]), [{ $0[2] == 1 }]], others: cells([(2, 2)])),
    Case(
      description: "cross tables of all and of some",
      queries: [
        "SELECT a, b, COUNT(*) FROM t WHERE f GROUP BY a, b ORDER BY a, b",
        "SELECT a, COUNT(*) FROM t GROUP BY a ORDER BY a",
      ], dimensions: [2, 2, 2], minimum: 2, rows: 9,
      cells: [
        kinds([2, 2]).map { cell in { $0[0] == cell[0] && $0[1] == cell[1] && $0[2] == 1 } }, cells([(0, 2)]),
      ], others: (0..<2).map { a in { $0[0] == a && $0[2] == 0 } } + cells([(2, 2)])),
    Case(
      description: "one clause less two others",
      queries: ["<> 'a2'", "= 'a0'", "= 'a1'"].map { "SELECT COUNT(*) FROM t WHERE a \($0)" },
      dimensions: [4, 1, 1], minimum: 3, rows: 14, cells: [[{ $0[0] != 2 }], [{ $0[0] == 0 }], [{ $0[0] == 1 }]],
      others: cells([(0, 4)])),
    Case(
      description: "one sum less two others",
      queries: ["<> 'a2'", "= 'a0'", "= 'a1'"].map { "SELECT SUM(x) FROM t WHERE a \($0)" },
      dimensions: [4, 1, 2], minimum: 2, rows: 8,
      cells: [
        [{ $0[0] != 2 && $0[2] == 1 }], [{ $0[0] == 0 && $0[2] == 1 }], [{ $0[0] == 1 && $0[2] == 1 }],
      ], others: (0..<4).map { a in { $0[0] == a && $0[2] == 1 } }, value: 5),
  ]

  /// All ways to have so many rows in all, of so many kinds.
  private static func counts(of kinds: Int, upTo rows: Int) -> [[Int]] {
    guard kinds > 0 else { return [[]] }
    return (0...rows).flatMap { first in counts(of: kinds - 1, upTo: rows - first).map { [first] + $0 } }
  }

  private static func schema(_ dimensions: [Int]) -> TableSchema {
    func category(_ name: String, _ size: Int) -> ColumnSchema {
      .init(name: name, type: .category((0..<size).map { "\(name)\($0)" }), isNullable: false)
    }
    return TableSchema(
      name: "t",
      columns: [
        category("a", dimensions[0]), category("b", dimensions[1]),
        .init(name: "f", type: .boolean, isNullable: false),
        .init(name: "x", type: .integer(0...9), isNullable: true),
      ], holders: ["h"], maximumRows: 100)
  }

  /// What is known of one set of rows over all tables that look the same.
  private struct Known {
    var first: Int
    var isVaried = false
  }

  /// The observer knows the rules, all that is opened, and the number of rows. Over all tables that look the same to it, no withheld
  /// count may be the same, and no set that it could tell by subtraction may always be the same few rows.
  @Test(arguments: cases) func nothingSmallFollows(test: Case) throws {
    let schema = Self.schema(test.dimensions)
    let program = try SQLFrontEnd.compile(
      test.queries.enumerated().map { SQLQuery(name: "q\($0.offset)", text: $0.element) }, tables: [schema],
      rules: .init(minimumCell: test.minimum, recipients: ["r"]))
    let kinds = Self.kinds(test.dimensions)
    let sets = test.cells.flatMap(\.self) + test.others
    var classes: [[[DecodedTable.Cell]]: [Int: [Known]]] = [:]
    var shown = 0
    for counts in Self.counts(of: kinds.count, upTo: test.rows) {
      let rows = zip(kinds, counts).flatMap { Array(repeating: $0, count: $1) }
      let data = TableData(
        rowCount: rows.count,
        columns: (0..<3).map { place in .init(values: rows.map { Int64($0[place]) }, isNull: []) }
          + [.init(values: rows.map { _ in 5 }, isNull: rows.map { $0[2] == 0 })])
      let tables = try InsecurePlaintextEvaluator.results(program, tables: [schema], data: ["t": [data]])
      let view = tables.map { table in table.rows.map { $0[$0.count - 1] } }
      let values = sets.map { isIn in zip(kinds, counts).reduce(0) { $0 + (isIn($1.0) ? $1.1 : 0) } }
      var position = 0
      for cell in view.flatMap(\.self) {
        if case .value(let text) = cell {
          #expect(values[position] == 0 || values[position] >= test.minimum, "\(counts)")
          #expect(text == String(values[position] * test.value), "\(counts)")
          shown += 1
        }
        position += 1
      }
      var known = classes[view, default: [:]][rows.count] ?? values.map { Known(first: $0) }
      for (index, value) in values.enumerated() where known[index].first != value { known[index].isVaried = true }
      classes[view, default: [:]][rows.count] = known
    }
    // Otherwise the rules would hold because nothing is ever shown.
    #expect(shown > 0)
    for (view, byTotal) in classes {
      for (total, known) in byTotal {
        // With a minimum of 2 and no more rows, that the one result is withheld says that it rests on one.
        if test.minimum == 2, total < 3 { continue }
        for (index, set) in known.enumerated() where !set.isVaried {
          #expect(
            !(1..<test.minimum).contains(set.first),
            "set \(index) is \(set.first) whenever \(total) rows look like \(view)")
        }
        for (index, cell) in view.flatMap(\.self).enumerated() where cell == .withheld {
          #expect(
            // That nobody is in a cell may follow.
            known[index].isVaried || known[index].first == 0,
            "cell \(index) is \(known[index].first) whenever \(total) rows look like \(view)")
        }
      }
    }
  }

  @Test func tableOneIsPossible() throws {
    let schema = TableSchema(
      name: "patients",
      columns: [
        .init(name: "sex", type: .category(["f", "m"]), isNullable: false),
        .init(name: "smoker", type: .boolean, isNullable: true),
        .init(name: "arm", type: .category(["drug", "placebo"]), isNullable: false),
        .init(name: "adult", type: .boolean, isNullable: false),
        .init(name: "weight", type: .integer(1...200), isNullable: true),
      ], holders: ["h"], maximumRows: 1000)
    let texts = [
      "SELECT arm, COUNT(*), AVG(weight), STDDEV(weight) FROM patients GROUP BY arm",
      "SELECT arm, sex, COUNT(*) FROM patients GROUP BY arm, sex",
      "SELECT arm, smoker, COUNT(*) FROM patients GROUP BY arm, smoker",
      "SELECT COUNT(*), AVG(weight) FROM patients",
      "SELECT arm, AVG(weight) FROM patients WHERE adult GROUP BY arm",
    ]
    let program = try SQLFrontEnd.compile(
      texts.enumerated().map { SQLQuery(name: "q\($0.offset)", text: $0.element) }, tables: [schema],
      rules: .init(minimumCell: 5, recipients: ["r"]))
    // 2 arms, 2 sexes, half of them smokers, all weigh something; in the one arm 6 are no adults, in the other 8.
    var columns = [[Int64]](repeating: [], count: 5)
    for arm in 0..<2 {
      for row in 0..<40 {
        let values = [row % 2, row / 2 % 2, arm, row < 6 + 2 * arm ? 0 : 1, 60 + row % 10]
        for (place, value) in values.enumerated() { columns[place].append(Int64(value)) }
      }
    }
    let data = TableData(rowCount: 80, columns: columns.map { .init(values: $0, isNull: []) })
    let results = try InsecurePlaintextEvaluator.results(program, tables: [schema], data: ["patients": [data]])
    #expect(results.allSatisfy { $0.rows.allSatisfy { !$0.contains(.withheld) } })
    #expect(results[1].rows.map { $0[2] } == Array(repeating: .value("20"), count: 4))
    #expect(results[4].rows.count == 2)
  }

  @Test func fewWhoAreLeftOutHideTheGroup() throws {
    let schema = Self.schema([2, 1, 2])
    // Of a0 one row is not in f, of a1 none; both clauses withhold both groups.
    let rows = [(0, 0)] + Array(repeating: (0, 1), count: 9) + Array(repeating: (1, 1), count: 12)
    let data = TableData(
      rowCount: rows.count,
      columns: [rows.map(\.0), rows.map { _ in 0 }, rows.map(\.1), rows.map { _ in 5 }].map {
        .init(values: $0.map(Int64.init), isNull: [])
      })
    let tables = try SuppressionTests.run(
      ["SELECT a, COUNT(*) FROM t GROUP BY a", "SELECT a, COUNT(*) FROM t WHERE f GROUP BY a"], schema, data,
      minimum: 5)
    for table in tables { #expect(table.rows.allSatisfy { $0[1] == .withheld }) }
  }

  @Test(arguments: [
    ("SELECT a, COUNT(*) FROM t GROUP BY a", "SELECT COUNT(*) FROM t WHERE a = 'a0'"),
    ("SELECT a, COUNT(*) FROM t WHERE f GROUP BY a", "SELECT b, COUNT(*) FROM t WHERE b = 'b0' GROUP BY b"),
  ]) func clausesAboutGroupsAreRefused(one: String, other: String) throws {
    let error = #expect(throws: ParleyError.self) {
      _ = try SQLFrontEnd.compile(
        [.init(name: "x", text: one), .init(name: "y", text: other)], tables: [Self.schema([2, 2, 2])],
        rules: .init(minimumCell: 5, recipients: ["r"]))
    }
    #expect(error?.code.rawValue == "plan/release-set")
  }

  @Test func chainsOfSharedKeysAreRefused() throws {
    let error = #expect(throws: ParleyError.self) {
      _ = try SQLFrontEnd.compile(
        ["a, b", "b, f", "f, a"].enumerated().map {
          SQLQuery(name: "q\($0.offset)", text: "SELECT \($0.element), COUNT(*) FROM t GROUP BY \($0.element)")
        }, tables: [Self.schema([2, 2, 2])], rules: .init(minimumCell: 5, recipients: ["r"]))
    }
    #expect(error?.code.rawValue == "plan/release-set")
  }
}
