import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyProgram
import ParleyStudy
import ParleyTransport

/// What `parley plan` says, as text, Markdown or JSON.
struct PlanReport {
  struct Simulation {
    var virtualSeconds: Double
    var rounds: Int
    var bytes: Int
    var equalsPlan: Bool
  }
  var prepared: PreparedStudy
  var rows: [[Int]]
  var network: NetworkProfile
  var plan: Plan
  var calibration: Calibration
  var simulation: Simulation?
  var verifier: VerifierChoice?
  var checks: InputChecks?
  /// About what queries do; the study has been compiled, so there is nothing to refuse.
  private let notes: [String]

  init(_ prepared: PreparedStudy, rows: [[Int]], network: NetworkProfile) throws(ParleyError) {
    self.prepared = prepared
    self.rows = rows
    self.network = network
    plan = try prepared.plan(rows: rows)
    calibration = CalibrationFile.load()
    verifier = prepared.verifierChoice
    checks = try prepared.inputChecks(plan)
    notes = (try? prepared.study.notes()) ?? []
  }

  /// The flat list of `--rows` by table and holder; the maximum, shared out evenly, when it is empty.
  static func split(_ rows: [Int], _ prepared: PreparedStudy) throws(ParleyError) -> [[Int]] {
    guard !rows.isEmpty else { return prepared.assumedRows }
    let holders = prepared.study.tables.map(\.schema.holders.count)
    guard rows.count == holders.reduce(0, +), rows.allSatisfy({ $0 >= 0 }) else {
      throw ParleyError(
        .usage, "--rows has \(rows.count) numbers, and the study needs \(holders.reduce(0, +))",
        remedy: "give one number for each of "
          + prepared.study.tables.flatMap { table in table.schema.holders.map { "\($0):\(table.schema.name)" } }
          .joined(separator: " "))
    }
    var rest = rows[...]
    return holders.map { count in
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
  }

  private var names: [String] { prepared.study.meshOrder }

  /// Links that carry anything.
  private var links: [(from: String, to: String, bytes: Int)] {
    names.indices.flatMap { from in
      names.indices.compactMap { to in
        plan.cost.bytes[from][to] > 0 ? (names[from], names[to], plan.cost.bytes[from][to]) : nil
      }
    }
  }
  private var offline: OfflineSummary? { OfflineSummary(plan.cost, names: names, on: network, calibration) }
  private var seconds: Double { plan.cost.seconds(on: network, calibration) }
  private var calibrationNote: String {
    "on idle machines; "
      + (calibration.isMeasured
        ? "calibrated on this one" : "uncalibrated: parley bench --calibrate measures this one")
  }
  /// Shares, message buffers and the program itself; see docs/performance.md.
  private var memory: Int { PlanReport.memory(plan) }

  static func memory(_ plan: Plan) -> Int { ProcessMemory.predicted(plan) }

  private var operators: OperatorTree { OperatorTree(plan, prepared.statement, on: network, calibration) }

  /// What withstanding deviating parties and holders means for this run.
  private var verificationLines: [(name: String, text: String)] {
    var lines: [(String, String)] = []
    if let exponent = plan.cost.cheatingExponent {
      // Rounded up: the printed bound holds.
      let bound = String(format: "%.1f", (exponent * 10).rounded(.up) / 10)
      lines.append(("cheating", "a deviation goes unnoticed with probability at most 2^\(bound)"))
    }
    if let verifier { lines.append(("verifier", "\(verifier.method.rawValue), \(verifier.reason)")) }
    if let checks {
      lines.append(
        (
          "range checks",
          "\(checks.andBits) of \(plan.cost.andBits) AND bits, \(checks.multiplications) of \(plan.cost.multiplications) products; \(checks.verdicts) verdicts"
        ))
    }
    return lines
  }

  private var rowLines: [String] {
    zip(prepared.study.tables, rows).flatMap { table, counts in
      zip(table.schema.holders, counts).map { "\($0): \(table.schema.padTo ?? $1) rows of \(table.schema.name)" }
    }
  }

  /// What holders compute of their own rows in the clear; each formula once.
  private var formulaLines: [String] {
    let program = prepared.program
    var lines: [String] = []
    for input in program.inputs {
      guard let formula = input.formula else { continue }
      let table = program.tables[input.table.rawValue].name
      let line = VisibleText.compact("\(table): \(input.role == .isValid ? "only rows where " : "")\(formula)")
      if !lines.contains(line) { lines.append(line) }
    }
    return lines
  }

  private var columnLines: [String] {
    prepared.study.tables.flatMap { table in
      table.schema.columns.map { column in
        let kind =
          switch column.type {
          case .integer: "whole number, \(column.type.boundsText)"
          case .decimal(let scale, _): "decimal with \(counted(scale, "place")), \(column.type.boundsText)"
          case .boolean: "true or false"
          case .date: "date, \(column.type.boundsText)"
          case .category(let values): values.count == 1 ? "always one value" : "one of \(values.count) values"
          case .timestamp: "time, \(column.type.boundsText)"
          case .text(let bytes): "text of up to \(counted(bytes, "byte"))"
          }
        return "\(table.schema.name).\(column.name): \(kind)\(column.isNullable ? ", may be missing" : "")"
      }
    }
  }

  /// Ranges that a theorem gave, and which.
  private var lemmaLines: [String] {
    prepared.program.knownRanges.map {
      "\($0.origin ?? "a value") lies within \($0.range) by \($0.lemma.rawValue) (docs/proofs/lemmas.md)"
    }
  }

  /// How many decimals are shown of what is not exact, and how far it can be off.
  private var precisionLines: [String] {
    prepared.program.results.flatMap { result in
      result.columns.filter { $0.precision != "0" }.map { column in
        let places =
          switch column.format {
          case .decimal(let scale): scale
          case .rounded(_, let places): places
          default: 0
          }
        if case .float(let bits) = column.format {
          return "\(result.name).\(column.name): \(bits) significant bits, \(Self.words(column.precision))"
        }
        let shown = places == 0 ? "whole numbers" : counted(places, "decimal")
        return "\(result.name).\(column.name): \(shown), \(Self.words(column.precision))"
      }
    }
  }

  private static func words(_ precision: String) -> String {
    precision.first?.isNumber == true
      ? "within \(precision) of the exact value"
      : "computed from rounded values, and how far it can be off does not follow from the declared ranges"
  }

  var text: String {
    var lines: [String] = []
    lines.append("Study      \(VisibleText.compact(prepared.study.name))")
    lines.append("           study hash \(prepared.study.studyHashText)")
    lines.append("           program hash \(hexadecimal(prepared.programHash))")
    lines.append("           statement hash \(GroupedHash.text(prepared.statementHash))")
    lines.append("Protocol   \(plan.descriptor.name), \(plan.descriptor.adversary.rawValue), 64-bit words")
    lines.append("")
    lines.append(prepared.statement.text)
    lines.append("Who must be trusted:")
    lines += prepared.trust.lines.map { "  - \(VisibleText.compact($0))" }
    lines.append("")
    lines.append("Columns and their ranges:")
    lines += columnLines.map { "  \(VisibleText.compact($0))" }
    lines.append("")
    if !precisionLines.isEmpty {
      lines.append("Results that are not exact, and what is shown of them:")
      lines += precisionLines.map { "  \(VisibleText.compact($0))" }
      lines.append("")
    }
    if !lemmaLines.isEmpty {
      lines.append("Ranges that follow from theorems and not from the ranges of columns:")
      lines += lemmaLines.map { "  \(VisibleText.compact($0))" }
      lines.append("")
    }
    if !formulaLines.isEmpty {
      lines.append("What holders compute of their own rows before they share anything:")
      lines += formulaLines.map { "  \($0)" }
      lines.append("")
    }
    lines.append(
      plan.lowered.hasRandomCost
        ? "Cost for these sizes (of one random order; what a sort costs is chance, the same for all data of these sizes):"
        : "Cost for these sizes (exact; the run is measured against it):")
    lines += rowLines.map { "  \(VisibleText.compact($0))" }
    lines.append("  rounds                  \(plan.cost.rounds)")
    lines.append("  bytes                   \(Console.bytes(plan.cost.totalBytes)) in all")
    for link in links { lines.append("    \(link.from) → \(link.to)  \(link.bytes) B") }
    lines.append("  correlated randomness   \(offline?.amounts ?? "none (keys only)")")
    lines += offline?.lines(size: Console.bytes, duration: Console.seconds).map { "  \($0)" } ?? []
    lines.append(
      "  program                 \(plan.cost.instructionCount) instructions, \(plan.lowered.planeCount + plan.lowered.arithCount) registers"
    )
    for line in verificationLines {
      lines.append("  " + line.name.padding(toLength: 24, withPad: " ", startingAt: 0) + line.text)
    }
    lines.append("  memory                  \(Console.bytes(memory)) for a computing party")
    lines.append("  time on \(network.name)  about \(Console.seconds(seconds)) (\(calibrationNote))")
    if let simulation {
      lines.append(
        "  simulated run           \(Console.seconds(simulation.virtualSeconds)) of virtual time, \(simulation.rounds) rounds, \(Console.bytes(simulation.bytes)); bytes and rounds \(simulation.equalsPlan ? "equal the plan" : plan.lowered.hasRandomCost ? "are near the plan's sample" : "DIFFER from the plan")"
      )
    }
    lines += [
      "", "Operators, each above those that it reads; a release opens what stands above under its result:",
    ]
    lines += operators.text.map { "  \(VisibleText.line($0))" }
    lines.append("  " + OperatorTree.note)
    if !notes.isEmpty { lines += ["", "Notes"] + notes.map { "  - \(VisibleText.compact($0))" } }
    return lines.joined(separator: "\n")
  }

  var markdown: String {
    var lines = ["# \(prepared.study.name)", ""]
    if !prepared.study.description.isEmpty {
      // Quoted, so that no line of it looks like one of this document.
      lines += prepared.study.description.split(separator: "\n", omittingEmptySubsequences: false).map {
        "> \(Self.prose($0))"
      }
      lines.append("")
    }
    lines += ["## Who takes part", "", "| party | organisation | roles |", "|---|---|---|"]
    for party in prepared.study.parties {
      let roles = prepared.study.roles(of: party.name).map(\.rawValue).sorted().joined(separator: ", ")
      lines.append("| \(party.name) | \(Self.cell(party.organisation)) | \(roles) |")
    }
    lines += ["", "## What is disclosed to whom", "", Self.fence(prepared.statement.text), ""]
    lines += ["## Who must be trusted", ""] + prepared.trust.lines.map { "- \($0)" }
    lines += ["", "## Data", ""] + columnLines.map { "- \($0)" }
    if !formulaLines.isEmpty {
      lines += ["", "Holders compute of their own rows, before they share anything:", ""]
      lines += formulaLines.map { "- \(Self.code($0))" }
    }
    lines += ["", "## What is computed", ""]
    for query in prepared.statement.queries {
      lines += ["### \(query.result)", "", Self.fence(query.lines.joined(separator: "\n"), "sql"), ""]
    }
    if !precisionLines.isEmpty {
      lines += ["## Results that are not exact", ""] + precisionLines.map { "- \($0)" } + [""]
    }
    if !lemmaLines.isEmpty {
      lines +=
        ["## Ranges that follow from theorems", ""] + lemmaLines.map { "- \(VisibleText.compact($0))" } + [""]
    }
    lines += ["## Cost", "", "| | |", "|---|---|"]
    lines += rowLines.map { "| rows | \($0) |" }
    lines.append("| rounds | \(plan.cost.rounds) |")
    lines.append("| bytes, all links | \(plan.cost.totalBytes) |")
    lines += links.map { "| \($0.from) → \($0.to) | \($0.bytes) B |" }
    lines += offline?.rows.map { "| \($0.name) | \($0.text) |" } ?? []
    lines += verificationLines.map { "| \($0.name) | \($0.text) |" }
    lines.append("| memory of a computing party | \(Console.bytes(memory)) |")
    lines.append("| time on \(network.name) | about \(Console.seconds(seconds)), \(calibrationNote) |")
    lines += [
      "", "## Operators", "", "Each above those that it reads; a release opens its result. " + OperatorTree.note,
      "",
    ]
    lines += operators.markdown
    if !notes.isEmpty { lines += ["", "## Notes", ""] + notes.map { "- \($0)" } }
    lines += ["", "## To compare", ""]
    lines.append("- study hash `\(prepared.study.studyHashText)`")
    lines.append("- program hash `\(hexadecimal(prepared.programHash))`")
    lines.append("- statement hash `\(GroupedHash.text(prepared.statementHash))`")
    return lines.joined(separator: "\n") + "\n"
  }

  /// A line of the description, whose indentation pushes nothing to where it looks like a line of its own.
  private static func prose(_ line: Substring) -> String {
    let words = line.drop { $0 == " " }
    return String(repeating: " ", count: min(line.count - words.count, 16)) + VisibleText.compact(words)
  }

  /// A block of code that its text cannot end.
  private static func fence(_ text: String, _ language: String = "") -> String {
    let fence = String(repeating: "`", count: max(3, longestRun(text) + 1))
    return "\(fence)\(language)\n\(text)\n\(fence)"
  }
  private static func code(_ text: String) -> String {
    let mark = String(repeating: "`", count: longestRun(text) + 1)
    return mark.count > 1 ? "\(mark) \(text) \(mark)" : "`\(text)`"
  }
  private static func longestRun(_ text: String) -> Int {
    text.split { $0 != "`" }.map(\.count).max() ?? 0
  }
  private static func cell(_ text: String) -> String {
    String(text.flatMap { $0 == "|" || $0 == "\\" ? ["\\", $0] : [$0] })
  }

  struct Encoded: Encodable {
    struct Link: Encodable {
      var from: String
      var to: String
      var bytes: Int
    }
    struct Item: Encodable {
      var recipients: [String]
      var result: String
      var name: String
      var explanation: String
      var precision: String?
      var values: Int
    }
    struct Simulated: Encodable {
      var virtualSeconds: Double
      var rounds: Int
      var bytes: Int
      var equalsPlan: Bool
    }
    var study: String
    var studyHash: String
    var programHash: String
    var statementHash: String
    var `protocol`: String
    var adversary: String
    var rows: [[Int]]
    var disclosures: [Item]
    var publicFacts: [String]
    var rules: [String]
    var trust: [String]
    var rounds: Int
    var bytes: Int
    var links: [Link]
    var correlations: Int
    /// Absent where nothing is prepared.
    var offline: OfflineSummary?
    var memoryBytes: Int
    /// What it is for.
    var memory: ProcessMemory
    var network: String
    var seconds: Double
    var isCalibrated: Bool
    struct Checks: Encodable {
      var andBits: Int
      var multiplications: Int
      var verdicts: Int
    }
    var simulation: Simulated?
    var verdicts: [String]
    /// log2; absent where nothing is verified.
    var cheatingExponent: Double?
    var verifier: String?
    var verifierReason: String?
    var rangeChecks: Checks?
    var operators: [OperatorTree.Line]
    /// Absent where intervals tell every range.
    var knownRanges: [String]?
  }

  var encodable: Encoded {
    Encoded(
      study: prepared.study.name, studyHash: prepared.study.studyHashText,
      programHash: hexadecimal(prepared.programHash), statementHash: hexadecimal(prepared.statementHash),
      protocol: plan.descriptor.name, adversary: plan.descriptor.adversary.rawValue, rows: rows,
      disclosures: prepared.statement.items.map {
        .init(
          recipients: $0.recipients, result: $0.result, name: $0.name, explanation: $0.explanation,
          precision: $0.precision, values: $0.count)
      }, publicFacts: prepared.statement.publicFacts, rules: prepared.statement.rules, trust: prepared.trust.lines,
      rounds: plan.cost.rounds, bytes: plan.cost.totalBytes,
      links: links.map { .init(from: $0.from, to: $0.to, bytes: $0.bytes) },
      correlations: plan.cost.correlations, offline: offline, memoryBytes: memory, memory: ProcessMemory(plan),
      network: network.name, seconds: seconds,
      isCalibrated: calibration.isMeasured,
      simulation: simulation.map {
        .init(virtualSeconds: $0.virtualSeconds, rounds: $0.rounds, bytes: $0.bytes, equalsPlan: $0.equalsPlan)
      }, verdicts: prepared.statement.verdicts, cheatingExponent: plan.cost.cheatingExponent,
      verifier: verifier?.method.rawValue, verifierReason: verifier?.reason,
      rangeChecks: checks.map {
        .init(andBits: $0.andBits, multiplications: $0.multiplications, verdicts: $0.verdicts)
      }, operators: operators.lines, knownRanges: lemmaLines.isEmpty ? nil : lemmaLines)
  }
}
