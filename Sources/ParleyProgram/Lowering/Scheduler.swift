/// Puts raw operations into rounds as early as their operands allow and merges what can share an instruction.
///
/// All ANDs of one round and length become one instruction, likewise products, inner products and bit
/// conversions; local XORs are merged where their operands are there in time. Reductions over the same length that do
/// not depend on each other run in lockstep as one.
struct Scheduler {
  private var depthOfPlane: [PlaneRegister: Int] = [:]
  private var depthOfArith: [ArithRegister: Int] = [:]
  /// By depth: local operations whose result has it, in order.
  private var local: [[RawOperation]] = []
  /// By round - 1: operations that communicate in it.
  private var exchanged: [[RawOperation]] = []

  // MARK: Entry points

  static func schedule(_ emitter: Emitter) -> LoweredProgram {
    var scheduler = Scheduler()
    let openings = scheduler.place(emitter.operations)
    var instructions = scheduler.instructions()
    let last = scheduler.exchanged.count + 1
    instructions += openings.map {
      Instruction(id: 0, length: $0.length, round: last, kind: $0.kind, node: $0.node)
    }
    var result = LoweredProgram()
    result.roundCount = scheduler.exchanged.count
    var next = 0
    result.instructions = number(instructions, from: &next)
    result.arithCount = emitter.registers.arith
    result.planeCount = emitter.registers.planes
    return result
  }

  private static func scheduleBody(_ operations: [RawOperation]) -> (instructions: [Instruction], rounds: Int) {
    var scheduler = Scheduler()
    _ = scheduler.place(operations)
    return (scheduler.instructions(), scheduler.exchanged.count)
  }

  // MARK: Placing

  private struct GroupKey: Hashable {
    var length: Length
    var generation: Int
  }

  /// Places every operation; openings are returned, they come last.
  private mutating func place(_ operations: [RawOperation]) -> [RawOperation] {
    // Generation: how many reductions lie on the path to a value. Operations of one generation are in
    // topological order; its reductions come after all of them.
    var generationOfPlane: [PlaneRegister: Int] = [:]
    var generationOfArith: [ArithRegister: Int] = [:]
    var byGeneration: [[RawOperation]] = []
    var reductions: [[Length: [RawOperation]]] = []
    var openings: [RawOperation] = []
    for operation in operations {
      var generation = 0
      for register in operation.planesIn { generation = max(generation, generationOfPlane[register] ?? 0) }
      for register in operation.arithIn { generation = max(generation, generationOfArith[register] ?? 0) }
      switch operation.kind {
      case .openArith, .openPlanes:
        openings.append(operation)
        continue
      default: break
      }
      let own = generation + (operation.reduction == nil ? 0 : 1)
      for register in operation.planesOut { generationOfPlane[register] = own }
      for register in operation.arithOut { generationOfArith[register] = own }
      while byGeneration.count <= generation {
        byGeneration.append([])
        reductions.append([:])
      }
      if operation.reduction == nil {
        byGeneration[generation].append(operation)
      } else {
        reductions[generation][operation.length, default: []].append(operation)
      }
    }
    for generation in byGeneration.indices {
      for operation in byGeneration[generation] { put(operation) }
      // Dictionary order is not the same everywhere; parties need one order.
      let groups = reductions[generation].sorted {
        $0.value[0].planesOut[0].index < $1.value[0].planesOut[0].index
      }
      for (_, members) in groups { put(Self.merged(members)) }
    }
    return openings
  }

  private func depth(_ operation: RawOperation) -> Int {
    var depth = 0
    for register in operation.planesIn { depth = max(depth, depthOfPlane[register] ?? 0) }
    for register in operation.arithIn { depth = max(depth, depthOfArith[register] ?? 0) }
    return depth
  }

  private mutating func put(_ operation: RawOperation) {
    var depth = depth(operation)
    if Instruction(id: 0, length: operation.length, round: 0, kind: operation.kind).communicates {
      while exchanged.count <= depth { exchanged.append([]) }
      exchanged[depth].append(operation)
      depth += 1
    } else {
      while local.count <= depth { local.append([]) }
      local[depth].append(operation)
    }
    for register in operation.planesOut { depthOfPlane[register] = depth }
    for register in operation.arithOut { depthOfArith[register] = depth }
  }

  private static func merged(_ members: [RawOperation]) -> RawOperation {
    var result = members[0]
    var body = result.reduction!
    for member in members.dropFirst() {
      let other = member.reduction!
      result.planesIn += member.planesIn
      result.planesOut += member.planesOut
      body.low += other.low
      body.high += other.high
      body.combined += other.combined
      body.operations += other.operations
    }
    let (instructions, rounds) = scheduleBody(body.operations)
    result.kind = .reduce(
      state: result.planesIn,
      body: .init(
        low: body.low, high: body.high, combined: body.combined, instructions: instructions,
        roundCount: rounds), out: result.planesOut)
    result.reduction = nil
    return result
  }

  // MARK: Instructions

  private func instructions() -> [Instruction] {
    var result: [Instruction] = []
    for depth in 0..<max(local.count, exchanged.count) {
      if depth < local.count { result += Self.mergedLocal(local[depth], round: depth) }
      if depth < exchanged.count { result += Self.mergedExchanges(exchanged[depth], round: depth + 1) }
    }
    return result
  }

  private struct Family: Hashable {
    var length: Length
    var kind: Int
  }
  /// What may share an instruction with others of its length, or nil.
  private static func family(_ operation: RawOperation) -> Family? {
    let kind: Int
    switch operation.kind {
    case .xor: kind = 0
    case .not: kind = 1
    case .and: kind = 2
    case .multiply: kind = 3
    case .innerProducts: kind = 4
    case .bitSummands: kind = 5
    default: return nil
    }
    return Family(length: operation.length, kind: kind)
  }

  private static func instruction(_ members: [RawOperation], round: Int) -> Instruction {
    Instruction(
      id: 0, length: members[0].length, round: round, kind: Instruction.joined(members.map(\.kind)),
      node: members[0].node)
  }

  /// Merges XORs and inversions of one length into the earliest instruction that comes after their operands.
  private static func mergedLocal(_ operations: [RawOperation], round: Int) -> [Instruction] {
    var groups: [[RawOperation]] = []
    var position: [PlaneRegister: Int] = [:]
    var open: [Family: [Int]] = [:]
    for operation in operations {
      let ready = operation.planesIn.reduce(-1) { max($0, position[$1] ?? -1) }
      let family = family(operation)
      let index: Int
      if let family, let earliest = open[family]?.first(where: { $0 > ready }) {
        index = earliest
        groups[index].append(operation)
      } else {
        index = groups.count
        groups.append([operation])
        if let family { open[family, default: []].append(index) }
      }
      for register in operation.planesOut { position[register] = index }
    }
    return groups.map { instruction($0, round: round) }
  }

  private static func mergedExchanges(_ operations: [RawOperation], round: Int) -> [Instruction] {
    var groups: [[RawOperation]] = []
    var open: [Family: Int] = [:]
    for operation in operations {
      let family = family(operation)
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
    }
    return result
  }
}
