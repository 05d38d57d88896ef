internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// Polynomials in programs.
extension ProgramBuilder {
  /// The polynomial of the segment that the bits name, highest first, at a distance from its beginning.
  ///
  /// The error is that of the polynomial against the function at exactly this argument.
  ///
  /// - Parameter argument: from 0 to the width of a segment; its error is not looked at.
  mutating func evaluate(
    _ polynomial: PiecewisePolynomial, segment bits: [NodeID], at argument: Fixed, to outBits: Int
  ) throws(ParleyError) -> Fixed {
    let r = fixed(argument.node, fractionBits: argument.fractionBits)
    var powers = [r]
    for exponent in stride(from: 2, through: polynomial.degree, by: 1) {
      powers.append(
        try multiply(
          powers[exponent / 2 - 1], powers[exponent - exponent / 2 - 1], to: r.fractionBits))
    }
    let coefficients = try selected(polynomial.coefficients, by: bits)
    var error = polynomial.remainder
    var pairs: [(a: NodeID, b: NodeID)] = []
    for (coefficient, power) in zip(coefficients.dropFirst(), powers) {
      pairs.append((coefficient, power.node))
      error = error + Dyadic(magnitude(coefficient), fractionBits: polynomial.coefficientBits) * power.error
    }
    let sum = try add(
      try productSum(pairs), try scale(coefficients[0], by: BigInt(1) << r.fractionBits))
    guard magnitude(sum).magnitude.bitWidth < Self.wordBits else {
      throw overflow("the value of a polynomial", magnitude(sum).magnitude.bitWidth)
    }
    return try rounded(
      Fixed(node: sum, fractionBits: polynomial.coefficientBits + r.fractionBits, error: error), to: outBits)
  }

  /// The row of a public table that the bits name: by column, a sum over products of the bits, and one choice by the highest bit.
  private mutating func selected(
    _ table: [[BigInt]], by bits: [NodeID]
  ) throws(ParleyError) -> [NodeID] {
    guard let highest = bits.first else { return table[0].map { constant($0) } }
    let products = try products(of: Array(bits.dropFirst()))
    let half = table.count / 2
    var columns: [NodeID] = []
    for column in table[0].indices {
      let values = table.map { $0[column] }
      let low = try combination(products, Array(values[..<half])),
        high = try combination(products, Array(values[half...]))
      columns.append(
        try select(highest, high, low, within: Interval(values.min() ?? 0, values.max() ?? 0)))
    }
    return columns
  }

  /// By subset of the bits (the last is bit 0 of its number) their product, as words; nil for the empty one, which is 1.
  private mutating func products(of bits: [NodeID]) throws(ParleyError) -> [NodeID?] {
    var words: [NodeID] = []
    for bit in bits.reversed() { words.append(try integer(fromBit: bit)) }
    var products = [NodeID?](repeating: nil, count: 1 << bits.count)
    for subset in products.indices where subset > 0 {
      let members = words.indices.filter { subset >> $0 & 1 == 1 }
      // Halves, so that few products follow each other.
      let first = members.prefix(members.count / 2).reduce(0) { $0 | 1 << $1 }
      if let a = products[first], let b = products[subset & ~first] {
        products[subset] = try multiply(a, b)
      } else {
        products[subset] = words[members[0]]
      }
    }
    return products
  }

  /// Σ over subsets of the alternating sum of the table over their parts, times the product: the table's value at the bits.
  private mutating func combination(_ products: [NodeID?], _ table: [BigInt]) throws(ParleyError) -> NodeID {
    var weights = table
    var bit = 1
    while bit < table.count {
      for subset in weights.indices where subset & bit != 0 { weights[subset] -= weights[subset ^ bit] }
      bit *= 2
    }
    var sum = constant(weights[0])
    for (weight, product) in zip(weights, products) {
      guard let product, weight != 0 else { continue }
      sum = try add(sum, try scale(product, by: weight))
    }
    return sum
  }
}
