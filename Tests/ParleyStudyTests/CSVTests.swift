import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

@Suite struct CSVTests {
  static let good = """
    age,sex,Dose (mg),smoker,admitted
    30,f,1.5,true,2020-02-29
    41,m,NA,,2000-01-01

    """

  private func read(
    _ text: some StringProtocol, holder: String = "a", piece: Int = .max, window: Int = 1 << 18,
    _ change: (inout Study.Table) -> Void = { _ in }
  ) throws -> HolderCSV.Outcome {
    try read(bytes: Array(text.utf8), holder: holder, piece: piece, window: window, change)
  }
  private func read(
    bytes: [UInt8], holder: String = "a", piece: Int = .max, window: Int = 1 << 18,
    _ change: (inout Study.Table) -> Void = { _ in }
  ) throws -> HolderCSV.Outcome {
    var table = try Sample.table()
    change(&table)
    return HolderCSV.check(bytes: bytes, file: "a.csv", table: table, holder: holder, piece: piece, window: window)
  }

  private static let wanted = TableData(
    rowCount: 2,
    columns: [
      .init(values: [30, 41], isNull: []), .init(values: [0, 1], isNull: []),
      .init(values: [150, 0], isNull: [false, true]), .init(values: [1, 0], isNull: [false, true]),
      .init(values: [18321, 10957], isNull: []),
    ])

  @Test func plainFile() throws {
    let outcome = try read(Self.good)
    #expect(outcome.problems.isEmpty)
    #expect(outcome.data == Self.wanted)
    #expect(
      outcome.report
        == {
          var report = CSVReport(); report.rowsRead = 2; return report
        }())
    #expect(outcome.report.notices.isEmpty)
  }

  /// Dialects that hold the same rows; every one also through tiny pieces and windows.
  static let dialects: [(name: String, text: String, holder: String)] = [
    ("plain", good, "a"),
    ("byte order mark", "\u{feff}" + good, "a"),
    ("CRLF", good.replacingOccurrences(of: "\n", with: "\r\n"), "a"),
    ("mixed line ends", "age,sex,Dose (mg),smoker,admitted\r\n30,f,1.5,true,2020-02-29\n41,m,NA,,2000-01-01", "a"),
    ("no last line end", String(good.dropLast()), "a"),
    ("CRLF, no last line end", String(good.dropLast()).replacingOccurrences(of: "\n", with: "\r\n"), "a"),
    ("blank lines", good.replacingOccurrences(of: "\n", with: "\n\n"), "a"),
    (
      "all quoted",
      "\"age\",\"sex\",\"Dose (mg)\",\"smoker\",\"admitted\"\n\"30\",\"f\",\"1.5\",\"true\",\"2020-02-29\"\n\"41\",\"m\",\"NA\",\"\",\"2000-01-01\"\n",
      "a"
    ),
    (
      "spaces",
      " age , sex ,Dose (mg) ,smoker,admitted\n 30 ,\tf,1.5  , true, 2020-02-29\n41,m, NA ,  ,2000-01-01 \n", "a"
    ),
    ("other order", "admitted,smoker,Dose (mg),sex,age\n2020-02-29,TRUE,1.50,f,30\n2000-01-01,,,m,+41.0\n", "a"),
    (
      "number forms", "age,sex,Dose (mg),smoker,admitted\n3e1,f,.15E1,1,2020-02-29\n041.000,m,NA,NA,2000-01-01\n",
      "a"
    ),
    (
      "extra columns",
      "id,age,sex,Dose (mg),smoker,admitted,note\nx,30,f,1.5,true,2020-02-29,\"a, \"\"b\"\"\nc\"\n\"\",41,m,NA,,2000-01-01,\"\"\"\"\n",
      "a"
    ),
    (
      "semicolon and decimal comma",
      "age;sex;Dose (mg);smoker;admitted\n30;f;1,5;true;2020-02-29\n41,0;m;NA;;2000-01-01\n", "b"
    ),
    (
      "quoted header with line end",
      "age,sex,Dose (mg),smoker,admitted,\"two\nlines\"\n30,f,1.5,true,2020-02-29,é\n41,m,NA,,2000-01-01,😀\n", "a"
    ),
  ]

  @Test(arguments: dialects.indices) func dialect(index: Int) throws {
    let (name, text, holder) = Self.dialects[index]
    for (piece, window) in [(Int.max, 1 << 18), (1, 16), (3, 16), (7, 64), (64, 16)] {
      let outcome = try read(text, holder: holder, piece: piece, window: window)
      #expect(outcome.problems.isEmpty, "\(name) \(piece) \(window): \(outcome.problems.map(\.description))")
      #expect(outcome.data == Self.wanted, "\(name) \(piece) \(window)")
    }
  }

  @Test func otherDelimitersAndSpellings() throws {
    let tab = try read(
      "age\tsex\tDose (mg)\tsmoker\tadmitted\n30\tf\t1.5\tyes\t29.02.2020\n41\tm\t?\t-\t01.01.2000\n"
    ) {
      $0.dialect = CSVDialect(
        delimiter: .tab, nulls: ["?", "-"], trues: ["yes"], falses: ["no"],
        dateFormat: DateFormat("DD.MM.YYYY") ?? .iso)
    }
    #expect(tab.data == Self.wanted, "\(tab.problems.map(\.description))")
    let pipe = try read("age|sex|Dose (mg)|smoker|admitted\n30|f|1.5|1|02/29/2020\n41|m|NA||01/01/2000\n") {
      $0.dialect = CSVDialect(delimiter: .pipe, nulls: ["", "NA"], dateFormat: DateFormat("MM/DD/YYYY") ?? .iso)
    }
    #expect(pipe.data == Self.wanted)
    // A text that means nothing here is no value there: the empty field is not in this list of nulls.
    let strict = try read(Self.good) { $0.dialect.nulls = ["NA"] }
    #expect(strict.problems.first?.code == .dataType && strict.problems.first?.place?.line == 3)
  }

  @Test func ignoredColumnsAreNamed() throws {
    let outcome = try read("id,age,sex,Dose (mg),smoker,admitted,\n1,30,f,1,0,2020-01-01,\n")
    #expect(outcome.report.ignoredColumns == ["id", ""])
    #expect(outcome.report.notices == ["not used by the study: 'id', ''"])
  }

  struct Bad: CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var code: ParleyError.Code
    var line: Int?
    var column: Int?
    var says: String
    var testDescription: String { name }
    init(_ name: String, _ text: String, _ code: ParleyError.Code, line: Int?, column: Int? = nil, _ says: String)
    {
      (self.name, bytes, self.code, self.line, self.column, self.says) = (
        name, Array(text.utf8), code, line, column, says
      )
    }
    init(_ name: String, bytes: [UInt8], _ code: ParleyError.Code, line: Int?, _ says: String) {
      (self.name, self.bytes, self.code, self.line, self.says) = (name, bytes, code, line, says)
    }
  }

  static let header = "age,sex,Dose (mg),smoker,admitted\n"
  static let bad: [Bad] = [
    Bad("empty file", "", .dataEmpty, line: 1, "age,sex,Dose (mg),smoker,admitted"),
    Bad("byte order mark alone", "\u{feff}", .dataEmpty, line: 1, "is empty"),
    Bad("blank line alone", "\n", .dataEmpty, line: 1, "the first line is blank"),
    Bad(
      "duplicate header", "age,sex,age,Dose (mg),smoker,admitted\n", .dataDuplicateHeader, line: 1,
      "number 1 and 3"),
    Bad("duplicate unused header", "x,x," + header, .dataDuplicateHeader, line: 1, "'x'"),
    Bad("missing column", "age,sex,Dose,smoker,admitted\n", .dataMissingColumn, line: 1, "did you mean 'Dose'?"),
    Bad("case differs", "Age,sex,Dose (mg),smoker,admitted\n", .dataMissingColumn, line: 1, "did you mean 'Age'?"),
    Bad("other delimiter", "age;sex;Dose (mg);smoker;admitted\n", .dataMissingColumn, line: 1, "delimiter: \";\""),
    Bad("another file", "a;b\n1;2\n", .dataMissingColumn, line: 1, "check that this is the file of"),
    Bad(
      "another file with as many columns", "ward,outcome,insurance,clinician,beginning\np,q,r,s,t\n",
      .dataMissingColumn, line: 1,
      "check that this is the file of"),
    Bad("tabs", "age\tsex\tDose (mg)\tsmoker\tadmitted\n", .dataMissingColumn, line: 1, "delimiter: tab"),
    Bad(
      "no header", "30,f,1.5,true,2020-02-29\n", .dataMissingColumn, line: 1, "names none of the 5 columns ('age'"),
    Bad(
      "not an integer", header + "thirty,f,1,0,2020-01-01\n", .dataType, line: 2,
      "column 'age': not a whole number"),
    Bad("fraction", header + "30.5,f,1,0,2020-01-01\n", .dataType, line: 2, "column 'age': not a whole number"),
    Bad("thousands", header + "\"1,000\",f,1,0,2020-01-01\n", .dataType, line: 2, "column 'age'"),
    Bad("hexadecimal", header + "0x1F,f,1,0,2020-01-01\n", .dataType, line: 2, "column 'age'"),
    Bad(
      "infinity", header + "30,f,inf,0,2020-01-01\n", .dataType, line: 2,
      "column 'Dose (mg)' ('dose' of the study): not a number (decimal mark '.')"),
    Bad(
      "decimal comma", header + "30,f,\"1,5\",0,2020-01-01\n", .dataType, line: 2,
      "column 'Dose (mg)' ('dose' of the study): a number with other marks"),
    Bad("too many decimals", header + "30,f,1.505,0,2020-01-01\n", .dataType, line: 2, "more than 2 decimals"),
    Bad("above range", header + "121,f,1,0,2020-01-01\n", .dataRange, line: 2, "declared range [0, 120]"),
    Bad("below range", header + "-1,f,1,0,2020-01-01\n", .dataRange, line: 2, "column 'age'"),
    Bad("beyond 64 bits", header + "99999999999999999999,f,1,0,2020-01-01\n", .dataRange, line: 2, "column 'age'"),
    Bad("huge exponent", header + "1e999999999999,f,1,0,2020-01-01\n", .dataRange, line: 2, "column 'age'"),
    Bad("decimal out of range", header + "30,f,99.26,0,2020-01-01\n", .dataRange, line: 2, "[-1.5, 99.25]"),
    Bad("date out of range", header + "30,f,1,0,1999-12-31\n", .dataRange, line: 2, "[2000-01-01, 2029-12-31]"),
    Bad("no such date", header + "30,f,1,0,2021-02-29\n", .dataType, line: 2, "the calendar does not have"),
    Bad("date layout", header + "30,f,1,0,01.01.2020\n", .dataType, line: 2, "YYYY-MM-DD"),
    Bad("date with time", header + "30,f,1,0,2020-01-01T10:00\n", .dataType, line: 2, "type: timestamp"),
    Bad("category", header + "30,x,1,0,2020-01-01\n", .dataType, line: 2, "none of the declared values"),
    Bad("category case", header + "30,F,1,0,2020-01-01\n", .dataType, line: 2, "none of the declared values"),
    Bad("boolean", header + "30,f,1,perhaps,2020-01-01\n", .dataType, line: 2, "true and false"),
    Bad("no value", header + ",f,1,0,2020-01-01\n", .dataNull, line: 2, "not nullable"),
    Bad("too few fields", header + "30,f,1,0\n", .dataFieldCount, line: 2, "4 fields instead of 5"),
    Bad("too many fields", header + "30,f,1,0,2020-01-01,\n", .dataFieldCount, line: 2, "6 fields instead of 5"),
    Bad("quote inside", header + "30,f\"x,1,0,2020-01-01\n", .dataSyntax, line: 2, column: 5, "double the quotes"),
    Bad(
      "text after quote", header + "30,\"f\"x,1,0,2020-01-01\n", .dataSyntax, line: 2, column: 7, "closing quote"),
    Bad("open quote", header + "30,\"f,1,0,2020-01-01\n1,2\n", .dataSyntax, line: 2, "never closed"),
    Bad(
      "open quote after lines", header + "30,\"f\n\n\",1,0,2020-01-01\n1,\"2\n", .dataSyntax, line: 5,
      "never closed"),
    Bad("carriage return", header + "30,f\r,1,0,2020-01-01\n", .dataSyntax, line: 2, column: 5, "carriage return"),
    Bad("old line ends", "age,sex\r30,f\r", .dataSyntax, line: 1, column: 8, "LF or CRLF"),
    Bad("zero byte", header + "30,f\0,1,0,2020-01-01\n", .dataEncoding, line: 2, column: 5, "zero byte"),
    Bad(
      "zero byte in quotes", header + "30,\"f\0\",1,0,2020-01-01\n", .dataEncoding, line: 2, column: 6, "zero byte"
    ),
    Bad("UTF-16", bytes: [0xff, 0xfe, 0x61, 0], .dataEncoding, line: 1, "UTF-16"),
    Bad("UTF-16, big endian", bytes: [0xfe, 0xff, 0, 0x61], .dataEncoding, line: 1, "UTF-16"),
    Bad(
      "Latin-1",
      bytes: Array((header + "30,f,1,0,2020-01-01\n30,").utf8) + [0xe9] + Array(",1,0,2020-01-01\n".utf8),
      .dataEncoding, line: 3, "byte 57 "),
    Bad(
      "Latin-1 in quotes", bytes: Array((header + "30,\"\n").utf8) + [0xe9, 0x22, 0x0a], .dataEncoding, line: 3,
      "byte 39 "),
    Bad(
      "overlong UTF-8", bytes: Array((header + "30,").utf8) + [0xc0, 0xaf, 0x0a], .dataEncoding, line: 2,
      "byte 37 "),
    Bad(
      "surrogate", bytes: Array((header + "30,").utf8) + [0xed, 0xa0, 0x80, 0x0a], .dataEncoding, line: 2,
      "byte 37 "),
    Bad("cut UTF-8", bytes: Array((header + "30,").utf8) + [0xe2, 0x82], .dataEncoding, line: 2, "byte 37 "),
    Bad("line of the right row", header + "30,\"f\n\n\",1,0,2020-01-01\n", .dataType, line: 2, "column 'sex'"),
    Bad(
      "line after quoted line ends",
      "note," + header + "\"a\r\nb\nc\",30,f,1,0,2020-01-01\nx,200,f,1,0,2020-01-01\n", .dataRange, line: 5,
      "column 'age'"),
  ]

  @Test(arguments: bad) func badFile(_ bad: Bad) throws {
    for (piece, window) in [(Int.max, 1 << 18), (1, 16), (5, 32)] {
      let outcome = try read(bytes: bad.bytes, piece: piece, window: window)
      #expect(outcome.data == nil)
      let problem = try #require(outcome.problems.first)
      #expect(problem.code == bad.code, "\(problem)")
      #expect(problem.place == .init(file: "a.csv", line: bad.line, column: bad.column), "\(problem)")
      #expect(problem.description.contains(bad.says), "\(problem)")
      #expect(problem.remedy?.isEmpty == false && problem.exitCode == 4)
    }
  }

  @Test func messagesDoNotHoldCells() throws {
    let outcome = try read(Self.header + "secret,secret,secret,secret,secret\n987654,f,1.98765,0,2020-01-01\n")
    for problem in outcome.problems {
      #expect(!problem.description.contains("secret") && !problem.description.contains("98765"))
    }
    #expect(outcome.problems.count == 2)
  }

  @Test func allBadRowsAreListed() throws {
    var text = Self.header
    for row in 0..<150 { text += "\(row < 10 ? 1 : 500),f,1,0,2020-01-01\n" }
    let outcome = try read(text)
    #expect(outcome.problems.map { $0.place?.line } == [12])
    #expect(
      outcome.problems.first?.message.hasSuffix("(and 139 more rows of this kind: lines 13, 14, 15, 16, 17, …)")
        == true)
    // Of many different kinds a hundred are listed.
    let wide = try read(Self.header + (0..<150).map { String(repeating: ",", count: 10 + $0) + "1\n" }.joined())
    #expect(wide.problems.count == 101)
    #expect(wide.problems.prefix(100).map { $0.place?.line } == Array(2..<102))
    #expect(wide.problems.last?.message == "and 50 more bad rows")
    try Sample.withFolder { folder in
      let path = folder + "/a.csv"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: ParleyError.self) {
        try HolderCSV.load(path: path, table: Sample.table(), holder: "a")
      }
      #expect(error?.code == .dataRange && error?.exitCode == 4)
      #expect(error?.description.contains("\(path):12: column 'age'") == true)
    }
  }

  static let mixed =
    header + """
      30,f,1,0,2020-01-01
      31,f,x,0,2020-01-01
      500,f,1,0,2020-01-01
      32,f,1
      33,m,777,perhaps,2020-01-01

      """

  @Test func dropPolicy() throws {
    let outcome = try read(Self.mixed) { $0.badRows = .drop }
    #expect(outcome.data?.rowCount == 1 && outcome.data?.columns[0].values == [30])
    #expect(outcome.report.rowsRead == 5 && outcome.report.rowsDropped == 4)
    #expect(outcome.report.listed.map { $0.place?.line } == [3, 4, 5, 6])
    #expect(
      outcome.report.notices.count == 5 && outcome.report.notices[0] == "4 of 5 rows dropped (bad-rows: drop)")
    #expect(outcome.report.notices[3] == "line 5: 3 fields instead of 5; correct the row")
    let nothing = try read(Self.header + "x,f,1,0,2020-01-01\n") { $0.badRows = .drop }
    #expect(nothing.problems.first?.code == .dataEmpty)
  }

  @Test func nullPolicy() throws {
    let refused = try read(Self.mixed) { $0.badRows = .null }
    #expect(refused.problems.map { $0.place?.line } == [4, 5])
    let lines = Self.mixed.split(separator: "\n").filter { !$0.hasPrefix("500") && !$0.hasSuffix("f,1") }
    let outcome = try read(lines.joined(separator: "\n")) { $0.badRows = .null }
    #expect(outcome.data?.columns[2] == .init(values: [100, 0, 0], isNull: [false, true, true]))
    #expect(outcome.data?.columns[3] == .init(values: [0, 0, 0], isNull: [false, false, true]))
    #expect(outcome.report.cellsNulled == 3 && outcome.report.rowsDropped == 0)
    #expect(outcome.report.notices.first == "3 unusable cells became NULL (bad-rows: null)")
    #expect(outcome.report.notices.dropFirst().map { $0.prefix(8) } == ["line 3: ", "line 4: "])
  }

  @Test func rowLimits() throws {
    let row = "30,f,1,0,2020-01-01\n"
    let full = Self.header + String(repeating: row, count: 500)
    #expect(try read(full).data?.rowCount == 500)
    let padded = try read(full + row)
    #expect(padded.problems.first?.code == .dataTooManyRows && padded.problems.first?.place?.line == 502)
    #expect(padded.problems.first?.message.contains("500 rows, the pad-to") == true)
    let unpadded = try read(full + row) {
      $0.schema.padTo = nil
      $0.schema.maximumRows = 400
    }
    #expect(unpadded.problems.first?.message.contains("400 rows, the maximum-rows") == true)
  }

  @Test func oneColumn() throws {
    let change: (inout Study.Table) -> Void = {
      $0.schema.columns = [ColumnSchema(name: "x", type: .integer(0...9), isNullable: true)]
      $0.columns = [.init(header: "x")]
    }
    let outcome = try read("x\n1\n\n\"\"\n2\n", change)
    #expect(outcome.data?.columns[0] == .init(values: [1, 0, 0, 2], isNull: [false, true, true, false]))
  }

  /// A source that makes a million columns up and counts what was taken from it.
  @Test func aMillionColumnsAreRefusedEarly() throws {
    let text = (0..<1_000_000).map { "c\($0)" }.joined(separator: ",") + "\n"
    let outcome = try read(text)
    #expect(outcome.problems.map(\.code) == [.dataLimit])
    #expect(outcome.problems.first?.place?.line == 1)
    // The same in a later row.
    let row = try read(Self.header + String(repeating: ",", count: 1_000_000) + "\n")
    #expect(row.problems.first?.code == .dataLimit && row.problems.first?.place?.line == 2)
  }

  @Test func endlessRecordIsRefused() throws {
    let outcome = try read(Self.header + "30,\"" + String(repeating: "f", count: 17 << 20))
    #expect(outcome.problems.first?.code == .dataLimit && outcome.problems.first?.place?.line == 2)
  }

  @Test func unreadableFile() throws {
    let table = try Sample.table()
    for path in ["/nonexistent/a.csv", NSTemporaryDirectory()] {
      let error = #expect(throws: ParleyError.self) { try HolderCSV.load(path: path, table: table, holder: "a") }
      #expect(error?.code == .dataUnreadable && error?.exitCode == 4)
    }
  }

  /// Random tables written in random dialects come back as they were.
  @Test(arguments: [UInt64(1), 2, 3, 4, 5]) func randomRoundTrip(seed: UInt64) throws {
    var random = InsecureSplitMix(seed: seed)
    let table = try Sample.table()
    let data = SyntheticData.make(table.schema, rows: 60, seed: seed)
    let newline = Bool.random(using: &random) ? "\n" : "\r\n"
    var text = Bool.random(using: &random) ? "\u{feff}" : ""
    text += table.columns.map(\.header).joined(separator: ";") + newline
    for row in 0..<data.rowCount {
      let cells = zip(table.schema.columns, data.columns).map { column, cells in
        if column.isNullable, cells.isNull[row] { return Bool.random(using: &random) ? "" : "NA" }
        let value = cells.values[row]
        var cell =
          switch column.type {
          case .integer: String(value)
          case .decimal:
            (value < 0 ? "-" : "") + "\(value.magnitude / 100),\(value.magnitude / 10 % 10)\(value.magnitude % 10)"
          case .boolean: value == 1 ? "TRUE" : "0"
          case .date: CivilDate(daysSince1970: Int(value)).description
          case .category(let values): values[Int(value)]
          case .timestamp, .text: ""
          }
        if Bool.random(using: &random) { cell = "\"\(cell)\"" }
        return cell
      }
      text += cells.joined(separator: ";") + newline
    }
    let outcome = try read(text, holder: "b", piece: Int.random(in: 1...40, using: &random), window: 16)
    #expect(outcome.problems.isEmpty, "seed \(seed): \(outcome.problems.first?.description ?? "")")
    #expect(outcome.data == data, "seed \(seed)")
  }
}
