/// A loop on its way (docs/architecture.md#loops).
package struct LoopWalk {
  package let loop: Instruction.Repetition
  package let item: Schedule.Item
  /// One pass.
  package let schedule: Schedule
  /// Registers that are empty between passes, apart from the state.
  fileprivate let own: RegisterSet

  /// Nil for an instruction that is no loop.
  init?(_ item: Schedule.Item) {
    guard case .repeated(let loop) = item.instruction.kind, let inside = item.inside else { return nil }
    (self.loop, self.item) = (loop, item)
    schedule = inside.schedule
    own = inside.registers
  }
}

extension RoundMachine {
  /// The rounds of one pass, so many times. Instructions have other numbers in every pass.
  ///
  /// - Parameter first: passes that another session has done: the registers of the state have what they have left.
  mutating func run(_ walk: LoopWalk, from first: Int) throws(Failure) {
    let loop = walk.loop
    if first == 0 { try hand(loop.initial, over: loop.state, freeing: RegisterSet()) }
    try eachPass(of: walk, from: first)
    var last = RegisterSet()
    last.add(loop.state)
    try hand(loop.state, over: loop.out, freeing: last)
    complete(walk)
  }

  /// One pass, which finds the carried values in the registers of the state and leaves them there.
  package mutating func runPass(of walk: LoopWalk) throws(Failure) {
    for round in walk.schedule.rounds { try run(round) }
    try hand(walk.loop.result, over: walk.loop.state, freeing: walk.own)
  }
}
