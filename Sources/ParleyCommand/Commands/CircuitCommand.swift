import ArgumentParser
import Parley
import ParleyBase
import ParleyCircuits
import ParleyProgram

/// Boolean circuits in Bristol Format and Bristol Fashion.
struct CircuitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "circuit",
    abstract: "Boolean circuits: what a file has in it, whether it is right, and what it computes.",
    discussion:
      "Files in Bristol Format and Bristol Fashion; formats, wire order and limits are in docs/circuits.md.",
    subcommands: [CircuitInfoCommand.self, CircuitCheckCommand.self, CircuitRunCommand.self])
}

struct CircuitInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Inputs, outputs, gates by kind, and depth of a circuit.")
  @Argument(help: "The circuit's file.") var file: String
  @Flag(help: "Print one JSON object.") var json = false

  struct Report: Encodable {
    var format: String
    var statistics: CircuitStatistics
  }

  func run() throws {
    let (circuit, format) = try CircuitFiles.read(file)
    let statistics = CircuitStatistics(circuit)
    if json { return try Console.output(json: Report(format: format.rawValue, statistics: statistics)) }
    func list(_ widths: [Int]) -> String { widths.map { "\($0) bits" }.joined(separator: ", ") }
    let kinds = statistics.gatesByKind.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    try Console.output(lines: [
      "\(file): \(format.rawValue)",
      "inputs:      \(circuit.inputs.isEmpty ? "none" : list(circuit.inputs))",
      "outputs:     \(list(circuit.outputs))",
      "gates:       \(statistics.gates): \(kinds.joined(separator: ", "))",
      "wires:       \(statistics.wires)",
      "AND gates:   \(statistics.ands), in \(statistics.andDepth) layers of at most \(statistics.widestLayer)",
      "depth:       \(statistics.depth)",
    ])
  }
}

struct CircuitCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a circuit's file, and with vectors what it computes.")
  @Argument(help: "The circuit's file.") var file: String
  @Option(help: "A JSON file with inputs and outputs in hexadecimal.") var vectors: String?

  func run() throws {
    let (circuit, format) = try CircuitFiles.read(file)
    guard let vectors else {
      return try Console.output("\(file): a circuit in \(format.rawValue); nothing is wrong with it")
    }
    let known = try CircuitFiles.Vectors.read(vectors, for: file)
    var inputs: [[CircuitValue]] = [], outputs: [[CircuitValue]] = []
    for (number, vector) in known.enumerated() {
      inputs.append(try Self.values(vector.inputs, circuit.inputs, "vector \(number + 1)", vectors))
      outputs.append(try Self.values(vector.outputs, circuit.outputs, "vector \(number + 1)", vectors))
    }
    for (number, (result, expected)) in zip(try circuit.evaluate(inputs), outputs).enumerated() {
      guard let wrong = zip(result, expected).enumerated().first(where: { $1.0 != $1.1 }) else { continue }
      throw ParleyError(
        .init("data/circuit-vectors"),
        "output \(wrong.offset + 1) of vector \(number + 1) comes out as \(wrong.element.0.text(.hex)), and not as \(wrong.element.1.text(.hex))",
        at: .init(file: file), remedy: "check that the vectors are of this circuit, and in its order of bits")
    }
    try Console.output("\(file): a circuit in \(format.rawValue); \(known.count) vectors come out as they should")
  }

  private static func values(
    _ texts: [String], _ widths: [Int], _ what: String, _ path: String
  ) throws -> [CircuitValue] {
    guard texts.count == widths.count else {
      throw ParleyError(
        .init("data/circuit-value"), "\(what) has \(texts.count) values where the circuit has \(widths.count)",
        at: .init(file: path), remedy: "give one value for each input and each output of the circuit")
    }
    return try zip(texts, widths).map { try CircuitValue($0, width: $1, hexDigitsAlone: true) }
  }
}

struct CircuitRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Compute a circuit in the clear, or by the parties of a protocol in this process.",
    discussion: """
      One --input for each input of the circuit, in its order: 0x1f, 31, -1, 0b11111, or wires:11111000 with the bit of wire 0 first. Several \
      evaluations at once are separated by commas: --input 1,2,3 --input 10,20,30.
      """)
  @Argument(help: "The circuit's file.") var file: String
  @Option(parsing: .unconditionalSingleValue, help: "An input value, or several separated by commas.") var input:
    [String] = []
  @Option(name: .customLong("protocol"), help: "clear or replicated.") var sharing = "clear"
  @Option(help: "With replicated: semi-honest, malicious or malicious-macs.") var security = ProtocolSuite
    .semiHonest
  @Option(help: "memory, or tls over the loopback.") var transport = "memory"
  @Option(help: "How outputs are written: hex, integer, bits or wires.") var format = CircuitValue.Notation.hex
  @Flag(help: "Print one JSON object.") var json = false

  struct Report: Encodable {
    var outputs: [[String]]
    var seconds: Double?
    var rounds: Int?
    var bytesSentPerParty: [Int]?
    var plannedRounds: Int?
    var plannedBytesPerParty: [Int]?
  }

  func run() throws {
    let circuit = try CircuitFiles.read(file).circuit
    let lists = try lists(circuit)
    guard ["memory", "tls"].contains(transport) else {
      throw ParleyError(.usage, "there is no transport \(transport)", remedy: "use --transport memory or tls")
    }
    var report = Report(outputs: [])
    let outputs: [[CircuitValue]]
    switch sharing {
    case "clear": outputs = try circuit.evaluate(lists)
    case "replicated":
      let party = try CircuitParty(circuit, count: lists.count, on: security)
      let cost = party.cost
      let trial = try CircuitTrial.run(party, lists, transport: transport)
      outputs = trial.outputs
      report.seconds = trial.seconds
      report.rounds = trial.rounds
      report.bytesSentPerParty = trial.sentBytes
      report.plannedRounds = cost.rounds
      report.plannedBytesPerParty = cost.bytes.map { $0.reduce(0, +) }
    default:
      throw ParleyError(.usage, "there is no protocol \(sharing)", remedy: "use --protocol clear or replicated")
    }
    report.outputs = outputs.map { $0.map { $0.text(format) } }
    if json { return try Console.output(json: report) }
    try Console.output(lines: report.outputs.map { $0.joined(separator: " ") })
    if let seconds = report.seconds, let rounds = report.rounds, let bytes = report.bytesSentPerParty {
      Console.notice(lines: [
        "\(Console.seconds(seconds)), \(rounds) rounds, \(bytes.map(Console.bytes).joined(separator: " + ")) sent by the parties"
      ])
    }
  }

  /// The inputs of each evaluation.
  private func lists(_ circuit: Circuit) throws -> [[CircuitValue]] {
    guard input.count == circuit.inputs.count else {
      throw ParleyError(
        .init("data/circuit-value"),
        "the circuit has \(circuit.inputs.count) inputs of \(circuit.inputs.map(String.init).joined(separator: ", ")) bits, and \(input.count) are given",
        remedy: "give --input once for each, in the circuit's order")
    }
    let columns = try zip(input, circuit.inputs).map { text, width in
      try text.split(separator: ",", omittingEmptySubsequences: false).map {
        try CircuitValue(String($0), width: width)
      }
    }
    let count = columns.first?.count ?? 1
    guard columns.allSatisfy({ $0.count == count }) else {
      throw ParleyError(
        .init("data/circuit-value"), "the inputs have different numbers of values",
        remedy: "give as many values for each input, separated by commas")
    }
    return (0..<count).map { row in columns.map { $0[row] } }
  }
}

extension CircuitValue.Notation: ExpressibleByArgument {}
