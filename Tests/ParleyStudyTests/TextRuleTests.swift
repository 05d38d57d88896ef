import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Whoever writes a study is hostile to those who sign it: what is shown of it is one line that can be seen.
@Suite struct TextRuleTests {
  private func codes(_ text: String) -> [ParleyError.Code] {
    StudyLoader.check(text: text, file: "s.yml").problems.map(\.code)
  }

  /// Blanks push what follows to where it looks like a line of its own, a column or another text.
  @Test(arguments: ["   ", "\u{3000}\u{3000}\u{3000}", "\u{2800}\u{2800}\u{2800}", " \u{a0}\u{2003}"])
  func wideBlanksAreRefused(blanks: String) throws {
    for (old, new) in [
      ("name: Sample", "name: \"Sam\(blanks)ple\""),
      ("organisation: Hospital B", "organisation: \"Hospital\(blanks)B\""),
      ("A study to break.", "\"A study\(blanks)to break.\""),
    ] {
      #expect(codes(try Sample.text(replacing: old, with: new)) == [.studyValue], "\(new)")
    }
    #expect(codes(try Sample.text(replacing: "A study to break.", with: "\"A study  to.\\n   It breaks.\"")) == [])
  }

  @Test func longNamesAreRefused() throws {
    let long = String(repeating: "n", count: 201)
    #expect(codes(try Sample.text(replacing: "name: Sample", with: "name: \(long)")) == [.studyValue])
    #expect(codes(try Sample.text(replacing: "name: Sample", with: "name: \(long.dropLast())")) == [])
  }

  /// A pipe nobody writes to, a device without an end, a folder: each is refused at once.
  @Test func onlyFilesAreStudies() throws {
    try Sample.withFolder { folder in
      let pipe = folder + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      for path in [pipe, "/dev/zero", folder] {
        #expect(StudyLoader.check(path: path).problems.map(\.code) == [.studyUnreadable], "\(path)")
      }
      // So is a signature; the party counts as one whose signature does not verify.
      let file = folder + "/s.yml"
      try Sample.text.write(toFile: file, atomically: true, encoding: .utf8)
      try FileManager.default.createDirectory(atPath: file + ".signatures", withIntermediateDirectories: true)
      let signatures = SignatureFolder(ofStudy: file)
      #expect(mkfifo(signatures.path(of: "a"), 0o600) == 0)
      #expect(throws: ParleyError.self) { try signatures.load("a") }
    }
  }

  /// Every text of the file, by what stands there and what takes its place; `@` is the hostile character.
  static let places: [(old: String, new: String)] = [
    ("name: Sample", "name: \"Sam@ple\""),
    ("organisation: Hospital A", "organisation: \"Hospital@ A\""),
    ("{name: b, organisation", "{name: \"b@\", organisation"),
    ("organisation: Registry, endpoint: \"c2", "organisation: Registry, endpoint: \"c@2"),
    ("computing: [c1, c2, c3]", "computing: [c1, c2, \"c3@\"]"),
    ("name: patients", "name: \"patients@\""),
    ("holders: [a, b]", "holders: [a, \"b@\"]"),
    ("bad-rows: refuse", "bad-rows: \"refuse@\""),
    ("\"null\": [\"\", NA]", "\"null\": [\"\", \"NA@\"]"),
    ("{name: age,", "{name: \"age@\","),
    ("values: [f, m], labels", "values: [f, m, \"x@\"], labels"),
    ("labels: {f: female", "labels: {f: \"female@\""),
    ("labels: {f: female", "labels: {\"f@\": female"),
    ("header: Dose (mg)", "header: \"Dose@ (mg)\""),
    ("name: overall", "name: \"overall@\""),
    ("recipients: [office]", "recipients: [\"office@\"]"),
    ("patience: 2m", "patience: \"2m@\""),
    ("bad-rows: refuse", "\"bad@-rows\": refuse"),
  ]

  @Test(arguments: places.indices, ["\\e", "\\n", "\\r", "\\x9b", "\\u202E", "\\u200B", "\\u2028", "\\U000E0041"])
  func hiddenCharactersAreRefused(place: Int, character: String) throws {
    let (old, new) = Self.places[place]
    let outcome = StudyLoader.check(
      text: try Sample.text(replacing: old, with: new.replacing("@", with: character)), file: "s.yml")
    #expect(outcome.study == nil)
    #expect(
      outcome.problems.allSatisfy {
        [
          "study/value", "study/unknown-name", "study/unknown-key", "study/missing", "study/syntax",
          "study/computing",
        ].contains($0.code.rawValue)
      })
    // What is said about it is safe to show as well.
    for problem in outcome.problems {
      #expect(!problem.description.unicodeScalars.contains { $0 != "\n" && VisibleText.isHidden($0) })
      #expect(problem.description.split(separator: "\n").count == 2, "\(problem)")
    }
  }

  @Test func proseHasLinesAndNothingElse() throws {
    #expect(codes(try Sample.text(replacing: "A study to break.", with: "\"Two\\nlines,\\tand a tab\"")).isEmpty)
    #expect(codes(try Sample.text(replacing: "A study to break.", with: "\"Hidden \\e[8m\"")) == [.studyValue])
    #expect(
      codes(
        try Sample.text(
          replacing: "sql: SELECT AVG(age) AS mean FROM patients",
          with: "sql: \"SELECT AVG(age) AS mean\\n FROM patients\"")
      ).isEmpty)
    #expect(
      codes(
        try Sample.text(
          replacing: "sql: SELECT AVG(age) AS mean FROM patients",
          with: "sql: \"SELECT AVG(age) AS mean FROM patients -- \\u202E\"")) == [.studyValue])
  }

  /// Headers of a file are shown as they are not.
  @Test func headersAreEscaped() throws {
    let outcome = HolderCSV.check(
      bytes: Array(
        "age,sex,Dose (mg),smok\u{1b}er,admitted,\"x\ny\",\"x\ny\"\n1,f,1,0,2020-01-01,3,4\n".utf8),
      file: "a\u{202e}.csv",
      table: try Sample.table(),
      holder: "a")
    #expect(outcome.problems.contains { "\($0.description) \($0.remedy ?? "")".contains("smok\\x1ber") })
    #expect(outcome.problems.contains { $0.description.contains("'x\\ny'") })
    for problem in outcome.problems {
      #expect(!problem.description.unicodeScalars.contains { $0 != "\n" && VisibleText.isHidden($0) })
      #expect(problem.description.split(separator: "\n").count == 2, "\(problem)")
    }
  }

  /// A draft of hostile data is text that can be seen, and a study that loads: what a study cannot name is left out, with what
  /// to change in the file.
  @Test func draftsLeaveOutWhatTheDataHide() throws {
    let path = NSTemporaryDirectory() + "/hidden\(UInt64.random(in: 0...UInt64.max)).csv"
    let rows = (0..<40).map {
      "\($0),\($0 % 2 == 0 ? "no\u{202e}rth" : "so\u{e0041}uth"),M,\($0),\($0 % 3 == 0 ? "\u{1b}x" : "7")"
    }
    let text = (["id,city,\"sex\nx\",a\u{1b}e,n"] + rows).joined(separator: "\n")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let draft = try StudyDraft.from([path])
    #expect(!draft.unicodeScalars.contains { $0 != "\n" && VisibleText.isHidden($0) })
    #expect(codes(draft) == [], "\(draft)")
    let study = try StudyLoader.load(text: draft, file: "s.yml")
    #expect(study.tables[0].schema.columns.map(\.name) == ["id"], "\(draft)")
    for (name, what, character) in [
      ("city", "one of its values", "\\u{202e}"), ("sex\\u000ax", "its name", "\\n"),
      ("a\\u001be", "its name", "\\x1b"),
    ] {
      let line = draft.split(separator: "\n").first { $0.contains("# '\(name)' is left out") }
      #expect(
        line?.contains(what) == true && line?.contains("has the character \(character),") == true, "\(draft)")
    }
    // As the draft says.
    let visible = text.unicodeScalars.filter { !["\u{202e}", "\u{e0041}", "\u{1b}"].contains($0) }
    let corrected = String(String.UnicodeScalarView(visible)).replacing("\"sex\nx\"", with: "sex")
    try Data(corrected.utf8).write(to: URL(fileURLWithPath: path))
    let better = try StudyLoader.load(text: try StudyDraft.from([path]), file: "s.yml")
    #expect(better.tables[0].schema.columns.map(\.name).starts(with: ["id", "city", "sex", "ae"]))
  }

  /// Keys, labels, headers and spellings are texts of bytes: two normal forms of one letter are two.
  @Test func bytesTellKeysApart() throws {
    let (one, two) = ("\u{e9}", "e\u{301}")
    let text = try Sample.text(
      replacing: "values: [f, m], labels: {f: female, m: male}",
      with: "values: [\(one), \(two)], labels: {\(one): a\(one), \(two): a\(two)}")
    let study = try StudyLoader.load(text: text, file: "s.yml")
    let column = try #require(study.tables[0].columns.first { !$0.labels.isEmpty })
    #expect(column.labels.map { Array($0.utf8) } == ["a\(one)", "a\(two)"].map { Array($0.utf8) })
    // A key that is there twice is found, where it is, with its own letters.
    let twice = text.replacing("labels: {", with: "labels: {\(one): x, ")
    let problems = StudyLoader.check(text: twice, file: "s.yml").problems
    #expect(
      problems.map(\.code) == [.studyDuplicate] && problems.first?.message.contains("'\(one)'") == true,
      "\(problems)")
    let line = try #require(
      twice.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("labels: {") })
    #expect(problems.first?.place?.line == line + 1)
  }

  /// Scripts that need joiners keep them where data is named.
  @Test func joinersOfScriptsStayInData() throws {
    #expect(
      codes(try Sample.text(replacing: "labels: {f: female", with: "labels: {f: \"\\u0645\\u06CC\\u200C\\u062E\""))
        .isEmpty)
    #expect(
      codes(try Sample.text(replacing: "name: Sample", with: "name: \"\\u0645\\u06CC\\u200C\\u062E\"")) == [
        .studyValue
      ])
  }

  /// Pairs that a reader takes for one organisation.
  @Test(arguments: [
    "university", "UNIVERSITY", "Uni-versity", "University.", "Un\u{456}vers\u{456}ty", "Ｕｎｉｖｅｒｓｉｔｙ",
    "\u{1d414}niversity",
  ])
  func lookAlikesAreOneOrganisation(name: String) throws {
    let found = codes(
      try Sample.text(replacing: "organisation: Registry, endpoint", with: "organisation: \"\(name)\", endpoint"))
    #expect(found == [.studyOneOrganisation] || (name.contains("\u{456}") && found == [.studyValue]), "\(found)")
  }

  @Test func wholeNamesInAnotherScript() throws {
    func pair(_ first: String, _ second: String) throws -> [ParleyError.Code] {
      let text = try Sample.text(
        replacing: "organisation: Registry, endpoint", with: "organisation: \"\(first)\", endpoint")
      return codes(text.replacing("organisation: Foundation", with: "organisation: \"\(second)\""))
    }
    #expect(try pair("ACOP", "\u{410}\u{421}\u{41e}\u{420}") == [.studyOneOrganisation])
    #expect(try pair("KAPA", "\u{39a}\u{391}\u{3a1}\u{391}") == [.studyOneOrganisation])
    #expect(try pair("Clinic 1", "Clinic l") == [.studyOneOrganisation])
    #expect(try pair("Barn", "Bam") == [.studyOneOrganisation])
    #expect(try pair("Straße", "STRASSE") == [.studyOneOrganisation])
    #expect(try pair("Western House", "VVestern House") == [.studyOneOrganisation])
    #expect(try pair("Dover", "Clover") == [.studyOneOrganisation])
    // Small capitals and other Latin letters: cos, viz, wall.
    #expect(try pair("COS Lab", "\u{1d04}\u{1d0f}\u{a731} Lab") == [.studyOneOrganisation])
    #expect(try pair("Viz", "\u{1d20}i\u{1d22}") == [.studyOneOrganisation])
    #expect(try pair("Wall", "\u{1d21}a\u{1c0}\u{26d}") == [.studyOneOrganisation])
    #expect(try pair("Clinic", "C\u{29f}\u{269}n\u{131}c") == [.studyOneOrganisation])
    #expect(try pair("Hospital", "Hospital\u{2bc}") == [.studyOneOrganisation])
    // A letter of Lisu that looks like C.
    #expect(try pair("\u{a4da}linic", "Foundation") == [.studyValue])
    // Different names stay different.
    #expect(try pair("Clinic 1", "Clinic 2").isEmpty)
    #expect(try pair("Mail House", "Mall House").isEmpty)
    #expect(try pair("Université", "Universität").isEmpty)
    #expect(try pair("\u{41c}\u{413}\u{423}", "\u{421}\u{41f}\u{431}\u{413}\u{423}").isEmpty)
    // Mixed scripts, and nothing to read.
    #expect(try pair("Hosp\u{456}tal", "Foundation") == [.studyValue])
    // Digits of Thai, Devanagari and Lao that look like an o, and of Arabic that look like an l.
    for digit in ["\u{e50}", "\u{966}", "\u{ed0}", "\u{661}"] {
      #expect(try pair("Clinic N\(digit)rth", "Foundation") == [.studyValue])
    }
    // Where all is of one script nothing is mixed.
    #expect(try pair("\u{645}\u{633}\u{62a} \u{663}", "Foundation").isEmpty)
    #expect(try pair("…", "Foundation") == [.studyMissing])
  }

  /// YAML ends a line, and a comment with it, where others do not: a key behind it is seen by Parley alone.
  @Test(arguments: [
    ("\u{85}", "\\x85"), ("\u{2028}", "\\u{2028}"), ("\u{2029}", "\\u{2029}"), ("\r", "\\r"), ("\u{b}", "\\x0b"),
    ("\u{202e}", "\\u{202e}"),
    ("\u{200b}", "\\u{200b}"), ("\u{1b}", "\\x1b"), ("\u{e0041}", "\\u{e0041}"), ("\u{feff}", "\\u{feff}"),
  ])
  func charactersThatHideAreRefusedInComments(character: String, shown: String) throws {
    let text = try Sample.text(
      replacing: "recipients: [office]", with: "recipients: [office # nobody else\(character), a]\n  ]")
    let place = try #require(
      text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("nobody") })
    let problems = StudyLoader.check(text: text, file: "s.yml").problems
    let found = try #require(problems.first)
    #expect(problems.count == 1 && found.code == .studySyntax && found.message.contains(shown), "\(problems)")
    #expect(found.place?.line == place + 1)
    let line = text.split(separator: "\n", omittingEmptySubsequences: false)[place]
    let column = line.unicodeScalars.firstIndex(of: character.unicodeScalars.first ?? " ")
    #expect(found.place?.column == column.map { line.unicodeScalars.distance(from: line.startIndex, to: $0) + 1 })
  }

  @Test func commentsMayHaveEverythingThatIsSeen() throws {
    let text = try Sample.text(
      replacing: "recipients: [office]", with: "recipients: [office] # naïve – 中文 (β)\t\u{1f469}\u{200d}\u{1f52c}")
    #expect(codes(text) == [])
    #expect(codes("\u{feff}" + text.replacing("\n", with: "\r\n")) == [])
  }
}
