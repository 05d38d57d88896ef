package import ParleyBase

/// How long parties wait.
package struct SimulationOptions: Sendable, Hashable {
  /// How long, in virtual time, a party waits for a message.
  package var patience: Duration
  /// How long, in real time, for a party that computes or is not there at all.
  package var realPatience: Duration

  /// Waiting times.
  package init(patience: Duration = .seconds(60), realPatience: Duration = .seconds(600)) {
    self.patience = patience
    self.realPatience = realPatience
  }
}

/// All parties in one process over links with latency, bandwidth, loss and partitions, in virtual time.
///
/// Every party carries its virtual time; computing takes none unless it says so (``SimulatedMesh/advance(by:)``). A
/// message is stamped with the time at which it arrives, and receiving it moves the receiver to that time if it is
/// behind. A receive names its sender and blocks (the party network is a Kahn process network). So the times are
/// exactly those of one global clock that moves only while all parties wait, and no party that has something to do is
/// stopped for it: the same program takes the same virtual time on every run and machine.
///
/// Needs one thread per party. There is no back-pressure: a sender never waits, as with a socket buffer that is
/// large enough. Parties that wait on each other in a circle get a deadlock report at once.
package final class SimulatedNetwork: PartyNetwork {
  /// The meshes, by index of the principal.
  package let meshes: [any Mesh]
  private let core: SimulationCore

  /// All links alike.
  package convenience init(
    count: Int, link: LinkProfile, options: SimulationOptions = SimulationOptions()
  ) {
    self.init(count: count, options: options) { _, _ in link }
  }

  /// `link` gives the profile of the direction from its first to its second argument.
  package init(
    count: Int, options: SimulationOptions = SimulationOptions(),
    link: (PartyIndex, PartyIndex) -> LinkProfile
  ) {
    let core = SimulationCore(count: count, options: options, profile: link)
    self.core = core
    meshes = (0..<count).map { SimulatedMesh(local: PartyIndex($0), core: core) }
  }

  /// The virtual time of the party that is furthest.
  package var elapsed: Duration { core.elapsed }
}

/// A mesh whose time is simulated.
package protocol VirtualClockMesh: Mesh {
  /// This party's virtual time.
  var virtualTime: Duration { get }
  /// Charges `time` (not negative) of computing to this party.
  func advance(by time: Duration)
}

/// One party's end of a ``SimulatedNetwork``.
package final class SimulatedMesh: VirtualClockMesh {
  package let local: PartyIndex
  /// What this party has sent.
  package let meter: Meter
  private let core: SimulationCore

  init(local: PartyIndex, core: SimulationCore) {
    self.local = local
    self.core = core
    meter = Meter(count: core.states.count)
  }

  package var count: Int { core.states.count }
  package var waitingOn: Waiting? { core.states[local.rawValue].waiting.current }
  package var virtualTime: Duration { core.clock(of: local.rawValue) }

  package func advance(by time: Duration) {
    precondition(time >= .zero, "time does not run backwards")
    core.advance(local.rawValue, by: time)
  }

  private func check(_ party: PartyIndex, _ step: StepID) throws(ParleyError) {
    guard core.states.indices.contains(party.rawValue) else {
      throw MeshErrors.noSuchParty(party, count: count, step: step)
    }
    try core.states[local.rawValue].check(step: step)
  }

  package func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError) {
    try check(party, step)
    let buffer = FrameBuffer(byteCount: byteCount)
    fill(buffer.bytes)
    let depth = party == local ? 0 : meter.recordSend(step: step, to: party, bytes: byteCount)
    try core.send(
      Frame(step: step, depth: depth, buffer: buffer), from: local.rawValue, to: party.rawValue)
  }

  package func flush() throws(ParleyError) { try core.states[local.rawValue].check(step: nil) }

  package func receive(step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer)
    throws(ParleyError)
  {
    try check(party, step)
    let frame = try core.receive(step: step, from: party.rawValue, at: local.rawValue)
    try frame.deliver(expecting: step, into: target, from: party, at: local)
    if party != local { meter.recordReceive(step: step, depth: frame.depth) }
  }

  package func receiveControl(
    step: StepID, from party: PartyIndex, atMost limit: Int
  ) throws(ParleyError) -> [UInt8] {
    try check(party, step)
    let frame = try core.receive(step: step, from: party.rawValue, at: local.rawValue)
    let bytes = try frame.control(expecting: step, atMost: limit, from: party, at: local)
    if party != local { meter.recordReceive(step: step, depth: frame.depth) }
    return bytes
  }

  package func receiveNotice(from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8] {
    try check(party, .roster)
    while true {
      let frame = try core.receive(step: .roster, from: party.rawValue, at: local.rawValue, any: true)
      guard frame.step == .roster else { continue }
      return try frame.control(expecting: .roster, atMost: limit, from: party, at: local)
    }
  }

  package func tolerateDepartures(of parties: Set<PartyIndex>) { core.states[local.rawValue].tolerate(parties) }
  package func dismiss(_ party: PartyIndex) { core.dismiss(party.rawValue, at: local.rawValue) }

  /// Test equipment: ends as a killed process does, without a word. Others notice at once, in virtual time, where they
  /// tolerate it.
  package func vanish() { core.vanish(local.rawValue) }

  package func abort(_ reason: ParleyError) { core.abort(local.rawValue, reason) }
  package func close() { core.close(local.rawValue) }
}
