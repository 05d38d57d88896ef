internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// Polynomials in programs.
extension ProgramBuilder {
  /// The polynomial of the segment that the bits name, highest first, at a distance from its beginning.
  ///
  /// Pairs of terms c + c′r are joined first (G. Estrin, "Organization of computer systems", Proceedings of the Western Joint Computer Conference, 1960), so
  /// that a cubic polynomial takes two truncations one after the other. The error is that of the polynomial against the function at exactly this argument.
  ///
  /// - Parameter argument: from 0 to the width of a segment; its error is not looked at.
  mutating func evaluate(
    _ polynomial: PiecewisePolynomial, segment bits: [NodeID], at argument: Fixed, to outBits: Int
  ) throws(ParleyError) -> Fixed {
    try evaluate(
      polynomial, coefficients: try selected(polynomial.coefficients, by: try products(ofSegment: bits)),
      at: try powers(of: argument, polynomial), to: outBits)
  }

  /// r, r², r⁴, r⁶: as many as the polynomial needs. Even ones have more fraction bits where segments are narrow.
  mutating func powers(
    of argument: Fixed, _ polynomial: PiecewisePolynomial
  ) throws(ParleyError) -> [Fixed] {
    let r = fixed(argument.node, fractionBits: argument.fractionBits)
    var powers = [r]
    for exponent in stride(from: 2, through: polynomial.degree, by: 2) {
      let (a, b) = exponent == 2 ? (r, r) : (powers[exponent / 4], powers[exponent / 2 - exponent / 4])
      powers.append(
        try multiply(plain(a), plain(b), to: r.fractionBits + polynomial.squareBits))
    }
    return powers
  }

  /// - Parameters:
  ///   - coefficients: of the argument's segment, from the constant term on.
  ///   - powers: those of ``powers(of:_:)`` or more.
  mutating func evaluate(
    _ polynomial: PiecewisePolynomial, coefficients: [NodeID], at powers: [Fixed], to outBits: Int
  ) throws(ParleyError) -> Fixed {
    let r = powers[0]
    let scale = polynomial.coefficientBits
    // So that products with even powers have the scale of those with r.
    let short = scale - polynomial.squareBits
    var error = polynomial.remainder
    var pairs: [(a: NodeID, b: NodeID)] = [(coefficients[1], r.node)]
    for index in stride(from: 2, through: polynomial.degree, by: 2) {
      let power = powers[index / 2]
      var term = fixed(coefficients[index], fractionBits: scale)
      if index < polynomial.degree {
        let sum = try add(
          try multiply(coefficients[index + 1], r.node),
          try self.scale(coefficients[index], by: BigInt(1) << r.fractionBits))
        term = fixed(sum, fractionBits: scale + r.fractionBits)
      }
      let pair = try rounded(term, to: short)
      pairs.append((pair.node, power.node))
      error =
        error + magnitude(pair) * ofPower(index, polynomial, r.fractionBits)
        + pair.error * .power(index * polynomial.widthExponent)
    }
    let sum = try add(
      try productSum(pairs), try self.scale(coefficients[0], by: BigInt(1) << r.fractionBits))
    guard magnitude(sum).magnitude.bitWidth < Self.wordBits else {
      throw overflow("the value of a polynomial", magnitude(sum).magnitude.bitWidth)
    }
    return try rounded(Fixed(node: sum, fractionBits: scale + r.fractionBits, error: error), to: outBits)
  }

  /// How far an even power is from the exact one: half a unit for each product, and what the factors bring.
  private func ofPower(_ exponent: Int, _ polynomial: PiecewisePolynomial, _ bits: Int) -> Dyadic {
    let half = Dyadic.power(-bits - polynomial.squareBits - 1)
    // By induction exponent − 1 halves: both factors are below 1, and their product is rounded.
    return half * BigInt(exponent - 1)
  }

  /// What a choice of a segment takes: its highest bit, and the products of the others.
  struct SegmentProducts {
    let highest: NodeID?
    let products: [NodeID?]
  }
  mutating func products(ofSegment bits: [NodeID]) throws(ParleyError) -> SegmentProducts {
    SegmentProducts(highest: bits.first, products: try products(of: Array(bits.dropFirst())))
  }

  /// The row of a public table that the bits name: by column, a sum over products of the bits, and one choice by the highest bit.
  mutating func selected(
    _ table: [[BigInt]], by segment: SegmentProducts
  ) throws(ParleyError) -> [NodeID] {
    guard let highest = segment.highest else { return table[0].map { constant($0) } }
    let products = segment.products
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
  mutating func products(of bits: [NodeID]) throws(ParleyError) -> [NodeID?] {
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
  mutating func combination(_ products: [NodeID?], _ table: [BigInt]) throws(ParleyError) -> NodeID {
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
