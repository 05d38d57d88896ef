internal import Foundation
internal import Glibc
internal import NIOCore
internal import ParleyBase

/// Timers and the caretaker.
extension TLSMesh {
  /// Heartbeats, silence, handshake limits, dialling, patience. Lock held.
  func tick(_ now: UInt64) {
    let heartbeat = options.heartbeat.nanosecondsClamped
    nextTick = now &+ max(min(heartbeat / 4, 50_000_000), 1_000_000)
    for connection in connections { tick(connection, now, heartbeat) }
    connections.removeAll { $0.phase == .closed }
    guard ending == nil else { return }
    for case let link? in links where link.failure == nil && !link.peerFinished {
      // Until all have met, who came and went is waited for like those who have not come.
      if isConnected, link.connection == nil, link.everUp, !hasLeft(link),
        now &- link.downSince > options.patience.nanosecondsClamped
      {
        lose(link)
        continue
      }
      if link.isDialer, link.connection == nil, link.attempt == nil, now >= link.nextDial { dial(link, now) }
    }
    if isConnected, now >= waitDeadline { stopWaiting() }
  }

  /// It said that it leaves before its session began here.
  private func hasLeft(_ link: Link) -> Bool {
    link.departure != nil && link.connection == nil && canStartAgain(link)
  }

  /// Whoever has met everybody and sees somebody leave waits for its return no longer than for one that has not come.
  private func stopWaiting() {
    let gone = links.compactMap { $0 }.filter { hasLeft($0) && $0.failure == nil && !isDispensable($0) }
    guard !gone.isEmpty, ending == nil else { return }
    ending = timedOut(gone)
    wakePollers()
  }

  private func tick(_ connection: Connection, _ now: UInt64, _ heartbeat: UInt64) {
    connection.channel.loop.fire(now: .now())
    switch connection.phase {
    case .closed: return
    case .connecting, .handshaking:
      guard now > connection.deadline else { break }
      connection.fail(
        connection.silence ?? ParleyError(.unreachable, "\(connection.address) does not answer"))
    case .lingering:
      if now > connection.deadline { connection.close() }
      return
    case .established:
      guard let peer = connection.peer, let link = links[peer] else { return }
      if link.isPaused {
        connection.lastHeard = now
      } else if now &- connection.lastHeard > options.silenceLimit.nanosecondsClamped {
        connection.fail(
          ParleyError(
            .unreachable, "nothing came from \(link.name) for \(options.silenceLimit.components.seconds) s"))
        break
      }
      if !connection.channel.hasPending {
        if link.received > link.acknowledgeSent { sendAcknowledgement(link, connection) }
        if now &- connection.lastSent >= heartbeat {
          connection.lastSent = now
          connection.send(.ping, bytes(of: now))
        }
      }
    }
    if connection.failed { retire(connection, now) }
  }

  private func lose(_ link: Link) {
    let seconds = options.patience.components.seconds
    var message = "the link to \(link.name) was down for more than \(seconds) s and is given up"
    if let problem = link.lastProblem { message += " (last: \(problem.message))" }
    let error = ParleyError(
      .linkLost, message, at: .init(item: link.name), origin: .init(PartyIndex(link.party), end: .outage),
      remedy: "find out whether \(link.name) still runs and its network is up, then start the session again; a "
        + "longer patience in the study bridges longer outages")
    link.failure = error
    events.append(.lost(name: link.name, error: error))
    wakePollers()
  }

  // MARK: caretaker

  func startCaretaker() {
    guard !caretakerStarted else { return }
    caretakerStarted = true
    let thread = Thread { [self] in caretake() }
    thread.name = "parley-mesh"
    thread.start()
  }

  /// Looks after the links while the engine computes. While the engine is in the mesh, or comes and goes at short
  /// intervals, it only looks up now and then; so it costs nothing where every microsecond counts.
  private func caretake() {
    guardLock.lock()
    var seen = activity
    var rest: UInt64 = 2_000_000
    while !caretakerStop {
      if engineWaiters == 0, seen == activity {
        rest = 2_000_000
        pump(forEngine: false)
        continue
      }
      rest = seen == activity ? min(rest * 2, 16_000_000) : 2_000_000
      seen = activity
      pollers += 1
      unlockAndReport()
      var entries = [pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0)]
      _ = Sockets.wait(&entries, nanoseconds: rest)
      guardLock.lock()
      pollers -= 1
    }
    caretakerDone = true
    unlockAndReport()
  }
}
