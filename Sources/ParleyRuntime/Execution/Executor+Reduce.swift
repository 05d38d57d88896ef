internal import ParleyBase
internal import ParleyEngine
internal import ParleyProgram

/// A reduction on its way: which level, which round of its body, and what the level works on.
struct ReductionRun<E: Engine> {
  let item: Schedule.Item
  let body: Instruction.ReductionBody
  let schedule: Schedule
  let out: [PlaneRegister]
  let levels: [Int]
  var state: [E.Plane]
  /// Elements of `state`.
  var count: Int
  var level = 0
  /// Next round of the body; 0 when the level has not begun.
  var round = 0
  var pending = PendingExchanges<E>()
  let isEmpty: Bool
  /// Operands that nothing reads after the first level has begun.
  let freedAtStart: RegisterSet

  init(_ item: Schedule.Item, count: Int, registers: RegisterFile<E>) throws(ParleyError) {
    guard case .reduce(let state, let body, let out) = item.instruction.kind else {
      throw ParleyError(.invariant, "instruction \(item.instruction.id) is no reduction")
    }
    self.item = item
    self.body = body
    self.out = out
    self.count = count
    isEmpty = count == 0
    levels = Instruction.ReductionBody.levels(count: count)
    guard levels.count < 1 << 8 - 1, state.count == body.low.count, state.count == body.high.count,
      state.count == body.combined.count, state.count == out.count
    else { throw ParleyError(.invariant, "reduction \(item.instruction.id) has lists of different lengths") }
    self.state = try registers.values(state)
    var kept = body.outerRegisters
    kept.add(body.combined)
    schedule = Schedule(body.instructions, kept: kept)
    var early = RegisterSet()
    let outer = Set(body.outerRegisters.planes)
    let operands = Set(state.map(\.index))
    early.planes = item.freed.planes.filter { operands.contains($0) && !outer.contains($0) }
    freedAtStart = early
  }

  var isDone: Bool { level == levels.count }
}

extension Executor {
  /// Runs the body until exchanges of it are under way, or the reduction is done.
  func advance(_ run: inout ReductionRun<E>) throws(ParleyError) {
    while run.pending.isDone, !run.isDone {
      let half = run.levels[run.level]
      if run.round == 0 {
        try registers.write(engine.slice(planes: run.state, start: 0, count: half), to: run.body.low)
        try registers.write(
          engine.slice(planes: run.state, start: run.count - half, count: half), to: run.body.high)
        run.state = []
      }
      while run.round < run.schedule.rounds.count {
        let round = run.schedule.rounds[run.round]
        if !round.exchanges.isEmpty {
          run.pending = try start(round.exchanges, half: half, iteration: run.level + 1)
          return
        }
        try runLocals(of: &run)
      }
      try endLevel(&run)
    }
  }

  /// Takes in the peers' messages of the body round under way.
  func receiveFlight(_ run: inout ReductionRun<E>) throws(ParleyError) {
    try receive(&run.pending)
    guard run.pending.isDone else { return }
    try runLocals(of: &run)
    if run.round == run.schedule.rounds.count { try endLevel(&run) }
  }

  /// Stores the one element that is left.
  func complete(_ run: ReductionRun<E>) throws(ParleyError) {
    if run.isEmpty {
      try registers.write(run.out.map { _ in engine.constantPlane(false, count: 1) }, to: run.out)
    } else {
      try registers.write(run.state, to: run.out)
    }
    registers.free(RegisterSet(run.body.low + run.body.high + run.body.combined))
    registers.free(run.item.freed)
  }

  private func runLocals(of run: inout ReductionRun<E>) throws(ParleyError) {
    for item in run.schedule.rounds[run.round].locals {
      try runLocal(item.instruction, half: run.levels[run.level])
      registers.free(item.freed)
    }
    run.round += 1
  }

  private func endLevel(_ run: inout ReductionRun<E>) throws(ParleyError) {
    run.state = try registers.values(run.body.combined)
    run.count = run.levels[run.level]
    run.level += 1
    run.round = 0
  }
}

extension RegisterSet {
  init(_ planes: [PlaneRegister]) {
    self.init()
    add(planes)
  }
}
