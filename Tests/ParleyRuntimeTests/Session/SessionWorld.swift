import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyRuntime
import Synchronization
import Testing

/// Six principals with every combination of roles that matters, and a toy protocol in place of an engine: each
/// holder splits one number into three summands, computing parties add, recipients get all three sums.
///
/// P0 computes and holds, P1 computes, P2 computes and receives; P3 and P4 only hold (P4 leaves early), P5 only
/// receives.
struct SessionWorld: Sendable {
  static let count = 6
  static let holders = [0, 3, 4]
  /// What the holders bring; the sum is opened.
  static let values: [Int: UInt64] = [0: 1000, 3: 20, 4: 3]
  static let sum: UInt64 = 1023

  var memories: [any SessionMemory]
  /// Changes a principal's idea of the session.
  var adapt: @Sendable (Int, inout SessionPlan) -> Void = { _, _ in }
  /// Called in the log of each principal, with its mesh.
  var onEvent: @Sendable (Int, any Mesh, SessionEvent) -> Void = { _, _, _ in }
  var confirm: @Sendable (Int) throws(ParleyError) -> Void = { (_) throws(ParleyError) in }
  /// Overrides what a computing party passes to the clearance.
  var publicDigest: @Sendable (Int) -> [UInt8] = { _ in [1] }
  var skipsClearance = false
  /// Whether the toy protocol gives a challenge between the inputs and the opening.
  var hasChallenged = false
  var patience = Duration.seconds(20)
  var use = ProcessUse.unknown
  /// P1 says this to everybody, consistently, and then leaves.
  var lie: (@Sendable (inout SessionHello) -> Void)?

  init() {
    memories = (0..<Self.count).map { _ in EphemeralMemory() }
  }

  static func hash(_ text: String) -> [UInt8] { Digest.sha256("test", [Array(text.utf8)]) }
  static func identity(_ party: Int) -> [UInt8] { hash("identity \(party)") }

  static let names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]

  static var description: SessionDescription {
    SessionDescription(
      protocolID: "toy/semi-honest", version: "0.1.0", programHash: hash("program"), studyHash: hash("study"),
      disclosureHash: hash("disclosure"), parameters: [.init("minimum-cell", "5"), .init("ring", "64")],
      principals: (0..<count).map {
        .init(index: PartyIndex($0), name: names[$0], identity: identity($0), isRecipient: $0 == 2 || $0 == 5)
      }, computingCount: 3,
      tables: [
        .init(name: "patients", holders: [PartyIndex(0), PartyIndex(3)], maximumRows: 100),
        .init(name: "visits", holders: [PartyIndex(4)], maximumRows: 50, padTo: 40),
      ], jobID: [1, 2, 3])
  }

  static func rows(_ party: Int) -> [Int: Int] { [0: [0: 10], 3: [0: 30], 4: [1: 40]][party] ?? [:] }

  /// A toy signature: anybody can make one, which is all these tests need.
  static func sign(_ party: Int, _ message: [UInt8]) -> [UInt8] {
    Digest.sha256("toy signature", [identity(party), message])
  }
  static let verify: Receipt.Verifier = { key, message, signature in
    Digest.sha256("toy signature", [key, message]) == signature
  }

  struct Run: Sendable {
    var results: [Result<SessionOutcome<UInt64>, ParleyError>]
    var aborts: [AbortReport?]

    func error(_ party: Int) -> ParleyError? {
      if case .failure(let error) = results[party] { error } else { nil }
    }
    func outcome(_ party: Int) -> SessionOutcome<UInt64>? { try? results[party].get() }
    var nobodyHasOutput: Bool { results.allSatisfy { (try? $0.get())?.output == nil } }
  }

  /// What every principal says its part should cost.
  var predicted: PartyReport.Cost?

  func run(interceptor: @escaping Interceptor = { _ in .pass }) -> Run {
    var options = InMemoryOptions()
    options.patience = patience
    return run(
      InterceptedNetwork(wrapping: InMemoryNetwork(count: Self.count, options: options), interceptor: interceptor))
  }

  func run(_ network: some PartyNetwork) -> Run {
    let aborts = Mutex([AbortReport?](repeating: nil, count: Self.count))
    let world = self
    let results = withoutActuallyEscaping({ (party: Int, report: AbortReport) in
      aborts.withLock { $0[party] = report }
    }) { record in
      let box = Recorder(record)
      return runParties(network.meshes, closing: false) { mesh throws -> SessionOutcome<UInt64> in
        try world.runOne(mesh, box)
      }
    }
    return Run(results: results, aborts: aborts.withLock { $0 })
  }

  private final class Recorder: @unchecked Sendable {
    let record: (Int, AbortReport) -> Void
    init(_ record: @escaping (Int, AbortReport) -> Void) { self.record = record }
  }

  private func runOne(_ mesh: any Mesh, _ recorder: Recorder) throws(ParleyError) -> SessionOutcome<UInt64> {
    let party = mesh.local.rawValue
    if party == 1, let lie { throw try Self.lying(lie, mesh) }
    var plan = SessionPlan(
      description: Self.description, mode: .localTrial, rows: Self.rows(party), leavesAfterInputs: party == 4,
      inputDigest: Self.values[party].map { Self.hash("data \($0)") })
    adapt(party, &plan)
    let services = SessionServices(
      memory: memories[party], sign: { Self.sign(party, $0) }, verify: Self.verify,
      confirm: { (_) throws(ParleyError) in try confirm(party) }, predicted: { predicted }, use: use,
      log: { event in
        if case .aborted(let report) = event { recorder.record(party, report) }
        onEvent(party, mesh, event)
      })
    return try SessionRunner(plan, roles: roles(party), services: services, mesh: mesh).run()
  }

  /// A greeting with a lie in it, made and relayed as the protocol wants.
  private static func lying(_ lie: (inout SessionHello) -> Void, _ mesh: any Mesh) throws(ParleyError)
    -> ParleyError
  {
    let description = SessionPlan(description: description, mode: .localTrial).description
    var hello = SessionHello(
      agreement: description.agreementHash, version: description.version, protocolID: description.protocolID,
      fieldDigests: SessionHello.digests(description), parameters: description.parameters,
      window: AttemptWindow(attempt: 1, tag: 1, open: []), stateID: SecureRandom.bytes(32),
      nonce: SecureRandom.bytes(32), leavesAfterInputs: false, rows: [],
      seen: Array(repeating: .init(stateID: [UInt8](repeating: 0, count: 32), attempt: 0), count: count))
    lie(&hello)
    _ = try RollCall(description, participants: description.principals.map(\.index), mesh: mesh).exchange(
      hello.encoded, subject: "hello", direct: ControlStep.hello, roll: ControlStep.helloRoll,
      limit: SessionHello.limit)
    _ = try? mesh.receiveControl(step: ControlStep.sessionID, from: PartyIndex(0), atMost: 32)
    return ParleyError(.init("test/liar"), "lied")
  }

  // MARK: The toy protocol

  private func roles(_ party: Int) -> SessionRoles<UInt64> {
    var roles = SessionRoles<UInt64>(encode: { $0.littleEndianBytes })
    if let value = Self.values[party] {
      roles.feed = { (session, mesh) throws(ParleyError) in
        let parts: [UInt64] = [value &* 7, value &* 11, value &- value &* 18]
        for target in 0..<3 {
          try mesh.send(
            step: StepID(instruction: 1, sub: party + 1), to: PartyIndex(target),
            bytes: parts[target].littleEndianBytes)
        }
      }
    }
    if party < 3 {
      roles.compute = { (session, mesh, hooks) throws(ParleyError) in try compute(session, mesh, hooks, party) }
    }
    if party == 5 {
      roles.collect = { (_, mesh, _) throws(ParleyError) in
        var sum: UInt64 = 0
        for source in 0..<3 { sum &+= try Self.receive(mesh, StepID(instruction: 2), source) }
        return sum
      }
    }
    return roles
  }

  private func compute(
    _ session: EstablishedSession, _ mesh: any MessageLinks, _ hooks: ExecutionHooks, _ party: Int
  ) throws(ParleyError) -> UInt64 {
    if let dealInputs = hooks.dealInputs {
      try dealInputs()
      try mesh.flush()
    }
    var share: UInt64 = 0
    for holder in Self.holders {
      share &+= try Self.receive(mesh, StepID(instruction: 1, sub: holder + 1), holder)
    }
    try hooks.inputsReceived()
    if skipsClearance {
      try hooks.computed()
      return 0
    }
    do throws(ParleyError) {
      try hooks.computed()
      try hooks.verified(publicDigest(party))
    } catch {
      hooks.failed(hasChallenged)
      throw error
    }
    for recipient in [2, 5] where recipient != party {
      try mesh.send(step: StepID(instruction: 2), to: PartyIndex(recipient), bytes: share.littleEndianBytes)
    }
    try mesh.flush()
    if party == 2 {
      for source in 0..<2 { share &+= try Self.receive(mesh, StepID(instruction: 2), source) }
    }
    return share
  }

  static func receive(_ mesh: any MessageLinks, _ step: StepID, _ from: Int) throws(ParleyError) -> UInt64 {
    var value: UInt64 = 0
    do {
      try withUnsafeMutableBytes(of: &value) { try mesh.receive(step: step, from: PartyIndex(from), into: $0) }
    } catch { throw error as? ParleyError ?? ParleyError(.invariant, "\(error)") }
    return value
  }
}

extension AbortReport {
  /// Neither against a peer nor for the set.
  var isUncounted: Bool { countedAgainst == nil && !isCountedForSet }
}

extension UInt64 {
  var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}

/// A memory whose counter is set and which can be made to fail; it notes what it was asked.
final class ScriptedMemory: SessionMemory {
  enum Call: Hashable {
    case reserve, agree(UInt64), abort([UInt8]), failedSet([[UInt8]]), record(LedgerEntry.Event)
  }
  let stateID: [UInt8]
  private let first: UInt64
  private let failsAt: Call?
  private let calls = Mutex<[Call]>([])

  init(attempt: UInt64 = 0, failsAt: Call? = nil) {
    stateID = SecureRandom.bytes(32)
    first = attempt
    self.failsAt = failsAt
  }
  var log: [Call] { calls.withLock { $0 } }

  private func note(_ call: Call) throws(ParleyError) {
    if call == failsAt { throw ParleyError(.diskFull, "no room") }
    calls.withLock { $0.append(call) }
  }
  func reserveAttempt() throws(ParleyError) -> AttemptWindow {
    try note(.reserve)
    return AttemptWindow(attempt: first + 1, tag: 1, open: [])
  }
  func close(attempt: UInt64, isKnownToAll: Bool) {}
  func lastSeen(identity: [UInt8]) -> PeerMemory? { nil }
  func refuseMemory(identity: [UInt8]) throws(ParleyError) {}
  func recordAgreement(
    attempt: UInt64, peers: [[UInt8]: PresentedMemory]
  ) throws(ParleyError) -> [UInt8]? {
    try note(.agree(attempt))
    return nil
  }
  func beginSession(_ description: SessionDescription, at local: PartyIndex) throws(ParleyError) {}
  func endSession(_ description: SessionDescription, at local: PartyIndex) {}
  func recordAbort(identity: [UInt8]) throws(ParleyError) { try note(.abort(identity)) }
  func recordFailure(ofSet identities: [[UInt8]]) throws(ParleyError) { try note(.failedSet(identities)) }
  func record(_ entry: LedgerEntry) throws(ParleyError) { try note(.record(entry.event)) }
}
