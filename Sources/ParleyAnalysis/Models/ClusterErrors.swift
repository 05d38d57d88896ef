import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// Variances by sums of rows that belong together: A⁻¹·M·A⁻¹ with M = Σ s·sᵀ over the clusters, s being Σ u·z over a cluster's rows
/// (K.-Y. Liang, S. L. Zeger, Biometrika 73, 1986).
extension LinearModel.Fit {
  /// - Parameter clusters: a bit of each row for every cluster, 0 in rows that are not used.
  func clustered(
    _ design: Design, _ outcome: ScaledOutcome, _ clusters: [Program.NodeID], _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> ScaledMatrix {
    let order = design.order, count = clusters.count
    let (u, end) = try rests(design, outcome, &builder)
    // Σ |z·u| ≤ √(5n)·√n·2^end, whatever b is.
    let most = Rational(9, 4) * .power(end)
    // In two parts, so that sums over rows and their means fit a word: u = 2^cut·h + l.
    let whole = u.fractionBits + ProgramBuilder.scaledBits
    let cut = max(whole - (58 - end - design.sizeBits), 1)
    let unit = BigInt(1) << cut
    let zero = builder.constant(0)
    var parts: [Program.NodeID] = []
    let split = [try builder.floored(u.node, by: unit), try builder.remainder(u.node, by: unit)]
    for part in try design.weighted(split, &builder) {
      for cluster in clusters { parts.append(try builder.select(cluster, part, zero)) }
    }
    let sums = try builder.columnProduct(design.columns.map(\.node), parts)
    let bound = (most * Rational(BigInt(design.mostRows)) * .power(whole - cut)).ceiling
    let bounded = try builder.known(sums, within: Interval(-bound, bound), by: .cauchySchwarz)
    var scores: [Program.NodeID] = []
    for row in 0..<order {
      for column in 0..<count {
        let place = row * 2 * count + column
        let tail = try builder.truncate(try builder.element(bounded, at: place + count), bits: cut)
        scores.append(try builder.add(try builder.element(bounded, at: place), tail))
      }
    }
    let mean = try design.mean(
      of: try builder.stack(scores), fractionBits: whole - cut, perRow: most, error: .power(cut - whole), &builder)
    let (score, exponent) = try builder.normalised(mean, to: 40)
    let turned = builder.fixed(
      try builder.pick(score.node, (0..<count * order).map { $0 % order * count + $0 / order }),
      fractionBits: score.fractionBits)
    let squares = try builder.multiply(
      builder.fixed(score.node, fractionBits: score.fractionBits), turned, to: 50,
      as: .matrix(rows: order, inner: count, columns: order))
    let (middle, middleExponent) = try builder.normalised(
      builder.fixed(squares.node, fractionBits: squares.fractionBits), to: 40)
    return try sandwich(
      middle, exponent: try builder.add(middleExponent, try builder.scale(exponent, by: 2)), order: order, &builder
    )
  }
}

/// The clusters of a linear model, as settings name them.
struct ClusterSetting: Hashable, Sendable {
  /// Sums are made of each row for each.
  static let mostClusters = 64
  /// With a minimum, and without.
  static let fewest = (withMinimum: 3, always: 2)
  private let name: String

  /// nil where `errors` does not ask for clusters.
  ///
  /// - Throws: `analysis/setting` for clusters without `errors: cluster`, and the other way round.
  init?(_ settings: AnalysisSettings, isAsked: Bool) throws(ParleyError) {
    guard isAsked else {
      guard !settings.has("cluster") else {
        throw settings.error(
          "setting", "'cluster' of \(settings.what) is of 'errors: cluster', which is not asked for",
          at: "cluster",
          remedy: "write 'errors: cluster', or remove 'cluster'")
      }
      return nil
    }
    name = try settings.text("cluster", example: "site")
  }

  /// - Throws: `analysis/variable`; `analysis/type` for columns whose values are not listed; `analysis/setting` for too many or too few.
  func labels(_ rows: AnalysisRows) throws(ParleyError) -> GroupLabels {
    let labels = try GroupLabels(name, at: "cluster", rows)
    let range = Self.fewest.always...Self.mostClusters
    guard range.contains(labels.groups.count) else {
      throw rows.analysis.settings.error(
        "setting",
        "'\(labels.column.name)' of \(rows.analysis.settings.what) has \(labels.groups.count) values; \(range.lowerBound) to \(range.upperBound) can be clusters",
        at: "cluster",
        remedy: "name a category of \(range.lowerBound) to \(range.upperBound) values, such as coarser units")
    }
    return labels
  }
}
