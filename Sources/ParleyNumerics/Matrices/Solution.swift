internal import BigInt
package import ParleyBase
package import ParleyProgram

/// An approximate solution of Ab = r, with what is needed to tell how far it is from the exact one.
package struct LinearSolution: Hashable, Sendable {
  /// b, as it would be opened: its error is 0.
  package let value: Fixed
  /// r − Ab, of the true A and r.
  package let residual: Fixed
  /// X(r − Ab): the step that would come next.
  package let step: Fixed
}

extension ProgramBuilder {
  /// b with Ab = r: b ← b + X(r − Ab), from b = Xr.
  ///
  /// - Parameters:
  ///   - right: r, `order` numbers below 4 in magnitude.
  ///   - magnitude: |b| ≤ 2^magnitude; elements that would leave it become 0, and the residual shows it.
  ///   - refinements: how often the residual is taken after the first approximation. Each divides the distance by about the norm of the
  ///     inverse's residual.
  /// - Throws: `plan/overflow` where sizes do not fit.
  package mutating func solution(
    of inverse: SymmetricInverse, right: Fixed, magnitude: Int, refinements: Int = 2
  ) throws(ParleyError) -> LinearSolution {
    let order = inverse.order
    let form = ProductForm.matrix(rows: order, inner: order, columns: 1)
    let sum = (order - 1).magnitudeWidth
    // The product of the matrix and a solution decides how many bits a solution has.
    let bits = Self.wordBits - 8 - magnitude - sum
    let growth = self.magnitude(inverse.inverse).exponent ?? 0
    let firstBits = min(bits, Self.wordBits - 7 - growth - sum)
    let target = try rounded(right, to: min(bits, right.fractionBits))
    let first = try multiply(inverse.inverse, right, to: firstBits, as: form)
    var value = try bounded(first.node, fractionBits: firstBits, to: bits, magnitude)
    var (residual, step) = try correction(of: value, inverse, target, growth, form)
    for _ in 0..<refinements {
      let next = try add(value, fixed(step.node, fractionBits: step.fractionBits))
      value = try bounded(next.node, fractionBits: bits, to: bits, magnitude)
      (residual, step) = try correction(of: value, inverse, target, growth, form)
    }
    return LinearSolution(value: value, residual: residual, step: step)
  }

  /// A solution is meant as it is.
  private mutating func bounded(
    _ node: NodeID, fractionBits: Int, to bits: Int, _ magnitude: Int
  ) throws(ParleyError) -> Fixed {
    try kept(try refined(fixed(node, fractionBits: fractionBits), to: bits), withinPower: magnitude).value
  }

  /// r − Ab, and X times it.
  private mutating func correction(
    of value: Fixed, _ inverse: SymmetricInverse, _ right: Fixed, _ growth: Int, _ form: ProductForm
  ) throws(ParleyError) -> (residual: Fixed, step: Fixed) {
    let bits = value.fractionBits
    let product = try multiply(inverse.matrix, value, to: bits, as: form)
    // A larger residual is of no solution, and is found to be far.
    let residual = try clamped(try subtract(right, product), toPower: -4)
    let room = Self.wordBits - 1 - growth - (inverse.order - 1).magnitudeWidth
    return (residual, try multiply(inverse.inverse, residual, to: min(bits, room), as: form))
  }
}
