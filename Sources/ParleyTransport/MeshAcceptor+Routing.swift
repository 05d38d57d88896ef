internal import ParleyBase

/// From a caller's hello to the mesh that it is for.
extension MeshAcceptor: ConnectionDelegate {
  func name(ofCaller key: [UInt8]) -> String? {
    for entry in entries {
      if let party = entry.parties[key] { return entry.mesh.name(of: party) }
    }
    return admitted[key]
  }

  /// Answered when the call into the connection has returned: the mesh that it is for has a lock of its own.
  func hello(_ hello: LinkHello, on connection: Connection) { connection.wait(with: hello) }
  func segment(_ type: LinkSegment, _ body: UnsafeRawBufferPointer, on connection: Connection) {}
  func stream(_ bytes: UnsafeRawBufferPointer, on connection: Connection) {}
  func name(of party: Int) -> String { "the peer" }
  func identityFingerprint(of party: Int) -> String? { nil }

  /// The mesh that a caller is for. Lock held.
  ///
  /// Only sessions that the caller's key belongs to count: others do not exist for it. A call for another purpose, or
  /// another job, of a study that is here goes to that study's mesh, which refuses it and says why. Where the port
  /// belongs to one mesh, every call of such a key goes there.
  private func entry(for hello: LinkHello, _ key: [UInt8]) -> Entry? {
    let own = entries.filter { $0.isOpen && $0.parties[key] != nil }
    if let exact = own.first(where: { $0.mesh.session == hello.session && $0.mesh.study == hello.study }) {
      return exact
    }
    return own.first { isOfOneMesh || $0.mesh.study == hello.study }
  }

  /// Hands every caller that has said hello to its mesh. Lock held on entry and exit, released in between.
  func routeAll() {
    for caller in callers {
      guard caller.phase == .handshaking, !caller.failed, let hello = caller.waitingHello,
        let key = caller.caller?.key
      else { continue }
      var reception = TLSMesh.Reception.gone
      if let entry = entry(for: hello, key), let party = entry.parties[key] {
        // Out of the list while it is the mesh's; only this thread gives places away.
        let place = callers.firstIndex { $0 === caller } ?? 0
        callers.remove(at: place)
        guardLock.unlock()
        reception = entry.mesh.receive(caller, hello, from: party, at: self)
        guardLock.lock()
        if reception != .taken { callers.insert(caller, at: place) }
      }
      let now = monotonicNanoseconds()
      switch reception {
      case .taken: break
      case .refused: dismiss(caller, now)
      case .gone: refuse(caller, hello, now)
      }
    }
    callers.removeAll { $0.phase == .closed }
  }

  /// There is no such session for this caller: it hears its own words back, and that.
  private func refuse(_ caller: Connection, _ hello: LinkHello, _ now: UInt64) {
    let answer = LinkHello(
      session: hello.session, study: hello.study, purpose: .none, sender: Int(hello.receiver),
      receiver: Int(hello.sender), incarnation: Array(repeating: 0, count: 16), known: hello.incarnation, resume: 0
    )
    caller.helloSent = true
    caller.send(.hello, answer.encoded())
    if mayReport("no session", now) {
      events.append(
        .turnedAway(name: caller.caller?.name ?? "a caller", reason: "asks for a session that is not at this port")
      )
    }
    caller.fail(
      ParleyError(.noSession, "\(caller.address) asks for a session that is not at this port"), lastWords: true)
    dismiss(caller, now)
  }
}
