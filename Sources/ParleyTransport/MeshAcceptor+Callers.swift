internal import Glibc
internal import ParleyBase

extension Connection {
  /// A caller that has not proved a key, as far as it is known yet.
  var isStranger: Bool { caller == nil }
}

/// Callers that have not proved anything.
///
/// Anybody can connect as often as it likes, so all callers of the port share few places, whatever session they are
/// for. When all are taken the oldest caller has to go; those go first that have not sent a whole first message of TLS.
/// A party sends that at once and is answered in the next turn, so it does not lose its place to callers that say
/// nothing or little.
extension MeshAcceptor {
  /// Callers at one time that have not proved anything.
  package static let callerPlaces = 64
  /// Half of the places at most for one source: several parties may share an address.
  package static let callerPlacesPerSource = 32
  /// Time that every caller has for its first bytes to arrive.
  private static let callerGrace: UInt64 = 20_000_000
  /// New connections of one turn; existing ones get theirs in between.
  private static let acceptTurn = 16
  /// Bytes read from one caller before the others get their turn.
  private static let readTurn = 128 << 10

  /// Callers that have a place now. Test equipment.
  package var callerCount: Int { locked { callers.count } }
  /// Sessions that take callers now. Test equipment.
  package var sessionCount: Int { locked { entries.count(where: \.isOpen) } }

  func acceptAll(_ now: UInt64) {
    guard let listener else { return }
    for _ in 0..<Self.acceptTurn {
      guard makePlace(now) else {
        acceptPausedUntil = now &+ 5_000_000
        return
      }
      switch Sockets.accept(listener.descriptor) {
      case .nothing: return
      case .exhausted(let code):
        // One caller less is one descriptor more; without any it takes until something is closed.
        if let victim = victim(among: callers, now) {
          evict(victim, now)
        } else {
          acceptPausedUntil = now &+ 1_000_000_000
          if mayReport("exhausted", now) { events.append(.exhausted(reason: Sockets.text(code))) }
          return
        }
      case .connection(let descriptor):
        let source = Sockets.remoteSource(descriptor)
        let same = callers.filter { $0.source == source }
        if same.count >= Self.callerPlacesPerSource {
          guard let victim = victim(among: same, now) else {
            _ = Glibc.close(descriptor)
            continue
          }
          evict(victim, now)
        }
        let caller = Connection(
          descriptor: descriptor, isDialer: false, address: Sockets.remoteText(descriptor), source: source,
          peer: nil, now: now, limit: options.handshakeLimit.nanosecondsClamped, loop: LinkLoop(lock: guardLock),
          delegate: self)
        callers.append(caller)
        caller.startTLS(identity: identity)
      }
    }
  }

  /// False when all places are taken by callers that have only just come.
  private func makePlace(_ now: UInt64) -> Bool {
    guard callers.count >= Self.callerPlaces else { return true }
    guard let victim = victim(among: callers, now) else { return false }
    evict(victim, now)
    return true
  }

  private func victim(among callers: [Connection], _ now: UInt64) -> Connection? {
    let settled = callers.filter { now &- $0.created > Self.callerGrace }
    return settled.first { $0.phase == .lingering } ?? settled.first { !$0.isTakenSeriously } ?? settled.first
  }

  private func evict(_ caller: Connection, _ now: UInt64) {
    if caller.isStranger, caller.phase != .lingering { countStranger(caller, now) }
    caller.close()
    callers.removeAll { $0 === caller }
  }

  private func countStranger(_ caller: Connection, _ now: UInt64) {
    strangerCount += 1
    for index in entries.indices { entries[index].strangers += 1 }
    unreportedStranger = caller.address
    reportStrangers(now)
  }

  func reportStrangers(_ now: UInt64) {
    guard let address = unreportedStranger, mayReport("strangers", now) else { return }
    unreportedStranger = nil
    events.append(.strangers(count: strangerCount, address: address))
  }

  func handle(_ caller: Connection, _ ready: Int16, _ now: UInt64) {
    guard caller.phase != .closed else { return }
    if ready & Int16(POLLOUT) != 0 {
      caller.channel.writeReady()
      if !caller.channel.hasPending, caller.phase == .lingering { caller.channel.halfClose() }
    }
    if ready & ~Int16(POLLOUT) != 0 {
      if caller.phase == .lingering {
        if !caller.channel.discardReady() { caller.close() }
        return
      }
      let alive = caller.channel.readReady(limit: Self.readTurn)
      if !alive, !caller.failed {
        caller.fail(ParleyError(.unreachable, "\(caller.address) closed the connection"))
      }
    }
    if caller.failed { retire(caller, now) }
  }

  /// A call that came to nothing: says so where it matters, and lets last words out.
  func retire(_ caller: Connection, _ now: UInt64) {
    if caller.isStranger { countStranger(caller, now) }
    if let problem = caller.problem {
      if let key = caller.caller?.key {
        failures.append((key, problem, caller.isDefinite, caller.address))
      } else if caller.isDefinite {
        if mayReport("refused stranger", now) { events.append(.refused(address: caller.address, error: problem)) }
        for index in entries.indices where entries[index].foreignProblem == nil {
          entries[index].foreignProblem = problem
        }
      }
    }
    dismiss(caller, now)
  }

  /// Sends what is queued and closes.
  func dismiss(_ caller: Connection, _ now: UInt64) {
    if caller.hasLastWords, !caller.channel.writeBroken {
      caller.linger(until: now &+ 1_000_000_000)
    } else {
      caller.close()
    }
  }
}
