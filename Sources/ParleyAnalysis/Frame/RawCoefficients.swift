import BigInt
package import ParleyBase
package import ParleyNumerics
package import ParleyProgram

/// Coefficients of a model in the units of its columns, with their variances, as they are opened: rounded to few digits.
package struct RawCoefficients: Sendable {
  /// One for each name of the design.
  package let estimates: FloatOutput
  package let variances: FloatOutput
  /// Bits of the mantissas: six digits.
  package static let significantBits = 20
  /// Before factors of the units are multiplied.
  fileprivate static let innerBits = 29
}

/// A symmetric matrix as numbers times 2^exponent, of which the exponent may be secret.
package struct ScaledMatrix: Sendable {
  /// Row-major.
  package let entries: Fixed
  /// A scalar.
  package let exponent: Program.NodeID
  package init(_ entries: Fixed, exponent: Program.NodeID) {
    (self.entries, self.exponent) = (entries, exponent)
  }
}

/// An outcome that is scaled as columns are: one unit of it is 2^exponent of the scaled one.
package struct ScaledOutcome: Sendable {
  package let scaled: ScaledColumn
  /// What was subtracted before, so that the values begin at 0.
  let origin: BigInt
  let decimals: Int
}

extension Design {
  /// Coefficients of the columns as they were, from those of the scaled ones.
  ///
  /// z = 2^e·(x − m), so that a coefficient is multiplied by 2^e and its variance by 4^e; the constant has −Σ 2^e·m times the others added, and its
  /// variance is the quadratic form of these numbers. Everything is exact but for roundings of 2^-29 of a number, and those of the last digits.
  ///
  /// - Parameters:
  ///   - coefficients: of the scaled columns, a vector.
  ///   - covariance: their covariances.
  ///   - outcome: where the outcome is scaled as columns are.
  ///   - shift: what the constant is moved by; an outcome that is scaled has none.
  ///   - isPerVariance: the covariances are those of an outcome with the variance 1, so that its scale is no part of them.
  package func raw(
    _ coefficients: Fixed, _ covariance: ScaledMatrix, outcome: ScaledOutcome? = nil, shift: Fixed? = nil,
    isPerVariance: Bool = false, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> RawCoefficients {
    let first = hasConstant ? 1 : 0
    var estimates: [NodeID] = [], variances: [NodeID] = []
    for index in terms.indices {
      estimates.append(try builder.element(coefficients.node, at: index + first))
      variances.append(try builder.element(covariance.entries.node, at: (index + first) * (order + 1)))
    }
    let own = terms.map(\.scaled.exponent), tens = terms.map(\.decimals)
    /// The same in the units of the outcome.
    func inOutcome(_ exponents: [NodeID]) throws(ParleyError) -> [NodeID] {
      guard let outcome else { return exponents }
      return try exponents.map { (exponent) throws(ParleyError) in
        try builder.subtract(exponent, outcome.scaled.exponent)
      }
    }
    let exponents = try inOutcome(own)
    let decimals = outcome?.decimals ?? 0
    var result = try outputs(
      of: estimates, coefficients.fractionBits, exponents,
      factors: tens.map { Rational(10).raised($0 - decimals) },
      &builder)
    let doubled = try (isPerVariance ? own : exponents).map { (exponent) throws(ParleyError) in
      try builder.add(try builder.scale(exponent, by: 2), covariance.exponent)
    }
    var squares = try outputs(
      of: variances, covariance.entries.fractionBits, doubled,
      factors: tens.map { Rational(10).raised(2 * ($0 - (isPerVariance ? 0 : decimals))) }, &builder)
    if hasConstant {
      let own = try constant(
        coefficients, covariance, outcome: outcome, shift: shift, isPerVariance: isPerVariance, &builder)
      result.insert(own.estimate, at: 0)
      squares.insert(own.variance, at: 0)
    }
    return RawCoefficients(
      estimates: try Self.stacked(result, &builder), variances: try Self.stacked(squares, &builder))
  }

  static func stacked(
    _ parts: [FloatOutput], _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> FloatOutput {
    FloatOutput(
      mantissa: try builder.stack(parts.map(\.mantissa)), exponent: try builder.stack(parts.map(\.exponent)))
  }

  /// One number times 2^exponent and a public factor.
  package func output(
    of value: Fixed, _ exponent: NodeID, factor: Rational, significantBits: Int = RawCoefficients.significantBits,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> FloatOutput {
    try outputs(
      of: [value.node], value.fractionBits, [exponent], factors: [factor], significantBits: significantBits,
      &builder)[
        0]
  }

  /// Numbers times 2^exponent and public factors, rounded to the digits that are opened.
  func outputs(
    of nodes: [NodeID], _ bits: Int, _ exponents: [NodeID], factors: [Rational],
    significantBits: Int = RawCoefficients.significantBits, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [FloatOutput] {
    guard !nodes.isEmpty else { return [] }
    var whole = builder.fixed(try builder.stack(nodes), fractionBits: bits)
    var more = try builder.stack(exponents)
    if factors.contains(where: { $0 != 1 }) {
      let inner = try builder.floatOutput(whole, significantBits: RawCoefficients.innerBits)
      var scaled: [NodeID] = [], moved: [NodeID] = []
      for (index, factor) in factors.enumerated() {
        // 2^28 ≤ factor · 2^-place < 2^29, to the nearest.
        let place = factor.leadingPlace - (RawCoefficients.innerBits - 1)
        scaled.append(
          try builder.scale(
            try builder.element(inner.mantissa, at: index), by: (factor * .power(-place)).rounded))
        moved.append(
          try builder.add(try builder.element(inner.exponent, at: index), builder.constant(BigInt(place))))
      }
      whole = builder.fixed(try builder.stack(scaled), fractionBits: 0)
      more = try builder.add(more, try builder.stack(moved))
    }
    let output = try builder.floatOutput(whole, significantBits: significantBits)
    let isZero = try builder.compare(.equal, whole.node, builder.constant(0))
    let exponent = try builder.select(isZero, builder.constant(0), try builder.add(output.exponent, more))
    var parts: [FloatOutput] = []
    for index in nodes.indices {
      parts.append(
        FloatOutput(
          mantissa: try builder.element(output.mantissa, at: index),
          exponent: try builder.element(exponent, at: index)))
    }
    return parts
  }

  /// The constant of the columns as they were: the linear form (1, −2^e·m, …) of the coefficients; and its covariances with these, scaled as they are.
  func constant(
    _ coefficients: Fixed, _ covariance: ScaledMatrix, outcome: ScaledOutcome?, shift: Fixed?,
    isPerVariance: Bool, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (estimate: FloatOutput, variance: FloatOutput, side: ScaledMatrix) {
    let bits = formBits(outcome, shift)
    func plain(_ value: Fixed) -> Fixed { builder.fixed(value.node, fractionBits: value.fractionBits) }
    let row = ProductForm.matrix(rows: 1, inner: order, columns: 1)
    let form = try form(bits, &builder)
    let (c, scale) = try builder.normalised(
      builder.fixed(try builder.stack(form), fractionBits: bits), to: 40)
    let (x, size) = try builder.normalised(plain(covariance.entries), to: 44)
    let columns = try builder.multiply(
      x, c, to: Self.room(x, order, builder), as: .matrix(rows: order, inner: order, columns: 1))
    let side = ScaledMatrix(columns, exponent: try builder.add(try builder.add(scale, size), covariance.exponent))
    let variance = try builder.multiply(c, plain(columns), to: Self.room(columns, order, builder), as: row)
    let squareExponent = try builder.add(
      try builder.add(try builder.scale(scale, by: 2), size), covariance.exponent)
    let estimate = try estimate(ofConstant: coefficients, form, bits, outcome: outcome, shift: shift, &builder)
    guard let outcome else {
      return (estimate, try output(of: variance, squareExponent, factor: 1, &builder), side)
    }
    return (
      estimate,
      isPerVariance
        ? try output(of: variance, squareExponent, factor: 1, &builder)
        : try output(
          of: variance, try builder.subtract(squareExponent, try builder.scale(outcome.scaled.exponent, by: 2)),
          factor: Rational(10).raised(-2 * outcome.decimals), &builder), side
    )
  }

  /// Coefficients of the columns as they were, without variances: those of ``raw(_:_:outcome:shift:isPerVariance:_:)``.
  func rawEstimates(_ coefficients: Fixed, _ builder: inout ProgramBuilder) throws(ParleyError) -> FloatOutput {
    let first = hasConstant ? 1 : 0
    var own: [NodeID] = []
    for index in terms.indices { own.append(try builder.element(coefficients.node, at: index + first)) }
    var result = try outputs(
      of: own, coefficients.fractionBits, terms.map(\.scaled.exponent),
      factors: terms.map { Rational(10).raised($0.decimals) }, &builder)
    if hasConstant {
      let bits = formBits(nil, nil)
      let constant = try estimate(
        ofConstant: coefficients, try form(bits, &builder), bits, outcome: nil, shift: nil, &builder)
      result.insert(constant, at: 0)
    }
    return try Self.stacked(result, &builder)
  }

  /// Fraction bits of ``form(_:_:)``.
  private func formBits(_ outcome: ScaledOutcome?, _ shift: Fixed?) -> Int {
    let own = (terms.map(\.scaled) + [outcome?.scaled].compactMap(\.self)).map(\.powerBits).max() ?? 0
    return shift == nil ? own : max(own, 26)
  }
  private func moved(
    _ column: ScaledColumn, _ origin: BigInt, _ sign: BigInt, _ bits: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    let mean = try builder.add(column.mean, builder.constant(origin))
    return try builder.scale(
      try builder.multiply(mean, column.power), by: sign << (bits - column.powerBits))
  }
  /// (1, −2^e·m, …): the constant of the columns as they were is this linear form of the coefficients.
  private func form(_ bits: Int, _ builder: inout ProgramBuilder) throws(ParleyError) -> [NodeID] {
    var form = [builder.constant(BigInt(1) << bits)]
    for term in terms { form.append(try moved(term.scaled, term.origin, -1, bits, &builder)) }
    return form
  }
  /// Fraction bits of a sum of so many products with numbers up to 1.
  private static func room(_ value: Fixed, _ terms: Int, _ builder: ProgramBuilder) -> Int {
    let whole = builder.magnitude(value.node).magnitude.bitWidth - value.fractionBits
    return min(53 - whole - (terms.bitWidth - terms.leadingZeroBitCount), 44)
  }

  private func estimate(
    ofConstant coefficients: Fixed, _ form: [NodeID], _ bits: Int, outcome: ScaledOutcome?, shift: Fixed?,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> FloatOutput {
    func plain(_ value: Fixed) -> Fixed { builder.fixed(value.node, fractionBits: value.fractionBits) }
    // The mean of the outcome, or a shift, is one more number of the form, with the coefficient 1.
    var more: [NodeID] = []
    if let outcome { more.append(try moved(outcome.scaled, outcome.origin, 1, bits, &builder)) }
    if let shift {
      let kept = try builder.rounded(plain(shift), to: min(bits, shift.fractionBits))
      more.append(try builder.scale(kept.node, by: BigInt(1) << (bits - kept.fractionBits)))
    }
    let (wide, wideScale) = try builder.normalised(
      builder.fixed(try builder.stack(form + more), fractionBits: bits), to: 40)
    var all = plain(coefficients)
    if !more.isEmpty {
      var parts: [NodeID] = []
      for index in 0..<order { parts.append(try builder.element(coefficients.node, at: index)) }
      for _ in more { parts.append(builder.constant(BigInt(1) << coefficients.fractionBits)) }
      all = builder.fixed(try builder.stack(parts), fractionBits: coefficients.fractionBits)
    }
    let count = order + more.count
    let estimate = try builder.multiply(
      wide, all, to: Self.room(all, count, builder), as: .matrix(rows: 1, inner: count, columns: 1))
    guard let outcome else { return try output(of: estimate, wideScale, factor: 1, &builder) }
    return try output(
      of: estimate, try builder.subtract(wideScale, outcome.scaled.exponent),
      factor: Rational(10).raised(-outcome.decimals), &builder)
  }
}

extension ProgramBuilder {
  /// Numbers as others up to 1 in magnitude times 2^exponent, all with one exponent: the sum of their magnitudes is at least 1/2, unless all are
  /// 0.
  package mutating func normalised(
    _ a: Fixed, to bits: Int
  ) throws(ParleyError) -> (unit: Fixed, exponent: NodeID) {
    // The sum of all magnitudes fits a word.
    let most = magnitude(a.node) * mostElements(type(of: a.node).shape)
    let excess = max(most.magnitude.bitWidth - 59, 0)
    let a = try rounded(a, to: a.fractionBits - excess)
    var nodes = a.node
    let size = try atLeast(try sum(try absolute(nodes).magnitude), 1)
    let leading = try leadingOne(of: size)
    let (width, shift) = (leading.width, leading.shift)
    // No magnitude is above the sum of all, which stays below 2^width.
    let end = BigInt(1) << width - 1
    nodes = try moved(nodes, by: leading.power, within: Interval(-end, end))
    let short = try rounded(fixed(nodes, fractionBits: width), to: min(bits, width))
    return (
      fixed(short.node, fractionBits: short.fractionBits),
      try subtract(constant(BigInt(width - a.fractionBits)), shift)
    )
  }
}

extension Rational {
  /// The power, also of negative exponents.
  func raised(_ exponent: Int) -> Rational {
    exponent >= 0
      ? Rational(numerator.power(exponent), denominator.power(exponent))
      : Rational(denominator.power(-exponent), numerator.power(-exponent))
  }
  /// The greatest k with 2^k ≤ the value, which is positive.
  fileprivate var leadingPlace: Int {
    let guess = numerator.magnitude.bitWidth - denominator.magnitude.bitWidth
    return .power(guess) <= self ? guess : guess - 1
  }
}
