import BigInt
import ParleyBase
import ParleyProgram

/// Sums of which few units make up too much: the rule of `docs/proofs/suppression.md` for relational queries.
extension ReleaseJudge {
  /// Weighs what every unit adds to each sum of a group.
  ///
  /// A unit that may have several rows in a group is weighed by the absolute value of what they add up to, in one of them; rows
  /// without a unit count in the total alone. Costs a sort by group and unit for all sums together where units have several
  /// rows, and for more than one unit at a time a sort by group and weight for each sum.
  /// - Parameter input: of the grouping; with the columns of the weights afterwards.
  /// - Returns: statistics that the grouping needs for it, and what must hold of them.
  mutating func weights(
    of aggregates: [AggregateColumn], _ rows: Rows, _ keys: [Projection], _ input: inout RelationalPlan
  ) throws(ParleyError) -> (aggregates: [AggregateColumn], rules: [ReleaseMark.Dominance]) {
    guard !dominance.isEmpty else { return ([], []) }
    var values: [Expression] = []
    for aggregate in aggregates where aggregate.function.addsUp {
      for argument in [aggregate.argument, aggregate.second].compactMap(\.self) {
        let whole = columns.facts.withoutFixed(try resolved(argument))
        let value = whole.withoutConstants
        let isOfDates = whole.valueSources.contains {
          registry[$0].type == .date || registry[$0].type == .timestamp
        }
        guard !value.hidesConstants, value == whole || !isOfDates else {
          throw refusal(.argument, .hiddenConstant)
        }
        // Truths have no size.
        guard !value.isNoValue, registry.type(of: value) != .boolean, !values.contains(value) else { continue }
        values.append(value)
        carried.formUnion(value.columns)
      }
    }
    guard !values.isEmpty else { return ([], []) }
    var own: [Projection] = []
    for value in values {
      own.append(Projection(id: column("value", isNullable: registry.isNullable(value)), expression: value))
    }
    input = .extend(input, own)
    var result: (aggregates: [AggregateColumn], rules: [ReleaseMark.Dominance]) = ([], [])
    var seen: Set<ColumnID> = []
    for slot in rows.slots where seen.insert(columns.root(slot.column)).inserted {
      carried.insert(slot.column)
      let weights = weigh(own.map(\.id), slot, isOnce: isOnce(slot, in: keys), keys, &input)
      for weight in weights { compare(weight, keys, &input, &result) }
    }
    return result
  }

  /// What a unit brings to a sum: NULL in rows that bring nothing of their own.
  private struct Weight {
    /// Of rows without a unit as well.
    var all: ColumnID
    var ofUnits: ColumnID
  }

  private func weigh(
    _ values: [ColumnID], _ slot: UnitSlot, isOnce: Bool, _ keys: [Projection], _ input: inout RelationalPlan
  ) -> [Weight] {
    var items: [Projection] = []
    var weights: [Weight] = []
    var sums: [ColumnID] = values
    var isFirst: Expression?
    if !isOnce {
      let number = column("row of its unit", isNullable: false)
      sums = values.map { _ in column("value of the unit", isNullable: true) }
      let functions = zip(sums, values).map { WindowStep.Column(id: $0, function: .sum(.column($1))) }
      input = .window(
        input,
        WindowStep(
          partition: keys.map(\.expression) + [.column(slot.column)], order: [],
          functions: functions + [.init(id: number, function: .rowNumber)], areTiesAlike: true))
      isFirst = .compare(.equal, .column(number), .integer(1))
    }
    let hasNone = slot.isNullable ? Expression.isNull(.column(slot.column)) : nil
    for (value, sum) in zip(values, sums) {
      var weight = magnitude(sum)
      if let isFirst { weight = .choose([.init(condition: isFirst, result: weight)], otherwise: nothing) }
      var all = weight
      if let hasNone {
        all = .choose([.init(condition: hasNone, result: magnitude(value))], otherwise: weight)
        weight = .choose([.init(condition: hasNone, result: nothing)], otherwise: weight)
      }
      func item(_ expression: Expression) -> ColumnID {
        let id = column("weight", isNullable: registry.isNullable(expression))
        items.append(Projection(id: id, expression: expression))
        return id
      }
      let own = item(weight)
      weights.append(Weight(all: hasNone == nil ? own : item(all), ofUnits: own))
    }
    input = .extend(input, items)
    return weights
  }

  private func compare(
    _ weight: Weight, _ keys: [Projection], _ input: inout RelationalPlan,
    _ result: inout (aggregates: [AggregateColumn], rules: [ReleaseMark.Dominance])
  ) {
    func statistic(_ function: AggregateFunction, _ argument: Expression) -> ColumnID {
      let id = column("weights", isNullable: true)
      result.aggregates.append(
        AggregateColumn(id: id, function: function, argument: argument, isDistinct: false))
      return id
    }
    let total = statistic(.sum, .column(weight.all))
    var place: ColumnID?
    for limit in dominance {
      let largest: ColumnID
      if limit.units == 1 {
        largest = statistic(.maximum, .column(weight.ofUnits))
      } else {
        let rank = place ?? column("place of its weight", isNullable: false)
        if place == nil {
          place = rank
          let order = OrderKey(expression: .column(weight.ofUnits), isDescending: true, nullsFirst: false)
          input = .window(
            input,
            WindowStep(
              partition: keys.map(\.expression), order: [order],
              functions: [.init(id: rank, function: .rowNumber)], areTiesAlike: true))
        }
        let isAmong = Expression.not(.compare(.less, .integer(BigInt(limit.units)), .column(rank)))
        largest = statistic(
          .sum, .choose([.init(condition: isAmong, result: .column(weight.ofUnits))], otherwise: nothing))
      }
      result.rules.append(.init(largest: largest, total: total, percent: limit.percent))
    }
  }

  private var nothing: Expression { .null(.number(scale: 0)) }
  private func magnitude(_ id: ColumnID) -> Expression {
    let value = Expression.column(id)
    return .choose(
      [.init(condition: .compare(.less, value, .integer(0)), result: .scaled(value, by: -1))], otherwise: value)
  }
  private func column(_ name: String, isNullable: Bool) -> ColumnID {
    registry.column(name, .number(scale: 0), isNullable: isNullable)
  }

  // MARK: Constants

  /// Where a value goes through a union, a window or a statistic of each unit, what is added to it there could not be taken
  /// off again.
  ///
  /// - Parameter results: the columns that the values become, in which numbers are told from labels.
  /// - Throws: `plan/release-argument` where something is, and dominance is asked for.
  func checkConstants(in expressions: [Expression], as results: [ColumnID]) throws(ParleyError) {
    guard !dominance.isEmpty else { return }
    for (expression, id) in zip(expressions, results) {
      switch registry[id].type {
      case .number, .duration: try checkConstants(of: try resolved(expression))
      default: continue
      }
    }
  }
  func checkConstants(of given: Expression) throws(ParleyError) {
    let expression = dominance.isEmpty ? given : columns.facts.withoutFixed(given)
    guard !dominance.isEmpty, !given.columns.isEmpty,
      expression.hidesConstants || expression.withoutConstants != expression
    else { return }
    throw refusal(
      .argument,
      "something is added to a value in a subquery, a union or a window, and 'dominance' is judged without what is added to everybody",
      remedy: "add it in the outermost SELECT, or leave it out")
  }
}

extension AggregateFunction {
  /// Values of rows are added up in it.
  fileprivate var addsUp: Bool {
    switch self {
    case .sum, .average, .variance, .deviation, .correlation: true
    case .countRows, .count, .minimum, .maximum, .any, .every, .median, .quantile: false
    }
  }
}
