import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyTesting
import Testing

/// The worked example of docs/adding-a-protocol.md: replicated sharing among four.
@Suite struct FourPartyTests {
  static let family = FourPartyFamily(UInt64.self)

  @Test func conformance() throws {
    try Conformance(Self.family, seed: 0x5eed_f001, lengths: [0, 1, 2, 63, 64, 65, 1000]).run()
  }
  @Test func conformanceInTheSmallRing() throws {
    try Conformance(FourPartyFamily(UInt8.self), seed: 0x5eed_f002, lengths: [0, 1, 2, 63, 64, 65, 1000]).run()
  }
  /// More than a chunk of a message.
  @Test(.long) func conformanceOfLongVectors() throws {
    try Conformance(Self.family, seed: 0x5eed_f003, lengths: [70_000]).products()
  }

  @Test func cost() throws {
    for count in [1, 7, 8, 63, 65, 1000] {
      var list: [CostProbe<FourPartyFamily<UInt64>>.Operation] = [
        .multiply(items: 1, count: count), .multiply(items: 3, count: count),
        .productSums(items: 3, terms: 2, count: count), .innerProducts(items: 2, count: count),
        .matrixProduct(rows: 3, inner: count, columns: 2), .columnProduct(left: 2, right: 3, count: count),
        .and(items: 1, count: count), .and(items: 4, count: count), .summands(width: 5, count: count),
        .shiftedSummands(count: count), .bitSummands(items: 2, count: count), .inputArith(count: count),
        .inputPlanes(planes: 7, count: count), .openToRecipient(count: count),
        .openPlanesToRecipient(planes: 3, count: count),
      ]
      for party in 0..<4 {
        list += [
          .openToComputing(PartyIndex(party), count: count),
          .openPlanesToComputing(PartyIndex(party), planes: 3, count: count),
        ]
      }
      try CostProbe(Self.family, seed: 0x5eed_f004).check(list)
    }
  }

  @Test(arguments: 0..<(LongTests.areSampled ? 4 : 12) as Range<UInt64>) func programs(number: UInt64) throws {
    let chunks = LoweringOptions(chunkRows: number % 2 == 0 ? RowChunks.defaultRows : 1 + Int(number % 5))
    try ProgramDifferential(Self.family, seed: 0x5eed_f100 + number).check(
      length: 5 + Int(number), options: chunks)
  }

  // MARK: What must not go unnoticed

  @Test func streamsAreUsedOnce() throws { try Conformance(Self.family, seed: 1).reusedSteps() }
  @Test(arguments: [3, 57, 65]) func bitsPastTheEndAreRefused(count: Int) throws {
    try Conformance(Self.family, seed: 2).bitsPastTheEnd(count: count)
  }
  /// All that send anything of a product.
  @Test(arguments: 0..<3) func aFlippedBitIsNoticedByTheSuite(sender: Int) {
    #expect(Conformance(Self.family, seed: 3, lengths: [65]).notices(aFlippedBitOf: sender))
  }
  @Test func aPartyWithoutKeysOfGroupsIsRefused() {
    #expect(throws: ParleyError.self) {
      try TestWorld(Self.family, seed: 4).run { party throws in
        _ = try FourPartyEngine<UInt64>(
          mesh: party.mesh, keys: InsecureKeys.session(of: party.index, parties: 4, seed: 4))
      }
    }
  }

  // MARK: Views

  /// Every message to a computing party is uniform, and independent of what else it has, for inputs that are as far from random as
  /// can be. 255 degrees of freedom: mean 255, standard deviation 22.6; the bounds are 6.6 deviations away.
  @Test(arguments: [(UInt64(0), UInt64(0)), (255, 1), (3, 200)]) func messagesAreUniform(
    x: UInt64, y: UInt64
  ) throws {
    let count = 1 << 16
    let holder = PartyIndex(4)
    let world = TestWorld(
      FourPartyFamily(UInt8.self), outsiders: 1, seed: 0x5eed_f200 &+ x &* 257 &+ y,
      links: .intercepted(.bytes, nil))
    let outcome = try world.run { party throws -> [[UInt8]] in
      let steps = (1...5).map { StepID(instruction: $0) }
      guard let engine = party.engine else {
        try party.dealer.dealArith(Array(repeating: x, count: count), step: steps[0])
        try party.dealer.dealArith(Array(repeating: y, count: count), step: steps[1])
        let bits = Array(repeating: x & 1 == 1, count: count).packedPlane
        try party.dealer.dealPlanes([bits], count: count, step: steps[2])
        try party.mesh.flush()
        return []
      }
      let a = try engine.receiveArith(from: holder, count: count, step: steps[0])
      let b = try engine.receiveArith(from: holder, count: count, step: steps[1])
      let bit = try engine.receivePlanes(from: holder, planes: 1, count: count, step: steps[2])[0]
      let product = try party.exchange(.multiply([(a, b)], count: count), step: steps[3])
      _ = try party.exchange(.and([(bit, bit)], count: count), step: steps[4])
      guard case .arith(let results) = product else { return [] }
      return (a.summands + b.summands + results[0].summands).filter { !$0.isEmpty }
    }
    func expectUniform(_ bytes: [UInt8], _ what: String) {
      var cells = [Int](repeating: 0, count: 256)
      for byte in bytes { cells[Int(byte)] += 1 }
      let expected = Double(bytes.count) / 256
      let value = cells.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
      #expect((105...405).contains(value), "\(what): χ² = \(value)")
    }
    let transcript = try #require(outcome.transcript)
    var messages = 0
    for party in 0..<4 {
      let held = outcome.values[party]
      try #require(held.count == 9)
      for (index, summand) in held.enumerated() { expectUniform(summand, "P\(party), summand \(index)") }
      for (sender, entries) in transcript.view(of: PartyIndex(party)) where sender != PartyIndex(party) {
        for entry in entries where entry.byteCount > 1000 {
          let bytes = try #require(entry.bytes)
          messages += 1
          expectUniform(bytes, "P\(party) from \(sender) at \(entry.step)")
          guard entry.step.instruction == 4 else { continue }
          for (index, summand) in held.prefix(6).enumerated() {
            let what = "P\(party) from \(sender) beside summand \(index)"
            expectUniform(zip(bytes, summand).map { $0 & 0xf0 | $1 >> 4 }, what)
            expectUniform(zip(bytes, summand).map { $0 << 4 | $1 & 0x0f }, what)
          }
        }
      }
    }
    // From the holder to each party two columns of three summands, a chunk each, and the bits; five for the product and five for
    // the ANDs.
    #expect(messages == 4 * 7 + 10)
  }
}
