import ParleyTesting
import Testing

/// The suite every engine passes, on the cleartext engine first.
@Suite struct ConformanceTests {
  @Test(arguments: [1, 2, 3]) func clear(summands: Int) throws {
    let family = ClearFamily(arithmeticSummands: summands, booleanSummands: 4 - summands)
    try Conformance(family, seed: 0x5eed_0001, lengths: [0, 1, 2, 63, 64, 65, 1000]).run()
  }

  @Test func replicated() throws {
    try Conformance(ReplicatedFamily(UInt64.self), seed: 0x5eed_0002).run()
  }

  @Test func replicatedInTheSmallRing() throws {
    let family = ReplicatedFamily(UInt8.self)
    try Conformance(family, seed: 0x5eed_0003, lengths: [0, 1, 2, 63, 64, 65, 1000]).run()
  }
}
