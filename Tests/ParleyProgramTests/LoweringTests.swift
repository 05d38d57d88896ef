import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// A described engine that no code implements: what the lowering sees of one.
func descriptor(
  summands: Int, adversary: Adversary = .semiHonest, shuffles: Bool = true, hasWords: Bool = true
) -> EngineDescriptor {
  var descriptor = EngineDescriptor(
    name: "test", adversary: adversary, parties: 3, privacyThreshold: 1, arithmeticSummands: summands,
    booleanSummands: summands, bytesPerWord: 16, bitsPerBit: 2, multiply: .local, and: .local,
    summands: .local, shiftedSummands: .local, bitSummands: .local, inputArith: [], inputPlanes: [],
    openToComputing: [],
    openPlanesToComputing: [], openToRecipient: [], openPlanesToRecipient: [])
  descriptor.shufflePasses = shuffles ? [.local, .local, .local] : []
  descriptor.hasWords = hasWords
  return descriptor
}

/// Builds a program over one table of two columns, runs it lowered, and compares with `expected`.
func check(
  _ ranges: [Interval], _ rows: [[BigInt]], options: LoweringOptions = .init(), seed: UInt64 = 1,
  maximumRows: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  build: (inout ProgramBuilder, [Program.NodeID]) throws -> Program.NodeID,
  expected: ([[BigInt]]) -> [BigInt]
) throws {
  let count = rows.first?.count ?? 0
  for (summands, shuffles, hasWords) in [
    (1, true, true), (2, false, true), (2, true, true), (3, false, true), (3, true, true), (1, true, false),
    (1, false, false),
  ] {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: maximumRows ?? max(count, 1)))
    let inputs = ranges.enumerated().map { index, range in
      builder.input(.init(table: table, column: "c\(index)", role: .value, sort: .integer(range)))
    }
    let node = try build(&builder, inputs)
    _ = builder.disclose(
      .init(name: "out", node: node, recipients: ["h"], meaning: .statistic, explanation: ""))
    let program = builder.program
    let lowered = try Lowering.lower(
      program, for: descriptor(summands: summands, shuffles: shuffles, hasWords: hasWords), options: options)
    #expect(hasWords || lowered.arithCount == 0, sourceLocation: sourceLocation)
    var interpreter = LoweredInterpreter(
      program: program, lowered: lowered, summandCount: summands, rows: [count],
      inputs: program.inputs.map { rows[Int($0.column.dropFirst())!] }, seed: seed)
    let opened = interpreter.run()[0]!
    #expect(
      opened == expected(rows), "summands \(summands), shuffles \(shuffles), words \(hasWords), seed \(seed)",
      sourceLocation: sourceLocation)
    let range = program[node].type.range
    #expect(opened.allSatisfy { range.contains($0) }, sourceLocation: sourceLocation)
  }
}

private func allPairs(_ a: ClosedRange<Int>, _ b: ClosedRange<Int>) -> [[BigInt]] {
  let pairs = a.flatMap { x in b.map { (BigInt(x), BigInt($0)) } }
  return [pairs.map(\.0), pairs.map(\.1)]
}

func floorDivide(_ a: BigInt, _ b: BigInt) -> BigInt {
  let (q, r) = a.quotientAndRemainder(dividingBy: b)
  return r < 0 ? q - 1 : q
}

@Suite struct LoweringTests {
  let small = Interval(-9...12)

  @Test(arguments: Program.Comparison.allForTests, [LoweringOptions.InputForm.planned, .arithmetic])
  func everyComparisonOfSmallNumbers(_ comparison: Program.Comparison, _ form: LoweringOptions.InputForm) throws {
    try check(
      [small, small], allPairs(-9...12, -9...12), options: .init(inputForm: form)
    ) {
      try $0.compare(comparison, $1[0], $1[1])
    } expected: {
      zip($0[0], $0[1]).map { a, b in
        switch comparison {
        case .less: a < b ? 1 : 0
        case .lessOrEqual: a <= b ? 1 : 0
        case .equal: a == b ? 1 : 0
        }
      }
    }
  }

  /// A column that is one number in every row is added up over all of them.
  @Test func innerProductOfConstantColumns() throws {
    try check([small, small], [[3, 4, -2], [1, 1, 5]], maximumRows: 3) { builder, inputs in
      let zero = try builder.scale(inputs[0], by: 0)
      return try builder.innerProduct(
        try builder.add(zero, builder.constant(2)), try builder.add(zero, builder.constant(7)))
    } expected: { _ in
      [42]
    }
  }

  @Test func comparisonOfAllOfInt64() throws {
    let edge: [BigInt] = [
      BigInt(Int64.min), BigInt(Int64.min) + 1, -1, 0, 1, BigInt(Int64.max) - 1, BigInt(Int64.max),
    ]
    let pairs = edge.flatMap { a in edge.map { (a, $0) } }
    let full = Interval(BigInt(Int64.min), BigInt(Int64.max))
    for comparison in Program.Comparison.allForTests {
      try check([full, full], [pairs.map(\.0), pairs.map(\.1)], options: .init(inputForm: .arithmetic)) {
        try $0.compare(comparison, $1[0], $1[1])
      } expected: {
        zip($0[0], $0[1]).map { a, b in
          switch comparison {
          case .less: a < b ? 1 : 0
          case .lessOrEqual: a <= b ? 1 : 0
          case .equal: a == b ? 1 : 0
          }
        }
      }
    }
  }

  @Test(arguments: 1...4) func quotientOfEverySmallPair(radix: Int) throws {
    try check(
      [Interval(-70...70), Interval(1...19)], allPairs(-70...70, 1...19), options: .init(divisionRadix: radix)
    ) { builder, inputs in
      try builder.quotient(inputs[0], inputs[1])
    } expected: {
      zip($0[0], $0[1]).map { floorDivide($0, $1) }
    }
  }

  @Test(arguments: 1...4) func wideQuotient(radix: Int) throws {
    var random = InsecureSplitMix(seed: 77)
    let numerators = (0..<5).map { _ in
      BigInt(Int64(bitPattern: random.next()) >> Int64(random.next() % 60)) * BigInt(random.next() >> 1)
    }
    let divisors = numerators.map { _ in BigInt(1 + random.next() >> (1 + random.next() % 60)) + 1 }
    let limit = BigInt(1) << 127
    // Columns enter narrow; the wide dividend is a product of scalars, so each case is a program of its own.
    for (numerator, divisor) in zip(numerators, divisors) {
      var builder = ProgramBuilder()
      let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 1))
      let high = builder.input(
        .init(
          table: table, column: "hi", role: .value,
          sort: .integer(Interval(-(BigInt(1) << 62), BigInt(1) << 62))))
      let low = builder.input(
        .init(table: table, column: "lo", role: .value, sort: .integer(Interval(0, (BigInt(1) << 62) - 1))))
      let d = builder.input(
        .init(table: table, column: "d", role: .value, sort: .integer(Interval(1, BigInt(1) << 62))))
      let wide = try builder.add(
        builder.scale(try builder.sum(high), by: BigInt(1) << 62), try builder.sum(low))
      let node = try builder.quotient(wide, try builder.extremum(.maximum, d))
      _ = builder.disclose(
        .init(name: "q", node: node, recipients: ["h"], meaning: .statistic, explanation: ""))
      let lowered = try Lowering.lower(
        builder.program, for: descriptor(summands: 2), options: .init(divisionRadix: radix))
      let hi = floorDivide(numerator, BigInt(1) << 62), lo = numerator - hi * (BigInt(1) << 62)
      let dv = min(divisor, BigInt(1) << 62)
      var interpreter = LoweredInterpreter(
        program: builder.program, lowered: lowered, summandCount: 2, rows: [1], inputs: [[hi], [lo], [dv]],
        seed: 5)
      #expect(interpreter.run()[0] == [floorDivide(numerator, dv)])
      #expect(numerator < limit)
    }
  }

  @Test func squareRootOfEverySmallNumber() throws {
    try check([Interval(0...1100)], [(0...1100).map { BigInt($0) }]) { builder, inputs in
      try builder.squareRoot(inputs[0])
    } expected: {
      $0[0].map { $0.squareRoot() }
    }
  }

  @Test func productsChoicesAndSums() throws {
    try check([small, small], allPairs(-9...12, -9...12)) { builder, inputs in
      let smaller = try builder.compare(.less, inputs[0], inputs[1])
      let product = try builder.multiply(inputs[0], inputs[1])
      let chosen = try builder.select(smaller, product, try builder.negate(inputs[1]))
      return try builder.sum(chosen)
    } expected: { rows in
      [zip(rows[0], rows[1]).map { a, b in a < b ? a * b : -b }.reduce(0, +)]
    }
  }

  @Test(arguments: [1, 2, 3, 7, 64, 65, 200]) func extremaOfAnyLength(count: Int) throws {
    var random = InsecureSplitMix(seed: UInt64(count))
    let values = (0..<count).map { _ in BigInt(Int(random.next() % 22)) - 9 }
    for kind in [Program.Extremum.minimum, .maximum] {
      try check([small], [values]) { builder, inputs in
        try builder.extremum(kind, inputs[0])
      } expected: {
        [kind == .minimum ? $0[0].min()! : $0[0].max()!]
      }
    }
  }

  @Test(arguments: [1, 2, 3, 6, 7]) func positionOfTheFirstExtremum(count: Int) throws {
    var random = InsecureSplitMix(seed: UInt64(count) + 40)
    for _ in 0..<6 {
      let values = (0..<count).map { _ in BigInt(Int(random.next() % 4)) - 2 }
      for kind in [Program.Extremum.minimum, .maximum] {
        try check(
          Array(repeating: small, count: count), values.map { [$0] }
        ) { builder, inputs in
          var scalars: [Program.NodeID] = []
          for input in inputs { scalars.append(try builder.sum(input)) }
          return try builder.position(of: kind, in: try builder.stack(scalars))
        } expected: { rows in
          let all = rows.map { $0[0] }
          let best = kind == .minimum ? all.min()! : all.max()!
          return [BigInt(all.firstIndex(of: best)!)]
        }
      }
    }
  }

  @Test func positionInATableIsRefused() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 3))
    let column = builder.input(.init(table: table, column: "c", role: .value, sort: .integer(small)))
    let error = #expect(throws: ParleyError.self) { try builder.position(of: .maximum, in: column) }
    #expect(error?.code.rawValue == "plan/shape")
  }

  @Test func countsAndInnerProductsOfBits() throws {
    try check([small, small], allPairs(-9...12, -9...12)) { builder, inputs in
      let positive = try builder.compare(.less, builder.constant(0), inputs[0])
      let equal = try builder.compare(.equal, inputs[0], inputs[1])
      let a = try builder.sum(positive)
      let b = try builder.innerProduct(positive, equal)
      let c = try builder.innerProduct(positive, inputs[1])
      return try builder.stack([a, b, c])
    } expected: { rows in
      let pairs = zip(rows[0], rows[1])
      return [
        BigInt(rows[0].filter { $0 > 0 }.count), BigInt(pairs.filter { $0 > 0 && $0 == $1 }.count),
        pairs.filter { $0.0 > 0 }.map(\.1).reduce(0, +),
      ]
    }
  }

  @Test func wideProductsOfScalars() throws {
    let bound = BigInt(1) << 40
    try check([Interval(-bound, bound), Interval(-bound, bound)], [[-bound + 5], [bound - 3]]) {
      builder, inputs in
      let a = try builder.sum(inputs[0]), b = try builder.sum(inputs[1])
      let product = try builder.multiply(a, b)
      return try builder.subtract(try builder.multiply(product, a), b)
    } expected: { rows in
      let a = rows[0][0], b = rows[1][0]
      return [a * b * a - b]
    }
  }

  /// A comparison by sign has 32 fewer than a tree of blocks alone (`CarryNetwork`); a third operand adds a layer of
  /// 62 full adders.
  @Test func gateCounts() throws {
    func ands(_ summands: Int, _ comparison: Program.Comparison) throws -> Int {
      var builder = ProgramBuilder()
      let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 1))
      let bound = BigInt(1) << 62
      let nodes = ["a", "b"].map {
        builder.input(
          .init(table: table, column: $0, role: .value, sort: .integer(Interval(-bound + 1, bound - 1))))
      }
      let node = try builder.compare(comparison, nodes[0], nodes[1])
      _ = builder.disclose(
        .init(name: "c", node: node, recipients: ["h"], meaning: .statistic, explanation: ""))
      let lowered = try Lowering.lower(
        builder.program, for: descriptor(summands: summands), options: .init(inputForm: .arithmetic))
      var interpreter = LoweredInterpreter(
        program: builder.program, lowered: lowered, summandCount: summands, rows: [1], inputs: [[5], [6]], seed: 1)
      #expect(interpreter.run()[0] == [comparison == .less ? 1 : 0])
      return interpreter.andCount
    }
    #expect(try ands(2, .less) == 149)
    #expect(try ands(3, .less) == 211)
    #expect(try ands(2, .equal) == 63)
  }

  @Test func overflowIsRefusedWithNodeIntervalAndRemedy() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 1_000_000))
    let column = builder.input(
      .init(table: table, column: "c", role: .value, sort: .integer(Interval(0, BigInt(1) << 50))))
    builder.origin = "SUM(c*c), line 3"
    let node = try builder.sum(try builder.multiply(column, column))
    _ = builder.disclose(
      .init(name: "s", node: node, recipients: ["h"], meaning: .statistic, explanation: ""))
    let program = builder.program
    let error = #expect(throws: ParleyError.self) {
      try Lowering.lower(program, for: descriptor(summands: 2))
    }
    #expect(error?.code.rawValue == "plan/overflow")
    #expect(error?.place?.item == "SUM(c*c), line 3")
    #expect(error?.remedy?.contains("maximum-rows") == true)
  }
}

extension Program.Comparison {
  static let allForTests: [Program.Comparison] = [.less, .lessOrEqual, .equal]
}
