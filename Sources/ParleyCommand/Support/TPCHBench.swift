import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy

/// The queries of TPC-H on the rows that `Scripts/tpch make` makes.
enum TPCHBench {
  static let scenarios = (1...22).map { "tpch-q\($0)" }
  private static let adversaryLine = "adversary: semi-honest"
  /// As `Scripts/tpch` writes it: nothing is withheld, whatever the tables protect.
  private static let freeRelease = "minimum-cell: 0, recipients: [north], rows: allowed"
  private static let protection = "protect: "

  /// - Parameter minimum: with this minimum, and beside it without one; nil for the study as it is.
  static func run(
    _ scenario: String, data: String?, minimum: Int?, repetitions: Int, _ transport: String,
    _ security: ProtocolSuite
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
    guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.contains(adversaryLine),
      minimum == nil || text.contains(freeRelease) && text.contains(protection)
    else {
      throw ParleyError(
        .usage, "\(path) is no study that Scripts/tpch made", remedy: "make the folder again")
    }
    let study = text.replacingOccurrences(of: adversaryLine, with: adversary)
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let plain = try localRun(study, folder.path + "/study.yml", data)
    let rows = plain.prepared.assumedRows.reduce(0) { $0 + $1.reduce(0, +) }
    guard let minimum else {
      return try StudyBench.measure(
        plain, scenario: scenario, size: rows, repetitions: repetitions, transport, security)
    }
    let ruled = study.replacingOccurrences(of: freeRelease, with: "minimum-cell: \(minimum), recipients: [north]")
    return try StudyBench.measure(
      try localRun(ruled, folder.path + "/minimum.yml", data), without: plain, scenario: scenario, size: rows,
      repetitions: repetitions, transport, security)
  }

  private static func localRun(_ text: String, _ path: String, _ data: String) throws -> LocalRun {
    try FileOutput.write(text, to: path, overwrite: true)
    let prepared = try StudyFiles.prepare(path)
    var words: [String] = []
    for table in prepared.study.schemas {
      words += table.holders.map { "\($0):\(table.name)=\(data)/\($0).\(table.name).csv" }
    }
    let files = try StudyFiles.files(words, of: prepared.study)
    return LocalRun(
      studyPath: path, prepared: prepared, files: files, synthetic: nil, seed: 1,
      log: Log(level: .quiet, prefix: ""),
      logLevel: .quiet)
  }
}
