extension CostModel {
  /// The exchanges of one reduction, one round of its body after the other.
  struct Reduction {
    let levels: [Int]
    let rounds: [[Instruction]]
    let workingPlanes: Int
    var level = 0
    var round = 0
    /// Of the round under way.
    var further = FurtherFlights()

    init(_ item: Schedule.Item, rows: RowCounts) {
      levels = Instruction.ReductionBody.levels(count: item.instruction.length.evaluate(rows: rows))
      guard case .reduce(_, let body, _) = item.instruction.kind else {
        (self.rounds, workingPlanes) = ([], 0)
        return
      }
      self.rounds = Schedule(body.instructions).rounds
        .map { $0.exchanges.map(\.instruction) }.filter { !$0.isEmpty }
      workingPlanes = body.low.count + body.high.count + body.combined.count
    }
    var isDone: Bool { level == levels.count || rounds.isEmpty }
    var half: Int { level < levels.count ? levels[level] : 0 }
    func nextExchanges() -> [Instruction] { rounds[round] }
    mutating func advance() {
      guard !isDone else { return }
      round += 1
      if round == rounds.count { (level, round) = (level + 1, 0) }
    }
  }
}

extension Instruction {
  /// Elements of each result, which a reducing instruction makes fewer than its operands'.
  func resultLength(_ length: Int, rows: RowCounts) -> Int {
    switch kind {
    case .sumRows, .innerProducts, .elementArith, .elementPlanes, .reduce: 1
    case .columnProduct(let left, let right, _): left.count * right.count
    case .sum(_, _, let results): results
    default: length
    }
  }
}
