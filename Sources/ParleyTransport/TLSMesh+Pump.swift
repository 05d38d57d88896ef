internal import Foundation
internal import Glibc
internal import NIOCore
internal import ParleyBase

/// Moving bytes: one poll over all sockets, by the engine's thread or the caretaker's.
extension TLSMesh {
  /// Longest sleep in one poll; timers and changes made by other threads are seen within it.
  static let longestSleep: UInt64 = 100_000_000
  /// Bytes read from one socket before the others get their turn.
  static let readTurn = 1 << 20

  /// Waits once for the sockets and handles what is ready. Lock held on entry and exit, released while waiting.
  func pump(forEngine: Bool, atMost limit: UInt64 = TLSMesh.longestSleep) {
    var now = monotonicNanoseconds()
    if now >= nextTick { tick(now) }
    var entries: [pollfd] = []
    var owners: [Connection] = []
    entries.reserveCapacity(connections.count + 2)
    owners.reserveCapacity(connections.count)
    for connection in connections {
      guard let wanted = interest(of: connection, forEngine: forEngine) else { continue }
      entries.append(pollfd(fd: connection.descriptor, events: wanted, revents: 0))
      owners.append(connection)
    }
    let kickIndex = entries.count
    entries.append(pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0))
    now = monotonicNanoseconds()
    var sleep = nextTick > now ? min(nextTick - now, limit) : 0
    sleep = min(sleep, Self.longestSleep)

    pollers += 1
    if forEngine { engineWaiters += 1 }
    unlockAndReport()
    let ready = Sockets.wait(&entries, nanoseconds: sleep)
    guardLock.lock()
    pollers -= 1
    if forEngine {
      engineWaiters -= 1
    } else if engineWaiters > 0 {
      // The engine woke for the same bytes; it reads them.
      return
    }
    guard ready else { return }
    now = monotonicNanoseconds()
    if entries[kickIndex].revents != 0 { waker.drain() }
    for (index, connection) in owners.enumerated() where entries[index].revents != 0 {
      handle(connection, entries[index].revents, now)
    }
    connections.removeAll { $0.phase == .closed }
  }

  /// What to wait for on a connection; nil for nothing.
  private func interest(of connection: Connection, forEngine: Bool) -> Int16? {
    switch connection.phase {
    case .closed: return nil
    case .connecting: return Int16(POLLOUT)
    case .handshaking, .lingering, .established:
      var events: Int16 = 0
      if !isReadingPaused(connection, forEngine: forEngine) { events |= Int16(POLLIN) }
      if connection.channel.hasPending { events |= Int16(POLLOUT) }
      return events
    }
  }

  /// Whether too much of a peer waits for the engine. A link on which the engine waits for a message is always read:
  /// what comes is either what it waits for or ends the session.
  private func isReadingPaused(_ connection: Connection, forEngine: Bool) -> Bool {
    guard connection.phase == .established, let peer = connection.peer, let link = links[peer] else {
      return false
    }
    link.isPaused = link.awaited == 0 && link.inbound.queuedBytes > backlogLimit(link, engineWaits: forEngine)
    return link.isPaused
  }

  /// How much of a peer may wait for the engine.
  ///
  /// Before the links are made only greetings can come. Once the plan is known it tells who sends nothing at all. While
  /// the engine waits, for room or for another peer, the limit is what an honest peer can be ahead by, however large:
  /// two parties that send to each other before either receives must take it all, or both would wait for ever.
  private func backlogLimit(_ link: Link, engineWaits: Bool) -> Int {
    guard isConnected else { return min(options.inboundLimit, TransportOptions.greetingLimit) }
    guard let expected = link.expected else {
      // Benchmarks and tests have no plan. A session has one before its first large message.
      return engineWaits && roomWaiters > 0 ? Int.max : options.inboundLimit
    }
    if expected.bytes == 0 { return min(options.inboundLimit, TransportOptions.greetingLimit) }
    return engineWaits ? max(options.inboundLimit, expected.ahead) : options.inboundLimit
  }

  /// See ``Mesh/expect(bytes:flight:)``.
  package func expect(bytes: [Int], flight: Int) {
    locked {
      for case let link? in links where bytes.indices.contains(link.party) {
        // Holders send all their inputs at once. Computing parties wait for each other after every flight: two
        // neighbours are two flights apart at most, and control messages and headers come on top.
        let total = bytes[link.party]
        let ahead = link.party < computingCount ? min(total, 4 * flight) : total
        link.expected = ExpectedTraffic(bytes: total, ahead: ahead + TransportOptions.greetingLimit)
      }
    }
  }

  private func handle(_ connection: Connection, _ events: Int16, _ now: UInt64) {
    guard connection.phase != .closed else { return }
    if connection.phase == .connecting {
      finishConnecting(connection, now)
      return
    }
    if events & Int16(POLLOUT) != 0 {
      connection.channel.writeReady()
      if !connection.channel.hasPending {
        if connection.phase == .lingering { connection.channel.halfClose() }
        if connection.phase == .established, let peer = connection.peer, let link = links[peer] {
          answerPings(link, connection)
          link.pushOutput(now: now)
        }
      }
    }
    if events & ~Int16(POLLOUT) != 0 {
      if connection.phase == .lingering {
        if !connection.channel.discardReady() { connection.close() }
        return
      }
      let alive = connection.channel.readReady(limit: Self.readTurn)
      connection.lastHeard = now
      if !alive, !connection.failed {
        connection.fail(
          connection.foreigner("accepts connections and closes them without a word")
            ?? ParleyError(.unreachable, "\(connection.address) closed the connection"))
      }
      if !connection.failed, connection.phase == .established, let peer = connection.peer, let link = links[peer] {
        acknowledgeIfDue(link, connection)
        link.pushOutput(now: now)
      }
    }
    if connection.failed { retire(connection, now) }
  }

  /// A stream without data to carry the acknowledgement gets one of its own every so many bytes.
  private func acknowledgeIfDue(_ link: Link, _ connection: Connection) {
    guard link.received - link.acknowledgeSent >= 1 << 20, !connection.channel.hasPending else { return }
    sendAcknowledgement(link, connection)
  }

  func sendAcknowledgement(_ link: Link, _ connection: Connection) {
    link.acknowledgeSent = link.received
    connection.send(.acknowledge, bytes(of: link.received))
  }

  /// Answers go out only when the socket has taken everything before them. Otherwise a peer that asks and does not read
  /// would fill this party's memory. A closing peer asks this way whether everything has come.
  func answerPings(_ link: Link, _ connection: Connection) {
    while !connection.channel.hasPending, let number = link.nextOwedPong() {
      if link.received > link.acknowledgeSent { sendAcknowledgement(link, connection) }
      connection.send(.pong, bytes(of: number))
    }
  }

  func bytes(of value: UInt64) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  // MARK: connections come and go

  func dial(_ link: Link, _ now: UInt64) {
    guard let address = link.address, let endpoint = link.endpoint else { return }
    link.nextDial = now &+ link.backoff
    link.backoff = min(link.backoff * 2, 1_000_000_000)
    let (descriptor, code) = Sockets.startConnecting(to: address)
    guard let descriptor else {
      link.lastProblem = ParleyError(
        .unreachable, "cannot reach \(link.name) at \(endpoint): \(Sockets.text(code))", at: .init(item: link.name)
      )
      return
    }
    let connection = Connection(
      descriptor: descriptor, isDialer: true, address: endpoint.description, peer: link.party, now: now,
      limit: options.handshakeLimit.nanosecondsClamped, loop: LinkLoop(lock: guardLock), delegate: self)
    connections.append(connection)
    link.attempt = connection
  }

  private func finishConnecting(_ connection: Connection, _ now: UInt64) {
    guard let peer = connection.peer, let link = links[peer] else { return }
    let code = Sockets.pendingError(connection.descriptor)
    guard code == 0 else {
      connection.fail(
        ParleyError(
          .unreachable, "cannot reach \(link.name) at \(connection.address): \(Sockets.text(code))",
          at: .init(item: link.name)))
      retire(connection, now)
      return
    }
    connection.startTLS(identity: identity, pinned: pinned)
    sendHello(link, connection)
    if connection.failed { retire(connection, now) }
  }

  /// Takes a failed connection out: notes why, keeps last words from being lost, lets the link dial again.
  func retire(_ connection: Connection, _ now: UInt64) {
    let problem = connection.problem
    if let peer = connection.peer, let link = links[peer] {
      if link.connection === connection {
        let wasUp = connection.phase == .established
        link.drop(now: now)
        if wasUp, ending == nil, !link.peerFinished, link.failure == nil {
          events.append(.interrupted(name: link.name, reason: problem?.message ?? "unknown"))
        }
      }
      if link.attempt === connection { link.attempt = nil }
      if let problem { link.lastProblem = problem }
      if connection.isDefinite, link.refusal == nil { link.refusal = problem }
    }
    if let problem, connection.isDefinite { note(problem, connection.address) }
    if connection.hasLastWords, !connection.channel.writeBroken {
      connection.linger(until: now &+ 1_000_000_000)
    } else {
      connection.close()
    }
  }

  /// A study that cannot work is a reason to stop, while links are being made.
  func note(_ problem: ParleyError, _ address: String) {
    events.append(.refused(address: address, error: problem))
    if definiteProblem == nil { definiteProblem = problem }
  }
}
