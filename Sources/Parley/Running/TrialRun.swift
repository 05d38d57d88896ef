public import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
public import ParleyProgram
public import ParleyRuntime
internal import ParleyStudy

/// All roles of a study in this process, over the in-memory mesh: a dress rehearsal with ephemeral keys.
public enum TrialRun {
  /// What a rehearsal brought out, and what it cost.
  public struct Report: Sendable {
    /// What all recipients received, together.
    public var result: StudyResult
    /// What the plan said for these sizes.
    public var cost: Cost
    /// Bytes of protocol payload, `measuredBytes[sender][receiver]`, by index of the principal.
    public var measuredBytes: [[Int]]
    /// Messages on the longest chain in which each waited for the one before.
    public var measuredRounds: Int
    /// Of the slowest party, from the end of the handshake to the results.
    public var seconds: Double
    /// Of the first party that has one, signed with keys of this rehearsal; nil where nobody has one.
    public var receipt: Receipt?
    /// Of the first recipient, which received what all of them did.
    package var opening: ReceiptOpening?
    /// The plan for the sizes of the data.
    package var plan: Plan
  }

  /// Runs `prepared` on the data of all holders. Blocks the calling thread.
  ///
  /// - Parameters:
  ///   - prepared: the study; its keys are replaced by new ones.
  ///   - data: by holder name, then table index.
  /// - Returns: results and measured cost.
  public static func run(
    _ prepared: PreparedStudy, data: [String: [Int: TableData]]
  ) throws(ParleyError) -> Report {
    try run(prepared, data: data, network: nil)
  }

  /// - Parameter network: over which the parties talk; in memory when nil.
  package static func run(
    _ prepared: PreparedStudy, data: [String: [Int: TableData]], network: (any PartyNetwork)?
  ) throws(ParleyError) -> Report {
    let identities = try Self.identities(for: prepared.core)
    let keyed = prepared.withKeys(identities.mapValues(\.publicIdentity))
    let rehearsal = try run(
      keyed.core, identities: identities, data: data,
      network: network ?? memory(for: keyed.core.names.count, deadline: prepared.study.deadline))
    let endings = rehearsal.endings
    return Report(
      result: try StudyResult(keyed, opened: rehearsal.opened), cost: rehearsal.plan.cost,
      measuredBytes: endings.map(\.meter.sentBytes), measuredRounds: endings.map(\.meter.rounds).max() ?? 0,
      seconds: endings.map(\.seconds).max() ?? 0, receipt: endings.lazy.compactMap(\.outcome.receipt).first,
      opening: endings.enumerated().lazy.compactMap { $1.opening(of: PartyIndex($0)) }.first,
      plan: rehearsal.plan)
  }

  /// As over TLS, nobody waits longer than the deadline for one message, and without one as long as it takes: no link
  /// within a process can be down, and parties that wait for each other in a circle are found at once.
  ///
  /// - Parameter deadline: seconds.
  package static func memory(for count: Int, deadline: Int?) -> InMemoryNetwork {
    InMemoryNetwork(count: count, options: .init(patience: longestWait(deadline)))
  }

  /// A month stands for no limit.
  package static func longestWait(_ deadline: Int?) -> Duration { .seconds(deadline ?? 31 * 86_400) }

  // MARK: Any front end

  /// How a rehearsal ended, by principal.
  package struct Rehearsal: Sendable {
    /// How the session ended, by principal.
    package var endings: [Participant.Ending]
    /// The plan for the sizes of the data.
    package var plan: Plan
    /// What all recipients together received, by disclosure.
    package var opened: [Int: ClearValues]
  }

  /// Ephemeral keys for everybody.
  package static func identities(for prepared: PreparedProgram) throws(ParleyError) -> [String: Identity] {
    var identities: [String: Identity] = [:]
    for (index, name) in prepared.names.enumerated() {
      identities[name] = try Identity.create(name: "trial-\(index)")
    }
    return identities
  }

  /// - Parameters:
  ///   - prepared: with the keys of `identities`.
  ///   - data: by holder name, then table index.
  package static func run(
    _ prepared: PreparedProgram, identities: [String: Identity], data: [String: [Int: TableData]],
    network: (any PartyNetwork)?
  ) throws(ParleyError) -> Rehearsal {
    var participants: [Participant] = []
    for name in prepared.names {
      guard let identity = identities[name] else { throw ParleyError(.invariant, "\(name) has no trial key") }
      participants.append(
        Participant(
          prepared: prepared, name: name, identity: identity, data: data[name] ?? [:], mode: .localTrial,
          memory: EphemeralMemory()))
    }
    let everyone = participants
    let network = network ?? memory(for: everyone.count, deadline: nil)
    let results: [Result<Participant.Ending, ParleyError>] = runParties(network) { (mesh) throws(ParleyError) in
      try everyone[mesh.local.rawValue].run(over: mesh)
    }
    let endings = try results.partyValues()
    var opened: [Int: ClearValues] = [:]
    for ending in endings {
      if let values = ending.outcome.output { opened.merge(values) { first, _ in first } }
    }
    guard !opened.isEmpty else { throw ParleyError(.invariant, "no recipient received a result") }
    return Rehearsal(endings: endings, plan: endings[0].plan, opened: opened)
  }
}
