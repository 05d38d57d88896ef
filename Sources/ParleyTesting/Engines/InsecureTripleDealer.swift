package import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
package import ParleyProgram

/// Triples from one seed that both parties know: correlated, and no secret at all. For tests; what it stands for is oblivious transfer
/// or a dealer that is trusted.
///
/// Every step has streams of its own, so that both parties get what belongs together whatever the order is in which they ask.
package final class InsecureTripleDealer: CorrelationSource {
  private let isFirst: Bool
  private let seed: UInt64
  private var used: Set<UInt64> = []
  /// What has been taken.
  package private(set) var taken = CorrelationDemand()

  package init(party: PartyIndex, seed: UInt64) {
    isFirst = party.rawValue == 0
    self.seed = seed
  }

  private func claim(_ step: StepID) throws(ParleyError) {
    guard used.insert(step.rawValue).inserted else {
      throw ParleyError(
        .randomnessReuse, "triples are asked for twice", at: .init(item: step.description),
        remedy: "give every exchange a step of its own")
    }
  }

  private func words<Word: RingWord>(_ count: Int, _ step: StepID, _ purpose: UInt64) -> Storage<Word> {
    var random = InsecureRandom(seed: seed, 0x7472_6970, step.rawValue, purpose)
    let storage = Storage<Word>(uninitialized: count)
    for index in 0..<count { storage.pointer[index] = Word(truncatingIfNeeded: random.next()) }
    return storage
  }
  private func added<Word: RingWord>(_ a: Storage<Word>, _ b: Storage<Word>) -> Storage<Word> {
    let sum = Storage<Word>(uninitialized: a.count)
    for index in 0..<a.count { sum.pointer[index] = a.pointer[index] &+ b.pointer[index] }
    return sum
  }

  /// The first party's shares are random, and so are the other's of a and b; its share of c is what is missing.
  private func shares<Word: RingWord>(
    _ left: Int, _ right: Int, _ results: Int, _ step: StepID,
    product: (Storage<Word>, Storage<Word>) -> Storage<Word>
  ) -> Triples<Word> {
    let first: [Storage<Word>] = [words(left, step, 1), words(right, step, 2), words(results, step, 3)]
    guard !isFirst else { return Triples(a: first[0], b: first[1], c: first[2]) }
    let a: Storage<Word> = words(left, step, 4), b: Storage<Word> = words(right, step, 5)
    let c = product(added(first[0], a), added(first[1], b))
    for index in 0..<results { c.pointer[index] &-= first[2].pointer[index] }
    return Triples(a: a, b: b, c: c)
  }

  package func wordTriples<Word: RingWord>(
    _ word: Word.Type, count: Int, step: StepID
  ) throws(ParleyError) -> Triples<Word> {
    try claim(step)
    taken.add(.wordTriple, count)
    return shares(count, count, count, step) { a, b in
      let c = Storage<Word>(uninitialized: count)
      for index in 0..<count { c.pointer[index] = a.pointer[index] &* b.pointer[index] }
      return c
    }
  }

  package func bitTriples(words count: Int, step: StepID) throws(ParleyError) -> Triples<UInt64> {
    try claim(step)
    taken.add(.bitTripleWord, count)
    let first: [Storage<UInt64>] = [words(count, step, 1), words(count, step, 2), words(count, step, 3)]
    guard !isFirst else { return Triples(a: first[0], b: first[1], c: first[2]) }
    let a: Storage<UInt64> = words(count, step, 4), b: Storage<UInt64> = words(count, step, 5)
    let c = Storage<UInt64>(uninitialized: count)
    for index in 0..<count {
      let left = a.pointer[index] ^ first[0].pointer[index], right = b.pointer[index] ^ first[1].pointer[index]
      c.pointer[index] = left & right ^ first[2].pointer[index]
    }
    return Triples(a: a, b: b, c: c)
  }

  package func matrixTriple<Word: RingWord>(
    _ word: Word.Type, rows: Int, inner: Int, columns: Int, step: StepID
  ) throws(ParleyError) -> Triples<Word> {
    try claim(step)
    taken.add(.matrixTriple(rows: rows, inner: inner, columns: columns), 1)
    return shares(rows * inner, inner * columns, rows * columns, step) { a, b in
      let c = Storage<Word>(repeating: 0, count: rows * columns)
      for row in 0..<rows {
        for column in 0..<columns {
          for k in 0..<inner {
            c.pointer[row * columns + column] &+=
              a.pointer[row * inner + k] &* b.pointer[k * columns + column]
          }
        }
      }
      return c
    }
  }
}
