import BigInt
import ParleyBase
import ParleyProgram

/// Release rules of errors by clusters (docs/proofs/release-models.md): what each cluster adds to a variance rests on enough rows.
extension AnalysisRules {
  /// Nothing is shown unless every cluster has none or enough rows, and so have the sets of its rows in which a condition holds or does not; of its
  /// other numbers those apart from the ends of their ranges; and unless enough clusters have rows. Not estimable is what fewer than two have.
  ///
  /// - Parameters:
  ///   - clusters: a bit of each row for every cluster, 0 in rows that are not used.
  ///   - conditions: bits of each row, 0 in rows that are not used.
  ///   - numbers: other columns, with the ranges of their values and where they have one.
  /// - Returns: how many clusters have rows.
  mutating func requireClusters(
    _ clusters: [NodeID], conditions: [NodeID],
    numbers: [(value: NodeID, range: Interval, isPresent: NodeID)], among isUsed: NodeID,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    var count = builder.constant(BigInt(0))
    for cluster in clusters {
      let rows = try builder.sum(cluster)
      try requireNoneOrEnough(rows, &builder)
      if let weights {
        try requireShare(of: try builder.select(cluster, weights, builder.constant(BigInt(0))), &builder)
      }
      let isThere = try builder.compare(.less, builder.constant(0), rows)
      count = try builder.add(count, try builder.integer(fromBit: isThere))
      for condition in conditions { try requireCells(condition, cluster, among: isUsed, &builder) }
      for number in numbers {
        let group = try builder.and(cluster, number.isPresent)
        try requireSpread(of: number.value, within: number.range, in: group, &builder)
      }
    }
    let fewest = ClusterSetting.fewest
    withhold(where: try builder.compare(.less, count, builder.constant(BigInt(fewest.withMinimum))))
    fail(where: try builder.compare(.less, count, builder.constant(BigInt(fewest.always))))
    return count
  }
}
