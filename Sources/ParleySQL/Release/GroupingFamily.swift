/// Groupings of one table that are made from common keys, such as two cross tables that share a variable.
///
/// All have the keys of the *spine*, and any two of them nothing else in common; one may be the spine alone. Cells with the same
/// values of these keys are a stratum, and what is withheld is decided within each: `docs/proofs/suppression.md`.
struct GroupingFamily {
  /// Empty for a grouping that shares nothing with another.
  var spine: Set<Expression>
  /// The different sets of keys, in the order of the queries.
  var groupings: [Set<Expression>]

  /// Two queries whose groupings fit into no family.
  struct Conflict: Error {
    var query: LogicalQuery
    var other: LogicalQuery
    /// Columns that groups of both are made from.
    var columns: Set<ColumnID>
  }

  /// - Parameter queries: over one table.
  static func families(of queries: [LogicalQuery]) throws(Conflict) -> [GroupingFamily] {
    var families: [GroupingFamily] = []
    var first: [Set<Expression>: LogicalQuery] = [:]
    for query in queries where !query.keys.isEmpty && first[query.keySet] == nil {
      first[query.keySet] = query
      let related = families.indices.filter { index in
        families[index].groupings.contains { !sources($0).isDisjoint(with: sources(query.keySet)) }
      }
      var joined = GroupingFamily(spine: [], groupings: [])
      for index in related {
        if joined.groupings.isEmpty { joined.spine = families[index].spine }
        joined.groupings += families[index].groupings
      }
      for keys in joined.groupings {
        let shared = keys.intersection(query.keySet)
        let columns = sources(keys).intersection(sources(query.keySet))
        let isCommon = sources(shared) == columns && !shared.isEmpty
        if related.count == 1, isCommon, joined.spine.isEmpty || joined.spine == shared {
          joined.spine = shared
        } else {
          let other = first[keys] ?? query
          let overlapping = columns.isEmpty ? sources(keys) : columns
          throw Conflict(query: query, other: other, columns: overlapping)
        }
      }
      joined.groupings.append(query.keySet)
      for index in related.reversed() { families.remove(at: index) }
      families.append(joined)
    }
    return families
  }

  private static func sources(_ keys: Set<Expression>) -> Set<ColumnID> {
    keys.reduce(into: []) { $0.formUnion($1.columns) }
  }
}
