import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// The optimum of the partial likelihood.
extension PartialLikelihood {
  struct Fit {
    let newton: NewtonResult
    /// Of the coefficients that were found.
    let logLikelihood: Fixed
    /// η of every row there.
    let predictor: Fixed
    /// Twice what that is above the one of coefficients 0.
    let ratio: Fixed
  }

  /// Fits, and fails where the optimum is not proven to be near.
  func fit(
    passes: Int, within precision: Rational, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fit {
    let order = design.order
    // The second derivative can grow by as much as 8 from pass to pass.
    let shape = NewtonShape(order: order, passes: passes, growth: 14, divisorBits: 2)
    let none = builder.fixed(
      try builder.stack(Array(repeating: builder.constant(0), count: order)), fractionBits: shape.coefficientBits)
    let first = try evaluate(at: none, isLast: false, &builder).derivatives
    var last: Evaluation?
    let found = try builder.newton(shape, first: first) { (builder, b, stage) throws(ParleyError) in
      let evaluation = try evaluate(at: b, isLast: stage == .last, &builder)
      last = evaluation
      return evaluation.derivatives
    }
    guard let last else { throw ParleyError(.invariant, "a fit without an evaluation") }
    let bound = try builder.distanceBound(of: found.derivatives.gradient, by: found.inverse)
    // What changes is the spread of zᵀu among rows, up to twice its greatest magnitude; columns have Σ z² ≤ 5 rows.
    let reach = 20 * Rational(BigInt(order * sizes.rows))
    let isNear = try builder.isNearMinimum(
      precision, bound, units: .power(design.sizeBits + PartialLikelihoodSizes.quarter), reach: reach)
    rules.fail(where: try builder.not(try builder.and(found.inverse.isProven, isNear)))
    rules.fail(where: last.isOutside)
    return try likelihood(found, last, &builder)
  }

  /// Σ over the events of η − ln of the sum over the rows at risk.
  private func likelihood(
    _ found: NewtonResult, _ last: Evaluation, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fit {
    let bits = 24
    let logarithm = try builder.binaryLogarithm(
      builder.fixed(last.atRisk.node, fractionBits: last.atRisk.fractionBits))
    let ofEvents = builder.fixed(
      try builder.innerProduct(event, logarithm.node), fractionBits: logarithm.fractionBits)
    let ln = builder.constant(Series.rational(Series.logarithmOfTwo), fractionBits: 30)
    let second = try builder.multiply(try builder.rounded(ofEvents, to: bits), ln, to: bits)
    // Clamped, so that it has a range; what is outside is not shown.
    let (least, most) = PartialLikelihoodSizes.window
    let unit = BigInt(1) << last.predictor.fractionBits
    let inside = try builder.clamped(
      last.predictor.node, within: Interval(BigInt(least) * unit, BigInt(most) * unit))
    let first = builder.fixed(
      try builder.innerProduct(event, inside), fractionBits: last.predictor.fractionBits)
    let likelihood = try builder.subtract(try builder.rounded(first, to: bits), second)
    let null = builder.fixed(try self.null(bits: bits, &builder), fractionBits: bits)
    let ratio = try builder.scale(try builder.subtract(likelihood, null), by: 2)
    return Fit(
      newton: found, logLikelihood: builder.fixed(likelihood.node, fractionBits: bits),
      predictor: last.predictor,
      ratio: builder.fixed(ratio.node, fractionBits: bits))
  }

  /// Of coefficients 0, in which numbers at risk are row numbers: −Σ ln n over the events, n being the rows at risk at their time (Breslow) or, because the
  /// events of a time stand in its last rows, the row number of the event itself (Efron).
  private func null(bits: Int, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    var events = event
    if share == nil {
      events = try builder.select(
        isLast, eventsSoFar, builder.constant(0), within: Interval(0, BigInt(sizes.rows)))
    }
    guard isStratumFirst != nil else {
      let logarithms = (1...order.count).map { Int64(Self.logarithm($0, bits: bits)) }
      return try builder.negate(try builder.sum(try builder.scale(events, byPosition: .numbers(logarithms))))
    }
    // Row numbers within a stratum are secret.
    let numbers = try totals([order.isUsed], &builder)[0]
    let logarithm = try builder.binaryLogarithm(
      builder.fixed(try builder.atLeast(numbers, 1), fractionBits: 0))
    let sum = builder.fixed(
      try builder.innerProduct(events, logarithm.node), fractionBits: logarithm.fractionBits)
    let ln = builder.constant(Series.rational(Series.logarithmOfTwo), fractionBits: 30)
    return try builder.negate(try builder.multiply(try builder.rounded(sum, to: bits), ln, to: bits).node)
  }

  /// The natural logarithm of a whole number of at least 1.
  static func logarithm(_ value: Int, bits: Int) -> BigInt {
    let length = value.bitWidth - value.leadingZeroBitCount - 1
    let mantissa = Series.logarithm(Rational(BigInt(value), BigInt(1) << length))
    return Series.rational(mantissa + BigInt(length) * Series.logarithmOfTwo).scaled(bits)
  }
}
