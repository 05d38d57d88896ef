public import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
package import ParleyNetwork
public import ParleyProgram
public import ParleyRuntime
internal import ParleyStudy

/// All roles of a study in this process, over the in-memory mesh: a dress rehearsal with ephemeral keys.
public enum TrialRun {
  public struct Report: Sendable {
    public var result: StudyResult
    public var cost: Cost
    /// Payload bytes sent by principal and to principal, measured.
    public var measuredBytes: [[Int]]
    public var measuredRounds: Int
    public var seconds: Double
    public var receipt: Receipt?
    package var plan: Plan
  }

  /// Runs `prepared` on the data of all holders.
  ///
  /// - Parameter data: by holder name, then table index.
  public static func run(
    _ prepared: PreparedStudy, data: [String: [Int: TableData]]
  ) throws(ParleyError) -> Report {
    try run(prepared, data: data, network: nil)
  }

  /// - Parameter network: over which the parties talk; in memory when nil.
  package static func run(
    _ prepared: PreparedStudy, data: [String: [Int: TableData]], network: (any PartyNetwork)?
  ) throws(ParleyError) -> Report {
    var identities: [String: Identity] = [:]
    for party in prepared.study.parties { identities[party.name] = try Identity.create(name: party.name) }
    let keyed = try PreparedStudy(prepared.study.withKeys(identities.mapValues(\.publicIdentity)))
    var participants: [Participant] = []
    for name in keyed.study.meshOrder {
      participants.append(
        Participant(
          prepared: keyed, name: name, identity: identities[name]!, data: data[name] ?? [:], mode: .localTrial,
          memory: EphemeralMemory()))
    }
    let everyone = participants
    let network = network ?? InMemoryNetwork(count: everyone.count)
    let results: [Result<Participant.Ending, ParleyError>] = runParties(network) { (mesh) throws(ParleyError) in
      try everyone[mesh.local.rawValue].run(over: mesh)
    }
    let endings = try results.partyValues()
    guard let opened = endings.lazy.compactMap(\.outcome.output).first else {
      throw ParleyError(.invariant, "no recipient received a result")
    }
    let plan = endings[0].plan
    return Report(
      result: try StudyResult(keyed, opened: opened), cost: plan.cost,
      measuredBytes: endings.map(\.meter.sentBytes), measuredRounds: endings.map(\.meter.rounds).max() ?? 0,
      seconds: endings.map(\.seconds).max() ?? 0, receipt: endings.lazy.compactMap(\.outcome.receipt).first,
      plan: plan)
  }
}
