package import ParleyReplicated

/// GF(2^8) = GF(2)[X]/(X^8 + X^4 + X^3 + X + 1): small enough for the error of a check to be seen.
package struct BinaryField8: FoldingField {
  /// Powers of the generator X + 1, twice; logarithms to it.
  private let powers: [UInt64]
  private let logarithms: [Int]

  /// The field; its tables take 256 entries each.
  package init() {
    var powers: [UInt64] = []
    var logarithms = [Int](repeating: 0, count: 256)
    var power: UInt64 = 1
    for exponent in 0..<255 {
      powers.append(power)
      logarithms[Int(power)] = exponent
      power ^= power << 1
      if power >> 8 == 1 { power ^= 0x11b }
    }
    self.powers = powers + powers
    self.logarithms = logarithms
  }

  /// Elements.
  package var size: Int { 256 }
  package func add(_ a: UInt64, _ b: UInt64) -> UInt64 { a ^ b }
  package func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 { a ^ b }
  package func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
    a == 0 || b == 0 ? 0 : powers[logarithms[Int(a)] + logarithms[Int(b)]]
  }
  package func element(_ low: UInt64, _ high: UInt64) -> UInt64 { low & 0xff }
}

/// The integers modulo a small prime.
package struct SmallPrimeField: FoldingField {
  /// Below 2^31.
  package let prime: UInt64
  /// Whether the number is prime is not looked at.
  package init(_ prime: UInt64) {
    precondition((2..<1 << 31).contains(prime), "not a small prime")
    self.prime = prime
  }

  /// Elements.
  package var size: Int { Int(prime) }
  package func add(_ a: UInt64, _ b: UInt64) -> UInt64 { (a + b) % prime }
  package func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 { (a + prime - b) % prime }
  package func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 { a * b % prime }
  package func element(_ low: UInt64, _ high: UInt64) -> UInt64 { low % prime }
}

/// A field for attacks, with the vector operations spelled out.
package protocol SmallField: FoldingField {
  /// Number of elements.
  var size: Int { get }
}
extension BinaryField8: SmallField {}
extension SmallPrimeField: SmallField {}

extension SmallField {
  package func outer(
    _ u: UnsafePointer<UInt64>, _ v: UnsafePointer<UInt64>, groups: Int, factor: Int,
    into sums: UnsafeMutablePointer<UInt64>
  ) {
    for group in 0..<groups {
      for j in 0..<factor where u[group * factor + j] != 0 {
        for k in 0..<factor {
          let product = multiply(u[group * factor + j], v[group * factor + k])
          sums[j * factor + k] = add(sums[j * factor + k], product)
        }
      }
    }
  }
  package func fold(
    _ u: UnsafePointer<UInt64>, groups: Int, factor: Int, coefficients: UnsafePointer<UInt64>,
    into out: UnsafeMutablePointer<UInt64>
  ) {
    for group in 0..<groups {
      var total: UInt64 = 0
      for j in 0..<factor { total = add(total, multiply(coefficients[j], u[group * factor + j])) }
      out[group] = total
    }
  }
  /// The one element x with a·x = b, for a ≠ 0; by trying all.
  package func quotient(_ b: UInt64, by a: UInt64) -> UInt64 {
    (0..<UInt64(size)).first { multiply(a, $0) == b } ?? 0
  }
  /// Σ u[i]·v[i].
  package func innerProduct(_ u: [UInt64], _ v: [UInt64]) -> UInt64 {
    zip(u, v).reduce(0) { add($0, multiply($1.0, $1.1)) }
  }
}
