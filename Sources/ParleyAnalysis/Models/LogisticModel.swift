import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// A logistic regression of scaled columns.
struct LogisticModel {
  typealias NodeID = Program.NodeID
  let design: Design
  /// A bit of each row; 0 in rows that are not used.
  let event: NodeID
  let penalty: RidgePenalty?

  struct Fit {
    let newton: NewtonResult
    /// Of the coefficients that were found, with its bound.
    let logLikelihood: Fixed
  }
  /// What the likelihood needs of the last evaluation.
  private struct Evaluation {
    let predictor: Fixed
    let probability: Fixed
    /// 1 where a second derivative with its penalty is too large.
    var isOutside: NodeID?
  }

  /// Fits, and fails where the optimum is not proven to be near.
  func fit(
    _ settings: NewtonSettings, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fit {
    let order = design.order
    let short = try design.shortened(to: 12, &builder)
    // A quarter of ZᵀZ: the second derivative at 0, and nowhere greater.
    let product = try builder.columnProduct(try design.weighted(short, &builder), short)
    var first = try bounded(
      try design.mean(
        of: product, fractionBits: 26, perRow: Self.curvature, error: .zero, &builder), to: 40,
      &builder)
    let zero = builder.fixed(
      try builder.stack(Array(repeating: builder.constant(0), count: order)), fractionBits: 30)
    // Every probability is 1/2 there. In rows that are not used columns are 0.
    let half = builder.constant(Rational(1, 2), fractionBits: SigmoidPrecision.low.resultBits)
    let slope = try gradient(half, isRough: true, &builder)
    if let penalty {
      first = try penalty.add(to: Derivatives(gradient: slope, hessian: first), at: zero, &builder).derivatives
        .hessian
    }
    let shape = NewtonShape(order: order, passes: settings.iterations - 1, growth: 14)
    var last: Evaluation?
    let begin = Derivatives(gradient: slope, hessian: first)
    let found = try builder.newton(shape, first: begin) {
      (builder, b, stage) throws(ParleyError) in
      let (derivatives, evaluation) = try self.derivatives(at: b, short, stage, &builder)
      last = evaluation
      guard let penalty else { return derivatives }
      let sum = try penalty.add(to: derivatives, at: b, &builder)
      last?.isOutside = sum.isOutside
      return sum.derivatives
    }
    guard let last else { throw ParleyError(.invariant, "a fit without an evaluation") }
    let bound = try builder.distanceBound(of: found.derivatives.gradient, by: found.inverse)
    let isNear = try builder.isNearMinimum(
      settings.precision, bound, units: .power(design.sizeBits), reach: design.reach)
    rules.fail(where: try builder.not(try builder.and(found.inverse.isProven, isNear)))
    if let isOutside = last.isOutside { rules.fail(where: isOutside) }
    return Fit(newton: found, logLikelihood: try logLikelihood(last, &rules, &builder))
  }

  /// Of a weight up to 1/4 and columns with Σ z² ≤ 5n, for every row; a little is left for roundings of columns and weights.
  private static let curvature = Rational(4, 3)
  /// Of residuals up to 1.
  private static let slope = Rational(9, 4)

  private func bounded(_ a: Fixed, to bits: Int, _ builder: inout ProgramBuilder)
    throws(ParleyError) -> Fixed
  {
    try builder.kept(try builder.rounded(a, to: min(bits, a.fractionBits)), withinPower: 2).value
  }

  private func derivatives(
    at b: Fixed, _ short: [NodeID], _ stage: NewtonStage, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (Derivatives, Evaluation) {
    let z = design.columns
    guard stage == .last else {
      // Rough sums need no rounding before: the argument is cut while it is converted.
      let predictor: Fixed
      if stage == .rough, let exact = try builder.exactPredictor(z, b) {
        predictor = exact
      } else {
        predictor = try builder.linearPredictor(z, b, to: stage == .rough ? 24 : 29)
      }
      let (probability, slope) = try builder.sigmoidAndSlope(
        predictor, precision: stage == .rough ? .low : .high)
      var weighted: [NodeID] = []
      for column in short { weighted.append(try builder.multiply(slope.node, column)) }
      let hessian = try design.mean(
        of: try builder.columnProduct(try design.weighted(weighted, &builder), short),
        fractionBits: 24 + slope.fractionBits,
        perRow: Self.curvature, error: .zero, &builder)
      return (
        Derivatives(
          gradient: try gradient(probability, isRough: stage == .rough, &builder), hessian: hessian),
        Evaluation(predictor: predictor, probability: probability)
      )
    }
    let predictor = try builder.linearPredictor(z, b, to: 29)
    let probability = try builder.sigmoid(predictor, precision: .high)
    let one = builder.constant(1, fractionBits: probability.fractionBits)
    let weight = try builder.multiply(probability, try builder.subtract(one, probability), to: 24)
    // What the error of a weight makes of Σ z² ≤ 5n, and the roundings of Σ |z| ≤ 9/4 n products.
    let own = builder.fixed(weight.node, fractionBits: weight.fractionBits)
    var weighted: [NodeID] = []
    var rounding = Dyadic.zero
    for column in z {
      let term = try builder.multiply(own, column, to: 20)
      weighted.append(term.node)
      rounding = max(rounding, term.error)
    }
    let product = try builder.columnProduct(try design.weighted(weighted, &builder), z.map(\.node))
    let error = weight.error * 5 + rounding * Dyadic(of: Self.slope)
    let hessian = try bounded(
      try design.mean(of: product, fractionBits: 40, perRow: Self.curvature, error: error, &builder), to: 46,
      &builder)
    return (
      Derivatives(gradient: try gradient(probability, isRough: false, &builder), hessian: hessian),
      Evaluation(predictor: predictor, probability: probability)
    )
  }

  /// Σ z·(μ − y), divided as ``Design/mean(of:fractionBits:perRow:error:_:)`` says.
  func gradient(
    _ probability: Fixed, isRough: Bool, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fixed {
    let bits = probability.fractionBits
    let y = try builder.integer(fromBit: event)
    let rest = try builder.subtract(probability.node, try builder.scale(y, by: BigInt(1) << bits))
    let z = try design.weighted(design.columns.map(\.node), &builder)
    let error = probability.error * Dyadic(of: Self.slope)
    if isRough {
      let sums = try builder.columnProduct(z, [rest])
      return try design.mean(
        of: sums, fractionBits: 20 + bits, perRow: Self.slope, error: error, &builder)
    }
    // In two parts, so that the sums over the rows fit a word.
    let cut = 14
    let unit = BigInt(1) << cut
    let sums = try builder.columnProduct(
      z, [try builder.floored(rest, by: unit), try builder.remainder(rest, by: unit)])
    let most = (Self.slope * Rational(BigInt(design.mostRows)) * .power(20 + bits - cut))
      .ceiling
    let bounded = try builder.known(sums, within: Interval(-most, most), by: .cauchySchwarz)
    var gradient: [NodeID] = []
    for j in z.indices {
      let tail = try builder.truncate(try builder.element(bounded, at: 2 * j + 1), bits: cut)
      gradient.append(try builder.add(try builder.element(bounded, at: 2 * j), tail))
    }
    let whole = try builder.stack(gradient)
    return try self.bounded(
      try design.mean(
        of: whole, fractionBits: 20 + bits - cut, perRow: Self.slope,
        error: error + .power(cut - 20 - bits), &builder),
      to: 40, &builder)
  }

  /// Σ log σ(±η) = Σ log σ(|η|) − Σ |η| over the rows whose outcome is the less likely one.
  private func logLikelihood(
    _ last: Evaluation, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fixed {
    let p = last.probability
    let one = BigInt(1) << p.fractionBits
    let isHigh = try builder.compare(.lessOrEqual, builder.constant(one / 2), p.node)
    let larger = try builder.select(
      isHigh, p.node, try builder.subtract(builder.constant(one), p.node),
      within: Interval(one / 2, one + 16))
    let logarithm = try builder.binaryLogarithm(
      builder.fixed(larger, fractionBits: p.fractionBits, error: p.error))
    let counted = builder.fixed(
      try builder.select(design.frame.isUsed, logarithm.node, builder.constant(0)),
      fractionBits: logarithm.fractionBits, error: logarithm.error)
    let (size, isNegative) = try builder.absolute(last.predictor.node)
    let isUnlikely = try builder.and(
      design.frame.isUsed, try builder.not(try builder.xor(event, isNegative)))
    // Beyond this an outcome would be as likely as e^-4096.
    let limit = BigInt(1) << (12 + last.predictor.fractionBits)
    rules.fail(where: try builder.any(try builder.compare(.less, builder.constant(limit), size)))
    let short = try builder.atMost(size, limit)
    let missed = builder.fixed(
      try builder.select(isUnlikely, short, builder.constant(0)),
      fractionBits: last.predictor.fractionBits,
      error: last.predictor.error)
    func total(_ a: Fixed) throws(ParleyError) -> Fixed {
      guard let weights = design.weights else { return try builder.sum(a) }
      let sum = try builder.innerProduct(weights.values, a.node)
      return builder.fixed(sum, fractionBits: a.fractionBits, error: a.error * BigInt(design.mostRows))
    }
    let certain = try builder.rounded(try total(counted), to: 24)
    let ln = builder.constant(
      Series.rational(Series.logarithmOfTwo), fractionBits: 28)
    let first = try builder.multiply(certain, ln, to: 20)
    return try builder.subtract(first, try builder.rounded(try total(missed), to: 20))
  }
}
