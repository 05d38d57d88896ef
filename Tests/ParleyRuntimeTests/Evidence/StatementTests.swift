import Foundation
import ParleyBase
import ParleyEngine
import ParleyRuntime
import Testing

/// Statements and evidence as bytes and files.
@Suite struct StatementTests {
  private static func share(_ number: Int, isFresh: Bool, _ text: String = "commitment") -> StatedShare {
    StatedShare(
      StatedShare.Key(step: StepID(instruction: 7), share: number, isFresh: isFresh),
      mask: isFresh ? SessionWorld.hash("mask") : [], commitment: SessionWorld.hash(text))
  }
  private static var statement: Statement {
    let hash = SessionWorld.hash("link")
    return Statement(
      session: SessionWorld.hash("session"), party: PartyIndex(1), moment: .beforeOpenings,
      publicDigest: SessionWorld.hash("public"),
      links: [
        .init(peer: PartyIndex(0), sent: hash, received: hash),
        .init(peer: PartyIndex(2), sent: hash, received: hash),
      ], shares: [share(1, isFresh: false), share(2, isFresh: false), share(1, isFresh: true)])
  }

  @Test func oneStatementHasOneEncoding() throws {
    let statement = Self.statement
    #expect(try Statement.decode(statement.encoded) == statement)
    for length in statement.encoded.indices {
      #expect(throws: ParleyError.self) { try Statement.decode(Array(statement.encoded.prefix(length))) }
    }
    #expect(throws: ParleyError.self) { try Statement.decode(statement.encoded + [0]) }
    let signed = SignedStatement(statement, signature: [1, 2, 3])
    #expect(try SignedStatement.decode(signed.encoded) == signed)

    var twice = statement
    twice.shares.append(Self.share(1, isFresh: false, "another"))
    #expect(throws: ParleyError.self) { try Statement.decode(twice.encoded) }
    twice = statement
    twice.links.append(statement.links[0])
    #expect(throws: ParleyError.self) { try Statement.decode(twice.encoded) }
    var maskless = statement
    maskless.shares[2] = StatedShare(statement.shares[2].key, mask: [], commitment: statement.shares[2].commitment)
    #expect(throws: ParleyError.self) { try Statement.decode(maskless.encoded) }
  }

  @Test func evidenceIsKeptForItsOwnerOnly() throws {
    let temporary = try TemporaryDirectory()
    let state = try StateDirectory(path: temporary["state"])
    let json = """
      {"body": {"format": "parley-evidence/1", "session": "0123456789abcdef", "study": "s", "program": "p", "job": "",
      "attempt": 3, "mode": "party", "principals": [{"index": 0, "name": "a", "identity": "00", "isComputing": true}],
      "author": 0, "time": "2026-01-02T03:04:05Z", "phase": "clear to open", "code": "aborted/check-failed",
      "message": "m", "accused": [], "statements": []}, "signature": "00"}
      """
    // Readable, but not as parley writes it.
    #expect(throws: ParleyError.self) { try Evidence(fileBytes: Array(json.utf8)) }
    let evidence = try JSONDecoder().decode(Evidence.self, from: Data(json.utf8))
    let path = try #require(try state.keep(evidence))
    #expect(try Evidence(readingFrom: path) == evidence)
    func mode(_ path: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
    #expect(try mode(path) == 0o600 && mode(temporary["state"] + "/evidence") == 0o700)
    #expect(throws: ParleyError.self) { try Evidence(readingFrom: path + ".missing") }
    #expect(throws: ParleyError.self) { try EvidenceReview([], principals: nil) { _, _, _ in true } }
  }
}
