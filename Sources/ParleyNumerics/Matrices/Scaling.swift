internal import BigInt
package import ParleyBase
package import ParleyProgram

/// A column moved to about mean 0 and multiplied by a power of two, so that its deviation is from 1 to about 2 (docs/proofs/scaling.md).
package struct ScaledColumn: Hashable, Sendable {
  /// (x − mean) · 2^exponent with ``ProgramBuilder/scaledBits`` fraction bits, exactly; 0 in rows that do not count.
  package let value: Fixed
  /// The mean, down, a scalar integer in the units of the column.
  package let mean: Program.NodeID
  /// A scalar integer: one unit of the column is 2^this of the scaled one.
  package let exponent: Program.NodeID
  /// A scalar: 2^(exponent + ``powerBits``).
  package let power: Program.NodeID
  /// At least −exponent.
  package let powerBits: Int
}

/// Scaling without roots or divisions of cells: everything is exact.
extension ProgramBuilder {
  /// Fraction bits of scaled columns.
  package static let scaledBits = 20
  /// Fraction bits of the variance from which the scale is found.
  private static let varianceBits = 20

  /// - Parameters:
  ///   - column: integers, a row each.
  ///   - isCounted: a bit for every row.
  ///   - rows: how many rows count, at least 1 and at most `most`; with weights the sum of these.
  ///   - most: a bound on the rows.
  ///   - weights: how many rows each one stands for: integers of at least 1, 0 in rows that do not count. nil for one.
  /// - Throws: `plan/overflow` where sums of squares fit no word.
  package mutating func scaled(
    _ column: NodeID, counting isCounted: NodeID, rows: NodeID, most: Int, weights: NodeID? = nil
  ) throws(ParleyError) -> ScaledColumn {
    let range = type(of: column).range
    let counted = try select(isCounted, column, constant(0))
    let total =
      if let weights { try innerProduct(weights, counted) } else { try sum(counted) }
    // A mean is within the range of what it is the mean of; where nothing counts it is 0.
    let within = range.union(.exactly(0))
    let found = try clamped(try quotient(total, rows), within: within)
    // A division leaves bits; columns are moved as words.
    let mean = try matrixProduct(found, constant(1), rows: 1, inner: 1, columns: 1)
    let distance = try select(isCounted, try subtract(column, mean), constant(0))
    let weighted = if let weights { try multiply(weights, distance) } else { distance }
    let squares = try innerProduct(weighted, distance)
    guard magnitude(squares).magnitude.bitWidth < Self.wordBits else {
      throw overflow("the sum of the squares of a column", magnitude(squares).magnitude.bitWidth)
    }
    // Squares of distances are below the square of the range's width, and so is their mean.
    let width = (within.upper - within.lower).magnitude.bitWidth
    let quarters = width + Self.varianceBits / 2 + 1
    let place = try quarterPlace(ofSum: squares, over: rows, quarters)
    // 2^(M − 1) ≤ √(2^20 variance) · 2^shift < 2^M.
    let moved = try multiply(distance, place.power)
    let bits = quarters - 1 - Self.varianceBits / 2
    // Every square is at most the sum of all, below 5/4 · most · 4^M / 2^20.
    let bound = (BigInt(5 * most) << (2 * quarters - Self.varianceBits - 2)).squareRoot() + 1
    let value = try select(isCounted, moved, constant(0), within: Interval(-bound, bound))
    let exact = fixed(value, fractionBits: bits)
    guard bits <= Self.scaledBits else {
      throw overflow("a scaled column", Self.wordBits + bits - Self.scaledBits)
    }
    return ScaledColumn(
      value: try refined(exact, to: Self.scaledBits), mean: mean,
      exponent: try subtract(place.shift, constant(BigInt(bits))), power: place.power, powerBits: bits)
  }

  /// The s with 4^(quarters − 1) ≤ v · 4^s < 4^quarters, and 2^s, for v = max(1, ⌊2^20 · sum / rows⌋) below 4^quarters: by comparisons of the sum with
  /// the rows times every power of four, all side by side, so that nothing is divided.
  private mutating func quarterPlace(
    ofSum sum: NodeID, over rows: NodeID, _ quarters: Int
  ) throws(ParleyError) -> (shift: NodeID, power: NodeID) {
    let middle = Self.varianceBits / 2
    var reached = [constant(true)]
    for place in stride(from: 1, to: quarters, by: 1) {
      // v ≥ 4^place where sum ≥ rows · 4^(place − middle): for whole numbers, where sum > ⌊(rows − 1) / 4^(middle − place)⌋.
      let isThere: NodeID
      if place >= middle {
        isThere = try compare(.lessOrEqual, try scale(rows, by: BigInt(1) << (2 * (place - middle))), sum)
      } else {
        let limit = try floored(
          try subtract(rows, constant(1)), by: BigInt(1) << (2 * (middle - place)))
        isThere = try compare(.less, limit, sum)
      }
      reached.append(isThere)
    }
    return try distance(toTopOf: reached)
  }
}
