import BigInt
import Foundation
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// What is disclosed and how, and the helpers that the front end adds to the program.
@Suite struct ProgramShapeTests {
  static let schema = ReleaseSetTests.schema

  @Test func aMeanOpensItsQuotientAlone() throws {
    let program = try ReleaseSetTests.compile(["SELECT AVG(chol) FROM patients"])
    #expect(program.disclosures.map(\.meaning).filter { $0 == .statistic }.count == 1)
    #expect(program.results[0].columns[0].precision == "0.0000005")
    // The mean, whether it is NULL, whether it is withheld.
    #expect(program.disclosures.count == 3)
    #expect(program.disclosures.allSatisfy { $0.recipients == ["r"] && !$0.explanation.isEmpty })
  }

  @Test func extremesAreDeclaredAsRecords() throws {
    let program = try ReleaseSetTests.compile(["SELECT MIN(age), MAX(chol), COUNT(*) FROM patients"])
    let records = program.disclosures.filter { $0.meaning == .recordValue }
    #expect(records.map(\.name) == ["q0.MIN(age)", "q0.MAX(chol)"])
    #expect(records.allSatisfy { $0.explanation.contains("one record") })
  }

  @Test func constantsAroundAStatisticChangeItsPrecision() throws {
    let program = try ReleaseSetTests.compile(["SELECT 100 * AVG(chol), -0.5 * STDDEV(chol) + 1 FROM patients"])
    #expect(program.results[0].columns.map(\.precision) == ["0.00005", "0.00000075"])
    #expect(
      program.results[0].columns.map(\.format) == [
        .rounded(scale: 6, places: 4), .rounded(scale: 7, places: 6),
      ])
  }

  @Test func onlyColumnsInUseAreShared() throws {
    let program = try ReleaseSetTests.compile(["SELECT AVG(chol) FROM patients WHERE sex = 'male'"])
    #expect(
      Set(program.inputs.map { "\($0.column).\($0.role)" }) == [
        ".isValid", "sex.value", "chol.value", "chol.isNull",
        // Whether the value is there, as a set of its own.
        "CASE WHEN NOT (chol IS NULL) THEN TRUE ELSE FALSE END.value",
        // Whether the row contributes to the sum, and whether its value is below the highest that it can be.
        "CASE WHEN 0 < chol THEN TRUE ELSE FALSE END.value", "CASE WHEN chol < 700 THEN TRUE ELSE FALSE END.value",
      ])
    // Nothing computed is unused.
    var isUsed = Set(program.disclosures.map(\.node))
    for node in program.nodes { isUsed.formUnion(node.operation.operands) }
    #expect(isUsed.count == program.nodes.count)
  }

  /// The greater of two is at least the greater of their least values, and at most the greater of their greatest.
  @Test(
    arguments: [
      ("GREATEST(COUNT(*), 5) AS v FROM t", 5...9), ("LEAST(COUNT(*), 5) AS v FROM t", 0...5),
      ("SUM(GREATEST(a.x, b.y)) AS v FROM t a JOIN t b ON a.x = b.x", 81 * -3...81 * 90),
      ("SUM(LEAST(n, 4)) AS v FROM (SELECT x, COUNT(*) AS n FROM t GROUP BY x) u", 0...9 * 4),
      // What may be missing leaves the other as it is.
      ("GREATEST(COUNT(*), SUM(x)) AS v FROM t", 9 * -5...9 * 90),
    ] as [(String, ClosedRange<Int>)])
  func extremesHaveNarrowRanges(_ text: String, _ range: ClosedRange<Int>) throws {
    let schema = TableSchema(
      name: "t",
      columns: [
        .init(name: "x", type: .integer(-5...90), isNullable: false),
        .init(name: "y", type: .integer(-3...20), isNullable: false),
      ], holders: ["a"], maximumRows: 9)
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: "SELECT \(text)")], tables: [schema],
      rules: .init(minimumCell: 0, recipients: [], allowsRowRelease: true))
    let shown = try #require(program.disclosures.first { $0.name == "q.v" })
    #expect(program[shown.node].type.range == Interval(range), "\(program[shown.node])")
  }

  @Test func equalTextGivesEqualPrograms() throws {
    let texts = [
      "SELECT sex, COUNT(chol), AVG(weight), CORR(chol, weight) FROM patients GROUP BY sex ORDER BY sex"
    ]
    let first = try ReleaseSetTests.compile(texts)
    for _ in 0..<5 { #expect(try ReleaseSetTests.compile(texts) == first) }
  }

  /// Row-shaped values and sums over them are machine words in every engine.
  @Test func rowValuesStayWithinAWord() throws {
    for seed in 0..<200 as Range<UInt64> {
      let test = SQLCase(seed: 99_000 + seed)
      let program = try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: test.text)], tables: [test.table], rules: .init(minimumCell: 0, recipients: []))
      for node in program.nodes {
        switch (node.operation, node.type.shape) {
        case (.sum(_), _), (.innerProduct(_, _), _), (_, .rows(_)):
          #expect(node.type.range.signedWidth <= 63, "\(test): \(node)")
        default: break
        }
      }
    }
  }

  @Test func boundsAreSound() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["a"], maximumRows: 9))
    let x = builder.input(.init(table: table, column: "x", role: .value, sort: .integer(Interval(-5...90))))
    let y = builder.input(.init(table: table, column: "y", role: .value, sort: .integer(Interval(0...9))))
    let atLeast = try builder.atLeast(x, 3), divisor = try builder.atLeast(y, 1)
    #expect(builder.type(of: atLeast).range == Interval(3...90))
    let quotient = try builder.quotient(atLeast, divisor, atMost: 7)
    #expect(builder.type(of: quotient).range == Interval(0...7))
    // Where the range shows the bound already nothing is added.
    #expect(try builder.atLeast(y, 0) == y)
    #expect(try builder.quotient(atLeast, divisor, atMost: 1000) == builder.quotient(atLeast, divisor))
    #expect(throws: ParleyError.self) { try builder.quotient(x, divisor, atMost: 7) }
    // A plain choice of the same form takes the narrower range.
    let plain = try builder.select(
      try builder.compare(.less, x, builder.constant(3)), builder.constant(3), x)
    #expect(plain == atLeast && builder.type(of: plain).range == Interval(3...90))
    for node in [atLeast, quotient] {
      _ = builder.disclose(
        .init(name: "", node: node, recipients: [], meaning: .statistic, explanation: ""))
    }
    let schema = TableSchema(
      name: "t",
      columns: [
        .init(name: "x", type: .integer(-5...90), isNullable: false),
        .init(name: "y", type: .integer(0...9), isNullable: false),
      ], holders: ["a"], maximumRows: 9)
    let data = TableData(
      rowCount: 4,
      columns: [.init(values: [-5, 3, 50, 90], isNull: []), .init(values: [0, 9, 9, 2], isNull: [])])
    let opened = try InsecurePlaintextEvaluator.evaluate(
      builder.program.pruned(), tables: [schema], data: ["t": [data]])
    #expect(opened[.init(rawValue: 0)] == [3, 3, 50, 90])
    #expect(opened[.init(rawValue: 1)] == [3, 0, 5, 7])
  }

  @Test func valuesBecomeExactText() throws {
    #expect(try Program.ResultTable.Format.decimal(scale: 3).text(of: -5) == "-0.005")
    #expect(try Program.ResultTable.Format.decimal(scale: 2).text(of: 12345) == "123.45")
    #expect(try Program.ResultTable.Format.date.text(of: 0) == "1970-01-01")
    #expect(throws: ParleyError.self) { try Program.ResultTable.Format.category(["a"]).text(of: 1) }
    #expect(throws: ParleyError.self) { try Program.ResultTable.Format.boolean.text(of: 2) }
  }

  @Test func aMissingOpeningIsNoticed() throws {
    let program = try ReleaseSetTests.compile(["SELECT COUNT(*) FROM patients"])
    #expect(throws: ParleyError.self) { try DecodedTable.decode(program, opened: [:]) }
  }

  /// Against the calendar of the system, over 1600 years.
  @Test func datesEqualTheSystemCalendar() throws {
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    for day in stride(from: -130_000, through: 450_000, by: 97) {
      let date = CivilDate(daysSince1970: day)
      let parts = calendar.dateComponents(
        [.year, .month, .day], from: Date(timeIntervalSince1970: Double(day) * 86400))
      #expect(date.year == parts.year && date.month == parts.month && date.day == parts.day, "day \(day)")
      #expect(date.daysSince1970 == day && CivilDate(date.description) == date)
    }
    #expect(CivilDate("2000-02-29") != nil && CivilDate("1900-02-29") == nil && CivilDate("2001-1-01") == nil)
  }
}
