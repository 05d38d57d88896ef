/// Sorts, shuffles, scans and work in chunks: the cost model is a machine of sizes (``RowMachine``).
extension CostModel {
  /// What moves is measured by its registers; nothing is sent for fewer than two rows.
  package mutating func run(rows item: Schedule.Item) {
    let instruction = item.instruction
    let count = counts.count(instruction.length)
    if case .chunked(_, let columns) = instruction.kind {
      chunksPayers = ledger.payers(instruction)
      _ = perform(instruction.kind, count: count)
      endChunks(columns, count: count)
      free(item.freed)
      return
    }
    let before = ledger.payers
    ledger.payers = ledger.payers(instruction, isHeld: true)
    defer { ledger.payers = before }
    execute()
    _ = perform(instruction.kind, count: count)
    allocate(instruction, length: count)
    free(item.freed)
  }

  private mutating func move(_ elements: Int) {
    cost.movedElements += elements
    ledger.move(elements)
  }

  /// Both shares of rows in an order that is public.
  private mutating func gather(words: Int, planes: Int, count: Int) {
    move(2 * count * RowWork.elements(words: words, planes: planes))
  }

  /// Bits or words of each row, to every computing party.
  private mutating func openToComputing(_ messages: [Traffic.Message], items: Int = 1, count: Int) {
    for recipient in 0..<descriptor.parties {
      send(messages, ExchangeSize(items: items, length: count), recipient: recipient)
    }
    receive()
  }
}

extension CostModel: SizedRowMachine {
  package typealias Rows = SizedRows
  package typealias Function = FunctionWork
  package typealias Failure = Never

  package func function(_ function: RowFunction, shared: RowBundle) -> FunctionWork {
    FunctionWork(function, shared: shared, self)
  }

  // MARK: Moves

  package mutating func gather(_ rows: Rows, _ order: Void, count: Int) -> Rows {
    gather(words: rows.words.count, planes: rows.planes.count, count: count)
    return rows
  }
  package mutating func split(_ rows: Rows, _ stage: MergeExchange.Stage) -> (low: Rows, high: Rows, rest: Rows) {
    gather(words: rows.words.count, planes: rows.planes.count, count: stage.rows)
    return (rows, rows, rows)
  }
  package mutating func join(_ low: Rows, _ high: Rows, _ rest: Rows, _ stage: MergeExchange.Stage) -> Rows {
    gather(words: low.words.count, planes: low.planes.count, count: stage.rows)
    return low
  }

  // MARK: Functions

  /// Chunks of one length are the same work; the steps of each are its own.
  package mutating func eachChunk(
    of count: Int, _ function: FunctionWork, _ work: ChunkWork<Self>
  ) -> [Rows] {
    let chunks = RowChunks.sizes(count: count, rows: chunkRows)
    var marks = RowBundle()
    var isInstruction = false
    if case .columns(_, let columns) = work {
      let low = function.function.low
      marks = RowBundle(arith: columns.rows.arith + low.arith, planes: columns.rows.planes + low.planes)
      isInstruction = true
    }
    // For a function that an algorithm applies the algorithm pays.
    let held = ledger.payers.numbers
    var parts: [Rows] = []
    let first = RowChunk(number: 0, range: 0..<chunks.size, isWhole: false)
    times(
      chunks.equal, stride: Self.chunkStride(), payers: isInstruction ? function.payers : Set(held), marks: marks
    ) { parts = [$0.run(function, work, first)] }
    let last = RowChunk(
      number: chunks.equal, range: count - chunks.last..<count, isWhole: chunks.equal == 0)
    at(level: recorder?.level ?? 0, chunk: chunks.equal) { parts.append($0.run(function, work, last)) }
    if isInstruction, let chunksPayers { ledger.payers = chunksPayers }
    return parts
  }

  /// Its registers are nobody else's, and the algorithm around it pays.
  package mutating func applyOnce(
    _ function: FunctionWork, _ low: Rows, _ high: Rows, count: Int, level: Int, chunk: Int
  ) -> Rows {
    let (before, isOwn) = (authenticatedCount, hasOwnRegisters)
    hasOwnRegisters = false
    at(level: level) { $0.run(function, half: count, level: level, chunk: chunk) }
    hasOwnRegisters = isOwn
    // Words with macs wait for the check at the end.
    liveBytes += (authenticatedCount - before) * descriptor.bytesPerWord
    return RowValues(sizeOf: function.function.result)
  }

  package mutating func needs(_ memory: [RowMemory<FunctionWork>]) {
    var total = 0
    for part in memory {
      let bytes =
        switch part {
        case .columns(let words, let planes, let count): self.bytes(arith: words, planes: planes, count: count)
        case .function(let function, let count): workingBytes(function, count: count)
        case .functionAtOnce(let function, let count): workingBytesAtOnce(function, count: count)
        case .bytes(let bytes): bytes
        }
      total += bytes
    }
    work(total)
  }

  // MARK: Shuffles and openings

  package mutating func shufflePass(_ pass: Int, _ rows: Rows, count: Int, level: Int) -> Rows {
    let (words, planes) = (rows.words.count, rows.planes.count)
    for flight in 0..<descriptor.traffic(of: .shufflePass(pass)).flightCount {
      if flight > 0 { endFlight() }
      for message in descriptor.shuffleBytes(
        pass: pass, flight: flight, words: words, planes: planes, length: count)
      {
        send(message.bytes, from: message.from, to: message.to)
      }
      sendProofs()
      receive()
    }
    // The permutation is made in no order as well.
    move(count * (1 + RowWork.elements(words: words, planes: planes)))
    let elements = words * count + (planes > 0 ? count : 0)
    cost.shuffledElements += elements
    ledger.shuffle(elements)
    if verification != nil {
      // The proof of a pass needs its operand and the permutation.
      retain(bytes(arith: words, planes: planes, count: count) + 4 * count)
      verification?.schedule.recordShuffle(pass: pass, words: words, planes: planes, rows: count)
    }
    endFlight()
    return rows
  }

  package mutating func order(openedBy places: RowPlaces<RowColumn, RowColumn>, count: Int, level: Int) {
    verify()
    switch places {
    case .word: openToComputing(descriptor.openToComputing, count: count)
    case .planes(let bits): openToComputing(descriptor.openPlanesToComputing, items: bits.count, count: count)
    }
  }

  /// The comparisons that a uniformly random order asks for (``SortBatches``). Another order asks for others: the cost of a
  /// sort is a distribution, the same for all data of one length.
  package mutating func order(of compared: Int, _ less: FunctionWork, count: Int) {
    for (number, batch) in sortBatches.batches(count: count).enumerated() {
      compare(compared, less, batch, batch: number)
    }
  }
  package mutating func sides(
    _ compared: Int, _ pairs: ComparisonSort.Batch, _ chunk: RowChunk
  ) -> (low: Rows, high: Rows) {
    for _ in 0..<(pairs.repeatsRows ? 1 : 2) { gather(words: 0, planes: compared, count: chunk.range.count) }
    let side = RowValues(sizes: 0, compared)
    return (side, side)
  }
  package mutating func outcomes(_ plane: Rows, _ pairs: ComparisonSort.Batch, level: Int) {
    verify()
    openToComputing(descriptor.openPlanesToComputing, count: pairs.size)
  }
}

extension Instruction.Kind {
  /// Planes that a sort moves: its keys, and what else there is in the bundle.
  package static func movedPlanes(keys: [PlaneRegister], _ bundle: RowBundle) -> [PlaneRegister] {
    var seen = PairTable()
    var planes: [PlaneRegister] = []
    for list in [keys, bundle.planes] {
      for plane in list where seen[plane.index, plane.index] == nil {
        seen[plane.index, plane.index] = 0
        planes.append(plane)
      }
    }
    return planes
  }
}
