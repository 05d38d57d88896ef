import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyStudy
import ParleyTesting
import ParleyTransport
import Synchronization
import Testing

/// A small study against a malicious party, with keys, whose messages can be changed and signed anew.
struct StatedWorld: Sendable {
  enum Kind: Sendable { case value, digest, salt }
  enum Links: Sendable { case memory, tls }
  var links = Links.memory
  /// By principal; nil where nothing is remembered.
  var memories: [any SessionMemory]?
  let prepared: PreparedStudy
  let identities: [String: Identity]
  let data: [String: [Int: TableData]]

  /// - Parameter names: other names for those of the cast.
  init(_ cast: Cast, names: [String: String] = [:]) throws {
    var text = StudyTests.text(
      cast, queries: ["SELECT SUM(age) AS s FROM patients WHERE smoker"], security: MaliciousTests.security)
    // In two steps, since names are exchanged among each other.
    for name in names.keys { text = text.replacing(try Regex("\\b\(name)\\b"), with: "@\(name)@") }
    for (name, other) in names { text = text.replacing("@\(name)@", with: other) }
    let unkeyed = try PreparedStudy(StudyLoader.load(text: text, file: "facade.yml"))
    identities = try TrialRun.identities(for: unkeyed.core)
    prepared = unkeyed.withKeys(identities.mapValues(\.publicIdentity))
    var data: [String: [Int: TableData]] = [:]
    for (index, holder) in cast.holders.map({ names[$0] ?? $0 }).enumerated() {
      for (number, table) in prepared.study.tables.enumerated() {
        data[holder, default: [:]][number] = SyntheticData.make(
          table.schema, rows: 3, seed: UInt64(10 * index + number))
      }
    }
    self.data = data
  }

  var names: [String] { prepared.core.names }
  var principals: [Evidence.Principal] {
    names.enumerated().map { index, name in
      .init(
        index: index, name: name,
        identity: hexadecimal(Array((identities[name]?.publicIdentity.text ?? "").utf8)), isComputing: index < 3)
    }
  }

  struct Run: Sendable {
    var errors: [ParleyError?]
    var reports: [AbortReport?]
    var messages: [InterceptedMessage]

    /// Anything of the results left a party.
    var hasOpened: Bool { messages.contains { $0.step == ControlStep.openingRecord.sub(2) } }
    var statements: [Statement] {
      messages.filter { $0.step == ControlStep.statement }.compactMap {
        try? SignedStatement.decode($0.bytes).statement
      }
    }
  }

  /// - Parameter leaves: who closes its links once it has reached a phase.
  func run(
    leaving leaves: (party: Int, phase: SessionPhase)? = nil, _ interceptor: @escaping Interceptor = { _ in .pass }
  ) -> Run {
    let notes = Notes(names.count)
    let note: Interceptor = { message in
      notes.add(message)
      return interceptor(message)
    }
    var options = InMemoryOptions()
    options.patience = .seconds(20)
    let real = links == .tls ? try? LoopbackNetwork(names, names.compactMap { identities[$0] }) : nil
    let network =
      real.map { InterceptedNetwork(wrapping: $0, interceptor: note) }
      ?? InterceptedNetwork(
        wrapping: InMemoryNetwork(count: names.count, options: options), interceptor: note)
    let results: [Result<Participant.Ending, ParleyError>] = runParties(network.meshes, closing: false) { mesh in
      let name = names[mesh.local.rawValue]
      guard let identity = identities[name] else { throw ParleyError(.invariant, "no key") }
      guard (links == .tls) == (real != nil) else { throw ParleyError(.invariant, "no links") }
      try real?.connect(mesh.local)
      return try Participant(
        prepared: prepared, name: name, identity: identity, data: data[name] ?? [:], mode: .localTrial,
        memory: memories?[mesh.local.rawValue] ?? EphemeralMemory()
      ).run(
        over: mesh,
        .init(log: { event in
          switch event {
          case .reached(let phase):
            if leaves?.party == mesh.local.rawValue, phase == leaves?.phase { mesh.close() }
          case .continued: break
          case .aborted(let report): notes.add(report, mesh.local.rawValue)
          }
        }))
    }
    return Run(
      errors: results.map { if case .failure(let error) = $0 { error } else { nil } },
      reports: notes.reports, messages: notes.messages)
  }

  /// What happened in one run.
  private final class Notes: Sendable {
    private let state: Mutex<(reports: [AbortReport?], messages: [InterceptedMessage])>
    init(_ count: Int) { state = Mutex((Array(repeating: nil, count: count), [])) }
    func add(_ message: InterceptedMessage) { state.withLock { $0.messages.append(message) } }
    func add(_ report: AbortReport, _ party: Int) { state.withLock { $0.reports[party] = report } }
    var reports: [AbortReport?] { state.withLock { $0.reports } }
    var messages: [InterceptedMessage] { state.withLock { $0.messages } }
  }

  /// Flips a bit of the first such message of a flight of openings on one link.
  func changing(
    _ kind: Kind, from: Int, to: Int, in moment: Statement.Moment = .results
  ) -> Interceptor {
    let state = Once()
    return { message in
      guard message.from.rawValue == from, message.to.rawValue == to else { return .pass }
      if message.step == ControlStep.openingRecord.sub(Int(moment.rawValue)) {
        state.arm()
        return .pass
      }
      let isSalt = message.step.instruction == StepID.control(17).instruction
      let isControl = message.step >= StepID.control(0)
      let isDigest = message.step.sub & 0x8000 != 0
      let fits =
        switch kind {
        case .value: !isControl && !isDigest
        case .digest: !isControl && isDigest
        case .salt: isSalt
        }
      guard fits, state.take() else { return .pass }
      var bytes = message.bytes
      bytes[0] ^= 1
      return .change(bytes)
    }
  }

  /// The nonce at the end of the message that closes verification.
  func changingNonce(from: Int, to: Int) -> Interceptor {
    { message in
      guard message.from.rawValue == from, message.to.rawValue == to, message.step.instruction == 0xdf_0001 else {
        return .pass
      }
      var bytes = message.bytes
      bytes[bytes.count - 1] ^= 1
      return .change(bytes)
    }
  }

  /// The same message with another statement in it, signed by its sender.
  func resigned(_ message: InterceptedMessage, _ change: (inout Statement) -> Void) -> Interception {
    guard let signed = try? SignedStatement.decode(message.bytes),
      let identity = identities[names[message.from.rawValue]]
    else { return .drop }
    var statement = signed.statement
    change(&statement)
    guard let signature = try? IdentitySigning.sign(statement.encoded, identity, .evidence) else { return .drop }
    return .change(SignedStatement(statement, signature: signature).encoded)
  }

  func signed(_ evidence: Evidence) throws -> Evidence {
    guard let identity = identities[names[evidence.body.author]] else { throw ParleyError(.invariant, "no key") }
    var copy = evidence
    copy.signature = hexadecimal(try IdentitySigning.sign(try evidence.signedBytes(), identity, .evidence))
    return copy
  }

  /// Against the study, as whoever has it signed by all would.
  func review(_ files: [Evidence], hasStudy: Bool = true) throws -> EvidenceReview {
    try EvidenceReview(
      files.map { (nil, try Evidence(fileBytes: try $0.fileBytes())) }, principals: hasStudy ? principals : nil,
      IdentitySigning.verifier(.evidence))
  }

  /// True for the first that asks after it has been armed.
  private final class Once: Sendable {
    private let isArmed = Mutex(false)
    func arm() { isArmed.withLock { $0 = true } }
    func take() -> Bool {
      isArmed.withLock { armed in
        defer { armed = false }
        return armed
      }
    }
  }
}

/// TLS between the parties of a study, on loopback: the first three listen.
private struct LoopbackNetwork: PartyNetwork {
  let meshes: [any Mesh]

  init(_ names: [String], _ identities: [Identity]) throws {
    let listeners = try (0..<3).map { _ in try MeshListener(endpoint: .init(host: "127.0.0.1", port: 0)) }
    let principals = identities.enumerated().map { index, identity in
      MeshPrincipal(
        name: names[index], publicKey: identity.publicIdentity.signingKey,
        endpoint: index < 3 ? .init(host: "127.0.0.1", port: listeners[index].port) : nil)
    }
    meshes = try identities.enumerated().map { index, identity in
      try TLSMesh(
        local: PartyIndex(index), principals: principals, computingCount: 3, key: identity.signingKey,
        session: Array(repeating: 9, count: 32), listener: index < 3 ? listeners[index] : nil)
    }
  }

  func connect(_ party: PartyIndex) throws {
    try (meshes[party.rawValue] as? TLSMesh)?.connect(timeout: .seconds(30))
  }
}
