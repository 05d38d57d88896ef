import Crypto
import Foundation
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Synchronization
import Testing

/// The most of something until it is over.
private final class Watcher: Sendable {
  private let state = Mutex((most: 0, isOver: false))
  var most: Int { state.withLock { $0.most } }
  var isOver: Bool { state.withLock { $0.isOver } }
  func note(_ count: Int) { state.withLock { $0.most = max($0.most, count) } }
  func end() { state.withLock { $0.isOver = true } }
}

@Suite(.serialized, .timeLimit(.minutes(15)))
struct AcceptorTests {
  /// Every party gives every other some messages that no other session has, and takes theirs.
  private static func talk(_ mesh: TLSMesh, _ session: Int, rounds: Int, each: (Int) throws -> Void = { _ in })
    throws
  {
    let me = mesh.local.rawValue
    func text(_ from: Int, _ to: Int, _ round: Int) -> [UInt8] {
      pattern(UInt64(session << 24 | from << 16 | to << 8 | round), 40 + 1000 * (round % 7))
    }
    let others = (0..<mesh.count).filter { $0 != me }
    for round in 0..<rounds {
      try each(round)
      let step = StepID(instruction: 1, sub: round)
      for other in others { try mesh.give(step, to: other, text(me, other, round)) }
      try mesh.flush()
      for other in others {
        let expected = text(other, me, round)
        #expect(try mesh.take(step, from: other, expected.count) == expected, "session \(session), round \(round)")
      }
    }
  }

  @Test("sessions of different studies, and of one, over one port at once", arguments: [2, 5])
  func together(count: Int) async throws {
    let world = try PortWorld()
    // The last two are two jobs of one study.
    let meshes = try (0..<count).map { session in
      try (0..<3).map { try world.mesh($0, session, study: session == count - 1 ? count - 2 : session) }
    }
    let isThere = Mutex(0)
    let endings = await runParties(
      meshes.enumerated().flatMap { session, parties in
        parties.map { mesh in
          { @Sendable in
            try mesh.connect(timeout: .seconds(30))
            isThere.withLock { $0 += 1 }
            // All of them have their links at the same time.
            waitUntil { isThere.withLock { $0 } == 3 * count }
            try Self.talk(mesh, session, rounds: 40)
            mesh.close()
          }
        }
      })
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    #expect(world.acceptors.allSatisfy { $0.callerCount == 0 })
  }

  @Test("one session aborts, the others go on")
  func oneAborts() async throws {
    let world = try PortWorld()
    let meshes = try (0..<3).map { session in try (0..<3).map { try world.mesh($0, session) } }
    let hasAborted = Mutex(false)
    let endings = await runParties(
      meshes.enumerated().flatMap { session, parties in
        parties.map { mesh in
          { @Sendable in
            try mesh.connect(timeout: .seconds(30))
            guard session == 1 else {
              try Self.talk(mesh, session, rounds: 40) { round in
                if round == 10 { waitUntil { hasAborted.withLock { $0 } } }
              }
              return mesh.close()
            }
            defer { mesh.abort(ParleyError(.interrupted, "over")) }
            try Self.talk(mesh, session, rounds: 40) { round in
              guard round == 10, mesh.local.rawValue == 2 else { return }
              mesh.abort(ParleyError(.invariant, "broken"))
              hasAborted.withLock { $0 = true }
            }
          }
        }
      })
    for (index, ending) in endings.enumerated() {
      if index / 3 == 1 {
        #expect([.peerAborted, .invariant].contains(ending.error?.code), "\(ending)")
      } else {
        #expect(ending.isDone, "\(index): \(ending)")
      }
    }
  }

  @Test("a session that is not at the port is refused with a code, and let in when it is started there")
  func unknownSession() async throws {
    let world = try PortWorld(parties: 2)
    let known = [try world.mesh(0, 0), try world.mesh(1, 0)]
    let never = try world.mesh(1, 1), early = try world.mesh(1, 2), late = try world.mesh(0, 2)
    let wasRefused = Mutex(false)
    let endings = await runParties([
      { @Sendable in
        try known[0].connect(timeout: .seconds(30))
        waitUntil { wasRefused.withLock { $0 } }
        try Self.talk(known[0], 0, rounds: 20)
        known[0].close()
      },
      { @Sendable in
        try known[1].connect(timeout: .seconds(30))
        try Self.talk(known[1], 0, rounds: 20)
        known[1].close()
      },
      { @Sendable in
        defer { wasRefused.withLock { $0 = true } }
        try never.connect(timeout: .seconds(2))
      },
      { @Sendable in
        try early.connect(timeout: .seconds(30))
        early.close()
      },
      { @Sendable in
        waitUntil { wasRefused.withLock { $0 } }
        try late.connect(timeout: .seconds(30))
        late.close()
      },
    ])
    #expect(endings[2].error?.code == .noSession, "\(endings[2])")
    #expect(endings[2].error?.exitCode == 6)
    #expect(endings[2].error?.message.contains("has no such session") == true, "\(endings[2])")
    for index in [0, 1, 3, 4] { #expect(endings[index].isDone, "\(index): \(endings[index])") }
  }

  @Test("whose key is not in a session learns nothing of it: the answer is that for a name that does not exist")
  func otherMembers() async throws {
    let world = try PortWorld()
    // Parties 0 and 1 have session 0; 0 and 2 have session 1.
    let hidden = try world.mesh(0, 0, members: [0, 1]), own = try world.mesh(0, 1, members: [0, 2])
    async let endings = runParties([
      { @Sendable in try hidden.connect(timeout: .seconds(30)) },
      { @Sendable in try own.connect(timeout: .seconds(30)) },
    ])
    for _ in 0..<6000 where world.acceptors[0].sessionCount < 2 { try await Task.sleep(nanoseconds: 10_000_000) }
    func answer(_ session: Int) async throws -> [UInt8] {
      let client = try await AttackingClient(world.base, as: 2)
      try await client.send(world.hello(session, as: 1))
      for _ in 0..<6000 where client.isOpen { try await Task.sleep(nanoseconds: 10_000_000) }
      #expect(!client.isOpen, "it is sent away")
      return client.received
    }
    func blind(_ bytes: [UInt8]) -> [UInt8] {
      // Length and type, magic and version; then the two names that the caller gave.
      Array(bytes.prefix(12)) + Array(bytes.dropFirst(12 + 64))
    }
    let ofHidden = try await answer(0), ofNothing = try await answer(9)
    #expect(ofHidden.count == 4 + 121 && blind(ofHidden) == blind(ofNothing))
    #expect(Array(ofHidden[12..<76]) == PortWorld.name(0) + PortWorld.name(0), "its own words")
    #expect(ofHidden[76] == MeshPurpose.none.rawValue)
    // Its own session answers as itself.
    let client = try await AttackingClient(world.base, as: 2)
    try await client.send(world.hello(1, as: 1))
    for _ in 0..<6000 where client.received.count < 77 { try await Task.sleep(nanoseconds: 10_000_000) }
    #expect(client.received.count >= 77 && client.received[76] == MeshPurpose.session.rawValue)
    client.close()
    for mesh in [hidden, own] { mesh.abort(ParleyError(.interrupted, "enough")) }
    _ = await endings
  }

  @Test("a stranger is refused by TLS and counted, and no session notices")
  func stranger() async throws {
    let world = try PortWorld(parties: 2)
    let meshes = try (0..<2).map { session in try (0..<2).map { try world.mesh($0, session) } }
    let isOver = Mutex(false)
    async let endings = runParties(
      meshes.enumerated().flatMap { session, parties in
        parties.map { mesh in
          { @Sendable in
            try mesh.connect(timeout: .seconds(30))
            waitUntil { isOver.withLock { $0 } }
            try Self.talk(mesh, session, rounds: 10)
            mesh.close()
          }
        }
      })
    var foreign = world.base
    foreign.keys[1] = P256.Signing.PrivateKey()
    for _ in 0..<3 {
      guard let client = try? await AttackingClient(foreign, as: 1) else { continue }
      try? await client.send(world.hello(0, as: 1))
      for _ in 0..<6000 where client.isOpen { try await Task.sleep(nanoseconds: 10_000_000) }
      #expect(!client.isOpen && client.received.isEmpty)
    }
    isOver.withLock { $0 = true }
    for ending in await endings { #expect(ending.isDone, "\(ending)") }
    #expect(world.base.log.codes(of: 0).contains(.foreignPeer))
    #expect(world.base.log.strangers(at: 0).first.map { $0 >= 1 } == true)
  }

  @Test(
    "the places of callers are shared by all sessions, and these still find each other", arguments: [false, true])
  func places(withKey: Bool) async throws {
    var options = TransportOptions()
    // No place becomes free by itself.
    options.greetingTime = .seconds(300)
    options.handshakeLimit = .seconds(300)
    let world = try PortWorld(options: options)
    let other = try world.mesh(0, 9, members: [0, 2])
    let meshes = try (0..<3).map { session in try (0..<2).map { try world.mesh($0, session, members: [0, 1]) } }
    let crowd = Crowd(port: world.acceptors[0].port, count: withKey ? 1 : 300)
    defer { crowd.stop() }
    // The owner of a key of another session calls as often as it can, for a session that does not exist.
    // Answered also once the sessions are over: a call that nobody accepts would be waited for.
    world.acceptors[0].admit([world.base.principals[2].publicKey: "party-2"])
    let watcher = Watcher()
    let calls = Task { @Sendable in
      while withKey, !watcher.isOver {
        if let client = try? await AttackingClient(world.base, as: 2) {
          try? await client.send(world.hello(8, as: 1))
        }
      }
    }
    let watch = Task { @Sendable in
      while !watcher.isOver {
        watcher.note(world.acceptors[0].callerCount)
        try? await Task.sleep(nanoseconds: 1_000_000)
      }
    }
    let endings = await runParties(
      meshes.enumerated().flatMap { session, parties in
        parties.map { mesh in
          { @Sendable in
            if mesh.local.rawValue == 1 { waitUntil { withKey || crowd.redials > 300 } }
            try mesh.connect(timeout: .seconds(60))
            try Self.talk(mesh, session, rounds: 5)
            mesh.close()
          }
        }
      } + [{ @Sendable in try? other.connect(timeout: .seconds(2)) }])
    watcher.end()
    await calls.value
    await watch.value
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    // All come from one address.
    #expect((1...MeshAcceptor.callerPlacesPerSource).contains(watcher.most))
  }

  @Test("what is definitely wrong ends the sessions that the caller belongs to, and no other")
  func otherVersion() async throws {
    let world = try PortWorld()
    let hurt = try world.mesh(0, 0, members: [0, 2])
    let meshes = [try world.mesh(0, 1, members: [0, 1]), try world.mesh(1, 1, members: [0, 1])]
    let isOver = Mutex(false)
    async let endings = runParties([
      { @Sendable in
        defer { isOver.withLock { $0 = true } }
        try hurt.connect(timeout: .seconds(30))
      },
      { @Sendable in
        try meshes[0].connect(timeout: .seconds(30))
        try Self.talk(meshes[0], 1, rounds: 5)
        meshes[0].close()
      },
      { @Sendable in
        waitUntil { isOver.withLock { $0 } }
        try meshes[1].connect(timeout: .seconds(30))
        try Self.talk(meshes[1], 1, rounds: 5)
        meshes[1].close()
      },
    ])
    for _ in 0..<6000 where world.acceptors[0].sessionCount < 2 { try await Task.sleep(nanoseconds: 10_000_000) }
    let client = try await AttackingClient(world.base, as: 2)
    try await client.send(world.hello(0, as: 1, version: 99))
    let results = await endings
    #expect(results[0].error?.code == .versionMismatch, "\(results[0])")
    #expect(results[1].isDone && results[2].isDone, "\(results)")
  }

  @Test("other purposes and jobs of a study are sent away in words; nobody calls to say that it has no session")
  func purposes() async throws {
    let world = try PortWorld(parties: 2)
    let mesh = try world.mesh(0, 0)
    async let ending = runParties([{ @Sendable in try mesh.connect(timeout: .seconds(30)) }])
    let doctor = try world.mesh(1, 5, study: 0, purpose: .doctor)
    let job = try world.mesh(1, 6, study: 0)
    let results = await runParties([
      { @Sendable in try doctor.connect(timeout: .seconds(1), needsAll: false) },
      { @Sendable in try job.connect(timeout: .seconds(1)) },
    ])
    #expect(results[0].isDone && doctor.linkInfo[0].isInSession)
    doctor.close()
    #expect(results[1].error?.message.contains("another job") == true, "\(results[1])")
    let client = try await AttackingClient(world.base, as: 1)
    try await client.send(world.hello(0, as: 1, purpose: 2))
    #expect(await ending[0].error?.code == .protocolViolation)
  }

  @Test("one name at a time, of the port's own identity, as long as the port is open")
  func entering() async throws {
    let world = try PortWorld(parties: 2)
    let first = try world.mesh(0, 0), second = try world.mesh(0, 0)
    async let waiting = runParties([{ @Sendable in try first.connect(timeout: .seconds(30)) }])
    for _ in 0..<6000 where world.acceptors[0].sessionCount < 1 { try await Task.sleep(nanoseconds: 10_000_000) }
    let twice = await runParties([{ @Sendable in try second.connect(timeout: .seconds(1)) }])
    #expect(twice[0].error?.code == .sessionInUse, "\(twice[0])")
    first.abort(ParleyError(.interrupted, "enough"))
    _ = await waiting
    // The name is free again, as for the next attempt.
    let meshes = [try world.mesh(0, 0), try world.mesh(1, 0)]
    let again = await runParties(
      meshes.map { mesh in
        { @Sendable in
          try mesh.connect(timeout: .seconds(30))
          // Links that are made do not need the port.
          world.acceptors[0].close()
          try Self.talk(mesh, 0, rounds: 5)
          mesh.close()
        }
      })
    for ending in again { #expect(ending.isDone, "\(ending)") }
    let closed = try world.mesh(0, 1)
    #expect(throws: ParleyError.self) { try closed.connect(timeout: .seconds(1)) }
    let foreign = try TLSMesh(
      local: PartyIndex(1), principals: world.base.principals, computingCount: 2, key: world.base.keys[1],
      session: PortWorld.name(3), acceptor: world.acceptors[0])
    let error = #expect(throws: ParleyError.self) { try foreign.connect(timeout: .seconds(1)) }
    #expect(error?.code == .wrongKey)
  }

  @Test("keys that are admitted are answered before their session is there", arguments: [false, true])
  func admitted(isAdmitted: Bool) async throws {
    let world = try PortWorld(parties: 3)
    // Something else is at the port; party 2 is a stranger to it.
    let other = try world.mesh(0, 0, members: [0, 1])
    async let waiting = runParties([{ @Sendable in try other.connect(timeout: .seconds(30)) }])
    if isAdmitted { world.acceptors[0].admit([world.base.principals[2].publicKey: "party-2"]) }
    for _ in 0..<6000 where world.acceptors[0].sessionCount < 1 { try await Task.sleep(nanoseconds: 10_000_000) }
    let early = try world.mesh(2, 1, members: [0, 2]), late = try world.mesh(0, 1, members: [0, 2])
    let endings = await runParties([
      { @Sendable in
        try early.connect(timeout: .seconds(isAdmitted ? 30 : 10))
        early.close()
      },
      { @Sendable in
        Thread.sleep(forTimeInterval: 1)
        guard isAdmitted else { return }
        try late.connect(timeout: .seconds(30))
        late.close()
      },
    ])
    if isAdmitted {
      for ending in endings { #expect(ending.isDone, "\(ending)") }
    } else {
      #expect(endings[0].error?.code == .refusedByPeer, "\(endings[0])")
    }
    other.abort(ParleyError(.interrupted, "enough"))
    _ = await waiting
  }

  @Test("what comes right behind the hello is not lost", arguments: [3, 900_000])
  func behindTheHello(count: Int) async throws {
    let world = try PortWorld(parties: 2)
    let mesh = try world.mesh(0, 0)
    let step = StepID(instruction: 5)
    let payload = pattern(3, count)
    async let ending = runParties([
      { @Sendable in
        try mesh.connect(timeout: .seconds(30))
        #expect(try mesh.take(step, from: 1, count) == payload)
      }
    ])
    let client = try await AttackingClient(world.base, as: 1)
    try await client.send(
      world.hello(0, as: 1)
        + Raw.segment(2, Raw.frame(step: step.rawValue, length: UInt32(count)) + payload))
    let result = await ending[0]
    #expect(result.isDone, "\(result)")
    client.close()
    mesh.abort(ParleyError(.interrupted, "enough"))
  }
}
