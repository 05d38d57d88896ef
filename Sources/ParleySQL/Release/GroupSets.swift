import ParleyProgram

/// What the statistics of one group say about single rows, put together: the sets of rows that are counted.
struct GroupSets {
  /// What groups are made by.
  let keys: [Expression]
  /// Every two of them are compared.
  private(set) var conditions: [Expression] = []
  /// Those of them that say which of two values of its group a row has.
  private var pairs: Set<Expression> = []
  /// With the fewest units that are enough.
  private(set) var plain: [(set: Expression, threshold: Int)] = []
  /// What is added up.
  private(set) var summands: [ReleaseArgument.Summand] = []
  /// Sums of several terms, and what is divided, rounded or taken apart, as one value each.
  private(set) var wholes: [ReleaseArgument.Summand] = []
  /// Differences of two statistics of each unit that are added up, which are sums as well.
  private var unitDifferences: [ReleaseArgument.Summand] = []
  /// Rows in which what is added up is there.
  private var presences: [Expression] = []
  /// What is divided, rounded or taken apart, and added up.
  private(set) var steps: [Expression] = []
  private(set) var addedUp: Set<ColumnID> = []
  /// Two of these are of one column, or one is of a column that is added up as it is, so that their difference can pick single rows.
  private(set) var hasTwoSteps = false

  init(by keys: [Expression]) { self.keys = keys }

  mutating func add(_ condition: Expression, threshold: Int) {
    if let place = plain.firstIndex(where: { $0.set == condition }) {
      plain[place].threshold = max(plain[place].threshold, threshold)
    } else {
      plain.append((condition, threshold))
    }
  }
  mutating func take(_ argument: ReleaseArgument, threshold: Int) {
    for condition in argument.conditions {
      if argument.pairs.contains(condition), !conditions.contains(condition) { pairs.insert(condition) }
      if !argument.pairs.contains(condition) { pairs.remove(condition) }
      add(condition)
    }
    for condition in argument.contributors { add(condition, threshold: threshold) }
    for summand in argument.summands where !summands.contains(summand) { summands.append(summand) }
    for whole in argument.wholes where !wholes.contains(whole) { wholes.append(whole) }
    for step in argument.steps where !steps.contains(step) {
      if steps.contains(where: { !$0.columns.isDisjoint(with: step.columns) }) { hasTwoSteps = true }
      steps.append(step)
    }
    addedUp.formUnion(argument.addedUp)
    if steps.contains(where: { !$0.columns.isDisjoint(with: addedUp) }) { hasTwoSteps = true }
    for presence in argument.presences { note(presence) }
  }
  private mutating func add(_ condition: Expression) {
    if !conditions.contains(condition) { conditions.append(condition) }
  }

  /// - Parameter difference: of two sums, which follows from both.
  mutating func take(difference: ReleaseArgument.Summand, threshold: Int) {
    guard difference.rows != .boolean(false), !unitDifferences.contains(difference) else { return }
    unitDifferences.append(difference)
    add(difference.rows, threshold: threshold)
  }

  /// - Parameter presence: rows in which what is added up is there, where those in which it is not are known as well.
  mutating func note(_ presence: Expression) { presences.append(presence) }

  /// A mean tells how many values it is of, to whoever knows how many rows there are: few whole numbers over one another have its
  /// decimals. Two sums differ by the rows in which one of them is missing.
  mutating func comparePresences(_ facts: ReleaseArgument.Facts) {
    for presence in presences {
      let presence = facts.reduced(presence)
      if case .boolean = presence { continue }
      if !conditions.contains(facts.reduced(presence.isNotTrue)) { add(presence) }
    }
  }

  /// What two sums of one value leave of each other, and of that the rows that have no end of the values that are left.
  ///
  /// - Parameter clauses: what all rows meet.
  func differences(_ facts: ReleaseArgument.Facts, within clauses: [Expression]) -> [Expression] {
    var found: [Expression] = []
    for summands in [summands, unitDifferences] {
      for (index, summand) in summands.enumerated() {
        for other in summands[..<index] where other.factors == summand.factors {
          for (one, its) in [(summand, other), (other, summand)] {
            let (left, path) = (one.rows.andNot(its.rows), one.path.andNot(its.path))
            found += [left]
            found += facts.withoutEnds(of: summand.factors, in: left, of: path, where: clauses, keys: keys)
          }
        }
      }
    }
    return found
  }

  /// A condition about a column from which groups are made, and which is added up, leaves other values in each of them.
  func testsKeys(_ facts: ReleaseArgument.Facts, within clauses: [Expression]) -> Bool {
    let tested = conditions.filter { !pairs.contains($0) && !$0.saysOnlyWhatIsThere }.reduce(into: Set<ColumnID>())
    {
      $0.formUnion($1.columns)
    }
    let summed = (summands + wholes).reduce(into: Set<ColumnID>()) { found, summand in
      for factor in summand.factors { found.formUnion(factor.valueSources) }
    }
    return summed.intersection(tested).contains { id in
      let value = Expression.column(id)
      guard ValueGroups(of: value, madeBy: keys, facts) != nil else { return false }
      // Of two values the condition may be which of them it is.
      return facts.fewValues(of: value, where: clauses).map { $0.count > 2 } ?? true
    }
  }

  /// A condition of which no range is read leaves values that are not known of a column that is added up beside it.
  var hasUnreadConditions: Bool {
    ReleaseArgument.Summand.areTested(
      (summands + wholes).map(\.factors), by: conditions.filter { !pairs.contains($0) })
  }

  /// What several conditions, or sums of one value, tell together.
  ///
  /// - Parameter ties: columns of which one may be a function of another.
  func parts(
    _ facts: ReleaseArgument.Facts, within clauses: [Expression], ties: [Set<ColumnID>]
  ) throws(RowPartition.TooMany) -> [Expression] {
    func told(
      _ summands: [ReleaseArgument.Summand]
    ) -> [(told: RowPartition.Told, factors: Set<Expression>)] {
      summands.map {
        (RowPartition.Told(set: $0.rows, base: $0.path, clause: nil, isOfPair: $0.isOfPair), $0.factors)
      }
    }
    return try RowPartition.parts(
      ofConditions: conditions.map {
        RowPartition.Told(set: $0, base: $0, clause: nil, isOfPair: pairs.contains($0))
      },
      summands: told(summands), wholes: told(wholes), facts, within: clauses, by: keys, ties: ties,
      where: { _ in true })
      + RowPartition.parts(
        ofConditions: [], summands: told(unitDifferences), wholes: [], facts, within: clauses, by: keys,
        ties: ties,
        where: { _ in true })
  }
}
