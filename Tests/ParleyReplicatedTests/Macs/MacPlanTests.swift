import BigInt
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// Programs through the executor: results, and every byte and round as planned.
@Suite struct MacPlanTests {
  /// What every pair of principals sends, and the longest chain.
  func check<F: EngineFamily>(_ family: F, _ job: ProgramRun, seed: UInt64) throws -> Cost {
    let outcome = try TestWorld(family, outsiders: 1, seed: seed).run(job)
    let cost = CostModel.cost(
      of: job.program, on: family.descriptor,
      shape: RunShape(
        principals: family.computing + 1,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: job.recipients.map { $0.map(\.rawValue) }))
    #expect(outcome.readings.map(\.sentBytes) == cost.bytes, "seed \(seed)")
    #expect(outcome.rounds == cost.rounds, "seed \(seed)")
    return cost
  }

  typealias A = ArithRegister
  typealias P = PlaneRegister

  /// Every exchange, three summands: x², Σ x over the valid rows (their bit as a ring word), a product of 1×1 matrices,
  /// OR of y over the rows.
  static func program() -> LoweredProgram {
    var program = LoweredProgram()
    let rows = Length.rows(table: 0)
    func add(_ length: Length, _ round: Int, _ kind: Instruction.Kind) {
      program.instructions.append(
        Instruction(id: program.instructions.count, length: length, round: round, kind: kind))
    }
    let y = (0..<4).map { P($0) }
    let valid = P(5)
    add(rows, 0, .inputArith(input: 0, out: A(0)))
    add(rows, 0, .inputPlanes(input: 2, offset: -8, out: y))
    add(rows, 0, .inputPlanes(input: 3, offset: 0, out: [valid]))
    add(rows, 1, .multiply([.init(A(0), A(0))], out: [A(1)]))
    add(rows, 1, .and(y.map { .init($0, valid) }, out: (10..<14).map { P($0) }))
    add(rows, 1, .bitSummands([valid], out: [[A(2), A(3), A(4)]]))
    add(rows, 1, .shiftedSummands(A(0), bits: 3, out: [A(5), A(6), A(7)]))
    add(
      rows, 1,
      .summands(A(0), width: 10, out: (0..<3).map { s in (0..<10).map { P(100 + 10 * s + $0) } }))
    add(rows, 2, .multiply([.init(A(2), A(3)), .init(A(5), A(6))], out: [A(8), A(17)]))
    add(
      rows, 2,
      .linear(terms: [.init(A(2), 1), .init(A(3), 1), .init(A(8), UInt64.max &- 1)], constant: 0, out: A(10)))
    add(rows, 2, .innerProducts([[.init(A(0), A(1))]], out: [A(9)]))
    add(rows, 3, .multiply([.init(A(10), A(4))], out: [A(11)]))
    add(
      rows, 3,
      .linear(terms: [.init(A(10), 1), .init(A(4), 1), .init(A(11), UInt64.max &- 1)], constant: 0, out: A(12)))
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
    add(rows, 4, .innerProducts([[.init(A(0), A(12))]], out: [A(13)]))
    add(.fixed(1), 5, .matrixProduct(A(13), A(9), rows: 1, inner: 1, columns: 1, out: A(14)))
    add(rows, 5, .sumRows(A(1), out: A(15)))
    add(.fixed(1), 6, .openArith(A(13), disclosure: 0))
    add(.fixed(1), 6, .openArith(A(14), disclosure: 1))
    add(.fixed(1), 6, .openArith(A(15), disclosure: 2))
    add(rows, 6, .openArith(A(0), disclosure: 3))
    add(.fixed(1), 6, .openPlanes((40..<44).map { P($0) }, disclosure: 4))
    program.arithCount = 20
    program.planeCount = 140
    program.roundCount = 5
    return program
  }

  struct Job {
    var run: ProgramRun
    /// By disclosure.
    var expected: [ClearValues]
  }

  /// The tables of ``ExecutorTests``: 40 rows, of which 33 are there, and 30.
  static func job(seed: UInt64) -> Job {
    let (base, x, _, y, valid) = ExecutorTests.job(3, seed: seed)
    let outside = PartyIndex(3)
    let run = ProgramRun(
      program: program(), inputs: ExecutorTests.inputs, shape: base.shape,
      recipients: [
        [outside], [PartyIndex(1)], [PartyIndex(0), outside], [PartyIndex(2)], [outside, PartyIndex(1)],
      ],
      tables: base.tables)
    let total = zip(x, valid).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
    let cubes = x.reduce(0) { $0 + $1 * $1 * $1 }
    let any = zip(y, valid).reduce(0) { $0 | ($1.1 ? $1.0 + 8 : 0) }
    return Job(
      run: run,
      expected: [
        .words([UInt64(total)]), .words([UInt64(total) &* UInt64(cubes)]),
        .words([UInt64(x.reduce(0) { $0 + $1 * $1 })]), .words(x.map { UInt64($0) }),
        .planes((0..<4).map { [UInt64(any >> $0 & 1)] }, count: 1),
      ])
  }

  @Test(arguments: [nil, 1, 3] as [Int?]) func planEqualsMeter(proofsEvery: Int?) throws {
    let cost = try check(MacReplicatedFamily(proofsEvery: proofsEvery), Self.job(seed: 51).run, seed: 51)
    #expect(cost.cheatingExponent == MacCheckShape.cheatingExponent)
    #expect((-59.94 ... -59.93).contains(try #require(cost.cheatingExponent)))
  }

  /// The engine with proofs, through the same comparison.
  @Test(arguments: [nil, 1, 3] as [Int?]) func planEqualsMeterWithProofs(proofsEvery: Int?) throws {
    let family = VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery)
    _ = try check(family, Self.job(seed: 52).run, seed: 52)
  }

  /// Values wait for the check with all their shares: inputs, products, summands.
  @Test func retainedSharesArePlanned() throws {
    let job = Self.job(seed: 53).run
    let shape = RunShape(principals: 4, tables: [[.init(holder: 3, rows: 70)]], recipients: [])
    var program = job.program
    program.instructions.removeAll { if case .openArith = $0.kind { true } else { false } }
    let cost = CostModel.cost(
      of: program, on: MacReplicatedEngine.descriptor,
      shape: RunShape(principals: 4, tables: shape.tables, recipients: Array(repeating: [3], count: 5)))
    // x, x², three summands of a bit and three shifted ones, three products, and three single values.
    #expect(cost.peakShareBytes >= 64 * (70 * (1 + 1 + 3 + 3 + 3) + 3))
  }

  /// No rows: inner products over nothing are still values with macs.
  @Test func noRows() throws {
    var job = Self.job(seed: 54).run
    for (holder, tables) in job.tables {
      var table = try #require(tables[0])
      table.data = TableData(
        rowCount: 0, columns: [.init(values: [], isNull: []), .init(values: [], isNull: [])])
      job.tables[holder] = [0: table]
    }
    job.shape = ExecutionShape(tables: [job.shape.tables[0].map { .init(holder: $0.holder, rowCount: 0) }])
    _ = try check(MacReplicatedFamily(), job, seed: 54)
  }

  /// The same results as the engine with proofs, and the right ones.
  @Test(arguments: 60..<66 as Range<UInt64>) func sameResultsAsProofs(seed: UInt64) throws {
    let job = Self.job(seed: seed)
    let proofs = try TestWorld(VerifiedReplicatedFamily(UInt64.self), outsiders: 1, seed: seed).run(job.run)
    let macs = try TestWorld(MacReplicatedFamily(), outsiders: 1, seed: seed + 1000).run(job.run)
    #expect(proofs.values == macs.values, "seed \(seed)")
    for (disclosure, recipients) in job.run.recipients.enumerated() {
      for recipient in recipients {
        #expect(
          macs.values[recipient.rawValue][disclosure] == job.expected[disclosure],
          "disclosure \(disclosure), seed \(seed)")
      }
    }
  }
}
