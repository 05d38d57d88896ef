import BigInt
import ParleyBase
import ParleyProgram

/// Values that are made of others, and what is asked beside them of the same: conditions, keys and statistics.
extension ReleaseJudge {
  // MARK: One name for one column

  /// Conditions that rows meet, over the columns that some expressions have.
  func clauses(over expressions: [Expression]) -> [Expression] {
    let names = names(in: expressions)
    return names.isEmpty ? clauses : clauses.map { $0.named(names) }
  }
  /// A group key over the columns that statistics have, through keys of groupings below.
  func over(_ expressions: [Expression], _ key: Expression) -> Expression {
    let whole = columns.deep(key)
    return whole == key ? key : whole.named(names(in: expressions + [key]))
  }
  /// What columns are called, by their first names.
  private func names(in expressions: [Expression]) -> [ColumnID: ColumnID] {
    var names: [ColumnID: ColumnID] = [:]
    for id in expressions.reduce(into: Set<ColumnID>(), { $0.formUnion($1.columns) }).sorted() {
      let root = columns.root(id)
      if root != id, names[root] == nil { names[root] = id }
    }
    return names
  }

  // MARK: Statistics of units

  /// What a statistic of each unit, or a window, is of.
  mutating func note(_ argument: Expression) {
    let whole = columns.deep(argument)
    let steps = whole.outermostSteps
    for step in steps where !innerSteps.contains(step) { innerSteps.append(step) }
    let inSteps = steps.reduce(into: Set<ColumnID>()) { $0.formUnion($1.columns) }
    innerValues.formUnion(whole.valueSources.subtracting(inSteps))
  }

  /// A sum of each unit's rows that is added up again is the sum of all rows, in which single rows count: where these have few values, or
  /// may have none, a few that differ would be told, and nothing counts them.
  mutating func noteSum(
    _ aggregate: AggregateColumn, of argument: Expression, _ used: Set<ColumnID>, where clauses: [Expression]
  ) {
    let facts = columns.facts
    func isNarrow(_ value: Expression) -> Bool {
      if facts.fewValues(of: value, where: clauses) != nil { return true }
      guard let ends = facts.ends(of: value, where: clauses), let lower = ends.lower, let upper = ends.upper else {
        return false
      }
      return upper - lower <= ReleaseArgument.Facts.narrow
    }
    let isMissing = facts.mayBeNull(argument) && !facts.tellsMissing(argument)
    guard isMissing || aggregate.function == .sum else { return }
    guard isMissing || isNarrow(argument) || used.contains(where: { isNarrow(.column($0)) }) else { return }
    sumsOfRows[aggregate.id] = ReleaseRefusal(
      reason:
        "a sum or count of each unit's rows is added up again, and these have few values or may have none, so that single rows would be told",
      remedy:
        "add up the rows themselves, without the subquery: SUM(x), and divide by COUNT(DISTINCT …) of the column that names the unit"
    )
  }

  /// Conditions on one statistic of each unit say something of another one of the same column, which is added up.
  func checkOrigins(of sets: GroupSets) throws(ParleyError) {
    let values = sets.conditions.filter { !$0.saysOnlyWhatIsThere }
    let tested = columnsTested(by: values)
    let present = columnsTested(by: sets.conditions).subtracting(tested)
    for summand in sets.summands {
      for id in summand.factors.reduce(into: Set<ColumnID>(), { $0.formUnion($1.valueSources) }).sorted()
      where columns.derived[columns.root(id)] != nil {
        let own = columns.sources(of: id)
        func isOfSame(_ other: ColumnID) -> Bool {
          columns.root(other) != columns.root(id) && !columns.sources(of: other).isDisjoint(with: own)
        }
        if tested.contains(where: isOfSame) { throw refusal(.argument, .unknownValues(registry[id].name)) }
        for other in present.sorted() where isOfSame(other) && !isThere(other, where: id) {
          throw refusal(.argument, .missingBeside(registry[id].name, registry[other].name))
        }
      }
    }
  }
  /// Rows without a value of the column have been left out before another value was made of it.
  func isThere(_ other: ColumnID, where id: ColumnID) -> Bool {
    let below = columns.derived[columns.root(id)]?.below ?? []
    return below.contains(.not(.isNull(.column(columns.root(other)))))
  }

  // MARK: Sums

  /// What is said of a summed value, or of what it is made of, is in its range, or counted; anything else is not known.
  func checkDerived(_ reader: ReleaseArgument, by keys: [Expression]) throws(ParleyError) {
    let conditions = columnsTested(by: reader.conditions)
    for id in reader.values.sorted() {
      let root = columns.root(id)
      for part in columns.chain(of: id).sorted() {
        if let words = sumsOfRows[part] { throw refusal(.argument, words) }
        guard let made = columns.derived[part] else { continue }
        let arePartsTold = made.isUneven && tellsParts(keys + reader.conditions + clauses)
        guard !made.isEntangled, !made.isNarrowInPart, !arePartsTold else {
          throw refusal(.argument, .unknownValues(registry[id].name))
        }
      }
      for clause in clauses where !columns.isKnown(clause, of: id) {
        throw refusal(.argument, .unknownValues(registry[id].name))
      }
      let own = columns.sources(of: id)
      for other in conditions
      where columns.root(other) != root && !columns.sources(of: other).isDisjoint(with: own) {
        throw refusal(.argument, .unknownValues(registry[id].name))
      }
    }
  }
  /// Columns of conditions that say more than that one is there.
  private func columnsTested(by conditions: [Expression]) -> Set<ColumnID> {
    conditions.reduce(into: []) { found, condition in
      switch condition {
      case .isNull(.column), .not(.isNull(.column)): return
      default: found.formUnion(condition.columns)
      }
    }
  }
  /// Something is of a column that is not the same in all parts of a union.
  private func tellsParts(_ expressions: [Expression]) -> Bool {
    !columns.bases(of: expressions).isDisjoint(with: columns.mixed)
  }

  /// Steps in statistics of units are steps of the sums over these.
  func check(steps reader: ReleaseArgument, of argument: Expression) throws(ParleyError) {
    func areOfOne(_ a: Expression, _ b: Set<ColumnID>) -> Bool {
      !columns.sources(of: [a]).isDisjoint(with: columns.sources(of: b.map { .column($0) }))
    }
    let plain = reader.values.map(columns.root).filter { columns.derived[$0] == nil }
    let steps = innerSteps + reader.steps.map(columns.deep)
    for (place, step) in innerSteps.enumerated() {
      guard !steps[(place + 1)...].contains(where: { $0 != step && areOfOne(step, $0.columns) }),
        !areOfOne(step, innerValues.union(plain))
      else { throw refusal(.argument, .twoSteps) }
    }
  }

  // MARK: Keys

  /// Groups that are made from what is added up, or is found by its place, hold all of its values between two.
  func checkKeys(_ keys: [Expression], beside used: Set<ColumnID>) throws(ParleyError) {
    for id in used.sorted() {
      let (root, own) = (columns.root(id), columns.sources(of: id))
      for key in keys {
        let about = key.columns.filter { !columns.sources(of: $0).isDisjoint(with: own) }
        guard !about.isEmpty else { continue }
        let named = key.replacing { part in
          if case .column(let other) = part, columns.root(other) == root { .column(id) } else { nil }
        }
        guard about.allSatisfy({ columns.root($0) == root }), columns.facts.isOfNeighbours(named, in: id) else {
          throw refusal(.argument, .piecesOfGroups)
        }
      }
    }
  }

  // MARK: Columns that go together

  /// Columns in these expressions of which one may be a function of others: by a join, by a condition, or as they are made of the same.
  func ties(of expressions: [Expression]) -> [Set<ColumnID>] {
    let all = expressions.reduce(into: Set<ColumnID>()) { $0.formUnion($1.columns) }.sorted()
    guard all.count > 1 else { return [] }
    let sources = all.map { ($0, columns.sources(of: $0)) }
    let given = joinTies + ColumnTie.ties(of: clauses).map(\.columns)
    var ties = given.map { tie in Set(sources.filter { !$0.1.isDisjoint(with: tie) }.map(\.0)) }
    for (place, (id, own)) in sources.enumerated() {
      for (other, its) in sources[..<place] where !its.isDisjoint(with: own) { ties.append([id, other]) }
    }
    return ties.filter { $0.count > 1 }
  }

  /// A column that a condition ties to others is added up alone, and in no groups of these.
  func checkTies(
    _ sets: GroupSets, by keys: [Expression], where clauses: [Expression]
  ) throws(ParleyError) {
    let summed = sets.summands.reduce(into: Set<ColumnID>()) { found, summand in
      for factor in summand.factors { found.formUnion(factor.valueSources) }
    }
    let tested = sets.conditions.reduce(into: Set<ColumnID>()) { $0.formUnion($1.columns) }
    let grouped = keys.reduce(into: Set<ColumnID>()) { $0.formUnion($1.columns) }
    for tie in ColumnTie.ties(of: clauses) {
      for id in summed.intersection(tie.columns) {
        let others = tie.columns.subtracting([id])
        guard others.isDisjoint(with: grouped),
          !tie.isStrong || others.isDisjoint(with: summed.union(tested))
        else { throw refusal(.argument, .tied) }
      }
    }
  }

  // MARK: Quantiles

  /// Two quantiles of one value have k values between them: n · |p − q| ≥ k. Those of what is made of one column are compared as if they
  /// were of one value, which they are of units with one row.
  func betweenQuantiles(_ aggregates: [AggregateColumn]) throws(ParleyError) -> Int {
    struct Place {
      var numerator: BigInt
      var denominator: BigInt
      var condition: Expression
      var sources: Set<ColumnID>
    }
    let facts = columns.facts
    var places: [Place] = []
    var fewest = 0
    for aggregate in aggregates {
      var place = Place(numerator: 1, denominator: 2, condition: .boolean(true), sources: [])
      switch aggregate.function {
      case .median: break
      case .quantile(let numerator, let denominator):
        (place.numerator, place.denominator) = (BigInt(numerator), BigInt(denominator))
      default: continue
      }
      guard let argument = aggregate.argument else { continue }
      var value = try resolved(argument)
      if let (condition, inner) = value.filtered { (place.condition, value) = (facts.reduced(condition), inner) }
      guard let id = value.shiftedColumn, columns.isOfOneColumn(id) else {
        throw refusal(
          .argument, "a median or quantile is of a formula, which could be any value of a row",
          remedy:
            "ask for the median or quantile of one column, and compute the rest from what is shown; or let the files of the holders have the value as a column"
        )
      }
      place.sources = columns.sources(of: id)
      for other in places where !other.sources.isDisjoint(with: place.sources) {
        guard other.condition == place.condition else {
          let both = [place.condition, other.condition].map { RowSearch.Wish(expression: $0, outcome: .isTrue) }
          guard facts.isPossible(both) else { continue }
          throw refusal(
            .argument,
            "two medians or quantiles of one column are of rows under different conditions, and how many values lie between them is not known",
            remedy: "ask for both under one condition, or group by what the conditions are about")
        }
        let distance = place.numerator * other.denominator - other.numerator * place.denominator
        guard distance != 0 else { continue }
        fewest = max(fewest, self.rows(place.denominator * other.denominator, over: BigInt(distance.magnitude)))
      }
      places.append(place)
    }
    return fewest
  }
}

extension Expression {
  /// Divisions, roundings and parts in it, in an extreme of values as well.
  fileprivate var outermostSteps: [Expression] {
    switch self {
    case .truncated, .floored, .remainder, .calendar, .squareRoot, .integerQuotient, .ratio: [self]
    default: children.flatMap(\.outermostSteps)
    }
  }
  fileprivate func named(_ names: [ColumnID: ColumnID]) -> Expression {
    replacing { part in
      if case .column(let id) = part, let name = names[id] { .column(name) } else { nil }
    }
  }
  /// The column of which it is a positive multiple with a constant added.
  fileprivate var shiftedColumn: ColumnID? {
    switch self {
    case .column(let id): id
    case .scaled(let a, let factor) where factor > 0: a.shiftedColumn
    case .add(let a, .integer), .add(.integer, let a), .subtract(let a, .integer): a.shiftedColumn
    default: nil
    }
  }
}
