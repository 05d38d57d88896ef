internal import BigInt
package import ParleyBase
package import ParleyProgram

/// An approximate inverse of a symmetric positive definite matrix, with what is needed to tell how good it is.
///
/// Nothing is claimed of the inverse itself. Its residual I − AX is computed anew from the final X, and where ``isProven`` is 1 the true
/// residual is below 2^-12 in the Frobenius norm: A is then regular, and what follows is in docs/proofs/newton.md.
package struct SymmetricInverse: Hashable, Sendable {
  /// Rows and columns.
  package let order: Int
  /// A, row-major.
  package let matrix: Fixed
  /// X, row-major. Its error is 0: it is meant as it is.
  package let inverse: Fixed
  /// I − AX of the true A.
  package let residual: Fixed
  /// A bit, 1 where the residual is small.
  package let isProven: Program.NodeID

  /// The true residual is less than 2^-this where it is proven.
  package static let provenBits = 12
}

/// Inverses by Newton–Schulz iteration (G. Schulz, "Iterative Berechnung der reziproken Matrix", ZAMM 13, 1933): X ← X(2I − AX).
///
/// The number of steps is public, and so is everything else that a run shows: 38 rounds a step, whatever the order.
extension ProgramBuilder {
  /// The greatest order: what fits the words of the products.
  package static let greatestOrder = 64

  /// - Parameters:
  ///   - matrix: symmetric, positive semidefinite but for its error, with entries below 4 in magnitude; row-major.
  ///   - order: rows and columns, up to ``greatestOrder``.
  ///   - growth: entries of the inverse up to 2^growth are found; smallest eigenvalues from about 2^(5 − growth) on are proven.
  /// - Throws: `plan/overflow` where the entries can be larger, or products do not fit.
  package mutating func symmetricInverse(
    of matrix: Fixed, order: Int, growth: Int = 20
  ) throws(ParleyError) -> SymmetricInverse {
    let start = Self.startExponent(order)
    let bits = Self.inverseBits(order, growth)
    let first = try diagonal(Rational.power(bits - start).floor, order)
    return try symmetricInverse(
      of: matrix, order: order, from: fixed(first, fractionBits: bits), steps: growth + start, growth: growth)
  }

  /// Goes on from an approximate inverse, such as that of a matrix close by.
  package mutating func symmetricInverse(
    of matrix: Fixed, order: Int, from first: Fixed, steps: Int, growth: Int
  ) throws(ParleyError) -> SymmetricInverse {
    let inverse = try schulz(matrix, order, from: first, steps: steps, growth: growth)
    return try proven(inverse, of: matrix, order: order)
  }

  /// The residual of an inverse, and whether it is small.
  package mutating func proven(
    _ inverse: Fixed, of matrix: Fixed, order: Int
  ) throws(ParleyError) -> SymmetricInverse {
    let bits = inverse.fractionBits
    let form = ProductForm.matrix(rows: order, inner: order, columns: order)
    let product = try multiply(matrix, inverse, to: bits, as: form)
    let one = fixed(try diagonal(BigInt(1) << bits, order), fractionBits: bits)
    let residual = try clamped(try subtract(one, product), toPower: 1)
    return SymmetricInverse(
      order: order, matrix: matrix, inverse: inverse, residual: residual,
      isProven: try isSmall(residual, order, below: SymmetricInverse.provenBits))
  }

  /// Steps of the iteration, without any certificate. Entries that would leave ±2^growth become 0: the
  /// matrix has no inverse that is looked for.
  mutating func schulz(
    _ matrix: Fixed, _ order: Int, from first: Fixed, steps: Int, growth: Int
  ) throws(ParleyError) -> Fixed {
    let bits = first.fractionBits
    let end = BigInt(1) << (bits + growth)
    let form = ProductForm.matrix(rows: order, inner: order, columns: order)
    let two = try diagonal(BigInt(2) << bits, order)
    let values = try beginLoop(
      steps, carrying: [.init("approximate inverse", from: first.node, within: Interval(-end, end))])
    do throws(ParleyError) {
      // What the steps make is an inverse, or is found not to be one: errors on the way do not count.
      let current = fixed(values[0], fractionBits: bits)
      let product = try multiply(matrix, current, to: bits, as: form)
      let correction = try kept(
        fixed(try subtract(two, product.node), fractionBits: bits), withinPower: 2)
      let next = try multiply(current, correction.value, to: bits, as: form)
      let inside = try kept(next.node, within: Interval(-end, end)).node
      return fixed(try endLoop([inside])[0], fractionBits: bits)
    } catch {
      abandonLoop()
      throw error
    }
  }

  /// Whether Σ residual² shows that the true residual is below 2^-bits in the Frobenius norm.
  private mutating func isSmall(_ residual: Fixed, _ order: Int, below bits: Int) throws(ParleyError) -> NodeID {
    // Entries are off by what they bring and half a unit; a norm of order² entries by order times that.
    let kept = try rounded(residual, to: bits + 10)
    let distance = kept.error * BigInt(order)
    let most = Rational.power(-bits) - distance.rational
    let square = (most * most * .power(2 * kept.fractionBits)).floor
    guard most > 0, square > 0 else {
      throw ParleyError(
        .init("plan/precision"),
        "a matrix that is known to \(residual.error) cannot prove an inverse to 2^-\(bits)",
        at: origin.map { .init(item: $0) },
        remedy: "give the matrix with more fraction bits, or bound the entries of the inverse by less")
    }
    return try compare(.lessOrEqual, try innerProduct(kept.node, kept.node), constant(square))
  }

  /// A multiple of the identity.
  mutating func diagonal(_ value: BigInt, _ order: Int) throws(ParleyError) -> NodeID {
    let (entry, zero) = (constant(value), constant(BigInt(0)))
    return try stack((0..<order * order).map { $0 % (order + 1) == 0 ? entry : zero })
  }

  /// 2^-this is at most the reciprocal of the greatest eigenvalue: that is at most the trace, below 4 · order.
  static func startExponent(_ order: Int) -> Int { 2 + (order - 1).magnitudeWidth }

  /// Fraction bits of inverses: products of matrices have to fit.
  package static func inverseBits(_ order: Int, _ growth: Int) -> Int {
    wordBits - 7 - growth - (order - 1).magnitudeWidth
  }
}
