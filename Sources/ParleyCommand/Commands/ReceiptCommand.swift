import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyRuntime
import ParleyStudy

struct ReceiptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt", abstract: "Check and show the receipt of a run.",
    discussion:
      "With a study, signatures are checked against the keys it names; without one, only against each other.")
  @Argument(help: "The receipt (JSON).") var file: String
  @Option(help: "The study file that was run.") var study: String?
  @Flag(help: "Print the receipt as JSON once it has been checked.") var json = false

  func run() throws {
    let receipt = try Receipt(readingFrom: file)
    var identities: [[UInt8]]?
    if let study {
      let loaded = try StudyLoader.load(path: study)
      guard receipt.body.study == loaded.studyHashText else {
        throw ParleyError(
          .init("data/receipt"), "the receipt is for the study \(receipt.body.study), not \(loaded.studyHashText)",
          remedy: "give the study file that was run, unchanged")
      }
      identities = loaded.meshOrder.map { Array((loaded.party($0)?.key?.text ?? "").utf8) }
    }
    try receipt.verify(identities: identities, IdentitySigning.verifier(.receipt))
    if json { return Console.output(try Console.json(receipt)) }
    let body = receipt.body
    Console.output("receipt of a \(body.mode.rawValue), \(body.outcome.rawValue)")
    Console.output("  study    \(body.study)")
    Console.output("  program  \(body.program)")
    for principal in body.principals {
      let roles = [
        principal.isComputing ? "computing" : nil, principal.isHolder ? "holder" : nil,
        principal.isRecipient ? "recipient" : nil, principal.leftEarly ? "left once its inputs had arrived" : nil,
      ].compactMap { $0 }.joined(separator: ", ")
      Console.output("  \(principal.name): \(roles)")
    }
    Console.output(
      body.differences.isEmpty
        ? "  cost as planned" : "  cost differs from the plan: " + body.differences.joined(separator: "; "))
    Console.output("signed by all \(receipt.signatures.count) that stayed to the end")
    if study == nil {
      Console.output("keys were taken from the receipt; add --study to check them against the study")
    }
  }
}
