import Foundation
import Parley
import ParleyBase
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyStudy
import ParleyTransport

/// The link itself: round trips and one-way throughput between two of three parties.
enum LinkBench {
  /// Median round trip, with a blocking plain TCP pair on loopback measured in turn with it as reference.
  static func roundTrip(bytes: Int, repetitions: Int, _ transport: String) throws -> BenchResult {
    let count = 2000 * repetitions
    let reports = try pair("roundtrip", bytes: bytes, repetitions: count, transport)
    let plain = (reports[0].measurement.reference ?? []).median
    var result = Self.result("roundtrip", bytes: bytes, repetitions: repetitions, transport, reports)
    result.seconds = reports[0].measurement.seconds.median
    result.reference = .init(name: "plain TCP", seconds: plain)
    result.notes = [
      String(format: "median of %d round trips, ratio to plain TCP %.2f", count, result.seconds / plain)
    ]
    return result
  }

  static func throughput(bytes: Int, repetitions: Int, _ transport: String) throws -> BenchResult {
    let reports = try pair("throughput", bytes: bytes, repetitions: repetitions, transport)
    var result = Self.result("throughput", bytes: bytes, repetitions: repetitions, transport, reports)
    result.seconds = reports[0].measurement.seconds.median
    result.notes = [String(format: "%.2f GB/s one way", Double(bytes) / result.seconds / 1e9)]
    return result
  }

  private static func pair(
    _ scenario: String, bytes: Int, repetitions: Int, _ transport: String
  ) throws -> [BenchPartyReport] {
    try pair(scenario, bytes: bytes, repetitions: repetitions, transport, arguments: []) {
      try Self.party(scenario, bytes: bytes, repetitions: repetitions, over: $0)
    }
  }

  /// Two parties: `body` in threads, or processes of `bench-party` with these arguments besides.
  static func pair(
    _ scenario: String, bytes: Int, repetitions: Int, _ transport: String, arguments: [String],
    body: @escaping @Sendable (any MessageLinks) throws -> BenchParty.Measurement
  ) throws -> [BenchPartyReport] {
    guard transport == "tls" else {
      let results: [Result<BenchParty.Measurement, ParleyError>] = runParties(
        TrialRun.memory(for: 2, deadline: nil)
      ) { try body($0) }
      return try results.partyValues().map { BenchPartyReport(measurement: $0, setupSeconds: 0) }
    }
    let folder = try TemporaryFolder()
    try folder.write(try Console.json(try BenchMesh(count: 2)), "mesh.json")
    let roles = try (0..<2).map { index in
      try RoleProcess(
        name: "P\(index)",
        arguments: [
          "bench-party", scenario, "--index", String(index), "--folder", folder.path, "--size", String(bytes),
          "--depth", "1", "--repeat", String(repetitions),
        ] + arguments, directory: folder.path, showsErrors: true)
    }
    try RoleProcess.wait(for: roles)
    return try roles.map { role in
      try JSONDecoder().decode(
        BenchPartyReport.self, from: FileManager.default.contents(atPath: role.reportPath) ?? Data())
    }
  }

  static func party(
    _ scenario: String, bytes: Int, repetitions: Int, over mesh: any MessageLinks
  ) throws(ParleyError) -> BenchParty.Measurement {
    let peer = PartyIndex(1 - mesh.local.rawValue)
    var seconds: [Double] = []
    var reference: [Double] = []
    if scenario == "roundtrip" {
      // Blocks of both in turn, so that the machine's moods fall on both alike.
      let blocks = 20
      for block in 0..<blocks {
        seconds += try TransportBench.roundTrip(
          mesh, peer: peer, bytes: bytes, count: repetitions / blocks, base: 1 + block)
        guard mesh.local.rawValue == 0 else { continue }
        reference += try TransportBench.plainTCPRoundTrip(bytes: bytes, count: repetitions / blocks)
      }
    } else {
      let message = min(bytes, 1 << 20)
      for repetition in 0...repetitions {
        let time: Double = try TransportBench.oneWay(
          mesh, peer: peer, bytes: message, count: max(bytes / message, 1), base: 10 + repetition)
        if repetition > 0 { seconds.append(time) }
      }
    }
    return BenchParty.Measurement(
      seconds: seconds, sentBytes: mesh.meter.reading.sentBytes.reduce(0, +), rounds: mesh.meter.reading.rounds,
      peakMemory: ProcessResources.peakMemoryBytes ?? 0, isCorrect: true, reference: reference)
  }

  static func result(
    _ name: String, bytes: Int, repetitions: Int, _ transport: String, _ reports: [BenchPartyReport]
  ) -> BenchResult {
    BenchResult(
      scenario: name, transport: transport, parties: 2, size: bytes, depth: 1, repeat: repetitions, seconds: 0,
      setupSeconds: reports.map(\.setupSeconds).max() ?? 0, rounds: reports.map(\.measurement.rounds).max() ?? 0,
      bytesSentPerParty: reports.map(\.measurement.sentBytes), peakRSSBytes: reports.map(\.measurement.peakMemory))
  }
}

/// The demo's study on made-up rows, through every layer, and the set-up of a session.
enum AggregateBench {
  private static let holdersLine = "holders: [cleveland, hungarian, switzerland, va]"

  /// The demo's study, which allows 2,000 rows, for as many as are asked for.
  private static func study(rows: Int) throws -> String {
    try String(contentsOfFile: try DemoCommand.folder() + "/study.yml", encoding: .utf8)
      .replacingOccurrences(of: "maximum-rows: 2000", with: "maximum-rows: \(max(rows, 4))")
  }

  static func run(
    rows: Int, repetitions: Int, _ transport: String, _ security: ProtocolSuite
  ) throws -> BenchResult {
    guard [.semiHonest, .malicious].contains(security) else {
      throw ParleyError(
        .usage, "no study asks for \(security.rawValue)",
        remedy: "use semi-honest or malicious, or --compare-adversaries")
    }
    let folder = try TemporaryFolder()
    let text = try study(rows: rows)
      .replacingOccurrences(of: DemoCommand.adversaryLine, with: "adversary: \(security.rawValue)")
    try folder.write(text, "study.yml")
    let prepared = try StudyFiles.prepare(folder.path + "/study.yml")
    let run = LocalRun(
      studyPath: folder.path + "/study.yml", prepared: prepared, files: [:], synthetic: rows / 4, seed: 1,
      log: Log(level: .quiet, prefix: ""), logLevel: .quiet)
    return try StudyBench.measure(
      run, scenario: "aggregate", size: rows / 4 * 4, repetitions: repetitions, transport, security)
  }

  /// The program of the study for parties that run it without a session, with the rows shared out among themselves.
  ///
  /// - Parameter isEmpty: leaves out the rows and keeps the program for so many.
  static func work(rows: Int, isEmpty: Bool = false, options: LoweringOptions) throws -> BenchWork {
    let folder = try TemporaryFolder()
    let text = try study(rows: rows)
      .replacingOccurrences(of: holdersLine, with: "holders: [university, registry, foundation]")
    try folder.write(text, "study.yml")
    let prepared = try StudyFiles.prepare(folder.path + "/study.yml")
    let schemas = prepared.study.schemas
    let holders = prepared.study.computing.count
    guard schemas.allSatisfy({ $0.holders == prepared.study.computing }) else {
      throw ParleyError(.invariant, "the demo's study has other holders than its benchmark knows")
    }
    var held: [[TableData]] = []
    let counts = (0..<holders).map { isEmpty ? 0 : rows / holders + ($0 < rows % holders ? 1 : 0) }
    for holder in 0..<holders {
      var tables: [TableData] = []
      for table in schemas.indices {
        tables.append(
          try TrialData.synthetic(
            prepared.study, table: table, holder: holder, rows: schemas.map { _ in counts }, seed: 1))
      }
      held.append(tables)
    }
    return BenchWork(program: prepared.program, options: options, schemas: schemas, held: held)
  }

  /// From the start of a party's process side to the agreed session, with one row of data at each holder.
  static func setup(repetitions: Int, _ security: ProtocolSuite) throws -> BenchResult {
    var result = try run(rows: 4, repetitions: repetitions, "tls", security)
    result.scenario = "setup"
    result.seconds = result.setupSeconds
    result.notes = []
    return result
  }
}
