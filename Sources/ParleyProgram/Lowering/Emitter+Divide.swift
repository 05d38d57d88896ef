/// Exact division and square root on bits: digit by digit with the remainder kept exact, so there is no
/// approximation to argue about and any width works (docs/protocols/comparison-and-division.md#quotient,
/// docs/proofs/division.md).
extension Emitter {
  /// floor(a / b) for b ≥ 1, with `quotientWidth` bits and a sign.
  ///
  /// Restoring division with 2^radix quotient digits: in each step all multiples j·b below the shifted
  /// remainder are subtracted at once, their borrows form a thermometer, and one round of ANDs selects the
  /// remainder. Rounds: per digit 2 + ⌈log2(width of b + radix)⌉. A negative dividend uses
  /// floor(a / b) = ¬floor(¬a / b).
  func quotient(_ a: Word, _ b: Word, quotientWidth: Int, radix: Int) -> Word {
    let negative = a.sign
    let dividend = a.bits.dropLast().map { xor($0, negative) }
    // A quotient never has more bits than the dividend.
    let digits = (min(quotientWidth, dividend.count) + radix - 1) / radix
    let fractionBits = digits * radix
    let divisor = Array(b.bits.dropLast())
    let width = divisor.count + radix

    // j·b for j = 1 … 2^radix - 1.
    var multiples: [[Bit]] = [[]]
    for j in 1..<(1 << radix) {
      let wide = Word(unsigned: divisor)
      if j == 1 {
        multiples.append(wide.resized(width).bits)
      } else if j & 1 == 0 {
        multiples.append(Word(unsigned: [.zero] + multiples[j / 2]).resized(width).bits)
      } else {
        multiples.append(add(multiples[j - 1], multiples[1]))
      }
    }

    // The part above the quotient's digits is below the divisor from the start.
    var remainder =
      fractionBits < dividend.count ? Array(dividend[fractionBits...]) : []
    remainder = Word(unsigned: remainder).resized(divisor.count).bits
    var result = Array(repeating: Bit.zero, count: fractionBits)
    for digit in stride(from: digits - 1, through: 0, by: -1) {
      let incoming = (0..<radix).map { i -> Bit in
        let position = digit * radix + i
        return position < dividend.count ? dividend[position] : .zero
      }
      let shifted = Word(unsigned: incoming + remainder).resized(width).bits
      // reached[j]: j·b ≤ shifted; reached[0] is true.
      var reached: [Bit] = [.one]
      var differences: [[Bit]] = [shifted]
      for j in 1..<(1 << radix) {
        let (difference, noBorrow) = subtractUnsigned(shifted, multiples[j])
        reached.append(noBorrow)
        differences.append(difference)
      }
      reached.append(.zero)
      // Exactly one of them: the thermometer's last step.
      let exact = (0..<(1 << radix)).map { xor(reached[$0], reached[$0 + 1]) }
      remainder = (0..<divisor.count).map { i in
        exact.indices.reduce(Bit.zero) { xor($0, and(exact[$1], differences[$1][i])) }
      }
      for i in 0..<radix {
        result[digit * radix + i] = exact.indices.filter { $0 >> i & 1 == 1 }
          .reduce(Bit.zero) { xor($0, exact[$1]) }
      }
    }
    return Word(result.map { xor($0, negative) } + [negative]).resized(quotientWidth + 1)
  }

  /// a - b modulo 2^width and whether a ≥ b, for unsigned bits.
  func subtractUnsigned(_ a: [Bit], _ b: [Bit]) -> (difference: [Bit], noBorrow: Bit) {
    let sum = add(a + [.zero], b.map { !$0 } + [.one], carryIn: true)
    // The top position adds 0 + 1 + carry: it is 0 exactly when the carry comes.
    return (Array(sum.dropLast()), !sum[sum.count - 1])
  }

  /// floor(√a) for a ≥ 0: one result bit a step, comparing the remainder with 4·root + 1.
  func squareRoot(_ a: Word) -> Word {
    var bits = Array(a.bits.dropLast())
    if bits.count % 2 == 1 { bits.append(.zero) }
    var root: [Bit] = []  // least significant first
    var remainder: [Bit] = []
    for step in stride(from: bits.count - 2, through: 0, by: -2) {
      // The remainder never exceeds 2·root, so one bit more than the root and the two new ones suffice.
      let width = root.count + 3
      let shifted = Word(unsigned: [bits[step], bits[step + 1]] + remainder).resized(width).bits
      let trial = Word(unsigned: [.one, .zero] + root).resized(width).bits
      let (difference, fits) = subtractUnsigned(shifted, trial)
      remainder = (0..<width).map { select(fits, difference[$0], shifted[$0]) }
      root = [fits] + root
      remainder = Array(remainder.prefix(root.count + 1))
    }
    return Word(unsigned: root)
  }
}
