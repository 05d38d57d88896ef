import BigInt
import ParleyAdditive
import ParleyAlgebra
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Testing

/// Additive sharing between two parties: the suite of all engines, its cost, its correlations, and what one party sees.
@Suite struct AdditiveTests {
  @Test func conformance() throws {
    try Conformance(AdditiveFamily(UInt64.self), seed: 0x5eed_a001).run()
  }
  @Test func conformanceInTheSmallRing() throws {
    try Conformance(AdditiveFamily(UInt8.self), seed: 0x5eed_a002, lengths: [0, 1, 2, 63, 64, 65, 1000]).run()
  }
  @Test func conformanceWithTriplesThatAreSent() throws {
    try Conformance(
      AdditiveFamily(UInt64.self, source: .sent), seed: 0x5eed_a004, lengths: [0, 1, 65, 1000]
    ).run()
  }

  /// Triples of the two parties' own, in both rings: every exchange is right, so every triple is.
  @Test func conformanceWithTransferredTriples() throws {
    try Conformance(
      AdditiveFamily(UInt64.self, source: .transferred), seed: 0x5eed_a006, lengths: [1, 65]
    ).run()
    try Conformance(
      AdditiveFamily(UInt8.self, source: .transferred), seed: 0x5eed_a007, lengths: [9]
    ).run()
  }

  @Test func cost() throws {
    for count in [1, 7, 8, 63, 65, 1000, 70_000] {
      var list: [CostProbe<AdditiveFamily<UInt64>>.Operation] = [
        .multiply(items: 1, count: count), .multiply(items: 3, count: count),
        .productSums(items: 3, terms: 2, count: count),
        .innerProducts(items: 2, count: count), .and(items: 1, count: count), .and(items: 4, count: count),
        .summands(width: 5, count: count), .shiftedSummands(count: count), .bitSummands(items: 2, count: count),
        .inputArith(count: count), .inputPlanes(planes: 7, count: count), .openToRecipient(count: count),
        .openPlanesToRecipient(planes: 3, count: count), .matrixProduct(rows: 3, inner: count, columns: 2),
        .columnProduct(left: 2, right: 3, count: count),
      ]
      for party in 0..<2 {
        list += [
          .openToComputing(PartyIndex(party), count: count),
          .openPlanesToComputing(PartyIndex(party), planes: 3, count: count),
        ]
      }
      try CostProbe(AdditiveFamily(UInt64.self), seed: 0x5eed_a003).check(list)
      if count == 65 {
        try CostProbe(AdditiveFamily(UInt64.self, source: .transferred), seed: 0x5eed_a008).check(list)
        try CostProbe(AdditiveFamily(UInt8.self, source: .transferred), seed: 0x5eed_a009).check([
          .multiply(items: 3, count: count), .innerProducts(items: 2, count: count), .and(items: 4, count: count),
          .matrixProduct(rows: 3, inner: count, columns: 2), .columnProduct(left: 2, right: 3, count: count),
        ])
      }
      guard count < 2000 else { continue }
      try CostProbe(AdditiveFamily(UInt64.self, source: .sent), seed: 0x5eed_a005).check(list)
    }
  }

  // MARK: Programs

  /// Random programs: results are those of the evaluator in the clear; bytes and rounds are those of the plan, before the inputs and
  /// after; and every run uses what was prepared, or it would not end.
  @Test(arguments: 0..<12 as Range<UInt64>) func programs(block: UInt64) throws {
    for number in 5 * block..<5 * block + 5 {
      let seed = 0x5eed_a100 + number
      let source: TestTriples = number % 20 == 7 ? .transferred : number % 3 == 0 ? .sent : .dealt
      let family = AdditiveFamily(UInt64.self, source: source)
      let work = try AdditiveWork(
        family, length: 5 + Int(number % 21), seed: seed,
        chunkRows: number % 2 == 0 ? RowChunks.defaultRows : 1 + Int(number % 5))
      let outcome = try TestWorld(family, outsiders: work.outsiders, seed: seed).run(work.job)
      let cost = work.cost
      #expect(outcome.readings.map(\.sentBytes) == cost.bytes, "bytes, seed \(seed)")
      #expect(outcome.rounds == cost.rounds, "rounds, seed \(seed)")
      let offline = outcome.readings.map(\.offline)
      #expect(offline.map(\.rounds).max() == cost.offline?.rounds ?? 0, "rounds before the inputs, seed \(seed)")
      if let planned = cost.offline {
        #expect(offline.map(\.sentBytes) == planned.bytes, "bytes before the inputs, seed \(seed)")
        #expect(planned.totalBytes > 0 || family.source == .dealt)
      }
      let program = work.generated.program
      let clear = try InsecurePlaintextEvaluator.evaluate(
        program, tables: [ProgramGenerator.schema], data: [ProgramGenerator.schema.name: work.generated.data])
      for (index, disclosure) in program.disclosures.enumerated() {
        let values = try #require(outcome.values[work.recipient.rawValue][index])
        #expect(
          values.integers(of: program[disclosure.node].type)
            == clear[Program.DisclosureID(rawValue: index)], "disclosure \(index), seed \(seed)")
      }
    }
  }

  // MARK: What must not go unnoticed

  @Test func triplesAndStreamsAreUsedOnce() throws {
    try Conformance(AdditiveFamily(UInt64.self), seed: 1).reusedSteps()
  }
  @Test(arguments: [3, 57, 63, 65, 127, 500]) func bitsPastTheEndAreRefused(count: Int) throws {
    try Conformance(AdditiveFamily(UInt64.self), seed: 2).bitsPastTheEnd(count: count)
  }
  @Test(arguments: [0, 1]) func aFlippedBitIsNoticedByTheSuite(sender: Int) {
    #expect(Conformance(AdditiveFamily(UInt64.self), seed: 3, lengths: [65]).notices(aFlippedBitOf: sender))
  }

  // MARK: Views

  /// Every message between the parties is uniform, for inputs that are as far from random as can be. 255 degrees of freedom: mean
  /// 255, standard deviation 22.6; the bounds are 6.6 deviations away.
  @Test(arguments: [(UInt64(0), UInt64(0)), (255, 1), (3, 200)]) func messagesAreUniform(
    x: UInt64, y: UInt64
  ) throws {
    let count = 1 << 16
    let world = TestWorld(
      AdditiveFamily(UInt8.self), outsiders: 1, seed: 0x5eed_a200 &+ x &* 257 &+ y,
      links: .intercepted(.bytes, nil))
    let holder = PartyIndex(2)
    let outcome = try world.run { party throws in
      guard let engine = party.engine else {
        try party.dealer.dealArith(Array(repeating: x, count: count), step: .init(instruction: 1))
        try party.dealer.dealArith(Array(repeating: y, count: count), step: .init(instruction: 2))
        try party.dealer.dealPlanes(
          [Array(repeating: x & 1 == 1, count: count).packedPlane], count: count, step: .init(instruction: 3))
        try party.mesh.flush()
        return
      }
      let a = try engine.receiveArith(from: holder, count: count, step: .init(instruction: 1))
      let b = try engine.receiveArith(from: holder, count: count, step: .init(instruction: 2))
      let bit = try engine.receivePlanes(from: holder, planes: 1, count: count, step: .init(instruction: 3))
      _ = try party.exchange(.multiply([(a, b), (a, a)], count: count), step: .init(instruction: 4))
      _ = try party.exchange(.and([(bit[0], bit[0])], count: count), step: .init(instruction: 5))
      _ = try party.exchange(.innerProducts([[(a, b)]]), step: .init(instruction: 6))
    }
    let transcript = try #require(outcome.transcript)
    for party in 0..<2 {
      for (sender, entries) in transcript.view(of: PartyIndex(party)) where sender != PartyIndex(party) {
        let bytes = entries.filter { $0.byteCount > 1000 }.flatMap { $0.bytes ?? [] }
        guard !bytes.isEmpty else { continue }
        var cells = [Int](repeating: 0, count: 256)
        for byte in bytes { cells[Int(byte)] += 1 }
        let expected = Double(bytes.count) / 256
        let value = cells.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect((105...405).contains(value), "P\(party) from \(sender): χ² = \(value)")
      }
    }
  }
}
