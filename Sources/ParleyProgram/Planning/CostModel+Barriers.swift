/// Barriers: everything so far is verified at each. What the parties tell each other there beside that are control messages, which
/// are counted apart (docs/protocols/checkpoints.md).
extension CostModel {
  /// Where barriers stand, and of a run that is resumed, at which.
  struct Barriers {
    var plan = BarrierPlan.none
    var resumedAt: BarrierPlan.Point?
  }

  mutating func runRounds() {
    for (number, round) in schedule.rounds.enumerated() {
      roundNumber = number
      run(round)
      if barriers.plan.rounds.contains(number) { barrier(.init(round: number)) }
    }
  }

  /// Passes of a loop that is in no other, with its barriers between them.
  mutating func passes(
    of loop: Instruction.Repetition, _ number: Int, _ body: (inout Self, _ count: Int) -> Void
  ) {
    guard let every = barriers.plan.passes[number], every > 0, every < loop.count else {
      return body(&self, loop.count)
    }
    var done = 0
    while done < loop.count {
      let count = min(every, loop.count - done)
      body(&self, count)
      done += count
      guard done < loop.count else { return }
      barrier(.init(round: roundNumber, loop: .init(instruction: number, passes: done)))
    }
  }

  private mutating func barrier(_ point: BarrierPlan.Point) {
    verify()
    forgetRecorded()
    guard point == barriers.resumedAt else { return }
    // What came before is of the session before; clocks begin anew.
    cost = Cost(
      bytes: cost.bytes.map { $0.map { _ in 0 } }, rounds: 0, peakShareBytes: liveBytes, multiplications: 0,
      andBits: 0, instructionCount: 0, cheatingExponent: nil)
    ledger = CostLedger(lowered.owners, principals: shape.principals)
    clocks = clocks.map { _ in 0 }
    (largestDepth, chargedDepth) = (0, 0)
  }
}
