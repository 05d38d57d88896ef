import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyProgram
import ParleyStudy
import ParleyTransfer
import ParleyTransport

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure protocols: seconds, bytes, rounds, memory.",
    discussion: "Scenarios: \(BenchCommand.scenarios.joined(separator: ", ")).")
  static let scenarios =
    ["roundtrip", "throughput"] + TransferBench.scenarios + BenchScenario.Name.allCases.map(\.rawValue) + [
      "join", "aggregate", "setup", "tpch-q1 to tpch-q22", "study", "analysis-KIND",
    ]

  @Argument(help: "What to measure.") var scenario: String?
  @Option(
    name: .customLong("protocol"),
    help: "replicated; or, for multiply, compare and other scenarios on vectors, additive: two parties.")
  var sharing = "replicated"
  @Option(
    help:
      "semi-honest, malicious, malicious-macs, or semi-honest-three-summands: semi-honest with the instructions of the malicious ones."
  ) var security = ProtocolSuite.semiHonest
  @Option(help: "Elements, rows, bytes, or the side of matrices.") var size: Int?
  @Option(help: "Dependent layers of multiply.") var depth = 1
  @Option(help: "Bits of the keys of sort and sort-payload; 64 if left out.") var keyBits: Int?
  @Option(help: "How rows are sorted: comparisons, radix, or radix-with-rows; by cost if left out.")
  var sortWay: SortWay?
  @Option(help: "With cot: 2, 4 or 8 bits of Δ for each tree; more are fewer bytes and more work.")
  var fieldBits: Int?
  @Option(name: .customLong("repeat"), help: "Repetitions; the median is shown.") var repetitions = 5
  @Option(help: "tls (separate processes) or memory (one process).") var transport = "tls"
  @Flag(
    help:
      "With aggregate: the same instructions on the semi-honest and the malicious engine, and the share of the range checks."
  ) var compareAdversaries = false
  @Option(
    help:
      "With tpch-q1 to tpch-q22: the folder that Scripts/tpch make has filled. With study and analysis-KIND: a folder with study.yml and HOLDER.TABLE.csv."
  ) var data: String?
  @Option(
    help:
      "With tpch-q1 to tpch-q22: this minimum with customers protected, and beside every run one without a minimum."
  )
  var minimumCell: Int?
  @Flag(help: "Print one JSON object.") var json = false
  @Flag(help: "Measure this machine for the planner's time predictions.") var calibrate = false

  func run() throws {
    guard ["replicated", "additive"].contains(sharing) else {
      throw ParleyError(.usage, "there is no protocol \(sharing)", remedy: "use --protocol replicated")
    }
    guard security != .additive else {
      throw ParleyError(.usage, "additive is a protocol", remedy: "use --protocol additive")
    }
    guard sharing == "replicated" || BenchScenario.Name(rawValue: scenario ?? "") != nil && security == .semiHonest
    else {
      throw ParleyError(
        .usage, "--protocol additive is semi-honest, for scenarios on vectors",
        remedy: "use --protocol replicated, or a scenario like multiply with --security semi-honest")
    }
    guard ["tls", "memory"].contains(transport) else {
      throw ParleyError(.usage, "there is no transport \(transport)", remedy: "use tls or memory")
    }
    guard (1...1000).contains(repetitions) else {
      throw ParleyError(.usage, "--repeat \(repetitions) is outside 1 to 1000", remedy: "choose another number")
    }
    guard depth >= 1, size ?? 1 >= 1 else {
      throw ParleyError(.usage, "--size and --depth are at least 1", remedy: "choose larger numbers")
    }
    guard size ?? 1 <= 1 << 31 else {
      throw ParleyError(.usage, "--size is 2147483648 at most", remedy: "choose a smaller number")
    }
    guard keyBits == nil && sortWay == nil || BenchScenario.Name(rawValue: scenario ?? "")?.isSort == true else {
      throw ParleyError(
        .usage, "--key-bits and --sort-way are for sort and sort-payload", remedy: "leave them out")
    }
    guard
      fieldBits == nil || scenario == TransferBench.Scenario.correlated.rawValue && [2, 4, 8].contains(fieldBits)
    else {
      throw ParleyError(
        .usage, "--field-bits is 2, 4 or 8, for cot", remedy: "choose another number, or leave it out")
    }
    guard data == nil || (TPCHBench.scenarios + FolderBench.scenarios).contains(scenario ?? "") else {
      throw ParleyError(.usage, "--data is for the queries of TPC-H and for studies", remedy: "leave it out")
    }
    guard
      minimumCell == nil || TPCHBench.scenarios.contains(scenario ?? "") && (2...1000).contains(minimumCell ?? 0)
    else {
      throw ParleyError(
        .usage, "--minimum-cell is 2 to 1000, for the queries of TPC-H",
        remedy: "choose another number, or leave it out")
    }
    guard !compareAdversaries || scenario == "aggregate" else {
      throw ParleyError(
        .usage, "--compare-adversaries is for the scenario aggregate",
        remedy: "leave it out, or use bench aggregate")
    }
    if calibrate { return try runCalibration() }
    guard let scenario else {
      throw ParleyError(
        .usage, "no scenario is named", remedy: "use one of \(Self.scenarios.joined(separator: ", "))")
    }
    try print(try measure(scenario))
  }

  private func measure(_ scenario: String) throws -> BenchResult {
    switch scenario {
    case "roundtrip": return try LinkBench.roundTrip(bytes: size ?? 64, repetitions: repetitions, transport)
    case "throughput": return try LinkBench.throughput(bytes: size ?? 1 << 30, repetitions: repetitions, transport)
    case _ where TransferBench.scenarios.contains(scenario): return try measureTransfer(scenario)
    case "aggregate" where compareAdversaries:
      return try AdversaryComparison.run(
        rows: size ?? 1_000_000, repetitions: repetitions, transport,
        against: security == .maliciousMacs ? .maliciousMacs : .malicious)
    case "aggregate":
      return try AggregateBench.run(rows: size ?? 1_000_000, repetitions: repetitions, transport, security)
    case "setup":
      guard transport == "tls" else {
        throw ParleyError(
          .usage, "setup measures the links of separate processes, and memory has none",
          remedy: "use --transport tls")
      }
      return try AggregateBench.setup(repetitions: repetitions, security)
    case _ where TPCHBench.scenarios.contains(scenario):
      guard size == nil else {
        throw ParleyError(
          .usage, "the rows of \(scenario) are those of the folder", remedy: "leave out --size")
      }
      return try TPCHBench.run(
        scenario, data: data, minimum: minimumCell, repetitions: repetitions, transport, security)
    case _ where FolderBench.scenarios.contains(scenario):
      guard size == nil else {
        throw ParleyError(
          .usage, "the rows of \(scenario) are those of the folder", remedy: "leave out --size")
      }
      return try FolderBench.run(
        scenario, data: data, repetitions: repetitions, transport, security)
    case "join":
      return try ComputeBench(
        job: .join, size: size ?? 100_000, depth: 1, repetitions: repetitions, transport: transport,
        security: security
      ).run()
    default:
      guard let name = BenchScenario.Name(rawValue: scenario) else {
        throw ParleyError(
          .usage, "there is no scenario \(scenario)",
          remedy: "use one of \(Self.scenarios.joined(separator: ", "))")
      }
      return try ComputeBench(
        job: .scenario(name), size: size ?? (name == .matmul ? 512 : 1_000_000), depth: depth,
        repetitions: repetitions,
        transport: transport, security: sharing == "additive" ? .additive : security,
        sorting: .init(keyBits: keyBits, way: sortWay)
      ).run()
    }
  }

  private func measureTransfer(_ name: String) throws -> BenchResult {
    guard let scenario = TransferBench.Scenario(rawValue: name) else {
      throw ParleyError(.invariant, "there is no scenario \(name)")
    }
    guard [.semiHonest, .malicious].contains(security), security == .semiHonest || scenario == .correlated else {
      throw ParleyError(
        .usage, "\(name) is not measured with \(security.rawValue)",
        remedy: "use semi-honest, or with cot malicious")
    }
    return try TransferBench(
      scenario: scenario, size: size ?? scenario.defaultSize, repetitions: repetitions,
      shape: TransferShape(depth: fieldBits ?? 4, security: security == .malicious ? .malicious : .semiHonest)
    ).run(transport)
  }

  private func print(_ result: BenchResult) throws {
    if json { return try Console.output(json: result) }
    try Console.output(
      "\(result.scenario)  size \(result.size)  depth \(result.depth)  \(result.transport)  \(result.security)")
    try Console.output("  seconds        \(String(format: "%.6f", result.seconds))  (median of \(result.repeat))")
    if let predicted = result.predictedSeconds {
      let kind =
        CalibrationFile.load().isMeasured
        ? "calibrated" : "typical rates: parley bench --calibrate measures this machine"
      try Console.output("  predicted      \(String(format: "%.6f", predicted))  (\(kind))")
    }
    if let reference = result.reference {
      try Console.output("  \(reference.name)  \(String(format: "%.6f", reference.seconds))")
    }
    try Console.output("  set-up         \(Console.seconds(result.setupSeconds))")
    try Console.output("  rounds         \(result.rounds)")
    try Console.output("  bytes sent     \(result.bytesSentPerParty.map(String.init).joined(separator: ", "))")
    try Console.output("  peak memory    \(result.peakRSSBytes.map(Console.bytes).joined(separator: ", "))")
    for line in result.comparison?.lines ?? [] { try Console.output("  \(line)") }
    for note in result.notes { try Console.output("  \(note)") }
  }

  private func runCalibration() throws {
    Console.error("measuring multiplications, comparisons, small operations, sorts and verifiers (some minutes)")
    let calibration = try CalibrationRun(repetitions: repetitions).run()
    try CalibrationFile.save(calibration)
    try Console.output("saved \(CalibrationFile.path)")
    try Console.output(json: calibration)
  }
}

extension ProtocolSuite: ExpressibleByArgument {}
extension SortWay: ExpressibleByArgument {}

struct BenchResult: Codable {
  struct Reference: Codable {
    var name: String
    var seconds: Double
  }
  var scenario: String
  var `protocol` = "replicated"
  var security = "semi-honest"
  var transport: String
  var parties: Int
  var size: Int
  var depth: Int
  var `repeat`: Int
  var seconds: Double
  var setupSeconds: Double
  var rounds: Int
  var bytesSentPerParty: [Int]
  var peakRSSBytes: [Int]
  /// What the planner says of parties on one machine, with the rates of `parley bench --calibrate` if it ran here; nil for links.
  var predictedSeconds: Double?
  var reference: Reference?
  /// Of `--compare-adversaries`.
  var comparison: AdversaryComparison?
  /// Of `--minimum-cell`: how many times as long as without a minimum, by pair of runs.
  var ratios: [Double]?
  var notes: [String] = []

  enum CodingKeys: String, CodingKey {
    case scenario, `protocol`, security, transport, parties, size, depth, `repeat`, seconds
    case setupSeconds = "setup_seconds"
    case rounds
    case bytesSentPerParty = "bytes_sent_per_party"
    case peakRSSBytes = "peak_rss_bytes"
    case predictedSeconds = "predicted_seconds"
    case reference, comparison, ratios, notes
  }
}

extension [Double] {
  var median: Double {
    let sorted = sorted()
    return isEmpty
      ? 0 : sorted.count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
  }
}
