import BigInt
import ParleyBase
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// The closed form by which the way of a sort is chosen, against the cost model that walks the instructions.
@Suite struct SortChoiceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var rows: Int
    var keyBits: Int
    /// Columns of 20 bits that are summed up afterwards, and that are shown as they are.
    var words: Int
    var shown: Int
    var testDescription: String { "\(rows) rows, key \(keyBits), \(words) words, \(shown) columns" }
  }
  static let cases: [Case] =
    [100, 2000, 30_000].flatMap { rows in
      [1, 2, 3, 4, 6, 8, 12, 16, 32].flatMap { keyBits in
        [(1, 0), (0, 1), (4, 0), (2, 12)].map { Case(rows: rows, keyBits: keyBits, words: $0.0, shown: $0.1) }
      }
    } + [1, 4, 8, 16].map { Case(rows: 200_000, keyBits: $0, words: 2, shown: 2) }

  static let descriptors = [
    ReplicatedFamily(UInt64.self).descriptor, VerifiedReplicatedFamily(UInt64.self).descriptor,
  ]

  private func lowered(
    _ test: Case, _ descriptor: EngineDescriptor, isSorted: Bool, _ way: SortWay?
  ) throws -> LoweredProgram {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["a"], maximumRows: test.rows))
    func input(_ name: String, _ bits: Int) -> Program.NodeID {
      builder.input(
        .init(
          table: table, column: name, role: .value, sort: .integer(Interval(0, (BigInt(1) << bits) - 1))))
    }
    let key = input("key", test.keyBits)
    var columns = (0..<test.words + test.shown).map { input("c\($0)", 20) }
    if isSorted { columns = try builder.sort(by: [.init(key)], columns) }
    for (index, column) in columns.enumerated() {
      let first = try builder.prefix(column, count: 1)
      _ = builder.disclose(
        .init(
          name: "c\(index)", node: index < test.words ? try builder.multiply(first, first) : first,
          recipients: ["a"], meaning: .statistic, explanation: ""))
    }
    return try Lowering.lower(
      builder.program, for: descriptor, options: .init(insecureUncheckedInputs: true, sortWay: way))
  }

  /// What the sort adds to a program.
  private func cost(_ test: Case, _ descriptor: EngineDescriptor, _ way: SortWay) throws -> Cost {
    let shape = RunShape(
      principals: 3, tables: [[.init(holder: 0, rows: test.rows)]],
      recipients: Array(repeating: [0], count: test.words + test.shown))
    var cost = CostModel.cost(
      of: try lowered(test, descriptor, isSorted: true, way), on: descriptor, shape: shape)
    let rest = CostModel.cost(
      of: try lowered(test, descriptor, isSorted: false, way), on: descriptor, shape: shape)
    for from in 0..<3 { for to in 0..<3 { cost.bytes[from][to] -= rest.bytes[from][to] } }
    cost.rounds -= rest.rounds
    cost.instructionCount -= rest.instructionCount
    cost.multiplications -= rest.multiplications
    cost.andBits -= rest.andBits
    return cost
  }

  private func choice(_ test: Case, _ descriptor: EngineDescriptor) throws -> SortChoice {
    let program = try lowered(test, descriptor, isSorted: true, .comparisons)
    for case .sort(let keys, _, _, let rows, _) in program.instructions.map(\.kind) {
      return SortChoice(
        descriptor, rows: test.rows, keyBits: keys.count, words: rows.arith.count, planes: rows.planes.count,
        movedPlanes: Instruction.Kind.movedPlanes(keys: keys, rows).count)
    }
    throw Missing()
  }
  struct Missing: Error {}

  @Test(arguments: cases) func theModelIsNearThePlan(test: Case) throws {
    for descriptor in Self.descriptors {
      let choice = try choice(test, descriptor)
      var seconds: [SortWay: Double] = [:]
      for way in SortWay.allCases {
        let planned = try cost(test, descriptor, way), modelled = choice.cost(way)
        seconds[way] = planned.seconds(on: .lan)
        let (a, b) = (Double(modelled.totalBytes), Double(planned.totalBytes))
        // Proofs of batches of comparisons, which are of very different sizes, are counted as if all had one size.
        let isCoarse = way == .comparisons && descriptor.verifier != nil
        let bound = isCoarse ? (test.rows > 2000 ? 0.1 : 0.25) : 0.03
        #expect(abs(a / b - 1) < bound, "\(descriptor.name), \(way): \(a), planned \(b)")
        let predicted = modelled.seconds(on: .lan)
        #expect(
          abs(predicted / planned.seconds(on: .lan) - 1) < 0.35,
          "\(descriptor.name), \(way): \(modelled), planned \(planned)")
      }
      let best = try #require(seconds.values.min())
      let chosen = try #require(seconds[choice.best])
      #expect(chosen <= 1.25 * best, "\(descriptor.name): \(choice.best) of \(seconds)")
    }
  }

  /// One bit is a single digit, for which both ways to count are the same; long keys are compared.
  @Test func extremes() {
    for descriptor in Self.descriptors {
      for rows in [2, 1000, 1_000_000] {
        func best(_ keyBits: Int) -> SortWay {
          SortChoice(descriptor, rows: rows, keyBits: keyBits, words: 2, planes: 64, movedPlanes: 64 + keyBits)
            .best
        }
        #expect(best(1) != .comparisons && best(2) != .comparisons || rows == 2, "\(rows) rows")
        #expect(best(64) == .comparisons || rows == 2, "\(rows) rows")
      }
    }
  }

  /// The batches with which long sorts are planned are near those that random orders ask for: in all, and one by one.
  @Test func batchesAreExpected() throws {
    var random = InsecureRandom(seed: 2, 0x736f_7274)
    for count in [20_000, 60_000] {
      let expected = ComparisonSort.expectedBatches(count: count)
      let rank = (0..<Int32(count)).shuffled(using: &random)
      var found: [ComparisonSort.Batch] = []
      var first: [Int32] = []
      _ = try ComparisonSort.order(count: count) { a, b in
        found.append(.init(size: a.count, repeatsRows: first == a))
        first = a
        return zip(a, b).map { rank[Int($0)] < rank[Int($1)] }
      }
      func rows(_ batches: [ComparisonSort.Batch]) -> Double {
        batches.reduce(0) { $0 + Double($1.size * ($1.repeatsRows ? 1 : 2)) }
      }
      #expect(abs(rows(expected) / rows(found) - 1) < 0.03, "\(count): \(rows(expected)), found \(rows(found))")
      #expect(
        abs(Double(expected.count) / Double(found.count) - 1) < 0.25, "\(expected.count), found \(found.count)")
      // The largest, which decide memory.
      let largest = { (batches: [ComparisonSort.Batch]) in batches.map(\.size).sorted().suffix(20) }
      for (a, b) in zip(largest(expected), largest(found)) {
        #expect(abs(Double(a) / Double(b) - 1) < 0.1, "\(count): a batch of \(a), found \(b)")
      }
    }
  }

  @Test func comparisonsAreExpected() throws {
    var random = InsecureRandom(seed: 1, 0x736f_7274)
    for count in [2, 24, 25, 100, 1000, 5000, 40_000] {
      var (comparisons, batches) = (0.0, 0.0)
      let runs = 4
      for _ in 0..<runs {
        let rank = (0..<Int32(count)).shuffled(using: &random)
        _ = try ComparisonSort.order(count: count) { a, b in
          comparisons += Double(a.count) / Double(runs)
          batches += 1 / Double(runs)
          return zip(a, b).map { rank[Int($0)] < rank[Int($1)] }
        }
      }
      let expected = ComparisonSort.expected(count: count)
      #expect(
        abs(expected.comparisons / comparisons - 1) < 0.05, "\(count) rows: \(expected), found \(comparisons)")
      #expect(abs(expected.batches / batches - 1) < 0.25, "\(count) rows: \(expected), found \(batches)")
    }
  }
}
