internal import BigInt
public import ParleyBase

extension ProgramBuilder {
  /// Where the smallest or largest element of a fixed-shape value is: its position from 0, the lowest one where
  /// several are equal. Scalar.
  ///
  /// A knock-out tournament of comparisons and choices: ⌈log2 n⌉ levels, n - 1 comparisons.
  public mutating func position(
    of kind: Program.Extremum, in a: Program.NodeID
  ) throws(ParleyError) -> Program.NodeID {
    guard case .fixed(let count) = type(of: a).shape else {
      throw refusal(
        "shape", "the position of an element of a whole table would name a row",
        "ask for the extremum itself, or stack the values to choose from")
    }
    var level: [(value: Program.NodeID, position: Program.NodeID)] = []
    for index in 0..<count { level.append((try element(a, at: index), constant(BigInt(index)))) }
    while level.count > 1 {
      var next: [(value: Program.NodeID, position: Program.NodeID)] = []
      for i in stride(from: 0, to: level.count - 1, by: 2) {
        let (first, second) = (level[i], level[i + 1])
        // The later one wins only when it is strictly better.
        let isBetter =
          kind == .minimum
          ? try compare(.less, second.value, first.value) : try compare(.less, first.value, second.value)
        next.append(
          (
            try select(isBetter, second.value, first.value),
            try select(isBetter, second.position, first.position)
          ))
      }
      if level.count % 2 == 1 { next.append(level[level.count - 1]) }
      level = next
    }
    return level[0].position
  }
}
