import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// Numbers with a scale: claimed errors against exact fractions.
@Suite struct FixedTests {
  @Test func boundsRoundUp() {
    let third = Dyadic(of: Rational(1, 3))
    #expect(third.rational >= Rational(1, 3) && third.rational < Rational(1, 3) + .power(-30))
    let large = Dyadic((BigInt(1) << 80) + 1, fractionBits: 10)
    #expect(large.rational > .power(70) && large.rational <= .power(70) * (1 + .power(-30)))
    #expect((Dyadic.power(-3) + .power(-4)).rational == Rational(3, 16))
    #expect((Dyadic.power(-3) * .power(-4)) == .power(-7) && Dyadic.power(-3) * -3 == Dyadic(3, fractionBits: 3))
    #expect(
      Dyadic(5, fractionBits: 4).exponent == -1 && Dyadic.power(-9).exponent == -9 && Dyadic.zero.exponent == nil)
    #expect(Dyadic.zero < .power(-300) && "\(Dyadic(5, fractionBits: 4))" == "at most 2^-1")
  }

  @Test func fractions() {
    #expect(Rational(6, -4) == Rational(-3, 2) && Rational(-7, 2).floor == -4 && Rational(-7, 2).ceiling == -3)
    #expect(Rational(5, 2).rounded == 3 && Rational(-5, 2).rounded == -2 && Rational(1, 3).scaled(4) == 5)
    #expect(Rational(1, 3) + Rational(1, 6) == Rational(1, 2) && Rational(1, 3) / Rational(2, 3) == Rational(1, 2))
    #expect(
      Rational(-1, 3) < 0 && Rational(-1, 3).magnitude == Rational(1, 3) && Rational.power(-2) == Rational(1, 4))
  }

  static let values: [Int64] = [0, 1, -1, 2047, -2048, 777, -1023, 1500]

  /// Every operation on eight numbers with 7 fraction bits, the second column being what it is to 2^-6 only.
  @Test func operations() throws {
    let other = Self.values.reversed().map { Int64($0 / 3) }
    var made: [Fixed] = []
    let sample = try Sample([(-2048...2047, Self.values), (-700...700, other)]) { builder, columns in
      let a = builder.fixed(columns[0], fractionBits: 7)
      let b = builder.fixed(columns[1], fractionBits: 5, error: .power(-6))
      let third = builder.constant(Rational(1, 3), fractionBits: 12)
      let isLess = try builder.compare(.less, columns[0], columns[1])
      made = [
        try builder.add(a, b), try builder.subtract(a, b), try builder.scale(a, by: -5),
        builder.shifted(b, by: 3), try builder.rounded(b, to: 2), try builder.rounded(a, to: 9),
        try builder.multiply(a, b, to: 6), try builder.multiply(third, b, to: 12), try builder.sum(b),
        try builder.select(isLess, a, b), try builder.multiply(a, a, to: 14), try builder.multiply(a, b, to: 15),
      ]
      return made.map(\.node)
    }
    let results = try sample.evaluate()
    let a = Self.values.map { Rational(BigInt($0), 128) }
    // The true values of b are as far from it as is allowed.
    for sign in [Rational(-1), 1] {
      let b = other.map { Rational(BigInt($0), 32) + sign * .power(-6) }
      let isLess = zip(Self.values, other).map { $0 < $1 }
      let truths: [[Rational]] = [
        zip(a, b).map { $0 + $1 }, zip(a, b).map { $0 - $1 }, a.map { $0 * -5 }, b.map { $0 * 8 }, b, a,
        zip(a, b).map { $0 * $1 }, b.map { $0 * Rational(1, 3) }, [b.reduce(0, +)],
        isLess.indices.map { isLess[$0] ? a[$0] : b[$0] }, a.map { $0 * $0 }, zip(a, b).map { $0 * $1 },
      ]
      for (index, truth) in truths.enumerated() {
        Reading(results[index], made[index]).expect(truth, "operation \(index)")
      }
    }
    #expect(made[2].error == .zero && made[5].error == .zero && made[10].error == .zero)
    #expect(made[0].error == .power(-6) && made[3].error == .power(-3) && made[8].error == .power(-3))
  }

  /// Ways to multiply: by lengths of both operands and bits that are dropped, with values at the ends and random ones.
  static let widths: [(Int, Int, Int)] = [
    (20, 30, 15), (30, 30, 20), (45, 30, 20), (58, 13, 40), (30, 45, 28), (50, 42, 40), (52, 50, 46), (58, 58, 60),
    (57, 57, 58), (42, 52, 44), (10, 12, -20), (55, 3, 2),
  ]
  @Test(arguments: widths) func wideProducts(_ x: Int, _ y: Int, _ cut: Int) throws {
    var random = Numbers(UInt64(x * 1000 + y * 10 + 3))
    func numbers(_ bits: Int) -> [Int64] {
      let end = Int64(1) << Int64(bits)
      return [end, -end, end, -end, 0, 1, -1] + (0..<25).map { _ in Int64.random(in: -end...end, using: &random) }
    }
    let (a, b) = (numbers(x), numbers(y).reversed() as [Int64])
    var made: Fixed?
    let sample = try Sample([(-(1 << Int64(x))...(1 << Int64(x)), a), (-(1 << Int64(y))...(1 << Int64(y)), b)]) {
      builder, columns in
      let product = try builder.multiply(
        builder.fixed(columns[0], fractionBits: 40), builder.fixed(columns[1], fractionBits: 40), to: 80 - cut)
      made = product
      return [product.node]
    }
    let product = try #require(made)
    #expect(product.error.rational <= .power(cut - 80))
    let results = try sample.evaluate()
    Reading(results[0], product).expect(
      zip(a, b).map { Rational(BigInt($0) * BigInt($1)) * .power(-80) }, "2^\(x) by 2^\(y) without \(cut) bits")
    if x + y > 90 { #expect(try sample.run(ReplicatedFamily<UInt64>()) == results) }
  }

  @Test(arguments: [(60, 60, 40), (60, 60, 60), (40, 40, 10), (59, 2, 0), (59, 30, 40)]) func tooWide(
    _ x: Int, _ y: Int, _ cut: Int
  ) throws {
    let error = #expect(throws: ParleyError.self) {
      _ = try Sample([(0...1 << Int64(x), [0]), (0...1 << Int64(y), [0])]) { builder, columns in
        let product = try builder.multiply(
          builder.fixed(columns[0], fractionBits: 0), builder.fixed(columns[1], fractionBits: 0), to: -cut)
        return [product.node]
      }
    }
    #expect(error?.code.rawValue == "plan/overflow" && error?.remedy != nil)
  }

  /// 2 × 3 by 3 × 2, with and without parts.
  @Test(arguments: [12, 45]) func matrices(bits: Int) throws {
    var random = Numbers(UInt64(bits))
    let end = Int64(1) << Int64(bits)
    let entries = (0..<12).map { _ in Int64.random(in: -end...end, using: &random) }
    var made: Fixed?
    let sample = try Sample(entries.map { (-end...end, [$0]) }) { builder, columns in
      let scalars = try columns.map { try builder.sum($0) }
      let left = builder.fixed(try builder.stack(Array(scalars[..<6])), fractionBits: 40, error: .power(-50))
      let right = builder.fixed(try builder.stack(Array(scalars[6...])), fractionBits: 40)
      let product = try builder.multiply(
        left, right, to: 38, as: .matrix(rows: 2, inner: 3, columns: 2))
      made = product
      return [product.node]
    }
    let results = try sample.evaluate()
    let values = entries.map { Rational(BigInt($0)) * .power(-40) }
    var truth: [Rational] = []
    for row in 0..<2 {
      for column in 0..<2 {
        truth.append((0..<3).reduce(Rational(0)) { $0 + values[row * 3 + $1] * values[6 + $1 * 2 + column] })
      }
    }
    Reading(results[0], try #require(made)).expect(truth)
    #expect(try sample.run(VerifiedReplicatedFamily<UInt64>()) == results)
  }

  @Test func intervals() throws {
    let values: [Int64] = [-9, -8, -1, 0, 7, 8, 9, 100]
    let sample = try Sample([(-9...100, values)]) { builder, columns in
      let kept = try builder.kept(columns[0], within: Interval(-8...8))
      let clamped = try builder.clamped(columns[0], within: Interval(-8...8))
      #expect(builder.type(of: kept.node).range == Interval(-8...8))
      #expect(builder.type(of: clamped).range == Interval(-8...8))
      let power = try builder.kept(builder.fixed(columns[0], fractionBits: 2), withinPower: 1).value
      let ends = try builder.clamped(builder.fixed(columns[0], fractionBits: 2), toPower: 1)
      return [kept.node, try builder.integer(fromBit: kept.isOutside), clamped, power.node, ends.node]
    }
    let kept: [BigInt] = [0, -8, -1, 0, 7, 8, 0, 0], clamped: [BigInt] = [-8, -8, -1, 0, 7, 8, 8, 8]
    #expect(try sample.evaluate() == [kept, [1, 0, 0, 0, 0, 0, 1, 1], clamped, kept, clamped])
  }
}
