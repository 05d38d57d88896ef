import BigInt
import ParleyBase
import ParleyProgram

/// IN and EXISTS.
extension Optimizer {
  /// At so many values that can be NULL every pair of rows is looked at: below, each may or may not be the same and may or
  /// may not be NULL.
  private static var mostNullable: Int { 3 }

  /// `(operand, …) IN (subquery)` in three-valued logic: true where some row has the same values, false where each row has
  /// one that is another, otherwise unknown.
  func contained(
    _ members: [Subquery.Member], _ inner: Independent, to plan: inout RelationalPlan
  ) throws(ParleyError) -> Expression {
    let own = inner.plan.columnSet
    var keyed = inner
    var nullable: [Subquery.Member] = []
    var areInside = true
    for member in members {
      if member.output.columns.isSubset(of: own) {
        keyed.keys.append(KeyPair(left: member.operand, right: member.output))
      } else {
        areInside = false
        keyed.residual.append(equality(member.operand, member.output, of: member.type))
      }
      if registry.isNullable(member.operand) || registry.isNullable(member.output) { nullable.append(member) }
    }
    let isFound = try exists(keyed, to: &plan)
    guard !nullable.isEmpty else { return isFound }
    let isUnknown: Expression
    if inner.residual.isEmpty, areInside, nullable.count <= Self.mostNullable {
      isUnknown = try unknown(members, nullable, inner, to: &plan)
    } else {
      var compared = inner
      for member in members {
        var condition = equality(member.operand, member.output, of: member.type)
        if nullable.contains(member) {
          let isMissing = Expression.or(.isNull(member.operand), .isNull(member.output))
          condition = members.count == 1 ? isMissing : .or(isMissing, condition)
        }
        compared.residual.append(condition)
      }
      isUnknown = try exists(compared, to: &plan)
    }
    return .choose(
      [
        .init(condition: isFound, result: .boolean(true)),
        .init(condition: isUnknown, result: .null(.boolean)),
      ], otherwise: .boolean(false))
  }

  /// Some row has no value that is another one, but is not the same either: the values of some places are the same, and
  /// in each other place one side is NULL. For every choice of those places the rows of the subquery are counted by the
  /// values that are the same, with how many of them have NULL where the row around does not.
  private func unknown(
    _ members: [Subquery.Member], _ nullable: [Subquery.Member], _ inner: Independent,
    to plan: inout RelationalPlan
  ) throws(ParleyError) -> Expression {
    let found = try optimized(inner.plan)
    var cases: [Expression] = []
    for places in 0..<(1 << nullable.count) - 1 {
      var keys = inner.keys
      var missing: [Subquery.Member] = []
      for member in members {
        if let place = nullable.firstIndex(of: member), places >> place & 1 == 0 {
          missing.append(member)
        } else {
          keys.append(KeyPair(left: member.operand, right: member.output))
        }
      }
      let rows = registry.column("count", .number(scale: 0), isNullable: false)
      var aggregates = [AggregateColumn(id: rows, function: .countRows, argument: nil, isDistinct: false)]
      var here: [Expression] = []
      for absent in 0..<1 << missing.count {
        let inside = missing.indices.filter { absent >> $0 & 1 == 1 }.map { missing[$0] }
        let outside = missing.indices.filter { absent >> $0 & 1 == 0 }.map { missing[$0] }
        let isMissing = Expression.all(outside.map { .isNull($0.operand) })
        var isThere = Expression.boolean(true)
        if !inside.isEmpty {
          // Counts the rows in which not all of them are NULL.
          let values = registry.column("count", .number(scale: 0), isNullable: false)
          let areNull = Expression.all(inside.map { .isNull($0.output) })
          let counted: Expression =
            inside.count == 1
            ? inside[0].output
            : .choose([.init(condition: areNull, result: .null(.number(scale: 0)))], otherwise: .integer(0))
          aggregates.append(
            AggregateColumn(id: values, function: .count, argument: counted, isDistinct: false))
          isThere = .compare(.less, .column(values), .column(rows))
        }
        here.append(.and(isMissing, isThere))
      }
      if keys.isEmpty {
        plan = .cross(plan, .aggregate(found, keys: [], aggregates, shown: nil))
      } else {
        join(&plan, found, keys, aggregates)
      }
      cases.append(
        .and(.compare(.less, .integer(0), .coalesce([.column(rows), .integer(0)])), .any(here)))
    }
    return .any(cases)
  }

  /// EXISTS, IN and their negations where a row stays only if they are true; nil where a value is needed after all.
  func membership(_ given: Subquery, isNegated: Bool, of plan: RelationalPlan) throws(ParleyError)
    -> RelationalPlan?
  {
    var plan = plan
    let (subquery, inner) = try prepared(given, for: plan)
    guard inner.residual.isEmpty else { return nil }
    if case .oneOf(let members) = subquery.kind {
      let own = inner.plan.columnSet
      guard !inner.isScalarAggregate,
        members.allSatisfy({ !$0.operand.containsSubquery && $0.output.columns.isSubset(of: own) })
      else { return nil }
      let keys = inner.keys + members.map { KeyPair(left: $0.operand, right: $0.output) }
      var kind = MatchKind.semi
      if isNegated {
        let isNullable = members.contains { registry.isNullable($0.operand) || registry.isNullable($0.output) }
        if isNullable, !inner.keys.isEmpty || members.count > 1 { return nil }
        kind = .anti(nullAware: isNullable)
      }
      plan = .match(kind, plan, try optimized(inner.plan), keys, .neither(bound: nil))
      return plan
    }
    guard !inner.keys.isEmpty, !inner.isScalarAggregate else { return nil }
    return .match(
      isNegated ? .anti(nullAware: false) : .semi, plan, try optimized(inner.plan), inner.keys,
      .neither(bound: nil))
  }
}
