internal import Crypto
package import ParleyBase
package import ParleyCrypto
internal import ParleyEngine
public import ParleyProgram

/// A program with those who take part, lowered for its protocol: what runs, whichever front end it came from, and
/// everything that can be said about it without data.
public struct PreparedProgram: Sendable {
  /// Somebody who takes part.
  package struct Principal: Sendable, Hashable {
    /// Name of the principal, unique among them.
    package var name: String
    /// Who runs it.
    package var organisation: String
    /// Absent until keys are known: a trial makes its own.
    package var key: PublicIdentity?
    /// `host:port`, for programs that are not part of a study.
    package var endpoint: String?
    /// A principal; see the properties.
    package init(name: String, organisation: String, key: PublicIdentity?, endpoint: String? = nil) {
      self.name = name
      self.organisation = organisation
      self.key = key
      self.endpoint = endpoint
    }
  }

  /// Title of the program or study.
  public let title: String
  /// The principals in mesh order: the computing parties first.
  package private(set) var principals: [Principal]
  /// How many of the principals compute.
  package let computingCount: Int
  /// The tables of the program, in its order.
  package let tables: [TableSchema]
  /// What holds: groups of fewer protected units are withheld; 0 or 1 where there is no minimum.
  package let minimumCell: Int
  /// What the parties have agreed on: of a study, its hash.
  package private(set) var studyHash: [UInt8]
  /// What is computed; printed, hashed and costed before anything runs.
  public let program: Program
  /// The program as instructions.
  package let lowered: LoweredProgram
  /// How holders share their columns, for another lowering of the same program.
  package let inputForms: Lowering.InputForms
  /// Engine, dealer and receiver.
  package private(set) var suite: ProtocolSuite
  /// What the planner knows of the engine.
  package var descriptor: EngineDescriptor { suite.descriptor }
  /// SHA-256 of the program's canonical encoding.
  public let programHash: [UInt8]
  /// SHA-256 of what parties execute, in its canonical encoding: two builds may lower one program in different ways.
  package let loweredHash: [UInt8]
  /// Who learns exactly what.
  public private(set) var statement: DisclosureStatement
  /// What a holder accepts: SHA-256 of the statement and of everything that the parties agree on.
  public private(set) var statementHash: [UInt8]
  /// Who must collude to learn what.
  public private(set) var trust: TrustStatement
  /// Sizes that were planned when the program was prepared, and what they cost.
  private var known: (shape: RunShape, cost: Cost)?

  /// - Parameters:
  ///   - computing: how many of the principals compute; they come first.
  ///   - adversary: whom the run withstands.
  ///   - verifier: how, where the adversary is malicious; proofs if nil.
  ///   - allowsRows: rows of tables may be results.
  ///   - rules: what is withheld, in words.
  ///   - queries: what the program was made from, by the names of the results.
  ///   - lowering: how the program becomes instructions; the same at all parties.
  ///   - forms: ``inputForms`` of the same program with another verifier, so that they are not found again.
  ///   - studyHash: of what the program was made from, given the hash of the program.
  package init(
    title: String, program: Program, principals: [Principal], computing: Int, tables: [TableSchema],
    adversary: Adversary = .semiHonest, verifier: VerifierDescriptor.Method? = nil, minimumCell: Int,
    allowsRows: Bool = false, rules: [String], queries: [DisclosureStatement.Query] = [], publicFacts: [String],
    lowering: LoweringOptions = .init(), forms: Lowering.InputForms? = nil, studyHash: [UInt8]
  ) throws(ParleyError) {
    self.title = title
    self.program = program
    self.principals = principals
    computingCount = computing
    self.tables = tables
    self.minimumCell = minimumCell
    self.studyHash = studyHash
    guard program.tables.map(\.name) == tables.map(\.name) else {
      throw ParleyError(.invariant, "the program's tables are not the declared ones")
    }
    suite = ProtocolSuite(adversary, verifier: verifier, computing: computing)
    let descriptor = suite.descriptor
    guard computing == descriptor.parties else {
      throw ParleyError(
        .init("study/computing"),
        "\(computing) computing parties are named; the protocol has \(descriptor.parties)",
        remedy: adversary == .semiHonest
          ? "name two or three computing parties"
          : "name \(descriptor.parties) computing parties, or two or three with a semi-honest adversary")
    }
    (lowered, inputForms) = try DeepLowering.lower(program, for: descriptor, options: lowering, forms: forms)
    programHash = Self.hash(program.encode)
    loweredHash = Self.hash(lowered.encode)
    statement = DisclosureStatement(
      title: title, program: program, hash: programHash, agreement: studyHash, verdicts: lowered.verdicts,
      queries: queries, publicFacts: Self.partyFacts(principals, computing: computing) + publicFacts, rules: rules,
      release: ReleaseWords(tables: tables, minimum: minimumCell, allowsRows: allowsRows))
    statementHash = Array(SHA256.hash(data: statement.canonicalBytes))
    trust = Self.trust(descriptor, principals, computing: computing, tables)
  }

  /// SHA-256 of an encoding that is given piece by piece.
  private static func hash(_ encode: (([UInt8]) -> Void) -> Void) -> [UInt8] {
    var hash = SHA256()
    encode { hash.update(data: $0) }
    return Array(hash.finalize())
  }

  private static func trust(
    _ descriptor: EngineDescriptor, _ principals: [Principal], computing: Int, _ tables: [TableSchema]
  ) -> TrustStatement {
    let holders = Set(tables.flatMap(\.holders))
    return TrustStatement(
      descriptor: descriptor, computing: principals.prefix(computing).map { ($0.name, $0.organisation) },
      holders: principals.map(\.name).filter(holders.contains))
  }

  /// The same program with another verifier; nil where its instructions depend on the verifier, as those of sorts do.
  package func with(_ verifier: VerifierDescriptor.Method) -> PreparedProgram? {
    guard !program.hasRowOrders else { return nil }
    var copy = self
    copy.suite = ProtocolSuite(.malicious, verifier: verifier, computing: computingCount)
    copy.trust = Self.trust(copy.descriptor, principals, computing: computingCount, tables)
    copy.known = nil
    return copy
  }

  /// Names of the principals, in mesh order.
  package var names: [String] { principals.map(\.name) }
  /// A principal's place in the mesh.
  package func index(of name: String) -> PartyIndex? {
    principals.firstIndex { $0.name == name }.map { PartyIndex($0) }
  }

  /// The same program among the same parties with other keys; nothing is compiled again.
  ///
  /// - Parameter studyHash: of the study with those keys.
  package func withKeys(_ keys: [String: PublicIdentity], studyHash: [UInt8]) -> PreparedProgram {
    var copy = self
    for index in copy.principals.indices {
      if let key = keys[copy.principals[index].name] { copy.principals[index].key = key }
    }
    copy.studyHash = studyHash
    copy.statement.agreementHash = studyHash
    copy.statementHash = Array(SHA256.hash(data: copy.statement.canonicalBytes))
    return copy
  }

  /// Who computes, and who else takes part.
  private static func partyFacts(_ principals: [Principal], computing: Int) -> [String] {
    func list(_ some: some Collection<Principal>) -> String {
      DisclosureStatement.list(some.map { $0.organisation.isEmpty ? $0.name : "\($0.name) (\($0.organisation))" })
    }
    let others = principals.dropFirst(computing)
    return ["the computing parties are \(list(principals.prefix(computing)))"]
      + (others.isEmpty ? [] : ["others who take part: \(list(others))"])
  }

  /// What everybody sees besides results.
  package static func publicFacts(of tables: [TableSchema], agreement: String) -> [String] {
    var facts: [String] = []
    for table in tables {
      let holders = DisclosureStatement.list(table.holders)
      let verb = table.holders.count == 1 ? "has" : "each have"
      if let padded = table.padTo {
        facts.append(
          "everybody sees that \(holders) \(verb) at most \(padded) rows of \(table.name) (exactly \(padded) are shared, padding included)"
        )
      } else {
        facts.append("everybody sees how many rows of \(table.name) \(holders) \(verb)")
      }
    }
    facts.append("everybody sees this \(agreement), who takes part, and when and how long they compute")
    return facts
  }

  /// The sizes of a run: for each table, rows by holder in the declared order (padding included).
  ///
  /// - Throws: `usage/…` when the numbers do not fit the tables.
  package func shape(rows: [[Int]]) throws(ParleyError) -> RunShape {
    var parts: [[RunShape.Part]] = []
    for (table, counts) in zip(tables, rows) {
      guard table.holders.count == counts.count else {
        throw ParleyError(
          .usage,
          "table \(table.name) has \(table.holders.count) holders, and \(counts.count) row counts were given",
          remedy: "give one number for each of \(table.holders.joined(separator: ", "))")
      }
      parts.append(
        zip(table.holders, counts).map { .init(holder: index(of: $0)!.rawValue, rows: table.padTo ?? $1) })
    }
    return RunShape(
      principals: principals.count, tables: parts,
      recipients: program.disclosures.map { disclosure in
        disclosure.recipients.compactMap { index(of: $0)?.rawValue }.sorted()
      })
  }

  /// The plan for given sizes.
  package func plan(rows: [[Int]]) throws(ParleyError) -> Plan {
    let shape = try shape(rows: rows)
    return try Plan(
      program: program, lowered: lowered, descriptor: descriptor, shape: shape,
      known: known?.shape == shape ? known?.cost : nil)
  }

  /// The cost for the sizes that are assumed when none are given; planning for these is free from now on.
  package mutating func assumedCost() throws(ParleyError) -> Cost {
    let plan = try plan(rows: assumedRows)
    known = (plan.shape, plan.cost)
    return plan.cost
  }

  /// What it costs not to trust data holders; nil where they are trusted. Lowers the program a second time.
  package func inputChecks(_ plan: Plan) throws(ParleyError) -> InputChecks? {
    guard descriptor.adversary == .malicious else { return nil }
    var trusting = descriptor
    trusting.adversary = .semiHonest
    return InputChecks(plan, trusting: try DeepLowering.lower(program, for: trusting))
  }

  /// The rows a plan assumes when none are given: the maximum, shared out evenly.
  package var assumedRows: [[Int]] {
    tables.map { table in
      let holders = table.holders.count
      return (0..<holders).map { table.maximumRows / holders + ($0 < table.maximumRows % holders ? 1 : 0) }
    }
  }
}
