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
    @Option(help: "Write to this file instead of standard output.") var out: String?

    func run() throws {
      try OutputPaths(sources: from).require(out: out)
      let text = try StudyDraft.from(from, open: HolderData.open)
      // Exact: it is a file for whoever sends it to one. The draft writes hidden characters of data as escapes.
      guard let out else { return try StandardStream.output.write(text + "\n") }
      try FileOutput.write(text, to: out, overwrite: false)
      Console.error("wrote \(out); review every range, then: parley plan \(out)")
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check a study file and its queries.")
    @Argument(help: "The study file.") var study: String
    func run() throws {
      let prepared = try StudyFiles.prepare(study)
      try Console.output(
        "\(study): in order (\(counted(prepared.program.results.count, "result")), hash \(prepared.study.studyHashText))"
      )
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
    func run() throws {
      let prepared = try StudyFiles.prepare(study)
      try Console.output(lines: Console.split(prepared.statement.text))
      try Console.output("hash \(GroupedHash.text(prepared.statementHash))")
    }
  }

  struct Attack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Try on made-up data whether results tell about fewer units than the minimum.")
    @Argument(help: "The study file.") var study: String
    @Option(help: "Small made-up tables to try.") var trials = 200
    @Option(help: "Of the made-up rows of the first trial.") var seed: UInt64 = 1
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      guard (1...1_000_000).contains(trials) else {
        throw ParleyError(
          .usage, "--trials \(trials) is not from 1 to 1000000", remedy: "give such a number, as --trials 200")
      }
      let prepared = try StudyFiles.prepare(study)
      let report = try StudyAttack(prepared.study, program: prepared.program).run(trials: trials, seed: seed)
      if json { try Console.output(json: report) } else { try Console.output(lines: report.text) }
      guard report.findings.isEmpty else {
        throw ParleyError(
          .init("plan/release-attack"),
          "\(counted(report.findings.count, "number")) of the results can rest on fewer than \(report.minimum) units",
          remedy: "leave them out of the study, and report them as a mistake in Parley's release rules")
      }
    }
  }
}
