import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import Testing

/// What kernels are refused for, and the same as the advice says.
@Suite struct KernelRemedyTests {
  private typealias Build = (inout ProgramBuilder, [Program.NodeID], _ broken: Bool) throws -> Void

  private func expect(
    _ code: String, _ advice: String, _ columns: [ClosedRange<Int64>],
    at location: SourceLocation = #_sourceLocation,
    _ build: @escaping Build
  ) throws {
    func make(broken: Bool) throws {
      _ = try Sample(columns.map { ($0, [$0.upperBound]) }) { builder, inputs in
        try build(&builder, try inputs.map { try builder.sum($0) }, broken)
        return [inputs[0]]
      }
    }
    let error = try #require(throws: ParleyError.self, sourceLocation: location) { try make(broken: true) }
    #expect(error.code.rawValue == code, "\(error)", sourceLocation: location)
    #expect(error.remedy?.contains(advice) == true, "\(error)", sourceLocation: location)
    try make(broken: false)
  }

  /// 1 in place of a 0.
  private static func positive(_ node: Program.NodeID, _ builder: inout ProgramBuilder) throws -> Program.NodeID {
    let isZero = try builder.compare(.equal, node, builder.constant(0))
    return try builder.select(
      isZero, builder.constant(1), node, within: Interval(1, builder.type(of: node).range.upper))
  }

  @Test func leadingOnesAreOfPositiveNumbers() throws {
    try expect("plan/divisor-range", "select 1 where it is 0", [0...100]) { builder, values, broken in
      _ = try builder.leadingOne(of: broken ? values[0] : Self.positive(values[0], &builder))
    }
    try expect("plan/divisor-range", "select 1 where it is 0", [0...100, 0...100]) { builder, values, broken in
      let denominator = broken ? values[1] : try Self.positive(values[1], &builder)
      _ = try builder.floatQuotient(values[0], over: denominator, significantBits: 20)
    }
  }

  @Test func longNumbersHaveNoLeadingOne() throws {
    let words = "narrow the declared ranges of the columns involved, or lower maximum-rows"
    try expect("plan/overflow", words, [1...100]) { builder, values, broken in
      let long = try builder.scale(Self.positive(values[0], &builder), by: BigInt(1) << (broken ? 55 : 40))
      _ = try builder.leadingOne(of: long)
    }
  }

  @Test func argumentsOfExponentialsAreClamped() throws {
    try expect("plan/overflow", "clamp it first", [0...4096]) { builder, values, broken in
      let node = broken ? values[0] : try builder.clamped(values[0], within: Interval(0, 10 * 256))
      _ = try builder.exponential(builder.fixed(node, fractionBits: 8))
    }
  }

  @Test func divisorsAreKnownWellEnough() throws {
    let words = "give it with a smaller error, or with a greater least value"
    try expect("plan/precision", words, [1...4096]) { builder, values, broken in
      let node = try Self.positive(values[0], &builder)
      _ = try builder.reciprocal(builder.fixed(node, fractionBits: 8, error: .power(broken ? -8 : -12)))
    }
  }

  @Test func matricesAreKnownWellEnough() throws {
    let words = "give the matrix with more fraction bits, or bound the entries of the inverse by less"
    let end = Int64(1) << 47
    try expect("plan/precision", words, [1...end]) { builder, values, broken in
      let matrix = builder.fixed(values[0], fractionBits: 46, error: .power(broken ? -3 : -47))
      _ = try builder.symmetricInverse(of: matrix, order: 1, growth: 20)
    }
    try expect("plan/precision", words, [1...end]) { builder, values, broken in
      let matrix = builder.fixed(values[0], fractionBits: 46, error: .power(-3))
      _ = try builder.symmetricInverse(of: matrix, order: 1, growth: broken ? 20 : 8)
    }
  }

  @Test func distancesCanBeProven() throws {
    let words = "ask for a larger tolerance, or give more fraction bits"
    let end = Int64(1) << 47
    try expect("plan/precision", words, [1...end, -end...end]) { builder, values, broken in
      let matrix = builder.fixed(values[0], fractionBits: 46, error: .power(-47))
      let right = builder.fixed(values[1], fractionBits: 46, error: .power(-47))
      let inverse = try builder.symmetricInverse(of: matrix, order: 1, growth: 20)
      let solution = try builder.solution(of: inverse, right: right, magnitude: 12)
      let bound = try builder.distanceBound(of: solution.residual, by: inverse)
      _ = try builder.isWithin(.power(broken ? -40 : -4), bound, units: 1)
    }
  }
}
