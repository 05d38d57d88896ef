/// Puts raw operations into rounds as early as their operands allow and merges what can share an instruction.
///
/// All ANDs of one round and length become one instruction, likewise products, inner products and bit
/// conversions; local XORs are merged where their operands are there in time. Reductions over the same length that do
/// not depend on each other run in lockstep as one, and so do sums in bits.
struct Scheduler {
  /// Registers that nobody in the scheduled list writes have depth 0.
  private var depthOfPlane: RegisterValues
  private var depthOfArith: RegisterValues
  private let written: WrittenRegisters
  private let registers: Emitter.Registers
  /// By depth: local operations whose result has it, in order.
  private var local: [[RawOperation]] = []
  /// By round - 1: operations that communicate in it.
  private var exchanged: [[RawOperation]] = []

  private init(_ operations: [RawOperation], _ registers: Emitter.Registers) {
    written = WrittenRegisters(operations)
    self.registers = registers
    depthOfPlane = RegisterValues(written.planes)
    depthOfArith = RegisterValues(written.arith)
  }

  // MARK: Entry points

  static func schedule(_ operations: [RawOperation], _ registers: Emitter.Registers) -> LoweredProgram {
    var scheduler = Scheduler(operations, registers)
    let openings = scheduler.place(operations)
    var instructions = scheduler.instructions()
    let last = scheduler.exchanged.count + 1
    instructions += openings.map {
      Instruction(
        id: 0, length: registers.length($0.length), round: last, kind: $0.kind, node: $0.nodeIndex)
    }
    var result = LoweredProgram()
    result.roundCount = scheduler.exchanged.count
    var next = 0
    result.instructions = number(instructions, from: &next)
    result.arithCount = registers.arith.count
    result.planeCount = registers.planes.count
    return result
  }

  private static func scheduleBody(
    _ operations: [RawOperation], _ registers: Emitter.Registers
  ) -> (instructions: [Instruction], rounds: Int) {
    var scheduler = Scheduler(operations, registers)
    _ = scheduler.place(operations)
    return (scheduler.instructions(), scheduler.exchanged.count)
  }

  // MARK: Placing

  /// What runs in lockstep with others: reductions of one length, and sums in bits of one length to as many elements.
  private struct Lockstep: Hashable {
    var length: LengthNumber
    /// Nil for a reduction.
    var results: Int?
    init?(_ operation: RawOperation) {
      guard case .general(let general) = operation.body else { return nil }
      length = operation.length
      if general.reduction != nil { return }
      guard case .sum(_, _, let results) = general.kind else { return nil }
      self.results = results
    }
  }

  /// Places every operation; openings are returned, they come last.
  ///
  /// Operations fall into generations by how many reductions and sums lie on the path to their operands. Operations of one
  /// generation are in topological order; its reductions come after all of them, merged by length.
  private mutating func place(_ operations: [RawOperation]) -> [RawOperation] {
    var generationOfPlane = RegisterValues(written.planes)
    var generationOfArith = RegisterValues(written.arith)
    var byGeneration: [[RawOperation]] = [[]]
    var reductions: [[Lockstep: [RawOperation]]] = [[:]]
    var openings: [RawOperation] = []
    for operation in operations {
      if operation.isOpening {
        openings.append(operation)
        continue
      }
      let generation = operation.latest(generationOfPlane, generationOfArith)
      let lockstep = Lockstep(operation)
      operation.mark(generation + (lockstep != nil ? 1 : 0), &generationOfPlane, &generationOfArith)
      while byGeneration.count <= Int(generation) {
        byGeneration.append([])
        reductions.append([:])
      }
      if let lockstep {
        reductions[Int(generation)][lockstep, default: []].append(operation)
      } else {
        byGeneration[Int(generation)].append(operation)
      }
    }
    for generation in byGeneration.indices {
      for operation in byGeneration[generation] { put(Self.withFunctions(operation, registers)) }
      // Dictionary order is not the same everywhere; parties need one order.
      let groups = reductions[generation].values.sorted { $0[0].firstResult < $1[0].firstResult }
      for members in groups { put(Self.merged(members, registers)) }
    }
    return openings
  }

  /// An algorithm over rows with the instructions of its functions in order.
  private static func withFunctions(_ operation: RawOperation, _ registers: Emitter.Registers) -> RawOperation {
    guard case .general(let general) = operation.body else { return operation }
    if case .repeated(let loop) = general.kind { return with(loop, general.pass, in: operation, registers) }
    guard !general.functions.isEmpty else { return operation }
    let functions = general.functions.map { pending in
      let (instructions, rounds) = scheduleBody(pending.operations, registers)
      return RowFunction(
        low: pending.low, high: pending.high, result: pending.result, instructions: instructions,
        roundCount: rounds)
    }
    var result = operation
    result.body = .general(
      .init(
        general.kind.with(functions), arithIn: general.arithIn, planesIn: general.planesIn,
        arithOut: general.arithOut, planesOut: general.planesOut))
    return result
  }

  /// A loop with the instructions of a pass in order.
  private static func with(
    _ loop: Instruction.Repetition, _ pass: [RawOperation], in operation: RawOperation,
    _ registers: Emitter.Registers
  ) -> RawOperation {
    var loop = loop
    (loop.instructions, loop.roundCount) = scheduleBody(pass, registers)
    var result = operation
    result.body = .general(
      .init(
        .repeated(loop), arithIn: loop.initial.arith + loop.shared.arith,
        planesIn: loop.initial.planes + loop.shared.planes, arithOut: loop.out.arith, planesOut: loop.out.planes))
    return result
  }

  private mutating func put(_ operation: RawOperation) {
    let depth = Int(operation.latest(depthOfPlane, depthOfArith))
    guard operation.communicates else {
      while local.count <= depth { local.append([]) }
      local[depth].append(operation)
      operation.mark(Int32(depth), &depthOfPlane, &depthOfArith)
      return
    }
    while exchanged.count <= depth { exchanged.append([]) }
    exchanged[depth].append(operation)
    operation.mark(Int32(depth + 1), &depthOfPlane, &depthOfArith)
  }

  private static func merged(_ members: [RawOperation], _ registers: Emitter.Registers) -> RawOperation {
    if members[0].reduction == nil { return withFunctions(mergedSums(members), registers) }
    var state: [PlaneRegister] = []
    var out: [PlaneRegister] = []
    var body = PendingReduction(low: [], high: [], combined: [], operations: [])
    for member in members {
      guard case .general(let general) = member.body, let reduction = general.reduction else { continue }
      state += general.planesIn
      out += general.planesOut
      body.low += reduction.low
      body.high += reduction.high
      body.combined += reduction.combined
      body.operations += reduction.operations
    }
    let (instructions, rounds) = scheduleBody(body.operations, registers)
    let kind = Instruction.Kind.reduce(
      state: state,
      body: .init(
        low: body.low, high: body.high, combined: body.combined, instructions: instructions,
        roundCount: rounds), out: out)
    return RawOperation(
      body: .general(.init(kind, arithIn: [], planesIn: state, arithOut: [], planesOut: out)),
      length: members[0].length, node: members[0].node)
  }

  /// All sums have the same full adder; that of the first stays.
  private static func mergedSums(_ members: [RawOperation]) -> RawOperation {
    var all: [BitSum] = []
    var planesIn: [PlaneRegister] = []
    var planesOut: [PlaneRegister] = []
    var functions: [PendingFunction] = []
    var count = 1
    for member in members {
      guard case .general(let general) = member.body, case .sum(_, let sums, let results) = general.kind else {
        continue
      }
      all += sums
      count = results
      planesIn += general.planesIn
      planesOut += general.planesOut
      if functions.isEmpty { functions = general.functions }
    }
    return RawOperation(
      body: .general(
        .init(
          .sum(.pending, all, results: count), arithIn: [], planesIn: planesIn, arithOut: [], planesOut: planesOut,
          functions: functions)),
      length: members[0].length, node: members[0].node)
  }

  // MARK: Instructions

  private func instructions() -> [Instruction] {
    var result: [Instruction] = []
    var position = RegisterValues(written.planes)
    for depth in 0..<max(local.count, exchanged.count) {
      if depth < local.count { result += mergedLocal(local[depth], depth: depth, &position) }
      if depth < exchanged.count { result += mergedExchanges(exchanged[depth], round: depth + 1) }
    }
    return result
  }

  private struct Family: Hashable {
    enum Kind { case xor, not, and, multiply, productSums, innerProducts, bitSummands }
    var length: LengthNumber
    var kind: Kind
  }
  /// What may share an instruction with others of its length, or nil.
  private static func family(_ operation: RawOperation) -> Family? {
    let kind: Family.Kind
    switch operation.body {
    case .xor: kind = .xor
    case .not: kind = .not
    case .and: kind = .and
    case .general(let general):
      switch general.kind {
      case .multiply: kind = .multiply
      case .productSums: kind = .productSums
      case .innerProducts: kind = .innerProducts
      case .bitSummands: kind = .bitSummands
      default: return nil
      }
    }
    return Family(length: operation.length, kind: kind)
  }

  private func instruction(_ members: [RawOperation], round: Int) -> Instruction {
    let kind: Instruction.Kind
    switch members[0].body {
    case .general: kind = .joined(members.map(\.kind))
    case .xor, .and, .not:
      var pairs: [Instruction.PlanePair] = []
      var single: [PlaneRegister] = []
      var results: [PlaneRegister] = []
      results.reserveCapacity(members.count)
      for member in members {
        switch member.body {
        case .xor(let a, let b, let out), .and(let a, let b, let out):
          pairs.append(.init(a, b))
          results.append(out)
        case .not(let a, let out):
          single.append(a)
          results.append(out)
        case .general: break
        }
      }
      if case .xor = members[0].body {
        kind = .xor(pairs, out: results)
      } else if case .and = members[0].body {
        kind = .and(pairs, out: results)
      } else {
        kind = .not(single, out: results)
      }
    }
    return Instruction(
      id: 0, length: registers.length(members[0].length), round: round, kind: kind, node: members[0].nodeIndex)
  }

  /// Merges XORs and inversions of one length into the earliest instruction that comes after their operands.
  ///
  /// - Parameter position: by plane, the place of its instruction among the local ones of its depth, counted from 1.
  private func mergedLocal(
    _ operations: [RawOperation], depth: Int, _ position: inout RegisterValues
  ) -> [Instruction] {
    var groups: [[RawOperation]] = []
    var open: [Family: [Int]] = [:]
    for operation in operations {
      var ready: Int32 = 0
      operation.forEachPlaneRead { plane in
        if depthOfPlane[plane.index] == depth { ready = max(ready, position[plane.index]) }
      }
      let family = Self.family(operation)
      let index: Int
      if let family, let earliest = open[family]?.first(where: { $0 >= ready }) {
        index = earliest
        groups[index].append(operation)
      } else {
        index = groups.count
        groups.append([operation])
        if let family { open[family, default: []].append(index) }
      }
      operation.forEachPlaneWritten { position[$0.index] = Int32(index + 1) }
    }
    return groups.map { instruction($0, round: depth) }
  }

  private func mergedExchanges(_ operations: [RawOperation], round: Int) -> [Instruction] {
    var groups: [[RawOperation]] = []
    var open: [Family: Int] = [:]
    for operation in operations {
      let family = Self.family(operation)
      if let family, let index = open[family] {
        groups[index].append(operation)
        continue
      }
      if let family { open[family] = groups.count }
      groups.append([operation])
    }
    return groups.map { instruction($0, round: round) }
  }

  // MARK: Finishing

  private static func number(_ instructions: [Instruction], from next: inout Int) -> [Instruction] {
    var result = instructions
    for index in result.indices {
      result[index].id = next
      next += 1
      if case .reduce(let state, var body, let out) = result[index].kind {
        body.instructions = number(body.instructions, from: &next)
        result[index].kind = .reduce(state: state, body: body, out: out)
      }
      if case .repeated(var loop) = result[index].kind {
        let first = next
        loop.instructions = number(loop.instructions, from: &next)
        loop.numbers = next - first
        next = first + loop.allNumbers
        result[index].kind = .repeated(loop)
      }
      let functions = result[index].kind.functions.map { function in
        var numbered = function
        numbered.instructions = number(function.instructions, from: &next)
        return numbered
      }
      if !functions.isEmpty { result[index].kind = result[index].kind.with(functions) }
    }
    return result
  }
}
