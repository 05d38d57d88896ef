import ParleyBase
import ParleyProgram

/// Which groupings of a table decide whether the statistics of others may be shown: those that are made from what is added up there
/// (`docs/proofs/suppression.md`, *Bands and sums*).
///
/// With most counts of `GROUP BY x / 10` a sum or mean of x over all rows tells how many are in the groups that are withheld. So where one of
/// these is withheld, so are the statistics of x over other groups.
struct BandedStatistics {
  private let queries: [LogicalQuery]

  /// - Parameter queries: all of the study over one table.
  init(_ queries: [LogicalQuery]) { self.queries = queries }

  /// Groupings of which a withheld cell withholds all of this one, by the first query of each, in the order of the queries. Where what
  /// withholds this one may be withheld for another, that one is among them.
  func deciding(_ id: GroupedCells.ID) -> [LogicalQuery] {
    var found: [GroupedCells.ID] = []
    var open = [id]
    while let next = open.popLast() {
      let summed = columnsAddedUp(in: next)
      for query in queries where !query.keys.isEmpty {
        let other = GroupedCells.ID(query)
        let sources = query.keys.reduce(into: Set<ColumnID>()) { $0.formUnion($1.expression.columns) }
        guard other != next, !found.contains(other), !sources.isDisjoint(with: summed) else { continue }
        found.append(other)
        open.append(other)
      }
    }
    var seen: Set<GroupedCells.ID> = [id]
    return queries.filter { query in
      let other = GroupedCells.ID(query)
      return found.contains(other) && seen.insert(other).inserted
    }
  }

  private func columnsAddedUp(in id: GroupedCells.ID) -> Set<ColumnID> {
    var columns: Set<ColumnID> = []
    for query in queries where GroupedCells.ID(query) == id {
      for statistic in query.statistics where restricts(statistic, of: query) {
        for argument in statistic.arguments { columns.formUnion(argument.columns) }
      }
    }
    return columns
  }

  /// It says of how many rows are in a group more than that there are some. The least and the greatest value of all rows say no more; those of several
  /// sets of rows are different rows.
  private func restricts(_ statistic: Statistic, of query: LogicalQuery) -> Bool {
    switch statistic.function {
    case .countRows, .count: return false
    case .minimum, .maximum:
      guard case .column = statistic.arguments[0], query.keys.isEmpty else { return true }
      return queries.contains { $0.filter != query.filter }
    case .sum, .average, .variance, .deviation, .correlation, .median, .quantile: return true
    }
  }
}

extension GroupedCells {
  /// With all of it withheld where a cell of one of these groupings is.
  ///
  /// - Parameter others: decided by themselves.
  func withheld(
    with others: [GroupedCells], _ lowering: inout RowLowering
  ) throws(ParleyError) -> GroupedCells {
    var isBanded: Program.NodeID?
    for other in others {
      guard let isWithheld = other.decisions.first?.isWithheld else { continue }
      let isAny = try lowering.builder.any(isWithheld)
      isBanded =
        try isBanded.map { (bit) throws(ParleyError) in
          try lowering.builder.or(bit, isAny)
        } ?? isAny
    }
    guard let isBanded else { return self }
    var result = self
    for (place, decision) in decisions.enumerated() {
      guard let isWithheld = decision.isWithheld else { continue }
      var new = decision
      let whole = try lowering.builder.or(isWithheld, isBanded)
      new.isWithheld = whole
      new.isHidden = whole
      if let isAbsent = decision.isAbsent {
        let isStillAbsent = try lowering.builder.and(isAbsent, try lowering.builder.not(isBanded))
        new.isAbsent = isStillAbsent
        new.isHidden = try lowering.builder.xor(isStillAbsent, whole)
      }
      if lowering.builder.isWatched { new.reasons[.banded] = isBanded }
      result.decisions[place] = new
    }
    return result
  }
}
