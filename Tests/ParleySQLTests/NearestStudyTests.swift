import Foundation
import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// What the refusal of a study proposes has been tried, and passes.
@Suite struct NearestStudyTests {
  /// The study with what the error proposes in the place of the refused query, or without it; nil where nothing is proposed.
  private static func proposed(_ texts: [String]) throws -> (remedy: String, program: Program?) {
    let error = try #require(throws: ParleyError.self) { try ReleaseSetTests.compile(texts) }
    let remedy = try #require(error.remedy)
    guard let range = remedy.firstRange(of: #/this passes(, and is another question)?: /#) else {
      guard let name = remedy.firstMatch(of: /without the query 'q([0-9]+)' the study passes/),
        let place = Int(name.1), texts.indices.contains(place)
      else { return (remedy, nil) }
      var others = texts
      others.remove(at: place)
      return (remedy, try ReleaseSetTests.compile(others))
    }
    let text = String(remedy[range.upperBound...])
    for place in texts.indices {
      var changed = texts
      changed[place] = text
      if let program = try? ReleaseSetTests.compile(changed) { return (remedy, program) }
    }
    Issue.record("'\(text)' does not pass")
    return (remedy, nil)
  }

  @Test func whatIsRefusedIsLeftOut() throws {
    let (remedy, program) = try Self.proposed([
      "SELECT sex, COUNT(*) AS n, SUM(age * age * age) FROM patients GROUP BY sex"
    ])
    #expect(remedy.hasSuffix("this passes: SELECT sex, COUNT(*) AS n FROM patients GROUP BY sex"), "\(remedy)")
    #expect(program?.results[0].columns.map(\.name) == ["n"])
  }

  @Test func oneOfSeveralIsKept() throws {
    let (remedy, program) = try Self.proposed([
      "SELECT AVG(age), SUM(age * age), SUM(chol * chol * chol) FROM patients"
    ])
    #expect(remedy.hasSuffix("this passes: SELECT AVG(age) FROM patients"), "\(remedy)")
    #expect(program != nil)
  }

  @Test func aQueryBesideOthersIsLeftOut() throws {
    let (remedy, _) = try Self.proposed([
      "SELECT COUNT(*) FROM patients GROUP BY age / 10", "SELECT COUNT(*) FROM patients GROUP BY age / 5",
    ])
    #expect(remedy.hasSuffix("without the query 'q1' the study passes"), "\(remedy)")
    _ = try ReleaseSetTests.compile(["SELECT COUNT(*) FROM patients GROUP BY age / 10"])
  }

  /// One query with one statistic: nothing can be left out of it, and what passes is another question.
  private static let otherQuestions: [[String]] = [
    ["SELECT COUNT(*) FROM patients GROUP BY age / 10, \(ReleaseSetTests.band)"],
    ["SELECT AVG(age < 30), age / 10 FROM patients GROUP BY age / 10"],
    ["SELECT COUNT(CASE WHEN sex = 'male' THEN chol END), sex FROM patients GROUP BY sex"],
  ]

  @Test(arguments: ReleaseSetTests.refused) func proposalsPass(texts: [String]) throws {
    let (remedy, program) = try Self.proposed(texts)
    #expect(program != nil, "\(texts): \(remedy)")
    #expect(remedy.contains("another question") == Self.otherQuestions.contains(texts), "\(texts): \(remedy)")
  }

  @Test func whatCannotBeShortenedHasItsRemedyOnly() throws {
    let error = try #require(throws: ParleyError.self) {
      try ReleaseSetTests.compile(["SELECT SUM(age * age) FROM patients"])
    }
    #expect(error.remedy?.contains("passes") == false)
  }
}
