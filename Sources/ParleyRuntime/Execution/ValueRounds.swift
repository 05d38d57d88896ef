internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// Rounds of a program (``RoundMachine``) on the values of an engine.
struct ValueRounds<E: Engine>: RoundMachine {
  typealias Failure = ParleyError
  typealias Pending = PendingExchanges<E>
  typealias Operands = [E.Plane]

  private let executor: Executor<E>

  init(_ executor: Executor<E>) { self.executor = executor }

  private var engine: E { executor.engine }
  private var registers: RegisterFile<E> { executor.registers }

  // MARK: A flight

  func start(_ exchanges: [Schedule.Item], half: Int, level: Int) throws(ParleyError) -> PendingExchanges<E> {
    try executor.start(exchanges, half: half, iteration: level)
  }
  func isDone(_ pending: PendingExchanges<E>) -> Bool { pending.isDone }
  func sendFlight() throws(ParleyError) {
    try engine.sendChecks()
    try executor.mesh.flush()
  }
  func receive(_ pending: inout PendingExchanges<E>) throws(ParleyError) { try executor.receive(&pending) }
  func endFlight() throws(ParleyError) {
    try engine.receiveChecks()
    executor.didFinishFlight()
  }
  /// Results are stored as they come.
  func finish(_ exchanges: [Schedule.Item]) { executor.progress.instructionsDone += exchanges.count }

  // MARK: Reductions

  func count(of instruction: Instruction) -> Int { executor.length(of: instruction) }
  func operands(of reduction: ReductionWalk<Self>) throws(ParleyError) -> [E.Plane] {
    let (state, body) = (reduction.state, reduction.body)
    guard reduction.levels.count < 1 << 8 - 1, state.count == body.low.count, state.count == body.high.count,
      state.count == body.combined.count, state.count == reduction.out.count
    else {
      throw ParleyError(
        .invariant, "reduction \(reduction.item.instruction.id) has lists of different lengths")
    }
    let operands = try registers.values(state)
    registers.free(reduction.freedAtStart)
    return operands
  }
  func halve(
    _ operands: [E.Plane], count: Int, half: Int, of body: Instruction.ReductionBody
  ) throws(ParleyError) {
    try registers.write(engine.slice(planes: operands, start: 0, count: half), to: body.low)
    try registers.write(engine.slice(planes: operands, start: count - half, count: half), to: body.high)
  }
  func runLocal(_ item: Schedule.Item, half: Int) throws(ParleyError) {
    try executor.runLocal(item.instruction, half: half)
    registers.free(item.freed)
  }
  func combined(of body: Instruction.ReductionBody) throws(ParleyError) -> [E.Plane] {
    try registers.values(body.combined)
  }
  func complete(_ reduction: ReductionWalk<Self>) throws(ParleyError) {
    let (body, out) = (reduction.body, reduction.out)
    let result =
      reduction.isEmpty ? out.map { _ in engine.constantPlane(false, count: 1) } : reduction.operands ?? []
    try registers.write(result, to: out)
    var inside = RegisterSet()
    inside.add(body.low + body.high + body.combined)
    registers.free(inside)
    registers.free(reduction.item.freed)
    executor.progress.instructionsDone += 1
  }

  // MARK: Loops

  func hand(_ from: RowBundle, over to: RowBundle, freeing freed: RegisterSet) throws(ParleyError) {
    let values = try executor.values(of: from)
    registers.free(freed)
    try registers.write(values.words, to: to.arith)
    try registers.write(values.planes, to: to.planes)
  }
  /// Instructions have other numbers in every pass, so that no step, and with it no stream of any key and no message, is that of
  /// another pass.
  mutating func eachPass(of walk: LoopWalk, from first: Int) throws(ParleyError) {
    let (loop, number) = (walk.loop, walk.item.instruction.id)
    let before = executor.epoch
    for pass in first..<loop.count {
      executor.epoch = before + pass * loop.numbers
      let start = number + 1 + executor.epoch
      engine.begin(pass: start..<start + loop.numbers)
      try runPass(of: walk)
      engine.endPass()
      try executor.stop(at: .init(round: executor.roundNumber, loop: .init(instruction: number, passes: pass + 1)))
    }
    executor.epoch = before
  }
  func complete(_ walk: LoopWalk) {
    registers.free(walk.item.freed)
    executor.progress.instructionsDone += 1
  }

  // MARK: The rest of a round

  func run(rows item: Schedule.Item) throws(ParleyError) { try executor.run(rows: item) }
  func runLocal(_ item: Schedule.Item) throws(ParleyError) {
    try runLocal(item, half: 0)
    executor.progress.instructionsDone += 1
  }
}
