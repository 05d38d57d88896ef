internal import BigInt
package import ParleyBase
package import ParleyProgram

/// A positive integer as its leading bits and where they are: value = mantissa · 2^-shift.
package struct LeadingOne: Hashable, Sendable {
  /// In [2^(width − 1), 2^width): the value moved up until its leading one is at the top.
  package let mantissa: Program.NodeID
  /// How far it was moved, 0 to width − 1.
  package let shift: Program.NodeID
  /// 2^shift.
  package let power: Program.NodeID
  /// Bits of the mantissa.
  package let width: Int
}

/// Places of leading ones, found on bits (docs/proofs/kernels.md): about 20 rounds.
extension ProgramBuilder {
  /// The leading one of a positive integer: its bits, a prefix OR of them, and one product.
  ///
  /// - Throws: `plan/divisor-range` where the value can be 0 or less; `plan/overflow` where it is longer than 60 bits.
  package mutating func leadingOne(of a: NodeID) throws(ParleyError) -> LeadingOne {
    let range = type(of: a).range
    let width = range.upper.magnitude.bitWidth
    guard range.lower >= 1 else {
      throw ParleyError(
        .init("plan/divisor-range"), "a leading one is looked for, and the range \(range) reaches 0 or below",
        at: origin.map { .init(item: $0) }, remedy: "select 1 where it is 0")
    }
    guard width < Self.wordBits else { throw overflow("a leading one", width) }
    var bits: [NodeID] = []
    for place in 0..<width { bits.append(try bit(a, at: place)) }
    let (shift, power) = try distance(toTopOf: try reached(bits))
    return LeadingOne(
      mantissa: try moved(
        a, by: power, within: Interval(BigInt(1) << (width - 1), BigInt(1) << width - 1)),
      shift: shift, power: power, width: width)
  }

  /// a · power, which is a number of this interval for every power that can be: a mean of such numbers, of which one has the weight 1.
  package mutating func moved(
    _ a: NodeID, by power: NodeID, within interval: Interval
  ) throws(ParleyError) -> NodeID {
    try known(try ringProduct(a, power), within: interval, by: .weightedMean)
  }

  /// The product as a ring word, also of single numbers that are bits: those are multiplied by a circuit otherwise.
  private mutating func ringProduct(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    guard type(of: a).shape == .scalar, type(of: b).shape == .scalar else { return try multiply(a, b) }
    return try matrixProduct(a, b, rows: 1, inner: 1, columns: 1)
  }

  /// By place, whether a bit is set there or above: ⌈log2 of their number⌉ rounds (J. Sklansky, "Conditional-sum addition logic", IRE Transactions on
  /// Electronic Computers EC-9, 1960, with OR for the carry).
  ///
  /// - Parameter bits: the lowest first, one of them set; so the first of the result is public.
  mutating func reached(_ bits: [NodeID]) throws(ParleyError) -> [NodeID] {
    // From the top.
    var found = Array(bits.reversed())
    var distance = 1
    while distance < found.count {
      for place in found.indices where place & distance != 0 {
        found[place] = try or(found[place], found[(place & ~(distance - 1)) - 1])
      }
      distance *= 2
    }
    found[found.count - 1] = constant(true)
    return Array(found.reversed())
  }

  /// How far the leading place is from the top, and 2 to the power of that.
  ///
  /// - Parameter reached: by place, whether the leading one is there or above; true of the first.
  mutating func distance(toTopOf reached: [NodeID]) throws(ParleyError) -> (shift: NodeID, power: NodeID) {
    let count = reached.count
    var shift = constant(BigInt(0))
    var factors: [NodeID] = []
    var place = 0
    while (count - 1) >> place > 0 {
      // The leading place i is the one with reached[i] and not reached[i + 1]; a bit of its distance count − 1 − i, as a sum over places.
      var bit = constant(false)
      for i in 0..<count {
        let own = (count - 1 - i) >> place & 1, below = i == 0 ? 0 : (count - i) >> place & 1
        if own != below { bit = try xor(bit, reached[i]) }
      }
      let word = try integer(fromBit: bit)
      shift = try add(shift, try scale(word, by: BigInt(1) << place))
      let most = BigInt(1) << (1 << place)
      factors.append(try add(constant(1), try scale(word, by: most - 1)))
      place += 1
    }
    let power = try product(of: factors)
    return (
      try known(shift, within: Interval(0, BigInt(count - 1)), by: .weightedMean),
      try known(power, within: Interval(1, BigInt(1) << (count - 1)), by: .weightedMean)
    )
  }

  /// The product of all, as a balanced tree; 1 of none.
  private mutating func product(of factors: [NodeID]) throws(ParleyError) -> NodeID {
    var level = factors
    while level.count > 1 {
      var next: [NodeID] = []
      for index in stride(from: 0, to: level.count, by: 2) {
        next.append(index + 1 < level.count ? try multiply(level[index], level[index + 1]) : level[index])
      }
      level = next
    }
    return level.first ?? constant(1)
  }
}
