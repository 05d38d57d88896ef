internal import ParleyBase

/// What arrives on connections. Lock held throughout.
extension TLSMesh: ConnectionDelegate {
  func sendHello(_ link: Link, _ connection: Connection) {
    let hello = Hello(
      session: session, sender: local.rawValue, receiver: link.party, incarnation: incarnation,
      known: link.peerIncarnation ?? Array(repeating: 0, count: 16), resume: link.received)
    connection.helloSent = true
    connection.send(.hello, hello.encoded())
  }

  func hello(_ hello: Hello, on connection: Connection) {
    guard let peer = connection.peer, links.indices.contains(peer), let link = links[peer] else {
      connection.fail(
        ParleyError(.foreignPeer, "\(connection.address) connected without a verified key of a linked party"),
        definite: true)
      return
    }
    let now = monotonicNanoseconds()
    // A new connection replaces the old one: the peer noticed the break before we did.
    if let old = link.connection, old !== connection {
      link.drop(now: now)
      link.downSince = now
      old.close()
    }
    if !connection.helloSent { sendHello(link, connection) }
    if let problem = refusal(of: hello, link) {
      connection.fail(problem.error, definite: problem.isDefinite)
      return
    }
    if link.failure != nil {
      connection.fail(ParleyError(.linkLost, "the link to \(link.name) was given up"))
      return
    }
    link.peerIncarnation = hello.incarnation
    guard link.acknowledge(hello.resume) else {
      link.failure = ParleyError(
        .protocolViolation, "\(link.name) asks for bytes that were never sent", at: .init(item: link.name),
        origin: .init(PartyIndex(link.party)))
      connection.fail(
        ParleyError(.protocolViolation, "\(link.name) resumed at an impossible position"), definite: true)
      return
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
    link.pushOutput(now: now)
  }

  private func refusal(of hello: Hello, _ link: Link) -> (error: ParleyError, isDefinite: Bool)? {
    let name = link.name
    guard hello.session == session else {
      return (
        ParleyError(
          .sessionMismatch, "\(name) runs another study or session than this party", at: .init(item: name),
          remedy: "compare the hash that `parley verify` prints at both parties: the study files must be equal"),
        true
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
      let error = ParleyError(
        .linkLost, "\(name) was restarted during the session", at: .init(item: name),
        origin: .init(PartyIndex(link.party)),
        remedy: "start the session again at every party")
      if link.failure == nil {
        link.failure = error
        events.append(.lost(name: name, error: error))
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

  func stream(_ bytes: UnsafeRawBufferPointer, on connection: Connection) {
    guard let peer = connection.peer, let link = links[peer], link.connection === connection else { return }
    link.received &+= UInt64(bytes.count)
    link.inbound.take(bytes)
  }

  func segment(_ type: Segment, _ body: UnsafeRawBufferPointer, on connection: Connection) {
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
      // A closing peer asks this way whether everything has come.
      if link.received > link.acknowledgeSent { sendAcknowledgement(link, connection) }
      connection.send(.pong, Array(body))
    case .pong:
      guard body.count == 8 else { return malformed() }
      let now = monotonicNanoseconds()
      link.pongs[number()] = now
      if link.pongs.count > 16 { link.pongs.removeAll() }
      if number() <= now { link.roundTrip = now - number() }
    case .abort:
      if ending == nil {
        ending = ParleyError(
          .peerAborted, "\(link.name) ended the session early", at: .init(item: link.name),
          origin: .init(PartyIndex(link.party)),
          remedy: "the reason is in \(link.name)'s own report; nothing was released")
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
