/// Decimal text to an integer number of units of 10^-scale, exactly or not at all.
enum ExactNumber {
  enum Outcome: Equatable {
    case value(Int64)
    case notANumber
    /// A number with more decimals than the scale holds; it is never rounded.
    case tooPrecise
    /// A number that no 64-bit integer holds.
    case overflow
  }

  /// Grammar: sign? digits (mark digits?)? (e sign? digits)? or sign? mark digits …; no thousands separators.
  /// Cost: one pass.
  static func parse(_ text: UnsafeBufferPointer<UInt8>, scale: Int, decimalMark: UInt8) -> Outcome {
    var position = 0
    let end = text.count
    var isNegative = false
    if position < end, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
      isNegative = text[position] == UInt8(ascii: "-")
      position += 1
    }
    var magnitude: UInt64 = 0
    var overflowed = false
    var digits = 0
    /// Powers of ten by which the magnitude is too small: decimals count down, zeros that are put off count up.
    var exponent = 0
    var putOffZeros = 0
    func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    func append(_ digit: UInt8) {
      let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
      if tooLarge || carries { overflowed = true }
      magnitude = sum
    }
    while position < end, isDigit(text[position]) {
      append(text[position] - 48)
      digits += 1
      position += 1
    }
    if position < end, text[position] == decimalMark {
      position += 1
      while position < end, isDigit(text[position]) {
        let digit = text[position] - 48
        digits += 1
        position += 1
        // Zeros at the end of the decimals change nothing and must not overflow.
        guard digit != 0 else {
          putOffZeros += 1
          continue
        }
        for _ in 0..<min(putOffZeros, 40) { append(0) }
        exponent -= putOffZeros + 1
        putOffZeros = 0
        append(digit)
      }
    }
    guard digits > 0 else { return .notANumber }
    if position < end, text[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      var sign = 1
      if position < end, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
        sign = text[position] == UInt8(ascii: "-") ? -1 : 1
        position += 1
      }
      let start = position
      var value = 0
      while position < end, isDigit(text[position]) {
        value = min(value * 10 + Int(text[position] - 48), 1_000_000)
        position += 1
      }
      guard position > start else { return .notANumber }
      exponent += sign * value
    }
    guard position == end else { return .notANumber }
    if overflowed { return .overflow }
    return scaled(magnitude, by: exponent + scale, isNegative)
  }

  private static func scaled(_ magnitude: UInt64, by powers: Int, _ isNegative: Bool) -> Outcome {
    guard magnitude != 0 else { return .value(0) }
    var magnitude = magnitude
    if powers >= 0 {
      for _ in 0..<min(powers, 20) {
        let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
        if tooLarge { return .overflow }
        magnitude = product
      }
      if powers > 20 { return .overflow }
    } else {
      for _ in 0..<min(-powers, 20) {
        guard magnitude % 10 == 0 else { return .tooPrecise }
        magnitude /= 10
      }
      if -powers > 20 { return .tooPrecise }
    }
    if isNegative {
      guard magnitude <= UInt64(Int64.max) + 1 else { return .overflow }
      return .value(Int64(truncatingIfNeeded: 0 &- magnitude))
    }
    guard magnitude <= UInt64(Int64.max) else { return .overflow }
    return .value(Int64(magnitude))
  }

  static func parse(_ text: String, scale: Int) -> Outcome {
    Array(text.utf8).withUnsafeBufferPointer { parse($0, scale: scale, decimalMark: UInt8(ascii: ".")) }
  }

  /// The shortest exact text of `units` of 10^-scale.
  static func text(_ units: Int64, scale: Int) -> String {
    guard scale > 0 else { return String(units) }
    var digits = String(units.magnitude)
    if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
    var fraction = String(digits.suffix(scale))
    while fraction.hasSuffix("0") { fraction.removeLast() }
    let whole = String(digits.dropLast(scale))
    return (units < 0 ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
  }
}
