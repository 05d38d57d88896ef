import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// A Poisson regression of scaled columns.
///
/// With e_i = exp(x_i) for x_i = zᵀb + log 4 + offset − its mean, the expected number is e_i·Y/N, where N is what sums over rows are divided by, and Y a power of
/// two from Σy to twice that: both divisions are exact. What is minimised is (Σ e − N/Y·Σ y·x) / 16N.
struct PoissonModel {
  typealias NodeID = Program.NodeID
  let design: Design
  let counts: NodeID
  /// The greatest count.
  let most: Int
  /// Offsets less their mean; nil where there are none.
  let offset: Fixed?
  /// Σy = mantissa · 2^-shift.
  let total: LeadingOne
  /// What is added to the constant: log 4Y/N, less the mean of the offsets.
  let shift: Fixed

  static let mostRows = 1 << 14
  /// log 4: from above the optimum no step goes too far.
  private static let start = Rational(2) * Series.rational(Series.logarithmOfTwo)
  /// What is minimised is divided by 2^this.
  private static let scale = 4
  /// Arguments of the exponential are from −11 to this.
  private static let end = 6
  /// Second derivatives, and the mean of e, are up to this at the end: greater ones are not estimable.
  private static let curvature = Rational(16)

  init(
    _ design: Design, counts: NodeID, upTo most: Int, offset name: String?, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    self.design = design
    self.counts = counts
    self.most = most
    total = try builder.leadingOne(
      of: try builder.atLeast(try builder.sum(try design.weighted(counts, &builder)), 1))
    // Y/N = 2^(width − shift) / 2^(sizeBits − shift).
    let places = try builder.subtract(
      try builder.subtract(builder.constant(BigInt(total.width)), total.shift),
      try builder.subtract(builder.constant(BigInt(design.sizeBits)), design.size.shift))
    let ln = builder.constant(Series.rational(Series.logarithmOfTwo), fractionBits: 40)
    var shift = try builder.multiply(builder.fixed(places, fractionBits: 0), ln, to: 36)
    shift = try builder.add(shift, builder.constant(Self.start, fractionBits: 36))
    guard let name else {
      offset = nil
      self.shift = shift
      return
    }
    let frame = design.frame
    let decimals = try frame.scale(of: name)
    let range = try frame.range(of: name)
    let unit = Rational(1, BigInt(10).power(decimals))
    guard Rational(range.upper - range.lower) * unit <= 16, decimals <= 6,
      Rational(max(BigInt(range.lower.magnitude), BigInt(range.upper.magnitude))) * unit <= 1000
    else {
      let settings = frame.rows.analysis.settings
      throw settings.error(
        "type",
        "'offset' of \(settings.what) names '\(name)', whose range is wider than 16, goes beyond 1000 or has more than six decimals",
        at: "offset",
        remedy: "name a column with natural logarithms of years or persons, and declare the range that they have")
    }
    let own = try frame.number(name, &builder)
    let within = range.union(.exactly(0))
    let found = try builder.clamped(
      try builder.quotient(try builder.sum(try design.weighted(own, &builder)), design.rows), within: within)
    let mean = try builder.matrixProduct(found, builder.constant(1), rows: 1, inner: 1, columns: 1)
    let width = range.upper - range.lower + 1
    let distance = try builder.select(
      frame.isUsed, try builder.subtract(own, mean), builder.constant(0), within: Interval(-width, width))
    let factor = builder.constant(unit, fractionBits: 44)
    offset = try builder.multiply(builder.fixed(distance, fractionBits: 0), factor, to: 29)
    let moved = try builder.multiply(builder.fixed(mean, fractionBits: 0), factor, to: 36)
    shift = try builder.subtract(shift, moved)
    self.shift = shift
  }

  /// What is minimised is minus the log-likelihood times 2^this: 1/(16Y). A scalar.
  func unit(_ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    try builder.subtract(total.shift, builder.constant(BigInt(total.width + Self.scale)))
  }

  struct Fit {
    let newton: NewtonResult
    /// x of each row, moved into the range where it was outside.
    let argument: Fixed
    /// e of each row.
    let rate: Fixed
  }

  /// Fits, and fails where the optimum is not proven to be near.
  func fit(
    _ settings: NewtonSettings, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fit {
    let order = design.order
    let penalty = try RidgePenalty(settings.ridge, of: design, unit: try unit(&builder), &rules, &builder)
    let target = try target(&builder)
    let short = try design.shortened(to: columnBits, &builder)
    let zero = builder.fixed(
      try builder.stack(Array(repeating: builder.constant(0), count: order)), fractionBits: 30)
    func evaluate(
      _ builder: inout ProgramBuilder, _ b: Fixed, _ stage: NewtonStage
    ) throws(ParleyError) -> (derivatives: Derivatives, found: Evaluation) {
      let found = try self.evaluate(b, &builder)
      let gradient = try gradient(found, target, short, isLast: stage != .rough, &builder)
      let hessian = try hessian(found, short, isLast: stage == .last, &builder)
      let derivatives = Derivatives(gradient: gradient.value, hessian: hessian.value)
      var own = found
      own.isOutside = [found.isOutside, gradient.isOutside, hessian.isOutside].flatMap(\.self)
      guard let penalty else { return (derivatives, own) }
      let sum = try penalty.add(to: derivatives, at: b, &builder)
      own.isOutside.append(sum.isOutside)
      return (sum.derivatives, own)
    }
    // A little more than the second derivative at 0: the first step is a little short.
    let begin = try evaluate(&builder, zero, .rough).derivatives
    let more = builder.shifted(try builder.scale(begin.hessian, by: 5), by: -2)
    let first = Derivatives(
      gradient: begin.gradient, hessian: try builder.kept(more, withinPower: 2).value)
    let shape = NewtonShape(order: order, passes: settings.iterations - 1, growth: 14, shrinks: true)
    var last: Evaluation?
    let found = try builder.newton(shape, first: first) { (builder, b, stage) throws(ParleyError) in
      let (derivatives, evaluation) = try evaluate(&builder, b, stage)
      last = evaluation
      return derivatives
    }
    guard let last else { throw ParleyError(.invariant, "a fit without an evaluation") }
    for bits in last.isOutside {
      rules.fail(where: builder.type(of: bits).shape == .scalar ? bits : try builder.any(bits))
    }
    rules.fail(where: try builder.not(try isNear(found, settings.precision, &builder)))
    return Fit(newton: found, argument: last.argument, rate: last.rate)
  }

  // MARK: Evaluation

  private struct Evaluation {
    var argument: Fixed
    var rate: Fixed
    var relativeError: Dyadic
    /// Bits, 1 where a value was outside of what is computed with.
    var isOutside: [NodeID]
  }

  /// Fraction bits of short columns and of rates beside them: Σ e·z·z ≤ 404·5n has to fit a word.
  private var columnBits: Int { rateBits >= 12 ? 12 : 10 }
  private var rateBits: Int { min(16, 59 - 12 - design.sizeBits - (59 - 12 - design.sizeBits >= 36 ? 24 : 20)) }

  private func evaluate(
    _ b: Fixed, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Evaluation {
    var x = try builder.linearPredictor(design.columns, b, to: 29)
    x = try builder.add(x, builder.constant(Self.start, fractionBits: 29))
    if let offset { x = try builder.add(x, offset) }
    let unit = BigInt(1) << x.fractionBits
    let within = Interval(-11 * unit, BigInt(Self.end) * unit)
    let isBelow = try builder.compare(.less, x.node, builder.constant(within.lower))
    let isAbove = try builder.compare(.less, builder.constant(within.upper), x.node)
    let moved = builder.fixed(
      try builder.clamped(x.node, within: within), fractionBits: x.fractionBits, error: x.error)
    let (rate, relative) = try builder.exponential(moved)
    return Evaluation(
      argument: moved, rate: rate, relativeError: relative, isOutside: [isBelow, isAbove])
  }

  /// N/Y·Σ y·z / N: exact.
  private func target(_ builder: inout ProgramBuilder) throws(ParleyError) -> Fixed {
    let sums = try builder.columnProduct(try design.weighted(design.columns.map(\.node), &builder), [counts])
    let end = design.columns.map { builder.magnitude($0.node) }.max() ?? 0
    let bound = end << total.width
    let moved = try builder.known(
      try builder.multiply(sums, total.power), within: Interval(-bound, bound), by: .cauchySchwarz)
    return builder.fixed(moved, fractionBits: ProgramBuilder.scaledBits + total.width)
  }

  /// Σ z·e / 16N less the target.
  private func gradient(
    _ found: Evaluation, _ target: Fixed, _ short: [NodeID], isLast: Bool, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: Fixed, isOutside: [NodeID]) {
    // Σ |z|·e ≤ √(5n · n)·404.
    let most = Rational(9, 4) * 404
    // Σ |z|·e / N ≤ √(Σ z²·e/N · Σ e/N), each at most what second derivatives may be.
    let error = found.relativeError * Dyadic(of: Self.curvature)
    let mean: Fixed
    if isLast {
      let cut = 14, bits = 28
      let rate = try builder.rounded(found.rate, to: bits).node
      let unit = BigInt(1) << cut
      let z = try design.weighted(design.columns.map(\.node), &builder)
      let sums = try builder.columnProduct(
        z, [try builder.floored(rate, by: unit), try builder.remainder(rate, by: unit)])
      let end = (most * Rational(BigInt(design.mostRows)) * .power(20 + bits - cut)).ceiling
      let bounded = try builder.known(sums, within: Interval(-end, end), by: .cauchySchwarz)
      var parts: [NodeID] = []
      for j in z.indices {
        let tail = try builder.truncate(try builder.element(bounded, at: 2 * j + 1), bits: cut)
        parts.append(try builder.add(try builder.element(bounded, at: 2 * j), tail))
      }
      let rounding = Dyadic.power(-bits - 1) * Dyadic(of: Rational(9, 4)) + .power(cut - 20 - bits)
      mean = try design.mean(
        of: try builder.stack(parts), fractionBits: 20 + bits - cut, perRow: most, error: error + rounding,
        &builder)
    } else {
      let rate = try builder.rounded(found.rate, to: rateBits)
      let sums = try builder.columnProduct(try design.weighted(short, &builder), [rate.node])
      mean = try design.mean(
        of: sums, fractionBits: rateBits + columnBits, perRow: most, error: error, &builder)
    }
    let whole = try builder.subtract(
      try builder.rounded(mean, to: min(mean.fractionBits, 40)),
      try builder.rounded(target, to: min(target.fractionBits, 40)))
    let scaled = builder.shifted(whole, by: -Self.scale)
    guard isLast else { return (try builder.clamped(scaled, toPower: 2), []) }
    let (value, isOutside) = try builder.kept(scaled, withinPower: 2)
    return (value, [isOutside])
  }

  /// Σ e·z·zᵀ / 16N.
  private func hessian(
    _ found: Evaluation, _ short: [NodeID], isLast: Bool, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: Fixed, isOutside: [NodeID]) {
    let most = Rational(6) * 404
    let mean: Fixed
    if isLast {
      let room = 59 - 12 - design.sizeBits
      let bits = room / 2
      let z = try design.shortened(to: bits, &builder)
      var weighted: [NodeID] = []
      let rate = builder.fixed(found.rate.node, fractionBits: found.rate.fractionBits)
      for column in design.columns {
        weighted.append(try builder.multiply(try builder.rounded(rate, to: 28), column, to: room - bits).node)
      }
      let product = try builder.columnProduct(try design.weighted(weighted, &builder), z)
      // Of the columns beside e·|z|, of the products beside |z|, of the rates.
      let rounding = Dyadic.power(-bits - 1) * Dyadic(of: Self.curvature) + .power(bits - room + 2)
      mean = try design.mean(
        of: product, fractionBits: room, perRow: most,
        error: rounding + found.relativeError * Dyadic(of: Self.curvature), &builder)
    } else {
      let rate = try builder.rounded(found.rate, to: rateBits)
      var weighted: [NodeID] = []
      for column in short { weighted.append(try builder.multiply(rate.node, column)) }
      let product = try builder.columnProduct(try design.weighted(weighted, &builder), short)
      mean = try design.mean(
        of: product, fractionBits: rateBits + 2 * columnBits, perRow: most, error: .zero, &builder)
    }
    let short = try builder.rounded(mean, to: min(mean.fractionBits, 44))
    let scaled = builder.shifted(short, by: -Self.scale)
    guard isLast else { return (try builder.clamped(scaled, toPower: 2), []) }
    // `curvature` is 2^4.
    let (value, isOutside) = try builder.kept(scaled, withinPower: 0)
    return (value, [isOutside])
  }

  /// The bound of docs/proofs/newton.md, for a function that was divided by 16Y.
  private func isNear(
    _ found: NewtonResult, _ precision: Rational, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    let bound = try builder.distanceBound(of: found.derivatives.gradient, by: found.inverse)
    let tolerance = Rational(5, 7) * precision
    let bits = bound.value.fractionBits
    // 16Y · bound ≤ tolerance², Y being 2^width over the power.
    let limit = (tolerance * tolerance * .power(bits - total.width - Self.scale)).floor
    let room = (bound.value.error.rational * .power(bits)).ceiling
    let isClose = try builder.compare(
      .lessOrEqual, try builder.add(bound.value.node, builder.constant(room)),
      try builder.scale(total.power, by: limit))
    let isConvex = try builder.isNearMinimum(1, bound, units: 1, reach: design.reach)
    return try builder.and(found.inverse.isProven, try builder.and(isClose, isConvex))
  }

  // MARK: Figures

  /// Log-likelihood and deviance, both computed divided by Y.
  func figures(
    _ fit: Fit, _ design: Design, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (logLikelihood: FloatOutput, deviance: FloatOutput) {
    let exponent = try builder.negate(try builder.add(try unit(&builder), builder.constant(BigInt(Self.scale))))
    // Σ y·f(y) for functions up to `end`, divided by Y.
    func share(_ sum: NodeID, _ bits: Int, upTo end: Rational) throws(ParleyError) -> Fixed {
      let bound = (end * .power(bits + total.width)).ceiling
      let moved = try builder.known(
        try builder.multiply(sum, total.power), within: Interval(-bound, bound), by: .cauchySchwarz)
      return try builder.rounded(builder.fixed(moved, fractionBits: bits + total.width), to: 32)
    }
    let x = try builder.rounded(fit.argument, to: 24)
    let linear = try share(try builder.innerProduct(try design.weighted(counts, &builder), x.node), 24, upTo: 12)
    let part = builder.fixed(total.mantissa, fractionBits: total.width)
    let places = builder.fixed(
      try builder.add(
        try builder.subtract(builder.constant(BigInt(total.width - design.sizeBits)), total.shift),
        design.size.shift),
      fractionBits: 0)
    let ln = builder.constant(Series.rational(Series.logarithmOfTwo), fractionBits: 40)
    let level = try builder.multiply(try builder.multiply(places, ln, to: 36), part, to: 32)
    let rates = try builder.rounded(fit.rate, to: 24)
    let counted = try builder.select(design.frame.isUsed, rates.node, builder.constant(0))
    let expected = try builder.rounded(
      try design.mean(
        of: try builder.sum(try design.weighted(counted, &builder)), fractionBits: 24, perRow: 404, error: .zero,
        &builder), to: 32)
    let explained = try builder.add(linear, level)
    let (factorials, entropies) = try functions(&builder)
    let greatest = Rational(BigInt(most.bitWidth - most.leadingZeroBitCount))
    let likelihood = try builder.subtract(
      try builder.subtract(explained, expected), try share(factorials, 20, upTo: greatest))
    let deviance = try builder.subtract(
      try builder.add(try share(entropies, 20, upTo: greatest), expected),
      try builder.add(explained, try builder.rounded(part, to: min(32, part.fractionBits))))
    let bits = ModelFigures.likelihoodBits
    return (
      try design.output(of: likelihood, exponent, factor: 1, significantBits: bits, &builder),
      try design.output(
        of: builder.shifted(deviance, by: 1), exponent, factor: 1, significantBits: bits, &builder)
    )
  }

  /// Σ log y! and Σ y·log y with 20 fraction bits: sums over v of how many counts are at least v, times what v adds.
  private func functions(
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (factorials: NodeID, entropies: NodeID) {
    var factorials = builder.constant(BigInt(0)), entropies = builder.constant(BigInt(0))
    var before = Rational(0)
    for value in stride(from: 2, through: most, by: 1) {
      let isReached = try builder.compare(.lessOrEqual, builder.constant(BigInt(value)), counts)
      let count =
        if let weights = design.weights {
          try builder.innerProduct(isReached, weights.values)
        } else {
          try builder.sum(isReached)
        }
      let log = Self.logarithm(value)
      factorials = try builder.add(factorials, try builder.scale(count, by: log.scaled(20)))
      let whole = Rational(BigInt(value)) * log
      entropies = try builder.add(entropies, try builder.scale(count, by: (whole - before).scaled(20)))
      before = whole
    }
    return (factorials, entropies)
  }

  private static func logarithm(_ value: Int) -> Rational {
    let places = Int.bitWidth - 1 - value.leadingZeroBitCount
    let rest = Series.rational(Series.logarithm(Rational(BigInt(value)) * .power(-places)))
    return rest + Rational(BigInt(places)) * Series.rational(Series.logarithmOfTwo)
  }
}
