import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyStudy
import ParleyTransport

extension Console.Level: ExpressibleByArgument {}

struct PartyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "party", abstract: "Take part in a study as one of its parties.",
    discussion:
      "Parties may start in any order. Nothing leaves a data holder before it has accepted the disclosure statement."
  )
  @Argument(help: "The study file.") var study: String
  @Option(name: .customLong("as"), help: "Your party's name.") var name: String
  @Option(
    help: "TABLE=FILE.csv, once for each table you hold; also .csv.gz, sqlite:FILE?table=T, postgres://…?table=T.")
  var data: [String] = []
  @Option(
    help: "Accept the disclosure statement with this hash: all 64 digits, with or without '-' between groups.")
  var accept: String?
  @Flag(
    help:
      "Run although your data changed since an earlier run of this study, of whose result and the new one the difference can be computed."
  )
  var acceptChangedData = false
  @Option(help: "Folder of the state: lock, attempt counter, ledger of releases.") var state: String?
  @Option(help: "Folder of the identity files, or your own one.") var identity: String?
  @Option(help: "Write the results to FILE.csv or FILE.json.") var out: String?
  @Option(help: "Draw survival curves and other figures of results as SVG files in this folder.")
  var figures: String?
  @Option(help: "Write the signed receipt here.") var receipt: String?
  @Option(help: "Names this run when the same parties run one study several times at once.") var job = "default"
  @Option(
    help: "Seconds (or 10m, 1h) to wait for the other parties to appear, in each attempt.",
    transform: WaitTime.seconds)
  var wait = 600
  @Option(
    help: "Sessions at most: after an outage before anything was opened the next one begins by itself. 1 to 100.")
  var attempts = Attempts.standard
  @Option(help: "quiet, info or debug.") var logLevel = Console.Level.info
  @Flag(help: "Start even if the plan needs more memory than there is.") var ignoreMemory = false
  @Flag(help: "Print results as JSON.") var json = false

  @Option(help: .hidden) var trial: String?
  @Option(help: .hidden) var report: String?
  @Option(help: .hidden) var synthetic: Int?
  @Option(help: .hidden) var seed: UInt64 = 1

  func run() throws {
    let log = Log(level: logLevel, prefix: name)
    // Whoever started the processes of a trial deals with their failures.
    let attempts = try Attempts(limit: trial == nil ? attempts : 1)
    try OutputPaths(
      study: study, sources: data.compactMap { try? DataArgument($0).file }, identity: identity, state: state
    ).require(out: out, receipt: receipt)
    try ResultOutput.checkPath(out)
    try FileOutput.check(receipt)
    var loaded = try StudyLoader.load(path: study)
    var jobID = Array(job.utf8)
    if let trial {
      let (applied, id) = try Trial.load(trial, loaded)
      loaded = applied
      jobID = Array(id.utf8)
    }
    let own = try loaded.requireParty(name)
    try Descriptors.require(parties: loaded.parties.count)
    if trial == nil {
      let missing = loaded.missingForParties()
      guard missing.isEmpty else { throw StudyLoader.combining(missing, file: study) }
      if loaded.requiresSignatures {
        try SignatureFolder(ofStudy: study).requireSignatures(of: loaded, besides: nil)
      }
    }
    let key = try IdentityFiles.load(
      name, from: trial.map { $0 + "/identities" } ?? identity, for: trial == nil ? loaded : nil)
    try loaded.requireKey(key, of: own)
    let prepared = try PreparedStudy(loaded)
    try FigureFiles.check(figures, prepared.program.results)
    // The lock of the state comes first: without it another run of this party may be in a session, and a party that has
    // a run in a session must not tell the others that it cannot take part.
    let directory = trial == nil ? try StateDirectory(path: try state ?? Self.statePath(name)) : nil
    let memory: any SessionMemory = directory ?? EphemeralMemory()
    let tables: [Int: TableData]
    var digest: [UInt8]?
    do throws(ParleyError) {
      // Data is read and checked before anything is connected.
      tables = try readData(prepared, log)
      if let directory {
        let earlier = EarlierReleases(directory, study: prepared.study.studyHash, tables: tables)
        digest = earlier?.digest
        if let message = earlier?.verdict.message { log.warning(message) }
        // Who shares no rows accepts nothing, but no other statement than this one either.
        if !tables.isEmpty || accept != nil { try acceptStatement(prepared) }
        if let verdict = earlier?.verdict, verdict.needsConsent { try acceptChanges() }
      }
    } catch {
      guard trial == nil else { throw error }
      // What is wrong on the command line is put right at once: the others go on waiting.
      guard !error.code.rawValue.hasPrefix("usage/") else { throw error }
      // Whoever sits here learns it before the others do.
      Console.error(error)
      decline(prepared.study, key, jobID, log)
      throw ExitCode(error.exitCode)
    }
    let isComputing = loaded.computing.contains(name)
    let isRecipient = loaded.release.recipients.contains(name)
    if let out, !isRecipient {
      log.warning("\(name) receives no results by this study: --out \(out) will not be written")
    }
    if let figures, !isRecipient {
      log.warning("\(name) receives no results by this study: nothing will be drawn in \(figures)")
    }
    var participant = Participant(
      prepared: prepared, name: name, identity: key, data: tables,
      mode: trial == nil ? .party : .localTrial, memory: memory, job: jobID, inputDigest: digest,
      // Who wants the receipt stays until all have signed it, and who may be needed for another attempt as well.
      leavesAfterInputs: !isComputing && !isRecipient && receipt == nil && attempts.limit == 1)
    participant.use = ProcessResources.use
    try take(part: participant, prepared, key, attempts, log)
  }

  // MARK: Before the session

  private func readData(_ prepared: PreparedStudy, _ log: Log) throws(ParleyError) -> [Int: TableData] {
    var tables: [Int: TableData] = [:]
    for (index, file) in try StudyFiles.own(data, of: prepared.study, holder: name).sorted(by: { $0.key < $1.key })
    {
      tables[index] = try StudyFiles.load(file, table: index, holder: name, of: prepared.study, log: log)
    }
    for (index, table) in prepared.study.tables.enumerated() where table.schema.holders.contains(name) {
      if tables[index] == nil, let synthetic, let position = table.schema.holders.firstIndex(of: name) {
        tables[index] = try TrialData.synthetic(
          prepared.study, table: index, holder: position,
          rows: TrialData.rows(prepared.study, asked: synthetic), seed: seed)
      }
      guard let rows = tables[index] else {
        throw ParleyError(
          .usage, "\(name) holds rows of \(table.schema.name), and no file was given",
          remedy: "add --data \(table.schema.name)=FILE.csv")
      }
      if let limit = table.schema.padTo, rows.rowCount > limit {
        throw ParleyError(
          .init("data/over-padding"),
          "\(counted(rows.rowCount, "row")) of \(table.schema.name) \(rows.rowCount == 1 ? "is" : "are") more than pad-to allows (\(limit))",
          remedy: "raise pad-to in the study, at every party")
      }
    }
    return tables
  }

  /// The folder of all states in the home folder.
  static var stateRoot: String { HomeFolder.path + "/state" }
  /// - Throws: `usage/arguments` for a name that no party can have, which could lead out of the folder.
  static func statePath(_ name: String) throws(ParleyError) -> String {
    guard Identity.isValid(name: name) else {
      throw ParleyError(
        .usage, "'\(name)' cannot name a party",
        remedy:
          "give the name of a party of the study: 1 to 64 letters, digits, '-', '_' and '.', not starting with '.' or '-'"
      )
    }
    return stateRoot + "/\(name)"
  }

  /// The hash of a statement says nothing of the data, so whoever accepted it once has not accepted this.
  private func acceptChanges() throws(ParleyError) {
    guard !acceptChangedData else { return }
    guard Console.isTerminal(STDIN_FILENO) else {
      throw EarlierReleases.refusal(
        remedy:
          "add --accept-changed-data once the data's owner agrees that whoever has both results may learn what changed, or run with the data of the earlier run"
      )
    }
    guard
      Console.agrees(
        "Type yes to share your changed data, although the difference of both results tells what changed: ")
    else {
      throw ParleyError(
        .init("study/data-changed"), "running with changed data was not agreed to; nothing has been sent",
        remedy: Self.startAgain)
    }
  }

  private func acceptStatement(_ prepared: PreparedStudy) throws(ParleyError) {
    let hash = GroupedHash.text(prepared.statementHash)
    if let accept {
      guard try GroupedHash.bytes(accept) == prepared.statementHash else {  // public: statements are printed
        throw ParleyError(
          .init("study/statement-not-accepted"), "the statement of this study has hash \(hash), not \(accept)",
          remedy: "read it with 'parley study statement \(study)', then accept that hash")
      }
      return
    }
    Console.notice(text: Console.split(prepared.statement.text) + ["hash \(hash)"])
    guard Console.isTerminal(STDIN_FILENO) else {
      throw ParleyError(
        .init("study/statement-not-accepted"),
        "the disclosure statement has not been accepted: standard input is no terminal, and what comes through a pipe or a file "
          + "is no answer to it",
        remedy: "add --accept \(hash) once the data's owner agrees")
    }
    guard Console.agrees("Type yes to accept this statement and share your data: ") else {
      throw ParleyError(
        .init("study/statement-not-accepted"), "the disclosure statement was not accepted; nothing has been sent",
        remedy: Self.startAgain)
    }
  }
  private static let startAgain = "if this was a slip, all parties start again, and the answer is the word yes"

  /// Tells the others that this party cannot take part, and not why, so that they do not wait for it.
  private func decline(_ study: Study, _ key: Identity, _ job: [UInt8], _ log: Log) {
    // What stops this party is the caller's error; that nobody can be told is none of its own.
    guard
      let mesh = try? PartyMesh.make(
        study, name: name, key: key, purpose: .session, job: job, report: { _ in })
    else { return }
    let seconds = min(wait, 30)
    let interruption = Interruption()
    defer { interruption.end() }
    interruption.watch(mesh)
    log.info("telling the other parties that this party is not ready, for \(seconds) s at most (Ctrl-C ends it)")
    mesh.decline(timeout: .seconds(seconds))
  }
}
