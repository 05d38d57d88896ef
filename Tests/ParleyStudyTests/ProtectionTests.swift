import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Whom tables protect and what may be shown of them, as studies say it.
@Suite struct ProtectionTests {
  /// The sample with a second table, and with lines in the first one.
  private static func text(_ line: String, second: String = "", column: String = "id") -> String {
    let other = [
      "  - name: prices", "    holders: [a]", "    maximum-rows: 9", second,
      "    columns: [{name: \(column), type: text, bytes: 8}, {name: price, type: int, range: [0, 9]}]",
    ].filter { !$0.isEmpty }
    return Sample.lines.flatMap { old -> [String] in
      if old.contains("bad-rows: refuse") { return line.isEmpty ? [old] : [old, "    \(line)"] }
      return old == "queries:" ? other + [old] : [old]
    }.joined(separator: "\n")
  }

  private static func study(_ line: String, second: String = "", column: String = "id") throws -> Study {
    try StudyLoader.load(text: text(line, second: second, column: column), file: "s.yml")
  }

  static let good: [(line: String, protection: TableSchema.Protection)] = [
    ("", .rows), ("protect: rows", .rows), ("protect: none", .nothing), ("protect: \"none\"", .nothing),
    ("protect: age", .units(name: "age", column: "age")), ("protect: SEX", .units(name: "sex", column: "sex")),
    ("protect: {column: admitted}", .units(name: "admitted", column: "admitted")),
    ("protect: {column: Age, unit: person_1}", .units(name: "person_1", column: "age")),
    ("protect: {unit: rows, column: age}", .units(name: "rows", column: "age")),
  ]

  @Test(arguments: good) func isRead(line: String, protection: TableSchema.Protection) throws {
    let tables = try Self.study(line).tables
    #expect(tables.map(\.schema.protection) == [protection, .rows])
    #expect(tables.allSatisfy { !$0.schema.allowsExtremes })
  }

  @Test func columnsCalledLikeTheWordsHaveTheLongForm() throws {
    for word in ["rows", "none", "Rows"] {
      let tables = try Self.study("", second: "    protect: {column: \(word)}", column: word).tables
      #expect(tables[1].schema.protection == .units(name: word, column: word))
      let outcome = StudyLoader.check(
        text: Self.text("", second: "    protect: \(word.lowercased())", column: word), file: "s.yml")
      #expect(outcome.problems.map(\.code) == [.studyValue])
      #expect(outcome.problems.first?.remedy?.contains("protect: {column: \(word)}") == true)
    }
    // What the advice says for a table that is to protect nobody.
    let renamed = Self.text("", second: "    protect: none", column: "nothing, header: none")
    #expect(try StudyLoader.load(text: renamed, file: "s.yml").tables[1].schema.protection == .nothing)
  }

  @Test func extremesAreAllowedByTable() throws {
    let study = try Self.study("extremes: allowed", second: "    extremes: forbidden")
    #expect(study.tables.map(\.schema.allowsExtremes) == [true, false])
  }

  @Test func missingValuesAreToldByTable() throws {
    let study = try Self.study("missing-values: told", second: "    missing-values: protected")
    #expect(study.tables.map(\.schema.tellsMissingValues) == [true, false])
    let silent = try Self.study("")
    #expect(silent.tables.allSatisfy { !$0.schema.tellsMissingValues })
    #expect(study.studyHash != silent.studyHash)
    #expect(
      ReleaseWords(tables: study.tables.map(\.schema), minimum: 5, allowsRows: false).lines.contains(
        "results may tell of how many rows of table 'patients' a value is missing, be it one or two"))
  }

  struct Bad: CustomTestStringConvertible {
    var line: String
    var code: ParleyError.Code
    var says: [String]
    var testDescription: String { line }
    init(_ line: String, _ code: ParleyError.Code, _ says: String...) {
      (self.line, self.code, self.says) = (line, code, says)
    }
  }

  static let bad: [Bad] = [
    Bad("protect: patient", .studyUnknownName, "neither a column of table 'patients'", "rows and none", "age"),
    Bad("protect: row", .studyUnknownName, "did you mean 'rows'?"),
    Bad("protect: {column: ag}", .studyUnknownName, "not a column of table 'patients'", "did you mean 'age'?"),
    Bad("protect: smoker", .studyValue, "'smoker'", "may be NULL", "without 'nullable'", "protect every row"),
    Bad("protect: {column: dose, unit: patient}", .studyValue, "'dose'", "may be NULL"),
    Bad("missing-values: counted", .studyValue, "protected", "told"),
    Bad("protect:", .studyMissing, "no value", "protect: patient"),
    Bad("protect: [age]", .studyType, "a list where rows, none, or the name of a column"),
    Bad("protect: {unit: patient}", .studyMissing, "has no 'column'"),
    Bad("protect: {column: age, units: patient}", .studyUnknownKey, "did you mean 'unit'?"),
    Bad("protect: {column: age, unit: the patient}", .studyValue, "cannot name", "unit: patient"),
    Bad("protect: {column: age, unit: [patient]}", .studyType, "a list where a text"),
    Bad("protects: age", .studyUnknownKey, "did you mean 'protect'?"),
    Bad("extremes: allow", .studyValue, "did you mean 'allowed'?"),
    Bad("extremes: true", .studyValue, "'extremes' of table 'patients' is 'true'"),
    Bad("extremes: [allowed]", .studyType, "one word"),
  ]

  @Test(arguments: bad) func mistakesAreNamed(_ bad: Bad) throws {
    let outcome = StudyLoader.check(text: Self.text(bad.line), file: "s.yml")
    #expect(outcome.study == nil)
    let line = try #require(Sample.lines.firstIndex { $0.contains("bad-rows: refuse") }) + 2
    let found = outcome.problems.filter { $0.code == bad.code && $0.place?.line == line }
    #expect(found.count == 1 && outcome.problems.count == 1, "\(outcome.problems)")
    for part in bad.says { #expect(found.first?.description.contains(part) == true, "\(found)") }
  }

  @Test func namesOfUnitsDifferByMoreThanCase() throws {
    let text = Self.text("protect: {column: age, unit: Person}", second: "    protect: {column: id, unit: person}")
    let problem = try #require(StudyLoader.check(text: text, file: "s.yml").problems.first)
    #expect(problem.code == .studyValue && problem.message.contains("tables 'patients' and 'prices'"))
    let line = text.split(separator: "\n").firstIndex { $0.contains("unit: person") }
    #expect(problem.place?.line == line.map { $0 + 1 }, "\(problem)")
    let remedy = "protect: {column: id, unit: Person}"
    #expect(problem.remedy?.contains(remedy) == true)
    let fixed = try Self.study("protect: {column: age, unit: Person}", second: "    \(remedy)")
    #expect(fixed.tables[1].schema.protection == .units(name: "Person", column: "id"))
  }

  // MARK: Hash

  /// Studies from before there was a choice keep their hash, and whoever signs signs the choice.
  @Test func everyChoiceChangesTheHash() throws {
    let old = try Self.study("")
    #expect(try Self.study("protect: rows", second: "    extremes: forbidden").studyHash == old.studyHash)
    #expect(try Self.study("missing-values: protected").studyHash == old.studyHash)
    var hashes: [[UInt8]: String] = [old.studyHash: ""]
    for (line, second) in [
      ("protect: none", ""), ("protect: age", ""), ("protect: sex", ""), ("protect: {column: age, unit: sex}", ""),
      ("extremes: allowed", ""), ("", "    protect: none"), ("", "    extremes: allowed"), ("", "    protect: id"),
      ("protect: none", "    protect: none"), ("protect: {column: age, unit: id}", "    protect: id"),
      ("missing-values: told", ""), ("", "    missing-values: told"),
    ] {
      let hash = try Self.study(line, second: second).studyHash
      #expect(hashes[hash] == nil, "'\(line)' and '\(second)' have the hash of '\(hashes[hash] ?? "")'")
      hashes[hash] = line + second
    }
    #expect(hashes.count == 13)
  }

  /// As it was computed before there was `protect`.
  @Test func theSampleKeepsItsHash() throws {
    #expect(try Sample.study().studyHashText == "b3a695a14b9a6c038b2543e1c32a88ee2c8911bd84fea2e1b456d64f584a88ca")
  }

  // MARK: Minimum

  @Test(arguments: [
    ("minimum-cell: 0", 2), ("minimum-cell: 1", 2), ("minimum-cell: 2", 2), ("minimum-cell: 5", 5),
    ("minimum-cell: 0\n  rows: allowed", 0), ("minimum-cell: 1\n  rows: allowed", 1),
    ("minimum-cell: 5\n  rows: allowed", 5), ("minimum-cell: 0\n  rows: forbidden", 2),
  ])
  func nothingRestsOnOneUnitWhereRowsAreForbidden(line: String, minimum: Int) throws {
    let study = try StudyLoader.load(text: Sample.text(replacing: "minimum-cell: 5", with: line), file: "s.yml")
    #expect(study.release.effectiveMinimum == minimum)
    #expect(study.rules.minimumCell == minimum)
    #expect(study.rules.allowsRowRelease == line.contains("allowed"))
  }
}
