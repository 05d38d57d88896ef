import Foundation
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Synchronization
import Testing

/// Beginning, waiting, ending.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct SessionTests {
  @Test("abort reaches every party, which names the one that aborted and no reason")
  func abort() async throws {
    let world = try World()
    let meshes = try world.meshes()
    let reason = ParleyError(.cheating, "a secret reason")
    let endings = await runParties(
      (0..<3).map { me in
        { @Sendable in
          try meshes[me].connect(timeout: .seconds(20))
          if me == 1 {
            meshes[1].abort(reason)
            meshes[1].abort(reason)
            try meshes[1].flush()
          } else {
            _ = try meshes[me].take(StepID(instruction: 1), from: 2 - me, 8)
          }
        }
      })
    // Not before both have heard of it: who hears of an end first takes that for the cause.
    for me in [0, 2] { meshes[me].close() }
    #expect(endings[1].error == reason, "local calls after an abort throw its reason")
    for me in [0, 2] {
      #expect(endings[me].error?.code == .peerAborted)
      #expect(endings[me].error?.message.contains("party-1") == true)
      #expect(endings[me].error.map { "\($0)".contains("secret") } == false)
    }
  }

  @Test("a party that finished is not taken for a crash, and its messages can be read afterwards")
  func goodbye() async throws {
    var world = try World(listening: [true, true, false], computingCount: 2)
    world.options.patience = .milliseconds(500)
    let meshes = try world.meshes()
    let step = StepID(instruction: 1)
    let endings = await runParties([
      { @Sendable in
        defer { meshes[0].close() }
        try meshes[0].connect(timeout: .seconds(20))
        Thread.sleep(forTimeInterval: 1.5)
        #expect(try meshes[0].take(step, from: 2, 100_000) == pattern(1, 100_000))
        // Sending to a party that left is allowed and goes nowhere.
        try meshes[0].give(step, to: 2, [1])
        try meshes[0].give(step, to: 1, [7])
        try meshes[0].flush()
        #expect(try meshes[0].take(step, from: 1, 1) == [8])
        _ = try meshes[0].take(step, from: 2, 1)
      },
      { @Sendable in
        defer { meshes[1].close() }
        try meshes[1].connect(timeout: .seconds(20))
        try meshes[1].give(step, to: 0, [8])
        try meshes[1].flush()
        #expect(try meshes[1].take(step, from: 0, 1) == [7])
      },
      { @Sendable in
        try meshes[2].connect(timeout: .seconds(20))
        try meshes[2].give(step, to: 0, pattern(1, 100_000))
        meshes[2].close()
        meshes[2].close()
      },
    ])
    #expect(endings[0].error?.code == .linkLost, "\(endings[0])")
    #expect(endings[0].error?.message.contains("without sending") == true)
    #expect(endings[1].isDone, "\(endings[1])")
    #expect(endings[2].isDone, "\(endings[2])")
  }

  @Test("parties without an endpoint dial out; pairs that never talk have no link")
  func outboundOnly() async throws {
    let world = try World(listening: [true, true, false, false], computingCount: 2)
    let meshes = try world.meshes()
    let step = StepID(instruction: 3)
    let endings = await runParties(
      (0..<4).map { me in
        { @Sendable in
          try meshes[me].connect(timeout: .seconds(20))
          let others = me < 2 ? (0..<4).filter { $0 != me } : [0, 1]
          for other in others { try meshes[me].give(step, to: other, [UInt8(me)]) }
          try meshes[me].flush()
          for other in others { #expect(try meshes[me].take(step, from: other, 1) == [UInt8(other)]) }
          if me == 3 {
            let error = #expect(throws: ParleyError.self) { try meshes[3].give(step, to: 2, []) }
            #expect(error?.code == .invariant)
          }
          meshes[me].close()
        }
      })
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    #expect(meshes[2].listeningPort == nil)
    #expect(meshes[2].linkInfo.map(\.name) == ["party-0", "party-1"])
  }

  @Test("two parties that need a link and both only dial out are refused")
  func noWay() throws {
    let world = try World(listening: [true, false, false], computingCount: 2)
    let error = #expect(throws: ParleyError.self) { try world.mesh(1) }
    #expect(error?.code == .badEndpoint)
  }

  @Test("a missing party is waited for by name, then named in the error")
  func missing() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let mesh = try world.mesh(1)
    let named = Mutex<[String]>([])
    let endings = await runParties([
      { @Sendable in
        defer { mesh.close() }
        try mesh.connect(timeout: .seconds(3)) { names in named.withLock { $0 += names } }
      }
    ])
    #expect(endings[0].error?.code == .timeout)
    #expect(endings[0].error?.message.contains("party-0") == true)
    #expect(named.withLock { $0.first } == "party-0")
  }

  @Test("a late party joins")
  func lateStart() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let meshes = try world.meshes()
    let endings = await runParties(
      (0..<2).map { me in
        { @Sendable in
          if me == 0 { Thread.sleep(forTimeInterval: 1.2) }
          try meshes[me].connect(timeout: .seconds(20))
          meshes[me].close()
        }
      })
    for ending in endings { #expect(ending.isDone, "\(ending)") }
  }

  @Test("another step, another length, and an oversized control message are violations", arguments: [0, 1, 2])
  func violations(kind: Int) async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let meshes = try world.meshes()
    let endings = await runParties([
      { @Sendable in
        defer { meshes[0].close() }
        try meshes[0].connect(timeout: .seconds(20))
        do {
          switch kind {
          case 0: _ = try meshes[0].take(StepID(instruction: 2), from: 1, 8)
          case 1: _ = try meshes[0].take(StepID(instruction: 1), from: 1, 9)
          default:
            #expect(
              try meshes[0].receiveControl(step: StepID(instruction: 1), from: PartyIndex(1), atMost: 8)
                == Array(repeating: 1, count: 8))
            _ = try meshes[0].receiveControl(step: StepID(instruction: 1), from: PartyIndex(1), atMost: 7)
          }
        } catch let error as ParleyError {
          // As whoever runs the party does: the mesh throws, and ends nothing.
          meshes[0].abort(error)
          throw error
        }
      },
      { @Sendable in
        try meshes[1].connect(timeout: .seconds(20))
        defer { meshes[1].close() }
        for _ in 0..<2 { try meshes[1].give(StepID(instruction: 1), to: 0, Array(repeating: 1, count: 8)) }
        _ = try meshes[1].take(StepID(instruction: 5), from: 0, 1)
      },
    ])
    #expect(endings[0].error?.code == .protocolViolation, "\(endings[0])")
    #expect(endings[0].error?.origin?.suspects == [PartyIndex(1)], "\(endings[0])")
    #expect(endings[0].error?.place?.item?.hasPrefix("party-1, ") == true, "\(endings[0])")
    #expect(endings[1].error?.code == .peerAborted, "\(endings[1])")
  }

  @Test("both send far more than the buffers hold before either receives")
  func backPressure() async throws {
    var world = try World(listening: [true, true], computingCount: 2)
    world.options.replayLimit = 2 << 20
    world.options.inboundLimit = 1 << 20
    let meshes = try world.meshes()
    let size = 1_500_000
    let endings = await runParties(
      (0..<2).map { me in
        { @Sendable in
          try meshes[me].connect(timeout: .seconds(20))
          for round in 0..<30 {
            try meshes[me].give(StepID(instruction: 1, sub: round), to: 1 - me, block(UInt64(round), size))
          }
          try meshes[me].flush()
          for round in 0..<30 {
            #expect(
              try meshes[me].take(StepID(instruction: 1, sub: round), from: 1 - me, size)
                == block(UInt64(round), size))
          }
          meshes[me].close()
        }
      })
    for ending in endings { #expect(ending.isDone, "\(ending)") }
  }

  @Test("while an engine computes its links are looked after")
  func caretaker() async throws {
    var world = try World(listening: [true, true], computingCount: 2)
    world.options.replayLimit = 2 << 20
    world.options.heartbeat = .milliseconds(50)
    world.options.silenceLimit = .milliseconds(500)
    let meshes = try world.meshes()
    let finished = Mutex(false)
    let endings = await runParties([
      { @Sendable in
        try meshes[0].connect(timeout: .seconds(20))
        // Not in the mesh until the sender has got rid of everything.
        waitUntil { finished.withLock { $0 } }
        Thread.sleep(forTimeInterval: 1)
        for round in 0..<20 {
          #expect(
            try meshes[0].take(StepID(instruction: 1, sub: round), from: 1, 1 << 20)
              == block(UInt64(round), 1 << 20))
        }
        #expect(meshes[0].linkInfo[0].reconnects == 0)
        meshes[0].close()
      },
      { @Sendable in
        try meshes[1].connect(timeout: .seconds(20))
        for round in 0..<20 {
          try meshes[1].give(StepID(instruction: 1, sub: round), to: 0, block(UInt64(round), 1 << 20))
        }
        try meshes[1].flush()
        finished.withLock { $0 = true }
        meshes[1].close()
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    #expect(finished.withLock { $0 })
  }

  @Test("who is waited for can be asked from another thread")
  func waitingOn() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let meshes = try world.meshes()
    let step = StepID(instruction: 4, sub: 2)
    let endings = await runParties([
      { @Sendable in
        try meshes[0].connect(timeout: .seconds(20))
        #expect(try meshes[0].take(step, from: 1, 1) == [5])
        meshes[0].close()
      },
      { @Sendable in
        try meshes[1].connect(timeout: .seconds(20))
        waitUntil { meshes[0].waitingOn != nil }
        let waiting = meshes[0].waitingOn
        #expect(waiting?.party == PartyIndex(1))
        #expect(waiting?.step == step)
        try meshes[1].give(step, to: 0, [5])
        meshes[1].close()
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    #expect(meshes[0].waitingOn == nil)
  }

  @Test("a stall limit ends a wait")
  func stallLimit() async throws {
    var world = try World(listening: [true, true], computingCount: 2)
    world.options.stallLimit = .milliseconds(300)
    let meshes = try world.meshes()
    let endings = await runParties([
      { @Sendable in
        defer { meshes[0].close() }
        try meshes[0].connect(timeout: .seconds(20))
        _ = try meshes[0].take(StepID(instruction: 1), from: 1, 1)
      },
      { @Sendable in
        try meshes[1].connect(timeout: .seconds(20))
        waitUntil { meshes[1].linkInfo[0].isUp == false }
        meshes[1].close()
      },
    ])
    #expect(endings[0].error?.code == .timeout)
  }

  @Test("a large message under way can be aborted from another thread")
  func abortFromOutside() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let meshes = try world.meshes()
    let interrupt = ParleyError(.interrupted, "interrupted")
    let endings = await runParties([
      { @Sendable in
        try meshes[0].connect(timeout: .seconds(20))
        // Something has come from the other: before that, it may be started again.
        try meshes[0].give(StepID.control(0), to: 1, [1])
        _ = try meshes[0].take(StepID(instruction: 1), from: 1, 8)
      },
      { @Sendable in
        defer { meshes[1].close() }
        try meshes[1].connect(timeout: .seconds(20))
        #expect(try meshes[1].take(StepID.control(0), from: 0, 1) == [1])
        _ = try meshes[1].take(StepID(instruction: 1), from: 0, 8)
      },
      { @Sendable in
        waitUntil { meshes[0].waitingOn != nil && meshes[1].waitingOn != nil }
        meshes[0].abort(interrupt)
      },
    ])
    #expect(endings[0].error == interrupt)
    #expect(endings[1].error?.code == .peerAborted)
  }

  @Test("the doctor sees protocol, key exchange, round trip and bandwidth")
  func doctor() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let meshes = try world.meshes()
    let endings = await runParties([
      { @Sendable in
        try meshes[0].connect(timeout: .seconds(20))
        let probe = try meshes[0].probe(PartyIndex(1), bytes: 4 << 20)
        #expect(probe.roundTrip > 0)
        #expect(probe.bandwidth > 0)
        let info = meshes[0].linkInfo[0]
        #expect(info.tlsVersion == "TLS 1.3")
        #expect(info.keyExchange == "X25519MLKEM768")
        #expect(info.fingerprint == fingerprint(ofPublicKey: world.principals[1].publicKey))
        #expect(info.wireBytesSent > 4 << 20)
        #expect(info.isUp && !info.isDialer)
        #expect(meshes[0].meter.reading.sentBytes[1] == 0, "a probe is not payload")
        try meshes[0].give(StepID(instruction: 1), to: 1, [1])
        meshes[0].close()
      },
      { @Sendable in
        try meshes[1].connect(timeout: .seconds(20))
        #expect(try meshes[1].take(StepID(instruction: 1), from: 0, 1) == [1])
        meshes[1].close()
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
  }
}
