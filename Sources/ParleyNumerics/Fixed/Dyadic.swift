package import BigInt

/// An error bound: numerator · 2^-fractionBits, never negative.
///
/// Every operation rounds up, to 32 bits of the numerator, so that a bound stays one and does not grow in length.
package struct Dyadic: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// At most 2^32.
  package let numerator: BigInt
  package let fractionBits: Int

  /// Bits that a numerator keeps.
  private static let precision = 32

  /// The least bound that is kept and not less than `numerator` · 2^-`fractionBits`.
  package init(_ numerator: BigInt, fractionBits: Int) {
    precondition(numerator >= 0, "a negative bound")
    let excess = numerator.magnitude.bitWidth - Self.precision
    let dropped = max(excess, 0)
    let kept = dropped > 0 ? (numerator + (BigInt(1) << dropped) - 1) >> dropped : numerator
    // Equal bounds look equal.
    let zeros = kept == 0 ? 0 : kept.trailingZeroBitCount
    self.numerator = kept >> zeros
    self.fractionBits = kept == 0 ? 0 : fractionBits - dropped - zeros
  }

  /// A bound on the magnitude of a fraction.
  package init(of value: Rational) {
    let magnitude = value.magnitude
    let bits = Self.precision + magnitude.denominator.magnitude.bitWidth
    self.init((magnitude * .power(bits)).ceiling, fractionBits: bits)
  }

  /// What is exact.
  package static let zero = Dyadic(0, fractionBits: 0)
  /// 2^exponent.
  package static func power(_ exponent: Int) -> Dyadic { Dyadic(1, fractionBits: -exponent) }

  package static func + (a: Self, b: Self) -> Self {
    let bits = max(a.fractionBits, b.fractionBits)
    return Dyadic(
      a.numerator << (bits - a.fractionBits) + b.numerator << (bits - b.fractionBits), fractionBits: bits)
  }
  package static func * (a: Self, b: Self) -> Self {
    Dyadic(a.numerator * b.numerator, fractionBits: a.fractionBits + b.fractionBits)
  }
  /// So many times as much.
  package static func * (a: Self, count: BigInt) -> Self {
    Dyadic(a.numerator * BigInt(count.magnitude), fractionBits: a.fractionBits)
  }
  package static func < (a: Self, b: Self) -> Bool {
    let bits = max(a.fractionBits, b.fractionBits)
    return a.numerator << (bits - a.fractionBits) < b.numerator << (bits - b.fractionBits)
  }

  /// The bound itself, as a fraction.
  package var rational: Rational { Rational(numerator) * .power(-fractionBits) }
  /// The least integer e with bound ≤ 2^e; nil for 0.
  package var exponent: Int? {
    numerator == 0 ? nil : (numerator - 1).magnitude.bitWidth - fractionBits
  }
  package var description: String { exponent.map { "at most 2^\($0)" } ?? "0" }
}
