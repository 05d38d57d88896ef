import BigInt
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Synchronization
import Testing

/// Loops on every engine: results are those of the evaluator in the clear, and bytes and rounds those of the plan.
@Suite struct LoopProgramTests {
  /// - Parameter way: of sorts, of which alone the programs are then gone through.
  private func check<F: EngineFamily>(
    _ family: F, sorts: Bool = true, _ way: SortWay? = nil, chunkRows: Int = RowChunks.defaultRows, seed: UInt64
  ) throws {
    for (name, build) in (way == nil ? LoopWorld.programs : []) + (sorts ? LoopWorld.sorts : []) {
      let program = try RowProgramTests.program(build)
      let lowered = try Lowering.lower(
        program, for: family.descriptor, options: .init(chunkRows: chunkRows, sortWay: way))
      for rows in [[1, 0], [9, 8]] {
        let data = RowProgramTests.data(rows, seed: seed)
        let expected = try InsecurePlaintextEvaluator.evaluate(
          program, tables: [RowProgramTests.schema], data: data)
        let job = LoopWorld.job(program, lowered, data["t"] ?? [], computing: family.computing)
        let outcome = try TestWorld(family, outsiders: 2, seed: seed).run(job)
        for (index, disclosure) in program.disclosures.enumerated() {
          let opened = try #require(outcome.values[0][index]).integers(of: program[disclosure.node].type)
          #expect(opened == expected[.init(rawValue: index)], "\(name), rows \(rows), disclosure \(index)")
        }
        let cost = LoopWorld.cost(job, on: family.descriptor)
        #expect(outcome.readings.map(\.sentBytes) == cost.bytes, "\(name), rows \(rows)")
        #expect(outcome.rounds == cost.rounds, "\(name), rows \(rows)")
        var whole = LoopWorld.cost(job, on: family.descriptor, takesAll: true)
        #expect(Array(whole.demand.takes) == Array(cost.demand.takes), "\(name), rows \(rows)")
        whole.demand = cost.demand
        #expect(cost == whole, "\(name), rows \(rows)")
      }
    }
  }

  @Test(arguments: 1...3) func clear(summands: Int) throws {
    try check(ClearFamily(arithmeticSummands: summands, booleanSummands: summands), seed: 900)
  }
  @Test func clearWithoutWords() throws { try check(ClearFamily(hasWords: false), sorts: false, seed: 901) }
  @Test func replicated() throws { try check(ReplicatedFamily(UInt64.self), seed: 902) }
  @Test(arguments: [nil, 3, 40] as [Int?]) func verified(proofsEvery: Int?) throws {
    try check(VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery), seed: 903)
  }
  /// Keys of several digits: each has its own steps in every pass, as all else has.
  @Test(arguments: [SortWay.radix, .radixWithRows]) func sortsByCounting(way: SortWay) throws {
    try check(ClearFamily(), way, seed: 910)
    try check(ReplicatedFamily(UInt64.self), way, seed: 911)
    try check(VerifiedReplicatedFamily(UInt64.self, proofsEvery: 3), way, seed: 912)
  }
  @Test(arguments: [nil, 3] as [Int?]) func macs(proofsEvery: Int?) throws {
    try check(MacReplicatedFamily(proofsEvery: proofsEvery), sorts: false, seed: 904)
  }
  @Test func additive() throws {
    try check(AdditiveFamily(UInt64.self), sorts: false, seed: 905)
    try check(AdditiveFamily(UInt64.self, source: .sent), sorts: false, chunkRows: 4, seed: 909)
  }
  @Test func kings() throws { try check(KingFamily(parties: 4, kings: 2), sorts: false, seed: 906) }
  @Test func fourParties() throws { try check(FourPartyFamily(UInt64.self), sorts: false, seed: 913) }
  @Test func inChunks() throws {
    try check(ReplicatedFamily(UInt64.self), sorts: false, chunkRows: 4, seed: 907)
    try check(VerifiedReplicatedFamily(UInt64.self, proofsEvery: 3), sorts: false, chunkRows: 4, seed: 908)
  }

  // MARK: Cost

  /// A loop of n passes: what is around it, and n times the same; and planning it is no more work for more passes.
  @Test func costIsAPrologueAndPasses() throws {
    func cost<F: EngineFamily>(_ family: F, _ count: Int) throws -> (cost: Cost, passes: Int) {
      let program = try RowProgramTests.program { builder, input in
        let a = try LoopWorld.cut(try builder.sum(input.y), 1...255, &builder)
        return try builder.repeated(count, carrying: [.init("x", from: a, within: Interval(1...65536))]) {
          builder, x in
          let product = try builder.multiply(a, x[0])
          return [try LoopWorld.cut(try builder.truncate(product, bits: 3), 1...65536, &builder)]
        }
      }
      let lowered = try Lowering.lower(program, for: family.descriptor)
      let counted = CostModel.counted(
        lowered, on: family.descriptor,
        shape: RunShape(
          principals: 5, tables: [[.init(holder: 3, rows: 5), .init(holder: 4, rows: 4)]], recipients: [[0]]))
      return (counted.cost, counted.chunks)
    }
    let family = ReplicatedFamily(UInt64.self)
    let base = try cost(family, 1).cost, two = try cost(family, 2).cost
    for count in [3, 50, 4000] {
      let (many, passes) = try cost(family, count)
      for from in 0..<5 {
        for to in 0..<5 {
          #expect(
            many.bytes[from][to] - base.bytes[from][to]
              == (count - 1) * (two.bytes[from][to] - base.bytes[from][to]))
        }
      }
      #expect(many.rounds - base.rounds == (count - 1) * (two.rounds - base.rounds))
      #expect(many.peakShareBytes == two.peakShareBytes)
      #expect(passes <= 12, "\(passes)")
    }
    // Proofs begin when enough has been computed, wherever that is: memory does not grow with the passes.
    let verified = VerifiedReplicatedFamily(UInt64.self, proofsEvery: 40)
    let (few, many) = (try cost(verified, 200).cost, try cost(verified, 2000).cost)
    #expect(many.peakShareBytes <= few.peakShareBytes + few.peakShareBytes / 8)
    #expect(many.proofs > 5 * few.proofs)
  }

  /// What runs too long to be numbered, or to be planned, is refused by name, and what is advised helps.
  @Test func tooManyPasses() throws {
    func program(_ count: Int, divides: Bool = true) throws -> Program {
      try RowProgramTests.program { builder, input in
        let sum = try LoopWorld.cut(try builder.sum(input.y), 0...255, &builder)
        return try builder.repeated(count, carrying: [.init("x", from: sum, within: Interval(0...255))]) {
          builder, x in
          guard divides else { return [try builder.atMost(try builder.add(x[0], builder.constant(1)), 255)] }
          let quotient = try builder.quotient(
            try builder.multiply(x[0], sum), try builder.add(x[0], builder.constant(1)))
          return [try builder.atMost(quotient, 255)]
        }
      }
    }
    let shape = RunShape(
      principals: 5, tables: [[.init(holder: 3, rows: 5), .init(holder: 4, rows: 4)]], recipients: [[0]])
    for descriptor in [ReplicatedFamily(UInt64.self).descriptor, VerifiedReplicatedFamily(UInt64.self).descriptor]
    {
      #expect {
        _ = try Plan.make(try program(1_000_000), for: descriptor, shape: shape)
      } throws: { error in
        (error as? ParleyError)?.code.rawValue == "plan/too-large"
      }
      _ = try Plan.make(try program(100), for: descriptor, shape: shape)
    }
    // Done here: make fewer passes, or compute less in each
    let descriptor = ReplicatedFamily(UInt64.self).descriptor
    let numbers = try Lowering.lower(try program(100), for: descriptor).numberCount / 100
    let count = LoweredProgram.mostNumbers / numbers + 1000
    let error = try #require(throws: ParleyError.self) {
      try Plan.make(try program(count), for: descriptor, shape: shape)
    }
    #expect(error.remedy == "make fewer passes, or compute less in each", "\(error)")
    _ = try Plan.make(try program(count / 2), for: descriptor, shape: shape)
    _ = try Plan.make(try program(count, divides: false), for: descriptor, shape: shape)
  }

  /// Progress counts the passes, and ends where it was said to end.
  @Test func progress() throws {
    final class Last: Sendable { let value = Mutex<ExecutionProgress?>(nil) }
    for (name, build) in LoopWorld.programs {
      let program = try RowProgramTests.program(build)
      let family = ReplicatedFamily(UInt64.self)
      let lowered = try Lowering.lower(program, for: family.descriptor)
      let job = LoopWorld.job(program, lowered, RowProgramTests.data([9, 8], seed: 920)["t"] ?? [], computing: 3)
      let last = Last()
      _ = try TestWorld(family, outsiders: 2, seed: 920).run { party throws in
        if let tables = job.tables[party.index] {
          try InputFeeder(
            program: job.program, inputs: job.inputs, shape: job.shape, holder: party.index, tables: tables,
            digester: job.digester
          ).feed(to: party.dealer, over: party.mesh)
        }
        guard let engine = party.engine else { return }
        let isFirst = party.index.rawValue == 0
        let executor = Executor(
          engine: engine, mesh: party.mesh, program: job.program, shape: job.shape, recipients: job.recipients
        ) { progress in if isFirst { last.value.withLock { $0 = progress } } }
        _ = try executor.run()
      }
      let progress = try #require(last.value.withLock { $0 })
      #expect(progress.roundsDone == progress.roundCount, "\(name)")
      #expect(progress.instructionsDone == progress.instructionCount, "\(name)")
    }
  }

  // MARK: What an observer sees

  /// Steps and sizes are those of the sizes, whatever the rows are.
  @Test func stepsAndSizesAreThoseOfTheSizes() throws {
    let family = ReplicatedFamily(UInt64.self)
    for (name, build) in LoopWorld.programs {
      let program = try RowProgramTests.program(build)
      let lowered = try Lowering.lower(program, for: family.descriptor)
      var shapes: [[Transcript.Link: [Transcript.Shape]]] = []
      for (index, data) in RowObliviousnessTests.Data.allCases.enumerated() {
        let seed = UInt64(910 + index)
        let job = LoopWorld.job(program, lowered, [data.table(9, seed: seed)], computing: 3)
        let world = TestWorld(family, outsiders: 2, seed: seed, links: .intercepted(.sizes, nil))
        shapes.append(try #require(try world.run(job).transcript).shape)
      }
      #expect(shapes[0] == shapes[1] && shapes[0] == shapes[2], "\(name)")
    }
  }
}
