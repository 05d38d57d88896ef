import Crypto
import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTransport

/// Keys and ports of three benchmark parties, shared through a private folder.
struct BenchMesh: Codable {
  struct Party: Codable {
    var privateKey: [UInt8]
    var publicKey: [UInt8]
    var port: Int
  }
  var parties: [Party]
  var session: [UInt8]

  init(count: Int) throws(ParleyError) {
    var listeners: [MeshListener] = []
    parties = []
    for index in 0..<count {
      let listener = try MeshListener(endpoint: MeshEndpoint(host: "127.0.0.1", port: 0))
      listeners.append(listener)
      let identity = try Identity.create(name: "bench\(index)")
      parties.append(
        Party(
          privateKey: Array(identity.signingKey.rawRepresentation), publicKey: identity.publicIdentity.signingKey,
          port: listener.port))
    }
    session = SecureRandom.bytes(32)
  }

  func connect(as index: Int) throws -> TLSMesh {
    let mesh = try TLSMesh(
      local: PartyIndex(index),
      principals: parties.enumerated().map { index, party in
        MeshPrincipal(
          name: "P\(index)", publicKey: party.publicKey,
          endpoint: MeshEndpoint(host: "127.0.0.1", port: party.port))
      }, computingCount: parties.count,
      key: try .init(rawRepresentation: parties[index].privateKey), session: session)
    try mesh.connect(timeout: .seconds(30))
    return mesh
  }

  static func load(_ path: String) throws -> BenchMesh {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ParleyError(.usage, "\(path) is no benchmark's folder", remedy: "use parley bench")
    }
    return try JSONDecoder().decode(BenchMesh.self, from: data)
  }
}

/// What one party of a benchmark reports.
struct BenchPartyReport: Codable {
  var measurement: BenchParty.Measurement
  var setupSeconds: Double
}

/// A program on three parties, as processes over TLS or as threads over memory.
struct ComputeBench {
  /// What is run, with a name that a process can be told.
  enum Job: RawRepresentable {
    case scenario(BenchScenario.Name)
    /// A query that joins two tables.
    case join
    /// The demo's program on made-up rows, inputs checked for every adversary, or for none.
    case aggregate
    case aggregateInsecureUnchecked

    init?(rawValue: String) {
      switch rawValue {
      case Self.join.rawValue: self = .join
      case Self.aggregate.rawValue: self = .aggregate
      case Self.aggregateInsecureUnchecked.rawValue: self = .aggregateInsecureUnchecked
      default:
        guard let name = BenchScenario.Name(rawValue: rawValue) else { return nil }
        self = .scenario(name)
      }
    }
    var rawValue: String {
      switch self {
      case .scenario(let name): name.rawValue
      case .join: "join"
      case .aggregate: "aggregate"
      case .aggregateInsecureUnchecked: "aggregate-insecure-unchecked"
      }
    }

    func work(size: Int, depth: Int, _ sorting: Sorting = Sorting()) throws -> BenchWork {
      switch self {
      case .scenario(let name):
        var scenario = try BenchScenario(
          name, size: size, depth: depth, keyBits: sorting.keyBits, seed: ComputeBench.seed)
        scenario.options.sortWay = sorting.way
        return scenario.work
      case .join: return try BenchWork.join(rows: size, seed: ComputeBench.seed)
      case .aggregate: return try AggregateBench.work(rows: size, options: .init(checksInputs: true))
      case .aggregateInsecureUnchecked:
        return try AggregateBench.work(rows: size, options: .init(insecureUncheckedInputs: true))
      }
    }
  }

  /// What is particular to scenarios that sort.
  struct Sorting {
    var keyBits: Int?
    /// By cost if nil.
    var way: SortWay?

    var arguments: [String] {
      (keyBits.map { ["--key-bits", String($0)] } ?? []) + (way.map { ["--sort-way", $0.rawValue] } ?? [])
    }
  }

  var job: Job
  var size: Int
  var depth: Int
  var repetitions: Int
  var transport: String
  var security: ProtocolSuite
  var sorting = Sorting()
  static let seed: UInt64 = 20_260_101

  func run() throws -> BenchResult { try measure().result }

  /// - Returns: what was measured, and a hash of what was opened.
  func measure() throws -> (result: BenchResult, digest: [UInt8]?) {
    let reports = transport == "tls" ? try processes() : try threads()
    guard reports.allSatisfy(\.measurement.isCorrect) else { throw Self.wrongResult }
    // A repetition takes as long as its slowest party.
    let seconds = (0..<repetitions).map { index in reports.map { $0.measurement.seconds[index] }.max() ?? 0 }
    let planned = try Self.cost(of: try job.work(size: size, depth: depth, sorting), on: security)
    var result = BenchResult(
      scenario: job.rawValue, security: security.rawValue, transport: transport,
      parties: security.descriptor.parties, size: size,
      depth: depth, repeat: repetitions,
      seconds: seconds.median, setupSeconds: reports.map(\.setupSeconds).max() ?? 0,
      rounds: reports.map(\.measurement.rounds).max() ?? 0,
      bytesSentPerParty: reports.map(\.measurement.sentBytes),
      peakRSSBytes: reports.map(\.measurement.peakMemory),
      predictedSeconds: planned.seconds(on: .loopback, CalibrationFile.load()))
    if security == .additive {
      result.protocol = "additive"
      result.security = "semi-honest"
    }
    return (result, reports.first?.measurement.resultDigest)
  }

  /// What the planner says of a benchmark's program.
  static func cost(of work: BenchWork, on security: ProtocolSuite) throws -> Cost {
    let shape = RunShape(
      principals: security.descriptor.parties,
      tables: work.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
      recipients: work.program.disclosures.map { _ in [0] })
    return try Plan.make(work.program, for: security.descriptor, shape: shape, options: work.options).cost
  }

  static var wrongResult: ParleyError {
    ParleyError(.init("internal/wrong-result"), "the parties computed a wrong result")
  }

  private func processes() throws -> [BenchPartyReport] {
    let folder = try TemporaryFolder()
    try folder.write(try Console.json(try BenchMesh(count: security.descriptor.parties)), "mesh.json")
    let roles = try (0..<security.descriptor.parties).map { index in
      try RoleProcess(
        name: "P\(index)",
        arguments: [
          "bench-party", job.rawValue, "--index", String(index), "--folder", folder.path, "--size", String(size),
          "--depth", String(depth), "--repeat", String(repetitions), "--security", security.rawValue,
        ] + sorting.arguments, directory: folder.path, showsErrors: true)
    }
    try RoleProcess.wait(for: roles)
    return try roles.map { role in
      try JSONDecoder().decode(
        BenchPartyReport.self, from: FileManager.default.contents(atPath: role.reportPath) ?? Data())
    }
  }

  private func threads() throws -> [BenchPartyReport] {
    let work = try job.work(size: size, depth: depth, sorting)
    let (repetitions, security) = (repetitions, security)
    let results: [Result<BenchParty.Measurement, ParleyError>] = runParties(
      TrialRun.memory(for: security.descriptor.parties, deadline: nil)
    ) {
      try BenchParty.run(work, on: security, repeats: repetitions, over: $0, use: ProcessResources.use)
    }
    return try results.partyValues().map { BenchPartyReport(measurement: $0, setupSeconds: 0) }
  }
}
