import ParleyAdditive
import ParleyAlgebra
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import Testing

/// Triples that two parties make by oblivious transfer.
@Suite struct TransferredTripleTests {
  typealias Take = CorrelationDemand.Take
  /// a, b and c of one take, as one party has them.
  struct Shares: Sendable {
    var parts: [[UInt64]] = [[], [], []]
  }

  /// Both parties' shares of every take, and the bytes that were sent.
  private func make<Word: RingWord>(
    _ demands: [CorrelationDemand], _ word: Word.Type, interceptor: Interceptor? = nil
  ) throws -> (shares: [[Shares]], sent: [Int]) {
    let session = (0..<32).map { UInt8($0) }
    let network = InterceptedNetwork(wrapping: InMemoryNetwork(count: 2), interceptor: interceptor)
    let results = runParties(network) { mesh -> ([Shares], Int) in
      let source = TransferredTriples(party: mesh.local, sessionID: session)
      var all: [Shares] = []
      for demand in demands {
        var stock = CorrelationStock<Word>()
        for flight in 0...3 {
          if let made = try source.prepare(demand, of: Word.self, flight: flight, over: mesh) {
            try stock.fill(demand, with: made)
          }
          try mesh.flush()
        }
        for take in demand.takes {
          var shares = Shares()
          func read<Element>(_ triples: consuming Triples<Element>) {
            let counts = triples.counts
            shares.parts = triples.mask { _, _ in }.finish { a, b, c in
              [(a, counts.left), (b, counts.right), (c, counts.result)].map { pointer, count in
                (0..<count).map { UInt64(truncatingIfNeeded: pointer[$0]) }
              }
            }
          }
          switch take.kind {
          case .wordTriple: read(try stock.wordTriples(take.count, step: take.step))
          case .bitTripleWord: read(try stock.bitTriples(words: take.count, step: take.step))
          case .matrixTriple(let rows, let inner, let columns):
            read(try stock.matrixTriple(rows: rows, inner: inner, columns: columns, step: take.step))
          }
          all.append(shares)
        }
      }
      return (all, mesh.meter.reading.offline.sentBytes[1 - mesh.local.rawValue])
    }
    let values = try results.partyValues()
    return (values.map(\.0), values.map(\.1))
  }

  /// A demand with everything: matrices of several shapes, also such as share no block evenly, and more words than one batch has.
  private func demand(words: Int) -> CorrelationDemand {
    let kinds: [(CorrelationKind, Int)] = [
      (.wordTriple, words), (.bitTripleWord, 41), (.matrixTriple(rows: 3, inner: 5, columns: 2), 1),
      (.matrixTriple(rows: 1, inner: 1, columns: 1), 1), (.matrixTriple(rows: 17, inner: 2, columns: 70), 1),
      (.wordTriple, 7), (.matrixTriple(rows: 3, inner: 5, columns: 2), 1),
      (.matrixTriple(rows: 0, inner: 4, columns: 2), 1),
      (.matrixTriple(rows: 2, inner: 40, columns: 0), 1),
    ]
    return CorrelationDemand(kinds.enumerated().map { Take(StepID(instruction: 1 + $0), $1.0, $1.1) })
  }

  private func check<Word: RingWord>(_ word: Word.Type, words: Int) throws {
    let demand = demand(words: words)
    let (shares, sent) = try make([demand], word)
    for (number, take) in demand.takes.enumerated() {
      let (first, second) = (shares[0][number].parts, shares[1][number].parts)
      let isBits = take.kind == .bitTripleWord
      let whole = (0..<3).map { part in
        zip(first[part], second[part]).map { isBits ? $0 ^ $1 : UInt64(Word(truncatingIfNeeded: $0 &+ $1)) }
      }
      var expected: [UInt64] = []
      switch take.kind {
      case .wordTriple: expected = zip(whole[0], whole[1]).map { UInt64(Word(truncatingIfNeeded: $0 &* $1)) }
      case .bitTripleWord: expected = zip(whole[0], whole[1]).map { $0 & $1 }
      case .matrixTriple(let rows, let inner, let columns):
        for row in 0..<rows {
          for column in 0..<columns {
            let sum = (0..<inner).reduce(UInt64(0)) {
              $0 &+ whole[0][row * inner + $1] &* whole[1][$1 * columns + column]
            }
            expected.append(UInt64(Word(truncatingIfNeeded: sum)))
          }
        }
      }
      let isRight = whole[2] == expected
      #expect(isRight, "\(take.kind.description)")
      guard take.kind == .wordTriple, take.count > 1000, Word.bitWidth == 64 else { continue }
      // Neither party's shares repeat or agree: 4096 words and more, uniform, meet with probability 2^-36.
      let all = Array(first.joined()) + Array(second.joined())
      let different = Set(all).count
      #expect(different == all.count)
    }
    let planned = TransferredTriples.traffic(perWord: MemoryLayout<Word>.size).flights.joined()
      .filter { $0.from == 0 }.reduce(0) { $0 + $1.bytes(demand) }
    #expect(sent == [planned, planned])
  }

  @Test func words64() throws { try check(UInt64.self, words: 5000) }
  @Test func words8() throws { try check(UInt8.self, words: 33_000) }

  /// Two preparations of one session are two sets of transfers; nothing of one is in the other.
  @Test func preparationsDiffer() throws {
    let demand = CorrelationDemand([Take(StepID(instruction: 1), .wordTriple, 20)])
    let (shares, _) = try make([demand, demand], UInt64.self)
    let all = shares.joined().flatMap { $0.parts.joined() }
    #expect(Set(all).count == all.count)
  }

  /// Every message of every flight with a byte less or more.
  @Test(arguments: [0, 1, 2]) func lengths(message: Int) throws {
    let demand = CorrelationDemand([Take(StepID(instruction: 1), .wordTriple, 3)])
    let steps: [StepID] = [.preparation(1), .preparation(0), .preparation(3, sub: 8)]
    for change in [-1, 1] {
      let error = #expect(throws: ParleyError.self) {
        _ = try make([demand], UInt64.self) { sent in
          guard sent.from.rawValue == 1, sent.step == steps[message] else { return .pass }
          return change < 0 ? .truncate(to: sent.bytes.count - 1) : .extend(by: [0])
        }
      }
      #expect(error?.code == .protocolViolation)
    }
  }
}
