import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Drafts of files as they are: floats, codes, long numbers, local times, other spellings at every holder. A draft must accept
/// the files it was made from without any edit.
@Suite struct DraftOfRealFilesTests {
  /// The draft of files, in the order of their names, which has read every row of them again.
  private func draft(_ files: KeyValuePairs<String, String>) throws -> (
    text: String, table: Study.Table, data: [TableData]
  ) {
    var text = ""
    var data: [TableData] = []
    try Sample.withFolder { folder in
      for (name, content) in files {
        try content.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      }
      text = try StudyDraft.from(files.map { "\(folder)/\($0.key)" })
      let table = try #require(StudyLoader.load(text: text, file: "draft.yml").tables.first)
      for (holder, file) in zip(table.schema.holders, files) {
        let outcome = HolderCSV.check(path: "\(folder)/\(file.key)", table: table, holder: holder)
        #expect(outcome.problems == [], "\(file.key)")
        if let rows = outcome.data { data.append(rows) }
      }
    }
    return (text, try StudyLoader.load(text: text, file: "draft.yml").tables[0], data)
  }

  private func column(_ cells: [String], header: String = "x") -> String {
    ([header] + cells.flatMap { Array(repeating: $0, count: 5) }).joined(separator: "\n") + "\n"
  }

  @Test func floatsAreDecimals() throws {
    let csv =
      "a,b,c,d\n0.22100000381469725,72.5890411,1.0000000149e-05,1234567.25\n0.265,7.1,0.5,3\n1.5,100,0.25,NA\n"
    let (text, table, data) = try draft(["h.csv": csv])
    #expect(
      table.schema.columns.map(\.type) == [
        .decimal(scale: 6, 0...2_000_000), .decimal(scale: 4, 0...2_000_000), .decimal(scale: 7, 0...10_000_000),
        .decimal(scale: 2, 0...200_000_000),
      ], "\(text)")
    #expect(table.columns.map(\.rounds) == [true, true, true, false])
    #expect(data[0].columns[0].values == [221_000, 265_000, 1_500_000])
    #expect(data[0].columns[1].values == [725_890, 71_000, 1_000_000])
    #expect(text.contains("how many mean something?"))
  }

  @Test func namesMadeOfDigitsAreTexts() throws {
    let csv =
      "account,zip,month,n\n"
      + (0..<60).map { "92233720368547758\(10 + $0),010\(10 + $0),0\(1 + $0 % 3),\(1000 + $0)" }.joined(
        separator: "\n")
    let (text, table, data) = try draft(["h.csv": csv])
    #expect(
      table.schema.columns.map(\.type) == [
        .text(bytes: 32), .text(bytes: 16), .category(["01", "02", "03"]), .integer(0...2000),
      ])
    #expect(data[0].columns[0].texts.first == "9223372036854775810" && data[0].columns[1].texts.first == "01010")
    #expect(text.contains("names of something"))
  }

  @Test func numbersThatASpreadsheetShortenedAreLeftOut() throws {
    let (text, table, _) = try draft(["h.csv": "id,n\n2.02403E+14,1\n2.02403E+14,7\n"])
    #expect(table.schema.columns.map(\.name) == ["n"])
    #expect(text.contains("'id' has 2 numbers of which a spreadsheet has left digits out"))
  }

  @Test func timesAreTimestamps() throws {
    let csv =
      "at,zoned,parts,day\n2024-03-01 10:00:00,2024-03-01T10:00:00+02:00,2024-03-01 10:00:00.125Z,01.02.2024\n"
      + "2019-12-31 23:59,2024-03-02T10:00:00Z,2024-03-01 10:00:00Z,02.02.2024\n"
    let (text, table, _) = try draft(["h.csv": csv])
    let decade: ClosedRange<Int64> = 1_577_836_800...1_893_455_999
    #expect(
      table.schema.columns.prefix(3).map(\.type) == [
        .timestamp(1_262_304_000...decade.upperBound), .timestamp(decade), .timestamp(decade),
      ], "\(text)")
    #expect(table.columns[2].rounds && !table.columns[1].rounds)
    #expect(text.contains("taken as UTC"))
    // One file has one layout of dates; the column with another one is not taken for something else.
    #expect(text.contains("'day' is text with many different values"))
  }

  @Test func marksOfAFile() throws {
    let (_, table, data) = try draft(["h.csv": "a;b;c\n56.476,61;1.000;x\n12,5;2.500;x\n"])
    #expect(table.dialect.thousandsMark == .point && table.dialect.decimalMark == .comma)
    #expect(data[0].columns[0].values == [5_647_661, 1250] && data[0].columns[1].values == [1000, 2500])
    let unsure = try draft(["h.csv": "day\n01/02/2024\n03/04/2024\n"])
    #expect(unsure.text.contains("day or month first?"))
  }

  @Test func rareLabelsCountAsOthers() throws {
    let csv = column(["north", "south"]) + "Ogdenville\nShelbyville\n"
    let (text, table, data) = try draft(["h.csv": csv])
    #expect(
      table.schema.columns[0].type == .category(["north", "south", "other"]) && table.columns[0].others == "other")
    #expect(data[0].columns[0].values.suffix(2) == [2, 2])
    #expect(!text.contains("Ogdenville") && text.contains("2 rarer values not written here"))
    let taken = try draft(["h.csv": column(["other", "south"], header: "side") + "x\n"])
    #expect(taken.table.columns[0].others == "(other)")
  }

  @Test func namesAndLabelsOfHoldersAreMapped() throws {
    let north = "Sex,smoker,grp,yrs.since,place\n" + String(repeating: "M,yes,A,1,x\nF,no,B,2,y\n", count: 6)
    let south = "Yrs_Since;sex;smoker;grp;place\n" + String(repeating: "3;male;1;a;z\n4;female;0;b;x\n", count: 6)
    let (text, table, data) = try draft(["north.csv": north, "south.csv": south])
    #expect(table.schema.columns[0].type == .category(["F", "M"]))
    #expect(table.dialect(of: "south").values["Sex"] == ["female": "F", "male": "M"])
    #expect(table.dialect(of: "south").values["smoker"] == ["0": "no", "1": "yes"])
    #expect(table.dialect(of: "south").values["grp"] == ["a": "A", "b": "B"])
    #expect(table.dialect(of: "south").columns == ["Sex": "sex", "yrs_since": "Yrs_Since"])
    #expect(table.dialect(of: "north").values.isEmpty && table.dialect(of: "north").columns.isEmpty)
    #expect(data[1].columns[0].values.prefix(2) == [1, 0] && data[1].columns[1].values.prefix(2) == [1, 0])
    #expect(text.contains("# guessed: does each mean this?"))
    #expect(text.contains("south has labels that the files before it do not have"))
  }

  /// One system writes a letter with its mark, another one the letter and the mark: other bytes, and the same words.
  @Test func normalFormsOfHoldersAreMapped() throws {
    func file(_ header: String, _ label: String) -> String {
      header + ",c\n" + (0..<12).map { "\($0),\($0 % 2 == 0 ? label : "x")\n" }.joined()
    }
    let (_, table, data) = try draft([
      "a.csv": file("gr\u{f6}sse", "\u{e9}"), "b.csv": file("gro\u{308}sse", "e\u{301}"),
    ])
    #expect(data.count == 2 && data[0] == data[1])
    #expect(table.dialect(of: "b").values["c"] == [ExactText("e\u{301}"): "\u{e9}"])
  }

  @Test func labelsThatCouldMeanTwoThingsAreNotMapped() throws {
    for (own, theirs) in [
      (["F", "M"], ["0", "1"]), (["f", "m", "w"], ["female", "male", "d"]), (["a", "b"], ["A", "a "]),
    ] {
      let (text, table, _) = try draft(["a.csv": column(own), "b.csv": column(theirs)])
      #expect(
        table.dialect(of: "b").values["x"]?["0"] == nil && table.dialect(of: "b").values["x"]?["female"] == nil,
        "\(text)")
    }
    let two = try draft(["a.csv": column(["yes", "no", "unknown"]), "b.csv": column(["Y", "N", "u"])])
    #expect(two.table.dialect(of: "b").values["x"] == ["Y": "yes", "N": "no", "u": "unknown"])
  }

  @Test func aFileWithoutRowsAndOneWithOthers() throws {
    let (_, table, data) = try draft(["a.csv": "x,y\n", "b.csv": "x,y\n1,a\n2,b\n"])
    #expect(table.schema.columns[0].type == .integer(0...5) && data.map(\.rowCount) == [0, 2])
  }

  @Test func namesOfSQLGetAnotherName() throws {
    let (_, table, _) = try draft(["h.csv": "Group,order,age\n1,2,3\n4,5,6\n"])
    #expect(table.schema.columns.map(\.name) == ["group_", "order_", "age"])
    #expect(table.columns.map(\.header) == ["Group", "order", "age"])
  }
}
