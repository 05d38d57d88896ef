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
    // The mantissa is read as a number from 1 to 2.
    let (segment, rest) = try leadingSegment(of: leading, bits: 31)
    let value = try evaluate(
      Logarithm.polynomial, segment: segment, at: fixed(rest.node, fractionBits: 30), to: 28)
    let whole = try subtract(constant(BigInt(leading.width - 1 - a.fractionBits)), leading.shift)
    let node = try add(value.node, try scale(whole, by: BigInt(1) << 28))
    // |log2'| ≤ 1.4427 on the mantissa, and of a it is that over a.
    let slope = Dyadic(of: Rational(14427, 10000))
    let brought = try relativeError(of: a)
    let cut: Dyadic = leading.width > 31 ? .power(-30) : .zero
    return Fixed(node: node, fractionBits: 28, error: value.error + slope * (cut + brought))
  }
}
