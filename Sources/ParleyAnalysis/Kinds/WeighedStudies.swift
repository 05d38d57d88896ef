import BigInt
import ParleyBase
import ParleyProgram

/// Sums over studies with weights in inverse proportion to their variances: u = ⌊v_min · 2^44 / v⌋, so that the greatest weight is 2^44 whatever the
/// unit of the variances is. All of them are exact functions of the u (docs/proofs/meta-analysis.md).
struct WeighedStudies {
  typealias NodeID = Program.NodeID
  /// log2 of the greatest weight.
  static let weightBits = 44
  /// Estimates less their least possible value are below 2^this.
  static let estimateBits = 28
  /// Weights and squares are cut in halves, so that sums of their products fit a word.
  private static let half = weightBits / 2

  /// The least variance, v_min.
  let least: NodeID
  /// Σu.
  let total: NodeID
  /// Σu².
  let squares: NodeID
  /// Σuy.
  let sum: NodeID
  private let upper: NodeID
  private let lower: NodeID

  /// - Parameters:
  ///   - estimates: y, from 0 to 2^``estimateBits`` − 1.
  ///   - variances: v, at least 1.
  ///   - isUsed: the studies that count.
  init(
    estimates: NodeID, variances: NodeID, isUsed: NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    // Studies that do not count have the greatest variance, and then the weight 0.
    let most = builder.constant(builder.type(of: variances).range.upper)
    let known = try builder.select(isUsed, variances, most)
    least = try builder.extremum(.minimum, known)
    let greatest = BigInt(1) << Self.weightBits
    let share = try builder.quotient(
      try builder.scale(least, by: greatest), known, atMost: greatest)
    let weight = try builder.select(isUsed, share, builder.constant(0))
    upper = try builder.floored(weight, by: BigInt(1) << Self.half)
    lower = try builder.remainder(weight, by: BigInt(1) << Self.half)
    total = try Self.joined(try builder.sum(upper), try builder.sum(lower), Self.half, &builder)
    sum = try Self.joined(
      try builder.innerProduct(upper, estimates), try builder.innerProduct(lower, estimates), Self.half, &builder)
    let ends = try Self.joined(
      try builder.innerProduct(upper, upper), try builder.innerProduct(lower, upper), Self.half - 1, &builder)
    squares = try Self.joined(ends, try builder.innerProduct(lower, lower), Self.half + 1, &builder)
  }

  /// Σ u·d² for −2^``estimateBits`` ≤ d ≤ 2^``estimateBits``.
  func sumOfSquares(_ d: NodeID, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    let square = try builder.multiply(d, d)
    let place = BigInt(1) << Self.estimateBits
    let high = try builder.floored(square, by: place), low = try builder.remainder(square, by: place)
    var parts: [NodeID] = []
    for weight in [upper, lower] {
      parts.append(
        try Self.joined(
          try builder.innerProduct(weight, high), try builder.innerProduct(weight, low), Self.estimateBits,
          &builder))
    }
    return try Self.joined(parts[0], parts[1], Self.half, &builder)
  }

  /// high · 2^bits + low.
  private static func joined(
    _ high: NodeID, _ low: NodeID, _ bits: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    try builder.add(try builder.scale(high, by: BigInt(1) << bits), low)
  }
}
