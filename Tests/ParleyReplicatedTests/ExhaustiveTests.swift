import ParleyBase
import ParleyEngine
import ParleyReplicated
import ParleyTesting
import Testing

/// The ring Z_2^8, where every case can be tried.
@Suite struct ExhaustiveTests {
  let seed: UInt64 = 0x5eed_0101

  /// Runs one exchange on words and planes that a holder deals, and opens everything to P_0.
  private func open(
    words: [[UInt64]], bits: [[Bool]] = [],
    _ exchange: @escaping @Sendable ([SharedWordsOfTest], [SharedPlaneOfTest]) -> ExchangeOfTest
  ) throws -> [ClearValues] {
    let world = TestWorld(ReplicatedFamily(UInt8.self), outsiders: 1, seed: seed)
    return try world.run { party throws -> [ClearValues] in
      let holder = PartyIndex(3)
      guard let engine = party.engine else {
        for (index, vector) in words.enumerated() {
          try party.dealer.dealArith(vector, step: .init(instruction: index))
        }
        for (index, plane) in bits.enumerated() {
          try party.dealer.dealPlanes(
            [plane.packedPlane], count: plane.count, step: .init(instruction: 100 + index))
        }
        return []
      }
      var shared: [SharedWordsOfTest] = []
      for (index, vector) in words.enumerated() {
        shared.append(
          try engine.receiveArith(from: holder, count: vector.count, step: .init(instruction: index)))
      }
      var planes: [SharedPlaneOfTest] = []
      for (index, plane) in bits.enumerated() {
        planes += try engine.receivePlanes(
          from: holder, planes: 1, count: plane.count, step: .init(instruction: 100 + index))
      }
      let result = try party.exchange(exchange(shared, planes), step: .init(instruction: 200))
      let count = words.first?.count ?? bits[0].count
      let opened: [OpenedOfTest] =
        switch result {
        case .arith(let list): list.map { .arith($0, count: count) }
        case .planes(let list): [.planes(list, count: count)]
        case .summandPlanes(let lists): lists.map { .planes($0, count: count) }
        case .summandArith(let lists): lists.flatMap { $0.map { .arith($0, count: count) } }
        case .shuffled(let words, let planes):
          words.map { .arith($0, count: count) } + planes.map { .planes([$0], count: count) }
        }
      let token = try engine.verify(through: .init(instruction: 1000))
      for (index, value) in opened.enumerated() {
        try engine.startOpening(value, to: [PartyIndex(0)], step: .init(instruction: 300 + index), token: token)
      }
      guard party.index == PartyIndex(0) else { return [] }
      return try opened.enumerated().map { try engine.finishOpening($1, step: .init(instruction: 300 + $0)) }
    }.values[0]
  }

  @Test func everyProduct() throws {
    let a = (0..<65_536).map { UInt64($0 / 256) }
    let b = (0..<65_536).map { UInt64($0 % 256) }
    let values = try open(words: [a, b]) { w, _ in .multiply([(w[0], w[1])], count: 65_536) }
    #expect(values == [.words(zip(a, b).map { $0 &* $1 & 255 })], "seed \(seed)")
  }

  @Test func everyConjunction() throws {
    let values = try open(words: [], bits: [[false, false, true, true], [false, true, false, true]]) { _, p in
      .and([(p[0], p[1])], count: 4)
    }
    #expect(values == [.planes([[0b1000]], count: 4)], "seed \(seed)")
  }

  /// Every value many times over, so that the shares differ: x_0 + x_1 with and without overflow.
  @Test(arguments: 0...8) func everySummand(width: Int) throws {
    let a = (0..<4096).map { UInt64($0 % 256) }
    let values = try open(words: [a]) { w, _ in .summands(w[0], width: width) }
    #expect(values.count == 2)
    var totals = [UInt64](repeating: 0, count: a.count)
    for case .planes(let planes, _) in values {
      #expect(planes.count == width)
      for (bit, plane) in planes.enumerated() {
        for e in totals.indices { totals[e] &+= (plane[e / 64] >> UInt64(e % 64) & 1) << UInt64(bit) }
      }
    }
    let mask = UInt64(1) << UInt64(width) &- 1
    #expect(zip(totals, a).allSatisfy { ($0 ^ $1) & mask == 0 }, "width \(width), seed \(seed)")
  }

  @Test func everyBitSummand() throws {
    let bits = (0..<1024).map { $0 % 2 == 1 }
    let values = try open(words: [], bits: [bits]) { _, p in .bitSummands(p) }
    guard case .words(let one) = values[0], case .words(let two) = values[1] else {
      Issue.record("no words")
      return
    }
    #expect(zip(one, two).map { $0 ^ $1 } == bits.map { $0 ? 1 : 0 }, "seed \(seed)")
    #expect(Set(one) == [0, 1] && Set(two) == [0, 1], "seed \(seed)")
  }
}
