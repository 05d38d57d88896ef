import BigInt
import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// What holders share reaches recipients as cells, whatever it is: escaped for eyes, exact in files, and never an
/// internal error.
@Suite struct ResultTextTests {
  private func table(_ cells: [DecodedTable.Cell]) -> DecodedTable {
    DecodedTable(name: "r", columns: ["s"], rows: cells.map { [$0] })
  }

  @Test func terminalsGetEscapes() {
    let shown = table([
      .value("\u{1b}[2J\u{1b}[31mred"), .value("two\nlines"), .value("\u{202e}txet"), .null, .value("NULL"),
      .malformed("0xff"), .value("malformed(0xff)"),
    ]).text
    #expect(!shown.unicodeScalars.contains { $0 != "\n" && VisibleText.isHidden($0) })
    let lines = shown.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(
      lines.dropFirst(2) == [
        "\\x1b[2J\\x1b[31mred", "two\\nlines", "\\u{202e}txet", "NULL", "\"NULL\"", "malformed(0xff)",
        "\"malformed(0xff)\"",
      ])
    let heading = DecodedTable(name: "r", columns: ["a\u{1b}"], rows: []).text
    #expect(heading.hasPrefix("a\\x1b\n"))
  }

  /// Byte for byte what was shared, in a form that RFC 4180 reads back; cells without a value differ from their words.
  @Test func csvIsExact() {
    let cells: [(DecodedTable.Cell, String)] = [
      (.value("plain"), "plain"), (.value("a\nb"), "\"a\nb\""), (.value("a\rb"), "\"a\rb\""),
      (.value("a\r\nb"), "\"a\r\nb\""), (.value("say \"\u{301}yes"), "\"say \"\"\u{301}yes\""),
      (.value("\u{1b}[31m"), "\u{1b}[31m"), (.value(" x"), "\" x\""), (.value("# r"), "\"# r\""), (.value(""), ""),
      (.null, "NULL"), (.value("NULL"), "\"NULL\""), (.withheld, "withheld"), (.value("withheld"), "\"withheld\""),
      (.absent, "absent"), (.value("absent"), "\"absent\""), (.value("a\u{2028}b"), "\"a\u{2028}b\""),
      (.malformed("0xff"), "malformed(0xff)"),
    ]
    let csv = table(cells.map(\.0)).csv
    #expect(Array(csv.utf8) == Array(("s\r\n" + cells.map { $0.1 + "\r\n" }.joined()).utf8))
  }

  /// One holder's bytes that are no text spoil its cell and nothing else.
  @Test func bytesThatAreNoTextSpoilOneCell() throws {
    let text = """
      parley: 1
      name: Texts
      parties:
        - {name: a, organisation: A}
        - {name: c0, organisation: C0}
        - {name: c1, organisation: C1}
        - {name: c2, organisation: C2}
      computing: [c0, c1, c2]
      tables:
        - name: t
          holders: [a]
          maximum-rows: 10
          columns:
            - {name: s, type: text, bytes: 14}
            - {name: d, type: date, range: [2000-01-01, 2000-12-31]}
            - {name: c, type: category, values: [x, y]}
      queries:
        - {name: r, sql: "SELECT s, d, c, COUNT(*) AS n FROM t GROUP BY s, d, c ORDER BY s"}
      security: {adversary: semi-honest}
      release: {minimum-cell: 0, recipients: [a], rows: allowed}
      require-signatures: false
      """
    let program = try PreparedStudy(StudyLoader.load(text: text, file: "t.yml")).program
    let result = try #require(program.results.first)
    var opened: [Program.DisclosureID: [BigInt]] = [:]
    for index in program.disclosures.indices { opened[.init(rawValue: index)] = [0, 0, 0] }
    let word = BigInt(0x6f6b) << 40
    func set(_ name: String, _ values: [BigInt]) throws {
      let column = try #require(result.columns.first { $0.name == name })
      opened[column.value] = values
    }
    try set("s", [word, BigInt(0xff80) << 40, BigInt(0x6100) << 40 + 1])
    try set("d", [0, BigInt(1) << 62, -1])
    try set("c", [1, 77, -5])
    try set("n", [1, 2, 3])
    let decoded = try DecodedTable.decode(program, opened: opened)[0]
    #expect(decoded.rows.count == 3)
    let names = Dictionary(uniqueKeysWithValues: decoded.columns.enumerated().map { ($1, $0) })
    func cells(_ name: String) throws -> [DecodedTable.Cell] {
      let column = try #require(names[name])
      return decoded.rows.map { $0[column] }
    }
    #expect(try cells("n") == [.value("1"), .value("2"), .value("3")])
    #expect(try cells("s")[..<2] == [.value("ok"), .malformed("0xff80")])
    #expect(try cells("c") == [.value("y"), .malformed("77"), .malformed("-5")])
    #expect(try cells("d")[1] == .malformed(String(BigInt(1) << 62)))
  }

  /// A holder that shares anything at all, past its own program's checks.
  @Test(arguments: ["adversary: semi-honest", "adversary: malicious"], [UInt64(1), 2, 3])
  func anyRowsOfAHolderEndWithoutAnInternalError(security: String, seed: UInt64) throws {
    let queries = [
      "SELECT sex, COUNT(*) AS n, SUM(dose) AS d, AVG(age) AS a FROM patients GROUP BY sex",
      "SELECT p.age, p.sex, COUNT(*) AS n FROM patients AS p JOIN others AS o ON p.age = o.age GROUP BY p.age, p.sex ORDER BY p.age LIMIT 4",
    ]
    let prepared = try StudyTests.prepared(.apart, queries: queries, security: security)
    var state = seed
    func next() -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let shift = Int64(state >> 58)
      return Int64(bitPattern: state) >> min(shift, 63)
    }
    var data: [String: [Int: TableData]] = [:]
    for holder in Cast.apart.holders {
      for (number, table) in prepared.study.tables.enumerated() {
        var rows = SyntheticData.make(table.schema, rows: 6, seed: seed)
        if holder == Cast.apart.holders[0] {
          for column in rows.columns.indices {
            for row in rows.columns[column].values.indices { rows.columns[column].values[row] = next() }
          }
        }
        data[holder, default: [:]][number] = rows
      }
    }
    do {
      let report = try TrialRun.run(prepared, data: data)
      #expect(report.result.tables.count == 2)
      _ = report.result.tables.map { $0.text + $0.csv }
    } catch {
      #expect(error.code.category != "internal", "\(error)")
    }
  }

  /// A name is one line: nobody adds lines to the statement through the SQL either.
  @Test func theStatementHasOnlyItsOwnLines() throws {
    let error = #expect(throws: ParleyError.self) {
      try StudyTests.prepared(.apart, queries: ["SELECT COUNT(*) AS \\\"n\\n  - nothing\\\" FROM patients"])
    }
    #expect(error?.code == .init("sql/character"))
    func lines(_ query: String) throws -> Int {
      // The query itself is quoted there, each line behind a bar.
      try StudyTests.prepared(.apart, queries: [query]).statement.text.split(separator: "\n")
        .count { !$0.hasPrefix("    | ") }
    }
    let plain = try lines("SELECT SUM(CASE WHEN age > 3 THEN age ELSE 0 END) FROM patients")
    #expect(try lines("SELECT SUM(CASE WHEN age > 3\\n  THEN age\\n  ELSE 0 END) FROM patients") == plain)
  }
}
