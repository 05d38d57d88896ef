import ParleyBase
import ParleyNetwork
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

  /// With the conversions of the engines below.
  @Test func replicatedWithFreeSummands() throws {
    try Conformance(ReplicatedFamily(UInt64.self, hasFreeSummands: true), seed: 0x5eed_0005).run()
  }

  @Test func replicatedInTheSmallRing() throws {
    let family = ReplicatedFamily(UInt8.self)
    try Conformance(family, seed: 0x5eed_0003, lengths: [0, 1, 2, 63, 64, 65, 1000]).run()
  }
}

/// The engine that withstands a deviating party passes the same suite, whatever the number of proofs.
@Suite struct VerifiedConformanceTests {
  @Test(arguments: [nil, 1, 40] as [Int?]) func verified(proofsEvery: Int?) throws {
    let family = VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery)
    try Conformance(
      family, seed: 0x5eed_0012,
      lengths: proofsEvery == nil ? [0, 1, 2, 63, 64, 65, 1000, 70_000] : [0, 1, 65, 1000]
    ).run()
  }

  @Test func verifiedInTheSmallRing() throws {
    let family = VerifiedReplicatedFamily(UInt8.self)
    try Conformance(family, seed: 0x5eed_0013, lengths: [0, 1, 2, 63, 64, 65, 1000]).run()
  }
}

/// So does the engine that verifies ring words by macs.
@Suite struct MacConformanceTests {
  @Test(arguments: [nil, 1] as [Int?]) func macs(proofsEvery: Int?) throws {
    let family = MacReplicatedFamily(proofsEvery: proofsEvery)
    try Conformance(
      family, seed: 0x5eed_0014, lengths: proofsEvery == nil ? [0, 1, 2, 63, 64, 65, 1000, 70_000] : [0, 1, 65]
    ).run()
  }
}

/// The suite itself: one flipped bit anywhere among the computing parties' products is noticed.
@Suite struct ConformanceSuiteTests {
  @Test(arguments: [0, 1, 2]) func aFlippedBitIsNoticed(sender: Int) {
    #expect(
      Conformance(ReplicatedFamily(UInt64.self), seed: 0x5eed_0004, lengths: [65]).notices(aFlippedBitOf: sender))
  }
}
