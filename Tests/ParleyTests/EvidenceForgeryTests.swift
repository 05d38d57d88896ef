import Foundation
import Parley
import ParleyBase
import ParleyRuntime
import Testing

/// What principals that do not compute, or a party with a key of its own only, can make evidence say: nothing about anybody.
@Suite struct EvidenceForgeryTests {
  /// c1, c2, c3 compute; h1, h2 hold rows; office receives.
  private let world: StatedWorld
  private let session = String(repeating: "5e", count: 32)
  init() throws { world = try StatedWorld(.apart) }

  /// Evidence of a session that never existed.
  private func forged(
    by author: Int, accusing accused: [Int], principals: [Evidence.Principal]? = nil,
    study: String = String(repeating: "00", count: 32),
    session: String? = nil,
    job: String = "00"
  ) throws -> Evidence {
    let text = """
      {"body": {"accused": \(accused), "attempt": 1, "author": \(author), "code": "aborted/check-failed",
      "format": "parley-evidence/1", "job": "\(job)", "message": "m", "mode": "party", "phase": "computed",
      "principals": [], "program": "\(String(repeating: "00", count: 32))", "session": "", "statements": [], "study": "",
      "time": "2026-01-02T03:04:05Z"}, "signature": ""}
      """
    var evidence = try JSONDecoder().decode(Evidence.self, from: Data(text.utf8))
    evidence.body.principals = principals ?? world.principals
    evidence.body.session = session ?? self.session
    evidence.body.study = study
    return try world.signed(evidence)
  }

  /// As holders and a recipient would list themselves as computing parties, beside one that they want to see named.
  private var pretended: [Evidence.Principal] {
    world.principals.map { principal in
      .init(
        index: principal.index, name: principal.name, identity: principal.identity,
        isComputing: [0, 3, 4].contains(principal.index))
    }
  }

  @Test func principalsThatDoNotComputeCannotPassForComputingParties() throws {
    let files = try [3, 4].map { try forged(by: $0, accusing: [0], principals: pretended) }
    let error = #expect(throws: ParleyError.self) { try world.review(files) }
    #expect(
      error?.code.rawValue == "data/evidence" && error?.message.contains("roles") == true,
      "\(String(describing: error))")
    // Two accusations by computing parties would have named c1.
    let alike = try [1, 2].map { try forged(by: $0, accusing: [0]) }
    #expect(try world.review(alike).verdict == .follows(PartyIndex(0)))
    // With their true roles they can say what they like.
    let honest = try [3, 4, 5].map { try forged(by: $0, accusing: [0]) }
    #expect(try world.review(honest).named.isEmpty)
  }

  @Test func namesNumbersAndKeysAreTheStudys() throws {
    let principals = world.principals
    var names = principals
    (names[0].name, names[1].name) = (names[1].name, names[0].name)
    var numbers = principals
    (numbers[0], numbers[1]) = (numbers[1], numbers[0])
    (numbers[0].index, numbers[1].index) = (0, 1)
    var keys = principals
    (keys[0].identity, keys[1].identity) = (keys[1].identity, keys[0].identity)
    var more = principals
    more.append(.init(index: 6, name: "c4", identity: principals[3].identity, isComputing: true))
    for (what, list) in [("names", names), ("numbers", numbers), ("keys", keys), ("one more", more)] {
      let file = try forged(by: 2, accusing: [0], principals: list)
      let error = #expect(throws: ParleyError.self, "\(what)") { try world.review([file]) }
      #expect(error?.code.rawValue == "data/evidence", "\(what): \(error?.message ?? "accepted")")
    }
  }

  /// A file about another study is no second voice, whatever session it says that it is about.
  @Test func filesAreAboutOneStudy() throws {
    let one = try forged(by: 1, accusing: [0])
    #expect(try world.review([one, try forged(by: 2, accusing: [0])]).verdict == .follows(PartyIndex(0)))
    for (what, other) in [
      ("study", try forged(by: 2, accusing: [0], study: String(repeating: "01", count: 32))),
      ("job", try forged(by: 2, accusing: [0], job: "01")),
    ] {
      let error = #expect(throws: ParleyError.self, "\(what)") { try world.review([one, other]) }
      #expect(error?.message.contains("another session, study") == true, "\(what): \(String(describing: error))")
    }
  }

  /// Its own text adds no line to what is printed: a hash is 64 digits.
  @Test func sessionStudyAndProgramAreHashes() throws {
    let verdict = session.dropLast(20) + "\n  c1 deviates: proven"
    for (what, file) in [
      ("session", try forged(by: 5, accusing: [], session: String(verdict))),
      ("short session", try forged(by: 5, accusing: [], session: "5e")),
      ("study", try forged(by: 5, accusing: [], study: String(verdict))),
      ("job", try forged(by: 5, accusing: [], job: "\\n")),
    ] {
      for hasStudy in [true, false] {
        let error = #expect(throws: ParleyError.self, "\(what)") { try world.review([file], hasStudy: hasStudy) }
        #expect(error?.code.rawValue == "data/evidence", "\(what)")
      }
    }
  }

  /// Without the study no name is told, by no finding and no conclusion.
  @Test func withoutTheStudyNobodyIsNamed() throws {
    for list in [world.principals, pretended] {
      let files = try [3, 4].map { try forged(by: $0, accusing: [0], principals: list) }
      let review = try world.review(files, hasStudy: false)
      #expect(review.verdict == .withoutStudy && review.named.isEmpty && review.findings.isEmpty)
      #expect(review.names.isEmpty && !review.conclusion.contains("c1"), "\(review.conclusion)")
    }
  }
}
