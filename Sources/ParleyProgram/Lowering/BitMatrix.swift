internal import BigInt

/// Bits in columns by weight, whose sum and `offset` are a number modulo 2^width: what multipliers and sums of several numbers
/// are made of, before any carry.
struct BitMatrix {
  /// By weight, 2^0 first.
  private(set) var columns: [[Bit]]
  private(set) var offset: BigInt = 0
  /// Whether anything was taken away: then carries out of the top can be lost, which only matters where the number is used
  /// in something wider.
  private(set) var hasNegatives = false

  init(width: Int) { columns = Array(repeating: [], count: width) }

  var width: Int { columns.count }

  /// Adds bit · 2^weight, or takes it away: -b = ¬b - 1.
  mutating func add(_ bit: Bit, weight: Int, isNegative: Bool = false) {
    guard weight < width else { return }
    if isNegative { hasNegatives = true }
    let value = BigInt(1) << weight
    if let known = bit.known {
      if known { offset += isNegative ? -value : value }
      return
    }
    columns[weight].append(isNegative ? !bit : bit)
    if isNegative { offset -= value }
  }

  /// Adds word · 2^shift, or takes it away; the sign bit weighs -2^(its place).
  mutating func add(_ word: Word, shift: Int = 0, isNegative: Bool = false) {
    for (place, bit) in word.bits.enumerated() {
      add(bit, weight: shift + place, isNegative: (place == word.width - 1) != isNegative)
    }
  }

  /// Adds all of another matrix · 2^shift, or takes it away.
  mutating func add(_ other: BitMatrix, shift: Int, isNegative: Bool = false) {
    for (weight, column) in other.columns.enumerated() {
      for bit in column { add(bit, weight: shift + weight, isNegative: isNegative) }
    }
    let value = other.offset << shift
    offset += isNegative ? -value : value
  }

  /// The offset as bits of the columns.
  func withoutOffset() -> BitMatrix {
    var result = self
    result.offset = 0
    for (weight, bit) in BitSum.constant(offset, rows: 1, width: width).enumerated() where bit {
      result.columns[weight].append(.one)
    }
    return result
  }

  /// The same number with at most two bits in a column.
  func compressed(_ emitter: Emitter) -> BitMatrix {
    var result = self
    while let adders = CarrySave.next(result.columns.map(\.count)) {
      for weight in result.columns.indices.reversed() {
        // From the top, so that carries of this level are not taken for its operands.
        let count = adders[weight]
        var rest = result.columns[weight].dropFirst(3 * count.full + 2 * count.half)
        for number in 0..<count.count {
          let place = 3 * number
          let bits = result.columns[weight]
          let last = number < count.full ? bits[place + 2] : .zero
          let (sum, carry) = emitter.fullAdder(
            bits[place], bits[place + 1], last, hasCarry: weight + 1 < width)
          rest.append(sum)
          if let carry { result.columns[weight + 1].append(carry) }
        }
        result.columns[weight] = Array(rest)
      }
    }
    return result
  }

  /// The number itself: carry-save adders and one carry network.
  func resolved(_ emitter: Emitter) -> [Bit] {
    let two = withoutOffset().compressed(emitter)
    func number(_ index: Int) -> [Bit] {
      two.columns.map { index < $0.count ? $0[index] : .zero }
    }
    return emitter.add(number(0), number(1))
  }
}

extension Emitter {
  /// a + b + c = sum + 2·carry with one AND, or none without the carry.
  func fullAdder(_ a: Bit, _ b: Bit, _ c: Bit, hasCarry: Bool = true) -> (sum: Bit, carry: Bit?) {
    let ac = xor(a, c), bc = xor(b, c)
    return (xor(ac, b), hasCarry ? xor(and(ac, bc), c) : nil)
  }
}
