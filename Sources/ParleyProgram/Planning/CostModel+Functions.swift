/// A function of rows with what the cost model reads of it: it is applied many times, on chunks of few different lengths.
package struct FunctionWork {
  package struct Step {
    let instruction: Instruction
    let results: RegisterSet
    let freed: RegisterSet
    let payers: CostLedger.Payers
    let recorded: CostModel.Recorded
  }
  typealias Round = FunctionRound<Step, FunctionWork>
  let function: RowFunction
  let rounds: [Round]
  /// Owners of its results.
  var payers: Set<Int> {
    Set(rounds.flatMap { ($0.exchanges + $0.sums.map(\.step) + $0.locals).flatMap(\.payers.numbers) })
  }

  /// - Parameter shared: what it reads of registers outside.
  init(_ function: RowFunction, shared: RowBundle = RowBundle(), _ model: CostModel) {
    self.function = function
    let (ledger, authenticates) = (model.ledger, model.authenticates)
    func step(_ item: Schedule.Item) -> Step {
      Step(
        instruction: item.instruction, results: item.instruction.resultRegisters, freed: item.freed,
        payers: ledger.payers(item.instruction),
        recorded: CostModel.Recorded(item.instruction, authenticates: authenticates))
    }
    rounds = function.schedule(shared: shared).rounds.map { round in
      Round(round, step: step) { FunctionWork($0, model) }
    }
  }
}

/// A set of registers by number, which are small and dense; it is emptied at once.
struct RegisterMarks {
  private var marks: [Int32]
  private var current: Int32 = 1

  init(count: Int) { marks = Array(repeating: 0, count: count) }

  func contains(_ register: Int) -> Bool { marks[register] == current }
  mutating func insert(_ register: Int) { marks[register] = current }
  mutating func removeAll() { current += 1 }
}

/// Functions that are applied to rows.
extension CostModel {
  // MARK: What proofs need

  /// Registers that a proof, or the check of macs, will need.
  struct Recorded {
    var registers = RegisterSet()

    init(_ instruction: Instruction, authenticates: Bool) {
      switch instruction.kind {
      case .multiply where authenticates, .productSums where authenticates, .innerProducts where authenticates,
        .matrixProduct where authenticates, .columnProduct where authenticates,
        .shiftedSummands where authenticates, .bitSummands where authenticates, .inputArith where authenticates:
        registers.arith = instruction.resultRegisters.arith
      case .multiply, .productSums, .innerProducts, .matrixProduct, .columnProduct, .and:
        registers = instruction.operandRegisters
        registers.add(instruction.resultRegisters)
      default: break
      }
    }
  }
  mutating func record(_ recorded: Recorded) {
    guard verification != nil else { return }
    for register in recorded.registers.arith { isRecorded.arith.insert(register) }
    for register in recorded.registers.planes { isRecorded.planes.insert(register) }
  }
  mutating func forgetRecorded() {
    isRecorded.arith.removeAll()
    isRecorded.planes.removeAll()
  }

  // MARK: Chunks

  private func part(of columns: Instruction.ChunkedColumns, count: Int) -> Int {
    bytes(arith: columns.out.arith.count, planes: columns.out.planes.count, count: count)
  }

  /// Every chunk runs like rounds of the program; its results wait for those of the other chunks.
  package mutating func work(
    _ function: FunctionWork, on rows: Rows, _ chunk: RowChunk, _ columns: Instruction.ChunkedColumns
  ) -> Rows {
    let count = chunk.range.count
    let low = function.function.low
    for register in low.arith { sizes[register.index] = bytes(arith: 1, planes: 0, count: count) }
    hasOwnRegisters = true
    run(function, half: count, level: 0, chunk: chunk.number)
    hasOwnRegisters = false
    // A recorded part of a column keeps the whole column.
    for (column, part) in zip(columns.rows.arith, low.arith) where isRecorded.arith.contains(part.index) {
      isRecorded.arith.insert(column.index)
    }
    for (column, part) in zip(columns.rows.planes, low.planes) where isRecorded.planes.contains(part.index) {
      isRecorded.planes.insert(column.index)
    }
    var results = RegisterSet()
    results.add(function.function.result)
    free(results)
    liveBytes += part(of: columns, count: count)
    return RowValues(sizeOf: function.function.result)
  }

  /// The results of all chunks are put together.
  mutating func endChunks(_ columns: Instruction.ChunkedColumns, count: Int) {
    let chunks = RowChunks.sizes(count: count, rows: chunkRows)
    var waiting = chunks.equal * part(of: columns, count: chunks.size) + part(of: columns, count: chunks.last)
    if chunks.equal == 0 {
      liveBytes -= waiting
      waiting = 0
    }
    allocate(columns.out, length: count)
    let single = columns.sums.indices.filter { columns.sumCounts[$0] == 1 }
    allocate(
      RowBundle(arith: single.map { columns.sums[$0] }, planes: columns.bitSums?.planes ?? []), length: 1)
    for (register, count) in zip(columns.sums, columns.sumCounts) where count != 1 {
      allocate(RowBundle(arith: [register]), length: count)
    }
    liveBytes -= waiting
  }

  // MARK: Memory

  /// Bytes of a function's values on `count` pairs of rows: its operands, and what is live at most. Where these are several
  /// chunks, results of one wait for those of the others and are then put together.
  func workingBytes(_ function: FunctionWork, count: Int) -> Int {
    let chunks = RowChunks.ranges(count: count, rows: chunkRows)
    guard chunks.count > 1 else { return workingBytesAtOnce(function, count: count) }
    func size(_ bundle: RowBundle, _ count: Int) -> Int {
      bytes(arith: bundle.arith.count, planes: bundle.planes.count, count: count)
    }
    let (low, high, result) = (function.function.low, function.function.high, function.function.result)
    let operands = size(low, count) + size(high, count)
    let chunk = chunks[0].count
    let inside = workingBytesAtOnce(function, count: chunk) - size(low, chunk) - size(high, chunk)
    return operands + size(result, count) + max(inside, size(result, count))
  }

  func workingBytesAtOnce(_ function: FunctionWork, count: Int) -> Int {
    func size(_ set: RegisterSet) -> Int { bytes(arith: set.arith.count, planes: set.planes.count, count: count) }
    var live = 0
    for bundle in [function.function.low, function.function.high] {
      live += bytes(arith: bundle.arith.count, planes: bundle.planes.count, count: count)
    }
    var most = live
    for round in function.rounds {
      for steps in [round.exchanges, round.sums.map(\.step), round.locals] {
        for step in steps {
          live += size(step.results)
          most = max(most, live)
          live -= size(step.freed)
        }
      }
    }
    return most
  }
}

extension CostModel: FunctionMachine {
  package typealias Step = FunctionWork.Step

  package func rounds(of function: FunctionWork) -> [FunctionRound<FunctionWork.Step, FunctionWork>] {
    function.rounds
  }
  package func instruction(of step: FunctionWork.Step) -> Instruction { step.instruction }
  package func count(of instruction: Instruction, half: Int) -> Int {
    instruction.length.evaluate(rows: rows, half: half)
  }

  package mutating func exchange(_ steps: [FunctionWork.Step], half: Int, level: Int, chunk: Int) {
    var further = FurtherFlights()
    for step in steps {
      if hasOwnRegisters {
        ledger.payers = step.payers
        record(step.recorded)
      }
      send(step.instruction, length: count(of: step.instruction, half: half), &further)
    }
    finish(&further)
    for step in steps { end(step, half: half) }
  }
  package mutating func begin(sum step: FunctionWork.Step) { begin(step) }
  package mutating func end(sum step: FunctionWork.Step, _ result: Rows, half: Int) { end(step, half: half) }
  package mutating func runLocal(_ step: FunctionWork.Step, half: Int) {
    begin(step)
    end(step, half: half)
  }

  private mutating func begin(_ step: FunctionWork.Step) {
    guard hasOwnRegisters else { return }
    ledger.payers = step.payers
    execute()
  }
  private mutating func end(_ step: FunctionWork.Step, half: Int) {
    guard hasOwnRegisters else { return }
    let length = count(of: step.instruction, half: half)
    allocate(step.results, count: step.instruction.resultLength(length, rows: rows))
    free(step.freed)
  }
}
