import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// What is left after a failed check: nothing.
@Suite struct TerminalAbortTests {
  typealias World = AttackWorld<VerifiedReplicatedFamily<UInt64>>

  private func world(_ seed: UInt64) -> World {
    World(VerifiedReplicatedFamily(UInt64.self), .threeProducts(a: 3, b: 5, d: 7), seed: seed)
  }

  /// The party whose check fired says where and between whom; the others learn that it is over and no reason. The keys
  /// of all of them are gone.
  @Test(arguments: [0, 1, 2]) func peersLearnNoReason(corrupt: Int) throws {
    let corrupt = PartyIndex(corrupt)
    let world = world(0x5eed_7001)
    let outcome = world.run { message, _ in
      guard message.from == corrupt, message.step.instruction == 101 else { return .pass }
      return .change(message.bytes.map { $0 ^ 1 })
    }
    let verifier = corrupt.advanced(by: 1, of: 3)
    let failure = try #require(outcome[verifier].failure)
    #expect(failure.code == .cheating)
    let origin = try #require(failure.origin)
    #expect(origin.step?.instruction == 0xe0_0000 && origin.suspects.contains(corrupt))
    for party in world.everybody where ![verifier, corrupt, world.holder].contains(party) {
      let heard = try #require(outcome[party].failure)
      #expect(heard.code == .peerAborted && heard.message == "aborted" && heard.remedy == nil)
    }
    for party in 0..<3 { #expect(outcome[PartyIndex(party)].keysAreGone) }
  }

  /// From the first challenge on a failure is final, silence too, and it is told as what it is; before, it is not final.
  @Test(arguments: [0, 1, 2]) func silenceIsFinalOnceChallenged(corrupt: Int) {
    let corrupt = PartyIndex(corrupt)
    let world = world(0x5eed_7002)
    func silent(_ from: @escaping @Sendable (InterceptedMessage) -> Bool) -> [PrincipalOutcome] {
      let outcome = world.run { message, _ in message.from == corrupt && from(message) ? .drop : .pass }
      return (0..<3).filter { $0 != corrupt.rawValue }.map { outcome[PartyIndex($0)] }
    }
    let late = silent { MessageClass.of($0) == .proof || MessageClass.of($0) == .final }
    #expect(late.contains { $0.failure?.code != .cheating && $0.isFinal })
    let early = silent { $0.step.instruction == 100 }
    #expect(early.allSatisfy { $0.failure != nil && $0.failure?.code != .cheating && !$0.isFinal })
  }

  /// Destroyed schedules hand out nothing, and streams that were handed out before are those of a key of zeros.
  @Test func destroyedKeysAreZero() throws {
    let step = StepID(instruction: 9)
    var left: [[UInt8]] = []
    for seed in [1, 2] as [UInt64] {
      let keys = try InsecureKeys.schedule(of: PartyIndex(0), with: PartyIndex(1), seed: seed)
      let generator = keys.generator(.multiply)
      let stream = try generator.stream(step)
      let before = stream.bytes(16)
      keys.destroy()
      left.append(stream.bytes(16))
      #expect(stream.bytes(16) != before)
      for attempt in [generator, keys.generator(.multiply), keys.generator(.challenge, prover: PartyIndex(2))] {
        do {
          _ = try attempt.stream(StepID(instruction: 10))
          Issue.record("a destroyed key gave a stream")
        } catch {
          #expect(error.code == .randomnessReuse)
          #expect(error.remedy == "start a new session: nothing of one that was aborted can be used again")
        }
      }
      // Done here: start a new session: nothing of one that was aborted can be used again
      let new = try InsecureKeys.schedule(of: PartyIndex(0), with: PartyIndex(1), seed: seed + 2)
      _ = try new.generator(.multiply).stream(StepID(instruction: 10))
    }
    #expect(left[0] == left[1])
  }

  /// The seeds of holders' inputs, which the engine keeps to compare its copies, are overwritten where they are, and their
  /// generators give nothing any more.
  @Test func seedsOfInputsAreOverwritten() throws {
    try seedsOfInputsAreOverwritten(VerifiedReplicatedFamily(UInt64.self))
    try seedsOfInputsAreOverwritten(MacReplicatedFamily())
  }
  private func seedsOfInputsAreOverwritten<F: EngineFamily>(_ family: F) throws where F.E: CheckedReplicated {
    let holder = PartyIndex(3)
    _ = try TestWorld(family, outsiders: 1, seed: 7).run { party throws in
      guard let engine = party.engine else {
        try party.dealer.dealArith([1, 2, 3], step: StepID(instruction: 1))
        try party.mesh.flush()
        return
      }
      _ = try engine.receiveArith(from: holder, count: 3, step: StepID(instruction: 1))
      try party.compareInputs()
      let seeds = try #require(engine.holderSeeds[holder])
      #expect(seeds.secret.count == (party.index == PartyIndex(0) ? 32 : 16))
      #expect(seeds.secret.words.contains { $0 != 0 })
      engine.destroy()
      #expect(seeds.secret.words.allSatisfy { $0 == 0 } && engine.holderSeeds.isEmpty)
    }
  }

  /// An engine that has been destroyed multiplies nothing; that it masks nothing is asked after every
  /// attack.
  @Test func aDestroyedEngineIsOfNoUse() throws {
    let codes = runParties(InMemoryNetwork(count: 3)) { mesh -> [ParleyError.Code] in
      let engine = try VerifiedReplicatedFamily(UInt64.self).makeEngine(mesh: mesh, seed: 5)
      engine.destroy()
      let (a, p) = (engine.constant(2, count: 1), engine.constantPlane(true, count: 1))
      let exchanges: [Exchange<SharedWords<UInt64>, SharedPlane>] = [
        .multiply([(a, a)], count: 1), .innerProducts([[(a, a)]]), .productSums([[(a, a), (a, a)]], count: 1),
        .columnProduct([a], [a]),
        .matrixProduct(a, a, rows: 1, inner: 1, columns: 1), .and([(p, p)], count: 1),
      ]
      return exchanges.enumerated().map { index, exchange in
        do throws(ParleyError) {
          _ = try engine.start(exchange, step: .init(instruction: index))
          return .usage
        } catch { return error.code }
      }
    }
    for code in try codes.partyValues().joined() { #expect(code == .randomnessReuse) }
  }
}
