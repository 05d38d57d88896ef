import BigInt
package import ParleyBase
package import ParleyProgram

/// Release rules of models (docs/proofs/release-models.md): a model has more rows than coefficients, and no condition that it
/// rests on is one that few rows meet, or few do not.
extension AnalysisRules {
  /// The fewest rows that a model of so many coefficients, the constant included, may rest on.
  package static func fewestRows(ofCoefficients count: Int) -> Int { max(3 * count, count + 10) }

  /// R2: nothing is shown of a model of fewer rows than three for each coefficient, or ten more than those.
  package mutating func requireRows(
    _ used: NodeID, forCoefficients count: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard isOn else { return }
    let fewest = BigInt(Self.fewestRows(ofCoefficients: count))
    withhold(where: try builder.compare(.less, used, builder.constant(fewest)))
  }

  /// R3: nothing is shown unless enough rows meet a condition, and enough do not.
  ///
  /// - Parameters:
  ///   - condition: a bit of each row, 0 in rows that are not used.
  ///   - used: how many rows are used.
  package mutating func requireBoth(
    _ condition: NodeID, of used: NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard isOn else { return }
    let count = try builder.sum(condition)
    try requireEnough(count, &builder)
    try requireEnough(try builder.subtract(used, count), &builder)
    try requireShares(of: condition, &builder)
  }

  /// R3 of two conditions: each of the four sets of rows that they make has none or enough. An empty one separates the outcome, which a
  /// model finds not estimable.
  package mutating func requireCells(
    _ condition: NodeID, _ outcome: NodeID, among isUsed: NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard isOn else { return }
    let both = try builder.sum(try builder.and(condition, outcome))
    let ones = try builder.sum(condition)
    let events = try builder.sum(outcome)
    let onlyOutcome = try builder.subtract(events, both)
    let onlyCondition = try builder.subtract(ones, both)
    let neither = try builder.subtract(try builder.subtract(try builder.sum(isUsed), ones), onlyOutcome)
    for cell in [both, onlyOutcome, onlyCondition, neither] {
      // Counts, whatever their ranges say.
      try requireNoneOrEnough(cell, &builder)
    }
    guard let weights else { return }
    let zero = builder.constant(BigInt(0))
    for (isHeld, other) in [(condition, outcome), (condition, try builder.not(outcome))] {
      try requireShare(of: try builder.select(try builder.and(isHeld, other), weights, zero), &builder)
      try requireShare(
        of: try builder.select(try builder.and(try builder.not(isHeld), other), weights, zero), &builder)
    }
  }

  /// R3 of every two conditions of a model: of two that differ in one row only, coefficients tell the outcome of that row.
  ///
  /// - Parameter conditions: bits of each row, 0 in rows that are not used, by the column that they are made of: values of one exclude each other.
  package mutating func requirePairs(
    of conditions: [[NodeID]], among isUsed: NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard isOn else { return }
    for (index, column) in conditions.enumerated() {
      for other in conditions[(index + 1)...].joined() {
        for bit in column { try requireCells(bit, other, among: isUsed, &builder) }
      }
    }
  }

  /// R3 of a condition and an outcome of numbers, of which coefficients tell the mean where the condition holds and where it does not: in both
  /// sets of rows the values are those that a sum may be shown of.
  package mutating func requireSpread(
    of value: NodeID, within range: Interval, for condition: NodeID, among isUsed: NodeID,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard isOn else { return }
    try requireSpread(of: value, within: range, in: condition, &builder)
    try requireSpread(
      of: value, within: range, in: try builder.and(isUsed, try builder.not(condition)), &builder)
  }

  /// As of sums: rows whose value is not 0, not the least possible or not the greatest are none or enough, so that of values with two
  /// possibilities each is.
  ///
  /// - Parameter group: a bit of each row: those that are looked at.
  package mutating func requireSpread(
    of value: NodeID, within range: Interval, in group: NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard isOn else { return }
    for end in Set([0, range.lower, range.upper]).sorted() {
      let differs = try builder.not(try builder.compare(.equal, value, builder.constant(end)))
      let set = try builder.and(group, differs)
      try requireNoneOrEnough(try builder.sum(set), &builder)
      if let weights { try requireShare(of: try builder.select(set, weights, builder.constant(0)), &builder) }
    }
  }

  /// R4: nothing is shown of a linear model that leaves less than 2^-20 of the variation unexplained, because it gives the data away.
  ///
  /// - Parameters:
  ///   - unexplained: a scalar, the sum of squared residuals in any unit.
  ///   - total: a scalar, the sum of squared deviations of the outcome in the same unit; at least 0.
  package mutating func requireUnexplained(
    _ unexplained: NodeID, of total: NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard isOn else { return }
    withhold(
      where: try builder.compare(.less, try builder.scale(unexplained, by: BigInt(1) << 20), total))
  }
}
