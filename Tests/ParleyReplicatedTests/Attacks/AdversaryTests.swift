import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// One corrupt party that thinks: what it sends depends on what it has received.
@Suite struct AdversaryTests {
  typealias World = AttackWorld<VerifiedReplicatedFamily<UInt64>>

  private func everything(_ seed: UInt64) -> World {
    let (words, bits) = MutationTests.inputs(seed)
    return World(
      VerifiedReplicatedFamily(UInt64.self, proofsEvery: 8), .everything(words: words, bits: bits), seed: seed)
  }

  /// Errors that are functions of the shares that the party has seen: its neighbour's last message, added word by word.
  @Test(arguments: [0, 1, 2], [100, 102, 103, 109, 110, 113])
  func errorsChosenAfterSeeingShares(corrupt: Int, step: Int) throws {
    let corrupt = PartyIndex(corrupt)
    let seed = 0x5eed_2001 as UInt64
    let outcome = everything(seed).run { message, view in
      guard message.from == corrupt, message.step.instruction == step else { return .pass }
      let seen = view(corrupt).last { $0.bytes.count >= 8 }?.bytes ?? []
      var bytes = message.bytes
      for place in bytes.indices { bytes[place] ^= seen[place % 8] | (place == 0 ? 1 : 0) }
      return .change(bytes)
    }
    let verifier = corrupt.advanced(by: 1, of: 3)
    #expect(outcome[verifier].failure?.code == .cheating, "step \(step), seed \(seed): \(outcome.description)")
    #expect(outcome.principals.allSatisfy { $0.values == nil })
  }

  /// A wrong product and a proof that is wrong to match: the prover shifts each of its messages in turn by a number
  /// that it likes, in the hope that the errors cancel.
  @Test(arguments: [0, 1, 2], [0, 1]) func wrongProofs(corrupt: Int, proof: Int) throws {
    let corrupt = PartyIndex(corrupt)
    let seed = 0x5eed_2002 as UInt64
    let world = ChallengeTests.world(seed: seed)
    for index in 0..<4 {
      let outcome = world.run { message, view in
        guard message.from == corrupt else { return .pass }
        if message.step.instruction == 101 - proof {
          return .change(message.bytes.enumerated().map { $0.offset == 0 ? $0.element ^ 1 : $0.element })
        }
        guard ProofMessages.isProof(index, of: proof, message) else { return .pass }
        // A small number at a place that the last challenge says.
        let challenge = view(corrupt).last { $0.bytes.count == 16 }?.bytes ?? [0]
        var bytes = message.bytes
        bytes[8 * (Int(challenge[0]) % (bytes.count / 8))] ^= 1
        return .change(bytes)
      }
      let honest = [corrupt.advanced(by: 1, of: 3), corrupt.advanced(by: 2, of: 3)]
      #expect(honest.contains { outcome[$0].hasCaught }, "message \(index), seed \(seed): \(outcome.description)")
      #expect(outcome.principals.allSatisfy { $0.values == nil })
    }
  }

  /// The first message after the second, and the last message of a proof before it is due.
  @Test(arguments: [0, 1, 2]) func lateMessages(corrupt: Int) {
    let corrupt = PartyIndex(corrupt)
    for kind in [MessageClass.inputComparison, .exchange, .proof, .final, .ready, .challenge] {
      let outcome = everything(0x5eed_2003).run { message, _ in
        message.from == corrupt && MessageClass.of(message) == kind && message.step.sub < 8
          ? .hold(messages: 1) : .pass
      }
      let honest = [corrupt.advanced(by: 1, of: 3), corrupt.advanced(by: 2, of: 3)]
      #expect(honest.allSatisfy { outcome[$0].failure != nil && outcome[$0].values == nil }, "\(kind)")
    }
  }

  /// A holder and a computing party together: the holder deals the two others a share 2 that differs, and the party
  /// lies about its digest to whom it likes. The two honest ones share a copy and compare it.
  @Test(arguments: [1, 2]) func aHolderAndAParty(corrupt: Int) {
    let corrupt = PartyIndex(corrupt)
    let world = everything(0x5eed_2004)
    for share in 0..<3 {
      // The honest parties that both hold it: P_share and P_{share−1}, unless one is corrupt.
      let owners = [PartyIndex(share), PartyIndex(share).advanced(by: -1, of: 3)]
      guard !owners.contains(corrupt) else { continue }
      let outcome = world.run { message, _ in
        guard message.from == world.holder, message.to == owners[0] else { return .pass }
        let isSeed = MessageClass.of(message) == .input && message.step >= StepID.control(0)
        guard isSeed == (share != 2) else { return .pass }
        return .change(message.bytes.map { $0 ^ 1 })
      }
      #expect(owners.contains { outcome[$0].failure?.code == .cheating }, "share \(share)")
      #expect(outcome.principals.allSatisfy { $0.values == nil })
    }
  }
}
