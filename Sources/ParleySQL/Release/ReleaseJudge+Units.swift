import BigInt
import ParleyBase
import ParleyProgram

/// Groupings within single units, and columns that name units.
extension ReleaseJudge {
  /// The rows of a grouping whose groups are each of one unit; nil where they are not.
  mutating func perUnit(
    _ rows: Rows, _ keys: [Projection], _ aggregates: [AggregateColumn]
  ) throws(ParleyError) -> Rows? {
    var result = Rows(makeup: rows.makeup)
    for slot in rows.slots {
      let root = columns.root(slot.column)
      guard let key = keys.first(where: { columns.root($0.id) == root }) else { return nil }
      let others = Set(keys.map(\.id)).subtracting([key.id])
      result.slots.append(
        .init(
          kinds: slot.kinds, column: key.id, isNullable: slot.isNullable, onceWith: others,
          carriers: slot.carriers))
    }
    let units = Set(rows.slots.map { columns.root($0.column) })
    try checkKeys(keys.filter { !units.contains(columns.root($0.id)) }, of: rows)
    for aggregate in aggregates { try checkUnitStatistic(aggregate, of: rows) }
    let keyColumns = columns.bases(of: keys.map(\.expression))
    for part in rows.makeup.parts.subtracting(rows.makeup.once)
    where keyColumns.isSubset(of: determined(by: [part], rows.makeup)) {
      result.makeup.once.insert(part)
    }
    let part = newPart(Set(aggregates.map(\.id)))
    result.makeup.parts.insert(part)
    result.makeup.once.insert(part)
    result.makeup.dependencies.append(.init(from: keyColumns, to: Set(aggregates.map(\.id))))
    for aggregate in aggregates { values[aggregate.id] = part }
    if result.slots.count == 1, rows.slots[0].onceWith == [] {
      result.slots[0].counted = rows.slots[0].counted
      result.slots[0].declared = rows.slots[0].declared
    }
    if result.slots.count > 1 {
      // With several kinds of unit in a group, none of them is in one row only.
      for index in result.slots.indices { result.slots[index].onceWith = nil }
    } else if !result.slots.isEmpty {
      result.slots[0].carriers.insert(part)
    }
    return result
  }

  /// A value of each unit that is added up again has no conditions in it, and adds up what it is of once.
  private mutating func checkUnitStatistic(_ aggregate: AggregateColumn, of rows: Rows) throws(ParleyError) {
    var used: Set<ColumnID> = []
    for argument in [aggregate.argument, aggregate.second].compactMap(\.self) {
      let argument = try resolved(argument)
      guard try checkVariables([argument], of: aggregate.function) == [argument] else {
        throw refusal(.argument, .variables)
      }
      // The least and the greatest are the same without it.
      guard !aggregate.isDistinct || [.count, .minimum, .maximum, .any, .every].contains(aggregate.function) else {
        throw refusal(.argument, .sumOfDifferentValues)
      }
      let isTruth = registry.type(of: argument) == .boolean || columns.lesserOfTwo(argument) != nil
      let isAny = [.any, .every, .minimum, .maximum].contains(aggregate.function) && isTruth
      let clauses = clauses(over: [argument])
      var reader = ReleaseArgument(columns.facts, where: clauses, isOfUnit: !isAny)
      var isRepeatable = aggregate.isDistinct
      switch aggregate.function {
      case .count:
        reader.read(value: argument, isSummed: true)
        if !aggregate.isDistinct { reader.read(counted: argument) }
      case .any, .every, .minimum, .maximum:
        isRepeatable = true
        reader.read(value: argument, isSummed: false)
      default: reader.read(value: argument, isSummed: true)
      }
      guard reader.objection == nil, reader.conditions.isEmpty || isRepeatable && !aggregate.isDistinct && isTruth
      else {
        throw refusal(
          .argument, "a statistic of each unit has conditions in it",
          remedy:
            "put the condition into WHERE, or use MAX(CASE WHEN … THEN 1 ELSE 0 END) for 'any row of the unit'")
      }
      guard !isTruth || !isRepeatable else { continue }
      if aggregate.function != .count { try checkConstants(of: argument) }
      try checkValues(reader.values, of: rows, isRepeatable: isRepeatable)
      try checkProducts(reader.summands)
      used.formUnion(reader.values)
      if aggregate.function != .count { note(argument) }
      if aggregate.function == .sum || aggregate.function == .count {
        noteSum(aggregate, of: argument, reader.values, where: clauses)
      }
    }
    try checkTables(used)
  }

  /// Beside the number of rows, the number of units tells how many rows units have more than one. Rows are counted by every other
  /// statistic, and where no condition leaves rows out their number is public.
  ///
  /// - Parameter input: of the grouping; with the column afterwards.
  /// - Returns: whether a row is a further one of its unit in its group, where units are counted.
  mutating func furtherRows(
    of aggregates: [AggregateColumn], _ rows: Rows, _ keys: [Projection], _ input: inout RelationalPlan
  ) -> [ColumnID] {
    let counted = Set(
      aggregates.compactMap { aggregate -> ColumnID? in
        guard aggregate.function == .count, aggregate.isDistinct, let argument = aggregate.argument else {
          return nil
        }
        return columns.root(argument)
      })
    let isAlone = aggregates.allSatisfy {
      $0.function == .count && $0.isDistinct && columns.namesUnit($0.argument ?? .boolean(true))
    }
    let hasConditions = clauses.contains { columns.facts.reduced($0) != .boolean(true) }
    guard !isAlone || !hasConditions else { return [] }
    var result: [ColumnID] = []
    // A join or a union has other columns that say the same.
    func isCounted(_ slot: UnitSlot) -> Bool {
      let own = columns.root(slot.column)
      let same = determined(by: [own], rows.makeup)
      return counted.contains { $0 == own || columns.namesUnit(.column($0)) && same.contains($0) }
    }
    for slot in rows.slots where isCounted(slot) && !isOnce(slot, in: keys) {
      let number = registry.column("row of its unit", .number(scale: 0), isNullable: false)
      let isFurther = registry.column("further row", .boolean, isNullable: false)
      carried.insert(slot.column)
      input = .extend(
        .window(
          input,
          WindowStep(
            partition: keys.map(\.expression) + [.column(slot.column)], order: [],
            functions: [.init(id: number, function: .rowNumber)], areTiesAlike: true)),
        [Projection(id: isFurther, expression: .compare(.less, .integer(1), .column(number)))])
      result.append(isFurther)
    }
    return result
  }

  // MARK: Columns that name units

  /// Whoever compares the name of a unit with a constant, or orders by it, picks single units.
  ///
  /// - Parameter rows: of the input; nil for a table.
  func checkNames(in plan: RelationalPlan, of rows: Rows?) throws(ParleyError) {
    if let rows { guard !rows.slots.isEmpty, !rows.areGroups else { return } }
    switch plan {
    case .scan(let scan): for condition in scan.filter { try checkNames(in: condition) }
    case .filter(_, let conditions): for condition in conditions { try checkNames(in: condition) }
    case .extend(_, let items), .project(_, let items):
      for item in items { try checkNames(besides: item.expression) }
    case .aggregate(_, let keys, let aggregates, _):
      for key in keys { try checkNames(besides: key.expression) }
      for aggregate in aggregates {
        guard aggregate.function != .count else {
          for argument in [aggregate.argument].compactMap(\.self) { try checkNames(counted: argument) }
          continue
        }
        for argument in [aggregate.argument, aggregate.second].compactMap(\.self) {
          try checkNames(within: argument)
        }
      }
    case .window(_, let step):
      for expression in step.partition { try checkNames(besides: expression) }
      for key in step.order { try checkNames(within: key.expression) }
      for column in step.functions {
        if case .count(let argument) = column.function {
          try checkNames(counted: argument)
        } else {
          for expression in RelationalPlan.window(plan, .init(partition: [], order: [], functions: [column]))
            .ownExpressions
          {
            try checkNames(within: expression)
          }
        }
      }
    case .match(_, _, _, let keys, _):
      for key in keys {
        try checkNames(besides: key.left)
        try checkNames(besides: key.right)
      }
    case .union(let branches, _):
      for branch in branches { for output in branch.outputs { try checkNames(besides: output) } }
    default: for expression in plan.ownExpressions { try checkNames(within: expression) }
    }
  }

  /// Of a condition that rows must meet: two columns may be equal, which is a join.
  private func checkNames(in condition: Expression) throws(ParleyError) {
    for conjunct in condition.conjuncts where conjunct.equalColumns == nil { try checkNames(within: conjunct) }
  }
  private func checkNames(besides expression: Expression) throws(ParleyError) {
    if !columns.namesUnit(expression) { try checkNames(within: expression) }
  }
  private func checkNames(counted expression: Expression) throws(ParleyError) {
    if case .choose(let branches, let otherwise) = expression {
      for branch in branches {
        try checkNames(within: branch.condition)
        try checkNames(counted: branch.result)
      }
      return try checkNames(counted: otherwise)
    }
    try checkNames(besides: expression)
  }
  private func checkNames(within expression: Expression) throws(ParleyError) {
    if case .isNull(let inner) = expression, columns.namesUnit(inner) { return }
    if columns.namesUnit(expression) {
      let name = expression.columns.sorted().first.map { registry[$0].name } ?? ""
      throw refusal(
        .unit,
        "'\(name)' names whom a table protects, and a comparison, an order or a formula of it picks single ones",
        remedy:
          "join, group and count by '\(name)', and write conditions and statistics of other columns")
    }
    for child in expression.children { try checkNames(within: child) }
  }
}

extension Expression {
  /// Two columns that must be equal.
  var equalColumns: (ColumnID, ColumnID)? {
    switch self {
    case .compare(.equal, .column(let a), .column(let b)), .compareText(.equal, .column(let a), .column(let b)),
      .equivalent(.column(let a), .column(let b)):
      (a, b)
    default: nil
    }
  }
}
