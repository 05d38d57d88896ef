internal import BigInt
package import ParleyBase
package import ParleyProgram

/// The first two derivatives of a function that is minimised, both divided by one number.
package struct Derivatives: Sendable {
  /// p numbers, below 4 in magnitude.
  package var gradient: Fixed
  /// p × p numbers, below 4 in magnitude, symmetric and positive semidefinite but for their error.
  package var hessian: Fixed

  package init(gradient: Fixed, hessian: Fixed) {
    self.gradient = gradient
    self.hessian = hessian
  }
}

/// Sizes of a minimisation, all public.
package struct NewtonShape: Sendable, Hashable {
  /// Coefficients.
  package var order: Int
  /// Passes with rough derivatives; one with accurate ones follows, and the last evaluation.
  package var passes: Int
  /// Entries of the inverse are up to 2^growth.
  package var growth: Int
  /// Coefficients are up to 2^magnitude.
  package var magnitude: Int
  /// Fraction bits of the coefficients.
  package var coefficientBits: Int
  /// Steps of the inverse in a pass.
  package var steps: Int
  /// Steps of the inverse after the last evaluation.
  package var lastSteps: Int
  /// See ``SymmetricInverse/provenBits``.
  package var provenBits: Int
  /// The inverse is halved in a pass as often as needed where the Hessian has grown too much for it, up to six times.
  package var shrinks: Bool
  /// The inverse is divided by 2^this at the beginning of every pass, so that the iteration still converges where the Hessian has grown by up to
  /// 2^(this + 1); give more ``steps`` then.
  package var divisorBits: Int

  package init(
    order: Int, passes: Int, growth: Int = 16, magnitude: Int = 5, coefficientBits: Int = 30, steps: Int = 2,
    lastSteps: Int = 4, provenBits: Int = 4, shrinks: Bool = false, divisorBits: Int = 0
  ) {
    (self.order, self.passes, self.growth, self.magnitude) = (order, passes, growth, magnitude)
    (self.coefficientBits, self.steps, self.lastSteps) = (coefficientBits, steps, lastSteps)
    (self.provenBits, self.shrinks, self.divisorBits) = (provenBits, shrinks, divisorBits)
  }
}

/// Coefficients, and what tells how far they are from the minimum.
package struct NewtonResult: Sendable {
  /// As they are: the error is 0.
  package var coefficients: Fixed
  /// At these coefficients.
  package var derivatives: Derivatives
  /// Of the Hessian there.
  package var inverse: SymmetricInverse
}

/// Newton's method with an inverse that is carried from pass to pass: it is corrected for each Hessian by a few steps of Newton and Schulz
/// instead of being computed anew. The number of passes is public.
extension ProgramBuilder {
  /// From coefficients 0.
  ///
  /// - Parameters:
  ///   - first: the Hessian at 0, or a matrix that is nowhere smaller.
  ///   - derivatives: at coefficients. The second argument says whether they have to be accurate, as the last ones, on which rests what is proven.
  /// - Throws: what `derivatives` throws, and `plan/overflow`.
  package mutating func newton(
    _ shape: NewtonShape, first: Fixed,
    derivatives: (inout ProgramBuilder, Fixed, Bool) throws(ParleyError) -> Derivatives
  ) throws(ParleyError) -> NewtonResult {
    let order = shape.order
    let bits = Self.inverseBits(order, shape.growth)
    let start = Self.startExponent(order)
    let end = BigInt(1) << (bits + shape.growth)
    let beginning = fixed(
      try diagonal(Rational.power(bits - start).floor, order), fractionBits: bits)
    let inverse = try schulz(
      first, order, from: beginning, steps: shape.growth + start, growth: shape.growth)
    let zero = try stack(Array(repeating: constant(BigInt(0)), count: order))
    let most = BigInt(1) << (shape.coefficientBits + shape.magnitude)
    let carried = try beginLoop(
      shape.passes,
      carrying: [
        .init("approximate inverse", from: inverse.node, within: Interval(-end, end)),
        .init("coefficients", from: zero, within: Interval(-most, most)),
      ])
    let last: [NodeID]
    do throws(ParleyError) {
      let found = try derivatives(&self, fixed(carried[1], fractionBits: shape.coefficientBits), false)
      last = try endLoop(try pass(found, carried[0], carried[1], shape))
    } catch {
      abandonLoop()
      throw error
    }
    // What is left is mostly the error of the derivatives: one more pass with exact ones.
    let near = try derivatives(&self, fixed(last[1], fractionBits: shape.coefficientBits), true)
    let exact = try pass(near, last[0], last[1], shape)
    let coefficients = fixed(exact[1], fractionBits: shape.coefficientBits)
    let found = try derivatives(&self, coefficients, true)
    let final = try symmetricInverse(
      of: found.hessian, order: order, from: fixed(exact[0], fractionBits: bits), steps: shape.lastSteps,
      growth: shape.growth, provenBits: shape.provenBits)
    return NewtonResult(coefficients: coefficients, derivatives: found, inverse: final)
  }

  /// The next inverse and coefficients.
  private mutating func pass(
    _ found: Derivatives, _ inverse: NodeID, _ coefficients: NodeID, _ shape: NewtonShape
  ) throws(ParleyError) -> [NodeID] {
    let bits = Self.inverseBits(shape.order, shape.growth)
    var current = fixed(inverse, fractionBits: bits)
    if shape.shrinks { current = try shrunk(current, found.hessian, shape) }
    if shape.divisorBits > 0 {
      let less = try rounded(shifted(current, by: -shape.divisorBits), to: bits)
      current = fixed(less.node, fractionBits: bits)
    }
    for _ in 0..<shape.steps {
      current = try schulzStep(found.hessian, shape.order, current, growth: shape.growth)
    }
    let b = fixed(coefficients, fractionBits: shape.coefficientBits)
    return [current.node, try step(b, found.gradient, by: current, shape)]
  }

  /// X/2^k, with the least k up to 6 that makes the greatest row sum of |HX| at most 3/2 if that is at most 96: no eigenvalue is greater, and below 2 the
  /// iteration comes nearer.
  private mutating func shrunk(
    _ inverse: Fixed, _ hessian: Fixed, _ shape: NewtonShape
  ) throws(ParleyError) -> Fixed {
    let order = shape.order
    let bits = 20
    let short = try rounded(fixed(hessian.node, fractionBits: hessian.fractionBits), to: bits)
    let own = try rounded(fixed(inverse.node, fractionBits: inverse.fractionBits), to: bits)
    let product = try multiply(
      short, own, to: bits, as: .matrix(rows: order, inner: order, columns: order))
    let ones = try stack(Array(repeating: constant(BigInt(1)), count: order))
    let sums = try matrixProduct(
      try absolute(product.node).magnitude, ones, rows: order, inner: order, columns: 1)
    let norm = order == 1 ? sums : try extremum(.maximum, sums)
    let places = 6
    var factor = constant(BigInt(1) << places)
    for place in 0..<places {
      let limit = constant(BigInt(3) << (bits - 1 + place))
      let isAbove = try integer(fromBit: try compare(.less, limit, norm))
      factor = try subtract(factor, try scale(isAbove, by: BigInt(1) << (places - 1 - place)))
    }
    return try multiply(inverse, fixed(factor, fractionBits: places), to: inverse.fractionBits)
  }

  /// b − Xg, kept within its bounds.
  private mutating func step(
    _ coefficients: Fixed, _ gradient: Fixed, by inverse: Fixed, _ shape: NewtonShape
  ) throws(ParleyError) -> NodeID {
    let form = ProductForm.matrix(rows: shape.order, inner: shape.order, columns: 1)
    let room = Self.wordBits - 7 - shape.growth - (shape.order - 1).magnitudeWidth
    let step = try multiply(
      inverse, fixed(gradient.node, fractionBits: gradient.fractionBits), to: min(room, shape.coefficientBits),
      as: form)
    let next = try subtract(coefficients, fixed(step.node, fractionBits: step.fractionBits))
    return try clamped(fixed(next.node, fractionBits: next.fractionBits), toPower: shape.magnitude).node
  }

  /// Σ_j column_j · coefficient_j for every row, rounded to so many fraction bits. The coefficients are cut in two parts, so that every
  /// sum fits a word: two exchanges of one product each, and a truncation a row.
  package mutating func linearPredictor(
    _ columns: [Fixed], _ coefficients: Fixed, to bits: Int
  ) throws(ParleyError) -> Fixed {
    let columnBits = columns[0].fractionBits
    let cut = columnBits + coefficients.fractionBits - bits
    guard cut > 0, columns.allSatisfy({ $0.fractionBits == columnBits }) else {
      throw ParleyError(.invariant, "columns of different scales in one sum of products")
    }
    let parts = try split(coefficients.node, at: cut)
    var high: [(a: NodeID, b: NodeID)] = [], low: [(a: NodeID, b: NodeID)] = []
    var error = Dyadic.power(-bits - 1)
    for (index, column) in columns.enumerated() {
      high.append((column.node, try element(parts.high, at: index)))
      low.append((column.node, try element(parts.low, at: index)))
      error =
        error + magnitude(coefficients) * column.error + magnitude(column) * coefficients.error
        + column.error * coefficients.error
    }
    let upper = try productSum(high)
    let lower = try productSum(low)
    for sum in [upper, lower] where magnitude(sum).magnitude.bitWidth >= Self.wordBits {
      throw overflow("a linear predictor", magnitude(sum).magnitude.bitWidth)
    }
    return Fixed(node: try add(upper, try rounded(lower, dropping: cut)), fractionBits: bits, error: error)
  }
}
