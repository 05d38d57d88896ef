internal import Glibc
internal import ParleyBase

extension Connection {
  /// A caller that has not shown to be a party of this session: it takes one of few places.
  var isCaller: Bool { !isDialer && (phase == .handshaking || phase == .lingering) }
  /// A caller without a key of the study, as far as it is known yet.
  var isStranger: Bool { isCaller && peer == nil }
}

/// Callers that have not proved anything. Anybody can connect as often as it likes, so they share few places; when these
/// are taken the oldest has to go, those first that have not sent a whole first message of TLS. A party sends it at once,
/// is answered in the next turn, and does not lose its place to callers that say nothing or little.
extension TLSMesh {
  static let callerPlaces = 64
  /// Half of the places at most for one source: several parties may share an address.
  static let callerPlacesPerSource = 32
  /// Time that every caller has for its first bytes to arrive.
  static let callerGrace: UInt64 = 20_000_000
  /// New connections of one turn; existing ones get theirs in between.
  private static let acceptTurn = 16

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
        if let victim = victim(among: connections.filter(\.isCaller), now) {
          evict(victim, now)
        } else {
          acceptPausedUntil = now &+ 1_000_000_000
          if mayReport("exhausted", now) { events.append(.exhausted(reason: Sockets.text(code))) }
          return
        }
      case .connection(let descriptor):
        let source = Sockets.remoteSource(descriptor)
        let same = connections.filter { $0.isCaller && $0.source == source }
        if same.count >= Self.callerPlacesPerSource {
          guard let victim = victim(among: same, now) else {
            _ = Glibc.close(descriptor)
            continue
          }
          evict(victim, now)
        }
        let connection = makeConnection(
          descriptor: descriptor, isDialer: false, address: Sockets.remoteText(descriptor), source: source,
          peer: nil,
          now: now)
        connection.startTLS(identity: identity, pinned: pinned)
      }
    }
  }

  /// False when all places are taken by callers that have only just come.
  private func makePlace(_ now: UInt64) -> Bool {
    let callers = connections.filter(\.isCaller)
    guard callers.count >= Self.callerPlaces else { return true }
    guard let victim = victim(among: callers, now) else { return false }
    evict(victim, now)
    return true
  }

  /// Connections are in the order in which they came.
  private func victim(among callers: [Connection], _ now: UInt64) -> Connection? {
    let settled = callers.filter { now &- $0.created > Self.callerGrace }
    return settled.first { $0.phase == .lingering } ?? settled.first { !$0.isTakenSeriously } ?? settled.first
  }

  private func evict(_ connection: Connection, _ now: UInt64) {
    if connection.isStranger, connection.phase != .lingering { countStranger(connection, now) }
    connection.close()
    connections.removeAll { $0 === connection }
  }

  func countStranger(_ connection: Connection, _ now: UInt64) {
    strangerCount += 1
    unreportedStranger = connection.address
    reportStrangers(now)
  }

  func reportStrangers(_ now: UInt64) {
    guard let address = unreportedStranger, mayReport("strangers", now) else { return }
    unreportedStranger = nil
    events.append(.strangers(count: strangerCount, address: address))
  }
}
