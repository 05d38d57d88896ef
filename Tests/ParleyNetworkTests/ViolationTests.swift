import ParleyBase
import ParleyNetwork
import Testing

/// What goes wrong on a mesh and how it ends; on both meshes of this module.
@Suite struct ViolationTests {
  enum Kind: CaseIterable { case memory, simulated }

  private func network(_ kind: Kind, count: Int) -> any PartyNetwork {
    switch kind {
    case .memory: InMemoryNetwork(count: count)
    case .simulated: SimulatedNetwork(count: count, link: .lan)
    }
  }

  @Test(arguments: Kind.allCases) func wrongStep(kind: Kind) {
    let results = runParties(network(kind, count: 2).meshes) { mesh in
      try mesh.send(step: step(3 + mesh.local.rawValue), to: mesh.next(), bytes: [1])
      _ = try mesh.take(1, step: step(3), from: mesh.next())
      if mesh.local.rawValue == 1 { _ = try mesh.take(1, step: step(4), from: mesh.next()) }
    }
    let error = failure(results[0])
    #expect(error.code == .protocolViolation)
    #expect(error.message == "the message of step-3 was due, but that of step-4 came")
    #expect(error.origin == .init(PartyIndex(1), step(3)))
    // The other party is told that it is over, and nothing else.
    #expect(failure(results[1]).code == .peerAborted)
    #expect(failure(results[1]).message == "aborted")
    #expect(failure(results[1]).origin == .init(PartyIndex(0)))
  }

  @Test(arguments: Kind.allCases, [0, 7, 9]) func wrongLength(kind: Kind, length: Int) {
    let results = runParties(network(kind, count: 2).meshes) { mesh in
      if mesh.local.rawValue == 0 {
        try mesh.send(step: step(3), to: mesh.next(), bytes: [UInt8](repeating: 1, count: length))
        _ = try mesh.take(1, step: step(4), from: mesh.next())
      } else {
        _ = try mesh.take(8, step: step(3), from: mesh.next())
      }
    }
    #expect(failure(results[1]).code == .protocolViolation)
    #expect(failure(results[1]).message == "8 bytes of step-3 were due, but \(length) came")
    #expect(failure(results[1]).origin == .init(PartyIndex(0), step(3)))
    #expect(failure(results[0]).code == .peerAborted)
  }

  @Test(arguments: Kind.allCases) func controlMessagesHaveALimit(kind: Kind) throws {
    let hello = StepID.control(1)
    let results = runParties(network(kind, count: 2).meshes) { mesh -> [UInt8] in
      try mesh.send(step: hello, to: mesh.next(), bytes: [UInt8](repeating: 5, count: mesh.local.rawValue + 3))
      return try mesh.receiveControl(step: hello, from: mesh.next(), atMost: 3)
    }
    #expect(failure(results[0]).message == "control-1 has at most 3 bytes, but 4 came")
    #expect(failure(results[0]).code == .protocolViolation)
  }

  @Test(arguments: Kind.allCases) func controlMessagesCheckTheStep(kind: Kind) throws {
    let results = runParties(network(kind, count: 2).meshes) { mesh -> [UInt8] in
      try mesh.send(step: .control(mesh.local.rawValue), to: mesh.next(), bytes: [1, 2])
      return try mesh.receiveControl(step: .control(0), from: mesh.next(), atMost: 3)
    }
    #expect(failure(results[0]).message == "the message of control-0 was due, but that of control-1 came")
    #expect(failure(results[0]).origin == .init(PartyIndex(1), .control(0)))
  }

  @Test(arguments: Kind.allCases) func abortWakesEverybody(kind: Kind) throws {
    let network = network(kind, count: 4)
    let reason = ParleyError(.cheating, "the sum check failed at step-9")
    let results = runParties(network.meshes) { mesh in
      if mesh.local.rawValue == 3 {
        #expect(eventually { network.meshes[0..<3].allSatisfy { $0.waitingOn != nil } })
        mesh.abort(reason)
        mesh.abort(ParleyError(.invariant, "a second abort changes nothing"))
        try mesh.flush()
      } else {
        _ = try mesh.take(1, step: step(1), from: PartyIndex(3))
      }
    }
    // The local reason is thrown locally.
    #expect(failure(results[3]) == reason)
    for party in 0..<3 {
      #expect(failure(results[party]) == MeshErrors.aborted(by: PartyIndex(3)))
      #expect(!"\(failure(results[party]))".contains("sum check"))
      #expect(network.meshes[party].waitingOn == nil)
      // Terminal: every later call throws the same, close included in between.
      network.meshes[party].close()
      let later = #expect(throws: ParleyError.self) {
        try network.meshes[party].send(step: step(2), to: PartyIndex(3), bytes: [1])
      }
      #expect(later == MeshErrors.aborted(by: PartyIndex(3)))
      #expect(throws: ParleyError.self) { try network.meshes[party].flush() }
    }
  }

  /// Whoever waits for a party that aborts is told that it has aborted, at whatever moment the news comes.
  @Test(arguments: Kind.allCases) func abortIsNotMistakenForALostLink(kind: Kind) {
    for _ in 0..<300 {
      let results = runParties(network(kind, count: 4).meshes) { mesh in
        if mesh.local.rawValue == 0 {
          for peer in 1..<4 { try mesh.send(step: step(1), to: PartyIndex(peer), bytes: [1]) }
          try mesh.flush()
          throw ParleyError(.cheating, "noticed")
        }
        _ = try mesh.take(1, step: step(1), from: PartyIndex(0))
        _ = try mesh.take(1, step: step(2), from: PartyIndex(0))
      }
      #expect(results.dropFirst().allSatisfy { failure($0).code == .peerAborted })
    }
  }

  @Test func abortWakesBlockedSenders() throws {
    let network = InMemoryNetwork(count: 3, options: InMemoryOptions(bytesPerLink: 10))
    let results = runParties(network) { mesh in
      switch mesh.local.rawValue {
      case 0:
        for i in 0..<2 { try mesh.send(step: step(i), to: PartyIndex(1), bytes: [UInt8](repeating: 1, count: 8)) }
      case 1:
        // Runs until the session is over; receives nothing.
        #expect(eventually { (try? mesh.flush()) == nil })
        try mesh.flush()
      default:
        #expect(eventually { network.meshes[0].waitingOn?.need == .room })
        mesh.abort(ParleyError(.interrupted, "stopped by the user"))
      }
    }
    #expect(failure(results[0]).code == .peerAborted)
    #expect(failure(results[1]).code == .peerAborted)
  }

  @Test(arguments: Kind.allCases) func closeDeliversWhatIsQueued(kind: Kind) throws {
    let network = network(kind, count: 2)
    let results = runParties(network.meshes) { mesh -> [UInt8] in
      if mesh.local.rawValue == 0 {
        try mesh.send(step: step(1), to: mesh.next(), bytes: [1, 2])
        mesh.close()
        mesh.close()
        return []
      }
      #expect(eventually { (try? network.meshes[0].flush()) == nil })
      let got = try mesh.take(2, step: step(1), from: mesh.next())
      // A peer that has closed needs nothing more: this is no error.
      try mesh.send(step: step(2), to: mesh.next(), bytes: [3])
      _ = try mesh.take(1, step: step(3), from: mesh.next())
      return got
    }
    #expect(failure(results[1]).code == .linkLost)
    #expect(failure(results[1]).message == "the link was closed before the message of step-3 came")
    #expect(failure(results[1]).origin == .init(PartyIndex(0), step(3)))
    let closed = #expect(throws: ParleyError.self) { try network.meshes[0].flush() }
    #expect(closed?.code == .linkLost)
  }

  @Test(arguments: Kind.allCases) func closeWakesAWaitingPeer(kind: Kind) throws {
    let network = network(kind, count: 2)
    let results = runParties(network.meshes) { mesh in
      if mesh.local.rawValue == 0 {
        #expect(eventually { network.meshes[1].waitingOn != nil })
      } else {
        _ = try mesh.take(1, step: step(5), from: mesh.next())
      }
    }
    #expect(failure(results[1]).message == "the link was closed before the message of step-5 came")
  }

  @Test(arguments: Kind.allCases) func unknownPartyIsRefused(kind: Kind) {
    let mesh = network(kind, count: 2).meshes[0]
    for party in [-1, 2] {
      let error = #expect(throws: ParleyError.self) {
        try mesh.send(step: step(1), to: PartyIndex(party), bytes: [])
      }
      #expect(error?.message == "a message for number \(party), and the session has 2 principals")
      #expect(throws: ParleyError.self) { try mesh.take(0, step: step(1), from: PartyIndex(party)) }
      #expect(throws: ParleyError.self) {
        try mesh.receiveControl(step: .control(1), from: PartyIndex(party), atMost: 1)
      }
    }
  }
}
