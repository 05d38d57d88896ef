import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// What is advised about a holder's file has been done to the file or to the study here, and then the file is read.
@Suite struct DataRemedyTests {
  /// A file of the holder 'b', and what the study says of its columns (lines of `columns:`) and of its table.
  struct Input: Sendable {
    var text: String, columns: [String], table: String
    init(_ text: String, _ columns: [String], _ table: String = "bad-rows: refuse") {
      (self.text, self.columns, self.table) = (text, columns, table)
    }

    func outcome() throws -> HolderCSV.Outcome {
      let table = try HolderFileTests.load(columns.joined(separator: "\n      - "), table).tables[0]
      return HolderCSV.check(bytes: Array(text.utf8), file: "b.csv", table: table, holder: "b")
    }
  }
  struct Case: Sendable, CustomStringConvertible {
    var broken: Input, code: String, advice: String, mended: Input
    init(_ broken: Input, _ code: String, _ advice: String, _ mended: Input) {
      (self.broken, self.code, self.advice, self.mended) = (broken, code, advice, mended)
    }
    /// With another file alone, or another study.
    init(_ broken: Input, _ code: String, _ advice: String, file: String) {
      self.init(broken, code, advice, Input(file, broken.columns, broken.table))
    }
    init(_ broken: Input, _ code: String, _ advice: String, table: String) {
      self.init(broken, code, advice, Input(broken.text, broken.columns, table))
    }
    init(_ broken: Input, _ code: String, _ advice: String, columns: [String]) {
      self.init(broken, code, advice, Input(broken.text, columns, broken.table))
    }
    var description: String { advice }
  }

  private static let int = "{name: x, type: int, range: [0, 99]}"
  private static let bool = "{name: x, type: bool}"
  private static let decimal = "{name: x, type: decimal, scale: 2, range: [0, 10000]}"
  private static let date = "{name: x, type: date, range: [2020-01-01, 2029-12-31]}"
  private static let time = "{name: x, type: timestamp, range: [2020-01-01, 2029-12-31]}"
  private static let category = "{name: x, type: category, values: [f, m]}"
  private static let text = "{name: x, type: text, bytes: 4}"
  private static let two = [
    "{name: age, type: int, range: [0, 99]}", "{name: sex, type: category, values: [f, m]}",
  ]
  private static func adding(_ key: String, _ column: String) -> [String] { [column.dropLast() + ", \(key)}"] }
  private static func lines(_ cells: [String]) -> String { cells.joined(separator: "\n") + "\n" }

  static let cells: [Case] = [
    .init(
      Input("x\n\"1,5\"\n", [decimal]), "data/type", "say how b writes numbers: ",
      table: "csv-by-holder: {b: {decimal: \",\"}}"),
    .init(
      Input("x\n1.5\n2.5\n\"4,5\"\n", [decimal]), "data/type", "write the number like the 2 of the file that have",
      file: "x\n1.5\n2.5\n4.5\n"),
    .init(
      Input("x\n2.02403E+14\n", ["{name: x, type: int, range: [0, 999999999999999]}"]), "data/type",
      "format the column as text in the spreadsheet before the rows are put in", file: "x\n202403000000123\n"),
    .init(
      Input("x\n1.234\n", [decimal]), "data/type", "write 'rounding: nearest' for column 'x' in the study",
      columns: adding("rounding: nearest", decimal)),
    .init(
      Input("x\nfemale\n", [category]), "data/type", "{values: {x: {SPELLING: VALUE}}}",
      table: "csv-by-holder: {b: {values: {x: {female: f}}}}"),
    .init(
      Input("x\nyep\n", [bool]), "data/type", "{values: {x: {SPELLING: true}}}",
      table: "csv-by-holder: {b: {values: {x: {yep: true}}}}"),
    .init(
      Input("x\n31.12.2024\n", [date]), "data/type",
      "say how b writes dates: 'csv-by-holder: {b: {date: DD.MM.YYYY}}'",
      table: "csv-by-holder: {b: {date: DD.MM.YYYY}}"),
    .init(
      Input("x\n2024-12-30\n2024-12-31\n3.11.2024\n", [date]), "data/type",
      "write the date as YYYY-MM-DD, like the 2 dates of the file", file: "x\n2024-12-30\n2024-12-31\n2024-11-03\n"
    ),
    .init(
      Input("x\n03.11.24\n", [date], "csv: {date: DD.MM.YYYY}"), "data/type", "write years with four digits",
      file: "x\n03.11.2024\n"),
    .init(
      Input("x\n2024-02-28 10:00:00\n", [date]), "data/type",
      "declare column 'x' as 'type: timestamp' in the study",
      columns: [time]),
    .init(
      Input("x\n2024-02-28 1:2\n", [date]), "data/type", "write the date alone, or declare",
      file: "x\n2024-02-28\n"),
    .init(
      Input("x\n2024-02-28 1:2\n", [date]), "data/type", "and write times as YYYY-MM-DD hh:mm:ss",
      Input("x\n2024-02-28 01:02:00\n", [time])),
    .init(
      Input("x\n2024-02-28 1:2\n", [time]), "data/type", "write times as hh:mm or hh:mm:ss, two digits each",
      file: "x\n2024-02-28 01:02+0200\n"),
    .init(
      Input("x\nyesterday\n", [date]), "data/type",
      "write dates as YYYY-MM-DD, say with 'date' under 'csv-by-holder'",
      file: "x\n2024-02-28\n"),
    .init(
      Input("x\nNA\n", [int]), "data/type", "say that it means no value: 'csv-by-holder: {b: {\"null\": [",
      Input("x\nNA\n", adding("nullable: true", int), "csv-by-holder: {b: {\"null\": [\"\", NA]}}")),
    .init(
      Input("x\n2024-03-31 02:30\n", [time], "csv-by-holder: {b: {zone: Europe/Berlin}}"), "data/type",
      "check 'zone' of b in the study", table: "csv-by-holder: {b: {zone: Europe/London}}"),
    .init(
      Input("x\n\"\"\n", [int]), "data/null", "write 'nullable: true' for column 'x' in the study",
      columns: adding("nullable: true", int)),
    .init(
      Input("x\n100\n", [int]), "data/range", "widen the range of column 'x' in the study",
      columns: ["{name: x, type: int, range: [0, 100]}"]),
    .init(
      Input("x\nabcde\n", [text]), "data/type", "raise 'bytes' of column 'x' in the study",
      columns: ["{name: x, type: text, bytes: 5}"]),
    .init(Input("x\none\n", [int]), "data/type", "correct the row, or agree on 'bad-rows: drop'", file: "x\n1\n"),
    .init(
      Input("x\none\n2\n", [int]), "data/type", "or agree on 'bad-rows: drop'", table: "bad-rows: drop"),
    .init(
      Input("x\none\n2\n", adding("nullable: true", int)), "data/type", "agree on 'bad-rows: null'",
      table: "bad-rows: null"),
    .init(
      Input("age,sex\n1,f,\n2,m,\n", two), "data/field-count", "if every line ends so, write ",
      table: "csv-by-holder: {b: {trailing-delimiter: true}}"),
    .init(
      Input("age,sex\n1,f,m\n", two), "data/field-count", "put a field that holds ',' in quotes",
      Input("age,sex\n1,\"f,m\"\n", [two[0], "{name: sex, type: text, bytes: 9}"])),
  ]

  private static let further = [
    "{name: town, type: bool}", "{name: k, type: int, range: [0, 9]}", "{name: u, type: int, range: [0, 9]}",
  ]

  static let files: [Case] = [
    .init(
      Input("x\n1\n2\ny\nz\n", [int], "bad-rows: drop\n    bad-rows-limit: 1"), "data/bad-rows",
      "correct the rows; the first reasons follow", file: "x\n1\n2\n3\nz\n"),
    .init(
      Input("x\ny\nz\n", [int], "bad-rows: drop"), "data/empty",
      "check that it is the right file and that 'csv' in the study says how it is written", file: "x\n1\n"),
    .init(
      Input(
        lines(["x"] + Array(repeating: "w", count: 6)), ["{name: x, type: category, values: [f, o], others: o}"]),
      "data/type", "say what its labels mean: ", table: "csv-by-holder: {b: {values: {x: {w: f}}}}"),
    .init(
      Input(
        lines(["x"] + Array(repeating: "w", count: 6)), ["{name: x, type: category, values: [f, o], others: o}"]),
      "data/type", "or declare them under 'values' of 'x'",
      columns: ["{name: x, type: category, values: [f, w, o], others: o}"]),
    .init(Input("\nage,sex\n1,f\n", two), "data/empty", "remove blank lines before it: ", file: "age,sex\n1,f\n"),
    .init(Input("", two), "data/empty", "the first line holds the column names: age,sex", file: "age,sex\n"),
    .init(
      Input("age,sex,age\n1,f,2\n", two), "data/duplicate-header", "rename or remove one of them in the file",
      file: "age,sex,age2\n1,f,2\n"),
    .init(
      Input(lines(["x"] + (0..<1001).map { "\($0 % 99)" }), [int]), "data/too-many-rows",
      "raise 'maximum-rows' in the study, which all parties must agree to",
      file: lines(["x"] + (0..<1000).map { "\($0 % 99)" })),
    .init(
      Input("x\n1\n" + String(repeating: "y\n", count: 2_000_000), [int], "bad-rows: drop"), "data/limit",
      "take blank lines and rows that are not wanted out of it", file: "x\n1\n"),
    .init(
      Input("AGE,Sex\n1,f\n", two), "data/missing-column", "rename them in the file, or write ",
      file: "age,sex\n1,f\n"),
    .init(
      Input("AGE,Sex\n1,f\n", two), "data/missing-column", "{columns: {age: AGE, sex: Sex}}",
      table: "csv-by-holder: {b: {columns: {age: AGE, sex: Sex}}}"),
    .init(
      Input("age,sxe\n1,f\n", two), "data/missing-column", "did you mean 'sxe'? Rename it in the file, or write",
      file: "age,sex\n1,f\n"),
    .init(
      Input("age,gender\n1,f\n", two), "data/missing-column",
      "the first line must hold the column names: age,sex; if b calls it otherwise, write",
      table: "csv-by-holder: {b: {columns: {sex: gender}}}"),
    .init(
      Input("age;sex\n1;f\n", two), "data/missing-column", "the fields seem to be separated by ';': write",
      table: "csv-by-holder: {b: {delimiter: \";\"}}"),
    .init(
      Input("name;town\n1;f\n", two), "data/missing-column",
      "it has other columns, or other names for them, and its fields seem", file: "age,sex\n1,f\n"),
    .init(
      Input("7,f\n8,m\n", two), "data/missing-column", "it seems to be a row already: write ",
      table: "csv-by-holder: {b: {header: false}}"),
    .init(
      Input("7,f\n8,m\n", two), "data/missing-column", "or put a line before it: age,sex",
      file: "age,sex\n7,f\n8,m\n"),
    .init(
      Input("alpha,beta\n8,m\n", two), "data/missing-column",
      "; its first line must hold the column names: age,sex; if b",
      table: "csv-by-holder: {b: {columns: {age: alpha, sex: beta}}}"),
    .init(
      Input("700,f\n8,m\n", two), "data/missing-column", "; if it is a row already, ",
      Input("70,f\n8,m\n", two, "csv-by-holder: {b: {header: false}}")),
    .init(
      Input("k,AGE\n8,1\n", two + further),
      "data/missing-column", "check that this is the file of b; if b calls them otherwise, write",
      Input(
        "k,AGE,s,t,v\n8,1,f,0,3\n", two + further,
        "csv-by-holder: {b: {columns: {age: AGE, sex: s, town: t, u: v}}}")),
    .init(
      Input("x\n\u{0}\n", [text]), "data/encoding",
      "export it as CSV text; a spreadsheet file must be saved as CSV first",
      file: "x\na\n"),
    .init(
      Input("x\na\"b\n", [text]), "data/syntax", "put the whole field in quotes and double the quotes inside it",
      file: "x\n\"a\"\"b\"\n"),
    .init(
      Input("x\n\"a\"b\n", [text]), "data/syntax", "double quotes inside a quoted field", file: "x\n\"a\"\"b\"\n"),
    .init(
      Input("x\na\rb\n", [text]), "data/syntax", "save the file with line ends LF or CRLF, or put the field",
      file: "x\na\r\nb\r\n"),
    .init(
      Input("x\n\"a\n", [text]), "data/syntax", "close it, or double it if it belongs to the text",
      file: "x\n\"a\"\n"),
    .init(
      Input("x\n\"" + String(repeating: "a", count: 40 << 20) + "\n", [text]), "data/limit",
      "look for a quote that is never closed, and for line ends", file: "x\na\n"),
    .init(
      Input(String(repeating: "x,", count: 17_000) + "\n", [text]), "data/limit",
      "keep the columns that the study names; check 'delimiter'", file: "x\na\n"),
  ]

  @Test(arguments: cells + files) func theAdviceWorks(test: Case) throws {
    let refused = try test.broken.outcome()
    let problems = refused.problems + refused.report.listed
    #expect(
      problems.contains { $0.code.rawValue == test.code && $0.remedy?.contains(test.advice) == true },
      "\(problems.prefix(3))")
    let read = try test.mended.outcome()
    #expect(read.problems.isEmpty && read.data != nil, "\(read.problems.prefix(3))")
  }

  /// Files in other encodings, and such as are not there.
  @Test func filesAreSavedAsText() throws {
    let table = try HolderFileTests.load("{name: x, type: text, bytes: 9}").tables[0]
    func check(_ bytes: [UInt8]) -> HolderCSV.Outcome {
      HolderCSV.check(bytes: bytes, file: "b.csv", table: table, holder: "b")
    }
    let wide = try #require(
      check([0xff, 0xfe] + "x\nB\u{e4}r\n".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }).problems.first)
    #expect(wide.code == .dataEncoding && wide.remedy == "save it as 'CSV UTF-8'", "\(wide)")
    let latin = try #require(check([0x78, 0x0a, 0x42, 0xe4, 0x72, 0x0a]).problems.first)
    #expect(latin.remedy == "save it as 'CSV UTF-8', or convert it: iconv -f WINDOWS-1252 -t UTF-8", "\(latin)")
    #expect(check(Array("x\nB\u{e4}r\n".utf8)).data?.columns[0].texts == ["B\u{e4}r"])
    try Sample.withFolder { folder in
      let path = folder + "/b.csv"
      let none = try #require(HolderCSV.check(path: path, table: table, holder: "b").problems.first)
      #expect(none.remedy == "check the path and the permissions of the file", "\(none)")
      try "x\na\n".write(toFile: path, atomically: true, encoding: .utf8)
      #expect(HolderCSV.check(path: path, table: table, holder: "b").data?.rowCount == 1)
    }
  }
}
