internal import ParleyBase
internal import Synchronization

/// One direction between two parties of a process: frames in order, bounded, blocking at both ends.
///
/// Each link has its own lock and conditions, so that a party waiting for one peer is not woken by another.
final class MemoryLink: @unchecked Sendable {
  let sender: PartyState
  let receiver: PartyState
  private let bound: Int
  private let patience: Duration
  private let spins: Int

  private let lock = Lock()
  private let arrived = Condition()
  private let drained = Condition()
  /// Frames there; written under the lock, read by the spinning receiver without.
  private let available = Atomic<Int>(0)
  // Under the lock:
  private var frames = FrameQueue<Frame>()
  private var queuedBytes = 0
  private var spares = SpareBuffers()
  private var receiversAsleep = 0
  private var sendersAsleep = 0

  init(sender: PartyState, receiver: PartyState, options: InMemoryOptions) {
    self.sender = sender
    self.receiver = receiver
    bound = options.bytesPerLink
    patience = options.patience
    spins = options.spins
  }

  /// A buffer for the next message; its contents are arbitrary.
  func buffer(byteCount: Int) -> FrameBuffer {
    guard byteCount >= SpareBuffers.smallest else { return FrameBuffer(byteCount: byteCount) }
    return lock.withLock { spares.take(byteCount: byteCount) } ?? FrameBuffer(byteCount: byteCount)
  }

  /// Gives back the buffer of a message that has been copied out. What waits and what is spare stay below the
  /// bound together.
  func recycle(_ buffer: FrameBuffer) {
    guard buffer.capacity >= SpareBuffers.smallest else { return }
    lock.withLock { spares.put(buffer, limit: max(0, bound - queuedBytes)) }
  }

  /// Queues a frame. Blocks while the link holds something and would hold more than the bound.
  ///
  /// There is one exception: the receiver waits for this sender, directly or through others for which it waits. Then
  /// nobody else can go on, and the frame passes over the bound.
  ///
  /// - Parameter circular: whether that is so.
  func put(_ frame: Frame, circular: () -> Bool) throws(ParleyError) {
    lock.lock()
    defer { lock.unlock() }
    if sender !== receiver && !hasRoom(for: frame.count) {
      try waitForRoom(frame, circular: circular)
    }
    try sender.check(step: frame.step)
    // A peer that has closed has received everything its program wanted: what comes later has no reader.
    if hasNoReader { return }
    frames.append(frame)
    queuedBytes += frame.count
    available.add(1, ordering: .releasing)
    if receiversAsleep > 0 { arrived.wakeAll() }
  }

  private var hasNoReader: Bool { receiver.end != nil || receiver.hasDismissed(sender.party) }

  private func hasRoom(for count: Int) -> Bool {
    frames.isEmpty || count <= bound - min(queuedBytes, bound)
  }

  private func waitForRoom(_ frame: Frame, circular: () -> Bool) throws(ParleyError) {
    let waiting = Waiting(party: receiver.party, step: frame.step, need: .room)
    let deadline = MonotonicTime.deadline(in: patience)
    sender.waiting.set(waiting)
    sendersAsleep += 1
    defer {
      sendersAsleep -= 1
      sender.waiting.set(nil)
    }
    while !hasRoom(for: frame.count) {
      if sender.end != nil || hasNoReader || circular() { return }
      let now = MonotonicTime.now
      if now >= deadline {
        // It is missed when something is due from it.
        if sender.tolerates(receiver.party) { return }
        throw MeshErrors.timeout(waiting, after: patience)
      }
      // Looks again each millisecond: a circle may close without anything happening on this link.
      _ = drained.wait(lock, until: min(deadline, now &+ 1_000_000))
    }
  }

  /// The next frame; blocks until there is one.
  ///
  /// - Parameter any: of whatever step; otherwise it stays where it is when it brings news of the roster and other things are due.
  func take(step: StepID, any: Bool = false) throws(ParleyError) -> Frame {
    if available.load(ordering: .acquiring) == 0 && sender !== receiver {
      spinBriefly(spins) { available.load(ordering: .acquiring) > 0 }
    }
    lock.lock()
    defer { lock.unlock() }
    if receiver.hasDismissed(sender.party) { throw MeshErrors.vanished(sender.party, at: step) }
    if frames.isEmpty { try waitForFrame(step: step) }
    try receiver.check(step: step)
    if !any, step != .roster, frames.first?.step == .roster, receiver.tolerates(sender.party) {
      throw MeshErrors.noticed(from: sender.party, step)
    }
    guard let frame = frames.popFirst() else {
      // A sender that aborts has ended a moment before its peers learn of it.
      let isAborted = if case .failed = sender.end { true } else { false }
      throw receiver.missing(
        sender, step,
        otherwise: isAborted
          ? MeshErrors.aborted(by: sender.party) : MeshErrors.peerClosed(sender.party, step: step))
    }
    available.subtract(1, ordering: .relaxed)
    queuedBytes -= frame.count
    if sendersAsleep > 0 { drained.wakeAll() }
    return frame
  }

  /// Returns when a frame is there or none can come any more.
  private func waitForFrame(step: StepID) throws(ParleyError) {
    let waiting = Waiting(party: sender.party, step: step)
    var deadline = MonotonicTime.deadline(in: patience)
    let isTolerated = receiver.tolerates(sender.party)
    receiver.waiting.set(waiting)
    receiversAsleep += 1
    defer {
      receiversAsleep -= 1
      receiver.waiting.set(nil)
    }
    while frames.isEmpty && receiver.end == nil && sender.end == nil && !sender.hasDismissed(receiver.party) {
      // Looks now and then whether a party that may be missed waits itself: then it is there.
      let until = isTolerated ? min(deadline, MonotonicTime.deadline(in: patience / 8)) : deadline
      if arrived.wait(lock, until: until) || !frames.isEmpty { continue }
      if isTolerated, sender.waiting.current != nil {
        deadline = MonotonicTime.deadline(in: patience)
      } else if MonotonicTime.now >= deadline {
        throw receiver.missing(sender, step, otherwise: MeshErrors.timeout(waiting, after: patience))
      }
    }
  }

  /// After the end of either party: everybody who sleeps here looks again. What nobody will read is dropped.
  func wake() {
    lock.withLock {
      if hasNoReader {
        frames.removeAll()
        spares.removeAll()
        queuedBytes = 0
        available.store(0, ordering: .relaxed)
      }
      arrived.wakeAll()
      drained.wakeAll()
    }
  }
}
