import BigInt
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// Ranges that lemmas give (docs/proofs/lemmas.md): they hold of random and of extreme data, programs compute the same with them
/// on every engine, and one that is false is found in the clear.
@Suite struct KnownRangeTests {
  typealias Build = @Sendable (inout ProgramBuilder, RowProgramTests.Inputs) throws -> [Program.NodeID]

  /// By lemma, a program that uses it and the range that its first result has.
  static let programs: [(lemma: Program.Lemma, range: ClosedRange<Int>, build: Build)] = [
    (
      .oneOfSeveral, -43...21,
      { builder, input in
        // y is 0 to 3, so that one of four bits is set.
        let numbers = [
          try builder.negate(input.x), builder.constant(21), builder.constant(7), builder.constant(-2),
        ]
        var pairs: [(Program.NodeID, Program.NodeID)] = []
        for (value, number) in numbers.enumerated() {
          let bit = try builder.compare(.equal, input.y, builder.constant(BigInt(value)))
          pairs.append((try builder.integer(fromBit: bit), number))
        }
        return [try builder.known(try builder.productSum(pairs), within: Interval(-43...21), by: .oneOfSeveral)]
      }
    ),
    (
      .disjointCounts, 0...200,
      { builder, input in
        let one = try builder.compare(.equal, input.y, builder.constant(1))
        let two = try builder.compare(.equal, input.y, builder.constant(2))
        let sum = try builder.add(try builder.sum(one), try builder.sum(two))
        return [try builder.known(sum, within: Interval(0...200), by: .disjointCounts)]
      }
    ),
    (
      .subsetSum, 0...20_100,
      { builder, input in
        // 1 + 2 + … + 200 = 20,100.
        let one = try builder.spread(builder.constant(1), over: builder.type(of: input.b).shape)
        let sum = try builder.innerProduct(input.b, try builder.runningSum(one))
        return [try builder.known(sum, within: Interval(0...20_100), by: .subsetSum)]
      }
    ),
    (
      .cauchySchwarz, -12_162...12_162,
      { builder, input in
        // Σ x² ≤ 200 · 43² and, of y where that is so and 0 elsewhere, Σ y² ≤ 400; the root of 147,920,000 is 12,162.2.
        let isSmall = try builder.compare(
          .lessOrEqual, try builder.innerProduct(input.y, input.y), builder.constant(400))
        let y = try builder.multiply(input.y, try builder.integer(fromBit: isSmall))
        let sum = try builder.innerProduct(input.x, y)
        return [try builder.known(sum, within: Interval(-12_162...12_162), by: .cauchySchwarz)]
      }
    ),
    (
      .weightedMean, -20...43,
      { builder, input in
        let weight = try builder.atLeast(try builder.sum(input.y), 1)
        let total = try builder.innerProduct(input.y, input.x)
        return [
          try builder.known(try builder.quotient(total, weight), within: Interval(-20...43), by: .weightedMean)
        ]
      }
    ),
    (
      .remainder, 0...7,
      { builder, input in
        let whole = try builder.scale(try builder.truncate(input.x, bits: 3), by: 8)
        let rest = try builder.known(
          try builder.subtract(input.x, whole), within: Interval(0...7), by: .remainder)
        return [rest, try builder.known(input.y, within: Interval(0...3), by: .remainder)]
      }
    ),
  ]

  private static func extreme(_ values: [Int64], rows: Int) -> TableData {
    TableData(
      rowCount: rows,
      columns: values.map { .init(values: Array(repeating: $0, count: rows), isNull: []) })
  }

  @Test func everyLemmaHasAProgram() {
    #expect(Set(Self.programs.map(\.lemma)) == Set(Program.Lemma.allCases))
  }

  @Test func holdOfRandomAndOfExtremeData() throws {
    for (lemma, range, build) in Self.programs {
      let program = try RowProgramTests.program(build)
      let node = program[program.disclosures[0].node]
      #expect(program.knownRanges.contains { $0.lemma == lemma && $0.range == node.type.range }, "\(lemma)")
      #expect(
        node.type.range.lower >= BigInt(range.lowerBound) && node.type.range.upper <= BigInt(range.upperBound))
      var tables = (0..<20 as Range<UInt64>).map { RowProgramTests.data([Int($0), 3], seed: 1_000 + $0) }
      for x in [-20, 0, 43] as [Int64] {
        for y in 0...3 as ClosedRange<Int64> {
          tables.append(["t": [Self.extreme([x, y, 1], rows: 199), Self.extreme([x, y, 0], rows: 1)]])
        }
      }
      for data in tables {
        _ = try InsecurePlaintextEvaluator.evaluate(program, tables: [RowProgramTests.schema], data: data)
      }
    }
  }

  private func agrees<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    for (lemma, _, build) in Self.programs {
      let program = try RowProgramTests.program(build)
      let data = RowProgramTests.data([6, 5], seed: seed)
      let expected = try InsecurePlaintextEvaluator.results(program, tables: [RowProgramTests.schema], data: data)
      let result = try TableExecutor.executor(family, seed: seed)(program, [RowProgramTests.schema], data)
      #expect(result == expected, "\(lemma), seed \(seed)")
    }
  }
  @Test func enginesAgree() throws {
    try agrees(ClearFamily(arithmeticSummands: 3, booleanSummands: 3), seed: 1_100)
    try agrees(ReplicatedFamily(UInt64.self), seed: 1_101)
    try agrees(VerifiedReplicatedFamily(UInt64.self), seed: 1_102)
    try agrees(MacReplicatedFamily(), seed: 1_103)
    try agrees(AdditiveFamily(UInt64.self), seed: 1_104)
    try agrees(FourPartyFamily(UInt64.self), seed: 1_105)
    try agrees(WordlessFamily(), seed: 1_106)
  }

  /// A value that intervals give 80 bits is a ring word, where a lemma says so.
  @Test func whatFitsByALemmaIsAWord() throws {
    func instructions(_ lemma: Program.Lemma?) throws -> LoweredProgram {
      let program = try RowProgramTests.program { builder, input in
        let wide = try builder.scale(input.x, by: BigInt(1) << 72)
        var difference = try builder.subtract(wide, try builder.scale(input.y, by: BigInt(1) << 72))
        if let lemma { difference = try builder.known(difference, within: Interval(0...0), by: lemma) }
        return [difference]
      }
      return try Lowering.lower(program, for: ReplicatedEngine<UInt64>.descriptor)
    }
    #expect(try instructions(.remainder).canonicalBytes.count < (try instructions(nil).canonicalBytes.count))
  }

  @Test func aFalseRangeIsFoundInTheClear() throws {
    let program = try RowProgramTests.program { builder, input in
      builder.origin = "x + y, line 3"
      return [try builder.known(try builder.add(input.x, input.y), within: Interval(0...40), by: .subsetSum)]
    }
    let schemas = [RowProgramTests.schema]
    let inside = ["t": [Self.extreme([37, 3, 0], rows: 2), Self.extreme([0, 0, 0], rows: 1)]]
    _ = try InsecurePlaintextEvaluator.evaluate(program, tables: schemas, data: inside)
    let outside = ["t": [Self.extreme([38, 3, 0], rows: 2), Self.extreme([0, 0, 0], rows: 1)]]
    let error = #expect(throws: ParleyError.self) {
      try InsecurePlaintextEvaluator.evaluate(program, tables: schemas, data: outside)
    }
    #expect(error?.code == .invariant)
    #expect(error?.message.contains("subset-sum") == true && error?.message.contains("x + y, line 3") == true)
  }

  @Test func rangesThatCannotBeAreRefused() throws {
    var builder = ProgramBuilder()
    let three = builder.constant(BigInt(3))
    let error = #expect(throws: ParleyError.self) {
      try builder.known(three, within: Interval(4...9), by: .remainder)
    }
    #expect(error?.code.rawValue == "plan/bounds" && error?.remedy != nil)
    #expect(try builder.known(three, within: Interval(0...9), by: .remainder) == three)
  }

  /// A program says in its hash by which lemma a range holds, also inside a loop.
  @Test func lemmasArePartOfTheProgram() throws {
    func program(_ lemma: Program.Lemma, inLoop: Bool) throws -> Program {
      try RowProgramTests.program { builder, input in
        func half(_ x: Program.NodeID, _ builder: inout ProgramBuilder) throws -> Program.NodeID {
          let whole = try builder.scale(try builder.truncate(x, bits: 1), by: 2)
          return try builder.known(try builder.subtract(x, whole), within: Interval(0...1), by: lemma)
        }
        guard inLoop else { return [try half(input.x, &builder)] }
        return try builder.repeated(2, carrying: [.init("x", from: input.x, within: Interval(-20...43))]) {
          builder, x in [try half(x[0], &builder)]
        }
      }
    }
    for inLoop in [false, true] {
      let (one, other) = (try program(.remainder, inLoop: inLoop), try program(.subsetSum, inLoop: inLoop))
      #expect(one.knownRanges.map(\.lemma) == [.remainder])
      #expect(one.canonicalBytes != other.canonicalBytes)
    }
  }
}
