package import ParleyAlgebra
package import ParleyBase
package import ParleyProgram

/// What an engine has prepared for a run, and what of it is left. Exchanges take from it in the order of the plan and at the steps
/// of the plan; whatever else is asked for is an error, and nothing is made up instead.
///
/// One party's exchanges come from one thread.
package struct CorrelationStock<Word: RingWord>: ~Copyable {
  private struct Column<Element: FixedWidthInteger & UnsignedInteger & Sendable> {
    let vectors: PreparedCorrelations<Word>.Vectors<Element>
    /// Elements that have been taken of each vector.
    var left = 0, right = 0, result = 0

    init(_ vectors: PreparedCorrelations<Word>.Vectors<Element>, left: Int = 0, right: Int = 0, result: Int = 0) {
      self.vectors = vectors
      (self.left, self.right, self.result) = (left, right, result)
    }
    func has(_ counts: (left: Int, right: Int, result: Int)) -> Bool {
      (vectors.a.count, vectors.b.count, vectors.c.count) == (counts.left, counts.right, counts.result)
    }
    mutating func take(_ counts: (left: Int, right: Int, result: Int)) -> Triples<Element> {
      defer {
        left += counts.left
        right += counts.right
        result += counts.result
      }
      return Triples(
        a: Lot(vectors.a, start: left, count: counts.left), b: Lot(vectors.b, start: right, count: counts.right),
        c: Lot(vectors.c, start: result, count: counts.result))
    }
  }

  private var planned = CorrelationDemand().takes
  private var words: Column<Word>?
  private var bits: Column<UInt64>?
  private var matrices: [CorrelationKind: Column<Word>] = [:]
  private var ledger = PassLedger<CorrelationDemand.Take>()
  private var isDestroyed = false
  /// What was prepared and has not been taken, of all kinds together.
  package private(set) var left = 0

  /// Nothing is prepared.
  package init() {}

  /// Takes in what was prepared for a run.
  ///
  /// - Throws: `internal/correlations` where something of an earlier one is left, or where it is not exactly what is demanded.
  package mutating func fill(
    _ demand: CorrelationDemand, with prepared: consuming PreparedCorrelations<Word>
  ) throws(ParleyError) {
    guard left == 0, !isDestroyed else {
      throw Self.error("correlated randomness is prepared while there is some that was not used")
    }
    func count(_ kind: CorrelationKind) -> (left: Int, right: Int, result: Int) {
      let count = demand.amounts[kind] ?? 0
      return (count, count, count)
    }
    words = Column(prepared.words)
    bits = Column(prepared.bits)
    matrices = [:]
    var place = (left: 0, right: 0, result: 0)
    for (kind, count) in demand.sorted {
      guard case .matrixTriple = kind else { continue }
      matrices[kind] = Column(prepared.matrices, left: place.left, right: place.right, result: place.result)
      place.left += count * kind.elements.left
      place.right += count * kind.elements.right
      place.result += count * kind.elements.result
    }
    guard words?.has(count(.wordTriple)) == true, bits?.has(count(.bitTripleWord)) == true,
      Column(prepared.matrices).has(place)
    else {
      throw Self.error("what was prepared is not what the plan demands")
    }
    planned = demand.takes
    left = demand.total
  }

  /// Notes that `step` takes so much.
  private mutating func claim(_ kind: CorrelationKind, _ count: Int, _ step: StepID) throws(ParleyError) {
    guard ledger.insert(.init(step, kind, 0), at: step.instruction) else {
      throw ParleyError(
        .randomnessReuse, "correlated randomness is asked for twice at one step",
        at: .init(item: step.description),
        remedy: "give every exchange a step of its own")
    }
    guard !isDestroyed else { throw Self.error("the correlated randomness of this session was destroyed", step) }
    guard left > 0, let next = planned.next() else {
      throw Self.error("\(kind.description) are needed that were not prepared", step)
    }
    guard next == CorrelationDemand.Take(step, kind, count) else {
      throw Self.error(
        "\(count) \(kind.description) are needed where the plan has \(next.count) \(next.kind.description) at \(next.step)",
        step)
    }
    left -= count
  }

  private static func error(_ what: String, _ step: StepID? = nil) -> ParleyError {
    ParleyError(
      .correlations, what, at: step.map { .init(item: $0.description) },
      remedy: "report this: the engine takes something else than its descriptor says")
  }

  /// So many triples of words, for the exchange at `step`.
  ///
  /// - Throws: `internal/correlations` where the plan has others at this place, or there are not enough.
  package mutating func wordTriples(_ count: Int, step: StepID) throws(ParleyError) -> Triples<Word> {
    guard count > 0 else { return Self.none() }
    try claim(.wordTriple, count, step)
    guard let triples = words?.take((count, count, count)) else { throw Self.error("there are no triples", step) }
    return triples
  }

  /// 64 triples of bits to a word.
  package mutating func bitTriples(words count: Int, step: StepID) throws(ParleyError) -> Triples<UInt64> {
    guard count > 0 else { return Self.none() }
    try claim(.bitTripleWord, count, step)
    guard let triples = bits?.take((count, count, count)) else { throw Self.error("there are no triples", step) }
    return triples
  }

  /// a has rows × inner elements, b inner × columns, c rows × columns.
  package mutating func matrixTriple(
    rows: Int, inner: Int, columns: Int, step: StepID
  ) throws(ParleyError) -> Triples<Word> {
    let kind = CorrelationKind.matrixTriple(rows: rows, inner: inner, columns: columns)
    try claim(kind, 1, step)
    guard let triples = matrices[kind]?.take(kind.elements) else {
      throw Self.error("there is no triple of this shape", step)
    }
    return triples
  }

  private static func none<Element>() -> Triples<Element> {
    let empty = Storage<Element>(uninitialized: 0)
    return Triples(a: Lot(empty), b: Lot(empty), c: Lot(empty))
  }

  /// A pass of a loop, with these numbers of instructions, begins; or the one that began last ends.
  package mutating func begin(pass numbers: Range<Int>) { ledger.begin(pass: numbers) }
  package mutating func endPass() { ledger.endPass() }

  /// Overwrites what is left; everything that is asked for from now on is refused.
  package mutating func destroy() {
    words = nil
    bits = nil
    matrices = [:]
    left = 0
    isDestroyed = true
  }
}
