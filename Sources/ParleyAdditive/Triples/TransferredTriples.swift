package import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram
internal import ParleyTransfer

/// Triples that the two parties make themselves, by oblivious transfer in both directions: nobody else is trusted. Semi-honest, like the engine.
///
/// Party p has random a_p, and b_p are its random choices in transfers from the other; so a_p b_{1−p} are products that the two make with p's transfers
/// (``GilboaProducts``), and c_p = a_p b_p + what both directions give. Of bits it is one random transfer each way: m_0 ⊕ m_1 is one's b, the choice the other's a
/// (Asharov, Lindell, Schneider, Zohner, CCS 2013, section 5.1). Of matrices, an element of the right one chooses for a whole column of the left one.
///
/// | flight | both ways | bytes |
/// |--:|---|---|
/// | 1 | base transfers are opened | constant |
/// | 2 | base transfers and trees; differences d of all rows | constant, and 248 for each word, 64 bits, or element of a right matrix |
/// | 3 | corrections τ | 260 for each product of words |
///
/// Page: `docs/protocols/additive.md#triples-by-oblivious-transfer`. Transfers are set up anew for every run.
package final class TransferredTriples: CorrelationSource {
  private static let shape = TransferShape(depth: 4, security: .semiHonest)
  private static let base = BaseTransferKind.endemic
  private let local: PartyIndex
  private let sessionID: [UInt8]
  private let pool: BufferPool
  private var preparations = 0
  private var run: (any TripleMaking)?

  /// One party's side.
  ///
  /// - Parameter sessionID: which both have compared; 32 bytes.
  package init(party: PartyIndex, sessionID: [UInt8], pool: BufferPool = BufferPool()) {
    (local, self.sessionID, self.pool) = (party, sessionID, pool)
  }

  package func offlineTraffic(perWord: Int) -> OfflineTraffic { Self.traffic(perWord: perWord) }

  /// Of every such source.
  ///
  /// - Parameter perWord: bytes of a ring word.
  package static func traffic(perWord: Int) -> OfflineTraffic {
    let bits = 8 * perWord
    // A row of a batch costs a bit for each tree but one.
    let differences = 128 / shape.depth - 1
    let product = bits / 2 * perWord + max(bits / 16, 1)
    func both(_ sizes: [OfflineTraffic.Size]) -> [OfflineTraffic.Message] {
      [.init(from: 0, to: 1, sizes: sizes), .init(from: 1, to: 0, sizes: sizes)]
    }
    return OfflineTraffic(flights: [
      both([.init(.run, bytes: shape.offerBytes(base))]),
      both([
        .init(.run, bytes: shape.setupBytes),
        .init(.wordTriples, bytes: differences * bits / 8, groupsOf: 64 / bits),
        .init(.bitTripleWords, bytes: differences * 8),
        .init(.rightElements, bytes: differences * bits / 8, groupsOf: 64 / bits),
      ]),
      both([.init(.wordTriples, bytes: product), .init(.matrixTerms, bytes: product)]),
    ])
  }

  package func prepare<Word: RingWord>(
    _ demand: CorrelationDemand, of word: Word.Type, flight: Int, over mesh: any MessageLinks
  ) throws(ParleyError) -> PreparedCorrelations<Word>? {
    if flight == 0 {
      let setting = TripleSetting(
        batches: TripleBatches(demand, wordBits: Word.bitWidth), local: local, sessionID: sessionID,
        number: preparations, shape: Self.shape, base: Self.base, pool: pool)
      preparations += 1
      // Called through a protocol, so the ring is not known when this is compiled; the loops below it must be.
      run =
        switch Word.bitWidth {
        case 64: TripleRun<UInt64>(setting, .words64)
        case 32: TripleRun<UInt32>(setting, .words32)
        case 16: TripleRun<UInt16>(setting, .words16)
        case 8: TripleRun<UInt8>(setting, .words8)
        default: throw ParleyError(.invariant, "there are no triples for words of \(Word.bitWidth) bits")
        }
    }
    guard let run else { throw ParleyError(.invariant, "triples are prepared out of order") }
    guard let made = try run.prepare(flight: flight, over: mesh) else { return nil }
    self.run = nil
    func vectors(_ list: [AnyObject]) throws(ParleyError) -> PreparedCorrelations<Word>.Vectors<Word> {
      guard let a = list[0] as? Storage<Word>, let b = list[1] as? Storage<Word>, let c = list[2] as? Storage<Word>
      else { throw ParleyError(.invariant, "triples of another ring were prepared") }
      return .init(a: a, b: b, c: c)
    }
    return PreparedCorrelations(
      words: try vectors(made.words), bits: .init(a: made.bits[0], b: made.bits[1], c: made.bits[2]),
      matrices: try vectors(made.matrices))
  }
}
