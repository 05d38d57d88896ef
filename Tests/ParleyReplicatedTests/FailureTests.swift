import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// What must not go unnoticed.
@Suite struct FailureTests {
  private func code(_ body: () throws -> Void) -> ParleyError.Code? {
    do {
      try body()
      return nil
    } catch { return (error as? ParleyError)?.code }
  }

  @Test func aStreamIsUsedOnce() throws {
    let family = ReplicatedFamily(UInt64.self)
    try Conformance(family, seed: 1).reusedSteps()
    let found = code {
      _ = try TestWorld(family, seed: 1).run { party throws in
        guard let engine = party.engine else { return }
        _ = try engine.freshMask(count: 1, step: .init(instruction: 9))
        _ = try engine.freshMask(count: 1, step: .init(instruction: 9))
      }
    }
    #expect(found == .randomnessReuse)
  }

  @Test(arguments: [3, 57, 63, 65, 127, 500]) func bitsPastTheEndAreRefused(count: Int) throws {
    try Conformance(ReplicatedFamily(UInt64.self), seed: 2).bitsPastTheEnd(count: count)
  }

  @Test func inputSeedsHaveOneLength() {
    let world = TestWorld(
      ReplicatedFamily(UInt64.self), outsiders: 1, seed: 3,
      links: .intercepted(.sizes) { message in
        message.step == StepID.control(16) && message.to.rawValue == 0 ? .truncate(to: 16) : .pass
      })
    let found = code {
      _ = try world.run { party throws in
        guard let engine = party.engine else {
          try party.dealer.dealArith([1], step: .init(instruction: 1))
          return
        }
        _ = try engine.receiveArith(from: PartyIndex(3), count: 1, step: .init(instruction: 1))
      }
    }
    #expect(found == .protocolViolation)
  }

  @Test func operandsMustFit() {
    let found = code {
      _ = try TestWorld(ReplicatedFamily(UInt64.self), seed: 5).run { party throws in
        guard let engine = party.engine else { return }
        let (a, b) = (engine.constant(1, count: 3), engine.constant(1, count: 4))
        _ = try party.exchange(.multiply([(a, b)], count: 4), step: .init(instruction: 6))
      }
    }
    #expect(found == .invariant)
  }

  @Test func onlyThreePartiesCompute() {
    let found = code {
      _ = try TestWorld(ReplicatedFamily(UInt64.self), outsiders: 1, seed: 6).run { party throws in
        if party.index.rawValue == 3 {
          _ = try ReplicatedFamily(UInt64.self).makeEngine(mesh: party.mesh, seed: 6)
        }
      }
    }
    #expect(found == .invariant)
  }
}
