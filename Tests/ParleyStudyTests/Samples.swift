import Foundation
import ParleyBase
import ParleyStudy
import Testing

/// A study whose lines the tests change one at a time; the line numbers in the comments are part of the tests.
enum Sample {
  static let lines = """
    parley: 1
    name: Sample
    description: A study to break.
    parties:
      - {name: a, organisation: Hospital A, endpoint: "a.example.org:7100"}
      - {name: b, organisation: Hospital B}
      - {name: c1, organisation: University, endpoint: "c1.example.org:7100"}
      - {name: c2, organisation: Registry, endpoint: "c2.example.org:7100"}
      - {name: c3, organisation: Foundation, endpoint: "[2001:db8::3]:7100"}
      - {name: office, organisation: University}
    computing: [c1, c2, c3]
    tables:
      - name: patients
        holders: [a, b]
        maximum-rows: 1000
        pad-to: 500
        bad-rows: refuse
        csv: {delimiter: ",", "null": ["", NA]}
        csv-by-holder: {b: {delimiter: ";", decimal: ","}}
        columns:
          - {name: age, type: int, range: [0, 120]}
          - {name: sex, type: category, values: [f, m], labels: {f: female, m: male}}
          - {name: dose, type: decimal, scale: 2, range: [-1.5, 99.25], nullable: true, header: Dose (mg)}
          - {name: smoker, type: bool, nullable: true}
          - {name: admitted, type: date, range: [2000-01-01, 2029-12-31]}
    queries:
      - name: overall
        sql: |
          SELECT COUNT(*) AS n
          FROM patients
      - {name: ages, sql: SELECT AVG(age) AS mean FROM patients}
    security:
      protocol: replicated
      adversary: semi-honest
    release:
      minimum-cell: 5
      recipients: [office]
    patience: 2m
    deadline: 1h
    require-signatures: true
    """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

  static var text: String { lines.joined(separator: "\n") + "\n" }

  /// The study with the line that contains `old` changed by replacing `old` with `new`.
  static func text(replacing old: String, with new: String) throws -> String {
    #expect(lines.count { $0.contains(old) } == 1, "'\(old)' must be on one line")
    return lines.map { $0.replacingOccurrences(of: old, with: new) }.joined(separator: "\n") + "\n"
  }

  static func study() throws -> Study { try StudyLoader.load(text: text, file: "sample.yml") }

  static func table() throws -> Study.Table { try #require(study().tables.first) }

  /// The project's root folder.
  static var root: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
  }

  static func withFolder(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "parley-study-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }
}
