import ParleyBase
import Testing

extension BackendTests.ProofPrime {
  /// So many of the largest values that sums which are reduced late have to be reduced on the way.
  @Test(arguments: moduli) func longOuterProducts(p: UInt64) {
    let modulus = PrimeModulus(p)
    func times(_ count: Int, _ value: UInt64) -> UInt64 { Self.remainder(UInt64(count), value, p) }
    let pairs = 9001
    let largest = [UInt64](repeating: .max, count: 2 * pairs), residues = largest.map { _ in p - 1 }
    let weighed = Self.remainder(p - 1, .max, p)
    withEachBackend { backend in
      let (words, weights) = (Unaligned(largest), Unaligned(residues))
      let sums = Unaligned([UInt64](repeating: 0, count: 16))
      Kernels.primePairOuter(
        words.readOnly, words.readOnly, weights: weights.readOnly, words.readOnly, words.readOnly, groups: pairs,
        modulus: modulus, into: sums.pointer)
      #expect(sums.array.allSatisfy { $0 == times(pairs, Self.remainder(weighed, .max, p)) }, "\(backend), p \(p)")
      #expect(sums.guardsHold)
      for (factor, groups) in [(4, 4500), (8, 2250), (16, 1125), (3, 6000)] {
        let sums = Unaligned([UInt64](repeating: 0, count: factor * factor))
        Kernels.primeOuter(
          weights.readOnly, words.readOnly, groups: groups, factor: factor, modulus: modulus, into: sums.pointer)
        #expect(sums.array.allSatisfy { $0 == times(groups, weighed) }, "\(backend), p \(p), factor \(factor)")
        #expect(sums.guardsHold)
      }
    }
  }
}
