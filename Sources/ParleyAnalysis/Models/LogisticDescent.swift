import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// A logistic model fitted by a public number of equal steps along the gradient, with columns in their deviations (docs/proofs/newton.md, *Steps along the
/// gradient*): few rounds a step, no second derivative, and so no standard errors.
///
/// In scaled columns z = s·x a step in deviations of x is b ← b − rate · n/Σz² · Σ z(μ − y)/n, so that nothing is divided by a root: the factors are
/// part of the columns that residuals are multiplied by.
struct LogisticDescent {
  typealias NodeID = Program.NodeID
  let design: Design
  /// A bit of each row; 0 in rows that are not used.
  let event: NodeID
  let settings: DescentSettings

  /// Fraction bits of what a step takes of coefficients for their penalty.
  private static let penaltyBits = 10
  /// Coefficients of scaled columns as they are opened: fraction bits, and up to 2^this.
  private static let resultBits = 24, resultPower = 5

  /// How many bits things have, so that no sum needs more than a word.
  private struct Widths {
    /// Fraction bits of columns, of columns times factors before the division by the rows, and of coefficients as they are multiplied by columns.
    var columns = 12, factors = 12
    var coefficients: Int
    /// Fraction bits of coefficients as they are carried.
    var carried: Int
    /// At most so much is a coefficient ever, in units.
    var most: BigInt
  }

  /// The coefficients; fails where the gradient there is not shown to be within the tolerance, or a column does not vary.
  func coefficients(
    _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fixed {
    let deviations = try Deviations(design, &builder)
    rules.fail(where: deviations.isConstant)
    let widths = widths(builder)
    let factors = try factors(deviations, widths, &builder)
    let short = try design.columns.map { (column) throws(ParleyError) in
      builder.fixed(try builder.rounded(column, to: widths.columns).node, fractionBits: widths.columns)
    }
    var shrinkage: NodeID?
    let shrinkageBits = widths.carried - Self.penaltyBits
    if settings.ridge > 0 {
      let (value, isAbove) = try deviations.perRow(
        settings.rate * settings.ridge, of: design, fractionBits: shrinkageBits, &builder)
      rules.fail(where: isAbove)
      shrinkage = value
    }
    let y = try builder.scale(
      try builder.integer(fromBit: event), by: BigInt(1) << SigmoidLines.resultBits)
    let zero = try builder.stack(Array(repeating: builder.constant(0), count: design.order))
    let range = Interval(-widths.most, widths.most)
    let carried = try builder.beginLoop(
      settings.steps, carrying: [.init("coefficients", from: zero, within: range)])
    let last: [NodeID]
    do throws(ParleyError) {
      let next = try step(carried[0], short, factors, y, shrinkage, widths, &builder)
      last = try builder.endLoop([next])
    } catch {
      builder.abandonLoop()
      throw error
    }
    let whole = builder.fixed(last[0], fractionBits: widths.carried)
    let kept = try builder.clamped(try builder.rounded(whole, to: Self.resultBits), toPower: Self.resultPower)
    let found = builder.fixed(kept.node, fractionBits: Self.resultBits)
    let pull = shrinkage.map {
      builder.fixed($0, fractionBits: shrinkageBits, error: .power(-shrinkageBits))
    }
    try certify(found, pull, deviations, &rules, &builder)
    return found
  }

  /// How far a step can go at most: Σ |z|/Σz² ≤ √(n/Σz²) ≤ 1 by the inequality of Cauchy and Schwarz, as columns have deviations of at least 1; a little more
  /// for roundings and for what the lines of the sigmoid are beyond 0 and 1.
  private func longestStep(_ widths: Widths) -> Rational {
    settings.rate * Rational(51, 50) + .power(-widths.factors) + .power(-Self.penaltyBits)
  }

  private func widths(_ builder: ProgramBuilder) -> Widths {
    let sum = design.sizeBits + SigmoidLines.resultBits
    var widths = Widths(coefficients: 0, carried: 0, most: 0)
    let reach = design.columns.reduce(BigInt(0)) {
      $0 + (builder.magnitude($1.node) >> $1.fractionBits) + 2
    }
    let longest = longestStep(Widths(factors: 8, coefficients: 0, carried: 0, most: 0)) + .power(-10)
    let whole = (Rational(reach * BigInt(settings.steps)) * longest).ceiling.magnitude.bitWidth
    let room = 59 - whole
    if room - sum >= 17 {
      // Nothing is rounded on the way.
      widths.factors = min(12, (room - sum) / 2)
      widths.columns = min(12, room - sum - widths.factors)
      widths.carried = widths.factors + sum
      widths.coefficients = widths.carried
    } else {
      widths.columns = 10
      widths.carried = widths.factors + sum
      widths.coefficients = min(room - widths.columns, widths.carried)
    }
    widths.most =
      (longestStep(widths) * Rational(BigInt(settings.steps)) * .power(widths.carried)).ceiling
      + BigInt(settings.steps)
    return widths
  }

  /// rate · z · N/Σz² · 2^shift for every column: what residuals are multiplied by, with ``Widths/factors`` + sizeBits fraction bits once sums are divided by
  /// the rows.
  private func factors(
    _ deviations: Deviations, _ widths: Widths, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [NodeID] {
    let rate = builder.constant(settings.rate, fractionBits: 20)
    let steps = try builder.multiply(deviations.inverses, rate, to: 20)
    var factors: [NodeID] = []
    for (index, column) in design.columns.enumerated() {
      let own = builder.fixed(try builder.element(steps.node, at: index), fractionBits: 20)
      let product = try builder.multiply(column, own, to: widths.factors)
      factors.append(try builder.multiply(product.node, design.size.power))
    }
    return factors
  }

  /// b − rate · (gradient + penalty).
  private func step(
    _ b: NodeID, _ columns: [Fixed], _ factors: [NodeID], _ y: NodeID, _ shrinkage: NodeID?, _ widths: Widths,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    let whole = builder.fixed(b, fractionBits: widths.carried)
    let used = builder.fixed(
      try builder.rounded(whole, to: widths.coefficients).node, fractionBits: widths.coefficients)
    guard let predictor = try builder.exactPredictor(columns, used) else {
      throw ParleyError(.invariant, "a linear predictor that fits no word")
    }
    let probability = try builder.sigmoidLines(predictor)
    let rest = try builder.subtract(probability.node, y)
    let longest = (longestStep(widths) * .power(widths.carried)).ceiling
    let gradient = try builder.known(
      try builder.columnProduct(factors, [rest]), within: Interval(-longest, longest), by: .cauchySchwarz)
    var next = try builder.subtract(b, gradient)
    if let shrinkage {
      let short = try builder.rounded(whole, to: Self.penaltyBits).node
      let all = [builder.constant(BigInt(0))] + Array(repeating: shrinkage, count: design.order - 1)
      next = try builder.subtract(next, try builder.multiply(short, try builder.stack(all)))
    }
    return try builder.known(next, within: Interval(-widths.most, widths.most), by: .subsetSum)
  }

  /// Fails unless |Σ z(μ − y)/n + λ/n · Σz²/n · b| ≤ tolerance for every column z, which is at most as much in deviations: these are at least 1.
  private func certify(
    _ b: Fixed, _ shrinkage: Fixed?, _ deviations: Deviations, _ rules: inout AnalysisRules,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let bits = 30
    let predictor = try builder.linearPredictor(design.columns, b, to: 24)
    let probability = try builder.sigmoid(predictor, precision: .low)
    let model = LogisticModel(design: design, event: event, penalty: nil)
    let gradient = try builder.rounded(try model.gradient(probability, isRough: true, &builder), to: bits)
    // All times the rate.
    var total = try builder.multiply(gradient, builder.constant(settings.rate, fractionBits: 20), to: bits)
    if let shrinkage {
      let term = try builder.multiply(
        try builder.multiply(deviations.moments, b, to: 22), shrinkage, to: bits)
      var parts = [builder.constant(BigInt(0))]
      for index in 1..<design.order { parts.append(try builder.element(term.node, at: index)) }
      total = try builder.add(
        total, builder.fixed(try builder.stack(parts), fractionBits: bits, error: term.error))
    }
    let rows = builder.fixed(
      try builder.element(deviations.moments.node, at: 0), fractionBits: deviations.moments.fractionBits)
    let limit = try builder.multiply(
      rows, builder.constant(settings.rate * settings.tolerance, fractionBits: 30), to: bits)
    let error = ((total.error + limit.error).rational * .power(bits)).ceiling
    let (size, _) = try builder.absolute(total.node)
    let most = try builder.subtract(limit.node, builder.constant(error))
    rules.fail(where: try builder.any(try builder.compare(.less, most, size)))
  }
}
