public import BigInt
public import ParleyBase

/// Values whose range is narrower than interval arithmetic alone can tell, because the node enforces it.
extension ProgramBuilder {
  /// max(a, bound): the value itself where it is at least `bound`, else `bound`.
  ///
  /// Range: [max(bound, lower), max(bound, upper)]; nothing is computed where the range shows it already.
  public mutating func atLeast(_ a: NodeID, _ bound: BigInt) throws(ParleyError) -> NodeID {
    let interval = try range(a)
    if interval.lower >= bound { return a }
    let limit = constant(bound)
    if interval.upper <= bound { return limit }
    let isBelow = try compare(.less, a, limit)
    return append(
      .select(condition: isBelow, then: limit, else: a),
      .init(.integer(Interval(bound, interval.upper)), program[a].type.shape))
  }

  /// min(a, bound): the value itself where it is at most `bound`, else `bound`.
  ///
  /// Range: [min(bound, lower), min(bound, upper)]; nothing is computed where the range shows it already.
  public mutating func atMost(_ a: NodeID, _ bound: BigInt) throws(ParleyError) -> NodeID {
    let interval = try range(a)
    if interval.upper <= bound { return a }
    let limit = constant(bound)
    if interval.lower >= bound { return limit }
    let isAbove = try compare(.less, limit, a)
    return append(
      .select(condition: isAbove, then: limit, else: a),
      .init(.integer(Interval(interval.lower, bound)), program[a].type.shape))
  }

  /// min(floor(a / b), limit) for a ≥ 0 and b ≥ 1.
  ///
  /// The dividend is cut at limit · b first, so that the quotient has the bits of `limit` and not those that the
  /// two ranges alone would allow: one comparison instead of many steps of the division. Callers give a limit
  /// that true values never pass.
  public mutating func quotient(_ a: NodeID, _ b: NodeID, atMost limit: BigInt) throws(ParleyError) -> NodeID {
    let x = try range(a), y = try range(b)
    guard x.lower >= 0, limit >= 0 else {
      throw refusal("dividend-range", "the dividend's range \(x) reaches below 0", "clamp it at 0 first")
    }
    guard y.lower >= 1, x.upper.flooredQuotient(by: y.lower) > limit else { return try quotient(a, b) }
    let cut = try scale(b, by: limit)
    let clamped = try select(try compare(.less, cut, a), cut, a)
    return append(
      .quotient(clamped, b), .init(.integer(Interval(0, limit)), try shape(a, b)))
  }

  /// `condition ? a : b` for integers, by a caller that knows more of the result than the operands' ranges tell:
  /// where the condition holds, or does not, the operand that is taken is within `interval`.
  public mutating func select(
    _ condition: NodeID, _ a: NodeID, _ b: NodeID, within interval: Interval
  ) throws(ParleyError) -> NodeID {
    let chosen = try select(condition, a, b)
    guard case .select = program[chosen].operation else { return chosen }
    let known = try range(chosen)
    let lower = max(known.lower, interval.lower), upper = min(known.upper, interval.upper)
    guard lower <= upper else {
      throw refusal("bounds", "the stated range \(interval) lies outside \(known)", "state a range that can be")
    }
    return append(
      program[chosen].operation, .init(.integer(Interval(lower, upper)), program[chosen].type.shape))
  }
}
