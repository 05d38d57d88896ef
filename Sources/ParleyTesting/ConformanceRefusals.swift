internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork

/// What an engine must refuse.
extension Conformance {
  /// A token opens nothing that comes after what it verified. For every engine; part of ``run()``.
  package func earlyOpenings() throws {
    let outcome = try TestWorld(family, seed: seed, links: links).run { party throws -> Bool in
      guard let engine = party.engine else { return true }
      try party.compareInputs()
      let token = try engine.verify(through: .init(instruction: 5))
      var values: [Opened<Arith, Plane>] = [.planes([engine.constantPlane(true, count: 1)], count: 1)]
      if hasWords { values.append(.arith(engine.constant(1, count: 1), count: 1)) }
      return values.allSatisfy { value in
        do throws(ParleyError) {
          try engine.startOpening(value, to: [PartyIndex(0)], step: .init(instruction: 6), token: token)
          return false
        } catch { return error.code == .invariant }
      }
    }
    guard outcome.values.allSatisfy({ $0 }) else { throw fail("a token opens what comes after its step") }
  }

  /// One step serves one exchange. For engines in which an exchange takes from a stream or uses a correlation up.
  package func reusedSteps() throws {
    for number in 0..<6 {
      try refuses(.randomnessReuse, "exchange \(number) twice at one step", links) { party, engine in
        let (a, p) = (engine.constant(1, count: 3), engine.constantPlane(true, count: 3))
        let all: [Exchange<Arith, Plane>] = [
          .multiply([(a, a)], count: 3), .and([(p, p)], count: 3), .innerProducts([[(a, a)]]),
          .matrixProduct(a, a, rows: 3, inner: 1, columns: 3), .productSums([[(a, a), (a, a)]], count: 3),
          .columnProduct([a, a], [a]),
        ]
        for _ in 0..<2 { _ = try party.exchange(all[number], step: .init(instruction: 9)) }
      }
    }
  }

  /// Planes have one encoding: bits past the end are zero, also where the last word takes all its bytes on the wire. For engines
  /// in which party 1 sends packed planes when it computes an AND.
  package func bitsPastTheEnd(count: Int) throws {
    let links = TestWorld<F>.Links.intercepted(.sizes) { message in
      message.from.rawValue == 1 ? .change(message.bytes.map { $0 | 0x80 }) : .pass
    }
    try refuses(.protocolViolation, "bits past the end of \(count)", links) { party, engine in
      let plane = engine.constantPlane(true, count: count)
      _ = try party.exchange(.and([(plane, plane), (plane, plane)], count: count), step: .init(instruction: 9))
    }
  }

  /// Of the suite itself: whether it notices one bit that a party flips among the words and planes of the products.
  package func notices(aFlippedBitOf sender: Int) -> Bool {
    var suite = self
    suite.links = .intercepted(.sizes) { message in
      guard message.from.rawValue == sender, message.step.instruction == 100, !message.bytes.isEmpty else {
        return .pass
      }
      var bytes = message.bytes
      bytes[0] ^= 1
      return .change(bytes)
    }
    let checks = (hasWords ? [{ try suite.products() }] : []) + [{ try suite.planeProducts() }]
    return checks.allSatisfy { check in
      do {
        try check()
        return false
      } catch { return true }
    }
  }

  private func refuses(
    _ code: ParleyError.Code, _ what: String, _ links: TestWorld<F>.Links,
    _ body: @escaping @Sendable (Party, F.E) throws -> Void
  ) throws {
    do {
      _ = try TestWorld(family, seed: seed, links: links).run { party throws in
        if let engine = party.engine { try body(party, engine) }
      }
    } catch {
      guard error.code == code else { throw fail("\(what): \(error)") }
      return
    }
    throw fail("\(what): not refused")
  }
}
