/// Counts the steps of algorithms over rows: flights of messages, for the progress of a run, or the work of planning one, for
/// ``PlanSizes``. Flights of verifications are not counted, and for a sort by comparisons this is an estimate.
struct StepCount: SizedRowMachine {
  typealias Rows = SizedRows
  typealias Failure = Never

  enum Purpose {
    case flights
    /// Planning goes through at most so many chunks of one column, instruction by instruction.
    case planning(mostChunks: Int)
  }
  /// A function with what one application of it takes.
  struct Function {
    /// Flights of its exchanges, one round after the other.
    var flights: Int
    var instructions: Int
    var sums: [(adder: RowFunction, sums: [BitSum], results: Int, length: Length)]
    var result: RowBundle
  }

  let descriptor: EngineDescriptor
  let rows: RowCounts
  let chunkRows: Int
  let purpose: Purpose
  private(set) var steps = 0
  /// How often everything is done.
  private var times = 1
  private var sortBatches = SortBatches()

  init(_ purpose: Purpose, on descriptor: EngineDescriptor, rows: RowCounts, chunkRows: Int) {
    self.purpose = purpose
    self.descriptor = descriptor
    self.rows = rows
    self.chunkRows = chunkRows
  }

  /// Of one instruction.
  mutating func count(_ kind: Instruction.Kind, count: Int) -> Int {
    steps = 0
    _ = perform(kind, count: count)
    return steps
  }

  private mutating func times(_ more: Int, _ body: (inout Self) -> Void) {
    times *= more
    body(&self)
    times /= more
  }

  func function(_ function: RowFunction, shared: RowBundle) -> Function {
    var own = Function(
      flights: function.instructions.filter { !$0.isRowAlgorithm }.flights(on: descriptor),
      instructions: function.instructions.count, sums: [], result: function.result)
    for instruction in function.instructions {
      guard case .sum(let adder, let sums, let results) = instruction.kind else { continue }
      own.sums.append((adder, sums, results, instruction.length))
    }
    return own
  }

  mutating func eachChunk(
    of count: Int, _ function: Function, _ work: ChunkWork<Self>
  ) -> [Rows] {
    let chunks = RowChunks.sizes(count: count, rows: chunkRows)
    var equal = chunks.equal
    if case .planning(let most) = purpose { equal = min(equal, most - 1) }
    var parts: [Rows] = []
    if equal > 0 {
      let chunk = RowChunk(number: 0, range: 0..<chunks.size, isWhole: false)
      times(equal) { parts.append($0.run(function, work, chunk)) }
    }
    let last = RowChunk(
      number: chunks.equal, range: count - chunks.last..<count, isWhole: chunks.equal == 0)
    parts.append(run(function, work, last))
    return parts
  }
  mutating func applyOnce(
    _ function: Function, _ low: Rows, _ high: Rows, count: Int, level: Int, chunk: Int
  ) -> Rows {
    steps += times * function.flights
    for (adder, sums, results, length) in function.sums {
      _ = sum(self.function(adder), sums, results: results, count: length.evaluate(rows: rows, half: count))
    }
    return RowValues(sizeOf: function.result)
  }
  mutating func work(
    _ function: Function, on rows: Rows, _ chunk: RowChunk, _ columns: Instruction.ChunkedColumns
  ) -> Rows {
    guard case .planning = purpose else {
      return applyOnce(function, rows, RowValues(), count: chunk.range.count, level: 0, chunk: chunk.number)
    }
    steps += times * function.instructions
    return RowValues(sizeOf: function.result)
  }

  mutating func shufflePass(_ pass: Int, _ rows: Rows, count: Int, level: Int) -> Rows {
    steps += times * descriptor.traffic(of: .shufflePass(pass)).flightCount
    return rows
  }
  mutating func order(openedBy places: RowPlaces<RowColumn, RowColumn>, count: Int, level: Int) { steps += times }
  mutating func order(of compared: Int, _ less: Function, count: Int) {
    if case .planning = purpose, count <= SortBatches.largestSample {
      for (number, batch) in sortBatches.batches(count: count).enumerated() {
        compare(compared, less, batch, batch: number)
      }
      return
    }
    let expected = ComparisonSort.expected(count: count)
    let batch = ComparisonSort.Batch(size: Int(expected.comparisons / expected.batches), repeatsRows: false)
    times(Int(expected.batches)) { $0.compare(compared, less, batch, batch: 0) }
  }
  mutating func outcomes(_ plane: Rows, _ pairs: ComparisonSort.Batch, level: Int) { steps += times }
}
