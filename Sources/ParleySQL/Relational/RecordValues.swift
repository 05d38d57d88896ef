extension RelationalPlan {
  /// Columns whose values are those of single records, or computed from them, although the rows are groups: MIN, MAX and
  /// values by their rank. The disclosure statement says so.
  var recordColumns: Set<ColumnID> {
    if case .common(let common) = self { return common.recordColumns }
    var found = inputs.reduce(into: Set<ColumnID>()) { $0.formUnion($1.recordColumns) }
    func add(_ pairs: some Sequence<(ColumnID, Expression)>) {
      let known = found
      for (id, expression) in pairs where expression.carriesRecord(known) { found.insert(id) }
    }
    switch self {
    case .aggregate(_, let keys, let aggregates, _):
      add(keys.map { ($0.id, $0.expression) })
      for aggregate in aggregates {
        switch aggregate.function {
        case .minimum, .maximum, .median, .quantile: found.insert(aggregate.id)
        default: continue
        }
      }
    case .extend(_, let items), .project(_, let items): add(items.map { ($0.id, $0.expression) })
    case .window(_, let step):
      for column in step.functions {
        switch column.function {
        case .lag(let value, _), .lead(let value, _), .firstValue(let value), .lastValue(let value):
          add([(column.id, value)])
        case .minimum, .maximum: found.insert(column.id)
        default: continue
        }
      }
    case .union(let branches, let columns):
      for branch in branches { add(zip(columns, branch.outputs)) }
    case .compared(_, let a, let b, let columns):
      for branch in [a, b] { add(zip(columns, branch.outputs)) }
    default: break
    }
    return found
  }
}

extension Expression {
  fileprivate func carriesRecord(_ known: Set<ColumnID>) -> Bool {
    if case .subquery(let subquery) = self, !subquery.plan.recordColumns.isEmpty { return true }
    return !columns.isDisjoint(with: known) || children.contains { $0.carriesRecord(known) }
  }
}
