internal import BigInt
package import ParleyBase
package import ParleyProgram

/// Quotients of integers that are longer than a word.
extension ProgramBuilder {
  /// numerator / denominator as it is opened, rounded to so many significant bits: at most ½ + 2^-8 units of the last one away. What can be read
  /// from it is the rounded number alone.
  ///
  /// Both are brought to the same length first, by comparisons with powers of two, and cut; then one division of short numbers is left.
  /// Every length is computed on bits: it is for single numbers, not for columns.
  ///
  /// - Throws: `plan/divisor-range` where the denominator can be 0 or less.
  package mutating func floatQuotient(
    _ numerator: NodeID, over denominator: NodeID, significantBits: Int
  ) throws(ParleyError) -> FloatOutput {
    guard type(of: denominator).range.lower >= 1 else {
      throw ParleyError(
        .init("plan/divisor-range"), "a divisor of the range \(type(of: denominator).range) reaches 0 or below",
        at: origin.map { .init(item: $0) }, remedy: "select 1 where it is 0")
    }
    let (magnitude, isNegative) = try absolute(numerator)
    let most = self.magnitude(magnitude)
    if most == 0 { return FloatOutput(mantissa: constant(0), exponent: constant(0)) }
    let isZero = try compare(.equal, magnitude, constant(0))
    let dividend = try select(isZero, constant(1), magnitude, within: Interval(1, most))
    let length = significantBits + 12
    let upper = try leadingBits(of: dividend, count: length)
    let lower = try leadingBits(of: denominator, count: length)
    let places = significantBits + 10
    let quotient = try quotient(
      try scale(upper.mantissa, by: BigInt(1) << places), lower.mantissa)
    let short = try floatOutput(
      fixed(quotient, fractionBits: places), significantBits: significantBits)
    let exponent = try add(short.exponent, try subtract(upper.exponent, lower.exponent))
    return FloatOutput(
      mantissa: try select(isZero, constant(0), try signed(isNegative, short.mantissa)),
      exponent: try select(isZero, constant(0), exponent))
  }

  /// The first bits of a positive integer of any length: value = mantissa · 2^exponent, down, the mantissa being in [2^(count − 1), 2^count).
  private mutating func leadingBits(
    of value: NodeID, count: Int
  ) throws(ParleyError) -> (mantissa: NodeID, exponent: NodeID) {
    let width = type(of: value).range.upper.magnitude.bitWidth
    let top = BigInt(1) << width - 1
    var (mantissa, shift) = (value, constant(0))
    var step = 1
    while 2 * step < width { step *= 2 }
    while step >= 1 {
      if step < width {
        let isSmall = try compare(.less, mantissa, constant(BigInt(1) << (width - step)))
        let least = step == 1 ? BigInt(1) << (width - 1) : 1
        mantissa = try select(
          isSmall, try scale(mantissa, by: BigInt(1) << step), mantissa, within: Interval(least, top))
        shift = try add(shift, try scale(try integer(fromBit: isSmall), by: BigInt(step)))
      }
      step /= 2
    }
    let kept =
      width > count
      ? try truncate(mantissa, bits: width - count) : try scale(mantissa, by: BigInt(1) << (count - width))
    return (kept, try subtract(constant(BigInt(width - count)), shift))
  }
}
