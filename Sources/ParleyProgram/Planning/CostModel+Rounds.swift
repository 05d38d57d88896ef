/// Rounds of the program: the cost model is a machine of sizes (``RoundMachine``).
extension CostModel: RoundMachine {
  /// Exchanges that have been sent and wait for an answer.
  package struct SentExchanges {
    var further = FurtherFlights()
    var isWaiting: Bool
  }
  package typealias Pending = SentExchanges
  package typealias Operands = Void

  // MARK: A flight

  package mutating func start(_ exchanges: [Schedule.Item], half: Int, level: Int) -> SentExchanges {
    var sent = SentExchanges(isWaiting: !exchanges.isEmpty)
    recorder?.level = level
    for item in exchanges { exchange(item.instruction, half: half, &sent.further) }
    recorder?.level = 0
    return sent
  }
  package func isDone(_ pending: SentExchanges) -> Bool { !pending.isWaiting }
  package mutating func sendFlight() {
    sendProofs()
    receive()
  }
  package mutating func receive(_ pending: inout SentExchanges) {
    sendNext(&pending.further)
    pending.isWaiting = !pending.further.isDone
  }
  package mutating func endFlight() { endFlight(isLast: false) }
  package mutating func finish(_ exchanges: [Schedule.Item]) {
    for item in exchanges {
      allocate(item.instruction, length: counts.count(item.instruction.length))
      free(item.freed)
    }
  }

  // MARK: Reductions

  package func count(of instruction: Instruction) -> Int { instruction.length.evaluate(rows: rows) }
  package func operands(of reduction: ReductionWalk<Self>) {}
  package func halve(_ operands: Void, count: Int, half: Int, of body: Instruction.ReductionBody) {}
  /// What a body needs is charged at once, when the reduction is complete.
  package func runLocal(_ item: Schedule.Item, half: Int) {}
  package func combined(of body: Instruction.ReductionBody) {}
  package mutating func complete(_ reduction: ReductionWalk<Self>) {
    // The first level's working set is the largest: low, high and the body's planes of half the length.
    let body = reduction.body
    let planes = body.low.count + body.high.count + body.combined.count
    work(planes * (((reduction.levels.first ?? 0) + 63) / 64) * descriptor.bitsPerBit * 8)
    allocate(reduction.item.instruction, length: 1)
    free(reduction.item.freed)
  }

  // MARK: The rest of a round

  package mutating func runLocal(_ item: Schedule.Item) {
    ledger.payers = ledger.payers(item.instruction)
    execute()
    allocate(item.instruction, length: counts.count(item.instruction.length))
    free(item.freed)
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
