internal import BigInt
public import ParleyBase

/// Comparisons, logic of bits, and choices.
extension ProgramBuilder {
  /// A bit for each pair of elements; a constant where the ranges decide it.
  public mutating func compare(
    _ comparison: Program.Comparison, _ a: NodeID, _ b: NodeID
  ) throws(ParleyError) -> NodeID {
    let x = try range(a), y = try range(b)
    let shape = try shape(a, b)
    // What the ranges alone decide is public and costs nothing.
    var decided: Bool?
    switch comparison {
    case .less: decided = x.upper < y.lower ? true : x.lower >= y.upper ? false : nil
    case .lessOrEqual: decided = x.upper <= y.lower ? true : x.lower > y.upper ? false : nil
    case .equal:
      decided =
        x.upper < y.lower || y.upper < x.lower
        ? false : x == y && x.lower == x.upper ? true : nil
    }
    if let decided { return constant(decided) }
    return append(.compare(comparison, a, b), .init(.bit, shape))
  }
  /// The opposite of bits, elementwise: ¬a.
  public mutating func not(_ a: NodeID) throws(ParleyError) -> NodeID {
    if let value = bitValue(a) { return constant(!value) }
    if case .not(let inner) = program[a].operation { return inner }
    try requireBit(a)
    return append(.not(a), program[a].type)
  }
  /// The AND of bits, elementwise: a ∧ b.
  public mutating func and(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    if let value = bitValue(a) { return value ? b : constant(false) }
    if let value = bitValue(b) { return value ? a : constant(false) }
    if a == b { return a }
    try requireBit(a)
    try requireBit(b)
    return append(.and(min(a, b), max(a, b)), .init(.bit, try shape(a, b)))
  }
  /// The OR of bits, elementwise: a ∨ b.
  public mutating func or(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    if let value = bitValue(a) { return value ? constant(true) : b }
    if let value = bitValue(b) { return value ? constant(true) : a }
    if a == b { return a }
    try requireBit(a)
    try requireBit(b)
    return append(.or(min(a, b), max(a, b)), .init(.bit, try shape(a, b)))
  }
  /// The XOR of bits, elementwise: a ⊕ b.
  public mutating func xor(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    if let value = bitValue(a) { return value ? try not(b) : b }
    if let value = bitValue(b) { return value ? try not(a) : a }
    if a == b { return constant(false) }
    try requireBit(a)
    try requireBit(b)
    return append(.xor(min(a, b), max(a, b)), .init(.bit, try shape(a, b)))
  }

  /// `condition ? a : b`; a and b both integers or both bits.
  public mutating func select(
    _ condition: NodeID, _ a: NodeID, _ b: NodeID
  ) throws(ParleyError) -> NodeID {
    if let value = bitValue(condition) { return value ? a : b }
    if a == b { return a }
    try requireBit(condition)
    guard program[a].type.isBit == program[b].type.isBit else {
      throw refusal("type", "the two branches of a choice differ in type", "make both numbers or both conditions")
    }
    // CASE WHEN c THEN 1 ELSE 0 END is the bit itself.
    if constantValue(a) == 1, constantValue(b) == 0 { return try integer(fromBit: condition) }
    if constantValue(a) == 0, constantValue(b) == 1 { return try integer(fromBit: try not(condition)) }
    let sort: Program.Sort =
      program[a].type.isBit ? .bit : .integer(try range(a).union(try range(b)))
    let shape = try shape(condition, try widest(a, b))
    return append(.select(condition: condition, then: a, else: b), .init(sort, shape))
  }
}
