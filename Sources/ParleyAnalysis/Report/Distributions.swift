internal import Glibc

/// Tails and quantiles of the distributions that tests refer to, in double precision: within 10^-10 of the value, relative, in the body and
/// within 10^-8 down to 10^-300. Arguments may be anything; where there is no value the result is not a number.
///
/// Incomplete beta and gamma functions are a power term times a continued fraction or series (Abramowitz and Stegun, 6.5 and
/// 26.5). The power terms are those of Loader (*Fast and accurate computation of binomial probabilities*, 2000), which lose nothing
/// where parameters are large.
package enum Distributions {
  /// P(|Z| ≥ |z|) of a standard normal Z.
  package static func normalTail(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }

  /// P(|T| ≥ |t|) of Student's t.
  package static func studentTail(_ t: Double, degrees: Double) -> Double {
    guard degrees > 0, !t.isNaN else { return .nan }
    if t.isInfinite { return 0 }
    if degrees > 1e12 { return normalTail(t) }
    let square = t * t
    // Both are wanted in full precision: one of them is the complement of the other.
    return beta(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5)
  }

  /// P(X ≥ x) of χ².
  package static func chiSquareTail(_ x: Double, degrees: Double) -> Double {
    guard degrees > 0, !x.isNaN else { return .nan }
    return x <= 0 ? 1 : x.isInfinite ? 0 : upperGamma(degrees / 2, x / 2)
  }

  /// P(X ≥ x) of F.
  package static func fTail(_ x: Double, _ first: Double, _ second: Double) -> Double {
    guard first > 0, second > 0, !x.isNaN else { return .nan }
    if x <= 0 { return 1 }
    if x.isInfinite { return 0 }
    if second > 1e12 { return chiSquareTail(first * x, degrees: first) }
    let own = first * x
    return beta(second / (second + own), own / (second + own), second / 2, first / 2)
  }

  /// P(X ≤ x) of the beta distribution.
  package static func betaBelow(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard a > 0, b > 0, !x.isNaN else { return .nan }
    return x <= 0 ? 0 : x >= 1 ? 1 : beta(x, 1 - x, a, b)
  }

  /// The two-sided exact test of Fisher of the table a b / c d: probabilities of all tables with its margins that are not above
  /// its own, ties to 10^-7 counted as such. Counts are whole numbers of at most 10^9 together.
  package static func fisher(_ a: Double, _ b: Double, _ c: Double, _ d: Double) -> Double {
    let counts = [a, b, c, d]
    let all = a + b + c + d
    guard counts.allSatisfy({ $0 >= 0 && $0 == $0.rounded() }), all > 0, all <= 1e9 else { return .nan }
    let row = a + b, column = a + c
    let least = max(0, row + column - all), most = min(row, column)
    // Weights relative to that of the most probable table.
    let mode = min(max(((row + 1) * (column + 1) / (all + 2)).rounded(.down), least), most)
    func ratio(above k: Double) -> Double { (row - k) * (column - k) / ((k + 1) * (all - row - column + k + 1)) }
    func walk(_ body: (Double, Double) -> Void) {
      var weight = 1.0, k = mode
      while k <= most, weight > 0 {
        body(k, weight)
        weight *= ratio(above: k)
        k += 1
      }
      (weight, k) = (1, mode)
      while k > least, weight > 0 {
        weight /= ratio(above: k - 1)
        k -= 1
        body(k, weight)
      }
    }
    var own = 0.0, total = 0.0, extreme = 0.0
    walk { k, weight in
      total += weight
      if k == a { own = weight }
    }
    let limit = own * (1 + 1e-7)
    walk { _, weight in if weight <= limit { extreme += weight } }
    return min(1, extreme / total)
  }

  /// The two-sided exact test of `successes` among `trials` of probability ½.
  package static func signTest(_ successes: Double, of trials: Double) -> Double {
    guard successes >= 0, trials >= successes, trials < 1e15, successes == successes.rounded(),
      trials == trials.rounded()
    else { return .nan }
    let fewer = min(successes, trials - successes)
    // P(X ≤ k) = I_½(n − k, k + 1).
    return trials == 0 ? 1 : min(1, 2 * beta(0.5, 0.5, trials - fewer, fewer + 1))
  }

  // MARK: Quantiles

  /// The value that is passed with probability 1 − p.
  package static func normalQuantile(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
    if p == 0.5 { return 0 }
    if p > 0.5 { return -normalQuantile(1 - p) }
    // Abramowitz and Stegun, 26.2.22, is within 0.003; Halley's method cubes the error.
    let t = (-2 * log(p)).squareRoot()
    var z = -(t - (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t))
    for _ in 0..<4 {
      let below = 0.5 * erfc(-z / 2.0.squareRoot())
      let density = Glibc.exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      let step = (below - p) / density
      z -= step / (1 + z * step / 2)
    }
    return z
  }

  /// The value that Student's t passes with probability 1 − p.
  package static func studentQuantile(_ p: Double, degrees: Double) -> Double {
    guard p > 0, p < 1, degrees > 0 else { return .nan }
    if p == 0.5 { return 0 }
    let tail = 2 * min(p, 1 - p)
    let t = decreasing { studentTail($0, degrees: degrees) - tail }
    return p < 0.5 ? -t : t
  }

  /// The value that χ² passes with probability 1 − p.
  package static func chiSquareQuantile(_ p: Double, degrees: Double) -> Double {
    guard p > 0, p < 1, degrees > 0 else { return p == 0 ? 0 : .nan }
    return decreasing { x in
      // The smaller of the two tails has all digits.
      p < 0.5 ? p - lowerGamma(degrees / 2, x / 2) : chiSquareTail(x, degrees: degrees) - (1 - p)
    }
  }

  /// The value that F passes with probability 1 − p.
  package static func fQuantile(_ p: Double, _ first: Double, _ second: Double) -> Double {
    guard p > 0, p < 1, first > 0, second > 0 else { return p == 0 ? 0 : .nan }
    return decreasing { x in
      let own = first * x
      return p < 0.5
        ? p - beta(own / (second + own), second / (second + own), first / 2, second / 2)
        : fTail(x, first, second) - (1 - p)
    }
  }

  /// The value below which the beta distribution is with probability p.
  package static func betaQuantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
    guard a > 0, b > 0, p >= 0, p <= 1 else { return .nan }
    if p == 0 || p == 1 { return p }
    // x / (1 − x) runs over the positive numbers.
    let odds = decreasing { r in
      let x = r / (1 + r), y = 1 / (1 + r)
      return p < 0.5 ? p - beta(x, y, a, b) : beta(y, x, b, a) - (1 - p)
    }
    return odds.isInfinite ? 1 : odds / (1 + odds)
  }

  /// The positive number at which a decreasing function passes 0: halvings of the logarithm, then of the number.
  private static func decreasing(_ value: (Double) -> Double) -> Double {
    var low = -708.0, high = 708.0
    while high - low > 0.5 {
      let middle = (low + high) / 2
      if value(Glibc.exp(middle)) > 0 { low = middle } else { high = middle }
    }
    var (a, b) = (Glibc.exp(low), Glibc.exp(high))
    var fa = value(a), fb = value(b)
    guard fa > 0, fb <= 0 else { return .nan }
    // Regula falsi in the form of Illinois, which keeps the bracket, and a halving where it is slow.
    for turn in 0..<200 where b - a > 1e-15 * b {
      var x = turn % 4 == 3 ? (a + b) / 2 : (a * fb - b * fa) / (fb - fa)
      if !(x > a && x < b) { x = (a + b) / 2 }
      guard x > a, x < b else { break }
      let f = value(x)
      if f > 0 {
        (a, fa) = (x, f)
        fb /= 2
      } else {
        (b, fb) = (x, f)
        fa /= 2
      }
      if f == 0 { return x }
    }
    return b
  }

  // MARK: Incomplete functions

  /// ln Γ(n + 1) less its leading terms: ln n! = (n + ½) ln n − n + ½ ln 2π + this.
  private static func stirlingRest(_ n: Double) -> Double {
    if n < 16 {
      var sign: Int32 = 0
      return lgamma_r(n + 1, &sign) - (n + 0.5) * log(n) + n - 0.5 * log(2 * Double.pi)
    }
    let s = 1 / (n * n)
    return
      (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s * (1.0 / 1188 - s * 691 / 360_360))))) / n
  }

  /// x ln(x/m) + m − x, without cancellation where the two are close.
  private static func deviance(_ x: Double, _ m: Double) -> Double {
    let difference = x - m
    guard abs(difference) < 0.1 * (x + m) else { return x * log(x / m) + m - x }
    let v = difference / (x + m)
    var sum = difference * v
    var term = 2 * x * v
    for j in 1..<1000 {
      term *= v * v
      let next = sum + term / Double(2 * j + 1)
      if next == sum { break }
      sum = next
    }
    return sum
  }

  /// x^a y^b / B(a, b) for y = 1 − x.
  private static func betaPower(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
    let n = a + b
    let exponent = stirlingRest(n) - stirlingRest(a) - stirlingRest(b) - deviance(a, n * x) - deviance(b, n * y)
    return Glibc.exp(exponent) * (a * (b / n) / (2 * Double.pi)).squareRoot()
  }

  /// The regularised incomplete beta function at x, y = 1 − x.
  static func beta(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if y <= 0 { return 1 }
    guard x.isFinite, y.isFinite, a.isFinite, b.isFinite else { return .nan }
    return a * y >= b * x ? betaFraction(x, y, a, b) : 1 - betaFraction(y, x, b, a)
  }

  /// By the continued fraction of DiDonato and Morris (*Significant digit computation of the incomplete beta function ratios*, 1992), whose
  /// terms do not cancel where x is below the mean, evaluated with the method of Lentz.
  private static func betaFraction(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
    let power = betaPower(x, y, a, b)
    guard power > 0 else { return power }
    // a − (a + b) x, from the smaller of the two.
    let excess = a > b ? (a + b) * y - b : a - (a + b) * x
    func partial(_ m: Double) -> Double {
      (m == 0 ? 0 : m + m * (b - m) * x / (a + 2 * m - 1)) + (a + m) * (excess + 1 + m * (1 + y)) / (a + 2 * m + 1)
    }
    var value = nonzero(partial(0))
    var c = value
    var d = 0.0
    for m in 1..<1_000_000 {
      let m = Double(m)
      let coefficient = (a + m - 1) / (a + 2 * m - 1) * ((a + b + m - 1) / (a + 2 * m - 1)) * m * (b - m) * x * x
      let next = partial(m)
      d = 1 / nonzero(next + coefficient * d)
      c = nonzero(next + coefficient / c)
      value *= d * c
      if abs(d * c - 1) < 1e-16 { break }
    }
    return power / value
  }

  private static func nonzero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }

  /// x^a e^−x / Γ(a + 1)
  private static func gammaPower(_ a: Double, _ x: Double) -> Double {
    Glibc.exp(-stirlingRest(a) - deviance(a, x)) / (2 * Double.pi * a).squareRoot()
  }

  private static func lowerGamma(_ a: Double, _ x: Double) -> Double {
    if x <= 0 { return 0 }
    return x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x)
  }

  private static func upperGamma(_ a: Double, _ x: Double) -> Double {
    x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x)
  }

  /// The lower function: Abramowitz and Stegun, 6.5.29.
  private static func gammaSeries(_ a: Double, _ x: Double) -> Double {
    var term = 1.0, sum = 1.0
    for n in 1..<1_000_000 {
      term *= x / (a + Double(n))
      sum += term
      if term < sum * 1e-17 { break }
    }
    return gammaPower(a, x) * sum
  }

  /// The upper function: the continued fraction of Abramowitz and Stegun, 6.5.31, in its even form.
  private static func gammaFraction(_ a: Double, _ x: Double) -> Double {
    let power = gammaPower(a, x) * a
    guard power > 0 else { return power }
    var b = x + 1 - a
    var c = 1e300
    var d = 1 / nonzero(b)
    var value = d
    for n in 1..<1_000_000 {
      let n = Double(n)
      let coefficient = -n * (n - a)
      b += 2
      d = 1 / nonzero(coefficient * d + b)
      c = nonzero(b + coefficient / c)
      value *= d * c
      if abs(d * c - 1) < 1e-16 { break }
    }
    return power * value
  }
}
