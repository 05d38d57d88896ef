import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// Corrupt verifiers and provers around the challenges of proofs.
@Suite struct ChallengeTests {
  typealias World = AttackWorld<VerifiedReplicatedFamily<UInt64>>

  /// One proof of AND gates (number 0) and one of products (number 1).
  static func world(seed: UInt64, words: Int = 20, bits: Int = 128) -> World {
    var random = InsecureRandom(seed: seed, 0x6368_616c)
    return World(
      VerifiedReplicatedFamily(UInt64.self),
      .batch(
        words: [random.words(words), random.words(words)], bits: [random.bits(bits), random.bits(bits)]),
      seed: seed)
  }

  private func entries(_ outcome: AttackOutcome, from: PartyIndex) -> [[Transcript.Entry]] {
    (0..<5).map { outcome.transcript.links[.init(from: from, to: PartyIndex($0)), default: []] }
  }

  /// A left verifier that hands out another challenge, and does not mind the answer. The right verifier notices by the
  /// echo before it evaluates anything: all that it has sent is what it sends in an honest run, and nothing follows
  /// (`sim/attack_wrong_challenge.py` and `sim/attack_wrong_seed_ring.py`: without the echo its message gives away all
  /// unknown bits, or all cross products, of small batches).
  @Test(arguments: [0, 1, 2], [0, 1]) func aWrongChallengeIsCaughtByTheEcho(corrupt: Int, proof: Int) throws {
    let (left, seed) = (PartyIndex(corrupt), 0x5eed_f001 as UInt64)
    let (prover, right) = (left.advanced(by: 1, of: 3), left.advanced(by: 2, of: 3))
    let world = Self.world(seed: seed)
    let honest = world.run()
    try #require(honest.values != nil)
    let challenges = honest.transcript.links[.init(from: left, to: prover), default: []].filter {
      $0.step.instruction == 0xe0_0000 + proof && $0.byteCount == 16
    }
    #expect(challenges.count >= 3)
    for index in challenges.indices {
      let outcome = world.run { message, _ in
        if message.from == left, ProofMessages.isChallenge(index, of: proof, message) {
          return .change(message.bytes.map { ~$0 })
        }
        // Its own program would stop at an answer in another field.
        if message.from == prover, message.to == left, ProofMessages.isOf(proof, message),
          message.step.sub > 2 * index + 1
        {
          return .change(Array(repeating: 0, count: message.bytes.count))
        }
        return .pass
      }
      let failure = try #require(outcome[right].failure, "challenge \(index), seed \(seed)")
      #expect(failure.code == .cheating && failure.message.contains("not those that its verifiers drew"))
      #expect(failure.origin?.suspects == [prover, left].sorted())
      #expect(outcome[prover].values == nil && outcome[PartyIndex(4)].values == nil)
      for (sent, usual) in zip(entries(outcome, from: right), entries(honest, from: right)) {
        #expect(sent.count <= usual.count && Array(usual.prefix(sent.count)) == sent, "challenge \(index)")
        #expect(!sent.contains { $0.step.instruction == 0xdf_0001 || $0.step.instruction == 1000 })
      }
    }
  }

  /// A prover that says it received other challenges than it did.
  @Test(arguments: [0, 1, 2], [0, 1]) func aWrongEchoIsCaught(corrupt: Int, proof: Int) throws {
    let prover = PartyIndex(corrupt)
    let outcome = Self.world(seed: 0x5eed_f002).run { message, _ in
      guard message.from == prover, ProofMessages.isOf(proof, message), MessageClass.of(message) == .echo else {
        return .pass
      }
      return .change(Array(message.bytes.reversed()))
    }
    let failure = try #require(outcome[ProofMessages.right(of: prover)].failure)
    #expect(failure.code == .cheating && failure.message.contains("not those that its verifiers drew"))
    #expect(outcome.principals.allSatisfy { $0.values == nil })
  }

  /// A right verifier that vouches for other gates: the left one releases nothing.
  @Test(arguments: [0, 1, 2], [0, 1]) func aWrongReadyIsCaught(corrupt: Int, proof: Int) throws {
    let right = PartyIndex(corrupt)
    let (left, prover) = (right.advanced(by: 1, of: 3), right.advanced(by: -1, of: 3))
    let outcome = Self.world(seed: 0x5eed_f003).run { message, _ in
      guard message.from == right, ProofMessages.isOf(proof, message), MessageClass.of(message) == .ready else {
        return .pass
      }
      return .change(Array(message.bytes.reversed()))
    }
    let failure = try #require(outcome[left].failure)
    #expect(failure.code == .cheating && failure.message.contains("has seen other gates"))
    #expect(failure.origin?.suspects == [right])
    let sent = outcome.transcript.links[.init(from: left, to: prover), default: []]
    #expect(!sent.contains { $0.step.instruction >= 0xe0_0000 && $0.byteCount == 16 })
  }

  /// No `ready`, no challenge (`sim/attack_without_ready.py`); and no challenge before the message that it is about.
  @Test(arguments: [0, 1, 2], [0, 1]) func challengesWaitForWhatTheyAreAbout(corrupt: Int, proof: Int) throws {
    let prover = PartyIndex(corrupt)
    let (left, right) = (ProofMessages.left(of: prover), ProofMessages.right(of: prover))
    let world = Self.world(seed: 0x5eed_f004)
    func released(_ outcome: AttackOutcome) -> Int {
      outcome.transcript.links[.init(from: left, to: prover), default: []].count {
        $0.step.instruction == 0xe0_0000 + proof && $0.byteCount == 16
      }
    }
    let all = released(world.run())
    let unready = world.run { message, _ in
      message.from == right && ProofMessages.isOf(proof, message) && MessageClass.of(message) == .ready
        ? .drop : .pass
    }
    #expect(released(unready) == 0)
    for index in 0..<all {
      let outcome = world.run { message, _ in
        message.from == prover && ProofMessages.isProof(index, of: proof, message) ? .drop : .pass
      }
      #expect(released(outcome) == index + 1, "message \(index)")
    }
    // The message of the products themselves, and a holder's share that comes late at the right verifier.
    let unsent = world.run { message, _ in
      message.from == prover && message.to == left && message.step.instruction == 100 + (1 - proof) ? .drop : .pass
    }
    #expect(released(unsent) == 0)
    let late = world.run { message, _ in
      message.from == PartyIndex(3) && message.to != left && MessageClass.of(message) == .input ? .drop : .pass
    }
    #expect(released(late) == 0)
  }

  /// Proved by the same key, yet nothing that is released for one prover masks another's messages.
  @Test func keysOfRolesAndProversDiffer() throws {
    for pair in [(0, 1), (1, 2), (2, 0)] {
      let keys = try InsecureKeys.schedule(of: PartyIndex(pair.0), with: PartyIndex(pair.1), seed: 0x5eed_f005)
      var seen: Set<[UInt8]> = []
      var count = 0
      for role in [KeyRole.proofMask, .finalMask, .challenge, .multiply, .open] {
        for prover in 0..<3 {
          count += 1
          seen.insert(
            try keys.generator(role, prover: PartyIndex(prover)).stream(ProofMessages.step(0, stage: 0)).bytes(16))
        }
      }
      #expect(seen.count == count)
    }
  }

  /// What the challenges are good for, and that the tests would see a wrong result: a prover that foresees the first
  /// one picks errors in two words of gates whose weights cancel. The proof holds; and as the party also lies about
  /// its shares at the end, every honest principal ends with a wrong result.
  @Test(arguments: [0, 1, 2]) func aForeseenChallengeProvesNothing(corrupt: Int) throws {
    let (prover, seed) = (PartyIndex(corrupt), 0x5eed_f006 as UInt64)
    let world = Self.world(seed: seed, words: 0)
    let expected = try #require(world.run().values)
    let challenge = try ProofMessages.foreseenChallenge(0, of: 0, prover: prover, seed: seed)
    let field = BinaryField64()
    let weights = challenge.elements(.lane, count: 2, in: field)
    // e_0 = 1 and e_1 = A_0/A_1; the inverse is the power 2^64 − 2.
    var (inverse, square) = (1 as UInt64, weights[1])
    for _ in 1..<64 {
      square = field.multiply(square, square)
      inverse = field.multiply(inverse, square)
    }
    let errors = [1, field.multiply(weights[0], inverse)]
    let bytes = errors.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    @Sendable func wrong(_ message: [UInt8]) -> [UInt8] { zip(message, bytes).map { $0 ^ $1 } }
    let digests = ProtocolDigest(sessionID: InsecureKeys.sessionID)
    let outcome = world.run { message, _ in
      guard message.from == prover else { return .pass }
      switch (MessageClass.of(message), message.to.rawValue) {
      case (.exchange, _): return .change(wrong(message.bytes))
      // To the recipient outside: its own share, masked.
      case (.opening, 4): return .change(wrong(message.bytes))
      case (.openingDigest, ..<3):
        // The digest of its own share, as its predecessor has it.
        var share: [UInt8] = []
        guard let shares = try? Self.ownShare(of: world, prover) else { return .drop }
        share = wrong(shares)
        var stream = digests.stream(.opening, step: StepID(instruction: 1000), party: prover)
        share.withUnsafeBytes { stream.update($0) }
        return .change(stream.finish())
      default: return .pass
      }
    }
    for party in world.everybody where party != prover && party != world.holder {
      let values = try #require(outcome[party].values, "\(party): \(outcome.description)")
      #expect(values != expected)
    }
    // The same errors without the foresight of this proof's challenge.
    let elsewhere = AttackWorld(world.family, world.circuit, seed: seed + 1).run { message, _ in
      message.from == prover && MessageClass.of(message) == .exchange ? .change(wrong(message.bytes)) : .pass
    }
    #expect(elsewhere[ProofMessages.right(of: prover)].failure?.code == .cheating)
    #expect(elsewhere.principals.allSatisfy { $0.values == nil })
  }

  /// z_i of the conjunctions, which P_i sends to its predecessor.
  private static func ownShare(of world: World, _ party: PartyIndex) throws -> [UInt8] {
    let link = Transcript.Link(from: party, to: party.advanced(by: -1, of: 3))
    return try #require(world.run().transcript.links[link]?.first { $0.step.instruction == 101 }?.bytes)
  }
}
