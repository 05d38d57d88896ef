public import ParleyAnalysis
public import ParleyBase
public import ParleyCrypto
public import ParleyProgram
public import ParleySQL

/// What a group of organisations agreed to compute: who takes part in which role, on which data, with which
/// queries, under which rules. Read from a study file by ``StudyLoader``; `docs/study-file.md` describes it.
public struct Study: Sendable, Hashable {
  /// What it is called in statements and receipts.
  public var name: String
  /// What it is about, for people; part of what is agreed on.
  public var description: String
  /// The parties, in the order of the file.
  public var parties: [Party]
  /// Names of the computing parties in mesh order.
  public var computing: [String]
  /// The tables, in the order of the file.
  public var tables: [Table]
  /// The queries, in the order of the file.
  public var queries: [Query]
  /// The analyses, in the order of the file.
  public var analyses: [Analysis]
  /// Protocol and adversary.
  public var security: Security
  /// Who receives results, and what is withheld.
  public var release: Release
  /// Seconds that a link may be down before the run ends.
  public var patience: Int
  /// Seconds that the whole run may take; nil for no limit.
  public var deadline: Int?
  /// A party refuses to run while a role has not signed.
  public var requiresSignatures: Bool
  /// The file it was read from, for messages; not part of the canonical bytes.
  public var file: String

  /// A study; see the properties. Nothing is checked: ``StudyLoader`` does that.
  public init(
    name: String, description: String, parties: [Party], computing: [String], tables: [Table],
    queries: [Query], analyses: [Analysis] = [], security: Security, release: Release, patience: Int = 60,
    deadline: Int? = nil,
    requiresSignatures: Bool = true, file: String = "study"
  ) {
    self.name = name
    self.description = description
    self.parties = parties
    self.computing = computing
    self.tables = tables
    self.queries = queries
    self.analyses = analyses
    self.security = security
    self.release = release
    self.patience = patience
    self.deadline = deadline
    self.requiresSignatures = requiresSignatures
    self.file = file
  }
}

extension Study {
  /// Somebody who takes part.
  public struct Party: Sendable, Hashable {
    /// Name of the party, unique in the study.
    public var name: String
    /// Who runs it; two of the computing parties may not name the same one. Empty when not given.
    public var organisation: String
    /// Absent in a study that is only tried on one machine.
    public var key: PublicIdentity?
    /// Where the others reach it; absent for a party that only dials out.
    public var endpoint: Endpoint?
    /// In the study file, from 1; 0 where it is not known.
    public var line: Int

    /// A party; see the properties.
    public init(
      name: String, organisation: String = "", key: PublicIdentity? = nil, endpoint: Endpoint? = nil,
      line: Int = 0
    ) {
      self.name = name
      self.organisation = organisation
      self.key = key
      self.endpoint = endpoint
      self.line = line
    }
  }

  /// `host:port`; an IPv6 address stands in brackets.
  public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address.
    public var host: String
    /// Port, 1 to 65535.
    public var port: Int
    /// An endpoint.
    public init(host: String, port: Int) {
      self.host = host
      self.port = port
    }
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  /// What a party does: it brings rows, computes, or receives results.
  public enum Role: String, Sendable, Hashable, CaseIterable {
    /// It brings rows; it computes; it receives results.
    case holder, computing, recipient
  }

  /// A table of the study and how its files are read.
  public struct Table: Sendable, Hashable {
    /// What the program sees of it.
    public var schema: TableSchema
    /// Parallel to the columns of the schema: what the program does not need but readers and writers do.
    public var columns: [ColumnDetails]
    /// How the holders' files are written, unless ``dialects`` says otherwise.
    public var dialect: CSVDialect
    /// Holders whose files are written in another way.
    public var dialects: [String: CSVDialect]
    /// What becomes of rows with a bad cell.
    public var badRows: BadRows
    /// More bad rows than this in one holder's file are refused, whatever ``badRows`` says.
    public var badRowsLimit: BadRowsLimit?
    /// In the study file, from 1; 0 where it is not known.
    public var line: Int

    /// A table; see the properties.
    public init(
      schema: TableSchema, columns: [ColumnDetails], dialect: CSVDialect = CSVDialect(),
      dialects: [String: CSVDialect] = [:], badRows: BadRows = .refuse, badRowsLimit: BadRowsLimit? = nil,
      line: Int = 0
    ) {
      self.schema = schema
      self.columns = columns
      self.dialect = dialect
      self.dialects = dialects
      self.badRows = badRows
      self.badRowsLimit = badRowsLimit
      self.line = line
    }

    /// How a holder's files are written.
    public func dialect(of holder: String) -> CSVDialect { dialects[holder] ?? dialect }

    /// What a column is called in the files of a holder.
    public func header(of column: Int, holder: String) -> String {
      dialect(of: holder).columns[schema.columns[column].name] ?? columns[column].header
    }
  }

  /// A column as readers of files and writers of results see it.
  public struct ColumnDetails: Sendable, Hashable {
    /// The column's name in the holders' files.
    public var header: String
    /// Parallel to the values of a category: what is shown instead of the coded value. Empty without labels.
    public var labels: [String]
    /// Numbers with more decimals than are declared, and times with parts of a second, count as the nearest that is
    /// declared, halves away from zero.
    public var rounds: Bool
    /// The value of a category that stands for everything that is not declared.
    public var others: String?
    /// In the study file, from 1; 0 where it is not known.
    public var line: Int
    /// Details; see the properties.
    public init(
      header: String, labels: [String] = [], rounds: Bool = false, others: String? = nil, line: Int = 0
    ) {
      self.header = header
      self.labels = labels
      self.rounds = rounds
      self.others = others
      self.line = line
    }
  }

  /// What happens to a row with a cell that cannot be used.
  public enum BadRows: String, Sendable, Hashable, CaseIterable {
    /// Nothing is run; all bad rows (up to a hundred) are listed.
    case refuse
    /// The cell becomes NULL if its column is nullable; otherwise as ``refuse``.
    case null
    /// The row is left out and counted.
    case drop
  }

  /// How many rows of one holder may be dropped, or have cells made NULL.
  public enum BadRowsLimit: Sendable, Hashable, CustomStringConvertible {
    /// So many rows.
    case rows(Int)
    /// Of the holder's rows, in hundredths of a percent.
    case share(hundredths: Int)

    /// `12` or `2.5%`; nil for anything else, and for more than 100%.
    public init?(_ text: String) {
      guard text.hasSuffix("%") else {
        guard let count = Int(text), (0...StudyLimits.rows).contains(count), !text.hasPrefix("+") else {
          return nil
        }
        self = .rows(count)
        return
      }
      guard case .value(let share) = ExactNumber.parse(String(text.dropLast()), scale: 2),
        (0...10_000).contains(share)
      else { return nil }
      self = .share(hundredths: Int(share))
    }

    public var description: String {
      switch self {
      case .rows(let count): String(count)
      case .share(let hundredths): ExactNumber.text(Int64(hundredths), scale: 2) + "%"
      }
    }

    func allows(_ count: Int, of rows: Int) -> Bool {
      switch self {
      case .rows(let most): count <= most
      case .share(let hundredths): count * 10_000 <= rows * hundredths
      }
    }
  }

  /// A query of the study.
  public struct Query: Sendable, Hashable {
    /// Name of the query and of its result, unique in the study.
    public var name: String
    /// The query in SQL.
    public var sql: String
    /// The line of the study file in which the first line of the SQL stands.
    public var line: Int
    /// Where in the study file each part of the SQL stands; nil where its lines are lines of the file, from `line` on.
    public var places: QueryPlaces?
    /// The most rows that a join of it may have whose keys repeat on both sides; nil leaves it to the sizes of the tables.
    public var bound: Int?
    /// A query; see the properties.
    public init(name: String, sql: String, line: Int = 1, places: QueryPlaces? = nil, bound: Int? = nil) {
      self.name = name
      self.sql = sql
      self.line = line
      self.places = places
      self.bound = bound
    }
  }

  /// Protocol, adversary and verifier.
  public struct Security: Sendable, Hashable {
    /// How values are shared.
    public enum SharingProtocol: String, Sendable, Hashable, CaseIterable {
      /// Among three parties, of which two have each share.
      case replicated
      /// Between two parties, with products prepared by oblivious transfer.
      case additive

      /// How many parties compute.
      public var partyCount: Int { self == .replicated ? 3 : 2 }
    }
    /// Whom a run withstands.
    public enum Adversary: String, Sendable, Hashable, CaseIterable {
      /// Computing parties run the agreed program, and may try to learn from what they see.
      case semiHonest = "semi-honest"
      /// One computing party may deviate in any way, and holders may lie about ranges.
      case malicious
    }
    /// How a deviation is found where the adversary is malicious.
    public enum Verifier: String, Sendable, Hashable, CaseIterable {
      /// Left to the planner.
      case auto
      /// Distributed zero-knowledge proofs about the messages that were sent.
      case proofs
      /// Authenticated values: every product is computed a second time with a secret factor.
      case macs
    }
    /// How values are shared.
    public var sharing: SharingProtocol
    /// Whom a run withstands.
    public var adversary: Adversary
    /// Has a meaning only where the adversary is malicious.
    public var verifier: Verifier
    /// In the study file, from 1; 0 where it is not known.
    public var line: Int
    /// Security; see the properties.
    public init(
      sharing: SharingProtocol = .replicated, adversary: Adversary, verifier: Verifier = .auto, line: Int = 0
    ) {
      self.sharing = sharing
      self.adversary = adversary
      self.verifier = verifier
      self.line = line
    }
  }

  /// Who receives results, and what is withheld.
  public struct Release: Sendable, Hashable {
    /// As the study says it, at least 0; what holds is ``effectiveMinimum``.
    public var minimumCell: Int
    /// Names of parties.
    public var recipients: [String]
    /// Queries may release rows of single records.
    public var allowsRows: Bool
    /// What the largest units of a sum may make up of it; empty: no such rule.
    public var dominance: [ReleaseRules.Dominance]
    /// In the study file, from 1; 0 where it is not known.
    public var line: Int
    /// Rules; see the properties.
    public init(
      minimumCell: Int, recipients: [String], allowsRows: Bool = false, dominance: [ReleaseRules.Dominance] = [],
      line: Int = 0
    ) {
      self.dominance = dominance
      self.minimumCell = minimumCell
      self.recipients = recipients
      self.allowsRows = allowsRows
      self.line = line
    }

    /// Groups of fewer protected units are withheld; 0 or 1, which takes `allowsRows`, turns the rule off. Where rows may not be
    /// released nothing rests on a single unit, whatever the study's minimum says.
    public var effectiveMinimum: Int { allowsRows ? minimumCell : max(minimumCell, 2) }
  }
}

extension Study {
  /// What front ends bind names against.
  public var schemas: [TableSchema] { tables.map(\.schema) }
  /// What front ends judge queries by.
  public var rules: ReleaseRules {
    ReleaseRules(
      minimumCell: release.effectiveMinimum, recipients: release.recipients, allowsRowRelease: release.allowsRows,
      dominance: release.dominance)
  }

  /// The party of this name.
  public func party(_ name: String) -> Party? { parties.first { $0.name == name } }
  /// The table of this name.
  public func table(_ name: String) -> Table? { tables.first { $0.schema.name == name } }

  /// Holders of any table, in the order of the parties.
  public var holders: [String] {
    let all = Set(tables.flatMap(\.schema.holders))
    return parties.map(\.name).filter(all.contains)
  }

  /// What a party does in this study; nothing for a name that is none.
  public func roles(of name: String) -> Set<Role> {
    var roles: Set<Role> = []
    if computing.contains(name) { roles.insert(.computing) }
    if tables.contains(where: { $0.schema.holders.contains(name) }) { roles.insert(.holder) }
    if release.recipients.contains(name) { roles.insert(.recipient) }
    return roles
  }

  /// Names by ``PartyIndex``: the computing parties first, then everybody else in the order of the file.
  public var meshOrder: [String] {
    computing + parties.map(\.name).filter { !computing.contains($0) }
  }
  /// A party's place in ``meshOrder``.
  public func index(of name: String) -> PartyIndex? {
    meshOrder.firstIndex(of: name).map { PartyIndex($0) }
  }

  /// The same study with other keys, as a trial on one machine with ephemeral keys needs.
  public func withKeys(_ keys: [String: PublicIdentity]) -> Study {
    var copy = self
    for position in copy.parties.indices {
      if let key = keys[copy.parties[position].name] { copy.parties[position].key = key }
    }
    return copy
  }
}
