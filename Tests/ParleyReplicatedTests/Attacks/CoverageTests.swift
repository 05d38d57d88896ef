import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// What was computed and what was checked.
@Suite struct CoverageTests {
  private let one = StepID(instruction: 1)
  private let two = StepID(instruction: 2)

  private func refusal(_ body: () throws(ParleyError) -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return error.code == .invariant && error.place?.item != nil ? error.message : "\(error)" }
  }

  @Test func everyStepIsCoveredOnce() throws {
    var ledger = CoverageLedger()
    try ledger.enter(one)
    try ledger.enter(two)
    #expect(ledger.uncovered == 2)
    try ledger.cover(two)
    #expect(
      refusal { () throws(ParleyError) in try ledger.requireEmpty() } == "a step was not covered by any check")
    try ledger.cover(one)
    #expect(ledger.uncovered == 0 && ledger.coveredCount == 2)
    #expect(refusal { () throws(ParleyError) in try ledger.requireEmpty() } == nil)
  }

  @Test func coveringTwiceIsRefused() throws {
    var ledger = CoverageLedger()
    try ledger.enter(one)
    try ledger.cover(one)
    #expect(refusal { () throws(ParleyError) in try ledger.cover(one) } == "a step was covered by two checks")
  }

  @Test func computingTwiceIsRefused() throws {
    var ledger = CoverageLedger()
    try ledger.enter(one)
    #expect(refusal { () throws(ParleyError) in try ledger.enter(one) } == "a step was computed twice")
    try ledger.cover(one)
    #expect(refusal { () throws(ParleyError) in try ledger.enter(one) } == "a step was computed twice")
  }

  /// An exchange of which more or less was noted than it has computed does not get past its own step.
  @Test(arguments: [0, 4, 6]) func whatWasNotNotedIsMissed(recorded: Int) throws {
    var ledger = CoverageLedger()
    #expect(
      refusal { () throws(ParleyError) in try ledger.enter(one, recorded: recorded, of: 5) }
        == "5 elements were computed and \(recorded) noted for their check")
    #expect(ledger.uncovered == 0)
    try ledger.enter(one, recorded: 5, of: 5)
    #expect(ledger.uncovered == 1)
  }

  @Test func coveringTheUnknownIsRefused() {
    var ledger = CoverageLedger()
    #expect(
      refusal { () throws(ParleyError) in try ledger.cover(one) }
        == "a check covers a step that was not computed")
  }

  /// A party that keeps its proof of the last batch to itself gets no token and gives none: not one message of an
  /// opening leaves an honest party, and none sends the message that closes a verification.
  @Test(arguments: [0, 1, 2]) func withoutItsProofNothingIsOpened(corrupt: Int) {
    let corrupt = PartyIndex(corrupt)
    let world = AttackWorld(
      VerifiedReplicatedFamily(UInt64.self), .threeProducts(a: 3, b: 5, d: 7), seed: 0x5eed_c001)
    let outcome = world.run { message, _ in
      message.from == corrupt && MessageClass.of(message) == .proof ? .drop : .pass
    }
    for party in world.everybody where party != corrupt && party != world.holder {
      #expect(outcome[party].failure != nil && outcome[party].values == nil, "\(party)")
    }
    for (link, entries) in outcome.transcript.links where link.from != corrupt {
      let classes = entries.map { MessageClass.of(step: $0.step, from: link.from, to: link.to) }
      #expect(!classes.contains(.opening) && !classes.contains(.openingDigest) && !classes.contains(.verified))
    }
  }

  /// An opening names a step, and a token reaches no further than what was verified.
  @Test func aTokenReachesNoFurtherThanItsStep() {
    let result = runParties(InMemoryNetwork(count: 3)) { mesh in
      let engine = try VerifiedReplicatedFamily(UInt64.self).makeEngine(mesh: mesh, seed: 4)
      let token = try engine.verify(through: .init(instruction: 5))
      try engine.startOpening(
        .arith(engine.constant(1, count: 1), count: 1), to: [PartyIndex(0)], step: .init(instruction: 6),
        token: token)
    }
    for party in result {
      guard case .failure(let error) = party else {
        Issue.record("the opening went through")
        continue
      }
      #expect(error.code == .invariant || error.code == .peerAborted)
    }
  }

  /// Nor does it cover what is computed after it: a product that follows the verification is not opened with the old
  /// token, and is with a new one.
  @Test(arguments: [false, true]) func productsAfterTheTokenAreNotCovered(isVerifiedAgain: Bool) {
    let results = runParties(InMemoryNetwork(count: 3)) { mesh -> ClearValues? in
      let engine = try VerifiedReplicatedFamily(UInt64.self).makeEngine(mesh: mesh, seed: 5)
      let through = StepID(instruction: 99)
      let first = try engine.verify(through: through)
      let a = engine.constant(6, count: 1)
      let pending = try engine.start(.multiply([(a, a)], count: 1), step: .init(instruction: 1))
      try mesh.flush()
      let value = Opened<SharedWords<UInt64>, SharedPlane>.arith(try engine.finish(pending).vectors[0], count: 1)
      let everybody = (0..<3).map { PartyIndex($0) }
      if isVerifiedAgain {
        let second = try engine.verify(through: through)
        try engine.startOpening(value, to: everybody, step: .init(instruction: 2), token: second)
      } else {
        try engine.startOpening(value, to: everybody, step: .init(instruction: 2), token: first)
      }
      try mesh.flush()
      return try engine.finishOpening(value, step: .init(instruction: 2))
    }
    for result in results {
      switch result {
      case .success(let value): #expect(isVerifiedAgain && value == .words([36]))
      case .failure(let error):
        #expect(!isVerifiedAgain && [.invariant, .peerAborted].contains(error.code), "\(error)")
      }
    }
  }
}
