/// The order in which one party executes a list of instructions, with the point at which each register dies.
///
/// Inputs come first. Then, round by round: every exchange of the round is started, the mesh is flushed once,
/// every exchange is finished, and the local instructions that were waiting for the round run. Registers are
/// freed by this order and not by the order of the list, so that no reordering can free a value too early.
package struct Schedule: Sendable {
  /// An instruction and the registers to free once it has run (an exchange: once it has been started, a
  /// reduction: once it is done).
  package struct Item: Sendable {
    /// What is done.
    package var instruction: Instruction
    /// Registers that nothing reads afterwards.
    package var freed = RegisterSet()
    /// Of a loop and of a reduction: what is inside.
    package let inside: Inside?

    init(_ instruction: Instruction) {
      self.instruction = instruction
      inside = Inside(instruction)
    }
  }
  /// One round: what is started, then everything that can run once it is finished.
  package struct Round: Sendable {
    /// Operations of the engine, which share their flights.
    package var exchanges: [Item] = []
    /// Reductions of whole columns, which take flights of their own.
    package var reductions: [Item] = []
    /// Algorithms over whole columns, one after the other, after everything else that communicates.
    package var rowAlgorithms: [Item] = []
    /// Instructions without messages that waited for this round.
    package var locals: [Item] = []
  }

  /// What holders deal, before round 0.
  package private(set) var inputs: [Item] = []
  /// The rounds, by number.
  package private(set) var rounds: [Round] = []
  /// Opened to the computing parties before all other openings, in a flight of its own.
  package private(set) var verdicts: Instruction?
  /// Openings of results, which come after verification.
  package private(set) var openings: [Instruction] = []

  /// - Parameter kept: registers that outlive the list; registers that only others write are among them.
  package init(_ instructions: [Instruction], kept: RegisterSet = RegisterSet()) {
    rounds = Array(repeating: Round(), count: (instructions.map(\.round).max() ?? 0) + 1)
    for instruction in instructions {
      let item = Item(instruction)
      if instruction.isInput {
        inputs.append(item)
      } else if case .openVerdicts = instruction.kind {
        verdicts = instruction
      } else if instruction.isOpening {
        openings.append(instruction)
      } else if case .reduce = instruction.kind {
        rounds[instruction.round].reductions.append(item)
      } else if instruction.isRowAlgorithm {
        rounds[instruction.round].rowAlgorithms.append(item)
      } else if instruction.communicates {
        rounds[instruction.round].exchanges.append(item)
      } else {
        rounds[instruction.round].locals.append(item)
      }
    }
    markLastUses(kept: kept)
  }

  /// Walks the order backwards: the first reader met is the last to run.
  private mutating func markLastUses(kept: RegisterSet) {
    var bounds = RegisterBounds()
    bounds.include(kept)
    func touch(_ item: inout Item) {
      item.freed = item.instruction.operandRegisters
      item.freed.add(item.instruction.resultRegisters)
      bounds.include(item.freed)
    }
    for i in inputs.indices { touch(&inputs[i]) }
    for r in rounds.indices {
      for i in rounds[r].exchanges.indices { touch(&rounds[r].exchanges[i]) }
      for i in rounds[r].reductions.indices { touch(&rounds[r].reductions[i]) }
      for i in rounds[r].rowAlgorithms.indices { touch(&rounds[r].rowAlgorithms[i]) }
      for i in rounds[r].locals.indices { touch(&rounds[r].locals[i]) }
    }
    let opened = ([verdicts].compactMap(\.self) + openings).map(\.operandRegisters)
    for set in opened { bounds.include(set) }
    var arith = SeenRegisters(bounds.arith)
    var planes = SeenRegisters(bounds.planes)
    for register in kept.arith { _ = arith.insert(register) }
    for register in kept.planes { _ = planes.insert(register) }
    for set in opened {
      for register in set.arith { _ = arith.insert(register) }
      for register in set.planes { _ = planes.insert(register) }
    }
    func mark(_ item: inout Item) {
      item.freed.arith = item.freed.arith.filter { arith.insert($0) }
      item.freed.planes = item.freed.planes.filter { planes.insert($0) }
    }
    for r in rounds.indices.reversed() {
      for i in rounds[r].locals.indices.reversed() { mark(&rounds[r].locals[i]) }
      for i in rounds[r].rowAlgorithms.indices.reversed() { mark(&rounds[r].rowAlgorithms[i]) }
      for i in rounds[r].reductions.indices.reversed() { mark(&rounds[r].reductions[i]) }
      for i in rounds[r].exchanges.indices.reversed() { mark(&rounds[r].exchanges[i]) }
    }
    for i in inputs.indices.reversed() { mark(&inputs[i]) }
  }

  /// Flights of messages: a round is one if anything in it communicates, a reduction as many as its levels
  /// need. Reductions of one round run in step with each other, and their first flight carries the round's
  /// exchanges. The verdicts are one flight more, and the openings are. For a sort this is an estimate, and flights
  /// of verifications inside it are not counted.
  package func flights(
    on descriptor: EngineDescriptor, rows: RowCounts, chunkRows: Int = RowChunks.defaultRows
  ) -> Int {
    var count = FlightCount(on: descriptor, rows: rows, chunkRows: chunkRows)
    for round in rounds { count.run(round) }
    return count.flights + (verdicts == nil ? 0 : 1) + (openings.isEmpty ? 0 : 1)
  }
}

extension [Instruction] {
  /// Flights of instructions whose rounds come one after the other.
  package func flights(on descriptor: EngineDescriptor) -> Int {
    let rounds = Dictionary(
      filter(\.communicates).map { ($0.round, descriptor.flights(of: $0)) }, uniquingKeysWith: Swift.max)
    return rounds.values.reduce(0, +)
  }
}

extension EngineDescriptor {
  /// Flights of an exchange.
  package func flights(of instruction: Instruction) -> Int {
    instruction.kind.exchange.map { traffic(of: $0).flightCount } ?? 1
  }
}

/// Between which numbers the registers of a list are: those of functions are few of many, and stand close together.
private struct RegisterBounds {
  var arith: ClosedRange<Int>?
  var planes: ClosedRange<Int>?
  mutating func include(_ set: RegisterSet) {
    for register in set.arith { arith = WrittenRegisters.including(register, arith) }
    for register in set.planes { planes = WrittenRegisters.including(register, planes) }
  }
}

/// A set of register numbers, which are dense between bounds.
private struct SeenRegisters {
  private let first: Int
  private var seen: [Bool]
  init(_ bounds: ClosedRange<Int>?) {
    first = bounds?.lowerBound ?? 0
    seen = Array(repeating: false, count: bounds?.count ?? 0)
  }
  /// True when the register is new.
  mutating func insert(_ register: Int) -> Bool {
    defer { seen[register - first] = true }
    return !seen[register - first]
  }
}
