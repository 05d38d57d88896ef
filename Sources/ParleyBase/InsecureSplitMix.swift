/// A seeded generator: the same numbers on every machine for one seed, and no secret at all. For samples, simulations, made-up
/// data and tests; keys and masks come from the addressed generator of ParleyCrypto.
///
/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014), figure 17.
package struct InsecureSplitMix: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Begins the sequence of this seed.
  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  /// Below `bound`, which is not 0; as good as uniform for bounds far below 2^64.
  package mutating func next(upTo bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

  /// The numbers 0 ..< count in an order of all that are possible.
  package mutating func order(_ count: Int) -> [Int32] {
    var order = (0..<Int32(count)).map { $0 }
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, Int(next(upTo: UInt64(last + 1))))
    }
    return order
  }
}
