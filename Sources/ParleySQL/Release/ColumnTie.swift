import ParleyProgram

/// Columns of which a condition says how they go together, though it compares none with another: `(x = 1 AND y = 1) OR (x = 2 AND y = 2)`.
struct ColumnTie {
  var columns: Set<ColumnID>
  /// It may make one of them a function of another. `x > 60 OR c` alone does not: it says something of one where the other is not true.
  var isStrong: Bool

  /// - Parameter clauses: all are true in every row.
  static func ties(of clauses: [Expression]) -> [ColumnTie] {
    var ties: [ColumnTie] = []
    for clause in clauses.flatMap(\.simplified.conjuncts) where clause.columns.count > 1 {
      guard let parts = clause.alternatives else { continue }
      var tie = ColumnTie(columns: clause.columns, isStrong: !parts.allSatisfy { $0.columns.count < 2 })
      // Several together may say more than each.
      for other in ties where !other.columns.isDisjoint(with: tie.columns) {
        tie.columns.formUnion(other.columns)
        tie.isStrong = true
      }
      ties.removeAll { !$0.columns.isDisjoint(with: tie.columns) }
      ties.append(tie)
    }
    return ties
  }
}

extension Expression {
  /// Of a condition that is no comparison: what it is true by, one or the other; nil for a comparison.
  fileprivate var alternatives: [Expression]? {
    switch self {
    case .or: disjuncts
    case .not(.and(let a, let b)): a.conjuncts + b.conjuncts
    case .compare, .compareText, .not(.compare), .not(.compareText), .isNull, .not(.isNull): nil
    default: [self]
    }
  }
}
