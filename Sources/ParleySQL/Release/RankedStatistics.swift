import BigInt
import ParleyBase
import ParleyProgram

/// Medians and quantiles over public groups: how many values there have to be, and which are not to be asked together
/// (`docs/proofs/suppression.md`, *Quantiles*).
struct RankedStatistics {
  private let statistics: [Statistic]

  /// - Parameter queries: with the same keys and the same clause.
  init(_ queries: [LogicalQuery]) { statistics = queries.flatMap(\.statistics).filter { $0.share != nil } }

  /// k values on either side, and k between it and every other one of the same column.
  ///
  /// - Returns: nil for a statistic that is no value by its rank.
  func fewest(for statistic: Statistic, _ minimum: Int) -> Int? {
    guard let share = statistic.share else { return nil }
    let k = BigInt(minimum), whole = BigInt(share.denominator), part = BigInt(share.numerator)
    var fewest = Self.quotient(k * whole, min(part, whole - part))
    for other in statistics where other.arguments == statistic.arguments {
      guard let place = other.share else { continue }
      let distance = part * BigInt(place.denominator) - BigInt(place.numerator) * whole
      guard distance != 0 else { continue }
      fewest = max(fewest, Self.quotient(k * whole * BigInt(place.denominator), BigInt(distance.magnitude)))
    }
    return Int(min(fewest, BigInt(1) << 40))
  }
  private static func quotient(_ a: BigInt, _ b: BigInt) -> BigInt { (a + b - 1) / b }
}

extension ReleaseSet {
  /// Values by rank of one column in two groupings, or under two clauses, may be neighbours, and with groups made from the column their ranks are
  /// known: how many values lie between is not counted.
  func checkRanks() throws(ParleyError) {
    for (place, query) in queries.enumerated() {
      for projection in query.projections {
        guard case .statistic(let statistic, _, _) = projection.value, statistic.share != nil,
          let column = statistic.arguments.first?.columns.first
        else { continue }
        let name = query.table.columns[column.rawValue].name
        for other in queries[..<place] where other.keySet != query.keySet || other.filter != query.filter {
          guard other.statistics.contains(where: { $0.share != nil && $0.arguments == statistic.arguments }) else {
            continue
          }
          throw refusal(
            query, projection.range,
            "the queries '\(other.source.query.name)' and '\(query.source.query.name)' have medians or quantiles of '\(name)' over different groups, and how many values lie between them is not known",
            remedy: "ask for those of '\(name)' in one query of the study")
        }
        guard keys(from: column).isEmpty else {
          throw refusal(
            query, projection.range,
            "'\(query.source.text(projection.range))' is a value of '\(name)', from which groups are made: with their counts its rank is known",
            remedy: "ask for the median in a study without groups of '\(name)', or use AVG")
        }
      }
    }
  }
}
