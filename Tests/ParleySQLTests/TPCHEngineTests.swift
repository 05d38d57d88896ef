import ParleyBase
import ParleyEngine
import ParleyProgram
import ParleySQLTesting
import ParleyTesting
import Testing

/// The same queries with all parties of a protocol in this process, one after the other.
@Suite(.serialized) struct TPCHEngineTests {
  /// Of engines that no study can select, a few where tests are a sample.
  static let sample = RelationalDifferentialTests.isSample ? [1, 3, 5, 6, 13, 18] : Array(1...22)

  private func check(_ number: Int, _ family: some EngineFamily) throws {
    let (program, answer) = try TPCHTests.program(number)
    let executor = TableExecutor.executor(family, seed: 0x5eed_7c00 + UInt64(number))
    try TPCHTests.check(try executor(program, TPCHTests.tables, try TPCHTests.data.get()), answer)
  }

  @Test(arguments: 1...22) func clear(number: Int) throws { try check(number, ClearFamily()) }

  /// Four parties, one of which answers: products of two flights.
  @Test(arguments: sample) func king(number: Int) throws { try check(number, KingFamily(parties: 4, kings: 1)) }

  /// Everything in bits.
  @Test(arguments: sample) func withoutWords(number: Int) throws {
    try check(number, ClearFamily(hasWords: false))
  }

  /// Five parties with bits only.
  @Test(arguments: sample) func wordless(number: Int) throws { try check(number, WordlessFamily()) }

  @Test(arguments: 1...22) func replicated(number: Int) throws { try check(number, ReplicatedFamily(UInt64.self)) }

  /// Secure against a party that deviates.
  @Test(arguments: 1...22) func verified(number: Int) throws {
    try check(number, VerifiedReplicatedFamily(UInt64.self))
  }

  /// Two parties with products from dealt triples.
  @Test(arguments: sample) func additive(number: Int) throws { try check(number, AdditiveFamily(UInt64.self)) }

  /// Two parties with triples of their own making.
  @Test(arguments: [1, 3, 6]) func additiveTransferred(number: Int) throws {
    try check(number, AdditiveFamily(UInt64.self, source: .transferred))
  }
}
