import ParleyAdditive
import ParleyAlgebra
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting

/// A random program with the rows of its holders, lowered for two parties on additive shares.
struct AdditiveWork {
  let generated: (program: Program, data: [TableData])
  let lowered: LoweredProgram
  let job: ProgramRun
  let descriptor: EngineDescriptor
  let recipient: PartyIndex
  var outsiders: Int { generated.data.count + 1 }

  init(
    _ family: AdditiveFamily<UInt64>, length: Int, seed: UInt64, chunkRows: Int = RowChunks.defaultRows
  ) throws {
    let made = try ProgramGenerator.make(length: length, seed: seed)
    generated = (made.program, made.data)
    descriptor = family.descriptor
    lowered = try Lowering.lower(made.program, for: descriptor, options: .init(chunkRows: chunkRows))
    let parts = made.data.enumerated().map { index, data in
      (holder: PartyIndex(2 + index), table: InputFeeder.HeldTable(schema: ProgramGenerator.schema, data: data))
    }
    let recipient = PartyIndex(2 + parts.count)
    self.recipient = recipient
    job = ProgramRun(
      program: lowered, inputs: made.program.inputs, recipients: made.program.disclosures.map { _ in [recipient] },
      tables: [parts])
  }

  var cost: Cost { cost(takesAll: false) }
  func cost(takesAll: Bool) -> Cost {
    CostModel.counted(
      lowered, on: descriptor,
      shape: RunShape(
        principals: 2 + outsiders,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: job.recipients.map { $0.map(\.rawValue) }), takesAll: takesAll
    ).cost
  }

  /// Runs it with another demand than the plan's.
  ///
  /// - Returns: how it ended at each computing party.
  func endings(
    _ family: AdditiveFamily<UInt64>, seed: UInt64, demand: CorrelationDemand
  ) -> [ParleyError?] {
    TestWorld(family, outsiders: outsiders, seed: seed).endings { party throws in
      if let tables = job.tables[party.index] {
        try InputFeeder(
          program: job.program, inputs: job.inputs, shape: job.shape, holder: party.index, tables: tables,
          digester: job.digester
        ).feed(to: party.dealer, over: party.mesh)
      }
      guard let engine = party.engine else { return }
      _ = try Executor(
        engine: engine, mesh: party.mesh, program: job.program, shape: job.shape, recipients: job.recipients,
        demand: demand
      ).run()
    }.prefix(2).map { if case .failure(let error) = $0 { error } else { nil } }
  }
}
