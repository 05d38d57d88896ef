import ParleyProgram

/// Rows of an outer join without unique keys are a union, through which the columns of its tables go under their own
/// names: what holders make of their texts goes with them.
extension HolderPushdown {
  func carried(_ plan: RelationalPlan) -> RelationalPlan {
    let plan = plan.mapInputs(carried)
    if case .scan = plan { return plan }
    let scans = plan.inputs.reduce(into: Set<Int>()) { $0.formUnion(reachable($1)) }
    var wanted: [Expression] = []
    func collect(_ expression: Expression) {
      if expression.isTextWork, let scan = owner(of: expression), !scans.contains(scan),
        HolderFormulas(registry: registry).isComputable(expression)
      {
        if !wanted.contains(expression) { wanted.append(expression) }
      } else if !expression.containsSubquery {
        for child in expression.children { collect(child) }
      }
    }
    for expression in plan.ownExpressions { collect(expression) }
    var result = plan
    for expression in wanted {
      guard let scan = owner(of: expression) else { continue }
      let id = derived(expression, scan)
      registry[id].isNullable = true
      var isProvided = true
      var isThere = false
      let inner = result.mapInputs { input in
        guard expression.columns.isSubset(of: input.columnSet) else { return input }
        guard let provided = providing(id, expression, in: input) else {
          isProvided = false
          return input
        }
        isThere = true
        return provided
      }
      guard isProvided, isThere else { continue }
      result = inner.mapOwnExpressions { own in own.replacing { $0 == expression ? .column(id) : nil } }
    }
    return result
  }

  /// The scan whose columns, as they are, are all that it reads.
  private func owner(of expression: Expression) -> Int? {
    let columns = expression.columns
    let scans = Set(columns.map { registry[$0].scan })
    guard scans.count == 1, let scan = scans.first, columns.allSatisfy({ registry[$0].formula == nil }) else {
      return nil
    }
    return scan
  }

  /// The plan with a column that the holders of one of its tables compute; nil where its rows are not rows of the table.
  private func providing(_ id: ColumnID, _ expression: Expression, in plan: RelationalPlan) -> RelationalPlan? {
    switch plan {
    case .scan: return plan
    case .union(let branches, var columns):
      guard !columns.contains(id) else { return plan }
      let places = columns.indices.filter { expression.columns.contains(columns[$0]) }
      var provided: [RelationalPlan.Branch] = []
      for var branch in branches {
        let outputs = places.map { branch.outputs[$0] }
        if outputs == places.map({ .column(columns[$0]) }), let plan = providing(id, expression, in: branch.plan) {
          branch.plan = plan
          branch.outputs.append(.column(id))
        } else if outputs.allSatisfy({ if case .null = $0 { true } else { false } }),
          let scan = registry[id].scan, let table = tables[scan], let alone = ofNulls(expression, table)
        {
          branch.outputs.append(alone)
        } else {
          return nil
        }
        provided.append(branch)
      }
      columns.append(id)
      return .union(provided, columns)
    case .aggregate, .project, .compared, .common, .masked: return nil
    default:
      var isProvided = false
      let result = plan.mapInputs { input in
        guard !isProvided, expression.columns.isSubset(of: input.columnSet),
          let provided = providing(id, expression, in: input)
        else { return input }
        isProvided = true
        return provided
      }
      return isProvided ? result : nil
    }
  }
}
