package import ParleyBase
package import ParleyNetwork
package import ParleyProgram

/// Barriers of a session, and where its run begins.
package struct SessionBarriers: Sendable, Hashable {
  package enum Start: String, Sendable, Hashable {
    case inputs
    /// At the last barrier that all computing parties have.
    case checkpoint
  }
  package var plan: BarrierPlan
  package var start: Start
  package init(_ plan: BarrierPlan, start: Start = .inputs) {
    self.plan = plan
    self.start = start
  }
  /// What the parties compare in their greetings.
  var parameters: [SessionDescription.Parameter] {
    [
      .init("barriers", hexadecimal(Digest.sha256("parley/barriers/1", [plan.canonicalBytes]))),
      .init(Self.startName, start.rawValue),
    ]
  }
  static let startName = "start"
}

/// The checkpoints of one session at a computing party: what it tells the others at a barrier, and how they agree on where to go on
/// (docs/protocols/checkpoints.md#at-a-barrier). All messages are control messages.
package final class CheckpointSession: CheckpointKeeping {
  private let session: EstablishedSession
  private let settings: SessionBarriers
  private let store: CheckpointStore
  private let mesh: any MessageLinks
  private let job: [UInt8]
  private var epoch: UInt64 = 0
  private var resumedFrom: [UInt8] = []
  private var hasTaken = false

  package init(
    _ session: EstablishedSession, _ settings: SessionBarriers, store: CheckpointStore, mesh: any MessageLinks
  ) {
    self.session = session
    self.settings = settings
    self.store = store
    self.mesh = mesh
    job = Self.job(of: session)
  }
  deinit { if hasTaken { store.release(job) } }

  package var barriers: BarrierPlan { settings.plan }
  private var peers: [PartyIndex] { session.description.computing.filter { $0 != mesh.local } }

  /// What sessions of one run have in common: study, program, protocol, version, parties, parameters, sizes.
  static func job(of session: EstablishedSession) -> [UInt8] {
    var description = session.description
    description.parameters.removeAll { $0.name == SessionBarriers.startName }
    var rows = CanonicalWriter()
    rows.write(list: session.rows) { out, counts in out.write(list: counts) { $0.write(UInt64($1)) } }
    return Digest.sha256("parley/checkpoint/job/1", [description.canonicalBytes, rows.bytes])
  }

  private func header(_ registers: SavedRegisters, barrier: Int) -> CheckpointHeader {
    CheckpointHeader(
      job: job, study: session.description.studyHash, program: session.description.programHash,
      engine: session.description.protocolID, format: registers.format,
      roster: session.description.computingIdentities, session: session.id, epoch: epoch, barrier: barrier,
      point: registers.point, arith: registers.arith, planes: registers.planes)
  }

  /// Whether all find it for themselves, from what everybody said, so that links are closed in order.
  static func isOrderly(_ error: ParleyError) -> Bool {
    [.noCheckpoint, .rolledBack, .abortCap].contains(error.code)
  }

  // MARK: Where the run begins

  package func agree() throws(ParleyError) -> SavedRegisters? {
    try store.take(job)
    hasTaken = true
    guard settings.start == .checkpoint else {
      try store.begin(job, session: session.id)
      return nil
    }
    let own = CheckpointHello(job: job, store.record(of: job))
    for peer in peers { try mesh.send(step: ControlStep.checkpointHello, to: peer, bytes: own.encoded) }
    try mesh.flush()
    var hellos = [mesh.local: own]
    for peer in peers {
      let bytes = try mesh.receiveControl(
        step: ControlStep.checkpointHello, from: peer, atMost: CheckpointHello.limit)
      do throws(ParleyError) {
        hellos[peer] = try CheckpointHello.decode(bytes)
      } catch { throw error.noticed(peer, ControlStep.checkpointHello) }
    }
    let agreed = try common(hellos)
    // A session id is new, and so are all keys that follow from it. No stream of a session before is ever used again.
    guard let record = store.record(of: job), record.session != hexadecimal(session.id),
      let kept = record.kept.first(where: { $0.barrier == agreed.barrier })
    else { throw ParleyError(.invariant, "a session resumes what it has saved itself") }
    let (header, shares) = try store.read(kept, party: mesh.local)
    var expected = self.header(
      SavedRegisters(
        point: header.point, arith: header.arith, planes: header.planes, format: header.format, shares: []),
      barrier: agreed.barrier)
    (expected.session, expected.epoch) = (header.session, header.epoch)
    guard header == expected, header.session != session.id else {
      throw ParleyError(
        .stateCorrupt, "a checkpoint is of another study, program, protocol or set of parties than its entry says",
        at: .init(file: store.directory.path), remedy: "start the run from its inputs again")
    }
    epoch = (hellos.values.map(\.epoch).max() ?? 0) + 1
    guard epoch <= UInt64(CheckpointStore.mostSessions) else {
      throw ParleyError(
        .abortCap, "\(CheckpointStore.mostSessions) sessions have resumed this run, and none has come to its end",
        at: .init(file: store.directory.path),
        remedy: "compare the local logs of all parties, then start the run from its inputs")
    }
    resumedFrom = agreed.id
    // From here on no older session saves anything of this run, whatever becomes of this one.
    try store.claim(job, session: session.id, epoch: epoch, at: agreed.barrier)
    return SavedRegisters(
      point: header.point, arith: header.arith, planes: header.planes, format: header.format, shares: shares)
  }

  /// The newest checkpoint that all have.
  private func common(
    _ hellos: [PartyIndex: CheckpointHello]
  ) throws(ParleyError) -> CheckpointHello.Entry {
    for peer in peers where hellos[peer]?.job != job {
      throw ParleyError(.protocolViolation, "malformed message: checkpoints of another run").noticed(
        peer, ControlStep.checkpointHello)
    }
    // Who was told that all have a barrier has it, and so has everybody: they keep it until all have a later one.
    let marked = hellos.values.compactMap(\.marked).max()
    let all = hellos.sorted { $0.key < $1.key }
    if let marked,
      let (party, _) = all.first(where: { !$0.value.kept.isEmpty && ($0.value.kept.last?.barrier ?? 0) < marked })
    {
      throw ParleyError(
        .rolledBack,
        "\(session.description.label(party)) has checkpoints that are older than one that all parties had on disk",
        at: .init(item: session.description.label(party)),
        remedy:
          "its state directory was restored from a backup or copied: let it use the newest, or start the run from its inputs"
      )
    }
    let shared = (hellos[mesh.local]?.kept ?? []).last { entry in
      hellos.values.allSatisfy { $0.kept.contains(entry) }
    }
    guard let shared else {
      let without = all.filter { $0.value.kept.isEmpty }.map { session.description.label($0.key) }
      throw ParleyError(
        .noCheckpoint,
        without.isEmpty
          ? "the computing parties have no checkpoint of this run in common"
          : "\(without.joined(separator: ", ")): no checkpoint of this run is kept there",
        at: .init(file: store.directory.path), remedy: "start the run from its inputs")
    }
    return shared
  }

  package func confirm(_ common: [PartyIndex: [UInt8]]) throws(ParleyError) {
    let own = Digest.sha256(
      "parley/checkpoint/agreement/1", [session.id, resumedFrom, Array(String(epoch).utf8)])
    func shares(_ peer: PartyIndex) -> [UInt8] {
      Digest.sha256("parley/checkpoint/shares/1", [session.id, resumedFrom, common[peer] ?? []])
    }
    for peer in peers { try mesh.send(step: ControlStep.checkpointAgreement, to: peer, bytes: own + shares(peer)) }
    try mesh.flush()
    for peer in peers {
      let other = try mesh.receiveControl(step: ControlStep.checkpointAgreement, from: peer, atMost: 64)
      guard other.count == 64, SecureMemory.isEqual(Array(other.prefix(32)), own) else {
        throw ParleyError(
          .protocolViolation, "another party resumes another checkpoint, or has said something else to others"
        ).noticed(peer, ControlStep.checkpointAgreement)
      }
      guard SecureMemory.isEqual(Array(other.suffix(32)), shares(peer)) else {
        throw ParleyError(.cheating, "another party resumes with other shares than were saved").noticed(
          peer, ControlStep.checkpointAgreement)
      }
    }
  }

  // MARK: At a barrier

  package func save(_ registers: SavedRegisters, barrier: Int) throws(ParleyError) {
    let header = header(registers, barrier: barrier)
    try store.write(header, registers.shares, party: mesh.local)
    try tellAll(ControlStep.checkpointWritten, header, "has another checkpoint at barrier \(barrier)")
    try store.mark(job, session: session.id, barrier: barrier)
    try tellAll(ControlStep.checkpointMarked, header, "has marked another checkpoint at barrier \(barrier)")
    try store.forget(job, session: session.id, before: barrier)
  }

  /// The id of the checkpoint to every computing party, and theirs.
  private func tellAll(_ step: StepID, _ header: CheckpointHeader, _ what: String) throws(ParleyError) {
    let own = Digest.sha256("parley/checkpoint/barrier/1", [session.id, header.id, Array(step.description.utf8)])
    for peer in peers { try mesh.send(step: step, to: peer, bytes: own) }
    try mesh.flush()
    for peer in peers {
      let other = try mesh.receiveControl(step: step, from: peer, atMost: 32)
      guard SecureMemory.isEqual(other, own) else {
        throw ParleyError(.cheating, "\(session.description.label(peer)) \(what)").noticed(peer, step)
      }
    }
  }

  // MARK: The end

  package func close() throws(ParleyError) { try store.end(job, session: session.id) }

  package func failed(_ error: ParleyError) {
    // What a network, a machine or an operator can cause may be resumed; a failed check or a mistake of a program never.
    switch error.code.category {
    case "network", "interrupted", "state": return
    default: break
    }
    guard error.code != .peerAborted else { return }
    // If it cannot be written there is nothing left to be done here: the others have not this party's word for it.
    try? store.end(job, session: session.id)
  }
}

/// What a party says it has of a run.
struct CheckpointHello: Hashable {
  struct Entry: Hashable {
    var barrier: Int
    var id: [UInt8]
  }
  var job: [UInt8]
  var epoch: UInt64
  var marked: Int?
  /// Ascending; empty where it has none.
  var kept: [Entry]

  static let limit = 4096

  init(job: [UInt8], _ record: CheckpointRecord?) {
    self.job = job
    epoch = record?.epoch ?? 0
    marked = record?.marked
    kept = record?.kept.map { Entry(barrier: $0.barrier, id: bytes(hexadecimal: $0.id) ?? []) } ?? []
  }

  var encoded: [UInt8] {
    var out = CanonicalWriter()
    out.write(job)
    out.write(epoch)
    out.write(marked != nil)
    out.write(UInt64(marked ?? 0))
    out.write(list: kept) { out, entry in
      out.write(UInt64(entry.barrier))
      out.write(entry.id)
    }
    return out.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(ParleyError) -> CheckpointHello {
    var reader = CanonicalReader(bytes)
    var hello = CheckpointHello(job: try reader.readBytes(atMost: 32), nil)
    hello.epoch = try reader.read()
    let isMarked = try reader.readBool()
    let marked = try reader.readCount(atMost: 1 << 48)
    hello.marked = isMarked ? marked : nil
    for _ in 0..<(try reader.readCount(atMost: 2)) {
      hello.kept.append(
        .init(barrier: try reader.readCount(atMost: 1 << 48), id: try reader.readBytes(atMost: 32)))
    }
    try reader.finish()
    guard hello.epoch <= UInt64(CheckpointStore.mostSessions),
      zip(hello.kept, hello.kept.dropFirst()).allSatisfy({ $0.barrier < $1.barrier })
    else { throw ParleyError(.protocolViolation, "malformed message: no list of checkpoints") }
    return hello
  }
}
