import ParleyProgram

/// Work that the holder of a row does on its own plaintext before anything is shared: parts of expressions that read
/// the columns of one table only become columns of that table.
struct HolderPushdown {
  let registry: ColumnRegistry
  /// Of the plan, by the number of the scan.
  let tables: [Int: TableSchema]

  init(_ plan: RelationalPlan, registry: ColumnRegistry) {
    self.registry = registry
    tables = Dictionary(plan.allScans.map { ($0.number, $0.table) }) { first, _ in first }
  }

  func derived(_ written: Expression, _ scan: Int) -> ColumnID {
    registry.derived(written, type: registry.type(of: written) ?? .number(scale: 0), scan: scan)
  }

  /// What holders can do of a plan is theirs.
  func moved(_ plan: RelationalPlan) -> RelationalPlan { pushed(carried(plan)) }

  private func pushed(_ plan: RelationalPlan) -> RelationalPlan {
    let inner = plan.mapInputs(pushed)
    // What a scan filters by is its holders' work anyway.
    if case .scan = inner { return inner }
    let scans = inner.inputs.reduce(into: Set<Int>()) { $0.formUnion(reachable($1)) }
    return inner.mapOwnExpressions { push($0, scans) }
  }

  /// Scans whose rows stand side by side in the plan's rows.
  func reachable(_ plan: RelationalPlan) -> Set<Int> {
    switch plan {
    case .scan(let scan): [scan.number]
    case .match(.semi, let a, _, _, _), .match(.anti, let a, _, _, _): reachable(a)
    case .aggregate, .project, .union, .compared, .common: []
    case .masked(let a, let columns, _): reachable(a).subtracting(columns.compactMap { registry[$0].scan })
    default: plan.inputs.reduce(into: []) { $0.formUnion(reachable($1)) }
    }
  }

  private func push(_ expression: Expression, _ scans: Set<Int>) -> Expression {
    if case .column = expression { return expression }
    if expression.containsSubquery { return expression.mapChildren { push($0, scans) } }
    let columns = expression.columns
    let owners = Set(columns.map { registry[$0].scan })
    if owners.count == 1, let owner = owners.first, let scan = owner, scans.contains(scan) {
      // Columns that the holder computes are written out.
      let written = expression.replacing { part in
        if case .column(let id) = part { registry[id].formula } else { nil }
      }
      if HolderFormulas(registry: registry).isComputable(written) {
        if expression.isNullOfNulls || !columns.contains(where: { registry[$0].isExtended }) {
          return .column(derived(written, scan))
        }
        if let value = unmatched(written, of: scan) { return value }
      }
    }
    if let split = expression.splitText, split != expression { return push(split, scans) }
    return expression.mapChildren { push($0, scans) }
  }
}
