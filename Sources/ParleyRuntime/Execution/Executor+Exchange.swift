internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// Exchanges that have been started together and wait for the peers' messages, some of them for several flights.
struct PendingExchanges<E: Engine> {
  var list: [(item: Schedule.Item, state: E.Pending, flights: Int)] = []
  /// How many flights have been received.
  var received = 0

  var isDone: Bool { list.isEmpty }
}

extension Executor {
  /// Queues this party's messages of the first flight of every exchange. Operands are freed as soon as the engine has
  /// what it needs of them.
  func start(
    _ items: [Schedule.Item], half: Int, iteration: Int, chunk: Int = 0
  ) throws(ParleyError) -> PendingExchanges<E> {
    var pending = PendingExchanges<E>()
    pending.list.reserveCapacity(items.count)
    for item in items {
      let instruction = item.instruction
      let count = length(of: instruction, half: half)
      let exchange: Exchange<E.Arith, E.Plane>
      switch instruction.kind {
      case .multiply(let pairs, _): exchange = .multiply(try registers.pairs(pairs), count: count)
      case .innerProducts(let lists, _), .productSums(let lists, _):
        var values: [[(E.Arith, E.Arith)]] = []
        for list in lists { values.append(try registers.pairs(list)) }
        if case .innerProducts = instruction.kind {
          exchange = .innerProducts(values)
        } else {
          exchange = .productSums(values, count: count)
        }
      case .matrixProduct(let a, let b, let rows, let inner, let columns, _):
        exchange = .matrixProduct(try registers[a], try registers[b], rows: rows, inner: inner, columns: columns)
      case .columnProduct(let left, let right, _):
        exchange = .columnProduct(try registers.values(left), try registers.values(right))
      case .and(let pairs, _): exchange = .and(try registers.pairs(pairs), count: count)
      case .summands(let a, let width, _): exchange = .summands(try registers[a], width: width)
      case .shiftedSummands(let a, let bits, _): exchange = .shiftedSummands(try registers[a], bits: bits)
      case .bitSummands(let planes, _): exchange = .bitSummands(try registers.values(planes))
      default: throw ParleyError(.invariant, "instruction \(instruction.id) is no exchange")
      }
      let step = step(instruction.id, iteration: iteration, sub: chunk)
      let flights = engine.flightCount(of: exchange)
      pending.list.append((item, try engine.start(exchange, step: step), flights))
      registers.free(item.freed)
    }
    return pending
  }

  /// Takes exchanges through all their flights, which nothing else shares.
  func run(_ pending: inout PendingExchanges<E>) throws(ParleyError) {
    repeat {
      try engine.sendChecks()
      try mesh.flush()
      try receive(&pending)
      try engine.receiveChecks()
      didFinishFlight()
    } while !pending.isDone
  }

  /// Takes in a flight, in the order in which the exchanges were started: the results of those for which it is the last are
  /// stored, the others' messages of the next are queued.
  func receive(_ pending: inout PendingExchanges<E>) throws(ParleyError) {
    pending.received += 1
    var rest: [(item: Schedule.Item, state: E.Pending, flights: Int)] = []
    for (item, state, flights) in pending.list {
      guard flights == pending.received else {
        var state = state
        try engine.resume(&state, flight: pending.received)
        rest.append((item, state, flights))
        continue
      }
      switch (item.instruction.kind, try engine.finish(state)) {
      case (.multiply(_, let out), .arith(let values)), (.productSums(_, let out), .arith(let values)),
        (.innerProducts(_, let out), .arith(let values)), (.shiftedSummands(_, _, let out), .arith(let values)):
        try registers.write(values, to: out)
      case (.matrixProduct(_, _, _, _, _, let out), .arith(let values)),
        (.columnProduct(_, _, let out), .arith(let values)):
        try registers.write(values, to: [out])
      case (.and(_, let out), .planes(let values)):
        try registers.write(values, to: out)
      case (.summands(_, _, let out), .summandPlanes(let values)):
        guard values.count == out.count else { throw wrongResult(item.instruction) }
        for (list, registersOfSummand) in zip(values, out) { try registers.write(list, to: registersOfSummand) }
      case (.bitSummands(_, let out), .summandArith(let values)):
        guard values.count == out.count else { throw wrongResult(item.instruction) }
        for (list, registersOfBit) in zip(values, out) { try registers.write(list, to: registersOfBit) }
      default: throw wrongResult(item.instruction)
      }
      // A result that nothing reads dies here.
      registers.free(item.freed)
    }
    pending.list = rest
  }

  private func wrongResult(_ instruction: Instruction) -> ParleyError {
    ParleyError(
      .invariant, "the engine answered instruction \(instruction.id) with another kind or number of results",
      remedy: "report this: the program was lowered for another engine")
  }
}
