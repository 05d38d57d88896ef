internal import ParleyBase

/// What the acceptor of the port brings. Called on its thread, without its lock.
extension TLSMesh {
  /// What became of a caller.
  enum Reception {
    /// It is a connection of this mesh now.
    case taken
    /// It was told why, and stays with the acceptor for its last words.
    case refused
    /// This session has ended.
    case gone
  }

  /// Answers the hello of a caller that has proved the key of `peer`.
  func receive(_ connection: Connection, _ hello: LinkHello, from peer: Int, at acceptor: MeshAcceptor)
    -> Reception
  {
    guardLock.lock()
    defer { unlockAndReport() }
    guard !caretakerStop, ending == nil else { return .gone }
    connection.move(to: self, lock: guardLock, peer: peer)
    self.hello(hello, on: connection)
    if connection.failed {
      if let problem = connection.problem {
        failed(peer, problem, isDefinite: connection.isDefinite, connection.address)
      }
      connection.move(to: acceptor, lock: acceptor.guardLock, peer: nil)
      return .refused
    }
    connections.append(connection)
    connection.goOn()
    if connection.failed { retire(connection, monotonicNanoseconds()) }
    connections.removeAll { $0.phase == .closed }
    wakePollers()
    return .taken
  }

  /// A call of this party came to nothing before it was known for which session it was.
  func callFailed(_ peer: Int, _ problem: ParleyError, isDefinite: Bool, _ address: String) {
    locked {
      failed(peer, problem, isDefinite: isDefinite, address)
      wakePollers()
    }
  }

  private func failed(_ peer: Int, _ problem: ParleyError, isDefinite: Bool, _ address: String) {
    if links.indices.contains(peer), let link = links[peer] {
      link.lastProblem = problem
      if isDefinite, link.refusal == nil { link.refusal = problem }
    }
    if isDefinite { note(problem, address) }
  }
}
