package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
internal import ParleyProgram
internal import ParleyRuntime

/// A random program on ``InsecureFailStopEngine``: two holders and a recipient that do not compute, and every result to all
/// computing parties and to the recipient.
package struct FailStopRun: Sendable {
  /// How a principal has ended.
  package struct Ending: Sendable {
    /// By disclosure.
    package var values: [Int: ClearValues]
    /// Of those that compute.
    package var roster: Roster?
  }

  package let family: FailStopFamily
  package let generated: ProgramGenerator.Generated
  private let job: ProgramRun
  private let seed: UInt64

  /// - Parameter length: operations of the program.
  package init(_ family: FailStopFamily, length: Int, seed: UInt64) throws(ParleyError) {
    self.family = family
    self.seed = seed
    generated = try ProgramGenerator.make(length: length, seed: seed)
    let program = generated.program
    let parts = generated.data.enumerated().map { index, data in
      (
        holder: PartyIndex(family.computing + index),
        table: InputFeeder.HeldTable(schema: ProgramGenerator.schema, data: data)
      )
    }
    let everybody = (0..<family.computing).map { PartyIndex($0) } + [PartyIndex(family.computing + parts.count)]
    job = ProgramRun(
      program: try Lowering.lower(program, for: family.descriptor), inputs: program.inputs,
      recipients: program.disclosures.map { _ in everybody }, tables: [parts])
  }

  /// All principals.
  package var principals: Int { family.computing + ProgramGenerator.holders + 1 }
  /// The one that receives the results and does not compute.
  package var recipient: PartyIndex { PartyIndex(principals - 1) }

  /// Runs it over these meshes, of all principals.
  ///
  /// - Parameter ended: called by each party at its end.
  package func run(
    _ meshes: [any Mesh], ended: @escaping @Sendable (PartyIndex) -> Void = { _ in }
  ) -> [Result<Ending, ParleyError>] {
    let world = TestWorld(family, outsiders: principals - family.computing, seed: seed)
    return world.results(meshes) { party throws in
      let values = try world.execute(job, by: party)
      ended(party.index)
      return Ending(values: values, roster: party.engine?.roster)
    }
  }
}
