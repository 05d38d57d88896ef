internal import Crypto
package import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram
package import ParleyRuntime

/// One principal of a study, with its data: what runs on one machine, in all the roles it has.
package struct Participant: Sendable {
  /// What runs.
  package var prepared: PreparedProgram
  /// Name of the party in the study.
  package var name: String
  /// Keys of the party.
  package var identity: Identity
  /// This holder's checked rows, by table index.
  package var data: [Int: TableData]
  /// Trial or run between machines.
  package var mode: Receipt.Mode
  /// What it must not forget between sessions.
  package var memory: any SessionMemory
  /// Names runs of one study apart; equal at all parties.
  package var job: [UInt8]
  /// Keyed digest of its own data, for the ledger; nil without data or ledger.
  package var inputDigest: [UInt8]?
  /// A pure holder ends once its inputs are acknowledged.
  package var leavesAfterInputs: Bool
  /// What the process has used, where it runs this participant alone.
  package var use = ProcessUse.unknown

  /// A participant of a program; see the properties.
  package init(
    prepared: PreparedProgram, name: String, identity: Identity, data: [Int: TableData], mode: Receipt.Mode,
    memory: any SessionMemory, job: [UInt8] = Array("default".utf8), inputDigest: [UInt8]? = nil,
    leavesAfterInputs: Bool = false
  ) {
    self.prepared = prepared
    self.name = name
    self.identity = identity
    self.data = data
    self.mode = mode
    self.memory = memory
    self.job = job
    self.inputDigest = inputDigest
    self.leavesAfterInputs = leavesAfterInputs
  }

  /// A participant of a study; see the properties.
  package init(
    prepared: PreparedStudy, name: String, identity: Identity, data: [Int: TableData], mode: Receipt.Mode,
    memory: any SessionMemory, job: [UInt8] = Array("default".utf8), inputDigest: [UInt8]? = nil,
    leavesAfterInputs: Bool = false
  ) {
    self.init(
      prepared: prepared.core, name: name, identity: identity, data: data, mode: mode, memory: memory, job: job,
      inputDigest: inputDigest, leavesAfterInputs: leavesAfterInputs)
  }

  /// What a recipient has received, by disclosure.
  package typealias Opened = [Int: ClearValues]

  /// What the caller is told while the session runs; called on the session's thread.
  package struct Observers {
    /// Phases and the reason of an abort.
    package var log: (SessionEvent) -> Void
    /// How far the execution is.
    package var progress: (ExecutionProgress) -> Void
    /// Sizes are agreed and nothing has been shared; what it throws ends the session for everybody.
    package var established: (EstablishedSession, Plan) throws(ParleyError) -> Void
    /// Observers; those that are left out do nothing.
    package init(
      log: @escaping (SessionEvent) -> Void = { _ in },
      progress: @escaping (ExecutionProgress) -> Void = { _ in },
      established: @escaping (EstablishedSession, Plan) throws(ParleyError) -> Void = {
        (_, _) throws(ParleyError) in
      }
    ) {
      self.log = log
      self.progress = progress
      self.established = established
    }
  }

  /// How a session ended that was not aborted.
  package struct Ending: Sendable {
    /// Results, receipt, and what all principals share.
    package var outcome: SessionOutcome<Opened>
    /// The plan for the agreed sizes.
    package var plan: Plan
    /// What this principal sent.
    package var meter: Meter.Reading
    /// Seconds from the handshake's end to the results.
    package var seconds: Double

    /// What a recipient keeps to show which result its receipt is about.
    package func opening(of recipient: PartyIndex) -> ReceiptOpening? {
      guard outcome.receipt != nil, let output = outcome.output, let salt = outcome.salt else { return nil }
      return ReceiptOpening(
        session: outcome.session.id, recipient: recipient, outputs: SessionRoles.encodeValues(output), salt: salt)
    }
  }

  /// Its place in the mesh.
  ///
  /// - Throws: `usage/arguments` where the study has no such party.
  package var index: PartyIndex {
    get throws(ParleyError) {
      guard let index = prepared.index(of: name) else {
        throw ParleyError(
          .usage, "the study has no party named \(name)",
          remedy: "use one of \(prepared.names.joined(separator: ", "))")
      }
      return index
    }
  }

  /// What it must agree on with the others.
  package func description() -> SessionDescription { prepared.sessionDescription(job: job) }

  /// Runs this principal's side over a connected mesh, on the calling thread.
  package func run(over mesh: any Mesh, _ observers: Observers = Observers()) throws(ParleyError) -> Ending {
    let description = description()
    let local = mesh.local
    let runPlan = Box<Plan?>(nil)
    let started = Box<ContinuousClock.Instant>(.now)
    var rows: [Int: Int] = [:]
    for (table, data) in data { rows[table] = prepared.tables[table].padTo ?? data.rowCount }
    let sessionPlan = SessionPlan(
      description: description, mode: mode, rows: rows, leavesAfterInputs: leavesAfterInputs,
      inputDigest: inputDigest, toleratedDepartures: prepared.descriptor.toleratedDepartures)
    let services = SessionServices(
      memory: memory,
      sign: { try IdentitySigning.sign($0, identity, .receipt) }, verify: IdentitySigning.verifier(.receipt),
      statements: StatementSigning(
        sign: { try IdentitySigning.sign($0, identity, .evidence) }, verify: IdentitySigning.verifier(.evidence)),
      confirm: { (session) throws(ParleyError) in
        let plan = try prepared.plan(rows: session.rows)
        runPlan.value = plan
        mesh.expect(
          bytes: plan.cost.allBytes.map { $0.indices.contains(local.rawValue) ? $0[local.rawValue] : 0 },
          flight: max(plan.cost.largestFlightBytes, plan.cost.offline?.largestFlightBytes ?? 0))
        started.value = .now
        try observers.established(session, plan)
      },
      predicted: {
        runPlan.value.map { plan in
          .init(
            rounds: plan.cost.rounds,
            sentBytes: plan.cost.bytes.indices.contains(local.rawValue) ? plan.cost.bytes[local.rawValue] : [])
        }
      }, use: use, log: observers.log)
    let outcome = try SessionRunner(
      sessionPlan, roles: try roles(description, local, observers), services: services, mesh: mesh
    ).run()
    guard let plan = runPlan.value else { throw ParleyError(.invariant, "a session ended without a plan") }
    return Ending(
      outcome: outcome, plan: plan, meter: mesh.meter.reading,
      seconds: started.value.duration(to: .now).seconds)
  }

  private func roles(
    _ description: SessionDescription, _ local: PartyIndex, _ observers: Observers
  ) throws(ParleyError) -> SessionRoles<Opened> {
    var held: [Int: InputFeeder.HeldTable] = [:]
    for table in description.tables(of: local) {
      let schema = prepared.tables[table]
      guard let rows = data[table] else {
        throw ParleyError(
          .usage, "\(name) holds rows of table \(schema.name), and no data was given",
          remedy: "add --data \(schema.name)=FILE.csv")
      }
      held[table] = .init(schema: schema, data: rows)
    }
    var roles = SessionRoles<Opened>.program(
      prepared.lowered, inputs: prepared.program.inputs,
      recipients: prepared.program.disclosures.map {
        $0.recipients.compactMap { prepared.index(of: $0) }.sorted()
      },
      held: held, in: description, at: local, isStated: prepared.descriptor.verifier != nil,
      dealer: { [suite = prepared.suite] (_, mesh) throws(ParleyError) in suite.dealer(over: mesh) },
      engine: { [suite = prepared.suite] (session, mesh) throws(ParleyError) in
        try suite.engine(over: mesh, keys: session.keys)
      },
      receiver: { [suite = prepared.suite] (session, mesh) throws(ParleyError) in
        suite.receiver(over: mesh, sessionID: session.id)
      },
      onProgress: observers.progress)
    roles.keyGroups = prepared.descriptor.keyGroups.map { $0.map { PartyIndex($0) } }
    return roles
  }
}

/// Hybrid signatures as bytes: the classical part followed by the post-quantum part.
package enum IdentitySigning {
  /// Signs with both keys.
  package static func sign(
    _ message: [UInt8], _ identity: Identity, _ purpose: SigningPurpose
  ) throws(ParleyError) -> [UInt8] {
    let signature = try identity.sign(message, purpose: purpose)
    return signature.classical + signature.postQuantum
  }
  /// Takes identities as the UTF-8 of a public identity's text form.
  package static func verifier(_ purpose: SigningPurpose) -> Receipt.Verifier {
    { identity, message, signature in
      let split = HybridSignature.classicalLength
      guard signature.count == split + HybridSignature.postQuantumLength,
        let signer = try? PublicIdentity(text: String(decoding: identity, as: UTF8.self)),
        let parsed = try? HybridSignature(
          classical: Array(signature[..<split]), postQuantum: Array(signature[split...]))
      else { return false }
      return signer.verify(parsed, of: message, purpose: purpose)
    }
  }
}

/// A value that closures on one thread share.
final class Box<Value> {
  var value: Value
  init(_ value: Value) { self.value = value }
}

extension Duration {
  /// The whole duration, with fractions.
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
