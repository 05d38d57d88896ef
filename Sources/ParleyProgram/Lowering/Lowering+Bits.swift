internal import BigInt
internal import ParleyBase

/// Nodes as bits: inputs, conversions, comparisons, everything after aggregation.
extension Lowering {
  func word(_ id: Program.NodeID) throws(ParleyError) -> Word {
    if let known = words[id] { return known }
    try checkSize(id)
    let before = emitter.node
    emitter.node = id.rawValue
    defer { emitter.node = before }
    let computed = try computeWord(id)
    // The declared range never needs more bits than its own width.
    let width = program[id].type.range.signedWidth
    var word = computed.width > width ? computed.resized(width) : computed
    if program[id].type.range.lower >= 0 { word.bits[word.width - 1] = .zero }
    words[id] = word
    gainBits(id)
    return word
  }

  func computeWord(_ id: Program.NodeID) throws(ParleyError) -> Word {
    if let (outside, node) = captured(id) { return Word(fromOutside(try outside.word(node).bits)) }
    let node = program[id]
    let width = node.type.range.signedWidth
    if case .component(let tuple, let index) = node.operation {
      return Word(try tupleBits(tuple, index, like: id, width: width))
    }
    guard hasBits(id) else { return try wordFromArith(try arith(id), width: width) }
    if countsInBits(id) { return try count(id) }
    if !descriptor.hasWords, let word = try wordWithoutWords(id) { return word }
    switch node.operation {
    case .input(let input):
      return options.inputForm == .arithmetic && descriptor.hasWords
        ? try wordFromArith(try arith(id), width: width) : try wordInput(input.rawValue)
    case .constant(let value): return Word(constant: value)
    case .carried(let index):
      guard let bits = try state(index).bits else { throw ParleyError(.invariant, "a carried value has no bits") }
      return Word(bits)
    case .add(let a, let b): return emitter.add(try word(a), try word(b), width: width)
    case .subtract(let a, let b): return emitter.subtract(try word(a), try word(b), width: width)
    case .scale(let a, let factor):
      return emitter.multiply(try word(a), Word(constant: factor), width: width)
    case .multiply(let a, let b):
      return emitter.multiply(try word(a), try word(b), width: width)
    case .productSum(let pairs):
      guard case .fixed = node.type.shape else { throw overflow(id, "this sum of products of whole columns") }
      return Word(try productSum(pairs, width: width).resolved(emitter))
    case .select(let condition, let a, let b):
      return emitter.select(try bit(condition), try word(a), try word(b))
    case .integer(let bit): return Word(unsigned: [try self.bit(bit)])
    case .extremum(let kind, let a):
      return emitter.extremum(kind, try word(a), length: length(program[a].type.shape))
    case .quotient(let a, let b):
      let bulk: Bool
      if case .fixed(let count) = node.type.shape { bulk = count > 1024 } else { bulk = true }
      return emitter.quotient(
        try word(a), try word(b), quotientWidth: max(width - 1, 1), radix: bulk ? 1 : options.divisionRadix)
    case .squareRoot(let a): return emitter.squareRoot(try word(a))
    case .truncate(let a, let bits):
      let operand = try word(a)
      return bits < operand.width - 1 ? Word(Array(operand.bits[bits...])) : Word([operand.sign])
    case .positional(let a, let sequence):
      return emitter.multiply(
        try word(a), emitter.numbers(sequence, length(node.type.shape), rows: program.elements(node.type.shape)),
        width: width)
    case .stack(let parts): return try stack(parts, width: width)
    case .element(let a, let index):
      return Word(element(try word(a).bits, at: index))
    default:
      if let bits = try bitRows(id, width: width) { return Word(bits) }
      guard fitsWord(id) else { throw overflow(id, "this value") }
      return try wordFromArith(try arith(id), width: width)
    }
  }

  func stack(_ parts: [Program.NodeID], width: Int) throws(ParleyError) -> Word {
    var operands: [[Bit]] = []
    for part in parts { operands.append(try word(part).resized(width).bits) }
    return Word(stack(operands, width: width))
  }

  /// Bit i of every scalar side by side; a bit that is public and the same everywhere stays public.
  func stack(_ operands: [[Bit]], width: Int) -> [Bit] {
    var result = Array(repeating: Bit.zero, count: width)
    var lists: [[PlaneRegister]] = []
    var outs: [PlaneRegister] = []
    for i in 0..<width {
      if let value = operands[0][i].known, operands.allSatisfy({ $0[i].known == value }) {
        result[i] = .constant(value)
        continue
      }
      let out = emitter.newPlane(.fixed(operands.count))
      lists.append(operands.map { emitter.materialised($0[i]) })
      outs.append(out)
      result[i] = .plane(out)
    }
    if !outs.isEmpty {
      emitter.emit(
        .stackPlanes(lists, out: outs), .fixed(operands.count), planesIn: lists.flatMap(\.self),
        planesOut: outs)
    }
    return result
  }

  func element(_ bits: [Bit], at index: Int) -> [Bit] {
    var result = bits
    var operands: [PlaneRegister] = []
    var outs: [PlaneRegister] = []
    for (i, bit) in bits.enumerated() {
      guard case .plane(let register) = bit.source, !emitter.isSingle(register) else { continue }
      let out = emitter.newPlane(.fixed(1))
      operands.append(register)
      outs.append(out)
      result[i] = Bit(source: .plane(out), inverted: bit.inverted)
    }
    if !outs.isEmpty {
      emitter.emit(
        .elementPlanes(operands, at: index, out: outs), .fixed(1), planesIn: operands, planesOut: outs)
    }
    return result
  }

  /// A→B: the low bits of the summands, added (docs/protocols/conversions.md). Only as many bits as the range needs.
  func wordFromArith(_ register: ArithRegister, width: Int) throws(ParleyError) -> Word {
    let (a, b) = twoRows(register, width: width)
    return Word(emitter.add(a, b))
  }

  /// Two rows of bits whose sum is the value modulo 2^width.
  func twoRows(_ register: ArithRegister, width: Int) -> ([Bit], [Bit]) {
    let summands = emitter.summands(register, width: width, count: descriptor.arithmeticSummands)
    return emitter.carrySave(summands)
  }

  func bit(_ id: Program.NodeID) throws(ParleyError) -> Bit {
    if let known = bits[id] { return known }
    try checkSize(id)
    let before = emitter.node
    emitter.node = id.rawValue
    defer { emitter.node = before }
    let bit = try computeBit(id)
    bits[id] = bit
    return bit
  }

  func computeBit(_ id: Program.NodeID) throws(ParleyError) -> Bit {
    if let (outside, node) = captured(id) { return fromOutside([try outside.bit(node)])[0] }
    let node = program[id]
    switch node.operation {
    case .input(let input): return bitInput(input.rawValue)
    case .carried(let index):
      guard let bit = try state(index).bits?.first else {
        throw ParleyError(.invariant, "a carried value has no bit")
      }
      return bit
    case .bitConstant(let value): return .constant(value)
    case .compare(let comparison, let a, let b): return try compare(comparison, a, b)
    case .not(let a): return !(try bit(a))
    case .and(let a, let b): return emitter.and(try bit(a), try bit(b))
    case .or(let a, let b): return emitter.or(try bit(a), try bit(b))
    case .xor(let a, let b): return emitter.xor(try bit(a), try bit(b))
    case .select(let condition, let a, let b):
      return emitter.select(try bit(condition), try bit(a), try bit(b))
    case .bit(let a, let place):
      let word = try word(a)
      return word.bits[min(place, word.width - 1)]
    case .any(let a): return emitter.any(try bit(a), length: length(program[a].type.shape))
    case .stack(let parts):
      var operands: [[Bit]] = []
      for part in parts { operands.append([try bit(part)]) }
      return stack(operands, width: 1)[0]
    case .element(let a, let index): return element([try bit(a)], at: index)[0]
    default:
      if let bits = try bitRows(id, width: nil) { return bits[0] }
      throw overflow(id, "a condition that is computed as a number")
    }
  }

  func compare(
    _ comparison: Program.Comparison, _ a: Program.NodeID, _ b: Program.NodeID
  ) throws(ParleyError) -> Bit {
    if comparison == .lessOrEqual { return !(try compare(.less, b, a)) }
    if hasBits(a), hasBits(b) {
      let x = try word(a), y = try word(b)
      return comparison == .less ? emitter.less(x, y) : emitter.equal(x, y)
    }
    let difference = program[a].type.range - program[b].type.range
    guard fitsWord(a), fitsWord(b) else {
      let x = try word(a), y = try word(b)
      return comparison == .less ? emitter.less(x, y) : emitter.equal(x, y)
    }
    let x = try arith(a), y = try arith(b)
    if comparison == .equal { return isZero(emitter.linear([(x, 1), (y, .max)]), width: difference.signedWidth) }
    let distance = emitter.linear([(x, 1), (y, .max)])
    if difference.signedWidth <= 64 { return sign(distance, width: difference.signedWidth) }
    // The difference overflows: where the signs differ the sign of a decides, else that of a - b mod 2^64.
    let signA = sign(x, width: 64), signB = sign(y, width: 64), signDifference = sign(distance, width: 64)
    return emitter.select(emitter.xor(signA, signB), signA, signDifference)
  }

  /// The top bit of a two's complement value: XOR of the rows' top bits and the carry into them, 149 ANDs for
  /// 64 bits from two rows.
  func sign(_ register: ArithRegister, width: Int) -> Bit {
    let (a, b) = twoRows(register, width: width)
    let carry = emitter.carryOut(Array(a.dropLast()), Array(b.dropLast()))
    return emitter.xor(emitter.xor(a[width - 1], b[width - 1]), carry)
  }

  /// d = 0 exactly when the summands of d - 1 add up to -1, that is when the two rows are each other's
  /// complement: an AND tree without any adder.
  func isZero(_ register: ArithRegister, width: Int) -> Bit {
    let (a, b) = twoRows(emitter.linear([(register, 1)], constant: .max), width: min(width, 64))
    return emitter.all(a.indices.map { emitter.xor(a[$0], b[$0]) })
  }
}
