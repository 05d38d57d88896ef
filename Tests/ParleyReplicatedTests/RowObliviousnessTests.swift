import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// What an observer of the encrypted links sees of programs over whole columns: steps and sizes. Of everything but a
/// sort by comparisons it is the same for all data of one size; of such a sort its distribution is.
@Suite struct RowObliviousnessTests {
  typealias Inputs = RowProgramTests.Inputs
  typealias Build = @Sendable (inout ProgramBuilder, Inputs) throws -> [Program.NodeID]

  static var exact: [(String, Build)] {
    var programs: [(String, Build)] = [
      ("order of a bit", { builder, input in try builder.sort(by: [.init(input.b)], [input.x, input.b]) }),
      (
        "order of two bits",
        { builder, input in
          let isLarge = try builder.compare(.less, input.y, input.x)
          return try builder.sort(by: [.init(isLarge), .init(input.b, isDescending: true)], [input.x, input.y])
        }
      ),
      (
        "order of ten bits",
        { builder, input in
          try builder.sort(
            by: [.init(input.y, isDescending: true), .init(input.b), .init(input.x)], [input.x, input.b])
        }
      ),
      ("shuffle", { builder, input in try builder.shuffle([input.x, input.b]) }),
    ]
    for (name, build) in RowProgramTests.programs where ["scans", "moves", "products", "counts"].contains(name) {
      programs.append((name, build))
    }
    return programs
  }

  /// Rows that are as unlike as can be: all equal, ascending, or random.
  enum Data: CaseIterable {
    case equal, ascending, random
    func table(_ rows: Int, seed: UInt64) -> TableData {
      var random = InsecureRandom(seed: seed, 0x6f62_6c69)
      func column(_ range: ClosedRange<Int64>) -> TableData.Column {
        let width = Int(range.upperBound - range.lowerBound) + 1
        return .init(
          values: (0..<rows).map { row in
            switch self {
            case .equal: range.lowerBound
            case .ascending: range.lowerBound + Int64(min(row, width - 1))
            case .random: Int64.random(in: range, using: &random)
            }
          }, isNull: [])
      }
      return TableData(rowCount: rows, columns: [column(-20...43), column(0...3), column(0...1)])
    }
  }

  private func transcript<F: EngineFamily>(
    _ family: F, _ program: Program, _ lowered: LoweredProgram, _ data: TableData, seed: UInt64
  ) throws -> Transcript {
    let job = ProgramRun(
      program: lowered, inputs: program.inputs, recipients: program.disclosures.map { _ in [PartyIndex(0)] },
      tables: [[(PartyIndex(3), .init(schema: RowProgramTests.schema, data: data))]])
    let world = TestWorld(family, outsiders: 1, seed: seed, links: .intercepted(.sizes, nil))
    return try #require(try world.run(job).transcript)
  }

  @Test(arguments: [1, 2, 37], [.radix, .radixWithRows] as [SortWay])
  func stepsAndSizesAreThoseOfTheSizes(rows: Int, way: SortWay) throws {
    let family = ReplicatedFamily(UInt64.self)
    for (name, build) in Self.exact {
      let program = try RowProgramTests.program(build)
      let lowered = try Lowering.lower(program, for: family.descriptor, options: .init(sortWay: way))
      #expect(!lowered.hasRandomCost)
      var shapes: [[Transcript.Link: [Transcript.Shape]]] = []
      for (index, data) in Data.allCases.enumerated() {
        // Other keys every time: sizes depend on them as little as on the data.
        let seed = UInt64(700 + index)
        shapes.append(
          try transcript(family, program, lowered, data.table(rows, seed: seed), seed: seed).shape)
      }
      #expect(shapes[0] == shapes[1] && shapes[0] == shapes[2], "\(name), \(rows) rows")
    }
  }

  /// Bytes of a whole sort, over many keys: two samples, of equal rows and of ascending ones, of one distribution.
  @Test(.long) func whatASortSendsHasOneDistribution() throws {
    let family = ReplicatedFamily(UInt64.self)
    let program = try RowProgramTests.program { builder, input in
      try builder.sort(by: [.init(input.x)], [input.x])
    }
    let lowered = try Lowering.lower(program, for: family.descriptor, options: .init(sortWay: .comparisons))
    let runs = 150
    var samples: [[Int]] = []
    for data in [Data.equal, .ascending] {
      samples.append(
        try (0..<runs).map { run in
          let seed = UInt64(9000 + run + (data == .equal ? 0 : runs))
          let transcript = try transcript(family, program, lowered, data.table(64, seed: seed), seed: seed)
          return transcript.links.values.reduce(0) { $0 + $1.count }
        })
    }
    // Kolmogorov–Smirnov: the largest distance of the two empirical distributions, at a level of about 1e-6.
    let values = Set(samples.joined()).sorted()
    let distance =
      values.map { value in
        abs(
          Double(samples[0].count { $0 <= value }) / Double(runs) - Double(samples[1].count { $0 <= value })
            / Double(runs))
      }.max() ?? 0
    #expect(distance < 2.7 * (2 / Double(runs)).squareRoot(), "distance \(distance)")
    #expect(values.count > 3, "the samples vary")
  }
}
