internal import ParleyBase
internal import ParleyEngine
internal import ParleyProgram

/// Exchanges of one flight that have been started and wait for the peers' messages.
struct PendingExchanges<E: Engine> {
  var list: [(item: Schedule.Item, state: E.Pending)] = []
}

extension Executor {
  /// Queues this party's messages of every exchange of a flight. Operands are freed as soon as the engine has
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
      case .innerProducts(let lists, _):
        var values: [[(E.Arith, E.Arith)]] = []
        for list in lists { values.append(try registers.pairs(list)) }
        exchange = .innerProducts(values)
      case .matrixProduct(let a, let b, let rows, let inner, let columns, _):
        exchange = .matrixProduct(try registers[a], try registers[b], rows: rows, inner: inner, columns: columns)
      case .and(let pairs, _): exchange = .and(try registers.pairs(pairs), count: count)
      case .summands(let a, let width, _): exchange = .summands(try registers[a], width: width)
      case .shiftedSummands(let a, let bits, _): exchange = .shiftedSummands(try registers[a], bits: bits)
      case .bitSummands(let planes, _): exchange = .bitSummands(try registers.values(planes))
      default: throw ParleyError(.invariant, "instruction \(instruction.id) is no exchange")
      }
      let step = StepID(instruction: instruction.id, iteration: iteration, sub: chunk)
      pending.list.append((item, try engine.start(exchange, step: step)))
      registers.free(item.freed)
    }
    return pending
  }

  /// Receives and stores the results, in the order in which the exchanges were started.
  func finish(_ pending: inout PendingExchanges<E>) throws(ParleyError) {
    for (item, state) in pending.list {
      switch (item.instruction.kind, try engine.finish(state)) {
      case (.multiply(_, let out), .arith(let values)), (.innerProducts(_, let out), .arith(let values)),
        (.shiftedSummands(_, _, let out), .arith(let values)):
        try registers.write(values, to: out)
      case (.matrixProduct(_, _, _, _, _, let out), .arith(let values)):
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
    pending.list = []
  }

  private func wrongResult(_ instruction: Instruction) -> ParleyError {
    ParleyError(
      .invariant, "the engine answered instruction \(instruction.id) with another kind or number of results",
      remedy: "report this: the program was lowered for another engine")
  }
}
