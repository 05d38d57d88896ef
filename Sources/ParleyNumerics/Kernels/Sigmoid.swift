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

/// The derivative of the sigmoid.
package enum SigmoidSlope {
  /// Fraction bits of the result.
  package static let resultBits = 14
  /// σ(1 − σ) for arguments from 0 to 16.
  package static let polynomial = PiecewisePolynomial(
    from: 0, segments: 32, widthExponent: -1, degree: 2, coefficientBits: 24,
    remainder: Rational(96, 1_000_000)
  ) { x in
    let value = Series.sigmoid(x)
    return (value * ((BigInt(1) << Series.bits) - value)) >> Series.bits
  }
}

extension ProgramBuilder {
  /// 1 / (1 + e^-x): a polynomial of |x| on one of 32 segments up to 16, and σ(−x) = 1 − σ(x). From 16 on it is 1.
  package mutating func sigmoid(_ x: Fixed, precision: SigmoidPrecision) throws(ParleyError) -> Fixed {
    try sigmoid(try sigmoidArgument(x, precision), precision)
  }

  /// The same, and its derivative to 2^-13, for one argument: 0 from 16 on.
  package mutating func sigmoidAndSlope(
    _ x: Fixed, precision: SigmoidPrecision
  ) throws(ParleyError) -> (value: Fixed, slope: Fixed) {
    let argument = try sigmoidArgument(x, precision)
    let polynomial = SigmoidSlope.polynomial
    let found = try evaluate(
      polynomial, coefficients: try selected(polynomial.coefficients, by: argument.segment),
      at: argument.powers, to: SigmoidSlope.resultBits)
    let isInside = try integer(fromBit: try not(argument.isBeyond))
    // By the table, between what the derivative is from 0 on.
    let most = BigInt(1) << (SigmoidSlope.resultBits - 2)
    let node = try known(
      try multiply(isInside, found.node), within: Interval(-16, most + 16), by: .oneOfSeveral)
    let slope = Fixed(
      node: node, fractionBits: SigmoidSlope.resultBits,
      error: found.error + argument.error * .power(-3) + argument.tail)
    return (try sigmoid(argument, precision), slope)
  }

  /// |x| as a segment and powers of the distance from its beginning.
  private struct SigmoidArgument {
    let segment: SegmentProducts
    let powers: [Fixed]
    let isNegative: NodeID
    let isBeyond: NodeID
    let error: Dyadic
    /// What 1 for the value and 0 for its derivative are off from 16 on.
    let tail: Dyadic
  }

  private mutating func sigmoidArgument(
    _ x: Fixed, _ precision: SigmoidPrecision
  ) throws(ParleyError) -> SigmoidArgument {
    let bits = precision.argumentBits
    let x = x.fractionBits < bits ? try refined(x, to: bits) : x
    let range = type(of: x.node).range
    // Segments of 1/2 begin at this bit.
    let place = x.fractionBits - 1
    let width = max(range.lower.magnitude.bitWidth, range.upper.magnitude.bitWidth)
    // Below 0 the bits of −x − 1 are those of x inverted: |x| less one unit.
    let isNegative = try bit(x.node, at: width)
    func inverted(_ position: Int) throws(ParleyError) -> NodeID {
      try xor(try bit(x.node, at: position), isNegative)
    }
    var segment: [NodeID] = [], above: [NodeID] = []
    for position in (place..<place + 5).reversed() { segment.append(try inverted(position)) }
    for position in place + 5..<max(width, place + 5) { above.append(try inverted(position)) }
    let isBeyond = try anyOf(above)
    let low = try part(of: x.node, below: place, dropping: x.fractionBits - bits)
    let last = BigInt(1) << (bits - 1) - 1
    let rest = try select(
      isNegative, try subtract(constant(last), low), low, within: Interval(0, last))
    let powers = try powers(of: fixed(rest, fractionBits: bits), precision.polynomial)
    // σ(16) is less than 1.13 · 10^-7 away from 1.
    return SigmoidArgument(
      segment: try products(ofSegment: segment), powers: powers, isNegative: isNegative, isBeyond: isBeyond,
      error: x.error + .power(-bits), tail: above.isEmpty ? .zero : Dyadic(of: Rational(113, 1_000_000_000)))
  }

  private mutating func sigmoid(
    _ argument: SigmoidArgument, _ precision: SigmoidPrecision
  ) throws(ParleyError) -> Fixed {
    let polynomial = precision.polynomial
    let value = try evaluate(
      polynomial, coefficients: try selected(polynomial.coefficients, by: argument.segment),
      at: argument.powers, to: precision.resultBits)
    let one = constant(BigInt(1) << precision.resultBits)
    let isInside = try not(argument.isBeyond)
    let isPositive = try not(argument.isNegative)
    // One of these at most, and none from −16 on down, where it is 0.
    let upper = try integer(fromBit: try and(isInside, isPositive))
    let lower = try integer(fromBit: try and(isInside, argument.isNegative))
    let end = try integer(fromBit: try and(argument.isBeyond, isPositive))
    let sum = try add(
      try productSum([(upper, value.node), (lower, try subtract(one, value.node))]),
      try scale(end, by: BigInt(1) << precision.resultBits))
    let node = try known(
      sum, within: Interval(-16, BigInt(1) << precision.resultBits + 16), by: .oneOfSeveral)
    // |σ'| ≤ 1/4.
    return Fixed(
      node: node, fractionBits: precision.resultBits,
      error: value.error + argument.error * .power(-2) + argument.tail)
  }
}
