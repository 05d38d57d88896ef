/// Counts the flights of messages of rounds, for the progress of a run. For a sort by comparisons this is an estimate, and flights of
/// verifications are not counted.
struct FlightCount: RoundMachine {
  typealias Failure = Never
  /// Flights that are still to come.
  typealias Pending = Int
  typealias Operands = Void

  private let descriptor: EngineDescriptor
  private let rows: RowCounts
  private let chunkRows: Int
  private(set) var flights = 0
  /// How often everything is done.
  private var passes = 1

  init(on descriptor: EngineDescriptor, rows: RowCounts, chunkRows: Int) {
    (self.descriptor, self.rows, self.chunkRows) = (descriptor, rows, chunkRows)
  }

  func start(_ exchanges: [Schedule.Item], half: Int, level: Int) -> Int {
    exchanges.map { descriptor.flights(of: $0.instruction) }.max() ?? 0
  }
  func isDone(_ pending: Int) -> Bool { pending == 0 }
  mutating func sendFlight() { flights += passes }
  func receive(_ pending: inout Int) { pending -= 1 }
  func endFlight() {}
  func finish(_ exchanges: [Schedule.Item]) {}

  func count(of instruction: Instruction) -> Int { instruction.length.evaluate(rows: rows) }
  func operands(of reduction: ReductionWalk<Self>) {}
  func halve(_ operands: Void, count: Int, half: Int, of body: Instruction.ReductionBody) {}
  func runLocal(_ item: Schedule.Item, half: Int) {}
  func combined(of body: Instruction.ReductionBody) {}
  func complete(_ reduction: ReductionWalk<Self>) {}

  func hand(_ from: RowBundle, over to: RowBundle, freeing freed: RegisterSet) {}
  mutating func eachPass(of walk: LoopWalk, from first: Int) {
    let before = passes
    passes *= walk.loop.count
    if passes > 0 { runPass(of: walk) }
    passes = before
  }
  func complete(_ walk: LoopWalk) {}

  mutating func run(rows item: Schedule.Item) {
    var counted = StepCount(.flights, on: descriptor, rows: rows, chunkRows: chunkRows)
    flights += passes * counted.count(item.instruction.kind, count: count(of: item.instruction))
  }
  func runLocal(_ item: Schedule.Item) {}
}
