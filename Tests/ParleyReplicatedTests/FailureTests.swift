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

  @Test func aStreamIsUsedOnce() {
    let world = TestWorld(ReplicatedFamily(UInt64.self, ledgerPolicy: .throwsError), seed: 1)
    for exchange in 0..<4 {
      let found = code {
        _ = try world.run { party throws in
          guard let engine = party.engine else { return }
          let (a, p) = (engine.constant(1, count: 3), engine.constantPlane(true, count: 3))
          for _ in 0..<2 {
            let all: [Exchange<SharedWords<UInt64>, SharedPlane>] = [
              .multiply([(a, a)], count: 3), .and([(p, p)], count: 3), .innerProducts([[(a, a)]]),
              .matrixProduct(a, a, rows: 3, inner: 1, columns: 3),
            ]
            _ = try party.exchange(all[exchange], step: .init(instruction: 9))
          }
        }
      }
      #expect(found == .randomnessReuse)
    }
    let found = code {
      _ = try world.run { party throws in
        guard let engine = party.engine else { return }
        _ = try engine.freshMask(count: 1, step: .init(instruction: 9))
        _ = try engine.freshMask(count: 1, step: .init(instruction: 9))
      }
    }
    #expect(found == .randomnessReuse)
  }

  /// Planes have one encoding: bits past the end are zero, also where the last word takes all its bytes on the wire.
  @Test(arguments: [3, 57, 63, 65, 127, 500]) func bitsPastTheEndAreRefused(count: Int) {
    let world = TestWorld(
      ReplicatedFamily(UInt64.self), seed: 2,
      links: .intercepted(.sizes) { message in
        message.from.rawValue == 1 ? .change(message.bytes.map { $0 | 0x80 }) : .pass
      })
    let found = code {
      _ = try world.run { party throws in
        guard let engine = party.engine else { return }
        let plane = engine.constantPlane(true, count: count)
        _ = try party.exchange(.and([(plane, plane), (plane, plane)], count: count), step: .init(instruction: 9))
      }
    }
    #expect(found == .protocolViolation)
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

  /// A token opens nothing that comes after what it verified.
  @Test func aTokenReachesNoFurtherThanItsStep() {
    let found = code {
      _ = try TestWorld(ReplicatedFamily(UInt64.self), seed: 4).run { party throws in
        guard let engine = party.engine else { return }
        let token = try engine.verify(through: .init(instruction: 5))
        try engine.startOpening(
          .arith(engine.constant(1, count: 1), count: 1), to: [PartyIndex(0)], step: .init(instruction: 6),
          token: token)
      }
    }
    #expect(found == .invariant)
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
