package import ParleyBase

/// A field in which a claim about an inner product is folded. Elements are words in canonical form; vectors are
/// contiguous. The production fields are ``BinaryField64`` and ``PrimeField``; tests bring small ones, in which the
/// error of the checks can be seen.
package protocol FoldingField: Sendable {
  /// a + b.
  func add(_ a: UInt64, _ b: UInt64) -> UInt64
  /// a − b.
  func subtract(_ a: UInt64, _ b: UInt64) -> UInt64
  /// a·b.
  func multiply(_ a: UInt64, _ b: UInt64) -> UInt64
  /// A uniform element from two uniform words, up to a statistical distance of 2^-64.
  func element(_ low: UInt64, _ high: UInt64) -> UInt64
  /// sums[j·factor + k] += Σ_d u[d·factor + j]·v[d·factor + k].
  func outer(
    _ u: UnsafePointer<UInt64>, _ v: UnsafePointer<UInt64>, groups: Int, factor: Int,
    into sums: UnsafeMutablePointer<UInt64>)
  /// out[d] = Σ_j coefficients[j]·u[d·factor + j]; `out` may be `u`.
  func fold(
    _ u: UnsafePointer<UInt64>, groups: Int, factor: Int, coefficients: UnsafePointer<UInt64>,
    into out: UnsafeMutablePointer<UInt64>)
}

extension FoldingField {
  /// `count` uniform elements from 2·count uniform words.
  func elements(_ words: some RandomAccessCollection<UInt64>) -> [UInt64] {
    var list: [UInt64] = []
    list.reserveCapacity(words.count / 2)
    var at = words.startIndex
    while at < words.endIndex {
      let next = words.index(after: at)
      list.append(element(words[at], words[next]))
      at = words.index(after: next)
    }
    return list
  }
  /// a·b − c… on lists of the same length.
  func subtract(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] { zip(a, b).map { subtract($0, $1) } }
}

/// GF(2^64) = GF(2)[X]/(X^64 + X^4 + X^3 + X + 1), bit i of a word the coefficient of X^i.
package struct BinaryField64: FoldingField {
  /// The field; it has no parameters.
  package init() {}
  package func add(_ a: UInt64, _ b: UInt64) -> UInt64 { a ^ b }
  package func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 { a ^ b }
  package func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 { Kernels.gf64Multiply(a, b) }
  package func element(_ low: UInt64, _ high: UInt64) -> UInt64 { low }
  package func outer(
    _ u: UnsafePointer<UInt64>, _ v: UnsafePointer<UInt64>, groups: Int, factor: Int,
    into sums: UnsafeMutablePointer<UInt64>
  ) { Kernels.gf64Outer(u, v, groups: groups, factor: factor, into: sums) }
  package func fold(
    _ u: UnsafePointer<UInt64>, groups: Int, factor: Int, coefficients: UnsafePointer<UInt64>,
    into out: UnsafeMutablePointer<UInt64>
  ) { Kernels.gf64Fold(u, groups: groups, factor: factor, coefficients: coefficients, into: out) }
}

/// The integers modulo a prime of 61 bits that a challenge has drawn.
package struct PrimeField: FoldingField {
  /// The prime.
  package let modulus: PrimeModulus
  /// The field of a prime.
  package init(_ modulus: PrimeModulus) { self.modulus = modulus }

  package func add(_ a: UInt64, _ b: UInt64) -> UInt64 { modulus.add(a, b) }
  package func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 { modulus.subtract(a, b) }
  package func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 { modulus.multiply(a, b) }
  package func element(_ low: UInt64, _ high: UInt64) -> UInt64 { modulus.reduce([low, high]) }
  package func outer(
    _ u: UnsafePointer<UInt64>, _ v: UnsafePointer<UInt64>, groups: Int, factor: Int,
    into sums: UnsafeMutablePointer<UInt64>
  ) { Kernels.primeOuter(u, v, groups: groups, factor: factor, modulus: modulus, into: sums) }
  package func fold(
    _ u: UnsafePointer<UInt64>, groups: Int, factor: Int, coefficients: UnsafePointer<UInt64>,
    into out: UnsafeMutablePointer<UInt64>
  ) {
    Kernels.primeFold(u, groups: groups, factor: factor, coefficients: coefficients, modulus: modulus, into: out)
  }
}

/// Uniform among the primes of [2^60, 2^61): odd candidates from a uniform stream until one is prime
/// (docs/protocols/ring-proof.md). Variable time: challenges are public.
package enum PrimeDraw {
  /// - Parameter next: gives uniform words; both verifiers and the prover must give the same.
  package static func prime(_ next: () -> UInt64) -> PrimeModulus {
    while true {
      let candidate = next() >> 4 | 1 << 60 | 1
      if PrimeModulus.isPrime(candidate) { return PrimeModulus(candidate) }
    }
  }
}
