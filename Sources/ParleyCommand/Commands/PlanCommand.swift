import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyNetwork
import ParleyProgram
import ParleyStudy

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Say what a study discloses, what it costs and who must be trusted, without any data.")
  @Argument(help: "The study file.") var study: String
  @Option(
    parsing: .upToNextOption,
    help: "Rows of each holder, in the order of the study, table after table; the maximum is assumed otherwise.")
  var rows: [Int] = []
  @Option(help: "lan, wan, or LATENCY,BANDWIDTH (one way), such as 20ms,100Mbit.") var network = "lan"
  @Flag(help: "Run the study on made-up data over a simulated network and report the virtual time.")
  var simulate = false
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Print Markdown, as an ethics board reads it.") var markdown = false

  func run() throws {
    let prepared = try StudyFiles.prepare(study)
    let counts = try PlanReport.split(rows, prepared)
    let link = try LinkArgument.parse(network)
    var report = try PlanReport(prepared, rows: counts, network: link.profile)
    if simulate { report.simulation = try Self.simulate(prepared, rows: counts, link: link.link) }
    if json {
      try Console.output(json: report.encodable)
    } else if markdown {
      try Console.output(lines: Console.split(report.markdown))
    } else {
      try Console.output(text: Console.split(report.text))
    }
  }

  private static func simulate(
    _ prepared: PreparedStudy, rows: [[Int]], link: LinkProfile
  ) throws(ParleyError) -> PlanReport.Simulation {
    let limit = 200_000
    guard rows.joined().reduce(0, +) <= limit else {
      throw ParleyError(
        .usage, "a simulation runs the whole protocol in this process; \(limit) rows are the most it takes",
        remedy: "give smaller numbers with --rows")
    }
    let network = SimulatedNetwork(
      count: prepared.study.parties.count, link: link,
      options: .init(
        patience: TrialRun.longestWait(prepared.study.deadline), realPatience: TrialRun.longestWait(nil)))
    let data = try TrialData.synthetic(prepared.study, rows: rows, seed: 1)
    let run = try TrialRun.run(prepared, data: data, network: network)
    return PlanReport.Simulation(
      virtualSeconds: network.elapsed.seconds, rounds: run.measuredRounds,
      bytes: run.measuredBytes.joined().reduce(0, +),
      equalsPlan: run.measuredBytes == run.cost.bytes && run.measuredRounds == run.cost.rounds)
  }
}

enum LinkArgument {
  static func parse(_ text: String) throws(ParleyError) -> (profile: NetworkProfile, link: LinkProfile) {
    switch text {
    case "lan": return (.lan, .lan)
    case "wan": return (.wan, .wan)
    default:
      let link = try LinkProfile(parsing: text)
      return (
        NetworkProfile(
          name: text, oneWayLatency: link.latency.seconds, bandwidth: Double(link.bitsPerSecond) / 8), link
      )
    }
  }
}

enum TrialData {
  /// The rows to make up for each holder of a table when `asked` are wanted of each: fewer where the table has a key that cannot
  /// have so many values.
  static func rows(_ schema: TableSchema, asked: Int) -> [Int] {
    let holders = schema.holders.count
    let most = SyntheticData.mostRows(schema)
    return (0..<holders).map { min(asked, most / holders + ($0 < most % holders ? 1 : 0)) }
  }

  /// The same for every table of a study.
  static func rows(_ study: Study, asked: Int) -> [[Int]] { study.schemas.map { rows($0, asked: asked) } }

  /// Made-up rows within the declared ranges, for every holder of every table.
  static func synthetic(
    _ study: Study, rows: [[Int]], seed: UInt64
  ) throws(ParleyError) -> [String: [Int: TableData]] {
    var data: [String: [Int: TableData]] = [:]
    for (index, table) in study.tables.enumerated() {
      for (position, holder) in table.schema.holders.enumerated() {
        data[holder, default: [:]][index] = try synthetic(
          study, table: index, holder: position, rows: rows, seed: seed)
      }
    }
    return data
  }

  /// The made-up rows of one holder of one table, the same in every process of a trial.
  ///
  /// - Parameter rows: of every holder of every table.
  static func synthetic(
    _ study: Study, table: Int, holder: Int, rows: [[Int]], seed: UInt64
  ) throws(ParleyError) -> TableData {
    let pools = SyntheticPools(study).pools(rows: rows.map { $0.reduce(0, +) })
    return try SyntheticData.make(
      study.schemas[table], rows: rows[table], holder: holder, seed: seed &+ UInt64(table * 1000),
      pools: pools[table])
  }
}
