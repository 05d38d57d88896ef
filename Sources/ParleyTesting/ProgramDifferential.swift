internal import BigInt
internal import ParleyBase
internal import ParleyClear
internal import ParleyNetwork
package import ParleyProgram
internal import ParleyRuntime

/// Random programs on one protocol: results against the evaluator in the clear, bytes and rounds against the plan. What differs
/// is thrown with the seed.
package struct ProgramDifferential<F: EngineFamily>: Sendable {
  /// Makes the parties.
  package var family: F
  /// Of the program, its data and all keys.
  package var seed: UInt64
  /// One program for this protocol.
  package init(_ family: F, seed: UInt64) {
    self.family = family
    self.seed = seed
  }

  private func fail(_ what: String) -> Conformance<F>.Failure { Conformance(family, seed: seed).fail(what) }

  /// A program of so many operations. Two holders and a recipient do not compute; every other result also goes to a party that
  /// does.
  package func check(length: Int, options: LoweringOptions = .init()) throws {
    let generated = try ProgramGenerator.make(length: length, seed: seed)
    let program = generated.program
    let clear = try InsecurePlaintextEvaluator.evaluate(
      program, tables: [ProgramGenerator.schema], data: [ProgramGenerator.schema.name: generated.data])
    guard !program.disclosures.isEmpty else { throw fail("a program without results") }
    let parts = generated.data.enumerated().map { index, data in
      (
        holder: PartyIndex(family.computing + index),
        table: InputFeeder.HeldTable(schema: ProgramGenerator.schema, data: data)
      )
    }
    let recipient = PartyIndex(family.computing + parts.count)
    let recipients = program.disclosures.indices.map { $0 % 2 == 0 ? [recipient] : [PartyIndex(0), recipient] }
    let lowered = try Lowering.lower(program, for: family.descriptor, options: options)
    let job = ProgramRun(program: lowered, inputs: program.inputs, recipients: recipients, tables: [parts])
    let outcome = try TestWorld(family, outsiders: parts.count + 1, seed: seed).run(job)
    for (index, disclosure) in program.disclosures.enumerated() {
      let node = program[disclosure.node]
      let expected = clear[Program.DisclosureID(rawValue: index)]
      for received in recipients[index].map({ outcome.values[$0.rawValue][index]?.integers(of: node.type) })
      where received != expected {
        throw fail(
          "\(String(describing: received)) in place of \(String(describing: expected)): \(node.operation)")
      }
    }
    let cost = CostModel.cost(
      of: lowered, on: family.descriptor,
      shape: RunShape(
        principals: recipient.rawValue + 1,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: recipients.map { $0.map(\.rawValue) }))
    let sent = outcome.readings.map(\.sentBytes)
    guard sent == cost.bytes else { throw fail("\(sent) bytes were sent, the plan says \(cost.bytes)") }
    guard outcome.rounds == cost.rounds else {
      throw fail("\(outcome.rounds) rounds, the plan says \(cost.rounds)")
    }
  }
}
