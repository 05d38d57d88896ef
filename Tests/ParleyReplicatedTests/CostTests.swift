import ParleyBase
import ParleyProgram
import ParleyTesting
import Testing

/// Messages equal the descriptor byte for byte, for sizes within a message and across several.
@Suite struct CostTests {
  func operations<F>(_ family: F) -> [CostProbe<F>.Operation] {
    var list: [CostProbe<F>.Operation] = []
    for count in [0, 1, 9, 64, 1001] {
      list += [
        .multiply(items: 3, count: count), .innerProducts(items: 4, count: count), .and(items: 5, count: count),
        .productSums(items: 2, terms: 5, count: count), .productSums(items: 1, terms: 0, count: count),
        .columnProduct(left: 3, right: 2, count: count),
        .summands(width: min(family.wordBits, 13), count: count), .bitSummands(items: 2, count: count),
        .shiftedSummands(count: count),
        .inputArith(count: count), .inputPlanes(planes: 7, count: count), .openToRecipient(count: count),
        .openPlanesToRecipient(planes: 3, count: count),
      ]
      for party in 0..<family.computing {
        list += [
          .openToComputing(PartyIndex(party), count: count),
          .openPlanesToComputing(PartyIndex(party), planes: 3, count: count),
        ]
      }
    }
    if family.descriptor.shuffles {
      for pass in 0..<3 {
        for (words, planes, count) in [
          (1, 1, 0), (0, 0, 5), (2, 0, 9), (0, 3, 9), (1, 65, 1001), (2, 130, 64), (1, 1, 1),
        ] { list.append(.shufflePass(pass, words: words, planes: planes, count: count)) }
      }
    }
    return list + [.matrixProduct(rows: 3, inner: 50, columns: 7), .matrixProduct(rows: 1, inner: 1, columns: 1)]
  }

  @Test func clear() throws {
    let family = ClearFamily()
    try CostProbe(family, seed: 11).check(operations(family))
  }

  @Test func replicated() throws {
    let family = ReplicatedFamily(UInt64.self)
    try CostProbe(family, seed: 12).check(operations(family))
    try CostProbe(family, seed: 13).check([
      .multiply(items: 2, count: 70_000), .productSums(items: 2, terms: 3, count: 70_000),
      .columnProduct(left: 3, right: 5, count: 70_000),
      .and(items: 70, count: 70_001), .summands(width: 64, count: 70_001),
      .bitSummands(items: 1, count: 70_000), .inputArith(count: 70_000), .inputPlanes(planes: 64, count: 70_001),
      .matrixProduct(rows: 300, inner: 2, columns: 301), .openToRecipient(count: 70_000),
      .openToComputing(PartyIndex(1), count: 70_000),
      .shufflePass(1, words: 2, planes: 67, count: 70_001),
    ])
  }

  @Test func replicatedInTheSmallRing() throws {
    let family = ReplicatedFamily(UInt8.self)
    try CostProbe(family, seed: 14).check(operations(family))
  }

  @Test func replicatedWithFreeSummands() throws {
    let family = ReplicatedFamily(UInt64.self, hasFreeSummands: true)
    try CostProbe(family, seed: 19).check(operations(family))
  }

  @Test func verified() throws {
    let family = VerifiedReplicatedFamily(UInt64.self)
    try CostProbe(family, seed: 16).check(operations(family))
  }

  @Test func macs() throws {
    let family = MacReplicatedFamily()
    try CostProbe(family, seed: 17).check(operations(family))
    try CostProbe(family, seed: 18).check([
      .multiply(items: 2, count: 70_000), .matrixProduct(rows: 300, inner: 2, columns: 301),
      .shiftedSummands(count: 30_000), .bitSummands(items: 2, count: 30_000),
    ])
  }

  /// The comparison itself: a descriptor that says something else is noticed.
  @Test func aDifferenceIsNoticed() {
    struct Cheaper: EngineFamilyWrapper {
      let base = ReplicatedFamily(UInt64.self)
      var descriptor: EngineDescriptor {
        var descriptor = base.descriptor
        descriptor.multiply.flights[0].removeLast()
        return descriptor
      }
    }
    #expect(throws: (any Error).self) {
      try CostProbe(Cheaper(), seed: 15).check([.multiply(items: 1, count: 3)])
    }
  }
}
