package import ParleyClear
internal import ParleyTesting

extension ReleaseAttack {
  /// A study in which something was found.
  package struct Finding: Sendable, CustomStringConvertible {
    /// The study, which its seed gives again.
    package let study: Study
    /// Numbers that rest on too few units.
    package let hits: [InfluenceTest.Hit]
    package var description: String {
      "\(study)\n    \(hits.prefix(4).map(\.description).joined(separator: "\n    "))"
    }
  }

  /// What became of many studies.
  package struct Report: Sendable {
    /// All that were tried.
    package var studies = 0
    /// Those that do not aim at few units.
    package var harmless = 0
    /// Those that the rules let through.
    package var accepted = 0
    /// Harmless ones that the rules let through.
    package var acceptedHarmless = 0
    /// By error code.
    package var refused: [String: Int] = [:]
    /// Harmless ones, by what they are.
    package var refusedHarmless: [String: Int] = [:]
    /// By trick: how many were asked, and how many answered.
    package var answered: [String: (asked: Int, answered: Int)] = [:]
    /// Numbers that were shown.
    package var shown = 0
    /// Numbers that were withheld.
    package var withheld = 0
    /// Studies that told of few units.
    package var findings: [Finding] = []
    /// Errors that no rule of release is.
    package var faults: [String] = []

    /// In a few lines.
    package var summary: String {
      let codes = refused.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      var kinds: [String: Int] = [:]
      for finding in findings {
        for kind in Set(finding.hits.map(\.kind)) {
          kinds["\(finding.study.trick) (\(kind.rawValue))", default: 0] += 1
        }
      }
      return """
        \(studies) studies, \(accepted) accepted (of \(harmless) harmless ones \(acceptedHarmless)), numbers shown \(shown), withheld \(withheld)
        refused: \(codes)
        hits: \(findings.count) \(kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
        faults: \(faults.count)
        """
    }
  }

  /// Studies that follow from `seed`.
  ///
  /// - Parameters:
  ///   - isJudged: false compiles them without a minimum.
  ///   - share: percent of them that are of ``wholeDialect``.
  ///   - shapes: percent of the others that are of ``shapes``.
  package static func report(
    seed: UInt64, count: Int, isJudged: Bool = true, grammar share: Int = 40, shapes: Int = 20
  ) -> Report {
    var report = Report()
    for index in 0..<UInt64(count) {
      let own = seed &+ index
      var random = InsecureRandom(seed: own, 0x5a)
      let trick: String? =
        random.chance(share) ? wholeDialect : random.chance(shapes) ? random.pick(Self.shapes) : nil
      let study = Study(seed: own, trick: trick)
      report.studies += 1
      if study.isHarmless { report.harmless += 1 }
      report.answered[study.trick, default: (0, 0)].asked += 1
      switch outcome(of: study, isJudged: isJudged) {
      case .refused(let code):
        report.refused[code, default: 0] += 1
        if study.isHarmless { report.refusedHarmless["\(study.trick): \(code)", default: 0] += 1 }
      case .fault(let text): report.faults.append("\(study): \(text)")
      case .judged(let found, let shown, let withheld):
        let hits = found.filter { !$0.isConceded }
        report.accepted += 1
        report.answered[study.trick, default: (0, 0)].answered += 1
        if study.isHarmless { report.acceptedHarmless += 1 }
        report.shown += shown
        report.withheld += withheld
        if !hits.isEmpty { report.findings.append(Finding(study: study, hits: hits)) }
      }
    }
    return report
  }
}
