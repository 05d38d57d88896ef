import Foundation
import ParleyBase
import ParleyCrypto
import ParleyStudy
import Testing

@Suite struct StudyHashTests {
  @Test func layoutDoesNotMatter() throws {
    let plain = try Sample.study()
    // Comments, blank lines, quotes, flow against block style, another order of keys, other endpoints.
    var text = "# A comment\n\n" + Sample.text
    text = text.replacingOccurrences(of: "name: Sample", with: "name:   \"Sample\"   # the name")
    text = text.replacingOccurrences(
      of: "  - {name: b, organisation: Hospital B}", with: "  - organisation: 'Hospital B'\n\n    name: b")
    text = text.replacingOccurrences(
      of: "{name: age, type: int, range: [0, 120]}",
      with: "{range: [0, +120.0], type: int, nullable: false, name: age, header: age}")
    text = text.replacingOccurrences(of: "a.example.org:7100", with: "other.example.org:9")
    text = text.replacingOccurrences(of: "patience: 2m\n", with: "")
    text = "patience: 120\n" + text
    let other = try StudyLoader.load(text: text, file: "other.yml")
    #expect(other.canonicalBytes == plain.canonicalBytes)
    #expect(other.studyHash == plain.studyHash && plain.studyHash.count == 32)
    #expect(plain.studyHashText.count == 64)
  }

  static let changes: [(String, String)] = [
    ("name: Sample", "name: Sample2"), ("A study to break.", "A study to break"),
    ("organisation: Hospital B", "organisation: Hospital C"),
    ("computing: [c1, c2, c3]", "computing: [c1, c3, c2]"),
    ("holders: [a, b]", "holders: [b, a]"), ("maximum-rows: 1000", "maximum-rows: 1001"),
    ("    pad-to: 500", "    pad-to: 499"), ("    pad-to: 500", "    pad-to: 500\n    protect: age"),
    ("    pad-to: 500", "    pad-to: 500\n    extremes: allowed"),
    ("bad-rows: refuse", "bad-rows: drop"), ("[\"\", NA]", "[\"\", NA, x]"),
    ("{b: {delimiter: \";\"", "{b: {delimiter: \"|\""),
    ("[0, 120]", "[0, 121]"), ("[f, m]", "[m, f]"), ("f: female", "f: women"), ("scale: 2", "scale: 3"),
    ("header: Dose (mg)", "header: dose"),
    ("name: smoker, type: bool, nullable: true", "name: smoker, type: bool"),
    ("2029-12-31", "2029-12-30"), ("COUNT(*) AS n", "COUNT(*) AS m"), ("name: ages", "name: age"),
    ("adversary: semi-honest", "adversary: malicious"),
    ("adversary: semi-honest", "adversary: malicious\n  verifier: proofs"),
    ("adversary: semi-honest", "adversary: malicious\n  verifier: macs"), ("minimum-cell: 5", "minimum-cell: 6"),
    ("recipients: [office]", "recipients: [office, a]"), ("patience: 2m", "patience: 3m"),
    ("deadline: 1h", "deadline: 2h"),
    ("require-signatures: true", "require-signatures: false"),
  ]

  @Test func everyChangeOfMeaningChangesTheHash() throws {
    var hashes: [[UInt8]: String] = [try Sample.study().studyHash: "unchanged"]
    for (old, new) in Self.changes {
      let study = try StudyLoader.load(text: Sample.text(replacing: old, with: new), file: "s.yml")
      #expect(hashes[study.studyHash] == nil, "\(old) → \(new) has the hash of \(hashes[study.studyHash] ?? "")")
      hashes[study.studyHash] = new
    }
    let key = try Identity.create(name: "a").publicIdentity
    #expect(hashes[try Sample.study().withKeys(["a": key]).studyHash] == nil)
  }
}

@Suite struct StudySignatureTests {
  /// A study with keys, and the identities of its parties.
  private func signable() throws -> (Study, [String: Identity]) {
    let study = try Sample.study()
    var identities: [String: Identity] = [:]
    for party in study.parties { identities[party.name] = try Identity.create(name: party.name) }
    return (study.withKeys(identities.mapValues(\.publicIdentity)), identities)
  }

  @Test func keysInTheFileAreRead() throws {
    let key = try Identity.create(name: "b").publicIdentity
    let text = try Sample.text(
      replacing: "organisation: Hospital B", with: "organisation: Hospital B, key: \(key.text)")
    let study = try StudyLoader.load(text: text, file: "s.yml")
    #expect(study.party("b")?.key == key)
    #expect(try study.studyHash == Sample.study().withKeys(["b": key]).studyHash)
    let twice = text.replacingOccurrences(
      of: "organisation: Hospital A", with: "organisation: Hospital A, key: \(key.text)")
    let problem = try #require(StudyLoader.check(text: twice, file: "s.yml").problems.first)
    #expect(problem.code == .studyDuplicate && problem.place?.line == 6)
  }

  @Test func signAndVerify() throws {
    let (study, identities) = try signable()
    try Sample.withFolder { folder in
      let signatures = SignatureFolder(ofStudy: folder + "/study.yml")
      #expect(signatures.verify(study).allSatisfy { $0.status == .missing })
      for (name, identity) in identities where name != "b" {
        try signatures.save(study.sign(with: identity, as: name))
      }
      let status = Dictionary(uniqueKeysWithValues: signatures.verify(study).map { ($0.party, $0.status) })
      #expect(status["b"] == .missing && status.filter { $0.value == .valid }.count == 5)
      try signatures.requireSignatures(of: study, besides: "b")
      let error = #expect(throws: ParleyError.self) { try signatures.requireSignatures(of: study, besides: "a") }
      #expect(error?.code == .studySignatureMissing)
      #expect(error?.message == "'b' has not signed the study" && error?.remedy?.contains("parley sign") == true)
      var waived = study
      waived.requiresSignatures = false
      try signatures.requireSignatures(of: waived, besides: "a")
      // Signing again replaces.
      try signatures.save(study.sign(with: #require(identities["a"]), as: "a"))
      #expect(try signatures.load("a") != nil)
    }
  }

  @Test func everyChangeIsNoticed() throws {
    let (study, identities) = try signable()
    let alice = try #require(identities["a"])
    let signature = try study.sign(with: alice, as: "a")
    #expect(study.status(of: signature, as: "a") == .valid)
    var changed = study
    changed.release.minimumCell = 0
    #expect(changed.status(of: signature, as: "a") == .otherStudy)
    // The signature claims to be for the changed study.
    let claimed = StudySignature(party: "a", studyHash: changed.studyHash, signature: signature.signature)
    #expect(changed.status(of: claimed, as: "a") == .invalid)
    let renamed = StudySignature(party: "b", studyHash: study.studyHash, signature: signature.signature)
    #expect(study.status(of: renamed, as: "b") == .invalid)
    #expect(study.status(of: signature, as: "b") == .invalid)
    #expect(study.status(of: nil, as: "a") == .missing)
    #expect(try Sample.study().status(of: signature, as: "a") == .noKey)
    for isClassical in [true, false] {
      var classical = signature.signature.classical
      var postQuantum = signature.signature.postQuantum
      if isClassical { classical[5] ^= 4 } else { postQuantum[500] ^= 4 }
      let damaged = StudySignature(
        party: "a", studyHash: study.studyHash,
        signature: try HybridSignature(classical: classical, postQuantum: postQuantum))
      #expect(study.status(of: damaged, as: "a") == .invalid)
    }
  }

  @Test func onlyTheNamedKeySigns() throws {
    let (study, identities) = try signable()
    let bob = try #require(identities["b"])
    let wrong = #expect(throws: ParleyError.self) { try study.sign(with: bob, as: "a") }
    #expect(
      wrong?.code == .identityOtherKey
        && wrong?.message == "the identity 'b' is that of 'b' (Hospital B), and not of 'a' (Hospital A)",
      "\(String(describing: wrong))")
    let other = try Identity.create(name: "a")
    let strange = #expect(throws: ParleyError.self) { try study.sign(with: other, as: "a") }
    #expect(
      strange?.code == .identityOtherKey
        && strange?.message.contains(other.publicIdentity.fingerprint) == true)
    let unknown = #expect(throws: ParleyError.self) { try study.sign(with: bob, as: "bb") }
    #expect(unknown?.code == .studyUnknownName)
    let keyless = #expect(throws: ParleyError.self) { try Sample.study().sign(with: bob, as: "b") }
    #expect(keyless?.code == .studyNotReady)
  }

  @Test func damagedSignatureFiles() throws {
    let (study, identities) = try signable()
    try Sample.withFolder { folder in
      let signatures = SignatureFolder(ofStudy: folder + "/study.yml")
      try signatures.save(study.sign(with: #require(identities["a"]), as: "a"))
      let path = signatures.path(of: "a")
      let good = try String(contentsOfFile: path, encoding: .utf8)
      for text in [
        "", "{}", String(good.dropLast(9)), good.replacingOccurrences(of: study.studyHashText, with: "00"),
      ] {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: ParleyError.self) { try signatures.load("a") }
        #expect(error?.code == .studySignatureInvalid && error?.place?.file == path)
        #expect(signatures.verify(study).first?.status == .invalid)
      }
      try good.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(signatures.verify(study).first?.status == .valid)
      #expect(signatures.verify(try Sample.study()).first?.status == .noKey)
    }
  }

  @Test func aFileOfSomebodyElseIsTold() throws {
    let (study, identities) = try signable()
    try Sample.withFolder { folder in
      let signatures = SignatureFolder(ofStudy: folder + "/study.yml")
      try signatures.save(study.sign(with: #require(identities["b"]), as: "b"))
      #expect(signatures.problems(with: study) == [])
      try FileManager.default.moveItem(atPath: signatures.path(of: "b"), toPath: signatures.path(of: "a"))
      let messages = signatures.problems(with: study).map(\.message)
      #expect(messages == ["the file holds the signature of 'b', and not of 'a'"])
      try "junk".write(toFile: signatures.path(of: "a"), atomically: true, encoding: .utf8)
      let message = signatures.problems(with: study).first?.message
      #expect(message?.hasPrefix("this is no signature file") == true)
    }
  }
}
