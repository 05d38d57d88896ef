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
        With a study, everything that the receipt says of parties, keys, roles, tables and program is compared with it, \
        and everybody who computes or receives must have signed. Without one the receipt is checked against its own \
        words only, which proves nothing about who signed. \
        A receipt has no result in it. A recipient proves which file belongs to it with --result and the opening that \
        was written beside the receipt; whoever gets the opening gets the result.

        A local trial ('parley run') makes keys for itself and throws them away. With --trial its receipt is checked with \
        the keys that it names: that it is of this study file, and of which results. It says nothing about organisations.
        """)
    @Argument(help: "The receipt (JSON).") var file: String
    @Option(help: "The study file that was run.") var study: String?
    @Option(help: "A file of results (.csv or .json) that was written with this receipt; needs --study.")
    var result: String?
    @Option(help: "What opens the receipt's commitment to the result; RECEIPT.opening if not given.")
    var opening: String?
    @Flag(help: "The receipt is of a local trial: check it with the keys that it names.") var trial = false
    @Flag(help: "Print the receipt as JSON once it has been checked.") var json = false

    func run() throws {
      let receipt = try Receipt(readingFrom: file)
      let isTrial = receipt.body.mode == .localTrial
      guard isTrial || !trial else {
        throw ParleyError(
          .usage, "--trial is for receipts of 'parley run', and this one is not of a local trial",
          remedy: "leave --trial out")
      }
      var prepared: PreparedStudy?
      var written: PreparedStudy?
      var studyHash: String?
      if let study {
        let read = try StudyLoader.load(path: study)
        // Without being asked for it, nobody may take signatures of keys from nowhere for those of the study's parties.
        guard trial || !isTrial else {
          throw ParleyError(
            .init("data/receipt"),
            "this is the receipt of a local trial, whose keys were made for it and are gone; those of the study have not signed it",
            at: .init(file: file),
            remedy:
              "add --trial to check, with the keys that it names, that it is of this study and of which results")
        }
        guard let run = isTrial ? Self.tried(read, in: receipt) : read, receipt.body.study == run.studyHashText
        else {
          throw ParleyError(
            .init("data/receipt"),
            isTrial
              ? "the receipt is of a local trial of another study"
              : "the receipt is for the study \(receipt.body.study), not \(read.studyHashText)",
            at: .init(file: file), remedy: "give the study file that was run, unchanged")
        }
        prepared = try PreparedStudy(run)
        // Results name the study as its file has it.
        written = isTrial ? try PreparedStudy(read) : prepared
        studyHash = read.studyHashText
      }
      try receipt.verify(agreed: prepared?.core.sessionDescription(job: []), IdentitySigning.verifier(.receipt))
      var recipient: String?
      if let result {
        guard let written else {
          throw ParleyError(
            .usage, "--result needs the study that was run",
            remedy: isTrial ? "add --study FILE --trial" : "add --study FILE")
        }
        recipient = try checkResult(result, receipt, written)
      }
      if json { return try Console.output(json: receipt) }
      try show(receipt, recipient, prepared, studyHash)
    }

    /// The study as it was tried: with the keys that the receipt names. Nil when the trial was of another one.
    private static func tried(_ study: Study, in receipt: Receipt) -> Study? {
      var keys: [String: PublicIdentity] = [:]
      for principal in receipt.body.principals {
        guard let text = bytes(hexadecimal: principal.identity),
          let key = try? PublicIdentity(text: String(decoding: text, as: UTF8.self))
        else { return nil }
        keys[principal.name] = key
      }
      let keyed = study.withKeys(keys)
      // Between processes a trial needs no signatures, and its study says so.
      var unsigned = keyed
      unsigned.requiresSignatures = false
      return [keyed, unsigned].first { $0.studyHashText == receipt.body.study }
    }

    /// The recipient whose result the file is.
    private func checkResult(_ path: String, _ receipt: Receipt, _ prepared: PreparedStudy) throws -> String {
      let openingPath = self.opening ?? ReceiptFile.openingPath(file)
      guard FileManager.default.fileExists(atPath: openingPath) else {
        throw ParleyError(
          .init("data/receipt"), "there is no opening of this receipt; only recipients of results have one",
          at: .init(file: openingPath),
          remedy:
            "let a recipient check it, or give with --opening the file that was written beside its receipt as RECEIPT.opening"
        )
      }
      let opening = try ReceiptOpening(readingFrom: openingPath)
      let outputs = try opening.outputs(checkedAgainst: receipt)
      let tables = try StudyResult(prepared, outputs: outputs).tables
      let written =
        path.hasSuffix(".json")
        ? try ResultOutput.encoded(tables, prepared, receipt.body.mode.rawValue) : ResultOutput.csv(tables)
      let bytes = try DurableFile.read(given: path, atMost: 1 << 30) { what in
        ParleyError(
          .init("data/unreadable"), "the file of results cannot be used: \(what)", at: .init(file: path),
          remedy: "check the path")
      }
      guard bytes == Array(written.utf8) else {
        throw ParleyError(
          .init("data/receipt"), "the file is not the result that this receipt is about", at: .init(file: path),
          remedy: "give the file that was written with this receipt, unchanged")
      }
      return receipt.body.principals[opening.recipient].name
    }

    /// What differs from the plan, and whether that is chance.
    private func costLine(_ body: Receipt.Body, _ prepared: PreparedStudy?) -> String {
      guard !body.differences.isEmpty else { return "cost as planned" }
      let differences = VisibleText.line(body.differences.joined(separator: "; "))
      guard let prepared else {
        return "cost differs from the plan: \(differences) (where rows are sorted that is chance; --study tells)"
      }
      let rows = body.tables.map { $0.parts.map(\.rows) }
      let isSampled = (try? prepared.plan(rows: rows))?.lowered.hasRandomCost ?? false
      return isSampled
        ? "cost near the plan: \(differences) (\(LocalRun.Outcome.samplingNote))"
        : "cost differs from the plan: \(differences)"
    }

    private func show(
      _ receipt: Receipt, _ recipient: String?, _ prepared: PreparedStudy?, _ studyHash: String?
    ) throws {
      let body = receipt.body
      try Console.output("receipt of a \(body.mode.rawValue), \(body.outcome.rawValue)")
      try Console.output("  study    \(VisibleText.line(body.study))")
      if trial, let studyHash {
        try Console.output("           with the keys of the trial; the study file has \(studyHash)")
      }
      try Console.output("  program  \(VisibleText.line(body.program))")
      try Console.output("  attempt  \(body.attempt)")
      for principal in body.principals {
        let roles = [
          principal.isComputing ? "computing" : nil, principal.isHolder ? "holder" : nil,
          principal.isRecipient ? "recipient" : nil,
          principal.leftEarly ? "left once its inputs had arrived" : nil,
          body.departures?.contains { $0.party == principal.index } ?? false
            ? "vanished, and the others went on" : nil,
        ].compactMap { $0 }.joined(separator: ", ")
        try Console.output("  \(VisibleText.line(principal.name)): \(roles)")
      }
      try Console.output("  " + costLine(body, prepared))
      try Console.output(
        study == nil
          ? "signed by \(receipt.signatures.count) keys that the receipt itself names"
          : "signed by all \(receipt.signatures.count) that stayed to the end"
            + (trial ? "" : ", with the keys of the study"))
      if let recipient, let result {
        try Console.output(
          "\(VisibleText.line(result)) is the result that \(VisibleText.line(recipient)) received")
      }
      if body.mode == .localTrial {
        try Console.output("the keys were made for this trial and are gone: it says nothing about organisations")
      } else if study == nil {
        try Console.output(
          "nothing is proved about names, roles and keys; add --study FILE to compare them with the study")
      }
    }
  }
}
