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

  /// `sums` is 64 numbers of three words, the lowest first: sums[k] += Σ of x[g]·x2[g] + y[g]·y2[g], as integers, over
  /// the g < outputs ≤ 2²³ for which bit k of selectors[g] is set.
  package static func liftedSubsetSums(
    _ x: Words, _ y: Words, _ x2: Words, _ y2: Words, outputs: Int, selectors: Words, into sums: MutableWords
  ) {
    c_parley_lifted_subset_sums(x, y, x2, y2, checkValues(outputs), selectors, sums)
  }

  /// Selectors of a group of values; see ``spreadSelectors(_:groups:into:)``.
  package static let selectorGroup = 4

  /// The selectors of groups of four: out[4d + a] is X^a times first[d] in each of its digits, which are ten elements
  /// of GF(2⁶) and one of GF(2⁴). For uniform `first`, the 64 parities of chosen bits are uniform unless all bits are 0.
  package static func spreadSelectors(_ first: Words, groups: Int, into out: MutableWords) {
    c_parley_spread_selectors(first, size(groups), out)
  }

  /// ``subsetSums(_:count:selectors:into:)`` of 4·groups values with the selectors that `first` spreads to.
  package static func groupedSubsetSums(_ t: Words, groups: Int, first: Words, into sums: MutableWords) {
    c_parley_grouped_subset_sums(t, size(groups), first, sums)
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

  /// Words of a table of ``primeTable(_:modulus:into:)``.
  package static let primeTableWords = Int(C_PARLEY_PRIME_TABLE_WORDS)

  /// What ``primeMerge(_:groups:table:modulus:into:)`` looks up for 64 coefficients.
  package static func primeTable(_ coefficients: Words, modulus: PrimeModulus, into table: MutableWords) {
    c_parley_prime_table(coefficients, modulus.constants, table)
  }

  /// out[g], g < 4·groups: Σ of the coefficients[k], k < 64, for which bit k of the selector of g is set, with the
  /// selectors that `first` spreads to.
  package static func primeMerge(
    _ first: Words, groups: Int, table: Words, modulus: PrimeModulus, into out: MutableWords
  ) {
    c_parley_prime_merge(first, size(groups), table, modulus.constants, out)
  }

  /// The first level: sums[4j + k] += Σ over d < groups of u_{4d+j}·v_{4d+k} for the vectors u with elements
  /// weights[g]·x[g], weights[g]·y[g] and v with elements a[g], b[g], g = 0, 1, …; weights are residues, the rest any
  /// words.
  package static func primePairOuter(
    _ x: Words, _ y: Words, weights: Words, _ a: Words, _ b: Words, groups: Int, modulus: PrimeModulus,
    into sums: MutableWords
  ) {
    c_parley_prime_pair_outer(x, y, weights, a, b, size(groups), modulus.constants, sums)
  }

  /// out[d] = Σ over j < 4 of coefficients[j]·u_{4d+j} for the vector u with elements weights[g]·a[g], weights[g]·b[g]
  /// of any words; without weights the results are words below 5 P, otherwise residues.
  package static func primePairFold(
    _ a: Words, _ b: Words, weights: Words?, groups: Int, coefficients: Words, modulus: PrimeModulus,
    into out: MutableWords
  ) {
    c_parley_prime_pair_fold(a, b, weights, size(groups), coefficients, modulus.constants, out)
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
