package import ParleyBase

/// Test equipment: parties of this process joined by queues, with the news of an abort arriving last.
///
/// A party that aborts or closes is noticed by a peer only when that peer waits for a message that was never sent to it.
/// Every party therefore goes as far as it can with what it has received. What is sent, and where each party stops,
/// follows from the programs alone and not from threads (a Kahn process network), so two attacked runs can be compared
/// message by message. It is also the worst network for honest parties: all others tell them earlier.
///
/// Parties that wait on each other in a circle time out at once, with a deadlock report.
package final class TapeNetwork: PartyNetwork {
  /// The meshes, by index of the principal.
  package let meshes: [any Mesh]
  private let core: TapeCore

  /// - Parameter realPatience: how long a party may compute while others wait for it.
  package init(count: Int, realPatience: Duration = .seconds(120)) {
    let core = TapeCore(count: count, realPatience: realPatience)
    self.core = core
    meshes = (0..<count).map { TapeMesh(local: PartyIndex($0), core: core) }
  }

  /// What `party` has received so far, in the order of its receives: what an adversary in its place knows besides its
  /// keys.
  package func received(by party: PartyIndex) -> [InterceptedMessage] { core.received(by: party.rawValue) }
}

/// Test equipment: one party's end of a ``TapeNetwork``.
package final class TapeMesh: Mesh {
  package let local: PartyIndex
  /// What this party has sent.
  package let meter: Meter
  private let core: TapeCore

  init(local: PartyIndex, core: TapeCore) {
    self.local = local
    self.core = core
    meter = Meter(count: core.count)
  }

  package var count: Int { core.count }
  package var waitingOn: Waiting? { core.waitingOn(local.rawValue) }

  package func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError) {
    try check(party, step)
    let buffer = FrameBuffer(byteCount: byteCount)
    fill(buffer.bytes)
    let depth = party == local ? 0 : meter.recordSend(step: step, to: party, bytes: byteCount)
    try core.send(Frame(step: step, depth: depth, buffer: buffer), from: local.rawValue, to: party.rawValue)
  }

  package func flush() throws(ParleyError) { try core.check(local.rawValue, step: nil) }

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

  private func check(_ party: PartyIndex, _ step: StepID) throws(ParleyError) {
    guard (0..<count).contains(party.rawValue) else {
      throw MeshErrors.noSuchParty(party, count: count, step: step)
    }
    try core.check(local.rawValue, step: step)
  }

  package func abort(_ reason: ParleyError) { core.finish(local.rawValue, .failed(reason)) }
  package func close() { core.finish(local.rawValue, .closed) }
}

/// What the parties of a ``TapeNetwork`` share, under one lock.
final class TapeCore: @unchecked Sendable {
  let count: Int
  private let realPatience: Duration
  private let lock = Lock()
  private let woken: [Condition]
  // Under the lock:
  private var ends: [PartyState.End?]
  private var sleeping: [Waiting?]
  /// By sender, then by receiver.
  private var queues: [[FrameQueue<Frame>]]
  private var receipts: [[InterceptedMessage]]

  init(count: Int, realPatience: Duration) {
    self.count = count
    self.realPatience = realPatience
    woken = (0..<count).map { _ in Condition() }
    ends = Array(repeating: nil, count: count)
    sleeping = Array(repeating: nil, count: count)
    queues = Array(repeating: Array(repeating: FrameQueue(), count: count), count: count)
    receipts = Array(repeating: [], count: count)
  }

  func received(by party: Int) -> [InterceptedMessage] { lock.withLock { receipts[party] } }
  func waitingOn(_ party: Int) -> Waiting? { lock.withLock { sleeping[party] } }

  func check(_ party: Int, step: StepID?) throws(ParleyError) {
    try lock.withLock { () throws(ParleyError) in try checkLocked(party, step: step) }
  }
  private func checkLocked(_ party: Int, step: StepID?) throws(ParleyError) {
    switch ends[party] {
    case .failed(let error): throw error
    case .closed: throw MeshErrors.closedHere(step: step)
    case nil: return
    }
  }

  func finish(_ party: Int, _ end: PartyState.End) {
    lock.withLock {
      guard ends[party] == nil else { return }
      ends[party] = end
      for condition in woken { condition.wakeAll() }
    }
  }

  func send(_ frame: Frame, from: Int, to: Int) throws(ParleyError) {
    lock.lock()
    defer { lock.unlock() }
    try checkLocked(from, step: frame.step)
    guard ends[to] == nil else { return }
    queues[from][to].append(frame)
    if let waiting = sleeping[to], waiting.party.rawValue == from {
      sleeping[to] = nil
      woken[to].wakeAll()
    }
  }

  func receive(step: StepID, from: Int, at to: Int) throws(ParleyError) -> Frame {
    lock.lock()
    defer { lock.unlock() }
    let waiting = Waiting(party: PartyIndex(from), step: step)
    if queues[from][to].isEmpty { try sleep(waiting, at: to) }
    try checkLocked(to, step: step)
    guard let frame = queues[from][to].popFirst() else {
      if case .failed = ends[from] { throw MeshErrors.aborted(by: PartyIndex(from)) }
      throw MeshErrors.peerClosed(PartyIndex(from), step: step)
    }
    receipts[to].append(
      InterceptedMessage(
        step: frame.step, from: PartyIndex(from), to: PartyIndex(to), bytes: Array(frame.buffer.bytes), ordinal: 0)
    )
    return frame
  }

  private func sleep(_ waiting: Waiting, at local: Int) throws(ParleyError) {
    let peer = waiting.party.rawValue
    let deadline = MonotonicTime.deadline(in: realPatience)
    sleeping[local] = waiting
    defer { sleeping[local] = nil }
    stopCircle(through: local)
    while queues[peer][local].isEmpty && ends[local] == nil && ends[peer] == nil {
      guard woken[local].wait(lock, until: deadline) || !queues[peer][local].isEmpty else {
        throw MeshErrors.timeout(waiting, after: realPatience)
      }
    }
  }

  /// Ends the parties of the circle that closes when `local` falls asleep, and no other.
  private func stopCircle(through local: Int) {
    var circle: [Int] = []
    var at = local
    repeat {
      guard ends[at] == nil, let waiting = sleeping[at], circle.count < count else { return }
      circle.append(at)
      at = waiting.party.rawValue
    } while at != local
    var error = MeshErrors.deadlock(
      StallReport(
        lines: circle.sorted().compactMap { index in
          sleeping[index].map { StallReport.Line(party: PartyIndex(index), waiting: $0) }
        }))
    // What a real network says of it in the end.
    error.code = .timeout
    for index in circle { ends[index] = .failed(error) }
    for condition in woken { condition.wakeAll() }
  }
}
