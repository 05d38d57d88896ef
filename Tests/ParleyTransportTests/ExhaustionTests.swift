import Foundation
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Synchronization
import Testing

/// What a peer with a valid key of the study can make a party keep in memory.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct ExhaustionTests {
  /// Far below what the attacks reached without bounds, far above what the bounds allow: the process runs other tests too.
  static let bound = 700 << 20

  /// Party 0 of three listens and computes; what it does is `engine`. Party 2 attacks with its own key, and is looked at once the
  /// party has read as many bytes as the attack says that it must.
  private func attack(
    reads: Bool = true, engine: @escaping @Sendable (TLSMesh) throws -> Void,
    when isReady: @escaping @Sendable (TLSMesh) -> Bool = { _ in true },
    _ body: (AttackingClient) async throws -> Int
  ) async throws -> (growth: Int, link: LinkInfo) {
    var world = try World(listening: [true, true, false], computingCount: 2)
    // A client that gets no processor for some seconds is not silent.
    world.options.silenceLimit = .seconds(60)
    let mesh = try world.mesh(0)
    async let ending = runParties([{ @Sendable in try engine(mesh) }])
    let client = try await AttackingClient(world, as: 2, reads: reads)
    try await client.send(RawHello(sender: 2).bytes(world))
    for _ in 0..<6000 where !client.hasHello { try await Task.sleep(nanoseconds: 10_000_000) }
    #expect(client.hasHello, "the valid key is let in")
    for _ in 0..<6000 where !isReady(mesh) { try await Task.sleep(nanoseconds: 10_000_000) }
    let before = residentBytes()
    let read = try await body(client)
    func link() throws -> LinkInfo { try #require(mesh.linkInfo.first { $0.party == PartyIndex(2) }) }
    var (last, moved) = (0, Date())
    while try link().isUp, try link().wireBytesReceived < read, Date().timeIntervalSince(moved) < 60 {
      if try link().wireBytesReceived > last { (last, moved) = (try link().wireBytesReceived, Date()) }
      try await Task.sleep(nanoseconds: 10_000_000)
    }
    let info = try link()
    let growth = residentBytes() - before
    client.close()
    mesh.abort(ParleyError(.interrupted, "enough"))
    _ = await ending
    return (growth, info)
  }

  private static let connecting: @Sendable (TLSMesh) throws -> Void = { try $0.connect(timeout: .seconds(60)) }

  @Test("pings that are not read back do not queue answers")
  func pings() async throws {
    let ping = Raw.segment(4, Array(repeating: 1, count: 8))
    let batch = Array(repeating: ping, count: 10_000).flatMap { $0 }
    let seen = try await attack(reads: false, engine: Self.connecting) { client in
      let sent = await client.flood(batch, limit: 16 << 20, patience: 60)
      #expect(sent >= 16 << 20, "the party goes on reading")
      return sent
    }
    #expect(seen.link.isUp, "answers that queued would have ended the link")
    #expect(seen.link.wireBytesReceived >= 16 << 20)
    #expect(seen.link.unsentBytes < 1 << 20)
    #expect(seen.link.owedAnswers <= 8, "what is not answered is forgotten")
    #expect(seen.growth < Self.bound)
  }

  @Test("neither do pings with a byte of stream each, which ask for acknowledgements as well")
  func pingsWithData() async throws {
    // A frame of 16 MB of which a byte comes with every ping.
    let unit = Raw.segment(2, [0]) + Raw.segment(4, Array(repeating: 1, count: 8))
    let batch = Array(repeating: unit, count: 10_000).flatMap { $0 }
    let seen = try await attack(reads: false, engine: Self.connecting) { client in
      try await client.send(Raw.segment(2, Raw.frame(step: 1, length: 16 << 20)))
      return await client.flood(batch, limit: 16 << 20, patience: 60)
    }
    #expect(seen.link.isUp, "answers that queued would have ended the link")
    #expect(seen.link.wireBytesReceived >= 16 << 20)
    #expect(seen.link.unsentBytes < 1 << 20)
    #expect(seen.link.owedAnswers <= 8, "what is not answered is forgotten")
    #expect(seen.growth < Self.bound)
  }

  @Test("a frame announced with 4 GiB is read up to a limit while links are made")
  func announcedFrame() async throws {
    let piece = Raw.segment(2, Array(repeating: 7, count: 1 << 20))
    let seen = try await attack(engine: Self.connecting) { client in
      try await client.send(Raw.segment(2, Raw.frame(step: 1, length: .max)))
      let sent = await client.flood(piece, limit: 600 << 20, patience: 8)
      #expect(sent < 64 << 20)
      return 0
    }
    #expect(seen.link.queuedBytes < 8 << 20)
    #expect(seen.growth < Self.bound)
  }

  @Test("empty frames count with what keeping them costs")
  func emptyFrames() async throws {
    let frame = Raw.frame(step: 1, length: 0)
    let piece = Raw.segment(2, Array(repeating: frame, count: 60_000).flatMap { $0 })
    let seen = try await attack(engine: Self.connecting) { client in
      let sent = await client.flood(piece, limit: 200 << 20, patience: 8)
      #expect(sent < 64 << 20)
      return 0
    }
    #expect(seen.link.queuedBytes < 32 << 20)
    #expect(seen.growth < Self.bound)
  }

  /// Party 0 and an honest party 1 are connected; the engine of 0 waits for a message of 1 that does not come.
  @Test("the bounds hold while the engine waits for somebody else", arguments: [false, true])
  func whileTheEngineWaits(isPlanned: Bool) async throws {
    let world = try World(listening: [true, true, false], computingCount: 2)
    let meshes = [try world.mesh(0), try world.mesh(1)]
    async let endings = runParties([
      { @Sendable in
        try meshes[0].connect(timeout: .seconds(30))
        if isPlanned { meshes[0].expect(bytes: [0, 1 << 30, 0], flight: 1 << 20) }
        _ = try meshes[0].take(StepID(instruction: 1), from: 1, 8)
      },
      // Without a link to the attacker, which only attacks party 0.
      { @Sendable in
        try meshes[1].connect(timeout: .seconds(30), needsAll: false)
        _ = try meshes[1].take(StepID(instruction: 2), from: 0, 8)
      },
    ])
    let client = try await AttackingClient(world, as: 2)
    try await client.send(RawHello(sender: 2).bytes(world))
    for _ in 0..<6000 where meshes[0].waitingOn == nil { try await Task.sleep(nanoseconds: 10_000_000) }
    #expect(meshes[0].waitingOn?.party == PartyIndex(1))
    let before = residentBytes()
    try await client.send(Raw.segment(2, Raw.frame(step: 1, length: .max)))
    let sent = await client.flood(
      Raw.segment(2, Array(repeating: 7, count: 1 << 20)), limit: 700 << 20, patience: 8)
    let info = try #require(meshes[0].linkInfo.first { $0.party == PartyIndex(2) })
    #expect(sent < (isPlanned ? 64 << 20 : 128 << 20))
    #expect(info.queuedBytes < (isPlanned ? 8 << 20 : 72 << 20))
    #expect(residentBytes() - before < Self.bound)
    #expect(info.isUp, "who is not read is not dropped either")
    client.close()
    for mesh in meshes { mesh.abort(ParleyError(.interrupted, "enough")) }
    _ = await endings
  }

  @Test("what an honest flight needs passes, however large, with a plan that says so")
  func plannedFlights() async throws {
    var world = try World(listening: [true, true], computingCount: 2)
    world.options.replayLimit = 2 << 20
    world.options.inboundLimit = 1 << 20
    let meshes = try world.meshes()
    let (rounds, size) = (30, 1_500_000)
    let endings = await runParties(
      (0..<2).map { me in
        { @Sendable in
          try meshes[me].connect(timeout: .seconds(20))
          meshes[me].expect(bytes: Array(repeating: rounds * size, count: 2), flight: rounds * size)
          for round in 0..<rounds {
            try meshes[me].give(StepID(instruction: 1, sub: round), to: 1 - me, block(UInt64(round), size))
          }
          try meshes[me].flush()
          for round in 0..<rounds {
            #expect(
              try meshes[me].take(StepID(instruction: 1, sub: round), from: 1 - me, size)
                == block(UInt64(round), size))
          }
          meshes[me].close()
        }
      })
    for ending in endings { #expect(ending.isDone, "\(ending)") }
  }
}
