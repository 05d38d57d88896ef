import CParleyKernels

/// Proofs over bits: GF(2⁶⁴) = GF(2)[X]/(X⁶⁴ + X⁴ + X³ + X + 1), bit i of a word is the coefficient of X^i.
///
/// Weights and coefficients are public: their multiples are looked up by their bits. Everything else may be shares,
/// on which nothing branches and by which nothing is indexed. Outputs overlap no input unless said.
extension Kernels {
  /// a·b.
  package static func gf64Multiply(_ a: UInt64, _ b: UInt64) -> UInt64 { c_parley_gf64_multiply(a, b) }

  /// Σ a[e]·b[e], reduced once.
  package static func gf64Dot(_ a: Words, _ b: Words, count: Int) -> UInt64 {
    c_parley_gf64_dot(a, b, size(count))
  }

  /// A vector of shares of bits, in groups of 2·lanes words: word j of group d is first[d·lanes + j] for j < lanes, and
  /// second[d·lanes + j − lanes] from there on.
  package struct BitWords {
    let first: Words
    let second: Words
    /// Both parts.
    package init(first: Words, second: Words) {
      self.first = first
      self.second = second
    }
  }

  /// sums[j·2·lanes + k] ^= Σ over d < groups of weights[d]·(x_dj ∧ y_dk).
  package static func gf64MaskedOuter(
    _ x: BitWords, _ y: BitWords, groups: Int, lanes: Int, weights: Words, into sums: MutableWords
  ) {
    check(lanes, atMost: 32)
    c_parley_gf64_masked_outer(
      x.first, x.second, y.first, y.second, size(groups), lanes, weights, sums)
  }

  /// out[64·d + l] = Σ of the coefficients[j], j < 2·lanes, for which bit l of x_dj is set.
  package static func gf64ExpandFold(
    _ x: BitWords, groups: Int, lanes: Int, coefficients: Words, into out: MutableWords
  ) {
    check(lanes, atMost: 32)
    c_parley_gf64_expand_fold(x.first, x.second, size(groups), lanes, coefficients, out)
  }

  /// What ``gf64Fold(_:groups:factor:coefficients:into:)`` with `second` makes of that, after ``gf64Weigh(_:groups:weights:)``
  /// if there are weights: 64/factor elements for each group. `factor` divides 64.
  package static func gf64ExpandFolded(
    _ x: BitWords, groups: Int, lanes: Int, coefficients: Words, weights: Words?, factor: Int, second: Words,
    into out: MutableWords
  ) {
    check(lanes, atMost: 32)
    precondition(factor >= 1 && 64 % factor == 0, "factor out of range")
    c_parley_gf64_expand_folded(
      x.first, x.second, size(groups), lanes, coefficients, weights, factor, second, out)
  }

  /// values[64·d + l] *= X^l·weights[d], l < 64.
  package static func gf64Weigh(_ values: MutableWords, groups: Int, weights: Words) {
    c_parley_gf64_weigh(values, size(groups), weights)
  }

  /// sums[j·factor + k] ^= Σ over d < groups of u[d·factor + j]·v[d·factor + k].
  package static func gf64Outer(_ u: Words, _ v: Words, groups: Int, factor: Int, into sums: MutableWords) {
    check(factor, atMost: 64)
    c_parley_gf64_outer(u, v, size(groups), factor, sums)
  }

  /// out[d] = Σ over j < factor of coefficients[j]·u[d·factor + j]; `out` may be `u`.
  package static func gf64Fold(
    _ u: Words, groups: Int, factor: Int, coefficients: Words, into out: MutableWords
  ) {
    check(factor, atMost: 64)
    c_parley_gf64_fold(u, size(groups), factor, coefficients, out)
  }

  static func check(_ factor: Int, atMost limit: Int) {
    precondition(factor >= 1 && factor <= limit, "factor out of range")
  }
}
