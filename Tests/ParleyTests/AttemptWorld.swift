import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import ParleyTransport
import Synchronization
import Testing

/// A small study against a malicious party over TLS, in which one party ends as a killed process does and is started again.
struct AttemptWorld: Sendable {
  struct Blow: Sendable {
    enum Moment: Sendable {
      /// It has reached this phase.
      case phase(SessionPhase)
      /// It is about to send this.
      case message(StepID)
    }
    var victim: String
    var moment: Moment
    /// How often; each time it is started again.
    var strikes = 1
    var comesBack = true
  }

  let study: StatedWorld
  private let listeners: [MeshListener]
  private let folder: String?
  private var memories: [String: StateDirectory] = [:]
  var blow: Blow?
  var interceptor: Interceptor = { _ in .pass }
  var limit = 3
  /// Seconds for the others to appear.
  var wait = 20
  /// A holder that leaves once its data has arrived.
  var leaving: String?

  init(remembers: Bool = false) throws {
    study = try StatedWorld(.apart)
    listeners = try (0..<3).map { _ in try MeshListener(endpoint: .init(host: "127.0.0.1", port: 0)) }
    guard remembers else {
      folder = nil
      return
    }
    let path = FileManager.default.temporaryDirectory.path + "/parley-attempts-\(UUID().uuidString)"
    folder = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for name in study.names { memories[name] = try StateDirectory(path: path + "/" + name) }
  }

  var names: [String] { study.names }

  // MARK: Memories

  private var identities: [[UInt8]] { study.principals.map { bytes(hexadecimal: $0.identity) ?? [] } }
  func failures(at name: String) -> Int { memories[name]?.failures(ofSet: Array(identities.prefix(3))) ?? 0 }
  func blame(at name: String) -> Int {
    identities.map { memories[name]?.aborts(identity: $0) ?? 0 }.reduce(0, +)
  }
  /// One more failed session of the computing parties, at all of them.
  func countFailure() throws {
    for name in names.prefix(3) { try memories[name]?.recordFailure(ofSet: Array(identities.prefix(3))) }
  }
  func removeMemories() {
    if let folder { try? FileManager.default.removeItem(atPath: folder) }
  }

  // MARK: Runs

  struct Session: Sendable, Hashable {
    var id: [UInt8]
    var attempt: UInt64
  }
  struct Party: Sendable {
    var ending: Participant.Ending?
    var error: ParleyError?
    /// What ended the sessions that were repeated.
    var again: [ParleyError] = []
    /// Over all starts of the party.
    var sessions: [Session] = []
  }
  struct Run: Sendable {
    var parties: [String: Party]
    /// Seeds of inputs and halves of keys that were sent, by whoever sent them, to one receiver each.
    var secrets: [[UInt8]]
  }

  /// What the study gives where nothing fails.
  func expected() throws -> Participant.Opened {
    let rehearsal = try TrialRun.run(
      study.prepared.core, identities: study.identities, data: study.data, network: nil)
    return rehearsal.opened
  }

  func run() -> Run {
    let notes = Notes(strikes: blow?.strikes ?? 0)
    let world = self
    let threads = names.compactMap { name in
      try? PartyThread(name: name) {
        while !world.live(as: name, notes) {}
      }
    }
    for thread in threads { thread.join() }
    return notes.run.withLock { $0 }
  }

  /// What happened, and how often the victim is still to be killed.
  private final class Notes: Sendable {
    let run = Mutex(Run(parties: [:], secrets: []))
    private let strikes: Mutex<Int>
    init(strikes: Int) { self.strikes = Mutex(strikes) }

    func note(_ name: String, _ change: (inout Party) -> Void) {
      run.withLock { change(&$0.parties[name, default: Party()]) }
    }
    func takeStrike() -> Bool {
      strikes.withLock { left in
        left -= 1
        return left >= 0
      }
    }
  }

  /// From one start of a party to its end; false when it was killed and is to be started again.
  private func live(as name: String, _ notes: Notes) -> Bool {
    let wasKilled = Flag()
    do throws(ParleyError) {
      let ending = try Attempts(limit: limit).run(
        again: { (_, error) throws(ParleyError) in notes.note(name) { $0.again.append(error) } }
      ) { (number) throws(ParleyError) -> Participant.Ending in
        let mesh = try mesh(of: name, isLast: number == limit)
        return try session(as: name, mesh, notes) {
          guard notes.takeStrike() else { return }
          wasKilled.set()
          mesh.vanish()
        }
      }
      notes.note(name) { $0.ending = ending }
    } catch {
      if wasKilled.isSet {
        guard blow?.comesBack == true else { return true }
        return false
      }
      notes.note(name) { $0.error = error }
    }
    return true
  }

  private func mesh(of name: String, isLast: Bool) throws(ParleyError) -> TLSMesh {
    guard let local = names.firstIndex(of: name), let identity = study.identities[name] else {
      throw ParleyError(.invariant, "no party of this name")
    }
    var options = TransportOptions()
    options.patience = .seconds(2)
    options.allowsNewAttempt = !isLast
    let principals = names.enumerated().map { index, name in
      MeshPrincipal(
        name: name, publicKey: study.identities[name]?.publicIdentity.signingKey ?? [],
        endpoint: index < 3 ? .init(host: "127.0.0.1", port: listeners[index].port) : nil)
    }
    return try TLSMesh(
      local: PartyIndex(local), principals: principals, computingCount: 3, key: identity.signingKey,
      session: Array(repeating: 9, count: 32), listener: local < 3 ? listeners[local] : nil, options: options)
  }

  private func session(
    as name: String, _ mesh: TLSMesh, _ notes: Notes, _ kill: @escaping @Sendable () -> Void
  ) throws(ParleyError) -> Participant.Ending {
    guard let identity = study.identities[name] else { throw ParleyError(.invariant, "no key") }
    let isVictim = blow?.victim == name
    let moment = isVictim ? blow?.moment : nil
    let interceptor = interceptor
    let network = InterceptedNetwork(wrapping: Single(meshes: [mesh])) { message in
      if case .message(message.step) = moment { kill() }
      if [ControlStep.seed, StepID.control(16)].contains(where: { $0.instruction == message.step.instruction }) {
        notes.run.withLock { $0.secrets.append(message.bytes) }
      }
      return interceptor(message)
    }
    try mesh.connect(timeout: .seconds(wait))
    return try Participant(
      prepared: study.prepared, name: name, identity: identity, data: study.data[name] ?? [:], mode: .party,
      memory: memories[name] ?? EphemeralMemory(), leavesAfterInputs: name == leaving
    ).run(
      over: network.meshes[0],
      .init(
        log: { event in
          if case .reached(let phase) = event, case .phase(phase) = moment { kill() }
        },
        established: { (session, _) throws(ParleyError) in
          notes.note(name) { $0.sessions.append(.init(id: session.id, attempt: session.description.attempt)) }
        }))
  }

  private struct Single: PartyNetwork {
    let meshes: [any Mesh]
  }
  private final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
  }
}
