import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// The variance between studies by R. C. Paule and J. Mandel (Journal of Research of the National Bureau of Standards 87, 1982): the t with
/// Q(t) = Σ (y − m)²/(v + t) = k − 1, m being the mean with the weights 1/(v + t); 0 where Q(0) is less.
///
/// Newton's method from the estimate of DerSimonian and Laird, with a public number of passes, and a proof at the end
/// (docs/proofs/meta-analysis.md).
struct PauleMandel {
  typealias NodeID = Program.NodeID
  /// Of Newton's method.
  static let passes = 12
  /// What a last pass would still move is at most 2^-this of the least v + t.
  static let proofBits = 21
  /// Of a step: its length matters little, and is computed anew in every pass.
  private static let stepBits = 24

  /// As it is opened.
  let output: FloatOutput
  /// With the weights that follow.
  let studies: WeighedStudies
  /// 1 where it is not proven to be near.
  let isFar: NodeID

  /// - Parameters:
  ///   - variances: v in units of 2^-`fractionBits` of their last decimal, at least 1.
  ///   - start: where the search begins, in these units.
  ///   - most: a bound on t: Q(t) = k − 1 gives t ≤ Σ (y − m)²/(k − 1), at most half the square of the range of estimates.
  init(
    _ study: Pooling, variances: NodeID, fractionBits: Int, start: NodeID, most: BigInt,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let search = Search(study: study, variances: variances, fractionBits: fractionBits, most: most)
    // One pass is in the program once, whatever their number.
    let t = try builder.repeated(
      Self.passes, carrying: [.init("tau2", from: start, within: Interval(0, most))]
    ) { builder, carried in
      let point = try search.evaluate(at: carried[0], &builder)
      let step = try search.step(at: point, &builder)
      return [try builder.clamped(try builder.add(carried[0], step), within: Interval(0, most))]
    }[0]
    let point = try search.evaluate(at: t, &builder)
    studies = point.studies
    // |F / F'| · 2^proofBits ≤ least v + t; or t = 0 and F ≤ 0.
    let size = try builder.absolute(point.excess).magnitude
    let isNear = try builder.compare(
      .lessOrEqual, try builder.scale(size, by: BigInt(1) << Self.proofBits), point.slope)
    let isZero = try builder.and(
      try builder.compare(.equal, t, builder.constant(0)),
      try builder.compare(.lessOrEqual, point.excess, builder.constant(0)))
    isFar = try builder.not(try builder.or(isNear, isZero))
    output = try builder.floatQuotient(
      t, over: builder.constant(BigInt(10).power(study.variancePlaces) << fractionBits),
      significantBits: study.bits)
  }

  private struct Search {
    let study: Pooling
    let variances: NodeID
    let fractionBits: Int
    let most: BigInt

    struct Point {
      let studies: WeighedStudies
      /// F = Q − (k − 1) and −F'·(least v + t), times one positive number.
      let excess: NodeID
      let slope: NodeID
    }

    func evaluate(at t: NodeID, _ builder: inout ProgramBuilder) throws(ParleyError) -> Point {
      let wide = try builder.add(variances, t)
      let studies = try WeighedStudies(
        estimates: study.estimates, variances: wide, isUsed: study.frame.isUsed, &builder)
      let (distance, spread, total) = try study.spread(of: studies, &builder)
      // Q = spread · 10^e · 2^fractionBits / (2^44 · least · total), e being the decimals of variances less twice those of estimates.
      let exponent = study.variancePlaces - 2 * study.places
      let up = BigInt(10).power(max(exponent, 0)) << fractionBits, down = BigInt(10).power(max(-exponent, 0))
      let divisor = try builder.scale(
        try builder.multiply(studies.least, total), by: down << WeighedStudies.weightBits)
      let degrees = try builder.atLeast(try builder.subtract(study.frame.used, builder.constant(1)), 0)
      let excess = try builder.subtract(
        try builder.scale(spread, by: up), try builder.multiply(degrees, divisor))
      // −F' = Σ (y − m)²/(v + t)², not above it: m is from the mean rounded down to one more, so that |y − m| ≥ |d| − 1.
      let (size, _) = try builder.absolute(distance)
      let short = try builder.atLeast(try builder.subtract(size, builder.constant(1)), 0)
      let squares = try studies.sumOfSquaredWeights(short, &builder)
      // −F'·least = Σ u²d² · 10^e · 2^fractionBits / (2^88 · least), times 2^44 · least · total · 10^-min(e, 0); and u² = 2^44 · ⌊u / 2^22⌋² at least.
      let slope = try builder.scale(try builder.multiply(squares, total), by: up)
      return Point(studies: studies, excess: excess, slope: slope)
    }

    /// −F / F', rounded towards 0, not more than `most` in size.
    func step(at point: Point, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
      let share = try builder.floatQuotient(
        try builder.multiply(point.excess, point.studies.least), over: try builder.atLeast(point.slope, 1),
        significantBits: PauleMandel.stepBits)
      let (mantissa, isNegative) = try builder.absolute(share.mantissa)
      // mantissa · 2^exponent by one place after the other, with stepBits more.
      let top = most.magnitude.bitWidth + 1
      let places = try builder.clamped(
        try builder.add(share.exponent, builder.constant(BigInt(PauleMandel.stepBits))),
        within: Interval(0, BigInt(top)))
      var value = mantissa
      var place = 0
      while 1 << place <= top {
        let isMoved = try builder.bit(places, at: place)
        value = try builder.select(isMoved, try builder.scale(value, by: BigInt(1) << (1 << place)), value)
        place += 1
      }
      let whole = try builder.atMost(
        try builder.floored(value, by: BigInt(1) << PauleMandel.stepBits), most)
      return try builder.select(isNegative, try builder.negate(whole), whole)
    }
  }
}
