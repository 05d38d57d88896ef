import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// The squares of the deviations of a design's columns, for what is said in deviations and not in the units of columns.
struct Deviations {
  typealias NodeID = Program.NodeID
  /// Σ z² of each column divided as ``Design/mean(of:fractionBits:perRow:error:_:)`` says, 24 fraction bits: of the constant how many rows there are.
  let moments: Fixed
  /// One by each of these, 20 fraction bits; 2 where a column does not vary.
  let inverses: Fixed
  /// 1 where a column does not vary; a scalar bit.
  let isConstant: NodeID
  private static let bits = 24, inverseBits = 20

  /// Of the columns, the constant first. A reciprocal of as many numbers as columns.
  init(_ design: Design, _ builder: inout ProgramBuilder) throws(ParleyError) {
    let short = 16
    var squares: [NodeID] = []
    for column in design.columns {
      let node = try builder.rounded(column, to: short).node
      squares.append(try builder.innerProduct(node, node))
    }
    // A little more than 5 for the roundings of columns.
    let mean = try design.mean(
      of: try builder.stack(squares), fractionBits: 2 * short, perRow: Rational(21, 4), error: .zero, &builder)
    moments = builder.fixed(try builder.rounded(mean, to: Self.bits).node, fractionBits: Self.bits)
    // Where a column varies, Σ z² is at least the number of rows, which is at least half of what sums are divided by.
    let half = BigInt(1) << (Self.bits - 1) - 16
    isConstant = try builder.any(try builder.compare(.less, moments.node, builder.constant(half)))
    let (number, leading) = try builder.reciprocal(
      builder.fixed(try builder.atLeast(moments.node, half), fractionBits: Self.bits))
    let product = try builder.multiply(number.mantissa.node, leading.power)
    let whole = builder.fixed(
      product, fractionBits: number.mantissa.fractionBits + leading.width - Self.bits)
    inverses = try builder.clamped(
      builder.fixed(try builder.rounded(whole, to: Self.inverseBits).node, fractionBits: Self.inverseBits),
      toPower: 1
    )
  }

  /// A public number divided by how many rows are used, of at most 1: to 16 bits of the number, and 20 of the rest.
  ///
  /// - Parameter isAbove: 1 where it would be more.
  func perRow(
    _ number: Rational, of design: Design, fractionBits: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: NodeID, isAbove: NodeID) {
    // 1/n = 1/(n/N) · 2^shift / 2^sizeBits.
    let inverse = try builder.multiply(try builder.element(inverses.node, at: 0), design.size.power)
    var place = 0
    while number * .power(place) < Rational(1 << 15) { place += 1 }
    while number * .power(place) >= Rational(1 << 16) { place -= 1 }
    let product = try builder.scale(inverse, by: number.scaled(place))
    let value = try builder.rounded(
      builder.fixed(product, fractionBits: inverses.fractionBits + design.sizeBits + place), to: fractionBits
    ).node
    let one = BigInt(1) << fractionBits
    return (
      try builder.atMost(value, one), try builder.compare(.less, builder.constant(one), value)
    )
  }
}
