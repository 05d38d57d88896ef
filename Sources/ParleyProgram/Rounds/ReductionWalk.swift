/// A reduction on its way: which level, which round of its body, and what the level works on.
///
/// A vector is halved until one element is left (``Instruction/ReductionBody/levels(count:)``). Of an odd number the element in the
/// middle goes into both halves: what is reduced is idempotent.
package struct ReductionWalk<Machine: RoundMachine> {
  package let item: Schedule.Item
  package let body: Instruction.ReductionBody
  /// Bit planes that are reduced.
  package let state: [PlaneRegister]
  package let out: [PlaneRegister]
  /// By level the number of elements that it leaves.
  package let levels: [Int]
  /// Operands that nothing reads after the first level has begun.
  package let freedAtStart: RegisterSet
  /// What the level that is next, or the result, is made of; nil while a level is under way.
  package fileprivate(set) var operands: Machine.Operands?
  /// Elements of it.
  fileprivate var count: Int
  fileprivate let schedule: Schedule
  fileprivate var level = 0
  /// Next round of the body; 0 when the level has not begun.
  fileprivate var round = 0
  fileprivate var pending: Machine.Pending?

  /// Nil for an instruction that is no reduction.
  fileprivate init?(_ item: Schedule.Item, count: Int) {
    guard case .reduce(let state, let body, let out) = item.instruction.kind, let inside = item.inside
    else { return nil }
    (self.item, self.body, self.state, self.out, self.count) = (item, body, state, out, count)
    levels = Instruction.ReductionBody.levels(count: count)
    schedule = inside.schedule
    let read = Set(inside.registers.planes), reduced = Set(state.map(\.index))
    var early = RegisterSet()
    early.planes = item.freed.planes.filter { reduced.contains($0) && !read.contains($0) }
    freedAtStart = early
  }

  package var isDone: Bool { level == levels.count }
  /// Whether there was nothing to reduce.
  package var isEmpty: Bool { levels.isEmpty && count == 0 }
}

extension RoundMachine {
  /// Before its first level; nil for an instruction that is no reduction.
  mutating func reduction(_ item: Schedule.Item) throws(Failure) -> ReductionWalk<Self>? {
    guard var reduction = ReductionWalk<Self>(item, count: count(of: item.instruction)) else { return nil }
    reduction.operands = try operands(of: reduction)
    return reduction
  }

  /// Runs the body until exchanges of it are under way, or the reduction is done.
  mutating func advance(_ reduction: inout ReductionWalk<Self>) throws(Failure) {
    while reduction.pending == nil, !reduction.isDone {
      let half = reduction.levels[reduction.level]
      if let operands = reduction.operands.take() {
        try halve(operands, count: reduction.count, half: half, of: reduction.body)
      }
      while reduction.round < reduction.schedule.rounds.count {
        let round = reduction.schedule.rounds[reduction.round]
        if !round.exchanges.isEmpty {
          reduction.pending = try start(round.exchanges, half: half, level: reduction.level + 1)
          return
        }
        try endRound(of: &reduction)
      }
      try endLevel(of: &reduction)
    }
  }

  /// Takes in the peers' messages of the round of the body that is under way.
  mutating func receiveFlight(of reduction: inout ReductionWalk<Self>) throws(Failure) {
    guard var pending = reduction.pending.take() else { return }
    try receive(&pending)
    guard isDone(pending) else {
      reduction.pending = pending
      return
    }
    try endRound(of: &reduction)
    if reduction.round == reduction.schedule.rounds.count { try endLevel(of: &reduction) }
  }

  private mutating func endRound(of reduction: inout ReductionWalk<Self>) throws(Failure) {
    for item in reduction.schedule.rounds[reduction.round].locals {
      try runLocal(item, half: reduction.levels[reduction.level])
    }
    reduction.round += 1
  }

  private mutating func endLevel(of reduction: inout ReductionWalk<Self>) throws(Failure) {
    reduction.operands = try combined(of: reduction.body)
    reduction.count = reduction.levels[reduction.level]
    reduction.level += 1
    reduction.round = 0
  }
}
