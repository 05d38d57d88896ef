import ParleyBase
import ParleyProgram

/// Rewrites of a bound plan: subqueries become joins, conditions move to where their columns are, joins get an order
/// and their keys.
struct Optimizer {
  let registry: ColumnRegistry
  let source: Source

  func error(_ code: String, _ message: String, at range: SourceRange, remedy: String) -> ParleyError {
    source.error("sql/\(code)", message, at: range, remedy: remedy)
  }

  func optimized(_ plan: RelationalPlan) throws(ParleyError) -> RelationalPlan {
    switch plan {
    case .inner(let parts, let conditions):
      return try joined(try optimized(parts), conditions)
    case .filter(let input, let conditions): return try joined([try optimized(input)], conditions)
    case .outer(let kind, let left, let right, let conditions):
      return try outer(kind, try optimized(left), try optimized(right), conditions)
    case .union(let branches, let columns):
      var mapped: [RelationalPlan.Branch] = []
      for branch in branches { mapped.append(try optimized(branch)) }
      return .union(mapped, columns)
    case .compared(let operation, let a, let b, let columns):
      return .compared(operation, try optimized(a), try optimized(b), columns)
    case .sort(let input, let keys):
      // Only a limit sees the order of its input.
      if case .sort(let inner, _) = input { return try optimized(.sort(inner, keys)) }
      return try attached(plan)
    default: return try attached(plan)
    }
  }

  private func optimized(_ plans: [RelationalPlan]) throws(ParleyError) -> [RelationalPlan] {
    var result: [RelationalPlan] = []
    for plan in plans { result.append(try optimized(plan)) }
    return result
  }

  private func optimized(_ branch: RelationalPlan.Branch) throws(ParleyError) -> RelationalPlan.Branch {
    var plan = try optimized(branch.plan)
    var outputs: [Expression] = []
    for output in branch.outputs { outputs.append(try attach(output, to: &plan).simplified) }
    return RelationalPlan.Branch(plan: plan, outputs: outputs)
  }

  /// An operator with one input, whose expressions may hold subqueries.
  private func attached(_ plan: RelationalPlan) throws(ParleyError) -> RelationalPlan {
    guard let input = plan.inputs.first, plan.inputs.count == 1 else { return plan }
    var new = try optimized(input)
    var replacements: [Expression: Expression] = [:]
    for expression in plan.ownExpressions {
      replacements[expression] = try attach(expression, to: &new).simplified
    }
    return plan.mapInputs { _ in new }.mapOwnExpressions { replacements[$0] ?? $0 }
  }

  // MARK: Inner joins

  /// - Parameter parts: optimised.
  func joined(_ parts: [RelationalPlan], _ conditions: [Expression]) throws(ParleyError) -> RelationalPlan {
    guard parts.count <= JoinOrder.mostParts else {
      throw source.error(
        "plan/too-large", "more than \(JoinOrder.mostParts) tables are joined at once",
        at: SourceRange(start: 0, end: 0), remedy: "join fewer tables, or put a GROUP BY between some of the joins"
      )
    }
    var order = JoinOrder(parts)
    var seen: Set<Expression> = []
    var pending: [JoinCondition] = []
    for condition in conditions {
      for conjunct in condition.simplifiedConjuncts where seen.insert(conjunct).inserted {
        pending.append(JoinCondition(conjunct))
      }
    }
    while true {
      // Plain conditions first, as they may be the holder's work.
      for holdsSubquery in [false, true] {
        var rest: [JoinCondition] = []
        for condition in pending {
          guard condition.containsSubquery == holdsSubquery, let place = order.place(of: condition.columns) else {
            let isAttached = holdsSubquery && condition.containsSubquery
            rest.append(
              isAttached ? JoinCondition(try attachedEarly(condition.expression, to: &order)) : condition)
            continue
          }
          order.replace(place, by: try filtered(order.parts[place].plan, condition.expression))
        }
        pending = rest
      }
      guard order.parts.count > 1 else { break }
      combine(&order, &pending)
    }
    var plan = order.parts[0].plan
    for condition in pending { plan = try filtered(plan, condition.expression) }
    return plan
  }

  /// A condition over several parts whose subqueries use columns of one part each: those are computed for the rows of
  /// that part, before it is joined and repeated.
  private func attachedEarly(_ conjunct: Expression, to order: inout JoinOrder) throws(ParleyError) -> Expression {
    var replacements: [Expression: Expression] = [:]
    for subquery in Self.outermost(conjunct) {
      let expression = Expression.subquery(subquery)
      guard let place = order.place(of: expression.columns) else { continue }
      var plan = order.parts[place].plan
      replacements[expression] = try attach(expression, to: &plan)
      order.replace(place, by: plan)
    }
    return replacements.isEmpty ? conjunct : conjunct.replacing { replacements[$0] }.simplified
  }

  private func filtered(_ plan: RelationalPlan, _ conjunct: Expression) throws(ParleyError) -> RelationalPlan {
    guard conjunct.containsSubquery else { return pushed(conjunct, into: plan) }
    var isNegated = false
    var inner = conjunct
    if case .not(let negated) = conjunct { (isNegated, inner) = (true, negated) }
    if case .subquery(let subquery) = inner, subquery.kind != .scalar,
      let result = try membership(subquery, isNegated: isNegated, of: plan)
    {
      return result
    }
    var plan = plan
    let replaced = try attach(conjunct, to: &plan).simplified
    return pushed(replaced, into: plan)
  }

  /// The condition as near to the tables as it goes.
  private func pushed(_ condition: Expression, into plan: RelationalPlan) -> RelationalPlan {
    if condition == .boolean(true) { return plan }
    let columns = condition.columns
    func holds(_ plan: RelationalPlan) -> Bool { !columns.isEmpty && columns.isSubset(of: plan.columnSet) }
    switch plan {
    case .scan(var scan):
      scan.filter.append(condition)
      return .scan(scan)
    case .filter(let input, let conditions): return .filter(input, conditions + [condition])
    case .cross(let a, let b):
      if holds(a) { return .cross(pushed(condition, into: a), b) }
      if holds(b) { return .cross(a, pushed(condition, into: b)) }
    case .match(let kind, let a, let b, let keys, let unique):
      if kind != .full, holds(a) { return .match(kind, pushed(condition, into: a), b, keys, unique) }
      if kind == .inner, holds(b) { return .match(kind, a, pushed(condition, into: b), keys, unique) }
    default: break
    }
    return .filter(plan, [condition])
  }

  // MARK: Order of joins

  private struct Candidate {
    var left: Int
    var right: Int
    var keys: [KeyPair]
    var used: [Expression]
    /// The right side is unique on the keys.
    var isUnique: Bool
    var cost: Int
  }

  /// Joins the two parts that cost least: first where one side is unique on the keys, so that the result is no longer
  /// than the other side; small tables before large ones.
  private func combine(_ order: inout JoinOrder, _ pending: inout [JoinCondition]) {
    var best: Candidate?
    func offer(_ candidate: Candidate) {
      guard let old = best else {
        best = candidate
        return
      }
      let rank = { (c: Candidate) in c.isUnique ? 0 : c.keys.isEmpty ? 2 : 1 }
      if (rank(candidate), candidate.cost) < (rank(old), old.cost) { best = candidate }
    }
    let found = order.equalities(pending)
    for left in order.parts.indices {
      for right in order.parts.indices where left != right {
        offer(
          candidate(
            left, right, order.parts[left], order.parts[right], found[.init(left: left, right: right)] ?? []))
      }
    }
    guard let best else { return }
    let a = order.parts[best.left].plan, b = order.parts[best.right].plan
    if !best.used.isEmpty {
      let used = Set(best.used)
      pending.removeAll { used.contains($0.expression) }
    }
    order.replace(
      best.left,
      by: best.keys.isEmpty
        ? .cross(a, b)
        : .match(
          .inner, a, b, best.keys, best.isUnique ? .right : .neither(bound: source.query.joinBound)))
    order.remove(best.right)
  }

  private func candidate(
    _ left: Int, _ right: Int, _ a: JoinOrder.Part, _ b: JoinOrder.Part, _ found: [FoundKey]
  ) -> Candidate {
    let (n, m) = (a.maximumRows, b.maximumRows)
    if b.isSingle {
      return Candidate(left: left, right: right, keys: [], used: [], isUnique: true, cost: n)
    }
    if let key = Self.uniqueKey(among: b.uniqueKeys, found) {
      return Candidate(
        left: left, right: right, keys: key.map(\.pair), used: key.map(\.condition), isUnique: true, cost: n + m)
    }
    let (cost, overflow) = n.multipliedReportingOverflow(by: m)
    return Candidate(
      left: left, right: right, keys: found.map(\.pair), used: found.map(\.condition), isUnique: false,
      cost: overflow ? .max : cost)
  }

  typealias FoundKey = (pair: KeyPair, condition: Expression)

  /// Equalities between an expression over the one plan and an expression over the other.
  func equalities(_ conditions: [Expression], _ a: RelationalPlan, _ b: RelationalPlan) -> [FoundKey] {
    let x = a.columnSet, y = b.columnSet
    var found: [FoundKey] = []
    for condition in conditions where !condition.containsSubquery {
      guard let (p, q) = condition.equality else { continue }
      let (pColumns, qColumns) = (p.columns, q.columns)
      guard !pColumns.isEmpty, !qColumns.isEmpty else { continue }
      if pColumns.isSubset(of: x), qColumns.isSubset(of: y) {
        found.append((KeyPair(left: p, right: q), condition))
      } else if qColumns.isSubset(of: x), pColumns.isSubset(of: y) {
        found.append((KeyPair(left: q, right: p), condition))
      }
    }
    return found
  }

  /// The fewest of the equalities whose right sides tell all rows of `plan` apart.
  func uniqueKey(of plan: RelationalPlan, among found: [FoundKey]) -> [FoundKey]? {
    Self.uniqueKey(among: plan.uniqueKeys, found)
  }
  private static func uniqueKey(among keys: [Set<ColumnID>], _ found: [FoundKey]) -> [FoundKey]? {
    guard !found.isEmpty else { return nil }
    var best: [FoundKey]?
    for key in keys {
      var parts: [FoundKey] = []
      for column in key.sorted() {
        if let part = found.first(where: { $0.pair.right.injectiveColumn == column }) { parts.append(part) }
      }
      if parts.count == key.count, !parts.isEmpty, parts.count < best?.count ?? .max { best = parts }
    }
    return best
  }

  func equality(_ a: Expression, _ b: Expression, of type: SQLType? = nil) -> Expression {
    switch type ?? registry.type(of: a) ?? registry.type(of: b) {
    case .boolean: .equivalent(a, b)
    case .string, .text: .compareText(.equal, a, b)
    default: .compare(.equal, a, b)
    }
  }
}
