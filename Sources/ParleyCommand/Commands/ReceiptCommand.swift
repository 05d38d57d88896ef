import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyProgram
import ParleyRuntime
import ParleyStudy

struct ReceiptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipt", abstract: "Check and show the receipt of a run.", subcommands: [Check.self],
    defaultSubcommand: Check.self)

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check and show the receipt of a run, and which file of results it is about.",
      discussion: """
        With a study, signatures are checked against the keys it names; without one, only against each other. \
        A receipt has no result in it. A recipient proves which file belongs to it with --result and the opening that \
        was written beside the receipt; whoever gets the opening gets the result.
        """)
    @Argument(help: "The receipt (JSON).") var file: String
    @Option(help: "The study file that was run.") var study: String?
    @Option(help: "A file of results (.csv or .json) that was written with this receipt; needs --study.")
    var result: String?
    @Option(help: "What opens the receipt's commitment to the result; RECEIPT.opening if not given.")
    var opening: String?
    @Flag(help: "Print the receipt as JSON once it has been checked.") var json = false

    func run() throws {
      let receipt = try Receipt(readingFrom: file)
      var identities: [[UInt8]]?
      var loaded: Study?
      if let study {
        let read = try StudyLoader.load(path: study)
        guard receipt.body.study == read.studyHashText else {
          throw ParleyError(
            .init("data/receipt"), "the receipt is for the study \(receipt.body.study), not \(read.studyHashText)",
            remedy: "give the study file that was run, unchanged")
        }
        identities = read.meshOrder.map { Array((read.party($0)?.key?.text ?? "").utf8) }
        loaded = read
      }
      try receipt.verify(identities: identities, IdentitySigning.verifier(.receipt))
      var recipient: String?
      if let result {
        guard let loaded else {
          throw ParleyError(.usage, "--result needs the study that was run", remedy: "add --study FILE")
        }
        recipient = try checkResult(result, receipt, loaded)
      }
      if json { return try Console.output(try Console.json(receipt)) }
      try show(receipt, recipient)
    }

    /// The recipient whose result the file is.
    private func checkResult(_ path: String, _ receipt: Receipt, _ study: Study) throws -> String {
      let opening = try ReceiptOpening(readingFrom: self.opening ?? ReceiptFile.openingPath(file))
      let outputs = try opening.outputs(checkedAgainst: receipt)
      let prepared = try PreparedStudy(study)
      let tables = try StudyResult(prepared, outputs: outputs).tables
      let written =
        path.hasSuffix(".json")
        ? try ResultOutput.encoded(tables, prepared, receipt.body.mode.rawValue) : ResultOutput.csv(tables)
      guard let bytes = FileManager.default.contents(atPath: path) else {
        throw ParleyError(
          .init("data/unreadable"), "the file of results cannot be read", at: .init(file: path),
          remedy: "check the path")
      }
      guard bytes == Data(written.utf8) else {
        throw ParleyError(
          .init("data/receipt"), "the file is not the result that this receipt is about", at: .init(file: path),
          remedy: "give the file that was written with this receipt, unchanged")
      }
      return receipt.body.principals[opening.recipient].name
    }

    private func show(_ receipt: Receipt, _ recipient: String?) throws {
      let body = receipt.body
      try Console.output("receipt of a \(body.mode.rawValue), \(body.outcome.rawValue)")
      try Console.output("  study    \(VisibleText.line(body.study))")
      try Console.output("  program  \(VisibleText.line(body.program))")
      try Console.output("  attempt  \(body.attempt)")
      for principal in body.principals {
        let roles = [
          principal.isComputing ? "computing" : nil, principal.isHolder ? "holder" : nil,
          principal.isRecipient ? "recipient" : nil,
          principal.leftEarly ? "left once its inputs had arrived" : nil,
        ].compactMap { $0 }.joined(separator: ", ")
        try Console.output("  \(VisibleText.line(principal.name)): \(roles)")
      }
      try Console.output(
        body.differences.isEmpty
          ? "  cost as planned"
          : "  cost differs from the plan: " + VisibleText.line(body.differences.joined(separator: "; ")))
      try Console.output("signed by all \(receipt.signatures.count) that stayed to the end")
      if let recipient, let result {
        try Console.output(
          "\(VisibleText.line(result)) is the result that \(VisibleText.line(recipient)) received")
      }
      if study == nil {
        try Console.output("keys were taken from the receipt; add --study to check them against the study")
      }
    }
  }
}
