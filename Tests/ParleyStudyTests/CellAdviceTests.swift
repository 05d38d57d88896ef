import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// What is said about cells that cannot be used, with the advice applied as it stands.
@Suite struct CellAdviceTests {
  static let date = "{name: x, type: date, range: [2020-01-01, 2029-12-31]}"
  static let decimal = "{name: x, type: decimal, scale: 2, range: [0, 10000000]}"

  private func read(
    _ cells: [String], _ column: String, _ table: String = "bad-rows: refuse", header: String = "x"
  ) throws -> HolderCSV.Outcome {
    HolderCSV.check(
      bytes: Array(([header] + cells).joined(separator: "\n").utf8) + [10], file: "b.csv",
      table: try HolderFileTests.load(column, table).tables[0], holder: "b")
  }

  /// What stands between the first quotes of the remedy.
  private func advice(_ outcome: HolderCSV.Outcome) throws -> String {
    let remedy = try #require(outcome.problems.first?.remedy)
    let parts = remedy.components(separatedBy: "'")
    return try #require(parts.count > 2 ? parts[1] : nil, "\(remedy)")
  }

  // MARK: Dates

  @Test func daysAndMonthsMayHaveOneDigit() throws {
    for (layout, cells) in [
      ("DD.MM.YYYY", ["3.11.2024", "03.11.2024", "03.11.2024 00:00:00", "3.11.2024 00:00"]),
      ("MM/DD/YYYY", ["11/3/2024", "11/03/2024"]), ("YYYY-MM-DD", ["2024-11-3", "2024-11-03T00:00:00.000"]),
      ("DD MM YYYY", ["3 11 2024", "3 11 2024 00:00:00"]), ("YYYYMMDD", ["20241103"]),
    ] {
      let outcome = try read(cells, Self.date, "csv: {date: \(layout)}")
      #expect(outcome.data?.columns[0].values == cells.map { _ in 20_030 }, "\(layout) \(outcome.problems)")
    }
    // Without separators digits are counted.
    for cell in ["2024113", "202411033"] {
      #expect(try read([cell], Self.date, "csv: {date: YYYYMMDD}").data == nil, "\(cell)")
    }
    for cell in ["3.11.024", "3..2024", "003.11.2024", "3.011.2024", "3.11.20245", "0.1.2024", ".11.2024"] {
      #expect(try read([cell], Self.date, "csv: {date: DD.MM.YYYY}").data == nil, "\(cell)")
    }
  }

  @Test func anotherLayoutIsNamedAndHelps() throws {
    for (declared, cell) in [
      ("YYYY-MM-DD", "3.11.2024"), ("MM/DD/YYYY", "31/12/2023"), ("DD.MM.YYYY", "2024-02-28"),
      ("DD/MM/YYYY", "12/31/2023"),
    ] {
      let refused = try read([cell], Self.date, "csv: {date: \(declared)}")
      let advice = try advice(refused)
      #expect(advice.hasPrefix("csv-by-holder: {b: {date: ") && !advice.contains(declared))
      #expect(try read([cell], Self.date, advice).data?.rowCount == 1, "\(advice)")
    }
  }

  /// The day is as declared, so that is not what is said to be wrong.
  @Test func timesThatAreNoneAreSaid() throws {
    let time = "{name: x, type: timestamp, range: [2020-01-01, 2029-12-31]}"
    for cell in ["2020-02-29 1:2", "2020-02-29 UTC", "2020-02-29T25:00"] {
      let times = try read([cell], time)
      #expect(times.problems.first?.remedy?.contains("hh:mm:ss, two digits each") == true, "\(times.problems)")
      #expect(times.problems.first?.description.contains("no time of the form") == true, "\(times.problems)")
      let dates = try read([cell], Self.date)
      #expect(dates.problems.first?.remedy?.contains("write the date alone") == true, "\(dates.problems)")
      #expect(dates.problems.first?.remedy?.contains("write dates as") == false)
    }
    #expect(try read(["2020-02-29 01:02", "2020-02-29 01:02:00Z", "2020-02-29"], time).problems == [])
  }

  @Test func blankLinesBeforeTheHeaderAreSaid() throws {
    let text = "\n\nage,sex\n1,f\n"
    let found = HolderCSV.check(bytes: Array(text.utf8), file: "a.csv", table: try Sample.table(), holder: "a")
    #expect(found.problems.first?.message == "the first line is blank", "\(found.problems)")
    #expect(found.problems.first?.remedy?.hasPrefix("remove blank lines before it") == true)
  }

  @Test func datesThatNoLayoutHelpsAreSaid() throws {
    let short = try read(["03.11.24"], Self.date, "csv: {date: DD.MM.YYYY}")
    #expect(short.problems.first?.message.contains("two digits") == true)
    #expect(short.problems.first?.remedy?.contains("four digits") == true, "\(short.problems)")
    #expect(short.problems.first?.remedy?.contains("{date:") == false)
    for cell in ["2023-02-29", "2024-13-01", "2024-00-10"] {
      let none = try read([cell], Self.date)
      #expect(none.problems.first?.message.contains("calendar does not have") == true, "\(none.problems)")
      #expect(none.problems.first?.remedy == "correct the row, or agree on 'bad-rows: drop'")
    }
  }

  @Test func timesAndDaysMeet() throws {
    let refused = try read(["2024-02-28 10:00:00"], Self.date)
    #expect(refused.problems.first?.remedy?.contains("'type: timestamp'") == true, "\(refused.problems)")
    let timestamp = Self.date.replacingOccurrences(of: "type: date", with: "type: timestamp")
    let times = try read(["2024-02-28 10:00:00", "2024-02-28"], timestamp)
    #expect(times.data?.columns[0].values == [1_709_114_400, 1_709_078_400], "\(times.problems)")
    // Midnight of a zone may be another day.
    #expect(try read(["2024-02-28T00:00:00Z"], Self.date).data == nil)
    let berlin = try read(["2024-02-28"], timestamp, "csv: {zone: Europe/Berlin}")
    #expect(berlin.data?.columns[0].values == [1_709_074_800])
  }

  // MARK: Numbers

  @Test func spacesThatDoNotBreakAreThousandsMarks() throws {
    for space in ["\u{a0}", "\u{202f}", "\u{2009}", " "] {
      let cell = "\"1\(space)234\(space)567,5\""
      let refused = try read([cell], Self.decimal)
      let advice = try advice(refused)
      #expect(advice == "csv-by-holder: {b: {decimal: \",\", thousands: \" \"}}")
      #expect(try read([cell], Self.decimal, advice).data?.columns[0].values == [123_456_750])
      for bad in ["1\(space)23", "1\(space)\(space)234", "12\(space)", "1,\(space)234"] {
        #expect(try read(["\"\(bad)\""], Self.decimal, advice).data == nil || space == " " && bad.hasSuffix(" "))
      }
    }
  }

  // MARK: Marks for no value

  @Test func marksForNoValueAreNamedAndHelp() throws {
    let columns = [
      Self.date, Self.decimal, "{name: x, type: int, range: [0, 9]}", "{name: x, type: bool}",
      "{name: x, type: timestamp, range: [2020-01-01, 2029-12-31]}", "{name: x, type: category, values: [a, b]}",
    ]
    for column in columns {
      let nullable = column.replacingOccurrences(of: "}", with: ", nullable: true}")
      for mark in ["NA", "#N/A", "NaN", "k.A.", "\\N", "#NV"] {
        let refused = try read([mark], column)
        let advice = try advice(refused)
        #expect(advice.contains("\"null\": [\"\", "), "\(advice)")
        #expect(refused.problems.first?.remedy?.contains("'nullable: true' for column 'x'") == true)
        let outcome = try read([mark, "\"\""], nullable, advice)
        #expect(outcome.data?.columns[0].isNull == [true, true], "\(mark) \(column) \(outcome.problems)")
      }
    }
    // A word that may be a value of a category is none.
    let word = try read(["unknown"], "{name: x, type: category, values: [a, b]}")
    #expect(word.problems.first?.remedy?.contains("\"null\"") == false)
    #expect(try advice(try read(["unknown"], Self.decimal)).contains("\"unknown\""))
  }

  // MARK: Files

  @Test func separatorLinesOfSpreadsheetsAreSkipped() throws {
    let column = "{name: x, type: int, range: [0, 9]}"
    for (first, end) in [("sep=;", "\n"), ("\u{feff}sep=;", "\r\n"), ("sep=;", "\r\n")] {
      for window in [16, 1 << 18] {
        let text = [first, "x;y", "1;2", "z;3"].joined(separator: end) + end
        let outcome = HolderCSV.check(
          bytes: Array(text.utf8), file: "b.csv",
          table: try HolderFileTests.load(column, "csv: {delimiter: \";\"}").tables[0], holder: "b", piece: 3,
          window: window)
        #expect(outcome.problems.map(\.place?.line) == [4], "\(outcome.problems)")
        #expect(outcome.report.ignoredColumns == ["y"])
      }
    }
    // Another delimiter than is declared is said with the advice that helps.
    let other = try read(["x;y", "1;2"], column, header: "sep=;")
    #expect(other.problems.first?.remedy?.contains("'csv-by-holder: {b: {delimiter: \";\"}}'") == true)
    #expect(other.data == nil)
    #expect(
      try read(["x;y", "1;2"], column, "csv-by-holder: {b: {delimiter: \";\"}}", header: "sep=;").data?.rowCount
        == 1)
  }

  @Test func delimitersAtTheEndsOfLinesAreNamed() throws {
    let column = "{name: x, type: int, range: [0, 9]}"
    let refused = try read(["1,2,", "3,4,"], column, header: "x,y")
    #expect(refused.problems.first?.message.contains("delimiter at the end") == true)
    let advice = try advice(refused)
    #expect(
      try read(["1,2,", "3,4,"], column, advice, header: "x,y").data?.columns[0].values == [1, 3], "\(advice)")
    let inside = try read(["1,2,3"], column, header: "x,y")
    #expect(inside.problems.first?.remedy?.contains("in quotes") == true)
    #expect(try read(["1,\"2,3\""], column, header: "x,y").data?.rowCount == 1)
  }

  @Test func whatIsInForceIsNotAdvised() throws {
    let column = "{name: x, type: int, range: [0, 9], nullable: true}"
    for cells in [["a"], ["10"], ["1,2"], ["NA"]] {
      let dropped = try read(cells + ["1"], column, "bad-rows: drop")
      #expect(dropped.data?.rowCount == 1)
      #expect(dropped.report.listed.count == 1)
      #expect(dropped.report.listed.allSatisfy { $0.remedy?.contains("bad-rows") == false }, "\(dropped.report)")
      #expect(try read(cells, column).problems.first?.remedy?.hasSuffix("or agree on 'bad-rows: drop'") == true)
    }
  }

  /// Each line of a list has its code and its advice, and the list none of its own.
  @Test func listsEndWithTheirLastProblem() throws {
    let table = try HolderFileTests.load("{name: x, type: int, range: [0, 9]}\n      - {name: y, type: bool}")
      .tables[0]
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("b.csv").path
    try "x,y\n10,1\n1,maybe\n".write(toFile: path, atomically: true, encoding: .utf8)
    let error = #expect(throws: ParleyError.self) { try HolderCSV.load(path: path, table: table, holder: "b") }
    let text = try #require(error?.description)
    #expect(error?.code == .dataRange && error?.exitCode == 4)
    #expect(text.components(separatedBy: "[data/").count == 3, "\(text)")
    #expect(text.components(separatedBy: "fix:").count == 3 && text.contains("2 problems:\n- "))
    // Another delimiter is one problem, however many columns there are.
    try "x;y\n1;true\n".write(toFile: path, atomically: true, encoding: .utf8)
    let outcome = HolderCSV.check(path: path, table: table, holder: "b")
    #expect(outcome.problems.count == 1 && outcome.problems[0].message.contains("none of the 2 columns"))
  }

  // MARK: Many rows

  /// A study says how all dates of a holder are written: a stray one is no reason to read the others otherwise.
  @Test func mostDatesDecideWhatIsAdvised() throws {
    let iso = (10...29).map { "2024-02-\($0)" }
    let stray = try read(iso + ["3.11.2024"], Self.date)
    let remedy = try #require(stray.problems.first?.remedy)
    #expect(remedy.contains("write the date as YYYY-MM-DD, like the 20 dates of the file"), "\(remedy)")
    #expect(!remedy.contains("{date:"))
    // Days above 12 tell the layout of all of them, and the advice makes the file right but for the one in the other layout.
    let american = ["05/03/2024", "03/25/2024", "12/31/2024"]
    let other = try read(american + ["2024-01-01"], Self.date)
    let advice = try advice(other)
    #expect(advice == "csv-by-holder: {b: {date: MM/DD/YYYY}}")
    #expect(
      other.problems.count == 1
        && other.problems[0].message.hasSuffix("(and 2 more rows of this kind: lines 3, 4)"))
    #expect(try read(american, Self.date, advice).data?.rowCount == 3)
    let left = try read(american + ["2024-01-01"], Self.date, advice)
    #expect(left.problems.map(\.place?.line) == [5] && left.problems[0].remedy?.contains("MM/DD/YYYY") == true)
  }

  @Test func mostNumbersDecideWhatIsAdvised() throws {
    let stray = try read(["1.5", "2.5", "3", "\"4,5\""], Self.decimal)
    let remedy = try #require(stray.problems.first?.remedy)
    #expect(remedy.contains("like the 2 of the file that have the declared marks"), "\(remedy)")
    #expect(!remedy.contains("csv-by-holder"))
    // Whole numbers are written alike in all forms.
    let comma = ["1", "2", "3", "\"4,5\"", "\"5,25\"", "1"]
    let advice = try advice(try read(comma, Self.decimal))
    #expect(advice == "csv-by-holder: {b: {decimal: \",\"}}")
    #expect(try read(comma, Self.decimal, advice).data?.columns[0].values == [100, 200, 300, 450, 525, 100])
    let unclear = try #require(try read(["\"1,234\""], Self.decimal).problems.first?.remedy)
    #expect(unclear.contains("'csv-by-holder: {b: {decimal: \",\"}}'"), "\(unclear)")
    #expect(
      unclear.contains("'decimal: \".\", thousands: \",\"' where the mark stands between thousands"), "\(unclear)")
  }

  /// Whoever agreed that bad rows are dropped sees which, and why, and where most are, what to do.
  @Test func reasonsOfDroppedRowsAreNotices() throws {
    let column = "{name: x, type: int, range: [0, 9]}"
    let outcome = try read(["1", "77", "2", "88", "secret"], column, "bad-rows: drop")
    #expect(outcome.data?.rowCount == 2)
    #expect(
      outcome.report.notices == [
        "3 of 5 rows dropped (bad-rows: drop)",
        "line 3: column 'x': outside of the declared range [0, 9] (and 1 more row of this kind: line 5); correct the rows, or widen the range of column 'x' in the study",
        "line 6: column 'x': not a whole number; correct the row",
      ])
  }

  // MARK: First lines

  @Test func aFirstLineThatIsARowIsSaidOnce() throws {
    let columns = "{name: x, type: int, range: [0, 99]}\n      - {name: y, type: bool}"
    let outcome = try read(["8,0"], columns, header: "7,1")
    #expect(outcome.problems.count == 1 && outcome.problems[0].code == .dataMissingColumn)
    #expect(outcome.problems[0].message == "the first line names none of the 2 columns ('x', 'y')")
    let advice = try advice(outcome)
    #expect(advice == "csv-by-holder: {b: {header: false}}")
    #expect(try read(["8,0"], columns, advice, header: "7,1").data?.columns.map(\.values) == [[7, 8], [1, 0]])
    // Other names are no row.
    let names = try read(["8,0"], columns, header: "alpha,beta")
    #expect(names.problems.count == 1)
    let remedy = try #require(names.problems.first?.remedy)
    #expect(remedy.contains("{columns: {x: NAME, y: NAME}}") && !remedy.contains("header: false"), "\(remedy)")
    let mended = remedy.components(separatedBy: "'")[1].replacingOccurrences(
      of: "x: NAME, y: NAME", with: "x: alpha, y: beta")
    #expect(try read(["8,0"], columns, mended, header: "alpha,beta").data?.rowCount == 1)
    // One that is close is named as before.
    let close = try read(["8,0"], columns, header: "X,beta")
    #expect(close.problems.count == 2 && close.problems[0].remedy?.contains("did you mean 'X'") == true)
  }
}
