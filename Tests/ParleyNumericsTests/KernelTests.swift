import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// Functions in programs: at random and adversarial arguments within the claimed errors, the same integers from every engine, and costs as planned.
@Suite struct KernelTests {
  /// Arguments at the ends of segments, the ends of the range, and random ones, with 24 fraction bits.
  static let arguments: [Int64] = {
    var random = Numbers(11)
    let unit = Int64(1) << 24
    var all: [Int64] = [0, 1, -1, 20 * unit, -20 * unit, 16 * unit, -16 * unit, 16 * unit - 1, 16 * unit + 1]
    for half in stride(from: Int64(-32), through: 32, by: 1) { all += [half * unit / 2, half * unit / 2 - 1] }
    return all + (0..<400).map { _ in Int64.random(in: -18 * unit...18 * unit, using: &random) }
  }()

  @Test(arguments: SigmoidPrecision.allCases) func sigmoid(_ precision: SigmoidPrecision) throws {
    let unit = Int64(1) << 24
    for most in [Int64(20), 15] {
      let arguments = Self.arguments.filter { abs($0) <= most * unit }
      var made: Fixed?
      let sample = try Sample([(-most * unit...most * unit, arguments)]) { builder, columns in
        let value = try builder.sigmoid(builder.fixed(columns[0], fractionBits: 24), precision: precision)
        made = value
        return [value.node]
      }
      let value = try #require(made)
      Reading(try sample.evaluate()[0], value).expect(
        arguments.map { Series.rational(Series.sigmoid(Rational(BigInt($0)) * .power(-24))) })
      let bits = precision == .low ? -18 : most > 16 ? -23 : -27
      #expect(value.error.rational < .power(bits) * Rational(21, 20), "\(value.error.rational.double)")
    }
  }

  /// The derivative beside it, for arguments of few bits and of many, which are cut.
  @Test(arguments: SigmoidPrecision.allCases, [24, 40]) func slope(_ precision: SigmoidPrecision, _ bits: Int)
    throws
  {
    let most = Int64(20) << Int64(bits)
    let arguments = Self.arguments.map { ($0 << Int64(bits - 24)) + ($0 % 3) }
    var made: (value: Fixed, slope: Fixed)?
    let sample = try Sample([(-most - 2...most + 2, arguments)]) { builder, columns in
      let value = try builder.sigmoidAndSlope(
        builder.fixed(columns[0], fractionBits: bits), precision: precision)
      made = value
      return [value.value.node, value.slope.node]
    }
    let (value, slope) = try #require(made)
    let results = try sample.evaluate()
    let truths = arguments.map { Series.rational(Series.sigmoid(Rational(BigInt($0)) * .power(-bits))) }
    Reading(results[0], value).expect(truths)
    Reading(results[1], slope).expect(truths.map { $0 * (1 - $0) })
    #expect(slope.error.rational < .power(-12), "\(slope.error.rational.double)")
  }

  /// An error of the argument counts a quarter.
  @Test func sigmoidOfInexact() throws {
    _ = try Sample([(-100...100, [3])]) { builder, columns in
      let exact = try builder.sigmoid(builder.fixed(columns[0], fractionBits: 5), precision: .high)
      let inexact = try builder.sigmoid(
        builder.fixed(columns[0], fractionBits: 5, error: .power(-10)), precision: .high)
      #expect(inexact.error == exact.error + .power(-12))
      return [exact.node]
    }
  }

  @Test func exponential() throws {
    let unit = Int64(1) << 24
    let arguments = Self.arguments.filter { abs($0) <= 11 * unit } + [11 * unit, -11 * unit]
    var made: (value: Fixed, relativeError: Dyadic)?
    let sample = try Sample([(-11 * unit...11 * unit, arguments)]) { builder, columns in
      let value = try builder.exponential(builder.fixed(columns[0], fractionBits: 24))
      made = value
      return [value.value.node]
    }
    let (value, relative) = try #require(made)
    let truths = arguments.map { Series.rational(Series.exp(Rational(BigInt($0)) * .power(-24))) }
    let reading = Reading(try sample.evaluate()[0], value)
    reading.expect(truths)
    for (x, y) in zip(reading.value, truths) { #expect((x - y).magnitude <= relative.rational * y) }
    #expect(relative.rational < .power(-26), "\(relative.rational.double)")
    let error = #expect(throws: ParleyError.self) {
      _ = try Sample([(0...12, [0])]) { builder, columns in
        [try builder.exponential(builder.fixed(columns[0], fractionBits: 0)).value.node]
      }
    }
    #expect(error?.code.rawValue == "plan/overflow")
  }

  /// Positive integers of every length.
  static func positive(_ bits: Int) -> [Int64] {
    var random = Numbers(UInt64(bits))
    var values: [Int64] = []
    for place in 0..<Int64(bits) {
      let power: Int64 = 1 << place
      values += [power, power - 1, power + 1]
    }
    for _ in 0..<150 {
      let end: Int64 = 1 << Int64.random(in: 1...Int64(bits), using: &random)
      values.append(Int64.random(in: 1..<end, using: &random))
    }
    let end: Int64 = 1 << Int64(bits)
    values.append(end - 1)
    return values.filter { $0 >= 1 && $0 < end }
  }

  @Test(arguments: [1, 2, 3, 16, 17, 33, 47, 60]) func leadingOnes(bits: Int) throws {
    let values = Self.positive(bits)
    let sample = try Sample([(1...(1 << Int64(bits)) - 1, values)]) { builder, columns in
      let leading = try builder.leadingOne(of: columns[0])
      #expect(leading.width == bits)
      return [leading.mantissa, leading.shift, leading.power]
    }
    let results = try sample.evaluate()
    for (index, value) in values.enumerated() {
      let shift = bits - BigInt(value).magnitude.bitWidth
      #expect(results[0].count == 1 && bits == 1 || results[0][index] == BigInt(value) << shift)
      guard bits > 1 else { continue }
      #expect(results[1][index] == BigInt(shift) && results[2][index] == BigInt(1) << shift)
    }
    if bits == 60 { #expect(try sample.run(ReplicatedFamily<UInt64>()) == results) }
  }

  @Test func leadingOneOfNothing() throws {
    for (range, code) in [(0...5, "plan/divisor-range"), (1...Int64.max, "plan/overflow")]
      as [(ClosedRange<Int64>, String)]
    {
      let error = #expect(throws: ParleyError.self) {
        _ = try Sample([(range, [1])]) { builder, columns in [try builder.leadingOne(of: columns[0]).mantissa] }
      }
      #expect(error?.code.rawValue == code && error?.remedy != nil)
    }
    let error = #expect(throws: ParleyError.self) {
      _ = try Sample([(1...5, [1])]) { builder, columns in
        [try builder.reciprocal(builder.fixed(columns[0], fractionBits: 0, error: .power(0))).leading.mantissa]
      }
    }
    #expect(error?.code.rawValue == "plan/precision" && error?.remedy != nil)
  }

  @Test(arguments: [8, 29, 45, 60]) func reciprocals(bits: Int) throws {
    let values = Self.positive(bits)
    var made: FloatingNumber?
    let sample = try Sample([(1...(1 << Int64(bits)) - 1, values)]) { builder, columns in
      let result = try builder.reciprocal(builder.fixed(columns[0], fractionBits: 7))
      made = result.number
      return [result.number.mantissa.node, result.number.exponent]
    }
    let number = try #require(made)
    #expect(number.relativeError.rational < .power(-26), "\(number.relativeError.rational.double)")
    let results = try sample.evaluate()
    for (index, value) in values.enumerated() {
      let found = Rational(results[0][index]) * .power(Int(results[1][index]) - number.mantissa.fractionBits)
      let truth = Rational(128, BigInt(value))
      #expect((found - truth).magnitude <= truth * number.relativeError.rational, "1 / \(value)")
    }
    if bits == 29 { #expect(try sample.run(VerifiedReplicatedFamily<UInt64>()) == results) }
  }

  @Test(arguments: [8, 31, 32, 60]) func logarithms(bits: Int) throws {
    let values = Self.positive(bits)
    var made: Fixed?
    let sample = try Sample([(1...(1 << Int64(bits)) - 1, values)]) { builder, columns in
      let value = try builder.binaryLogarithm(builder.fixed(columns[0], fractionBits: 5))
      made = value
      return [value.node]
    }
    let value = try #require(made)
    #expect(value.error.rational < .power(-26), "\(value.error.rational.double)")
    Reading(try sample.evaluate()[0], value).expect(
      values.map { integer in
        let length = BigInt(integer).magnitude.bitWidth
        let mantissa = Rational(BigInt(integer)) * .power(1 - length)
        return Series.rational(Series.binaryLogarithm(mantissa)) + Rational(BigInt(length - 6))
      })
  }

  @Test(arguments: [1, 20, 50]) func floats(significantBits: Int) throws {
    let positive = Self.positive(40)
    let values = positive + positive.map { -$0 } + [0]
    let end = Int64(1) << 40
    let sample = try Sample([(-end...end, values)]) { builder, columns in
      let output = try builder.floatOutput(
        builder.fixed(columns[0], fractionBits: 9), significantBits: significantBits)
      return [output.mantissa, output.exponent]
    }
    let results = try sample.evaluate()
    for (index, value) in values.enumerated() {
      let (mantissa, exponent) = (results[0][index], Int(results[1][index]))
      let truth = Rational(BigInt(value)) * .power(-9), found = Rational(mantissa) * .power(exponent)
      guard value != 0 else {
        #expect(mantissa == 0 && exponent == 0)
        continue
      }
      let magnitude = BigInt(mantissa.magnitude)
      #expect(magnitude >= BigInt(1) << (significantBits - 1) && magnitude <= BigInt(1) << significantBits)
      #expect((found - truth).magnitude <= .power(exponent - 1))
    }
    if significantBits == 20 { #expect(try sample.run(ReplicatedFamily<UInt64>()) == results) }
  }

  /// Quotients of integers of any length, each the product of two inputs or more.
  @Test func quotientsOfLongNumbers() throws {
    var random = Numbers(29)
    var cases: [[Int64]] = [
      [0, 1, 1], [1, 1, 1], [-1, 1, 3], [1 << 40, 1 << 40, 1], [1, 1, 1 << 40], [3, 1, 3],
    ]
    for _ in 0..<60 {
      cases.append(
        (0..<3).map { place in
          let end: Int64 = 1 << Int64.random(in: 1...40, using: &random)
          return Int64.random(in: (place == 0 ? -end : 1)...end, using: &random)
        })
    }
    let end = Int64(1) << 40
    for (index, item) in cases.enumerated() {
      let sample = try Sample(
        item.enumerated().map { (range: ($0 == 0 ? -end : 1)...end, values: [$1]) }, maximumRows: 1
      ) { builder, columns in
        var scalars: [Program.NodeID] = []
        for column in columns { scalars.append(try builder.sum(column)) }
        let square = try builder.multiply(scalars[1], scalars[1])
        // Up to 2^160 over up to 2^80.
        let upper = try builder.multiply(try builder.multiply(square, scalars[0]), scalars[1])
        let one = builder.constant(1)
        let lower = try builder.multiply(scalars[2], scalars[2])
        let isZero = try builder.compare(.less, lower, one)
        let output = try builder.floatQuotient(
          upper, over: try builder.select(isZero, one, lower, within: Interval(1, 1 << 81)), significantBits: 20)
        return [output.mantissa, output.exponent]
      }
      let results = try sample.evaluate()
      let (mantissa, exponent) = (results[0][0], Int(results[1][0]))
      let cube = BigInt(item[1]) * BigInt(item[1]) * BigInt(item[1])
      let truth = Rational(BigInt(item[0]) * cube, BigInt(item[2]) * BigInt(item[2]))
      if item[0] == 0 {
        #expect(mantissa == 0 && exponent == 0)
      } else {
        #expect(mantissa.magnitude >= 1 << 19 && mantissa.magnitude <= 1 << 20)
        let distance = (Rational(mantissa) * .power(exponent) - truth).magnitude
        #expect(distance <= .power(exponent) * Rational(129, 256), "\(item)")
      }
      if index == 7 {
        #expect(try sample.run(ReplicatedFamily<UInt64>()) == results)
        #expect(try sample.run(VerifiedReplicatedFamily<UInt64>()) == results)
      }
    }
    let error = #expect(throws: ParleyError.self) {
      _ = try Sample([(0...5, [1])]) { builder, columns in
        [try builder.floatQuotient(columns[0], over: columns[0], significantBits: 20).mantissa]
      }
    }
    #expect(error?.code.rawValue == "plan/divisor-range" && error?.remedy != nil)
  }

  /// Bytes and rounds of each function are what the plan says, under both adversaries, and not more than the document says.
  @Test func costs() throws {
    let unit = Int64(1) << 24
    let rows = 64
    let arguments = (0..<rows).map { Int64($0) * unit / 8 + 1 }
    let kernels: [(Int, (inout ProgramBuilder, Fixed) throws -> Program.NodeID)] = [
      (850, { try $0.sigmoid($1, precision: .low).node }),
      (1150, { try $0.sigmoid($1, precision: .high).node }),
      (1260, { try $0.exponential($1).value.node }),
      (1200, { try $0.reciprocal($1).number.mantissa.node }),
      (1200, { try $0.binaryLogarithm($1).node }),
      (370, { try $0.floatOutput($1, significantBits: 20).mantissa }),
    ]
    for (bytes, kernel) in kernels {
      let sample = try Sample([(1...8 * unit, arguments)]) { builder, columns in
        [try kernel(&builder, builder.fixed(columns[0], fractionBits: 24))]
      }
      let expected = try sample.evaluate()
      #expect(try sample.run(ReplicatedFamily<UInt64>()) == expected)
      #expect(try sample.run(VerifiedReplicatedFamily<UInt64>()) == expected)
      #expect(try sample.cost(ReplicatedFamily<UInt64>()).bytes <= bytes * rows)
    }
  }
}
