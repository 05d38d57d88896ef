import ParleyBase
import ParleyEngine
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// Random programs on every engine and in the clear: proofs and macs verify what they should and change nothing, and bytes
/// and rounds are those of the plan.
@Suite struct ProgramDifferentialTests {
  private static let base = 0x5eed_d000 as UInt64
  static let blocks: Range<UInt64> = 0..<(LongTests.areSampled ? 3 : 20)
  private static func length(_ number: UInt64) -> Int { 5 + Int(number % 21) }

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
      let (seed, options) = (Self.base + number, options(number))
      func check<F: EngineFamily>(_ family: F, _ options: LoweringOptions) throws {
        try ProgramDifferential(family, seed: seed).check(length: Self.length(number), options: options)
      }
      let gates = number % 2 == 0 ? nil : 16
      try check(ReplicatedFamily(UInt64.self), options)
      try check(VerifiedReplicatedFamily(UInt64.self, proofsEvery: gates), options)
      try check(MacReplicatedFamily(proofsEvery: gates), options)
      try check(
        ReplicatedFamily(UInt64.self, hasFreeSummands: true),
        .init(checksInputs: true, chunkRows: options.chunkRows))
      try check(
        KingFamily(parties: 2 + Int(number % 4), kings: 1 + Int(number % 2), shuffles: number % 3 > 0), options)
      try check(WordlessFamily(kings: 1 + Int(number % 5), shuffles: number % 3 > 0), options)
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
