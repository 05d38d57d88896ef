import ParleyBase
import ParleyProgram
import ParleyTesting
import Testing

/// Protocols of other shapes than three replicated parties: any number of parties, and operations that take two flights.
@Suite struct KingTests {
  static let families = [
    KingFamily(parties: 4, kings: 1), KingFamily(parties: 2, kings: 2, shuffles: false),
    KingFamily(parties: 5, kings: 3),
  ]

  @Test(arguments: 0..<3) func conformance(index: Int) throws {
    try Conformance(Self.families[index], seed: 71 + UInt64(index), lengths: [0, 1, 2, 63, 64, 65, 1000]).run()
  }

  @Test(arguments: 0..<3) func cost(index: Int) throws {
    let family = Self.families[index]
    for count in [1, 7, 8, 63, 65, 1000] {
      var list: [CostProbe<KingFamily>.Operation] = [
        .multiply(items: 1, count: count), .multiply(items: 3, count: count),
        .columnProduct(left: 2, right: 3, count: count), .productSums(items: 3, terms: 2, count: count),
        .innerProducts(items: 2, count: count),
        .matrixProduct(rows: 3, inner: count, columns: 2),
        .and(items: 1, count: count), .and(items: 4, count: count), .summands(width: 5, count: count),
        .shiftedSummands(count: count), .bitSummands(items: 2, count: count), .inputArith(count: count),
        .inputPlanes(planes: 7, count: count), .openToRecipient(count: count),
        .openPlanesToRecipient(planes: 3, count: count),
      ]
      for pass in 0..<(family.descriptor.shuffles ? 3 : 0) {
        for (words, planes) in [(1, 0), (0, 9), (2, 3)] {
          list.append(.shufflePass(pass, words: words, planes: planes, count: count))
        }
      }
      for party in 0..<family.computing {
        list += [
          .openToComputing(PartyIndex(party), count: count),
          .openPlanesToComputing(PartyIndex(party), planes: 3, count: count),
        ]
      }
      try CostProbe(family, seed: 72).check(list)
    }
  }
}
