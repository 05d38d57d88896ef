import ParleyBase
import ParleyProgram

/// Refuses sets of results over one table from which a withheld count would follow by adding and subtracting.
///
/// With groupings that share nothing but whole keys of one family, WHERE clauses about other columns than those that groups are
/// made from, and no statistic that is itself a count of groups, what is published about a grouping besides its shown cells are its
/// totals, of the whole and of each stratum; the suppression rule is made for that. `docs/proofs/suppression.md` has the argument.
struct ReleaseSet {
  let queries: [LogicalQuery]
  private let minimum: Int

  /// - Parameter queries: all queries of the study over one table.
  static func check(_ queries: [LogicalQuery], minimum: Int) throws(ParleyError) {
    guard minimum > 1 else { return }
    let set = ReleaseSet(queries: queries, minimum: minimum)
    try set.checkFilters()
    try set.checkTies()
    try set.checkGroupings()
    try set.checkRanks()
    for query in queries { try set.checkStatistics(query) }
  }

  /// Relational queries withhold small groups each for itself. What two queries over one table withhold could follow
  /// from each other, and so could what two tables tell of the same units: such a query is alone with them.
  static func checkRelational(
    _ queries: [RoutedQuery], tables: [TableSchema], minimum: Int
  ) throws(ParleyError) {
    guard minimum > 1 else { return }
    func units(_ query: RoutedQuery) -> Set<String> {
      let names: Set<String> =
        switch query {
        case .statistics(let query): [query.table.name]
        case .relational(let query): query.tableNames
        }
      return Set(tables.filter { names.contains($0.name) }.compactMap { $0.protection.units(of: $0.name) })
    }
    for (index, query) in queries.enumerated() {
      for other in queries[..<index] {
        // Rows of one table are compared in ``check(_:minimum:)``; units of two tables are not.
        if case .statistics(let one) = query, case .statistics(let two) = other, one.table.name == two.table.name {
          continue
        }
        guard let shared = units(query).intersection(units(other)).min() else { continue }
        throw query.source.error(
          "plan/release-set",
          "the queries '\(other.source.query.name)' and '\(query.source.query.name)' are both about \(shared), so counts under the minimum of \(minimum) could be derived from their difference",
          at: SourceRange(start: 0, end: 0),
          remedy:
            "ask for all figures about \(shared) in one query, or give queries with joins, subqueries, medians, groups that are not of known values, LIKE, HAVING, rounding, or an order by a statistic a study of their own"
        )
      }
    }
  }

  func refusal(
    _ query: LogicalQuery, _ range: SourceRange, _ message: String, remedy: String
  ) -> ParleyError {
    query.source.error(
      "plan/release-set", "\(message), so counts under the minimum cell of \(minimum) could be derived", at: range,
      remedy: remedy)
  }

  // MARK: Filters

  private func checkFilters() throws(ParleyError) {
    guard let other = queries.first(where: { $0.filter != queries[0].filter }) else { return }
    let keyed = queries.reduce(into: Set<ColumnID>()) { $0.formUnion(sources($1)) }
    for query in queries {
      guard let filter = query.filter else { continue }
      let shared = keyed.intersection(filter.columns)
      guard shared.isEmpty else {
        throw refusal(
          query, query.filterRange ?? SourceRange(start: 0, end: 0),
          "the queries '\(queries[0].source.query.name)' and '\(other.source.query.name)' have different WHERE clauses, and this one is about \(names(shared, query)), from which groups are made: it counts groups",
          remedy:
            "use one WHERE clause for all queries over '\(query.table.name)', or leave columns out of it that groups are made from"
        )
      }
    }
  }

  /// Columns that a WHERE clause ties to each other say the same of groups, or of what is added up.
  private func checkTies() throws(ParleyError) {
    let statistics = queries.flatMap { query in query.statistics.map { (query, $0) } }
    for query in queries {
      guard let filter = query.filter else { continue }
      for tie in ColumnTie.ties(of: [filter]) {
        let tied = tie.columns
        let grouped = queries.reduce(into: Set<ColumnID>()) { $0.formUnion(sources($1)) }.intersection(tied)
        let groupings = Set(queries.map(\.keySet).filter { !$0.allSatisfy { $0.columns.isDisjoint(with: tied) } })
        var summed: Set<ColumnID> = []
        var tested: Set<ColumnID> = []
        for (_, statistic) in statistics {
          for argument in statistic.arguments {
            let columns = argument.columns.intersection(tied)
            let deciding = argument.decidingColumns.intersection(tied)
            tested.formUnion(statistic.addsUp ? deciding : columns)
            if statistic.addsUp { summed.formUnion(columns.subtracting(deciding)) }
          }
        }
        let isOfTwoGroupings = groupings.count > 1 && grouped.count > 1
        let isOfGroup = summed.contains { !grouped.subtracting([$0]).isEmpty }
        let isOfTwo = summed.contains { !summed.union(tested).subtracting([$0]).isEmpty }
        guard isOfTwoGroupings || isOfGroup || tie.isStrong && (isOfTwo || !grouped.isEmpty && !tested.isEmpty)
        else {
          continue
        }
        throw refusal(
          query, query.filterRange ?? SourceRange(start: 0, end: 0),
          "WHERE ties the columns \(names(tied, query)) to each other, and groups, sums or conditions are of more than one of them",
          remedy: "write WHERE so that each part with AND between is of one column, or keep one of these columns")
      }
    }
  }

  // MARK: Groupings

  private func sources(_ query: LogicalQuery) -> Set<ColumnID> {
    query.keys.reduce(into: []) { $0.formUnion($1.expression.columns) }
  }
  private func names(_ columns: Set<ColumnID>, _ query: LogicalQuery) -> String {
    columns.sorted().map { "'\(query.table.columns[$0.rawValue].name)'" }.joined(separator: ", ")
  }

  private func checkGroupings() throws(ParleyError) {
    for query in queries where !query.keys.isEmpty {
      for (position, key) in query.keys.enumerated() {
        let others = query.keys[..<position].reduce(into: Set<ColumnID>()) { $0.formUnion($1.expression.columns) }
        let shared = others.intersection(key.expression.columns)
        guard shared.isEmpty else {
          throw refusal(
            query, key.range, "two group keys are made from the column \(names(shared, query)) and overlap",
            remedy: "group by one expression over each column")
        }
      }
    }
    do { _ = try GroupingFamily.families(of: queries) } catch {
      let (query, other) = (error.query, error.other)
      throw refusal(
        query, query.keys[0].range,
        "the queries '\(other.source.query.name)' and '\(query.source.query.name)' make groups from \(names(error.columns, query)) in different ways: one gives subtotals of the other",
        remedy:
          "let all groupings of '\(query.table.name)' that share columns share the same keys, and any two of them nothing else; or publish one of the two"
      )
    }
  }

  // MARK: Statistics

  /// The group keys of the study that are made from a column.
  func keys(from column: ColumnID) -> [Expression] {
    queries.flatMap(\.keys).map(\.expression).filter { $0.columns.contains(column) }
  }

  private func checkStatistics(_ query: LogicalQuery) throws(ParleyError) {
    for projection in query.projections {
      guard case .statistic(let statistic, _, _) = projection.value else { continue }
      let mentions = statistic.arguments.flatMap(\.mentions)
      let deciding = statistic.arguments.reduce(into: Set<ColumnID>()) { $0.formUnion($1.decidingColumns) }
      for column in Set(mentions).sorted() {
        let keys = keys(from: column)
        guard !keys.isEmpty else { continue }
        let schema = query.table.columns[column.rawValue]
        let what = "'\(query.source.text(projection.range))' uses '\(schema.name)', from which groups are made"
        if deciding.contains(column) {
          throw refusal(
            query, projection.range,
            "\(what), in a condition or for a part of a date: such a statistic counts groups",
            remedy: "leave conditions over group columns out of statistics; the grouped query gives these numbers")
        }
        if isCount(schema.type) || keys.contains(where: { !$0.isCoarsened(schema.type.range) }) {
          throw refusal(
            query, projection.range, "\(what) one by one: such a statistic is a sum of group counts",
            remedy: "group by coarser buckets of '\(schema.name)', or leave the statistic out")
        }
        if schema.isNullable, ![.minimum, .maximum].contains(statistic.function) {
          throw refusal(
            query, projection.range,
            "\(what): how many of its values are missing is the count of a group, and statistics of it together tell that",
            remedy: "use COUNT(*), or group by other columns")
        }
        if mentions.count(where: { $0 == column }) > 1 {
          throw refusal(
            query, projection.range, "\(what), several times: sums of powers determine the groups",
            remedy: "use AVG, VARIANCE or STDDEV of '\(schema.name)' itself")
        }
        try checkLevels(query, projection, column: column, what: what)
      }
    }
  }

  private func isCount(_ type: ColumnType) -> Bool {
    switch type {
    case .boolean, .category: true
    case .integer, .decimal, .date, .timestamp, .text: false
    }
  }

  /// Sums of a column per group of that same column, beside its sum over all, give its sum over the withheld
  /// groups, and with narrow groups the counts.
  private func checkLevels(
    _ query: LogicalQuery, _ projection: LogicalQuery.Projection, column: ColumnID, what: String
  ) throws(ParleyError) {
    guard sources(query).contains(column) else { return }
    for other in queries where !sources(other).contains(column) {
      let uses = other.statistics.contains { $0.arguments.contains { $0.columns.contains(column) } }
      guard !uses else {
        throw refusal(
          query, projection.range,
          "\(what), and so does the query '\(other.source.query.name)' over all groups: the difference tells about withheld ones",
          remedy:
            "publish statistics of '\(query.table.columns[column.rawValue].name)' per group or over all, not both")
      }
    }
  }
}

extension TableSchema {
  /// A column names the units, and no two rows have the same: rows are units. The computation checks it.
  var hasOneRowEach: Bool {
    guard case .units(_, let column) = protection else { return false }
    return uniqueKeys.contains([column])
  }
}

extension TableSchema.Protection {
  /// A unit may have several rows.
  var namesUnits: Bool { if case .units = self { true } else { false } }

  /// In words, as the object of a sentence; nil where nobody is protected. Tables that protect the same units have the same words.
  package func units(of table: String) -> String? {
    switch self {
    case .rows: "the rows of '\(table)'"
    case .units(let name, _): "every \(name)"
    case .nothing: nil
    }
  }
}
