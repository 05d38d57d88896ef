import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// A linear regression of scaled columns.
struct LinearModel {
  typealias NodeID = Program.NodeID
  let design: Design
  let outcome: ScaledOutcome
  let penalty: RidgePenalty?
  /// In standard errors.
  let precision: Rational

  struct Fit {
    /// Of the scaled columns and outcome.
    let coefficients: Fixed
    let inverse: SymmetricInverse
    /// The means of products of columns, as they are in the inverse but for a penalty.
    let moments: Fixed
    /// R².
    let explained: FloatOutput
    /// The sum of squared residuals, in the units of the outcome.
    let residuals: FloatOutput
  }

  /// With errors by each row's residual.
  static let mostRowsOfErrors = 1 << 15
  /// Of two columns with Σ z² ≤ 5n.
  private static let most = Rational(5)
  /// Coefficients of scaled columns are up to 2^this.
  private static let magnitude = 8

  /// Fits, and fails where the coefficients are not proven to be near the exact ones.
  func fit(_ rules: inout AnalysisRules, _ builder: inout ProgramBuilder) throws(ParleyError) -> Fit {
    let order = design.order
    let z = design.columns.map(\.node), t = outcome.scaled.value.node
    let weighted = try design.weighted(z, &builder)
    func mean(_ sums: NodeID) throws(ParleyError) -> Fixed {
      let mean = try design.mean(of: sums, fractionBits: 40, perRow: Self.most, error: .zero, &builder)
      return try builder.rounded(mean, to: 44)
    }
    // Beyond these bounds columns hardly vary.
    let (cross, isWide) = try builder.kept(try mean(try builder.columnProduct(weighted, z)), withinPower: 2)
    let (right, isFar) = try builder.kept(try mean(try builder.columnProduct(weighted, [t])), withinPower: 2)
    rules.fail(where: try builder.or(try builder.any(isWide), try builder.any(isFar)))
    let square = try mean(try builder.innerProduct(try design.weighted(t, &builder), t))
    var matrix = cross
    if let penalty {
      let zero = builder.fixed(
        try builder.stack(Array(repeating: builder.constant(0), count: order)), fractionBits: 30)
      let (sum, isOutside) = try penalty.add(
        to: Derivatives(gradient: right, hessian: cross), at: zero, &builder)
      matrix = sum.hessian
      rules.fail(where: isOutside)
    }
    let inverse = try builder.symmetricInverse(of: matrix, order: order)
    let found = try builder.solution(of: inverse, right: right, magnitude: Self.magnitude)
    let total = try total(square, right, &builder)
    let residual = try residual(found.value, cross, right, square, &builder)
    rules.fail(
      where: try builder.not(try isNear(found, inverse, residual, &builder)))
    // As many coefficients as rows fit any data.
    rules.fail(
      where: try builder.compare(.lessOrEqual, design.frame.used, builder.constant(BigInt(order))))
    try rules.requireUnexplained(
      try builder.rounded(residual, to: 30).node, of: try builder.rounded(total, to: 30).node, &builder)
    let share = try share(residual, of: total, &builder)
    // Times what sums were divided by, and by the square of the outcome's scale.
    let exponent = try builder.negate(
      try builder.add(try builder.scale(outcome.scaled.exponent, by: 2), try design.perRow(&builder)))
    let squares = try design.output(
      of: residual, exponent,
      factor: Rational(1, BigInt(100).power(outcome.decimals) * BigInt(10).power(design.weights?.decimals ?? 0)),
      significantBits: ModelFigures.likelihoodBits, &builder)
    return Fit(coefficients: found.value, inverse: inverse, moments: cross, explained: share, residuals: squares)
  }

  private func plain(_ a: Fixed, _ builder: ProgramBuilder) -> Fixed {
    builder.fixed(a.node, fractionBits: a.fractionBits)
  }

  /// Σ (t − mean)², as a mean: Σ t² less the mean times Σ t.
  private func total(
    _ square: Fixed, _ right: Fixed, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fixed {
    let sum = try builder.scale(
      try builder.sum(try design.weighted(outcome.scaled.value.node, &builder)), by: 1 << 16)
    // The scaled outcome was moved by its mean, down: what is left is less than one unit, which is at most 2^10.
    let end = BigInt(1) << 46
    let mean = try builder.clamped(
      try builder.quotient(sum, design.rows), within: Interval(0, end))
    let moved = try builder.matrixProduct(mean, builder.constant(1), rows: 1, inner: 1, columns: 1)
    let first = builder.fixed(try builder.element(right.node, at: 0), fractionBits: right.fractionBits)
    let part = try builder.multiply(builder.fixed(moved, fractionBits: 36), first, to: 40)
    let rest = try builder.subtract(try builder.rounded(plain(square, builder), to: 40), plain(part, builder))
    // From 0 to the sum of the squares.
    let most = builder.magnitude(square.node) >> (square.fractionBits - 40) + 1
    return builder.fixed(
      try builder.clamped(rest.node, within: Interval(1, most)), fractionBits: 40)
  }

  /// Σ (t − zᵀb)², as a mean: Σ t² − bᵀ(2r − Ab).
  private func residual(
    _ value: Fixed, _ cross: Fixed, _ right: Fixed, _ square: Fixed, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fixed {
    let order = design.order
    let bits = value.fractionBits
    let product = try builder.multiply(
      plain(cross, builder), value, to: bits, as: .matrix(rows: order, inner: order, columns: 1))
    let twice = try builder.scale(try builder.rounded(plain(right, builder), to: bits), by: 2)
    // Each is at most 12 for the b that is looked for.
    let form = try builder.kept(try builder.subtract(twice, plain(product, builder)), withinPower: 4).value
    let explained = try builder.multiply(
      value, plain(form, builder), to: 36, as: .matrix(rows: 1, inner: order, columns: 1))
    let rest = try builder.subtract(try builder.rounded(plain(square, builder), to: 36), plain(explained, builder))
    let most = builder.magnitude(square.node) >> (square.fractionBits - 36) + 1
    return builder.fixed(
      try builder.clamped(rest.node, within: Interval(0, most)), fractionBits: 36)
  }

  /// Whether gᵀA⁻¹g is at most the square of the precision times RSS/(n − p): every coefficient is then so near, in its standard errors.
  private func isNear(
    _ found: LinearSolution, _ inverse: SymmetricInverse, _ residual: Fixed, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    let bound = try builder.distanceBound(of: found.residual, by: inverse)
    let factor = precision * precision * .power(-design.sizeBits)
    // 40 bits of it.
    let place = 40 + factor.denominator.magnitude.bitWidth - factor.numerator.magnitude.bitWidth
    let constant = builder.constant(factor, fractionBits: place)
    let limit = try builder.multiply(residual, constant, to: bound.value.fractionBits)
    let room = ((bound.value.error + limit.error).rational * .power(bound.value.fractionBits)).ceiling
    let isClose = try builder.compare(
      .lessOrEqual, try builder.add(bound.value.node, builder.constant(room)), limit.node)
    return try builder.and(inverse.isProven, try builder.and(isClose, try builder.not(bound.isFar)))
  }

  /// 1 − residual / total.
  private func share(
    _ residual: Fixed, of total: Fixed, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> FloatOutput {
    let explained = try builder.subtract(total, residual)
    let (number, _) = try builder.reciprocal(total)
    let product = try builder.multiply(
      plain(explained, builder), plain(number.mantissa, builder), to: 40)
    return try design.output(of: product, number.exponent, factor: 1, &builder)
  }
}

extension LinearModel.Fit {
  private typealias NodeID = Program.NodeID

  /// y − zᵀb of every row with 24 fraction bits, moved to ±2^end where it is outside, which no b does that is looked for: |u| ≤ √Σt² ≤ √(5n).
  func rests(
    _ design: Design, _ outcome: ScaledOutcome, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: Fixed, end: Int) {
    let rowBits = (design.mostRows - 1).bitWidth - (design.mostRows - 1).leadingZeroBitCount
    let end = (rowBits + 4) / 2
    let short = try builder.rounded(coefficients, to: 30)
    let b = builder.fixed(short.node, fractionBits: 30)
    let predictor = try builder.rounded(try builder.linearPredictor(design.columns, b, to: 26), to: 24)
    let rest = try builder.subtract(outcome.scaled.value, builder.fixed(predictor.node, fractionBits: 24))
    return (try builder.clamped(builder.fixed(rest.node, fractionBits: 24), toPower: end), end)
  }

  /// A⁻¹·M·A⁻¹ with M = Σ u²·zzᵀ, u being the residuals of the rows (H. White, Econometrica 48, 1980).
  func sandwich(
    _ design: Design, _ outcome: ScaledOutcome, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> ScaledMatrix {
    let order = design.order
    let rowBits = (design.mostRows - 1).bitWidth - (design.mostRows - 1).leadingZeroBitCount
    let (u, end) = try rests(design, outcome, &builder)
    // Whatever b is, Σ (uz)² ≤ 5n · 4^end.
    let most = 6 * Rational.power(2 * end)
    let bits = (56 - 2 * end - rowBits) / 2
    // In two parts, so that products have more bits than a word: v = 2^cut·h + l, and Σ l·l is less than a unit of each row.
    let cut = 9
    var high: [NodeID] = [], low: [NodeID] = []
    for column in design.columns {
      let weighted = try builder.multiply(u, column, to: bits + cut).node
      high.append(try builder.floored(weighted, by: 1 << cut))
      low.append(try builder.remainder(weighted, by: 1 << cut))
    }
    let rows = Rational(BigInt(design.mostRows))
    let whole = (most * rows * .power(2 * bits)).ceiling
    let squares = try builder.known(
      try builder.columnProduct(high, high), within: Interval(-whole, whole), by: .cauchySchwarz)
    // Σ h·l ≤ √(Σ h² · Σ l²), each l below 2^cut.
    let side = (3 * Rational.power(end + bits + cut) * rows).ceiling
    let crossed = try builder.known(
      try builder.columnProduct(high, low), within: Interval(-side, side), by: .cauchySchwarz)
    var parts: [NodeID] = []
    for i in 0..<order {
      for j in 0..<order {
        let sum = try builder.add(
          try builder.element(crossed, at: i * order + j), try builder.element(crossed, at: j * order + i))
        parts.append(try builder.truncate(sum, bits: cut))
      }
    }
    let sums = try builder.add(squares, try builder.stack(parts))
    let orderBits = order.bitWidth - order.leadingZeroBitCount
    let kept = min(2 * bits, 56 - 2 * end - design.sizeBits - 2 * orderBits)
    let rounded = try builder.rounded(builder.fixed(sums, fractionBits: 2 * bits), to: kept)
    let mean = try design.mean(
      of: rounded.node, fractionBits: kept, perRow: most, error: .zero, &builder)
    let (middle, middleExponent) = try builder.normalised(mean, to: 40)
    return try sandwich(
      middle, exponent: try builder.add(middleExponent, try design.perRow(&builder)), order: order, &builder)
  }

  /// A⁻¹·M·A⁻¹ of an M of numbers up to 1 times 2^exponent.
  func sandwich(
    _ middle: Fixed, exponent: Program.NodeID, order: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> ScaledMatrix {
    let (outer, outerExponent) = try builder.normalised(
      builder.fixed(inverse.inverse.node, fractionBits: inverse.inverse.fractionBits), to: 44)
    let form = ProductForm.matrix(rows: order, inner: order, columns: order)
    let sum = order.bitWidth - (order - 1).leadingZeroBitCount
    let half = try builder.multiply(outer, middle, to: min(48, 55 - sum), as: form)
    let product = try builder.multiply(
      builder.fixed(half.node, fractionBits: half.fractionBits), outer, to: min(48, 55 - 2 * sum), as: form)
    return ScaledMatrix(
      builder.fixed(product.node, fractionBits: product.fractionBits),
      exponent: try builder.add(exponent, try builder.scale(outerExponent, by: 2)))
  }
}
