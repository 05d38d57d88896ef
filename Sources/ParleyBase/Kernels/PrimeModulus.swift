import CParleyKernels

/// An odd modulus P between 2⁶⁰ and 2⁶¹; the functions of the field need it prime. P is public, operands may be
/// secret: they are canonical, in [0, P), and take the same time whatever they are.
package struct PrimeModulus: Sendable, Hashable {
  /// P.
  package let value: UInt64
  /// ⌊2¹²⁵/P⌋ − 2⁶⁴.
  private let reciprocal: UInt64

  /// An odd number between 2⁶⁰ and 2⁶¹; others trap. Whether it is prime is not looked at.
  package init(_ value: UInt64) {
    precondition(value > 1 << 60 && value < 1 << 61 && value & 1 == 1, "modulus out of range")
    self.value = value
    // ⌊(2¹²⁵ − 2⁶⁴ P)/P⌋; the high word of the dividend is below P.
    reciprocal = value.dividingFullWidth((high: (1 << 61) - value, low: 0)).quotient
  }

  var constants: c_parley_prime { c_parley_prime(value: value, reciprocal: reciprocal) }

  /// a + b mod P.
  package func add(_ a: UInt64, _ b: UInt64) -> UInt64 { Self.subtractOnce(a &+ b, value) }

  /// a − b mod P.
  package func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let difference = a &- b
    return difference &+ (value & (0 &- (difference >> 63)))
  }

  /// −a mod P.
  package func negate(_ a: UInt64) -> UInt64 { subtract(0, a) }

  /// a·b mod P.
  package func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return reduce(high: product.high, low: product.low)
  }

  /// The residue of an integer given by its words, the lowest first; any words, any number of them.
  package func reduce(_ limbs: [UInt64]) -> UInt64 {
    limbs.reversed().reduce(0) { reduce(high: $0, low: $1) }
  }

  /// The residue of an integer of two words.
  package func reduce(low: UInt64, high: UInt64) -> UInt64 { reduce(high: reduce(high: 0, low: high), low: low) }

  /// high < P. Barrett's reduction; for the bound on the error of the quotient see `reduce` in `prime_body.h`.
  private func reduce(high: UInt64, low: UInt64) -> UInt64 {
    let top = high &<< 3 | low &>> 61
    let quotient = top &+ top.multipliedFullWidth(by: reciprocal).high
    let rest = low &- quotient &* value
    return Self.subtractOnce(Self.subtractOnce(rest, value &* 2), value)
  }

  /// a − m when that is not negative, else a; a < m + 2⁶³.
  private static func subtractOnce(_ a: UInt64, _ m: UInt64) -> UInt64 {
    let rest = a &- m
    return rest &+ (m & (0 &- (rest >> 63)))
  }

  /// Whether n is prime: Miller and Rabin's test for the first twelve primes, which no composite below 2⁶⁴ passes
  /// (Sorenson, Webster 2015). The time depends on n: it is for public numbers only.
  package static func isPrime(_ n: UInt64) -> Bool {
    let bases: [UInt64] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]
    if n < 2 { return false }
    for base in bases where n % base == 0 { return n == base }
    func product(_ a: UInt64, _ b: UInt64) -> UInt64 {
      n.dividingFullWidth(a.multipliedFullWidth(by: b)).remainder
    }
    let twos = (n - 1).trailingZeroBitCount
    let odd = (n - 1) >> UInt64(twos)
    return bases.allSatisfy { base in
      var power: UInt64 = 1
      for bit in (0..<(64 - odd.leadingZeroBitCount)).reversed() {
        power = product(power, power)
        if odd >> UInt64(bit) & 1 == 1 { power = product(power, base) }
      }
      if power == 1 || power == n - 1 { return true }
      for _ in 1..<max(twos, 1) {
        power = product(power, power)
        if power == n - 1 { return true }
      }
      return false
    }
  }
}
