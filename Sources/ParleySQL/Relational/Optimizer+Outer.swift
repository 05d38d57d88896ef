import ParleyBase
import ParleyProgram

/// LEFT and FULL joins with any condition.
extension Optimizer {
  func outer(
    _ kind: OuterKind, _ left: RelationalPlan, _ right: RelationalPlan, _ conditions: [Expression]
  ) throws(ParleyError) -> RelationalPlan {
    var right = right
    var conjuncts: [Expression] = []
    for conjunct in conditions.flatMap(\.simplifiedConjuncts) {
      guard !conjunct.containsSubquery else {
        throw error(
          "unsupported", "a subquery in the condition of an outer join is not part of the dialect",
          at: SourceRange(start: 0, end: 0), remedy: "join a subquery in FROM that has the condition in its WHERE")
      }
      let columns = conjunct.columns
      if kind == .left, !columns.isEmpty, columns.isSubset(of: right.columnSet) {
        // Rows of the right side that cannot match are no rows.
        right = try joined([right], [conjunct])
      } else {
        conjuncts.append(conjunct)
      }
    }
    let found = equalities(conjuncts, left, right)
    let rest = conjuncts.filter { condition in !found.contains { $0.condition == condition } }
    if let key = uniqueKey(of: right, among: found) {
      let others =
        rest + found.map(\.condition).filter { condition in !key.contains { $0.condition == condition } }
      if kind == .left {
        return try matched(left, right, key.map(\.pair), others)
      }
      if others.isEmpty { return .match(.full, left, right, key.map(\.pair), .right) }
    }
    if rest.isEmpty,
      uniqueKey(of: left, among: found.map { (KeyPair(left: $0.pair.right, right: $0.pair.left), $0.condition) })
        != nil
    {
      return .match(kind == .left ? .left : .full, left, right, found.map(\.pair), .left)
    }
    return try general(kind, left, right, conjuncts)
  }

  /// Each left row has at most one match, so a further condition only decides whether that one is shown.
  private func matched(
    _ left: RelationalPlan, _ right: RelationalPlan, _ keys: [KeyPair], _ others: [Expression]
  ) throws(ParleyError) -> RelationalPlan {
    let plan = RelationalPlan.match(.left, left, right, keys, .right)
    return others.isEmpty ? plan : .masked(plan, right.columnSet, .all(others))
  }

  /// The matching pairs, then the rows that are in none.
  private func general(
    _ kind: OuterKind, _ left: RelationalPlan, _ right: RelationalPlan, _ conditions: [Expression]
  ) throws(ParleyError) -> RelationalPlan {
    let row = registry.column("row", .number(scale: 0), isNullable: false)
    let numberedLeft = RelationalPlan.numbered(left, row)
    var numberedRight = right
    let rightRow = registry.column("row", .number(scale: 0), isNullable: false)
    if kind == .full { numberedRight = .numbered(right, rightRow) }
    let pairs = try joined([numberedLeft, numberedRight], conditions)
    let columns = left.columnSet.union(right.columnSet).sorted()
    func nulled(_ plan: RelationalPlan, keeping kept: Set<ColumnID>) -> RelationalPlan.Branch {
      RelationalPlan.Branch(
        plan: plan,
        outputs: columns.map { kept.contains($0) ? .column($0) : .null(registry[$0].type) })
    }
    func unmatched(_ plan: RelationalPlan, _ id: ColumnID) -> RelationalPlan {
      let other = registry.column("row", .number(scale: 0), isNullable: false)
      let found = RelationalPlan.project(pairs, [Projection(id: other, expression: .column(id))])
      return .match(
        .anti(nullAware: false), plan, found, [KeyPair(left: .column(id), right: .column(other))],
        .neither(bound: nil))
    }
    var branches = [
      RelationalPlan.Branch(plan: pairs, outputs: columns.map { .column($0) }),
      nulled(unmatched(numberedLeft, row), keeping: left.columnSet),
    ]
    if kind == .full {
      branches.append(nulled(unmatched(numberedRight, rightRow), keeping: right.columnSet))
    }
    let result = RelationalPlan.union(branches, columns)
    try result.checkOperators(of: source)
    return result
  }
}
