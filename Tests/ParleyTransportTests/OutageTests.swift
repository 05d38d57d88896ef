import Foundation
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Testing

/// Links that break, and what the protocol above sees of it.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct OutageTests {
  /// Two parties whose only way to each other leads through a proxy.
  private func through(_ adjust: (inout TransportOptions) -> Void = { _ in }) throws -> (
    World, CuttingProxy, [TLSMesh]
  ) {
    var world = try World(listening: [true, false], computingCount: 2)
    adjust(&world.options)
    let proxy = CuttingProxy(target: world.listeners[0]?.port ?? 0)
    var seen = world.principals
    seen[0].endpoint?.port = proxy.port
    return (world, proxy, [try world.mesh(0), try world.mesh(1, principals: seen)])
  }

  /// Both send `count` messages of `size` and receive as many, checking every byte.
  private func exchange(_ mesh: TLSMesh, count: Int, size: Int) throws {
    for round in 0..<count { try exchangeRound(mesh, round, size: size) }
  }
  private func exchangeRound(_ mesh: TLSMesh, _ round: Int, size: Int) throws {
    let me = mesh.local.rawValue
    let step = StepID(instruction: 1, sub: round)
    try mesh.give(step, to: 1 - me, block(UInt64(me * 1000 + round), size))
    try mesh.flush()
    let got = try mesh.take(step, from: 1 - me, size)
    if got != block(UInt64((1 - me) * 1000 + round), size) { throw Broken(round: round) }
  }
  struct Broken: Error { var round: Int }

  @Test("cut for seconds under load: every byte arrives once and in order")
  func cutAndRestored() async throws {
    let (world, proxy, meshes) = try through()
    defer { proxy.stop() }
    let endings = await runParties([
      { @Sendable in
        try meshes[0].connect(timeout: .seconds(20))
        try exchange(meshes[0], count: 60, size: 3_000_001)
        meshes[0].close()
      },
      { @Sendable in
        try meshes[1].connect(timeout: .seconds(20))
        try exchange(meshes[1], count: 60, size: 3_000_001)
        meshes[1].close()
      },
      { @Sendable in
        waitUntil { proxy.relayedBytes > 20_000_000 }
        proxy.cut()
        Thread.sleep(forTimeInterval: 3)
        proxy.restore()
        for mark in [60, 110, 150] {
          waitUntil { proxy.relayedBytes > mark * 1_000_000 }
          proxy.hiccup()
        }
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    #expect(world.log.resumed(by: 1) >= 2)
    #expect(meshes[1].linkInfo[0].reconnects >= 2)
    #expect(meshes[0].meter.reading.sentBytes[1] == 60 * 3_000_001, "replays are not payload")
  }

  @Test("a black hole is noticed by silence and healed")
  func blackHole() async throws {
    let (world, proxy, meshes) = try through {
      $0.heartbeat = .milliseconds(100)
      $0.silenceLimit = .milliseconds(600)
      $0.handshakeLimit = .milliseconds(800)
    }
    defer { proxy.stop() }
    let endings = await runParties([
      { @Sendable in
        try meshes[0].connect(timeout: .seconds(20))
        try exchange(meshes[0], count: 40, size: 1_000_000)
        meshes[0].close()
      },
      { @Sendable in
        try meshes[1].connect(timeout: .seconds(20))
        try exchange(meshes[1], count: 40, size: 1_000_000)
        meshes[1].close()
      },
      { @Sendable in
        waitUntil { proxy.relayedBytes > 10_000_000 }
        proxy.blackHole()
        Thread.sleep(forTimeInterval: 2)
        proxy.restore()
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    #expect(world.log.resumed(by: 1) >= 1)
  }

  @Test("patience running out ends the wait with the party's name")
  func patience() async throws {
    let (_, proxy, meshes) = try through { $0.patience = .milliseconds(700) }
    defer { proxy.stop() }
    let endings = await runParties(
      (0..<2).map { me in
        { @Sendable in
          defer { meshes[me].close() }
          try meshes[me].connect(timeout: .seconds(20))
          try exchange(meshes[me], count: 1, size: 100)
          proxy.cut()
          _ = try meshes[me].take(StepID(instruction: 9), from: 1 - me, 8)
        }
      })
    for me in 0..<2 {
      #expect(endings[me].error?.code == .linkLost, "\(endings[me])")
      #expect(endings[me].error?.place?.item == "party-\(1 - me)")
      #expect(endings[me].error?.origin == .init(PartyIndex(1 - me), end: .outage))
    }
  }

  @Test("a peer that was restarted is not taken for the one that left")
  func restarted() async throws {
    let (world, proxy, meshes) = try through { $0.patience = .seconds(2) }
    defer { proxy.stop() }
    var seen = world.principals
    seen[0].endpoint?.port = proxy.port
    let second = try world.mesh(1, principals: seen)
    let third = try world.mesh(1, principals: seen)
    let endings = await runParties([
      { @Sendable in
        defer { meshes[0].close() }
        try meshes[0].connect(timeout: .seconds(20))
        try exchange(meshes[0], count: 2, size: 100)
        _ = try meshes[0].take(StepID(instruction: 9), from: 1, 8)
      },
      { @Sendable in
        try meshes[1].connect(timeout: .seconds(20))
        try exchange(meshes[1], count: 1, size: 100)
        // As long as the first run is connected, a second one with the same key changes nothing.
        let refused = #expect(throws: ParleyError.self) { try second.connect(timeout: .seconds(1)) }
        #expect(refused?.message.contains("earlier run of this party") == true)
        second.close()
        try exchangeRound(meshes[1], 1, size: 100)
        #expect(meshes[1].linkInfo[0].reconnects == 0)
        // Once it is gone, the next one takes its place, with nothing of what the first knew.
        meshes[1].vanish()
        defer { third.close() }
        try third.connect(timeout: .seconds(5))
      },
    ])
    #expect(endings[0].error?.code == .linkLost, "\(endings[0])")
    #expect(endings[0].error?.message.contains("has left this session") == true)
    #expect(endings[1].error != nil)
  }
}

/// Polls a condition that other threads bring about.
func waitUntil(_ condition: () -> Bool) {
  for _ in 0..<6000 where !condition() { Thread.sleep(forTimeInterval: 0.01) }
}

/// Bytes that name their seed and place, quickly made.
func block(_ seed: UInt64, _ count: Int) -> [UInt8] {
  var words = [UInt64](repeating: seed &* 0x9e37_79b9_7f4a_7c15, count: (count + 7) / 8)
  for index in stride(from: 0, to: words.count, by: 16) { words[index] &+= UInt64(index) &* 0x2545_f491_4f6c_dd1d }
  return words.withUnsafeBytes { Array($0.prefix(count)) }
}
