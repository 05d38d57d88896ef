import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// The variance between studies for which Σ w(y − μ)² is its expectation k − 1, with w = 1/(v + τ²) and μ the mean with these weights (R. C. Paule,
/// J. Mandel, Journal of Research of the National Bureau of Standards 87, 1982); 0 where it is no more for τ² = 0.
///
/// The sum falls as τ² grows, so that a bit of τ² after the other, from the highest, is found by one comparison: a public number of passes, each written in
/// the program once (docs/proofs/meta-analysis.md, *Paule and Mandel*).
struct PauleMandel {
  typealias NodeID = Program.NodeID
  /// In units of 2^-``fractionBits`` of the last decimal of variances, down; a scalar.
  let variance: NodeID
  /// 1 where it is more than can be; a scalar bit.
  let isBeyond: NodeID

  static let fractionBits = 12
  /// Variances, and what is found, are below 2^this in units of the last decimal.
  static let varianceBits = 28
  private static let bits = fractionBits + varianceBits
  /// Bits of weights, the greatest of a pass having all of them, and of distances.
  private static let weightBits = 36, distanceBits = 24

  /// What does not change from pass to pass.
  private struct Studies {
    let variances: NodeID
    let isUsed: NodeID
    /// The least variance.
    let least: NodeID
    /// Distances to a mean, all moved up by one power of two; their squares in two parts.
    let distance: NodeID
    let upper: NodeID
    let lower: NodeID
    /// What k − 1 is multiplied by, beside sums of weights and their own power.
    let expected: NodeID
    /// The public factors of both sides.
    let factors: (sum: BigInt, expected: BigInt)
  }

  /// - Parameters:
  ///   - variances: whole numbers of at least 1.
  ///   - distances: of the estimates to any one number; 0 where no study counts.
  ///   - degrees: k − 1.
  ///   - exponent: one step of estimates, squared, is 10^this of the last decimal of variances.
  init(
    variances: NodeID, distances: NodeID, isUsed: NodeID, degrees: NodeID, exponent: Int,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let studies = try Self.studies(variances, distances, isUsed, degrees, exponent, &builder)
    let end = BigInt(1) << Self.bits
    let carried = try builder.beginLoop(
      Self.bits,
      carrying: [
        .init("tau2", from: builder.constant(0), within: Interval(0, end - 1)),
        .init("bit", from: builder.constant(end / 2), within: Interval(0, end / 2)),
      ])
    let last: [NodeID]
    do throws(ParleyError) {
      let next = try builder.add(carried[0], carried[1])
      let isBelow = try Self.isExcess(at: next, studies, &builder)
      // A sum of some of the powers of two below the end.
      let found = try builder.known(
        try builder.select(isBelow, next, carried[0]), within: Interval(0, end - 1), by: .subsetSum)
      last = try builder.endLoop([found, try builder.floored(carried[1], by: 2)])
    } catch {
      builder.abandonLoop()
      throw error
    }
    variance = last[0]
    isBeyond = try builder.compare(.equal, last[0], builder.constant(end - 1))
  }

  private static func studies(
    _ variances: NodeID, _ distances: NodeID, _ isUsed: NodeID, _ degrees: NodeID, _ exponent: Int,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Studies {
    let most = builder.constant(builder.type(of: variances).range.upper)
    let least = try builder.extremum(.minimum, try builder.select(isUsed, variances, most))
    let (magnitudes, _) = try builder.absolute(distances)
    let leading = try builder.leadingOne(of: try builder.atLeast(try builder.extremum(.maximum, magnitudes), 1))
    let end = BigInt(1) << leading.width
    // No distance is above the greatest.
    var distance = try builder.known(
      try builder.multiply(distances, leading.power), within: Interval(-end, end), by: .weightedMean)
    let dropped = max(leading.width - distanceBits, 0)
    distance = try builder.floored(distance, by: BigInt(1) << dropped)
    let square = try builder.multiply(distance, distance)
    let place = BigInt(1) << distanceBits
    let power = try builder.multiply(leading.power, leading.power)
    // One unit of the distances is 2^dropped steps over the power; weights are taken as 2^shift / (v + τ²) below.
    let factor = BigInt(10).power(abs(exponent))
    let two = BigInt(1) << (2 * dropped)
    return Studies(
      variances: variances, isUsed: isUsed, least: least, distance: distance,
      upper: try builder.floored(square, by: place), lower: try builder.remainder(square, by: place),
      expected: try builder.multiply(degrees, power),
      factors: (exponent >= 0 ? two * factor : two, exponent >= 0 ? 1 : factor))
  }

  /// Whether Σ w(y − μ)² is above k − 1; a scalar bit.
  ///
  /// - Parameter t: τ² in units of 2^-``fractionBits``.
  private static func isExcess(
    at t: NodeID, _ studies: Studies, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    let unit = BigInt(1) << fractionBits
    let sums = try builder.add(try builder.scale(studies.variances, by: unit), t)
    let (number, leading) = try builder.reciprocal(builder.fixed(sums, fractionBits: 0))
    // v is at least 1.
    let most = leading.width - fractionBits - 1
    let power = try builder.known(leading.power, within: Interval(1, BigInt(1) << most), by: .weightedMean)
    let mantissa = number.mantissa
    let weight = try builder.select(
      studies.isUsed, try builder.multiply(mantissa.node, power), builder.constant(0))
    // The greatest weight is that of the least variance: all are moved up by what its sum is moved less.
    let least = try builder.leadingOne(
      of: try builder.add(try builder.scale(studies.least, by: unit), t))
    guard least.width == leading.width else {
      throw ParleyError(.invariant, "the least of variances has another range than all of them")
    }
    var rest = builder.constant(BigInt(0))
    for shift in 0..<least.width - fractionBits {
      let isIt = try builder.integer(
        fromBit: try builder.compare(.equal, least.shift, builder.constant(BigInt(shift))))
      rest = try builder.add(
        rest, try builder.scale(isIt, by: BigInt(1) << (least.width - fractionBits - 1 - shift)))
    }
    rest = try builder.known(
      rest, within: Interval(1, BigInt(1) << (least.width - fractionBits - 1)), by: .oneOfSeveral)
    let word = try builder.matrixProduct(rest, builder.constant(1), rows: 1, inner: 1, columns: 1)
    let end = builder.magnitude(mantissa.node) << most
    let moved = try builder.known(
      try builder.multiply(weight, word), within: Interval(0, end), by: .weightedMean)
    let cut = max(end.magnitude.bitWidth - weightBits, 0)
    let short = try builder.floored(moved, by: BigInt(1) << cut)
    let half = weightBits / 2
    let high = try builder.floored(short, by: BigInt(1) << half)
    let low = try builder.remainder(short, by: BigInt(1) << half)
    func sum(of column: NodeID) throws(ParleyError) -> NodeID {
      try builder.add(
        try builder.scale(try builder.innerProduct(high, column), by: BigInt(1) << half),
        try builder.innerProduct(low, column))
    }
    let total = try builder.sum(short)
    let linear = try sum(of: studies.distance)
    let second = try builder.add(
      try builder.scale(try sum(of: studies.upper), by: BigInt(1) << distanceBits), try sum(of: studies.lower))
    // Σu·Σud² − (Σud)², which is not negative, against (k − 1)·Σu, in one unit: u = 2^fraction · (mantissa bits and width) · rest / 2^cut / (v + τ²).
    let spread = try builder.atLeast(
      try builder.subtract(try builder.multiply(second, total), try builder.multiply(linear, linear)), 0)
    let places = mantissa.fractionBits + leading.width - fractionBits - cut
    let left = try builder.scale(spread, by: studies.factors.sum << max(-places, 0))
    let right = try builder.scale(
      try builder.multiply(try builder.multiply(studies.expected, rest), total),
      by: studies.factors.expected << max(places, 0))
    return try builder.compare(.less, right, left)
  }
}
