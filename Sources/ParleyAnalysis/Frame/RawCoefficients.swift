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
  ///   - covariance: their covariances, row-major, but for a factor.
  ///   - exponent: that factor is 2^exponent; a scalar, public or not.
  ///   - outcome: where the outcome is scaled as columns are.
  package func raw(
    _ coefficients: Fixed, _ covariance: Fixed, exponent: NodeID, outcome: ScaledOutcome? = nil,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> RawCoefficients {
    let first = hasConstant ? 1 : 0
    var estimates: [NodeID] = [], variances: [NodeID] = []
    for index in terms.indices {
      estimates.append(try builder.element(coefficients.node, at: index + first))
      variances.append(try builder.element(covariance.node, at: (index + first) * (order + 1)))
    }
    var exponents = terms.map(\.scaled.exponent)
    if let outcome {
      for index in exponents.indices {
        exponents[index] = try builder.subtract(exponents[index], outcome.scaled.exponent)
      }
    }
    let tens = terms.map { $0.decimals - (outcome?.decimals ?? 0) }
    var result = try outputs(
      of: estimates, coefficients.fractionBits, exponents, factors: tens.map { Rational(10).raised($0) }, &builder)
    var doubled: [NodeID] = []
    for own in exponents {
      doubled.append(try builder.add(try builder.scale(own, by: 2), exponent))
    }
    var squares = try outputs(
      of: variances, covariance.fractionBits, doubled, factors: tens.map { Rational(10).raised(2 * $0) }, &builder)
    if hasConstant {
      let own = try constant(
        coefficients, covariance, exponent: exponent, outcome: outcome, &builder)
      result.insert(own.estimate, at: 0)
      squares.insert(own.variance, at: 0)
    }
    return RawCoefficients(
      estimates: try Self.stacked(result, &builder), variances: try Self.stacked(squares, &builder))
  }

  private static func stacked(_ parts: [FloatOutput], _ builder: inout ProgramBuilder) throws(ParleyError)
    -> FloatOutput
  {
    FloatOutput(
      mantissa: try builder.stack(parts.map(\.mantissa)), exponent: try builder.stack(parts.map(\.exponent)))
  }

  /// Numbers times 2^exponent and public factors, rounded to the digits that are opened.
  private func outputs(
    of nodes: [NodeID], _ bits: Int, _ exponents: [NodeID], factors: [Rational],
    significantBits significant: Int = RawCoefficients.significantBits, _ builder: inout ProgramBuilder
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
    let output = try builder.floatOutput(whole, significantBits: significant)
    let isZero = try builder.compare(.equal, output.mantissa, builder.constant(0))
    let exponent = try builder.select(
      isZero, builder.constant(0), try builder.add(output.exponent, more))
    var parts: [FloatOutput] = []
    for index in nodes.indices {
      parts.append(
        FloatOutput(
          mantissa: try builder.element(output.mantissa, at: index),
          exponent: try builder.element(exponent, at: index)))
    }
    return parts
  }

  /// The constant of the columns as they were: the linear form (1, −2^e·m, …) of the coefficients.
  private func constant(
    _ coefficients: Fixed, _ covariance: Fixed, exponent: NodeID, outcome: ScaledOutcome?,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (estimate: FloatOutput, variance: FloatOutput) {
    let bits = (terms.map(\.scaled) + [outcome?.scaled].compactMap(\.self)).map(\.powerBits).max() ?? 0
    func moved(_ column: ScaledColumn, _ origin: BigInt, _ sign: BigInt) throws(ParleyError) -> NodeID {
      let mean = try builder.add(column.mean, builder.constant(origin))
      return try builder.scale(
        try builder.multiply(mean, column.power), by: sign << (bits - column.powerBits))
    }
    var form = [builder.constant(BigInt(1) << bits)]
    for term in terms { form.append(try moved(term.scaled, term.origin, -1)) }
    func room(_ value: Fixed, _ terms: Int) -> Int {
      let whole = builder.magnitude(value.node).magnitude.bitWidth - value.fractionBits
      return min(55 - whole - (terms.bitWidth - terms.leadingZeroBitCount), 44)
    }
    func plain(_ value: Fixed) -> Fixed { builder.fixed(value.node, fractionBits: value.fractionBits) }

    let (c, scale) = try normalised(form, bits, &builder)
    let columns = try builder.multiply(
      plain(covariance), c, to: room(covariance, order), as: .matrix(rows: order, inner: order, columns: 1))
    let variance = try builder.multiply(
      c, plain(columns), to: room(columns, order), as: .matrix(rows: 1, inner: order, columns: 1))
    var squareExponent = try builder.add(try builder.scale(scale, by: 2), exponent)
    guard let outcome else {
      let estimate = try builder.multiply(
        c, plain(coefficients), to: room(coefficients, order), as: .matrix(rows: 1, inner: order, columns: 1))
      return (
        try output(of: estimate, scale, factor: 1, &builder),
        try output(of: variance, squareExponent, factor: 1, &builder)
      )
    }
    // The mean of the outcome is one more number of the form, with the coefficient 1.
    let (wide, wideScale) = try normalised(
      form + [try moved(outcome.scaled, outcome.origin, 1)], bits, &builder)
    var own: [NodeID] = []
    for index in 0..<order { own.append(try builder.element(coefficients.node, at: index)) }
    own.append(builder.constant(BigInt(1) << coefficients.fractionBits))
    let all = builder.fixed(try builder.stack(own), fractionBits: coefficients.fractionBits)
    let estimate = try builder.multiply(
      wide, all, to: room(all, order + 1), as: .matrix(rows: 1, inner: order + 1, columns: 1))
    squareExponent = try builder.subtract(squareExponent, try builder.scale(outcome.scaled.exponent, by: 2))
    let ten = Rational(10)
    return (
      try output(
        of: estimate, try builder.subtract(wideScale, outcome.scaled.exponent),
        factor: ten.raised(-outcome.decimals),
        &builder),
      try output(of: variance, squareExponent, factor: ten.raised(-2 * outcome.decimals), &builder)
    )
  }

  /// Integers with so many fraction bits as numbers up to 1 in magnitude times 2^exponent, all with one exponent: the sum of their magnitudes is at
  /// least 1/2.
  private func normalised(
    _ form: [NodeID], _ bits: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (unit: Fixed, exponent: NodeID) {
    let (unit, shift) = try normalised(form, &builder)
    let short = try builder.rounded(unit, to: min(40, unit.fractionBits))
    return (
      builder.fixed(short.node, fractionBits: short.fractionBits),
      try builder.subtract(builder.constant(BigInt(unit.fractionBits - bits)), shift)
    )
  }

  /// One number times 2^exponent and a public factor.
  package func output(
    of value: Fixed, _ exponent: NodeID, factor: Rational, significantBits: Int = RawCoefficients.significantBits,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> FloatOutput {
    try outputs(
      of: [value.node], value.fractionBits, [exponent], factors: [factor], significantBits: significantBits,
      &builder)[0]
  }

  /// Integers moved up together by a power of two until the sum of their magnitudes has its leading one at the top: as numbers up to 1.
  private func normalised(
    _ values: [NodeID], _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (unit: Fixed, shift: NodeID) {
    var nodes = try builder.stack(values)
    var size = try builder.sum(try builder.absolute(nodes).magnitude)
    // The first of them is a constant.
    size = try builder.atLeast(size, 1)
    let width = builder.magnitude(size).magnitude.bitWidth
    guard width <= 59 else {
      throw ParleyError(
        .init("plan/overflow"),
        "the means of columns, counted in their deviations, need \(width) bits; 59 are there",
        at: builder.origin.map { .init(item: $0) },
        remedy: "subtract about the mean from columns whose values are far from 0, in 'rows'")
    }
    var shift = builder.constant(0)
    var step = 1
    while 2 * step < width { step *= 2 }
    while step >= 1 {
      if step < width {
        let end = BigInt(1) << (width - step)
        let isSmall = try builder.compare(.less, size, builder.constant(end))
        func moved(_ node: NodeID, _ least: BigInt) throws(ParleyError) -> NodeID {
          // What is not small is left out before it is moved, so that nothing is longer than a word.
          let small = try builder.select(
            isSmall, node, builder.constant(0), within: Interval(least * (end - 1), end - 1))
          let top = BigInt(1) << width - 1
          return try builder.select(
            isSmall, try builder.scale(small, by: BigInt(1) << step), node, within: Interval(least * top, top))
        }
        nodes = try moved(nodes, -1)
        size = try moved(size, 0)
        shift = try builder.add(shift, try builder.scale(try builder.integer(fromBit: isSmall), by: BigInt(step)))
      }
      step /= 2
    }
    return (builder.fixed(nodes, fractionBits: width), shift)
  }
}

extension Rational {
  /// The power, also of negative exponents.
  fileprivate func raised(_ exponent: Int) -> Rational {
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
