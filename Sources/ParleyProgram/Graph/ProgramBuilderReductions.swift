internal import BigInt
public import ParleyBase

/// One value of all elements of another.
extension ProgramBuilder {
  /// The sum of all elements, as a scalar; bits count as 0 or 1. Range: from all elements at their least to all at
  /// their greatest, for as many as the shape can have, and 0 where it can have none.
  public mutating func sum(_ a: NodeID) throws(ParleyError) -> NodeID {
    let type = program[a].type
    let count = elements(type.shape)
    if case .fixed(1) = type.shape, !type.isBit { return a }
    return append(.sum(a), .init(.integer(sumRange(type, of: type.range, count: count)), .scalar))
  }
  /// Sum of elementwise products, without a product ever being communicated.
  public mutating func innerProduct(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    let shape = try shape(a, b)
    let product = a == b ? program[a].type.range.squared : program[a].type.range * program[b].type.range
    let type = Program.ValueType(.integer(product), shape)
    return append(
      .innerProduct(min(a, b), max(a, b)),
      .init(.integer(sumRange(type, of: product, count: elements(shape))), .scalar))
  }
  /// The least or greatest element of an integer column, as a scalar. Range: that of the elements.
  public mutating func extremum(_ kind: Program.Extremum, _ a: NodeID) throws(ParleyError) -> NodeID {
    if program[a].type.shape == .scalar { return a }
    return append(.extremum(kind, a), .init(.integer(try range(a)), .scalar))
  }
  /// Whether any element is 1, as a scalar bit; 0 of no elements.
  public mutating func any(_ a: NodeID) throws(ParleyError) -> NodeID {
    try requireBit(a)
    if program[a].type.shape == .scalar { return a }
    return append(.any(a), .init(.bit, .scalar))
  }
}
