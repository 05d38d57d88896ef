internal import BigInt
package import ParleyProgram

/// Circuits as programs in the instruction set of engines.
extension Circuit {
  /// The instructions that compute the circuit once for every row, for engines with and without ring words: only planes are used.
  ///
  /// Input value v is table v of the program, of which every bit is a plane; all tables have the same number of rows. All ANDs of one depth are one
  /// exchange, in the round of that depth, and XORs and inversions that do not depend on each other are one instruction. Copies are no
  /// instruction, and gates on which no output depends are left out. Output value v is disclosure v.
  ///
  /// Cost: as many rounds as ``CircuitStatistics/andDepth`` on engines with one for an AND; instructions grow with the depth and not with
  /// the number of gates.
  package var lowered: LoweredProgram {
    let circuit = withoutOr
    var lowering = CircuitLowering(circuit)
    return lowering.program()
  }
}

private struct CircuitLowering {
  private let circuit: Circuit
  /// By wire: which register holds it. Copies share that of what they copy.
  private var register: [Int32]
  /// By register: the round after which it is there, and its place among the local instructions of that round.
  private var round: [Int32]
  private var level: [Int32]

  init(_ circuit: Circuit) {
    self.circuit = circuit
    register = (0..<circuit.wireCount).map { Int32($0) }
    round = Array(repeating: 0, count: circuit.wireCount)
    level = round
  }

  private typealias Pair = Instruction.PlanePair
  /// Instructions of one kind that are one.
  private struct Layer {
    var constants: [(Bool, Int)] = []
    var pairs: [Pair] = [], pairsOut: [PlaneRegister] = []
    var inverted: [PlaneRegister] = [], invertedOut: [PlaneRegister] = []
  }

  mutating func program() -> LoweredProgram {
    let isNeeded = neededGates()
    var locals: [[Layer]] = [[Layer()]]
    var ands: [(pairs: [Pair], out: [PlaneRegister])] = []
    for (index, gate) in circuit.gates.enumerated() where isNeeded[index] {
      let a = Int(register[Int(gate.a)]), b = Int(register[Int(gate.b)]), out = Int(gate.out)
      if gate.kind == .copy {
        register[out] = Int32(a)
        continue
      }
      let operands = [a, b].prefix(gate.kind.operands)
      let depth = operands.map { round[$0] }.max() ?? 0
      guard gate.kind != .and else {
        while ands.count <= Int(depth) { ands.append(([], [])) }
        ands[Int(depth)].pairs.append(.init(PlaneRegister(a), PlaneRegister(b)))
        ands[Int(depth)].out.append(PlaneRegister(out))
        round[out] = depth + 1
        continue
      }
      // After everything of the same round that it reads; what came with the round's message is at level 0.
      let at = operands.filter { round[$0] == depth }.map { level[$0] }.max() ?? 0
      while locals.count <= Int(depth) { locals.append([]) }
      while locals[Int(depth)].count <= Int(at) { locals[Int(depth)].append(Layer()) }
      switch gate.kind {
      case .zero, .one: locals[0][0].constants.append((gate.kind == .one, out))
      case .not:
        locals[Int(depth)][Int(at)].inverted.append(PlaneRegister(a))
        locals[Int(depth)][Int(at)].invertedOut.append(PlaneRegister(out))
      default:
        locals[Int(depth)][Int(at)].pairs.append(.init(PlaneRegister(a), PlaneRegister(b)))
        locals[Int(depth)][Int(at)].pairsOut.append(PlaneRegister(out))
      }
      round[out] = depth
      level[out] = at + 1
    }
    return assemble(locals, ands)
  }

  private func neededGates() -> [Bool] {
    var needed = [Bool](repeating: false, count: circuit.wireCount)
    for wire in circuit.wireCount - circuit.outputBits..<circuit.wireCount { needed[wire] = true }
    var gates = [Bool](repeating: false, count: circuit.gates.count)
    for (index, gate) in circuit.gates.enumerated().reversed() where needed[Int(gate.out)] {
      gates[index] = true
      if gate.kind.operands > 0 { needed[Int(gate.a)] = true }
      if gate.kind.operands > 1 { needed[Int(gate.b)] = true }
    }
    return gates
  }

  private func assemble(
    _ locals: [[Layer]], _ ands: [(pairs: [Pair], out: [PlaneRegister])]
  ) -> LoweredProgram {
    var program = LoweredProgram()
    let rows = Length.rows(table: 0)
    func add(_ kind: Instruction.Kind, round: Int, length: Length = rows) {
      program.instructions.append(
        Instruction(id: program.instructions.count, length: length, round: round, kind: kind))
    }
    for (value, wires) in circuit.inputWires.enumerated() {
      add(
        .inputPlanes(input: value, offset: 0, out: wires.map { PlaneRegister($0) }), round: 0,
        length: .rows(table: value))
    }
    for depth in 0..<max(locals.count, ands.count + 1) {
      for layer in depth < locals.count ? locals[depth] : [] {
        for (bit, out) in layer.constants { add(.constantPlane(bit, out: PlaneRegister(out)), round: depth) }
        if !layer.pairs.isEmpty { add(.xor(layer.pairs, out: layer.pairsOut), round: depth) }
        if !layer.inverted.isEmpty { add(.not(layer.inverted, out: layer.invertedOut), round: depth) }
      }
      if depth < ands.count, !ands[depth].pairs.isEmpty {
        add(.and(ands[depth].pairs, out: ands[depth].out), round: depth + 1)
      }
    }
    for (value, wires) in circuit.outputWires.enumerated() {
      add(
        .openPlanes(wires.map { PlaneRegister(Int(register[$0])) }, disclosure: value), round: ands.count + 1)
    }
    program.planeCount = circuit.wireCount
    program.roundCount = ands.count
    return program
  }
}
