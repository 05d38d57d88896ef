/// What decides, inside the computation, whether a group may be shown: how many different units must stand behind it.
///
/// Definition: `docs/proofs/suppression.md`. Every column is one of the aggregation's input.
struct ReleaseMark {
  /// Units of one kind among the rows of the aggregation's input.
  struct Units: Hashable {
    /// Names the unit; nil where a row is one, so that counting rows counts units.
    var column: ColumnID?
    /// Some rows have no unit.
    var isNullable: Bool
    /// A unit may have rows in several groups.
    var isInSeveralGroups: Bool
    /// Tables whose numbers of rows are public, and whose rows are the units: how many are in no group follows from the
    /// counts of the groups.
    var counted: [String]
  }

  /// Rows that must hold no unit, or enough.
  struct Contributors: Hashable {
    /// A condition that is never NULL; nil: all rows.
    var column: ColumnID?
    /// The fewest units that are enough.
    var threshold: Int
  }

  /// Few units may make up no more than this of a sum. Both columns are statistics of the grouping that are never shown.
  struct Dominance: Hashable {
    /// What the largest units bring together.
    var largest: ColumnID
    /// What all bring.
    var total: ColumnID
    var percent: Int
  }

  /// Empty where nobody is protected: then every group is shown.
  var units: [Units]
  var contributors: [Contributors]
  var dominance: [Dominance] = []
  /// Every group is of one unit of some kind, so that none may be shown and nothing has to be counted.
  var isOfOneUnit = false

  /// Whether groups are compared by the number of these units, and not by their rows: no other units are counted, and every row has
  /// one. Beside units that are rows, of which a group has at least as many, these must never protect each other by their numbers alone.
  func isCompared(_ units: Units) -> Bool {
    guard units.column != nil, !units.isNullable else { return false }
    return self.units.allSatisfy { other in
      other == units || other.column == nil && !other.isNullable && units.isInSeveralGroups
    }
  }

  /// Columns that it reads.
  var columns: Set<ColumnID> {
    Set(units.compactMap(\.column) + contributors.compactMap(\.column))
  }
}
