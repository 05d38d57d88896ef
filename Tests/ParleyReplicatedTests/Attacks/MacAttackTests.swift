import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// The engine with macs against the attacks that the engine with proofs is put to: other inputs with the same keys and
/// the same errors, messages that are kept back, and lies to one of two peers.
@Suite struct MacAttackTests {
  typealias World = AttackWorld<MacReplicatedFamily>
  private static let count = 5

  /// An error on a summand of a product, the corrupt party's own copy included, so that all shares fit together.
  private struct Lie: Sendable {
    var corrupt: PartyIndex
    var step: StepID
    /// Place among the words that are sent: values, then macs.
    var word: Int
    var exponent: Int

    func tell(_ party: AttackCircuit<MacReplicatedFamily>.Party, _ results: [AuthenticatedWords], _ step: StepID) {
      guard step == self.step, party.base.index == corrupt else { return }
      // The summands are the first words of the buffer that the results are views of.
      results.first?.mac?.storage.pointer[word] &+= 1 << UInt128(exponent)
    }
    func change(_ message: InterceptedMessage) -> Interception {
      guard message.from == corrupt, message.step == step else { return .pass }
      return .change(MacWorld.add(1 << UInt128(exponent), toWord: word, of: message.bytes))
    }
  }

  private enum Step {
    static let product = StepID(instruction: 100)
    static let shift = StepID(instruction: 101)
    static let bits = StepID(instruction: 102)
    static let chain = StepID(instruction: 103)
    static let and = StepID(instruction: 104)
    static let square = StepID(instruction: 105)
  }

  /// Products, products of products, and both conversions; `lie` is told in the middle of it.
  private func circuit(
    words: [[UInt64]], bits: [Bool], lie: Lie? = nil
  ) -> AttackCircuit<MacReplicatedFamily> {
    let count = Self.count
    return AttackCircuit("chain", words: words, bits: [bits], outputs: [.words(count), .planes(1, count: count)]) {
      party in
      func exchange(
        _ exchanges: [(StepID, Exchange<AuthenticatedWords, SharedPlane>)]
      ) throws -> [ExchangeResult<AuthenticatedWords, SharedPlane>] {
        let results = try party.flight(exchanges.map { (step: $0.0.instruction, exchange: $0.1) })
        for (index, result) in results.enumerated() {
          lie?.tell(party, result.vectors + result.summandsOfBits.joined(), exchanges[index].0)
        }
        return results
      }
      let (a, b, p) = (party.words[0], party.words[1], party.planes[0])
      for index in party.words.indices { lie?.tell(party, [party.words[index]], MacSteps.input(index)) }
      let first = try exchange([
        (Step.product, .multiply([(a, b)], count: count)), (Step.shift, .shiftedSummands(a, bits: 5)),
        (Step.bits, .bitSummands([p])), (Step.and, .and([(p, p)], count: count)),
      ])
      let sum = party.engine.linear(
        [(first[0].vectors[0], 1), (first[1].vectors[1], 3), (first[2].summandsOfBits[0][2], 7)], constant: 11,
        count: count)
      let chain = try exchange([(Step.chain, .multiply([(sum, b)], count: count))])[0].vectors[0]
      let square = try exchange([(Step.square, .multiply([(chain, chain)], count: count))])[0].vectors[0]
      return [.arith(square, count: count), .planes(first[3].bits, count: count)]
    }
  }

  /// The same keys, other inputs: zeros, ones, the top bit, anything.
  private func worlds(_ seed: UInt64, lie: Lie? = nil) -> [World] {
    let shapes: [(inout InsecureRandom) -> UInt64] = [{ _ in 0 }, { _ in .max }, { $0.next() }, { _ in 1 << 63 }]
    return shapes.map { value in
      var random = InsecureRandom(seed: seed, 0x7061_6972)
      let words = (0..<2).map { _ in (0..<Self.count).map { _ in value(&random) } }
      let bits = (0..<Self.count).map { _ in value(&random) >> 63 == 1 }
      return World(MacReplicatedFamily(proofsEvery: 1), circuit(words: words, bits: bits, lie: lie), seed: seed)
    }
  }

  /// What an observer of honest parties' links sees, and where they stop.
  private struct Trace: Equatable {
    var shape: [Transcript.Link: [Transcript.Shape]]
    var stops: [String]
  }
  private func trace(
    _ world: World, corrupt: PartyIndex, _ attack: @escaping @Sendable (InterceptedMessage) -> Interception
  ) -> Trace {
    let outcome = world.run { message, _ in attack(message) }
    return Trace(
      shape: outcome.transcript.shape.filter { $0.key.from != corrupt && $0.key.from != world.holder },
      stops: outcome.principals.enumerated().map { index, party in
        guard index != corrupt.rawValue, let failure = party.failure else { return "" }
        return
          "\(failure.code) \(failure.message) \(failure.origin.map { "\($0)" } ?? "") \(party.isFinal)"
      })
  }

  /// Without a lie everybody comes to the end, so that what stops a run below is the lie.
  @Test func honestRunsEnd() {
    for world in worlds(0x5eed_e000) {
      let outcome = world.run()
      #expect(outcome.values != nil, "\(outcome.description)")
      #expect(outcome.values?.last == .planes(world.circuit.bits.map(\.packedPlane), count: Self.count))
    }
  }

  /// Errors on values and macs of every kind of message: all honest parties learn the same verdict at the same place,
  /// whatever the inputs are, and nothing has been opened.
  @Test(arguments: [0, 1, 2]) func additiveErrors(corrupt: Int) {
    let (corrupt, seed, count) = (PartyIndex(corrupt), 0x5eed_e001 as UInt64, Self.count)
    let places: [(step: StepID, words: [Int])] = [
      (Step.product, [0, count]), (Step.chain, [1, 2 * count - 1]), (Step.square, [0, count + 2]),
      (Step.shift, [0, 2 * count]), (Step.bits, [1, count]), (MacSteps.input(0), [0]),
      (MacSteps.input(1), [count - 1]),
    ]
    for (step, words) in places {
      for word in words {
        for exponent in [0, 63] {
          let lie = Lie(corrupt: corrupt, step: step, word: word, exponent: exponent)
          let traces = worlds(seed, lie: lie).map { trace($0, corrupt: corrupt, lie.change) }
          for other in traces.dropFirst() {
            #expect(other == traces[0], "\(step), word \(word), 2^\(exponent), \(corrupt), seed \(seed)")
          }
          let verdicts = traces[0].stops.count { $0.contains("values and macs do not fit together") }
          #expect(verdicts == 2, "\(step), word \(word): \(traces[0].stops)")
          for (link, entries) in traces[0].shape {
            let classes = Set(entries.map { MessageClass.of(step: $0.step, from: link.from, to: link.to) })
            #expect(classes.isDisjoint(with: [.opening, .openingDigest]))
          }
        }
      }
    }
  }

  /// Wrong messages of the check itself.
  @Test(
    arguments: [0, 1, 2],
    [
      MessageClass.macSums, .macReady, .keyOpening, .keyDigest, .difference, .differenceDigest, .proof, .final,
      .ready, .verified,
    ])
  func messagesOfTheCheck(corrupt: Int, kind: MessageClass) {
    let (corrupt, seed) = (PartyIndex(corrupt), 0x5eed_e002 as UInt64)
    let traces = worlds(seed).map {
      trace($0, corrupt: corrupt) { message in
        guard message.from == corrupt, MessageClass.of(message) == kind else { return .pass }
        var bytes = message.bytes
        bytes[0] ^= 1
        return .change(bytes)
      }
    }
    for other in traces.dropFirst() { #expect(other == traces[0], "\(kind), \(corrupt), seed \(seed)") }
    #expect(
      traces[0].stops.contains { $0.contains(ParleyError.Code.cheating.rawValue) }, "\(kind): \(traces[0].stops)")
  }

  /// A party that keeps a message of the check back gets nothing: no share of a result leaves an honest party
  /// before all checks have passed.
  @Test(
    arguments: [0, 1, 2],
    [
      MessageClass.proof, .final, .macSums, .macReady, .keyOpening, .keyDigest, .difference, .differenceDigest,
      .verified,
    ])
  func withoutItsMessageNothingIsOpened(corrupt: Int, kind: MessageClass) {
    let corrupt = PartyIndex(corrupt)
    let world = worlds(0x5eed_e003)[2]
    let outcome = world.run { message, _ in
      message.from == corrupt && MessageClass.of(message) == kind ? .drop : .pass
    }
    for party in world.everybody where party != corrupt && party != world.holder {
      #expect(outcome[party].failure != nil && outcome[party].values == nil, "\(party)")
      #expect(outcome[party].keysAreGone)
    }
    for (link, entries) in outcome.transcript.links where link.from != corrupt {
      let classes = Set(entries.map { MessageClass.of(step: $0.step, from: link.from, to: link.to) })
      #expect(classes.isDisjoint(with: [.opening, .openingDigest]), "\(link), without \(kind)")
    }
  }

  /// Messages that both peers should get alike, changed for one of them: nobody opens anything.
  @Test(
    arguments: [0, 1, 2],
    [MessageClass.macReady, .keyOpening, .keyDigest, .difference, .differenceDigest])
  func aLieToOnePeer(corrupt: Int, kind: MessageClass) {
    let corrupt = PartyIndex(corrupt)
    let world = worlds(0x5eed_e004)[2]
    let honest = world.run().transcript
    for to in [corrupt.advanced(by: 1, of: 3), corrupt.advanced(by: 2, of: 3)] {
      // Shares go to the predecessor and their digests to the successor.
      let link = honest.links[.init(from: corrupt, to: to), default: []]
      guard link.contains(where: { MessageClass.of(step: $0.step, from: corrupt, to: to) == kind }) else {
        continue
      }
      let outcome = world.run { message, _ in
        guard message.from == corrupt, message.to == to, MessageClass.of(message) == kind else { return .pass }
        var bytes = message.bytes
        bytes[bytes.count - 1] ^= 1
        return .change(bytes)
      }
      #expect(outcome[to].hasCaught, "\(outcome.description)")
      for party in world.everybody where party != corrupt && party != world.holder {
        #expect(outcome[party].values == nil && outcome[party].keysAreGone, "\(party): \(outcome.description)")
      }
    }
  }
}
