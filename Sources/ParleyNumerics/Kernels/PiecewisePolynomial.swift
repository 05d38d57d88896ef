package import BigInt

/// A polynomial for each of 2^k equal segments, with public integer coefficients.
///
/// On segment s, from `start` + s·w to `start` + (s + 1)·w, the function is about Σ_j c_sj · 2^-coefficientBits · r^j, r being the distance from the
/// segment's beginning.
package struct PiecewisePolynomial: Sendable, Hashable {
  /// The beginning of the first segment.
  package let start: Rational
  /// The width of a segment is 2^widthExponent.
  package let widthExponent: Int
  /// By segment, from the constant term on.
  package let coefficients: [[BigInt]]
  /// Fraction bits of the coefficients.
  package let coefficientBits: Int
  /// What polynomial and function differ by at most: claimed here, and proven for every segment by the tests (docs/proofs/kernels.md).
  package let remainder: Dyadic

  /// Fraction bits that even powers of the distance have more than the distance itself: they are as short where segments are narrow.
  var squareBits: Int { -widthExponent }
  /// Degree of the polynomials.
  package var degree: Int { coefficients[0].count - 1 }

  /// The polynomials that have the function's values at Chebyshev nodes of every segment, coefficients rounded.
  ///
  /// - Parameter function: in units of ``Series``.
  package init(
    from start: Rational, segments: Int, widthExponent: Int, degree: Int, coefficientBits: Int,
    remainder: Rational,
    _ function: (Rational) -> BigInt
  ) {
    self.start = start
    self.widthExponent = widthExponent
    self.coefficientBits = coefficientBits
    self.remainder = Dyadic(of: remainder)
    let width = Rational.power(widthExponent)
    let nodes = Self.nodes(degree).map { $0 * width }
    // Coefficients are linear in the values, with the same factors in every segment, which are integers over one denominator.
    let basis = nodes.indices.map { place in
      Self.interpolation(nodes, nodes.indices.map { $0 == place ? 1 : 0 })
    }
    let denominator = basis.joined().reduce(BigInt(1)) { common, factor in
      common / common.greatestCommonDivisor(with: factor.denominator) * factor.denominator
    }
    let factors = basis.map { $0.map { $0.numerator * (denominator / $0.denominator) } }
    coefficients = (0..<segments).map { segment in
      let beginning = start + Rational(BigInt(segment)) * width
      let values = nodes.map { function(beginning + $0) }
      return nodes.indices.map { power in
        let sum = nodes.indices.reduce(BigInt(0)) { $0 + factors[$1][power] * values[$1] }
        return (Series.rational(sum) / Rational(denominator)).scaled(coefficientBits)
      }
    }
  }

  /// (1 − cos((2k + 1)π / (2d + 2))) / 2 for a polynomial of degree d, to 20 bits: which nodes they are exactly does not matter.
  private static func nodes(_ degree: Int) -> [Rational] {
    let lower: [Int] =
      switch degree {
      case 2: [70238, 524288]
      case 3: [39909, 323652]
      case 4: [25661, 216130, 524288]
      case 5: [17866, 153563, 388593]
      default: [10074, 88350, 233006, 422003]
      }
    let all = lower + lower.reversed().filter { $0 != 524288 }.map { (1 << 20) - $0 }
    return all.map { Rational(BigInt($0), BigInt(1) << 20) }
  }

  /// Coefficients of the polynomial through the points, by divided differences.
  private static func interpolation(_ nodes: [Rational], _ values: [Rational]) -> [Rational] {
    var differences = values
    for level in 1..<nodes.count {
      for k in stride(from: nodes.count - 1, through: level, by: -1) {
        differences[k] = (differences[k] - differences[k - 1]) / (nodes[k] - nodes[k - level])
      }
    }
    var result: [Rational] = [0]
    for k in stride(from: nodes.count - 1, through: 0, by: -1) {
      // result · (r − node) + difference
      var next = [Rational](repeating: 0, count: result.count + 1)
      for (power, coefficient) in result.enumerated() {
        next[power + 1] = next[power + 1] + coefficient
        next[power] = next[power] - coefficient * nodes[k]
      }
      next[0] = next[0] + differences[k]
      result = next
    }
    return Array(result.prefix(nodes.count))
  }
}
