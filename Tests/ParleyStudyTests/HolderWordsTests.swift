import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// What is said of a holder's file uses the words of that file, and says a wrong file once.
@Suite struct HolderWordsTests {
  private static let many = (1...6).map { "{name: v\($0), type: int, range: [0, 9]}" }.joined(
    separator: "\n      - ")

  private func read(_ text: String, _ columns: String, _ table: String) throws -> HolderCSV.Outcome {
    HolderCSV.check(
      bytes: Array(text.utf8), file: "b.csv", table: try HolderFileTests.load(columns, table).tables[0],
      holder: "b")
  }

  @Test func columnsAreCalledAsInTheFile() throws {
    let column = "{name: sex, header: Geschlecht, type: category, values: [m, w]}"
    let mapped = try read("SEX\nf\n", column, "csv-by-holder: {b: {columns: {sex: SEX}}}")
    #expect(mapped.problems.first?.message == "column 'SEX' ('sex' of the study): none of the declared values")
    let headed = try read("Geschlecht\nf\n", column, "bad-rows: refuse")
    #expect(headed.problems.first?.message.hasPrefix("column 'Geschlecht' ('sex' of the study): ") == true)
    let plain = try read("x\nf\n", HolderFileTests.int, "bad-rows: refuse")
    #expect(plain.problems.first?.message.hasPrefix("column 'x': ") == true)
  }

  @Test func marksBetweenThousandsAreTakenBack() throws {
    let column = "{name: x, type: decimal, scale: 2, range: [0, 10000]}"
    let common =
      "csv: {decimal: \",\", thousands: \".\"}\n    csv-by-holder: {b: {decimal: \".\", thousands: none}}"
    let outcome = try read("x\n1234.5\n", column, common)
    #expect(outcome.data?.columns[0].values == [123_450], "\(outcome.problems)")
    #expect(try read("x\n1,234.5\n", column, common).data == nil)
    // The advice where the mark is inherited names it, and works.
    let clash = HolderFileTests.check(
      column, "csv: {decimal: \",\", thousands: \".\"}\n    csv-by-holder: {b: {decimal: \".\"}}")
    #expect(clash.problems.first?.remedy?.hasPrefix("write 'thousands: none' as well") == true)
    // The advice about cells says it, too.
    let advice = try read("x\n1234.5\n1.25\n", column, "csv: {decimal: \",\", thousands: \" \"}").problems.first?
      .remedy
    #expect(advice?.contains("{b: {decimal: \".\", thousands: none}}") == true, "\(advice ?? "")")
  }

  @Test func anotherHoldersFileIsOneMessage() throws {
    let lacking = try read("v1,w,x,y,z,q\n1,1,1,1,1,1\n", Self.many, "bad-rows: refuse")
    #expect(lacking.problems.count == 1)
    #expect(lacking.problems[0].message == "the file lacks 5 of the 6 columns: 'v2', 'v3', 'v4', 'v5', 'v6'")
    #expect(lacking.problems[0].remedy?.hasPrefix("check that this is the file of b; ") == true)
    // One column in another delimiter is no sign that the study has the wrong one; all of them are.
    for (header, starts) in [
      ("v1;w;x;y;z;q", "check that this is the file of b"),
      ("v1;v2;v3;v4;v5;v6", "the fields seem to be separated"),
    ] {
      let outcome = try read(header + "\n", Self.many, "bad-rows: refuse")
      #expect(
        outcome.problems.count == 1 && outcome.problems[0].remedy?.hasPrefix(starts) == true, "\(outcome.problems)"
      )
    }
    // Few that are missing are told one by one.
    #expect(try read("v1,v2,v3,v4,y,z\n1,1,1,1,1,1\n", Self.many, "bad-rows: refuse").problems.count == 2)
  }

  /// Lines of rows are there for keys that must be unique, whatever lines are left out before them.
  @Test func linesOfRowsAreKept() throws {
    let unique = try read("x\n5\nno\n7\n\n", HolderFileTests.int, "bad-rows: drop\n    unique: [[x]]")
    #expect(unique.report.rowLines == [2, 4])
    #expect(try read("x\n5\n", HolderFileTests.int, "bad-rows: drop").report.rowLines == [])
  }
}
