internal import BigInt
package import ParleyBase
package import ParleyProgram

/// An approximate inverse of a symmetric positive definite matrix, with what is needed to tell how good it is.
///
/// Nothing is claimed of the inverse itself. Its residual I − AX is computed anew from the final X, and where ``isProven`` is 1 the true
/// residual is below 2^-provenBits in the Frobenius norm: A is then regular, and what follows is in docs/proofs/newton.md.
package struct SymmetricInverse: Hashable, Sendable {
  /// Rows and columns.
  package let order: Int
  /// A, row-major.
  package let matrix: Fixed
  /// X, row-major. Its error is 0: it is meant as it is.
  package let inverse: Fixed
  /// I − AX of the true A, its entries moved to ±2 where they are beyond.
  package let residual: Fixed
  /// A bit, 1 where the residual is small.
  package let isProven: Program.NodeID
  /// The true residual is less than 2^-this where it is proven; at least 2.
  package let provenBits: Int
}

/// Inverses by Newton–Schulz iteration (G. Schulz, "Iterative Berechnung der reziproken Matrix", ZAMM 13, 1933): X ← X(2I − AX).
///
/// The number of steps is public, and so is everything else that a run shows: 60 rounds a step, whatever the order.
extension ProgramBuilder {
  /// The greatest order: what fits the words of the products.
  package static let greatestOrder = 64

  /// - Parameters:
  ///   - matrix: symmetric, positive semidefinite but for its error, with entries below 4 in magnitude; row-major.
  ///   - order: rows and columns, up to ``greatestOrder``.
  ///   - growth: entries of the inverse up to 2^growth are found; smallest eigenvalues from about 2^(5 − growth) on are proven.
  ///   - provenBits: the residual is proven to be below 2^-provenBits; at least 2.
  /// - Throws: `plan/overflow` where products do not fit; `plan/precision` where the matrix is too inexact for any proof.
  package mutating func symmetricInverse(
    of matrix: Fixed, order: Int, growth: Int = 20, provenBits: Int = 12
  ) throws(ParleyError) -> SymmetricInverse {
    let start = Self.startExponent(order)
    let bits = Self.inverseBits(order, growth)
    let first = try diagonal(Rational.power(bits - start).floor, order)
    let inverse = try schulz(
      matrix, order, from: fixed(first, fractionBits: bits), steps: growth + start, growth: growth)
    return try proven(inverse, of: matrix, order: order, bits: provenBits)
  }

  /// Goes on from an approximate inverse, of a matrix close by or with few bits, and proves what it finds.
  package mutating func symmetricInverse(
    of matrix: Fixed, order: Int, from first: Fixed, growth: Int, provenBits: Int = 12
  ) throws(ParleyError) -> SymmetricInverse {
    let inverse = try polished(first, of: matrix, order, growth: growth)
    return try proven(inverse, of: matrix, order: order, bits: provenBits)
  }

  /// The residual of an inverse, and whether it is small.
  package mutating func proven(
    _ inverse: Fixed, of matrix: Fixed, order: Int, bits provenBits: Int
  ) throws(ParleyError) -> SymmetricInverse {
    precondition(provenBits >= 2 && provenBits <= 16, "a residual that proves nothing, or cannot be computed")
    let bits = inverse.fractionBits
    let form = ProductForm.matrix(rows: order, inner: order, columns: order)
    let product = try multiply(matrix, inverse, to: bits, as: form)
    let one = fixed(try diagonal(BigInt(1) << bits, order), fractionBits: bits)
    let residual = try clamped(try subtract(one, product), toPower: 1)
    return SymmetricInverse(
      order: order, matrix: matrix, inverse: inverse, residual: residual,
      isProven: try isSmall(residual.node, inverse, matrix.error, order, below: provenBits),
      provenBits: provenBits)
  }

  /// Steps of the iteration, without any certificate. Entries that would leave ±2^growth become 0: the
  /// matrix has no inverse that is looked for.
  mutating func schulz(
    _ matrix: Fixed, _ order: Int, from first: Fixed, steps: Int, growth: Int
  ) throws(ParleyError) -> Fixed {
    let bits = first.fractionBits
    let end = BigInt(1) << (bits + growth)
    let values = try beginLoop(
      steps, carrying: [.init("approximate inverse", from: first.node, within: Interval(-end, end))])
    do throws(ParleyError) {
      let next = try schulzStep(matrix, order, fixed(values[0], fractionBits: bits), growth: growth)
      return fixed(try endLoop([next.node])[0], fractionBits: bits)
    } catch {
      abandonLoop()
      throw error
    }
  }

  /// X(2I − AX). What the steps make is an inverse, or is found not to be one: errors on the way do not count.
  mutating func schulzStep(
    _ matrix: Fixed, _ order: Int, _ current: Fixed, growth: Int
  ) throws(ParleyError) -> Fixed {
    let bits = current.fractionBits
    let end = BigInt(1) << (bits + growth)
    let form = ProductForm.matrix(rows: order, inner: order, columns: order)
    let two = try diagonal(BigInt(2) << bits, order)
    let product = try multiply(matrix, fixed(current.node, fractionBits: bits), to: bits, as: form)
    let correction = try kept(
      fixed(try subtract(two, product.node), fractionBits: bits), withinPower: 2)
    let next = try multiply(current, correction.value, to: bits, as: form)
    return fixed(try kept(next.node, within: Interval(-end, end)).node, fractionBits: bits)
  }

  /// Whether the true residual is shown to be below 2^-bits in the Frobenius norm.
  ///
  /// It is at most the sum of three norms: of the computed residual, of its roundings, and of what the error of the matrix makes of X. The square of a sum
  /// of three is at most three times the sum of the squares.
  private mutating func isSmall(
    _ residual: NodeID, _ inverse: Fixed, _ error: Dyadic, _ order: Int, below bits: Int
  ) throws(ParleyError) -> NodeID {
    // A product is off by one unit at most.
    let own = Fixed(
      node: residual, fractionBits: inverse.fractionBits, error: .power(-inverse.fractionBits))
    let short = try rounded(own, to: 22)
    let squares = fixed(
      try innerProduct(short.node, short.node), fractionBits: 2 * short.fractionBits)
    let entries = BigInt(order * order)
    let origin = origin
    func check(_ limit: Rational) throws(ParleyError) {
      guard limit <= 0 else { return }
      throw ParleyError(
        .init("plan/precision"),
        "a matrix that is known to \(error) cannot prove an inverse to 2^-\(bits)",
        at: origin.map { .init(item: $0) },
        remedy: "give the matrix with more fraction bits, or bound the entries of the inverse by less")
    }
    var left = try scale(squares, by: 3)
    var limit = Rational.power(-2 * bits) - (short.error * short.error * (3 * entries)).rational
    if error > .zero {
      let growth = magnitude(inverse).exponent ?? 0
      let xBits = min(inverse.fractionBits, Self.wordBits / 2 - 2 - growth - (order - 1).magnitudeWidth)
      let x = try rounded(fixed(inverse.node, fractionBits: inverse.fractionBits), to: xBits)
      let norm = fixed(try innerProduct(x.node, x.node), fractionBits: 2 * xBits)
      // ‖X‖² ≤ 2‖x‖² + 2p²/4 units.
      let factor = error * error * (6 * entries)
      limit = limit - (factor * .power(-2 * xBits - 2) * entries).rational
      try check(limit)
      let scale = min(60, 8 - (factor.exponent ?? 0))
      let known = fixed(constant((factor.rational * .power(scale)).ceiling), fractionBits: scale)
      let size = (magnitude(norm).exponent ?? 0) + (magnitude(known).exponent ?? 0)
      let term = try multiply(norm, known, to: min(44, Self.wordBits - 5 - size))
      left = try add(left, term)
      limit = limit - term.error.rational
    }
    try check(limit)
    return try compare(.lessOrEqual, left.node, constant((limit * .power(left.fractionBits)).floor))
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
