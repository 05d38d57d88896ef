/// Carry networks: how bits become sums, signs and comparisons
/// (docs/protocols/comparison-and-division.md#comparison).
extension Emitter {
  /// Generate and propagate of a block of bits: the carry out is `generate ⊕ propagate·carryIn`.
  struct Carry {
    var generate: Bit
    /// Nil where it is never needed: the block at the low end without carry in.
    var propagate: Bit?
  }

  /// `high` above `low`.
  func combine(_ high: Carry, _ low: Carry) -> Carry {
    guard let propagate = high.propagate else { return high }
    return Carry(
      generate: xor(high.generate, and(propagate, low.generate)),
      propagate: low.propagate.map { and(propagate, $0) })
  }

  /// The carry out of adding two bit lists (same length) with a public carry in, in the blocks of ``CarryNetwork``: as many
  /// rounds as a balanced tree, ⌈log2 width⌉ + 1, with fewer ANDs. For 63 bits: 149 ANDs and 7 rounds.
  func carryOut(_ a: [Bit], _ b: [Bit], carryIn: Bool = false) -> Bit {
    precondition(a.count == b.count)
    if a.isEmpty { return .constant(carryIn) }
    return carry(
      of: a.indices, a, b, carryIn: carryIn, isLowest: true, rounds: CarryNetwork.rounds(width: a.count)
    ).generate
  }

  private func carry(
    of bits: Range<Int>, _ a: [Bit], _ b: [Bit], carryIn: Bool, isLowest: Bool, rounds: Int
  ) -> Carry {
    guard bits.count > 1 else { return leaf(bits.lowerBound, a, b, carryIn: carryIn) }
    let upper = CarryNetwork.upper(width: bits.count, rounds: rounds, isLowest: isLowest)
    let middle = bits.upperBound - max(upper, 1)
    let low = carry(
      of: bits.lowerBound..<middle, a, b, carryIn: carryIn, isLowest: isLowest, rounds: rounds - 1)
    if upper == 0 { return extend(low, by: a[middle], b[middle]) }
    let high = carry(of: middle..<bits.upperBound, a, b, carryIn: carryIn, isLowest: false, rounds: rounds - 1)
    return combine(high, low)
  }

  private func leaf(_ i: Int, _ a: [Bit], _ b: [Bit], carryIn: Bool) -> Carry {
    if i > 0 { return Carry(generate: and(a[i], b[i]), propagate: xor(a[i], b[i])) }
    // a ∧ b without carry in, a ∨ b with it: both are one AND.
    return Carry(generate: carryIn ? or(a[0], b[0]) : and(a[0], b[0]), propagate: nil)
  }

  /// A bit above `low`: its carry is the majority of both bits and the carry into them.
  private func extend(_ low: Carry, by a: Bit, _ b: Bit) -> Carry {
    let propagate = xor(a, b)
    return Carry(
      generate: xor(a, and(propagate, xor(a, low.generate))),
      propagate: low.propagate.map { and(propagate, $0) })
  }

  /// a + b (+ 1) modulo 2^width: the prefix network of Sklansky (Conditional-sum addition logic, 1960), ⌈log2 width⌉
  /// + 1 rounds at most.
  func add(_ a: [Bit], _ b: [Bit], carryIn: Bool = false) -> [Bit] {
    precondition(a.count == b.count)
    let width = a.count
    if width == 0 { return [] }
    var carries: [Carry] = []
    for i in 0..<width - 1 {
      // The first level joins every odd position to the one below; extending saves the AND of its own leaf.
      carries.append(i % 2 == 0 ? leaf(i, a, b, carryIn: carryIn) : extend(carries[i - 1], by: a[i], b[i]))
    }
    var distance = 2
    while distance < carries.count {
      for i in carries.indices where i & distance != 0 {
        // The last position of the block below.
        let low = (i & ~(distance - 1)) - 1
        carries[i] = combine(carries[i], carries[low])
      }
      distance *= 2
    }
    return (0..<width).map { i in
      let sum = xor(a[i], b[i])
      return i == 0 ? xor(sum, .constant(carryIn)) : xor(sum, carries[i - 1].generate)
    }
  }

  /// a + b; `width` must hold the result.
  func add(_ a: Word, _ b: Word, width: Int) -> Word {
    Word(add(a.resized(width).bits, b.resized(width).bits))
  }
  /// a - b = a + ¬b + 1; `width` must hold the result.
  func subtract(_ a: Word, _ b: Word, width: Int) -> Word {
    Word(add(a.resized(width).bits, b.resized(width).bits.map { !$0 }, carryIn: true))
  }

  /// One layer of full adders: three numbers to two with the same sum modulo 2^width, one AND per bit.
  func carrySave(_ a: [Bit], _ b: [Bit], _ c: [Bit]) -> (sum: [Bit], carry: [Bit]) {
    let width = a.count
    var sum: [Bit] = []
    var carry: [Bit] = [.zero]
    for i in 0..<width {
      let ac = xor(a[i], c[i]), bc = xor(b[i], c[i])
      sum.append(xor(ac, b[i]))
      if i + 1 < width { carry.append(xor(and(ac, bc), c[i])) }
    }
    return (sum, carry)
  }

  /// ``carrySave(_:_:_:)`` with the carry out of the top bit, which weighs 2^width.
  func carrySaveKeepingTop(_ a: [Bit], _ b: [Bit], _ c: [Bit]) -> (sum: [Bit], carry: [Bit], top: Bit) {
    let (sum, carry) = carrySave(a + [.zero], b + [.zero], c + [.zero])
    return (Array(sum.dropLast()), Array(carry.dropLast()), carry[a.count])
  }

  /// Any number of rows to two, all modulo 2^width.
  func carrySave(_ rows: [[Bit]]) -> ([Bit], [Bit]) {
    precondition(!rows.isEmpty)
    var rows = rows
    while rows.count > 2 {
      var next: [[Bit]] = []
      var i = 0
      while i + 2 < rows.count {
        let (sum, carry) = carrySave(rows[i], rows[i + 1], rows[i + 2])
        next += [sum, carry]
        i += 3
      }
      next += rows[i...]
      rows = next
    }
    return (rows[0], rows.count > 1 ? rows[1] : Array(repeating: .zero, count: rows[0].count))
  }

  /// a · b modulo 2^width in two's complement: partial products, carry-save tree, one adder.
  func multiply(_ a: Word, _ b: Word, width: Int) -> Word {
    // Fewer rows when the shorter operand selects them.
    let (x, y) = a.width >= b.width ? (a, b) : (b, a)
    let extended = x.resized(width).bits
    var rows: [[Bit]] = []
    for i in 0..<min(y.width, width) {
      let row = (0..<width).map { $0 < i ? Bit.zero : and(extended[$0 - i], y.bits[i]) }
      guard i == y.width - 1 else {
        rows.append(row)
        continue
      }
      // The sign bit of y weighs -2^i: subtract its row as ¬row + 1.
      if y.sign.known == false { break }
      rows.append(row.map { !$0 })
      rows.append([.one] + Array(repeating: .zero, count: width - 1))
    }
    if rows.isEmpty { return Word(Array(repeating: .zero, count: width)) }
    let (sum, carry) = carrySave(rows)
    return Word(add(sum, carry))
  }
}
