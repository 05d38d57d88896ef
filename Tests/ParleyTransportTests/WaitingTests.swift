import Foundation
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Synchronization
import Testing

/// Before everybody has met: who may come, go and call without harming those that wait.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct WaitingTests {
  private func wait(_ mesh: TLSMesh, seconds: Int = 30) throws {
    try mesh.connect(timeout: .seconds(seconds))
  }

  @Test("a party that says it is not ready ends the wait of all within seconds, and all name it")
  func notReady() async throws {
    // Party 3 holds data and dials out; party 4 does not come, so nobody has met everybody.
    var world = try World(listening: [true, true, true, false, false])
    world.options.farewells = .seconds(2)
    let meshes = try world.meshes()
    let endings = await runParties(
      (0..<4).map { me in
        { @Sendable in
          guard me == 3 else {
            defer { meshes[me].close() }
            return try wait(meshes[me])
          }
          Thread.sleep(forTimeInterval: 1)
          meshes[3].decline(timeout: .seconds(4))
        }
      })
    for me in 0..<3 {
      #expect(endings[me].error?.code == .notReady, "\(endings[me])")
      #expect(endings[me].error?.place?.item == "party-3")
      #expect(endings[me].error?.exitCode == 7)
    }
    #expect(endings[3].isDone)
  }

  @Test("who has no link to the party that is not ready is told by those who have")
  func notReadyIsPassedOn() async throws {
    let world = try World(listening: [true, true, true, false, false])
    let meshes = try world.meshes()
    // As a session does: what ends it is passed on.
    @Sendable func computing(_ me: Int) throws {
      do {
        try wait(meshes[me])
        _ = try meshes[me].take(StepID.control(0), from: 3, 8)
      } catch let error as ParleyError {
        meshes[me].abort(error)
        throw error
      }
    }
    let endings = await runParties([
      { @Sendable in try computing(0) }, { @Sendable in try computing(1) }, { @Sendable in try computing(2) },
      { @Sendable in
        Thread.sleep(forTimeInterval: 1.5)
        meshes[3].decline(timeout: .seconds(4))
      },
      // Has met everybody it has links to, and waits for a message.
      { @Sendable in
        try wait(meshes[4])
        _ = try meshes[4].take(StepID.control(0), from: 0, 8)
      },
    ])
    #expect(endings[4].error?.code == .notReady, "\(endings[4])")
    #expect(endings[4].error?.place?.item == "party-3")
    #expect(endings[4].error?.message.contains("says so") == true)
  }

  @Test("who comes when the others would be gone is told by those who stay")
  func notReadyIsToldLater() async throws {
    let world = try World(listening: [true, true, true, false, false])
    let meshes = try world.meshes()
    let endings = await runParties(
      (0..<5).map { me in
        { @Sendable in
          if me == 3 { return meshes[3].decline(timeout: .seconds(10)) }
          if me == 4 { Thread.sleep(forTimeInterval: 3) }
          try wait(meshes[me], seconds: 20)
          // It has no link to party 3, and may have met all others before these tell it.
          if me == 4 { _ = try meshes[4].take(StepID.control(0), from: 0, 8) }
        }
      })
    for me in [0, 1, 2, 4] {
      #expect(endings[me].error?.code == .notReady, "\(me): \(endings[me])")
      #expect(endings[me].error?.place?.item == "party-3")
    }
    #expect(endings[3].isDone)
  }

  /// Party 2 has no endpoint and links to 0 and 1; party 3 comes last.
  @Test("a party that is interrupted or killed while all wait can be started again", arguments: [false, true])
  func startedAgain(isKilled: Bool) async throws {
    let world = try World(listening: [true, true, false, false], computingCount: 2)
    let meshes = try world.meshes()
    let again = try world.mesh(2)
    let step = StepID.control(0)
    let endings = await runParties([
      { @Sendable in
        try wait(meshes[0])
        #expect(try meshes[0].take(step, from: 2, 4) == [2, 2, 2, 2])
        try meshes[0].give(step, to: 2, [9])
        meshes[0].close()
      },
      { @Sendable in
        try wait(meshes[1])
        #expect(try meshes[1].take(step, from: 2, 4) == [2, 2, 2, 2])
        try meshes[1].give(step, to: 2, [9])
        meshes[1].close()
      },
      { @Sendable in
        // Has met everybody it has links to and has sent what it has to send.
        try wait(meshes[2])
        for other in 0..<2 { try meshes[2].give(step, to: other, [1, 1, 1, 1]) }
        try meshes[2].flush()
        Thread.sleep(forTimeInterval: 0.5)
        if isKilled {
          meshes[2].vanish()
        } else {
          meshes[2].abort(ParleyError(.interrupted, "Ctrl-C"))
        }
        Thread.sleep(forTimeInterval: 0.5)
        try wait(again)
        for other in 0..<2 { try again.give(step, to: other, [2, 2, 2, 2]) }
        try again.flush()
        for other in 0..<2 { #expect(try again.take(step, from: other, 1) == [9]) }
        again.close()
      },
      { @Sendable in
        Thread.sleep(forTimeInterval: 2.5)
        try wait(meshes[3])
        meshes[3].close()
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
  }

  @Test("a computing party that is killed while all wait is replaced, and gets what was sent to the run before")
  func computingPartyStartedAgain() async throws {
    // Party 2 links to 0 and 1 only and waits for a message; party 3 is late.
    let world = try World(listening: [true, true, false, false], computingCount: 2)
    let meshes = [try world.mesh(0), try world.mesh(1), try world.mesh(2), try world.mesh(3)]
    let again = try world.mesh(0)
    let step = StepID.control(0)
    let endings = await runParties([
      { @Sendable in
        let first = #expect(throws: ParleyError.self) { try wait(meshes[0]) }
        #expect(first != nil)
        Thread.sleep(forTimeInterval: 0.3)
        try wait(again)
        #expect(try again.take(step, from: 2, 4) == [5, 5, 5, 5])
        try again.give(step, to: 2, [7])
        again.close()
      },
      { @Sendable in
        try wait(meshes[1])
        meshes[1].close()
      },
      { @Sendable in
        try wait(meshes[2])
        try meshes[2].give(step, to: 0, [5, 5, 5, 5])
        #expect(try meshes[2].take(step, from: 0, 1) == [7])
        meshes[2].close()
      },
      { @Sendable in
        Thread.sleep(forTimeInterval: 2.5)
        try wait(meshes[3])
        meshes[3].close()
      },
      { @Sendable in
        Thread.sleep(forTimeInterval: 1)
        meshes[0].vanish()
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
  }

  @Test("a party that waits survives the doctor of another, another job, and both are told apart")
  func otherPurposes() async throws {
    let world = try World(listening: [true, false, false], computingCount: 1)
    let study = Array(repeating: UInt8(1), count: 32)
    let zero = try world.mesh(0, study: study)
    let doctor = try world.mesh(1, session: Array(repeating: 8, count: 32), study: study, purpose: .doctor)
    let job = try world.mesh(1, session: Array(repeating: 9, count: 32), study: study)
    let right = try world.mesh(1, study: study)
    let endings = await runParties([
      { @Sendable in
        try wait(zero)
        zero.close()
      },
      { @Sendable in
        try doctor.connect(timeout: .seconds(1), needsAll: false)
        #expect(doctor.linkInfo[0].isInSession)
        #expect(doctor.linkInfo[0].lastProblem?.message.contains("already runs the study") == true)
        doctor.close()
        let other = #expect(throws: ParleyError.self) { try job.connect(timeout: .seconds(1)) }
        #expect(other?.message.contains("another job") == true, "\(String(describing: other))")
        #expect(
          other?.remedy?.contains("with the same --job as this party") == true, "\(String(describing: other))")
        try wait(right)
        right.close()
      },
      { @Sendable in
        Thread.sleep(forTimeInterval: 3)
        let late = try world.mesh(2, study: study)
        try wait(late)
        late.close()
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    #expect(world.log.turnedAway(by: 0).contains("is testing its connection"))
    #expect(world.log.turnedAway(by: 0).contains("runs another job of this study"))
  }

  /// Calls of the right key that are refused, while the link of its first run carries messages.
  @Test("a second connection proves itself before the first is touched", arguments: [0, 1, 2])
  func liveLink(kind: Int) async throws {
    let world = try World(listening: [true, false], computingCount: 2)
    let meshes = try world.meshes()
    let isOver = Mutex(false)
    let rounds = Mutex(0)
    async let endings = runParties(
      (0..<2).map { me in
        { @Sendable in
          try wait(meshes[me])
          for round in 0..<5000 {
            let step = StepID(instruction: 1, sub: round)
            let last: [UInt8] = [me == 0 && isOver.withLock({ $0 }) ? 1 : 0]
            try meshes[me].give(step, to: 1 - me, last)
            let got = try meshes[me].take(step, from: 1 - me, 1)
            rounds.withLock { $0 += 1 }
            if got == [1] || last == [1] { break }
            Thread.sleep(forTimeInterval: 0.005)
          }
          #expect(meshes[me].linkInfo[0].reconnects == 0, "the link was never cut")
          meshes[me].close()
        }
      })
    for _ in 0..<6000 where rounds.withLock({ $0 }) < 10 { try await Task.sleep(nanoseconds: 10_000_000) }
    var hello = RawHello(sender: 1)
    switch kind {
    case 0: hello.study = Array(repeating: 5, count: 32)
    case 1: hello.purpose = 1
    default: break  // another run of the same party
    }
    for _ in 0..<5 {
      let client = try await AttackingClient(world, as: 1)
      try await client.send(hello.bytes(world))
      for _ in 0..<6000 where client.isOpen { try await Task.sleep(nanoseconds: 10_000_000) }
      #expect(!client.isOpen, "it was sent away")
    }
    isOver.withLock { $0 = true }
    for ending in await endings { #expect(ending.isDone, "\(ending)") }
  }
}

/// Callers without a key.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct StrangerTests {
  @Test("a party gets in while a thousand strangers hold connections and redial")
  func strangers() async throws {
    var world = try World(listening: [true, false], computingCount: 2)
    // No place becomes free by itself: whoever gets in takes the place of one who is sent away for it.
    world.options.greetingTime = .seconds(300)
    world.options.handshakeLimit = .seconds(300)
    let meshes = try world.meshes()
    let crowd = Crowd(port: world.principals[0].endpoint?.port ?? 0, count: 600)
    defer { crowd.stop() }
    let endings = await runParties([
      { @Sendable in
        try meshes[0].connect(timeout: .seconds(60))
        meshes[0].close()
      },
      { @Sendable in
        waitUntil { crowd.redials > 600 }
        try meshes[1].connect(timeout: .seconds(60))
        meshes[1].close()
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    let reports = world.log.strangers(at: 0)
    #expect(!reports.isEmpty, "it is said that strangers knock")
    #expect(reports.count <= 8, "and not for each of them")
  }

  @Test("a caller that says nothing loses its place after a few seconds")
  func silentCaller() async throws {
    var world = try World(listening: [true, true], computingCount: 2)
    world.options.greetingTime = .milliseconds(300)
    let mesh = try world.mesh(0)
    async let ending = runParties([{ @Sendable in try mesh.connect(timeout: .seconds(10)) }])
    let crowd = Crowd(port: world.principals[0].endpoint?.port ?? 0, count: 1)
    defer { crowd.stop() }
    for _ in 0..<900 where crowd.redials < 2 { try await Task.sleep(nanoseconds: 10_000_000) }
    #expect(crowd.redials >= 2, "it was closed and has dialled again")
    let error = await ending[0].error
    #expect(error?.code == .timeout)
    #expect(error?.message.contains("without a key of the study") == true, "\(String(describing: error))")
  }
}

/// What a principal that does not compute can make others lose once the openings are cleared.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct OutsiderTests {
  enum Misdeed: String, CaseIterable, Sendable {
    case aborts, vanishes, comesAgain, sendsNonsense, fallsSilent, readsNothing
  }

  /// Parties 0 and 1 compute, 2 and 3 receive; 3 does harm after the clearance, 2 shall have its result.
  @Test("it ends nothing but its own part", arguments: Misdeed.allCases)
  func outsider(misdeed: Misdeed) async throws {
    var world = try World(listening: [true, true, false, false], computingCount: 2)
    world.options.patience = .milliseconds(800)
    world.options.silenceLimit = .seconds(4)
    var greedy = world.options
    if misdeed == .readsNothing { greedy.inboundLimit = 1 << 20 }
    let meshes = try (0..<4).map { try world.mesh($0, options: $0 == 3 ? greedy : nil) }
    let again = try world.mesh(3)
    let (opening, report) = (StepID(instruction: 1), StepID.control(6))
    // More than a socket takes where the peer does not read.
    let size = misdeed == .readsNothing ? 36 << 20 : 8
    let payload = block(7, size)
    let harm = Mutex(false)
    let isOver = Mutex(0)
    let endings = await runParties(
      (0..<2).map { me in
        { @Sendable in
          try meshes[me].connect(timeout: .seconds(20))
          for other in 2..<4 { try meshes[me].give(StepID.control(10), to: other, [1]) }
          try meshes[me].flush()
          _ = try meshes[me].take(StepID.control(0), from: 3, 1)
          meshes[me].beginOpenings()
          waitUntil { harm.withLock { $0 } }
          Thread.sleep(forTimeInterval: 1)
          for other in [3, 2] { try meshes[me].give(opening, to: other, payload) }
          try meshes[me].flush()
          let error = #expect(throws: ParleyError.self) {
            try meshes[me].receiveControl(step: report, from: PartyIndex(3), atMost: 8)
          }
          #expect(error?.place?.item?.contains("3") == true, "\(String(describing: error))")
          #expect(try meshes[me].receiveControl(step: report, from: PartyIndex(2), atMost: 8) == [2])
          meshes[me].close()
          isOver.withLock { $0 += 1 }
        }
      } + [
        { @Sendable in
          try meshes[2].connect(timeout: .seconds(20))
          for other in 0..<2 { _ = try meshes[2].take(StepID.control(10), from: other, 1) }
          for other in 0..<2 { #expect(try meshes[2].take(opening, from: other, size) == payload) }
          for other in 0..<2 { try meshes[2].give(report, to: other, [2]) }
          meshes[2].close()
        },
        { @Sendable in
          try meshes[3].connect(timeout: .seconds(20))
          for other in 0..<2 { _ = try meshes[3].take(StepID.control(10), from: other, 1) }
          for other in 0..<2 { try meshes[3].give(StepID.control(0), to: other, [0]) }
          try meshes[3].flush()
          Thread.sleep(forTimeInterval: 0.5)
          switch misdeed {
          case .aborts: meshes[3].abort(ParleyError(.interrupted, "out of spite"))
          case .vanishes: meshes[3].vanish()
          case .comesAgain:
            meshes[3].vanish()
            _ = try? again.connect(timeout: .seconds(2))
            again.close()
          case .sendsNonsense:
            for other in 0..<2 { try meshes[3].give(StepID(instruction: 99), to: other, [1, 2, 3]) }
            try meshes[3].flush()
          case .fallsSilent, .readsNothing: break
          }
          harm.withLock { $0 = true }
          waitUntil { isOver.withLock { $0 } == 2 }
          meshes[3].vanish()
        },
      ])
    for ending in endings { #expect(ending.isDone, "\(misdeed): \(ending)") }
  }
}
