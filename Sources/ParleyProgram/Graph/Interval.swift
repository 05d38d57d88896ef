public import BigInt

/// A closed interval of integers, exact at any size: the range of every value of a program.
public struct Interval: Hashable, Sendable, CustomStringConvertible {
  /// The least value.
  public var lower: BigInt
  /// The greatest value, at least ``lower``.
  public var upper: BigInt

  /// Both ends belong to it; an empty interval traps.
  public init(_ lower: BigInt, _ upper: BigInt) {
    precondition(lower <= upper, "empty interval")
    self.lower = lower
    self.upper = upper
  }
  /// The same integers as the range's.
  public init(_ range: ClosedRange<Int>) { self.init(BigInt(range.lowerBound), BigInt(range.upperBound)) }
  /// One value.
  public static func exactly(_ value: BigInt) -> Interval { Interval(value, value) }
  /// The range of a bit: 0 to 1.
  public static let bit = Interval(0, 1)

  /// What sums can be.
  public static func + (a: Interval, b: Interval) -> Interval { Interval(a.lower + b.lower, a.upper + b.upper) }
  /// What differences can be.
  public static func - (a: Interval, b: Interval) -> Interval { Interval(a.lower - b.upper, a.upper - b.lower) }
  /// What products of independent values can be.
  public static func * (a: Interval, b: Interval) -> Interval {
    let corners = [a.lower * b.lower, a.lower * b.upper, a.upper * b.lower, a.upper * b.upper]
    return Interval(corners.min()!, corners.max()!)
  }
  /// What negated values can be.
  public static prefix func - (a: Interval) -> Interval { Interval(-a.upper, -a.lower) }
  /// The square, which unlike `a * a` is never negative.
  public var squared: Interval {
    let low = lower * lower, high = upper * upper
    return contains(0) ? Interval(0, max(low, high)) : Interval(min(low, high), max(low, high))
  }
  /// The smallest interval that contains both.
  public func union(_ other: Interval) -> Interval {
    Interval(min(lower, other.lower), max(upper, other.upper))
  }
  /// The range of the sum of `count` such values.
  public func summed(count: BigInt) -> Interval {
    Interval(lower < 0 ? lower * count : 0, upper > 0 ? upper * count : 0)
  }
  /// Whether the value lies in it.
  public func contains(_ value: BigInt) -> Bool { lower <= value && value <= upper }
  /// Whether all of the other lies in it.
  public func contains(_ other: Interval) -> Bool { lower <= other.lower && other.upper <= upper }

  /// Bits of two's complement that hold every value; 1 for [0,0].
  public var signedWidth: Int {
    let positive = upper < 0 ? 0 : upper.bitWidthUnsigned
    let negative = lower >= 0 ? 0 : (-lower - 1).bitWidthUnsigned
    return max(positive, negative) + 1
  }
  public var description: String { "[\(lower), \(upper)]" }
}

extension BigInt {
  /// Bits of a value that is not negative; 0 for 0.
  package var bitWidthUnsigned: Int {
    precondition(self >= 0)
    return magnitude.bitWidth
  }
}
