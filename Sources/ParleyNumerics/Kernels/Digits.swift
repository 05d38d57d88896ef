internal import BigInt
package import ParleyBase
package import ParleyProgram

/// Parts of integers by their bits: one conversion from ring words for all of them, about 8 rounds.
extension ProgramBuilder {
  /// The bits of ⌊a / 2^place⌋, the highest first, and a mod 2^place, which takes no message beside the bits as words.
  ///
  /// - Parameter a: from 0 to 2^(place + count) − 1.
  mutating func digits(
    of a: NodeID, above place: Int, count: Int
  ) throws(ParleyError) -> (bits: [NodeID], rest: NodeID) {
    var bits: [NodeID] = []
    var whole = constant(BigInt(0))
    for position in (place..<place + count).reversed() {
      let bit = try bit(a, at: position)
      bits.append(bit)
      whole = try add(whole, try scale(try integer(fromBit: bit), by: BigInt(1) << position))
    }
    let rest = try known(
      try subtract(a, whole), within: Interval(0, BigInt(1) << place - 1), by: .remainder)
    return (bits, rest)
  }

  /// ⌊a / 2^dropped⌋ mod 2^(place − dropped), the part of an integer below `place` without its last bits; it is `a` mod 2^place times 2^-dropped where
  /// `dropped` is negative. Two truncations side by side, beside which the bits from `place` on can be converted.
  mutating func part(
    of a: NodeID, below place: Int, dropping dropped: Int
  ) throws(ParleyError) -> NodeID {
    let kept = max(dropped, 0)
    let upper = try scale(try floored(a, by: BigInt(1) << place), by: BigInt(1) << (place - kept))
    let rest = try known(
      try subtract(try floored(a, by: BigInt(1) << kept), upper),
      within: Interval(0, BigInt(1) << (place - kept) - 1), by: .remainder)
    return try scale(rest, by: BigInt(1) << (kept - dropped))
  }

  /// −a where the bit is 1, else a.
  mutating func signed(_ isNegative: NodeID, _ a: NodeID) throws(ParleyError) -> NodeID {
    try select(isNegative, try negate(a), a)
  }
  /// The magnitude, and a bit that is 1 where the value is negative.
  package mutating func absolute(_ a: NodeID) throws(ParleyError) -> (magnitude: NodeID, isNegative: NodeID) {
    let isNegative = try compare(.less, a, constant(0))
    let most = magnitude(a)
    return (try select(isNegative, try negate(a), a, within: Interval(0, most)), isNegative)
  }

  /// The OR of bits, as a balanced tree; 0 of none.
  mutating func anyOf(_ bits: [NodeID]) throws(ParleyError) -> NodeID {
    var level = bits
    while level.count > 1 {
      var next: [NodeID] = []
      for index in stride(from: 0, to: level.count, by: 2) {
        next.append(index + 1 < level.count ? try or(level[index], level[index + 1]) : level[index])
      }
      level = next
    }
    return level.first ?? constant(false)
  }
}
