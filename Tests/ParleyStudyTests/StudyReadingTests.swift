import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

@Suite struct StudyReadingTests {
  @Test func everythingIsRead() throws {
    let study = try Sample.study()
    #expect(study.name == "Sample" && study.description == "A study to break.")
    #expect(study.parties.map(\.name) == ["a", "b", "c1", "c2", "c3", "office"])
    #expect(study.parties[0].endpoint == Study.Endpoint(host: "a.example.org", port: 7100))
    #expect(study.parties[4].endpoint?.description == "[2001:db8::3]:7100")
    #expect(study.parties[1].endpoint == nil && study.parties[1].key == nil)
    #expect(study.parties[0].line == 5)
    #expect(study.computing == ["c1", "c2", "c3"])
    #expect(study.meshOrder == ["c1", "c2", "c3", "a", "b", "office"])
    #expect(study.index(of: "a") == PartyIndex(3))
    #expect(study.roles(of: "a") == [.holder] && study.roles(of: "office") == [.recipient])
    #expect(study.holders == ["a", "b"])
    let table = try #require(study.tables.first)
    #expect(
      table.schema
        == TableSchema(
          name: "patients",
          columns: [
            ColumnSchema(name: "age", type: .integer(0...120), isNullable: false),
            ColumnSchema(
              name: "sex", type: .category(["f", "m"]), isNullable: false, labels: ["female", "male"]),
            ColumnSchema(name: "dose", type: .decimal(scale: 2, -150...9925), isNullable: true),
            ColumnSchema(name: "smoker", type: .boolean, isNullable: true),
            ColumnSchema(name: "admitted", type: .date(10957...21914), isNullable: false),
          ], holders: ["a", "b"], maximumRows: 1000, padTo: 500))
    #expect(table.columns.map(\.header) == ["age", "sex", "Dose (mg)", "smoker", "admitted"])
    #expect(table.columns[1].labels == ["female", "male"])
    #expect(table.dialect(of: "a").nulls == ["", "NA"] && table.dialect(of: "b").nulls == ["", "NA"])
    #expect(table.dialect(of: "b").delimiter == .semicolon && table.dialect(of: "b").decimalMark == .comma)
    #expect(study.queries.map(\.name) == ["overall", "ages"])
    #expect(study.queries[0].sql == "SELECT COUNT(*) AS n\nFROM patients\n")
    #expect(study.queries.map(\.line) == [29, 31])
    #expect(study.security.adversary == .semiHonest)
    #expect(study.rules == ReleaseRules(minimumCell: 5, recipients: ["office"]))
    #expect(study.patience == 120 && study.deadline == 3600 && study.requiresSignatures)
  }

  @Test func singleProgramIsAQuery() throws {
    let start = try #require(Sample.lines.firstIndex(of: "queries:"))
    let end = try #require(Sample.lines.firstIndex(of: "security:"))
    let lines = Sample.lines[..<start] + ["program: SELECT COUNT(*) AS n FROM patients"] + Sample.lines[end...]
    let study = try StudyLoader.load(text: lines.joined(separator: "\n"), file: "s.yml")
    let query = try #require(study.queries.first)
    #expect(
      study.queries.count == 1 && query.name == "result" && query.sql == "SELECT COUNT(*) AS n FROM patients")
    #expect(query.line == start + 1)
  }

  @Test func byteOrderMarkAndCRLFAreFine() throws {
    let text = "\u{feff}" + Sample.lines.joined(separator: "\r\n")
    #expect(try StudyLoader.load(text: text, file: "s.yml").studyHash == Sample.study().studyHash)
  }

  struct Bad: CustomTestStringConvertible {
    var old: String
    var new: String
    var code: ParleyError.Code
    /// Parts that message or remedy must contain.
    var says: [String]
    /// Nil: the changed line.
    var line: Int?
    var testDescription: String { "\(old) → \(new)" }
    init(_ old: String, _ new: String, _ code: ParleyError.Code, _ says: String..., line: Int? = nil) {
      (self.old, self.new, self.code, self.says, self.line) = (old, new, code, says, line)
    }
  }

  static let bad: [Bad] = [
    // The study itself.
    Bad("parley: 1", "parley: 2", .studyUnsupported, "format 2"),
    Bad("parley: 1", "parley: one", .studyType, "whole number"),
    Bad("parley: 1", "parly: 1", .studyUnknownKey, "did you mean 'parley'?"),
    Bad("name: Sample", "name:", .studyMissing, "no value"),
    Bad("name: Sample", "name: [x]", .studyType, "a list where a text"),
    Bad("description: A", "descripton: A", .studyUnknownKey, "did you mean 'description'?"),
    Bad("description: A study", "name: B study", .studyDuplicate, "'name'", "twice", line: 2),
    Bad("patience: 2m", "patience: soon", .studyValue, "patience"),
    Bad("patience: 2m", "patience: 0s", .studyValue, "0 seconds"),
    Bad("patience: 2m", "patience: 99999999999999999999d", .studyValue, "patience"),
    Bad("deadline: 1h", "deadline: 32d", .studyValue, "deadline"),
    Bad("require-signatures: true", "require-signatures: yes", .studyType, "true or false"),
    Bad(
      "require-signatures: true", "require-signature: true", .studyUnknownKey, "did you mean 'require-signatures'?"
    ),
    // Parties.
    Bad("{name: b,", "{name: A,", .studyDuplicate, "two parties", "line 5"),
    Bad("{name: b,", "{name: 'b c',", .studyValue, "cannot name a party"),
    Bad("{name: b,", "{", .studyMissing, "party 2 has no 'name'"),
    Bad("organisation: Hospital B", "organization: Hospital B", .studyUnknownKey, "did you mean 'organisation'?"),
    Bad("organisation: Hospital B", "key: nonsense", .studyValue, "key of party 'b'", "parley1"),
    Bad("organisation: Hospital B", "endpoint: b.example.org", .studyValue, "not an endpoint", "host:port"),
    Bad("organisation: Hospital B", "endpoint: \"b.example.org:0\"", .studyValue, "not an endpoint"),
    Bad("organisation: Hospital B", "endpoint: \"b.example.org:65536\"", .studyValue, "not an endpoint"),
    Bad("organisation: Hospital B", "endpoint: \"2001:db8::1:7100\"", .studyValue, "not an endpoint"),
    Bad("organisation: Hospital B", "endpoint: \"a.example.org:7100\"", .studyDuplicate, "endpoint of party 'a'"),
    Bad("organisation: Registry, ", "", .studyMissing, "computing party 'c2' has no 'organisation'"),
    Bad(
      "organisation: Registry", "organisation: \" university \"", .studyOneOrganisation, "'c1'", "'c2'", line: 11),
    Bad("{name: office,", "{name: extra,", .studyUnknownName, "'office' is named as a recipient", line: 37),
    Bad("recipients: [office]", "recipients: [a]", .studyValue, "'office' has no role", line: 10),
    // Computing parties.
    Bad("computing: [c1, c2, c3]", "computing: [c1, c2]", .studyComputing, "2 computing parties"),
    Bad("computing: [c1, c2, c3]", "computing: [c1, c2, c3, a]", .studyComputing, "4 computing parties"),
    Bad("computing: [c1, c2, c3]", "computing: [c1, c2, c2]", .studyDuplicate, "'c2' is named twice"),
    Bad("computing: [c1, c2, c3]", "computing: [c1, c2, ofice]", .studyUnknownName, "did you mean 'office'?"),
    Bad("computing: [c1, c2, c3]", "computing: c1", .studyType, "a list is needed"),
    // Tables.
    Bad("- name: patients", "- name: 1patients", .studyValue, "cannot name a table"),
    Bad("holders: [a, b]", "holders: []", .studyMissing, "has no holder"),
    Bad("holders: [a, b]", "holders: [a, hospital]", .studyUnknownName, "'hospital' is named as a holder"),
    Bad("maximum-rows: 1000", "maximum-rows: 0", .studyValue, "maximum-rows"),
    Bad("maximum-rows: 1000", "maximum-rows: 10000000000", .studyValue, "maximum-rows"),
    Bad("maximum-rows: 1000", "maximum-rows: 1e3", .studyType, "whole number"),
    Bad("maximum-rows: 1000", "max-rows: 1000", .studyUnknownKey, "did you mean 'maximum-rows'?"),
    Bad("pad-to: 500", "pad-to: 501", .studyValue, "maximum-rows: 1002"),
    Bad("bad-rows: refuse", "bad-rows: drp", .studyValue, "did you mean 'drop'?"),
    // Dialects.
    Bad("csv: {delimiter: \",\"", "csv: {delimiter: \"x\"", .studyValue, "'delimiter'"),
    Bad("csv: {delimiter: \",\"", "csv: {date: DD-MM", .studyValue, "DD.MM.YYYY"),
    Bad("csv: {delimiter: \",\"", "csv: {\"true\": [NA]", .studyValue, "'NA'", "true and as null"),
    Bad("{b: {delimiter: \";\"", "{bb: {delimiter: \";\"", .studyUnknownKey, "did you mean 'b'?"),
    Bad("{b: {delimiter: \";\"", "{b: {delimeter: \";\"", .studyUnknownKey, "did you mean 'delimiter'?"),
    // Columns.
    Bad("name: age, type: int", "name: age, type: integer", .studyValue, "type: int"),
    Bad("name: age, type: int", "name: age, type: itn", .studyValue, "did you mean 'int'?"),
    Bad("name: age, type: int", "name: age, typ: int", .studyUnknownKey, "did you mean 'type'?"),
    Bad("name: age, type: int", "name: Sex, type: int", .studyDuplicate, "two columns 'sex'", line: 22),
    Bad("name: age, type: int", "name: \"age in years\", type: int", .studyValue, "header:"),
    Bad("range: [0, 120]", "range: [120, 0]", .studyValue, "ends below"),
    Bad("range: [0, 120]", "range: [0]", .studyType, "1 values"),
    Bad("range: [0, 120]", "range: [0, old]", .studyType, "'old'"),
    Bad("range: [0, 120]", "range: [0, 12.5]", .studyValue, "not a whole number"),
    Bad("range: [0, 120]", "range: [0, 9223372036854775808]", .studyValue, "64 bits"),
    Bad(", range: [0, 120]", "", .studyMissing, "no 'range'"),
    Bad("range: [0, 120]", "range: [0, 120], scale: 2", .studyValue, "type int, which has no 'scale'"),
    Bad("range: [-1.5, 99.25]", "range: [-1.5, 99.255]", .studyValue, "more than 2 decimals"),
    Bad("scale: 2", "scale: 10", .studyValue, "1 to 9"),
    Bad("header: Dose (mg)", "header: age", .studyDuplicate, "header 'age'"),
    Bad("values: [f, m]", "values: [f, f]", .studyDuplicate, "'f' twice"),
    Bad("values: [f, m]", "values: []", .studyMissing, "has no values"),
    Bad("values: [f, m]", "values: [f, m, NA]", .studyValue, "'NA'", "no value"),
    Bad("labels: {f: female, m: male}", "labels: {f: female, x: male}", .studyUnknownKey, "no key 'x'"),
    Bad("labels: {f: female, m: male}", "labels: {f: same, m: same}", .studyDuplicate, "labelled 'same'"),
    Bad("range: [2000-01-01", "range: [2001-02-29", .studyType, "'2001-02-29'", "YYYY-MM-DD"),
    Bad("name: smoker, type: bool", "name: smoker, type: bool, range: [0, 1]", .studyValue, "no 'range'"),
    Bad(
      "name: smoker, type: bool, nullable: true", "name: smoker, type: bool, nullable: maybe", .studyType,
      "true or false"),
    // Queries, security, release.
    Bad("name: ages, sql", "name: Overall, sql", .studyDuplicate, "two queries", "line 29"),
    Bad("sql: SELECT AVG(age) AS mean FROM patients", "sql: \"  \"", .studyType, "SQL text"),
    Bad("sql: SELECT AVG(age) AS mean FROM patients", "sq: SELECT 1", .studyUnknownKey, "did you mean 'sql'?"),
    Bad("adversary: semi-honest", "adversary: honest", .studyValue, "semi-honest"),
    Bad(
      "adversary: semi-honest", "adversary: semi-honest\n  verifier: proofs", .studyValue, "malicious", line: 35),
    Bad("adversary: semi-honest", "adversary: malicious\n  verifier: proof", .studyValue, "proofs", line: 35),
    Bad("adversary: semi-honest", "adversery: semi-honest", .studyUnknownKey, "did you mean 'adversary'?"),
    Bad("protocol: replicated", "protocol: shamir", .studyValue, "replicated"),
    Bad("minimum-cell: 5", "minimum-cell: -1", .studyValue, "minimum-cell"),
    Bad("recipients: [office]", "recipients: []", .studyMissing, "nobody receives"),
    // YAML.
    Bad("description: A study to break.", "description: a: b", .studySyntax, "quotes"),
    Bad("description: A study to break.", "\tdescription: x", .studySyntax, "spaces"),
    Bad("name: Sample", "name: &anchor Sample", .studySyntax, "anchors"),
    Bad("organisation: Hospital B", "organisation: \"x # y\", key: &a z", .studySyntax, "anchors"),
    Bad("name: Sample", "name: *alias", .studySyntax, "alias"),
    Bad("recipients: [office]", "recipients: [office", .studySyntax, "not YAML", line: 38),
    Bad("description: A study to break.", "--- ", .studySyntax, "one document"),
  ]

  @Test(arguments: bad) func badStudy(_ bad: Bad) throws {
    let text = try Sample.text(replacing: bad.old, with: bad.new)
    let outcome = StudyLoader.check(text: text, file: "sample.yml")
    #expect(outcome.study == nil)
    let changed = try #require(Sample.lines.firstIndex { $0.contains(bad.old) }) + 1
    let found = outcome.problems.filter { $0.code == bad.code && $0.place?.line == bad.line ?? changed }
    let words = found.map(\.description).joined(separator: "\n")
    #expect(!found.isEmpty, "\(outcome.problems.map(\.description))")
    for part in bad.says { #expect(words.contains(part), "\(words)") }
    for problem in outcome.problems {
      #expect(problem.place?.file == "sample.yml")
      #expect(problem.remedy?.isEmpty == false, "\(problem)")
      #expect(problem.exitCode == 3)
    }
  }

  @Test(arguments: ["parley", "name", "parties", "computing", "tables", "queries", "security", "release"])
  func missingPart(key: String) throws {
    var lines: [String] = []
    var isSkipping = false
    for line in Sample.lines {
      if !line.hasPrefix(" ") { isSkipping = line.hasPrefix("\(key):") }
      if !isSkipping { lines.append(line) }
    }
    let outcome = StudyLoader.check(text: lines.joined(separator: "\n"), file: "s.yml")
    let found = outcome.problems.filter { $0.code == .studyMissing && $0.message.contains("no '\(key)'") }
    #expect(found.count == 1 && found.first?.place?.line == 1)
  }

  /// All problems at once, by line, word for word.
  @Test func allProblemsAreListed() throws {
    let text = """
      parley: 1
      nam: Broken
      parties:
        - {name: a, organisation: Same}
        - {name: b, organisation: same}
        - {name: c, organisation: Other, endpoint: c}
      computing: [a, b, d]
      tables:
        - name: t
          holders: [e]
          columns:
            - {name: x, type: int, range: [5, 1]}
      queries: []
      security: {adversary: semi-honest}
      release: {minimum-cell: five, recipients: [a]}
      """
    let outcome = StudyLoader.check(text: text, file: "broken.yml")
    #expect(outcome.study == nil)
    let expected = """
      broken.yml:1:1: the study has no 'name' [study/missing]
        fix: add 'name: Heart disease in four hospitals'
      broken.yml:2:1: the study has no key 'nam' [study/unknown-key]
        fix: did you mean 'name'?
      broken.yml:6:46: 'c' is not an endpoint [study/value]
        fix: write host:port with a port of 1 to 65535, as in host.example.org:7100 or "[2001:db8::1]:7100"
      broken.yml:7:12: 'same' would run two of the three computing parties, 'a' and 'b', and with both of them see all data (names that look alike count as one) [study/one-organisation]
        fix: let another organisation run one of them
      broken.yml:7:19: 'd' is named as a computing party but is not a party of the study [study/unknown-name]
        fix: use one of: a, b, c
      broken.yml:9:5: table 't' has no 'maximum-rows' [study/missing]
        fix: add 'maximum-rows: 2000'
      broken.yml:10:15: 'e' is named as a holder but is not a party of the study [study/unknown-name]
        fix: use one of: a, b, c
      broken.yml:12:37: the range of column 'x' of table 't' ends below its beginning [study/value]
        fix: write the lower bound first
      broken.yml:13:10: the study has no query [study/missing]
        fix: add '- name: overall' with 'sql: SELECT …'
      broken.yml:15:25: 'minimum-cell' of release is a single value where a whole number is needed [study/type]
        fix: write 'minimum-cell: 5'
      """
    #expect(outcome.problems.map(\.description).joined(separator: "\n") == expected)
    let error = #expect(throws: ParleyError.self) { try StudyLoader.load(text: text, file: "broken.yml") }
    #expect(error?.message.hasPrefix("10 problems:") == true)
    #expect(error?.exitCode == 3)
  }

  @Test func endlessProblemsAreCounted() throws {
    let columns = (0..<200).map { "        - {name: c\($0), type: nonsense}" }.joined(separator: "\n")
    let text = try Sample.text(
      replacing: "          - {name: age, type: int, range: [0, 120]}".trimmingCharacters(in: .whitespaces),
      with: "- {name: age, type: int, range: [0, 120]}\n"
        + columns.replacingOccurrences(of: "        - ", with: "      - "))
    let outcome = StudyLoader.check(text: text, file: "s.yml")
    #expect(outcome.problems.count == StudyLoader.problemLimit + 1)
    #expect(outcome.problems.last?.message == "and 150 more problems")
  }

  @Test func notAStudyAtAll() throws {
    for text in [
      "", "# nothing", "- a\n- b", "just text", "\u{0}", "{", "a: \u{1}b", String(repeating: "[", count: 5000),
    ] {
      let outcome = StudyLoader.check(text: text, file: "s.yml")
      #expect(outcome.study == nil && !outcome.problems.isEmpty, "\(text.prefix(10))")
      #expect(outcome.problems.allSatisfy { $0.code.category == "study" && $0.remedy != nil })
    }
    let large = String(repeating: "# comment\n", count: 500_000)
    #expect(StudyLoader.check(text: large, file: "s.yml").problems.first?.code == .studyLimit)
  }

  @Test func unreadableFiles() throws {
    try Sample.withFolder { folder in
      #expect(StudyLoader.check(path: folder + "/none.yml").problems.first?.code == .studyUnreadable)
      #expect(StudyLoader.check(path: folder).problems.first?.code == .studyUnreadable)
      let latin = folder + "/latin.yml"
      try Data("parley: 1\nname: caf".utf8 + [0xe9, 0x0a]).write(to: URL(fileURLWithPath: latin))
      let problem = try #require(StudyLoader.check(path: latin).problems.first)
      #expect(problem.code == .studySyntax && problem.place?.line == 2)
      let good = folder + "/good.yml"
      try Sample.text.write(toFile: good, atomically: true, encoding: .utf8)
      #expect(try StudyLoader.load(path: good).studyHash == Sample.study().studyHash)
    }
  }

  @Test func capabilitiesAreChecked() throws {
    let offers = [Study.Offer(.replicated, .semiHonest)]
    try Sample.study().checkSupported(by: offers)
    let text = try Sample.text(replacing: "adversary: semi-honest", with: "adversary: malicious")
    let study = try StudyLoader.load(text: text, file: "s.yml")
    let error = #expect(throws: ParleyError.self) { try study.checkSupported(by: offers) }
    #expect(error?.code == .studyUnsupported && error?.place?.line == 34)
    #expect(error?.remedy?.contains("semi-honest") == true)
  }

  @Test func verifiersAreChecked() throws {
    let offers = [Study.Offer(.replicated, .semiHonest), Study.Offer(.replicated, .malicious, .proofs)]
    func study(_ verifier: String) throws -> Study {
      let text = try Sample.text(
        replacing: "adversary: semi-honest", with: "adversary: malicious\n  verifier: \(verifier)")
      return try StudyLoader.load(text: text, file: "s.yml")
    }
    try Sample.study().checkSupported(by: offers)
    try study("proofs").checkSupported(by: offers)
    let automatic = try study("auto")
    try automatic.checkSupported(by: offers)
    let plain = try StudyLoader.load(
      text: Sample.text(replacing: "adversary: semi-honest", with: "adversary: malicious"), file: "s.yml")
    #expect(automatic.studyHash == plain.studyHash && plain.security.verifier == .auto)
    let error = #expect(throws: ParleyError.self) { try study("macs").checkSupported(by: offers) }
    #expect(error?.code == .studyUnsupported && error?.message.contains("'macs'") == true)
    #expect(error?.remedy?.contains("verifier: proofs") == true)
  }

  @Test func whatPartiesNeedBeyondATrial() throws {
    let missing = try Sample.study().missingForParties()
    #expect(
      missing.count == 6 && missing.allSatisfy { $0.code == .studyNotReady && $0.message.contains("no key") })
    #expect(missing.map { $0.place?.line } == [5, 6, 7, 8, 9, 10])
    let text = try Sample.text(replacing: ", endpoint: \"c2.example.org:7100\"", with: "")
    let study = try StudyLoader.load(text: text, file: "s.yml")
    let unreachable = try #require(study.missingForParties().last)
    #expect(unreachable.message.contains("'b', 'office'") && unreachable.place?.line == 8)
    let error = #expect(throws: ParleyError.self) { try study.requireParty("ofice") }
    #expect(error?.code == .studyUnknownName && error?.remedy == "did you mean 'office'?")
  }
}
