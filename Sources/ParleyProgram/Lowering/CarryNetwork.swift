/// Which blocks a carry out is made of, so that it takes few ANDs in as many rounds as a balanced tree.
///
/// A block of bits has a generate and a propagate bit. There are two ways to make one:
/// - *combine* two blocks, which takes two ANDs, as in every prefix network;
/// - *extend* a block by the bit above it: its carry c becomes a ⊕ (a ⊕ b)(a ⊕ c), the majority of a, b and c. This
///   takes two ANDs as well, but the bit needs no generate bit of its own, which saves the AND of a leaf.
///
/// A balanced tree takes one AND for each leaf and two for each inner node. Extending is deeper than combining, so the best
/// mixture for a number of rounds is found by dynamic programming over the two. The block at the low end needs no
/// propagate bit, which saves one AND wherever it is part of a block. For 63 bits in 7 rounds: 149 ANDs instead of 181.
package struct CarryNetwork: Sendable {
  /// The widest block that is planned; wider ones are halved first.
  static let widest = 128
  private static let mostRounds = 10
  private static let network = CarryNetwork()

  /// By rounds, then width: ANDs, and how many bits the upper of two blocks has; 0 where the top bit extends the
  /// rest. Nil where so many rounds are too few.
  private typealias Entry = (ands: Int, upper: Int)?
  private let inner: [[Entry]]
  private let lowest: [[Entry]]

  private init() {
    var inner: [[Entry]] = [Array(repeating: nil, count: Self.widest + 1)]
    var lowest = inner
    for _ in 1...Self.mostRounds {
      let below = inner[inner.count - 1], lowestBelow = lowest[lowest.count - 1]
      inner.append(Self.next(upper: below, lower: below, extra: 2))
      lowest.append(Self.next(upper: below, lower: lowestBelow, extra: 1))
    }
    self.inner = inner
    self.lowest = lowest
  }

  /// Blocks of one round more; `extra`: ANDs of combining or extending.
  private static func next(upper: [Entry], lower: [Entry], extra: Int) -> [Entry] {
    (0...widest).map { width -> Entry in
      guard width > 1 else { return width == 1 ? (1, 0) : nil }
      var best: Entry = lower[width - 1].map { ($0.ands + extra, 0) }
      for size in 1..<width {
        guard let high = upper[size], let low = lower[width - size] else { continue }
        let ands = high.ands + low.ands + extra
        if best == nil || ands < best!.ands { best = (ands, size) }
      }
      return best
    }
  }

  /// Rounds of a balanced tree over `width` leaves.
  package static func rounds(width: Int) -> Int {
    width <= 1 ? width : Int.bitWidth - (width - 1).leadingZeroBitCount + 1
  }

  /// Bits of the upper block of a block of `width` bits, 2 or more, that has to be ready in `rounds`; 0: the top bit
  /// extends the rest.
  static func upper(width: Int, rounds: Int, isLowest: Bool) -> Int {
    guard width <= widest, rounds <= mostRounds else { return width / 2 }
    return (isLowest ? network.lowest : network.inner)[rounds][width]?.upper ?? width / 2
  }

  /// ANDs of the carry out of `width` ≤ 128 bits in as many rounds as a balanced tree takes.
  package static func ands(width: Int) -> Int? { network.lowest[rounds(width: width)][width]?.ands }

  /// ANDs of a sum modulo 2^width (``Emitter``'s prefix network).
  package static func additionAnds(width: Int) -> Int {
    var ands = 0
    for i in 0..<max(width - 1, 0) {
      // A leaf, or a bit that extends the one below; the lowest block has no propagate bit.
      ands += i % 2 == 0 || i == 1 ? 1 : 2
      var distance = 2
      while distance < width - 1 {
        if i & distance != 0 { ands += i < 2 * distance ? 1 : 2 }
        distance *= 2
      }
    }
    return ands
  }
}
