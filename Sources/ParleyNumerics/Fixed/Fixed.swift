package import BigInt
package import ParleyBase
package import ParleyProgram

/// A real number in a program: an integer node, its scale, and how far it can be from what it stands for.
///
/// |node · 2^-fractionBits − true value| ≤ error, for every element. The true value is what exact arithmetic makes of the numbers that
/// the calculation began with; ``ProgramBuilder/fixed(_:fractionBits:error:)`` begins one. Fraction bits may be negative.
package struct Fixed: Hashable, Sendable {
  /// The integers.
  package let node: Program.NodeID
  /// The integers are multiples of 2^-fractionBits.
  package let fractionBits: Int
  /// A bound on the distance to the true value.
  package let error: Dyadic
}

/// Numbers with a scale: linear operations and rounding. What takes messages is said; whatever else is here takes none.
extension ProgramBuilder {
  /// The limit of magnitudes: every engine truncates words below it exactly.
  static var wordBits: Int { 61 }

  /// A node as multiples of 2^-fractionBits.
  ///
  /// - Parameter error: how far the integers are from what they stand for, already divided by 2^fractionBits; 0 for what is meant as it is.
  package func fixed(_ node: NodeID, fractionBits: Int, error: Dyadic = .zero) -> Fixed {
    Fixed(node: node, fractionBits: fractionBits, error: error)
  }

  /// A public number, to the nearest multiple of 2^-fractionBits.
  package mutating func constant(_ value: Rational, fractionBits: Int) -> Fixed {
    let integer = value.scaled(fractionBits)
    let distance = Rational(integer) * .power(-fractionBits) - value
    return Fixed(node: constant(integer), fractionBits: fractionBits, error: Dyadic(of: distance))
  }

  /// A bound on the magnitude of every integer of the node.
  package func magnitude(_ node: NodeID) -> BigInt {
    let range = type(of: node).range
    return max(BigInt(range.lower.magnitude), BigInt(range.upper.magnitude))
  }
  /// A bound on the magnitude of what the integers are, not counting the error.
  func magnitude(_ a: Fixed) -> Dyadic { Dyadic(magnitude(a.node), fractionBits: a.fractionBits) }

  /// a + b, exact but for what they bring. The result has the more fraction bits of the two.
  package mutating func add(_ a: Fixed, _ b: Fixed) throws(ParleyError) -> Fixed {
    let bits = max(a.fractionBits, b.fractionBits)
    let (x, y) = (try refined(a, to: bits), try refined(b, to: bits))
    return Fixed(node: try add(x.node, y.node), fractionBits: bits, error: a.error + b.error)
  }
  /// a − b, exact but for what they bring.
  package mutating func subtract(_ a: Fixed, _ b: Fixed) throws(ParleyError) -> Fixed {
    let bits = max(a.fractionBits, b.fractionBits)
    let (x, y) = (try refined(a, to: bits), try refined(b, to: bits))
    return Fixed(node: try subtract(x.node, y.node), fractionBits: bits, error: a.error + b.error)
  }
  /// An integer multiple.
  package mutating func scale(_ a: Fixed, by factor: BigInt) throws(ParleyError) -> Fixed {
    Fixed(node: try scale(a.node, by: factor), fractionBits: a.fractionBits, error: a.error * factor)
  }
  /// a · 2^bits, also for negative `bits`: the same integers with another scale.
  package func shifted(_ a: Fixed, by bits: Int) -> Fixed {
    Fixed(node: a.node, fractionBits: a.fractionBits - bits, error: a.error * .power(bits))
  }
  /// The sum of all elements, a scalar.
  package mutating func sum(_ a: Fixed) throws(ParleyError) -> Fixed {
    let count = mostElements(type(of: a.node).shape)
    return Fixed(node: try sum(a.node), fractionBits: a.fractionBits, error: a.error * count)
  }
  /// `condition ? a : b`. One product an element.
  package mutating func select(
    _ condition: NodeID, _ a: Fixed, _ b: Fixed
  ) throws(ParleyError) -> Fixed {
    let bits = max(a.fractionBits, b.fractionBits)
    let (x, y) = (try refined(a, to: bits), try refined(b, to: bits))
    return Fixed(
      node: try select(condition, x.node, y.node), fractionBits: bits, error: max(a.error, b.error))
  }

  /// With so many fraction bits: to the nearest multiple, the greater of two. One truncation an element where bits are dropped.
  package mutating func rounded(_ a: Fixed, to bits: Int) throws(ParleyError) -> Fixed {
    guard bits < a.fractionBits else { return try refined(a, to: bits) }
    return Fixed(
      node: try rounded(a.node, dropping: a.fractionBits - bits), fractionBits: bits,
      error: a.error + .power(-bits - 1))
  }

  /// ⌊a / 2^bits + ½⌋: half a unit away at most.
  mutating func rounded(_ a: NodeID, dropping bits: Int) throws(ParleyError) -> NodeID {
    guard bits > 0 else { return a }
    return try truncate(try add(a, constant(BigInt(1) << (bits - 1))), bits: bits)
  }

  /// The same number with at least as many fraction bits.
  mutating func refined(_ a: Fixed, to bits: Int) throws(ParleyError) -> Fixed {
    guard bits > a.fractionBits else { return a }
    return Fixed(
      node: try scale(a.node, by: BigInt(1) << (bits - a.fractionBits)), fractionBits: bits, error: a.error)
  }

  /// The number of elements of a shape, at most.
  package func mostElements(_ shape: Program.Shape) -> BigInt {
    switch shape {
    case .rows(let table): BigInt(program.tables[table.rawValue].maximumRows)
    case .fixed(let count): BigInt(count)
    case .concatenated(let parts): parts.reduce(0) { $0 + mostElements($1) }
    case .first(let count, let whole): min(BigInt(count), mostElements(whole))
    case .product(let outer, let inner): mostElements(outer) * mostElements(inner)
    }
  }

  /// Refuses what fits no ring word with what is meant in words.
  func overflow(_ what: String, _ bits: Int) -> ParleyError {
    ParleyError(
      .init("plan/overflow"), "\(what) needs \(bits) bits; \(Self.wordBits) are there",
      at: origin.map { .init(item: $0) },
      remedy: "narrow the declared ranges of the columns involved, or lower maximum-rows")
  }
}
