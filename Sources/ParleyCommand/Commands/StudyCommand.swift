import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyData
import ParleyProgram
import ParleyStudy

struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study", abstract: "Write and check study files.",
    subcommands: [Init.self, Check.self, Schema.self, Statement.self, Attack.self])

  struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draft a study file from sample data, with types and ranges to review.")
    @Option(
      parsing: .upToNextOption,
      help: "CSV files of one table, plain or gzip, or sqlite:FILE?table=NAME; each becomes a holder.")
    var from: [String]
    @Option(help: "Ask for an analysis of this kind instead of a query; docs/analyses.md has the kinds.")
    var analysis: String?
    @Option(help: "Write to this file instead of standard output.") var out: String?

    func run() throws {
      try OutputPaths(sources: from).require(out: out)
      let (text, notes) = try StudyDraft.draft(from, analysis: analysis, open: HolderData.open)
      for note in notes { Console.error(note) }
      // Exact: it is a file for whoever sends it to one. The draft writes hidden characters of data as escapes.
      guard let out else { return try StandardStream.output.write(text + "\n") }
      try FileOutput.write(text, to: out, overwrite: false, isShared: true)
      Console.error("wrote \(out); review every range, then: parley plan \(out)")
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check a study file and its queries, and print the fingerprints of its keys.")
    @Argument(help: "The study file.") var study: String
    @Flag(help: "Print JSON.") var json = false

    private struct Checked: Encodable {
      var study: String
      var studyHash: String
      var results: Int
      var parties: [FingerprintTable.Row]
      var notes: [String]
    }

    func run() throws {
      let prepared = try StudyFiles.prepare(study)
      let keys = FingerprintTable(prepared.study)
      let notes = try prepared.study.notes()
      let hash = prepared.study.studyHashText
      if json {
        try Console.output(
          json: Checked(
            study: prepared.study.name, studyHash: hash, results: prepared.program.results.count,
            parties: keys.rows, notes: notes))
      } else {
        try Console.output(
          lines: ["\(study): in order (\(counted(prepared.program.results.count, "result")), hash \(hash))"]
            + keys.lines + notes.map { "note: \(VisibleText.compact($0))" })
      }
    }
  }

  struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the JSON Schema of study files.")
    func run() throws { try Console.output(lines: Console.split(StudySchema.text)) }
  }

  struct Statement: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the disclosure statement and the hash that holders accept.")
    @Argument(help: "The study file.") var study: String
    @Flag(help: "Print JSON.") var json = false

    private struct Printed: Encodable {
      var statement: String
      var statementHash: String
      var parties: [FingerprintTable.Row]
    }

    func run() throws {
      let prepared = try StudyFiles.prepare(study)
      let keys = FingerprintTable(prepared.study)
      if json {
        return try Console.output(
          json: Printed(
            statement: prepared.statement.text, statementHash: hexadecimal(prepared.statementHash),
            parties: keys.rows))
      }
      try Console.output(text: Console.split(prepared.statement.text))
      if !keys.lines.isEmpty { try Console.output(lines: keys.lines + [""]) }
      try Console.output("hash \(GroupedHash.text(prepared.statementHash))")
    }
  }

  struct Attack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Try on made-up data whether results tell about fewer units than the minimum.",
      discussion:
        "A terminal shows how many trials are done and about how long the others take. Exit code 0: numbers were shown, and none rests on fewer units. 8: one does (plan/release-attack), or nothing was shown, so that nothing was tried (plan/nothing-tried)."
    )
    @Argument(help: "The study file.") var study: String
    @Option(help: "Small made-up tables to try.") var trials = 200
    @Option(
      help: "Most rows of each made-up table, all holders together: more for a study whose groups are all small.")
    var rows = 24
    @Option(help: "Of the made-up rows of the first trial.") var seed: UInt64 = 1
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try AttackRun(study: study, trials: trials, rows: rows, seed: seed, isJSON: json).run {
        try Console.output(lines: $0)
      }
    }
  }
}
