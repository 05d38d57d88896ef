import Foundation
import Parley
import ParleyBase
import ParleyStudy
import ParleyTesting
import Testing

/// Studies with damage are planned or refused with an error that says how to go on: never a trap, and never an error that
/// is a fault of Parley.
@Suite struct StudyFuzzTests {
  private static let texts: [String] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Examples")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap {
      try? String(contentsOf: folder.appending(path: "\($0)/study.yml"), encoding: .utf8)
    }
  }()
  /// In place of a number.
  private static let numbers = [
    "0", "1", "-1", "2", "65536", "1073741824", "1073741823", "2147483647", "2147483648", "4294967296",
    "9223372036854775807", "9223372036854775808", "1e9", "0.5",
  ]
  private static let words = [
    "semi-honest", "malicious", "macs", "proofs", "auto", "int", "decimal", "bool", "date", "timestamp",
    "category", "text",
    "allowed", "forbidden", "SELECT", "COUNT(*)", "AVG", "GROUP BY", "JOIN", "ORDER BY", "WHERE", "null", "[]",
    "{}", "\"\"",
  ]

  /// A number becomes another, a word another, a line comes twice or not at all.
  private static func mutated(_ text: String, _ random: inout InsecureRandom) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0..<lines.count, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: lines.remove(at: place)
      case 1: lines.insert(lines[place], at: Int.random(in: 0...lines.count, using: &random))
      case 2, 3:
        let parts = lines[place].split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard !parts.isEmpty else { continue }
        var changed = parts
        changed[Int.random(in: 0..<parts.count, using: &random)] = random.pick(words)
        lines[place] = changed.joined(separator: " ")
      default:
        // Lines with numbers are looked for, as most lines have none.
        let numbered = lines.indices.filter { lines[$0].contains(where: \.isNumber) }
        guard !numbered.isEmpty else { continue }
        let line = random.pick(numbered)
        let found = lines[line].ranges(of: /[0-9]+/)
        lines[line].replaceSubrange(random.pick(found), with: random.pick(numbers))
      }
      if lines.isEmpty { lines = [""] }
    }
    return lines.joined(separator: "\n")
  }

  @Test(arguments: [UInt64(1), 2, 3]) func damagedStudies(seed: UInt64) throws {
    var random = InsecureRandom(seed: 0x7374_7564_7900 + seed)
    try #require(Self.texts.count >= 5)
    var (read, planned) = (0, 0)
    for round in 0..<120 {
      let text = Self.mutated(random.pick(Self.texts), &random)
      let outcome = StudyLoader.check(text: text, file: "study.yml")
      #expect(
        outcome.problems.allSatisfy { ["study", "analysis"].contains($0.code.category) && $0.remedy != nil },
        "seed \(seed) round \(round)")
      guard let study = outcome.study else { continue }
      read += 1
      do throws(ParleyError) {
        let prepared = try PreparedStudy(study)
        _ = try prepared.plan(rows: prepared.assumedRows)
        planned += 1
      } catch {
        #expect(
          ["sql", "plan", "study", "analysis"].contains(error.code.category),
          "seed \(seed) round \(round): \(error)")
        #expect(error.remedy?.isEmpty == false, "seed \(seed) round \(round): \(error)")
      }
    }
    #expect(read > 10 && planned > 3, "seed \(seed): \(read) read, \(planned) planned")
  }
}
