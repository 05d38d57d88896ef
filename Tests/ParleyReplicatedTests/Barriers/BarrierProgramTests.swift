import BigInt
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// Runs that stop at barriers and are resumed at some of them with other keys: results are those without, and bytes and rounds those
/// of the plan, of the whole run and of what is behind each barrier.
@Suite struct BarrierProgramTests {
  private func check<F: EngineFamily>(
    _ family: F, rounds: Int? = 4, passes: Int? = 2, sorts: Bool = true, seed: UInt64
  ) throws {
    let rows = RowProgramTests.programs.map { (name: $0.0, build: $0.1 as LoopWorld.Build) }
    let programs = LoopWorld.programs + (sorts ? LoopWorld.sorts + rows.prefix(3) : [])
    var resumedCount = 0
    for (name, build) in programs {
      let program = try RowProgramTests.program(build)
      let lowered = try Lowering.lower(program, for: family.descriptor)
      let barriers = BarrierPlan(everyRounds: rounds, everyPasses: passes, of: lowered)
      try barriers.check(lowered, on: family.descriptor)
      let data = RowProgramTests.data([5, 4], seed: seed)
      let expected = try InsecurePlaintextEvaluator.evaluate(
        program, tables: [RowProgramTests.schema], data: data)
      let job = LoopWorld.job(program, lowered, data["t"] ?? [], computing: family.computing)
      func compare(_ outcome: TestWorld<F>.Outcome<BarrierOutcome>, _ at: BarrierPlan.Point?) throws {
        let place = "\(name), \(at?.description ?? "whole")"
        for (index, disclosure) in program.disclosures.enumerated() {
          let opened = try #require(outcome.values[0].values[index]).integers(of: program[disclosure.node].type)
          #expect(opened == expected[.init(rawValue: index)], "\(place), disclosure \(index)")
        }
        guard !lowered.hasRandomCost else { return }
        let cost = BarrierWorld.cost(job, on: family.descriptor, barriers, at)
        #expect(outcome.readings.map(\.sentBytes) == cost.bytes, "\(place)")
        #expect(outcome.rounds == cost.rounds, "\(place)")
        for party in 0..<family.computing {
          #expect(cost.shares.reduce(0) { $0 + $1.bytes(from: party) } == cost.sent(by: party), "\(place)")
        }
      }
      let whole = try TestWorld(family, outsiders: 2, seed: seed).run(job, barriers: barriers)
      try compare(whole, nil)
      let points = barriers.points(in: lowered)
      for party in 0..<family.computing {
        #expect(whole.values[party].saved.map(\.point) == points, "\(name), P\(party)")
      }
      // Of longer programs some, others for every family; ``BarrierKillTests`` has one that is stopped everywhere.
      let step = max(points.count / (LongTests.areSampled ? 2 : 4), 1)
      for number in stride(from: Int(seed % UInt64(step)), to: points.count, by: step) {
        let point = points[number]
        let saved = (0..<family.computing).map { whole.values[$0].saved[number] }
        let resumed = try TestWorld(family, outsiders: 2, seed: seed &+ 1 &+ UInt64(number)).run(
          job, barriers: barriers, resumed: saved)
        try compare(resumed, point)
        #expect(resumed.values[0].saved.map(\.point) == Array(points.dropFirst(number + 1)), "\(name)")
        for party in 0..<family.computing {
          for (peer, bytes) in resumed.values[party].common {
            #expect(bytes == resumed.values[peer.rawValue].common[PartyIndex(party)], "\(name), \(point)")
          }
        }
        resumedCount += 1
      }
    }
    #expect(resumedCount > (LongTests.areSampled ? 4 : 10))
  }

  @Test(arguments: 1...3) func clear(summands: Int) throws {
    try check(
      ClearFamily(arithmeticSummands: summands, booleanSummands: summands), rounds: 1, passes: 1, seed: 1900)
  }
  @Test func clearWithoutWords() throws { try check(ClearFamily(hasWords: false), sorts: false, seed: 1901) }
  @Test func replicated() throws { try check(ReplicatedFamily(UInt64.self), rounds: 3, passes: 1, seed: 1902) }
  @Test func replicatedWithFreeSummands() throws {
    try check(ReplicatedFamily(UInt64.self, hasFreeSummands: true), rounds: 7, passes: 3, seed: 1903)
  }
  @Test(arguments: [nil, 3, 40] as [Int?]) func verified(proofsEvery: Int?) throws {
    try check(
      VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery), rounds: 9, passes: 2, seed: 1904)
  }

  /// An engine without a codec refuses before it sends anything, and does without barriers.
  @Test func enginesWithoutACodecRefuse() throws {
    func refuses<F: EngineFamily>(_ family: F) throws {
      let program = try RowProgramTests.program(LoopWorld.programs[0].build)
      let lowered = try Lowering.lower(program, for: family.descriptor)
      let barriers = BarrierPlan(everyRounds: 4, everyPasses: nil, of: lowered)
      #expect(throws: ParleyError.self) { try barriers.check(lowered, on: family.descriptor) }
      let job = LoopWorld.job(
        program, lowered, RowProgramTests.data([3, 1], seed: 1)["t"] ?? [], computing: family.computing)
      do {
        _ = try TestWorld(family, outsiders: 2, seed: 1905).run(job, barriers: barriers)
        Issue.record("\(family.descriptor.name) has stopped at barriers")
      } catch {
        #expect(error.code == .init("plan/barriers"), "\(error)")
        #expect(error.remedy == "run the program without barriers, or on a protocol that has them")
      }
      // Done here: run the program without barriers, or on a protocol that has them
      _ = try TestWorld(family, outsiders: 2, seed: 1905).run(job)
      let other = ReplicatedFamily(UInt64.self)
      let again = try Lowering.lower(program, for: other.descriptor)
      try BarrierPlan(everyRounds: 4, everyPasses: nil, of: again).check(again, on: other.descriptor)
    }
    try refuses(MacReplicatedFamily())
    try refuses(KingFamily(parties: 4, kings: 2))
    try refuses(AdditiveFamily(UInt64.self))
  }

  @Test func placesThatAProgramDoesNotHaveAreRefused() throws {
    let family = ReplicatedFamily(UInt64.self)
    let lowered = try Lowering.lower(
      try RowProgramTests.program(LoopWorld.programs[0].build), for: family.descriptor)
    let loop = try #require(lowered.instructions.first { if case .repeated = $0.kind { true } else { false } }).id
    func error(_ plan: BarrierPlan) -> ParleyError? {
      do throws(ParleyError) {
        try plan.check(lowered, on: family.descriptor)
        return nil
      } catch { return error }
    }
    #expect(error(.none) == nil && error(BarrierPlan(rounds: [0], passes: [loop: 3])) == nil)
    let last = Schedule(lowered.instructions).rounds.count - 1
    // Done here: give rounds from 0 to
    for plan in [BarrierPlan(rounds: [-1]), BarrierPlan(rounds: [last + 1]), BarrierPlan(rounds: [100_000])] {
      let refused = error(plan)
      #expect(refused?.code == .init("plan/barriers") && refused?.remedy == "give rounds from 0 to \(last)")
    }
    #expect(error(BarrierPlan(rounds: [0, last])) == nil)
    // Done here: give numbers of loops that are in no other, and 1 or more passes for each
    for plan in [BarrierPlan(passes: [loop: 0]), BarrierPlan(passes: [loop + 1: 1])] {
      let refused = error(plan)
      #expect(refused?.code == .init("plan/barriers"))
      #expect(refused?.remedy == "give numbers of loops that are in no other, and 1 or more passes for each")
    }
    #expect(error(BarrierPlan(passes: [loop: 1])) == nil)
  }

  /// A barrier verifies all of one batch: a deviation before it is found there, and nothing is saved.
  @Test func nothingIsSavedBeforeItIsVerified() throws {
    let family = VerifiedReplicatedFamily(UInt64.self)
    let program = try RowProgramTests.program(LoopWorld.programs[0].build)
    let lowered = try Lowering.lower(program, for: family.descriptor)
    let barriers = BarrierPlan(everyRounds: 4, everyPasses: nil, of: lowered)
    let job = LoopWorld.job(program, lowered, RowProgramTests.data([3, 1], seed: 1)["t"] ?? [], computing: 3)
    let first = try #require(
      lowered.instructions.first { $0.kind.exchange == .and || $0.kind.exchange == .multiply })
    let keepers = BarrierWorld.Keepers()
    let world = TestWorld(
      family, outsiders: 2, seed: 1906,
      links: .intercepted(.sizes) { message in
        guard message.from == PartyIndex(1), message.step.instruction == first.id else { return .pass }
        var bytes = message.bytes
        guard !bytes.isEmpty else { return .pass }
        bytes[0] ^= 1
        return .change(bytes)
      })
    let endings = try world.run { party -> ParleyError.Code? in
      do throws(ParleyError) {
        if let tables = job.tables[party.index] {
          try InputFeeder(
            program: job.program, inputs: job.inputs, shape: job.shape, holder: party.index, tables: tables,
            digester: job.digester
          ).feed(to: party.dealer, over: party.mesh)
        }
        guard let engine = party.engine else { return nil }
        let keeper = InsecureCheckpoints(barriers)
        let executor = Executor(
          engine: engine, mesh: party.mesh, program: job.program, shape: job.shape, recipients: job.recipients)
        executor.hooks = .nothing(checkpoints: keeper)
        defer { keepers.note(keeper.saved.count) }
        _ = try executor.run()
        return nil
      } catch { return error.code }
    }.values
    #expect(endings.contains(.cheating), "\(endings)")
    #expect(keepers.counts == [0, 0, 0])
  }
}
