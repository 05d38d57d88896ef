internal import BigInt
public import ParleyBase

/// Sums of products, and products of matrices of columns.
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

  /// The most entries that a product of matrices may have.
  package static let mostEntries = 1 << 14

  /// LᵀR of two matrices with a row for every row of a shape: row-major, element (i, j) is Σ over the rows of left column i times right
  /// column j. One exchange with a word for every entry, whatever the number of rows; `element(_:at:)` has the range of its own entry.
  ///
  /// - Parameters:
  ///   - left: the columns of L, numbers; `left` and `right` may be the same.
  ///   - right: the columns of R, of the same shape.
  /// - Throws: `plan/empty` without a column; `plan/shape`, `plan/type`; `plan/too-large` for more than 2^14 entries.
  public mutating func columnProduct(_ left: [NodeID], _ right: [NodeID]) throws(ParleyError) -> NodeID {
    guard let first = left.first, let other = right.first else {
      throw refusal("empty", "a matrix without columns", "give at least one column on both sides")
    }
    let rows = program[first].type.shape
    guard (left + right).allSatisfy({ program[$0].type.shape == rows }) else {
      throw refusal("shape", "columns of different sizes in one product of matrices", "take columns of one table")
    }
    let (entries, overflow) = left.count.multipliedReportingOverflow(by: right.count)
    guard !overflow, entries <= Self.mostEntries else {
      throw refusal(
        "too-large",
        "a product of matrices has \(left.count) × \(right.count) entries; \(Self.mostEntries) are the most",
        "multiply fewer columns at a time")
    }
    if entries == 1 {
      _ = (try range(first), try range(other))
      return try innerProduct(first, other)
    }
    var union = try entryRange(first, other)
    for a in left { for b in right { union = union.union(try entryRange(a, b)) } }
    return append(.columnProduct(left, right), .init(.integer(union), .fixed(entries)))
  }

  /// Of one entry of a ``Program/Operation/columnProduct(_:_:)``; nil for any other node.
  func entryRange(of node: NodeID, at index: Int) throws(ParleyError) -> Interval? {
    guard case .columnProduct(let left, let right) = program[node].operation else { return nil }
    let entry = try entryRange(left[index / right.count], right[index % right.count])
    // What a lemma says of all entries (`known`) holds for this one.
    let all = program[node].type.range
    return Interval(max(entry.lower, all.lower), min(entry.upper, all.upper))
  }
  private func entryRange(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> Interval {
    let product = a == b ? try range(a).squared : try range(a) * range(b)
    let type = Program.ValueType(.integer(product), program[a].type.shape)
    return sumRange(type, of: product, count: elements(type.shape))
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
