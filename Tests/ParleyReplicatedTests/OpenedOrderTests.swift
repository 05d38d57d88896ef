import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// What a sort opens on its way, put together from the messages: a uniformly random permutation, whatever the rows are.
@Suite struct OpenedOrderTests {
  static let rows = 4
  static let runs = 720

  /// The rows of column x or b: all equal, ascending, descending.
  enum Data: CaseIterable {
    case equal, ascending, descending
    var table: TableData {
      func column(_ values: [Int64]) -> TableData.Column { .init(values: values, isNull: []) }
      let zero = column([0, 0, 0, 0])
      return switch self {
      case .equal: TableData(rowCount: rows, columns: [zero, zero, zero])
      case .ascending:
        TableData(rowCount: rows, columns: [column([-20, 0, 7, 43]), zero, column([0, 0, 1, 1])])
      case .descending:
        TableData(rowCount: rows, columns: [column([43, 7, 0, -20]), zero, column([1, 1, 0, 0])])
      }
    }
  }

  /// Every computing party gets the one share that it lacks, so the three messages of an opening are all shares.
  private func opened(_ transcript: Transcript, _ step: StepID) throws -> [[UInt8]] {
    let messages = transcript.links.values.joined().filter { $0.step == step }
    #expect(messages.count == 3)
    return try messages.map { try #require($0.bytes) }
  }

  private func check(
    _ data: Data, by key: (RowProgramTests.Inputs) -> Program.NodeID, iteration: Int,
    order: ([[UInt8]]) throws -> [UInt64]
  ) throws {
    let family = ReplicatedFamily(UInt64.self)
    let program = try RowProgramTests.program { builder, input in
      try builder.sort(by: [.init(key(input))], [input.x])
    }
    let lowered = try Lowering.lower(program, for: family.descriptor)
    let sort = try #require(lowered.instructions.first { $0.isRowAlgorithm })
    let job = ProgramRun(
      program: lowered, inputs: program.inputs, recipients: [[PartyIndex(0)]],
      tables: [[(PartyIndex(3), .init(schema: RowProgramTests.schema, data: data.table))]])
    var cells: [[UInt64]: Int] = [:]
    for run in 0..<Self.runs {
      let world = TestWorld(family, outsiders: 1, seed: UInt64(40_000 + run), links: .intercepted(.bytes, nil))
      let transcript = try #require(try world.run(job).transcript)
      let step = StepID(instruction: sort.id, iteration: iteration)
      cells[try order(try opened(transcript, step)), default: 0] += 1
    }
    #expect(cells.count == 24)
    let expected = Double(Self.runs) / 24
    let value = cells.values.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    // 23 degrees of freedom: mean 23; 60 is exceeded once in 30 000 times.
    #expect(value < 60, "\(data): χ² = \(value), seeds 40000 to \(40_000 + Self.runs - 1)")
  }

  /// Four rows are sorted by all six comparisons at once.
  @Test(arguments: Data.allCases) func comparisons(data: Data) throws {
    try check(data, by: \.x, iteration: 3) { shares in
      [UInt64(shares.reduce(0 as UInt8) { $0 ^ $1[0] } & 0x3f)]
    }
  }

  /// The places of rows sorted by one bit.
  @Test(arguments: Data.allCases) func places(data: Data) throws {
    try check(data, by: \.b, iteration: 5) { shares in
      let words = shares.map { bytes in
        (0..<Self.rows).map { row in
          bytes[8 * row..<8 * row + 8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        }
      }
      let order = (0..<Self.rows).map { row in words.reduce(0) { $0 &+ $1[row] } }
      #expect(order.sorted() == [0, 1, 2, 3])
      return order
    }
  }
}
