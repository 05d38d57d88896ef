internal import BigInt
package import ParleyBase
package import ParleyProgram

/// Logarithms to the base 2.
package enum Logarithm {
  /// log2 x for 1 ≤ x < 2.
  package static let polynomial = PiecewisePolynomial(
    from: 1, segments: 32, widthExponent: -5, degree: 3, coefficientBits: 28,
    remainder: Rational(45, 10_000_000_000), Series.binaryLogarithm)
}

extension ProgramBuilder {
  /// log2 a of a positive number, with 28 fraction bits. The error is below 2^-26 and what that of a makes of it.
  ///
  /// - Throws: as ``leadingOne(of:)``.
  package mutating func binaryLogarithm(_ a: Fixed) throws(ParleyError) -> Fixed {
    let leading = try leadingOne(of: a.node)
    let bits = min(30, leading.width - 1)
    let above = try subtract(leading.mantissa, constant(BigInt(1) << (leading.width - 1)))
    let dropped = leading.width - 1 - bits
    // Down, so that it stays in its segment.
    let kept = try scale(try truncate(above, bits: dropped), by: BigInt(1) << (30 - bits))
    let (segment, rest) = try digits(of: kept, above: 25, count: 5)
    let value = try evaluate(
      Logarithm.polynomial, segment: segment, at: fixed(rest, fractionBits: 30), to: 28)
    let whole = try subtract(constant(BigInt(leading.width - 1 - a.fractionBits)), leading.shift)
    let node = try add(value.node, try scale(whole, by: BigInt(1) << 28))
    // |log2'| ≤ 1.4427 on the mantissa, and of a it is that over a.
    let slope = Dyadic(of: Rational(14427, 10000))
    let brought = try relativeError(of: a)
    let cut: Dyadic = dropped > 0 ? .power(-30) : .zero
    return Fixed(node: node, fractionBits: 28, error: value.error + slope * (cut + brought))
  }
}
