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
  /// 1 / y for 1/2 ≤ y < 1, a first approximation.
  package static let polynomial = PiecewisePolynomial(
    from: Rational(1, 2), segments: 1, widthExponent: -1, degree: 2, coefficientBits: 20,
    remainder: Rational(21, 1000)
  ) { (BigInt(1) << (2 * Series.bits)) / ($0 * .power(Series.bits)).rounded }
  /// Steps that square the error.
  static let steps = 3
}

extension ProgramBuilder {
  /// 1 / a of a positive number: a first approximation of the leading bits, and three steps of Newton's method. The relative error is below
  /// 2^-26 and that of a.
  ///
  /// - Throws: as ``leadingOne(of:)``.
  package mutating func reciprocal(_ a: Fixed) throws(ParleyError) -> (
    number: FloatingNumber, leading: LeadingOne
  ) {
    let leading = try leadingOne(of: a.node)
    let (yBits, xBits) = (29, 28)
    let exact = fixed(leading.mantissa, fractionBits: leading.width)
    // From 1/2 to 1, which rounding can reach.
    let y = try rounded(exact, to: yBits)
    let distance = try atMost(
      try subtract(y.node, constant(BigInt(1) << (yBits - 1))), BigInt(1) << (yBits - 1) - 1)
    let first = try evaluate(
      Reciprocal.polynomial, segment: [], at: fixed(distance, fractionBits: yBits), to: xBits)
    var x = try clamped(
      first.node, within: Interval(BigInt(1) << xBits - BigInt(1) << (xBits - 5), BigInt(2) << xBits))
    // |1 − yx|; one unit of y may have been cut off at 1.
    var error = first.error + .power(1 - yBits)
    let current = { (node: NodeID) in Fixed(node: node, fractionBits: xBits, error: .zero) }
    for _ in 0..<Reciprocal.steps {
      let product = try multiply(
        fixed(y.node, fractionBits: yBits), current(x), to: xBits)
      let next = try multiply(
        current(x), try subtract(fixed(constant(2), fractionBits: 0), product), to: xBits)
      x = try clamped(
        next.node, within: Interval(BigInt(1) << xBits - BigInt(1) << (xBits - 5), BigInt(2) << xBits))
      // y(x(2 − yx − d) + e) = 1 − (1 − yx)² − yx·d + y·e
      error = error * error + product.error * (Dyadic.power(0) + error) + .power(-xBits - 1)
    }
    let brought = try relativeError(of: a)
    // The mantissa is at least 1/2.
    let relative = error + y.error * .power(1)
    let exponent = try add(leading.shift, constant(BigInt(a.fractionBits - leading.width)))
    let whole = (relative + relative * relative * .power(1)) + brought + relative * brought * .power(1)
    return (
      FloatingNumber(
        mantissa: Fixed(node: x, fractionBits: xBits, error: whole * .power(1)), exponent: exponent,
        relativeError: whole), leading
    )
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
