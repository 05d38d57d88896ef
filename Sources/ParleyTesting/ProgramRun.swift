package import ParleyBase
package import ParleyEngine
package import ParleyProgram
package import ParleyRuntime

/// A lowered program with everything a run of it needs.
package struct ProgramRun: Sendable {
  package var program: LoweredProgram
  package var inputs: [Program.Input]
  package var shape: ExecutionShape
  /// By disclosure.
  package var recipients: [[PartyIndex]]
  /// By holder, then by table.
  package var tables: [PartyIndex: [Int: InputFeeder.HeldTable]]
  /// There is no handshake in such a run that could agree on a key.
  package var digester: any TextDigester = SessionTextDigester(sessionID: Array("test".utf8))

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

extension TestWorld {
  /// Runs a program with all parties. The values are, by principal, what it received, by disclosure.
  package func run(_ job: ProgramRun) throws(ParleyError) -> Outcome<[Int: ClearValues]> {
    try run { party throws -> [Int: ClearValues] in
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
      return try OutputCollector(
        program: job.program, shape: job.shape, recipients: job.recipients, local: party.index
      ).collect(from: party.receiver)
    }
  }
}
