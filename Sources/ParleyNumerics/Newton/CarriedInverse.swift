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
  /// Fraction bits of the coefficients that are found, and in the accurate passes.
  package var coefficientBits: Int
  /// Fraction bits of the coefficients in rough passes.
  package var roughBits: Int
  /// See ``SymmetricInverse/provenBits``.
  package var provenBits: Int
  /// The inverse is halved in a pass as often as needed where the Hessian has grown too much for it, up to six times.
  package var shrinks: Bool
  /// The inverse is divided by 2^this at the beginning of every pass, so that the iteration still converges where the Hessian has grown by up to
  /// 2^(this + 1), and the residual is squared twice as often.
  package var divisorBits: Int

  package init(
    order: Int, passes: Int, growth: Int = 14, magnitude: Int = 5, coefficientBits: Int = 30, roughBits: Int = 20,
    provenBits: Int = 4, shrinks: Bool = false, divisorBits: Int = 0
  ) {
    (self.order, self.passes, self.growth, self.magnitude) = (order, passes, growth, magnitude)
    (self.coefficientBits, self.roughBits) = (coefficientBits, roughBits)
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

/// Which derivatives are asked for.
package enum NewtonStage: Hashable, Sendable {
  /// For a pass that only has to come nearer.
  case rough
  /// With an accurate gradient: what is left after the rough passes is mostly the error of theirs.
  case near
  /// Accurate both, with bounds: what is proven rests on them.
  case last
}

/// Newton's method with an inverse that is carried from pass to pass: it is corrected for each Hessian by squaring its residual instead of being computed
/// anew, with few bits until the end. The number of passes is public.
extension ProgramBuilder {
  /// From coefficients 0.
  ///
  /// - Parameters:
  ///   - first: the gradient at 0, and the Hessian there or a matrix that is nowhere smaller: the first pass is a step with these.
  ///   - derivatives: at coefficients, as accurately as the stage asks for.
  /// - Throws: what `derivatives` throws, and `plan/overflow`.
  package mutating func newton(
    _ shape: NewtonShape, first: Derivatives,
    derivatives: (inout ProgramBuilder, Fixed, NewtonStage) throws(ParleyError) -> Derivatives
  ) throws(ParleyError) -> NewtonResult {
    let order = shape.order
    let bits = Self.roughBits(shape.growth)
    // Kept within its range at the beginning of the next pass, beside the derivatives there.
    let end = BigInt(1) << (bits + Self.unkeptGrowth(shape))
    let inverse = try roughInverse(of: first.hessian, order, growth: shape.growth)
    let zero = fixed(
      try stack(Array(repeating: constant(BigInt(0)), count: order)), fractionBits: shape.roughBits)
    var begin = zero
    if shape.passes > 0 { begin = try step(zero, first.gradient, by: inverse, .rough, shape) }
    let most = BigInt(1) << (shape.roughBits + shape.magnitude)
    let carried = try beginLoop(
      max(shape.passes - 1, 0),
      carrying: [
        .init("approximate inverse", from: inverse.node, within: Interval(-end, end)),
        .init("coefficients", from: begin.node, within: Interval(-most, most)),
      ])
    let last: [NodeID]
    do throws(ParleyError) {
      let b = fixed(carried[1], fractionBits: shape.roughBits)
      let found = try derivatives(&self, b, .rough)
      let next = try pass(found, fixed(carried[0], fractionBits: bits), b, .rough, shape)
      last = try endLoop([next.inverse.node, next.coefficients.node])
    } catch {
      abandonLoop()
      throw error
    }
    let before = try refined(fixed(last[1], fractionBits: shape.roughBits), to: shape.coefficientBits)
    let near = try derivatives(&self, before, .near)
    let exact = try pass(near, fixed(last[0], fractionBits: bits), before, .near, shape)
    let found = try derivatives(&self, exact.coefficients, .last)
    let final = try symmetricInverse(
      of: found.hessian, order: order, from: exact.inverse, growth: shape.growth, provenBits: shape.provenBits)
    return NewtonResult(coefficients: exact.coefficients, derivatives: found, inverse: final)
  }

  /// The next inverse and coefficients.
  private mutating func pass(
    _ found: Derivatives, _ inverse: Fixed, _ coefficients: Fixed, _ stage: NewtonStage, _ shape: NewtonShape
  ) throws(ParleyError) -> (inverse: Fixed, coefficients: Fixed) {
    var current = plain(try kept(inverse, withinPower: shape.growth).value)
    if shape.shrinks { current = plain(try shrunk(current, found.hessian, shape)) }
    guard shape.divisorBits == 0 else {
      let less = try rounded(shifted(current, by: -shape.divisorBits), to: current.fractionBits)
      current = try updated(
        plain(less), for: found.hessian, shape.order, growth: shape.growth, steps: 2 + shape.divisorBits)
      return (current, try step(coefficients, found.gradient, by: current, stage, shape))
    }
    let (first, second) = try updated(current, for: found.hessian, shape.order, growth: shape.growth)
    // A rough step needs no more than one correction: what is left of the inverse's error is squared by then, as that of the step is.
    guard stage == .near else { return (second, try step(coefficients, found.gradient, by: first, stage, shape)) }
    current = plain(try kept(second, withinPower: shape.growth).value)
    return (current, try step(coefficients, found.gradient, by: current, stage, shape))
  }

  /// Entries of an inverse after two corrections are up to 2^this.
  private static func unkeptGrowth(_ shape: NewtonShape) -> Int {
    guard shape.divisorBits == 0 else { return shape.growth }
    // Entries of E are at most 1, and those of E² at most p.
    return shape.growth + 3 * (shape.order - 1).magnitudeWidth + 2
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
    _ coefficients: Fixed, _ gradient: Fixed, by inverse: Fixed, _ stage: NewtonStage, _ shape: NewtonShape
  ) throws(ParleyError) -> Fixed {
    let form = ProductForm.matrix(rows: shape.order, inner: shape.order, columns: 1)
    let sum = (shape.order - 1).magnitudeWidth
    let wide = magnitude(inverse.node).magnitude.bitWidth - inverse.fractionBits
    let room = Self.wordBits - 7 - wide - sum
    var g = plain(gradient)
    if stage == .rough {
      // As many bits as fit a word beside the inverse; elements are below 4.
      let fitting = Self.roomBeside(magnitude(inverse.node).magnitude.bitWidth + 2, shape.order)
      g = plain(try rounded(g, to: min(g.fractionBits, max(fitting, 12))))
    }
    let step = try multiply(inverse, g, to: min(room, coefficients.fractionBits), as: form)
    let next = try subtract(coefficients, plain(step))
    return plain(try clamped(plain(next), toPower: shape.magnitude))
  }

  /// Σ_j column_j · coefficient_j for every row, rounded to so many fraction bits: one exchange of one product, and a truncation a row. Where sums fit
  /// no word the coefficients are cut in two parts first.
  package mutating func linearPredictor(
    _ columns: [Fixed], _ coefficients: Fixed, to bits: Int
  ) throws(ParleyError) -> Fixed {
    if let sum = try exactPredictor(columns, coefficients) { return try rounded(sum, to: bits) }
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
      error = error + brought(column, coefficients)
    }
    let upper = try productSum(high)
    let lower = try productSum(low)
    for sum in [upper, lower] where magnitude(sum).magnitude.bitWidth >= Self.wordBits {
      throw overflow("a linear predictor", magnitude(sum).magnitude.bitWidth)
    }
    return Fixed(node: try add(upper, try rounded(lower, dropping: cut)), fractionBits: bits, error: error)
  }

  /// The same exactly, in one exchange; nil where sums fit no word.
  package mutating func exactPredictor(
    _ columns: [Fixed], _ coefficients: Fixed
  ) throws(ParleyError) -> Fixed? {
    let columnBits = columns[0].fractionBits
    guard columns.allSatisfy({ $0.fractionBits == columnBits }) else { return nil }
    let most = columns.reduce(BigInt(0)) { $0 + magnitude($1.node) } * magnitude(coefficients.node)
    // Half a unit more fits as well.
    guard most.magnitude.bitWidth < Self.wordBits - 1 else { return nil }
    var pairs: [(a: NodeID, b: NodeID)] = []
    var error = Dyadic.zero
    for (index, column) in columns.enumerated() {
      pairs.append((column.node, try element(coefficients.node, at: index)))
      error = error + brought(column, coefficients)
    }
    return Fixed(
      node: try productSum(pairs), fractionBits: columnBits + coefficients.fractionBits, error: error)
  }

  private func brought(_ column: Fixed, _ coefficients: Fixed) -> Dyadic {
    magnitude(coefficients) * column.error + magnitude(column) * coefficients.error
      + column.error * coefficients.error
  }
}
