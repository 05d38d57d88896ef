import Foundation
import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// What the refusal of a study proposes has been tried, and passes.
@Suite struct NearestStudyTests {
  private static let marker = "this passes: "

  /// The study with what the error proposes in the place of the refused query.
  private static func proposed(_ texts: [String]) throws -> (remedy: String, program: Program?) {
    let error = try #require(throws: ParleyError.self) { try ReleaseSetTests.compile(texts) }
    let remedy = try #require(error.remedy)
    guard let range = remedy.range(of: marker) else { return (remedy, nil) }
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

  @Test(arguments: ReleaseSetTests.refused) func proposalsPass(texts: [String]) throws {
    _ = try Self.proposed(texts)
  }

  @Test func whatCannotBeShortenedHasItsRemedyOnly() throws {
    let error = try #require(throws: ParleyError.self) {
      try ReleaseSetTests.compile(["SELECT SUM(age * age) FROM patients"])
    }
    #expect(error.remedy?.contains("passes") == false)
  }
}
