public import BigInt
public import ParleyBase

/// Division by numbers that are public.
extension ProgramBuilder {
  /// floor(a / divisor), for a divisor of at least 1.
  ///
  /// A product with a public number and a shift: floor(a / d) = floor(a · m / 2^s) for all 0 ≤ a ≤ n if m · d = 2^s + e
  /// with 0 ≤ e and e · n < 2^s (T. Granlund, P. L. Montgomery, "Division by invariant integers using multiplication", PLDI
  /// 1994, section 4). Where the product does not fit a ring word it is a division of bits.
  public mutating func floored(_ a: NodeID, by divisor: BigInt) throws(ParleyError) -> NodeID {
    if case .constant(let value) = program[a].operation, divisor >= 1 {
      return constant(value.flooredQuotient(by: divisor))
    }
    let interval = try range(a)
    guard divisor > 1 else { return divisor == 1 ? a : try quotient(a, constant(divisor)) }
    let first = interval.lower.flooredQuotient(by: divisor)
    if first == interval.upper.flooredQuotient(by: divisor) {
      // Still as long as the operand.
      return try add(try scale(a, by: 0), constant(first))
    }
    // From 0, so that there is no sign.
    let shifted = try subtract(a, constant(first * divisor))
    let last = interval.upper - first * divisor
    if let part = Self.reciprocal(of: divisor, upTo: last) {
      return try add(try multiplied(shifted, part), constant(first))
    }
    let zeros = divisor.trailingZeroBitCount
    let odd = divisor >> zeros
    if zeros > 0, let part = Self.reciprocal(of: odd, upTo: last >> zeros) {
      return try add(try multiplied(try truncate(shifted, bits: zeros), part), constant(first))
    }
    return try quotient(a, constant(divisor))
  }

  /// What ``floored(_:by:)`` leaves: 0 to divisor - 1.
  public mutating func remainder(_ a: NodeID, by divisor: BigInt) throws(ParleyError) -> NodeID {
    if case .constant(let value) = program[a].operation, divisor >= 1 {
      return constant(value - value.flooredQuotient(by: divisor) * divisor)
    }
    let multiple = try scale(try floored(a, by: divisor), by: divisor)
    return try bounded(try subtract(a, multiple), within: try range(a).remainder(by: divisor))
  }

  private struct Reciprocal {
    var factor: BigInt
    var bits: Int
  }

  private mutating func multiplied(_ a: NodeID, _ part: Reciprocal) throws(ParleyError) -> NodeID {
    try truncate(try scale(a, by: part.factor), bits: part.bits)
  }

  /// Nil where none keeps the product within 62 bits, the most that a truncation of ring words takes.
  private static func reciprocal(of divisor: BigInt, upTo last: BigInt) -> Reciprocal? {
    for bits in 0..<62 {
      let power = BigInt(1) << bits
      let factor = (power + divisor - 1) / divisor
      guard (last * factor).bitWidthUnsigned <= 62 else { return nil }
      if (factor * divisor - power) * last < power { return Reciprocal(factor: factor, bits: bits) }
    }
    return nil
  }

  /// The node itself, by a caller that knows more of its value than the ranges of its operands tell.
  mutating func bounded(_ a: NodeID, within interval: Interval) throws(ParleyError) -> NodeID {
    if case .constant = program[a].operation { return a }
    let known = try range(a)
    let lower = max(known.lower, interval.lower), upper = min(known.upper, interval.upper)
    guard lower <= upper else {
      throw refusal("bounds", "the stated range \(interval) lies outside \(known)", "state a range that can be")
    }
    return append(program[a].operation, .init(.integer(Interval(lower, upper)), program[a].type.shape))
  }
}
