internal import BigInt
internal import ParleyBase

/// Rows in which bits are set, counted in bits where that moves less than ring words do.
extension Lowering {
  /// Bits that are multiplied with numbers, so that a sum of them costs nothing more.
  static func bitsAsWords(_ program: Program) -> Set<Program.NodeID> {
    var found: Set<Program.NodeID> = []
    for node in program.nodes {
      guard case .innerProduct(let a, let b) = node.operation else { continue }
      let (first, second) = (program.underlyingBit(a), program.underlyingBit(b))
      if let first, second == nil { found.insert(first) }
      if let second, first == nil { found.insert(second) }
    }
    return found
  }

  /// Whether the node counts rows in which a bit, or both of two, are set, and does so by full adders.
  func countsInBits(_ id: Program.NodeID) -> Bool {
    guard descriptor.hasWords, let counted = program.counted(id),
      length(counted.shape).mayExceed(options.countsInBitsAbove, tables: program.tables.map(\.maximumRows))
    else { return false }
    return counted.bits.count > 1 || !bitsAsWords.contains(counted.bits[0])
  }

  /// One AND a row, and one more where two bits must be set.
  func count(_ id: Program.NodeID) throws(ParleyError) -> Word {
    guard let counted = program.counted(id) else { throw ParleyError(.invariant, "no count of rows") }
    var both = try bit(counted.bits[0])
    for other in counted.bits.dropFirst() { both = emitter.and(both, try bit(other)) }
    let range = program[id].type.range
    var matrix = BitMatrix(width: width(of: range))
    matrix.add(both, weight: 0)
    return number(emitter.sumRows(matrix, length(counted.shape)), range)
  }
}

extension Program {
  /// The bit that a number is made of that is 0 or 1, or the bit itself.
  fileprivate func underlyingBit(_ id: NodeID) -> NodeID? {
    if self[id].type.isBit { return id }
    guard case .integer(let bit) = self[id].operation else { return nil }
    return bit
  }
  /// Of a node that counts rows, the bits that are set in them.
  fileprivate func counted(_ id: NodeID) -> (bits: [NodeID], shape: Shape)? {
    switch self[id].operation {
    case .sum(let a):
      return underlyingBit(a).map { ([$0], self[a].type.shape) }
    case .innerProduct(let a, let b):
      guard let first = underlyingBit(a), let second = underlyingBit(b) else { return nil }
      let shape = self[a].type.shape == .scalar ? self[b].type.shape : self[a].type.shape
      return (first == second ? [first] : [first, second], shape)
    default: return nil
    }
  }
}

/// What ring words are for, in bits: products, sums over rows, matrix products. For engines without words.
extension Lowering {
  /// A number node of these operations, or nil for any other.
  func wordWithoutWords(_ id: Program.NodeID) throws(ParleyError) -> Word? {
    let node = program[id]
    let range = node.type.range
    switch node.operation {
    case .multiply(let a, let b): return number(try product(a, b, width: width(of: range)), range)
    case .productSum(let pairs): return number(try productSum(pairs, width: width(of: range)), range)
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
    case .columnProduct(let left, let right): return try columnProduct(left, right, range)
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

  /// All products, left to be added in one carry network.
  func productSum(_ pairs: [Program.Factors], width: Int) throws(ParleyError) -> BitMatrix {
    var sum = BitMatrix(width: width)
    for pair in pairs { sum.add(try product(pair.a, pair.b, width: width), shift: 0) }
    return sum
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

  /// Each entry is a sum over the rows; all of them run in lockstep.
  private func columnProduct(
    _ left: [Program.NodeID], _ right: [Program.NodeID], _ range: Interval
  ) throws(ParleyError) -> Word {
    let length = length(program[left[0]].type.shape)
    var entries: [[Bit]] = []
    for a in left {
      for b in right {
        let products = try product(a, b, width: width(of: range)).compressed(emitter)
        entries.append(number(emitter.sumRows(products, length), range).resized(range.signedWidth).bits)
      }
    }
    return Word(stack(entries, width: range.signedWidth))
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
