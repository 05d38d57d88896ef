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

/// Random programs on every engine and in the clear: proofs and macs verify what they should and change nothing, and bytes
/// and rounds are those of the plan.
@Suite struct ProgramDifferentialTests {
  private static let base = 0x5eed_d000 as UInt64
  static let blocks: Range<UInt64> = 0..<(LongTests.areSkipped ? 3 : 20)
  private static func length(_ number: UInt64) -> Int { 5 + Int(number % 21) }

  private func opened<F: EngineFamily>(
    _ generated: ProgramGenerator.Generated, on family: F, seed: UInt64, options: LoweringOptions = .init()
  ) throws -> [[BigInt]] {
    let program = generated.program
    let lowered = try Lowering.lower(program, for: family.descriptor, options: options)
    // Two holders and a recipient; none of them computes.
    let parts = generated.data.enumerated().map { index, data in
      (
        holder: PartyIndex(family.computing + index),
        table: InputFeeder.HeldTable(schema: ProgramGenerator.schema, data: data)
      )
    }
    let recipient = PartyIndex(family.computing + parts.count)
    // Every other result also goes to a party that computes.
    let recipients = program.disclosures.indices.map { $0 % 2 == 0 ? [recipient] : [PartyIndex(0), recipient] }
    let job = ProgramRun(program: lowered, inputs: program.inputs, recipients: recipients, tables: [parts])
    let outcome = try TestWorld(family, outsiders: parts.count + 1, seed: seed).run(job)
    let cost = CostModel.cost(
      of: lowered, on: family.descriptor,
      shape: RunShape(
        principals: family.computing + parts.count + 1,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: recipients.map { $0.map(\.rawValue) }))
    #expect(outcome.readings.map(\.sentBytes) == cost.bytes, "bytes, seed \(seed)")
    #expect(outcome.rounds == cost.rounds, "rounds, seed \(seed)")
    return try program.disclosures.enumerated().map { index, disclosure in
      let values = try #require(outcome.values[recipient.rawValue][index])
      if index % 2 == 1 { #expect(outcome.values[0][index] == values, "seed \(seed)") }
      return values.integers(of: program[disclosure.node].type)
    }
  }

  /// Programs of 5 to 25 operations, three at a time.
  @Test(arguments: blocks) func allEnginesAgree(block: UInt64) throws {
    try check(block) { _ in .init() }
  }

  /// The same in chunks of 1 to 5 rows.
  @Test(arguments: blocks) func allEnginesAgreeInChunks(block: UInt64) throws {
    try check(block) { .init(chunkRows: 1 + Int($0 % 5)) }
  }

  private func check(_ block: UInt64, options: (UInt64) -> LoweringOptions) throws {
    for number in 3 * block..<3 * block + 3 {
      let seed = Self.base + number
      let generated = try ProgramGenerator.make(length: Self.length(number), seed: seed)
      let program = generated.program
      let options = options(number)
      let clear = try InsecurePlaintextEvaluator.evaluate(
        program, tables: [ProgramGenerator.schema], data: [ProgramGenerator.schema.name: generated.data])
      let expected = program.disclosures.indices.map { clear[Program.DisclosureID(rawValue: $0)] ?? [] }
      func compare(_ name: String, _ results: [[BigInt]]) {
        for (index, result) in results.enumerated() where result != expected[index] {
          Issue.record(
            "\(name) opens \(result) and the evaluator \(expected[index]) as disclosure \(index) of program \(seed): \(program[program.disclosures[index].node].operation)"
          )
        }
      }
      #expect(!expected.isEmpty)
      compare(
        "semi-honest", try opened(generated, on: ReplicatedFamily(UInt64.self), seed: seed, options: options))
      compare(
        "proofs",
        try opened(
          generated, on: VerifiedReplicatedFamily(UInt64.self, proofsEvery: number % 2 == 0 ? nil : 16),
          seed: seed,
          options: options))
      compare(
        "macs",
        try opened(
          generated, on: MacReplicatedFamily(proofsEvery: number % 2 == 0 ? nil : 16), seed: seed, options: options
        ))
      compare(
        "three summands",
        try opened(
          generated, on: ReplicatedFamily(UInt64.self, hasFreeSummands: true), seed: seed,
          options: LoweringOptions(checksInputs: true, chunkRows: options.chunkRows)))
      let king = KingFamily(parties: 2 + Int(number % 4), kings: 1 + Int(number % 2), shuffles: number % 3 > 0)
      compare("kings", try opened(generated, on: king, seed: seed, options: options))
      let wordless = WordlessFamily(kings: 1 + Int(number % 5), shuffles: number % 3 > 0)
      compare("no words", try opened(generated, on: wordless, seed: seed, options: options))
    }
  }

  /// A program for the semi-honest engine with three summands is the one for either verifier, instruction by instruction.
  @Test func oneProgramForThreeEngines() throws {
    for number in 0..<60 as Range<UInt64> {
      let program = try ProgramGenerator.make(length: Self.length(number), seed: Self.base + number).program
      let trusting = try Lowering.lower(
        program, for: ReplicatedEngine<UInt64>.descriptorOfFreeSummands, options: .init(checksInputs: true))
      #expect(trusting == (try Lowering.lower(program, for: VerifiedReplicatedEngine<UInt64>.descriptor)))
      #expect(trusting == (try Lowering.lower(program, for: MacReplicatedEngine.descriptor)))
    }
  }

  /// Nothing is left out by chance.
  @Test func everyOperationOccurs() throws {
    var counts: [String: Int] = [:]
    for number in 0..<60 as Range<UInt64> {
      let generated = try ProgramGenerator.make(length: Self.length(number), seed: Self.base + number)
      counts.merge(generated.operations, uniquingKeysWith: +)
    }
    for name in ProgramGenerator.names { #expect(counts[name, default: 0] > 0, "\(name): \(counts)") }
  }
}
