import ParleyBase
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Queries that compare long texts, on every engine, against SQLite.
@Suite struct TextDigestQueryTests {
  /// 48 bytes, different in the last one.
  static let first = "Georg-August-Universität Göttingen, Institut A"
  static let second = "Georg-August-Universität Göttingen, Institut B"
  /// One text to the eye, two to SQL.
  static let composed = "Universit\u{e9} de Neuch\u{e2}tel"
  static let decomposed = "Universite\u{301} de Neucha\u{302}tel"

  static func data(_ rows: [[String?]], integers: Set<Int>) -> TableData {
    TableData(
      rowCount: rows.count,
      columns: (rows.first ?? []).indices.map { column in
        let cells = rows.map { $0[column] }
        let isNull = cells.contains(nil) ? cells.map { $0 == nil } : []
        return integers.contains(column)
          ? .init(values: cells.map { Int64($0 ?? "0") ?? 0 }, isNull: isNull)
          : .init(values: [], isNull: isNull, texts: cells.map { $0 ?? "" })
      })
  }
  static let tables = TextFormTests.tables.map { table in
    var table = table
    if table.name == "visits" {
      table.columns.removeLast(2)
      table.holders = ["b", "c"]
    }
    table.maximumRows = 12
    return table
  }
  static let rows = [
    "people": [
      data(
        [
          ["1", first, first, "x"], ["2", second, first, ""], ["3", "", "x", "x"], ["4", nil, decomposed, "y"],
          ["5", "x", first, "fourteen b"], ["6", first, composed, "x"], ["7", composed, "", "z"],
        ], integers: [0])
    ],
    "visits": [
      data(
        [
          [first, first, "1"], [second, composed, "2"], [first, "x", "3"], [nil, first, "4"], ["", second, "5"],
        ], integers: [2]),
      data(
        [
          [decomposed, first, "6"], ["x", "", "7"], [composed + "!", first, "8"], [nil, "x", "9"],
          [second, second, "10"],
        ], integers: [2]),
    ],
  ]

  static let digested = [
    "SELECT id, cost FROM people JOIN visits ON name = person",
    "SELECT id, cost FROM people LEFT JOIN visits ON name = person",
    "SELECT id, cost FROM people FULL JOIN visits ON name = person",
    "SELECT id, cost FROM people JOIN visits ON name = person AND town = ward",
    "SELECT id FROM people WHERE name IN (SELECT person FROM visits)",
    "SELECT id FROM people WHERE name NOT IN (SELECT person FROM visits)",
    "SELECT id FROM people WHERE name NOT IN (SELECT person FROM visits WHERE person IS NOT NULL)",
    "SELECT id FROM people WHERE NOT EXISTS (SELECT * FROM visits WHERE person = name)",
    "SELECT id FROM people WHERE code IN (SELECT person FROM visits)",
    "SELECT id, (SELECT SUM(cost) FROM visits WHERE person = name) AS s FROM people",
    "SELECT COUNT(*) AS n, SUM(cost) AS s FROM visits GROUP BY person",
    "SELECT COUNT(*) AS n FROM (SELECT DISTINCT person, ward FROM visits) AS d",
    "SELECT COUNT(DISTINCT person) AS n, COUNT(person) AS m FROM visits",
    "SELECT COUNT(*) AS n FROM (SELECT name FROM people UNION SELECT person FROM visits) AS u",
    "SELECT COUNT(*) AS n FROM (SELECT name FROM people INTERSECT SELECT person FROM visits) AS u",
    "SELECT COUNT(*) AS n FROM (SELECT name FROM people EXCEPT SELECT person FROM visits) AS u",
    "SELECT cost, RANK() OVER (PARTITION BY person ORDER BY cost) AS r FROM visits",
    "SELECT id, cost FROM people JOIN visits ON id = cost WHERE name <> person",
    "SELECT id, cost FROM people, visits WHERE CASE WHEN cost > 5 THEN name ELSE town END = person",
    "SELECT id, cost FROM people JOIN visits ON COALESCE(name, town) = person",
    "SELECT id, cost FROM people JOIN visits ON COALESCE(name, 'x') = person",
    "SELECT id, cost FROM people JOIN visits ON SUBSTR(name, 1, 45) = SUBSTR(person, 1, 45)",
    "SELECT a.id, b.id AS other FROM people AS a JOIN people AS b ON a.name = b.town",
  ]
  static let exact = [
    "SELECT person, COUNT(*) AS n FROM visits GROUP BY person",
    "SELECT name, cost FROM people JOIN visits ON name = person",
    "SELECT id, cost FROM people JOIN visits ON id = cost WHERE name < person",
    // Constants that look alike are two.
    "SELECT id FROM people WHERE name = '\(composed)' OR name = '\(decomposed)' ORDER BY name, id",
    "SELECT name, CASE WHEN name = '\(composed)' THEN 1 WHEN town = '\(decomposed)' THEN 2 END AS n FROM people",
    """
    SELECT name, CASE WHEN name = '\(decomposed)' THEN 1 WHEN name = '\(composed)' THEN 2 ELSE 3 END AS n
    FROM people JOIN visits ON id = cost AND name <> person
    """,
  ]

  static func check(_ executor: RelationalDifferential.Executor) throws {
    let oracle = try SQLiteOracle()
    for table in tables { try oracle.load(table, rows[table.name] ?? []) }
    for text in digested + exact {
      let program = try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: text)], tables: tables,
        rules: .init(minimumCell: 0, recipients: ["r"], allowsRowRelease: true))
      #expect(program.sharesDigests == digested.contains(text), "\(text)")
      let results = try executor(program, tables, rows)
      let shown = results[0].rows.map { row in row.map(Self.bytes) }
      let expected = try oracle.rows(text).map { row in row.map(Self.bytes) }
      #expect(!expected.isEmpty || text.contains("NOT IN"), "\(text)")
      #expect(Self.sorted(shown) == Self.sorted(expected), "\(text)")
    }
  }

  /// Bytes, because texts that look alike are equal to Swift.
  private static func bytes(_ cell: DecodedTable.Cell) -> [UInt8]? {
    if case .value(let text) = cell { Array(text.utf8) } else { nil }
  }
  private static func bytes(_ answer: SQLDifferential.Answer) -> [UInt8]? {
    switch answer {
    case .null: nil
    case .text(let text): Array(text.utf8)
    case .integer(let value): Array(String(value).utf8)
    case .real(let value): Array(String(value).utf8)
    }
  }
  private static func sorted(_ rows: [[[UInt8]?]]) -> [String] { rows.map { "\($0)" }.sorted() }

  @Test func plaintextEqualsSQLite() throws { try Self.check(DifferentialTests.plaintext) }

  @Test(arguments: RelationalDifferentialTests.Engine.allCases)
  func enginesEqualSQLite(engine: RelationalDifferentialTests.Engine) throws { try Self.check(engine.executor) }
}

extension Program {
  var sharesDigests: Bool {
    inputs.contains { if case .textDigest? = $0.formula { true } else { false } }
  }
  /// Texts longer than a digest that are shared byte by byte.
  var sharesLongTexts: Bool { inputs.contains { $0.formula == nil && $0.part >= TextDigest.partCount } }
}
