import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Synchronization
import Testing

@Suite struct CheatingTests {
  /// Position of the nonce in a hello: changes with it stay well-formed.
  static func withOtherNonce(_ bytes: [UInt8]) -> [UInt8] {
    guard var hello = try? SessionHello.decode(bytes) else { return bytes }
    hello.nonce[0] ^= 1
    return hello.encoded
  }

  /// Replaces one hello inside a roll.
  static func roll(
    _ bytes: [UInt8], changing party: Int, _ change: ([UInt8]) -> [UInt8] = withOtherNonce
  ) -> [UInt8] {
    var reader = CanonicalReader(bytes)
    var out = CanonicalWriter()
    do {
      let count: UInt64 = try reader.read()
      out.write(count)
      for _ in 0..<count {
        let index: UInt32 = try reader.read()
        let hello = try reader.readBytes(atMost: SessionHello.limit)
        out.write(index)
        out.write(Int(index) == party ? change(hello) : hello)
      }
    } catch { return bytes }
    return out.bytes
  }

  private func expectCaught(
    _ what: String, by honest: [Int], _ interceptor: @escaping Interceptor
  ) throws -> SessionWorld.Run {
    let world = SessionWorld()
    let late = Mutex<[StepID]>([])
    let run = world.run { message in
      if message.step.instruction < StepID.firstControlInstruction { late.withLock { $0.append(message.step) } }
      return interceptor(message)
    }
    #expect(late.withLock { $0 }.isEmpty, "\(what): something of the protocol was sent")
    #expect(run.nobodyHasOutput, "\(what)")
    // The cheater's own honest code may be the first to notice.
    #expect(
      (0..<6).contains { run.error($0)?.code == .cheating }, "\(what): \(honest.map { run.error($0)?.message })")
    for party in honest {
      let code = run.error(party)?.code
      #expect(
        code == .cheating || code == .peerAborted, "\(what): P\(party) \(run.error(party)?.message ?? "accepted")")
    }
    return run
  }

  /// A computing party tells the two others different nonces: both notice, or are told.
  @Test(arguments: 0..<3) func equivocatingHello(cheater: Int) throws {
    let honest = (0..<6).filter { $0 != cheater }
    let victim = (cheater + 1) % 3
    _ = try expectCaught("P\(cheater) to P\(victim)", by: honest) { message in
      message.step == ControlStep.hello && message.from.rawValue == cheater && message.to.rawValue == victim
        ? .change(Self.withOtherNonce(message.bytes)) : .pass
    }
  }

  /// It also repeats the other story to its victim, in a consistent roll: the third party's roll gives it away.
  @Test func equivocatingConsistently() throws {
    _ = try expectCaught("consistent", by: [1, 2, 3, 4, 5]) { message in
      guard message.from == PartyIndex(0), message.to == PartyIndex(1) else { return .pass }
      if message.step == ControlStep.hello { return .change(Self.withOtherNonce(message.bytes)) }
      if message.step == ControlStep.helloRoll { return .change(Self.roll(message.bytes, changing: 0)) }
      return .pass
    }
  }

  /// A holder tells the computing parties different things.
  @Test func equivocatingHolder() throws {
    _ = try expectCaught("holder", by: [0, 1, 2, 4, 5]) { message in
      message.step == ControlStep.hello && message.from == PartyIndex(3) && message.to == PartyIndex(2)
        ? .change(Self.withOtherNonce(message.bytes)) : .pass
    }
  }

  /// A computing party relays one holder's hello wrongly to another holder: those two share no link.
  @Test(arguments: [3, 4, 5]) func equivocatingRelay(victim: Int) throws {
    let about = victim == 3 ? 4 : 3
    let run = try expectCaught("relay to P\(victim)", by: [1, 2, 3, 4, 5]) { message in
      message.step == ControlStep.helloRoll && message.from == PartyIndex(0) && message.to.rawValue == victim
        ? .change(Self.roll(message.bytes, changing: about)) : .pass
    }
    // Either of two may have lied: nobody is blamed.
    #expect(run.aborts[victim]?.isUncounted == true)
  }

  @Test func relayThatChangesOwnWords() throws {
    let run = try expectCaught("own words", by: [3]) { message in
      message.step == ControlStep.helloRoll && message.from == PartyIndex(1) && message.to == PartyIndex(3)
        ? .change(Self.roll(message.bytes, changing: 3)) : .pass
    }
    #expect(run.aborts[3]?.peer == PartyIndex(1))
    #expect(run.aborts[3]?.countedAgainst == PartyIndex(1))
  }

  @Test func otherPublicValuesAreNotOpened() throws {
    var world = SessionWorld()
    let memories = (0..<6).map { _ in ScriptedMemory() }
    world.memories = memories
    world.publicDigest = { $0 == 2 ? [2] : [1] }
    let opened = Mutex(false)
    let run = world.run { message in
      if message.step == StepID(instruction: 2) { opened.withLock { $0 = true } }
      return .pass
    }
    #expect(!opened.withLock { $0 })
    #expect(run.nobodyHasOutput)
    #expect((0..<3).contains { run.error($0)?.code == .cheating })
    #expect((0..<3).contains { !memories[$0].log.filter { if case .abort = $0 { true } else { false } }.isEmpty })
  }

  /// Random damage to any control message: a typed error or an untouched result, never a trap, and never an
  /// output after damage before the openings.
  @Test func damagedControlMessages() throws {
    let steps = [
      ControlStep.hello, ControlStep.helloRoll, ControlStep.sessionID, ControlStep.seed,
      ControlStep.inputsReceived,
      ControlStep.clearToOpen, ControlStep.report, ControlStep.reportRoll, ControlStep.signature,
      ControlStep.signatureRoll, ControlStep.ready,
    ]
    for seed in 0..<66 as Range<UInt64> {
      var generator = InsecureSplitMix(seed: seed)
      let step = steps[Int(seed) % steps.count]
      let from = PartyIndex(Int.random(in: 0..<3, using: &generator))
      let kind = Int.random(in: 0..<4, using: &generator)
      let position = Int.random(in: 0..<4096, using: &generator)
      let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
      let touched = Mutex(false)
      let run = SessionWorld().run { message in
        guard message.step == step, message.from == from, !message.bytes.isEmpty else { return .pass }
        touched.withLock { $0 = true }
        switch kind {
        case 0: return .truncate(to: position % message.bytes.count)
        case 1: return .extend(by: [UInt8](repeating: bit, count: position + 1))
        case 2: return .relabel(ControlStep.clearToOpen.sub(position))
        default:
          var bytes = message.bytes
          bytes[position % bytes.count] ^= bit
          return .change(bytes)
        }
      }
      guard touched.withLock({ $0 }) else { continue }
      // A damaged acknowledgement stops the holder that gets it; the others have what they need.
      let isEarly = step < ControlStep.report && step != ControlStep.inputsReceived || step == ControlStep.ready
      // Changed key material is noticed by the engine, not here.
      if step == ControlStep.seed && kind == 3 { continue }
      #expect(!isEarly || run.nobodyHasOutput, "seed \(seed)")
      for party in 0..<6 where PartyIndex(party) != from {
        let error = run.error(party) ?? run.outcome(party)?.receiptProblem
        let leftBefore = party == 4 && run.error(4) == nil
        #expect(error != nil || leftBefore || run.outcome(party)?.receipt != nil, "seed \(seed), P\(party)")
        if let error { #expect(["aborted", "network"].contains(error.code.category), "seed \(seed): \(error)") }
      }
      #expect(
        (0..<6).contains { (run.error($0) ?? run.outcome($0)?.receiptProblem) != nil }, "seed \(seed): unnoticed")
    }
  }

  /// Greetings that are well-formed and told to everybody alike, but cannot be true.
  @Test func impossibleGreetings() throws {
    let lies: [(String, ParleyError.Code, String, @Sendable (inout SessionHello) -> Void)] = [
      ("attempt", .protocolViolation, "absurdly far ahead", { $0.window.attempt = Handshake.largestLead + 2 }),
      ("table", .protocolViolation, "rows of other tables", { $0.rows = [.init(table: 0, rows: 1)] }),
      ("leaving", .protocolViolation, "leave early", { $0.leavesAfterInputs = true }),
      ("memory", .protocolViolation, "another number of parties", { $0.seen.removeLast() }),
      ("digest", .protocolViolation, "contradicts itself", { $0.fieldDigests[2][0] ^= 1 }),
      ("agreement", .protocolViolation, "another agreement with the same fields", { $0.agreement[0] ^= 1 }),
      ("no digests", .protocolViolation, "digests are missing", { $0.fieldDigests.removeLast() }),
      ("nonce", .protocolViolation, "has not 32 bytes", { $0.nonce.removeLast() }),
    ]
    for (name, code, text, lie) in lies {
      var world = SessionWorld()
      let memories = (0..<6).map { _ in ScriptedMemory() }
      world.memories = memories
      world.lie = lie
      let run = world.run()
      for party in [0, 2, 3, 4, 5] {
        let error = try #require(run.error(party), "\(name), P\(party)")
        // Whoever finds it first aborts; the others find it or hear of it.
        #expect([code, .peerAborted].contains(error.code), "\(name), P\(party): \(error)")
      }
      let found = [0, 2, 3, 4, 5].filter { run.error($0)?.code == code }
      #expect(!found.isEmpty, "\(name)")
      for party in found {
        #expect(run.error(party)?.message.contains(text) == true, "\(name): \(run.error(party)?.message ?? "")")
        #expect(memories[party].log.last == .abort(SessionWorld.identity(1)), "\(name), P\(party)")
      }
    }
  }

  /// The largest lead that is still allowed is taken over by all.
  @Test func aPeerMayBeFarAhead() throws {
    var world = SessionWorld()
    world.memories[1] = ScriptedMemory(attempt: Handshake.largestLead)
    #expect(world.run().outcome(0)?.session.description.attempt == Handshake.largestLead + 1)
  }

  @Test func onlyThoseWithNothingLeftToDoMayLeave() throws {
    var world = SessionWorld()
    world.adapt = { party, plan in if party == 2 { plan.leavesAfterInputs = true } }
    #expect(world.run().error(2)?.code == .invariant)
  }

  @Test func rolesMustBeThoseOfTheStudy() throws {
    var world = SessionWorld()
    world.adapt = { party, plan in
      if party == 3 { plan.description.tables[0].holders = [PartyIndex(0)] }
    }
    let run = world.run()
    #expect(run.error(3)?.code == .invariant)
  }

  @Test func helloRefusesOtherFormats() throws {
    let seen = [
      SessionHello.Seen(stateID: [UInt8](repeating: 0, count: 32), attempt: 0),
      SessionHello.Seen(stateID: SessionWorld.hash("t"), attempt: 9, open: [.init(number: 8, tag: .max)]),
    ]
    let hello = SessionHello(
      agreement: SessionWorld.hash("a"), version: "1", protocolID: "p",
      fieldDigests: SessionHello.digests(SessionWorld.description), parameters: [.init("a", "b")],
      window: AttemptWindow(attempt: 7, tag: 3, open: [.init(number: 2, tag: 5), .init(number: 6, tag: 1)]),
      stateID: SessionWorld.hash("s"), nonce: SessionWorld.hash("n"), leavesAfterInputs: true,
      rows: [.init(table: 0, rows: 5)], seen: seen)
    #expect(try SessionHello.decode(hello.encoded) == hello)
    for format in [1, 3] as [UInt8] {
      var other = hello.encoded
      other[8] = format
      #expect(try SessionHello.decode(other) == nil)
    }
    let windows: [[OpenAttempt]] = [
      [.init(number: 7, tag: 1)], [.init(number: 6, tag: 1), .init(number: 2, tag: 1)],
      [.init(number: 6, tag: 1), .init(number: 6, tag: 2)],
      (0...UInt64(AttemptWindow.limit)).map { .init(number: $0, tag: 1) },
    ]
    for open in windows {
      var bad = hello
      bad.window = AttemptWindow(attempt: open.count > AttemptWindow.limit ? 99 : 7, tag: 1, open: open)
      #expect(throws: ParleyError.self) { try SessionHello.decode(bad.encoded) }
      bad = hello
      bad.seen[1] = .init(stateID: bad.stateID, attempt: bad.window.attempt, open: open)
      #expect(throws: ParleyError.self) { try SessionHello.decode(bad.encoded) }
    }
    for length in hello.encoded.indices {
      #expect(throws: ParleyError.self) { try SessionHello.decode(Array(hello.encoded.prefix(length))) }
    }
    #expect(throws: ParleyError.self) { try SessionHello.decode(hello.encoded + [0]) }
  }
}
