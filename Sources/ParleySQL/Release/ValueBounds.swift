import BigInt
import ParleyProgram

/// What comparisons with constants leave of a value: both ends belong to it, nil where there is none, without single values.
struct ValueBounds: Equatable {
  var lower: BigInt?
  var upper: BigInt?
  var excluded: Set<BigInt> = []

  func shifted(by k: BigInt) -> ValueBounds {
    ValueBounds(lower: lower.map { $0 + k }, upper: upper.map { $0 + k }, excluded: Set(excluded.map { $0 + k }))
  }
  var negated: ValueBounds {
    ValueBounds(lower: upper.map { -$0 }, upper: lower.map { -$0 }, excluded: Set(excluded.map { -$0 }))
  }
  /// They only say on which side of 0 a value is, or that it is 0 or not.
  var areOfSign: Bool {
    (lower == nil || lower == 0 || lower == 1) && (upper == nil || upper == 0 || upper == -1)
      && excluded.allSatisfy { $0 == 0 }
  }
  /// Of x, for bounds of x times a number that is not 0.
  func divided(by factor: BigInt) -> ValueBounds {
    let (low, high) = factor > 0 ? (lower, upper) : (upper.map { -$0 }, lower.map { -$0 })
    let size = BigInt(factor.magnitude)
    return ValueBounds(
      lower: low.map { -(-$0).flooredQuotient(by: size) }, upper: high.map { $0.flooredQuotient(by: size) },
      excluded: Set(excluded.compactMap { $0 % factor == 0 ? $0 / factor : nil }))
  }
  /// Without values that are excluded, where these are at its ends; nil where they are not.
  func bounded(within range: Interval?) -> ValueBounds? {
    var bounds = self
    for value in excluded {
      guard let range, value == range.lower || value == range.upper else { return nil }
      if value == range.lower { bounds.lower = max(bounds.lower ?? value + 1, value + 1) }
      if value == range.upper { bounds.upper = min(bounds.upper ?? value - 1, value - 1) }
    }
    bounds.excluded = []
    return bounds
  }
  /// Of x, for bounds of x divided by a number, downwards or towards zero.
  func multiplied(by divisor: BigInt, isTruncated: Bool) -> ValueBounds {
    ValueBounds(
      lower: lower.map { isTruncated && $0 <= 0 ? ($0 - 1) * divisor + 1 : $0 * divisor },
      upper: upper.map { isTruncated && $0 < 0 ? $0 * divisor : ($0 + 1) * divisor - 1 })
  }
}

extension ValueBounds {
  /// What a comparison with a constant says of the value that is compared, where it is true or false and not NULL; nil where neither side is a
  /// constant.
  static func told(
    by comparison: Program.Comparison, _ a: Expression, _ b: Expression, isTrue: Bool
  ) -> (value: Expression, bounds: ValueBounds)? {
    var bounds = ValueBounds()
    switch (a, b) {
    case (let value, .integer(let k)):
      switch (comparison, isTrue) {
      case (.less, true): bounds.upper = k - 1
      case (.less, false): bounds.lower = k
      case (.lessOrEqual, true): bounds.upper = k
      case (.lessOrEqual, false): bounds.lower = k + 1
      case (.equal, true): (bounds.lower, bounds.upper) = (k, k)
      case (.equal, false): bounds.excluded = [k]
      }
      return (value, bounds)
    case (.integer(let k), let value):
      switch (comparison, isTrue) {
      case (.less, true): bounds.lower = k + 1
      case (.less, false): bounds.upper = k
      case (.lessOrEqual, true): bounds.lower = k
      case (.lessOrEqual, false): bounds.upper = k - 1
      case (.equal, true): (bounds.lower, bounds.upper) = (k, k)
      case (.equal, false): bounds.excluded = [k]
      }
      return (value, bounds)
    default: return nil
    }
  }
}
