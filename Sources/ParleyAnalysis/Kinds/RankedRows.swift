import BigInt
import ParleyBase
import ParleyProgram

/// Rows in the order of a value, with their ranks; equal values have the mean of theirs.
///
/// One sort and two segmented scans.
struct RankedRows {
  typealias NodeID = Program.NodeID
  /// Twice the rank of each row, from 2; without meaning in slots that do not count, which come last.
  let twiceRanks: NodeID
  /// Σ (t³ − t) over the sets of equal values, t being how many there are; a scalar.
  let ties: NodeID
  /// The slots that count, in the new order.
  let isUsed: NodeID
  /// What was carried along, in the new order.
  let carried: [NodeID]

  /// - Parameters:
  ///   - value: numbers, 0 in slots that do not count.
  ///   - isUsed: bits of the slots that count.
  ///   - others: bits or numbers of each slot.
  init(
    _ value: NodeID, isUsed: NodeID, carrying others: [NodeID], _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let shape = builder.type(of: isUsed).shape
    let sorted = try builder.sort(
      by: [.init(try builder.not(isUsed)), .init(value)], [isUsed, value] + others)
    carried = Array(sorted.dropFirst(2))
    let (used, x) = (sorted[0], sorted[1])
    self.isUsed = used
    let positions = try builder.runningSum(try builder.spread(builder.constant(1), over: shape))
    // Row 0 begins a set anyway.
    let isSame = try builder.and(
      try builder.compare(.equal, x, try builder.shift(x, by: 1)),
      try builder.not(try builder.xor(used, try builder.shift(used, by: 1))))
    let isFirst = try builder.not(isSame)
    let lowest = try builder.scan([.init(.first, positions)], restart: isFirst)[0]
    let isLast = try builder.shift(isFirst, by: -1)
    let highest = try builder.reversed(
      try builder.scan([.init(.first, try builder.reversed(positions))], restart: try builder.reversed(isLast))[0])
    twiceRanks = try builder.add(lowest, highest)
    // Σ (t³ − t) over sets is Σ (t² − 1) over their rows.
    let size = try builder.add(try builder.subtract(highest, lowest), builder.constant(1))
    let masked = try builder.select(used, size, builder.constant(0))
    ties = try builder.subtract(try builder.innerProduct(masked, masked), try builder.sum(used))
  }

  /// The sum of the ranks of rows with a bit, in halves; a scalar.
  ///
  /// - Parameter index: of bits that were carried; 0 in slots that do not count.
  func twiceSum(_ index: Int, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    try builder.innerProduct(carried[index], twiceRanks)
  }
}
