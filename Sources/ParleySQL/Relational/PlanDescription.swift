import ParleyProgram

/// A plan in words, operator by operator.
struct PlanDescription {
  let registry: ColumnRegistry

  func lines(_ plan: RelationalPlan, depth: Int = 0) -> [OperatorLine] { steps(plan, depth: depth).map(\.line) }

  /// The same with the part of the plan that each is about.
  func steps(_ plan: RelationalPlan, depth: Int = 0) -> [(plan: RelationalPlan, line: OperatorLine)] {
    var described: Set<CommonPlan> = []
    var result: [(plan: RelationalPlan, line: OperatorLine)] = []
    func add(_ plan: RelationalPlan, depth: Int) {
      result.append((plan, OperatorLine(depth: depth, text: text(plan), rows: plan.maximumRows)))
      for input in plan.inputs { add(input, depth: depth + 1) }
      // What is read several times is described where it is read first.
      if case .common(let common) = plan, described.insert(common).inserted { add(common.plan, depth: depth + 1) }
    }
    add(plan, depth: depth)
    return result
  }

  private func text(_ plan: RelationalPlan) -> String {
    switch plan {
    case .scan(let scan):
      let filter = scan.filter.isEmpty ? "" : ", filtered by its holders"
      return "table \(scan.table.name)\(filter)"
    case .common(let common): return "common table \(common.name)"
    case .inner: return "join"
    case .outer(let kind, _, _, _): return "\(kind.rawValue) join"
    case .filter(_, let conditions):
      return "filter (\(conditions.count) condition\(conditions.count == 1 ? "" : "s"))"
    case .extend, .project: return "columns"
    case .aggregate(_, let keys, let aggregates, _):
      if keys.isEmpty { return "aggregate \(names(aggregates.map(\.id)))" }
      return aggregates.isEmpty
        ? "distinct \(names(keys.map(\.id)))" : "group by \(names(keys.map(\.id))): \(names(aggregates.map(\.id)))"
    case .window(_, let step): return "window \(names(step.functions.map(\.id)))"
    case .sort: return "sort"
    case .limit(_, let count, let offset):
      return "limit\(count.map { " \($0)" } ?? "")\(offset > 0 ? " offset \(offset)" : "")"
    case .union: return "union all"
    case .compared(let operation, _, _, _): return operation.rawValue.lowercased()
    case .match(let kind, _, _, let keys, let unique):
      let columns = keys.map { "\(text($0.left)) = \(text($0.right))" }.joined(separator: " and ")
      let side =
        switch unique {
        case .left: ", left side unique"
        case .right: ", right side unique"
        case .neither: ""
        }
      return "\(self.text(kind)) on \(columns)\(side)"
    case .cross: return "every pair"
    case .numbered: return "row numbers"
    case .masked: return "matches that meet further conditions"
    }
  }

  private func text(_ kind: MatchKind) -> String {
    switch kind {
    case .inner: "join"
    case .left: "left join"
    case .full: "full join"
    case .semi: "semi join"
    case .anti(let nullAware): nullAware ? "anti join (NOT IN)" : "anti join"
    }
  }

  private func text(_ expression: Expression) -> String {
    if case .column(let id) = expression { registry[id].name } else { "expression" }
  }
  private func names(_ ids: [ColumnID]) -> String { ids.map { registry[$0].name }.joined(separator: ", ") }
}
