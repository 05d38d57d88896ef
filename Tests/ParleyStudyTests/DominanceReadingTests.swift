import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// `dominance`, as studies say it.
@Suite struct DominanceReadingTests {
  private static func text(_ dominance: String) throws -> String {
    try Sample.text(replacing: "minimum-cell: 5", with: "minimum-cell: 5\n  dominance: \(dominance)")
  }

  @Test func isRead() throws {
    let forms: [(String, [ReleaseRules.Dominance])] = [
      ("{largest-percent: 60}", [.init(units: 1, percent: 60)]),
      ("{largest-count: 2, largest-count-percent: 80}", [.init(units: 2, percent: 80)]),
      (
        "{largest-count-percent: 99, largest-percent: 1, largest-count: 100}",
        [.init(units: 1, percent: 1), .init(units: 100, percent: 99)]
      ),
    ]
    var hashes: Set = [try Sample.study().studyHashText]
    for (text, limits) in forms {
      let study = try StudyLoader.load(text: Self.text(text), file: "s.yml")
      #expect(study.release.dominance == limits && study.rules.dominance == limits, "\(text)")
      hashes.insert(study.studyHashText)
    }
    #expect(hashes.count == forms.count + 1)
    #expect(try Sample.study().rules.dominance.isEmpty)
  }

  @Test(arguments: [
    ("{}", "study/missing"), ("{largest-count: 2}", "study/missing"),
    ("{largest-count-percent: 80, largest-percent: 50}", "study/missing"), ("{largest-percent: 0}", "study/value"),
    ("{largest-percent: 100}", "study/value"), ("{largest-count: 1, largest-count-percent: 5}", "study/value"),
    ("60", "study/type"), ("{largest: 5}", "study/unknown-key"),
  ])
  func isRefused(text: String, code: String) throws {
    let problems = try StudyLoader.check(text: Self.text(text), file: "s.yml").problems
    let problem = try #require(problems.first, "\(text)")
    #expect(problem.code.rawValue == code && problem.remedy != nil && problem.place?.line != nil, "\(problem)")
  }
}
