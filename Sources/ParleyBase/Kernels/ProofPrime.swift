import CParleyKernels

/// Proofs over words mod 2⁶⁴: exact integer sums that public selectors choose, and the field of a public prime.
///
/// Selectors, weights and coefficients are public and looked up by; everything else may be shares, on which nothing
/// branches and by which nothing is indexed. Outputs overlap no input unless said.
extension Kernels {
  private static func checkValues(_ count: Int) -> Int {
    precondition(count <= 1 << 23, "at most 2^23 values")
    return size(count)
  }

  /// `sums` is 64 numbers of three words, the lowest first: sums[k] += Σ of u[2g]·v[2g] + u[2g+1]·v[2g+1], as
  /// integers, over the g < outputs ≤ 2²³ for which bit k of selectors[g] is set.
  package static func liftedSubsetSums(
    _ u: Words, _ v: Words, outputs: Int, selectors: Words, into sums: MutableWords
  ) {
    c_parley_lifted_subset_sums(u, v, checkValues(outputs), selectors, sums)
  }

  /// sums[k] += Σ of the t[g] for which bit k of selectors[g] is set, mod 2⁶⁴; 64 sums.
  package static func subsetSums(_ t: Words, count: Int, selectors: Words, into sums: MutableWords) {
    c_parley_subset_sums(t, size(count), selectors, sums)
  }

  /// The same as integers: `sums` is 64 numbers of two words, the lowest first; count ≤ 2²³.
  package static func wideSubsetSums(_ values: Words, count: Int, selectors: Words, into sums: MutableWords) {
    c_parley_wide_subset_sums(values, checkValues(count), selectors, sums)
  }

  /// sum (three words, the lowest first) += Σ u[e]·v[e] as integers.
  package static func wideInnerProduct(_ u: Words, _ v: Words, count: Int, into sum: MutableWords) {
    c_parley_wide_inner(u, v, size(count), sum)
  }

  /// out[g] = Σ of the coefficients[k], k < 64, for which bit k of selectors[g] is set.
  package static func primeMerge(
    _ selectors: Words, count: Int, coefficients: Words, modulus: PrimeModulus, into out: MutableWords
  ) {
    c_parley_prime_merge(selectors, size(count), coefficients, modulus.constants, out)
  }

  /// out[2g + i] = weights[g]·values[2g + i], i < 2; values are any words.
  package static func primeWeigh(
    _ values: Words, outputs: Int, weights: Words, modulus: PrimeModulus, into out: MutableWords
  ) {
    c_parley_prime_weigh(values, size(outputs), weights, modulus.constants, out)
  }

  /// out[e] = weight·values[e]; values are any words.
  package static func primeScale(
    _ values: Words, count: Int, weight: UInt64, modulus: PrimeModulus, into out: MutableWords
  ) {
    c_parley_prime_scale(values, size(count), weight, modulus.constants, out)
  }

  /// sums[j·factor + k] += Σ over d < groups of u[d·factor + j]·v[d·factor + k]; u are residues, v any words,
  /// factor ≤ 32.
  package static func primeOuter(
    _ u: Words, _ v: Words, groups: Int, factor: Int, modulus: PrimeModulus, into sums: MutableWords
  ) {
    check(factor, atMost: 32)
    c_parley_prime_outer(u, v, size(groups), factor, modulus.constants, sums)
  }

  /// out[d] = Σ over j < factor of coefficients[j]·u[d·factor + j]; u are any words, factor ≤ 32; `out` may be `u`.
  package static func primeFold(
    _ u: Words, groups: Int, factor: Int, coefficients: Words, modulus: PrimeModulus, into out: MutableWords
  ) {
    check(factor, atMost: 32)
    c_parley_prime_fold(u, size(groups), factor, coefficients, modulus.constants, out)
  }
}
