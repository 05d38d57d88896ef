internal import ParleyBase

/// Exact truncation of ring words, and the carries that shifted summands lose.
extension Lowering {
  /// floor(x / 2^f) from the shifted summands of x' = x + 2^e, the carry c of their low f bits and the number C of times they
  /// wrap: Σ(s_j >> f) + c − 2^(64−f)·C − 2^(e−f). Written out in docs/proofs/truncation.md [own].
  func truncate(_ id: Program.NodeID, bits: Int) throws(ParleyError) -> ArithRegister {
    let operand = try arith(id)
    if bits == 0 { return operand }
    let range = program[id].type.range
    let shape = TruncationShape(summands: descriptor.arithmeticSummands, bits: bits, of: range)
    let shifted = emitter.linear([(operand, 1)], constant: shape.offset)
    var terms: [(ArithRegister, UInt64)] = []
    let parts = emitter.shiftedSummands(shifted, bits: shape.bits, count: shape.summands)
    for part in parts { terms.append((part, 1)) }
    if shape.summands > 1 { terms.append((try carries(of: shifted, shape, to: &terms), 1)) }
    return emitter.linear(terms, constant: 0 &- (shape.offset >> UInt64(shape.bits)))
  }

  /// c − 2^(64−f)·C, but for what is linear in words that are there anyway, which goes into `terms`.
  private func carries(
    of shifted: ArithRegister, _ shape: TruncationShape, to terms: inout [(ArithRegister, UInt64)]
  ) throws(ParleyError) -> ArithRegister {
    let wrap = UInt64(1) << UInt64(64 - shape.bits)
    if shape.summands == 2, shape.topBits == 1 {
      // C = a ∨ b of the top bits, which whoever knows a summand knows as a word: a + b − a·b.
      let tops = emitter.shiftedSummands(shifted, bits: 63, count: 2)
      for top in tops { terms.append((top, 0 &- wrap)) }
      let rows = emitter.summands(shifted, width: shape.bits, count: 2)
      return try weighted(
        emitter.carriesOut(rows).map { ($0, 1) }, and: [(emitter.linear([(tops[0], wrap)]), tops[1])])
    }
    let rows = emitter.summands(shifted, width: 64, count: shape.summands)
    let low = rows.map { Array($0[..<shape.bits]) }
    var top = rows.map { Array($0[(64 - shape.topBits)...]) }
    if shape.rounding > 0 {
      top.append((0..<shape.topBits).map { .constant(shape.rounding >> $0 & 1 == 1) })
    }
    return try weighted(
      emitter.carriesOut(low).map { ($0, 1) } + emitter.carriesOut(top).map { ($0, 0 &- wrap) })
  }
}

extension Emitter {
  /// What the sum of the rows carries out of their top bit: bits whose sum it is.
  func carriesOut(_ rows: [[Bit]]) -> [Bit] {
    var rows = rows
    var carries: [Bit] = []
    while rows.count > 2 {
      let (sum, carry, top) = carrySaveKeepingTop(rows[0], rows[1], rows[2])
      rows = [sum, carry] + rows[3...]
      carries.append(top)
    }
    if rows.count == 2 { carries.append(carryOut(rows[0], rows[1])) }
    return carries
  }
}
