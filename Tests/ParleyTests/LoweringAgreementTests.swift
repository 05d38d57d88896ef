import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyStudy
import Testing

/// Two builds that turn one program into different instructions find that out in the handshake.
@Suite struct LoweringAgreementTests {
  private static let study = Result {
    try StudyTests.prepared(
      .apart, queries: ["SELECT age, COUNT(*) AS n FROM patients GROUP BY age ORDER BY n DESC, age LIMIT 2"])
  }

  /// The same program, statement and study; other instructions.
  private func prepared(_ options: LoweringOptions) throws -> PreparedProgram {
    let core = try Self.study.get().core
    return try PreparedProgram(
      title: core.title, program: core.program, principals: core.principals, computing: core.computingCount,
      tables: core.tables, minimumCell: core.minimumCell, rules: [], publicFacts: [], lowering: options,
      studyHash: core.studyHash)
  }

  private static let options: [LoweringOptions] = [
    .init(), .init(sortWay: .radix), .init(sortWay: .comparisons), .init(chunkRows: 64), .init(divisionRadix: 1),
  ]

  @Test func everyLoweringHasItsHash() throws {
    let prepared = try Self.options.map { try self.prepared($0) }
    #expect(Set(prepared.map(\.programHash)).count == 1 && Set(prepared.map(\.statementHash)).count == 1)
    for (a, options) in zip(prepared, Self.options) {
      for (b, others) in zip(prepared, Self.options) {
        #expect(
          (a.loweredHash == b.loweredHash) == (a.lowered.withoutOwners == b.lowered.withoutOwners),
          "\(options), \(others)")
      }
      #expect(try self.prepared(options).loweredHash == a.loweredHash)
    }
    #expect(Set(prepared.map(\.loweredHash)).count >= 3)
  }

  @Test func twoLoweringsDoNotMeet() throws {
    let usual = try prepared(.init()), other = try prepared(.init(chunkRows: 64))
    let identities = try TrialRun.identities(for: usual)
    let keys = identities.mapValues(\.publicIdentity)
    let study = try Self.study.get()
    var data: [String: [Int: TableData]] = [:]
    for holder in Cast.apart.holders {
      for (index, table) in study.study.tables.enumerated() {
        data[holder, default: [:]][index] = SyntheticData.make(table.schema, rows: 4, seed: 3)
      }
    }
    let participants = try usual.names.enumerated().map { index, name in
      Participant(
        prepared: (index == 1 ? other : usual).withKeys(keys, studyHash: usual.studyHash), name: name,
        identity: try #require(identities[name]), data: data[name] ?? [:], mode: .localTrial,
        memory: EphemeralMemory())
    }
    let network = InMemoryNetwork(count: participants.count)
    let results: [Result<Participant.Ending, ParleyError>] = runParties(network) { (mesh) throws(ParleyError) in
      try participants[mesh.local.rawValue].run(over: mesh)
    }
    for (party, result) in results.enumerated() {
      guard case .failure(let error) = result else {
        Issue.record("P\(party) has not noticed")
        continue
      }
      #expect(error.code == .sessionMismatch, "P\(party): \(error)")
      #expect(error.message.contains("lowering") || party != 0, "\(error)")
    }
  }
}

extension LoweredProgram {
  fileprivate var withoutOwners: LoweredProgram {
    var copy = self
    copy.owners = CostOwners()
    return copy
  }
}
