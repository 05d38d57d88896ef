import Foundation
import Parley
import ParleyAnalysis
import ParleyBase
import ParleyProgram
import ParleyStudy

/// A study with its data in one folder, as the worked examples are: `study.yml`, and `HOLDER.TABLE.csv` for each part of a table.
enum FolderBench {
  static let scenarios = ["study"] + AnalysisKinds.names.map { prefix + $0 }
  private static let prefix = "analysis-"
  private static let adversaries = ["adversary: semi-honest", "adversary: malicious"]

  /// - Throws: `usage/arguments` where the folder has no such study, or it asks for no analysis of the kind that the scenario names.
  static func run(
    _ scenario: String, data: String?, repetitions: Int, _ transport: String, _ security: ProtocolSuite
  ) throws -> BenchResult {
    guard security == .semiHonest || security == .malicious else {
      throw ParleyError(
        .usage, "\(scenario) runs a study, which chooses its verifier itself",
        remedy: "use semi-honest or malicious")
    }
    guard let data else {
      throw ParleyError(
        .usage, "\(scenario) needs a study and its data",
        remedy: "give a folder with study.yml and HOLDER.TABLE.csv, as in --data Examples/recidivism")
    }
    guard let text = try? String(contentsOfFile: "\(data)/study.yml", encoding: .utf8),
      let known = adversaries.first(where: text.contains)
    else {
      throw ParleyError(
        .usage, "\(data)/study.yml is no study that says 'adversary: semi-honest' or 'adversary: malicious'",
        remedy: "name a folder as in --data Examples/recidivism")
    }
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.path + "/study.yml"
    try FileOutput.write(
      text.replacing(known, with: adversaries[security == .malicious ? 1 : 0]), to: path, overwrite: true)
    let prepared = try StudyFiles.prepare(path)
    if scenario.hasPrefix(prefix) {
      let kinds = prepared.study.analyses.map(\.settings.kind)
      guard kinds.contains(String(scenario.dropFirst(prefix.count))) else {
        throw ParleyError(
          .usage,
          "the study in \(data) has no such analysis; its analyses: \(kinds.isEmpty ? "none" : kinds.joined(separator: ", "))",
          remedy: "name a folder whose study has one, or use bench study")
      }
    }
    var words: [String] = []
    for table in prepared.study.schemas {
      for holder in table.holders {
        let plain = "\(data)/\(holder).\(table.name).csv"
        words.append(
          "\(holder):\(table.name)=\(FileManager.default.fileExists(atPath: plain) ? plain : plain + ".gz")")
      }
    }
    let run = LocalRun(
      studyPath: path, prepared: prepared, files: try StudyFiles.files(words, of: prepared.study), synthetic: nil,
      seed: 1, log: Log(level: .quiet, prefix: ""), logLevel: .quiet)
    let rows = prepared.assumedRows.reduce(0) { $0 + $1.reduce(0, +) }
    return try StudyBench.measure(
      run, scenario: scenario, size: rows, repetitions: repetitions, transport, security)
  }
}
