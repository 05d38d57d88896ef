internal import BigInt
package import ParleyBase
package import ParleyProgram

extension ProgramBuilder {
  /// The integers, moved to the next end of the interval where they are outside. At most two comparisons and choices an element, none
  /// where the range shows that nothing is outside.
  package mutating func clamped(_ a: NodeID, within interval: Interval) throws(ParleyError) -> NodeID {
    try atMost(try atLeast(a, interval.lower), interval.upper)
  }

  /// The integers, 0 in place of those outside of the interval, which contains 0; and bits that are 1 there. Two comparisons and a choice
  /// an element, 12 rounds.
  package mutating func kept(
    _ a: NodeID, within interval: Interval
  ) throws(ParleyError) -> (node: NodeID, isOutside: NodeID) {
    let isBelow = try compare(.less, a, constant(interval.lower))
    let isAbove = try compare(.less, constant(interval.upper), a)
    let isOutside = try or(isBelow, isAbove)
    return (try select(isOutside, constant(0), a, within: interval), isOutside)
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
