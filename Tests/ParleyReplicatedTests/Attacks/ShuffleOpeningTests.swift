import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// Rows that are moved otherwise than agreed are noticed before anything of the shuffled table is opened: what a sort
/// opens next would tell where a row went (docs/proofs/shuffle.md). A comparison of the rows before and after, or one
/// at the end of three passes, would pass or not as the rows are.
@Suite struct ShuffleOpeningTests {
  typealias Family = VerifiedReplicatedFamily<UInt64>
  typealias Circuit = AttackCircuit<Family>

  enum Lie: String, CaseIterable, Sendable {
    case swappedRows = "two rows swapped"
    case otherRow = "one row changed"
    case doubledRow = "one row twice"
    case swappedWords = "two rows swapped in one column"
    case swappedPlanes = "two rows swapped in the planes"

    /// What the corrupt party takes for its shares of the columns before the pass.
    func applied(
      _ engine: Family.E, _ words: [Circuit.Arith], _ planes: [Circuit.Plane], rows: Int
    ) -> (words: [Circuit.Arith], planes: [Circuit.Plane]) {
      var order = (0..<Int32(rows)).map { $0 }
      if self == .doubledRow { order[1] = 0 } else { order.swapAt(0, 1) }
      let moved = engine.gather(words: words, planes: planes, by: order)
      switch self {
      case .swappedRows, .doubledRow: return moved
      case .swappedWords: return ([moved.words[0]] + words.dropFirst(), planes)
      case .swappedPlanes: return (words, moved.planes)
      case .otherRow:
        // Row 1 is added to row 0.
        let zeros = (engine.constant(0, count: rows - 1), engine.constantPlane(false, count: rows - 1))
        return (
          words.map { word in
            engine.linear(
              [(word, 1), (engine.stack([engine.element(word, at: 1), zeros.0]), 1)], constant: 0, count: rows)
          },
          planes.map { plane in
            engine.xor(plane, engine.stack(planes: [engine.element(plane, at: 1), zeros.1]), count: rows)
          }
        )
      }
    }
  }

  static let rows = 6
  /// Rows of two values only: many are equal, so that a comparison of tables would often find nothing.
  static func inputs(_ seed: UInt64) -> (words: [[UInt64]], bits: [[Bool]]) {
    var random = InsecureRandom(seed: seed, 0x6f70_656e)
    let few = (0..<rows).map { _ in random.next() & 1 }
    return ([(0..<rows).map { UInt64($0) }, few], [random.bits(rows), random.bits(rows)])
  }

  /// - Parameter lie: what the corrupt party does before a pass.
  static func circuit(
    _ seed: UInt64, lie: (corrupt: PartyIndex, pass: Int, Lie)? = nil
  ) -> Circuit {
    let (words, bits) = inputs(seed)
    return .openedShuffle(words: words, bits: bits) { party, pass, given in
      guard let lie, party.base.index == lie.corrupt, pass == lie.pass else { return given }
      return lie.2.applied(party.engine, given.words, given.planes, rows: rows)
    }
  }

  /// - Parameter checkers: one of them has noticed.
  private func expectNothingOpened(
    _ outcome: AttackOutcome, corrupt: PartyIndex, by checkers: [PartyIndex], _ what: String
  ) {
    #expect(checkers.contains { outcome[$0].failure?.code == .cheating }, "\(what): \(outcome.description)")
    #expect(outcome.principals.allSatisfy { $0.values == nil }, "\(what): \(outcome.description)")
    for (link, entries) in outcome.transcript.links where link.from != corrupt {
      let opened = entries.filter {
        Circuit.isOpeningOfShuffle($0.step) || (1000..<1010).contains($0.step.instruction)
      }
      #expect(opened.isEmpty, "\(what): \(link) carried \(opened.map(\.step))")
    }
  }

  @Test func anHonestRunOpensAndEnds() throws {
    let seed = 0x5eed_5700 as UInt64
    let (words, bits) = Self.inputs(seed)
    let outcome = AttackWorld(Family(UInt64.self), Self.circuit(seed), seed: seed).run()
    // The rows are in their old order again.
    #expect(
      outcome.values == [.words(words[0]), .words(words[1])]
        + bits.map { .planes([$0.packedPlane], count: $0.count) },
      "\(outcome.description)")
    for from in 0..<3 {
      let links = outcome.transcript.links.filter { $0.key.from == PartyIndex(from) && $0.key.to.rawValue < 3 }
      #expect(links.values.joined().contains { Circuit.isOpeningOfShuffle($0.step) })
    }
  }

  /// In every pass that the corrupt party sends something in, in two ways. It sends the messages of the lie and goes on as
  /// if it had sent the right ones: an honest party's check fires. Or it keeps to its lie in everything after: it also
  /// checks others with what it lied about, and may be the first to stop. Shares of two rows are sometimes the same in
  /// the few planes, and the lie is none; one of the words never is.
  @Test(arguments: [0, 1, 2], Lie.allCases) func nothingIsOpenedAfterALie(corrupt: Int, lie: Lie) {
    let corrupt = PartyIndex(corrupt)
    for pass in [corrupt.rawValue, (corrupt.rawValue + 2) % 3] {
      let third = PartyIndex((pass + 2) % 3)
      var lies = 0
      for attempt in 0..<6 as Range<UInt64> {
        let seed = 0x5eed_5710 + attempt
        let honest = AttackWorld(Family(UInt64.self), Self.circuit(seed), seed: seed)
        let liar = AttackWorld(Family(UInt64.self), Self.circuit(seed, lie: (corrupt, pass, lie)), seed: seed)
        func sent(_ outcome: AttackOutcome) -> [StepID: [UInt8]] {
          let link = outcome.transcript.links[.init(from: corrupt, to: third), default: []]
          return Dictionary(
            uniqueKeysWithValues: link.filter { Circuit.pass(of: $0.step) == pass }.map {
              ($0.step, $0.bytes ?? [])
            })
        }
        let kept = liar.run()
        let lieSent = sent(kept)
        guard lieSent != sent(honest.run()) else { continue }
        lies += 1
        let what = "\(lie), pass \(pass), \(corrupt), seed \(seed)"
        expectNothingOpened(kept, corrupt: corrupt, by: (0..<3).map { PartyIndex($0) }, what + ", kept")
        let denied = honest.run { message, _ in
          guard message.from == corrupt, message.to == third, let bytes = lieSent[message.step] else {
            return .pass
          }
          return .change(bytes)
        }
        let honestParties = (0..<3).map { PartyIndex($0) }.filter { $0 != corrupt }
        expectNothingOpened(denied, corrupt: corrupt, by: honestParties, what + ", denied")
      }
      #expect(lie == .swappedPlanes ? lies > 0 : lies == 6, "\(lie), pass \(pass), \(corrupt): \(lies) lies")
    }
  }

  /// In the pass of the two other parties there is nothing that the third one sends; what it makes of the table it received
  /// is the business of the passes after.
  @Test(arguments: [0, 1, 2]) func whoOnlyReceivesCannotLie(corrupt: Int) {
    let corrupt = PartyIndex(corrupt)
    let outcome = AttackWorld(Family(UInt64.self), Self.circuit(0x5eed_5730), seed: 0x5eed_5730).run()
    for (link, entries) in outcome.transcript.links where link.from == corrupt {
      #expect(!entries.contains { Circuit.pass(of: $0.step) == (corrupt.rawValue + 1) % 3 })
    }
  }
}
