import BigInt
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// Everything in bits: on an engine that has no words, and on engines that have them and are not asked for any.
@Suite struct WithoutWordsTests {
  private static func semiHonest() -> ReplicatedFamily<UInt64> {
    var family = ReplicatedFamily(UInt64.self)
    family.descriptor.hasWords = false
    return family
  }
  private static func verified(proofsEvery: Int? = nil) -> VerifiedReplicatedFamily<UInt64> {
    var family = VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery)
    family.descriptor.hasWords = false
    return family
  }

  // MARK: The contract

  /// Five parties; one of the forms has a king for every party and does not shuffle.
  private static let families = [
    WordlessFamily(), WordlessFamily(kings: 5, shuffles: false), WordlessFamily(parties: 2, kings: 1),
  ]

  @Test(arguments: 0..<3) func conformance(index: Int) throws {
    try Conformance(
      Self.families[index], seed: 0x5eed_0021 + UInt64(index), lengths: [0, 1, 2, 63, 64, 65, 1000]
    ).run()
  }
  @Test func conformanceInTheClear() throws {
    try Conformance(ClearFamily(hasWords: false), seed: 0x5eed_0026, lengths: [0, 1, 65]).run()
  }

  @Test(arguments: 0..<3) func messages(index: Int) throws {
    let family = Self.families[index]
    try CostProbe(family, seed: 23).check(CostTests().operations(family))
  }

  /// Leaving out what needs words leaves nothing else out.
  @Test func aDifferenceIsNoticed() {
    struct Cheaper: EngineFamilyWrapper {
      let base = WordlessFamily()
      var wordBits: Int { 0 }
      var descriptor: EngineDescriptor {
        var descriptor = base.descriptor
        descriptor.and.flights[1].removeLast()
        return descriptor
      }
    }
    #expect(throws: (any Error).self) { try CostProbe(Cheaper(), seed: 26).check([.and(items: 3, count: 3)]) }
  }

  /// A bit that is multiplied by 0, or flipped towards an even number of parties, changes nothing: some seed of these does.
  @Test(arguments: 0..<5) func aFlippedBitIsNoticedByTheSuite(sender: Int) {
    let noticed = (UInt64(25)..<57).first {
      Conformance(WordlessFamily(), seed: $0, lengths: [65]).notices(aFlippedBitOf: sender)
    }
    #expect(noticed != nil)
  }

  /// An exchange of words has a name for what went wrong.
  @Test func exchangesOfWordsAreRefused() throws {
    let outcome = try TestWorld(WordlessFamily(), seed: 24).run { party throws -> String in
      do throws(ParleyError) {
        _ = try party.exchange(.innerProducts([[]]), step: StepID(instruction: 1))
        return ""
      } catch {
        return error.message
      }
    }
    #expect(outcome.values[0].contains("ring words"))
  }

  // MARK: What the lowering emits

  /// Whether an instruction, or one of a function or reduction inside it, reads or writes ring words.
  private static func usesWords(_ instruction: Instruction) -> Bool {
    var nested = instruction.kind.functions
    if case .reduce(_, let body, _) = instruction.kind {
      if body.instructions.contains(where: usesWords) { return true }
    }
    while let function = nested.popLast() {
      if [function.low, function.high, function.result].contains(where: { !$0.arith.isEmpty }) { return true }
      if function.instructions.contains(where: usesWords) { return true }
    }
    if case .radix = instruction.kind { return true }
    return !instruction.operandRegisters.arith.isEmpty || !instruction.resultRegisters.arith.isEmpty
  }

  /// In none of the programs of these suites, whatever shuffles and however rows are chunked; and all of them can be lowered.
  @Test func noInstructionTouchesWords() throws {
    var programs = try RowProgramTests.programs.map { try RowProgramTests.program($0.1) }
    for number in 0..<120 as Range<UInt64> {
      programs.append(try ProgramGenerator.make(length: 5 + Int(number % 21), seed: Self.base + number).program)
    }
    var hadWords = 0
    for (index, program) in programs.enumerated() {
      for shuffles in [true, false] {
        var descriptor = InsecureClearEngine.descriptor(hasWords: false)
        if !shuffles { descriptor.shufflePasses = [] }
        for options in [LoweringOptions(), .init(inputForm: .arithmetic), .init(chunkRows: 3, sortWay: .radix)] {
          for checksInputs in [false, true] {
            var options = options
            options.checksInputs = checksInputs
            let lowered = try Lowering.lower(program, for: descriptor, options: options)
            #expect(lowered.arithCount == 0 && !lowered.instructions.contains(where: Self.usesWords), "\(index)")
          }
        }
      }
      let withWords = try Lowering.lower(program, for: InsecureClearEngine.descriptor())
      if withWords.instructions.contains(where: Self.usesWords) { hadWords += 1 }
    }
    // The walk sees them where they are.
    #expect(hadWords > programs.count / 2)
  }

  // MARK: Programs

  private static let base = 0x5eed_e000 as UInt64

  private func opened<F: EngineFamily>(
    _ program: Program, _ data: [TableData], on family: F, seed: UInt64, options: LoweringOptions
  ) throws -> [[BigInt]] {
    let lowered = try Lowering.lower(program, for: family.descriptor, options: options)
    let parts = data.enumerated().map { index, data in
      (
        holder: PartyIndex(family.computing + index),
        table: InputFeeder.HeldTable(schema: ProgramGenerator.schema, data: data)
      )
    }
    let recipient = PartyIndex(family.computing + parts.count)
    let job = ProgramRun(
      program: lowered, inputs: program.inputs, recipients: program.disclosures.map { _ in [recipient] },
      tables: [parts])
    let outcome = try TestWorld(family, outsiders: parts.count + 1, seed: seed).run(job)
    let cost = CostModel.cost(
      of: lowered, on: family.descriptor,
      shape: RunShape(
        principals: family.computing + parts.count + 1,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: program.disclosures.map { _ in [recipient.rawValue] }))
    #expect(outcome.readings.map(\.sentBytes) == cost.bytes, "bytes, seed \(seed)")
    #expect(outcome.rounds == cost.rounds, "rounds, seed \(seed)")
    return try program.disclosures.enumerated().map { index, disclosure in
      let values = try #require(outcome.values[recipient.rawValue][index])
      return values.integers(of: program[disclosure.node].type)
    }
  }

  /// Random programs, whole and in chunks of 1 to 5 rows: results as in the clear, bytes and rounds as planned.
  @Test(arguments: 0..<20 as Range<UInt64>) func randomPrograms(block: UInt64) throws {
    for number in 5 * block..<5 * block + 5 {
      let seed = Self.base + number
      let generated = try ProgramGenerator.make(length: 5 + Int(number % 21), seed: seed)
      let (program, data) = (generated.program, generated.data)
      let clear = try InsecurePlaintextEvaluator.evaluate(
        program, tables: [ProgramGenerator.schema], data: [ProgramGenerator.schema.name: data])
      let expected = program.disclosures.indices.map { clear[Program.DisclosureID(rawValue: $0)] ?? [] }
      let chunked = LoweringOptions(chunkRows: 1 + Int(number % 5))
      func compare(_ name: String, _ results: [[BigInt]]) {
        for (index, result) in results.enumerated() where result != expected[index] {
          Issue.record(
            "\(name) opens \(result) and the evaluator \(expected[index]) as disclosure \(index) of program \(seed): \(program[program.disclosures[index].node].operation)"
          )
        }
      }
      #expect(!expected.isEmpty)
      compare("clear", try opened(program, data, on: ClearFamily(hasWords: false), seed: seed, options: .init()))
      compare("five parties", try opened(program, data, on: WordlessFamily(), seed: seed, options: chunked))
      compare(
        "replicated",
        try opened(program, data, on: Self.semiHonest(), seed: seed, options: number % 2 == 0 ? .init() : chunked))
      if number % 5 == 0 {
        compare(
          "verified", try opened(program, data, on: Self.verified(proofsEvery: 16), seed: seed, options: chunked))
      }
    }
  }

  /// Programs over whole columns: sorts, scans, moves, shuffles.
  private func check<F: EngineFamily>(_ family: F, chunkRows: Int = RowChunks.defaultRows, seed: UInt64) throws {
    for (name, build) in RowProgramTests.programs {
      let program = try RowProgramTests.program(build)
      for (index, rows) in RowProgramTests.sizes.enumerated() {
        let data = RowProgramTests.data(rows, seed: seed + UInt64(index))
        let expected = try InsecurePlaintextEvaluator.results(
          program, tables: [RowProgramTests.schema], data: data)
        let executor = TableExecutor.executor(family, options: .init(chunkRows: chunkRows), seed: seed)
        let result = try executor(program, [RowProgramTests.schema], data)
        #expect(result == expected, "\(name), rows \(rows), seed \(seed)")
      }
    }
  }
  @Test func rowPrograms() throws { try check(WordlessFamily(), seed: 520) }
  @Test(arguments: [2, 64]) func rowProgramsInChunks(rows: Int) throws {
    try check(WordlessFamily(), chunkRows: rows, seed: 521)
    try check(Self.semiHonest(), chunkRows: rows, seed: 522)
  }

  /// Sums over rows: bytes and rounds of sizes around those at which a level more begins.
  @Test(arguments: [0, 1, 2, 3, 4, 6, 7, 9, 10, 64, 129, 200]) func sums(rows: Int) throws {
    for chunkRows in [RowChunks.defaultRows, 7, 64] {
      var builder = ProgramBuilder()
      let table = builder.table(.init(name: "t", holders: ["h0", "h1"], maximumRows: 200))
      func input(_ name: String, _ sort: Program.Sort) -> Program.NodeID {
        builder.input(.init(table: table, column: name, role: .value, sort: sort))
      }
      let x = input("small", .integer(Interval(-9...9))), y = input("count", .integer(Interval(0...70_000)))
      let b = input("flag", .bit)
      let nodes = [
        try builder.sum(x), try builder.sum(y), try builder.sum(b), try builder.innerProduct(x, y),
        try builder.innerProduct(b, y), try builder.innerProduct(x, x),
        try builder.sum(try builder.select(b, try builder.multiply(x, y), builder.constant(-5))),
      ]
      for (index, node) in nodes.enumerated() {
        _ = builder.disclose(
          .init(name: "d\(index)", node: node, recipients: ["r"], meaning: .statistic, explanation: ""))
      }
      var random = InsecureRandom(seed: UInt64(rows), 0x7375_6d73)
      let parts = [rows / 3, rows - rows / 3].map { count in
        TableData(
          rowCount: count,
          columns: ProgramGenerator.schema.columns.map { column in
            let range: ClosedRange<Int64> = if case .integer(let range) = column.type { range } else { 0...1 }
            return .init(values: (0..<count).map { _ in Int64.random(in: range, using: &random) }, isNull: [])
          })
      }
      let program = builder.program
      let columns = (0..<4).map { column in parts.flatMap { $0.columns[column].values.map { BigInt($0) } } }
      let (small, count, flag) = (columns[0], columns[1], columns[3])
      func dot(_ a: [BigInt], _ b: [BigInt]) -> BigInt {
        var total = BigInt(0)
        for row in a.indices { total += a[row] * b[row] }
        return total
      }
      let ones: [BigInt] = small.map { _ in 1 }
      let kept: [BigInt] = flag.map { 5 - 5 * $0 }
      let expected: [[BigInt]] = [
        [dot(small, ones)], [dot(count, ones)], [dot(flag, ones)], [dot(small, count)], [dot(flag, count)],
        [dot(small, small)], [dot(zip(flag, small).map { $0 * $1 }, count) - dot(kept, ones)],
      ]
      let options = LoweringOptions(chunkRows: chunkRows)
      #expect(try opened(program, parts, on: WordlessFamily(), seed: 9, options: options) == expected)
      #expect(try opened(program, parts, on: Self.semiHonest(), seed: 9, options: options) == expected)
      #expect(try opened(program, parts, on: Self.verified(), seed: 9, options: options) == expected)
    }
  }
}
