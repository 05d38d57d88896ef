import Foundation
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// Every message of one corrupt computing party, changed in every way. Continuous integration changes a sample;
/// `PARLEY_FULL_ATTACKS=1` changes all.
@Suite struct MutationTests {
  static var isFull: Bool { ProcessInfo.processInfo.environment["PARLEY_FULL_ATTACKS"] == "1" }

  static func inputs(_ seed: UInt64) -> (words: [[UInt64]], bits: [[Bool]]) {
    var random = InsecureRandom(seed: seed, 0x6d75_7461)
    return ([random.words(6), random.words(6), random.words(1)], [random.bits(70), random.bits(70)])
  }

  /// What the cleartext engine makes of the same circuit.
  static func reference(_ words: [[UInt64]], _ bits: [[Bool]], seed: UInt64) throws -> [ClearValues] {
    let clear = AttackWorld(
      ClearFamily(arithmeticSummands: 3, booleanSummands: 3), .everything(words: words, bits: bits), seed: seed)
    return try #require(clear.run().values)
  }

  /// - Parameter stride: every how many-th change is tried by default.
  private func check<F: EngineFamily>(
    _ family: F, corrupt: Int, stride: Int, touches kinds: Set<MessageClass>,
    harmless: @escaping @Sendable (InterceptedMessage, [UInt8]) -> Bool = { _, _ in false }
  ) throws {
    let seed = 0x5eed_a001 + UInt64(corrupt)
    let (words, bits) = Self.inputs(seed)
    var matrix = MutationMatrix(
      AttackWorld(family, .everything(words: words, bits: bits), seed: seed), corrupt: PartyIndex(corrupt),
      expected: try Self.reference(words, bits, seed: seed), stride: Self.isFull ? 1 : stride)
    matrix.isHarmless = harmless
    let trials = try matrix.run()
    #expect(trials.count > 100)
    if Self.isFull { print(MutationMatrix<F>.table(trials)) }
    let offending = matrix.offending(trials).count
    #expect(offending == 0, "\(matrix.complaint(trials))")
    // What a participant sends is never told as a mistake of ours.
    let internalErrors = trials.filter { $0.report.contains("[internal/") }
    #expect(internalErrors.isEmpty, "\(internalErrors.prefix(3).map(\.report))")
    let missing = kinds.subtracting(trials.map(\.kind))
    #expect(missing.isEmpty, "\(missing)")
  }

  @Test(arguments: [0, 1, 2], [1, 16]) func noChangeGoesUnnoticed(corrupt: Int, proofsEvery: Int) throws {
    try check(
      VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery), corrupt: corrupt, stride: 7,
      touches: [.exchange, .proof, .final, .challenge, .opening])
  }

  @Test(arguments: [0, 1, 2], [1, 16]) func noChangeGoesUnnoticedWithMacs(corrupt: Int, proofsEvery: Int) throws {
    try check(
      MacReplicatedFamily(proofsEvery: proofsEvery), corrupt: corrupt, stride: 7,
      touches: [
        .exchange, .proof, .final, .challenge, .opening, .inputMac, .maskMac, .macSums, .macReady, .keyOpening,
        .keyDigest, .difference, .differenceDigest,
      ], harmless: MutationMatrix.isInNoResult)
  }

  /// The harness sees wrong results where there are some: the semi-honest engine believes everything.
  @Test func theSemiHonestEngineBelievesEverything() throws {
    let world = AttackWorld(ReplicatedFamily(UInt64.self), .threeProducts(a: 3, b: 5, d: 7), seed: 0x5eed_a100)
    let trials = try MutationMatrix(world, corrupt: PartyIndex(1), expected: [.words([105 * 105])]).run()
    #expect(trials.contains { $0.outcome == .wrong && $0.kind == .exchange && $0.mutation == .addOne })
    #expect(trials.contains { $0.outcome == .wrong && $0.kind == .opening && $0.mutation == .flipBit })
  }
}
