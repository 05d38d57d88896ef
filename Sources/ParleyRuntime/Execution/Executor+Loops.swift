internal import ParleyBase
internal import ParleyEngine
internal import ParleyProgram

/// Loops (docs/architecture.md#loops): the rounds of one pass, so many times. Instructions have other numbers in every pass, so that no
/// step, and with it no stream of any key and no message, is that of another pass.
extension Executor {
  /// - Parameter first: where another session has done passes before, the one that begins with what is in the registers of the state.
  func run(_ loop: Instruction.Repetition, _ item: Schedule.Item, from first: Int = 0) throws(ParleyError) {
    let schedule = loop.schedule
    let own = loop.ownRegisters
    let before = epoch
    var carried = try values(of: first == 0 ? loop.initial : loop.state)
    if first > 0 { registers.free(own) }
    for pass in first..<loop.count {
      epoch = before + pass * loop.numbers
      let start = item.instruction.id + 1 + epoch
      engine.begin(pass: start..<start + loop.numbers)
      try registers.write(carried.words, to: loop.state.arith)
      try registers.write(carried.planes, to: loop.state.planes)
      carried = RowValues(words: [], planes: [])
      for round in schedule.rounds { try run(round) }
      carried = try values(of: loop.result)
      registers.free(own)
      engine.endPass()
      let point = BarrierPlan.Point(
        round: roundNumber, loop: .init(instruction: item.instruction.id, passes: pass + 1))
      guard barrierNumbers[point] != nil else { continue }
      try registers.write(carried.words, to: loop.state.arith)
      try registers.write(carried.planes, to: loop.state.planes)
      try stop(at: point)
      registers.free(own)
    }
    epoch = before
    try registers.write(carried.words, to: loop.out.arith)
    try registers.write(carried.planes, to: loop.out.planes)
    registers.free(item.freed)
    progress.instructionsDone += 1
  }

  /// The step of an instruction in the pass that is under way.
  func step(_ instruction: Int, iteration: Int = 0, sub: Int = 0) -> StepID {
    StepID(instruction: instruction + epoch, iteration: iteration, sub: sub)
  }
}
