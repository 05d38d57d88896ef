import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Texts, times, unique keys, files without header: what studies over databases need.
@Suite struct TextColumnTests {
  static let lines = """
    parley: 1
    name: Orders
    parties:
      - {name: a, organisation: A}
      - {name: c1, organisation: X}
      - {name: c2, organisation: Y}
      - {name: c3, organisation: Z}
    computing: [c1, c2, c3]
    tables:
      - name: orders
        holders: [a]
        maximum-rows: 100
        unique: [id, [place, Line]]
        at-most: [{columns: [Line, id], rows: 4}, {columns: place, rows: 50}]
        csv: {delimiter: "|", header: false, trailing-delimiter: true}
        columns:
          - {name: id, type: int, range: [0, 999]}
          - {name: place, type: text, bytes: 10}
          - {name: line, type: int, range: [0, 9], header: "5"}
          - {name: at, type: timestamp, range: [2020-01-01, 2020-12-31], nullable: true}
          - {name: note, type: text, bytes: 3, nullable: true, header: "3"}
    program: SELECT COUNT(*) AS n FROM orders
    security: {adversary: semi-honest}
    release: {minimum-cell: 0, recipients: [a], rows: allowed}
    """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

  private func study(_ old: String = "", _ new: String = "") -> StudyLoader.Outcome {
    let text = Self.lines.map { old.isEmpty ? $0 : $0.replacingOccurrences(of: old, with: new) }
    return StudyLoader.check(text: text.joined(separator: "\n"), file: "s.yml")
  }

  @Test func everythingIsRead() throws {
    let outcome = study()
    #expect(outcome.problems == [])
    let study = try #require(outcome.study)
    let schema = study.tables[0].schema
    #expect(schema.uniqueKeys == [["id"], ["place", "line"]])
    #expect(schema.rowLimits == [.init(columns: ["line", "id"], rows: 4), .init(columns: ["place"], rows: 50)])
    #expect(schema.columns[1].type == .text(bytes: 10))
    #expect(schema.columns[3].type == .timestamp(1_577_836_800...1_609_459_199))
    #expect(study.rules.allowsRowRelease)
    #expect(!study.tables[0].dialect.hasHeader && study.tables[0].dialect.hasTrailingDelimiter)
    // All of it is part of what is signed.
    var hashes: Set<[UInt8]> = [study.studyHash]
    for (old, new) in [
      ("unique: [id, [place, Line]]", "unique: [id]"), ("bytes: 10", "bytes: 11"), (", rows: allowed", ""),
      ("header: false, ", ""), ("rows: 50", "rows: 51"), (", {columns: place, rows: 50}", ""),
      (", trailing-delimiter: true", ""), ("[2020-01-01,", "[2020-01-01T00:00:01,"),
    ] {
      let other = self.study(old, new)
      #expect(other.problems == [])
      hashes.insert(try #require(other.study).studyHash)
    }
    #expect(hashes.count == 9)
  }

  @Test(arguments: [
    ("unique: [id,", "unique: [ids,", "study/unknown-name"),
    ("columns: place", "columns: plaice", "study/unknown-name"), ("rows: 50", "rows: 1", "study/value"),
    ("rows: 50", "rows: many", "study/type"), (", rows: 50", "", "study/missing"),
    ("rows: 50}", "rows: 50, most: 1}", "study/unknown-key"), ("columns: place, ", "", "study/missing"),
    ("[Line, id]", "[Line, line]", "study/duplicate"), ("[Line, id]", "[]", "study/missing"),
    ("[place, Line]", "[place, PLACE]", "study/duplicate"),
    ("[place, Line]", "[]", "study/missing"), ("[place, Line]", "{a: b}", "study/type"),
    ("bytes: 10", "bytes: 257", "study/value"), (", bytes: 10", "", "study/missing"),
    ("bytes: 10", "bytes: 10, range: [0, 1]", "study/value"), ("rows: allowed", "rows: yes", "study/value"),
    ("header: false", "header: none", "study/type"), ("2020-12-31", "2020-12-31T24:00:00", "study/type"),
    ("type: text, bytes: 10", "type: varchar, bytes: 10", "study/value"),
  ])
  func mistakesAreNamed(old: String, new: String, code: String) {
    let outcome = study(old, new)
    #expect(outcome.study == nil)
    #expect(outcome.problems.first?.code.rawValue == code, "\(outcome.problems)")
  }

  private func read(_ text: String, _ change: (inout Study.Table) -> Void = { _ in }) throws -> HolderCSV.Outcome {
    var table = try #require(study().study).tables[0]
    change(&table)
    return HolderCSV.check(bytes: Array(text.utf8), file: "a.tbl", table: table, holder: "a")
  }

  @Test func filesWithoutHeaderAreReadByPlace() throws {
    let text = """
      1|Ober ammer|xyz|2020-02-29 12:00:00|4|
      2|"q""|r"||2020-12-31T23:30:00-00:29|5|

      3|é|ab |2020-01-01T01:00+01|0|

      """
    let outcome = try read(text)
    #expect(outcome.problems == [])
    let data = try #require(outcome.data)
    #expect(data.rowCount == 3)
    #expect(data.columns[0].values == [1, 2, 3])
    #expect(data.columns[1].texts == ["Ober ammer", "q\"|r", "é"] && data.columns[1].values.isEmpty)
    #expect(data.columns[2].values == [4, 5, 0])
    #expect(data.columns[3].values == [1_582_977_600, 1_609_459_140, 1_577_836_800])
    #expect(data.columns[4].texts == ["xyz", "", "ab "] && data.columns[4].isNull == [false, true, false])
    // With header and without the last delimiter.
    let named = try read("at|place|id|3|line|5\n|b|1|x|0|2\n") {
      $0.dialects = [:]
      $0.dialect.hasHeader = true
    }
    #expect(named.data?.columns[2].values == [2])
    #expect(named.data?.columns[3].isNull == [true])
  }

  @Test(arguments: [
    ("1|abcdefghijk|x||4|\n", "data/type", "more than 10 bytes"),
    ("1|ab|x||4|5|\n1|a|x||4|\n", "data/field-count", "5"),
    ("1|ab|x\n", "data/field-count", "3 fields instead of 5"), ("1||x||4|\n", "data/null", "no value"),
    ("1|ab|x|2020-01-01 10|4|\n", "data/type", "no time of the form"),
    ("1|ab|x|2020-01-01 10:00:00.5|4|\n", "data/type", "second"),
    ("1|ab|x|2021-01-01 00:00|4|\n", "data/range", "2020-12-31T23:59:59"),
    ("1|ab|x|2020-01-01 10:60|4|\n", "data/type", "no time of the form"),
    ("1|ab|x|2020-01-01 1:00|4|\n", "data/type", "time"),
    ("1|a\u{0}b|x||4|\n", "data/encoding", "zero byte"),
  ])
  func cellsThatDoNotFitAreNamed(text: String, code: String, says: String) throws {
    let outcome = try read(text)
    #expect(outcome.data == nil)
    let first = try #require(outcome.problems.first)
    #expect(first.code.rawValue == code && first.description.contains(says), "\(first)")
    #expect(!first.description.contains("abcdef"))
  }

  @Test func madeUpRowsFitTheirColumns() throws {
    let schema = try #require(study().study).tables[0].schema
    let data = SyntheticData.make(schema, rows: 200, seed: 3)
    #expect(
      data.columns[1].texts.count == 200 && data.columns[1].texts.allSatisfy { (1...10).contains($0.utf8.count) })
    #expect(data.columns[4].texts.allSatisfy { $0.utf8.count <= 3 })
    #expect(data.columns[3].values.count == 200)
  }
}
