internal import BigInt
package import ParleyBase
package import ParleyProgram

/// A number as it is opened: mantissa · 2^exponent, two integers.
package struct FloatOutput: Hashable, Sendable {
  /// 0, or from 2^(significantBits − 1) to 2^significantBits in magnitude.
  package let mantissa: Program.NodeID
  /// 0 where the mantissa is.
  package let exponent: Program.NodeID

  package init(mantissa: Program.NodeID, exponent: Program.NodeID) {
    (self.mantissa, self.exponent) = (mantissa, exponent)
  }
}

extension ProgramBuilder {
  /// A number rounded to so many significant bits, so that nothing but the rounded number can be read from it: to the nearest, of two the one that is
  /// greater in magnitude.
  package mutating func floatOutput(_ a: Fixed, significantBits: Int) throws(ParleyError) -> FloatOutput {
    let (magnitude, isNegative) = try absolute(a.node)
    if self.magnitude(magnitude) == 0 { return FloatOutput(mantissa: constant(0), exponent: constant(0)) }
    let isZero = try compare(.equal, a.node, constant(0))
    let most = self.magnitude(magnitude)
    let leading = try leadingOne(of: try select(isZero, constant(1), magnitude, within: Interval(1, most)))
    let dropped = leading.width - significantBits
    let kept =
      dropped > 0
      ? try rounded(leading.mantissa, dropping: dropped)
      : try scale(leading.mantissa, by: BigInt(1) << -dropped)
    let exponent = try subtract(constant(BigInt(dropped - a.fractionBits)), leading.shift)
    return FloatOutput(
      mantissa: try select(isZero, constant(0), try signed(isNegative, kept)),
      exponent: try select(isZero, constant(0), exponent))
  }
}
