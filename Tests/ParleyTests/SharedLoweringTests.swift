import Parley
import ParleyProgram
import ParleyStudy
import Testing

/// Both verifiers run the same instructions unless rows are sorted: these are found once.
@Suite struct SharedLoweringTests {
  private static let queries = [
    "SELECT COUNT(*) AS n, AVG(age) AS m, STDDEV(age) AS s FROM patients",
    "SELECT MIN(age) AS a, MAX(age) AS b FROM patients WHERE age > 30",
    "SELECT age / 20 AS band, COUNT(*) AS n FROM patients GROUP BY age / 20",
  ]
  private func prepared(_ query: String, _ verifier: String) throws -> PreparedProgram {
    try StudyTests.prepared(.apart, queries: [query], security: "adversary: malicious, verifier: \(verifier)").core
  }

  @Test(arguments: queries) func isThatOfTheOther(query: String) throws {
    let proofs = try prepared(query, "proofs"), macs = try prepared(query, "macs")
    let shared = try #require(proofs.with(.macs))
    #expect(shared.lowered == macs.lowered && shared.loweredHash == macs.loweredHash)
    #expect(shared.descriptor == macs.descriptor && shared.statement == proofs.statement)
    #expect(shared.trust == macs.trust)
    let rows = proofs.assumedRows
    #expect(try shared.plan(rows: rows).cost == macs.plan(rows: rows).cost)
    #expect(try shared.plan(rows: rows).cost != proofs.plan(rows: rows).cost)
  }

  /// Only the forms in which holders share their columns are the same then.
  @Test(arguments: [
    "SELECT age, COUNT(*) AS n FROM patients GROUP BY age ORDER BY n DESC, age LIMIT 2",
    "SELECT sex, MEDIAN(dose) AS m, SUM(age) AS a FROM patients GROUP BY sex",
    "SELECT age, RANK() OVER (PARTITION BY smoker ORDER BY dose) AS r FROM patients ORDER BY r LIMIT 3",
    "SELECT COUNT(*) AS n FROM patients p JOIN others o ON p.age = o.age AND p.dose < o.dose",
  ])
  func sortsHaveInstructionsOfTheirOwn(query: String) throws {
    let proofs = try prepared(query, "proofs"), macs = try prepared(query, "macs")
    #expect(proofs.lowered != macs.lowered)
    #expect(proofs.with(.macs) == nil)
    let shared = try PreparedProgram(
      title: macs.title, program: macs.program, principals: macs.principals, computing: macs.computingCount,
      tables: macs.tables, adversary: .malicious, verifier: .macs, minimumCell: macs.minimumCell, rules: [],
      publicFacts: [], forms: proofs.inputForms, studyHash: macs.studyHash)
    #expect(shared.lowered == macs.lowered)
  }
}
