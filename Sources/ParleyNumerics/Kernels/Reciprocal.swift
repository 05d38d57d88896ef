internal import BigInt
package import ParleyBase
package import ParleyProgram

/// A positive number as mantissa · 2^exponent, by a secret exponent.
package struct FloatingNumber: Hashable, Sendable {
  package let mantissa: Fixed
  /// Whole numbers.
  package let exponent: Program.NodeID
  /// A bound on the relative error of the number.
  package let relativeError: Dyadic
}

/// Reciprocals.
package enum Reciprocal {
  /// 1 / y for 1/2 ≤ y < 1; what is claimed is a relative error.
  package static let polynomial = PiecewisePolynomial(
    from: Rational(1, 2), segments: 32, widthExponent: -6, degree: 3, coefficientBits: 28,
    remainder: Rational(80, 10_000_000_000)
  ) { (BigInt(1) << (2 * Series.bits)) / ($0 * .power(Series.bits)).rounded }
  /// Fraction bits of the argument, which is cut.
  static let argumentBits = 30
  /// Fraction bits of the mantissa.
  static let resultBits = 28
}

extension ProgramBuilder {
  /// 1 / a of a positive number: a polynomial of its leading bits. The relative error is below 2^-26 and that of a.
  ///
  /// - Throws: as ``leadingOne(of:)``.
  package mutating func reciprocal(_ a: Fixed) throws(ParleyError) -> (
    number: FloatingNumber, leading: LeadingOne
  ) {
    let leading = try leadingOne(of: a.node)
    let (segment, rest) = try leadingSegment(of: leading, bits: Reciprocal.argumentBits)
    // As 1/y is at least 1, other errors are relative ones too.
    let value = try evaluate(
      Reciprocal.polynomial, segment: segment, at: rest, to: Reciprocal.resultBits)
    let cut: Dyadic = leading.width > Reciprocal.argumentBits ? .power(1 - Reciprocal.argumentBits) : .zero
    let own = value.error + cut
    let brought = try relativeError(of: a)
    let exponent = try add(leading.shift, constant(BigInt(a.fractionBits - leading.width)))
    let whole = (own + own * own * .power(1)) + brought + own * brought * .power(1)
    return (
      FloatingNumber(
        mantissa: Fixed(node: value.node, fractionBits: Reciprocal.resultBits, error: whole * .power(1)),
        exponent: exponent, relativeError: whole), leading
    )
  }

  /// Of a mantissa, the five bits after the leading one, and what is left of so many bits of it, with the mantissa below 1; down.
  mutating func leadingSegment(
    of leading: LeadingOne, bits: Int
  ) throws(ParleyError) -> (bits: [NodeID], rest: Fixed) {
    // At least the leading one and five bits.
    let width = max(leading.width, 6)
    let mantissa = try scale(leading.mantissa, by: BigInt(1) << (width - leading.width))
    let place = width - 6
    var segment: [NodeID] = []
    for position in (place..<place + 5).reversed() { segment.append(try bit(mantissa, at: position)) }
    guard place > 0 else { return (segment, fixed(constant(0), fractionBits: bits)) }
    let rest = try part(of: mantissa, below: place, dropping: width - bits)
    return (segment, fixed(rest, fractionBits: bits))
  }

  /// How far a positive number is from the true one, divided by that.
  func relativeError(of a: Fixed) throws(ParleyError) -> Dyadic {
    guard a.error > .zero else { return .zero }
    let least = Rational(type(of: a.node).range.lower) * .power(-a.fractionBits) - a.error.rational
    guard least > 0 else {
      throw ParleyError(
        .init("plan/precision"), "a number that is known to \(a.error) may be 0, and is divided by",
        at: origin.map { .init(item: $0) }, remedy: "give it with a smaller error, or with a greater least value")
    }
    return Dyadic(of: a.error.rational / least)
  }
}
