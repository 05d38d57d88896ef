public import ParleyBase
package import ParleyCrypto
package import ParleyNetwork

/// What all principals share once the handshake is through. Equal at all of them except for ``local`` and
/// ``keys``.
public struct EstablishedSession: Sendable {
  /// What was agreed, with the agreed attempt.
  public let description: SessionDescription
  /// Index of the party whose side this is.
  public let local: PartyIndex
  /// 32 bytes; names this run and no other, ever (docs/protocols/session.md#agreement).
  public let id: [UInt8]
  /// By table, the rows of each of its holders in the order of the table; padded where the study pads. Public.
  public let rows: [[Int]]
  /// Holders that leave once their inputs are acknowledged.
  public let leaving: Set<PartyIndex>
  /// Which computing parties have stayed: of all, until it is known at the end which have vanished (``SessionRoster``).
  package var roster: Roster
  /// The keys shared with the other computing parties; none at principals that do not compute. One instance for
  /// the session, because it carries the record of what has been used.
  package let keys: SessionKeys

  /// The digests by which holders' texts are compared; equal at all principals of the session.
  package var textDigester: SessionTextDigester { SessionTextDigester(sessionID: id) }

  /// The sizes as an executor wants them. Tables of the description are those of the program, in its order.
  package var shape: ExecutionShape {
    ExecutionShape(
      tables: zip(description.tables, rows).map { table, counts in
        zip(table.holders, counts).map { ExecutionShape.Part(holder: $0, rowCount: $1) }
      })
  }

  /// Rows of a table, all holders together.
  public func totalRows(table: Int) -> Int { rows[table].reduce(0, +) }
  /// Rows that `party` contributes to a table, or `nil` when it is no holder of it.
  public func rows(table: Int, of party: PartyIndex) -> Int? {
    description.tables[table].holders.firstIndex(of: party).map { rows[table][$0] }
  }
  /// Those that stay to the end and sign the receipt.
  public var staying: [PartyIndex] {
    description.principals.map(\.index).filter { !leaving.contains($0) && roster.departures[$0] == nil }
  }
}
