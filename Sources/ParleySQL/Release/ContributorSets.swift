import BigInt
import ParleyBase
import ParleyProgram

/// The sets of rows that must each be none or enough in every cell, for queries with the same keys.
struct ContributorSets {
  private enum Counting {
    case rows(Expression)
    /// Rows in which a condition is true, and those in which it is not.
    case both(Expression, complement: Expression)
  }
  /// Of the queries.
  private let own: [StatisticSets]
  private var list: [Counting] = []
  /// All of them, those included that are counted for the statistics.
  private(set) var all: Set<Expression> = []
  /// Those that WHERE clauses set apart.
  private(set) var clauses: Set<Expression> = []

  /// - Parameters:
  ///   - queries: with the same keys.
  ///   - everySets: by name of every query of the study over the table, whose conditions could be subtracted from these.
  /// - Throws: `plan/release-argument` where these have too many conditions, `plan/too-large`
  init(
    of queries: [LogicalQuery], among everySets: [(name: String, sets: StatisticSets)]
  ) throws(ParleyError) {
    var (own, others, filters): ([StatisticSets], [Expression], [Expression]) = ([], [], [])
    var summands: [ReleaseArgument.Summand] = []
    var toldConditions: [RowPartition.Told] = []
    var toldSummands: [(told: RowPartition.Told, factors: Set<Expression>)] = []
    var toldWholes: [(told: RowPartition.Told, factors: Set<Expression>)] = []
    let ids = Set(queries.map(\.source.query.name))
    func conditions(_ sets: StatisticSets) -> [RowPartition.Told] {
      var own = Set(sets.conditions.map(\.set))
      return sets.conditions + sets.toldPresences().filter { own.insert($0.set).inserted }
    }
    let steps = everySets.flatMap(\.sets.steps)
    let addedUp = everySets.reduce(into: Set<ColumnID>()) { $0.formUnion($1.sets.addedUp) }
    for (name, sets) in everySets {
      for condition in conditions(sets) {
        toldConditions.append(condition)
        if !others.contains(condition.set) { others.append(condition.set) }
      }
      for summand in sets.summands where !summands.contains(summand) { summands.append(summand) }
      toldSummands += sets.toldSummands
      toldWholes += sets.toldWholes
      if let clause = sets.clause, !filters.contains(clause) { filters.append(clause) }
      if ids.contains(name) { own.append(sets) }
    }
    self.own = own
    for sets in own {
      try sets.check(others)
      try sets.check(steps: steps, addedUp: addedUp)
      try sets.check(unread: toldConditions.filter { !$0.isOfPair }.map(\.base))
      all.formUnion(sets.counted)
      for condition in sets.contributors {
        // The same statistic under two clauses is one of the rows that pass one and not the other.
        for set in [condition] + filters.map({ sets.difference(condition, $0) }) { add(set) }
      }
      for summand in sets.summands {
        for other in summands where other.factors == summand.factors && other.rows != summand.rows {
          for set in sets.left(of: summand, without: other) + sets.left(of: other, without: summand) { add(set) }
        }
      }
      for condition in conditions(sets).map(\.set) {
        try sets.check(others)
        if case .boolean = condition { continue }
        let complement = sets.complement(condition)
        if !all.contains(condition) || !all.contains(complement) {
          all.formUnion([condition, complement])
          list.append(.both(condition, complement: complement))
        }
        for other in others where other != condition {
          add(sets.difference(condition, other))
          add(sets.difference(other, condition))
          add(sets.both(condition, other))
          add(sets.neither(condition, other))
        }
      }
      for filter in filters {
        try sets.check(others)
        clauses.formUnion([filter, sets.complement(filter)] + filters.map { sets.difference(filter, $0) })
      }
    }
    guard let first = own.first else { return }
    let ownSets = own.reduce(into: Set<Expression>()) {
      $0.formUnion(conditions($1).map(\.set) + $1.summands.map(\.rows) + $1.toldWholes.map(\.told.set))
    }
    let parts = try first.parts(
      of: toldConditions, toldSummands, wholes: toldWholes, where: { ownSets.contains($0) })
    for part in parts { add(part) }
  }

  private mutating func add(_ set: Expression) {
    if case .boolean = set { return }
    if all.insert(set).inserted { list.append(.rows(set)) }
  }

  /// - Parameter cells: of all rows where WHERE clauses are mixed, else of those that pass the one that there is.
  /// - Returns: rows of each set in each cell, side by side; without those that are counted for the statistics.
  func counts(
    in cells: GroupCells, _ lowering: inout RowLowering
  ) throws(ParleyError) -> [(set: Expression, rows: Program.NodeID)] {
    var result: [(set: Expression, rows: Program.NodeID)] = []
    guard let sets = own.first else { return [] }
    for item in list {
      switch item {
      case .rows(let set):
        result.append((set, try lowering.counts(of: try lowering.bit(set, of: sets), in: cells)))
      case .both(let condition, let complement):
        // One of the two is counted, and the statistics may have its bit already.
        let isKnown = lowering.knownBit(condition) == nil && lowering.knownBit(complement) != nil
        let (counted, other) = isKnown ? (complement, condition) : (condition, complement)
        let rows = try lowering.counts(of: try lowering.bit(counted, of: sets), in: cells)
        result.append((counted, rows))
        result.append((other, try lowering.builder.subtract(cells.counts, rows)))
      }
    }
    return result
  }
}

extension RowLowering {
  fileprivate mutating func bit(_ condition: Expression, of sets: StatisticSets) throws(ParleyError)
    -> Program.NodeID
  {
    if let known = knownBit(condition) { return known }
    let formula = try sets.formula(condition)
    return builder.input(
      .init(table: tableID, column: formula.description, role: .value, sort: .bit, formula: formula))
  }

  /// The bit that statistics compute anyway for a comparison with a constant.
  fileprivate func knownBit(_ condition: Expression) -> Program.NodeID? {
    let forms: [Expression]
    switch condition {
    case .column: forms = [condition]
    case .compare(.less, .integer(let k), .column(let id)):
      forms = [condition, .compare(.lessOrEqual, .integer(k + 1), .column(id))]
    case .compare(.less, .column(let id), .integer(let k)):
      forms = [condition, .compare(.lessOrEqual, .column(id), .integer(k - 1))]
    case .compare(.equal, .column(let id), .integer(let k)):
      forms = [condition, .compare(.equal, .integer(k), .column(id))]
    default: return nil
    }
    for form in forms {
      if let known = knownCondition(form) { return known }
    }
    return nil
  }
}

extension Array {
  /// Elements with the same key, in the order in which keys are met, so that a program does not depend on the order of a
  /// dictionary.
  func parted<Key: Hashable>(by key: (Element) -> Key) -> [[Element]] {
    var places: [Key: Int] = [:]
    var parts: [[Element]] = []
    for element in self {
      let key = key(element)
      if let place = places[key] {
        parts[place].append(element)
      } else {
        places[key] = parts.count
        parts.append([element])
      }
    }
    return parts
  }
}
