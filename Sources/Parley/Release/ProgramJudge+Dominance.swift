internal import BigInt
internal import ParleyBase
internal import ParleyProgram
internal import ParleySQL

/// Sums of which few units make up too much: the rule of `docs/proofs/suppression.md`, with a table as one group.
extension ProgramJudge {
  /// What each row adds to a sum, without its sign.
  mutating func rowWeights(_ rows: ProgramSets.SummedRows) throws(ParleyError) -> Program.NodeID {
    try builder.select(rows.mask, try builder.magnitude(rows.value), builder.constant(0))
  }

  /// What all rows of a unit add up to, without its sign, in the last of them.
  ///
  /// - Parameters:
  ///   - values: of rows in the order of their units; 0 where nothing is added.
  ///   - begins: the first row of each unit.
  ///   - goesOn: every other one.
  mutating func unitWeights(
    _ values: [Program.NodeID], begins: Program.NodeID, goesOn: Program.NodeID
  ) throws(ParleyError) -> [Program.NodeID] {
    guard !values.isEmpty else { return [] }
    let isLast = try builder.not(try builder.shift(goesOn, by: -1))
    var weights: [Program.NodeID] = []
    for sum in try builder.scan(values.map { .init(.sum, $0) }, restart: begins) {
      weights.append(try builder.select(isLast, try builder.magnitude(sum), builder.constant(0)))
    }
    return weights
  }

  /// Whether in one of them few make up more of all than is allowed.
  ///
  /// - Parameter weights: for each sum, what every unit adds to it, in one of its rows, and 0 in the others.
  mutating func isDominated(_ weights: [Program.NodeID]) throws(ParleyError) -> Program.NodeID {
    var isDominated = builder.constant(false)
    for weight in Set(weights).sorted() {
      let total = try builder.sum(weight)
      var sorted: Program.NodeID?
      for limit in dominance {
        let largest: Program.NodeID
        if limit.units == 1 {
          largest = try builder.extremum(.maximum, weight)
        } else {
          let order: Program.NodeID
          if let known = sorted {
            order = known
          } else {
            order = try builder.sort(by: [.init(weight, isDescending: true)], [weight])[0]
          }
          sorted = order
          largest = try builder.sum(try builder.prefix(order, count: limit.units))
        }
        let exceeds = try builder.compare(
          .less, try builder.scale(total, by: BigInt(limit.percent)), try builder.scale(largest, by: 100))
        isDominated = try builder.or(isDominated, exceeds)
      }
    }
    return isDominated
  }
}
