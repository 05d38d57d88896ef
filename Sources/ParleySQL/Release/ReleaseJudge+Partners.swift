import ParleyBase

/// That rows of outer joins have no partner is asked of the groupings above, by columns which these can still read.
extension ReleaseJudge {
  /// The conditions that the rows of `plan` can be asked for. Those of other parts of the query are left to the groupings there.
  func partnersAtHand(in plan: RelationalPlan) throws(ParleyError) -> [Expression] {
    var result: [Expression] = []
    for condition in lacksPartner {
      let read = try resolved(condition).columns
      if read.isSubset(of: plan.readable) {
        result.append(condition)
      } else if !read.isDisjoint(with: plan.everyColumn) {
        throw refusal(
          .shape,
          "an outer join, or a test such as IN that is a value, stands in a part of a union, or below a grouping that does not keep which rows have no partner",
          remedy: "write an inner join there")
      }
    }
    return result
  }

  /// A unit has no partner where some row of it has none. From here on the conditions are those of units.
  mutating func lackingPartner(in plan: RelationalPlan) throws(ParleyError) -> [AggregateColumn] {
    var result: [AggregateColumn] = []
    for condition in try partnersAtHand(in: plan) {
      let argument = try resolved(condition)
      let id = registry.column("a row without a partner", .boolean, isNullable: false)
      carried.formUnion(argument.columns)
      carried.insert(id)
      lacksPartner.removeAll { $0 == condition }
      lacksPartner.append(.column(id))
      result.append(AggregateColumn(id: id, function: .any, argument: argument, type: .boolean, isDistinct: false))
    }
    return result
  }
}

extension RelationalPlan {
  /// Its columns, and those that projections in it can be made to keep.
  fileprivate var readable: Set<ColumnID> {
    switch self {
    case .aggregate, .union, .compared, .common, .scan: columnSet
    case .match(.semi, let a, _, _, _), .match(.anti, let a, _, _, _): columnSet.union(a.readable)
    default: inputs.reduce(into: columnSet) { $0.formUnion($1.readable) }
    }
  }
  /// All columns that it or anything in it makes.
  fileprivate var everyColumn: Set<ColumnID> {
    inputs.reduce(into: columnSet) { $0.formUnion($1.everyColumn) }
  }
}
