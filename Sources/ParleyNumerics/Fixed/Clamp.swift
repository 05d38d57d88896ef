internal import BigInt
package import ParleyBase
package import ParleyProgram

extension ProgramBuilder {
  /// The integers, moved to the next end of the interval where they are outside. At most two comparisons side by side and one exchange, 11 rounds; none
  /// where the range shows that nothing is outside.
  package mutating func clamped(_ a: NodeID, within interval: Interval) throws(ParleyError) -> NodeID {
    let range = type(of: a).range
    guard range.lower < interval.lower, interval.upper < range.upper,
      magnitude(a).magnitude.bitWidth < Self.wordBits
    else { return try atMost(try atLeast(a, interval.lower), interval.upper) }
    let (lower, upper) = (constant(interval.lower), constant(interval.upper))
    let isBelow = try integer(fromBit: try compare(.less, a, lower))
    let isAbove = try integer(fromBit: try compare(.less, upper, a))
    // One of the number and the two ends.
    let sum = try add(
      a, try productSum([(isBelow, try subtract(lower, a)), (isAbove, try subtract(upper, a))]))
    return try known(sum, within: interval, by: .oneOfSeveral)
  }

  /// The integers, 0 in place of those outside of the interval, which contains 0; and bits that are 1 there. Two comparisons side by side and a product,
  /// 11 rounds.
  package mutating func kept(
    _ a: NodeID, within interval: Interval
  ) throws(ParleyError) -> (node: NodeID, isOutside: NodeID) {
    guard !interval.contains(type(of: a).range) else { return (a, constant(false)) }
    let isBelow = try compare(.less, a, constant(interval.lower))
    let isAbove = try compare(.less, constant(interval.upper), a)
    let outside = try known(
      try add(try integer(fromBit: isBelow), try integer(fromBit: isAbove)), within: Interval(0, 1),
      by: .oneOfSeveral)
    let inside = try known(
      try multiply(try subtract(constant(1), outside), a), within: interval, by: .oneOfSeveral)
    return (inside, try or(isBelow, isAbove))
  }
  /// The same within ±2^bits.
  package mutating func kept(
    _ a: Fixed, withinPower bits: Int
  ) throws(ParleyError) -> (value: Fixed, isOutside: NodeID) {
    let end = Rational.power(bits + a.fractionBits).floor
    let (node, isOutside) = try kept(a.node, within: Interval(-end, end))
    return (Fixed(node: node, fractionBits: a.fractionBits, error: a.error), isOutside)
  }

  /// Moved to ±2^bits where it is outside; the error counts where it was inside.
  package mutating func clamped(_ a: Fixed, toPower bits: Int) throws(ParleyError) -> Fixed {
    let end = Rational.power(bits + a.fractionBits).floor
    return Fixed(
      node: try clamped(a.node, within: Interval(-end, end)), fractionBits: a.fractionBits, error: a.error)
  }
}
