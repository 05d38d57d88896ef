internal import BigInt
package import ParleyBase
package import ParleyProgram

/// Powers of e.
package enum Exponential {
  /// 2^r for 0 ≤ r < 1.
  package static let polynomial = PiecewisePolynomial(
    from: 0, segments: 32, widthExponent: -5, degree: 3, coefficientBits: 29,
    remainder: Rational(12, 10_000_000_000), Series.power)
  /// Arguments are up to this in magnitude.
  package static let greatestArgument: Rational = 11
}

extension ProgramBuilder {
  /// e^x for |x| ≤ 11: 2^(x·log2 e), whole and broken part by themselves.
  ///
  /// - Returns: the value with 44 fraction bits, and a bound on its relative error.
  /// - Throws: `plan/overflow` where the range of x goes beyond 11.
  package mutating func exponential(_ x: Fixed) throws(ParleyError) -> (value: Fixed, relativeError: Dyadic) {
    guard magnitude(x).rational <= Exponential.greatestArgument else {
      throw ParleyError(
        .init("plan/overflow"), "the argument of an exponential goes beyond \(Exponential.greatestArgument)",
        at: origin.map { .init(item: $0) }, remedy: "clamp it first")
    }
    let bits = 29
    let factor = constant(Rational(BigInt(1) << Series.bits, Series.logarithmOfTwo), fractionBits: 34)
    let scaled = try multiply(try rounded(x, to: min(x.fractionBits, 30)), factor, to: bits)
    let shifted = try add(scaled.node, constant(BigInt(16) << bits))
    let (digits, rest) = try digits(of: shifted, above: bits - 5, count: 10)
    let fraction = try evaluate(
      Exponential.polynomial, segment: Array(digits[5...]), at: fixed(rest, fractionBits: bits), to: 28)
    var factors: [NodeID] = []
    for (place, digit) in digits[..<5].reversed().enumerated() {
      let most = BigInt(1) << (1 << place)
      factors.append(try add(constant(1), try scale(try integer(fromBit: digit), by: most - 1)))
    }
    // 16 by itself, so that few products follow each other.
    let low = try multiply(try multiply(factors[0], factors[1]), try multiply(factors[2], factors[3]))
    let power = try multiply(low, factors[4])
    // 2^r is at least 1; |2^d − 1| ≤ |d| for |d| ≤ 1.
    let relative = fraction.error + scaled.error + fraction.error * scaled.error
    // Between its values at the ends of the argument's range, whichever digits are set.
    let range = type(of: x.node).range
    func end(_ value: BigInt) -> Rational {
      Series.rational(Series.exp(Rational(value) * .power(-x.fractionBits))) * .power(44)
    }
    let slack = relative.rational + .power(-28)
    let node = try known(
      try multiply(power, fraction.node),
      within: Interval(
        (end(range.lower) * (1 - slack)).floor - 1, (end(range.upper) * (1 + slack)).ceiling + 1),
      by: .weightedMean)
    let most = Dyadic(magnitude(node), fractionBits: 44)
    // Of the true value, which is at most this much of the computed one.
    let error = most * (relative + relative * relative * .power(1))
    return (Fixed(node: node, fractionBits: 44, error: error), relative)
  }
}
