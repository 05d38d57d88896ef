import Foundation
import ParleyBase
import ParleySQL
import ParleyStudy
import Testing

/// Lines and columns in errors about SQL are those of the study file, however YAML writes the text.
@Suite struct QueryPlaceTests {
  private static let head = Sample.lines.prefix { !$0.contains("- name: overall") }.joined(separator: "\n")
  private static let tail = Sample.lines.drop { !$0.hasPrefix("security:") }.joined(separator: "\n")

  private func error(_ entry: String, ends: String = "\n", before: String = "") throws -> (
    ParleyError, [Substring]
  ) {
    let text = "\(before)\(Self.head)\n\(entry)\n\(Self.tail)\n".replacing("\n", with: ends)
    let study = try StudyLoader.load(text: text, file: "s.yml")
    let found = #expect(throws: ParleyError.self) {
      try SQLFrontEnd.compile(study.sqlQueries, tables: study.schemas, rules: study.rules)
    }
    return (
      try #require(found),
      text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
    )
  }

  /// Each has the column `wrong` somewhere, which there is not.
  static let entries = [
    "  - name: q\n    sql: |\n      SELECT AVG(age) AS a,\n\n        AVG(wrong) AS b\n      FROM patients\n",
    "  - name: q\n    sql: |-\n         SELECT AVG(wrong) AS b FROM patients",
    "  - name: q\n    sql: |2+\n          SELECT AVG(age) AS a,\n        AVG(wrong) AS b\n        FROM patients\n\n",
    "  - name: q\n    sql: |  # of everybody\n\n\n      -- 'ü' 漢字\n      SELECT /* ü漢é */ AVG(wrong) AS b\n      FROM patients",
    "  - name: q\n    sql: >\n      SELECT AVG(age) AS a,\n      AVG(age) AS c, AVG(wrong) AS b\n      FROM patients\n",
    "  - name: q\n    sql: >-\n\n      SELECT AVG(age) AS a,\n        AVG(age) AS c,\n\n\n        AVG(dose) AS d,\n      AVG(wrong) AS b\n\n      FROM patients",
    "  - {name: q, sql: SELECT AVG(wrong) AS mean FROM patients}",
    "  - name: q\n    sql: SELECT AVG(age) AS a,   AVG(dose)\n      AS d,\n\n      AVG(wrong)\n      FROM patients",
    "  - name: q\n    sql: 'SELECT COUNT(*) FILTER (WHERE sex = ''f'')   AS f,\n      COUNT(*) FILTER (WHERE sex = ''m'') AS m, AVG(wrong)\n      FROM patients'",
    "  - name: q\n    sql: \"SELECT AVG(age)\\n  AS \\\"a\\\", \\u00e4\\\n         x, AVG(wrong)\n      FROM patients\"",
    "  - name: q\n    sql: \"SELECT AVG(\\x61ge) AS \\\"\\u00fc\\\",\\tAVG(wrong) FROM patients\"",
    "  - name: q\n    sql: \"SELECT AVG(age),\n\n      AVG(wrong)   \\\n      FROM patients\"",
  ]

  @Test(arguments: entries, ["\n", "\r\n"])
  func ofTheFile(entry: String, ends: String) throws {
    for before in ["", "\u{feff}"] {
      let (error, lines) = try self.error(entry, ends: ends, before: before)
      // The tenth entry has a character before it at which the lexer stops already.
      let word = entry.contains("\\u00e4") ? "\\u00e4" : "wrong"
      let line = try #require(error.place?.line), column = try #require(error.place?.column)
      #expect(lines[line - 1].dropFirst(column - 1).hasPrefix(word), "\(error)\n\(lines[line - 1])")
      #expect(error.place?.item == "query 'q'" && error.place?.file == "s.yml")
    }
  }

  @Test func behindTheLastLine() throws {
    let (error, lines) = try self.error("  - name: q\n    sql: |\n      SELECT AVG(age) AS a\n      FROM\n\n")
    let line = try #require(error.place?.line)
    #expect(lines[line - 1] == "      FROM")
    #expect(error.place?.column == 11, "\(error)")
  }

  /// Escaped line ends and tags: the text is another one than the file's, and the place is told in it.
  @Test(arguments: [
    "  - name: q\n    sql: \"SELECT AVG(age) AS a,\\r\\n AVG(wrong) AS b FROM patients\"",
    "  - name: q\n    sql: !!str |\n      SELECT AVG(age) AS a,\n       AVG(wrong) AS b FROM patients",
  ])
  func ofTheQuery(entry: String) throws {
    let (error, lines) = try self.error(entry)
    let line = try #require(error.place?.line)
    #expect(error.place?.column == nil)
    #expect(error.place?.item == "query 'q', line 2, column 6 of its text")
    #expect(lines[line - 1].contains("SELECT"))
    #expect(error.description.hasPrefix("s.yml:\(line) (query 'q', line 2, column 6 of its text): "))
  }

  /// What later stages say of an expression has its line too.
  @Test func ofRanges() throws {
    let sql = "SELECT AVG(age) AS a,\n\n      SUM(dose * dose * dose * dose * dose * dose)\n      FROM patients"
    let (error, lines) = try self.error("  - name: q\n    sql: \(sql)")
    let number = lines.firstIndex { $0.contains("dose * dose") }.map { $0 + 1 } ?? 0
    #expect(error.description.contains("\(number)"), "\(error)")
  }

  /// A file of the largest size, of whatever YAML has most work with.
  @Test func largeTexts() throws {
    for text in [
      "\"" + String(repeating: "\\x20", count: 400_000) + "x\"",
      "\"" + String(repeating: " ", count: 1_000_000) + "x\"",
      "|\n      x\n" + String(repeating: "\n", count: 1_000_000) + "      x",
      ">\n" + String(repeating: "      x\n", count: 100_000) + String(repeating: "\n", count: 500_000) + "      x",
    ] {
      let study = try StudyLoader.load(
        text: "\(Self.head)\n  - name: q\n    sql: \(text)\n\(Self.tail)\n", file: "s.yml")
      #expect(study.queries[0].places?.stretches.isEmpty == false)
    }
  }
}
