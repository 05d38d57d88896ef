package import BigInt

/// Numbers that are opened as mantissa and exponent.
package enum FloatText {
  /// Exponents of values that are shown, in either direction: all of them are normal double-precision numbers.
  package static let mostExponent = 960
  /// The widest mantissa.
  package static let mostBits = 53

  /// Decimal digits that tell apart any two numbers with a mantissa of so many bits.
  package static func digits(bits: Int) -> Int { (min(max(bits, 1), mostBits) * 30_103 + 99_999) / 100_000 + 1 }

  /// The text of mantissa · 2^exponent: the nearest decimal number of ``digits(bits:)`` significant digits, halves away from zero, without
  /// zeros at the end; with an exponent (`1.5e-09`) below 10^-5 and from 10^15. Nil where the pair is no value of a column
  /// with mantissas of so many bits: a mantissa beyond 2^bits, an exponent beyond ``mostExponent``. Both are others' input.
  package static func text(mantissa: BigInt, exponent: BigInt, bits: Int) -> String? {
    guard (1...mostBits).contains(bits), mantissa.magnitude <= BigUInt(1) << bits else { return nil }
    guard let exponent = Int(exactly: exponent), abs(Double(exponent)) <= Double(mostExponent) else { return nil }
    if mantissa == 0 { return "0" }
    let rounded = digits(mantissa.magnitude, exponent, count: digits(bits: bits))
    return plain(rounded.digits, exponent: rounded.exponent, isNegative: mantissa < 0)
  }

  /// The nearest decimal number of `count` significant digits to magnitude · 2^exponent, halves away from zero: its digits and the power of ten of
  /// the first of them. The magnitude is not 0.
  package static func digits(
    _ magnitude: BigUInt, _ exponent: Int, count: Int
  ) -> (digits: String, exponent: Int) {
    let value = BigInt(magnitude)
    let numerator = exponent > 0 ? value << exponent : value
    let denominator = exponent < 0 ? BigInt(1) << -exponent : 1
    let top = BigInt(10).power(count)
    // The value is 10^(places of the estimate), give or take one.
    var shift = count - 1 - ((magnitude.bitWidth + exponent) * 30_103) / 100_000
    func scaled() -> (upper: BigInt, lower: BigInt) {
      (
        shift > 0 ? numerator * BigInt(10).power(shift) : numerator,
        shift < 0 ? denominator * BigInt(10).power(-shift) : denominator
      )
    }
    var parts = scaled()
    while parts.upper >= parts.lower * top {
      shift -= 1
      parts = scaled()
    }
    while 10 * parts.upper < parts.lower * top {
      shift += 1
      parts = scaled()
    }
    var rounded = (2 * parts.upper + parts.lower) / (2 * parts.lower)
    if rounded == top {
      rounded = top / 10
      shift -= 1
    }
    return (String(rounded), count - 1 - shift)
  }

  /// - Parameter exponent: the power of ten of the first digit.
  private static func plain(_ all: String, exponent: Int, isNegative: Bool) -> String {
    var digits = Array(all)
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    let sign = isNegative ? "-" : ""
    func zeros(_ count: Int) -> String { String(repeating: "0", count: max(0, count)) }
    switch exponent {
    case -5..<0: return sign + "0." + zeros(-1 - exponent) + String(digits)
    case 0..<15:
      let whole = String(digits.prefix(exponent + 1)) + zeros(exponent + 1 - digits.count)
      return sign + whole + (digits.count > exponent + 1 ? "." + String(digits.dropFirst(exponent + 1)) : "")
    default:
      let power = String(abs(exponent))
      return sign + String(digits[0]) + (digits.count > 1 ? "." + String(digits.dropFirst()) : "")
        + "e" + (exponent < 0 ? "-" : "+") + zeros(2 - power.count) + power
    }
  }
}
