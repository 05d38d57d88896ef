import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// Batches of every awkward size: right ones pass with the right result, one wrong gate anywhere does not.
@Suite struct BatchTests {
  typealias World = AttackWorld<VerifiedReplicatedFamily<UInt64>>

  private func inputs(_ seed: UInt64, words: Int, bits: Int) -> (words: [[UInt64]], bits: [[Bool]]) {
    var random = InsecureRandom(seed: seed, UInt64(words), UInt64(bits))
    return ([random.words(words), random.words(words)], [random.bits(bits), random.bits(bits)])
  }

  private func world(_ seed: UInt64, words: Int, bits: Int) -> World {
    let values = inputs(seed, words: words, bits: bits)
    return World(
      VerifiedReplicatedFamily(UInt64.self), .batch(words: values.words, bits: values.bits), seed: seed)
  }

  /// One attack on the exchange of `corrupt`: the message is changed in place.
  private func attack(
    _ world: World, _ corrupt: Int, step: Int, _ change: @escaping @Sendable (inout [UInt8]) -> Void
  ) -> AttackOutcome {
    world.run { message, _ in
      guard message.from.rawValue == corrupt, message.step.instruction == step else { return .pass }
      var bytes = message.bytes
      change(&bytes)
      return .change(bytes)
    }
  }

  /// The right verifier, and nobody earlier, finds that the proof does not hold; nobody has an output.
  private func expectCaught(_ outcome: AttackOutcome, _ corrupt: Int, _ what: String) {
    let verifier = PartyIndex(corrupt).advanced(by: 1, of: 3)
    #expect(outcome[verifier].failure?.code == .cheating, "\(what): \(outcome.description)")
    #expect(outcome[verifier].failure?.message.contains("does not hold") == true, "\(what)")
    #expect(outcome.principals.allSatisfy { $0.values == nil }, "\(what)")
  }

  /// Levels of words fold 4 blocks, and 16 elements are left for the last message.
  @Test(arguments: [
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1023, 1024, 1025,
  ])
  func words(count: Int) throws {
    let seed = 0x5eed_d001 as UInt64
    let values = inputs(seed, words: count, bits: 0)
    let world = world(seed, words: count, bits: 0)
    let honest = world.run()
    let expected = count > 0 ? [ClearValues.words(zip(values.words[0], values.words[1]).map { $0 &* $1 })] : []
    #expect(honest.values == expected && honest[world.recipient].values == expected, "\(honest.description)")
    guard count > 0 else { return }
    for place in Set([0, count - 1]) {
      for (index, error) in [1, 1 << 63, 0 &- 1].enumerated() as EnumeratedSequence<[UInt64]> {
        let corrupt = (count + place + index) % 3
        let outcome = attack(world, corrupt, step: 100) { Mutation.add(error, at: 8 * place, to: &$0) }
        expectCaught(outcome, corrupt, "\(count) products, error \(error) at \(place), P\(corrupt), seed \(seed)")
      }
    }
    guard count > 1 else { return }
    // Errors that add up to 0 modulo 2^64, and two of 2^63.
    for (first, second) in [(5, 0 &- 5), (1 << 63, 1 << 63)] as [(UInt64, UInt64)] {
      let corrupt = count % 3
      let outcome = attack(world, corrupt, step: 100) {
        Mutation.add(first, at: 0, to: &$0)
        Mutation.add(second, at: 8 * (count - 1), to: &$0)
      }
      expectCaught(outcome, corrupt, "\(count) products, errors \(first) and \(second), seed \(seed)")
    }
  }

  /// The level of words folds 32 blocks of 64 bits, two to a gate: 1024 gates.
  @Test(arguments: [
    0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 4097,
  ])
  func bits(count: Int) throws {
    let seed = 0x5eed_d002 as UInt64
    let values = inputs(seed, words: 0, bits: count)
    let world = world(seed, words: 0, bits: count)
    let honest = world.run()
    let product = zip(values.bits[0], values.bits[1]).map { $0 && $1 }
    let expected = count > 0 ? [ClearValues.planes([product.packedPlane], count: count)] : []
    #expect(honest.values == expected && honest[world.recipient].values == expected, "\(honest.description)")
    for place in count > 0 ? Set([0, count / 2, count - 1]) : [] {
      let corrupt = (count + place) % 3
      let outcome = attack(world, corrupt, step: 101) { $0[place / 8] ^= 1 << UInt8(place % 8) }
      expectCaught(outcome, corrupt, "\(count) conjunctions, error at \(place), P\(corrupt), seed \(seed)")
    }
    guard count > 1 else { return }
    let corrupt = count % 3
    let outcome = attack(world, corrupt, step: 101) {
      $0[0] ^= 1
      $0[(count - 1) / 8] ^= 1 << UInt8((count - 1) % 8)
    }
    expectCaught(outcome, corrupt, "\(count) conjunctions, errors at both ends, seed \(seed)")
    guard count % 8 != 0 else { return }
    // A bit past the end belongs to no gate: its receiver refuses the message itself.
    let tail = attack(world, corrupt, step: 101) { $0[$0.count - 1] |= 0x80 }
    #expect(tail[PartyIndex(corrupt).advanced(by: -1, of: 3)].failure?.code == .protocolViolation)
    #expect(tail.principals.allSatisfy { $0.values == nil })
  }

  /// One wrong entry of a matrix product, of columns as well, one wrong sum of products, over elements or of elementwise ones, each by every kind of
  /// error.
  @Test(arguments: [102, 103, 116, 117], [1, 1 << 63] as [UInt64]) func sumsAndMatrices(step: Int, error: UInt64) {
    let seed = 0x5eed_d003 as UInt64
    let (words, bits) = MutationTests.inputs(seed)
    let world = World(VerifiedReplicatedFamily(UInt64.self), .everything(words: words, bits: bits), seed: seed)
    for corrupt in 0..<3 {
      for place in [0, step == 102 ? 1 : step == 116 ? 11 : 3] {
        let outcome = attack(world, corrupt, step: step) { Mutation.add(error, at: 8 * place, to: &$0) }
        expectCaught(outcome, corrupt, "step \(step), error \(error) at \(place), P\(corrupt), seed \(seed)")
      }
    }
  }

  /// Products of which a prover's part is zero by construction, in whole or in half, and is left out of its vectors: results are
  /// right, and every error of every prover is found, also of one that has nothing to prove.
  @Test(arguments: [1, 2, 3, 7, 16, 33, 257]) func productsOfSummands(count: Int) throws {
    let seed = 0x5eed_d004 as UInt64
    var random = InsecureRandom(seed: seed, UInt64(count))
    let (bits, words) = (random.bits(count), random.words(count))
    let world = World(
      VerifiedReplicatedFamily(UInt64.self), .productsOfSummands(bits: bits, words: words), seed: seed)
    let zeros = [UInt64](repeating: 0, count: count)
    let expected: [ClearValues] = [
      .words(bits.map { $0 ? 1 : 0 }), .words(zeros), .words(zeros), .words([0]), .words([0]),
    ]
    let honest = world.run()
    #expect(honest.values == expected && honest[world.recipient].values == expected, "\(honest.description)")
    for corrupt in 0..<3 {
      // Elements of every result of a step, in the order in which they are sent.
      for (step, results) in [(101, 5 * count), (102, 2 * count), (103, 2), (104, count)] {
        let places = step == 101 ? (0..<5).map { $0 * count + (corrupt + count) % count } : [0, results - 1]
        for place in Set(places) {
          for error in [1, 1 << 63] as [UInt64] where count < 33 || error == 1 {
            let outcome = attack(world, corrupt, step: step) { Mutation.add(error, at: 8 * place, to: &$0) }
            expectCaught(outcome, corrupt, "\(count): step \(step), error \(error) at \(place), P\(corrupt)")
          }
        }
      }
    }
  }
}
