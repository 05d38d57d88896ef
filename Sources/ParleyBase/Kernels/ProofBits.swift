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

  /// sums[j·factor + k] ^= Σ over d < groups of weights[d]·(x[d·factor + j] ∧ y[d·factor + k]).
  package static func gf64MaskedOuter(
    _ x: Words, _ y: Words, groups: Int, factor: Int, weights: Words, into sums: MutableWords
  ) {
    check(factor, atMost: 64)
    c_parley_gf64_masked_outer(x, y, size(groups), factor, weights, sums)
  }

  /// out[64·d + l] = Σ of the coefficients[j], j < factor, for which bit l of x[d·factor + j] is set.
  package static func gf64ExpandFold(
    _ x: Words, groups: Int, factor: Int, coefficients: Words, into out: MutableWords
  ) {
    check(factor, atMost: 64)
    c_parley_gf64_expand_fold(x, size(groups), factor, coefficients, out)
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
