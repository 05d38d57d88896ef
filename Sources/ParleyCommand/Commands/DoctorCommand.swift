import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyData
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyStudy
import ParleyTransport

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check everything a run needs, with the fix for each failure.",
    discussion: "For the links, the other parties run the doctor at the same time.")
  @Argument(help: "The study file.") var study: String
  @Option(name: .customLong("as"), help: "Your party's name.") var name: String
  @Option(help: "TABLE=FILE.csv, or another source as of 'party', checked against the schema.") var data:
    [String] = []
  @Option(help: "Folder of the state.") var state: String?
  @Option(help: "Folder of the identity files, or your own one.") var identity: String?
  @Option(help: "Seconds (or 2m) to wait for the other parties.", transform: WaitTime.seconds) var wait = 30
  @Flag(help: "Leave the links out.") var offline = false
  @Flag(help: "Print JSON.") var json = false

  struct Finding: Encodable {
    var check: String
    var isGood: Bool
    var detail: String
    var fix: String?
  }
  final class Findings {
    var list: [Finding] = []
    func good(_ check: String, _ detail: String) {
      let lines = Console.split(detail).map { VisibleText.line($0) }
      list.append(.init(check: check, isGood: true, detail: lines.joined(separator: "\n")))
    }
    /// - Parameter remedy: where the error has none: nothing that fails is shown without what to do about it.
    func bad(_ check: String, _ error: ParleyError, otherwise remedy: String) {
      // The remedy is shown apart; everything else of what was found, each problem on its line.
      var told = error
      told.remedy = nil
      list.append(
        .init(
          check: check, isGood: false,
          detail: told.description.split(separator: "\n").joined(separator: "\n       "),
          fix: error.remedy ?? remedy))
    }
    /// Runs one check; what it returns is shown.
    func check<T>(_ name: String, otherwise remedy: String, _ body: () throws -> (T, String)) -> T? {
      do {
        let (value, detail) = try body()
        good(name, detail)
        return value
      } catch let error as ParleyError {
        bad(name, error, otherwise: remedy)
      } catch {
        let refused = "check disk, permissions and limits (ulimit -a)"
        bad(name, SystemFailure.error(error, "the system refused it", remedy: refused), otherwise: refused)
      }
      return nil
    }
  }

  func run() throws {
    let findings = Findings()
    let prepared = findings.check("study", otherwise: "correct the study file, at every party") {
      () -> (PreparedStudy, String) in
      let prepared = try StudyFiles.prepare(study)
      _ = try prepared.study.requireParty(name)
      return (prepared, "in order, hash \(prepared.study.studyHashText)")
    }
    let key = findings.check("identity", otherwise: "check the folder of identities (--identity)") {
      () -> (Identity, String) in
      let key = try IdentityFiles.load(name, from: identity, for: prepared?.study)
      if let study = prepared?.study, let party = study.party(name), party.key != nil {
        try study.requireKey(key, of: party)
      }
      return (key, "fingerprint \(key.publicIdentity.fingerprint), readable by its owner only")
    }
    checkClock(findings)
    let directory = findings.check("state", otherwise: "give another folder with --state") {
      () -> (StateDirectory?, String) in
      let path = try state ?? PartyCommand.statePath(name)
      guard StateDirectory.exists(path) else {
        try StateDirectory.requireRoom(path)
        return (nil, "\(path) is not there yet; the first run makes it")
      }
      return (try StateDirectory(path: path), "\(path) is free and in order")
    }
    if let prepared {
      let tables = checkFiles(prepared, findings)
      if let directory = directory ?? nil { checkEarlierRuns(directory, prepared, tables, findings) }
      checkSignatures(prepared, findings)
      if let key, !offline { checkLinks(prepared, key, findings) }
    }
    if json {
      try Console.output(json: findings.list)
    } else {
      for finding in findings.list {
        try Console.output(
          lines: Console.split("\(finding.isGood ? "ok  " : "BAD ") \(finding.check): \(finding.detail)"))
        if let fix = finding.fix { try Console.output("     fix: \(fix)") }
      }
    }
    let bad = findings.list.filter { !$0.isGood }.count
    if bad > 0 { throw ExitCode(1) }
  }

  private static let setClock = "set the clock; certificates are valid around now"

  private func checkClock(_ findings: Findings) {
    let year = Calendar(identifier: .gregorian).component(.year, from: Date())
    if (2025...2100).contains(year) {
      findings.good("clock", Timestamp.now)
    } else {
      findings.bad(
        "clock",
        ParleyError(
          .init("network/clock"), "the clock says \(Timestamp.now)",
          remedy: Self.setClock), otherwise: Self.setClock)
    }
  }

  /// Whether an earlier run of this study had other data: a run asks for consent then, or ends.
  private func checkEarlierRuns(
    _ directory: StateDirectory, _ prepared: PreparedStudy, _ tables: [Int: TableData], _ findings: Findings
  ) {
    let held = prepared.study.tables.indices.filter { prepared.study.tables[$0].schema.holders.contains(name) }
    // Where a table is missing or bad, nothing is known of all of them together.
    guard !held.isEmpty, held.allSatisfy({ tables[$0] != nil }),
      let verdict = EarlierReleases(directory, study: prepared.study.studyHash, tables: tables)?.verdict,
      verdict.needsConsent
    else { return }
    findings.bad(
      "earlier runs",
      ParleyError(
        .init("study/data-changed"),
        "your data changed since this study was run with it: a run ends unless you agree"),
      otherwise:
        "add --accept-changed-data to 'parley party' once the data's owner agrees that whoever has both results may learn what changed, or give the data of the earlier run"
    )
  }

  /// - Returns: by table, what was read.
  private func checkFiles(_ prepared: PreparedStudy, _ findings: Findings) -> [Int: TableData] {
    var tables: [Int: TableData] = [:]
    var files: [Int: String] = [:]
    do throws(ParleyError) { files = try StudyFiles.own(data, of: prepared.study, holder: name) } catch {
      findings.bad("--data", error, otherwise: "write --data TABLE=FILE.csv for each table of \(name)")
      return [:]
    }
    for (index, table) in prepared.study.tables.enumerated() where table.schema.holders.contains(name) {
      guard let file = files[index] else {
        findings.bad(
          "data \(table.schema.name)", ParleyError(.usage, "no file was given"),
          otherwise: "add --data \(table.schema.name)=FILE.csv")
        continue
      }
      _ = findings.check("data \(table.schema.name)", otherwise: "correct the file, or give another one") {
        let (rows, report) = try HolderData.load(file, table: prepared.study.tables[index], holder: name)
        if let repeated = RepeatedKeys.problem(rows, report, table, holder: name, file: file) { throw repeated }
        tables[index] = rows
        let notices = report.notices.map { "\n     " + VisibleText.line($0) }.joined()
        return (
          rows.rowCount,
          "\(counted(rows.rowCount, "row")) \(rows.rowCount == 1 ? "fits" : "fit") the schema\(notices)"
        )
      }
    }
    return tables
  }

  private func checkSignatures(_ prepared: PreparedStudy, _ findings: Findings) {
    guard prepared.study.requiresSignatures else {
      return findings.good("signatures", "not required by the study")
    }
    _ = findings.check("signatures", otherwise: "parley verify \(study) says whose signature is missing") {
      try SignatureFolder(ofStudy: study).requireSignatures(of: prepared.study, besides: nil)
      return ((), "all parties have signed")
    }
  }

  private func checkLinks(_ prepared: PreparedStudy, _ key: Identity, _ findings: Findings) {
    let study = prepared.study
    let missing = study.missingForParties()
    guard missing.isEmpty else {
      for problem in missing { findings.bad("links", problem, otherwise: "complete the study, at every party") }
      return
    }
    let mesh = findings.check("port", otherwise: "check the own endpoint in the study") {
      () -> (TLSMesh, String) in
      let mesh = try PartyMesh.make(study, name: name, key: key, purpose: .doctor, report: { _ in })
      return (mesh, mesh.listeningPort.map { "listening on \($0)" } ?? "outbound only")
    }
    guard let mesh else { return }
    defer { mesh.close() }
    let examined = examine(mesh, findings)
    for link in mesh.linkInfo where !examined.contains(link.name) {
      let endpoint = link.endpoint.map { "\($0)" }
      findings.bad(
        "link to \(link.name)", link.lastProblem ?? ParleyError(.init("network/unreachable"), "not reached"),
        // Whoever has no endpoint of its own for this link calls.
        otherwise: link.isDialer
          ? "have \(link.name) run the doctor, or its party, now; check that \(endpoint ?? "its endpoint") is where it can be reached, "
            + "from here and through its firewall"
          : "have \(link.name) run the doctor, or its party, now; it calls this party, whose port must be open to it in the firewall here"
      )
    }
  }

  /// Measures every link as soon as it is up, until all are or the time is over; returns the names of those reached.
  private func examine(_ mesh: TLSMesh, _ findings: Findings) -> Set<String> {
    let start = ContinuousClock.now
    var examined: Set<String> = []
    let notice = WaitingNotice(Log(level: .info, prefix: ""), limit: wait, repeats: false)
    defer { notice.end() }
    var nextNotice = 3.0
    while start.duration(to: .now) < .seconds(wait) {
      do {
        try mesh.connect(timeout: .milliseconds(100), needsAll: false)
      } catch {
        findings.bad(
          "links", error, otherwise: "close what uses the network or the files, and run the doctor again")
        return examined
      }
      for link in mesh.linkInfo where link.isUp && examined.insert(link.name).inserted {
        let known = "\(link.tlsVersion ?? "TLS") \(link.keyExchange), key \(link.fingerprint)"
        if let probe = try? mesh.probe(link.party) {
          findings.good(
            "link to \(link.name)",
            "\(known), round trip \(Console.seconds(probe.roundTrip)), \(Console.bytes(Int(probe.bandwidth)))/s")
        } else {
          // It was reached and proved its key; its doctor was through before this one had measured.
          findings.good("link to \(link.name)", "\(known), not measured: \(link.name)'s doctor had finished")
        }
      }
      for link in mesh.linkInfo where link.isInSession && !link.isUp && examined.insert(link.name).inserted {
        // Its key is proved before it says anything.
        findings.good(
          "link to \(link.name)", "key \(link.fingerprint), not measured: \(link.name) already runs the study")
      }
      let missing = mesh.linkInfo.map(\.name).filter { !examined.contains($0) }
      guard !missing.isEmpty else { break }
      let seconds = start.duration(to: .now).seconds
      if seconds >= nextNotice {
        nextNotice = seconds + 1
        notice.update(missing)
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
    // The others measure their side of the links: leaving at once would cut them short.
    if !examined.isEmpty { Thread.sleep(forTimeInterval: 2) }
    return examined
  }
}
