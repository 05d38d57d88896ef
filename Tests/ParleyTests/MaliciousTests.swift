import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyStudy
import ParleyTesting
import Synchronization
import Testing

/// Studies and programs for an adversary that deviates, through the facade.
@Suite struct MaliciousTests {
  static let security = "adversary: malicious, verifier: proofs"

  private func data(_ prepared: PreparedStudy, _ cast: Cast, rows: [Int]) -> [String: [Int: TableData]] {
    var data: [String: [Int: TableData]] = [:]
    for (index, holder) in cast.holders.enumerated() {
      for (number, table) in prepared.study.tables.enumerated() {
        data[holder, default: [:]][number] = SyntheticData.make(
          table.schema, rows: rows[index], seed: UInt64(10 * index + number))
      }
    }
    return data
  }

  /// The same results as without verification, and every byte and round as planned.
  @Test(arguments: StudyTests.queries, [Cast.apart, .holdersCompute])
  func resultsAndCostsAreAsPlanned(_ queries: [String], _ cast: Cast) throws {
    let rows = cast == .apart ? [7, 9] : [12, 0]
    let plain = try StudyTests.prepared(cast, queries: queries)
    let prepared = try StudyTests.prepared(cast, queries: queries, security: Self.security)
    let data = data(prepared, cast, rows: rows)
    let report = try TrialRun.run(prepared, data: data)
    let expected = try TrialRun.run(plain, data: data).result.tables
    #expect(report.result.tables == expected, "\(report.result.tables.map(\.rows)) for \(expected.map(\.rows))")
    let plan = try prepared.plan(rows: [rows, rows])
    #expect(report.measuredBytes == plan.cost.bytes)
    #expect(report.measuredRounds == plan.cost.rounds)
    let exponent = try #require(plan.cost.cheatingExponent)
    #expect(exponent < -40)
    #expect(plan.descriptor.verifier?.method == .proofs)
    #expect(prepared.programHash == plain.programHash && prepared.study.studyHash != plain.study.studyHash)
  }

  @Test func theStatementListsVerdictsAndThePlanTheirCost() throws {
    let prepared = try StudyTests.prepared(.apart, queries: StudyTests.queries[1], security: Self.security)
    #expect(
      prepared.statement.verdicts == [
        "whether each holder's rows of patients are within the declared ranges, one bit per holder (h1 and h2)"
      ])
    #expect(prepared.statement.text.contains("one bit per holder"))
    let trust = prepared.trust.lines.joined(separator: "\n")
    for words in [
      "honest majority", "no fairness", "A run that ends early tells", "rows out of range end the run",
    ] {
      #expect(trust.contains(words), "\(words)")
    }
    let plan = try prepared.plan(rows: [[5, 5], [5, 5]])
    let checks = try #require(try prepared.inputChecks(plan))
    #expect(checks.verdicts == 2 && checks.andBits > 0 && checks.andBits < plan.cost.andBits)
    #expect(prepared.verifierChoice?.method == .proofs)

    let plain = try StudyTests.prepared(.apart, queries: StudyTests.queries[1])
    let trusting = try plain.plan(rows: [[5, 5], [5, 5]])
    #expect(try plain.inputChecks(trusting) == nil && plain.verifierChoice == nil)
    #expect(plain.statement.verdicts.isEmpty && plain.statementHash != prepared.statementHash)
    #expect(trusting.cost.cheatingExponent == nil)
    // Counting needs no column with a range.
    let count = try StudyTests.prepared(.apart, queries: StudyTests.queries[0], security: Self.security)
    #expect(count.statement.verdicts.isEmpty)
  }

  @Test func aStudyChoosesItsVerifier() throws {
    func prepared(_ verifier: String) throws -> PreparedStudy {
      try StudyTests.prepared(
        .apart, queries: StudyTests.queries[1], security: "adversary: malicious, verifier: \(verifier)")
    }
    for (verifier, method) in [("proofs", VerifierDescriptor.Method.proofs), ("macs", .macs)] {
      let study = try prepared(verifier)
      #expect(study.descriptor.verifier?.method == method && study.verifierChoice?.method == method)
    }
    let chosen = try prepared("auto")
    #expect(chosen.descriptor.verifier?.method == chosen.verifierChoice?.method)
    #expect(chosen.verifierChoice?.reason.contains("because") == true)
  }

  @Test func partiesCompareAdversaryAndVerifier() throws {
    func description(_ security: String) throws -> SessionDescription {
      let prepared = try StudyTests.prepared(.apart, queries: StudyTests.queries[0], security: security)
      let identities = try TrialRun.identities(for: prepared.core)
      return Participant(
        prepared: prepared.withKeys(identities.mapValues(\.publicIdentity)), name: "c1",
        identity: try #require(identities["c1"]), data: [:], mode: .localTrial, memory: EphemeralMemory()
      ).description()
    }
    let honest = try description("adversary: semi-honest"), malicious = try description(Self.security)
    #expect(honest.protocolID == "replicated/semi-honest" && malicious.protocolID == "replicated/malicious")
    #expect(malicious.parameters.contains { $0.name == "verifier" && $0.value == "proofs" })
    #expect(!honest.parameters.contains { $0.name == "verifier" })
  }

  /// A holder whose program does not check its own file is found inside the computation. All computing parties say
  /// who it was, and none of them holds it against another.
  @Test(arguments: [Cast.apart, .holdersCompute]) func aLyingHolderEndsTheRun(_ cast: Cast) throws {
    let prepared = try StudyTests.prepared(cast, queries: StudyTests.queries[1], security: Self.security)
    var data = data(prepared, cast, rows: [6, 5])
    let liar = cast.holders[1]
    data[liar]?[1]?.columns[0].values[2] = 121
    let identities = try TrialRun.identities(for: prepared.core)
    let keyed = prepared.withKeys(identities.mapValues(\.publicIdentity))
    let network = InMemoryNetwork(count: keyed.core.names.count)
    let everyone = try keyed.core.names.map { name in
      (
        try Participant(
          prepared: keyed, name: name, identity: #require(identities[name]), data: data[name] ?? [:],
          mode: .localTrial, memory: EphemeralMemory()), Notes()
      )
    }
    let results: [Result<Participant.Ending, ParleyError>] = runParties(network.meshes, closing: false) { mesh in
      let (participant, notes) = everyone[mesh.local.rawValue]
      return try participant.run(
        over: mesh, .init(log: { if case .aborted(let report) = $0 { notes.add(report) } }))
    }
    for index in 0..<3 {
      guard case .failure(let error) = results[index] else {
        Issue.record("P\(index) has a result")
        continue
      }
      #expect(error.code == .outOfRange, "P\(index): \(error)")
      #expect(error.message.contains("\(liar) has shared rows of table patients"), "\(error)")
      #expect(!error.message.contains("121") && !error.message.contains(cast.holders[0]), "\(error)")
      let reports = everyone[index].1.reports
      #expect(
        reports.count == 1
          && reports.allSatisfy { $0.countedAgainst == nil && !$0.isCountedForSet && $0.peer == nil }, "\(reports)"
      )
    }
    for result in results.dropFirst(3) {
      #expect(throws: ParleyError.self) { try result.get() }
    }
  }

  @Test func swiftProgramsChooseTheirAdversary() throws {
    let malicious = SecureProgram(
      "sum", computing: ["a", "b", "c"], minimumCell: 0, rows: .allowed, adversary: .malicious)
    let honest = SecureProgram("sum", computing: ["a", "b", "c"], minimumCell: 0, rows: .allowed)
    let sums = [malicious, honest].map { study in
      let table = study.table("t", holders: ["a", "b", "c"], maximumRows: 100)
      let x = table.int("x", in: 0...9)
      return x.filtered(where: x > 4).sum().reveal(to: ["a"], as: "sum")
    }
    let data: [String: [String: ProgramRows]] = [
      "a": ["t": ["x": [1, 5, 9]]], "b": ["t": ["x": [7]]], "c": ["t": ["x": []]],
    ]
    let result = try malicious.run(data: data)
    #expect(try result[sums[0]] == 21)
    #expect(result.equalsPlan)
    let plan = try malicious.plan()
    #expect(try #require(plan.cheatingExponent) < -40 && plan.statement.contains("one bit per holder"))
    #expect(try honest.plan().cheatingExponent == nil)
    #expect(try honest.prepared().studyHash != malicious.prepared().studyHash)
  }
}

/// What one principal wrote to its log about ended sessions.
private final class Notes: Sendable {
  private let list = Mutex<[AbortReport]>([])
  var reports: [AbortReport] { list.withLock { $0 } }
  func add(_ report: AbortReport) { list.withLock { $0.append(report) } }
}
