internal import ParleyBase
internal import ParleyNetwork

/// What arrives on connections. Lock held throughout.
extension TLSMesh: ConnectionDelegate {
  /// Callers have proved their keys before a mesh has them.
  func name(ofCaller key: [UInt8]) -> String? { nil }

  func sendHello(_ link: Link, _ connection: Connection) {
    // Zeros: whichever run of the peer is there will do.
    let known = canStartAgain(link) ? nil : link.peerIncarnation
    let hello = LinkHello(
      session: session, study: study, purpose: purpose, sender: local.rawValue, receiver: link.party,
      incarnation: incarnation, known: known ?? Array(repeating: 0, count: 16), resume: link.received)
    connection.helloSent = true
    connection.send(.hello, hello.encoded())
  }

  /// Whether another run of this peer would be taken in: its session has not begun here.
  func canStartAgain(_ link: Link) -> Bool { link.canStartAgain(isBegun: isConnected) }

  func hello(_ hello: LinkHello, on connection: Connection) {
    guard let peer = connection.peer, links.indices.contains(peer), let link = links[peer] else {
      connection.fail(
        ParleyError(.foreignPeer, "\(connection.address) connected without a verified key of a linked party"),
        definite: true)
      return
    }
    guard hello.purpose != .none || connection.isDialer else {
      connection.fail(
        ParleyError(.protocolViolation, "\(link.name) calls and says that it has no session"), definite: true)
      return
    }
    guard !isLeaving || !link.peerFinished else {
      // It knows, and may have been started again: without a greeting its next run waits until this one has ended.
      connection.fail(ParleyError(.unreachable, "\(link.name) was told that the session has ended"))
      return
    }
    guard !(tolerated.contains(peer) && link.failure != nil) else {
      // Without a greeting it does not take itself for one of this session.
      connection.fail(ParleyError(.unreachable, "\(link.name) has left, and the others go on without it"))
      return
    }
    let now = monotonicNanoseconds()
    let problem = refusal(of: hello, link, connection, now)
    if problem == nil, link.failure == nil {
      if let known = link.peerIncarnation, known != hello.incarnation { link.startAgain() }
      link.peerIncarnation = hello.incarnation
    }
    // After that, because it says how much of this run of the peer has come.
    if !connection.helloSent { sendHello(link, connection) }
    // Whoever is refused has not touched the link.
    if let problem {
      connection.fail(problem.error, definite: problem.isDefinite, lastWords: true)
      return
    }
    if link.failure != nil {
      connection.fail(ParleyError(.linkLost, "the link to \(link.name) was given up"))
      return
    }
    guard link.acknowledge(hello.resume) else {
      if !link.everUp {
        // It dialled an earlier run of this party; this party's hello tells it so, and it comes again.
        connection.fail(
          ParleyError(.unreachable, "\(link.name) has not yet noticed that this party was started again"),
          lastWords: true)
        return
      }
      link.failure = ParleyError(
        .protocolViolation, "\(link.name) asks for bytes that were never sent", at: .init(item: link.name),
        origin: .init(PartyIndex(link.party)))
      connection.fail(
        ParleyError(.protocolViolation, "\(link.name) resumed at an impossible position"), definite: true)
      return
    }
    // The same run of the peer has proved itself on a new connection: it noticed the break of the old one before this
    // party did.
    if let old = link.connection, old !== connection {
      link.drop(now: now)
      old.close()
    }
    adopt(connection, link, resume: hello.resume, now)
  }

  private func adopt(_ connection: Connection, _ link: Link, resume: UInt64, _ now: UInt64) {
    link.rewind(to: resume)
    link.acknowledgeSent = link.received
    link.connection = connection
    if link.attempt === connection { link.attempt = nil }
    connection.establish()
    connection.lastHeard = now
    connection.lastSent = now
    if link.everUp {
      link.reconnects += 1
      events.append(.resumed(name: link.name, afterSeconds: Double(now &- link.downSince) / 1e9))
    } else {
      link.everUp = true
      events.append(.connected(name: link.name))
    }
    link.lastProblem = nil
    link.departure = nil
    link.pushOutput(now: now)
  }

  private func refusal(
    of hello: LinkHello, _ link: Link, _ connection: Connection, _ now: UInt64
  ) -> (error: ParleyError, isDefinite: Bool)? {
    let name = link.name
    if hello.purpose == .none {
      return (
        ParleyError(
          .noSession, "\(name) is there and has no such session, or not yet", at: .init(item: name),
          remedy: "start the session at \(name) as well, with the same study and job"),
        false
      )
    }
    if hello.purpose != purpose {
      guard purpose == .doctor else { return (turnAway(link, "is testing its connection", now), false) }
      link.isInSession = true
      return (ParleyError(.unreachable, "\(name) already runs the study", at: .init(item: name)), false)
    }
    guard hello.study == study else {
      return (
        ParleyError(
          .sessionMismatch, "\(name) runs another study than this party", at: .init(item: name),
          remedy:
            "compare the hash that `parley study check` prints at both parties: the study files must be equal"),
        true
      )
    }
    guard hello.session == session else {
      // It may run this one as well, in a process of its own.
      return (
        turnAway(
          link, "runs another job of this study", now, remedy: "start \(name) with the same --job as this party"),
        false
      )
    }
    guard hello.sender == UInt32(link.party), hello.receiver == UInt32(local.rawValue) else {
      return (
        ParleyError(
          .sessionMismatch, "\(name) numbers the parties of the study differently", at: .init(item: name),
          remedy: "use the same study file at every party"),
        true
      )
    }
    if let known = link.peerIncarnation, known != hello.incarnation {
      // Two runs of one party: the one that is here stays. Had it ended, its connection would be gone, at the latest
      // when the silence is noticed.
      if link.connection != nil, link.connection !== connection {
        return (turnAway(link, "was started a second time while its first run is still connected", now), false)
      }
      if canStartAgain(link) { return nil }
      // Started again, or in its next attempt: it looks the same from here.
      let error = ParleyError(
        .linkLost, "\(name) has left this session and waits for the next one", at: .init(item: name),
        origin: .init(PartyIndex(link.party), end: .left),
        remedy: "start the session again at every party")
      if link.failure == nil {
        link.failure = error
        events.append(.lost(name: name, error: error))
        // It waits to take part. Who is not needed any more would otherwise be noticed only when its result or its
        // signature is due.
        // Computing parties know by themselves whether anything was opened, and say so to the others.
        if allowsNewAttempt, ending == nil, !tolerated.contains(link.party),
          local.rawValue < computingCount || ownKnowledge == .nothing
        {
          ending = error
        }
        wakePollers()
      }
      return (error, false)
    }
    if hello.known.contains(where: { $0 != 0 }), hello.known != incarnation {
      return (
        ParleyError(
          .unreachable, "\(name) is still in a session with an earlier run of this party", at: .init(item: name),
          remedy: "wait until \(name) has ended that session, or restart it there"),
        false
      )
    }
    return nil
  }

  /// In words, where a peer has only left: its operator stopped it, or its patience has ended before everybody was there.
  private func departure(_ cause: AbortCause, _ link: Link) -> String? {
    switch cause.kind {
    case .interrupted where cause.origin == link.party: "\(link.name) was interrupted"
    case .missing where cause.seconds > 0 && cause.origin != link.party:
      "\(link.name) stopped waiting for \(name(of: cause.origin)) after \(cause.seconds) s"
    default: nil
    }
  }

  /// A call that is not for this session, and says so.
  private func turnAway(
    _ link: Link, _ reason: String, _ now: UInt64, remedy: String? = nil
  ) -> ParleyError {
    if mayReport("\(link.party) \(reason)", now) { events.append(.turnedAway(name: link.name, reason: reason)) }
    return ParleyError(.unreachable, "\(link.name) \(reason)", at: .init(item: link.name), remedy: remedy)
  }

  func stream(_ bytes: UnsafeRawBufferPointer, on connection: Connection) {
    guard let peer = connection.peer, let link = links[peer], link.connection === connection else { return }
    link.received &+= UInt64(bytes.count)
    link.inbound.take(bytes)
  }

  func segment(_ type: LinkSegment, _ body: UnsafeRawBufferPointer, on connection: Connection) {
    guard let peer = connection.peer, let link = links[peer], link.connection === connection else { return }
    func number(_ offset: Int = 0) -> UInt64 {
      UInt64(littleEndian: body.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    func malformed() {
      let error = ParleyError(
        .protocolViolation, "\(link.name) broke the wire format", at: .init(item: link.name),
        origin: .init(PartyIndex(link.party)))
      link.failure = error
      connection.fail(error, definite: true)
    }
    switch type {
    case .hello, .data, .probe: break
    case .acknowledge:
      guard body.count == 8, link.acknowledge(number()) else { return malformed() }
    case .ping:
      guard body.count == 8 else { return malformed() }
      link.owePong(number())
      answerPings(link, connection)
    case .pong:
      guard body.count == 8 else { return malformed() }
      let now = monotonicNanoseconds()
      link.pongs[number()] = now
      if link.pongs.count > 16 { link.pongs.removeAll() }
      if number() <= now { link.roundTrip = now - number() }
    case .abort:
      let cause = AbortCause(body, count: count) ?? AbortCause(.unspecified, link.party)
      if cause.isUnopened, link.party < computingCount, unopenedSays == nil { unopenedSays = link.name }
      if isLeaving {
        // It has ended by itself, and need not be told any more.
        link.peerFinished = true
        connection.fail(ParleyError(.unreachable, "\(link.name) ended the session"))
        wakePollers()
        return
      }
      if let reason = departure(cause, link), canStartAgain(link) {
        // Nothing has begun: it may be started again and come back.
        link.departure = reason
        connection.fail(ParleyError(.unreachable, reason))
      } else if isDispensable(link) || (tolerated.contains(link.party) && cause.isDeparture) {
        link.failure = ending(for: cause, from: link)
        // Whatever it has lost: to this party it is the one that leaves.
        if !isDispensable(link) {
          link.failure?.code = .linkLost
          link.failure?.origin = .init(PartyIndex(link.party), end: .left)
        }
        connection.fail(ParleyError(.unreachable, "\(link.name) ended the session"))
        wakePollers()
      } else if ending == nil {
        link.hasAborted = true
        heardCause = cause
        ending = ending(for: cause, from: link)
        wakePollers()
      }
    case .goodbye:
      guard body.count == 16, number() == link.received, link.acknowledge(number(8)) else { return malformed() }
      link.peerFinished = true
      connection.fail(ParleyError(.unreachable, "\(link.name) said goodbye"))
      wakePollers()
    }
  }
}
