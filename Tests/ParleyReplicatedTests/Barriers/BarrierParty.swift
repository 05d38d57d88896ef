import Foundation
import ParleyBase
import ParleyClear
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Synchronization

/// One of three parties in whole sessions with barriers, over state directories. P0 and P1 hold the rows, P0 and P2 get the results.
struct BarrierParty: Sendable {
  /// State directories are in it.
  var folder: String
  var isMalicious = false
  var start = SessionBarriers.Start.inputs
  var study = "study"
  var barriers: BarrierPlan?
  /// Told of every use of a key of a session.
  var observe: (@Sendable ([UInt8], UseOnceLedger.Use) -> Void)?
  var files: (any StoreFiles) = LocalFiles()
  /// Called when the computation begins.
  var onEngine: @Sendable () -> Void = {}
  /// Called when a phase is reached; may throw out of the session.
  var onPhase: @Sendable (SessionPhase) -> Void = { _ in }

  typealias Outcome = SessionOutcome<[Int: ClearValues]>

  /// Products and their sum, then passes over bits, whose number of ones is opened.
  static func program() throws -> Program {
    try RowProgramTests.program { builder, input in
      let sum = try builder.sum(try builder.multiply(input.x, input.y))
      let last = try builder.repeated(
        3,
        carrying: [
          .init("p", from: input.b, within: nil), .init("q", from: try builder.not(input.b), within: nil),
        ]
      ) { builder, bits in
        [bits[1], try builder.xor(bits[0], try builder.and(bits[1], input.b))]
      }
      return [sum, try builder.sum(last[1])]
    }
  }
  static let data = RowProgramTests.data([3, 2], seed: 77)["t"] ?? []

  static func expected() throws -> [[BigIntText]] {
    let program = try program()
    let values = try InsecurePlaintextEvaluator.evaluate(
      program, tables: [RowProgramTests.schema], data: ["t": data])
    return program.disclosures.indices.map { (values[.init(rawValue: $0)] ?? []).map { "\($0)" } }
  }
  typealias BigIntText = String
  static func texts(_ values: [Int: ClearValues]?) throws -> [[BigIntText]] {
    let program = try program()
    return program.disclosures.enumerated().map { index, disclosure in
      (values?[index]?.integers(of: program[disclosure.node].type) ?? []).map { "\($0)" }
    }
  }

  var descriptor: EngineDescriptor {
    isMalicious
      ? VerifiedReplicatedFamily(UInt64.self, proofsEvery: 3).descriptor : ReplicatedEngine<UInt64>.descriptor
  }
  func lowered() throws(ParleyError) -> LoweredProgram {
    do { return try Lowering.lower(try Self.program(), for: descriptor) } catch {
      throw (error as? ParleyError) ?? ParleyError(.invariant, "\(error)")
    }
  }
  /// After every round and every pass.
  static func everywhere(_ lowered: LoweredProgram) -> BarrierPlan {
    var plan = BarrierPlan(everyRounds: 1, everyPasses: 1, of: lowered)
    plan.rounds.insert(0)
    return plan
  }

  static func hash(_ text: String) -> [UInt8] { Digest.sha256("test", [Array(text.utf8)]) }
  static func identity(_ party: Int) -> [UInt8] { hash("identity \(party)") }
  static func sign(_ party: Int, _ message: [UInt8]) -> [UInt8] {
    Digest.sha256("toy signature", [identity(party), message])
  }
  static let verify: Receipt.Verifier = { key, message, signature in
    Digest.sha256("toy signature", [key, message]) == signature
  }
  func state(_ party: Int) -> String { folder + "/p\(party)" }

  func description() -> SessionDescription {
    SessionDescription(
      protocolID: "replicated/\(isMalicious ? "malicious" : "semi-honest")", version: "0.1.0",
      programHash: Self.hash("program"), studyHash: Self.hash(study), disclosureHash: Self.hash("disclosure"),
      parameters: [],
      principals: (0..<3).map {
        .init(
          index: PartyIndex($0), name: ["alpha", "beta", "gamma"][$0], identity: Self.identity($0),
          isRecipient: $0 != 1)
      }, computingCount: 3,
      tables: [.init(name: "t", holders: [PartyIndex(0), PartyIndex(1)], maximumRows: 200)], jobID: [])
  }

  /// The whole session at one party.
  func run(_ mesh: any Mesh) throws(ParleyError) -> Outcome {
    let local = mesh.local.rawValue
    let state = try StateDirectory(path: state(local))
    return try run(mesh, state, try CheckpointStore(state, files: files))
  }

  func run(_ mesh: any Mesh, _ state: StateDirectory, _ store: CheckpointStore) throws(ParleyError) -> Outcome {
    let local = mesh.local.rawValue
    let (description, lowered) = (description(), try lowered())
    let descriptor = descriptor
    let program: Program
    do { program = try Self.program() } catch { throw ParleyError(.invariant, "\(error)") }
    let held: [Int: InputFeeder.HeldTable] =
      local < 2 ? [0: .init(schema: RowProgramTests.schema, data: Self.data[local])] : [:]
    let roles = SessionRoles<[Int: ClearValues]>.program(
      lowered, inputs: program.inputs,
      recipients: program.disclosures.map { _ in [PartyIndex(0), PartyIndex(2)] },
      held: held, in: description, at: mesh.local,
      dealer: { (_, mesh) throws(ParleyError) in ReplicatedDealer<UInt64>(mesh: mesh) },
      engine: { (session, mesh) throws(ParleyError) in
        onEngine()
        if let observe { session.keys.observe(observe) }
        guard isMalicious else { return try ReplicatedEngine<UInt64>(mesh: mesh, keys: session.keys) }
        return try VerifiedReplicatedEngine<UInt64>(mesh: mesh, keys: session.keys, descriptor: descriptor)
      },
      receiver: { (_, mesh) throws(ParleyError) in ReplicatedReceiver<UInt64>(mesh: mesh) })
    let plan = SessionPlan(
      description: description, mode: .localTrial, rows: local < 2 ? [0: Self.data[local].rowCount] : [:],
      barriers: SessionBarriers(barriers ?? Self.everywhere(lowered), start: start))
    let services = SessionServices(
      memory: state, sign: { Self.sign(local, $0) }, verify: Self.verify, checkpoints: store,
      log: { if case .reached(let phase) = $0 { onPhase(phase) } })
    return try SessionRunner(plan, roles: roles, services: services, mesh: mesh).run()
  }

  /// All three in this process.
  func runAll(
    interceptor: @escaping Interceptor = { _ in .pass }
  ) -> [Result<Outcome, ParleyError>] {
    let network = InterceptedNetwork(wrapping: InMemoryNetwork(count: 3), interceptor: interceptor)
    return runParties(network.meshes, closing: false) { mesh throws -> Outcome in try run(mesh) }
  }

  /// The numbers of the barriers that every party keeps.
  func kept() throws -> [[Int]] {
    try (0..<3).map { party in
      let store = try CheckpointStore(try StateDirectory(path: state(party)))
      return store.keptBarriers
    }
  }
}

extension Result where Failure == ParleyError {
  var code: ParleyError.Code? {
    if case .failure(let error) = self { error.code } else { nil }
  }
}

/// A folder of its own for one test, removed at the end.
final class BarrierFolder: Sendable {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "/parley-barriers-" + hexadecimal(SecureRandom.bytes(8))
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  func sealed(_ party: Int) throws -> [String] {
    let folder = path + "/p\(party)/checkpoints"
    return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sealed") }.sorted()
      .map { folder + "/" + $0 }
  }
}
