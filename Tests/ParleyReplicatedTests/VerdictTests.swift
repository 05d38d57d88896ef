import BigInt
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// A holder whose rows are out of range is found inside the computation: nothing is opened but the verdicts.
@Suite struct VerdictTests {
  /// Two tables: `a` held by P0 and an outsider, with one column of each form; `b` of the outsider alone.
  struct Case {
    var program: Program
    var x: ClosedRange<Int64>
    var bits: ClosedRange<Int64>
    init(x: ClosedRange<Int64> = 5...1000, bits: ClosedRange<Int64> = 3...12) throws {
      (self.x, self.bits) = (x, bits)
      var builder = ProgramBuilder()
      let first = builder.table(.init(name: "a", holders: ["p0", "outside"], maximumRows: 100))
      let second = builder.table(.init(name: "b", holders: ["outside"], maximumRows: 100))
      func column(_ table: Program.TableID, _ name: String, _ range: ClosedRange<Int64>) -> Program.NodeID {
        builder.input(
          .init(
            table: table, column: name, role: .value,
            sort: .integer(Interval(BigInt(range.lowerBound), BigInt(range.upperBound)))))
      }
      let words = column(first, "words", x), bits = column(first, "bits", bits), other = column(second, "other", x)
      let nodes = [
        try builder.sum(words), try builder.extremum(.maximum, bits), try builder.sum(other),
        try builder.extremum(.minimum, words),
      ]
      for node in nodes {
        _ = builder.disclose(
          .init(name: "out", node: node, recipients: ["outside"], meaning: .statistic, explanation: ""))
      }
      program = builder.program
    }

    func job(_ lowered: LoweredProgram, computing: Int, rows: [[[Int64]]]) -> ProgramRun {
      let outside = PartyIndex(computing)
      func held(_ name: String, _ columns: [String], _ values: [[Int64]]) -> InputFeeder.HeldTable {
        .init(
          schema: .init(
            name: name, columns: columns.map { .init(name: $0, type: .integer(x), isNullable: false) },
            holders: [],
            maximumRows: 100),
          data: .init(rowCount: values[0].count, columns: values.map { .init(values: $0, isNull: []) }))
      }
      let columns = ["words", "bits"]
      return ProgramRun(
        program: lowered, inputs: program.inputs, recipients: Array(repeating: [outside], count: 4),
        tables: [
          [(PartyIndex(0), held("a", columns, rows[0])), (outside, held("a", columns, rows[1]))],
          [(outside, held("b", ["other"], rows[2]))],
        ])
    }
  }

  static func lower<F: EngineFamily>(_ program: Program, for family: F) throws -> LoweredProgram {
    try Lowering.lower(program, for: family.descriptor, options: .init(checksInputs: true))
  }

  static let honest: [[[Int64]]] = [[[5, 1000, 7], [3, 12, 4]], [[500], [9]], [[5, 6, 7, 1000]]]

  func check<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    let example = try Case()
    let lowered = try Self.lower(example.program, for: family)
    #expect(lowered.verdicts.map(\.tableName) == ["a", "a", "b"])
    let outside = family.computing
    func run(_ rows: [[[Int64]]]) throws -> [Int: ClearValues] {
      try TestWorld(family, outsiders: 1, seed: seed).run(
        example.job(lowered, computing: family.computing, rows: rows)
      ).values[outside]
    }
    let opened = try run(Self.honest)
    #expect(opened[0] == .words([1512]) && opened[2] == .words([1018]))
    // Where, what, and who is named.
    let lies: [(part: Int, column: Int, value: Int64, names: [String])] = [
      (0, 0, 4, ["p0", "table a"]), (0, 0, 1001, ["p0", "table a"]), (0, 0, -1, ["p0", "table a"]),
      (0, 0, .max, ["p0", "table a"]), (0, 0, .min, ["p0", "table a"]), (0, 1, 2, ["p0", "table a"]),
      (0, 1, 13, ["p0", "table a"]), (1, 0, 4, ["outside", "table a"]), (1, 1, 0, ["outside", "table a"]),
      (2, 0, 1001, ["outside", "table b"]), (2, 0, 5 + 1 << 32, ["outside", "table b"]),
    ]
    for lie in lies {
      var rows = Self.honest
      rows[lie.part][lie.column][rows[lie.part][lie.column].count - 1] = lie.value
      let error = #expect(throws: ParleyError.self) { try run(rows) }
      #expect(error?.code == .outOfRange, "\(lie)")
      for name in lie.names { #expect(error?.message.contains(name) == true, "\(lie): \(error?.message ?? "")") }
      #expect(error?.message.contains(lie.names[0] == "p0" ? "outside has" : "p0 has") == false, "\(lie)")
      #expect(error?.place == nil && error?.origin == nil)
    }
  }

  @Test func clear() throws { try check(ClearFamily(arithmeticSummands: 3, booleanSummands: 3), seed: 41) }
  @Test func replicated() throws { try check(ReplicatedFamily(UInt64.self), seed: 42) }
  @Test func verified() throws { try check(VerifiedReplicatedFamily(UInt64.self), seed: 46) }

  /// Without checks of inputs what is opened is shown as no date; with them, as against a deviating party, nothing is opened.
  @Test func nothingIsOpenedAgainstADeviatingHolder() throws {
    let example = try Case()
    var rows = Self.honest
    rows[0][0][2] = 1 << 50
    func run<F: EngineFamily>(_ family: F, seed: UInt64) throws -> ClearValues? {
      let lowered = try Lowering.lower(example.program, for: family.descriptor)
      return try TestWorld(family, outsiders: 1, seed: seed).run(
        example.job(lowered, computing: family.computing, rows: rows)
      ).values[family.computing][0]
    }
    guard case .words(let words) = try run(ReplicatedFamily(UInt64.self), seed: 47) else {
      Issue.record("no word was opened")
      return
    }
    let days = BigInt(Int64(bitPattern: UInt64(words[0])))
    let error = try #require(throws: ParleyError.self) { try Program.ResultTable.Format.date.text(of: days) }
    // Done here: a holder shared values outside the declared ranges; 'adversary: malicious' ends such
    #expect(error.code.rawValue == "data/out-of-range", "\(error)")
    #expect(error.remedy?.contains("'adversary: malicious' ends such a run before it opens anything") == true)
    let ended = try #require(throws: ParleyError.self) { try run(VerifiedReplicatedFamily(UInt64.self), seed: 48) }
    #expect(ended.code == .outOfRange, "\(ended)")
  }

  /// The edges of a range are in it, by both forms.
  @Test func edges() throws {
    let family = ClearFamily(arithmeticSummands: 3, booleanSummands: 3)
    let example = try Case(x: -1000...250_000, bits: -3...4)
    let lowered = try Self.lower(example.program, for: family)
    let honest: [[[Int64]]] = [[[-1000, 250_000], [-3, 4]], [[], []], [[-1000]]]
    for (column, edges) in [(0, example.x), (1, example.bits)] {
      for (value, isFine) in [
        (edges.lowerBound, true), (edges.upperBound, true), (edges.lowerBound - 1, false),
        (edges.upperBound + 1, false),
      ] {
        var rows = honest
        rows[0][column][1] = value
        let job = example.job(lowered, computing: 1, rows: rows)
        let world = TestWorld(family, outsiders: 1, seed: 43)
        if isFine {
          _ = try world.run(job)
        } else {
          #expect(throws: ParleyError.self, "\(value)") { try world.run(job) }
        }
      }
    }
  }

  /// Bytes, rounds and flights of an honest run are those of the plan, the verdicts included.
  private func checkPlan<F: EngineFamily>(_ family: F, openedBytes: Int) throws {
    let example = try Case()
    let lowered = try Self.lower(example.program, for: family)
    let job = example.job(lowered, computing: 3, rows: Self.honest)
    let outcome = try TestWorld(family, outsiders: 1, seed: 44).run(job)
    let shape = RunShape(
      principals: 4,
      tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
      recipients: job.recipients.map { $0.map(\.rawValue) })
    let cost = CostModel.cost(of: lowered, on: family.descriptor, shape: shape)
    #expect(cost.rounds == outcome.rounds)
    #expect(cost.bytes == outcome.readings.map(\.sentBytes))
    var without = lowered
    without.instructions.removeAll { if case .openVerdicts = $0.kind { true } else { false } }
    let unopened = CostModel.cost(of: without, on: family.descriptor, shape: shape)
    #expect(cost.totalBytes == unopened.totalBytes + openedBytes)
    #expect(cost.rounds == unopened.rounds + 1)
    let flights = Schedule(lowered.instructions).flights(on: family.descriptor, rows: shape.rows)
    #expect(flights == Schedule(without.instructions).flights(on: family.descriptor, rows: shape.rows) + 1)
  }

  /// One byte to each computing party, in one round; with verification, a digest of 32 bytes beside it.
  @Test func planEqualsMeter() throws {
    try checkPlan(ReplicatedFamily(UInt64.self), openedBytes: 3)
    try checkPlan(VerifiedReplicatedFamily(UInt64.self), openedBytes: 3 * (1 + 32))
  }

  /// A shape with more parts than were planned for would leave rows unchecked.
  @Test func partsWithoutVerdictAreRefused() throws {
    let family = ReplicatedFamily(UInt64.self)
    let example = try Case()
    let lowered = try Self.lower(example.program, for: family)
    var job = example.job(lowered, computing: 3, rows: Self.honest)
    job.shape.tables[1].append(.init(holder: PartyIndex(1), rowCount: 0))
    job.tables[PartyIndex(1)] = job.tables[PartyIndex(3)]
    job.tables[PartyIndex(1)]?[1]?.data = .init(rowCount: 0, columns: [.init(values: [], isNull: [])])
    let error = #expect(throws: ParleyError.self) { try TestWorld(family, outsiders: 1, seed: 45).run(job) }
    #expect(error?.message.contains("2 parts") == true, "\(error?.message ?? "")")
  }
}
