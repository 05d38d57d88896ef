import ParleyBase
import ParleyProgram
import Testing

/// `(a, b) [NOT] IN (SELECT x, y …)` in three-valued logic, against an evaluation of the definition.
@Suite struct RowMembershipTests {
  typealias Row = [Int64?]
  static let left: [Row] = [
    [1, 1, 1, 0], [2, 1, nil, 0], [3, nil, 2, 1], [4, nil, nil, 1], [5, 2, 2, 0], [6, 9, 1, 1], [7, 1, 9, nil],
  ]
  static let right: [[Row]] = [
    [], [[1, 1, 0]], [[1, nil, 0], [2, 2, 1]], [[nil, 2, 1], [nil, nil, 0]],
    [[1, 1, 0], [nil, 1, 0], [2, nil, 1]],
    [[3, 3, 0], [3, 3, 1], [1, 2, nil]],
  ]

  static func tables(_ right: [Row]) -> SmallTables {
    var tables = SmallTables()
    let value = ColumnType.integer(0...9)
    tables.add("t", [("id", value), ("a", value), ("b", value), ("g", value)], unique: [["id"]], left)
    tables.add("u", [("x", value), ("y", value), ("h", value)], right)
    return tables
  }

  /// All pairs of values are equal, false where one is not, unknown where that cannot be said.
  static func equal(_ a: [Int64?], _ b: [Int64?]) -> Bool? {
    var result: Bool? = true
    for (x, y) in zip(a, b) {
      guard let x, let y else {
        if result == true { result = nil }
        continue
      }
      if x != y { return false }
    }
    return result
  }
  static func isIn(_ row: [Int64?], _ rows: [[Int64?]]) -> Bool? {
    let matches = rows.map { equal(row, $0) }
    return matches.contains(true) ? true : matches.contains(nil) ? nil : false
  }

  private func text(_ value: Bool?) -> String { value.map { $0 ? "true" : "false" } ?? "NULL" }

  @Test(arguments: right.indices) func rowsInSubqueries(index: Int) throws {
    let rows = Self.right[index]
    let tables = Self.tables(rows)
    let pairs = rows.map { Array($0.prefix(2)) }
    let expected = Self.left.map { Self.isIn(Array($0[1...2]), pairs) }
    func ids(_ wanted: Bool) -> [String] {
      zip(Self.left, expected).compactMap { $1 == wanted ? String($0[0] ?? 0) : nil }
    }
    let inner = "(SELECT x, y FROM u)"
    #expect(try tables.rows("SELECT id FROM t WHERE (a, b) IN \(inner) ORDER BY id") == ids(true))
    #expect(try tables.rows("SELECT id FROM t WHERE (a, b) NOT IN \(inner) ORDER BY id") == ids(false))
    #expect(try tables.rows("SELECT id FROM t WHERE (a, b) = ANY \(inner) ORDER BY id") == ids(true))
    #expect(try tables.rows("SELECT id FROM t WHERE (a, b) <> ALL \(inner) ORDER BY id") == ids(false))
    #expect(try tables.rows("SELECT (a, b) IN \(inner) AS z FROM t ORDER BY id") == expected.map(text))
    #expect(
      try tables.rows("SELECT COUNT(*) AS n FROM t WHERE ((a, b) IN \(inner)) IS UNKNOWN")
        == [String(expected.count { $0 == nil })])
    // Of one table, of statistics of groups, of constants.
    #expect(
      try tables.rows("SELECT id FROM t WHERE (a, 2) IN (SELECT x, y FROM u WHERE h > 0) ORDER BY id")
        == Self.left.compactMap { row in
          Self.isIn([row[1], 2], rows.filter { $0[2].map { $0 > 0 } ?? false }.map { Array($0.prefix(2)) }) == true
            ? String(row[0] ?? 0) : nil
        })
  }

  /// With columns of the query around it.
  @Test(arguments: right.indices) func correlated(index: Int) throws {
    let rows = Self.right[index]
    let tables = Self.tables(rows)
    let conditions: [(String, (Int64, Int64) -> Bool)] = [
      ("h = g", { $0 == $1 }), ("h < g", { $0 < $1 }), ("h <> g", { $0 != $1 }),
    ]
    for (condition, holds) in conditions {
      let expected = Self.left.map { row in
        Self.isIn(
          Array(row[1...2]),
          rows.filter { other in other[2].flatMap { h in row[3].map { holds(h, $0) } } ?? false }
            .map { Array($0.prefix(2)) })
      }
      func ids(_ wanted: Bool) -> [String] {
        zip(Self.left, expected).compactMap { $1 == wanted ? String($0[0] ?? 0) : nil }
      }
      let inner = "(SELECT x, y FROM u WHERE \(condition))"
      #expect(
        try tables.rows("SELECT id FROM t WHERE (a, b) IN \(inner) ORDER BY id") == ids(true), "\(condition)")
      #expect(
        try tables.rows("SELECT id FROM t WHERE (a, b) NOT IN \(inner) ORDER BY id") == ids(false), "\(condition)")
      #expect(
        try tables.rows("SELECT (a, b) IN \(inner) AS z FROM t ORDER BY id") == expected.map(text), "\(condition)")
    }
  }

  /// More values than are told apart by which of them are NULL, a statistic, which is never empty, and single values.
  @Test(arguments: right.indices) func otherForms(index: Int) throws {
    let rows = Self.right[index]
    let tables = Self.tables(rows)
    let four = Self.left.map { row in
      Self.isIn([row[1], row[2], row[3], row[1]], rows.map { [$0[0], $0[1], $0[2], $0[0]] })
    }
    #expect(
      try tables.rows("SELECT (a, b, g, a) IN (SELECT x, y, h, x FROM u) AS z FROM t ORDER BY id")
        == four.map(text))
    func largest(_ place: Int) -> Int64? { rows.compactMap { $0[place] }.max() }
    #expect(
      try tables.rows("SELECT (a, b) IN (SELECT MAX(x), MAX(y) FROM u) AS z FROM t ORDER BY id")
        == Self.left.map { text(Self.isIn(Array($0[1...2]), [[largest(0), largest(1)]])) })
    let one = Self.left.map { Self.isIn([$0[1]], rows.map { [$0[0]] }) }
    #expect(try tables.rows("SELECT a = SOME (SELECT x FROM u) AS z FROM t ORDER BY id") == one.map(text))
    #expect(
      try tables.rows("SELECT a <> ALL (SELECT x FROM u) AS z FROM t ORDER BY id")
        == one.map { text($0.map { !$0 }) })
  }

  @Test func refusals() throws {
    let tables = Self.tables([])
    for (text, code, advice) in [
      ("SELECT id FROM t WHERE (a, b) IN (SELECT x FROM u)", "sql/arguments", "as many expressions"),
      (
        "SELECT id FROM t WHERE a > ANY (SELECT x FROM u)", "sql/unsupported",
        "EXISTS (SELECT 1 FROM … WHERE a > x)"
      ),
      ("SELECT id FROM t WHERE a = ALL (SELECT x FROM u)", "sql/unsupported", "NOT EXISTS (SELECT 1"),
      ("SELECT id FROM t WHERE a = ANY (1, 2)", "sql/syntax", "form"),
    ] {
      let error = try #require(throws: ParleyError.self) { try tables.compile(text) }
      #expect(error.code.rawValue == code && error.remedy?.contains(advice) == true, "\(error)")
    }
  }
}
