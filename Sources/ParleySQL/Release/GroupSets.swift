import ParleyProgram

/// What the statistics of one group say about single rows, put together: the sets of rows that are counted.
struct GroupSets {
  /// Every two of them are compared.
  private(set) var conditions: [Expression] = []
  /// With the fewest units that are enough.
  private(set) var plain: [(set: Expression, threshold: Int)] = []
  /// What is added up.
  private(set) var summands: [ReleaseArgument.Summand] = []
  /// Rows that a mean and the like leaves out.
  private var missing: [Expression] = []
  /// What is divided, rounded or taken apart, and added up.
  private var steps: [Expression] = []
  /// Two of these are of one column, so that their difference can pick single rows.
  private(set) var hasTwoSteps = false

  mutating func add(_ condition: Expression, threshold: Int) {
    if let place = plain.firstIndex(where: { $0.set == condition }) {
      plain[place].threshold = max(plain[place].threshold, threshold)
    } else {
      plain.append((condition, threshold))
    }
  }
  mutating func take(_ argument: ReleaseArgument, threshold: Int) {
    for condition in argument.conditions { add(condition) }
    for condition in argument.contributors { add(condition, threshold: threshold) }
    for summand in argument.summands where !summands.contains(summand) { summands.append(summand) }
    for step in argument.steps where !steps.contains(step) {
      if steps.contains(where: { !$0.columns.isDisjoint(with: step.columns) }) { hasTwoSteps = true }
      steps.append(step)
    }
  }
  private mutating func add(_ condition: Expression) {
    if !conditions.contains(condition) { conditions.append(condition) }
  }

  /// - Parameter missing: rows in which the argument of a mean is not there.
  mutating func note(meanWithout missing: Expression) { self.missing.append(missing) }

  /// A mean tells how many values it is of, to whoever knows how many rows there are: few whole numbers over one another have its
  /// decimals.
  mutating func compareMeans(_ facts: ReleaseArgument.Facts) {
    for missing in missing {
      let missing = facts.reduced(missing)
      if case .boolean = missing { continue }
      add(missing)
    }
  }

  /// What two sums of one value leave of each other, and of that the rows that have no end of the values that are left.
  ///
  /// - Parameter clauses: what all rows meet.
  func differences(_ facts: ReleaseArgument.Facts, within clauses: [Expression]) -> [Expression] {
    var found: [Expression] = []
    for (index, summand) in summands.enumerated() {
      for other in summands[..<index] where other.factors == summand.factors {
        for left in [summand.rows.andNot(other.rows), other.rows.andNot(summand.rows)] {
          found += [left] + facts.withoutEnds(of: summand.factors, in: left, where: clauses)
        }
      }
    }
    return found
  }

  /// What several conditions, or sums of one value, tell together.
  func parts(
    _ facts: ReleaseArgument.Facts, within clauses: [Expression]
  ) throws(RowPartition.TooMany) -> [Expression] {
    try RowPartition.parts(
      ofConditions: conditions.map { RowPartition.Told(set: $0, base: $0, clause: nil) },
      summands: summands.map {
        (told: RowPartition.Told(set: $0.rows, base: $0.path, clause: nil), factors: $0.factors)
      }, facts, within: clauses, where: { _ in true })
  }
}
