package import ParleyAlgebra
package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// Triples from one seed that both parties know: correlated, and no secret at all. For tests; what it stands for is oblivious transfer
/// or a dealer that is trusted. Nothing is sent.
///
/// Every preparation has streams of its own, so that triples of two are different.
package final class InsecureTripleDealer: CorrelationSource {
  private let seed: UInt64
  private let isFirst: Bool
  private var preparations: UInt64 = 0
  /// What was demanded, one preparation after the other.
  package private(set) var demanded: [CorrelationDemand] = []

  /// One party's side.
  package init(party: PartyIndex, seed: UInt64) {
    isFirst = party.rawValue == 0
    self.seed = seed
  }

  package func offlineTraffic(perWord: Int) -> OfflineTraffic { OfflineTraffic() }

  package func prepare<Word: RingWord>(
    _ demand: CorrelationDemand, of word: Word.Type, flight: Int, over mesh: any MessageLinks
  ) throws(ParleyError) -> PreparedCorrelations<Word>? {
    preparations += 1
    demanded.append(demand)
    let triples = InsecureTriples<Word>(demand, seed: seed, number: preparations)
    return isFirst ? triples.first : triples.second
  }
}

/// Both parties' shares of all triples of a demand.
package struct InsecureTriples<Word: RingWord> {
  /// Shares of a, b and c.
  package typealias Vectors<Element: FixedWidthInteger & UnsignedInteger & Sendable> =
    PreparedCorrelations<Word>.Vectors<Element>

  /// By party.
  package let words: [Vectors<Word>]
  /// By party; 64 triples to a word.
  package let bits: [Vectors<UInt64>]
  /// By party, those of one shape after the other.
  package let matrices: [Vectors<Word>]

  /// Party 0's.
  package var first: PreparedCorrelations<Word> { of(0) }
  /// Party 1's.
  package var second: PreparedCorrelations<Word> { of(1) }
  /// The shares of one party.
  package func of(_ party: Int) -> PreparedCorrelations<Word> {
    PreparedCorrelations(words: words[party], bits: bits[party], matrices: matrices[party])
  }

  /// - Parameter number: another one gives other triples.
  package init(_ demand: CorrelationDemand, seed: UInt64, number: UInt64) {
    func random<Element: FixedWidthInteger & UnsignedInteger & Sendable>(
      _ count: Int, _ purpose: UInt64
    ) -> Storage<Element> {
      var random = InsecureRandom(seed: seed, 0x7472_6970, number, purpose)
      let storage = Storage<Element>(uninitialized: count)
      for index in 0..<count { storage.pointer[index] = Element(truncatingIfNeeded: random.next()) }
      return storage
    }
    /// The first party's shares are random, and so are the other's of a and b; its share of c is what is missing.
    func shared<Element: FixedWidthInteger & UnsignedInteger & Sendable>(
      _ counts: (left: Int, right: Int, result: Int), _ purpose: UInt64, _ add: (Element, Element) -> Element,
      _ missing: (_ product: Element, _ share: Element) -> Element,
      _ product: (Storage<Element>, Storage<Element>, Storage<Element>) -> Void
    ) -> [Vectors<Element>] {
      let own: Vectors<Element> = Vectors(
        a: random(counts.left, purpose), b: random(counts.right, purpose + 1),
        c: random(counts.result, purpose + 2))
      let others: Vectors<Element> = Vectors(
        a: random(counts.left, purpose + 3), b: random(counts.right, purpose + 4),
        c: Storage(repeating: 0, count: counts.result))
      func whole(_ x: Storage<Element>, _ y: Storage<Element>) -> Storage<Element> {
        let sum = Storage<Element>(uninitialized: x.count)
        for index in 0..<x.count { sum.pointer[index] = add(x.pointer[index], y.pointer[index]) }
        return sum
      }
      product(whole(own.a, others.a), whole(own.b, others.b), others.c)
      for index in 0..<counts.result {
        others.c.pointer[index] = missing(others.c.pointer[index], own.c.pointer[index])
      }
      return [own, others]
    }
    let wordCount = demand.amounts[.wordTriple] ?? 0, bitCount = demand.amounts[.bitTripleWord] ?? 0
    words = shared((wordCount, wordCount, wordCount), 0, &+, &-) { a, b, c in
      for index in 0..<wordCount { c.pointer[index] = a.pointer[index] &* b.pointer[index] }
    }
    bits = shared((bitCount, bitCount, bitCount), 10, ^, ^) { a, b, c in
      for index in 0..<bitCount { c.pointer[index] = a.pointer[index] & b.pointer[index] }
    }
    var shapes: [(rows: Int, inner: Int, columns: Int)] = []
    var counts = (left: 0, right: 0, result: 0)
    for (kind, count) in demand.sorted {
      guard case .matrixTriple(let rows, let inner, let columns) = kind else { continue }
      shapes += Array(repeating: (rows, inner, columns), count: count)
      counts.left += count * rows * inner
      counts.right += count * inner * columns
      counts.result += count * rows * columns
    }
    matrices = shared(counts, 20, &+, &-) { a, b, c in
      var (left, right, result) = (a.pointer, b.pointer, c.pointer)
      for (rows, inner, columns) in shapes {
        for row in 0..<rows {
          for k in 0..<inner {
            for column in 0..<columns {
              result[row * columns + column] &+= left[row * inner + k] &* right[k * columns + column]
            }
          }
        }
        left += rows * inner
        right += inner * columns
        result += rows * columns
      }
    }
  }
}
