import Foundation
import ParleyBase
import ParleyCrypto
import ParleyStudy
import Testing

/// What is advised about whole study files, keys and signatures has been done here, and works.
@Suite struct StudyFileRemedyTests {
  private static let study = StudyRemedyTests.study
  /// The study with everything between two lines replaced.
  private static func study(_ first: String, _ last: String, _ new: String) -> String {
    let lines = study.components(separatedBy: "\n")
    let begin = lines.firstIndex(of: first) ?? 0, end = lines.firstIndex { $0.hasPrefix(last) } ?? 0
    return (lines[..<begin] + [new] + lines[end...]).joined(separator: "\n")
  }
  private static func with(_ old: String, _ new: String) -> String {
    guard let place = study.range(of: old) else { return "" }
    return study.replacingCharacters(in: place, with: new)
  }
  /// Lines of so many columns.
  private static func columns(_ count: Int) -> String {
    "columns:\n" + (0..<count).map { "      - {name: x\($0), type: bool}" }.joined(separator: "\n")
  }
  /// A map of so many spellings of a holder.
  private static func spellings(_ count: Int) -> String {
    let words = (0..<count).map { "s\($0): f" }.joined(separator: ", ")
    return "maximum-rows: 100\n    csv-by-holder: {north: {values: {sex: {\(words)}}}}\n"
  }

  struct Case: Sendable, CustomStringConvertible {
    var text: String, code: String, advice: String, mended: String
    init(_ text: String, _ code: String, _ advice: String, _ mended: String) {
      (self.text, self.code, self.advice, self.mended) = (text, code, advice, mended)
    }
    var description: String { advice }
  }
  static let cases: [Case] = [
    .init("", "study/syntax", "draft one with 'parley study init --from FILE.csv', or see docs", study),
    .init(
      study("tables:", "queries:", "tables: []"), "study/missing",
      "add '- name: patients' with holders, maximum-rows and columns", study),
    .init(
      with("columns:", columns(1025)), "study/limit", "shorten the list",
      with("columns:", columns(1000))),
    .init(
      with("maximum-rows: 100\n", spellings(65_537)), "study/limit", "declare the column as text",
      with("type: category, values: [f, m]", "type: text, bytes: 20")),
    .init(
      study + "# " + String(repeating: "x", count: 1 << 22), "study/limit",
      "move data and prose out of the study file", study),
    .init(
      with("name: Base", (0..<300).map { "k\($0): x" }.joined(separator: "\n") + "\nname: Base"), "study/limit",
      "correct the ones above first", study),
    .init(
      with("name: u\n", "name: u\n    protect: {column: id, unit: Person}\n").replacingOccurrences(
        of: "maximum-rows: 100\n", with: "maximum-rows: 100\n    protect: {column: id, unit: person}\n"),
      "study/value", "write 'protect: {column: id, unit: person}' if both mean the same",
      with("name: u\n", "name: u\n    protect: {column: id, unit: person}\n").replacingOccurrences(
        of: "maximum-rows: 100\n", with: "maximum-rows: 100\n    protect: {column: id, unit: person}\n")),
  ]

  @Test(arguments: cases) func theAdviceWorks(test: Case) throws {
    let problems = StudyLoader.check(text: test.text, file: "s.yml").problems
    #expect(
      problems.contains { $0.code.rawValue == test.code && $0.remedy?.contains(test.advice) == true },
      "\(problems.prefix(3))")
    let left = StudyLoader.check(text: test.mended, file: "s.yml")
    #expect(left.problems.isEmpty && left.study != nil, "\(left.problems.prefix(3))")
  }

  @Test func filesAreFoundAndText() throws {
    try Sample.withFolder { folder in
      let path = folder + "/s.yml"
      func problem() throws -> ParleyError { try #require(StudyLoader.check(path: path).problems.first) }
      let none = try problem()
      #expect(none.code == .studyUnreadable)
      #expect(none.remedy == "check the path, or draft a study with 'parley study init --from FILE.csv'")
      try Data(Self.with("name: Base", "name: B\u{e4}se").utf16.map { UInt8(truncatingIfNeeded: $0) }).write(
        to: URL(fileURLWithPath: path))
      let latin = try problem()
      #expect(latin.code == .studySyntax && latin.remedy == "save it as UTF-8", "\(latin)")
      try Self.with("name: Base", "name: B\u{e4}se").write(toFile: path, atomically: true, encoding: .utf8)
      #expect(try StudyLoader.load(path: path).name == "B\u{e4}se")
      // A draft of a file is a study.
      let csv = folder + "/a.csv"
      try ("age,sex\n" + (0..<40).map { "\($0),\($0 % 2 == 0 ? "f" : "m")\n" }.joined()).write(
        toFile: csv, atomically: true, encoding: .utf8)
      let nothing = try #require(throws: ParleyError.self) {
        try StudyDraft.from([])
      }
      #expect(nothing.remedy == "name one: parley study init --from a.csv", "\(nothing)")
      let draft = try StudyDraft.from([csv])
      try draft.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(try StudyLoader.load(path: path).tables.count == 1)
    }
  }

  @Test func keysAreOfOneParty() throws {
    let keys = try ["north", "south"].map { try Identity.create(name: $0).publicIdentity.text }
    func problems(_ north: String, _ south: String) -> [ParleyError] {
      StudyLoader.check(
        text: Self.with("organisation: North", "organisation: North, key: \(north)").replacingOccurrences(
          of: "organisation: South", with: "organisation: South, key: \(south)"), file: "s.yml"
      ).problems
    }
    let same = try #require(problems(keys[0], keys[0]).first)
    #expect(same.code == .studyDuplicate, "\(same)")
    #expect(same.remedy == "every party makes a key of its own with 'parley identity create'")
    let cut = try #require(problems(String(keys[0].dropLast(9)), keys[1]).first)
    #expect(cut.code == .studyValue, "\(cut)")
    #expect(cut.remedy == "copy the whole line that 'parley identity show' prints at the party it belongs to")
    #expect(problems(keys[0], keys[1]).isEmpty)
  }

  /// What a run between machines needs, and what an engine offers.
  @Test func studiesAreMadeReady() throws {
    let bare = try StudyLoader.load(
      text: Self.study.replacingOccurrences(of: ", endpoint: \"a.example:7100\"", with: ""), file: "s.yml")
    let missing = bare.missingForParties()
    #expect(missing.allSatisfy { $0.code == .studyNotReady })
    let key = "at that party, run 'parley identity create --name a' and add the key it prints"
    #expect(
      missing.contains { $0.remedy == key } && missing.contains { $0.remedy == "add 'endpoint: HOST:PORT' to 'a'" }
    )
    let whole = try StudyLoader.load(text: Self.study, file: "s.yml")
    var keys: [String: PublicIdentity] = [:]
    for party in whole.parties { keys[party.name] = try Identity.create(name: party.name).publicIdentity }
    #expect(whole.withKeys(keys).missingForParties().isEmpty)
    typealias Offer = Study.Offer
    func study(_ security: String) throws -> Study {
      try StudyLoader.load(text: Self.with("{adversary: semi-honest}", security), file: "s.yml")
    }
    func refusal(_ security: String, _ offers: [Offer]) throws -> ParleyError? {
      let refused = try study(security)
      return #expect(throws: ParleyError.self) { try refused.checkSupported(by: offers) }
    }
    let weak = Offer(.replicated, .semiHonest)
    let macs = Offer(.replicated, .malicious, .macs)
    let weaker = try refusal("{adversary: malicious}", [weak])
    #expect(weaker?.code == .studyUnsupported)
    #expect(weaker?.remedy?.hasPrefix("if the weaker protection is enough for all parties, write ") == true)
    try study("{adversary: semi-honest}").checkSupported(by: [weak])
    let other = try refusal("{adversary: malicious, verifier: proofs}", [weak, macs])
    #expect(other?.remedy?.hasSuffix(", or leave 'verifier' out") == true, "\(String(describing: other))")
    #expect(other?.remedy?.contains("and verifier: macs") == true, "\(String(describing: other))")
    try study("{adversary: malicious, verifier: macs}").checkSupported(by: [weak, macs])
  }

  @Test func signaturesAreMended() throws {
    let plain = try StudyLoader.load(
      text: Self.study + "require-signatures: true\n", file: "s.yml")
    var identities: [String: Identity] = [:]
    for party in plain.parties { identities[party.name] = try Identity.create(name: party.name) }
    let study = plain.withKeys(identities.mapValues(\.publicIdentity))
    let north = try #require(identities["north"]), south = try #require(identities["south"])
    func refusal(_ body: () throws -> Void) throws -> ParleyError {
      let error = #expect(throws: ParleyError.self) { try body() }
      return error ?? ParleyError(.invariant, "nothing was refused")
    }
    let noKey = try refusal { _ = try plain.sign(with: north, as: "north") }
    #expect(noKey.code == .studyNotReady)
    #expect(
      noKey.remedy?.contains("(the whole line from 'parley identity show') to the party, and give the changed")
        == true)
    let mistaken = try refusal { _ = try study.sign(with: south, as: "north") }
    #expect(mistaken.remedy == "use the identity of 'north' (--identity), or act as 'south' (--as)", "\(mistaken)")
    _ = try study.sign(with: south, as: "south")
    let foreign = try Identity.create(name: "north")
    let unknown = try refusal { _ = try study.sign(with: foreign, as: "north") }
    #expect(unknown.code == .identityOtherKey)
    #expect(
      unknown.remedy?.contains("or put the key that 'parley identity show --name north' prints into the study")
        == true)
    let renewed = plain.withKeys(
      identities.mapValues(\.publicIdentity).merging(["north": foreign.publicIdentity]) { $1 })
    _ = try renewed.sign(with: foreign, as: "north")

    try Sample.withFolder { folder in
      let signatures = SignatureFolder(ofStudy: folder + "/s.yml")
      func problem(_ party: String) throws -> ParleyError? {
        signatures.problems(with: study).first { $0.place?.file == signatures.path(of: party) }
      }
      for (name, identity) in identities { try signatures.save(study.sign(with: identity, as: name)) }
      #expect(signatures.problems(with: study).isEmpty)
      try signatures.requireSignatures(of: study, besides: "a")
      // Of another study, in another's file, of nobody, with another key, cut.
      var other = study
      other.release.minimumCell = 9
      try signatures.save(other.sign(with: north, as: "north"))
      #expect(
        try problem("north")?.remedy?.hasPrefix("compare the study files; if this one is right, let 'north'")
          == true)
      let files = FileManager.default
      func copy(_ from: String, _ to: String) throws {
        try? files.removeItem(atPath: signatures.path(of: to))
        try files.copyItem(atPath: signatures.path(of: from), toPath: signatures.path(of: to))
      }
      try copy("south", "north")
      let swapped = try #require(try problem("north")?.remedy)
      #expect(
        swapped.hasPrefix("put it at ") && swapped.hasSuffix(", and here the file that 'north' made"), "\(swapped)"
      )
      let stranger = StudySignature(
        party: "x", studyHash: study.studyHash, signature: try study.sign(with: north, as: "north").signature)
      try signatures.save(stranger)
      try copy("x", "north")
      #expect(try problem("north")?.remedy == "put the file here that 'north' made")
      let claimed = StudySignature(
        party: "north", studyHash: study.studyHash, signature: try other.sign(with: north, as: "north").signature)
      try signatures.save(claimed)
      let wrong = try #require(try problem("north")?.remedy)
      #expect(
        wrong.hasPrefix("check the key of 'north' in the study by its fingerprint; if it is right, "), "\(wrong)")
      try "{".write(toFile: signatures.path(of: "north"), atomically: true, encoding: .utf8)
      #expect(try problem("north")?.remedy == "ask the signer for the file again")
      try signatures.save(study.sign(with: north, as: "north"))
      #expect(signatures.problems(with: study).isEmpty)
    }
  }
}
