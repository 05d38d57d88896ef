internal import BigInt
internal import ParleyBase

/// Nodes as ring words: linear maps, products, sums, bits as words, truncation.
extension Lowering {
  func arith(_ id: Program.NodeID) throws(ParleyError) -> ArithRegister {
    if let known = ariths[id] { return known }
    guard descriptor.hasWords else { throw ParleyError(.invariant, "a ring word for an engine without words") }
    guard fitsWord(id) else { throw overflow(id, "this value") }
    try checkSize(id)
    let before = emitter.node
    emitter.node = id.rawValue
    defer { emitter.node = before }
    let register = try computeArith(id)
    ariths[id] = register
    return register
  }

  func computeArith(_ id: Program.NodeID) throws(ParleyError) -> ArithRegister {
    if let (outside, node) = captured(id) { return try outside.arith(node) }
    let node = program[id]
    // A column that went through a sort as words stays one, whatever it was made of.
    if case .component(let tuple, let index) = node.operation, !node.type.isBit {
      return try tupleArith(tuple, index, like: id)
    }
    if prefersBits(id), !node.type.isBit { return try arithFromBits(try word(id), like: node.type) }
    if !node.type.isBit, let sum = try sumOfProducts(id) { return sum }
    switch node.operation {
    case .input(let input): return try arithInput(input.rawValue)
    case .carried(let index) where !node.type.isBit:
      guard let register = try state(index).arith else {
        throw ParleyError(.invariant, "a carried value has no word")
      }
      return register
    case .constant(let value):
      return emitter.linear([], constant: UInt64(truncatingIfNeeded: value))
    case .add(let a, let b): return emitter.linear([(try arith(a), 1), (try arith(b), 1)])
    case .subtract(let a, let b): return emitter.linear([(try arith(a), 1), (try arith(b), .max)])
    case .scale(let a, let factor):
      return emitter.linear([(try arith(a), UInt64(truncatingIfNeeded: factor))])
    case .multiply(let a, let b): return emitter.multiply(try arith(a), try arith(b))
    case .productSum(let pairs):
      var factors: [(ArithRegister, ArithRegister)] = []
      for pair in pairs { factors.append((try arith(pair.a), try arith(pair.b))) }
      return emitter.productSum(factors)
    case .select(let condition, let a, let b):
      let x = try arith(a), y = try arith(b)
      let difference = emitter.linear([(x, 1), (y, .max)])
      let chosen = emitter.multiply(try arithBit(try bit(condition)), difference)
      return emitter.linear([(y, 1), (chosen, 1)])
    case .integer(let bit): return try arithBit(try self.bit(bit))
    case .sum(let a):
      if program[a].type.isBit { return try count(try bit(a), length(program[a].type.shape)) }
      return emitter.sumRows(try vector(a))
    case .innerProduct(let a, let b): return try innerProduct(a, b)
    case .truncate(let a, let bits): return try truncate(a, bits: bits)
    case .stack(let parts):
      var registers: [ArithRegister] = []
      for part in parts { registers.append(try arith(part)) }
      let out = emitter.newArith(.fixed(parts.count))
      emitter.emit(
        .stackArith(registers, out: out), .fixed(parts.count), arithIn: registers, arithOut: [out])
      return out
    case .element(let a, let index):
      let operand = try arith(a)
      // A vector whose elements are all one value is kept as that value.
      guard emitter.length(of: operand) != .fixed(1) else { return operand }
      let out = emitter.newArith(.fixed(1))
      emitter.emit(.elementArith(operand, at: index, out: out), .fixed(1), arithIn: [operand], arithOut: [out])
      return out
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      let x = try wholeArith(a), y = try wholeArith(b)
      let out = emitter.newArith(.fixed(rows * columns))
      emitter.emit(
        .matrixProduct(x, y, rows: rows, inner: inner, columns: columns, out: out), .fixed(rows * columns),
        arithIn: [x, y], arithOut: [out])
      return out
    case .columnProduct(let left, let right):
      var columns: (left: [ArithRegister], right: [ArithRegister]) = ([], [])
      for a in left { columns.left.append(try wholeArith(a)) }
      for b in right { columns.right.append(try wholeArith(b)) }
      let out = emitter.newArith(.fixed(left.count * right.count))
      emitter.emit(
        .columnProduct(columns.left, columns.right, out: out), length(program[left[0]].type.shape),
        arithIn: columns.left + columns.right, arithOut: [out])
      return out
    default:
      if !node.type.isBit, let register = try arithRows(id) { return register }
      return try arithBit(try bit(id))
    }
  }

  /// The node as a vector of its own shape; a repeated scalar would be summed once only.
  func vector(_ id: Program.NodeID) throws(ParleyError) -> ArithRegister {
    let register = try arith(id)
    let length = length(program[id].type.shape)
    guard !emitter.has(register, length) else { return register }
    throw ParleyError(
      .init("plan/constant-sum"), "the sum of a constant over all rows depends on no column",
      at: program[id].origin.map { .init(item: $0) }, remedy: "count rows with COUNT(*) instead")
  }

  /// A bit as the ring word 0 or 1: t = a + b - 2ab folds the engine's XOR summands (docs/protocols/conversions.md).
  func arithBit(_ bit: Bit) throws(ParleyError) -> ArithRegister {
    guard case .plane(let register) = bit.source else {
      return emitter.linear([], constant: bit.inverted ? 1 : 0)
    }
    if let outside = outside(of: register) { return try outside.arithBit(bit) }
    let plain: ArithRegister
    if let known = bitWords[register] {
      plain = known
    } else {
      let summands = summandWords(register)
      plain = summands.count > 1 ? exclusiveOr(firstSummands(register), summands[summands.count - 1]) : summands[0]
      bitWords[register] = plain
    }
    return bit.inverted ? emitter.linear([(plain, .max)], constant: 1) : plain
  }

  func summandWords(_ register: PlaneRegister) -> [ArithRegister] {
    if let outside = outside(of: register) { return outside.summandWords(register) }
    if let known = summandWords[register] { return known }
    let words = emitter.bitSummands(register, count: descriptor.booleanSummands)
    summandWords[register] = words
    return words
  }

  /// How many elements of a vector of bits are 1: Σ(s + t - 2st) needs one inner product instead of a product
  /// per element.
  func count(_ bit: Bit, _ length: Length) throws(ParleyError) -> ArithRegister {
    let register = emitter.materialised(bit, length: length)
    if let known = bitWords[register] { return emitter.sumRows(known) }
    let summands = summandWords(register)
    guard let last = summands.last, summands.count > 1 else { return emitter.sumRows(summands[0]) }
    let rest = firstSummands(register)
    return emitter.linear([
      (emitter.sumRows(rest), 1), (emitter.sumRows(last), 1),
      (emitter.innerProduct([(rest, last)]), UInt64(bitPattern: -2)),
    ])
  }

  func innerProduct(_ a: Program.NodeID, _ b: Program.NodeID) throws(ParleyError) -> ArithRegister {
    let x = program[a].type, y = program[b].type
    if x.isBit, y.isBit {
      let shape = x.shape == .scalar ? y.shape : x.shape
      return try count(emitter.and(try bit(a), try bit(b)), length(shape))
    }
    let (first, second) = (try arith(a), try arith(b))
    // Columns that are one number each still have all their rows.
    let length = length(x.shape == .scalar ? y.shape : x.shape)
    let isWhole = emitter.has(first, length) || emitter.has(second, length)
    return emitter.innerProduct([(isWhole ? first : emitter.spread(first, length), second)])
  }

  /// Σ 2^i·bit_i, the sign bit negative.
  func arithFromBits(_ word: Word, like type: Program.ValueType) throws(ParleyError) -> ArithRegister {
    let used = word.resized(min(word.width, max(type.range.signedWidth, 1)))
    return try weighted(
      used.bits.enumerated().map { place, bit in
        let weight = UInt64(1) << UInt64(place)
        return (bit, place == used.width - 1 ? 0 &- weight : weight)
      })
  }
}
