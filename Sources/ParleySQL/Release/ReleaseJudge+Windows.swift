import BigInt
import ParleyBase
import ParleyProgram

/// Windows over protected rows, which put rows of one unit beside each other.
extension ReleaseJudge {
  /// The order in which a window has the rows of tables.
  struct WindowOrder: Equatable {
    var tables: Set<Int>
    var keys: [Key]

    struct Key: Equatable {
      var column: ColumnID
      var isDescending: Bool
      var nullsFirst: Bool
    }
  }

  /// A condition in PARTITION BY or ORDER BY changes what stands beside the rows that meet it, and nothing counts these. So rows are
  /// parted by the unit, ordered by columns as they are, and in one way in the whole query.
  func windowOrder(_ step: WindowStep, of rows: Rows, from input: RelationalPlan) throws(ParleyError)
    -> WindowOrder
  {
    for expression in step.partition where !columns.namesUnit(expression) {
      let names = Set(rows.slots.map { columns.root($0.column) })
      guard let root = columns.root(expression), names.contains(root) else {
        throw refusal(
          .shape,
          "a window parts the rows of a unit by more than the unit, and what stands beside a row would depend on a condition that nothing counts",
          remedy:
            "write PARTITION BY with the column that names the unit alone; other columns may be group keys and stand in WHERE"
        )
      }
    }
    var keys: [WindowOrder.Key] = []
    var tables: Set<Int>?
    for key in step.order {
      guard let id = columns.root(key.expression), isOrdering(id) else {
        throw refusal(
          .shape,
          "a window orders the rows of a unit by a formula, by a column of a table that protects nobody, or by what another window made, in which conditions may be hidden",
          remedy: "write ORDER BY with columns of the protected table as they are")
      }
      let own = columns.scans(of: [.column(id)])
      guard tables ?? own == own else { throw severalTables }
      tables = own
      keys.append(.init(column: id, isDescending: key.isDescending, nullsFirst: key.nullsFirst))
    }
    if let tables {
      for column in step.functions {
        let own = WindowStep(partition: [], order: [], functions: [column])
        for id in columns.bases(of: RelationalPlan.window(input, own).ownExpressions)
        where isOfUnits(id) && columns.scans(of: [.column(id)]) != tables {
          throw severalTables
        }
      }
    }
    return WindowOrder(tables: columns.scans(below: input), keys: keys)
  }

  mutating func checkWindow(_ step: WindowStep, of rows: Rows, from input: RelationalPlan) throws(ParleyError) {
    guard !rows.slots.isEmpty else { return }
    let order = try windowOrder(step, of: rows, from: input)
    // Without an order, what is of all rows of a unit is the same in any.
    guard !step.order.isEmpty || step.functions.contains(where: { !$0.isOfWholePartition }) else { return }
    guard !windowOrders.contains(where: { $0 != order && !$0.tables.isDisjoint(with: order.tables) }) else {
      throw refusal(
        .shape,
        "two windows order the rows of a unit in different ways, and the difference of what they make may be of single rows",
        remedy: "use one ORDER BY in all windows over a table, or ask the other in a study of its own")
    }
    if !windowOrders.contains(order) { windowOrders.append(order) }
  }

  // MARK: Missing values of neighbours

  /// How many rows have no value before them tells, less everybody's first row, how many values are missing: with a column that says whether there
  /// is a row before, for every LAG and LEAD of what may be missing.
  mutating func tellingWhoIsMissing(_ step: WindowStep) -> WindowStep {
    var step = step
    for column in step.functions {
      let (argument, function): (Expression, WindowStep.Function)
      switch column.function {
      case .lag(let value, let by) where by > 0: (argument, function) = (value, .lag(.integer(1), by))
      case .lead(let value, let by) where by > 0: (argument, function) = (value, .lead(.integer(1), by))
      default: continue
      }
      guard columns.facts.mayBeNull(argument), !columns.facts.tellsMissing(argument),
        !argument.columns.allSatisfy({ isThere($0, where: column.id) })
      else { continue }
      let isNear = registry.column("has a neighbour", .number(scale: 0), isNullable: true)
      step.functions.append(.init(id: isNear, function: function))
      carried.formUnion([isNear, column.id])
      missingInNeighbours[column.id] = .and(.not(.isNull(.column(isNear))), .isNull(.column(column.id)))
    }
    return step
  }

  /// - Parameter input: of the grouping.
  func missingInNeighbours(
    of keys: [Projection], _ aggregates: [AggregateColumn], in input: RelationalPlan
  ) -> [Expression] {
    let used = columns.bases(
      of: keys.map(\.expression) + aggregates.flatMap { [$0.argument, $0.second].compactMap(\.self) } + clauses)
    return missingInNeighbours.keys.sorted().compactMap { id in
      guard used.contains(columns.root(id)), input.hasWindow(id) else { return nil }
      return missingInNeighbours[id]
    }
  }

  /// What LAG and LEAD put beside a row is what other rows have themselves: two statistics, one of the neighbours' values and one of the rows' own,
  /// differ by the first or last rows of units, which nobody counts in their groups. A statistic may be of both together.
  func checkNeighbours(_ aggregates: [AggregateColumn]) throws(ParleyError) {
    guard !neighbours.isEmpty else { return }
    struct Use: Equatable {
      /// What is added up, where it is of the column; nil for a count.
      var value: Expression?
      var conditions: Set<ColumnID>
    }
    // In the order of the columns, so that every party refuses the same query with the same words.
    var judged: Set<Set<ColumnID>> = []
    for neighbour in neighbours.keys.sorted() {
      guard let sources = neighbours[neighbour], judged.insert(sources).inserted else { continue }
      var first: Use?
      for aggregate in aggregates {
        var use = Use(value: nil, conditions: [])
        for given in [aggregate.argument, aggregate.second].compactMap(\.self) {
          let argument = try resolved(given)
          let all = touched(by: argument, of: sources)
          guard !all.isEmpty else { continue }
          let value = argument.filtered?.value ?? argument
          if !touched(by: value, of: sources).isEmpty { use.value = value }
          use.conditions.formUnion(argument.filtered.map { touched(by: $0.condition, of: sources) } ?? [])
        }
        guard use.value != nil || !use.conditions.isEmpty else { continue }
        if first == nil { first = use }
        guard first == use || !isOfNeighbours(aggregates, of: sources) else {
          let name = registry[neighbour].name
          throw refusal(
            .argument,
            "'\(name)' is the value of a row before or after, and statistics of it and of the values of the rows themselves, or of other neighbours, differ by the first or last rows alone",
            remedy:
              "use one expression of both in all statistics, such as AVG(x - previous), or ask for one of them")
        }
      }
    }
  }
  private func isOfNeighbours(_ aggregates: [AggregateColumn], of sources: Set<ColumnID>) -> Bool {
    aggregates.contains { aggregate in
      [aggregate.argument, aggregate.second].compactMap(\.self).contains { given in
        touched(by: columns.resolved(given), of: sources).contains { neighbours[$0] != nil }
      }
    }
  }
  /// Columns in an expression that are of these, as they are or of a neighbour.
  private func touched(by expression: Expression, of sources: Set<ColumnID>) -> Set<ColumnID> {
    var (found, plain): (Set<ColumnID>, Set<ColumnID>) = ([], [])
    gather(columns.bases(of: [expression]), &found, &plain)
    return found.filter { neighbours[$0].map { !$0.isDisjoint(with: sources) } ?? false }.union(
      plain.intersection(sources))
  }
  private func gather(_ ids: Set<ColumnID>, _ found: inout Set<ColumnID>, _ plain: inout Set<ColumnID>) {
    for id in ids {
      if neighbours[id] != nil {
        found.insert(id)
      } else if let made = columns.derived[id]?.arguments, !made.isEmpty {
        gather(columns.bases(of: made), &found, &plain)
      } else {
        plain.insert(id)
      }
    }
  }

  /// A column of a protected table, of a union of these, or a statistic of each unit, as it is.
  private func isOrdering(_ id: ColumnID) -> Bool {
    guard !columns.isComputed(id), !columns.mixed.contains(id), !columns.isOfWindow(id) else { return false }
    return isOfUnits(id)
  }
  private func isOfUnits(_ id: ColumnID) -> Bool {
    let tables = columns.scans(of: [.column(id)])
    return !tables.isEmpty && tables.allSatisfy { (columns.scans[$0]?.table.protection ?? .nothing) != .nothing }
  }
  private var severalTables: ParleyError {
    refusal(
      .shape, "a window orders rows of one table by columns of another, in which conditions may be hidden",
      remedy: "write ORDER BY with columns of the table whose values the window has")
  }
}

extension RelationalPlan {
  /// Rows are still those of the window that makes the column.
  fileprivate func hasWindow(_ id: ColumnID) -> Bool {
    switch self {
    case .window(let input, let step): step.functions.contains { $0.id == id } || input.hasWindow(id)
    case .filter(let input, _), .extend(let input, _), .project(let input, _), .sort(let input, _),
      .numbered(let input, _):
      input.hasWindow(id)
    case .match(_, let a, let b, _, _), .cross(let a, let b): a.hasWindow(id) || b.hasWindow(id)
    default: false
    }
  }
}

extension WindowStep.Column {
  /// The order of rows makes no difference to it, where the window has none.
  fileprivate var isOfWholePartition: Bool {
    switch function {
    case .countRows, .count, .sum, .moments, .minimum, .maximum:
      switch frame {
      case .partition, .peers, nil: true
      case .rows: false
      }
    case .rowNumber, .rank, .denseRank, .lag, .lead, .firstValue, .lastValue: false
    }
  }
}
