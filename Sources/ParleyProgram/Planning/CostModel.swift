/// Computes the cost of a lowered program by walking its schedule with sizes only.
///
/// Bytes come from the closed forms of the engine's descriptor; rounds from the same logical clocks that
/// messages carry (see the meter of the network layer), so plan and meter can be compared for equality.
package struct CostModel {
  let schedule: Schedule
  let lowered: LoweredProgram
  var barriers = Barriers()
  /// Of the program, in which the model is.
  var roundNumber = 0
  let descriptor: EngineDescriptor
  let shape: RunShape
  let rows: RowCounts
  var counts: LengthCounts
  package var chunkRows: Int { lowered.chunkRows }

  var clocks: [Int]
  var largestDepth = 0
  var flight: Flight
  var cost: Cost
  var ledger: CostLedger
  var liveBytes = 0
  /// Bytes of each live register of words, by number.
  var sizes: [Int]
  var buffers: LiveBuffers
  var sortBatches = SortBatches()
  var verification: ProofTraffic?
  /// Values with macs, which one check covers at the end.
  var authenticatedCount = 0
  /// Registers that a product reads or writes.
  var isRecorded: (arith: RegisterMarks, planes: RegisterMarks)
  var chargedDepth = 0
  /// Where exchanges take correlated randomness.
  var recorder: DemandRecorder?
  /// A function of rows is work of an instruction of its own, whose registers and payers it has; for one that an algorithm
  /// applies the algorithm pays.
  var hasOwnRegisters = false
  /// Who pays for what is done once all chunks of an instruction are through.
  var chunksPayers: CostLedger.Payers?
  /// See ``counted(_:on:shape:takesAll:)``.
  var takesAllChunks = false
  var chunksTaken = 0

  private init(_ lowered: LoweredProgram, _ descriptor: EngineDescriptor, _ shape: RunShape) {
    self.lowered = lowered
    self.descriptor = descriptor
    self.shape = shape
    schedule = lowered.schedule
    rows = shape.rows
    counts = LengthCounts(rows)
    ledger = CostLedger(lowered.owners, principals: shape.principals)
    sizes = Array(repeating: 0, count: lowered.arithCount)
    buffers = LiveBuffers(lowered)
    clocks = Array(repeating: 0, count: shape.principals)
    verification = descriptor.verifier.map { ProofTraffic($0, parties: descriptor.parties) }
    isRecorded = (RegisterMarks(count: lowered.arithCount), RegisterMarks(count: lowered.planeCount))
    flight = Flight(principals: shape.principals)
    recorder = descriptor.correlations.isEmpty ? nil : DemandRecorder()
    cost = Cost(
      bytes: Array(repeating: Array(repeating: 0, count: shape.principals), count: shape.principals), rounds: 0,
      peakShareBytes: 0, multiplications: 0, andBits: 0, instructionCount: 0,
      cheatingExponent: nil)
  }

  /// The cost of a run of these sizes.
  ///
  /// - Parameters:
  ///   - barriers: where everything so far is verified and saved.
  ///   - point: of a run that is resumed, the barrier behind which it begins: what it costs in its own session.
  package static func cost(
    of lowered: LoweredProgram, on descriptor: EngineDescriptor, shape: RunShape, barriers: BarrierPlan = .none,
    resumedAt point: BarrierPlan.Point? = nil
  ) -> Cost {
    counted(lowered, on: descriptor, shape: shape, barriers: barriers, resumedAt: point).cost
  }

  /// The cost, and how many chunks were gone through for it.
  ///
  /// - Parameter takesAll: goes through every chunk, however many are alike.
  package static func counted(
    _ lowered: LoweredProgram, on descriptor: EngineDescriptor, shape: RunShape, takesAll: Bool = false,
    barriers: BarrierPlan = .none, resumedAt point: BarrierPlan.Point? = nil
  ) -> (cost: Cost, chunks: Int) {
    var model = CostModel(lowered, descriptor, shape)
    model.takesAllChunks = takesAll
    model.barriers = Barriers(plan: barriers, resumedAt: point)
    model.inputs()
    model.runRounds()
    model.verify()
    model.verdicts()
    model.openings()
    model.cost.rounds = model.largestDepth
    if let recorder = model.recorder { model.prepare(recorder.demand) }
    model.cost.shares = model.ledger.result
    if descriptor.verifier != nil {
      model.cost.provedBits = model.cost.andBits
      model.cost.provedShuffledElements = model.cost.shuffledElements
      if model.authenticates {
        model.cost.authenticatedWords = model.cost.multiplications
      } else {
        model.cost.provedWords = model.cost.multiplications
      }
    }
    return (model.cost, model.chunksTaken)
  }

  // MARK: Verification

  /// The messages of all proofs under way: they travel with the flight of the computation.
  mutating func sendProofs() {
    guard let proofs = verification?.active, !proofs.isEmpty else { return }
    let before = ledger.payers
    ledger.payers = ledger.payers(.verification)
    defer { ledger.payers = before }
    for proof in proofs {
      for message in proof.messages { send(message.bytes, from: message.from, to: message.to) }
    }
  }
  mutating func endFlight(isLast: Bool) {
    guard verification != nil else { return }
    liveBytes -= verification?.endFlight() ?? 0
    beginProofs(all: isLast)
    guard !isLast else { return }
    while verification?.takesFlight == true {
      sendProofs()
      receive()
      liveBytes -= verification?.endFlight() ?? 0
    }
    if verification?.needsNoOperands == true { forgetRecorded() }
  }
  private mutating func beginProofs(all: Bool) {
    guard let closed = verification?.begin(all: all) else { return }
    cost.peakShareBytes = max(cost.peakShareBytes, liveBytes + (verification?.workingBytes ?? 0))
    cost.proofs += closed.count
    for shape in closed { note(shape.cheatingExponent) }
  }
  private mutating func note(_ cheatingExponent: Double) {
    cost.cheatingExponent = max(cost.cheatingExponent ?? -.infinity, cheatingExponent)
  }

  /// Whether ring words carry macs and one check covers them.
  var authenticates: Bool { descriptor.verifier?.method == .macs }

  /// A flight of the check of authenticated values.
  private mutating func send(_ check: MacCheckShape.Flight) {
    let before = ledger.payers
    ledger.payers = ledger.payers(.verification)
    defer { ledger.payers = before }
    for message in check.messages {
      for party in 0..<descriptor.parties {
        send(
          message.bytes, from: (party + message.from) % descriptor.parties,
          to: (party + message.to) % descriptor.parties)
      }
    }
    sendProofs()
    receive()
    endFlight()
  }

  /// What is left after the last round, and the message with which every party vouches for all its checks.
  mutating func verify() {
    guard let descriptor = verification?.schedule.descriptor else { return }
    beginProofs(all: true)
    if authenticatedCount > 0 {
      note(MacCheckShape.cheatingExponent)
      for flight in MacCheckShape.flights { send(flight) }
      beginProofs(all: true)
    }
    while verification?.isIdle == false {
      sendProofs()
      receive()
      endFlight(isLast: true)
    }
    let before = ledger.payers
    ledger.payers = ledger.payers(.verification)
    defer { ledger.payers = before }
    for from in 0..<self.descriptor.parties {
      for to in 0..<self.descriptor.parties { send(descriptor.closingBytes, from: from, to: to) }
    }
    receive()
  }

  // MARK: Phases

  private mutating func inputs() {
    var holders: Set<Int> = []
    for item in schedule.inputs {
      let instruction = item.instruction
      guard case .rows(let table) = instruction.length else { continue }
      ledger.payers = ledger.payers(instruction)
      for part in shape.tables[table] {
        holders.insert(part.holder)
        let messages: [Traffic.Message]
        let items: Int
        if case .inputPlanes(_, _, let out) = instruction.kind {
          (messages, items) = (descriptor.inputPlanes, out.count)
        } else {
          (messages, items) = (descriptor.inputArith, 1)
        }
        send(messages, ExchangeSize(items: items, length: part.rows), holder: part.holder)
      }
      record(Recorded(instruction, authenticates: authenticates))
      allocate(instruction, length: counts.count(instruction.length))
      free(item.freed)
      execute()
    }
    receive()
    compareInputs(holders: holders.count)
  }

  /// Every two computing parties compare the copies of the share they have in common, holder by holder.
  private mutating func compareInputs(holders: Int) {
    guard descriptor.inputComparisonBytes > 0, holders > 0 else { return }
    ledger.payers = ledger.payers(.inputs)
    for from in 0..<descriptor.parties {
      for offset in Set([1, descriptor.parties - 1]) {
        send(
          descriptor.inputComparisonBytes * holders, from: from, to: (from + offset) % descriptor.parties,
        )
      }
    }
    for item in schedule.inputs {
      guard case .inputArith = item.instruction.kind else { continue }
      let length = counts.count(item.instruction.length)
      send(descriptor.authenticateInput, ExchangeSize(items: 1, length: length))
      authenticate(length)
    }
    receive()
  }

  private mutating func authenticate(_ count: Int) {
    if authenticates { authenticatedCount += count }
  }

  mutating func exchange(_ instruction: Instruction, half: Int, _ further: inout FurtherFlights) {
    ledger.payers = ledger.payers(instruction)
    record(Recorded(instruction, authenticates: authenticates))
    send(instruction, length: instruction.length.evaluate(rows: rows, half: half), &further)
  }

  /// What an instruction sends in its first flight, and what verifications will need of it.
  mutating func send(_ instruction: Instruction, length: Int, _ further: inout FurtherFlights) {
    execute()
    func send(_ kind: ExchangeKind, _ size: ExchangeSize, _ further: inout FurtherFlights) {
      take(instruction.id, kind, size)
      self.send(kind, size, &further)
    }
    switch instruction.kind {
    case .multiply(let pairs, _):
      send(.multiply, ExchangeSize(items: pairs.count, length: length), &further)
      multiply(pairs.count * length)
      recordProducts(outputs: pairs.count * length, terms: pairs.count * length)
    case .productSums(let lists, _):
      let terms = lists.reduce(0) { $0 + $1.count }
      send(.innerProducts, .productSums(lists: lists.count, terms: terms, length: length), &further)
      multiply(terms * length)
      recordProducts(outputs: lists.count * length, terms: terms * length)
    case .innerProducts(let lists, _):
      let products = lists.reduce(0) { $0 + $1.count } * length
      send(.innerProducts, .innerProducts(lists: lists.count, terms: products), &further)
      multiply(products)
      let terms = lists.joined().reduce(0) { total, pair in
        // A factor that is repeated is multiplied with the sum of the other.
        let (a, b) = (sizes[pair.a.index], sizes[pair.b.index])
        return total + (a == b ? a / descriptor.bytesPerWord : 1)
      }
      recordProducts(outputs: lists.count, terms: terms)
    case .matrixProduct(_, _, let rows, let inner, let columns, _):
      send(.matrixProduct, .matrixProduct(rows: rows, inner: inner, columns: columns), &further)
      multiply(rows * inner * columns)
      authenticate(rows * columns)
      if !authenticates { verification?.schedule.recordMatrix(rows: rows, inner: inner, columns: columns) }
    case .columnProduct(let left, let right, _):
      let (rows, columns) = (left.count, right.count)
      send(.matrixProduct, .matrixProduct(rows: rows, inner: length, columns: columns), &further)
      multiply(rows * length * columns)
      recordProducts(outputs: rows * columns, terms: rows * length * columns)
    case .and(let pairs, _):
      send(.and, ExchangeSize(items: pairs.count, length: length), &further)
      cost.andBits += pairs.count * length
      ledger.and(pairs.count * length)
      verification?.schedule.recordAnds(words: pairs.count * ((length + 63) / 64))
    case .summands(_, let width, _):
      send(.summands, ExchangeSize(items: width, length: length), &further)
    case .shiftedSummands:
      send(.shiftedSummands, ExchangeSize(items: 1, length: length), &further)
      authenticate(descriptor.arithmeticSummands * length)
    case .bitSummands(let planes, _):
      send(.bitSummands, ExchangeSize(items: planes.count, length: length), &further)
      authenticate(descriptor.booleanSummands * planes.count * length)
    default: break
    }
  }

  mutating func execute() {
    cost.instructionCount += 1
    ledger.execute()
  }
  private mutating func multiply(_ products: Int) {
    cost.multiplications += products
    ledger.multiply(products)
  }

  /// One bit a verdict, to every computing party.
  private mutating func verdicts() {
    guard schedule.verdicts != nil else { return }
    ledger.payers = ledger.payers(
      verdicts: lowered.verdicts.count, requirements: lowered.requirements.count)
    execute()
    for recipient in 0..<descriptor.parties {
      send(
        descriptor.openPlanesToComputing, ExchangeSize(items: 1, length: lowered.verdictCount),
        recipient: recipient)
    }
    receive()
  }

  private mutating func recordProducts(outputs: Int, terms: Int) {
    authenticate(outputs)
    if !authenticates { verification?.schedule.recordProducts(outputs: outputs, terms: terms) }
  }

  private mutating func openings() {
    for instruction in schedule.openings {
      let length = counts.count(instruction.length)
      let items: Int, disclosure: Int, isPlanes: Bool
      switch instruction.kind {
      case .openArith(_, let index): (items, disclosure, isPlanes) = (1, index, false)
      case .openPlanes(let planes, let index): (items, disclosure, isPlanes) = (planes.count, index, true)
      default: continue
      }
      ledger.payers = ledger.payers(instruction)
      execute()
      for recipient in shape.recipients[disclosure] {
        let messages =
          if recipient < descriptor.parties {
            isPlanes ? descriptor.openPlanesToComputing : descriptor.openToComputing
          } else {
            isPlanes ? descriptor.openPlanesToRecipient : descriptor.openToRecipient
          }
        send(messages, ExchangeSize(items: items, length: length), recipient: recipient)
      }
    }
    receive()
  }
}
