internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// The columns of some rows while an algorithm works on them.
struct RowValues<E: Engine> {
  var words: [E.Arith]
  var planes: [E.Plane]
}

/// Algorithms over whole columns (docs/protocols/sorting.md). Each takes its flights for itself.
///
/// What is opened on the way (class N: outcomes of comparisons of shuffled rows with distinct keys) tells a uniformly
/// random permutation and nothing else, and is opened only with a token that covers everything before it.
extension Executor {
  func run(rows item: Schedule.Item) throws(ParleyError) {
    let instruction = item.instruction
    if case .repeated(let loop) = instruction.kind { return try run(loop, item) }
    let count = length(of: instruction)
    let result: RowValues<E>
    let out: RowBundle
    switch instruction.kind {
    case .shuffle(let bundle, let target):
      (result, out) = (
        try shuffle(try values(of: bundle), count: count, at: step(instruction.id)), target
      )
    case .sort(let keys, let indexBits, let less, let bundle, let target):
      result = try sort(keys: keys, indexBits: indexBits, less, bundle, count: count, instruction.id)
      out = target
    case .radix(let keys, let digits, let bundle, let target):
      (result, out) = (try radix(keys: keys, digits: digits, bundle, count: count, instruction.id), target)
    case .network(let function, let bundle, let indexBits, let target):
      result = try network(try values(of: bundle), function, indexBits: indexBits, count: count)
      out = target
    case .scan(let function, let bundle, let target):
      (result, out) = (try scan(try values(of: bundle), function, count: count), target)
    case .sum(let adder, let sums, let results):
      result = try sum(adder, sums, results: results, count: count)
      out = RowBundle(planes: sums.flatMap { $0.out.flatMap(\.self) })
    case .chunked(let function, let columns):
      (result, out) = (try chunked(function, columns, count: count), columns.results)
    default: throw ParleyError(.invariant, "instruction \(instruction.id) is no algorithm over rows")
    }
    try registers.write(result.words, to: out.arith)
    try registers.write(result.planes, to: out.planes)
    registers.free(item.freed)
    progress.instructionsDone += 1
  }

  func values(of bundle: RowBundle) throws(ParleyError) -> RowValues<E> {
    RowValues(words: try registers.values(bundle.arith), planes: try registers.values(bundle.planes))
  }

  private func slice(_ rows: RowValues<E>, _ chunk: Range<Int>) -> RowValues<E> {
    RowValues(
      words: engine.slice(words: rows.words, start: chunk.lowerBound, count: chunk.count),
      planes: engine.slice(planes: rows.planes, start: chunk.lowerBound, count: chunk.count))
  }

  func gather(_ rows: RowValues<E>, _ order: [Int32]) -> RowValues<E> {
    let moved = engine.gather(words: rows.words, planes: rows.planes, by: order)
    return RowValues(words: moved.words, planes: moved.planes)
  }

  // MARK: Functions

  /// Applies `function` to `count` pairs of rows, a chunk at a time.
  func apply(
    _ function: RowFunction, _ schedule: Schedule, _ low: RowValues<E>, _ high: RowValues<E>, count: Int,
    level: Int
  ) throws(ParleyError) -> RowValues<E> {
    let chunks = chunks(of: count)
    guard chunks.count > 1 else { return try applyOnce(function, schedule, low, high, count: count, level: level) }
    var parts: [RowValues<E>] = []
    for (number, chunk) in chunks.enumerated() {
      parts.append(
        try applyOnce(
          function, schedule, slice(low, chunk), slice(high, chunk), count: chunk.count, level: level,
          chunk: number))
    }
    return concatenate(parts)
  }

  private func chunks(of count: Int) -> [Range<Int>] { RowChunks.ranges(count: count, rows: program.chunkRows) }

  /// Applies `function` to all of `count` pairs of rows at once.
  func applyOnce(
    _ function: RowFunction, _ schedule: Schedule, _ low: RowValues<E>, _ high: RowValues<E>, count: Int,
    level: Int, chunk: Int = 0
  ) throws(ParleyError) -> RowValues<E> {
    guard level < 1 << 8 else {
      throw ParleyError(.invariant, "an algorithm over rows takes more than 255 levels")
    }
    try registers.write(low.words, to: function.low.arith)
    try registers.write(low.planes, to: function.low.planes)
    try registers.write(high.words, to: function.high.arith)
    try registers.write(high.planes, to: function.high.planes)
    for round in schedule.rounds {
      if !round.exchanges.isEmpty {
        var pending = try start(round.exchanges, half: count, iteration: level, chunk: chunk)
        try run(&pending)
      }
      for item in round.rowAlgorithms {
        guard case .sum(let adder, let sums, let results) = item.instruction.kind else {
          throw ParleyError(.invariant, "instruction \(item.instruction.id) is no work on a chunk of rows")
        }
        let values = try sum(
          adder, sums, results: results, count: length(of: item.instruction, half: count), chunk: chunk)
        try registers.write(values.planes, to: sums.flatMap { $0.out.flatMap(\.self) })
        registers.free(item.freed)
      }
      for item in round.locals {
        try runLocal(item.instruction, half: count)
        registers.free(item.freed)
      }
    }
    let result = try values(of: function.result)
    for bundle in [function.low, function.high, function.result] {
      var set = RegisterSet()
      set.add(bundle)
      registers.free(set)
    }
    return result
  }

  // MARK: Chunks

  /// Results for the columns that are made, then the sums.
  private func chunked(
    _ function: RowFunction, _ columns: Instruction.ChunkedColumns, count: Int
  ) throws(ParleyError) -> RowValues<E> {
    let rows = try values(of: columns.rows)
    let none = RowValues<E>(words: [], planes: [])
    let schedule = function.schedule(shared: columns.shared)
    let chunks = chunks(of: count)
    if chunks.count == 1 { return try applyOnce(function, schedule, rows, none, count: count, level: 0) }
    var parts: [RowValues<E>] = []
    var sums: [[E.Arith]] = []
    var bitSums: [[E.Plane]] = []
    let bitCount = columns.bitSums?.planes.count ?? 0
    for (number, chunk) in chunks.enumerated() {
      var result = try applyOnce(
        function, schedule, slice(rows, chunk), none, count: chunk.count, level: 0, chunk: number)
      sums.append(Array(result.words.suffix(columns.sums.count)))
      bitSums.append(Array(result.planes.suffix(bitCount)))
      result.words.removeLast(columns.sums.count)
      result.planes.removeLast(bitCount)
      parts.append(result)
    }
    var whole = concatenate(parts)
    whole.words += columns.sums.indices.map { place in
      engine.linear(sums.map { ($0[place], 1) }, constant: 0, count: columns.sumCounts[place])
    }
    if let sums = columns.bitSums { whole.planes += try sum(bitSums, sums) }
    return whole
  }

  // MARK: Shuffle

  /// - Parameter step: its iteration is that of the first of three passes.
  func shuffle(
    _ rows: RowValues<E>, count: Int, at step: StepID
  ) throws(ParleyError) -> RowValues<E> {
    guard count > 1 else { return rows }
    var rows = rows
    for pass in 0..<3 {
      let exchange = Exchange.shufflePass(pass, words: rows.words, planes: rows.planes, count: count)
      var pending = try engine.start(exchange, step: step.iteration(step.iteration + pass))
      for flight in 1..<engine.flightCount(of: exchange) {
        try engine.sendChecks()
        try mesh.flush()
        try engine.resume(&pending, flight: flight)
        try engine.receiveChecks()
        didFinishFlight()
      }
      try engine.sendChecks()
      try mesh.flush()
      guard case .shuffled(let words, let planes) = try engine.finish(pending) else {
        throw ParleyError(.invariant, "the engine answered a shuffle with something else")
      }
      try engine.receiveChecks()
      didFinishFlight()
      rows = RowValues(words: words, planes: planes)
    }
    return rows
  }

  // MARK: Sort

  /// The row's own number goes below its key: keys are then distinct, and rows with equal keys keep their order.
  private func sort(
    keys: [PlaneRegister], indexBits: Int, _ less: RowFunction, _ bundle: RowBundle, count: Int,
    _ instruction: Int
  ) throws(ParleyError) -> RowValues<E> {
    guard count > 1 else { return try values(of: bundle) }
    let moved = Instruction.Kind.movedPlanes(keys: keys, bundle)
    let place = Dictionary(uniqueKeysWithValues: moved.enumerated().map { ($1, $0) })
    let number = engine.constantPlanes(RowNumbers.planes(count, bits: indexBits), count: count)
    let all = try shuffle(
      RowValues(words: try registers.values(bundle.arith), planes: try registers.values(moved) + number),
      count: count, at: step(instruction))
    let index = Array(all.planes[moved.count...])
    let compared = engine.bitRows(index + keys.map { all.planes[place[$0] ?? 0] })
    let schedule = less.schedule()
    var level = 2
    // Binary searches ask for the same rows again and again.
    var first: (order: [Int32], chunks: [[E.Plane]]) = ([], [])
    let order = try ComparisonSort.order(count: count) { (a, b) throws(ParleyError) -> [Bool] in
      level += 1
      let chunks = chunks(of: a.count)
      if first.order != a { first = (a, chunks.map { engine.gather(compared, by: Array(a[$0])) }) }
      var outcomes: [E.Plane] = []
      for (number, chunk) in chunks.enumerated() {
        let second = engine.gather(compared, by: Array(b[chunk]))
        outcomes += try applyOnce(
          less, schedule, RowValues(words: [], planes: first.chunks[number]), RowValues(words: [], planes: second),
          count: chunk.count, level: level, chunk: number
        ).planes
      }
      let outcome = outcomes.count == 1 ? outcomes[0] : engine.concatenate(planes: outcomes)
      return try openOutcomes([outcome], count: a.count, step(instruction, iteration: level))
    }
    // Only a party that deviates, and is caught by the checks before every opening, could make this fail.
    var isPlaced = [Bool](repeating: false, count: count)
    for row in order {
      guard !isPlaced[Int(row)] else { throw ParleyError(.cheating, "opened comparisons tell no order") }
      isPlaced[Int(row)] = true
    }
    let payload = RowValues<E>(words: all.words, planes: bundle.planes.map { all.planes[place[$0] ?? 0] })
    return gather(payload, order)
  }

  private func openOutcomes(
    _ planes: [E.Plane], count: Int, _ step: StepID
  ) throws(ParleyError) -> [Bool] {
    guard case .planes(let bits, _) = try open(.planes(planes, count: count), step), bits.count == 1 else {
      throw ParleyError(.invariant, "the engine opened something else than asked for")
    }
    return (0..<count).map { bits[0][$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }

  /// Class N, to the computing parties: everything before it is verified first.
  func open(
    _ value: Opened<E.Arith, E.Plane>, _ step: StepID
  ) throws(ParleyError) -> ClearValues {
    let token = try engine.verify(
      through: StepID(instruction: step.instruction, iteration: 0xff, sub: 0xffff, chunk: 0xffff))
    let computing = (0..<engine.descriptor.parties).map { PartyIndex($0) }
    try engine.startOpening(value, to: computing, step: step, token: token)
    try mesh.flush()
    let opened = try engine.finishOpening(value, step: step)
    didFinishFlight()
    return opened
  }

  // MARK: Sorting network

  /// No comparison is opened. The row's own number goes below its key, as in a sort by comparisons.
  private func network(
    _ rows: RowValues<E>, _ function: RowFunction, indexBits: Int, count: Int
  ) throws(ParleyError) -> RowValues<E> {
    guard count > 1 else { return rows }
    let schedule = function.schedule()
    let number = engine.constantPlanes(RowNumbers.planes(count, bits: indexBits), count: count)
    var all = RowValues<E>(words: rows.words, planes: number + rows.planes)
    for (level, stage) in MergeExchange.stages(rows: count).enumerated() {
      let pairs = stage.low.count
      let rest = stage.rest(rows: count)
      let pair = try apply(
        function, schedule, gather(all, stage.low), gather(all, stage.high), count: pairs, level: level)
      let (words, planes) = (all.words.count, all.planes.count)
      var parts = [
        RowValues<E>(words: Array(pair.words[..<words]), planes: Array(pair.planes[..<planes])),
        RowValues<E>(words: Array(pair.words[words...]), planes: Array(pair.planes[planes...])),
      ]
      if !rest.isEmpty { parts.append(gather(all, rest)) }
      var order = [Int32](repeating: 0, count: count)
      for (place, row) in (stage.low + stage.high + rest).enumerated() { order[Int(row)] = Int32(place) }
      all = gather(concatenate(parts), order)
    }
    return RowValues(words: all.words, planes: Array(all.planes[indexBits...]))
  }

  // MARK: Scan

  private func scan(
    _ rows: RowValues<E>, _ function: RowFunction, count: Int
  ) throws(ParleyError) -> RowValues<E> {
    let schedule = function.schedule()
    let network = ScanNetwork<RowValues<E>>(
      gather: { [self] (rows, order) throws(ParleyError) in gather(rows, order) },
      prefix: { [self] (rows, count) throws(ParleyError) in slice(rows, 0..<count) },
      interleave: { [self] (parts, order) throws(ParleyError) in interleave(parts, order) },
      combine: { [self] (low, high, count, level) throws(ParleyError) in
        try apply(function, schedule, low, high, count: count, level: level)
      })
    return try network.scan(rows, count: count)
  }

  /// Rows of the parts, which follow each other, at the given places. A few columns at a time, because what lies between is
  /// as long as all of them.
  private func interleave(_ parts: [RowValues<E>], _ order: [Int32]) -> RowValues<E> {
    var result = RowValues<E>(words: [], planes: [])
    guard let first = parts.first else { return result }
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

  private func concatenate(_ parts: [RowValues<E>]) -> RowValues<E> {
    guard let first = parts.first else { return RowValues(words: [], planes: []) }
    return RowValues(
      words: first.words.indices.map { column in engine.concatenate(parts.map { $0.words[column] }) },
      planes: first.planes.indices.map { column in engine.concatenate(planes: parts.map { $0.planes[column] }) })
  }

  // MARK: Moves

  /// Rows in other places, by position only.
  func move(
    _ move: RowMove, _ bundle: RowBundle, from: Int, count: Int, out: RowBundle
  ) throws(ParleyError) {
    let rows = try values(of: bundle)
    let inner =
      if case .outer(let length) = move { length.evaluate(rows: self.rows) } else { 0 }
    var moved = gather(rows, move.source(count: count, of: from, inner: inner))
    if case .shift(let by) = move {
      let missing = min(abs(by), from)
      let zeros = RowValues<E>(
        words: rows.words.map { _ in engine.constant(0, count: missing) },
        planes: rows.planes.map { _ in engine.constantPlane(false, count: missing) })
      moved = concatenate(by > 0 ? [zeros, moved] : [moved, zeros])
    }
    try registers.write(moved.words, to: out.arith)
    try registers.write(moved.planes, to: out.planes)
  }
}
