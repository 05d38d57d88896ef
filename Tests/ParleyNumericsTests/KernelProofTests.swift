import BigInt
import ParleyNumerics
import Testing

/// Every segment of every table differs from its function by no more than is claimed; and a table that claims less is noticed.
@Suite struct KernelProofTests {
  static let terms = 26

  /// σ' = σ(1 − σ) gives (k + 1)·t_(k+1) = t_k − Σ t_i·t_(k−i).
  static func sigmoidSeries(_ a: Rational) -> [BigInt] {
    var t = [Series.sigmoid(a)]
    for k in 0..<terms {
      let square = (0...k).reduce(BigInt(0)) { $0 + t[$1] * t[k - $1] } >> Series.bits
      t.append((t[k] - square) / BigInt(k + 1))
    }
    return t
  }
  /// Within a distance of 2 of the real line |σ| ≤ 1 / sin 2 < 1.1, so that |t_k| ≤ 1.1 · 2^-k (Cauchy), and u ≤ 1/2.
  static let sigmoidTail = Rational(11, 10) * .power(-2 * (terms + 1)) * Rational(4, 3)

  static func powerSeries(_ a: Rational) -> [BigInt] {
    var t = [Series.power(a)]
    for k in 1...terms { t.append(((t[k - 1] * Series.logarithmOfTwo) >> Series.bits) / BigInt(k)) }
    return t
  }
  static func logarithmSeries(_ a: Rational) -> [BigInt] {
    var t = [Series.binaryLogarithm(a)]
    var inverse: Rational = 1
    for k in 1...terms {
      inverse = inverse / a
      let term = (inverse * Rational(k % 2 == 1 ? 1 : -1, BigInt(k))).scaled(Series.bits)
      t.append((term << Series.bits) / Series.logarithmOfTwo)
    }
    return t
  }

  /// The claim is proven, and 3 % less would not be.
  private func check(
    _ polynomial: PiecewisePolynomial, tail: Rational, _ taylor: (Rational) -> [BigInt],
    at location: SourceLocation = #_sourceLocation
  ) {
    let proven = SegmentProof.remainder(polynomial, tail: tail, taylor: taylor)
    let claimed = polynomial.remainder.rational
    #expect(proven <= claimed, "\(proven.double) is claimed as \(claimed.double)", sourceLocation: location)
    #expect(
      proven * Rational(5, 4) > claimed, "\(proven.double) is claimed as \(claimed.double)",
      sourceLocation: location)
    #expect(tail < .power(-40), sourceLocation: location)
  }

  @Test(arguments: SigmoidPrecision.allCases) func sigmoid(_ precision: SigmoidPrecision) {
    check(precision.polynomial, tail: Self.sigmoidTail, Self.sigmoidSeries)
  }
  @Test func power() {
    // ln 2 < 0.7: the terms after the last sum up to less than twice the first of them, below 2 · 0.7^27 / 27!.
    check(Exponential.polynomial, tail: .power(-80), Self.powerSeries)
  }
  @Test func logarithm() {
    check(Logarithm.polynomial, tail: 2 * .power(-5 * (Self.terms + 1)), Self.logarithmSeries)
  }

  /// |1/y − p| ≤ c/y on 1/2 ≤ y ≤ 1 where ±(1 − yp) − c is nowhere positive, on each segment.
  @Test func reciprocal() {
    let polynomial = Reciprocal.polynomial
    let width = Rational.power(polynomial.widthExponent)
    var worst: Rational = 0
    for (segment, row) in polynomial.coefficients.enumerated() {
      let start = polynomial.start + Rational(BigInt(segment)) * width
      let fine = row.map { $0 << (SegmentProof.bits - polynomial.coefficientBits) }
      // y = start + r; the beginnings are multiples of 2^-6, so that this is exact.
      var residual = [BigInt](repeating: 0, count: row.count + 1)
      residual[0] = BigInt(1) << SegmentProof.bits
      for (power, coefficient) in fine.enumerated() {
        residual[power] -= (start * Rational(coefficient)).floor
        residual[power + 1] -= coefficient
      }
      worst = max(worst, SegmentProof.bound(residual, width: width))
    }
    worst = worst + SegmentProof.slack
    let claimed = polynomial.remainder.rational
    #expect(
      worst <= claimed && worst * Rational(5, 4) > claimed, "\(worst.double) is claimed as \(claimed.double)")
  }

  /// The derivative σ' = Σ (k + 1)·t_(k+1)·r^k, with a tail like that of σ: 26 terms more than twice of which are not there.
  @Test func slope() {
    check(SigmoidSlope.polynomial, tail: Self.sigmoidTail * Rational(BigInt(4 * Self.terms))) { a in
      let t = Self.sigmoidSeries(a)
      return (0..<Self.terms).map { t[$0 + 1] * BigInt($0 + 1) }
    }
  }

  /// A table with one wrong unit in a segment is not proven.
  @Test func aWrongTable() {
    let right = SigmoidPrecision.high.polynomial
    let wrong = PiecewisePolynomial(
      from: 0, segments: 32, widthExponent: -1, degree: 5, coefficientBits: 30, remainder: right.remainder.rational
    ) { x in Series.sigmoid(x) + (x > 7 && x < 8 ? BigInt(1) << (Series.bits - 26) : 0) }
    #expect(
      SegmentProof.remainder(wrong, tail: Self.sigmoidTail, taylor: Self.sigmoidSeries) > right.remainder.rational)
  }

  /// The functions behind the tables, against sums of their series in fractions.
  @Test(arguments: [Rational(0), Rational(1, 3), Rational(-7, 2), Rational(31, 2), Rational(-16)])
  func series(_ x: Rational) {
    var term: Rational = 1, sum: Rational = 1
    for k in 1...90 {
      // Terms are kept to 2^-200, so that fractions stay short.
      term = Rational((term * x / Rational(BigInt(k))).scaled(200), BigInt(1) << 200)
      sum = sum + term
    }
    let slack = Rational.power(-100) * (sum > 1 ? sum : 1)
    #expect((Series.rational(Series.exp(x)) - sum).magnitude < slack)
    let sigmoid = Series.rational(Series.sigmoid(-x)) * (1 + sum)
    #expect((sigmoid - 1).magnitude < .power(-95) * (1 + sum))
    // 2^x from it, and its logarithm.
    let root = Series.rational(Series.power(Rational(1, 3)))
    #expect((root * root * root - 2).magnitude < .power(-95))
    #expect((Series.rational(Series.binaryLogarithm(root)) - Rational(1, 3)).magnitude < .power(-95))
  }
}
