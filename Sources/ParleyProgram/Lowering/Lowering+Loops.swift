internal import BigInt
internal import ParleyBase

/// Loops: one pass is lowered once, by a lowering of its own that writes into a list of its own. What is the same in every pass is
/// computed, and converted, outside.
extension Lowering {
  /// What the lowering of a pass knows of what is around it.
  struct Surroundings {
    let outside: Lowering
    /// By captured value of the loop.
    let captured: [Program.NodeID]
    /// By carried value, whether it is carried as bits; as a ring word otherwise.
    let inBits: [Bool]
    /// By carried value, where a pass finds it.
    var state: [TupleColumns.Column] = []
    /// Planes that are computed outside: their conversions are, too.
    var planes: Set<PlaneRegister> = []
  }

  /// - Parameter node: the loop; nil where only ``prefersBits(_:)`` is asked for.
  convenience init(passOf loop: Program.Loop, in outside: Lowering, inBits: [Bool], node: Int?) {
    self.init(
      outside.program.pass(of: loop), outside.descriptor, outside.options, forms: nil,
      emitter: Emitter(registers: outside.emitter.registers, owner: outside.emitter.owner ?? node),
      surroundings: Surroundings(outside: outside, captured: loop.captured, inBits: inBits), lowers: node != nil)
  }

  /// The carried values after the last pass.
  func repeated(_ loop: Program.Loop, _ id: Program.NodeID) throws(ParleyError) -> [TupleColumns.Column] {
    let inBits = carriedInBits(loop, id)
    let pass = Lowering(passOf: loop, in: self, inBits: inBits, node: id.rawValue)
    var repetition = Instruction.Repetition(
      count: loop.count, initial: .init(), shared: .init(), state: .init(), result: .init(), out: .init())
    var columns: [TupleColumns.Column] = []
    for (index, type) in loop.carried.enumerated() {
      let length = length(type.shape)
      guard inBits[index] else {
        let (state, out) = (pass.emitter.newArith(length), emitter.newArith(length))
        repetition.initial.arith.append(try wholeArith(loop.initial[index]))
        repetition.state.arith.append(state)
        repetition.out.arith.append(out)
        pass.surroundings?.state.append(.init(arith: state))
        columns.append(.init(arith: out))
        continue
      }
      let carried = try carriedBits(of: loop.initial[index], type, emitter)
      let state = carried.map { _ in pass.emitter.newPlane(length) }
      let out = carried.map { _ in emitter.newPlane(length) }
      repetition.initial.planes += carried
      repetition.state.planes += state
      repetition.out.planes += out
      pass.surroundings?.state.append(.init(bits: Self.word(of: state, type)))
      columns.append(.init(bits: Self.word(of: out, type)))
    }
    for (index, type) in loop.carried.enumerated() {
      if inBits[index] {
        repetition.result.planes += try pass.carriedBits(of: loop.results[index], type, pass.emitter)
      } else {
        repetition.result.arith.append(
          pass.emitter.spread(try pass.arith(loop.results[index]), length(type.shape)))
      }
    }
    try checkSize(id)
    emitter.emit(repetition, operations: try pass.passOperations(leaving: repetition.result))
    return columns
  }

  /// The planes that a value is carried as. What is never negative has no sign to carry.
  private func carriedBits(
    of id: Program.NodeID, _ type: Program.ValueType, _ emitter: Emitter
  ) throws(ParleyError) -> [PlaneRegister] {
    let width = type.isBit ? nil : type.range.signedWidth
    let bits = try bits(of: id, width: width)
    let number = emitter.registers.number(of: length(type.shape))
    return bits.prefix(Self.carriedWidth(type)).map { emitter.materialised($0, number: number) }
  }
  private static func carriedWidth(_ type: Program.ValueType) -> Int {
    type.isBit ? 1 : type.range.signedWidth - (type.range.lower < 0 ? 0 : 1)
  }
  private static func word(of planes: [PlaneRegister], _ type: Program.ValueType) -> [Bit] {
    planes.map(Bit.plane) + (type.isBit || type.range.lower < 0 ? [] : [.zero])
  }

  /// The form of each carried value: bits where one pass makes bits of it by nature, given the forms of the others; a ring word otherwise,
  /// which is converted in every pass that asks for bits.
  func carriedInBits(_ loop: Program.Loop, _ id: Program.NodeID) -> [Bool] {
    if let known = loopForms[id] { return known }
    var inBits = loop.carried.map { !descriptor.hasWords || $0.isBit || $0.range.signedWidth > 64 }
    while true {
      let guess = Lowering(passOf: loop, in: self, inBits: inBits, node: nil)
      let more = loop.results.indices.filter { !inBits[$0] && guess.prefersBits(loop.results[$0]) }
      if more.isEmpty { break }
      for index in more { inBits[index] = true }
    }
    loopForms[id] = inBits
    return inBits
  }

  /// What was emitted for the pass, with long columns in chunks.
  private func passOperations(leaving result: RowBundle) throws(ParleyError) -> [RawOperation] {
    // The next pass reads the result: nothing else may say that these columns are needed whole.
    let reader = RawOperation.General(
      .xor([], out: []), arithIn: result.arith, planesIn: result.planes, arithOut: [], planesOut: [])
    emitter.emit(.general(reader), .fixed(1))
    return try inChunks().filter {
      if case .general(let general) = $0.body { general !== reader } else { true }
    }
  }

  // MARK: Inside a pass

  /// A captured value, in the lowering that it belongs to; nil for any other node.
  func captured(_ id: Program.NodeID) -> (outside: Lowering, node: Program.NodeID)? {
    guard case .captured(let index) = program[id].operation, let surroundings else { return nil }
    return (surroundings.outside, surroundings.captured[index])
  }

  /// Bits from outside, which are converted there.
  func fromOutside(_ bits: [Bit]) -> [Bit] {
    for bit in bits { if case .plane(let register) = bit.source { surroundings?.planes.insert(register) } }
    return bits
  }
  func outside(of register: PlaneRegister) -> Lowering? {
    guard let surroundings, surroundings.planes.contains(register) else { return nil }
    return surroundings.outside
  }

  /// A carried value as the pass finds it.
  func state(_ index: Int) throws(ParleyError) -> TupleColumns.Column {
    guard let state = surroundings?.state, state.indices.contains(index) else {
      throw ParleyError(.invariant, "a carried value outside of a loop")
    }
    return state[index]
  }
}

extension Emitter {
  /// - Parameter operations: of one pass.
  func emit(_ repetition: Instruction.Repetition, operations: [RawOperation]) {
    var repetition = repetition
    var shared = RegisterSet()
    var known: (arith: Set<Int>, planes: Set<Int>) = (
      Set(repetition.state.arith.map(\.index)), Set(repetition.state.planes.map(\.index))
    )
    for operation in operations {
      operation.forEachPlaneWritten { known.planes.insert($0.index) }
      if case .general(let general) = operation.body { known.arith.formUnion(general.arithOut.map(\.index)) }
    }
    for operation in operations {
      operation.forEachPlaneRead { if known.planes.insert($0.index).inserted { shared.add($0) } }
      guard case .general(let general) = operation.body else { continue }
      for register in general.arithIn where known.arith.insert(register.index).inserted { shared.add(register) }
    }
    for register in repetition.result.arith where known.arith.insert(register.index).inserted {
      shared.add(register)
    }
    for register in repetition.result.planes where known.planes.insert(register.index).inserted {
      shared.add(register)
    }
    repetition.shared = RowBundle(
      arith: shared.arith.map { ArithRegister($0) }, planes: shared.planes.map { PlaneRegister($0) })
    emit(
      .general(
        .init(
          .repeated(repetition), arithIn: repetition.initial.arith + repetition.shared.arith,
          planesIn: repetition.initial.planes + repetition.shared.planes, arithOut: repetition.out.arith,
          planesOut: repetition.out.planes, pass: operations)), .fixed(1))
  }
}
