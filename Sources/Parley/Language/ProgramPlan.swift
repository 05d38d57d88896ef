internal import Crypto
public import ParleyBase
internal import ParleyCrypto
internal import ParleyProgram
internal import ParleyStudy

/// What a program will disclose, cost and rest on, for given sizes; made without data.
public struct ProgramPlan: Sendable, CustomStringConvertible {
  /// Who learns exactly what, and what everybody sees.
  public let statement: String
  /// What a holder accepts: SHA-256 of the statement, hexadecimal.
  public let statementHash: String
  /// SHA-256 of the program, hexadecimal.
  public let programHash: String
  /// Who must collude to learn what.
  public let trust: [String]
  /// Names by index of ``bytes``.
  public let parties: [String]
  /// Bytes of protocol payload, `bytes[sender][receiver]`. Exact: the run is measured against it.
  public let bytes: [[Int]]
  /// Messages on the longest chain in which each waits for the one before. Exact.
  public let rounds: Int
  /// Largest number of bytes of shares that a computing party holds at once.
  public let peakShareBytes: Int
  /// log2 of the probability that a deviating computing party goes unnoticed; nil for a semi-honest adversary, against
  /// whom nothing is verified.
  public let cheatingExponent: Double?

  /// What the loops of the program cost, all their passes together. Loops in loops count with the outer one.
  public struct Loop: Sendable, Hashable {
    /// How many passes, and where it is written.
    public let text: String
    /// Payload bytes of all passes, over all links.
    public let bytes: Int
    /// Messages one after the other, of all passes together.
    public let rounds: Int
  }
  /// One entry for each loop that is in no other, in the order of the program.
  public let loops: [Loop]

  /// Bytes of protocol payload over all links together.
  public var totalBytes: Int { bytes.reduce(0) { $0 + $1.reduce(0, +) } }

  init(_ prepared: PreparedProgram, _ plan: Plan) {
    statement = prepared.statement.text
    statementHash = hexadecimal(prepared.statementHash)
    programHash = hexadecimal(prepared.programHash)
    trust = prepared.trust.lines
    parties = prepared.names
    bytes = plan.cost.bytes
    rounds = plan.cost.rounds
    peakShareBytes = plan.cost.peakShareBytes
    cheatingExponent = plan.cost.cheatingExponent
    loops = plan.cost.shares.compactMap { share in
      guard case .step(let index) = share.owner, plan.program.operators.indices.contains(index) else { return nil }
      return Loop(text: plan.program.operators[index].text, bytes: share.totalBytes, rounds: share.rounds)
    }
  }

  /// The statement, who must be trusted, and the cost, in lines for people.
  public var description: String {
    let lines =
      ["Who must be trusted:"] + trust.map { "  - \($0)" }
      + [
        "",
        "Cost: \(totalBytes) bytes over all links, \(rounds) rounds, \(peakShareBytes) bytes of shares at a party",
      ] + loops.map { "  of which \($0.text): \($0.bytes) bytes, \($0.rounds) rounds" }
    return statement + "\n" + lines.joined(separator: "\n")
  }
}

extension SecureProgram {
  /// The program, checked and lowered: every range and size has been reasoned through.
  ///
  /// - Throws: `plan/…` and `study/…` with file and line of the Swift call at fault.
  public func prepared() throws(ParleyError) -> PreparedProgram {
    for table in tables { table.checkProtection() }
    if let failure = workshop.failure { throw failure }
    guard !workshop.reveals.isEmpty || !workshop.analyses.isEmpty else {
      throw ParleyError(
        .init("plan/nothing-revealed"), "the program reveals nothing, so there is nothing to compute",
        at: .init(item: title), remedy: "reveal a scalar to somebody, or ask for an analysis of a table")
    }
    let schemas = tables.map(\.schema)
    let isOfAnalyses = !workshop.analyses.isEmpty
    let program = isOfAnalyses ? try analysing(schemas) : try disclosing(schemas)
    var principals: [PreparedProgram.Principal] = []
    for party in parties {
      principals.append(
        .init(
          name: party.name, organisation: party.organisation,
          key: try party.key.map { (text) throws(ParleyError) in try PublicIdentity(text: text) },
          endpoint: party.endpoint))
    }
    try checkRoles(program)
    do throws(ParleyError) {
      return try PreparedProgram(
        title: title, program: program, principals: principals, computing: computingCount,
        tables: schemas, adversary: adversary == .malicious ? .malicious : .semiHonest,
        minimumCell: effectiveMinimum,
        rules: isOfAnalyses ? analysisRules(schemas) : rules(schemas),
        queries: isOfAnalyses ? try analysisTexts(schemas) : [],
        publicFacts: PreparedProgram.publicFacts(of: schemas, agreement: "program"),
        studyHash: agreement(program, schemas))
    } catch {
      throw workshop.placed(error)
    }
  }

  /// A party without a role would wait for a session that does not need it.
  private func checkRoles(_ program: Program) throws(ParleyError) {
    let recipients = Set(program.disclosures.flatMap(\.recipients))
    let holders = Set(tables.flatMap(\.schema.holders))
    for party in parties.dropFirst(computingCount)
    where !recipients.contains(party.name) && !holders.contains(party.name) {
      throw ParleyError(
        .init("study/value"), "party '\(party.name)' neither computes, nor holds data, nor receives a result",
        at: .init(item: title), remedy: "leave it out")
    }
  }

  /// What parties of one program compare: everything that a study's hash covers.
  private func agreement(_ program: Program, _ schemas: [TableSchema]) -> [UInt8] {
    var writer = CanonicalWriter()
    writer.write("parley swift program 1")
    writer.write(title)
    writer.write(list: parties) { writer, party in
      writer.write(party.name)
      writer.write(party.organisation)
      writer.write(party.key ?? "")
    }
    writer.write(Int64(computingCount))
    writer.write(list: schemas) { writer, schema in
      writer.write(Int64(schema.padTo ?? 0))
      writer.write(list: schema.columns) { writer, column in
        writer.write(column.name)
        writer.write("\(column.type)")
        writer.write(column.isNullable)
      }
    }
    writer.write(program.canonicalBytes)
    writer.write(adversary.rawValue)
    // Only where it was stated: programs from before there was a choice agree on the same.
    if schemas.contains(where: { $0.protection != .rows || $0.allowsExtremes }) {
      writer.write(list: schemas) { writer, schema in
        writer.write("\(schema.protection)")
        writer.write(schema.allowsExtremes)
      }
    }
    if schemas.contains(where: \.tellsMissingValues) {
      writer.write("missing-values")
      writer.write(list: schemas) { $0.write($1.tellsMissingValues) }
    }
    if effectiveMinimum > 1 {
      writer.write("minimum-cell")
      writer.write(Int64(effectiveMinimum))
    }
    if !workshop.dominance.isEmpty {
      writer.write("dominance")
      writer.write(list: workshop.dominance) { writer, limit in
        writer.write(Int64(limit.units))
        writer.write(Int64(limit.percent))
      }
    }
    return Array(SHA256.hash(data: writer.bytes))
  }

  /// What the program will disclose and cost.
  ///
  /// - Parameter rows: by table, then holder; a table left out is taken to be full, its rows shared out evenly.
  public func plan(rows: [String: [String: Int]] = [:]) throws(ParleyError) -> ProgramPlan {
    try prepared().plan(rows: rows)
  }

  /// Runs the program in this process: all parties, over memory, with keys made for the occasion. The way to try
  /// it, and to test it. Blocks the calling thread.
  ///
  /// - Parameter data: by holder, then table.
  public func run(data: [String: [String: ProgramRows]]) throws(ParleyError) -> ProgramResult {
    try prepared().run(data: data)
  }
}

extension PreparedProgram {
  /// What the program will disclose and cost.
  ///
  /// - Parameter rows: by table, then holder; a table left out is taken to be full, its rows shared out evenly.
  public func plan(rows: [String: [String: Int]] = [:]) throws(ParleyError) -> ProgramPlan {
    var counts = assumedRows
    for (name, byHolder) in rows {
      guard let index = tables.firstIndex(where: { $0.name == name }) else { throw unknown("table", name) }
      let holders = tables[index].holders
      if let stranger = byHolder.keys.sorted().first(where: { !holders.contains($0) }) {
        throw unknown("holder of \(name)", stranger)
      }
      counts[index] = holders.map { max(0, byHolder[$0] ?? 0) }
    }
    return ProgramPlan(self, try plan(rows: counts))
  }

  func unknown(_ what: String, _ name: String) -> ParleyError {
    ParleyError(.usage, "the program has no \(what) '\(name)'", remedy: "use a name that it declares")
  }
}
