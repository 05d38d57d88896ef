internal import BigInt
package import ParleyBase

/// Turns a ``Program`` into the instruction set of engines.
///
/// Every node is computed in the domain where it is cheap, on demand: sums and products as ring words,
/// comparisons, extrema, division and roots as bits. A value wanted in both domains is converted once.
package struct LoweringOptions: Sendable, Hashable {
  /// How holders share number columns.
  package enum InputForm: Sendable, Hashable {
    /// As ring words, as bits or both, by what the program does with them.
    case planned
    /// As ring words only (benchmarks that measure the conversion).
    case arithmetic
  }
  package var inputForm: InputForm
  /// Bits of a quotient found per step of a division of short vectors; long ones use 1.
  package var divisionRadix: Int

  package init(inputForm: InputForm = .planned, divisionRadix: Int = 3) {
    self.inputForm = inputForm
    self.divisionRadix = divisionRadix
  }
}

package final class Lowering {
  private let program: Program
  private let descriptor: EngineDescriptor
  private let options: LoweringOptions
  let emitter = Emitter()
  private var ariths: [Program.NodeID: ArithRegister] = [:]
  private var words: [Program.NodeID: Word] = [:]
  private var bits: [Program.NodeID: Bit] = [:]
  private var bitWords: [PlaneRegister: ArithRegister] = [:]
  private var summandWords: [PlaneRegister: [ArithRegister]] = [:]
  private var inputArith: [Int: ArithRegister] = [:]
  private var inputWords: [Int: Word] = [:]

  private init(_ program: Program, _ descriptor: EngineDescriptor, _ options: LoweringOptions) {
    self.program = program
    self.descriptor = descriptor
    self.options = options
  }

  /// The instructions that compute and open all disclosures of `program` on the described engine.
  ///
  /// - Throws: `plan/overflow` where a value does not fit the engine's word, with node, interval and remedy.
  package static func lower(
    _ program: Program, for descriptor: EngineDescriptor, options: LoweringOptions = .init()
  ) throws(ParleyError) -> LoweredProgram {
    let lowering = Lowering(program, descriptor, options)
    for (index, disclosure) in program.disclosures.enumerated() {
      try lowering.open(disclosure, index)
    }
    return Scheduler.schedule(lowering.emitter)
  }

  // MARK: Openings

  /// How the opened planes of an integer node are read: two's complement when the range reaches below 0.
  package static func openedWidth(of type: Program.ValueType) -> Int {
    guard case .integer(let range) = type.sort else { return 1 }
    return range.lower < 0 ? range.signedWidth : max(range.signedWidth - 1, 1)
  }

  private func open(_ disclosure: Program.Disclosure, _ index: Int) throws(ParleyError) {
    let node = program[disclosure.node]
    let length = length(node.type.shape)
    emitter.node = disclosure.node.rawValue
    if node.type.isBit {
      let plane = emitter.materialised(try bit(disclosure.node), length: length)
      emitter.emit(.openPlanes([plane], disclosure: index), length, planesIn: [plane])
    } else if prefersBits(disclosure.node) {
      let word = try word(disclosure.node).resized(Self.openedWidth(of: node.type))
      let planes = word.bits.map { emitter.materialised($0, length: length) }
      emitter.emit(.openPlanes(planes, disclosure: index), length, planesIn: planes)
    } else {
      let register = try arith(disclosure.node)
      emitter.emit(.openArith(register, disclosure: index), length, arithIn: [register])
    }
  }

  // MARK: Domains

  private func length(_ shape: Program.Shape) -> Length {
    switch shape {
    case .fixed(let count): .fixed(count)
    case .rows(let table): .rows(table: table.rawValue)
    }
  }

  private func fitsWord(_ node: Program.NodeID) -> Bool { program[node].type.range.signedWidth <= 64 }

  private var bitsPreference: [Program.NodeID: Bool] = [:]

  /// Whether the node is natural as bits: its operation works on bits, or its value does not fit a ring word.
  private func prefersBits(_ id: Program.NodeID) -> Bool {
    if let known = bitsPreference[id] { return known }
    let answer = computePreference(id)
    bitsPreference[id] = answer
    return answer
  }

  private func computePreference(_ id: Program.NodeID) -> Bool {
    let node = program[id]
    if node.type.isBit { return true }
    switch node.operation {
    case .extremum, .quotient, .squareRoot: return true
    case .input, .constant, .sum, .innerProduct, .matrixProduct, .integer: return !fitsWord(id)
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b):
      return !fitsWord(id) || prefersBits(a) || prefersBits(b)
    case .scale(let a, _), .truncate(let a, _), .element(let a, _): return !fitsWord(id) || prefersBits(a)
    case .select(_, let a, let b): return !fitsWord(id) || prefersBits(a) || prefersBits(b)
    case .stack(let parts): return !fitsWord(id) || parts.contains { prefersBits($0) }
    default: return true
    }
  }

  /// Whether bits of the node cost no conversion from ring words.
  private func hasBits(_ id: Program.NodeID) -> Bool {
    if words[id] != nil || prefersBits(id) { return true }
    switch program[id].operation {
    case .input: return options.inputForm == .planned
    case .constant, .integer: return true
    case .select(_, let a, let b): return hasBits(a) && hasBits(b)
    case .truncate(let a, _), .element(let a, _): return hasBits(a)
    case .stack(let parts): return parts.allSatisfy { hasBits($0) }
    default: return false
    }
  }

  private func overflow(_ id: Program.NodeID, _ what: String) -> ParleyError {
    let node = program[id]
    return ParleyError(
      .init("plan/overflow"),
      "\(what) can reach \(node.type.range), which needs \(node.type.range.signedWidth) bits; 64 are there",
      at: node.origin.map { .init(item: $0) },
      remedy: "narrow the declared ranges of the columns involved, lower maximum-rows, or reduce the scale")
  }

  // MARK: Ring words

  private func arith(_ id: Program.NodeID) throws(ParleyError) -> ArithRegister {
    if let known = ariths[id] { return known }
    guard fitsWord(id) else { throw overflow(id, "this value") }
    let before = emitter.node
    emitter.node = id.rawValue
    defer { emitter.node = before }
    let register = try computeArith(id)
    ariths[id] = register
    return register
  }

  private func computeArith(_ id: Program.NodeID) throws(ParleyError) -> ArithRegister {
    let node = program[id]
    if prefersBits(id), !node.type.isBit { return try arithFromBits(try word(id), like: node.type) }
    switch node.operation {
    case .input(let input): return arithInput(input.rawValue)
    case .constant(let value):
      return emitter.linear([], constant: UInt64(truncatingIfNeeded: value))
    case .add(let a, let b): return emitter.linear([(try arith(a), 1), (try arith(b), 1)])
    case .subtract(let a, let b): return emitter.linear([(try arith(a), 1), (try arith(b), .max)])
    case .scale(let a, let factor):
      return emitter.linear([(try arith(a), UInt64(truncatingIfNeeded: factor))])
    case .multiply(let a, let b): return emitter.multiply(try arith(a), try arith(b))
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
      let out = emitter.newArith(.fixed(1))
      emitter.emit(.elementArith(operand, at: index, out: out), .fixed(1), arithIn: [operand], arithOut: [out])
      return out
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      let x = try arith(a), y = try arith(b)
      let out = emitter.newArith(.fixed(rows * columns))
      emitter.emit(
        .matrixProduct(x, y, rows: rows, inner: inner, columns: columns, out: out), .fixed(rows * columns),
        arithIn: [x, y], arithOut: [out])
      return out
    default: return try arithBit(try bit(id))
    }
  }

  /// The node as a vector of its own shape; a repeated scalar would be summed once only.
  private func vector(_ id: Program.NodeID) throws(ParleyError) -> ArithRegister {
    let register = try arith(id)
    let length = length(program[id].type.shape)
    guard emitter.arithLength[register]! != length else { return register }
    throw ParleyError(
      .init("plan/constant-sum"), "the sum of a constant over all rows depends on no column",
      at: program[id].origin.map { .init(item: $0) }, remedy: "count rows with COUNT(*) instead")
  }

  private func arithInput(_ input: Int) -> ArithRegister {
    if let known = inputArith[input] { return known }
    let out = emitter.newArith(length(.rows(program.inputs[input].table)))
    emitter.emit(.inputArith(input: input, out: out), emitter.arithLength[out]!, arithOut: [out])
    inputArith[input] = out
    return out
  }

  /// A bit as the ring word 0 or 1: t = a + b - 2ab folds the engine's XOR summands (protocols 4.2).
  private func arithBit(_ bit: Bit) throws(ParleyError) -> ArithRegister {
    guard case .plane(let register) = bit.source else {
      return emitter.linear([], constant: bit.inverted ? 1 : 0)
    }
    let plain: ArithRegister
    if let known = bitWords[register] {
      plain = known
    } else {
      let summands = summandWords(register)
      plain = summands.dropFirst().reduce(summands[0]) { sum, next in
        emitter.linear([(sum, 1), (next, 1), (emitter.multiply(sum, next), UInt64(bitPattern: -2))])
      }
      bitWords[register] = plain
    }
    return bit.inverted ? emitter.linear([(plain, .max)], constant: 1) : plain
  }

  private func summandWords(_ register: PlaneRegister) -> [ArithRegister] {
    if let known = summandWords[register] { return known }
    let words = emitter.bitSummands(register, count: descriptor.booleanSummands)
    summandWords[register] = words
    return words
  }

  /// How many elements of a vector of bits are 1: Σ(s + t - 2st) needs one inner product instead of a product
  /// per element.
  private func count(_ bit: Bit, _ length: Length) throws(ParleyError) -> ArithRegister {
    let register = emitter.materialised(bit, length: length)
    if let known = bitWords[register] { return emitter.sumRows(known) }
    let summands = summandWords(register)
    guard let last = summands.last, summands.count > 1 else { return emitter.sumRows(summands[0]) }
    let rest = summands.dropFirst().dropLast().reduce(summands[0]) { sum, next in
      emitter.linear([(sum, 1), (next, 1), (emitter.multiply(sum, next), UInt64(bitPattern: -2))])
    }
    return emitter.linear([
      (emitter.sumRows(rest), 1), (emitter.sumRows(last), 1),
      (emitter.innerProduct([(rest, last)]), UInt64(bitPattern: -2)),
    ])
  }

  private func innerProduct(_ a: Program.NodeID, _ b: Program.NodeID) throws(ParleyError) -> ArithRegister {
    let x = program[a].type, y = program[b].type
    if x.isBit, y.isBit {
      let shape = x.shape == .scalar ? y.shape : x.shape
      return try count(emitter.and(try bit(a), try bit(b)), length(shape))
    }
    return emitter.innerProduct([(try arith(a), try arith(b))])
  }

  /// floor(x / 2^f) from the shifted summands and the carries their shift loses: with x' = x + 2^62 unsigned
  /// and s_1 + … = x' mod 2^64, floor(x' / 2^f) = Σ(s_j >> f) + carry into bit f - 2^(64-f)·carry out of bit 64.
  /// Written out in docs/proofs/truncation.md [own].
  private func truncate(_ id: Program.NodeID, bits: Int) throws(ParleyError) -> ArithRegister {
    let range = program[id].type.range
    guard range.signedWidth <= 63 else { throw overflow(id, "the operand of a truncation") }
    if bits == 0 { return try arith(id) }
    guard bits < 62 else { return try arithFromBits(try word(id), like: program[id].type) }
    let offset = UInt64(1) << 62
    let shifted = emitter.linear([(try arith(id), 1)], constant: offset)
    let parts = emitter.shiftedSummands(shifted, bits: bits, count: descriptor.arithmeticSummands)
    var terms: [(ArithRegister, UInt64)] = parts.map { ($0, 1) }
    let summands = emitter.summands(shifted, width: 64, count: descriptor.arithmeticSummands)
    // Fold to two rows without dropping the carry out of the top, then read both carries off one network.
    var rows = summands
    var lostTop: [Bit] = []
    var lowRows = summands.map { Array($0[..<bits]) }
    while rows.count > 2 {
      let (sum, carry, top) = emitter.carrySaveKeepingTop(rows[0], rows[1], rows[2])
      rows = [sum, carry] + rows[3...]
      lostTop.append(top)
    }
    var lostLow: [Bit] = []
    while lowRows.count > 2 {
      let (sum, carry, top) = emitter.carrySaveKeepingTop(lowRows[0], lowRows[1], lowRows[2])
      lowRows = [sum, carry] + lowRows[3...]
      lostLow.append(top)
    }
    if rows.count == 2 {
      lostTop.append(emitter.carryOut(rows[0], rows[1]))
      lostLow.append(emitter.carryOut(lowRows[0], lowRows[1]))
    }
    for bit in lostLow { terms.append((try arithBit(bit), 1)) }
    for bit in lostTop { terms.append((try arithBit(bit), 0 &- (UInt64(1) << (64 - UInt64(bits))))) }
    return emitter.linear(terms, constant: 0 &- (offset >> UInt64(bits)))
  }

  /// Σ 2^i·bit_i, the sign bit negative.
  private func arithFromBits(_ word: Word, like type: Program.ValueType) throws(ParleyError) -> ArithRegister {
    let used = word.resized(min(word.width, max(type.range.signedWidth, 1)))
    var terms: [(ArithRegister, UInt64)] = []
    var constant: UInt64 = 0
    for (i, bit) in used.bits.enumerated() {
      let weight = UInt64(1) << UInt64(i)
      let factor = i == used.width - 1 ? 0 &- weight : weight
      switch bit.known {
      case .some(let value): constant &+= value ? factor : 0
      case .none: terms.append((try arithBit(bit), factor))
      }
    }
    return emitter.linear(terms, constant: constant)
  }

  // MARK: Bits

  private func word(_ id: Program.NodeID) throws(ParleyError) -> Word {
    if let known = words[id] { return known }
    let before = emitter.node
    emitter.node = id.rawValue
    defer { emitter.node = before }
    let computed = try computeWord(id)
    // The declared range never needs more bits than its own width.
    let width = program[id].type.range.signedWidth
    var word = computed.width > width ? computed.resized(width) : computed
    if program[id].type.range.lower >= 0 { word.bits[word.width - 1] = .zero }
    words[id] = word
    return word
  }

  private func computeWord(_ id: Program.NodeID) throws(ParleyError) -> Word {
    let node = program[id]
    let width = node.type.range.signedWidth
    guard hasBits(id) else { return try wordFromArith(try arith(id), width: width) }
    switch node.operation {
    case .input(let input):
      return options.inputForm == .arithmetic
        ? try wordFromArith(try arith(id), width: width) : wordInput(input.rawValue)
    case .constant(let value): return Word(constant: value)
    case .add(let a, let b): return emitter.add(try word(a), try word(b), width: width)
    case .subtract(let a, let b): return emitter.subtract(try word(a), try word(b), width: width)
    case .scale(let a, let factor):
      return emitter.multiply(try word(a), Word(constant: factor), width: width)
    case .multiply(let a, let b):
      guard case .fixed = node.type.shape else { throw overflow(id, "this product of whole columns") }
      return emitter.multiply(try word(a), try word(b), width: width)
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
    case .stack(let parts): return try stack(parts, width: width)
    case .element(let a, let index):
      return Word(element(try word(a).bits, at: index))
    default:
      guard fitsWord(id) else { throw overflow(id, "this value") }
      return try wordFromArith(try arith(id), width: width)
    }
  }

  private func stack(_ parts: [Program.NodeID], width: Int) throws(ParleyError) -> Word {
    var operands: [[Bit]] = []
    for part in parts { operands.append(try word(part).resized(width).bits) }
    return Word(stack(operands, width: width))
  }

  /// Bit i of every scalar side by side; a bit that is public and the same everywhere stays public.
  private func stack(_ operands: [[Bit]], width: Int) -> [Bit] {
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

  private func element(_ bits: [Bit], at index: Int) -> [Bit] {
    var result = bits
    var operands: [PlaneRegister] = []
    var outs: [PlaneRegister] = []
    for (i, bit) in bits.enumerated() {
      guard case .plane(let register) = bit.source, emitter.planeLength[register]! != .fixed(1) else { continue }
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

  /// Holders share `value - offset` in as many bits as the range needs; a range that reaches below 0 is offset
  /// by its sign bit's weight, so that inverting the top bit gives two's complement.
  private func wordInput(_ input: Int) -> Word {
    if let known = inputWords[input] { return known }
    let column = program.inputs[input]
    guard case .integer(let range) = column.sort else { return Word(unsigned: [bitInput(input)]) }
    let signed = range.lower < 0
    let width = signed ? range.signedWidth : max(range.signedWidth - 1, 1)
    let length = length(.rows(column.table))
    let planes = (0..<width).map { _ in emitter.newPlane(length) }
    let offset = signed ? -(BigInt(1) << (width - 1)) : 0
    emitter.emit(.inputPlanes(input: input, offset: offset, out: planes), length, planesOut: planes)
    var word = Word(planes.map(Bit.plane))
    if signed { word.bits[width - 1] = !word.bits[width - 1] } else { word = Word(unsigned: word.bits) }
    inputWords[input] = word
    return word
  }

  private func bitInput(_ input: Int) -> Bit {
    if let known = inputWords[input] { return known.bits[0] }
    let length = length(.rows(program.inputs[input].table))
    let plane = emitter.newPlane(length)
    emitter.emit(.inputPlanes(input: input, offset: 0, out: [plane]), length, planesOut: [plane])
    inputWords[input] = Word([.plane(plane)])
    return .plane(plane)
  }

  /// A→B: the low bits of the summands, added (protocols 4.2). Only as many bits as the range needs.
  private func wordFromArith(_ register: ArithRegister, width: Int) throws(ParleyError) -> Word {
    let (a, b) = twoRows(register, width: width)
    return Word(emitter.add(a, b))
  }

  /// Two rows of bits whose sum is the value modulo 2^width.
  private func twoRows(_ register: ArithRegister, width: Int) -> ([Bit], [Bit]) {
    let summands = emitter.summands(register, width: width, count: descriptor.arithmeticSummands)
    return emitter.carrySave(summands)
  }

  private func bit(_ id: Program.NodeID) throws(ParleyError) -> Bit {
    if let known = bits[id] { return known }
    let before = emitter.node
    emitter.node = id.rawValue
    defer { emitter.node = before }
    let bit = try computeBit(id)
    bits[id] = bit
    return bit
  }

  private func computeBit(_ id: Program.NodeID) throws(ParleyError) -> Bit {
    let node = program[id]
    switch node.operation {
    case .input(let input): return bitInput(input.rawValue)
    case .bitConstant(let value): return .constant(value)
    case .compare(let comparison, let a, let b): return try compare(comparison, a, b)
    case .not(let a): return !(try bit(a))
    case .and(let a, let b): return emitter.and(try bit(a), try bit(b))
    case .or(let a, let b): return emitter.or(try bit(a), try bit(b))
    case .xor(let a, let b): return emitter.xor(try bit(a), try bit(b))
    case .select(let condition, let a, let b):
      return emitter.select(try bit(condition), try bit(a), try bit(b))
    case .any(let a): return emitter.any(try bit(a), length: length(program[a].type.shape))
    case .stack(let parts):
      var operands: [[Bit]] = []
      for part in parts { operands.append([try bit(part)]) }
      return stack(operands, width: 1)[0]
    case .element(let a, let index): return element([try bit(a)], at: index)[0]
    default: throw overflow(id, "a condition that is computed as a number")
    }
  }

  private func compare(
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

  /// The top bit of a two's complement value: XOR of the rows' top bits and the carry into them, 181 ANDs for
  /// 64 bits from two rows.
  private func sign(_ register: ArithRegister, width: Int) -> Bit {
    let (a, b) = twoRows(register, width: width)
    let carry = emitter.carryOut(Array(a.dropLast()), Array(b.dropLast()))
    return emitter.xor(emitter.xor(a[width - 1], b[width - 1]), carry)
  }

  /// d = 0 exactly when the summands of d - 1 add up to -1, that is when the two rows are each other's
  /// complement: an AND tree without any adder.
  private func isZero(_ register: ArithRegister, width: Int) -> Bit {
    let (a, b) = twoRows(emitter.linear([(register, 1)], constant: .max), width: min(width, 64))
    return emitter.all(a.indices.map { emitter.xor(a[$0], b[$0]) })
  }
}
