internal import BigInt
internal import ParleyBase

/// Moving whole columns by position: spreading, concatenation, shifts, prefixes, products, running sums.
extension Lowering {
  /// A word node of these operations, or nil for any other.
  func arithRows(_ id: Program.NodeID) throws(ParleyError) -> ArithRegister? {
    let node = program[id]
    let length = length(node.type.shape)
    switch node.operation {
    case .spread(let a, _): return emitter.spread(try arith(a), length)
    case .concatenate(let parts):
      var registers: [ArithRegister] = []
      for part in parts { registers.append(try wholeArith(part)) }
      let out = emitter.newArith(length)
      emitter.emit(.concatenateArith(registers, out: out), length, arithIn: registers, arithOut: [out])
      return out
    case .runningSum(let a): return emitter.runningSum(try wholeArith(a), length)
    case .positional(let a, let sequence):
      let operand = try wholeArith(a), out = emitter.newArith(length)
      emitter.emit(
        .scaleRows(operand, by: sequence, out: out), length, arithIn: [operand], arithOut: [out])
      return out
    case .component(let tuple, let index): return try tupleArith(tuple, index, like: id)
    default:
      guard let (a, move) = moved(node) else { return nil }
      let from = self.length(program[a].type.shape)
      return emitter.move(move, RowBundle(arith: [try wholeArith(a)]), from: from, to: length).arith[0]
    }
  }

  /// Bits of these operations (of a word node cut to `width`, or of a bit node), or nil for any other.
  func bitRows(_ id: Program.NodeID, width: Int?) throws(ParleyError) -> [Bit]? {
    let node = program[id]
    let length = length(node.type.shape)
    switch node.operation {
    case .spread(let a, _): return try bits(of: a, width: width).map { spread($0, length) }
    case .concatenate(let parts):
      var operands: [(bits: [Bit], length: Length)] = []
      for part in parts {
        operands.append((try bits(of: part, width: width), self.length(program[part].type.shape)))
      }
      return concatenated(operands, length)
    case .component(let tuple, let index): return try tupleBits(tuple, index, like: id, width: width)
    default:
      guard let (a, move) = moved(node) else { return nil }
      let from = self.length(program[a].type.shape)
      var columns = RowColumns(length: from)
      let slots = try bits(of: a, width: width).map { bit -> RowColumns.Slot in
        // What comes in from outside is 0, not an inverted 0.
        guard case .shift = move, bit.inverted else { return columns.add(bit, emitter) }
        return columns.add(.plane(emitter.materialised(bit, length: from)), emitter)
      }
      let out = emitter.move(move, columns.bundle, from: from, to: length)
      return slots.map { RowColumns.bit($0, in: out) }
    }
  }

  private func moved(_ node: Program.Node) -> (Program.NodeID, RowMove)? {
    switch node.operation {
    case .shift(let a, let rows): (a, .shift(by: rows))
    case .reversed(let a): (a, .reverse)
    case .prefix(let a, _): (a, .prefix)
    case .outer(let a, let inner): (a, .outer(inner: length(inner)))
    case .inner(let a, _): (a, .inner)
    case .pick(let a, let places): (a, .places(places))
    default: nil
    }
  }

  /// A constant too has all elements of its shape: what depends on no column is computed as one.
  func wholeArith(_ id: Program.NodeID) throws(ParleyError) -> ArithRegister {
    emitter.spread(try arith(id), length(program[id].type.shape))
  }

  /// Of a number its bits in two's complement, of a condition the one bit.
  func bits(of id: Program.NodeID, width: Int?) throws(ParleyError) -> [Bit] {
    guard let width else { return [try bit(id)] }
    return try word(id).resized(width).bits
  }

  private func spread(_ bit: Bit, _ length: Length) -> Bit {
    guard case .plane(let register) = bit.source else { return bit }
    return Bit(source: .plane(emitter.materialised(.plane(register), length: length)), inverted: bit.inverted)
  }

  private func concatenated(_ parts: [(bits: [Bit], length: Length)], _ length: Length) -> [Bit] {
    var result: [Bit] = []
    var lists: [[PlaneRegister]] = []
    var outs: [PlaneRegister] = []
    let number = emitter.registers.number(of: length)
    let numbers = parts.map { emitter.registers.number(of: $0.length) }
    for index in parts[0].bits.indices {
      if let value = parts[0].bits[index].known, parts.allSatisfy({ $0.bits[index].known == value }) {
        result.append(.constant(value))
        continue
      }
      let out = emitter.newPlane(number: number)
      lists.append(zip(parts, numbers).map { emitter.materialised($0.bits[index], number: $1) })
      outs.append(out)
      result.append(.plane(out))
    }
    if !outs.isEmpty {
      emitter.emit(
        .concatenatePlanes(lists, out: outs), length, planesIn: lists.flatMap(\.self), planesOut: outs)
    }
    return result
  }
}
