import ParleyBase
import ParleyProgram

/// COUNT(DISTINCT …): of people, or of values of which it tells which are there.
extension ReleaseJudge {
  /// - Parameters:
  ///   - argument: what is counted, over columns of tables.
  ///   - reader: takes what is counted one by one.
  ///   - keys: what groups are made by, over the same columns.
  ///   - areOnce: every unit has one row at most in a group.
  func readDistinct(
    _ argument: Expression, _ reader: inout ReleaseArgument, of rows: Rows, by keys: [Expression], areOnce: Bool
  ) throws(ParleyError) {
    guard case .column(let id) = argument else {
      guard let (_, value) = argument.filtered else {
        throw refusal(
          .argument, "COUNT(DISTINCT …) is of a formula",
          remedy: "count different values of a column as it is, or group by the formula")
      }
      throw refusal(
        .argument,
        "COUNT(DISTINCT …) has a condition in it, and who has no row that meets it is counted by nobody",
        remedy: columns.namesUnit(value)
          ? "in a subquery with GROUP BY of the column (and of what you group by) make the condition a value of each, MAX(CASE WHEN … THEN 1 ELSE 0 END) AS met, and count outside, COUNT(*) FILTER (WHERE met = 1); or put the condition into WHERE"
          : "put the condition into WHERE")
    }
    if columns.namesInPart(id) {
      throw refusal(
        .argument,
        "COUNT(DISTINCT …) is of a column that names \(words(rows.kinds)) in some parts of a union only, and would tell who is in the others too",
        remedy: "count the parts one by one, in studies of their own")
    }
    guard !columns.namesUnit(argument) else {
      guard areOnce || !namesOfSome.contains(columns.root(id)) else {
        throw refusal(
          .argument,
          "COUNT(DISTINCT …) is of the side of an outer join that may be missing, which brings rows together by more than the unit: that a row has a partner is a condition in it, and who has no row that meets it is counted by nobody",
          remedy:
            "in a subquery with GROUP BY of the column that names the unit in the other table make it a value of each, MAX(CASE WHEN q.pid IS NULL THEN 0 ELSE 1 END) AS met, and count outside, COUNT(*) FILTER (WHERE met = 1); or write an inner join"
        )
      }
      return
    }
    try checkValues([id], of: rows, isRepeatable: true)
    let isKey = columns.scans.values.contains { scan in
      RelationalPlan.scan(scan).uniqueKeys.contains { $0 == [columns.root(id)] }
    }
    if isKey { return }
    try checkValuesLeft(of: id, by: keys)
    let isOfFew = reader.read(distinct: argument)
    if let objection = reader.objection {
      throw refusal(
        .argument, "COUNT(DISTINCT …) \(objection)",
        remedy: "compare the column with constants alone, or count rows: COUNT(*)")
    }
    guard isOfFew || rows.makeup.parts.filter({ $0 >= 0 }).count < 2 else {
      throw refusal(
        .argument,
        "COUNT(DISTINCT …) is of a column of many values over a join of protected tables, of which one could have given a value to a single person",
        remedy:
          "count the different values of each table by itself, in studies of their own; or group by the column"
      )
    }
  }

  /// Which of few values are there is told by how many are: what a group, or another table, leaves of them is not known.
  private func checkValuesLeft(of id: ColumnID, by keys: [Expression]) throws(ParleyError) {
    let own = columns.sources(of: id)
    for key in keys where columns.root(key) != columns.root(id) {
      guard columns.sources(of: [key]).isDisjoint(with: own) else {
        throw refusal(
          .argument,
          "COUNT(DISTINCT …) is of '\(registry[id].name)', from which groups are made, so that few of its values are left in a group and their number tells which are there",
          remedy: "count different values over groups of other columns, or count rows: COUNT(*)")
      }
    }
    for part in columns.chain(of: id) {
      guard let made = columns.derived[part], made.isEntangled || made.isNarrowInPart else { continue }
      throw refusal(.argument, .unknownValues(registry[id].name))
    }
    for clause in clauses where !columns.isKnown(clause, of: id) {
      throw refusal(.argument, .unknownValues(registry[id].name))
    }
    try checkLookedUp([id])
  }
}
