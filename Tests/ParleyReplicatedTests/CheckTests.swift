import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// Checks of the engines that no other test makes fire. Those that messages of a peer can reach are in `Attacks` and `Macs`.
@Suite struct CheckTests {
  private static let everybody = (0..<3).map { PartyIndex($0) }

  /// What each of the three engines answers to `body`, which one party runs alone: code and words.
  private func refusals<F: EngineFamily>(
    _ family: F, _ body: @escaping @Sendable (F.E) throws -> Void
  ) -> [String] {
    let results = runParties(InMemoryNetwork(count: 3)) { mesh -> String in
      let engine = try family.makeEngine(mesh: mesh, seed: 51)
      do { try body(engine) } catch {
        guard let error = error as? ParleyError, error.code == .invariant else { return "\(error)" }
        return error.message
      }
      return "accepted"
    }
    return results.map { (try? $0.get()) ?? "failed" }
  }

  /// Three elements that are said to be two.
  private static func tooLong<E: Engine>(_ engine: E, _ ofPlanes: Bool) -> Opened<E.Arith, E.Plane> {
    ofPlanes
      ? .planes([engine.constantPlane(true, count: 3)], count: 2) : .arith(engine.constant(1, count: 3), count: 2)
  }

  /// Misuse of an engine, which would lead past its checks.
  private func misuse<F: EngineFamily>(_ family: F) {
    func check(_ words: String, _ body: @escaping @Sendable (F.E) throws -> Void) {
      let found = refusals(family, body)
      #expect(found.allSatisfy { $0.contains(words) }, "\(words): \(found)")
    }
    let outside = PartyIndex(3)
    check("do not fit together") { engine in
      let mask = try engine.freshMask(count: 2, step: .init(instruction: 1))
      _ = try engine.openMasked(engine.constant(1, count: 3), mask: mask, step: .init(instruction: 2))
    }
    for ofPlanes in [false, true] {
      check("do not fit together") { engine in
        let token = VerificationToken(verifiedThrough: .init(instruction: 9))
        try engine.startOpening(
          Self.tooLong(engine, ofPlanes), to: Self.everybody, step: .init(instruction: 3), token: token)
      }
    }
    // A token that no verification has made opens nothing to recipients outside: their masks come from the verification.
    check("an opening before verification") { engine in
      let token = VerificationToken(verifiedThrough: .init(instruction: 9))
      try engine.startOpening(
        .arith(engine.constant(1, count: 1), count: 1), to: [outside], step: .init(instruction: 3), token: token)
    }
    check("comes after the step") { engine in
      let token = VerificationToken(verifiedThrough: .init(instruction: 9))
      try engine.startOpening(
        .arith(engine.constant(1, count: 1), count: 1), to: Self.everybody, step: .init(instruction: 10),
        token: token)
    }
    check("that was not stated") { engine in
      _ = try engine.restate([
        PlannedOpening(
          .arith(engine.constant(1, count: 1), count: 1), to: Self.everybody, step: .init(instruction: 3))
      ])
    }
    for ofPlanes in [false, true] {
      check("do not fit together") { engine in
        _ = try engine.commit(to: [
          PlannedOpening(Self.tooLong(engine, ofPlanes), to: Self.everybody, step: .init(instruction: 3))
        ])
      }
    }
    check("do not fit together") { engine in
      let (three, two) = (engine.constant(1, count: 3), engine.constant(1, count: 2))
      _ = try engine.start(.multiply([(three, two)], count: 3), step: .init(instruction: 4))
    }
    check("do not fit together") { engine in
      let (three, two) = (engine.constantPlane(true, count: 3), engine.constantPlane(true, count: 2))
      _ = try engine.start(.and([(three, two)], count: 3), step: .init(instruction: 4))
    }
    check("do not fit together") { engine in
      let (three, two) = (engine.constant(1, count: 3), engine.constant(1, count: 2))
      _ = try engine.start(.productSums([[(three, three), (three, two)]], count: 3), step: .init(instruction: 4))
    }
    check("do not fit together") { engine in
      let (three, two) = (engine.constant(1, count: 3), engine.constant(1, count: 2))
      _ = try engine.start(.columnProduct([three, two], [three]), step: .init(instruction: 4))
    }
    check("do not fit together") { engine in
      let (three, two) = (engine.constant(1, count: 3), engine.constant(1, count: 2))
      _ = try engine.start(.innerProducts([[(three, two)]]), step: .init(instruction: 4))
    }
    check("do not fit together") { engine in
      let three = engine.constant(1, count: 3)
      _ = try engine.start(
        .matrixProduct(three, three, rows: 2, inner: 1, columns: 3), step: .init(instruction: 4))
    }
    check("do not fit together") { engine in
      _ = try engine.start(.summands(engine.constant(1, count: 3), width: 129), step: .init(instruction: 4))
    }
    check("do not fit together") { engine in
      _ = try engine.start(.shiftedSummands(engine.constant(1, count: 3), bits: 64), step: .init(instruction: 4))
    }
    check("do not fit together") { engine in
      let (three, two) = (engine.constantPlane(true, count: 3), engine.constantPlane(true, count: 2))
      _ = try engine.start(.bitSummands([three, two]), step: .init(instruction: 4))
    }
  }

  @Test func misuseIsRefused() { misuse(VerifiedReplicatedFamily(UInt64.self)) }
  @Test func misuseIsRefusedWithMacs() { misuse(MacReplicatedFamily()) }

  @Test func onlyThreePartiesCompute() {
    let results = runParties(InMemoryNetwork(count: 4)) { mesh -> [String] in
      guard mesh.local.rawValue == 3 else { return [] }
      return [
        #expect(throws: ParleyError.self) {
          try VerifiedReplicatedFamily(UInt64.self).makeEngine(mesh: mesh, seed: 52)
        }, #expect(throws: ParleyError.self) { try MacReplicatedFamily().makeEngine(mesh: mesh, seed: 52) },
      ].map { $0?.message ?? "" }
    }
    guard case .success(let words) = results[3] else {
      Issue.record("no answer")
      return
    }
    #expect(words.count == 2 && words.allSatisfy { $0.contains("runs at computing parties 0, 1 and 2") })
  }

  /// Passes 0 to 2, columns of one length, and steps that no two messages of a shuffle share; none with macs.
  @Test func shuffles() {
    let verified = VerifiedReplicatedFamily(UInt64.self)
    for (pass, sub) in [(3, 0), (-1, 0), (0, 0x100)] {
      let found = refusals(verified) { engine in
        _ = try engine.start(
          .shufflePass(pass, words: [engine.constant(1, count: 3)], planes: [], count: 3),
          step: .init(instruction: 4, sub: sub))
      }
      #expect(found.allSatisfy { $0.contains("a shuffle has three passes") }, "\(found)")
    }
    let uneven = refusals(verified) { engine in
      _ = try engine.start(
        .shufflePass(
          0, words: [engine.constant(1, count: 3)], planes: [engine.constantPlane(true, count: 4)], count: 3),
        step: .init(instruction: 4))
    }
    #expect(uneven.allSatisfy { $0.contains("do not fit together") }, "\(uneven)")
    let withMacs = refusals(MacReplicatedFamily()) { engine in
      _ = try engine.start(
        .shufflePass(0, words: [engine.constant(1, count: 3)], planes: [], count: 3), step: .init(instruction: 4))
    }
    #expect(withMacs.allSatisfy { $0.contains("shuffle") && $0 != "accepted" }, "\(withMacs)")
  }

  /// Nothing is checked while a message that belongs to it is still to come: an exchange, or the macs of inputs.
  @Test func macsAreCheckedWhenEverythingHasArrived() {
    let found = refusals(MacReplicatedFamily()) { engine in
      let a = engine.constant(5, count: 3)
      for step in [1, 2] {
        let pending = try engine.start(.multiply([(a, a)], count: 3), step: .init(instruction: step))
        try engine.mesh.flush()
        if step == 1 { _ = try engine.finish(pending) }
      }
      _ = try engine.verify(through: .init(instruction: 9))
    }
    #expect(found.allSatisfy { $0.contains("under way") }, "\(found)")
  }

  /// A party that says that its check of macs is about something else: it is named, and the key stays closed.
  @Test(arguments: [0, 1, 2], [1, 2]) func anotherSubject(corrupt: Int, distance: Int) {
    let (corrupt, to) = (PartyIndex(corrupt), PartyIndex(corrupt).advanced(by: distance, of: 3))
    let world = AttackWorld(MacReplicatedFamily(), .threeProducts(a: 3, b: 5, d: 7), seed: 53)
    let outcome = world.run { message, _ in
      guard message.from == corrupt, message.to == to, MessageClass.of(message) == .macReady else { return .pass }
      return .change(Array(message.bytes.reversed()))
    }
    #expect(
      outcome[to].failure?.message.contains("about to check different things") == true, "\(outcome.description)")
    let sent = outcome.transcript.links.filter { $0.key.from == to }.values.joined()
    #expect(!sent.contains { $0.step.instruction == MacSteps.keyOpening.instruction })
  }

  /// Elements of the prime field have one encoding.
  @Test(arguments: [0, 1, 2]) func elementsThatAreNotReduced(corrupt: Int) throws {
    let prover = PartyIndex(corrupt)
    let world = ChallengeTests.world(seed: 54, bits: 0)
    var found = 0
    // Message 0 claims integers; all others are field elements.
    for index in 1..<8 {
      let outcome = world.run { message, _ in
        guard message.from == prover, ProofMessages.isProof(index, of: 0, message) else { return .pass }
        return .change(Array(repeating: 0xff, count: message.bytes.count))
      }
      guard outcome.values == nil else { continue }
      found += 1
      let failure = try #require(outcome[ProofMessages.left(of: prover)].failure)
      #expect(
        failure.code == .protocolViolation && failure.message.contains("field element that is not reduced"),
        "\(outcome.description)")
    }
    #expect(found > 0)
  }
}
