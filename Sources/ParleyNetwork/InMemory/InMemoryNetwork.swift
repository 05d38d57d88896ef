package import ParleyBase

/// The knobs of the in-memory mesh.
package struct InMemoryOptions: Sendable, Hashable {
  /// How long a call blocks before it throws `network/timeout`. Parties of one process are not out of reach, only slow
  /// where the machine has other work: long by default.
  package var patience: Duration
  /// Bytes a link holds before sends block; a single message may be larger.
  package var bytesPerLink: Int
  /// How often a receive looks, giving the core away in between, before it sleeps; about 0.5 µs each.
  package var spins: Int

  /// Knobs; see the properties.
  package init(patience: Duration = .seconds(600), bytesPerLink: Int = 64 << 20, spins: Int = 8) {
    self.patience = patience
    self.bytesPerLink = bytesPerLink
    self.spins = spins
  }
}

/// A set of meshes, one per principal, that live in this process. One network is one session: after an abort or
/// a close it is used up.
package protocol PartyNetwork: Sendable {
  /// The meshes, by index of the principal.
  var meshes: [any Mesh] { get }
}

extension PartyNetwork {
  /// The number of principals.
  package var count: Int { meshes.count }
  /// The mesh of one principal.
  package subscript(_ party: PartyIndex) -> any Mesh { meshes[party.rawValue] }
  /// Who waits on whom just now.
  package var stallReport: StallReport { StallReport(meshes) }
}

/// All parties in one process, each on its own thread, joined by queues.
///
/// Back-pressure is soft: a link holds ``InMemoryOptions/bytesPerLink`` bytes and then blocks its sender until
/// the peer receives. When parties wait on each other in a circle (all of them sending a large round before
/// they receive), a blocked message passes over the bound: memory then holds the round, and nobody deadlocks.
package final class InMemoryNetwork: PartyNetwork {
  /// The meshes, by index of the principal.
  package let meshes: [any Mesh]
  /// What all links have in common.
  package let options: InMemoryOptions

  /// `count` principals with a link between every two.
  package init(count: Int, options: InMemoryOptions = InMemoryOptions()) {
    self.options = options
    let states = (0..<count).map { PartyState(party: PartyIndex($0)) }
    let links = states.map { sender in
      states.map { MemoryLink(sender: sender, receiver: $0, options: options) }
    }
    meshes = states.map { InMemoryMesh(local: $0, states: states, links: links) }
  }
}

/// One party's end of an ``InMemoryNetwork``.
package final class InMemoryMesh: Mesh {
  private let state: PartyState
  private let states: [PartyState]
  /// By sender, then by receiver.
  private let links: [[MemoryLink]]
  /// What this party has sent.
  package let meter: Meter

  init(local: PartyState, states: [PartyState], links: [[MemoryLink]]) {
    state = local
    self.states = states
    self.links = links
    meter = Meter(count: states.count)
  }

  package var local: PartyIndex { state.party }
  package var count: Int { states.count }
  package var waitingOn: Waiting? { state.waiting.current }

  package func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError) {
    try check(party, step)
    let link = links[local.rawValue][party.rawValue]
    let buffer = link.buffer(byteCount: byteCount)
    fill(buffer.bytes)
    let depth = party == local ? 0 : meter.recordSend(step: step, to: party, bytes: byteCount)
    try link.put(Frame(step: step, depth: depth, buffer: buffer)) { isWaitedFor(by: party) }
  }

  /// Whether `party`, or the one it waits for, and so on, waits for the local party.
  private func isWaitedFor(by party: PartyIndex) -> Bool {
    var at = party
    for _ in states {
      guard let waiting = states[at.rawValue].waiting.current else { return false }
      at = waiting.party
      if at == local { return true }
    }
    // A circle that the local party only hangs on to: its own senders let each other pass.
    return false
  }

  package func flush() throws(ParleyError) { try state.check(step: nil) }

  package func receive(step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer)
    throws(ParleyError)
  {
    let frame = try take(step, from: party)
    try frame.deliver(expecting: step, into: target, from: party, at: local)
    if party != local { meter.recordReceive(step: step, depth: frame.depth) }
    links[party.rawValue][local.rawValue].recycle(frame.buffer)
  }

  package func receiveControl(
    step: StepID, from party: PartyIndex, atMost limit: Int
  ) throws(ParleyError) -> [UInt8] {
    let frame = try take(step, from: party)
    let bytes = try frame.control(expecting: step, atMost: limit, from: party, at: local)
    if party != local { meter.recordReceive(step: step, depth: frame.depth) }
    return bytes
  }

  package func receiveNotice(from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8] {
    try check(party, .roster)
    let link = links[party.rawValue][local.rawValue]
    while true {
      let frame = try link.take(step: .roster, any: true)
      guard frame.step == .roster else { continue }
      return try frame.control(expecting: .roster, atMost: limit, from: party, at: local)
    }
  }

  package func tolerateDepartures(of parties: Set<PartyIndex>) { state.tolerate(parties) }

  package func dismiss(_ party: PartyIndex) {
    state.dismiss(party)
    links[party.rawValue][local.rawValue].wake()
    links[local.rawValue][party.rawValue].wake()
  }

  /// Test equipment: ends as a killed process does, without a word. Others notice only where they tolerate it.
  package func vanish() {
    guard state.finish(.failed(PartyState.vanished)) else { return }
    for row in links { for link in row { link.wake() } }
  }

  private func check(_ party: PartyIndex, _ step: StepID) throws(ParleyError) {
    guard states.indices.contains(party.rawValue) else {
      throw MeshErrors.noSuchParty(party, count: count, step: step)
    }
    try state.check(step: step)
  }

  private func take(_ step: StepID, from party: PartyIndex) throws(ParleyError) -> Frame {
    try check(party, step)
    return try links[party.rawValue][local.rawValue].take(step: step)
  }

  package func abort(_ reason: ParleyError) {
    guard state.finish(.failed(reason)) else { return }
    for peer in states where state.hears(of: reason, at: peer) {
      _ = peer.finish(.failed(MeshErrors.aborted(by: local)))
    }
    for row in links { for link in row { link.wake() } }
  }

  package func close() {
    guard state.finish(.closed) else { return }
    for index in states.indices {
      links[local.rawValue][index].wake()
      if index != local.rawValue { links[index][local.rawValue].wake() }
    }
  }
}
