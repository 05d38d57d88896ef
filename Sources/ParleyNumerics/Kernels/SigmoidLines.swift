internal import BigInt
package import ParleyBase
package import ParleyProgram

/// A sigmoid of straight lines, for descents that take many short steps: it needs few rounds and its results have few bits.
package enum SigmoidLines {
  /// Fraction bits of the argument as it is multiplied.
  static let argumentBits = 8
  /// Fraction bits of slopes.
  static let slopeBits = 7
  /// Fraction bits of the result.
  package static let resultBits = argumentBits + slopeBits
  /// Segments of 1/4 from 0 to 8.
  static let count = 32
  /// Beyond the last segment begins what is 1, or 0.
  static let end = 8
  /// A bound on the distance to the sigmoid, for every argument (docs/proofs/kernels.md).
  package static let error = Dyadic(of: Rational(14, 10_000))

  /// By segment, the value at 0 and the slope of its line, with fraction bits of the result and of slopes. The slope is that between the ends, rounded, and
  /// the line is as far below the function in the middle as it is above at an end.
  static let lines: [(offset: BigInt, slope: BigInt)] = (0..<count).map { segment in
    let width = Rational(1, 4)
    let begin = Rational(BigInt(segment)) * width
    func value(_ x: Rational) -> Rational { Series.rational(Series.sigmoid(x)) }
    let slope = ((value(begin + width) - value(begin)) / width).scaled(slopeBits)
    let line = Rational(slope) * .power(-slopeBits)
    let parts = 32
    let distances = (0...parts).map { part in
      let x = begin + width * Rational(BigInt(part), BigInt(parts))
      return value(x) - line * x
    }
    let least = distances.min() ?? 0, greatest = distances.max() ?? 0
    return (((least + greatest) / 2).scaled(resultBits), slope)
  }
}

extension ProgramBuilder {
  /// 1 / (1 + e^-x) to 0.0014, of an exact argument with at least 8 fraction bits: a line of |x| on one of 32 segments up to 8, 1 − that below 0, and 0 or 1
  /// beyond. The result, a little beyond 0 and 1 at most, has 15 fraction bits. About 14 rounds, of which one is a product with the argument, so that nothing is
  /// truncated after it.
  package mutating func sigmoidLines(_ x: Fixed) throws(ParleyError) -> Fixed {
    typealias Lines = SigmoidLines
    let x = x.fractionBits < Lines.argumentBits ? try refined(x, to: Lines.argumentBits) : x
    let short = try rounded(x.node, dropping: x.fractionBits - Lines.argumentBits)
    let range = type(of: x.node).range
    let width = max(range.lower.magnitude.bitWidth, range.upper.magnitude.bitWidth)
    let negative = try bit(x.node, at: width)
    // Below 0 the bits of −x − 1 are those of x inverted: |x| less one unit.
    var segment: [NodeID] = []
    for position in (x.fractionBits - 2..<x.fractionBits + 3).reversed() {
      segment.append(position < width ? try xor(try bit(x.node, at: position), negative) : constant(false))
    }
    let limit = BigInt(Lines.end) << x.fractionBits
    let isAbove = try integer(fromBit: try compare(.lessOrEqual, constant(limit), x.node))
    let isBelow = try integer(fromBit: try compare(.less, x.node, constant(-limit)))
    let inside = try known(
      try subtract(constant(1), try add(isAbove, isBelow)), within: Interval(0, 1), by: .oneOfSeveral)
    let high = try integer(fromBit: segment[0])
    let isHigh = try multiply(high, inside)
    let products = try products(of: Array(segment.dropFirst()))
    let half = Lines.count / 2
    /// The number of the segment, 0 beyond.
    func chosen(_ values: [BigInt]) throws(ParleyError) -> NodeID {
      let low = try combination(products, Array(values[..<half]))
      let rest = try subtract(try combination(products, Array(values[half...])), low)
      let sum = try productSum([(inside, low), (isHigh, rest)])
      let ends = values + [0]
      return try known(sum, within: Interval(ends.min() ?? 0, ends.max() ?? 0), by: .oneOfSeveral)
    }
    let offset = try chosen(Lines.lines.map(\.offset))
    let slope = try chosen(Lines.lines.map(\.slope))
    let isNegative = try integer(fromBit: negative)
    let one = BigInt(1) << Lines.resultBits
    // Below 0: 1 − (offset − slope·x).
    let turned = try subtract(try scale(inside, by: one), try scale(offset, by: 2))
    let sum = try add(
      try add(offset, try scale(isAbove, by: one)),
      try productSum([(slope, short), (isNegative, turned)]))
    let margin = BigInt(1) << (Lines.resultBits - 6)
    let node = try known(sum, within: Interval(-margin, one + margin), by: .oneOfSeveral)
    return Fixed(
      node: node, fractionBits: Lines.resultBits, error: Lines.error + x.error * .power(-2))
  }
}
