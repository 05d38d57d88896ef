package import ParleyBase
package import ParleyProgram

extension TableBuilder {
  private func pending() -> ParleyError { ParleyError(.invariant, "an operator that is not there yet") }

  /// The rows in which the bit is 1 (a condition that is unknown counts as 0).
  package mutating func filter(
    _ table: SecretTable, where condition: Program.NodeID
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// The rows in the order of the keys; rows with equal keys keep their order, or with `breakingTies` get a random one.
  package mutating func sorted(
    _ table: SecretTable, by keys: [TableOrder], breakingTies: Bool = false
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// LIMIT and OFFSET: of the rows in their order.
  package mutating func limited(
    _ table: SecretTable, to count: Int, offset: Int = 0
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// Valid rows first, in the order they had, in at most `bound` slots. More valid rows: nothing is shown.
  package mutating func compacted(
    _ table: SecretTable, bound: Int
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// One row for each combination of keys among the valid rows: the key columns, then the aggregates.
  package mutating func grouped(
    _ table: SecretTable, by keys: [Int], _ aggregates: [TableAggregate]
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// Aggregates over all rows: one row, also of an empty table.
  package mutating func aggregated(
    _ table: SecretTable, _ aggregates: [TableAggregate]
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// One of the rows with each combination of keys; nil: of all columns.
  package mutating func distinct(
    _ table: SecretTable, on keys: [Int]? = nil
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// Columns of the left table, then of the right one; of a semi or anti join those of the left alone.
  package mutating func join(
    _ left: SecretTable, _ right: SecretTable, on keys: [(left: Int, right: Int)], kind: JoinKind,
    unique: JoinUniqueness
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// Every row of the left table with every row of the right one.
  package mutating func cross(
    _ left: SecretTable, _ right: SecretTable
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// Rows of all tables, whose columns are of the same types; names are those of the first.
  package mutating func unionAll(_ tables: [SecretTable]) throws(ParleyError) -> SecretTable { throw pending() }
  /// Different rows that are in both.
  package mutating func intersection(
    _ left: SecretTable, _ right: SecretTable
  ) throws(ParleyError) -> SecretTable { throw pending() }
  /// Different rows of the left table that are not in the right one.
  package mutating func difference(
    _ left: SecretTable, _ right: SecretTable
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// The columns of the table, then those of the functions.
  package mutating func window(
    _ table: SecretTable, partition: [Int], order: [TableOrder], _ functions: [WindowFunction]
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// One row: the smallest value such that at least numerator / denominator of the values are not above it.
  package mutating func quantile(
    _ table: SecretTable, of column: Int, numerator: Int, denominator: Int, name: String
  ) throws(ParleyError) -> SecretTable { throw pending() }
  /// One row: the middle value, or the mean of the two middle ones.
  package mutating func median(
    _ table: SecretTable, of column: Int, name: String
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// round(numerator / denominator) to `places` decimals, halves upwards, for a numerator in units of 10^-scale.
  package mutating func ratio(
    _ numerator: Program.NodeID, scale: Int, over denominator: Program.NodeID, places: Int
  ) throws(ParleyError) -> Program.NodeID { throw pending() }

  /// Rows of groups with fewer than `minimum` rows are no rows any more; where those that were dropped have fewer
  /// together, the smallest of the others goes too.
  package mutating func withholding(
    _ table: SecretTable, counts: Int, below minimum: Int
  ) throws(ParleyError) -> SecretTable { throw pending() }

  /// Opens the valid rows to the recipients.
  package mutating func disclose(
    _ table: SecretTable, name: String, recipients: [String], isOrdered: Bool,
    precisions: [Int: String] = [:]
  ) throws(ParleyError) { throw pending() }
}
