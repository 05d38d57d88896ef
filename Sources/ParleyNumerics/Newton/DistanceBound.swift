internal import BigInt
package import ParleyBase
package import ParleyProgram

/// A bound of gᵀA⁻¹g, the square of the distance to where a residual or gradient g is 0, in the norm of A (docs/proofs/newton.md).
package struct DistanceBound: Hashable, Sendable {
  /// A scalar that is, with its error, at least gᵀA⁻¹g where the inverse is proven and ``isFar`` is 0.
  package let value: Fixed
  /// A bit, 1 where g is so large that nothing is said.
  package let isFar: Program.NodeID
  /// At least the trace of X, a scalar; the trace of A⁻¹ is less than 3/2 of it where the inverse is proven.
  package let trace: Fixed
}

extension ProgramBuilder {
  /// Of a residual, its error included: 3·tr X·(‖g‖² + p·error²). Two products and a comparison, 35 rounds.
  ///
  /// - Parameter power: |g| up to 2^power is taken; more is far.
  package mutating func distanceBound(
    of residual: Fixed, by inverse: SymmetricInverse, power: Int = -16
  ) throws(ParleyError) -> DistanceBound {
    let order = inverse.order
    let sum = (order - 1).magnitudeWidth
    let known = try kept(residual, withinPower: power)
    let g = fixed(known.value.node, fractionBits: residual.fractionBits)
    let squareBits = min(Self.wordBits - 8 - 2 * power - sum, 2 * g.fractionBits)
    let squares = try multiply(g, g, to: squareBits, as: .matrix(rows: 1, inner: order, columns: 1))
    // Everything is rounded up from here, so that what comes out is a bound.
    let brought = residual.error * residual.error * BigInt(order) + squares.error
    let more = constant((brought.rational * .power(squareBits)).ceiling)
    let whole = fixed(try add(squares.node, more), fractionBits: squareBits)
    var trace = try element(inverse.inverse.node, at: 0)
    for place in 1..<max(order, 2) where place < order {
      trace = try add(trace, try element(inverse.inverse.node, at: place * (order + 1)))
    }
    let bitsOfTrace = min(inverse.inverse.fractionBits, 8)
    let rounded = try rounded(
      fixed(trace, fractionBits: inverse.inverse.fractionBits), to: bitsOfTrace)
    let short = fixed(try add(rounded.node, constant(1)), fractionBits: bitsOfTrace)
    let size = (magnitude(short).exponent ?? 0) + (magnitude(whole).exponent ?? 0)
    let bits = min(Self.wordBits - 8 - size, squareBits + short.fractionBits)
    let product = try multiply(short, whole, to: bits)
    return DistanceBound(value: try scale(product, by: 3), isFar: try any(known.isOutside), trace: short)
  }

  /// A bit, 1 where the bound times `units` is at most the square of the tolerance.
  ///
  /// - Parameter units: how much longer the inverse of A is than the covariance whose diagonal are the squares of standard errors: those
  ///   are then √(A⁻¹)_jj / √units, and the tolerance is in standard errors.
  package mutating func isWithin(
    _ tolerance: Rational, _ bound: DistanceBound, units: Rational
  ) throws(ParleyError) -> NodeID {
    let limit = tolerance * tolerance / units - bound.value.error.rational
    let isNear = try isAtMost(bound.value, limit)
    return try and(isNear, try not(bound.isFar))
  }

  /// The same for the minimum of a function whose second derivative changes by the factor e^s where no row's value changes by more than s
  /// (logistic and Poisson regression): the bound also has to be small beside the greatest row.
  ///
  /// - Parameter reach: a bound on Σ z² of a row.
  package mutating func isNearMinimum(
    _ tolerance: Rational, _ bound: DistanceBound, units: Rational, reach: Rational
  ) throws(ParleyError) -> NodeID {
    // s / (1 − e^-s) ≤ 1.4 for s ≤ ln 2.
    let isClose = try isWithin(tolerance * Rational(5, 7), bound, units: units)
    let size = (magnitude(bound.trace).exponent ?? 0) + (magnitude(bound.value).exponent ?? 0)
    let bits = min(Self.wordBits - 6 - size, bound.trace.fractionBits + bound.value.fractionBits)
    let product = try multiply(bound.trace, bound.value, to: bits)
    // reach · 3/2 tr X · bound ≤ 1/4.
    let limit = Rational(1, 6) / reach - product.error.rational
    return try and(isClose, try isAtMost(product, limit))
  }

  private mutating func isAtMost(_ a: Fixed, _ limit: Rational) throws(ParleyError) -> NodeID {
    guard limit > 0 else {
      throw ParleyError(
        .init("plan/precision"),
        "a distance that is known to \(a.error) cannot be proven to be as small as is asked",
        at: origin.map { .init(item: $0) }, remedy: "ask for a larger tolerance, or give more fraction bits")
    }
    return try compare(.lessOrEqual, a.node, constant((limit * .power(a.fractionBits)).floor))
  }
}
