import ParleyBase
import ParleyProgram

/// What the statistics of the queries of a study say about single rows, read once for all groupings of a table.
final class KnownStatisticSets {
  let work: JudgingWork
  private var tables: [String: [(name: String, sets: StatisticSets)]] = [:]

  init(_ work: JudgingWork) { self.work = work }

  /// - Parameter queries: all of the study over one table.
  /// - Throws: as reading them does.
  func sets(
    of queries: [LogicalQuery], minimum: Int, areFiltersMixed: Bool
  ) throws(ParleyError) -> [(name: String, sets: StatisticSets)] {
    guard let table = queries.first?.table.name else { return [] }
    if let known = tables[table] { return known }
    var found: [(name: String, sets: StatisticSets)] = []
    var keys: [Expression] = []
    for key in queries.flatMap(\.keys) where !keys.contains(key.expression) { keys.append(key.expression) }
    for query in queries {
      let sets = try StatisticSets(
        query, keys: keys, minimum: minimum, areFiltersMixed: areFiltersMixed, work)
      found.append((query.source.query.name, sets))
    }
    tables[table] = found
    return found
  }
}
