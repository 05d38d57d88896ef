import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// Different values to two peers wherever they should be equal.
@Suite struct EquivocationTests {
  private func world<F: EngineFamily>(_ family: F) -> AttackWorld<F> {
    let seed = 0x5eed_b001 as UInt64
    let (words, bits) = MutationTests.inputs(seed)
    return AttackWorld(family, .everything(words: words, bits: bits), seed: seed)
  }
  private var proofs: AttackWorld<VerifiedReplicatedFamily<UInt64>> {
    world(VerifiedReplicatedFamily(UInt64.self, proofsEvery: 4))
  }
  private var macs: AttackWorld<MacReplicatedFamily> { world(MacReplicatedFamily(proofsEvery: 4)) }

  private func changed(_ message: InterceptedMessage) -> Interception {
    var bytes = message.bytes
    bytes[bytes.count - 1] ^= 1
    return .change(bytes)
  }

  private func sentClasses(_ outcome: AttackOutcome, by party: PartyIndex) -> [MessageClass] {
    outcome.transcript.links.filter { $0.key.from == party }.flatMap { link, entries in
      entries.map { MessageClass.of(step: $0.step, from: link.from, to: link.to) }
    }
  }

  /// A holder's copies: of each seed and of the shares that it sends, to each party. The two parties that hold the
  /// share notice before anything is computed, and blame neither the other nor the holder alone.
  @Test(arguments: [0, 1, 2]) func aHoldersCopies(receiver: Int) throws {
    try aHoldersCopies(receiver: receiver, of: proofs)
    try aHoldersCopies(receiver: receiver, of: macs)
  }
  private func aHoldersCopies<F: EngineFamily>(receiver: Int, of world: AttackWorld<F>) throws {
    let honest = world.run()
    let link = honest.transcript.links[.init(from: world.holder, to: PartyIndex(receiver)), default: []]
    for (ordinal, entry) in link.enumerated() {
      // The seeds of P0 are two.
      for place in entry.step >= StepID.control(0) ? [0, (entry.byteCount - 1)] : [0] {
        let outcome = world.run { message, _ in
          guard message.from == world.holder, message.to.rawValue == receiver, message.ordinal == ordinal else {
            return .pass
          }
          var bytes = message.bytes
          bytes[place] ^= 1
          return .change(bytes)
        }
        let caught = (0..<3).map { outcome[PartyIndex($0)] }.filter { $0.hasCaught }
        #expect(caught.count == 2, "\(entry.step): \(outcome.description)")
        for party in caught {
          let failure = try #require(party.failure)
          #expect(failure.code == .cheating && failure.message.contains("cannot be told apart"))
          #expect(failure.origin?.suspects.contains(world.holder) == true && failure.origin?.suspects.count == 2)
        }
        // The third has compared what it shares with each, and is told by the next message that does not come.
        for party in (0..<3).map({ PartyIndex($0) }) {
          let classes = sentClasses(outcome, by: party)
          #expect(classes.count { $0 == .exchange } <= (outcome[party].hasCaught ? 0 : 2))
          #expect(Set(classes).isSubset(of: [.inputComparison, .inputMac, .exchange]))
          #expect(outcome[party].keysAreGone)
        }
      }
    }
  }

  /// A share that is opened, or its digest, to one peer: the receiver stops before it sends anything that depends on
  /// the value.
  @Test(arguments: [0, 1, 2], [MessageClass.maskedOpening, .maskedDigest, .opening, .openingDigest])
  func anOpenedShare(corrupt: Int, kind: MessageClass) throws {
    try anOpenedShare(corrupt: corrupt, kind: kind, of: proofs)
    try anOpenedShare(corrupt: corrupt, kind: kind, of: macs)
  }
  private func anOpenedShare<F: EngineFamily>(corrupt: Int, kind: MessageClass, of world: AttackWorld<F>) throws {
    let corrupt = PartyIndex(corrupt)
    for to in [corrupt.advanced(by: 1, of: 3), corrupt.advanced(by: 2, of: 3), world.recipient] {
      let hasMessage = world.run().transcript.links[.init(from: corrupt, to: to), default: []].contains {
        MessageClass.of(step: $0.step, from: corrupt, to: to) == kind
      }
      guard hasMessage else { continue }
      let outcome = world.run { message, _ in
        message.from == corrupt && message.to == to && MessageClass.of(message) == kind ? changed(message) : .pass
      }
      let failure = try #require(outcome[to].failure, "\(outcome.description)")
      #expect([.cheating, .protocolViolation].contains(failure.code) && outcome[to].values == nil)
      #expect(failure.origin?.step != nil && failure.origin?.suspects.contains(corrupt) == true)
      guard kind == .maskedOpening || kind == .maskedDigest else { continue }
      #expect(failure.message.contains("do not agree on it"))
      let sent = outcome.transcript.links.filter { $0.key.from == to }.values.joined()
      #expect(
        // 116 and 117 come before the opening, which is 112.
        !sent.contains {
          (113...115).contains($0.step.instruction)
            || (118..<MacSteps.sums.instruction).contains($0.step.instruction)
        })
    }
  }

  /// The message that closes the verification, or the nonce in it, to one of the two peers. A nonce makes the masks of
  /// shares differ, which the outside recipient notices; openings to computing parties are not masked by it.
  @Test(arguments: [0, 1, 2], [1, 2]) func theClosingMessage(corrupt: Int, offset: Int) throws {
    try theClosingMessage(corrupt: corrupt, offset: offset, of: proofs)
    try theClosingMessage(corrupt: corrupt, offset: offset, of: macs)
  }
  private func theClosingMessage<F: EngineFamily>(corrupt: Int, offset: Int, of world: AttackWorld<F>) throws {
    let corrupt = PartyIndex(corrupt)
    let to = corrupt.advanced(by: offset, of: 3)
    func attacked(at place: Int) -> AttackOutcome {
      world.run { message, _ in
        guard message.from == corrupt, message.to == to, MessageClass.of(message) == .verified else {
          return .pass
        }
        var bytes = message.bytes
        bytes[place] ^= 1
        return .change(bytes)
      }
    }
    let denied = attacked(at: 0)
    let failure = try #require(denied[to].failure)
    #expect(failure.code == .cheating && failure.message.contains("has verified something else"))
    #expect(!sentClasses(denied, by: to).contains { $0 == .opening || $0 == .openingDigest })
    #expect(
      denied.principals[0..<3].enumerated().allSatisfy {
        $0.offset == corrupt.rawValue || $0.element.values == nil
      })
    let nonce = attacked(at: 40)
    let outside = try #require(nonce[world.recipient].failure)
    #expect(outside.code == .cheating && nonce[world.recipient].values == nil)
  }

  /// The digests that the parties compare after the inputs.
  @Test(arguments: [0, 1, 2], [1, 2]) func theInputComparison(corrupt: Int, offset: Int) throws {
    try theInputComparison(corrupt: corrupt, offset: offset, of: proofs)
    try theInputComparison(corrupt: corrupt, offset: offset, of: macs)
  }
  private func theInputComparison<F: EngineFamily>(corrupt: Int, offset: Int, of world: AttackWorld<F>) throws {
    let corrupt = PartyIndex(corrupt)
    let to = corrupt.advanced(by: offset, of: 3)
    let outcome = world.run { message, _ in
      message.from == corrupt && message.to == to && MessageClass.of(message) == .inputComparison
        ? changed(message) : .pass
    }
    #expect(outcome[to].failure?.code == .cheating)
    #expect(!sentClasses(outcome, by: to).contains(.exchange))
  }
}
