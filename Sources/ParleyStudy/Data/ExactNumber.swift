/// Decimal text to an integer number of units of 10^-scale: exactly or not at all, or to the nearest unit where the study
/// asks for it.
enum ExactNumber {
  enum Outcome: Equatable {
    case value(Int64)
    case notANumber
    /// A number with more decimals than the scale holds, where it may not be rounded.
    case tooPrecise
    /// A number that no 64-bit integer holds.
    case overflow
  }

  /// How numbers are written.
  struct Form {
    var decimalMark: UInt8
    /// What stands between groups of three digits before the decimal mark; nil for nothing.
    var thousandsMark: UInt8?
    /// To the nearest unit, halves away from zero.
    var rounds = false

    static let plain = Form(decimalMark: UInt8(ascii: "."))
  }

  /// No 64-bit integer has more digits, and every number of so many fits 64 bits without sign.
  private static let mostDigits = 19

  /// The digits of a number while it is read.
  private struct Digits {
    /// The first ``mostDigits`` of them, leading zeros not counted.
    var magnitude: UInt64 = 0
    var kept = 0
    /// Digits that are no longer kept.
    var dropped = 0
    /// What follows the kept digits: nothing but zeros, less than half of a unit of the last kept one, or more.
    var rest = Rest.zero
    var hasAny = false

    enum Rest { case zero, belowHalf, halfOrAbove }

    @inline(__always)
    mutating func append(_ digit: UInt8) {
      hasAny = true
      if kept < mostDigits {
        magnitude = magnitude &* 10 &+ UInt64(digit)
        if magnitude != 0 { kept += 1 }
        return
      }
      if dropped == 0 {
        rest = digit >= 5 ? .halfOrAbove : digit > 0 ? .belowHalf : .zero
      } else if rest == .zero, digit > 0 {
        rest = .belowHalf
      }
      dropped += 1
    }
  }

  /// Grammar: sign? digits (mark digits?)? (e sign? digits)? or sign? mark digits …; with a thousands mark, digits before the
  /// decimal mark may also be one to three followed by groups of three.
  /// Cost: one pass.
  static func parse(_ text: UnsafeBufferPointer<UInt8>, scale: Int, form: Form) -> Outcome {
    var position = 0
    let end = text.count
    var isNegative = false
    if position < end, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
      isNegative = text[position] == UInt8(ascii: "-")
      position += 1
    }
    var digits = Digits()
    guard whole(text, &position, &digits, form.thousandsMark) else { return .notANumber }
    var decimals = 0
    if position < end, text[position] == form.decimalMark {
      position += 1
      let first = position
      while position < end, isDigit(text[position]) {
        digits.append(text[position] - 48)
        position += 1
      }
      decimals = position - first
    }
    guard digits.hasAny, let exponent = exponent(text, &position), position == end else { return .notANumber }
    // The kept digits times this power of ten are the number, in units.
    let power = exponent + digits.dropped - decimals + scale
    return scaled(digits, by: power, isNegative, rounds: form.rounds)
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

  /// The digits before the decimal mark; false when groups of thousands are not groups of three.
  @inline(__always)
  private static func whole(
    _ text: UnsafeBufferPointer<UInt8>, _ position: inout Int, _ digits: inout Digits, _ thousandsMark: UInt8?
  ) -> Bool {
    var inGroup = 0
    var hasGroups = false
    while position < text.count {
      let byte = text[position]
      if isDigit(byte) {
        digits.append(byte - 48)
        inGroup += 1
        position += 1
        continue
      }
      let width = byte == thousandsMark ? 1 : thousandsMark == 32 ? spaceWidth(text, position) : 0
      guard width > 0 else { break }
      guard hasGroups ? inGroup == 3 : (1...3).contains(inGroup) else { return false }
      hasGroups = true
      inGroup = 0
      position += width
    }
    return !hasGroups || inGroup == 3
  }

  /// Bytes of the space that begins here and does not break lines or is thin (U+00A0, U+202F, U+2009), which programs write
  /// between thousands for a space; 0 when there is none.
  private static func spaceWidth(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
    let rest = text[position...]
    if rest.starts(with: [0xc2, 0xa0]) { return 2 }
    return rest.starts(with: [0xe2, 0x80, 0xaf]) || rest.starts(with: [0xe2, 0x80, 0x89]) ? 3 : 0
  }

  /// 0 when there is none; nil when it has no digits.
  @inline(__always)
  private static func exponent(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Int? {
    guard position < text.count, text[position] | 0x20 == UInt8(ascii: "e") else { return 0 }
    position += 1
    var sign = 1
    if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
      sign = text[position] == UInt8(ascii: "-") ? -1 : 1
      position += 1
    }
    let start = position
    var value = 0
    while position < text.count, isDigit(text[position]) {
      value = min(value * 10 + Int(text[position] - 48), 1_000_000)
      position += 1
    }
    return position > start ? sign * value : nil
  }

  private static func scaled(_ digits: Digits, by power: Int, _ isNegative: Bool, rounds: Bool) -> Outcome {
    var magnitude = digits.magnitude
    guard magnitude != 0 else { return .value(0) }
    if power >= 0 {
      // Dropped digits would count, and with 19 kept ones there is no room for them.
      guard digits.dropped == 0 || power == 0 && (digits.rest == .zero || rounds) else {
        return digits.rest == .zero || power > 0 ? .overflow : .tooPrecise
      }
      for _ in 0..<min(power, 20) {
        let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
        if tooLarge { return .overflow }
        magnitude = product
      }
      if digits.rest == .halfOrAbove { magnitude += 1 }
    } else {
      let (unit, isTooSmall) = powerOfTen(-power)
      // Less than a tenth of a unit: 19 digits before a shift by 20.
      let quotient = isTooSmall ? 0 : magnitude / unit
      let remainder = isTooSmall ? 1 : magnitude % unit
      guard rounds || remainder == 0 && digits.rest == .zero else { return .tooPrecise }
      // Digits that were dropped are below the last place of the remainder and cannot make it a half.
      magnitude = quotient + (!isTooSmall && remainder >= unit - unit / 2 ? 1 : 0)
    }
    if isNegative {
      guard magnitude <= UInt64(Int64.max) + 1 else { return .overflow }
      return .value(Int64(truncatingIfNeeded: 0 &- magnitude))
    }
    guard magnitude <= UInt64(Int64.max) else { return .overflow }
    return .value(Int64(magnitude))
  }

  /// 10 to the power of 1 to 19; too small a unit to matter beyond.
  private static func powerOfTen(_ power: Int) -> (UInt64, isTooSmall: Bool) {
    guard power < 20 else { return (1, true) }
    var unit: UInt64 = 1
    for _ in 0..<power { unit *= 10 }
    return (unit, false)
  }

  static func parse(_ text: String, scale: Int) -> Outcome {
    Array(text.utf8).withUnsafeBufferPointer { parse($0, scale: scale, form: .plain) }
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
