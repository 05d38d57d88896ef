internal import Glibc
internal import NIOCore
package import ParleyBase

/// Begin and end of a session.
extension TLSMesh {
  /// Brings up every needed link; parties may start in any order. Reports every few seconds for whom it waits.
  ///
  /// Fails at once on what waiting cannot cure (a wrong key, another study, another version), otherwise after
  /// `timeout` with the last problem of every missing link. A party that came and went is missing like one that has
  /// not come, for as long.
  ///
  /// - Parameter needsAll: without it, problems of links end nothing: `linkInfo` shows them. For the doctor.
  package func connect(
    timeout: Duration, needsAll: Bool = true, onWaiting: ([String]) -> Void = { _ in }
  ) throws(ParleyError) {
    let start = monotonicNanoseconds()
    let deadline = start &+ timeout.nanosecondsClamped
    (waitTime, waitDeadline) = (timeout, deadline)
    var nextReport = start &+ 2_000_000_000
    var nextResolve = start
    guardLock.lock()
    defer { unlockAndReport() }
    try acceptor?.enter(self)
    startCaretaker()
    while true {
      activity &+= 1
      if let reason = ending {
        guard !isClosed else { throw reason }
        // Whoever is still to come finds nobody else who could tell it; but another attempt tells it by itself.
        let isRepeated = allowsNewAttempt && reason.origin?.end?.isRepeatable == true
        if needsAll, heardCause != nil, !isRepeated {
          ending = nil
          stay(cause(of: reason), reason, timeout)
        }
        throw giveUp(reason)
      }
      // A party that came and went is waited for again; the doctor only has to meet everybody once.
      let missing = links.compactMap { $0 }.filter { !(needsAll ? $0.isUp : $0.everUp) && !$0.peerFinished }
      if missing.isEmpty { break }
      if needsAll, let problem = definiteProblem {
        // Those who are not here yet would wait in vain.
        stay(cause(of: problem), problem, timeout)
        throw giveUp(problem)
      }
      if needsAll, let problem = links.lazy.compactMap({ $0?.failure }).first { throw giveUp(problem) }
      let now = monotonicNanoseconds()
      if now >= deadline {
        guard needsAll else { break }
        throw giveUp(timedOut(missing))
      }
      if now >= nextReport {
        nextReport = now &+ 3_000_000_000
        let names = missing.map(\.name)
        unlockAndReport()
        onWaiting(names)
        guardLock.lock()
      }
      if now >= nextResolve, missing.contains(where: { $0.isDialer && $0.address == nil }) {
        nextResolve = now &+ 1_000_000_000
        resolve()
        nextTick = 0
      }
      pump(forEngine: true, atMost: min(deadline - now, Self.longestSleep))
    }
    isConnected = true
    definiteProblem = nil
  }

  /// Looks names up without the lock, since that may take long.
  private func resolve() {
    let open = links.compactMap { $0 }.filter { $0.isDialer && $0.address == nil }
    let endpoints = open.compactMap(\.endpoint)
    unlockAndReport()
    let found = endpoints.map { try? SocketAddress.makeAddressResolvingHost($0.host, port: $0.port) }
    guardLock.lock()
    for (link, address) in zip(open, found) {
      link.address = address
      if address == nil, let endpoint = link.endpoint {
        link.lastProblem = ParleyError(
          .unreachable, "the host of \(link.name) (\(endpoint)) cannot be resolved", at: .init(item: link.name),
          remedy: "check the endpoint in the study and this machine's name service")
      }
    }
  }

  /// This party's own patience has ended; the peers are told so. Lock held.
  func timedOut(_ missing: [Link]) -> ParleyError {
    let names = missing.map(\.name).joined(separator: ", ")
    let seconds = waitTime.components.seconds
    var message = "this party stopped waiting after \(seconds) s: no link to \(names)"
    for link in missing {
      if let departure = link.departure {
        message += "; \(departure) and has left"
      } else if let problem = link.problem {
        message += "; \(problem.message)"
      }
    }
    let (strangerCount, foreignProblem) = acceptor?.strangers(for: self) ?? (0, nil)
    if strangerCount > 0 {
      message += "; \(counted(strangerCount, "connection")) without a key of the study turned away"
    }
    var code = ParleyError.Code.timeout
    if let foreignProblem {
      message += "; \(foreignProblem.message)"
      // A stranger knocked while a party that should dial us was missing: that is the likelier reason.
      if missing.contains(where: { !$0.isDialer }) { code = foreignProblem.code }
    }
    // All of them are there and know nothing of this session: it has not been started at any of them.
    if missing.allSatisfy({ $0.departure == nil && $0.lastProblem?.code == .noSession }) { code = .noSession }
    let error = ParleyError(
      code, message, at: .init(item: names), remedy: foreignProblem?.remedy ?? Self.whatToDo(missing))
    // Who has never come is named to the others, before those who have left for the same reason.
    (missing.first { $0.departure == nil } ?? missing.first)?.stall = error
    waitedInVain = UInt32(clamping: seconds)
    return error
  }

  private static func whatToDo(_ missing: [Link]) -> String {
    let gone = missing.filter { $0.departure != nil }.map(\.name).joined(separator: ", ")
    let others = missing.filter { $0.departure == nil }
    var words: [String] = []
    if !others.isEmpty {
      let isOne = missing.count == 1
      words.append(
        "check that \(isOne ? "this party has" : "these parties have") started with the same study and that "
          + "\(isOne ? "its endpoint is" : "their endpoints are") reachable from here (`parley doctor` tests each link)"
      )
    }
    // What does not answer is looked at where it is.
    words += Set(others.compactMap { $0.problem?.remedy }).sorted().prefix(2)
    if !gone.isEmpty {
      words.append("start \(gone) again, and everybody within the time that the others wait (--wait)")
    }
    return words.joined(separator: "; ")
  }

  /// Ends the attempt; the peers are told whom it is about.
  private func giveUp(_ error: ParleyError) -> ParleyError {
    guard !isClosed else { return error }
    ending = error
    let words = cause(of: error).encoded
    let now = monotonicNanoseconds()
    for connection in connections where connection.phase != .closed && connection.phase != .lingering {
      if connection.phase == .established {
        connection.send(.abort, words)
        connection.linger(until: now &+ 1_000_000_000)
      } else if connection.phase == .handshaking, connection.helloSent {
        connection.linger(until: now &+ 1_000_000_000)
      } else {
        connection.close()
      }
    }
    settle(until: now &+ 200_000_000)
    shutDown()
    return error
  }

  package func abort(_ reason: ParleyError) {
    guardLock.lock()
    defer { unlockAndReport() }
    endForEveryone(reason)
  }

  /// For a party that cannot take part: tells everybody whom it meets within `timeout`, so that nobody waits for it.
  /// Nothing else can be done with the mesh before or afterwards.
  package func decline(timeout: Duration) {
    guardLock.lock()
    defer { unlockAndReport() }
    guard !isClosed, ending == nil else { return }
    // Whoever cannot be called still calls the others.
    try? acceptor?.enter(self)
    tellEverybody(told(AbortCause(.notReady, local.rawValue)), timeout: timeout)
    settle(until: monotonicNanoseconds() &+ 500_000_000)
    isClosed = true
    ending = ending ?? ParleyError(.invariant, "the mesh was used after it declined")
    shutDown()
  }

  /// Tells everybody who comes why the session has ended, no longer than this party was to wait for the others.
  private func stay(_ cause: AbortCause, _ reason: ParleyError, _ limit: Duration) {
    let timeout = min(limit, options.farewells, acceptor == nil ? TransportOptions.lastCalls : options.farewells)
    let absent = links.compactMap { $0 }.filter { $0.refusal == nil && !$0.everUp && !$0.peerFinished }
    if !absent.isEmpty, acceptor != nil, timeout > .zero {
      events.append(
        .staying(names: absent.map(\.name), seconds: Int(timeout.components.seconds), reason: reason.message))
    }
    if heardCause != nil {
      // Whom this party has it from knows it.
      for case let link? in links where link.hasAborted { link.peerFinished = true }
    }
    tellEverybody(cause, timeout: timeout)
  }

  /// Ends the session with everybody whom this party meets within `timeout`, and says why. Those who cannot be met (another
  /// key, another study) find out by themselves. Lock held.
  private func tellEverybody(_ cause: AbortCause, timeout: Duration) {
    let words = cause.encoded
    let start = monotonicNanoseconds()
    let deadline = start &+ timeout.nanosecondsClamped
    isLeaving = true
    resolve()
    func isOpen(_ link: Link?) -> Bool { link.map { !$0.peerFinished && $0.failure == nil } ?? false }
    while true {
      for case let link? in links where link.refusal != nil { link.peerFinished = true }
      guard links.contains(where: isOpen) else { break }
      let now = monotonicNanoseconds()
      guard now < deadline, ending == nil else { break }
      // Where a party that only dials meets nobody, nobody waits yet.
      if acceptor == nil, now &- start > TransportOptions.lastCalls.nanosecondsClamped,
        !links.contains(where: { $0?.everUp ?? false })
      {
        break
      }
      for case let link? in links {
        guard !link.peerFinished, let connection = link.connection, connection.phase == .established else {
          continue
        }
        connection.send(.abort, words)
        connection.linger(until: now &+ 1_000_000_000)
        link.connection = nil
        link.peerFinished = true
      }
      pump(forEngine: true, atMost: min(deadline - now, 50_000_000))
    }
  }

  /// Sends one generic abort to every peer and ends this side. Lock held.
  func endForEveryone(_ reason: ParleyError) {
    guard !isClosed else { return }
    isClosed = true
    if ending == nil { ending = reason }
    let now = monotonicNanoseconds()
    let words = cause(of: reason).encoded
    for connection in connections {
      switch connection.phase {
      case .established:
        connection.send(.abort, words)
        connection.linger(until: now &+ 1_000_000_000)
      case .connecting, .handshaking: connection.close()
      case .lingering, .closed: break
      }
    }
    for case let link? in links { link.connection = nil }
    wakePollers()
    settle(until: now &+ 500_000_000)
    shutDown()
  }

  package func close() {
    guardLock.lock()
    defer { unlockAndReport() }
    guard !isClosed else { return }
    isClosed = true
    guard ending == nil else {
      // A peer aborted or connecting failed: nothing left to deliver.
      for connection in connections where connection.phase != .lingering { connection.close() }
      shutDown()
      return
    }
    flushLinks()
    for case let link? in links where isOwed(link) && !(link.connection?.channel.hasPending ?? true) {
      link.connection?.send(.ping, bytes(of: monotonicNanoseconds()))
    }
    // A peer that takes nothing must not keep this party's own result from it.
    let patience = options.patience.nanosecondsClamped
    var progress = links.map { $0?.acknowledged ?? 0 }
    var lastProgress = monotonicNanoseconds()
    while ending == nil, links.contains(where: { $0.map(isOwed) ?? false }) {
      activity &+= 1
      pump(forEngine: true)
      let now = monotonicNanoseconds()
      let reached = links.map { $0?.acknowledged ?? 0 }
      if reached != progress {
        progress = reached
        lastProgress = now
      } else if now &- lastProgress > patience &+ options.silenceLimit.nanosecondsClamped {
        for case let link? in links where isOwed(link) { giveUp(on: link) }
      }
      for case let link? in links { link.pushOutput(now: monotonicNanoseconds()) }
    }
    if ending == nil { sayGoodbye() }
    ending = ending ?? ParleyError(.invariant, "the mesh was used after it was closed")
    shutDown()
  }

  /// The peer still lacks bytes of ours, and there is hope.
  private func isOwed(_ link: Link) -> Bool {
    link.everUp && !link.isDrained && link.failure == nil && !link.peerFinished
  }

  private func sayGoodbye() {
    let now = monotonicNanoseconds()
    for case let link? in links {
      guard let connection = link.connection, connection.phase == .established else { continue }
      connection.send(.goodbye, bytes(of: link.logEnd) + bytes(of: link.received))
      // What the peer still sends is not for us any more.
      connection.linger(until: now &+ options.farewell.nanosecondsClamped)
      link.connection = nil
      link.peerFinished = true
    }
    settle(until: now &+ options.farewell.nanosecondsClamped)
  }

  /// Pumps until the last words are out and the peers have closed, or time is up.
  private func settle(until deadline: UInt64) {
    while connections.contains(where: { $0.phase == .lingering }) || acceptor?.owesLastWords == true {
      let now = monotonicNanoseconds()
      guard now < deadline else { return }
      pump(forEngine: true, atMost: min(deadline - now, 20_000_000))
    }
  }

  /// Test equipment: ends as a killed process does, without a word.
  package func vanish() {
    locked {
      isClosed = true
      ending = ending ?? ParleyError(.interrupted, "vanished")
      shutDown()
    }
  }

  private func shutDown() {
    caretakerStop = true
    acceptor?.leave(self)
    wakePollers()
    for connection in connections { connection.close() }
    connections.removeAll()
    for case let link? in links {
      link.connection = nil
      link.attempt = nil
    }
  }
}
