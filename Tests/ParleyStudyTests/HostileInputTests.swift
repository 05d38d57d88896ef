import Foundation
import ParleyBase
import ParleyCrypto
import ParleyStudy
import Testing

/// Damaged files of every kind give typed errors, never a trap.
@Suite struct HostileInputTests {
  private func mutate(_ bytes: [UInt8], _ alphabet: [UInt8], _ random: inout InsecureSplitMix) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !bytes.isEmpty else { break }
      let position = Int.random(in: 0..<bytes.count, using: &random)
      let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[position] = byte
      case 1: bytes.insert(byte, at: position)
      case 2: bytes.remove(at: position)
      default: bytes.removeSubrange(position..<min(bytes.count, position + Int.random(in: 1...30, using: &random)))
      }
    }
    return bytes
  }

  @Test(arguments: [UInt64(11), 12, 13, 14]) func damagedStudies(seed: UInt64) {
    var random = InsecureSplitMix(seed: seed)
    let alphabet = Array("{}[],:-\"'|>&*!%@#?~ \n\tax0.\\u".utf8) + [0, 1, 0x7f, 0x80, 0xc3, 0xff]
    var loaded = 0
    for round in 0..<250 {
      let bytes = mutate(Array(Sample.text.utf8), alphabet, &random)
      let outcome = StudyLoader.check(text: String(decoding: bytes, as: UTF8.self), file: "s.yml")
      #expect((outcome.study == nil) == !outcome.problems.isEmpty, "seed \(seed) round \(round)")
      #expect(
        outcome.problems.allSatisfy { $0.remedy != nil && $0.code.category == "study" },
        "seed \(seed) round \(round)")
      if let study = outcome.study {
        loaded += 1
        #expect(study.computing.count == 3 && study.studyHash.count == 32)
      }
    }
    #expect(loaded > 0, "seed \(seed): some changes are harmless")
  }

  /// Anchors are found behind everything that ends a line in YAML, and wherever else a word can begin: what is not found
  /// here can keep the parser busy for ever.
  @Test(arguments: [
    "\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", " ", "\t", "{?", "[", ",", ":", "\u{feff}", "?", "!",
  ])
  func anchorsAreFoundBehind(_ before: String) {
    let outcome = StudyLoader.check(text: "parley: 1\nname:\(before)&a x\n", file: "s.yml")
    #expect(outcome.study == nil)
    #expect(!outcome.problems.isEmpty && outcome.problems.allSatisfy { $0.code == .studySyntax })
    #expect(outcome.problems.contains { $0.message.contains("anchors") }, "\(outcome.problems)")
  }

  /// Ampersands in texts are no anchors.
  @Test(arguments: ["R&D", "R & D", "(a)&b", "é&ü", "x=1&y=2", "50%&more", "\"a\"", "'Gut&Börse'"])
  func ampersandsInTexts(_ name: String) throws {
    let outcome = StudyLoader.check(
      text: try Sample.text(replacing: "name: Sample", with: "name: \(name)"), file: "s.yml")
    #expect(outcome.problems.allSatisfy { !$0.message.contains("anchors") }, "\(outcome.problems)")
  }

  @Test(arguments: [UInt64(21), 22, 23]) func damagedDataFiles(seed: UInt64) throws {
    var random = InsecureSplitMix(seed: seed)
    let alphabet = Array(",;\"\n\r\t 019.-ex".utf8) + [0, 0x80, 0xc3, 0xa9, 0xef, 0xff]
    let table = try Sample.table()
    let good = CSVTests.header + "30,f,1.5,true,2020-02-29\n41,m,\"NA\",\"\",2000-01-01\n5,\"f\",9,0,2001-12-31\n"
    for round in 0..<200 {
      let bytes = mutate(Array(good.utf8), alphabet, &random)
      // However the bytes arrive, the result is the same.
      let outcomes = [(Int.max, 1 << 18), (1, 16), (3, 17)].map { piece, window in
        HolderCSV.check(bytes: bytes, file: "a.csv", table: table, holder: "a", piece: piece, window: window)
      }
      for outcome in outcomes {
        #expect(
          outcome.data == outcomes[0].data && outcome.problems == outcomes[0].problems,
          "seed \(seed) round \(round)")
        #expect((outcome.data == nil) == !outcome.problems.isEmpty, "seed \(seed) round \(round)")
        #expect(outcome.problems.allSatisfy { $0.remedy != nil && $0.code.category == "data" })
      }
    }
  }

  @Test(arguments: [UInt64(31)]) func damagedKeys(seed: UInt64) throws {
    var random = InsecureSplitMix(seed: seed)
    let key = try Identity.create(name: "a").publicIdentity
    let alphabet = Array("AZaz09-_+/= \n1".utf8)
    for round in 0..<200 {
      let text = String(decoding: mutate(Array(key.text.utf8), alphabet, &random), as: UTF8.self)
      if let read = try? PublicIdentity(text: text) {
        #expect(read == key && text.filter { !$0.isWhitespace } == key.text, "seed \(seed) round \(round)")
      }
    }
  }
}
