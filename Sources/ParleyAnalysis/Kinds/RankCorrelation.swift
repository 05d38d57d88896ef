import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables

/// Spearman's correlations: those of the ranks of columns, equal values having the mean of their ranks (C. Spearman, American Journal of
/// Psychology 15, 1904; with ties as M. G. Kendall, *Rank Correlation Methods*, 1948, has it).
///
/// Rows are sorted by one column after the other, and the ranks that were found before go along, so that after the last sort all ranks of a
/// row stand side by side: one sort and two scans a column. Of m columns nothing is opened but the m(m − 1)/2 coefficients.
struct RankCorrelation {
  typealias NodeID = Program.NodeID
  /// Decimals of a coefficient.
  static let decimals = 6
  /// Σ of products of twice two ranks is below 2^53.
  static let mostRows = 1 << 17
  /// Of columns a < b, by a and then by b: with ``decimals``, and 1 where a column does not vary.
  let pairs: [(value: NodeID, isNull: NodeID)]

  /// - Throws: `analysis/rows` for more rows than can be ranked.
  init(
    _ names: [String], _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard frame.maximumRows <= Self.mostRows else {
      let settings = frame.rows.analysis.settings
      throw settings.error(
        "rows",
        "\(settings.what) can have \(frame.maximumRows) rows; \(Self.mostRows) are the most with 'method: spearman'",
        at: "method", remedy: "lower maximum-rows of the table, if there are fewer")
    }
    try Self.judge(names, frame, &rules, &builder)
    var isUsed = frame.isUsed
    var waiting: [NodeID] = []
    for name in names { waiting.append(try frame.number(name, &builder)) }
    var ranks: [NodeID] = []
    // n³ − n less the ties: twelve times the sum of the squares of a column's ranks less their mean.
    let count = frame.used
    let cube = try builder.subtract(
      try builder.multiply(count, try builder.multiply(count, count)), count)
    var spreads: [NodeID] = []
    while !waiting.isEmpty {
      let value = waiting.removeFirst()
      let ranked = try RankedRows(value, isUsed: isUsed, carrying: ranks + waiting, &builder)
      isUsed = ranked.isUsed
      ranks = Array(ranked.carried.prefix(ranks.count))
      waiting = Array(ranked.carried.suffix(waiting.count))
      ranks.append(try builder.select(isUsed, ranked.twiceRanks, builder.constant(0)))
      spreads.append(try builder.atLeast(try builder.subtract(cube, ranked.ties), 0))
    }
    // Σ 2a·2b − n(n + 1)² is four times the sum of products less means; three times that is in the units of the spreads.
    let next = try builder.add(count, builder.constant(1))
    let means = try builder.multiply(count, try builder.multiply(next, next))
    var pairs: [(value: NodeID, isNull: NodeID)] = []
    for a in names.indices {
      for b in names.indices where b > a {
        let products = try builder.innerProduct(ranks[a], ranks[b])
        let cross = try builder.scale(try builder.subtract(products, means), by: 3)
        pairs.append(try Moments.correlation(spreads[a], spreads[b], cross, in: &builder))
      }
    }
    self.pairs = pairs
  }

  /// As of sums of ranks: rows whose value is not 0, not the least and not the greatest possible are none or enough. Of a column of two possible
  /// values a coefficient is one of two groups, so that this holds in each group, and the four sets that two such columns make are none or enough.
  private static func judge(
    _ names: [String], _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard rules.isOn else { return }
    var conditions: [(name: String, bit: NodeID)] = []
    for name in names {
      let range = try frame.range(of: name)
      try rules.requireSpread(
        of: try frame.number(name, &builder), within: range, in: frame.isUsed, &builder)
      guard range.upper - range.lower == 1 else { continue }
      let bit = try frame.bit(name, is: range.upper, &builder)
      for other in conditions { try rules.requireCells(bit, other.bit, among: frame.isUsed, &builder) }
      conditions.append((name, bit))
    }
    for condition in conditions {
      let rest = try builder.and(frame.isUsed, try builder.not(condition.bit))
      for name in names where !conditions.contains(where: { $0.name == name }) {
        let (value, range) = (try frame.number(name, &builder), try frame.range(of: name))
        for group in [condition.bit, rest] {
          try rules.requireSpread(of: value, within: range, in: group, &builder)
        }
      }
    }
  }
}
