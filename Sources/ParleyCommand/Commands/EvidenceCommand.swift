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
      Evidence of several parties about one session shows more than that of one: give all files you have. With a study, \
      signatures are checked against the keys it names.
      """)
  @Argument(help: "Evidence files (JSON) of one session.") var files: [String]
  @Option(help: "The study file that was run.") var study: String?
  @Flag(help: "Print what it shows as JSON.") var json = false

  func run() throws {
    var read: [(path: String?, evidence: Evidence)] = []
    for file in files { read.append((file, try Evidence(readingFrom: file))) }
    var identities: [[UInt8]]?
    if let study {
      let loaded = try StudyLoader.load(path: study)
      if let other = read.first(where: { $0.evidence.body.study != loaded.studyHashText }) {
        throw ParleyError(
          .init("data/evidence"),
          "the evidence is about the study \(other.evidence.body.study), not \(loaded.studyHashText)",
          at: .init(file: other.path), remedy: "give the study file that was run, unchanged")
      }
      identities = loaded.meshOrder.map { Array((loaded.party($0)?.key?.text ?? "").utf8) }
    }
    let review = try EvidenceReview(read, identities: identities, IdentitySigning.verifier(.evidence))
    if json { return Console.output(try Console.json(Summary(review))) }
    Console.output("session  \(review.session)")
    Console.output("study    \(review.study)")
    for (path, evidence) in read {
      let body = evidence.body
      Console.output(
        "\(path ?? ""): by \(body.principals[body.author].name), session ended \(body.phase.activity)")
    }
    for finding in review.findings { Console.output("  \(review.words(finding))") }
    Console.output(review.conclusion)
    if study == nil {
      Console.output("keys were taken from the evidence; add --study to check them against the study")
    }
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
      authors = review.authors.map { review.names[$0.rawValue] }
      findings = review.findings.map { review.words($0) }
      named = review.named.map { review.names[$0.rawValue] }
      conclusion = review.conclusion
    }
  }
}
