import BigInt
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Testing

/// Hand-written lowered programs, so that the executor is tested apart from the lowering.
@Suite struct ExecutorTests {
  typealias A = ArithRegister
  typealias P = PlaneRegister

  static let schema = TableSchema(
    name: "t",
    columns: [
      ColumnSchema(name: "x", type: .integer(5...1000), isNullable: true),
      ColumnSchema(name: "y", type: .integer(-8...7), isNullable: false),
    ], holders: ["a", "b"], maximumRows: 100)

  static func input(_ column: String, _ role: Program.Input.Role, _ sort: Program.Sort) -> Program.Input {
    Program.Input(table: .init(rawValue: 0), column: column, role: role, sort: sort)
  }
  static let inputs = [
    input("x", .value, .integer(Interval(5...1000))), input("x", .isNull, .bit),
    input("y", .value, .integer(Interval(-8...7))), input("", .isValid, .bit),
  ]

  /// Σ x², Σ x·[y bit], OR and AND of the bits of y + 8 in two reductions of different depth, x of every row, and
  /// the flags as planes.
  static func program() -> LoweredProgram {
    var program = LoweredProgram()
    let rows = Length.rows(table: 0)
    func add(_ length: Length, _ round: Int, _ kind: Instruction.Kind) {
      program.instructions.append(
        Instruction(id: program.instructions.count, length: length, round: round, kind: kind))
    }
    let y = (0..<4).map { P($0) }
    let (null, valid) = (P(4), P(5))
    add(rows, 0, .inputArith(input: 0, out: A(0)))
    add(rows, 0, .inputPlanes(input: 2, offset: -8, out: y))
    add(rows, 0, .inputPlanes(input: 1, offset: 0, out: [null]))
    add(rows, 0, .inputPlanes(input: 3, offset: 0, out: [valid]))
    add(rows, 0, .not([null], out: [P(6)]))
    // Round 1: x², y masked by validity, and a bit of y as summands.
    add(rows, 1, .multiply([.init(A(0), A(0))], out: [A(1)]))
    add(rows, 1, .and(y.map { .init($0, valid) }, out: (10..<14).map { P($0) }))
    add(rows, 1, .bitSummands([P(6)], out: [[A(2), A(3)]]))
    // Bits b = s_1 ⊕ s_2 as s_1 + s_2 − 2 s_1 s_2, in round 2.
    add(rows, 2, .multiply([.init(A(2), A(3))], out: [A(4)]))
    add(
      rows, 2,
      .linear(terms: [.init(A(2), 1), .init(A(3), 1), .init(A(4), UInt64.max &- 1)], constant: 0, out: A(5)))
    add(rows, 3, .innerProducts([[.init(A(0), A(5))], [.init(A(1), A(5))]], out: [A(6), A(7)]))
    // OR of all rows: one round a level. AND by way of a detour: two rounds a level.
    add(
      rows, 2,
      .reduce(
        state: (10..<14).map { P($0) },
        body: .init(
          low: (20..<24).map { P($0) }, high: (24..<28).map { P($0) }, combined: (36..<40).map { P($0) },
          instructions: [
            Instruction(
              id: 100, length: .half, round: 1,
              kind: .and((0..<4).map { .init(P(20 + $0), P(24 + $0)) }, out: (28..<32).map { P($0) })),
            Instruction(
              id: 101, length: .half, round: 0,
              kind: .xor((0..<4).map { .init(P(20 + $0), P(24 + $0)) }, out: (32..<36).map { P($0) })),
            Instruction(
              id: 102, length: .half, round: 1,
              kind: .xor((0..<4).map { .init(P(28 + $0), P(32 + $0)) }, out: (36..<40).map { P($0) })),
          ], roundCount: 1), out: (40..<44).map { P($0) }))
    add(
      rows, 2,
      .reduce(
        state: y,
        body: .init(
          low: (50..<54).map { P($0) }, high: (54..<58).map { P($0) }, combined: (62..<66).map { P($0) },
          instructions: [
            Instruction(
              id: 110, length: .half, round: 1,
              kind: .and((0..<4).map { .init(P(50 + $0), P(54 + $0)) }, out: (58..<62).map { P($0) })),
            Instruction(
              id: 111, length: .half, round: 2,
              kind: .and((0..<4).map { .init(P(58 + $0), P(50 + $0)) }, out: (62..<66).map { P($0) })),
          ], roundCount: 2), out: (70..<74).map { P($0) }))
    add(rows, 3, .sumRows(A(1), out: A(8)))
    add(.fixed(1), 4, .openArith(A(6), disclosure: 0))
    add(.fixed(1), 4, .openArith(A(8), disclosure: 1))
    add(.fixed(1), 4, .openPlanes((40..<44).map { P($0) }, disclosure: 2))
    add(.fixed(1), 4, .openPlanes((70..<74).map { P($0) }, disclosure: 3))
    add(rows, 4, .openArith(A(0), disclosure: 4))
    add(rows, 4, .openPlanes([null, valid], disclosure: 5))
    program.arithCount = 10
    program.planeCount = 80
    program.roundCount = 3
    return program
  }

  /// Two holders, the second of which is P_0; the first pads to 40 rows.
  static func job(_ computing: Int, seed: UInt64) -> (
    ProgramRun, x: [Int64], null: [Bool], y: [Int64], valid: [Bool]
  ) {
    var random = InsecureRandom(seed: seed)
    func data(_ rows: Int) -> TableData {
      let null = random.bits(rows)
      return TableData(
        rowCount: rows,
        columns: [
          .init(values: null.map { $0 ? 0 : Int64.random(in: 5...1000, using: &random) }, isNull: null),
          .init(values: (0..<rows).map { _ in Int64.random(in: -8...7, using: &random) }, isNull: []),
        ])
    }
    let (first, second) = (data(33), data(30))
    let outside = PartyIndex(computing)
    let shape = ExecutionShape(tables: [
      [.init(holder: outside, rowCount: 40), .init(holder: PartyIndex(0), rowCount: 30)]
    ])
    let job = ProgramRun(
      program: program(), inputs: inputs, shape: shape,
      recipients: [
        [outside], [PartyIndex(0)], [PartyIndex(0), outside], [outside],
        [PartyIndex(computing - 1)], [outside],
      ],
      tables: [
        outside: [0: .init(schema: schema, data: first)], PartyIndex(0): [0: .init(schema: schema, data: second)],
      ])
    func column(_ index: Int, _ absent: Int64) -> [Int64] {
      func cells(_ data: TableData) -> [Int64] {
        (0..<data.rowCount).map { row in
          let column = data.columns[index]
          return !column.isNull.isEmpty && column.isNull[row] ? absent : column.values[row]
        }
      }
      return cells(first) + Array(repeating: absent, count: 7) + cells(second)
    }
    return (
      job, column(0, 5), first.columns[0].isNull + Array(repeating: true, count: 7) + second.columns[0].isNull,
      column(1, 0), (0..<70).map { $0 < 33 || $0 >= 40 }
    )
  }

  func check<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    let (job, x, null, y, valid) = Self.job(family.computing, seed: seed)
    let outcome = try TestWorld(family, outsiders: 1, seed: seed).run(job)
    let outside = family.computing
    func word(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }
    let expected: [Int: ClearValues] = [
      0: .words([word(zip(x, null).reduce(0) { $0 + ($1.1 ? 0 : $1.0) })]),
      1: .words([word(x.reduce(0) { $0 + $1 * $1 })]),
      2: .planes(bits(zip(y, valid).reduce(0) { $0 | ($1.1 ? $1.0 + 8 : 0) }), count: 1),
      3: .planes(bits(y.reduce(15) { $0 & ($1 + 8) }), count: 1),
      4: .words(x.map(word)), 5: .planes([null.packedPlane, valid.packedPlane], count: 70),
    ]
    for (disclosure, recipients) in job.recipients.enumerated() {
      for party in 0...outside {
        let value = outcome.values[party][disclosure]
        #expect(
          value == (recipients.contains(PartyIndex(party)) ? expected[disclosure] : nil),
          "\(family.descriptor.name), disclosure \(disclosure) at P\(party), seed \(seed)")
      }
    }
    if family.computing > 1 {
      // Inputs, round 1, the longer reduction (7 levels of two rounds, round 2 within its first), round 3, openings.
      #expect(outcome.rounds == 1 + 1 + 14 + 1 + 1)
    }
  }

  private func bits(_ value: Int64) -> [[UInt64]] { (0..<4).map { [UInt64(value >> $0 & 1)] } }

  @Test func clear() throws { try check(ClearFamily(booleanSummands: 2), seed: 31) }
  @Test func replicated() throws { try check(ReplicatedFamily(UInt64.self), seed: 32) }

  /// Each of the 18 rounds waits for one latency and for nothing else.
  @Test func aRoundIsOneLatency() throws {
    let (job, _, _, _, _) = Self.job(3, seed: 36)
    let latency = Duration.milliseconds(20)
    let world = TestWorld(
      ReplicatedFamily(UInt64.self), outsiders: 1, seed: 36,
      links: .simulated(LinkProfile(latency: latency, bitsPerSecond: 1_000_000_000_000)))
    let outcome = try world.run(job)
    #expect(outcome.rounds == 18)
    #expect((latency * 18..<latency * 18 + .milliseconds(1)).contains(outcome.elapsed))
  }

  @Test func progressEndsWhereItSaid() throws {
    let (job, _, _, _, _) = Self.job(3, seed: 33)
    let outcome = try TestWorld(ReplicatedFamily(UInt64.self), outsiders: 1, seed: 33).run {
      party throws -> [ExecutionProgress] in
      if let tables = job.tables[party.index] {
        try InputFeeder(
          program: job.program, inputs: job.inputs, shape: job.shape, holder: party.index, tables: tables
        ).feed(to: party.dealer, over: party.mesh)
      }
      guard let engine = party.engine else {
        _ = try OutputCollector(
          program: job.program, shape: job.shape, recipients: job.recipients, local: party.index
        ).collect(from: party.receiver)
        return []
      }
      var seen: [ExecutionProgress] = []
      _ = try Executor(
        engine: engine, mesh: party.mesh, program: job.program, shape: job.shape, recipients: job.recipients
      ) { seen.append($0) }.run()
      return seen
    }
    for seen in outcome.values.prefix(3) {
      let last = try #require(seen.last)
      #expect(last.roundsDone == last.roundCount && last.roundCount == 17)
      #expect(last.instructionsDone == last.instructionCount)
      #expect(seen.map(\.roundsDone) == Array(1...17))
    }
  }

  /// Tables without any row: sums are 0, reductions are 0.
  @Test func emptyTables() throws {
    var (job, _, _, _, _) = Self.job(3, seed: 34)
    for (holder, tables) in job.tables {
      var table = try #require(tables[0])
      table.data = TableData(
        rowCount: 0, columns: [.init(values: [], isNull: []), .init(values: [], isNull: [])])
      job.tables[holder] = [0: table]
    }
    job.shape = ExecutionShape(tables: [job.shape.tables[0].map { .init(holder: $0.holder, rowCount: 0) }])
    let values = try TestWorld(ReplicatedFamily(UInt64.self), outsiders: 1, seed: 34).run(job).values
    #expect(values[3][0] == .words([0]) && values[0][1] == .words([0]))
    #expect(values[3][2] == .planes([[0], [0], [0], [0]], count: 1))
    #expect(values[2][4] == .words([]))
  }

  /// One row: reductions have no level.
  @Test func oneRow() throws {
    var (job, _, _, _, _) = Self.job(3, seed: 35)
    let table = InputFeeder.HeldTable(
      schema: Self.schema,
      data: TableData(
        rowCount: 1, columns: [.init(values: [77], isNull: [false]), .init(values: [-3], isNull: [])]))
    job.tables = [PartyIndex(3): [0: table]]
    job.shape = ExecutionShape(tables: [[.init(holder: PartyIndex(3), rowCount: 1)]])
    let values = try TestWorld(ReplicatedFamily(UInt64.self), outsiders: 1, seed: 35).run(job).values
    #expect(values[3][0] == .words([77]) && values[0][1] == .words([77 * 77]))
    #expect(values[3][2] == .planes(bits(5), count: 1) && values[3][3] == .planes(bits(5), count: 1))
  }
}

@Suite struct InputFeederTests {
  @Test func planesOfDifferences() {
    let values: [Int64] = [.min, -1, 0, 5, .max]
    for (offset, width) in [(BigInt(Int64.min), 64), (BigInt(-3), 8), (BigInt(Int64.min), 66), (BigInt(7), 70)] {
      let planes = InputFeeder.planes(values, offset: offset, width: width)
      #expect(planes.count == width)
      for (row, value) in values.enumerated() {
        var difference = (BigInt(value) - offset) % (BigInt(1) << width)
        if difference < 0 { difference += BigInt(1) << width }
        for bit in 0..<width {
          #expect(planes[bit][0] >> UInt64(row) & 1 == UInt64((difference >> bit) & 1), "\(value) − \(offset)")
        }
      }
    }
    #expect(InputFeeder.planes([], offset: 0, width: 3) == [[], [], []])
  }

  @Test func absentCellsStayInRange() {
    #expect(InputFeeder.absentValue(of: .bit) == 0)
    #expect(InputFeeder.absentValue(of: .integer(Interval(-3...3))) == 0)
    #expect(InputFeeder.absentValue(of: .integer(Interval(5...9))) == 5)
    #expect(InputFeeder.absentValue(of: .integer(Interval(-9...(-5)))) == -5)
  }

  private func code(_ change: (inout ProgramRun) throws -> Void) throws -> String? {
    var (job, _, _, _, _) = ExecutorTests.job(3, seed: 40)
    try change(&job)
    do {
      _ = try TestWorld(ReplicatedFamily(UInt64.self), outsiders: 1, seed: 40).run(job)
      return nil
    } catch {
      return error.code.rawValue
    }
  }

  @Test func dataThatDoesNotFitIsRefused() throws {
    #expect(try code { _ in } == nil)
    #expect(try code { $0.tables[PartyIndex(3)] = [:] } == "data/missing-table")
    #expect(
      try code { $0.tables[PartyIndex(3)]?[0]?.schema.columns[0].name = "z" } == "data/missing-column")
    #expect(
      try code { $0.shape.tables[0][0].rowCount = 20 } == "data/too-many-rows")
  }

  @Test func programsThatReadNothingAreRefused() throws {
    #expect(
      try code { job in
        job.program.instructions.removeAll { if case .sumRows = $0.kind { true } else { false } }
      } == "internal/invariant")
  }
}
