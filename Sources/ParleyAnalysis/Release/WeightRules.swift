import BigInt
import ParleyBase
import ParleyProgram

/// Release rules of weights (docs/proofs/release-models.md): where a rule counts the rows of a set, no row has more than 1/k of the set's weight, k
/// being the minimum, so that none stands for the others.
extension AnalysisRules {
  /// From here on rows are counted by these as well.
  ///
  /// - Parameter weights: of each row, 0 in rows that are not used.
  mutating func weigh(_ weights: NodeID, _ builder: inout ProgramBuilder) throws(ParleyError) {
    self.weights = weights
    try requireShare(of: weights, &builder)
  }

  /// Nothing is shown where one row of a set has more than 1/k of its weight.
  ///
  /// - Parameter weights: those of the rows of the set, 0 in others.
  mutating func requireShare(of weights: NodeID, _ builder: inout ProgramBuilder) throws(ParleyError) {
    guard isOn else { return }
    let multiples = try builder.scale(weights, by: BigInt(minimum))
    withhold(
      where: try builder.any(try builder.compare(.less, try builder.sum(weights), multiples)))
  }

  /// The same of a set of rows, and of the rows that are used and not in it.
  mutating func requireShares(of set: NodeID, _ builder: inout ProgramBuilder) throws(ParleyError) {
    guard isOn, let weights else { return }
    let inside = try builder.select(set, weights, builder.constant(0))
    try requireShare(of: inside, &builder)
    let most = builder.type(of: weights).range.upper
    let outside = try builder.select(
      set, builder.constant(0), weights, within: Interval(0, most))
    try requireShare(of: outside, &builder)
  }
}
