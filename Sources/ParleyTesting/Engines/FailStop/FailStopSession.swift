package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
internal import ParleyProgram
package import ParleyRuntime

/// A random program in whole sessions on ``InsecureFailStopEngine``, from the greeting to the signed receipt: a holder that leaves
/// once its rows have arrived, a holder that stays, and a recipient that does not compute; every result to all computing
/// parties and to that recipient.
package struct FailStopSession: Sendable {
  /// By disclosure.
  package typealias Outcome = SessionOutcome<[Int: ClearValues]>

  /// What the computing parties run.
  package let family: FailStopFamily
  /// The program and its rows, by holder.
  package let generated: ProgramGenerator.Generated
  /// What is said of the tolerance in the session; of the engine unless changed.
  package var tolerated: Int
  /// Whether the second holder's rows are held by the computing party 1; then there is no such holder.
  package var hasComputingHolder = false
  /// See ``SessionPlan/barriers``.
  package var barriers: SessionBarriers?
  private let lowered: LoweredProgram

  /// - Parameter length: operations of the program.
  package init(_ family: FailStopFamily, length: Int, seed: UInt64) throws(ParleyError) {
    self.family = family
    tolerated = family.tolerated
    generated = try ProgramGenerator.make(length: length, seed: seed)
    lowered = try Lowering.lower(generated.program, for: family.descriptor)
  }

  /// All principals.
  package var principals: Int { family.computing + ProgramGenerator.holders + (hasComputingHolder ? 0 : 1) }
  /// The one that receives the results and does not compute.
  package var recipient: PartyIndex { PartyIndex(principals - 1) }
  /// Who holds rows, in the order of ``generated``.
  package var holders: [PartyIndex] {
    generated.data.indices.map { PartyIndex($0 == 1 && hasComputingHolder ? 1 : family.computing + $0) }
  }
  /// The holder that does not wait for the end.
  package var leaving: PartyIndex { PartyIndex(family.computing) }

  /// What all agree on.
  package var description: SessionDescription {
    func hash(_ text: String) -> [UInt8] { Digest.sha256("test", [Array(text.utf8)]) }
    return SessionDescription(
      protocolID: "insecure-fail-stop", version: "0.1.0", programHash: hash("program"), studyHash: hash("study"),
      disclosureHash: hash("disclosure"), parameters: [],
      principals: (0..<principals).map {
        .init(
          index: PartyIndex($0), name: "party \($0)", identity: hash("identity \($0)"),
          isRecipient: $0 < family.computing || $0 == recipient.rawValue)
      }, computingCount: family.computing,
      tables: [.init(name: ProgramGenerator.schema.name, holders: holders, maximumRows: 1 << 16)], jobID: [])
  }
  /// How one principal runs it.
  package func plan(_ party: PartyIndex) -> SessionPlan {
    SessionPlan(
      description: description, mode: .localTrial, rows: held(party).mapValues(\.data.rowCount),
      leavesAfterInputs: party == leaving, barriers: barriers, toleratedDepartures: tolerated)
  }
  /// A toy signature: anybody can make one.
  package static let verify: Receipt.Verifier = { key, message, signature in
    Digest.sha256("toy signature", [key, message]) == signature
  }

  private func held(_ party: PartyIndex) -> [Int: InputFeeder.HeldTable] {
    guard let number = holders.firstIndex(of: party) else { return [:] }
    return [0: .init(schema: ProgramGenerator.schema, data: generated.data[number])]
  }

  /// One principal's whole session over a connected mesh.
  package func run(
    _ mesh: any Mesh, onEvent: @escaping (SessionEvent) -> Void = { _ in }
  ) throws(ParleyError) -> Outcome {
    let (local, family, description) = (mesh.local, family, description)
    let everybody = (0..<family.computing).map { PartyIndex($0) } + [recipient]
    let roles = SessionRoles<[Int: ClearValues]>.program(
      lowered, inputs: generated.program.inputs, recipients: generated.program.disclosures.map { _ in everybody },
      held: held(local), in: description, at: local,
      dealer: { (_, mesh) throws(ParleyError) in family.makeDealer(mesh: mesh, seed: 0) },
      engine: { (_, mesh) throws(ParleyError) in try family.makeEngine(mesh: mesh, seed: 0x6661_696c) },
      receiver: { (_, mesh) throws(ParleyError) in family.makeReceiver(mesh: mesh) })
    let identity = description.principals[local.rawValue].identity
    let services = SessionServices(
      memory: EphemeralMemory(), sign: { Digest.sha256("toy signature", [identity, $0]) }, verify: Self.verify,
      log: onEvent)
    return try SessionRunner(plan(local), roles: roles, services: services, mesh: mesh).run()
  }

  /// All of them, each on its thread.
  package func run(
    _ meshes: [any Mesh], onEvent: @escaping @Sendable (PartyIndex, SessionEvent) -> Void = { _, _ in }
  ) -> [Result<Outcome, ParleyError>] {
    runParties(meshes, closing: false) { mesh throws -> Outcome in
      try run(mesh) { onEvent(mesh.local, $0) }
    }
  }
}
