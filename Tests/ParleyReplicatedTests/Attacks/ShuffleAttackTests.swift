import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Synchronization
import Testing

/// Parties that permute otherwise than agreed, or add to what they send (docs/protocols/shuffle.md).
@Suite struct ShuffleAttackTests {
  typealias Family = VerifiedReplicatedFamily<UInt64>
  typealias World = AttackWorld<Family>

  static func inputs(_ seed: UInt64, rows: Int, words: Int, planes: Int) -> (words: [[UInt64]], bits: [[Bool]]) {
    var random = InsecureRandom(seed: seed, 0x7368_7566)
    return ((0..<words).map { _ in random.words(rows) }, (0..<planes).map { _ in random.bits(rows) })
  }

  /// What an attack on messages of a pass ends with: an honest party's own check, and nothing for anybody.
  private func expectCaught(_ outcome: AttackOutcome, corrupt: PartyIndex, _ what: String) {
    let honest = (0..<3).map { PartyIndex($0) }.filter { $0 != corrupt }
    #expect(honest.contains { outcome[$0].failure?.code == .cheating }, "\(what): \(outcome.description)")
    #expect(outcome.principals.allSatisfy { $0.values == nil }, "\(what): \(outcome.description)")
  }

  /// Pass and kind of a message of the shuffle at step 101.
  private static func place(_ message: InterceptedMessage) -> (pass: Int, isWords: Bool)? {
    guard message.step.instruction == 101, message.step.sub >= 0x2000 else { return nil }
    return (message.step.sub >> 11 & 3, message.step.sub >> 8 & 7 == 1)
  }

  @Test(arguments: [1, 40], [(5, 2, 0), (5, 0, 3), (70, 1, 66)])
  func honestRunsEnd(proofsEvery: Int, shape: (rows: Int, words: Int, planes: Int)) throws {
    let seed = 0x5eed_5001 as UInt64
    let (words, bits) = Self.inputs(seed, rows: shape.rows, words: shape.words, planes: shape.planes)
    let outcome = World(
      Family(UInt64.self, proofsEvery: proofsEvery), .shuffle(words: words, bits: bits), seed: seed
    ).run()
    let values = try #require(outcome.values, "\(outcome.description)")
    for (index, column) in words.enumerated() {
      guard case .words(let opened) = values[index] else { continue }
      #expect(opened.sorted() == column.sorted())
    }
  }

  /// The same number added to two rows: a comparison of the rows before and after would notice or not, as the rows
  /// differ by it or not. Here it is noticed always, for both messages that a party sends.
  @Test(arguments: [0, 1, 2], [false, true]) func anErrorInTwoRows(corrupt: Int, isDifference: Bool) throws {
    let corrupt = PartyIndex(corrupt)
    for attempt in 0..<6 {
      let seed = 0x5eed_5100 + UInt64(attempt)
      let rows = 6
      // Two values only, so that many pairs of rows differ by d, or none.
      let d: UInt64 = isDifference ? 1 : 2
      var random = InsecureRandom(seed: seed, 1)
      let words = [(0..<rows).map { _ in random.next() & 1 }]
      let bits = [random.bits(rows), random.bits(rows)]
      for pass in [corrupt.rawValue, (corrupt.rawValue + 2) % 3] {
        for attacksWords in [true, false] {
          let world = World(Family(UInt64.self), .shuffle(words: words, bits: bits), seed: seed)
          let (first, second) = (attempt, (attempt + 1) % rows)
          let outcome = world.run { message, _ in
            guard message.from == corrupt, let place = Self.place(message), place.pass == pass,
              place.isWords == attacksWords
            else { return .pass }
            var bytes = message.bytes
            if attacksWords {
              Mutation.add(d, at: 8 * first, to: &bytes)
              Mutation.add(0 &- d, at: 8 * second, to: &bytes)
            } else {
              // One plane is one byte; a difference in one plane or in both.
              let flips = UInt8(1) << UInt8(first) | UInt8(1) << UInt8(second)
              bytes[0] ^= flips
              if !isDifference { bytes[1] ^= flips }
            }
            return .change(bytes)
          }
          expectCaught(
            outcome, corrupt: corrupt, "\(corrupt), pass \(pass), words \(attacksWords), seed \(seed)")
        }
      }
    }
  }

  /// An error that comes in with one message and is taken out with the other one, in the hope that the permutation
  /// between brings the row to the same place: noticed whether it does or not, at every pair of places.
  @Test(arguments: [0, 1, 2], [true, false]) func anErrorTakenBack(corrupt: Int, attacksWords: Bool) throws {
    let corrupt = PartyIndex(corrupt)
    let seed = 0x5eed_5200 + UInt64(corrupt.rawValue)
    let (words, bits) = Self.inputs(seed, rows: 3, words: 1, planes: 1)
    for first in 0..<3 {
      for second in 0..<3 {
        let outcome = World(Family(UInt64.self), .shuffle(words: words, bits: bits), seed: seed).run {
          message, _ in
          guard message.from == corrupt, let place = Self.place(message), place.isWords == attacksWords
          else { return .pass }
          var bytes = message.bytes
          let isFirst = place.pass == min(corrupt.rawValue, (corrupt.rawValue + 2) % 3)
          let row = isFirst ? first : second
          if attacksWords {
            Mutation.add(isFirst ? 5 : 0 &- 5, at: 8 * row, to: &bytes)
          } else {
            bytes[0] ^= 1 << UInt8(row)
          }
          return .change(bytes)
        }
        expectCaught(outcome, corrupt: corrupt, "\(corrupt), rows \(first) and \(second), seed \(seed)")
      }
    }
  }

  /// A top bit alone, which vanishes with every even multiple.
  @Test(arguments: [0, 1, 2]) func aTopBit(corrupt: Int) {
    let corrupt = PartyIndex(corrupt)
    let seed = 0x5eed_5300 as UInt64
    let (words, bits) = Self.inputs(seed, rows: 9, words: 2, planes: 0)
    for pass in [corrupt.rawValue, (corrupt.rawValue + 2) % 3] {
      let outcome = World(Family(UInt64.self), .shuffle(words: words, bits: bits), seed: seed).run { message, _ in
        guard message.from == corrupt, let place = Self.place(message), place.pass == pass else { return .pass }
        var bytes = message.bytes
        bytes[8 * 13 + 7] ^= 0x80
        return .change(bytes)
      }
      expectCaught(outcome, corrupt: corrupt, "\(corrupt), pass \(pass), seed \(seed)")
    }
  }

  /// Another permutation than the one of the key: of all columns, of one of the words, of one of the planes. The party
  /// sends what it would send with that permutation, and otherwise knows what it should have sent.
  @Test(arguments: [0, 1, 2], [0, 1, 2]) func anotherPermutation(corrupt: Int, columns: Int) {
    let corrupt = PartyIndex(corrupt)
    let seed = 0x5eed_5400 as UInt64
    let (words, bits) = Self.inputs(seed, rows: 8, words: 2, planes: 2)
    let order: [Int32] = [1, 2, 3, 4, 5, 6, 7, 0]
    for pass in [corrupt.rawValue, (corrupt.rawValue + 2) % 3] {
      let other = AttackCircuit<Family>.shuffle(words: words, bits: bits) { party, number, given in
        guard party.base.index == corrupt, number == pass else { return given }
        let moved = party.engine.gather(words: given.words, planes: given.planes, by: order)
        switch columns {
        case 0: return moved
        case 1: return ([moved.words[0], given.words[1]], given.planes)
        default: return (given.words, [given.planes[0], moved.planes[1]])
        }
      }
      let third = PartyIndex((pass + 2) % 3)
      let sent = World(Family(UInt64.self), other, seed: seed).run().transcript
        .links[.init(from: corrupt, to: third), default: []]
      let changes = Mutex(0)
      let outcome = World(Family(UInt64.self), .shuffle(words: words, bits: bits), seed: seed).run { message, _ in
        guard message.from == corrupt, message.to == third, Self.place(message)?.pass == pass,
          let bytes = sent.first(where: { $0.step == message.step })?.bytes, bytes != message.bytes
        else { return .pass }
        changes.withLock { $0 += 1 }
        return .change(bytes)
      }
      #expect(changes.withLock { $0 } == (columns == 0 ? 2 : 1))
      expectCaught(outcome, corrupt: corrupt, "\(corrupt), pass \(pass), columns \(columns), seed \(seed)")
    }
  }

  /// Every message of the circuit, changed in every way.
  @Test(arguments: [0, 1, 2], [1, 1 << 20]) func noChangeGoesUnnoticed(corrupt: Int, proofsEvery: Int) throws {
    let seed = 0x5eed_5500 + UInt64(corrupt)
    let (words, bits) = Self.inputs(seed, rows: 10, words: 1, planes: 9)
    let world = World(
      Family(UInt64.self, proofsEvery: proofsEvery), .shuffle(words: words, bits: bits), seed: seed)
    let expected = try #require(world.run().values)
    let matrix = MutationMatrix(
      world, corrupt: PartyIndex(corrupt), expected: expected, stride: MutationTests.isFull ? 1 : 7)
    let trials = try matrix.run()
    #expect(trials.count > 50)
    #expect(matrix.offending(trials).isEmpty, "\(matrix.complaint(trials))")
    #expect(Set(trials.map(\.kind)).isSuperset(of: [.exchange, .proof, .final, .challenge, .opening]))
  }

  /// The harness sees what the proofs are for: without them a wrong shuffle goes through.
  @Test func theSemiHonestEngineBelievesEverything() throws {
    let seed = 0x5eed_5600 as UInt64
    let (words, bits) = Self.inputs(seed, rows: 10, words: 1, planes: 1)
    let world = AttackWorld(ReplicatedFamily(UInt64.self), .shuffle(words: words, bits: bits), seed: seed)
    let expected = try #require(world.run().values)
    let trials = try MutationMatrix(world, corrupt: PartyIndex(1), expected: expected).run([.flipBit])
    #expect(trials.contains { $0.outcome == .wrong && $0.kind == .exchange })
  }

  /// A pass that was never proved cannot be opened: with no token, with a token of before, and with only two passes,
  /// which are proved as they are.
  @Test(arguments: [1, 2, 3], [false, true]) func aPassWithoutAProofIsNotOpened(passes: Int, isVerifiedAgain: Bool)
  {
    let results = runParties(InMemoryNetwork(count: 3)) { mesh -> ClearValues? in
      let engine = try Family(UInt64.self).makeEngine(mesh: mesh, seed: 5)
      let through = StepID(instruction: 99)
      let first = try engine.verify(through: through)
      var words = [engine.linear([], constant: 6, count: 4)]
      var planes = [engine.constantPlane(true, count: 4)]
      for pass in 0..<passes {
        let pending = try engine.start(
          .shufflePass(pass, words: words, planes: planes, count: 4), step: .init(instruction: 1))
        try mesh.flush()
        guard case .shuffled(let a, let b) = try engine.finish(pending) else { return nil }
        (words, planes) = (a, b)
      }
      let value = Opened<SharedWords<UInt64>, SharedPlane>.planes(planes, count: 4)
      let everybody = (0..<3).map { PartyIndex($0) }
      if isVerifiedAgain {
        let second = try engine.verify(through: through)
        try engine.startOpening(value, to: everybody, step: .init(instruction: 2), token: second)
      } else {
        try engine.startOpening(value, to: everybody, step: .init(instruction: 2), token: first)
      }
      try mesh.flush()
      return try engine.finishOpening(value, step: .init(instruction: 2))
    }
    for result in results {
      switch result {
      case .success(let value): #expect(isVerifiedAgain && value == .planes([[15]], count: 4))
      case .failure(let error):
        #expect(!isVerifiedAgain && [.invariant, .peerAborted].contains(error.code), "\(error)")
      }
    }
  }
}
