import BigInt
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import Synchronization
import Testing

/// Under padding nothing that others see or wait for follows from how many rows a holder really has.
@Suite struct PaddedInputTests {
  static let padTo = 9
  static let schema = TableSchema(
    name: "t",
    columns: [
      .init(name: "s", type: .text(bytes: 40), isNullable: true),
      .init(name: "x", type: .integer(5...20), isNullable: false),
    ], holders: ["h"], maximumRows: padTo, padTo: padTo)

  /// What a holder with so many rows deals, by instruction, and how many texts it has digested for that.
  private func dealt(_ rows: Int) throws -> (columns: [[UInt64]], digests: Int) {
    var inputs: [Program.Input] = []
    func add(_ role: Program.Input.Role, _ sort: Program.Sort, _ column: String, _ formula: HolderFormula? = nil) {
      inputs.append(
        .init(table: .init(rawValue: 0), column: column, role: role, sort: sort, formula: formula))
    }
    add(.value, .integer(TextParts.range), "s", .textDigest(.column("s"), index: 0))
    add(.isNull, .bit, "s")
    add(.isValid, .bit, "")
    add(.value, .integer(Interval(10...40)), "x", .scale(.column("x"), by: 2))
    var program = LoweredProgram()
    for index in inputs.indices {
      program.instructions.append(
        .init(
          id: index, length: .rows(table: 0), round: 0, kind: .inputArith(input: index, out: ArithRegister(index)))
      )
    }
    program.arithCount = inputs.count
    let data = TableData(
      rowCount: rows,
      columns: [
        .init(
          values: [], isNull: (0..<rows).map { $0 == 1 }, texts: (0..<rows).map { $0 == 1 ? "" : "text \($0)" }),
        .init(values: (0..<rows).map { Int64(5 + $0) }, isNull: []),
      ])
    let digester = CountingDigester()
    let dealer = RecordingDealer()
    let network = InMemoryNetwork(count: 1)
    try InputFeeder(
      program: program, inputs: inputs,
      shape: ExecutionShape(tables: [[.init(holder: PartyIndex(0), rowCount: Self.padTo)]]), holder: PartyIndex(0),
      tables: [0: .init(schema: Self.schema, data: data)], digester: digester
    ).feed(to: dealer, over: network.meshes[0])
    return (dealer.columns, digester.count)
  }

  @Test func paddingIsWorkedOnLikeRows() throws {
    let counts = try [0, 1, 2, 5, 8, 9].map { try dealt($0).digests }
    // A NULL is not digested; every other row is, and padding as well.
    #expect(counts[0] >= Self.padTo && counts[1] == Self.padTo, "\(counts)")
    for (rows, count) in zip([2, 5, 8, 9], counts.dropFirst(2)) {
      let copies = (Self.padTo - 2) / rows + 1
      #expect(count == Self.padTo - copies || count == Self.padTo, "\(rows) rows: \(count)")
    }
  }

  @Test func paddingIsNoRow() throws {
    for rows in [0, 1, 2, 5, 9] {
      let (columns, _) = try dealt(rows)
      #expect(columns.allSatisfy { $0.count == Self.padTo }, "\(rows)")
      for row in 0..<Self.padTo {
        let isRow = row < rows, isNull = !isRow || row == 1
        #expect((columns[0][row] == 0) == isNull, "row \(row) of \(rows)")
        #expect(columns[1][row] == (isNull ? 1 : 0))
        #expect(columns[2][row] == (isRow ? 1 : 0))
        #expect(columns[3][row] == (isRow ? UInt64(2 * (5 + row)) : 10))
      }
    }
  }

  /// Memory and processor time of any party tell how many rows are padding, so no receipt has them.
  @Test func receiptsSayNothingOfTheMachine() throws {
    var world = SessionWorld()
    world.use = ProcessUse(processorTime: { .milliseconds(7) }, peakMemoryBytes: { 4096 })
    world.predicted = PartyReport.Cost(rounds: 2, sentBytes: Array(repeating: 0, count: SessionWorld.count))
    let padded = try #require(world.run().outcome(0)?.receipt)
    for report in padded.body.reports {
      #expect(report.measured.peakMemoryBytes == nil && report.processorMilliseconds == nil, "P\(report.party)")
      #expect(report.predicted?.rounds == 2)
    }
    world.adapt = { _, plan in
      for index in plan.description.tables.indices { plan.description.tables[index].padTo = nil }
    }
    let open = try #require(world.run().outcome(0)?.receipt)
    for report in open.body.reports {
      #expect(report.measured.peakMemoryBytes == 4096 && report.processorMilliseconds == 0, "P\(report.party)")
    }
    // Nor where the program that runs the party does not know it.
    world.use = .unknown
    let unknown = try #require(world.run().outcome(0)?.receipt)
    for report in unknown.body.reports {
      #expect(report.measured.peakMemoryBytes == nil && report.processorMilliseconds == nil, "P\(report.party)")
    }
  }
}

private final class CountingDigester: TextDigester {
  private let inner = SessionTextDigester(sessionID: [1])
  private let counter = Mutex(0)
  var count: Int { counter.withLock { $0 } }
  func digest(of text: String) -> TextDigest {
    counter.withLock { $0 += 1 }
    return inner.digest(of: text)
  }
}

private final class RecordingDealer: InputDealer {
  private(set) var columns: [[UInt64]] = []
  func dealArith(_ values: [UInt64], step: StepID) throws(ParleyError) { columns.append(values) }
  func dealPlanes(_ planes: [[UInt64]], count: Int, step: StepID) throws(ParleyError) {
    throw ParleyError(.invariant, "no column is dealt as bits here")
  }
}
