import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Exact truncation from shifted summands (docs/proofs/truncation.md), in small rings for every operand and every summand.
@Suite struct TruncationTests {
  /// A shape for operands of −2^(width−1) ..< 2^(width−1).
  private static func shape(_ summands: Int, bits: Int, width: Int, ring: Int) -> TruncationShape {
    let end = BigInt(1) << (width - 1)
    return TruncationShape(summands: summands, bits: bits, of: Interval(-end, end - 1), ringBits: ring)
  }

  /// Few top bits where the operand leaves room for them, all bits otherwise.
  @Test func forms() {
    for (summands, few, rounding) in [(1, 1, 1), (2, 1, 1), (3, 2, 2), (4, 2, 3), (5, 3, 4), (8, 3, 7)] {
      for bits in [1, 20, 63 - few] {
        let narrow = Self.shape(summands, bits: bits, width: 64 - few, ring: 64)
        #expect(narrow.topBits == few && narrow.rounding == rounding && narrow.operandBits == 63 - few)
        let wide = Self.shape(summands, bits: bits, width: 65 - few, ring: 64)
        #expect(wide.topBits == 64 && wide.rounding == 0 && wide.operandBits == 63)
      }
      let deep = Self.shape(summands, bits: 64 - few, width: 64 - few, ring: 64)
      #expect(deep.topBits == 64 && deep.operandBits == 63)
      #expect(Self.shape(summands, bits: 90, width: 20, ring: 64).bits == 63)
    }
  }

  /// The identity of the proof in the ring of 8 bits, for every operand and all of two and three summands: how often the summands
  /// wrap is the quotient of what their top bits say, and the result is the quotient of the operand.
  @Test(arguments: [(2, 1), (2, 2), (2, 3), (2, 4), (2, 5), (2, 6), (3, 3)])
  func identityInEightBits(summands: Int, bits: Int) {
    let shape = Self.shape(summands, bits: bits, width: summands == 2 ? 7 : 6, ring: 8)
    let top = shape.topBits, down = 8 - top, low = 1 << bits - 1, offset = Int(shape.offset)
    #expect(top == summands - 1)
    var wrong = 0
    for shifted in 0..<(1 << (8 - top)) {
      let quotient = ((shifted - offset) >> bits) & 255
      for first in 0..<256 {
        for second in 0..<(summands == 2 ? 1 : 256) {
          let last = (shifted - first - second) & 255
          let wraps = (first >> down + second >> down + last >> down + shape.rounding) >> top
          let carry = (first & low + second & low + last & low) >> bits
          let parts = first >> bits + second >> bits + last >> bits
          let result = (parts + carry - wraps << (8 - bits) - offset >> bits) & 255
          if wraps != (first + second + last) >> 8 || result != quotient { wrong += 1 }
        }
      }
    }
    #expect(wrong == 0)
  }

  /// What programs are lowered to, in a ring of few bits for all operands and all summands: in multiples of 2^(64−w) the ring
  /// of 64 bits is that of w bits.
  @Test(
    arguments: [
      // Summands, bits of the ring, width of the operands: 1 to 4 summands by their top bits, and by all bits.
      (1, 8, 7), (2, 6, 5), (2, 6, 6), (3, 4, 2), (3, 4, 3), (3, 4, 4), (4, 3, 1), (4, 3, 2),
    ])
  func everySummandOfSmallRings(summands: Int, ring: Int, width: Int) throws {
    let unit = 64 - ring, end = 1 << (width - 1)
    var operands: [BigInt] = []
    var chosen: [[UInt64]] = []
    for operand in -end..<end {
      for all in 0..<(1 << (ring * (summands - 1))) {
        operands.append(BigInt(operand) << unit)
        chosen.append(
          (0..<summands - 1).map { UInt64(truncatingIfNeeded: all >> ($0 * ring)) << UInt64(unit) })
      }
    }
    let range = Interval(BigInt(-end) << unit, BigInt(end - 1) << unit)
    for dropped in Set([1, width]) {
      let bits = unit + dropped
      var builder = ProgramBuilder()
      let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: operands.count))
      let input = builder.input(.init(table: table, column: "c0", role: .value, sort: .integer(range)))
      _ = builder.disclose(
        .init(
          name: "out", node: try builder.truncate(input, bits: bits), recipients: ["h"], meaning: .statistic,
          explanation: ""))
      let lowered = try Lowering.lower(
        builder.program, for: descriptor(summands: summands), options: .init(inputForm: .arithmetic))
      var interpreter = LoweredInterpreter(
        program: builder.program, lowered: lowered, summandCount: summands, rows: [operands.count],
        inputs: [operands], seed: 3)
      interpreter.chosenSummands = chosen
      let divisor = BigInt(1) << bits
      let opened = try #require(interpreter.run()[0])
      let wrong = zip(operands, opened).filter { floorDivide($0.0, divisor) != $0.1 }
      #expect(wrong.isEmpty, "\(dropped) bits: \(wrong.prefix(3))")
    }
  }

  /// At the ends of the ranges between which the form changes, of whole words, and for more bits than a word has.
  @Test(arguments: [0, 1, 5, 16, 40, 60, 61, 62, 63, 64, 70]) func everyWidth(bits: Int) throws {
    var random = InsecureSplitMix(seed: UInt64(bits) + 3)
    for end in [50, 60, 61, 62, 63].map({ BigInt(1) << $0 }) {
      let range = Interval(-end, end - 1)
      var values = [-end, -end + 1, -end / 2, -1, 0, 1, end / 2 - 1, end / 2, end - 2, end - 1]
      values += (0..<40).map { _ in
        let value = BigInt(Int64(bitPattern: random.next()) >> Int64(random.next() % 60))
        return range.contains(value) ? value : value / (BigInt(1) << 14)
      }
      try check([range], [values], options: .init(inputForm: .arithmetic), seed: 9) { builder, inputs in
        try builder.truncate(inputs[0], bits: bits)
      } expected: {
        $0[0].map { floorDivide($0, BigInt(1) << bits) }
      }
    }
  }

  /// By 20 bits: the network of the low ones only, and one sum of products for both carries.
  @Test func gateCounts() throws {
    func ands(_ summands: Int, width: Int) throws -> Int {
      var builder = ProgramBuilder()
      let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 1))
      let end = BigInt(1) << (width - 1)
      let input = builder.input(
        .init(table: table, column: "c0", role: .value, sort: .integer(Interval(-end, end - 1))))
      _ = builder.disclose(
        .init(
          name: "out", node: try builder.truncate(input, bits: 20), recipients: ["h"], meaning: .statistic,
          explanation: ""))
      let lowered = try Lowering.lower(
        builder.program, for: descriptor(summands: summands), options: .init(inputForm: .arithmetic))
      var interpreter = LoweredInterpreter(
        program: builder.program, lowered: lowered, summandCount: summands, rows: [1], inputs: [[12345678]],
        seed: 1)
      #expect(interpreter.run()[0] == [11])
      return interpreter.andCount
    }
    let low = try #require(CarryNetwork.ands(width: 20))
    #expect(try ands(1, width: 64) == 0)
    #expect(try ands(2, width: 63) == low)
    // 20 full adders below, and three gates on the two top bits of three summands.
    #expect(try ands(3, width: 62) <= 20 + low + 3)
    #expect(try ands(3, width: 63) > 64 + low)
  }
}
