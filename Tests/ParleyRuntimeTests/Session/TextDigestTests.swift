import ParleyBase
import ParleyProgram
import ParleyRuntime
import Testing

@Suite struct TextDigestTests {
  /// Computed with Python's hmac and hashlib: the key is SHA-256 of label and session id, each after its length in
  /// eight bytes, least significant first; the digest is the first 14 bytes of HMAC-SHA256 of the text.
  static let vectors: [(text: String, digest: String)] = [
    ("", "4b1a340a7bef052a28a95b0059ee"),
    ("Georg-August-Universität Göttingen", "b1c01f2a8fd0fb050469e5f17e0e"),
    ("\u{e9}", "9b4ce933c5d04ade31b28deee484"),
    ("e\u{301}", "223825e09beb52c78dc58f7ee19e"),
    (String(repeating: "x", count: 256), "c163ad5c70f5bf6280ca38a3e336"),
  ]

  @Test func digestsAreTheStandardsOwn() {
    let digester = SessionTextDigester(sessionID: Array(0..<32))
    for (text, expected) in Self.vectors {
      let digest = digester.digest(of: text)
      let bytes = [digest[0], digest[1]].flatMap { part in
        (0..<7).map { UInt8(truncatingIfNeeded: part >> Int64(48 - 8 * $0)) }
      }
      #expect(hexadecimal(bytes) == expected, "\(text)")
      #expect((0...1).allSatisfy { (0..<1 << 56).contains(digest[$0]) })
    }
  }

  @Test func oneKeyInASessionAndAnotherInTheNext() throws {
    let runs = [SessionWorld().run(), SessionWorld().run()]
    let digests = runs.map { run in
      (0..<SessionWorld.count).compactMap { run.outcome($0)?.session.textDigester.digest(of: "a text") }
    }
    for own in digests {
      #expect(own.count == SessionWorld.count)
      #expect(Set(own).count == 1)
    }
    #expect(digests[0][0] != digests[1][0])
    // The id decides, and all of it.
    let id = try #require(runs[0].outcome(0)?.session.id)
    #expect(SessionTextDigester(sessionID: id).digest(of: "a text") == digests[0][0])
    var other = id
    other[31] ^= 1
    #expect(SessionTextDigester(sessionID: other).digest(of: "a text") != digests[0][0])
  }

  /// An input that wants a digest fails where there is no key, and never shares anything else instead.
  @Test func thereIsNoDigestWithoutAKey() throws {
    let schema = TableSchema(
      name: "t", columns: [.init(name: "s", type: .text(bytes: 40), isNullable: true)], holders: ["h"],
      maximumRows: 3)
    let data = TableData(
      rowCount: 3, columns: [.init(values: [], isNull: [false, true, false], texts: ["one", "", "one"])])
    func cells(_ digester: (any TextDigester)?) throws -> [[Int64]] {
      try (0..<TextDigest.partCount).map { index in
        try Program.Input(
          table: .init(rawValue: 0), column: "s", role: .value, sort: .integer(TextParts.range),
          formula: .textDigest(.column("s"), index: index)
        ).cells(of: data, schema, absent: 0, digester: digester)
      }
    }
    let error = try #require(throws: ParleyError.self) { try cells(nil) }
    #expect(error.code.rawValue == "plan/text-digest")
    let digester = SessionTextDigester(sessionID: [1])
    let one = digester.digest(of: "one")
    #expect(try cells(digester) == [[one[0], 0, one[0]], [one[1], 0, one[1]]])
    #expect(one[0] != 0 && one[1] != 0 && one[0] != one[1])
  }
}
