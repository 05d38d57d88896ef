import ParleyBase
import ParleyProgram
import ParleyTables

/// Window functions.
extension PlanLowering {
  mutating func window(
    _ input: RelationalPlan, _ step: WindowStep, _ needed: Set<ColumnID>
  ) throws(ParleyError) -> Relation {
    let read = columns(RelationalPlan.window(input, step).ownExpressions)
    var relation = try lower(input, needed.subtracting(step.functions.map(\.id)).union(read))
    var partition: [Int] = []
    for expression in step.partition { partition.append(try position(of: expression, in: &relation)) }
    let order = try order(step.order, &relation)
    var functions: [WindowFunction] = []
    for column in step.functions {
      let function: WindowFunction.Function
      let frame: WindowFunction.Frame =
        switch column.frame {
        case .rows(nil, 0): .rows
        case .rows(let from, let to): .sliding(from: from, to: to)
        case .partition: .partition
        case .peers, nil: step.order.isEmpty ? .partition : .range
        }
      switch column.function {
      case .rowNumber: function = .rowNumber
      case .rank: function = .rank
      case .denseRank: function = .denseRank
      case .lag(let value, let by): function = .lag(try position(of: value, in: &relation), by: by)
      case .lead(let value, let by): function = .lead(try position(of: value, in: &relation), by: by)
      case .firstValue(let value): function = .firstValue(try position(of: value, in: &relation))
      case .lastValue(let value): function = .lastValue(try position(of: value, in: &relation), frame)
      case .countRows: function = .countRows(frame)
      case .count(let value): function = .count(try position(of: value, in: &relation), frame)
      case .sum(let value): function = .sum(try position(of: value, in: &relation), frame)
      case .moments(let statistic, let value, let other, let type):
        function = try moments(statistic, value, other, type, frame, &relation)
      case .minimum(let value): function = .minimum(try position(of: value, in: &relation), frame)
      case .maximum(let value): function = .maximum(try position(of: value, in: &relation), frame)
      }
      functions.append(WindowFunction(function, name: registry[column.id].name))
    }
    let ids = relation.ids + step.functions.map { Optional($0.id) }
    return Relation(
      table: try tables.window(
        relation.table, partition: partition, order: order, functions,
        areTiesAlike: step.areTiesAlike), ids: ids)
  }

  /// The values of the statistic, with their decimals.
  private mutating func moments(
    _ function: AggregateFunction, _ value: Expression, _ other: Expression?, _ type: SQLType,
    _ frame: WindowFunction.Frame, _ relation: inout Relation
  ) throws(ParleyError) -> WindowFunction.Function {
    let column = try position(of: value, in: &relation, type: type)
    guard let other else {
      relation.table.columns[column].type = SecretType(type)
      return .moments(function == .variance ? .variance : .deviation, column, and: nil, frame)
    }
    let second = try position(of: other, in: &relation, type: type)
    return .moments(.correlation, column, and: second, frame)
  }
}
