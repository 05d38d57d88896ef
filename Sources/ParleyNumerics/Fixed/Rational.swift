package import BigInt

/// A fraction of integers, exact: constants of programs, and the arithmetic in which bounds are proven.
package struct Rational: Hashable, Sendable, Comparable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// In lowest terms with ``denominator``.
  package let numerator: BigInt
  /// At least 1.
  package let denominator: BigInt

  /// The quotient of two integers, of which the second is not 0.
  package init(_ numerator: BigInt, _ denominator: BigInt = 1) {
    precondition(denominator != 0, "a fraction over 0")
    let divisor = numerator.greatestCommonDivisor(with: denominator)
    let sign: BigInt = denominator < 0 ? -1 : 1
    self.numerator = numerator / divisor * sign
    self.denominator = denominator / divisor * sign
  }
  package init(integerLiteral value: Int) { self.init(BigInt(value)) }

  /// 2^exponent, also for negative exponents.
  package static func power(_ exponent: Int) -> Rational {
    exponent >= 0 ? Rational(BigInt(1) << exponent) : Rational(1, BigInt(1) << -exponent)
  }

  package static func + (a: Self, b: Self) -> Self {
    Rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
  }
  package static func - (a: Self, b: Self) -> Self {
    Rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator)
  }
  package static func * (a: Self, b: Self) -> Self {
    Rational(a.numerator * b.numerator, a.denominator * b.denominator)
  }
  package static func / (a: Self, b: Self) -> Self {
    Rational(a.numerator * b.denominator, a.denominator * b.numerator)
  }
  package static prefix func - (a: Self) -> Self { Rational(-a.numerator, a.denominator) }
  package static func < (a: Self, b: Self) -> Bool { a.numerator * b.denominator < b.numerator * a.denominator }

  /// The distance from 0.
  package var magnitude: Rational { numerator < 0 ? -self : self }
  /// The greatest integer that is not greater.
  package var floor: BigInt { numerator.flooredBy(denominator) }
  /// The least integer that is not less.
  package var ceiling: BigInt { -(-numerator).flooredBy(denominator) }
  /// The nearest integer; the greater one of two.
  package var rounded: BigInt { (numerator * 2 + denominator).flooredBy(denominator * 2) }
  /// The integer nearest to the value times 2^bits.
  package func scaled(_ bits: Int) -> BigInt { (self * .power(bits)).rounded }

  package var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }
}

extension BigInt {
  /// Quotient rounded towards minus infinity; the divisor is positive.
  fileprivate func flooredBy(_ divisor: BigInt) -> BigInt {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
