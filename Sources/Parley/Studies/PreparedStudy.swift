internal import Crypto
public import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
public import ParleyProgram
internal import ParleyReplicated
internal import ParleySQL
public import ParleyStudy

/// A study compiled to a program and lowered for its protocol: everything that can be said about it without data.
public struct PreparedStudy: Sendable {
  public let study: Study
  /// What is computed; printed, hashed and costed before anything runs.
  public let program: Program
  package let lowered: LoweredProgram
  package let descriptor: EngineDescriptor
  /// SHA-256 of the program's canonical encoding.
  public let programHash: [UInt8]
  /// Who learns exactly what.
  public let statement: DisclosureStatement
  /// What a holder accepts: SHA-256 of the statement.
  public let statementHash: [UInt8]
  /// Who must collude to learn what.
  public let trust: TrustStatement

  /// The version that parties compare when they meet.
  public static let version = "0.1.0"

  /// Compiles and lowers `study`.
  ///
  /// - Throws: `sql/…` with line and column in the study file, `plan/…` where a range overflows or the set of
  ///   results would give a withheld count away, `study/unsupported`.
  public init(_ study: Study) throws(ParleyError) {
    self.study = study
    try study.checkSupported(by: [.init(.replicated, .semiHonest)])
    descriptor = ReplicatedEngine<UInt64>.descriptor
    program = try SQLFrontEnd.compile(
      study.queries.map { SQLQuery(name: $0.name, text: $0.sql, file: study.file, line: $0.line) },
      tables: study.schemas, rules: study.rules)
    lowered = try Lowering.lower(program, for: descriptor)
    programHash = Array(SHA256.hash(data: program.canonicalBytes))
    statement = DisclosureStatement(
      title: study.name, program: program, publicFacts: Self.publicFacts(of: study), rules: Self.rules(of: study))
    statementHash = Array(SHA256.hash(data: statement.canonicalBytes))
    trust = TrustStatement(
      descriptor: descriptor,
      computing: study.computing.map { ($0, study.party($0)?.organisation ?? "") }, holders: study.holders)
  }

  private static func publicFacts(of study: Study) -> [String] {
    var facts: [String] = []
    for table in study.tables {
      for holder in table.schema.holders {
        if let padded = table.schema.padTo {
          facts.append(
            "everybody sees that \(holder) has at most \(padded) rows of \(table.schema.name) (it shares exactly \(padded), padding included)"
          )
        } else {
          facts.append("everybody sees how many rows of \(table.schema.name) \(holder) has")
        }
      }
    }
    facts.append("everybody sees this study, who takes part, and when and how long they compute")
    return facts
  }

  private static func rules(of study: Study) -> [String] {
    let minimum = study.release.minimumCell
    guard minimum > 1 else { return ["no minimum: a result may rest on a single row"] }
    return [
      "a result that rests on fewer than \(minimum) rows is withheld inside the computation, before anything is opened; its count is not opened either",
      "where one withheld group could be worked out from the others and the total, the smallest shown group is withheld as well",
      "an absent group (no row), a withheld one and a NULL value are told apart by one opened bit each",
    ]
  }

  /// The sizes of a run: for each table, rows by holder in the order of the study (padding included).
  ///
  /// - Throws: `usage/…` when the numbers do not fit the tables.
  package func shape(rows: [[Int]]) throws(ParleyError) -> RunShape {
    var tables: [[RunShape.Part]] = []
    for (table, counts) in zip(study.tables, rows) {
      let holders = table.schema.holders
      guard holders.count == counts.count else {
        throw ParleyError(
          .usage, "table \(table.schema.name) has \(holders.count) holders, and \(counts.count) row counts were given",
          remedy: "give one number for each of \(holders.joined(separator: ", "))")
      }
      tables.append(
        zip(holders, counts).map { .init(holder: study.index(of: $0)!.rawValue, rows: table.schema.padTo ?? $1) })
    }
    return RunShape(
      principals: study.parties.count, tables: tables,
      recipients: program.disclosures.map { disclosure in
        disclosure.recipients.compactMap { study.index(of: $0)?.rawValue }.sorted()
      })
  }

  /// The plan for given sizes.
  package func plan(rows: [[Int]]) throws(ParleyError) -> Plan {
    let shape = try shape(rows: rows)
    for (table, parts) in zip(program.tables, shape.tables) {
      let total = parts.reduce(0) { $0 + $1.rows }
      guard total <= table.maximumRows else {
        throw ParleyError(
          .init("plan/too-many-rows"), "table \(table.name) has \(total) rows; the study allows \(table.maximumRows)",
          at: .init(item: table.name), remedy: "raise maximum-rows; the ranges of all sums are then checked again")
      }
    }
    return Plan(
      program: program, lowered: lowered, descriptor: descriptor, shape: shape,
      cost: CostModel.cost(of: lowered, on: descriptor, shape: shape))
  }

  /// The rows a plan assumes when none are given: the maximum, shared out evenly.
  package var assumedRows: [[Int]] {
    study.tables.map { table in
      let holders = table.schema.holders.count
      return (0..<holders).map { table.schema.maximumRows / holders + ($0 < table.schema.maximumRows % holders ? 1 : 0) }
    }
  }
}
