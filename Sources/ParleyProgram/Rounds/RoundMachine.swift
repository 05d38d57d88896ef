/// What rounds of a program are made of (docs/architecture.md#rounds): the order in which exchanges and reductions of a round share
/// their flights, levels of reductions, and passes of loops are written once, as extensions of this protocol. What drives them is a
/// machine: the executor's has the values of an engine, the cost model has sizes, and the count of flights has neither.
package protocol RoundMachine {
  associatedtype Failure: Error
  /// Exchanges that were started together and wait for messages, perhaps for several flights.
  associatedtype Pending
  /// Bit planes that a reduction works on from level to level.
  associatedtype Operands

  // MARK: A flight

  /// Queues the messages of the first flight of every exchange.
  ///
  /// - Parameters:
  ///   - half: ``Length/half`` of the level of a reduction.
  ///   - level: the iteration of the steps: 0 outside of reductions.
  mutating func start(_ exchanges: [Schedule.Item], half: Int, level: Int) throws(Failure) -> Pending
  func isDone(_ pending: Pending) -> Bool
  /// All that was queued leaves.
  mutating func sendFlight() throws(Failure)
  /// Takes in one flight of these exchanges, and queues what they send in the next.
  mutating func receive(_ pending: inout Pending) throws(Failure)
  /// Everything of the flight has been received.
  mutating func endFlight() throws(Failure)
  /// Exchanges outside of reductions have got their results.
  mutating func finish(_ exchanges: [Schedule.Item])

  // MARK: Reductions

  /// How many elements the instruction is applied to.
  func count(of instruction: Instruction) -> Int
  /// What the first level works on.
  mutating func operands(of reduction: ReductionWalk<Self>) throws(Failure) -> Operands
  /// Hands the body its operands: the first `half` elements of `count`, and the last `half`.
  mutating func halve(
    _ operands: Operands, count: Int, half: Int, of body: Instruction.ReductionBody
  ) throws(Failure)
  /// A local instruction of a body.
  mutating func runLocal(_ item: Schedule.Item, half: Int) throws(Failure)
  /// What a level leaves to the next.
  mutating func combined(of body: Instruction.ReductionBody) throws(Failure) -> Operands
  /// The one element that is left is the result. Of nothing it is zero.
  mutating func complete(_ reduction: ReductionWalk<Self>) throws(Failure)

  // MARK: Loops

  /// Values get other names. `freed` dies meanwhile.
  mutating func hand(_ from: RowBundle, over to: RowBundle, freeing freed: RegisterSet) throws(Failure)
  /// Goes through the passes (``runPass(of:)``); a machine of sizes need not go through all of them. What is between passes, as barriers,
  /// is done here.
  ///
  /// - Parameter first: the passes that another session has done before.
  mutating func eachPass(of loop: LoopWalk, from first: Int) throws(Failure)
  /// The loop is over.
  mutating func complete(_ loop: LoopWalk)

  // MARK: The rest of a round

  /// An algorithm over rows (``RowMachine``), with everything that dies at its end.
  mutating func run(rows item: Schedule.Item) throws(Failure)
  /// An instruction without messages, with everything that dies at its end.
  mutating func runLocal(_ item: Schedule.Item) throws(Failure)
}

extension RoundMachine {
  /// One round: exchanges and reductions, which share their flights; then algorithms over rows and loops, one after the other; then
  /// what has waited for all this.
  package mutating func run(_ round: Schedule.Round) throws(Failure) {
    try runExchanges(of: round)
    for item in round.rowAlgorithms { try run(algorithm: item) }
    try runLocals(of: round)
  }

  /// An algorithm over rows, or a loop.
  ///
  /// - Parameter first: passes of the loop that another session has done.
  package mutating func run(algorithm item: Schedule.Item, from first: Int = 0) throws(Failure) {
    guard let walk = LoopWalk(item) else { return try run(rows: item) }
    try run(walk, from: first)
  }

  package mutating func runLocals(of round: Schedule.Round) throws(Failure) {
    for item in round.locals { try runLocal(item) }
  }

  /// Level by level, all reductions of the round share each flight; the first one is that of the exchanges as well.
  private mutating func runExchanges(of round: Schedule.Round) throws(Failure) {
    guard !round.exchanges.isEmpty || !round.reductions.isEmpty else { return }
    var pending = try start(round.exchanges, half: 0, level: 0)
    var reductions: [ReductionWalk<Self>] = []
    for item in round.reductions {
      if let reduction = try reduction(item) { reductions.append(reduction) }
    }
    for i in reductions.indices { try advance(&reductions[i]) }
    while !isDone(pending) || reductions.contains(where: { !$0.isDone }) {
      try sendFlight()
      if !isDone(pending) { try receive(&pending) }
      for i in reductions.indices { try receiveFlight(of: &reductions[i]) }
      try endFlight()
      for i in reductions.indices { try advance(&reductions[i]) }
    }
    finish(round.exchanges)
    for reduction in reductions { try complete(reduction) }
  }
}
