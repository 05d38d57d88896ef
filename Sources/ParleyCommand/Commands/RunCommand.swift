import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyRuntime
import ParleyStudy

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Try a study: all parties on this machine, with ephemeral keys.",
    discussion:
      "Every role is a process of its own, talking mutual TLS on loopback. The receipt says “local trial”.")
  @Argument(help: "The study file.") var study: String
  @Option(help: "HOLDER:TABLE=FILE.csv, once for each holder of each table; also .csv.gz, sqlite:…, postgres://….")
  var data: [String] = []
  @Option(
    help: "Make up this many rows for every holder without a file; fewer where a unique key has fewer values.")
  var synthetic: Int?
  @Option(help: "Seed of the made-up rows; 1 if left out.") var seed: UInt64?
  @Flag(help: "All parties in this process, over memory instead of TLS.") var inProcess = false
  @Option(help: "Write the results to FILE.csv or FILE.json.") var out: String?
  @Option(help: "Draw survival curves and other figures of results as SVG files in this folder.")
  var figures: String?
  @Option(help: "Write the signed receipt here.") var receipt: String?
  @Option(help: "quiet, info or debug.") var logLevel = Console.Level.info
  @Flag(help: "Start even if the plan needs more memory than there is.") var ignoreMemory = false
  @Flag(help: "Print results as JSON.") var json = false

  func run() throws {
    let log = Log(level: logLevel, prefix: "")
    try OutputPaths(study: study, sources: data.compactMap { try? DataArgument($0).file })
      .require(out: out, receipt: receipt)
    try ResultOutput.checkPath(out)
    try FileOutput.check(receipt)
    let prepared = try StudyFiles.prepare(study)
    try FigureFiles.check(figures, prepared.program.results)
    for note in try prepared.study.notes() { log.info("note: \(VisibleText.compact(note))") }
    let files = try StudyFiles.files(data, of: prepared.study)
    guard seed == nil || synthetic != nil else {
      throw ParleyError(
        .usage, "--seed is for made-up rows, and none are made up",
        remedy: "leave --seed out, or add --synthetic 10 in place of the files")
    }
    if let synthetic {
      guard
        prepared.study.tables.indices.contains(where: { index in
          prepared.study.tables[index].schema.holders.contains { files[$0]?[index] == nil }
        })
      else {
        throw ParleyError(
          .usage, "--synthetic makes rows up for holders without a file, and every holder of every table has one",
          remedy: "leave --synthetic out, or the --data of those whose rows are to be made up")
      }
      guard synthetic >= 0 else {
        throw ParleyError(.usage, "--synthetic \(synthetic) is negative", remedy: "give 0 or more")
      }
      for (index, table) in prepared.study.schemas.enumerated() {
        let made = zip(table.holders, TrialData.rows(table, asked: synthetic)).filter {
          files[$0.0]?[index] == nil
        }
        guard made.contains(where: { $0.1 > table.maximumRows / made.count }) else { continue }
        throw ParleyError(
          .usage,
          "--synthetic \(synthetic) makes more rows than the table '\(table.name)' may have: \(table.maximumRows) of all holders together",
          remedy:
            "give \(table.maximumRows / made.count) or less: \(counted(made.count, "holder")) without a file will each have as many"
        )
      }
    } else {
      try StudyFiles.requireAll(files, of: prepared.study)
    }
    let run = LocalRun(
      studyPath: study, prepared: prepared, files: files, synthetic: synthetic, seed: seed ?? 1, log: log,
      logLevel: logLevel, ignoresMemory: ignoreMemory)
    let outcome = inProcess ? try run.inProcess() : try run.processes()
    var written = OutputFiles(out: out, receipt: receipt, figures: figures, isTrial: true)
    written.keepEarlier(log)
    if let signed = outcome.receipt { written.write(signed, outcome.opening) }
    written.write(outcome.tables, prepared, mode: "local trial")
    try written.show {
      try ResultOutput.show(
        outcome.tables, prepared, mode: "local trial", json: json, reasons: json ? nil : run.withheldReasons())
    }
    for line in outcome.costLines { log.info(line) }
    try written.requireAll(isShown: true)
  }
}

/// One trial of a study on this machine.
struct LocalRun {
  var studyPath: String
  var prepared: PreparedStudy
  var files: [String: [Int: String]]
  var synthetic: Int?
  var seed: UInt64
  var log: Log
  var logLevel: Console.Level
  var ignoresMemory = false

  struct Outcome {
    var tables: [DecodedTable]
    var receipt: Receipt?
    /// Of the recipient whose tables these are.
    var opening: ReceiptOpening?
    var reports: [RoleReport]
    var names: [String]
    var wallSeconds: Double
    var predictedSeconds: Double
    static let samplingNote =
      "what sorting costs is chance: the plan is a sample of it, the same for all data of these sizes"
    /// The plan is a sample: see ``LoweredProgram/hasRandomCost``.
    var isSampled = false

    var costLines: [String] {
      let predicted = reports.first?.predictedRounds ?? 0
      let rounds = reports.map(\.rounds).max() ?? 0
      var rows: [[String]] = [["cost", "predicted", "measured"]]
      func row(_ name: String, _ planned: String, _ measured: String) { rows.append([name, planned, measured]) }
      row("rounds", String(predicted), String(rounds))
      for report in reports {
        for (to, bytes) in report.sentBytes.enumerated() where bytes > 0 || report.predictedBytes[to] > 0 {
          row("\(report.party) → \(names[to])", "\(report.predictedBytes[to]) B", "\(bytes) B")
        }
      }
      for report in reports {
        guard let offline = report.offline else { continue }
        for (to, bytes) in offline.sentBytes.enumerated() where bytes > 0 || offline.predictedBytes[to] > 0 {
          row("before the inputs, \(report.party) → \(names[to])", "\(offline.predictedBytes[to]) B", "\(bytes) B")
        }
      }
      let offline = reports.compactMap(\.offline)
      if let planned = offline.first?.predictedRounds {
        row("rounds before the inputs", String(planned), String(offline.map(\.rounds).max() ?? 0))
      }
      let computing = reports.filter { $0.predictedMemory > 0 && $0.peakMemory > 0 }
      if let largest = computing.max(by: { $0.peakMemory < $1.peakMemory }) {
        row("peak memory", Console.bytes(largest.predictedMemory), Console.bytes(largest.peakMemory))
      }
      row("time", Console.seconds(predictedSeconds), Console.seconds(reports.map(\.seconds).max() ?? 0))
      row("session set-up", "-", Console.seconds(reports.map(\.setupSeconds).max() ?? 0))
      let equal =
        rounds == predicted && reports.allSatisfy { $0.sentBytes == $0.predictedBytes }
        && offline.allSatisfy { $0.sentBytes == $0.predictedBytes }
        && (offline.map(\.rounds).max() ?? 0) == (offline.first?.predictedRounds ?? 0)
      let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
      var lines = rows.map { row in
        let numbers = (1..<3).map { String(repeating: " ", count: widths[$0] - row[$0].count + 3) + row[$0] }
        return row[0] + String(repeating: " ", count: widths[0] - row[0].count) + numbers.joined()
      }
      lines.append(
        equal
          ? "bytes and rounds equal the plan"
          : isSampled
            ? Self.samplingNote
            : "bytes or rounds DIFFER from the plan")
      return lines
    }
  }

  /// Every role as a process of its own.
  func processes() throws -> Outcome {
    let start = ContinuousClock.now
    // A holder's bad file is found here, before three processes wait for it.
    let plan = try checkedPlan(try rowCounts())
    try Descriptors.require(parties: prepared.study.parties.count)
    let trial = try Trial(prepared.study)
    log.info("starting \(prepared.study.parties.count) parties, each a process with a key of its own")
    var roles: [RoleProcess] = []
    for name in prepared.study.meshOrder {
      var arguments = [
        "party", studyPath, "--as", name, "--trial", trial.directory, "--report",
        trial.directory + "/\(name).report.json", "--log-level", logLevel == .debug ? "debug" : "quiet",
        // However long another one reads its data: if one ends, this process ends all.
        "--wait", "86400", "--seed", String(seed),
      ]
      if let synthetic { arguments += ["--synthetic", String(synthetic)] }
      for (table, file) in files[name] ?? [:] {
        arguments += ["--data", "\(prepared.study.tables[table].schema.name)=\(file)"]
      }
      roles.append(
        try RoleProcess(
          name: name, arguments: arguments, directory: trial.directory, showsErrors: logLevel == .debug))
    }
    try RoleProcess.wait(for: roles)
    let reports = try roles.map { role -> RoleReport in
      guard let data = FileManager.default.contents(atPath: role.reportPath) else {
        throw ParleyError(.init("aborted/role"), "\(role.name) left no report")
      }
      return try JSONDecoder().decode(RoleReport.self, from: data)
    }
    guard let recipient = reports.first(where: { $0.tables != nil }), let tables = recipient.tables else {
      throw ParleyError(.invariant, "no recipient received a result")
    }
    return Outcome(
      tables: tables.map(DecodedTable.init), receipt: reports.lazy.compactMap(\.receipt).first,
      opening: recipient.opening, reports: reports,
      names: prepared.study.meshOrder, wallSeconds: start.duration(to: .now).seconds,
      predictedSeconds: reports.map(\.predictedSeconds).max() ?? 0, isSampled: plan?.lowered.hasRandomCost ?? false
    )
  }

  /// By table and holder; every file is read and checked for that.
  private func rowCounts() throws(ParleyError) -> [[Int]] {
    var counts: [[Int]] = []
    for (index, table) in prepared.study.tables.enumerated() {
      var own: [Int] = []
      for (position, holder) in table.schema.holders.enumerated() {
        guard let file = files[holder]?[index] else {
          if let synthetic, !table.schema.uniqueKeys.isEmpty || !table.schema.rowLimits.isEmpty {
            // Whether so many rows can be made up is said here and not by one of the parties.
            _ = try TrialData.synthetic(
              prepared.study, table: index, holder: position,
              rows: TrialData.rows(prepared.study, asked: synthetic), seed: seed)
          }
          own.append(synthetic.map { TrialData.rows(table.schema, asked: $0)[position] } ?? 0)
          continue
        }
        own.append(
          try StudyFiles.load(file, table: index, holder: holder, of: prepared.study, log: log).rowCount)
      }
      counts.append(own)
    }
    return counts
  }

  /// All computing parties are on this machine. Sizes that the study does not allow are refused by the parties.
  private func checkedPlan(_ rows: [[Int]]) throws(ParleyError) -> Plan? {
    guard let plan = try? prepared.plan(rows: rows) else { return nil }
    guard !ignoresMemory else { return plan }
    let parties = plan.descriptor.parties
    try AvailableMemory.require(
      parties * ProcessMemory.predicted(plan), for: "\(parties) computing parties on this machine")
    return plan
  }

  /// Why something is withheld, where all rows are made up and not too many.
  func withheldReasons() -> WithheldReasons? {
    guard let synthetic, files.values.allSatisfy(\.isEmpty), prepared.study.release.effectiveMinimum > 1 else {
      return nil
    }
    var data: [String: [TableData]] = [:]
    let asked = TrialData.rows(prepared.study, asked: synthetic)
    guard asked.joined().reduce(0, +) <= WithheldReasons.mostRows else { return nil }
    for (index, table) in prepared.study.schemas.enumerated() {
      for holder in table.holders.indices {
        // They have been made up for the trial, so they can be.
        guard
          let part = try? TrialData.synthetic(
            prepared.study, table: index, holder: holder, rows: asked, seed: seed)
        else { return nil }
        data[table.name, default: []].append(part)
      }
    }
    return try? WithheldReasons(prepared, data: data)
  }

  /// All parties in this process, over memory.
  func inProcess() throws -> Outcome {
    let start = ContinuousClock.now
    var data: [String: [Int: TableData]] = [:]
    for (index, table) in prepared.study.tables.enumerated() {
      for (position, holder) in table.schema.holders.enumerated() {
        if let file = files[holder]?[index] {
          data[holder, default: [:]][index] = try StudyFiles.load(
            file, table: index, holder: holder, of: prepared.study, log: log)
        } else if let synthetic {
          data[holder, default: [:]][index] = try TrialData.synthetic(
            prepared.study, table: index, holder: position,
            rows: TrialData.rows(prepared.study, asked: synthetic), seed: seed)
        }
      }
    }
    let plan = try checkedPlan(
      prepared.study.tables.enumerated().map { index, table in
        table.schema.holders.map { data[$0]?[index]?.rowCount ?? 0 }
      })
    let run = try TrialRun.run(prepared, data: data)
    let predictedSeconds = run.cost.seconds(on: .loopback, CalibrationFile.load())
    let reports = prepared.study.meshOrder.enumerated().map { index, name in
      RoleReport(
        party: name, seconds: run.seconds, setupSeconds: 0, rounds: run.measuredRounds,
        sentBytes: run.measuredBytes[index], predictedRounds: run.cost.rounds,
        predictedBytes: run.cost.bytes[index],
        predictedSeconds: predictedSeconds, peakMemory: ProcessResources.peakMemoryBytes ?? 0, predictedMemory: 0,
        tables: nil, receipt: run.receipt)
    }
    return Outcome(
      tables: run.result.tables, receipt: run.receipt, opening: run.opening, reports: reports,
      names: prepared.study.meshOrder,
      wallSeconds: start.duration(to: .now).seconds, predictedSeconds: predictedSeconds,
      isSampled: plan?.lowered.hasRandomCost ?? false)
  }
}

extension DecodedTable {
  init(_ table: RoleReport.Table) {
    self.init(name: table.name, columns: table.columns, rows: table.rows.map { $0.map(\.decoded) })
  }
}
