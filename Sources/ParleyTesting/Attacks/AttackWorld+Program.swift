internal import ParleyBase
internal import ParleyEngine
package import ParleyNetwork
package import ParleyProgram
internal import ParleyRuntime

extension AttackWorld {
  /// Attacks a whole program, as parties execute it. The holder has the rows of all tables, and everything that the
  /// program opens goes to all computing parties and to the recipient.
  package init(
    _ family: F, _ program: Program, tables: [TableSchema], data: [String: TableData],
    options: LoweringOptions = .init(), seed: UInt64
  ) throws {
    self.init(family, AttackCircuit("a program", outputs: []) { _ in [] }, seed: seed)
    let everybody = (0..<family.computing).map { PartyIndex($0) } + [recipient]
    let parts = try program.tables.map { table in
      guard let schema = tables.first(where: { $0.name == table.name }), let rows = data[table.name] else {
        throw ParleyError(.invariant, "table '\(table.name)' has no schema or no rows")
      }
      return [(holder: holder, table: InputFeeder.HeldTable(schema: schema, data: rows))]
    }
    self.program = ProgramRun(
      program: try Lowering.lower(program, for: family.descriptor, options: options), inputs: program.inputs,
      recipients: program.disclosures.map { _ in everybody }, tables: parts)
  }

  /// - Returns: what this principal receives, in the order of the disclosures; nil for the holder.
  func execute(_ job: ProgramRun, by party: TestWorld<F>.Party) throws(ParleyError) -> [ClearValues]? {
    let values: [Int: ClearValues]
    if let engine = party.engine {
      values = try Executor(
        engine: engine, mesh: party.mesh, program: job.program, shape: job.shape, recipients: job.recipients
      ).run()
    } else if let tables = job.tables[party.index] {
      try InputFeeder(
        program: job.program, inputs: job.inputs, shape: job.shape, holder: party.index, tables: tables,
        digester: job.digester
      ).feed(to: party.dealer, over: party.mesh)
      return nil
    } else {
      values = try job.collect(
        at: party.index, over: party.mesh, from: party.receiver, computing: family.computing)
    }
    return values.sorted { $0.key < $1.key }.map(\.value)
  }

  /// What messages are for in the program that this world attacks.
  ///
  /// - Parameter honest: a run that nobody interfered with; it tells which verification is the last.
  package func classifier(_ honest: AttackOutcome) -> @Sendable (InterceptedMessage) -> MessageClass {
    let kinds = Dictionary(
      uniqueKeysWithValues: (program?.program.instructions ?? []).map { ($0.id, $0.kind) })
    let isVerification = { @Sendable (step: StepID, link: Transcript.Link) in
      step.instruction < StepID.firstControlInstruction
        && MessageClass.of(step: step, from: link.from, to: link.to) == .verified
    }
    let last = honest.transcript.links.flatMap { link, entries in
      entries.map(\.step).filter { isVerification($0, link) }
    }.max()
    return { message in
      let step = message.step
      let isDigest = step.sub >= 0x8000
      switch kinds[step.instruction] {
      case .inputArith, .inputPlanes: return .input
      case .openArith, .openPlanes: return isDigest ? .openingDigest : .opening
      case .openVerdicts: return isDigest ? .rowVerdictDigest : .rowVerdict
      case .sort, .radix:
        // Passes of the shuffle have sub-steps from 0x2000 on.
        return isDigest ? .searchDigest : step.sub >= 0x2000 ? .exchange : .search
      default:
        // Steps of the engine's own, which have the largest numbers, and of what rows are compared by.
        guard step.instruction >= 0xde_0000 else { return .exchange }
        let kind = MessageClass.of(message)
        return kind == .verified && step != last ? .verifiedForSearch : kind
      }
    }
  }
}
