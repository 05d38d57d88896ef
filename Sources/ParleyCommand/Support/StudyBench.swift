import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy

/// Studies through every layer, from the agreed session to the results.
enum StudyBench {
  static func measure(
    _ run: LocalRun, scenario: String, size: Int, repetitions: Int, _ transport: String, _ security: ProtocolSuite
  ) throws -> BenchResult {
    let outcomes = try (0..<repetitions).map { _ in
      transport == "tls" ? try run.processes() : try run.inProcess()
    }
    let last = outcomes[outcomes.count - 1]
    let computing = last.reports.prefix(3)
    var result = BenchResult(
      scenario: scenario, security: security.rawValue, transport: transport, parties: 3, size: size, depth: 1,
      repeat: repetitions, seconds: outcomes.map { $0.reports.map(\.seconds).max() ?? 0 }.median,
      setupSeconds: outcomes.map { $0.reports.map(\.setupSeconds).max() ?? 0 }.median,
      rounds: computing.map(\.rounds).max() ?? 0,
      bytesSentPerParty: computing.map { $0.sentBytes.reduce(0, +) }, peakRSSBytes: computing.map(\.peakMemory))
    if transport == "tls" {
      result.notes = ["planned memory \(Console.bytes(computing.map(\.predictedMemory).max() ?? 0))"]
    }
    result.notes.append(
      last.isSampled
        ? "what sorting costs is chance: the plan is a sample of it"
        : computing.allSatisfy { $0.sentBytes == $0.predictedBytes }
          ? "bytes equal the plan" : "bytes DIFFER from the plan")
    return result
  }
}

/// The queries of TPC-H on the rows that `Scripts/tpch make` makes.
enum TPCHBench {
  static let scenarios = (1...22).map { "tpch-q\($0)" }
  private static let adversaryLine = "adversary: semi-honest"

  static func run(
    _ scenario: String, data: String?, repetitions: Int, _ transport: String, _ security: ProtocolSuite
  ) throws -> BenchResult {
    let adversary: String
    switch security {
    case .semiHonest: adversary = adversaryLine
    case .malicious: adversary = "adversary: malicious, verifier: proofs"
    case .maliciousMacs: adversary = "adversary: malicious, verifier: macs"
    default:
      throw ParleyError(
        .usage, "no study asks for \(security.rawValue)", remedy: "use semi-honest, malicious or malicious-macs")
    }
    let query = String(scenario.dropFirst("tpch-".count))
    guard let data else {
      throw ParleyError(
        .usage, "\(scenario) needs rows",
        remedy: "make them with Scripts/tpch make 0.01 FOLDER, and give --data FOLDER")
    }
    let path = "\(data)/\(query).yml"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.contains(adversaryLine) else {
      throw ParleyError(
        .usage, "\(path) is no study that Scripts/tpch made", remedy: "make the folder again")
    }
    let folder = try TemporaryFolder()
    try folder.write(text.replacingOccurrences(of: adversaryLine, with: adversary), "study.yml")
    let prepared = try StudyFiles.prepare(folder.path + "/study.yml")
    var words: [String] = []
    for table in prepared.study.schemas {
      words += table.holders.map { "\($0):\(table.name)=\(data)/\($0).\(table.name).csv" }
    }
    let files = try StudyFiles.files(words, of: prepared.study)
    let run = LocalRun(
      studyPath: folder.path + "/study.yml", prepared: prepared, files: files, synthetic: nil, seed: 1,
      log: Log(level: .quiet, prefix: ""), logLevel: .quiet)
    let rows = prepared.assumedRows.reduce(0) { $0 + $1.reduce(0, +) }
    return try StudyBench.measure(
      run, scenario: scenario, size: rows, repetitions: repetitions, transport, security)
  }
}
