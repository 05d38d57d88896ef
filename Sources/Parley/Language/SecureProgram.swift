internal import ParleyBase
internal import ParleyProgram
internal import ParleyStudy

/// Somebody who takes part in a ``SecureProgram``. A text literal is a party of that name.
public struct Party: Hashable, Sendable, ExpressibleByStringLiteral {
  /// The name that tables and results use, unique in the program.
  public var name: String
  /// Who runs it: no organisation may run two computing parties. The name when not given.
  public var organisation: String
  /// The text of its public key (``PartyIdentity/publicKey``); needed to run between machines.
  public var key: String?
  /// `host:port` where others reach it; nil for a party that only dials out.
  public var endpoint: String?

  /// A party; key and endpoint are needed only to run between machines.
  ///
  /// - Parameters:
  ///   - name: as tables and results name it.
  ///   - organisation: who runs it; `name` if nil.
  ///   - key: the text of its public key.
  ///   - endpoint: `host:port`, or nil where nobody calls this party.
  public init(_ name: String, organisation: String? = nil, key: String? = nil, endpoint: String? = nil) {
    self.name = name
    self.organisation = organisation ?? name
    self.key = key
    self.endpoint = endpoint
  }
  /// A party of this name, which is also its organisation.
  public init(stringLiteral name: String) { self.init(name) }
}

/// A computation over private data of several parties, written in Swift.
///
/// Declare tables and their columns, compute with them, and ``SecretScalar/reveal(to:as:file:line:)`` what may come
/// out. Nothing is computed while you write: the program is data, which ``prepared()`` checks (ranges, sizes, names)
/// and refuses with the file and line of the Swift call at fault.
///
/// Build a program on one task; what ``prepared()`` returns can be sent anywhere.
public final class SecureProgram {
  /// What the statement is headed with; part of what the parties compare.
  public let title: String
  let workshop: Workshop
  let parties: [Party]
  let computingCount: Int
  let adversary: Adversary
  /// The smallest number of units that a result may rest on; 0 where there is no minimum.
  var effectiveMinimum: Int { workshop.minimum }
  private(set) var tables: [SecureTable] = []

  /// Whom a table is about.
  public enum Protection: Sendable, Hashable {
    /// Every row is a unit of its own.
    case rows
    /// The column of this name, which is never missing, names the unit; units of one name are the same in all tables.
    case units(String, column: String)
    /// Nobody: a reference table such as a price list.
    case nobody
  }

  /// Whether results may tell of single rows.
  public enum RowRelease: Sendable, Hashable {
    /// Whatever is revealed rests on 2 units at least.
    case forbidden
    /// With a `minimumCell` of 0 or 1, nothing is withheld or refused. The statement says so.
    case allowed
  }

  /// How much of a sum its largest units may make up. Where they make up more, it would tell their values to within a few percent, and is
  /// withheld, with all results about the table.
  public struct Dominance: Sendable, Hashable {
    let limit: ReleaseRules.Dominance

    /// Of values that can be negative, absolute values count; of a unit with several rows, what these add up to.
    ///
    /// - Parameters:
    ///   - units: so many together, 1 to 100.
    ///   - percent: of the sum of all, 1 to 99.
    public static func largest(_ units: Int = 1, percent: Int) -> Dominance {
      Dominance(limit: .init(units: units, percent: percent))
    }
  }

  /// Whom a run withstands.
  public enum Adversary: String, Sendable, Hashable, CaseIterable {
    /// Every computing party runs the agreed program, and tries to learn from what it sees.
    case semiHonest = "semi-honest"
    /// One computing party may deviate in any way, and holders may lie about ranges: the run then ends before any output.
    case malicious
  }

  /// Declares who takes part, and what results may tell.
  ///
  /// What is wrong here is told by ``prepared()``.
  ///
  /// - Parameters:
  ///   - title: of the disclosure statement.
  ///   - computing: the three computing parties, of three organisations.
  ///   - others: who holds data or receives results without computing.
  ///   - minimumCell: what is revealed rests on nobody or at least so many of the units that tables protect, 2 to 1,000,000, or is
  ///     withheld; `docs/release-rules.md`. 0 or 1 needs `rows: .allowed`.
  ///   - rows: whether results may tell of single rows.
  ///   - dominance: sums and means in which few units make up most are withheld; none: there is no such rule. It needs a minimum.
  ///   - adversary: whom the run withstands; part of what the parties compare.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public init(
    _ title: String, computing: [Party], others: [Party] = [], minimumCell: Int = 2,
    rows: RowRelease = .forbidden, dominance: [Dominance] = [], adversary: Adversary = .semiHonest,
    file: String = #fileID, line: Int = #line
  ) {
    self.title = title
    self.adversary = adversary
    parties = computing + others
    workshop = Workshop(
      parties: parties.map(\.name), minimum: rows == .allowed && minimumCell < 2 ? 0 : max(2, minimumCell),
      dominance: dominance.map(\.limit))
    computingCount = computing.count
    let site = CallSite(file: file, line: line)
    if !(0...1_000_000).contains(minimumCell) || rows == .forbidden && minimumCell < 2 {
      _ = workshop.fail(
        "study/value", "minimumCell is \(minimumCell): what is revealed must rest on 2 to 1000000 units", at: site,
        remedy:
          "give a number from 2 to 1000000; or, where everybody agrees that results may rest on single rows, write 'minimumCell: 0, rows: .allowed'"
      )
    }
    checkDominance(at: site)
    if Set(parties.map(\.name)).count < parties.count {
      _ = workshop.fail(
        "study/duplicate", "two parties have one name", at: site, remedy: "give every party a name of its own")
    }
    for (index, party) in computing.enumerated() {
      let other = computing[..<index].first {
        $0.name != party.name
          && ($0.organisation == party.organisation
            || OrganisationName.isSame($0.organisation, party.organisation))
      }
      if let other {
        _ = workshop.fail(
          "study/one-organisation",
          "'\(party.organisation)' would run \(computing.count == 2 ? "both" : "two of the three") computing parties, '\(other.name)' and '\(party.name)', and with both of them see all data",
          at: site, remedy: "let another organisation run one of them")
      }
    }
  }

  private func checkDominance(at site: CallSite) {
    for limit in workshop.dominance where !(1...100).contains(limit.units) || !(1...99).contains(limit.percent) {
      _ = workshop.fail(
        "study/value", "dominance is of the \(limit.units) largest and \(limit.percent) percent", at: site,
        remedy: "give 1 to 100 units and 1 to 99 percent, as in '.largest(2, percent: 85)'")
    }
    if !workshop.dominance.isEmpty, workshop.minimum < 2 {
      _ = workshop.fail(
        "study/value", "there is a rule of dominance, and a result may rest on a single row all the same",
        at: site,
        remedy: "give a minimumCell from 2, or leave 'dominance' out")
    }
  }

  /// A table: the union of its holders' rows.
  ///
  /// - Parameters:
  ///   - name: unique in the program.
  ///   - holders: names of parties, each of which brings rows.
  ///   - maximumRows: of all holders together; sums are checked for this many.
  ///   - padTo: every holder shares exactly this many rows, so that its number of rows stays secret below it. Nil:
  ///     everybody sees how many there are.
  ///   - protect: whom the rows are about, and so what `minimumCell` counts. Stated to everybody, and part of what the parties compare.
  ///   - allowsExtremes: the owners of the rows agree that smallest and largest values are shown, which are refused under a minimum
  ///     otherwise; stated likewise.
  ///   - tellsMissingValues: the owners agree that results tell how many values are missing, also those of a few; stated likewise.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func table(
    _ name: String, holders: [String], maximumRows: Int, padTo: Int? = nil, protect: Protection = .rows,
    allowsExtremes: Bool = false, tellsMissingValues: Bool = false, file: String = #fileID, line: Int = #line
  ) -> SecureTable {
    let site = CallSite(file: file, line: line)
    workshop.check(holders, "holder", at: site)
    if tables.contains(where: { $0.schema.name == name }) {
      _ = workshop.fail("study/duplicate", "two tables are called \(name)", at: site, remedy: "rename one of them")
    }
    let limit = padTo.map { $0.multipliedReportingOverflow(by: holders.count) }
    if maximumRows < 1 || limit.map({ $0.overflow || $0.partialValue > maximumRows }) ?? false
      || padTo.map({ $0 < 0 }) ?? false
    {
      _ = workshop.fail(
        "study/value", "table \(name): \(maximumRows) rows are less than 1 or than the padding of all holders",
        at: site,
        remedy: "raise maximumRows, or lower padTo")
    }
    let id = workshop.builder.table(.init(name: name, holders: holders, maximumRows: maximumRows))
    if protect != .nobody { workshop.protected.insert(id) }
    let schema = TableSchema(
      name: name, columns: [], holders: holders, maximumRows: maximumRows, padTo: padTo,
      protection: protect.declared, allowsExtremes: allowsExtremes,
      tellsMissingValues: tellsMissingValues)
    let table = SecureTable(workshop: workshop, id: id, schema: schema, site: site)
    tables.append(table)
    return table
  }
}

extension SecureProgram.Protection {
  fileprivate var declared: TableSchema.Protection {
    switch self {
    case .rows: .rows
    case .units(let name, let column): .units(name: name, column: column)
    case .nobody: .nothing
    }
  }
}
