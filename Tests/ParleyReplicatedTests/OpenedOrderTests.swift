import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// What a sort opens on its way, put together from the messages: a uniformly random permutation, whatever the rows are.
@Suite(.long) struct OpenedOrderTests {
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
    _ data: Data, by key: (RowProgramTests.Inputs) -> Program.NodeID, _ way: SortWay,
    orders: (Transcript, _ sort: Int) throws -> [[UInt64]]
  ) throws {
    let family = ReplicatedFamily(UInt64.self)
    let program = try RowProgramTests.program { builder, input in
      try builder.sort(by: [.init(key(input))], [input.x])
    }
    let lowered = try Lowering.lower(program, for: family.descriptor, options: .init(sortWay: way))
    let sort = try #require(lowered.instructions.first { $0.isRowAlgorithm })
    let job = ProgramRun(
      program: lowered, inputs: program.inputs, recipients: [[PartyIndex(0)]],
      tables: [[(PartyIndex(3), .init(schema: RowProgramTests.schema, data: data.table))]])
    // By what is counted.
    var cells: [[[UInt64]: Int]] = []
    for run in 0..<Self.runs {
      let world = TestWorld(family, outsiders: 1, seed: UInt64(40_000 + run), links: .intercepted(.bytes, nil))
      let transcript = try #require(try world.run(job).transcript)
      for (index, order) in try orders(transcript, sort.id).enumerated() {
        if cells.count == index { cells.append([:]) }
        cells[index][order, default: 0] += 1
      }
    }
    for (index, cells) in cells.enumerated() {
      #expect(cells.count == 24)
      let expected = Double(Self.runs) / 24
      let value = cells.values.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
      // 23 degrees of freedom: mean 23; 60 is exceeded once in 30 000 times.
      #expect(value < 60, "\(data), \(index): χ² = \(value), seeds 40000 to \(40_000 + Self.runs - 1)")
    }
  }

  /// Opened ring words.
  private func words(_ transcript: Transcript, _ step: StepID) throws -> [UInt64] {
    let words = try opened(transcript, step).map { bytes in
      (0..<Self.rows).map { row in
        bytes[8 * row..<8 * row + 8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      }
    }
    return (0..<Self.rows).map { row in words.reduce(0) { $0 &+ $1[row] } }
  }
  /// Opened planes, a byte each, as numbers.
  private func numbers(_ transcript: Transcript, _ step: StepID) throws -> [UInt64] {
    let shares = try opened(transcript, step)
    return (0..<Self.rows).map { row in
      shares[0].indices.reduce(0) { number, plane in
        number | UInt64(shares.reduce(0 as UInt8) { $0 ^ $1[plane] } >> UInt8(row) & 1) << UInt64(plane)
      }
    }
  }

  /// Four rows are sorted by all six comparisons at once.
  @Test(arguments: Data.allCases) func comparisons(data: Data) throws {
    try check(data, by: \.x, .comparisons) { transcript, sort in
      let shares = try opened(transcript, StepID(instruction: sort, iteration: 3))
      return [[UInt64(shares.reduce(0 as UInt8) { $0 ^ $1[0] } & 0x3f)]]
    }
  }

  /// The places of rows sorted by one bit.
  @Test(arguments: Data.allCases) func places(data: Data) throws {
    try check(data, by: \.b, .radixWithRows) { transcript, sort in
      let order = try words(transcript, StepID(instruction: sort, iteration: 5))
      #expect(order.sorted() == [0, 1, 2, 3])
      return [order]
    }
  }

  /// Seven bits are four digits: the places of three, the numbers of rows, and the places where the rows are. Each is
  /// uniformly random, and so is one seen from another.
  @Test(arguments: Data.allCases) func placesOfDigits(data: Data) throws {
    try check(data, by: \.x, .radix) { transcript, sort in
      let orders = try (0..<5).map { pass in
        let step = StepID(instruction: sort, iteration: 6 * pass + 5)
        return pass == 3 ? try numbers(transcript, step) : try words(transcript, step)
      }
      for order in orders { #expect(order.sorted() == [0, 1, 2, 3]) }
      var seen = orders
      for (first, second) in [(0, 1), (0, 4), (2, 3), (3, 4)] {
        seen.append((0..<4).map { place in orders[second][orders[first].firstIndex(of: place) ?? 0] })
      }
      return seen
    }
  }
}
