import Foundation
import Parley
import ParleyAnalysis
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Analyses in study files: what is refused, signed and stated.
@Suite struct AnalysisStudyTests {
  static let columns = [
    "{name: age, type: int, range: [0, 120]}",
    "{name: weight, type: decimal, scale: 1, range: [0, 300], nullable: true}",
    "{name: ward, type: category, values: [a, b, c], labels: {a: North, b: South, c: West}}",
    "{name: smoker, type: bool, nullable: true}",
    "{name: note, type: text, bytes: 20}",
    "{name: born, type: date, range: [1900-01-01, 2020-01-01]}",
    "{name: days, type: int, range: [0, 400]}",
    "{name: status, type: int, range: [1, 2]}",
  ]
  struct Bad: CustomTestStringConvertible {
    var analysis: String
    var code: String
    var message: String
    var remedy: String
    var testDescription: String { analysis }
    init(_ analysis: String, _ code: String, _ message: String, _ remedy: String) {
      (self.analysis, self.code, self.message, self.remedy) = (analysis, code, message, remedy)
    }
  }
  static let bad: [Bad] = [
    Bad("kind: regress, table: people", "analysis/unknown-kind", "of kind 'regress'", "use one of: describe"),
    Bad("kind: describe, table: people", "analysis/setting", "has no 'columns'", "add 'columns: [age, weight]'"),
    Bad("kind: describe, table: people, columns: []", "analysis/setting", "is empty", "columns: [age, weight]"),
    Bad(
      "kind: describe, table: people, columns: [age, age]", "analysis/setting", "names 'age' twice", "name it once"
    ),
    Bad(
      "kind: describe, table: people, columns: [age, AGE]", "analysis/setting", "names 'age' twice", "name it once"
    ),
    Bad(
      "kind: describe, table: people, columns: age, colour: red", "analysis/key", "no key 'colour'", "columns, by"),
    Bad(
      "kind: describe, table: person, columns: age", "analysis/variable", "table 'person'", "use one of: people"),
    Bad("kind: describe, table: people, columns: aeg", "analysis/variable", "names 'aeg'", "did you mean 'age'?"),
    Bad("kind: describe, table: people, columns: note", "analysis/type", "which is a text", "use kind 'table'"),
    Bad(
      "kind: describe, table: people, columns: born, show: mean", "analysis/setting", "a date", "add n to 'show'"),
    Bad(
      "kind: describe, table: people, columns: age, by: weight", "analysis/type", "makes no groups",
      "name a category"),
    Bad(
      "kind: describe, table: people, columns: age, show: median", "analysis/setting", "no 'median'",
      "use any of: n"),
    Bad(
      "kind: describe, table: people, columns: age, extremes: yes", "analysis/setting", "is 'yes'", "false, true"),
    Bad(
      "kind: describe, table: people, columns: {a: b}", "analysis/setting", "is a mapping",
      "columns: [age, weight]"),
    Bad("kind: describe, columns: age", "study/missing", "has no 'table'", "add 'table: patients'"),
    Bad(
      "kind: describe, columns: age, table: people, rows: SELECT age FROM people", "study/value",
      "both 'table' and 'rows'", "keep one"),
    Bad("kind: describe, columns: age, rows: SELECT aeg FROM people", "sql/unknown-column", "aeg", "age"),
    Bad("kind: table, table: people, row: ward, column: age", "analysis/type", "a number", "CASE WHEN age"),
    Bad(
      "kind: table, table: people, row: ward, column: ward", "analysis/setting", "one column twice", "different"),
    Bad(
      "kind: table, table: people, row: ward, column: smoker, test: fisher", "analysis/setting", "has 3",
      "compare two"),
    Bad(
      "kind: table, table: people, row: smoker, column: ward, test: mantel-haenszel", "analysis/setting",
      "no 'strata'", "add 'strata"),
    Bad(
      "kind: table, table: people, row: smoker, column: smoker, strata: ward", "analysis/setting",
      "only 'test: mantel-haenszel'", "or remove 'strata'"),
    Bad("kind: compare, table: people, outcome: note, by: smoker", "analysis/type", "no number", "CASE WHEN note"),
    Bad(
      "kind: compare, table: people, outcome: age, by: ward", "analysis/setting", "needs two groups", "compare two"
    ),
    Bad(
      "kind: compare, table: people, outcome: [age, weight], by: ward", "analysis/setting", "names 2",
      "test: paired"),
    Bad(
      "kind: compare, table: people, outcome: age, test: paired", "analysis/setting", "two measurements", "[before"
    ),
    Bad(
      "kind: compare, table: people, outcome: age, by: smoker, test: proportions", "analysis/type", "a number",
      "bool"),
    Bad("kind: compare, table: people, outcome: age, by: smoker, test: t", "analysis/setting", "is 't'", "welch"),
    Bad(
      "kind: compare, table: people, outcome: age, by: smoker, level: 100", "analysis/setting", "'100'", "50 to 99"
    ),
    Bad("kind: correlation, table: people, columns: age", "analysis/setting", "names 1", "2 to 12"),
    Bad(
      "kind: logistic, table: people, outcome: smoker, predictors: [age, wieght]", "analysis/variable", "'wieght'",
      "did you mean 'weight'?"),
    Bad(
      "kind: logistic, table: people, outcome: smoker, predictors: [age, note]", "analysis/type",
      "which is a text",
      "let each holder bring a number"),
    Bad(
      "kind: logistic, table: people, outcome: smoker, predictors: [age, born]", "analysis/type",
      "which is a date",
      "let each holder bring a number"),
    Bad(
      "kind: logistic, table: people, outcome: {column: status, is: 5}, predictors: age", "analysis/setting",
      "which 'status' never is", "1 to 2"),
    Bad(
      "kind: logistic, table: people, outcome: {column: ward, is: d}, predictors: age", "analysis/setting",
      "which 'ward' never is", "use one of: a, b, c"),
    Bad(
      "kind: logistic, table: people, outcome: weight, predictors: age", "analysis/type", "no condition",
      "say which value is meant"),
    Bad(
      "kind: logistic, table: people, outcome: smoker, predictors: [age, age]", "analysis/setting",
      "names 'age' twice", "name it once"),
    Bad(
      "kind: logistic, table: people, outcome: smoker, predictors: [age, smoker]", "analysis/setting",
      "is its 'outcome' too", "remove it"),
    Bad(
      "kind: logistic, table: people, outcome: smoker, predictors: age, iterations: 0", "analysis/setting",
      "is '0'",
      "1 to 40"),
    Bad(
      "kind: linear, table: people, outcome: note, predictors: age", "analysis/type", "no number",
      "each holder brings"),
    Bad(
      "kind: linear, table: people, outcome: weight, predictors: [age, WEIGHT]", "analysis/setting",
      "is its 'outcome' too", "remove it"),
    Bad(
      "kind: poisson, table: people, outcome: weight, predictors: age", "analysis/type", "no whole number",
      "kind 'linear'"),
    Bad(
      "kind: poisson, table: people, outcome: days, predictors: [age, weight], offset: weight", "analysis/setting",
      "is its 'offset' too", "remove it"),
    Bad(
      "kind: linear, table: people, outcome: weight, predictors: age, errors: hc3", "analysis/setting", "'hc3'",
      "classical, hc0, hc1"),
    Bad("kind: correlation, table: people, columns: [age, ward]", "analysis/type", "a category", "CASE WHEN ward"),
  ]

  /// Every refusal has the line, a reason and what to write instead.
  @Test(arguments: bad) func badStudiesAreRefusedWithLineAndRemedy(_ bad: Bad) throws {
    let text = AnalysisWorld.text("  - {name: bad, \(bad.analysis)}", columns: Self.columns, minimum: 5)
    let error = try AnalysisWorld.refusal(text)
    #expect(error.code.rawValue == bad.code, "\(error.message)")
    #expect(error.message.contains(bad.message), "\(error.message)")
    #expect((error.remedy ?? "").contains(bad.remedy), "\(error.remedy ?? "")")
    let line = try #require(error.place?.line)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[line - 1].contains("name: bad"), "line \(line): \(error.message)")
  }

  /// As many predictors as a study has columns, on few rows.
  @Test func tooManyPredictorsAreRefused() throws {
    let names = (0..<200).map { "p\($0)" }
    let columns = ["{name: y, type: bool}"] + names.map { "{name: \($0), type: int, range: [0, 9]}" }
    for (count, word) in [(200, "201 coefficients; 64"), (40, "41 coefficients and at most 100 rows")] {
      let list = names.prefix(count).joined(separator: ", ")
      let text = AnalysisWorld.text(
        "  - name: bad\n    kind: logistic\n    table: people\n    outcome: y\n    predictors: [\(list)]",
        columns: columns, minimum: 5
      ).replacingOccurrences(of: "maximum-rows: 1000", with: "maximum-rows: 100")
      let error = try AnalysisWorld.refusal(text)
      #expect(error.code.rawValue == "analysis/predictors" && error.message.contains(word), "\(error)")
      let line = try #require(error.place?.line)
      #expect(text.split(separator: "\n", omittingEmptySubsequences: false)[line - 1].contains("predictors:"))
    }
  }

  @Test func whatIsComputedIsSigned() throws {
    func study(_ analysis: String) throws -> Study {
      try StudyLoader.load(
        text: AnalysisWorld.text(analysis, columns: Self.columns, minimum: 5), file: "analysis.yml")
    }
    let first = try study("  - {name: a, kind: describe, table: people, columns: [age, weight], by: ward}")
    let same = try study(
      "  - by: ward\n    columns: [age, weight]\n    table: people\n    kind: describe\n    name: a")
    #expect(first.studyHash == same.studyHash)
    for other in [
      "  - {name: b, kind: describe, table: people, columns: [age, weight], by: ward}",
      "  - {name: a, kind: describe, table: people, columns: [weight, age], by: ward}",
      "  - {name: a, kind: describe, table: people, columns: [age, weight]}",
      "  - {name: a, kind: describe, rows: SELECT * FROM people, columns: [age, weight], by: ward}",
      "  - {name: a, kind: correlation, table: people, columns: [age, weight]}",
    ] {
      #expect(try study(other).studyHash != first.studyHash, "\(other)")
    }
  }

  @Test func theStatementHasWhatAnAnalysisAsks() throws {
    let study = try StudyLoader.load(
      text: AnalysisWorld.text(
        "  - {name: ages, kind: describe, table: people, columns: age, by: ward, show: [n, mean]}",
        columns: Self.columns, minimum: 5), file: "analysis.yml")
    let text = try PreparedStudy(study).statement.text
    #expect(text.contains("ages.age"), "\(text)")
    #expect(text.contains("COUNT(\"age\") AS \"n\""), "\(text)")
  }

  /// A study has queries, analyses, or both; names of results do not meet.
  @Test func queriesAndAnalysesStandInOneStudy() throws {
    let analysis = "  - {name: ages, kind: describe, table: people, columns: age, show: [n]}"
    let both = AnalysisWorld.text(
      analysis, columns: Self.columns, minimum: 5,
      queries: "  - {name: all, sql: SELECT COUNT(*) AS n FROM people}")
    let program = try PreparedStudy(StudyLoader.load(text: both, file: "s")).program
    #expect(program.results.map(\.name) == ["all", "ages.age"])
    for name in ["ages", "ages.age", "AGES"] {
      let text = AnalysisWorld.text(
        analysis, columns: Self.columns, minimum: 5,
        queries: "  - {name: \(name), sql: SELECT COUNT(*) AS n FROM people}")
      #expect(try AnalysisWorld.refusal(text).code == .studyDuplicate, "\(name)")
    }
    let none = AnalysisWorld.text("  []", columns: Self.columns, minimum: 5)
    #expect(try AnalysisWorld.refusal(none).code == .studyMissing)
  }

  /// What one withholds would follow from the other: the rules of queries hold for what analyses ask.
  @Test func analysesAreJudgedTogetherWithQueries() throws {
    let analysis = "  - {name: ages, kind: describe, table: people, columns: age, by: [ward, smoker], show: [n]}"
    let text = AnalysisWorld.text(
      analysis, columns: Self.columns, minimum: 5,
      queries:
        "  - {name: other, sql: \"SELECT smoker, born, COUNT(*) AS n FROM people GROUP BY smoker, born\"}\n  - {name: third, sql: \"SELECT ward, days, COUNT(*) AS n FROM people GROUP BY ward, days\"}"
    )
    #expect(try AnalysisWorld.refusal(text).code.rawValue == "plan/release-set")
  }

  @Test(arguments: ["semi-honest", "malicious"]) func describedUnderBothAdversaries(_ adversary: String) throws {
    let text = AnalysisWorld.text(
      "  - {name: ages, kind: describe, table: people, columns: [age, weight], by: ward, show: [n, missing, mean, sd]}",
      columns: Self.columns.filter { !$0.contains("type: text") }, minimum: 3, adversary: adversary)
    func row(_ index: Int) -> [String] {
      [
        String(20 + index), index % 3 == 0 ? "" : "\(60 + index).5", ["a", "b", "c"][index % 3], "1", "9000", "10",
        "1",
      ]
    }
    var world = try AnalysisWorld(text, rows: (0..<9).map(row))
    world.south = (9..<15).map(row)
    #expect(try world.run() == world.results())
  }

  /// The shipped schema has the kinds and keys of the reader.
  @Test func theSchemaHasEveryKindAndKey() throws {
    let schema = try #require(JSONSerialization.jsonObject(with: Data(StudySchema.text.utf8)) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: Any])
    let analysis = try #require(definitions["analysis"] as? [String: Any])
    let properties = try #require(analysis["properties"] as? [String: Any])
    #expect(Set(properties.keys) == Set(AnalysisKinds.keys))
    let kinds = try #require(properties["kind"] as? [String: Any])
    #expect(kinds["enum"] as? [String] == AnalysisKinds.names)
  }

  /// Every kind can be drafted from files that have what it needs, and the draft is accepted.
  @Test func draftsAreAccepted() throws {
    let folder = NSTemporaryDirectory() + "parley-analysis-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let rows = (0..<60).map { "\($0 * 7 % 90),\(40 + $0 % 30).5,\($0 % 2 == 0 ? "f" : "m"),\($0 % 3 == 0)" }
    try (["days,weight,sex,died"] + rows).joined(separator: "\n").write(
      toFile: folder + "/north.csv", atomically: true, encoding: .utf8)
    func draft(_ kind: String, _ file: String) throws -> String {
      try StudyDraft.draft([folder + "/\(file)"], analysis: kind) { (path: String) throws(ParleyError) in
        do throws(FileSource.Failure) { return try FileSource(path: path) } catch {
          throw error.inWords(file: path)
        }
      }.text
    }
    for kind in AnalysisKinds.names {
      let text = try draft(kind, "north.csv")
      #expect(text.contains("kind: \(kind)"))
      let prepared = try PreparedStudy(StudyLoader.load(text: text, file: "draft.yml"))
      #expect(!prepared.program.results.isEmpty, "\(kind)")
    }
    let unknown = #expect(throws: ParleyError.self) { try draft("regress", "north.csv") }
    #expect(unknown?.code.rawValue == "analysis/unknown-kind" && unknown?.remedy?.contains("describe") == true)
    try "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n".write(
      toFile: folder + "/one.csv", atomically: true, encoding: .utf8)
    let unfit = #expect(throws: ParleyError.self) { try draft("correlation", "one.csv") }
    #expect(unfit?.code.rawValue == "analysis/type" && unfit?.remedy?.contains("two numbers") == true)
  }
}
