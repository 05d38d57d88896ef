import BigInt
import ParleyNumerics

/// Bounds of polynomials on intervals, in integers times 2^-``bits``: the proofs of docs/proofs/kernels.md.
///
/// Every operation rounds down, and there are fewer than 2^20 of them, each of a factor below 2^40 away from the result: the sums are off by less
/// than 2^-100, which is added.
enum SegmentProof {
  static let bits = 160
  static let slack = Rational.power(-100)
  private static let parts = 16

  /// Bounds of Σ c_i u^i for 0 ≤ u ≤ width: the extreme Bernstein coefficients on sixteen parts.
  static func range(_ coefficients: [BigInt], width: Rational) -> (least: Rational, greatest: Rational) {
    let part = width / Rational(BigInt(parts))
    let weights = bernsteinWeights(coefficients.count - 1)
    var all: [BigInt] = []
    for index in 0..<parts {
      let moved = shifted(coefficients, by: (part * Rational(BigInt(index))).scaled(bits))
      all += bernstein(moved, width: part.scaled(bits), weights)
    }
    let scale = Rational.power(-bits)
    return (Rational(all.min()!) * scale - slack, Rational(all.max()!) * scale + slack)
  }
  /// An upper bound of the magnitude.
  static func bound(_ coefficients: [BigInt], width: Rational) -> Rational {
    let range = range(coefficients, width: width)
    return max(range.greatest, -range.least)
  }

  /// The polynomial in u − by.
  private static func shifted(_ coefficients: [BigInt], by distance: BigInt) -> [BigInt] {
    var result = coefficients
    for first in result.indices {
      for k in stride(from: result.count - 2, through: first, by: -1) {
        result[k] += (result[k + 1] * distance) >> bits
      }
    }
    return result
  }
  private static func bernstein(_ coefficients: [BigInt], width: BigInt, _ weights: [[BigInt]]) -> [BigInt] {
    var scaled: [BigInt] = []
    var power = BigInt(1) << bits
    for coefficient in coefficients {
      scaled.append((coefficient * power) >> bits)
      power = (power * width) >> bits
    }
    return weights.map { row in
      var sum = BigInt(0)
      for (i, weight) in row.enumerated() { sum += (scaled[i] * weight) >> bits }
      return sum
    }
  }
  /// By j and i ≤ j: j over i divided by n over i, rounded down.
  private static func bernsteinWeights(_ degree: Int) -> [[BigInt]] {
    func choose(_ n: Int, _ k: Int) -> BigInt {
      (0..<k).reduce(BigInt(1)) { $0 * BigInt(n - $1) / BigInt($1 + 1) }
    }
    return (0...degree).map { j in (0...j).map { (choose(j, $0) << bits) / choose(degree, $0) } }
  }

  /// What every segment's polynomial differs from the function at most.
  ///
  /// - Parameters:
  ///   - taylor: the function's coefficients around the beginning of a segment, in ``Series`` units.
  ///   - tail: a bound on what the series without its further terms lacks.
  static func remainder(
    _ polynomial: PiecewisePolynomial, tail: Rational, taylor: (Rational) -> [BigInt]
  ) -> Rational {
    let width = Rational.power(polynomial.widthExponent)
    var worst: Rational = 0
    for (segment, row) in polynomial.coefficients.enumerated() {
      var difference = taylor(polynomial.start + Rational(BigInt(segment)) * width).map {
        $0 << (bits - Series.bits)
      }
      for (power, coefficient) in row.enumerated() {
        difference[power] -= coefficient << (bits - polynomial.coefficientBits)
      }
      worst = max(worst, bound(difference, width: width))
    }
    // The series are off by 2^-100 each and fewer than 32.
    return worst + tail + 32 * slack
  }
}
