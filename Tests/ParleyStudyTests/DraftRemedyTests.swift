import Foundation
import ParleyBase
import ParleyStudy
import Testing

/// What is advised where no study can be drafted has been done to the files here, and then one is drafted that is a study.
@Suite struct DraftRemedyTests {
  struct Case: Sendable, CustomStringConvertible {
    var files: [String], code: String, advice: String, mended: [String]
    init(_ files: [String], _ code: String, _ advice: String, _ mended: [String]) {
      (self.files, self.code, self.advice, self.mended) = (files, code, advice, mended)
    }
    var description: String { advice }
  }

  private static func rows(_ header: String, _ count: Int = 40, _ row: (Int) -> String) -> String {
    ([header] + (0..<count).map(row)).joined(separator: "\n") + "\n"
  }
  private static let good = rows("age,sex") { "\($0),\($0 % 2 == 0 ? "f" : "m")" }
  private static let names = rows("name") { "p\($0)x" }

  static let cases: [Case] = [
    .init(["\n\n" + good], "data/empty", "remove blank lines before the one with the column names", [good]),
    .init([""], "data/empty", "name a file with column names and some rows", [good]),
    .init(
      ["age,sex\n" + String(repeating: "\n", count: 1_000_002) + "1,f\n"], "data/limit",
      "name a file with a part of its rows, and correct 'maximum-rows'", [good]),
    .init(
      [rows("age") { "\($0),f,x" }], "data/field-count",
      "name a file of which the first line names the columns, one row a line", [good]),
    .init(
      [rows("age,age") { "\($0),1" }], "data/duplicate-header", "rename or remove one of them in the file",
      [rows("age,age2") { "\($0),1" }]),
    .init(
      [names], "data/no-columns", "name a file that has numbers, dates or labels that occur in ", [good]),
    .init(
      [rows("day") { $0 == 7 ? "2024-13-45" : "2024-01-\(10 + $0 % 19)" }], "data/no-columns",
      "correct the cells in the lines that are named, and draft again", [rows("day") { "2024-01-\(10 + $0 % 19)" }]
    ),
  ]

  @Test(arguments: cases) func theAdviceWorks(test: Case) throws {
    try Sample.withFolder { folder in
      func draft(_ texts: [String]) throws -> Study {
        var paths: [String] = []
        for (place, text) in texts.enumerated() {
          let path = "\(folder)/\(place == 0 ? "north" : "south").csv"
          try text.write(toFile: path, atomically: true, encoding: .utf8)
          paths.append(path)
        }
        return try StudyLoader.load(text: try StudyDraft.from(paths), file: "s.yml")
      }
      let error = try #require(throws: ParleyError.self) { try draft(test.files) }
      #expect(error.code.rawValue == test.code && error.remedy?.contains(test.advice) == true, "\(error)")
      _ = try draft(test.mended)
    }
  }
}
