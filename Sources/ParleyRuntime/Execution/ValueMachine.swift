internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// Algorithms over whole columns (``RowMachine``) on the values of an engine. Each takes its flights for itself.
struct ValueMachine<E: Engine>: RowMachine {
  typealias Word = E.Arith
  typealias Plane = E.Plane
  typealias Rows = RowValues<E.Arith, E.Plane>
  typealias Compared = E.BitRows
  typealias Pairs = (a: [Int32], b: [Int32])
  typealias Failure = ParleyError
  struct Function {
    let function: RowFunction
    let rounds: [FunctionRound<Schedule.Item, Function>]
  }
  private let executor: Executor<E>
  private let instruction: Int
  /// Rows of one side of the comparisons asked last, by chunk: binary searches ask for the same rows again and again.
  private var first: (order: [Int32], chunks: [Rows]) = ([], [])

  /// - Parameter instruction: whose steps the algorithm takes.
  init(_ executor: Executor<E>, instruction: Int) {
    self.executor = executor
    self.instruction = instruction
  }

  private var engine: E { executor.engine }
  private func step(_ level: Int) -> StepID { executor.step(instruction, iteration: level) }

  var chunkRows: Int { executor.program.chunkRows }
  func function(_ function: RowFunction, shared: RowBundle) -> Function {
    Function(
      function: function,
      rounds: function.schedule(shared: shared).rounds.map { round in
        FunctionRound(round, step: { $0 }, function: { self.function($0, shared: RowBundle()) })
      })
  }
  func values(of bundle: RowBundle) throws(ParleyError) -> Rows { try executor.values(of: bundle) }
  func refuse(_ reason: String) throws(ParleyError) {
    throw ParleyError(.invariant, "instruction \(instruction): \(reason)")
  }

  // MARK: Local

  func rowNumbers(_ count: Int, bits: Int) -> [E.Plane] {
    engine.constantPlanes(RowNumbers.planes(count, bits: bits), count: count)
  }
  func slice(_ rows: Rows, _ chunk: RowChunk) -> Rows {
    chunk.isWhole ? rows : slice(rows, start: chunk.range.lowerBound, count: chunk.range.count)
  }
  private func slice(_ rows: Rows, start: Int, count: Int) -> Rows {
    RowValues(
      words: engine.slice(words: rows.words, start: start, count: count),
      planes: engine.slice(planes: rows.planes, start: start, count: count))
  }
  func concatenate(_ parts: [Rows]) -> Rows {
    guard let first = parts.first else { return RowValues() }
    return RowValues(
      words: first.words.indices.map { column in engine.concatenate(parts.map { $0.words[column] }) },
      planes: first.planes.indices.map { column in engine.concatenate(planes: parts.map { $0.planes[column] }) })
  }
  func constant(_ value: UInt64, count: Int) -> E.Arith { engine.constant(value, count: count) }
  func runningSum(_ word: E.Arith) -> E.Arith { engine.runningSum(word) }
  func total(_ word: E.Arith) -> E.Arith { engine.sum(word) }
  func linear(_ terms: [(E.Arith, UInt64)], constant: UInt64, count: Int) -> E.Arith {
    engine.linear(terms, constant: constant, count: count)
  }

  func slice(_ plane: E.Plane, start: Int, count: Int) -> E.Plane {
    engine.slice(plane, start: start, count: count)
  }
  func concatenate(planes: [E.Plane]) -> E.Plane { engine.concatenate(planes: planes) }
  func interleave(planes: [E.Plane], count: Int) -> E.Plane { engine.interleave(planes: planes, count: count) }
  func constantPlane(_ value: Bool, count: Int) -> E.Plane { engine.constantPlane(value, count: count) }

  // MARK: Moves

  func gather(_ rows: Rows, _ order: [Int32]) -> Rows {
    let moved = engine.gather(words: rows.words, planes: rows.planes, by: order)
    return RowValues(words: moved.words, planes: moved.planes)
  }
  func gather(_ rows: Rows, _ order: [Int32], count: Int) -> Rows { gather(rows, order) }
  func split(_ rows: Rows, _ stage: MergeExchange.Stage) -> (low: Rows, high: Rows, rest: Rows) {
    (gather(rows, stage.low), gather(rows, stage.high), gather(rows, stage.rest))
  }
  func join(_ low: Rows, _ high: Rows, _ rest: Rows, _ stage: MergeExchange.Stage) -> Rows {
    gather(concatenate(stage.rows > 2 * stage.count ? [low, high, rest] : [low, high]), stage.places)
  }
  func pick(_ rows: Rows, from start: Int, every step: Int, count: Int) -> Rows {
    step == 1
      ? slice(rows, start: start, count: count) : gather(rows, (0..<count).map { Int32(start + step * $0) })
  }
  /// A few columns at a time, because what lies between is as long as all of them.
  func interleave(_ parts: [Rows], count: Int) -> Rows {
    var result = RowValues<E.Arith, E.Plane>()
    guard let first = parts.first else { return result }
    let order = ScanNetwork.order(count: count)
    for column in first.words.indices {
      let whole = engine.concatenate(parts.map { $0.words[column] })
      result.words += engine.gather(words: [whole], planes: [], by: order).words
    }
    for start in stride(from: 0, to: first.planes.count, by: 64) {
      let whole = (start..<min(start + 64, first.planes.count)).map { column in
        engine.concatenate(planes: parts.map { $0.planes[column] })
      }
      result.planes += engine.gather(words: [], planes: whole, by: order).planes
    }
    return result
  }

  // MARK: Functions

  mutating func applyOnce(
    _ function: Function, _ low: Rows, _ high: Rows, count: Int, level: Int, chunk: Int
  ) throws(ParleyError) -> Rows {
    guard level < 1 << 8 else {
      throw ParleyError(.invariant, "an algorithm over rows takes more than 255 levels")
    }
    let registers = executor.registers
    try registers.write(low.words, to: function.function.low.arith)
    try registers.write(low.planes, to: function.function.low.planes)
    try registers.write(high.words, to: function.function.high.arith)
    try registers.write(high.planes, to: function.function.high.planes)
    try run(function, half: count, level: level, chunk: chunk)
    let function = function.function
    let result = try values(of: function.result)
    for bundle in [function.low, function.high, function.result] {
      var set = RegisterSet()
      set.add(bundle)
      registers.free(set)
    }
    return result
  }
  mutating func work(
    _ function: Function, on rows: Rows, _ chunk: RowChunk, _ columns: Instruction.ChunkedColumns
  ) throws(ParleyError) -> Rows {
    try applyOnce(function, rows, RowValues(), count: chunk.range.count, level: 0, chunk: chunk.number)
  }

  // MARK: Shuffles and openings

  mutating func shufflePass(_ pass: Int, _ rows: Rows, count: Int, level: Int) throws(ParleyError) -> Rows {
    let exchange = Exchange.shufflePass(pass, words: rows.words, planes: rows.planes, count: count)
    var pending = try engine.start(exchange, step: step(level))
    for flight in 1..<engine.flightCount(of: exchange) {
      try engine.sendChecks()
      try executor.mesh.flush()
      try engine.resume(&pending, flight: flight)
      try engine.receiveChecks()
      executor.didFinishFlight()
    }
    try engine.sendChecks()
    try executor.mesh.flush()
    guard case .shuffled(let words, let planes) = try engine.finish(pending) else {
      throw ParleyError(.invariant, "the engine answered a shuffle with something else")
    }
    try engine.receiveChecks()
    executor.didFinishFlight()
    return RowValues(words: words, planes: planes)
  }

  mutating func order(
    openedBy places: RowPlaces<E.Arith, E.Plane>, count: Int, level: Int
  ) throws(ParleyError) -> [Int32] {
    let numbers: [UInt64]
    let value: Opened<E.Arith, E.Plane> =
      switch places {
      case .word(let word): .arith(word, count: count)
      case .planes(let bits): .planes(bits, count: count)
      }
    switch try executor.open(value, step(level)) {
    case .words(let values): numbers = values
    case .planes(let bits, _): numbers = RowNumbers.numbers(bits, count: count)
    }
    var order = [Int32](repeating: -1, count: count)
    for (row, place) in numbers.enumerated() {
      // Only a party that deviates, and is caught by the checks before every opening, could make this fail.
      guard place < UInt64(count), order[Int(place)] < 0 else {
        throw ParleyError(.cheating, "opened places are no permutation")
      }
      order[Int(place)] = Int32(row)
    }
    return order
  }

  func compared(_ planes: [E.Plane]) -> E.BitRows { engine.bitRows(planes) }
  mutating func order(
    of compared: E.BitRows, _ less: Function, count: Int
  ) throws(ParleyError) -> [Int32] {
    var batch = 0
    first = ([], [])
    let order = try ComparisonSort.order(count: count) { (a, b) throws(ParleyError) -> [Bool] in
      defer { batch += 1 }
      if first.order != a { first = (a, []) }
      return try compare(compared, less, (a, b), batch: batch)
    }
    first = ([], [])
    // Only a party that deviates, and is caught by the checks before every opening, could make this fail.
    var isPlaced = [Bool](repeating: false, count: count)
    for row in order {
      guard !isPlaced[Int(row)] else { throw ParleyError(.cheating, "opened comparisons tell no order") }
      isPlaced[Int(row)] = true
    }
    return order
  }
  func count(of pairs: (a: [Int32], b: [Int32])) -> Int { pairs.a.count }
  mutating func sides(
    _ compared: E.BitRows, _ pairs: (a: [Int32], b: [Int32]), _ chunk: RowChunk
  ) -> (low: Rows, high: Rows) {
    if chunk.number == first.chunks.count {
      first.chunks.append(RowValues(planes: engine.gather(compared, by: Array(pairs.a[chunk.range]))))
    }
    return (
      first.chunks[chunk.number], RowValues(planes: engine.gather(compared, by: Array(pairs.b[chunk.range])))
    )
  }
  mutating func outcomes(
    _ plane: Rows, _ pairs: (a: [Int32], b: [Int32]), level: Int
  ) throws(ParleyError) -> [Bool] {
    let count = pairs.a.count
    guard case .planes(let bits, _) = try executor.open(.planes(plane.planes, count: count), step(level)),
      bits.count == 1
    else { throw ParleyError(.invariant, "the engine opened something else than asked for") }
    return (0..<count).map { bits[0][$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }
}

extension ValueMachine: FunctionMachine {
  typealias Step = Schedule.Item

  func rounds(of function: Function) -> [FunctionRound<Schedule.Item, Function>] { function.rounds }
  func instruction(of step: Schedule.Item) -> Instruction { step.instruction }
  func count(of instruction: Instruction, half: Int) -> Int { executor.length(of: instruction, half: half) }

  func exchange(_ steps: [Schedule.Item], half: Int, level: Int, chunk: Int) throws(ParleyError) {
    var pending = try executor.start(steps, half: half, iteration: level, chunk: chunk)
    try executor.run(&pending)
  }
  func begin(sum step: Schedule.Item) {}
  func end(sum step: Schedule.Item, _ result: Rows, half: Int) throws(ParleyError) {
    try executor.registers.write(result.planes, to: step.instruction.kind.rowResults.planes)
    executor.registers.free(step.freed)
  }
  func runLocal(_ step: Schedule.Item, half: Int) throws(ParleyError) {
    try executor.runLocal(step.instruction, half: half)
    executor.registers.free(step.freed)
  }
}
