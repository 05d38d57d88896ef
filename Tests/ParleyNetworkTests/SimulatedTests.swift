import ParleyBase
import ParleyNetwork
import Testing

@Suite struct SimulatedTests {
  /// 100 Mbit/s is 80 ns a byte.
  private func pingPong(_ network: SimulatedNetwork, messages: Int, bytes: Int) throws {
    _ = try runParties(network) { mesh in
      for i in 0..<messages {
        if (i + mesh.local.rawValue) % 2 == 0 {
          try mesh.send(step: step(i), to: mesh.next(), bytes: [UInt8](repeating: 1, count: bytes))
        } else {
          _ = try mesh.take(bytes, step: step(i), from: mesh.next())
        }
      }
    }.partyValues()
  }

  @Test(arguments: [(0, 8), (1, 8), (7, 1000), (100, 0), (20, 12345)])
  func pingPongTakesLatencyAndTransmission(messages: Int, bytes: Int) throws {
    let network = SimulatedNetwork(count: 2, link: .wan)
    try pingPong(network, messages: messages, bytes: bytes)
    #expect(network.elapsed == (.milliseconds(20) + .nanoseconds(80) * bytes) * messages)
  }

  @Test func directionsMayDiffer() throws {
    let network = SimulatedNetwork(count: 2) { from, _ in
      LinkProfile(latency: .milliseconds(from.rawValue == 0 ? 3 : 50), bitsPerSecond: 8_000_000)
    }
    try pingPong(network, messages: 5, bytes: 10)
    #expect(network.elapsed == .milliseconds(3 * 3 + 2 * 50) + .microseconds(50))
  }

  /// Messages sent together follow each other on the wire and pay the latency once.
  @Test func messagesShareTheWire() throws {
    let network = SimulatedNetwork(count: 2, link: .wan)
    let results = runParties(network) { mesh -> Duration in
      for i in 0..<10 { try mesh.send(step: step(i), to: mesh.next(), bytes: [UInt8](repeating: 1, count: 1000)) }
      for i in 0..<10 { _ = try mesh.take(1000, step: step(i), from: mesh.next()) }
      return try #require(mesh as? any VirtualClockMesh).virtualTime
    }
    let expected: Duration = .milliseconds(20) + .microseconds(80) * 10
    #expect(try results.partyValues() == [expected, expected])
  }

  @Test func computingOverlapsWithTheFlight() throws {
    let network = SimulatedNetwork(
      count: 2, link: LinkProfile(latency: .milliseconds(10), bitsPerSecond: 1_000_000))
    let results = runParties(network) { mesh -> Duration in
      let clock = try #require(mesh as? any VirtualClockMesh)
      try mesh.send(step: step(1), to: mesh.next(), bytes: [])
      clock.advance(by: .milliseconds(mesh.local.rawValue == 0 ? 4 : 15))
      _ = try mesh.take(0, step: step(1), from: mesh.next())
      return clock.virtualTime
    }
    #expect(try results.partyValues() == [.milliseconds(10), .milliseconds(15)])
    #expect(network.elapsed == .milliseconds(15))
  }

  @Test func partitionDelaysWhatItWouldCut() throws {
    let cut = LinkProfile.wan.with(partitions: [
      .milliseconds(500)..<Duration.milliseconds(600), .milliseconds(30)..<Duration.milliseconds(130),
    ])
    let network = SimulatedNetwork(count: 2, link: cut)
    // The first message arrives at 20 ms, the second would arrive at 40 and leaves at 130 instead, the third as
    // usual.
    try pingPong(network, messages: 3, bytes: 0)
    #expect(network.elapsed == .milliseconds(130 + 20 + 20))
  }

  @Test func partitionBeyondPatienceIsATimeout() throws {
    let cut = LinkProfile.lan.with(partitions: [.zero..<Duration.seconds(100)])
    let network = SimulatedNetwork(count: 2, link: cut)
    let results = runParties(network) { mesh in
      try mesh.send(step: step(1), to: mesh.next(), bytes: [1])
      _ = try mesh.take(1, step: step(1), from: mesh.next())
    }
    let errors = results.map(failure)
    #expect(errors.contains { $0.code == .timeout && $0.message.contains("within 60.0 seconds") })
    #expect(network.elapsed == .seconds(60))
  }

  @Test func longPatienceRidesOutAPartition() throws {
    let cut = LinkProfile.lan.with(partitions: [.zero..<Duration.seconds(100)])
    let network = SimulatedNetwork(count: 2, link: cut, options: SimulationOptions(patience: .seconds(120)))
    try pingPong(network, messages: 1, bytes: 0)
    #expect(network.elapsed == .seconds(100) + .microseconds(125))
  }

  private func ring(_ link: LinkProfile) throws -> Duration {
    let network = SimulatedNetwork(count: 3, link: link)
    _ = try runParties(network) { mesh in
      let clock = try #require(mesh as? any VirtualClockMesh)
      for round in 0..<200 {
        let bytes = 100 + 50 * round
        try mesh.send(step: step(round), to: mesh.next(-1), bytes: [UInt8](repeating: 1, count: bytes))
        clock.advance(by: .microseconds(mesh.local.rawValue * 10 + round % 7))
        _ = try mesh.take(bytes, step: step(round), from: mesh.next())
      }
    }.partyValues()
    return network.elapsed
  }

  @Test func sameProgramTakesTheSameTime() throws {
    let lossy = LinkProfile.wan.with(loss: 0.02, seed: 77)
    let times = try (0..<5).map { _ in try ring(lossy) }
    #expect(Set(times).count == 1, "seed 77: \(times)")
    let clean = try ring(.wan)
    #expect(times[0] > clean)
    // A retransmission costs a round trip: far from free, far from the end of the world.
    #expect(times[0] < clean * 20)
    #expect(try ring(LinkProfile.wan.with(loss: 0.02, seed: 78)) != times[0], "seeds 77 and 78")
  }

  @Test func lossCostsWholeRetransmissions() throws {
    let network = SimulatedNetwork(
      count: 2, link: LinkProfile.wan.with(loss: 0.5, retransmission: .seconds(1), seed: 3))
    try pingPong(network, messages: 40, bytes: 0)
    let extra = network.elapsed - .milliseconds(20) * 40
    #expect(extra.components.attoseconds == 0 && extra.components.seconds > 0, "seed 3: \(extra)")
  }

  @Test func deadlockNamesEverybody() throws {
    let network = SimulatedNetwork(count: 3, link: .lan)
    let results = runParties(network) { mesh in
      _ = try mesh.take(1, step: step(10 + mesh.local.rawValue), from: mesh.next())
    }
    for result in results {
      #expect(failure(result).code == .deadlock)
      #expect(
        failure(result).message
          == "deadlock: P0 waits for P1 at step-10, P1 waits for P2 at step-11, P2 waits for P0 at step-12; "
          + "nothing is in flight")
    }
  }

  @Test func deadlockOfTwoIsFoundWhileAThirdRuns() throws {
    let network = SimulatedNetwork(count: 3, link: .lan)
    let results = runParties(network) { mesh in
      if mesh.local.rawValue == 2 {
        #expect(eventually { (try? mesh.flush()) == nil })
        try mesh.flush()
      } else {
        _ = try mesh.take(1, step: step(1), from: PartyIndex(1 - mesh.local.rawValue))
      }
    }
    #expect(failure(results[2]).code == .deadlock)
    #expect(
      failure(results[0]).message
        == "deadlock: P0 waits for P1 at step-1, P1 waits for P0 at step-1; nothing is in flight")
  }

  @Test func waitingForOneselfIsADeadlock() {
    let network = SimulatedNetwork(count: 1, link: .lan)
    let results = runParties(network) { mesh in _ = try mesh.take(1, step: step(1), from: mesh.local) }
    #expect(failure(results[0]).code == .deadlock)
  }

  @Test func absentPartyRunsOutOfRealPatience() {
    let network = SimulatedNetwork(
      count: 2, link: .lan, options: SimulationOptions(realPatience: .milliseconds(50)))
    let results = runParties([network.meshes[0]]) { mesh in
      _ = try mesh.take(1, step: step(1), from: PartyIndex(1))
    }
    #expect(failure(results[0]).code == .timeout)
  }
}
