import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyRuntime
import ParleyStudy

struct EvidenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evidence", abstract: "Check evidence of a session that ended badly, and say whom it names.",
    discussion: """
      Under 'adversary: malicious' parties keep evidence in their state directories. It holds no shares and no results. \
      Evidence of several parties about one session shows more than that of one: give all files you have. Somebody is named \
      only with the study, if all its parties have signed it: who they are and which of them compute is taken from there and \
      never from evidence.
      """)
  @Argument(help: "Evidence files (JSON) of one session.") var files: [String]
  @Option(help: "The study file that was run.") var study: String?
  @Flag(help: "Print what it shows as JSON.") var json = false

  func run() throws {
    var read: [(path: String?, evidence: Evidence)] = []
    for file in files { read.append((file, try Evidence(readingFrom: file))) }
    var principals: [Evidence.Principal]?
    var lack = "add --study FILE, with the signatures of all its parties beside it"
    if let study {
      let loaded = try StudyLoader.load(path: study)
      if let other = read.first(where: { $0.evidence.body.study != loaded.studyHashText }) {
        throw ParleyError(
          .init("data/evidence"),
          "the evidence is about the study \(other.evidence.body.study), not \(loaded.studyHashText)",
          at: .init(file: other.path), remedy: "give the study file that was run, unchanged")
      }
      // Nobody is bound to what a study says of it by a file that it has not signed.
      let unsigned = SignatureFolder(ofStudy: study).verify(loaded).filter { $0.status != .valid }.map(\.party)
      if unsigned.isEmpty {
        principals = loaded.meshOrder.enumerated().map { index, name in
          .init(
            index: index, name: name, identity: hexadecimal(Array((loaded.party(name)?.key?.text ?? "").utf8)),
            isComputing: loaded.computing.contains(name))
        }
      } else {
        lack = "this study is not signed by \(unsigned.joined(separator: ", "))"
      }
    }
    let review = try EvidenceReview(read, principals: principals, IdentitySigning.verifier(.evidence))
    if json { return try Console.output(json: Summary(review)) }
    try Console.output("session  \(review.session)")
    try Console.output("study    \(review.study)")
    for (path, evidence) in read {
      let body = evidence.body
      let author = principals == nil ? "" : "by \(VisibleText.line(review.name(PartyIndex(body.author)))), "
      try Console.output("\(VisibleText.line(path ?? "")): \(author)session ended while \(body.phase.activity)")
    }
    for finding in review.findings { try Console.output("  \(VisibleText.line(review.words(finding)))") }
    try Console.output(VisibleText.line(review.conclusion))
    if principals == nil { try Console.output(lack) }
  }

  private struct Summary: Encodable {
    var session: String
    var study: String
    var authors: [String]
    var findings: [String]
    var named: [String]
    var conclusion: String

    init(_ review: EvidenceReview) {
      session = review.session
      study = review.study
      authors = review.names.isEmpty ? [] : review.authors.map { review.name($0) }
      findings = review.findings.map { review.words($0) }
      named = review.named.map { review.name($0) }
      conclusion = review.conclusion
    }
  }
}
