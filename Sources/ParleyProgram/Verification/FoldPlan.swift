/// How a claim about an inner product of two vectors is folded to one that a single message proves
/// (docs/protocols/bit-proof.md): element e of a vector belongs to block e mod C, and C blocks fold into one.
///
/// Adjacent elements fold together, so that a level is one pass over memory.
package struct FoldPlan: Hashable, Sendable {
  /// One fold.
  package struct Level: Hashable, Sendable {
    /// C, the number of blocks.
    package var factor: Int
    /// Elements of a block: what the vector has after the fold.
    package var groups: Int
    /// A fold of `factor` blocks of `groups` elements.
    package init(factor: Int, groups: Int) {
      self.factor = factor
      self.groups = groups
    }
    /// Elements of the padded vector.
    package var elements: Int { factor * groups }
    /// Products that the prover shares: all C² but the one that follows from the claim.
    package var products: Int { factor * factor - 1 }
  }

  /// Folds, the first first.
  package let levels: [Level]
  /// Elements of the vectors of the last message.
  package let finalElements: Int

  /// The last message has about the square of this many elements.
  package static let largestFinal = 16
  private static let widest = 32

  /// - Parameter first: the factors of the first levels, as far as there is something to fold; later ones are 32.
  package init(elements: Int, first: [Int]) {
    var levels: [Level] = []
    var rest = max(elements, 1)
    while rest > Self.largestFinal {
      let factor = levels.count < first.count ? first[levels.count] : Self.widest
      let level = Level(factor: factor, groups: (rest + factor - 1) / factor)
      levels.append(level)
      rest = level.groups
    }
    self.levels = levels
    finalElements = rest
  }

  /// Products shared in the last message, whose vectors have one mask each in front: (d+1)², but for the one that
  /// follows from the claim.
  package var finalProducts: Int { (finalElements + 1) * (finalElements + 1) - 1 }
  /// Challenges that reach the prover after it has the vectors.
  package var challenges: Int { levels.count }
}
