import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// A plan is refused where the run that it is of would be: `parley plan` asks the same constructor.
@Suite struct PlanRefusalTests {
  private func plan(_ rows: Int, verifier: String) throws -> Plan {
    let text = """
      parley: 1
      name: Long
      parties:
        - {name: a, organisation: A}
        - {name: b, organisation: B}
        - {name: c, organisation: C}
        - {name: h, organisation: H}
      computing: [a, b, c]
      tables:
        - name: visits
          holders: [h]
          maximum-rows: \(rows)
          columns:
            - {name: cost, type: int, range: [0, 1000]}
      queries:
        - name: middle
          sql: SELECT MEDIAN(cost) AS m FROM visits
      security: {adversary: malicious, verifier: \(verifier)}
      release: {minimum-cell: 2, recipients: [a, h]}

      """
    return try PreparedStudy(StudyLoader.load(text: text, file: "long.yml")).plan(rows: [[rows]])
  }

  /// A sorting network has too many levels for so many rows; with shuffles they are sorted.
  @Test func sortsThatAreTooLongWithoutShuffles() throws {
    let error = #expect(throws: ParleyError.self) { try plan(5_000_000, verifier: "macs") }
    #expect(error?.code == .init("plan/no-shuffle"))
    _ = try plan(5_000_000, verifier: "proofs")
  }

  /// So many rows that no sum of them can be counted are too many for the table.
  @Test func moreRowsThanTheTableAllows() throws {
    let program = try plan(100, verifier: "proofs")
    for rows in [101, Int.max / 2] {
      var shape = program.shape
      shape.tables[0][0].rows = rows
      let error = #expect(throws: ParleyError.self) {
        try Plan(
          program: program.program, lowered: program.lowered, descriptor: program.descriptor, shape: shape)
      }
      #expect(error?.code == .init("plan/too-many-rows"))
    }
  }
}
