import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyProgram
import ParleyStudy

struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Sign a study as one of its parties.",
    discussion: "The signature stands beside the study, in STUDY.signatures/NAME.sig; send it to the others.")
  @Argument(help: "The study file.") var study: String
  @Option(name: .customLong("as"), help: "Your party's name.") var name: String
  @Option(help: "Folder of the identity files, or your own one.") var identity: String?

  func run() throws {
    let prepared = try StudyFiles.prepare(study)
    _ = try prepared.study.requireParty(name)
    // What cannot be signed is refused before the statement, which would hide the reason.
    let signature = try prepared.study.sign(
      with: try IdentityFiles.load(name, from: identity, for: prepared.study), as: name)
    Console.notice(text: Console.split(prepared.statement.text) + FingerprintTable(prepared.study).lines)
    let folder = SignatureFolder(ofStudy: study)
    try folder.save(signature)
    try Console.output("signed \(prepared.study.studyHashText) as \(name): \(folder.path(of: name))")
  }
}

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the signatures on a study, and print the fingerprints of its keys.")
  @Argument(help: "The study file.") var study: String
  @Flag(help: "Print JSON.") var json = false

  private struct Row: Encodable {
    var party: String
    var status: String
    var fingerprint: String?
  }

  func run() throws {
    let loaded = try StudyLoader.load(path: study)
    let rows = SignatureFolder(ofStudy: study).verify(loaded)
    let keys = FingerprintTable(loaded)
    if json {
      try Console.output(
        json: rows.map { row in
          Row(
            party: row.party, status: row.status.rawValue,
            fingerprint: keys.rows.first { $0.party == row.party }?.fingerprint)
        })
    } else {
      try Console.output("study \(loaded.studyHashText)")
      for row in rows { try Console.output("  \(row.party): \(row.status.rawValue)") }
      try Console.output(lines: keys.lines)
    }
    let wrong = SignatureFolder(ofStudy: study).problems(with: loaded)
    guard wrong.isEmpty else { throw StudyLoader.combining(wrong, file: study) }
    guard rows.allSatisfy({ $0.status == .valid }) else {
      throw ParleyError(
        .studySignatureMissing, "not every party has signed this study",
        remedy: "each party runs: parley sign \(study) --as ITS-NAME")
    }
  }
}
