import Foundation
import ParleyBase
import ParleyProgram
import ParleyTesting
import Testing

/// Nobody who asks can work out from what a study opens how many, or what values, fewer units than the minimum have.
@Suite struct ReleaseAttackTests {
  /// With the rules switched off every trick succeeds on one of its first studies: an attack that is blind to it would find
  /// nothing on any rules.
  @Test(arguments: ReleaseAttack.tricks) func everyTrickIsFoundWithoutRules(trick: String) {
    var refused: Set<String> = []
    for seed in 1...60 {
      switch ReleaseAttack.outcome(of: .init(seed: UInt64(seed), trick: trick), isJudged: false) {
      case .judged(let hits, _, _): if !hits.isEmpty { return }
      case .refused(let code): refused.insert(code)
      case .fault(let text): Issue.record("\(trick), seed \(seed): \(text)")
      }
    }
    Issue.record("'\(trick)' is never found; refused: \(refused.sorted())")
  }

  /// `PARLEY_ATTACK_STUDIES` says how many, `PARLEY_ATTACK_SEED` where they begin.
  @Test(arguments: 0..<2) func noStudyTellsOfFewUnits(part: Int) {
    let count = RelationalDifferentialTests.number("PARLEY_ATTACK_STUDIES", 500) / 2
    let seed = UInt64(RelationalDifferentialTests.number("PARLEY_ATTACK_SEED", 7_000_000) + part * 100_000_000)
    let report = ReleaseAttack.report(seed: seed, count: count)
    print("release attack from seed \(seed): \(report.summary)")
    let file = ProcessInfo.processInfo.environment["PARLEY_ATTACK_REPORT"]
    if let file {
      let text = (report.findings.map(\.description) + report.faults).joined(separator: "\n")
      try? "\(report.summary)\n\(report.refusedHarmless)\n\(text)\n".write(
        toFile: "\(file).\(part)", atomically: true, encoding: .utf8)
    }
    #expect(
      report.findings.isEmpty,
      "\(report.findings.count) studies tell too much: \(report.findings.prefix(4).map(\.description).joined(separator: "\n"))"
    )
    #expect(report.faults.isEmpty, "\(report.faults.prefix(3).joined(separator: "\n"))")
    #expect(report.acceptedHarmless * 10 >= report.harmless * 8, "refused: \(report.refusedHarmless)")
    #expect(report.shown > count && report.withheld > count / 4, "\(report.summary)")
  }
}
