import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// The digest of public values, by which computing parties compare what was opened to all of them: every such opening is
/// in it, value and place.
@Suite struct PublicDigestTests {
  private static let everybody = (0..<3).map { PartyIndex($0) }

  /// The digest at the start, after a masked opening, after one of words, one of bits, and one to a single party.
  private func trail<F: EngineFamily>(
    _ family: F, masked: UInt64 = 3, words: UInt64 = 4, bit: Bool = false
  ) throws -> [[UInt8]] {
    let trails = try TestWorld(family, seed: 91).run { party throws -> [[UInt8]] in
      guard let engine = party.engine else { return [] }
      var list = [engine.publicDigest]
      let mask = try engine.freshMask(count: 2, step: .init(instruction: 1))
      _ = try engine.openMasked(engine.constant(masked, count: 2), mask: mask, step: .init(instruction: 2))
      list.append(engine.publicDigest)
      let token = try engine.verify(through: .init(instruction: 100))
      let openings: [(Opened<F.E.Arith, F.E.Plane>, to: [PartyIndex])] = [
        (.arith(engine.constant(words, count: 3), count: 3), Self.everybody),
        (.planes([engine.constantPlane(bit, count: 3)], count: 3), Self.everybody),
        (.arith(engine.constant(words, count: 3), count: 3), [PartyIndex(1)]),
      ]
      for (index, opening) in openings.enumerated() {
        let step = StepID(instruction: 10 + index)
        try engine.startOpening(opening.0, to: opening.to, step: step, token: token)
        try party.mesh.flush()
        if opening.to.contains(party.index) { _ = try engine.finishOpening(opening.0, step: step) }
        list.append(engine.publicDigest)
      }
      return list
    }.values
    #expect(trails[1] == trails[0] && trails[2] == trails[0])
    return trails[0]
  }

  private func check<F: EngineFamily>(_ family: F) throws {
    let plain = try trail(family)
    #expect(Set(plain[...3]).count == 4, "an opening left the digest as it was")
    #expect(plain[4] == plain[3], "what one party receives is not public")
    for (place, other) in [
      (1, try trail(family, masked: 5)), (2, try trail(family, words: 5)), (3, try trail(family, bit: true)),
    ] {
      #expect(other[place - 1] == plain[place - 1] && other[place] != plain[place], "opening \(place)")
    }
  }

  @Test func everyOpeningIsInIt() throws { try check(VerifiedReplicatedFamily(UInt64.self)) }
  @Test func everyOpeningIsInItWithMacs() throws { try check(MacReplicatedFamily()) }

  /// What the parties compare before they open results.
  private func beforeResults<F: EngineFamily>(_ family: F, _ job: ProgramRun, seed: UInt64) throws -> [UInt8] {
    let digests = try TestWorld(family, outsiders: 1, seed: seed).run { party throws -> [UInt8] in
      if let tables = job.tables[party.index] {
        try InputFeeder(
          program: job.program, inputs: job.inputs, shape: job.shape, holder: party.index, tables: tables,
          digester: job.digester
        ).feed(to: party.dealer, over: party.mesh)
      }
      guard let engine = party.engine else {
        _ = try OutputCollector(
          program: job.program, shape: job.shape, recipients: job.recipients, local: party.index
        ).collect(from: party.receiver)
        return []
      }
      let executor = Executor(
        engine: engine, mesh: party.mesh, program: job.program, shape: job.shape, recipients: job.recipients)
      let seen = Box()
      executor.hooks = ExecutionHooks(
        inputsReceived: {}, computed: {}, verified: { (digest) throws(ParleyError) in seen.digest = digest })
      _ = try executor.run()
      return seen.digest
    }.values
    #expect(digests[1] == digests[0] && digests[2] == digests[0] && digests[0].count == 32)
    return digests[0]
  }
  private final class Box { var digest: [UInt8] = [] }

  @Test func outcomesOfSortsAreInIt() throws {
    let family = VerifiedReplicatedFamily(UInt64.self)
    let program = try RowProgramTests.program { builder, input in
      try builder.sort(by: [.init(input.x)], [input.x])
    }
    let none = TableData(rowCount: 0, columns: (0..<3).map { _ in .init(values: [], isNull: []) })
    for way in [SortWay.comparisons, .radix] {
      let lowered = try Lowering.lower(program, for: family.descriptor, options: .init(sortWay: way))
      let job = ProgramRun(
        program: lowered, inputs: program.inputs, recipients: [[PartyIndex(0)]],
        tables: [
          [
            (PartyIndex(0), .init(schema: RowProgramTests.schema, data: none)),
            (PartyIndex(3), .init(schema: RowProgramTests.schema, data: OpenedOrderTests.Data.ascending.table)),
          ]
        ])
      // Other keys, hence other permutations: 24 of them, so that four runs are alike once in 13 824 times.
      let digests = Set(try (0..<4).map { try beforeResults(family, job, seed: 92 + UInt64($0)) })
      #expect(digests.count > 1, "\(way)")
    }
  }

  @Test func verdictsAreInIt() throws {
    let family = VerifiedReplicatedFamily(UInt64.self)
    let example = try VerdictTests.Case()
    let lowered = try VerdictTests.lower(example.program, for: family)
    var without = lowered
    without.instructions.removeAll { if case .openVerdicts = $0.kind { true } else { false } }
    let digests = try [lowered, without].map {
      try beforeResults(family, example.job($0, computing: 3, rows: VerdictTests.honest), seed: 93)
    }
    #expect(digests[0] != digests[1])
  }
}
