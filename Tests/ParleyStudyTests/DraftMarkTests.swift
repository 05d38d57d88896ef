import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Drafts of files in which something stands for no value, and of files of which nothing can be declared.
@Suite struct DraftMarkTests {
  /// The draft of one file, which has read every row of it again.
  private func draft(_ content: String) throws -> (text: String, table: Study.Table, data: TableData) {
    var result: (String, Study.Table, TableData)?
    try Sample.withFolder { folder in
      let path = "\(folder)/h.csv"
      try content.write(toFile: path, atomically: true, encoding: .utf8)
      let text = try StudyDraft.from([path])
      let table = try #require(try StudyLoader.load(text: text, file: "draft.yml").tables.first)
      let outcome = HolderCSV.check(path: path, table: table, holder: "h")
      #expect(outcome.problems == [], "\(text)")
      result = (text, table, try #require(outcome.data))
    }
    return try #require(result)
  }

  private func file(_ header: String, _ rows: [String]) -> String {
    ([header] + rows).joined(separator: "\n") + "\n"
  }

  @Test(arguments: ["-", "\\N", "k.A.", "#NV", "missing", "unbekannt", "NA", "#N/A"])
  func publicMarksAmongNumbersAndDates(mark: String) throws {
    let rows = (1...40).map { "\($0).5,\($0 * 3),2024-01-\($0 % 28 + 1),\($0 % 2)" }
    let (text, table, data) = try draft(file("a,b,c,d", rows + ["\(mark),\(mark),\(mark),\(mark)"]))
    #expect(
      table.schema.columns.map(\.type) == [
        .decimal(scale: 1, 0...500), .integer(0...200), .date(18_262...21_914), .boolean,
      ], "\(text)")
    #expect(data.columns.allSatisfy { $0.isNull.last == true && $0.isNull.first == false })
    #expect(!text.contains("others:"))
  }

  /// What another column has for no value makes identifiers nullable only where one of them may be so: `protect:` takes none that is.
  @Test(arguments: [40, 300, 3000]) func identifiersStayWithoutNulls(rows: Int) throws {
    for mark in ["NA", "-", "missing"] {
      let lines = (1...rows).map { row in
        let digits = String(row)
        let id = String(repeating: "0", count: 6 - digits.count) + digits
        return id + "," + (row % 8 == 0 ? mark : String(row % 40))
      }
      let (text, table, _) = try draft(file("id,x", lines))
      #expect(table.schema.columns.map(\.isNullable) == [false, true], "\(mark) \(text)")
      // One of them is written so.
      let (odd, other, data) = try draft(file("id,x", lines + ["\(mark),1"]))
      #expect(other.schema.columns[0].isNullable && data.columns[0].isNull.last == true, "\(mark) \(odd)")
    }
  }

  @Test func aWordThatOccursOftenAmongNumbersIsAMark() throws {
    let rows = (1...40).map { "\($0)" } + Array(repeating: "ausstehend", count: 5)
    let (text, table, data) = try draft(file("a", rows))
    #expect(table.schema.columns[0].type == .integer(0...50) && data.columns[0].isNull.count { $0 } == 5)
    #expect(text.contains("\"ausstehend\" taken for no value"), "\(text)")
    // Too few to be written down: it is left out, and neither it nor a number is a label.
    let repeated = (0..<70).map { "\($0 % 10)" }
    let few = try draft(file("a,b", (repeated + ["ausstehend"]).map { "\($0),1" }))
    #expect(!few.text.contains("ausstehend") && few.text.contains("'a' has numbers and 1 cell that is a word"))
    #expect(few.table.schema.columns.map(\.name) == ["b"])
    // Codes and a word are labels.
    let codes = try draft(file("a", (0..<60).map { ["1", "2", "x"][$0 % 3] }))
    #expect(codes.table.schema.columns[0].type == .category(["1", "2", "x"]))
    // A word is a label where no column of numbers has it, and no value everywhere where one has.
    let labels = (0..<60).map { ["f", "m", "unknown"][$0 % 3] }
    let alone = try draft(file("sex", labels))
    #expect(alone.table.schema.columns[0].type == .category(["f", "m", "unknown"]))
    let both = try draft(file("sex,n", labels.enumerated().map { "\($1),\($0 == 7 ? "unknown" : "\($0)")" }))
    #expect(both.table.schema.columns[0].type == .category(["f", "m"]) && both.table.schema.columns[0].isNullable)
  }

  @Test func datesOfSpreadsheetsAndDatabases() throws {
    let (_, table, data) = try draft(
      file("a;b;c", ["3.11.2024;28.2.2024 00:00:00;1", "13.1.2024;1.3.2024 00:00:00;2"]))
    #expect(table.schema.columns.prefix(2).allSatisfy { if case .date = $0.type { true } else { false } })
    #expect(data.columns[0].values == [20_030, 19_735] && data.columns[1].values == [19_781, 19_783])
    // A day at the end of a decade stays in it.
    let ends = try draft(file("a", ["2020-01-01", "2029-12-31"]))
    #expect(ends.table.schema.columns[0].type == .date(18_262...21_914))
    let unsure = try draft(file("a", ["1/2/2023", "3/4/2023"]))
    #expect(unsure.text.contains("day or month first?"))
    #expect(!(try draft(file("a", ["1/2/2023", "3/14/2023"])).text.contains("day or month first?")))
  }

  @Test func spacesBetweenThousandsAndSeparatorLines() throws {
    let (text, table, data) = try draft("sep=;\na;b\n1\u{202f}234,5;1\u{a0}000\n12,25;20\u{a0}000\n")
    #expect(table.dialect.thousandsMark == .space && table.dialect.decimalMark == .comma, "\(text)")
    #expect(data.columns[0].values == [123_450, 1225] && data.columns[1].values == [1000, 20_000])
  }

  @Test func aFileWithoutAnyColumnIsRefused() throws {
    try Sample.withFolder { folder in
      let path = "\(folder)/h.csv"
      let rows = (0..<200).map { "name \($0)," }
      try file("name,empty", rows).write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: ParleyError.self) { try StudyDraft.from([path]) }
      #expect(error?.code == .dataNoColumns)
      #expect(error?.message.contains("'name' is text with many different values") == true)
      #expect(error?.message.contains("'empty' has no values") == true && error?.remedy?.isEmpty == false)
      #expect(error?.message.contains("name 1") == false)
    }
  }
}
