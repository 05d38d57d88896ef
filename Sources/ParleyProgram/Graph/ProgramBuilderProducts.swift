internal import BigInt
public import ParleyBase

/// Sums of products.
extension ProgramBuilder {
  /// Σ a ∘ b over the pairs: the elementwise products, added up. It costs the message of one product, however many pairs there are.
  ///
  /// - Parameter pairs: numbers; values of one shape, or scalars, which meet every element of the others.
  /// - Throws: `plan/empty` without a pair; `plan/shape`, `plan/type`.
  public mutating func productSum(_ pairs: [(a: NodeID, b: NodeID)]) throws(ParleyError) -> NodeID {
    guard !pairs.isEmpty else {
      throw refusal("empty", "a sum of no products", "give at least one pair of values")
    }
    // What is multiplied with a number that everybody knows needs no message.
    var known: [NodeID] = []
    var factors: [Program.Factors] = []
    for (a, b) in pairs {
      if constantValue(a) != nil || constantValue(b) != nil {
        known.append(try multiply(a, b))
      } else {
        factors.append(.init(min(a, b), max(a, b)))
      }
    }
    factors.sort { ($0.a, $0.b) < ($1.a, $1.b) }
    var sum = try unknown(factors)
    for term in known { sum = try sum.map { (sum) throws(ParleyError) in try add(sum, term) } ?? term }
    guard let sum else { throw ParleyError(.invariant, "a sum of products without a term") }
    return sum
  }

  /// Nil for no factors.
  private mutating func unknown(_ factors: [Program.Factors]) throws(ParleyError) -> NodeID? {
    guard let first = factors.first else { return nil }
    guard factors.count > 1 else { return try multiply(first.a, first.b) }
    var interval = Interval.exactly(0)
    var whole = Program.Shape.scalar
    for pair in factors {
      let (x, y) = (try range(pair.a), try range(pair.b))
      interval = interval + (pair.a == pair.b ? x.squared : x * y)
      whole = try self.shape(whole, try shape(pair.a, pair.b))
    }
    return append(.productSum(factors), .init(.integer(interval), whole))
  }
}
