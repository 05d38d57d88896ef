internal import ParleyBase

/// What a secret value may be: `Int`, ``FixedPoint``, `Bool`, and `String` for the values of a category column.
///
/// A closed set: conforming a type of your own gives it no meaning in a program.
public protocol SecretElement: Sendable {
  /// The element that an opened number stands for.
  ///
  /// - Parameters:
  ///   - units: the number, in units of 10^-`scale`.
  ///   - scale: decimal places of `units`; 0 but for ``FixedPoint``.
  init(openedUnits units: Int, scale: Int)
  /// Whether it is a number, for which there is arithmetic and order.
  static var isNumber: Bool { get }
}

/// Secret numbers: what arithmetic and order are defined for.
public protocol SecretNumber: SecretElement {
  /// The number as an integer of units, and the decimal places of a unit.
  var secretUnits: (units: Int, scale: Int) { get }
}

extension Int: SecretNumber {
  public init(openedUnits units: Int, scale: Int) { self = units }
  public static var isNumber: Bool { true }
  public var secretUnits: (units: Int, scale: Int) { (self, 0) }
}

extension Bool: SecretElement {
  public init(openedUnits units: Int, scale: Int) { self = units != 0 }
  public static var isNumber: Bool { false }
}

extension String: SecretElement {
  /// Category values are compared, never opened: there is no scalar of them.
  public init(openedUnits units: Int, scale: Int) { self = String(units) }
  public static var isNumber: Bool { false }
}

/// An exact decimal number: `units` / 10^`scale`. Written as a literal, `70.5` is exactly 70.5. Numbers of one value
/// are equal whatever their scales, as 1.50 and 1.5.
public struct FixedPoint: SecretNumber, Hashable, Comparable, CustomStringConvertible {
  /// The number in units of 10^-``scale``.
  public let units: Int
  /// How many decimal places the type has, 0 to 18.
  public let scale: Int

  /// The number `units` / 10^`scale`. A scale outside of 0 to 18 traps.
  public init(units: Int, scale: Int) {
    precondition((0...18).contains(scale), "a fixed-point number has 0 to 18 decimal places")
    self.units = units
    self.scale = scale
  }

  /// The shortest decimal that rounds to `value`, which for a number that was written in decimal is that decimal.
  /// nil when it has more than 18 places or does not fit.
  public init?(_ value: Double) {
    guard let parsed = Self.parse(value.description) else { return nil }
    self = parsed
  }

  public init(openedUnits units: Int, scale: Int) { self.init(units: units, scale: scale) }
  public static var isNumber: Bool { true }
  public var secretUnits: (units: Int, scale: Int) { (units, scale) }

  /// The nearest floating-point number.
  public var double: Double { Double(description) ?? 0 }

  /// The number in decimal, with exactly ``scale`` places.
  public var description: String {
    guard scale > 0 else { return String(units) }
    let digits = String(units.magnitude)
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
    return (units < 0 ? "-" : "") + padded.dropLast(scale) + "." + padded.suffix(scale)
  }

  /// In units of `scale`; nil when it does not fit, or has more places than that.
  func units(atScale wanted: Int) -> Int? {
    var (value, places) = (units, scale)
    while places < wanted {
      let (next, overflows) = value.multipliedReportingOverflow(by: 10)
      guard !overflows else { return nil }
      (value, places) = (next, places + 1)
    }
    while places > wanted {
      guard value % 10 == 0 else { return nil }
      (value, places) = (value / 10, places - 1)
    }
    return value
  }

  /// Without zeros at the end.
  private var reduced: (units: Int, scale: Int) {
    var (value, places) = (units, scale)
    while places > 0, value % 10 == 0 { (value, places) = (value / 10, places - 1) }
    return (value, places)
  }
  public static func == (a: FixedPoint, b: FixedPoint) -> Bool { a.reduced == b.reduced }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(reduced.units)
    hasher.combine(reduced.scale)
  }
  public static func < (a: FixedPoint, b: FixedPoint) -> Bool {
    // Widened: 10^18 units of either fit in 128 bits.
    Int128(a.units) * power(18 - a.scale) < Int128(b.units) * power(18 - b.scale)
  }
  private static func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { value, _ in value * 10 } }

  /// "-12.50", "1e-05".
  private static func parse(_ text: String) -> FixedPoint? {
    let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    guard parts.count <= 2, let mantissa = parts.first else { return nil }
    let exponent = parts.count == 2 ? Int(parts[1]) : 0
    guard let exponent else { return nil }
    let halves = mantissa.split(separator: ".", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return nil }
    var fraction = halves.count == 2 ? String(halves[1]) : ""
    while fraction.hasSuffix("0") { fraction.removeLast() }
    guard var units = Int(halves[0] + fraction) else { return nil }
    var scale = fraction.count - exponent
    while scale < 0 {
      let (next, overflows) = units.multipliedReportingOverflow(by: 10)
      guard !overflows else { return nil }
      (units, scale) = (next, scale + 1)
    }
    return scale <= 18 ? FixedPoint(units: units, scale: scale) : nil
  }
}

extension FixedPoint: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// The decimal as it is written; one of more than 18 places, or that does not fit 64 bits, traps.
  public init(floatLiteral value: Double) {
    guard let parsed = FixedPoint(value) else {
      preconditionFailure("\(value) is no decimal number of at most 18 places that fits 64 bits")
    }
    self = parsed
  }
  /// A whole number, with 0 decimal places.
  public init(integerLiteral value: Int) { self.init(units: value, scale: 0) }
}
