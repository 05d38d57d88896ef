import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// The same for the ring Z_2^8, statistically: every message and every share is uniform, and independent of what
/// the party holds, for inputs that are as far from random as can be.
@Suite struct StatisticalViewTests {
  static let count = 1 << 16

  /// χ² of a histogram against the uniform distribution.
  func chiSquare(_ cells: [Int]) -> Double {
    let expected = Double(cells.reduce(0, +)) / Double(cells.count)
    return cells.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  /// 255 degrees of freedom: mean 255, standard deviation 22.6. The bounds are 6.6 deviations away.
  func expectUniform(_ bytes: [UInt8], _ what: String) {
    var cells = [Int](repeating: 0, count: 256)
    for byte in bytes { cells[Int(byte)] += 1 }
    let value = chiSquare(cells)
    #expect((105...405).contains(value), "\(what): χ² = \(value)")
  }
  func expectIndependent(_ a: [UInt8], _ b: [UInt8], _ what: String) {
    expectUniform(zip(a, b).map { $0 & 0xf0 | $1 >> 4 }, what + " (high halves)")
    expectUniform(zip(a, b).map { $0 << 4 | $1 & 0x0f }, what + " (low halves)")
  }

  struct Seen: Sendable {
    var shares: [[UInt8]] = []
    var bitShares: [[UInt8]] = []
  }

  @Test(arguments: [(UInt64(0), UInt64(0)), (255, 1), (3, 200)]) func everyMessageIsUniform(x: UInt64, y: UInt64)
    throws
  {
    let seed = 0x5eed_0201 &+ x &* 257 &+ y
    let family = ReplicatedFamily(UInt8.self)
    let world = TestWorld(family, outsiders: 1, seed: seed, links: .intercepted(.bytes, nil))
    let holder = PartyIndex(3)
    let count = Self.count
    let outcome = try world.run { party throws -> Seen in
      guard let engine = party.engine else {
        try party.dealer.dealArith(Array(repeating: x, count: count), step: .init(instruction: 1))
        try party.dealer.dealArith(Array(repeating: y, count: count), step: .init(instruction: 2))
        try party.dealer.dealPlanes(
          [Array(repeating: x & 1 == 1, count: count).packedPlane], count: count, step: .init(instruction: 3))
        return Seen()
      }
      let a = try engine.receiveArith(from: holder, count: count, step: .init(instruction: 1))
      let b = try engine.receiveArith(from: holder, count: count, step: .init(instruction: 2))
      let bit = try engine.receivePlanes(from: holder, planes: 1, count: count, step: .init(instruction: 3))
      var seen = Seen()
      func note(_ result: ExchangeResult<SharedWords<UInt8>, SharedPlane>) {
        if case .arith(let list) = result {
          for vector in list { seen.shares += [vector.shares.lo, vector.shares.hi] }
        }
      }
      note(.arith([a, b]))
      note(try party.exchange(.multiply([(a, b)], count: count), step: .init(instruction: 4)))
      _ = try party.exchange(.and([(bit[0], bit[0])], count: count), step: .init(instruction: 5))
      _ = try party.exchange(.summands(a, width: 8), step: .init(instruction: 6))
      _ = try party.exchange(.bitSummands(bit), step: .init(instruction: 7))
      _ = try party.exchange(.shiftedSummands(a, bits: 5), step: .init(instruction: 8))
      return seen
    }
    let transcript = try #require(outcome.transcript)
    for party in 0..<3 {
      let shares = outcome.values[party].shares
      #expect(shares.count == 6)
      for (index, share) in shares.enumerated() {
        expectUniform(share, "share \(index) of P\(party), seed \(seed)")
      }
      for pair in 0..<3 {
        expectIndependent(shares[2 * pair], shares[2 * pair + 1], "pair \(pair) of P\(party), seed \(seed)")
      }
      for (sender, messages) in transcript.view(of: PartyIndex(party)) {
        var byInstruction: [Int: [UInt8]] = [:]
        for message in messages where message.step.instruction < StepID.firstControlInstruction {
          byInstruction[message.step.instruction, default: []] += message.bytes ?? []
        }
        for (instruction, bytes) in byInstruction {
          let what = "instruction \(instruction) from \(sender) to P\(party), seed \(seed)"
          expectUniform(bytes, what)
          // Independent of the receiver's shares of both inputs.
          if bytes.count == count {
            for share in shares.prefix(4) where share != bytes { expectIndependent(share, bytes, what) }
          }
        }
      }
    }
  }

  /// The test itself: bytes that are a little off are noticed.
  @Test func biasIsNoticed() {
    var random = InsecureRandom(seed: 7)
    var cells = [Int](repeating: 0, count: 256)
    for _ in 0..<Self.count {
      let byte = UInt8(truncatingIfNeeded: random.next())
      // One value in 256 never comes and another twice as often.
      cells[Int(byte == 17 ? 18 : byte)] += 1
    }
    #expect(!(105...405).contains(chiSquare(cells)))
  }

  /// A recipient that does not compute sees fresh shares of the same output in every run and at every step.
  @Test func outputsAreRerandomised() throws {
    func messages(seed: UInt64) throws -> [[[UInt8]]] {
      let world = TestWorld(
        ReplicatedFamily(UInt8.self), outsiders: 1, seed: seed, links: .intercepted(.bytes, nil))
      let outcome = try world.run { party throws -> [[UInt64]] in
        guard let engine = party.engine else {
          return [
            try party.receiver.receiveArith(count: 4096, step: .init(instruction: 1)),
            try party.receiver.receiveArith(count: 4096, step: .init(instruction: 2)),
          ]
        }
        let value = engine.constant(42, count: 4096)
        let token = try engine.verify(through: .init(instruction: 5))
        for instruction in 1...2 {
          try engine.startOpening(
            .arith(value, count: 4096), to: [PartyIndex(3)], step: .init(instruction: instruction), token: token)
        }
        return []
      }
      #expect(outcome.values[3].allSatisfy { $0 == Array(repeating: 42, count: 4096) })
      let view = try #require(outcome.transcript).view(of: PartyIndex(3))
      return (0..<3).map { sender in (view[PartyIndex(sender)] ?? []).map { $0.bytes ?? [] } }
    }
    let one = try messages(seed: 21)
    let two = try messages(seed: 22)
    for sender in 0..<3 {
      #expect(Set([one[sender][0], one[sender][1], two[sender][0], two[sender][1]]).count == 4)
      expectUniform(one[sender].flatMap { $0 }, "output share of P\(sender)")
    }
  }
}
