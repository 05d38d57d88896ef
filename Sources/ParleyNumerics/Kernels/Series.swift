package import BigInt

/// Values of functions in fixed point, for tables: integers times 2^-``bits``, off by less than 2^-100 for the arguments that are used here.
package enum Series {
  /// Fraction bits.
  package static let bits = 128
  private static let one = BigInt(1) << bits

  /// e^x for |x| ≤ 64, off by less than 2^-100 · max(1, e^x).
  package static func exp(_ x: Rational) -> BigInt {
    // e^x = (e^(x / 2^12))^(2^12), with enough further bits for twelve squares of up to 2^93.
    let guardBits = 192, halvings = 12
    let scale = bits + guardBits
    let small = (x * .power(-halvings)).scaled(scale)
    var term = BigInt(1) << scale, sum = BigInt(1) << scale
    for k in 1...60 {
      term = ((term * small) >> scale) / BigInt(k)
      if term == 0 { break }
      sum += term
    }
    for _ in 0..<halvings { sum = (sum * sum) >> scale }
    return sum >> guardBits
  }
  /// 1 / (1 + e^-x).
  package static func sigmoid(_ x: Rational) -> BigInt { (one << bits) / (one + exp(-x)) }
  /// The natural logarithm of a number from 1/2 to 2: twice the area tangent of (x − 1) / (x + 1).
  package static func logarithm(_ x: Rational) -> BigInt {
    let z = ((x - 1) / (x + 1)).scaled(bits)
    let square = (z * z) >> bits
    var power = z, sum = BigInt(0)
    for k in 0..<48 {
      sum += power / BigInt(2 * k + 1)
      power = (power * square) >> bits
    }
    return 2 * sum
  }
  /// ln 2.
  package static let logarithmOfTwo = logarithm(2)
  /// log2 x of a number from 1/2 to 2.
  package static func binaryLogarithm(_ x: Rational) -> BigInt { (logarithm(x) << bits) / logarithmOfTwo }
  /// 2^x.
  package static func power(_ x: Rational) -> BigInt {
    exp(x * Rational(logarithmOfTwo, one))
  }
  /// A value as a fraction.
  package static func rational(_ value: BigInt) -> Rational { Rational(value, one) }
}
