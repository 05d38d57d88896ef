import BigInt
import ParleyBase
import ParleyProgram

/// What an aggregation's statistics say about single rows, as sets whose units are counted.
extension ReleaseJudge {
  /// - Returns: the mark, and the columns that it reads besides those of the units.
  mutating func mark(
    _ rows: Rows, _ keys: [Projection], _ aggregates: [AggregateColumn]
  ) throws(ParleyError) -> (mark: ReleaseMark, items: [Projection]) {
    func isOnce(_ slot: UnitSlot) -> Bool { self.isOnce(slot, in: keys) }
    // The fewest units that are enough in the group.
    var fewest = 0
    var keyExpressions: [Expression] = []
    var given: [Expression] = []
    for aggregate in aggregates {
      for argument in [aggregate.argument, aggregate.second].compactMap(\.self) {
        given.append(try resolved(argument))
      }
    }
    for key in keys { keyExpressions.append(over(given, try resolved(key.expression))) }
    let clauses = clauses(over: given + keyExpressions)
    let entangled = clauses.entangledColumns
    guard keyExpressions.allSatisfy({ $0.columns.isDisjoint(with: entangled) }) else {
      throw refusal(.argument, .entangledKey)
    }
    var sets = GroupSets(by: keyExpressions)
    for aggregate in aggregates {
      try read(aggregate, &sets, &fewest, of: rows, by: keyExpressions, areOnce: rows.slots.allSatisfy(isOnce))
    }
    try checkTies(sets, by: keyExpressions, where: clauses)
    try checkNeighbours(aggregates)
    // Whether a row has a partner is told by every COUNT of a column, and by its values that are missing.
    for condition in missingAtHand {
      var reader = ReleaseArgument(columns.facts, where: [])
      reader.read(filter: try resolved(condition))
      sets.take(reader, threshold: minimum)
    }
    try compareStatistics(&sets)
    sets.comparePresences(columns.facts)
    guard !sets.hasTwoSteps else { throw refusal(.argument, .twoSteps) }
    guard !sets.hasUnreadConditions else { throw refusal(.argument, .unreadCondition) }
    guard !sets.testsKeys(columns.facts, within: clauses) else { throw refusal(.argument, .testedKey) }
    try checkOrigins(of: sets)
    fewest = max(fewest, try betweenQuantiles(aggregates))
    try checkConditions(sets.conditions, of: rows)
    guard sets.conditions.count <= ReleaseRefusal.mostConditions else {
      throw refusal(.argument, ReleaseRefusal.tooMany(sets.conditions.count))
    }
    var items: [Projection] = []
    var contributors: [ReleaseMark.Contributors] = [.init(column: nil, threshold: max(minimum, fewest))]
    let facts = columns.facts
    var thresholds: [Expression: Int] = [:]
    var order: [Expression] = []
    func add(_ condition: Expression, _ threshold: Int) {
      let condition = facts.reduced(condition)
      if case .boolean(let isEvery) = condition {
        if isEvery { contributors[0].threshold = max(contributors[0].threshold, threshold) }
        return
      }
      if thresholds[condition] == nil { order.append(condition) }
      thresholds[condition] = max(thresholds[condition] ?? 0, threshold)
    }
    for (condition, threshold) in sets.plain { add(condition, threshold) }
    try work.check(source)
    for set in sets.differences(facts, within: clauses) { add(set, minimum) }
    for (index, condition) in sets.conditions.enumerated() {
      try work.check(source)
      add(condition, minimum)
      add(condition.isNotTrue, minimum)
      for other in sets.conditions[..<index] {
        add(condition.andNot(other), minimum)
        add(other.andNot(condition), minimum)
        add(.and(condition, other), minimum)
        add(.and(condition.isNotTrue, other.isNotTrue), minimum)
      }
    }
    // What several conditions, or sums of one value, tell together.
    do {
      for part in try sets.parts(
        facts, within: clauses, ties: ties(of: sets.conditions + sets.summands.map(\.path)))
      {
        add(part, minimum)
      }
    } catch {
      try work.check(source)
      throw refusal(.argument, .tooManyParts)
    }
    try work.check(source)
    for condition in order {
      let isTrue = Expression.choose(
        [.init(condition: condition, result: .boolean(true))], otherwise: .boolean(false))
      let id = registry.column("contributes", .boolean, isNullable: false)
      items.append(Projection(id: id, expression: isTrue))
      contributors.append(.init(column: id, threshold: thresholds[condition] ?? minimum))
    }
    let units = rows.slots.map { slot in
      ReleaseMark.Units(
        column: isOnce(slot) && !slot.isNullable ? nil : slot.column, isNullable: slot.isNullable,
        isInSeveralGroups: slot.onceWith != [],
        counted: slot.onceWith == [] ? slot.counted : [])
    }
    var seen: Set<ReleaseMark.Units> = []
    var mark = ReleaseMark(units: units.filter { seen.insert($0).inserted }, contributors: contributors)
    if let slot = rows.slots.first(where: { isOne($0, in: keys, of: rows) }) {
      mark.isOfOneUnit = true
      registry.note(
        "no group can be shown, and none is: its keys leave one in each (\(words(slot.kinds))), and at least \(minimum) must stand behind a result; group by something coarser"
      )
    }
    return (mark, items)
  }

  /// The keys decide which unit it is, so that a group has one: with the column that names it among them, or of a table in which
  /// they are unique.
  private func isOne(_ slot: UnitSlot, in keys: [Projection], of rows: Rows) -> Bool {
    guard !slot.isNullable else { return false }
    let given = Set(keys.compactMap { columns.root($0.expression) })
    return determined(by: given, rows.makeup).contains(columns.root(slot.column))
  }

  /// A unit has one row at most in a group.
  func isOnce(_ slot: UnitSlot, in keys: [Projection]) -> Bool {
    let keyColumns = Set(keys.map(\.id) + keys.compactMap { columns.root($0.expression) })
    let keyRoots = Set(keyColumns.map(columns.root))
    return slot.onceWith.map { $0.allSatisfy { keyRoots.contains(columns.root($0)) } } ?? false
  }

  private func read(
    _ aggregate: AggregateColumn, _ sets: inout GroupSets, _ fewest: inout Int, of rows: Rows,
    by keys: [Expression], areOnce: Bool
  ) throws(ParleyError) {
    guard let argument = aggregate.argument else { return }
    var arguments = [try resolved(argument)]
    if let second = aggregate.second { arguments.append(try resolved(second)) }
    var threshold = minimum
    var isSummed = false
    var isOfPlaces = false
    switch aggregate.function {
    case .countRows: return
    case .count:
      var reader = ReleaseArgument(columns.facts, where: clauses(over: arguments + keys), keys: keys)
      reader.read(counted: arguments[0])
      if let objection = reader.objection { throw refusal(.argument, ReleaseRefusal.argument(objection)) }
      guard aggregate.isDistinct else {
        let repeated = arguments[0].valueSources.filter {
          values[columns.root($0)] != nil && !columns.namesUnit(.column($0))
        }
        try checkValues(repeated, of: rows, isRepeatable: false)
        return sets.take(reader, threshold: minimum)
      }
      try readDistinct(arguments[0], &reader, of: rows, by: keys, areOnce: areOnce)
      return sets.take(reader, threshold: minimum)
    case .sum, .average, .variance, .deviation, .correlation:
      isSummed = true
      guard !aggregate.isDistinct else {
        throw refusal(.argument, .sumOfDifferentValues)
      }
    case .any, .every: break
    case .minimum, .maximum: try checkExtremes(arguments[0])
    case .median:
      isOfPlaces = true
      threshold = try sides(1, 2, areOnce)
    case .quantile(let numerator, let denominator):
      isOfPlaces = true
      if numerator == 0 || numerator == denominator {
        try checkExtremes(arguments[0])
      } else {
        threshold = try sides(numerator, denominator, areOnce)
      }
    }
    var present: [Expression] = []
    var used: Set<ColumnID> = []
    let isRepeatable = aggregate.function == .any || aggregate.function == .every
    if aggregate.function == .correlation, arguments.contains(where: isOfConditions) {
      throw refusal(.argument, .correlation)
    }
    let variables = try checkVariables(arguments, of: aggregate.function)
    let wholes = variables == arguments ? [] : arguments
    for (place, argument) in (wholes + variables).enumerated() {
      var reader = ReleaseArgument(columns.facts, where: clauses(over: arguments + keys), keys: keys)
      let isWhole = place < wholes.count || variables.count < 2
      reader.read(
        value: argument, isSummed: isSummed, beside: isWhole ? nil : variables[1 - (place - wholes.count)])
      if let objection = reader.objection {
        throw refusal(.argument, ReleaseRefusal.argument(objection))
      }
      try checkValues(reader.values, of: rows, isRepeatable: isRepeatable)
      try checkProducts(reader.summands)
      if isSummed {
        try checkLookedUp(reader.values)
        try checkDerived(reader, by: keys)
        try check(steps: reader, of: argument)
      }
      if isSummed || isOfPlaces { try checkKeys(keys, beside: reader.values) }
      used.formUnion(reader.values)
      sets.take(reader, threshold: threshold)
      if registry.isNullable(argument) { present.append(columns.facts.isThere(argument)) }
    }
    // A correlation is of three sums, of which one is of products.
    if variables.count > 1, Set(variables[0].valueColumns).isDisjoint(with: variables[1].valueColumns) {
      var reader = ReleaseArgument(columns.facts, where: clauses(over: arguments + keys), keys: keys)
      reader.read(value: .correlated(variables[0], variables[1]), isSummed: true)
      if let objection = reader.objection { throw refusal(.argument, ReleaseRefusal.argument(objection)) }
      sets.take(reader, threshold: threshold)
    }
    if arguments.count > 1, !present.isEmpty { sets.add(.all(present), threshold: threshold) }
    if present.isEmpty { fewest = max(fewest, threshold) }
    try checkTables(used)
  }

  /// ⌈k / min(q, 1 − q)⌉ values leave k on either side.
  private func sides(_ numerator: Int, _ denominator: Int, _ areOnce: Bool) throws(ParleyError) -> Int {
    guard areOnce else {
      throw refusal(
        .argument, "a median or quantile is of rows, and a unit may have several in a group",
        remedy: "compute one value of each unit in a subquery (GROUP BY the column that names it) first")
    }
    return rows(BigInt(denominator), over: BigInt(min(numerator, denominator - numerator)))
  }

  /// Of several columns, squares add up the products of these.
  ///
  /// - Returns: what squares are of: the arguments, or the two columns of a table of which one is the sum or difference.
  func checkVariables(
    _ arguments: [Expression], of function: AggregateFunction
  ) throws(ParleyError) -> [Expression] {
    guard [.variance, .deviation, .correlation].contains(function) else { return arguments }
    for argument in arguments where !(argument.filtered?.value ?? argument).isCondition {
      let origins = argument.valueColumns.reduce(into: Set<ColumnID>()) { $0.formUnion(columns.origins(of: $1)) }
      if argument.simplified.isOfOneVariable, origins.count <= 1 { continue }
      // What is made of rows of a unit, or of neighbours, may be made of the same.
      guard arguments.count == 1, let (a, b) = argument.twoVariables,
        ![a, b].contains(where: isOfConditions),
        argument.valueColumns.allSatisfy({ columns.derived[columns.root($0)] == nil })
      else { throw refusal(.argument, .variables) }
      return [a, b]
    }
    return arguments
  }

  private func isOfConditions(_ variable: Expression) -> Bool {
    columns.facts.isOfConditions(variable, where: clauses(over: [variable]))
  }

  /// ⌈k · whole / part⌉; more than any table has where it is more.
  func rows(_ whole: BigInt, over part: BigInt) -> Int {
    Int(min((BigInt(minimum) * whole + part - 1) / part, BigInt(1) << 40))
  }

  private func checkExtremes(_ argument: Expression) throws(ParleyError) {
    for number in columns.scans(of: [argument]).sorted() {
      guard let table = columns.scans[number]?.table, table.protection != .nothing, !table.allowsExtremes else {
        continue
      }
      throw refusal(.extremes, ReleaseRefusal.extremes(of: table.name))
    }
  }
}
