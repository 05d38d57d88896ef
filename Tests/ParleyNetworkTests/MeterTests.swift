import ParleyBase
import ParleyNetwork
import Testing

@Suite struct MeterTests {
  /// One product of replicated sharing is one message around the ring.
  @Test(arguments: [false, true]) func ringRounds(simulated: Bool) throws {
    let network: any PartyNetwork =
      simulated ? SimulatedNetwork(count: 3, link: .wan) : InMemoryNetwork(count: 3)
    _ = try runParties(network.meshes) { mesh in
      for round in 0..<10 {
        // Two operations share the flight of a round.
        try mesh.send(step: step(2 * round), to: mesh.next(-1), bytes: [UInt8](repeating: 1, count: 80))
        try mesh.send(step: step(2 * round + 1), to: mesh.next(-1), bytes: [UInt8](repeating: 1, count: 8))
        try mesh.flush()
        _ = try mesh.take(80, step: step(2 * round), from: mesh.next())
        _ = try mesh.take(8, step: step(2 * round + 1), from: mesh.next())
      }
    }.partyValues()
    for (party, mesh) in network.meshes.enumerated() {
      let reading = mesh.meter.reading
      var bytes = [0, 0, 0]
      bytes[(party + 2) % 3] = 880
      #expect(reading.sentBytes == bytes)
      #expect(reading.sentMessages == bytes.map { $0 / 44 })
      #expect(reading.rounds == 10)
      #expect(reading.controlBytes == 0)
    }
  }

  /// A message that depends on none is of depth 1 however late it is sent.
  @Test func depthFollowsDependenciesOnly() throws {
    let network = InMemoryNetwork(count: 3)
    _ = try runParties(network) { mesh in
      switch mesh.local.rawValue {
      case 0:
        for i in 0..<4 { try mesh.send(step: step(i), to: PartyIndex(1), bytes: [1]) }
      case 1:
        for i in 0..<4 { _ = try mesh.take(1, step: step(i), from: PartyIndex(0)) }
        try mesh.send(step: step(9), to: PartyIndex(2), bytes: [1])
      default:
        _ = try mesh.take(1, step: step(9), from: PartyIndex(1))
      }
    }.partyValues()
    #expect(network.meshes.map { $0.meter.reading.rounds } == [1, 2, 2])
  }

  @Test func controlIsCountedApart() throws {
    let network = InMemoryNetwork(count: 2)
    _ = try runParties(network) { mesh in
      try mesh.send(step: .control(0), to: mesh.next(), bytes: [1, 2, 3])
      _ = try mesh.receiveControl(step: .control(0), from: mesh.next(), atMost: 3)
      try mesh.send(step: step(1), to: mesh.next(), bytes: [1])
      _ = try mesh.take(1, step: step(1), from: mesh.next())
    }.partyValues()
    for (party, mesh) in network.meshes.enumerated() {
      #expect(mesh.meter.reading.controlBytes == 3)
      #expect(mesh.meter.reading.rounds == 1)
      #expect(mesh.meter.reading.sentBytes == (party == 0 ? [0, 1] : [1, 0]))
    }
  }

  @Test func hostileDepthDoesNotTrap() {
    let meter = Meter(count: 2)
    meter.recordReceive(step: step(1), depth: .max)
    #expect(meter.recordSend(step: step(1), to: PartyIndex(1), bytes: 1) == .max)
    #expect(meter.reading.rounds == Int(UInt32.max))
  }
}
