public import ParleyBase

/// Everything that the principals of a session must agree on before any of them sends a protocol message.
///
/// The canonical encoding is what ``agreementHash`` and the session id are made from: length-prefixed fields in a
/// fixed order (docs/protocols/session.md). ``attempt`` is the one field that is negotiated (maximum over all
/// principals), so it enters the session id and not the agreement hash.
public struct SessionDescription: Sendable, Hashable {
  /// One principal: its place in the mesh, its name in the study, and its public identity key.
  public struct Principal: Sendable, Hashable {
    /// Place of the principal in the mesh.
    public var index: PartyIndex
    /// Name of the principal, as the study has it.
    public var name: String
    /// Public identity key, as bytes.
    public var identity: [UInt8]
    /// Whether it receives at least one output.
    public var isRecipient: Bool

    /// A principal; see the properties.
    public init(index: PartyIndex, name: String, identity: [UInt8], isRecipient: Bool) {
      self.index = index
      self.name = name
      self.identity = identity
      self.isRecipient = isRecipient
    }
  }

  /// A table and the principals that contribute rows to it, in the order of the concatenation.
  public struct Table: Sendable, Hashable {
    /// Name of the table, as the study has it.
    public var name: String
    /// The holders, in the order in which their rows follow one another.
    public var holders: [PartyIndex]
    /// Most rows of all holders together.
    public var maximumRows: Int
    /// Every holder announces exactly this many rows, so that its true number stays secret.
    public var padTo: Int?

    /// A table; see the properties.
    public init(name: String, holders: [PartyIndex], maximumRows: Int, padTo: Int? = nil) {
      self.name = name
      self.holders = holders
      self.maximumRows = maximumRows
      self.padTo = padTo
    }
  }

  /// A name and a value that all must have alike.
  public struct Parameter: Sendable, Hashable {
    /// Name of the parameter, unique in the description.
    public var name: String
    /// The value, in words or digits.
    public var value: String
    /// A parameter.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Name of the protocol that executes the program, adversary included ("replicated/semi-honest").
  public var protocolID: String
  /// Version of Parley; all principals run the same.
  public var version: String
  /// SHA-256 of the program.
  public var programHash: [UInt8]
  /// SHA-256 of the study.
  public var studyHash: [UInt8]
  /// Hash of the disclosure statement every principal has accepted.
  public var disclosureHash: [UInt8]
  /// Whatever else changes what is computed or sent (ring, chunk sizes, release rules), sorted by name.
  public var parameters: [Parameter]
  /// By index; the first ``computingCount`` compute.
  public var principals: [Principal]
  /// The number of computing parties.
  public var computingCount: Int
  /// The tables of the program, in its order.
  public var tables: [Table]
  /// Tells runs of one study apart.
  public var jobID: [UInt8]
  /// This principal's counter before the handshake, the agreed one after it.
  public var attempt: UInt64

  /// A description; see the properties.
  public init(
    protocolID: String, version: String, programHash: [UInt8], studyHash: [UInt8], disclosureHash: [UInt8],
    parameters: [Parameter], principals: [Principal], computingCount: Int, tables: [Table], jobID: [UInt8],
    attempt: UInt64 = 0
  ) {
    self.protocolID = protocolID
    self.version = version
    self.programHash = programHash
    self.studyHash = studyHash
    self.disclosureHash = disclosureHash
    self.parameters = parameters.sorted { $0.name < $1.name }
    self.principals = principals
    self.computingCount = computingCount
    self.tables = tables
    self.jobID = jobID
    self.attempt = attempt
  }

  /// The computing parties, by index.
  public var computing: [PartyIndex] { (0..<computingCount).map { PartyIndex($0) } }
  /// Their identity keys, by index.
  public var computingIdentities: [[UInt8]] { principals.prefix(computingCount).map(\.identity) }
  /// Whether the principal computes.
  public func isComputing(_ party: PartyIndex) -> Bool { party.rawValue < computingCount }
  /// Whether the principal contributes rows to a table.
  public func isHolder(_ party: PartyIndex) -> Bool { tables.contains { $0.holders.contains(party) } }
  /// Whether the principal receives an output.
  public func isRecipient(_ party: PartyIndex) -> Bool { principals[party.rawValue].isRecipient }
  /// Tables to which `party` contributes, ascending.
  public func tables(of party: PartyIndex) -> [Int] {
    tables.indices.filter { tables[$0].holders.contains(party) }
  }
  /// Principals that share a link with `party`: links join computing parties with everyone; two principals that
  /// do not compute have none.
  public func peers(of party: PartyIndex) -> [PartyIndex] {
    principals.map(\.index).filter { $0 != party && (isComputing(party) || isComputing($0)) }
  }
  /// The study's name of a principal, for messages.
  public func label(_ party: PartyIndex) -> String {
    guard principals.indices.contains(party.rawValue) else { return party.description }
    return principals[party.rawValue].name
  }

  // MARK: Canonical encoding

  /// The fields a mismatch is reported by, in the order in which they are compared.
  public enum Field: String, Sendable, Hashable, CaseIterable {
    /// Version of Parley.
    case version
    /// The engine's protocol.
    case protocolID = "protocol"
    /// The hash of the study.
    case study
    /// The hash of the program.
    case program
    /// The hash of the disclosure statement.
    case disclosure = "disclosure statement"
    /// Other things that must be alike.
    case parameters
    /// Who takes part, with which keys.
    case principals = "list of parties"
    /// Tables and their holders.
    case tables
    /// Which run of the study it is.
    case job
  }

  /// Canonical bytes of one field.
  public func encoding(of field: Field) -> [UInt8] {
    var out = CanonicalWriter()
    switch field {
    case .version: out.write(version)
    case .protocolID: out.write(protocolID)
    case .study: out.write(studyHash)
    case .program: out.write(programHash)
    case .disclosure: out.write(disclosureHash)
    case .parameters:
      out.write(list: parameters) { out, parameter in
        out.write(parameter.name)
        out.write(parameter.value)
      }
    case .principals:
      out.write(UInt32(computingCount))
      out.write(list: principals) { out, principal in
        out.write(UInt32(principal.index.rawValue))
        out.write(principal.name)
        out.write(principal.identity)
        out.write(principal.isRecipient)
      }
    case .tables:
      out.write(list: tables) { out, table in
        out.write(table.name)
        out.write(list: table.holders) { $0.write(UInt32($1.rawValue)) }
        out.write(UInt64(table.maximumRows))
        out.write(table.padTo != nil)
        out.write(UInt64(table.padTo ?? 0))
      }
    case .job: out.write(jobID)
    }
    return out.bytes
  }

  /// All fields but the attempt.
  public var canonicalBytes: [UInt8] {
    var out = CanonicalWriter()
    for field in Field.allCases { out.write(encoding(of: field)) }
    return out.bytes
  }

  /// What principals compare first.
  public var agreementHash: [UInt8] { Digest.sha256("parley/agreement/1", [canonicalBytes]) }

  /// Refuses a description that no session can be run with; a mistake of the caller or of the study.
  public func validate() throws(ParleyError) {
    func refuse(_ text: String) -> ParleyError {
      ParleyError(
        .init("study/session"), text, remedy: "correct the study and let every party sign it again")
    }
    guard principals.map(\.index.rawValue) == Array(principals.indices) else {
      throw refuse("parties are not numbered in order")
    }
    guard (1...principals.count).contains(computingCount) else {
      throw refuse("\(computingCount) computing parties among \(principals.count) parties")
    }
    guard principals.count <= Limits.principals else {
      throw refuse("more than \(Limits.principals) parties")
    }
    guard Set(principals.map(\.name)).count == principals.count,
      Set(principals.map(\.identity)).count == principals.count
    else { throw refuse("two parties share a name or an identity key") }
    guard parameters.count <= Limits.parameters,
      Set(parameters.map(\.name)).count == parameters.count,
      parameters.allSatisfy({ $0.name.utf8.count <= Limits.text && $0.value.utf8.count <= Limits.text })
    else { throw refuse("parameters are repeated or too many") }
    guard version.utf8.count <= Limits.text, protocolID.utf8.count <= Limits.text,
      jobID.count <= Limits.text, tables.count <= Limits.tables
    else { throw refuse("the version, protocol or job name or the list of tables is too long") }
    guard programHash.count == 32, studyHash.count == 32, disclosureHash.count == 32 else {
      throw refuse("a hash has not 32 bytes")
    }
    for table in tables {
      guard Set(table.holders).count == table.holders.count,
        table.holders.allSatisfy({ principals.indices.contains($0.rawValue) })
      else { throw refuse("table \(table.name) lists a holder twice or one that is no party") }
      guard table.maximumRows >= 0, table.padTo.map({ (0...table.maximumRows).contains($0) }) ?? true else {
        throw refuse("table \(table.name) is padded beyond its row limit, or the limit is negative")
      }
    }
    for principal in principals {
      let party = principal.index
      guard isComputing(party) || isHolder(party) || isRecipient(party) else {
        throw refuse("\(label(party)) has no role")
      }
    }
  }

  /// Bounds on what a peer may send in control messages.
  package enum Limits {
    /// The most principals of a session.
    package static let principals = 256
    /// The most parameters of a description.
    package static let parameters = 64
    /// The most tables of a program.
    package static let tables = 64
    /// The most bytes of a name, or of a value of a parameter.
    package static let text = 256
  }
}
