internal import BigInt
package import ParleyBase
package import ParleyProgram

/// How exactly a sigmoid is computed.
package enum SigmoidPrecision: Hashable, Sendable, CaseIterable {
  /// Error below 2^-18, for passes that only have to come nearer.
  case low
  /// Error below 2^-27 for arguments up to 16 in magnitude, and below 2^-23 beyond.
  case high

  /// Fraction bits of the argument.
  var argumentBits: Int { self == .low ? 24 : 29 }
  /// Fraction bits of the result.
  package var resultBits: Int { self == .low ? 20 : 28 }
  /// The polynomials for arguments from 0 to 16.
  package var polynomial: PiecewisePolynomial { self == .low ? Self.cubic : Self.quintic }

  private static let cubic = PiecewisePolynomial(
    from: 0, segments: 32, widthExponent: -1, degree: 3, coefficientBits: 28,
    remainder: Rational(26, 10_000_000), Series.sigmoid)
  private static let quintic = PiecewisePolynomial(
    from: 0, segments: 32, widthExponent: -1, degree: 5, coefficientBits: 30,
    remainder: Rational(45, 10_000_000_000), Series.sigmoid)
}

extension ProgramBuilder {
  /// 1 / (1 + e^-x): a polynomial of |x| on one of 32 segments up to 16, and σ(−x) = 1 − σ(x). Arguments beyond 16 count as 16.
  package mutating func sigmoid(_ x: Fixed, precision: SigmoidPrecision) throws(ParleyError) -> Fixed {
    let bits = precision.argumentBits
    let argument = try rounded(x, to: bits)
    let (magnitude, isNegative) = try absolute(argument.node)
    let end = BigInt(16) << bits
    let isBeyond = self.magnitude(magnitude) >= end
    let (segment, rest) = try digits(of: try atMost(magnitude, end - 1), above: bits - 1, count: 5)
    let value = try evaluate(
      precision.polynomial, segment: segment, at: fixed(rest, fractionBits: bits), to: precision.resultBits)
    let one = BigInt(1) << precision.resultBits
    let node = try select(
      isNegative, try subtract(constant(one), value.node), value.node, within: Interval(-16, one + 16))
    // |σ'| ≤ 1/4; σ(16 − 2^-24) is less than 1.13 · 10^-7 away from 1.
    let tail = isBeyond ? Dyadic(of: Rational(113, 1_000_000_000)) : .zero
    return Fixed(
      node: node, fractionBits: precision.resultBits, error: value.error + argument.error * .power(-2) + tail)
  }
}
