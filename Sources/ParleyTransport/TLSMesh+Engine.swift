package import ParleyBase
package import ParleyNetwork

/// What engines call.
extension TLSMesh {
  package func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError) {
    guard byteCount >= 0, byteCount <= FrameHeader.maximumLength else {
      throw ParleyError(
        .invariant, "a message of \(byteCount) bytes does not fit a frame", at: .init(item: "\(step)"))
    }
    guard party != local else {
      sendToSelf(step: step, byteCount: byteCount, fill: fill)
      return
    }
    guardLock.lock()
    defer { unlockAndReport() }
    activity &+= 1
    let link = try link(to: party)
    let depth = meter.recordSend(step: step, to: party, bytes: byteCount)
    // The peer said goodbye, or is gone and nobody else's result depends on it: it waits for nothing any more.
    if link.peerFinished || (link.failure != nil && endsNothing(link)) { return }
    let header = FrameHeader(step: step.rawValue, depth: depth, length: UInt32(byteCount))
    link.append(header, count: byteCount, fill: fill)
    if link.logEnd - link.cursor >= UInt64(Link.pieceLimit) { link.pushOutput(now: monotonicNanoseconds()) }
    if isFull(link) { try awaitRoom(link, step: step) }
  }

  private func sendToSelf(step: StepID, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      if byteCount > 0 { fill(UnsafeMutableRawBufferPointer(buffer)) }
      count = byteCount
    }
    locked { selfQueue.append((step, bytes)) }
  }

  /// Too much is kept for replay, or, while the link is up, too much waits to go out.
  private func isFull(_ link: Link) -> Bool {
    link.unacknowledged > options.replayLimit
      || (link.isUp && link.logEnd - link.cursor > UInt64(options.unsentLimit))
  }

  /// Back-pressure: waits until the socket has taken and the peer acknowledged enough.
  private func awaitRoom(_ link: Link, step: StepID) throws(ParleyError) {
    link.seal()
    waiting.set(Waiting(party: PartyIndex(link.party), step: step, need: .room))
    roomWaiters += 1
    defer {
      roomWaiters -= 1
      waiting.set(nil)
    }
    let limit =
      endsNothing(link) ? ContinuousClock.now + options.patience * TransportOptions.outsiderPatience : nil
    while isFull(link), !link.peerFinished {
      if endsNothing(link) {
        if link.failure != nil { return }
        if let limit, ContinuousClock.now >= limit {
          giveUp(on: link)
          return
        }
      }
      try check(link, step)
      pump(forEngine: true)
    }
  }

  package func flush() throws(ParleyError) {
    guardLock.lock()
    defer { unlockAndReport() }
    activity &+= 1
    if let ending { throw ending }
    flushLinks()
  }

  func flushLinks() {
    let now = monotonicNanoseconds()
    for case let link? in links {
      link.seal()
      link.pushOutput(now: now)
    }
  }

  package func receive(step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer)
    throws(ParleyError)
  {
    if party == local {
      let bytes = try takeFromSelf(step: step)
      guard bytes.count == target.count else { throw wrongLength(step, local, bytes.count, target.count) }
      target.copyBytes(from: bytes)
      return
    }
    guardLock.lock()
    defer { unlockAndReport() }
    activity &+= 1
    let link = try link(to: party, receiving: step)
    flushLinks()
    if let head = link.inbound.head {
      try match(head.header, step: step, party: party)
      guard Int(head.header.length) == target.count else {
        throw violated(link, wrongLength(step, party, Int(head.header.length), target.count))
      }
      if head.isComplete {
        if head.filled > 0 { target.copyMemory(from: head.bytes) }
        link.inbound.removeHead()
        meter.recordReceive(step: step, depth: head.header.depth)
        return
      }
      link.inbound.adopt(head, target: target)
    } else {
      link.inbound.post(step: step.rawValue, target: target)
    }
    defer { link.inbound.unpost() }
    try wait(on: link, step: step) { () throws(ParleyError) -> Bool in
      if let header = link.inbound.mismatch {
        try self.match(header, step: step, party: party)
        throw self.violated(link, self.wrongLength(step, party, Int(header.length), target.count))
      }
      return link.inbound.isDirectComplete
    }
    if let header = link.inbound.direct { meter.recordReceive(step: step, depth: header.depth) }
  }

  package func receiveControl(step: StepID, from party: PartyIndex, atMost limit: Int) throws(ParleyError)
    -> [UInt8]
  {
    if party == local {
      let bytes = try takeFromSelf(step: step)
      guard bytes.count <= limit else { throw wrongLength(step, local, bytes.count, limit) }
      return bytes
    }
    guardLock.lock()
    defer { unlockAndReport() }
    activity &+= 1
    let link = try link(to: party, receiving: step)
    flushLinks()
    try wait(on: link, step: step) { () throws(ParleyError) -> Bool in
      guard let head = link.inbound.head else { return false }
      try self.match(head.header, step: step, party: party)
      guard Int(head.header.length) <= limit else {
        throw self.violated(link, self.wrongLength(step, party, Int(head.header.length), limit))
      }
      return head.isComplete
    }
    guard let head = link.inbound.head else { return [] }
    let bytes = [UInt8](head.bytes)
    link.inbound.removeHead()
    meter.recordReceive(step: step, depth: head.header.depth)
    return bytes
  }

  // MARK: waiting

  /// Pumps until `isDone`; lock held. Everything queued has been flushed.
  private func wait(on link: Link, step: StepID, isDone: () throws(ParleyError) -> Bool) throws(ParleyError) {
    if try isDone() { return }
    let since = ContinuousClock.now
    waiting.set(Waiting(party: PartyIndex(link.party), step: step, since: since))
    link.awaited += 1
    defer {
      link.awaited -= 1
      waiting.set(nil)
    }
    let limit = options.stallLimit.map { since + $0 } ?? outsiderLimit(link)
    repeat {
      try check(link, step)
      if link.peerFinished {
        if tolerated.contains(link.party) { throw MeshErrors.vanished(PartyIndex(link.party), at: step) }
        throw ParleyError(
          .linkLost, "\(link.name) ended its session without sending \(step)", at: .init(item: link.name),
          origin: .init(PartyIndex(link.party), step),
          remedy: "look at the report of \(link.name)")
      }
      if let limit, ContinuousClock.now >= limit {
        let error = ParleyError(
          .timeout, "\(link.name) did not send \(step) in time", at: .init(item: link.name),
          origin: .init(PartyIndex(link.party), step),
          remedy: "look at \(link.name)'s machine, or allow it more time in the study")
        link.stall = error
        throw seen(error, link, step)
      }
      pump(forEngine: true)
    } while try !isDone()
  }

  /// Until when a peer that nobody depends on is waited for: it shall not keep a result from the others for ever.
  private func outsiderLimit(_ link: Link) -> ContinuousClock.Instant? {
    isDispensable(link) ? .now + options.patience * TransportOptions.outsiderPatience : nil
  }

  /// Goes on without a peer that nobody depends on.
  func giveUp(on link: Link) {
    guard link.failure == nil else { return }
    let error = ParleyError(
      .linkLost, "\(link.name) does not take what is sent to it, and the others go on without it",
      at: .init(item: link.name), remedy: "look at \(link.name)'s machine and its network")
    link.failure = error
    events.append(.lost(name: link.name, error: error))
  }

  private func check(_ link: Link, _ step: StepID) throws(ParleyError) {
    if let ending { throw ending }
    guard let failure = link.failure, !awaitsWordOfOthers(link, failure) else { return }
    // Computing parties say goodbye when the session is over for them: it is not tried anew.
    let isOver = links.contains { $0.map { $0.party < computingCount && $0.peerFinished } ?? false }
    if isOver, failure.origin?.end != nil { link.failure?.origin?.end = .final }
    throw seen(link.failure ?? failure, link, step)
  }

  /// What a failed link is to whoever waits for its message of `step`. Where the others go on without its party, only what that
  /// one sent can end the session.
  private func seen(_ failure: ParleyError, _ link: Link, _ step: StepID) -> ParleyError {
    guard tolerated.contains(link.party), !Self.isOfContent(failure) else { return failure }
    return MeshErrors.vanished(
      PartyIndex(link.party), at: step, failure.origin?.end == .left ? .left : .vanished, why: failure.message)
  }
  private static func isOfContent(_ error: ParleyError) -> Bool {
    [.protocolViolation, .cheating, .sessionMismatch].contains(error.code)
  }

  package func receiveNotice(from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8] {
    guardLock.lock()
    defer { unlockAndReport() }
    activity &+= 1
    let link = try link(to: party, receiving: .roster)
    flushLinks()
    try wait(on: link, step: .roster) { () throws(ParleyError) -> Bool in
      while let head = link.inbound.head, head.header.step != StepID.roster.rawValue {
        guard head.isComplete else { return false }
        link.inbound.removeHead()
      }
      guard let head = link.inbound.head else { return false }
      guard Int(head.header.length) <= limit else {
        throw self.violated(link, self.wrongLength(.roster, party, Int(head.header.length), limit))
      }
      return head.isComplete
    }
    guard let head = link.inbound.head else { return [] }
    defer { link.inbound.removeHead() }
    return [UInt8](head.bytes)
  }

  package func dismiss(_ party: PartyIndex) {
    locked {
      guard links.indices.contains(party.rawValue), let link = links[party.rawValue] else { return }
      let now = monotonicNanoseconds()
      link.seal()
      link.pushOutput(now: now)
      if link.failure == nil {
        link.failure = MeshErrors.vanished(party, at: .roster, why: "the others go on without it")
      }
      // It may still hear that it has been left behind; what it sends is read no more, and it does not come back.
      link.connection?.linger(until: now &+ options.farewell.nanosecondsClamped)
      link.connection = nil
      wakePollers()
    }
  }

  /// What a computing party says of the end decides whether a principal that does not compute waits for another attempt.
  private func awaitsWordOfOthers(_ link: Link, _ failure: ParleyError) -> Bool {
    allowsNewAttempt && local.rawValue >= computingCount && failure.origin?.end?.isRepeatable == true
      && monotonicNanoseconds() &- link.failedAt < TransportOptions.wordOfOthers
      && links.contains { $0.map { $0.party < computingCount && $0.isUp } ?? false }
  }

  private func link(to party: PartyIndex, receiving step: StepID? = nil) throws(ParleyError) -> Link {
    let receiving = step != nil
    if let ending { throw ending }
    guard links.indices.contains(party.rawValue), let link = links[party.rawValue] else {
      throw ParleyError(
        .invariant, "\(name(of: local.rawValue)) has no link to \(name(of: party.rawValue))",
        remedy: "only pairs with a computing party are linked")
    }
    // What had arrived before a link was lost can still be received.
    if let failure = link.failure, failure.code != .linkLost || !receiving, receiving || !endsNothing(link) {
      throw seen(failure, link, step ?? .roster)
    }
    return link
  }

  /// Whether the others get their results without this peer.
  func isDispensable(_ link: Link) -> Bool { isOpening && link.party >= computingCount }

  /// Whether losing this peer ends nothing.
  func endsNothing(_ link: Link) -> Bool { isDispensable(link) || tolerated.contains(link.party) }

  package func tolerateDepartures(of parties: Set<PartyIndex>) {
    locked { tolerated = Set(parties.map(\.rawValue)).subtracting([local.rawValue]) }
  }
  package func beginOpenings() { locked { isOpening = true } }
  package func forbidNewAttempt() { locked { allowsNewAttempt = false } }
  package func noteOpenings(_ known: OpeningKnowledge) { locked { ownKnowledge = known } }
  package var openings: OpeningKnowledge? { locked { knownOpenings } }

  // MARK: violations

  private func match(_ header: FrameHeader, step: StepID, party: PartyIndex) throws(ParleyError) {
    guard header.step != step.rawValue else { return }
    if header.step == StepID.roster.rawValue, tolerated.contains(party.rawValue) {
      throw MeshErrors.noticed(from: party, step)
    }
    let error = ParleyError(
      .protocolViolation,
      "\(name(of: party.rawValue)) sent \(StepID(rawValue: header.step)) where \(step) was due",
      at: .init(item: "\(name(of: party.rawValue)), \(step)"), origin: .init(party, step),
      remedy: "check that every party runs the same study and release")
    if let link = links[party.rawValue] { _ = violated(link, error) }
    throw error
  }

  /// Nothing more is received over this link. What that means for the session is decided by whoever runs it.
  private func violated(_ link: Link, _ error: ParleyError) -> ParleyError {
    link.failure = error
    return error
  }

  private func wrongLength(_ step: StepID, _ party: PartyIndex, _ got: Int, _ due: Int) -> ParleyError {
    ParleyError(
      .protocolViolation, "\(name(of: party.rawValue)) sent \(got) bytes for \(step), \(due) were due",
      at: .init(item: "\(name(of: party.rawValue)), \(step)"), origin: .init(party, step),
      remedy: "check that every party runs the same study and release")
  }

  private func takeFromSelf(step: StepID) throws(ParleyError) -> [UInt8] {
    guardLock.lock()
    defer { unlockAndReport() }
    if let ending { throw ending }
    guard let first = selfQueue.first, first.step == step else {
      throw ParleyError(.invariant, "nothing was sent to oneself for \(step)", at: .init(item: "\(step)"))
    }
    selfQueue.removeFirst()
    return first.bytes
  }
}
