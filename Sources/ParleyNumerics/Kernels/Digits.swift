internal import BigInt
package import ParleyBase
package import ParleyProgram

/// A positive integer as its leading bits and where they are: value = mantissa · 2^-shift.
package struct LeadingOne: Hashable, Sendable {
  /// In [2^(width − 1), 2^width): the value moved up until its leading one is at the top.
  package let mantissa: Program.NodeID
  /// How far it was moved, 0 to width − 1.
  package let shift: Program.NodeID
  /// 2^shift.
  package let power: Program.NodeID
  /// Bits of the mantissa.
  package let width: Int
}

/// Parts of integers by comparisons with public numbers, one after the other: each takes about 12 rounds and 130 bytes an element.
extension ProgramBuilder {
  /// The bits of ⌊a / 2^place⌋, the highest first, and a mod 2^place.
  ///
  /// - Parameter a: from 0 to 2^(place + count) − 1.
  mutating func digits(
    of a: NodeID, above place: Int, count: Int
  ) throws(ParleyError) -> (bits: [NodeID], rest: NodeID) {
    var bits: [NodeID] = []
    var rest = a
    for position in (place..<place + count).reversed() {
      let limit = constant(BigInt(1) << position)
      let bit = try compare(.lessOrEqual, limit, rest)
      bits.append(bit)
      let below = Interval(0, BigInt(1) << position - 1)
      rest = try select(bit, try subtract(rest, limit), rest, within: below)
    }
    return (bits, rest)
  }

  /// The leading one of a positive integer, by ⌈log2 of its bits⌉ comparisons.
  ///
  /// - Throws: `plan/divisor-range` where the value can be 0 or less; `plan/overflow` where it is longer than 60 bits.
  package mutating func leadingOne(of a: NodeID) throws(ParleyError) -> LeadingOne {
    let range = type(of: a).range
    let width = range.upper.magnitude.bitWidth
    guard range.lower >= 1 else {
      throw ParleyError(
        .init("plan/divisor-range"), "a leading one is looked for, and the range \(range) reaches 0 or below",
        at: origin.map { .init(item: $0) }, remedy: "select 1 where it is 0")
    }
    guard width < Self.wordBits else { throw overflow("a leading one", width) }
    let top = (BigInt(1) << width) - 1
    var (mantissa, shift, power) = (a, constant(0), constant(1))
    var step = 1
    while 2 * step < width { step *= 2 }
    while step >= 1 {
      if step < width {
        let end = BigInt(1) << (width - step)
        let isSmall = try compare(.less, mantissa, constant(end))
        // What is not small is left out before it is moved, so that nothing is longer than a word.
        let small = try select(isSmall, mantissa, constant(0), within: Interval(0, end - 1))
        let least = step == 1 ? BigInt(1) << (width - 1) : 1
        mantissa = try select(
          isSmall, try scale(small, by: BigInt(1) << step), mantissa, within: Interval(least, top))
        let moved = try integer(fromBit: isSmall)
        shift = try add(shift, try scale(moved, by: BigInt(step)))
        let before = try select(
          isSmall, power, constant(0), within: Interval(0, BigInt(1) << (width - 1 - step)))
        power = try add(power, try scale(before, by: BigInt(1) << step - 1))
      }
      step /= 2
    }
    return LeadingOne(mantissa: mantissa, shift: shift, power: power, width: width)
  }

  /// −a where the bit is 1, else a.
  mutating func signed(_ isNegative: NodeID, _ a: NodeID) throws(ParleyError) -> NodeID {
    try select(isNegative, try negate(a), a)
  }
  /// The magnitude, and a bit that is 1 where the value is negative.
  package mutating func absolute(_ a: NodeID) throws(ParleyError) -> (magnitude: NodeID, isNegative: NodeID) {
    let isNegative = try compare(.less, a, constant(0))
    let most = magnitude(a)
    return (try select(isNegative, try negate(a), a, within: Interval(0, most)), isNegative)
  }
}
