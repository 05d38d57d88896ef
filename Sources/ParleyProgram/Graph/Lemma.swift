internal import BigInt
public import ParleyBase

extension Program {
  /// Why a value lies within a range that interval arithmetic cannot tell: one of these theorems, and no other. Each has a section of
  /// docs/proofs/lemmas.md with what must hold, and what follows.
  public enum Lemma: String, Hashable, Sendable, CaseIterable {
    /// A sum of numbers of which at most one is chosen by a bit: Σ bᵢ·cᵢ with Σ bᵢ ≤ 1 is 0 or one of the cᵢ.
    case oneOfSeveral = "one-of-several"
    /// Counts of rows that no two sets share add up to the number of rows at most; with a number for each row of a set, to so often the greatest.
    case disjointCounts = "disjoint-counts"
    /// Σ bᵢ·cᵢ of bits and public numbers lies between the sum of the negative numbers and that of the positive ones.
    case subsetSum = "subset-sum"
    /// |Σ wᵢ·xᵢ·yᵢ| ≤ √(Σ wᵢ·xᵢ² · Σ wᵢ·yᵢ²) for wᵢ ≥ 0.
    case cauchySchwarz = "cauchy-schwarz"
    /// ⌊Σ wᵢ·xᵢ / Σ wᵢ⌋ of weights that are not negative, with a positive sum, lies between the least and the greatest xᵢ.
    case weightedMean = "weighted-mean"
    /// What division leaves: x − d·⌊x / d⌋ is at least 0 and less than d.
    case remainder
  }

  /// A range that a lemma gave, for people who read the plan.
  public struct KnownRange: Hashable, Sendable {
    /// Where in the study the value came from.
    public var origin: String?
    /// The range that the value is computed with.
    public var range: Interval
    /// Why it holds.
    public var lemma: Lemma
  }

  /// Every range that a lemma gave, those inside passes of loops too.
  public var knownRanges: [KnownRange] { Self.knownRanges(nodes).map(\.range) }

  /// With the place of each: the number of the node, of a node in a pass that of the loop first.
  static func knownRanges(_ nodes: [Node]) -> [(place: [Int], range: KnownRange)] {
    var found: [(place: [Int], range: KnownRange)] = []
    for (index, node) in nodes.enumerated() {
      for lemma in node.lemmas {
        found.append(([index], .init(origin: node.origin, range: node.type.range, lemma: lemma)))
      }
      if case .repeated(let loop) = node.operation {
        for inside in knownRanges(loop.body) { found.append(([index] + inside.place, inside.range)) }
      }
    }
    return found
  }
}

extension ProgramBuilder {
  /// The same value with a narrower range, by a theorem and not by computation: nothing is computed for it, and nothing is checked when parties
  /// compute. Who calls this has shown that what the lemma asks for holds, whatever the data are.
  ///
  /// A range that is false is found by the evaluator in the clear, which checks every value. Plans list what a lemma gave.
  ///
  /// - Returns: the node whose operation has the range, or the operand where its range is within `interval` already.
  /// - Throws: `plan/bounds` where the intervals have nothing in common, `plan/type` of a bit.
  public mutating func known(
    _ a: NodeID, within interval: Interval, by lemma: Program.Lemma
  ) throws(ParleyError) -> NodeID {
    let own = try range(a)
    let lower = max(own.lower, interval.lower), upper = min(own.upper, interval.upper)
    guard lower <= upper else {
      throw refusal("bounds", "the stated range \(interval) lies outside \(own)", "state a range that can be")
    }
    if own.lower == lower, own.upper == upper { return a }
    let type = Program.ValueType(.integer(Interval(lower, upper)), program[a].type.shape)
    let id: NodeID
    switch program[a].operation {
    case .add, .subtract, .multiply, .productSum, .scale, .select, .sum, .innerProduct, .matrixProduct,
      .columnProduct,
      .quotient, .truncate, .runningSum, .extremum:
      // The operation itself has the range, so that it is computed as a ring word where that suffices.
      id = append(program[a].operation, type)
    default: id = append(.scale(a, by: 1), type)
    }
    if !program[id].lemmas.contains(lemma) { program.nodes[id.rawValue].lemmas.append(lemma) }
    return id
  }
}
