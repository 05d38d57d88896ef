internal import Crypto
public import ParleyBase
public import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram
internal import ParleyReplicated
package import ParleyRuntime
package import ParleyStudy

/// One principal of a study, with its data: what runs on one machine, in all the roles it has.
package struct Participant: Sendable {
  package var prepared: PreparedStudy
  package var name: String
  package var identity: Identity
  /// By table index: this holder's checked rows.
  package var data: [Int: TableData]
  package var mode: Receipt.Mode
  package var memory: any SessionMemory
  /// Names runs of one study apart; equal at all parties.
  package var job: [UInt8]
  package var inputDigest: [UInt8]?
  /// A pure holder ends once its inputs are acknowledged.
  package var leavesAfterInputs: Bool

  package init(
    prepared: PreparedStudy, name: String, identity: Identity, data: [Int: TableData], mode: Receipt.Mode,
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

  package typealias Opened = [Int: ClearValues]

  /// What the caller is told while the session runs; called on the session's thread.
  package struct Observers {
    package var log: (SessionEvent) -> Void
    package var progress: (ExecutionProgress) -> Void
    package var established: (EstablishedSession, Plan) -> Void
    package init(
      log: @escaping (SessionEvent) -> Void = { _ in },
      progress: @escaping (ExecutionProgress) -> Void = { _ in },
      established: @escaping (EstablishedSession, Plan) -> Void = { _, _ in }
    ) {
      self.log = log
      self.progress = progress
      self.established = established
    }
  }

  package struct Ending: Sendable {
    package var outcome: SessionOutcome<Opened>
    /// For the agreed sizes.
    package var plan: Plan
    package var meter: Meter.Reading
    /// Seconds from the handshake's end to the results.
    package var seconds: Double
  }

  package var index: PartyIndex {
    get throws(ParleyError) {
      guard let index = prepared.study.index(of: name) else {
        throw ParleyError(
          .usage, "the study has no party named \(name)",
          remedy: "use one of \(prepared.study.parties.map(\.name).joined(separator: ", "))")
      }
      return index
    }
  }

  package func description() -> SessionDescription {
    let study = prepared.study
    let recipients = Set(prepared.program.disclosures.flatMap(\.recipients))
    return SessionDescription(
      protocolID: "\(prepared.descriptor.name)/\(prepared.descriptor.adversary.rawValue)",
      version: PreparedStudy.version, programHash: prepared.programHash, studyHash: study.studyHash,
      disclosureHash: prepared.statementHash,
      parameters: [.init("word", "64"), .init("minimum-cell", String(study.release.minimumCell))],
      principals: study.meshOrder.enumerated().map { index, name in
        .init(
          index: PartyIndex(index), name: name, identity: Array((study.party(name)?.key?.text ?? "").utf8),
          isRecipient: recipients.contains(name))
      },
      computingCount: study.computing.count,
      tables: study.tables.map { table in
        .init(
          name: table.schema.name, holders: table.schema.holders.map { study.index(of: $0)! },
          maximumRows: table.schema.maximumRows, padTo: table.schema.padTo)
      }, jobID: job)
  }

  /// Runs this principal's side over a connected mesh, on the calling thread.
  package func run(over mesh: any Mesh, _ observers: Observers = Observers()) throws(ParleyError) -> Ending {
    let description = description()
    let local = mesh.local
    let runPlan = Box<Plan?>(nil)
    let started = Box<ContinuousClock.Instant>(.now)
    var rows: [Int: Int] = [:]
    for (table, data) in data { rows[table] = prepared.study.tables[table].schema.padTo ?? data.rowCount }
    let sessionPlan = SessionPlan(
      description: description, mode: mode, rows: rows, leavesAfterInputs: leavesAfterInputs,
      inputDigest: inputDigest)
    let services = SessionServices(
      memory: memory,
      sign: { try ReceiptSigning.sign($0, identity) }, verify: ReceiptSigning.verify,
      confirm: { (session) throws(ParleyError) in
        let plan = try prepared.plan(rows: session.rows)
        runPlan.value = plan
        started.value = .now
        observers.established(session, plan)
      }, log: observers.log)
    let outcome = try SessionRunner(
      sessionPlan, roles: try roles(description, local, runPlan, observers), services: services, mesh: mesh
    ).run()
    guard let plan = runPlan.value else { throw ParleyError(.invariant, "a session ended without a plan") }
    return Ending(
      outcome: outcome, plan: plan, meter: mesh.meter.reading,
      seconds: started.value.duration(to: .now).seconds)
  }

  private func roles(
    _ description: SessionDescription, _ local: PartyIndex, _ runPlan: Box<Plan?>, _ observers: Observers
  ) throws(ParleyError) -> SessionRoles<Opened> {
    var roles = SessionRoles<Opened>(encode: Self.encode)
    let prepared = prepared
    let recipients = prepared.program.disclosures.map { disclosure in
      disclosure.recipients.compactMap { prepared.study.index(of: $0) }.sorted()
    }
    if description.isHolder(local) {
      var held: [Int: InputFeeder.HeldTable] = [:]
      for table in description.tables(of: local) {
        guard let rows = data[table] else {
          throw ParleyError(
            .usage, "\(name) holds rows of table \(prepared.study.tables[table].schema.name), and no data was given",
            remedy: "add --data \(prepared.study.tables[table].schema.name)=FILE.csv")
        }
        held[table] = .init(schema: prepared.study.tables[table].schema, data: rows)
      }
      let tables = held
      roles.feed = { (session, mesh) throws(ParleyError) in
        try InputFeeder(
          program: prepared.lowered, inputs: prepared.program.inputs, shape: session.executionShape, holder: local,
          tables: tables
        ).feed(to: ReplicatedDealer<UInt64>(mesh: mesh), over: mesh)
      }
    }
    if description.isComputing(local) {
      roles.compute = { (session, mesh, hooks) throws(ParleyError) in
        let engine = try ReplicatedEngine<UInt64>(
          mesh: mesh, keysWithPrevious: try session.keys(with: local.advanced(by: -1, of: 3)),
          keysWithNext: try session.keys(with: local.advanced(by: 1, of: 3)))
        let executor = Executor(
          engine: engine, mesh: mesh, program: prepared.lowered, shape: session.executionShape,
          recipients: recipients, onProgress: observers.progress)
        executor.hooks = hooks
        return try executor.run()
      }
    } else if description.isRecipient(local) {
      roles.collect = { (session, mesh) throws(ParleyError) in
        try OutputCollector(
          program: prepared.lowered, shape: session.executionShape, recipients: recipients, local: local
        ).collect(from: ReplicatedReceiver<UInt64>(mesh: mesh))
      }
    }
    return roles
  }

  /// What a recipient's commitment in the receipt is taken over.
  private static func encode(_ opened: Opened) -> [UInt8] {
    var writer = CanonicalWriter()
    for (index, values) in opened.sorted(by: { $0.key < $1.key }) {
      writer.write(Int64(index))
      switch values {
      case .words(let words): writer.write(list: words) { $0.write($1) }
      case .planes(let planes, let count):
        writer.write(Int64(count))
        writer.write(list: planes) { writer, plane in writer.write(list: plane) { $0.write($1) } }
      }
    }
    return writer.bytes
  }
}

/// Hybrid signatures on receipts, as bytes: the classical part followed by the post-quantum part.
package enum ReceiptSigning {
  package static func sign(_ message: [UInt8], _ identity: Identity) throws(ParleyError) -> [UInt8] {
    let signature = try identity.sign(message, purpose: .receipt)
    return signature.classical + signature.postQuantum
  }
  /// `identity` is the UTF-8 of a public identity's text form.
  package static let verify: Receipt.Verifier = { identity, message, signature in
    let split = HybridSignature.classicalLength
    guard signature.count == split + HybridSignature.postQuantumLength,
      let signer = try? PublicIdentity(text: String(decoding: identity, as: UTF8.self)),
      let parsed = try? HybridSignature(
        classical: Array(signature[..<split]), postQuantum: Array(signature[split...]))
    else { return false }
    return signer.verify(parsed, of: message, purpose: .receipt)
  }
}

/// A value that closures on one thread share.
final class Box<Value> {
  var value: Value
  init(_ value: Value) { self.value = value }
}

extension EstablishedSession {
  package var executionShape: ExecutionShape {
    ExecutionShape(
      tables: zip(description.tables, rows).map { table, rows in
        zip(table.holders, rows).map { .init(holder: $0, rowCount: $1) }
      })
  }

  /// The key schedule with one neighbour, from the seeds both contributed.
  package func keys(with peer: PartyIndex) throws(ParleyError) -> KeySchedule {
    guard let seeds = pairSeeds[peer], seeds.count == 64 else {
      throw ParleyError(.invariant, "no key material with \(peer)")
    }
    let low = Array(seeds[..<32]), high = Array(seeds[32...])
    return try KeySchedule(
      mine: local < peer ? low : high, theirs: local < peer ? high : low, pair: (me: local, peer: peer),
      sessionID: id)
  }
}

extension Duration {
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
