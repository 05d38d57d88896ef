import ArgumentParser
import BigInt
import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Real hospitals and one joint result: see what it is and what it costs.",
    discussion:
      "Four hospitals let three other organisations compute; with '--parties 2' two hospitals compute by themselves."
  )
  @Option(help: "quiet, info or debug.") var logLevel = Console.Level.info
  @Flag(help: "Print the results as JSON and nothing else.") var json = false
  @Option(help: "semi-honest, or malicious: the run also withstands a computing party that deviates.")
  var adversary = StudyAdversary.semiHonest
  @Option(help: "How many parties compute: 3, or 2, which are the hospitals themselves.")
  var parties = Parties.three

  enum Parties: String, CaseIterable, ExpressibleByArgument {
    case two = "2"
    case three = "3"

    var study: String { self == .two ? "two-hospitals.yml" : "study.yml" }
  }

  /// As it stands in the demo's study.
  static let adversaryLine = "adversary: semi-honest"

  /// What a study can say; what benchmarks know besides is no choice here.
  enum StudyAdversary: String, CaseIterable, ExpressibleByArgument {
    case semiHonest = "semi-honest"
    case malicious
  }

  static let hospitals = ["cleveland", "hungarian", "switzerland", "va"]

  func run() throws {
    guard parties == .three || adversary == .semiHonest else {
      throw ParleyError(
        .usage, "two computing parties withstand no deviating one", remedy: "leave out --parties or --adversary")
    }
    let folder = try Self.folder()
    // The study stands beside the program; for another adversary it is a copy that says so.
    let copy = try TemporaryFolder()
    let text = try String(contentsOfFile: "\(folder)/\(parties.study)", encoding: .utf8)
      .replacingOccurrences(of: Self.adversaryLine, with: "adversary: \(adversary.rawValue)")
    try copy.write(text, "study.yml")
    let path = adversary == .semiHonest ? "\(folder)/\(parties.study)" : copy.path + "/study.yml"
    let prepared = try StudyFiles.prepare(path)
    let log = Log(level: json ? .quiet : logLevel, prefix: "")
    if !json { try introduce(prepared) }
    let files = Dictionary(
      uniqueKeysWithValues: prepared.study.schemas[0].holders.map { ($0, [0: "\(folder)/\($0).csv"]) })
    let run = LocalRun(
      studyPath: path, prepared: prepared, files: files, synthetic: nil, seed: 1, log: log,
      logLevel: json ? .quiet : logLevel)
    let outcome = try run.processes()
    if json {
      try ResultOutput.show(outcome.tables, prepared, mode: "local trial", json: true)
      return
    }
    let pooled = try PooledReference(prepared, files: files)
    for table in outcome.tables { try show(table, beside: pooled, prepared) }
    try Console.output(
      lines: parties == .two
        ? ["", "Empty cells are missing values and counted as NULL, never as 0."]
        : [
          "",
          "Empty cells are missing values and counted as NULL, never as 0. Zeros that stand in the data (one blood",
          "pressure, 172 cholesterol values) are counted as recorded, as in the published reference results.",
        ])
    try Console.output(lines: ["", "== Who learned what ==", ""])
    try Console.output(text: Console.split(prepared.statement.text))
    try Console.output("Who must be trusted:")
    for line in prepared.trust.lines { try Console.output("  - \(line)") }
    try Console.output(lines: ["", "== What it cost ==", ""])
    for line in outcome.costLines { try Console.output(line) }
    try Console.output(
      lines: Console.split(
        """
        started to finished     \(Console.seconds(outcome.wallSeconds))

        == Your own study ==

          parley study init --from mydata.csv > study.yml         draft a study, then review its ranges
          parley plan study.yml                                   what it discloses and costs, before any data is read
          parley run study.yml --data mydata:records=mydata.csv   try it on this machine
          parley party study.yml --as NAME                        take part for real (docs/guide-consortium.md)
        """))
  }

  /// The study and its data, beside this program.
  static func folder() throws(ParleyError) -> String {
    // The accessor that the build makes would end the process where there are none.
    let resources = "parley_ParleyCommand.resources"
    let path = "\(Bundle.main.bundlePath)/\(resources)/Resources/heart-disease"
    guard FileManager.default.fileExists(atPath: path) else {
      throw ParleyError(
        .init("data/demo-missing"), "the demo's data is not beside this program",
        remedy: "copy the folder '\(resources)' from where the program was built to where it is now, "
          + "or start it there with: swift run -c release parley demo")
    }
    return path
  }

  private func introduce(_ prepared: PreparedStudy) throws {
    guard parties == .three else {
      try Console.output(
        lines: Console.split(
          """
          \(prepared.study.name)

          Two hospitals hold a file of patient records each (UCI Heart Disease, CC BY 4.0) and compute by themselves: two
          processes, each with a key of its own. Neither sees a row or a subtotal of the other, and no third party takes part:
          what is needed for products they make by oblivious transfer, over mutual TLS 1.3 with post-quantum key exchange.
          """))
      return
    }
    try Console.output(
      lines: Console.split(
        """
        \(prepared.study.name)

        Four hospitals hold \(Self.hospitals.count) files of patient records (UCI Heart Disease, CC BY 4.0). Three computing
        parties, each a process with a key of its own, receive random-looking shares of every row over mutual TLS 1.3 with
        post-quantum key exchange. No row and no hospital's subtotal exists in the clear anywhere but at its hospital.
        """))
  }

  /// The joint result, the same on pooled plaintext, and the difference.
  private func show(_ table: DecodedTable, beside pooled: PooledReference, _ prepared: PreparedStudy) throws {
    try Console.output(lines: ["", "== \(table.name) ==", ""])
    let reference = pooled.table(table.name)
    if table.rows.count == 1 {
      // One row reads better on end.
      var lines = DecodedTable(
        name: table.name, columns: ["statistic", "joint (MPC)", "pooled plaintext", "difference"], rows: [])
      for (index, column) in table.columns.enumerated() {
        let cell = table.rows[0][index]
        let exact = reference?.row(0)?[index]
        lines.rows.append([
          .value(column), cell, .value(exact?.text ?? "-"), .value(exact?.difference(from: cell) ?? "-"),
        ])
      }
      try Console.output(lines: Console.split(lines.text))
      return
    }
    var shown = table
    for (index, column) in table.columns.enumerated() where reference?.isNumeric(index) == true {
      shown.columns += ["\(column) (pooled)", "difference"]
      for row in shown.rows.indices {
        let cell = table.rows[row][index]
        let exact = reference?.row(row)?[index]
        shown.rows[row] += [
          .value(exact?.text ?? "-"), .value(exact?.difference(from: cell) ?? "-"),
        ]
      }
    }
    try Console.output(lines: Console.split(shown.text) + ResultOutput.notes(on: table, prepared))
  }
}
