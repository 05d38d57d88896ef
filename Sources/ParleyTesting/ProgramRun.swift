package import ParleyBase
package import ParleyEngine
internal import ParleyNetwork
package import ParleyProgram
package import ParleyRuntime

/// A lowered program with everything a run of it needs.
package struct ProgramRun: Sendable {
  /// What runs.
  package var program: LoweredProgram
  /// Of the program that it was lowered from.
  package var inputs: [Program.Input]
  /// Rows by table and holder.
  package var shape: ExecutionShape
  /// Who receives each output, by disclosure.
  package var recipients: [[PartyIndex]]
  /// Rows that are held, by holder and then by table.
  package var tables: [PartyIndex: [Int: InputFeeder.HeldTable]]
  /// There is no handshake in such a run that could agree on a key.
  package var digester: any TextDigester = SessionTextDigester(sessionID: Array("test".utf8))

  /// A run; see the properties.
  package init(
    program: LoweredProgram, inputs: [Program.Input] = [], shape: ExecutionShape = ExecutionShape(tables: []),
    recipients: [[PartyIndex]], tables: [PartyIndex: [Int: InputFeeder.HeldTable]] = [:]
  ) {
    self.program = program
    self.inputs = inputs
    self.shape = shape
    self.recipients = recipients
    self.tables = tables
  }

  /// Tables without padding: every holder contributes exactly the rows it has.
  ///
  /// - Parameter tables: by table of the program, the parts in the order of their rows.
  package init(
    program: LoweredProgram, inputs: [Program.Input], recipients: [[PartyIndex]],
    tables: [[(holder: PartyIndex, table: InputFeeder.HeldTable)]]
  ) {
    var held: [PartyIndex: [Int: InputFeeder.HeldTable]] = [:]
    for (index, parts) in tables.enumerated() {
      for part in parts { held[part.holder, default: [:]][index] = part.table }
    }
    let shape = ExecutionShape(
      tables: tables.map { parts in
        parts.map { .init(holder: $0.holder, rowCount: $0.table.data.rowCount) }
      })
    self.init(program: program, inputs: inputs, shape: shape, recipients: recipients, tables: held)
  }
}

extension ProgramRun {
  /// What a principal that does not compute receives.
  func collect(
    at party: PartyIndex, over mesh: any MessageLinks, from receiver: any OutputReceiver, computing: Int
  ) throws(ParleyError) -> [Int: ClearValues] {
    let collector = OutputCollector(program: program, shape: shape, recipients: recipients, local: party)
    try collector.awaitRequirements(
      over: mesh, of: SessionRoster(parties: computing, tolerating: 0, links: mesh))
    return try collector.collect(from: receiver)
  }
}

extension TestWorld {
  /// Runs a program with all parties. The values are, by principal, what it received, by disclosure.
  package func run(_ job: ProgramRun) throws(ParleyError) -> Outcome<[Int: ClearValues]> {
    try run { party throws in try execute(job, by: party) }
  }

  /// The same for runs that may end early: how it ended at every principal.
  package func endings(_ job: ProgramRun) -> [Result<[Int: ClearValues], ParleyError>] {
    endings { party throws in try execute(job, by: party) }
  }

  /// One principal's part of it.
  package func execute(_ job: ProgramRun, by party: Party) throws(ParleyError) -> [Int: ClearValues] {
    if let tables = job.tables[party.index] {
      try InputFeeder(
        program: job.program, inputs: job.inputs, shape: job.shape, holder: party.index, tables: tables,
        digester: job.digester
      ).feed(to: party.dealer, over: party.mesh)
    }
    if let engine = party.engine {
      return try Executor(
        engine: engine, mesh: party.mesh, program: job.program, shape: job.shape, recipients: job.recipients
      ).run()
    }
    return try job.collect(
      at: party.index, over: party.mesh, from: party.receiver, computing: family.computing)
  }
}
