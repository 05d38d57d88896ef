internal import BigInt
package import ParleyProgram

/// Numbers as they are written, rounded from the exact value of the double, halves away from zero.
package enum NumberText {
  /// All digits: the shortest text that is read as this number.
  package static func exact(_ value: Double) -> String {
    if value == 0 { return "0" }
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// For people.
  package static func shown(_ value: Double, _ style: Derived.Style) -> String {
    switch style {
    case .significant(let digits): significant(value, digits)
    case .decimals(let places): decimals(value, places)
    case .probability: value >= 0 && value < 0.0001 ? "<0.0001" : decimals(value, 4)
    }
  }

  /// So many significant digits, 1 to 17, zeros at the end included; with an exponent below 10^-5 and where there are more digits before the point than are significant.
  package static func significant(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    let count = min(max(digits, 1), 17)
    if value == 0 { return "0" }
    let (magnitude, power) = parts(value)
    let (text, exponent) = FloatText.digits(magnitude, power, count: count)
    let sign = value < 0 ? "-" : ""
    if exponent < -5 || exponent >= max(count, 6) {
      let rest = String(text.dropFirst())
      let size = String(abs(exponent))
      return sign + String(text.prefix(1)) + (rest.isEmpty ? "" : "." + rest) + (exponent < 0 ? "e-" : "e+")
        + String(repeating: "0", count: max(0, 2 - size.count)) + size
    }
    return decimals(value, max(0, count - 1 - exponent))
  }

  /// Four significant digits without zeros at the end: for marks and bars.
  static func significantShort(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return decimals(value, 0) }
    let text = significant(value, 4)
    guard text.contains("."), !text.contains("e") else { return text }
    var digits = Substring(text)
    while digits.last == "0" { digits.removeLast() }
    return digits.last == "." ? String(digits.dropLast()) : String(digits)
  }

  /// So many decimals, 0 to 20; numbers from 10^15 with 6 significant digits and an exponent.
  package static func decimals(_ value: Double, _ places: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    guard abs(value) < 1e15 else { return significant(value, 6) }
    if value == 0 { return unsigned(0, places) }
    let (magnitude, power) = parts(value)
    let scaled = BigInt(magnitude) * BigInt(10).power(min(max(places, 0), 20))
    let unit = power < 0 ? BigInt(1) << -power : 1
    let rounded = (2 * (power > 0 ? scaled << power : scaled) + unit) / (2 * unit)
    return (value < 0 && rounded != 0 ? "-" : "") + unsigned(rounded, places)
  }

  private static func unsigned(_ digits: BigInt, _ places: Int) -> String {
    let places = min(max(places, 0), 20)
    guard places > 0 else { return String(digits) }
    let text = String(digits)
    let padded = String(repeating: "0", count: max(0, places + 1 - text.count)) + text
    return padded.dropLast(places) + "." + padded.suffix(places)
  }

  /// |value| = magnitude · 2^exponent
  private static func parts(_ value: Double) -> (BigUInt, Int) {
    let exponent = Int(value.exponentBitPattern)
    let significand = BigUInt(value.significandBitPattern)
    return exponent == 0 ? (significand, -1074) : (significand + BigUInt(1) << 52, exponent - 1075)
  }
}
