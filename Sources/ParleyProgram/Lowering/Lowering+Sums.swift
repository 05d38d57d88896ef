internal import BigInt
internal import ParleyBase

/// What ring words are for, in bits: products, sums over rows, matrix products. For engines without words.
extension Lowering {
  /// A number node of these operations, or nil for any other.
  func wordWithoutWords(_ id: Program.NodeID) throws(ParleyError) -> Word? {
    let node = program[id]
    let range = node.type.range
    switch node.operation {
    case .multiply(let a, let b): return number(try product(a, b, width: width(of: range)), range)
    case .scale(let a, let factor):
      return number(emitter.scaled(try word(a), by: factor, width: width(of: range)), range)
    case .sum(let a):
      let type = program[a].type
      var matrix = BitMatrix(width: width(of: range))
      if type.isBit { matrix.add(try bit(a), weight: 0) } else { matrix.add(try word(a)) }
      return number(emitter.sumRows(matrix, length(type.shape)), range)
    case .innerProduct(let a, let b):
      let shape = program[a].type.shape == .scalar ? program[b].type.shape : program[a].type.shape
      // The two numbers that a product is made of are added up as they are.
      let products = try product(a, b, width: width(of: range)).compressed(emitter)
      return number(emitter.sumRows(products, length(shape)), range)
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      return number(try matrixProduct(a, b, (rows, inner, columns), width: width(of: range)), range)
    case .runningSum(let a):
      let bits = try word(a).resized(width(of: range)).bits
      let sums = emitter.runningSum(bits, length(node.type.shape))
      return range.lower < 0 ? Word(sums) : Word(unsigned: sums)
    default: return nil
    }
  }

  /// Bits of a value; the sign is left out where there is none.
  private func width(of range: Interval) -> Int {
    range.lower < 0 ? range.signedWidth : max(range.signedWidth - 1, 1)
  }
  private func number(_ matrix: BitMatrix, _ range: Interval) -> Word {
    let bits = matrix.resolved(emitter)
    return range.lower < 0 ? Word(bits) : Word(unsigned: bits)
  }

  private func product(
    _ a: Program.NodeID, _ b: Program.NodeID, width: Int
  ) throws(ParleyError) -> BitMatrix {
    if a == b { return emitter.square(try factor(a), width: width) }
    return emitter.product(try factor(a), try factor(b), width: width)
  }
  private func factor(_ id: Program.NodeID) throws(ParleyError) -> Word {
    program[id].type.isBit ? Word(unsigned: [try bit(id)]) : try word(id)
  }

  /// All products of entries at once, row·columns + column of the result running fastest, and their sums over the inner index.
  private func matrixProduct(
    _ a: Program.NodeID, _ b: Program.NodeID, _ size: (rows: Int, inner: Int, columns: Int), width: Int
  ) throws(ParleyError) -> BitMatrix {
    let results = size.rows * size.columns
    let all = Length.fixed(size.inner * results)
    let inner = { (stride: Int) in GridAxis(divisor: results, count: size.inner, stride: stride) }
    let row = GridAxis(divisor: size.columns, count: size.rows, stride: size.inner)
    let column = GridAxis(divisor: 1, count: size.columns, stride: 1)
    let x = try gathered(a, [row, inner(1)], all), y = try gathered(b, [inner(size.columns), column], all)
    let products = emitter.product(x, y, width: width)
    return emitter.sumRows(products.compressed(emitter), all, results: results)
  }

  private func gathered(
    _ id: Program.NodeID, _ axes: [GridAxis], _ length: Length
  ) throws(ParleyError) -> Word {
    let from = self.length(program[id].type.shape)
    var columns = RowColumns(length: from)
    let slots = try word(id).bits.map { columns.add($0, emitter) }
    let out = emitter.move(.grid(axes), columns.bundle, from: from, to: length)
    return Word(slots.map { RowColumns.bit($0, in: out) })
  }
}
