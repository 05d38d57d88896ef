import BigInt
import ParleyBase
import ParleyProgram

/// The tests of `compare` that go by ranks: Mann and Whitney, Wilcoxon, Kruskal and Wallis.
///
/// Ranks are computed of the rows and never opened: sums of ranks are, and how much ties count.
struct RankComparison: Sendable {
  enum Test: String, CaseIterable {
    case mannWhitney = "mann-whitney"
    case wilcoxon
    case kruskal
  }
  let settings: AnalysisSettings
  let test: Test
  let outcomes: [String]
  let by: String

  // MARK: What is computed

  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    var names: [String] = []
    for name in outcomes { names.append(try rows.number(name, at: "outcome").name) }
    guard test != .wilcoxon else { return names }
    let groups = try GroupLabels(by, at: "by", rows)
    if test == .mannWhitney { try groups.requireTwo("'test: mann-whitney'", at: "by", rows) }
    return names + [groups.column.name]
  }

  func grouping(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    test == .wilcoxon ? [] : [try GroupLabels(by, at: "by", rows).column.name]
  }

  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let names = try variables(of: frame.rows)
    let parts: (ranked: RankedRows, labels: [String], counts: [Program.NodeID], sums: [Program.NodeID])
    if test == .wilcoxon {
      parts = try signed(frame, names, &rules, &builder)
    } else {
      parts = try grouped(frame, names, &rules, &builder)
    }
    let sums = try parts.sums.map { (sum) throws(ParleyError) in try builder.scale(sum, by: 5) }
    try rules.disclose(
      "ranks", rows: parts.labels.count, keys: [.init(name: heading(frame.rows), labels: parts.labels)],
      columns: [
        .init("n", try builder.stack(parts.counts), "how many rows of each group are ranked."),
        .init(
          "rank sum", try builder.stack(sums), format: .decimal(scale: 1),
          "the sum of the ranks of each group's rows among all, and no rank."),
      ], &builder)
    try rules.disclose(
      "ties", rows: 1, keys: [],
      columns: [
        .init(
          "ties", parts.ranked.ties,
          "the sum of t³ − t over all values that occur t times, and not how often any occurs.")
      ], &builder)
    builder.result(
      .derived("\(rules.analysis).test", rows: [test.rawValue], heading: "test", columns(parts.labels)))
  }

  private func heading(_ rows: AnalysisRows) throws(ParleyError) -> String {
    test == .wilcoxon ? "difference" : try GroupLabels(by, at: "by", rows).column.name
  }

  private func grouped(
    _ frame: AnalysisFrame, _ names: [String], _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (RankedRows, [String], [Program.NodeID], [Program.NodeID]) {
    let value = try frame.number(names[0], &builder)
    let groups = try frame.groups(names[1], &builder)
    var counts: [Program.NodeID] = []
    for group in groups {
      let count = try builder.sum(group.bit)
      counts.append(count)
      if test == .mannWhitney {
        try rules.requireEnough(count, &builder)
      } else {
        try rules.requireNoneOrEnough(count, &builder)
      }
      try rules.requireSpread(
        of: value, within: try frame.judgedRange(of: names[0]), in: group.bit, &builder)
    }
    let ranked = try RankedRows(value, isUsed: frame.isUsed, carrying: groups.map(\.bit), &builder)
    var sums: [Program.NodeID] = []
    for index in groups.indices { sums.append(try ranked.twiceSum(index, &builder)) }
    return (ranked, groups.map(\.label), counts, sums)
  }

  /// Differences that are 0 are left out, the others ranked by their size.
  private func signed(
    _ frame: AnalysisFrame, _ names: [String], _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (RankedRows, [String], [Program.NodeID], [Program.NodeID]) {
    var values: [Program.NodeID] = []
    var ranges: [Interval] = []
    let scales = try names.map { (name) throws(ParleyError) in try frame.scale(of: name) }
    for (name, scale) in zip(names, scales) {
      let factor = BigInt(10).power((scales.max() ?? 0) - scale)
      values.append(try builder.scale(try frame.number(name, &builder), by: factor))
      ranges.append(try frame.judgedRange(of: name) * .exactly(factor))
    }
    let difference = try builder.subtract(values[0], values[1])
    let zero = builder.constant(0)
    let isNegative = try builder.compare(.less, difference, zero)
    let isPositive = try builder.compare(.less, zero, difference)
    let isUsed = try builder.or(isNegative, isPositive)
    let size = try builder.select(isNegative, try builder.negate(difference), difference)
    let counts = [try builder.sum(isPositive), try builder.sum(isNegative)]
    for count in counts { try rules.requireNoneOrEnough(count, &builder) }
    let ranking = try builder.add(counts[0], counts[1])
    try rules.requireEnough(ranking, &builder)
    try rules.requireNoneOrEnough(try builder.subtract(frame.used, ranking), &builder)
    // The ends are those of differences above 0 and of those below: the least that is above 0 is 1.
    let range = ranges[0] - ranges[1]
    try rules.requireSpread(
      of: difference, within: Interval(1, max(1, range.upper)), in: isPositive, &builder)
    try rules.requireSpread(
      of: difference, within: Interval(min(-1, range.lower), -1), in: isNegative, &builder)
    let ranked = try RankedRows(size, isUsed: isUsed, carrying: [isPositive, isNegative], &builder)
    return (
      ranked, ["above 0", "below 0"], counts,
      [try ranked.twiceSum(0, &builder), try ranked.twiceSum(1, &builder)]
    )
  }

  // MARK: What follows

  private func columns(_ labels: [String]) -> [Derived] {
    let analysis = settings.name
    func cell(_ column: String, _ row: Int) -> Formula {
      .cell(table: "\(analysis).ranks", column: column, row: row)
    }
    let n = labels.indices.map { cell("n", $0) }, sums = labels.indices.map { cell("rank sum", $0) }
    let ties = Formula.cell(table: "\(analysis).ties", column: "ties", row: 0)
    let all = Formula.sum(n)
    switch test {
    case .mannWhitney:
      let u = sums[0] - n[0] * (n[0] + 1) / 2
      let middle = n[0] * n[1] / 2
      let deviation = Formula.root(n[0] * n[1] / 12 * (all + 1 - ties / (all * (all - 1))))
      let statistic = Formula.column("U")
      return [
        Derived(name: "U", formula: u),
        // The correction for continuity, towards 0.
        Derived(
          name: "z",
          formula: .apply(.maximum, [.absolute(statistic - middle) - 0.5, 0]) / deviation),
        Derived(name: "p", formula: .normalTail(.column("z")), style: .probability),
        Derived(name: "probability of more", formula: statistic / (n[0] * n[1])),
      ]
    case .wilcoxon:
      let variance = all * (all + 1) * (2 * all + 1) / 24 - ties / 48
      return [
        Derived(name: "W", formula: .minimum(sums[0], sums[1])),
        Derived(name: "z", formula: (sums[0] - all * (all + 1) / 4) / .root(variance)),
        Derived(name: "p", formula: .normalTail(.column("z")), style: .probability),
      ]
    case .kruskal:
      let parts = labels.indices.map { Formula.choose(n[$0], sums[$0] * sums[$0] / n[$0], 0) }
      let h = 12 / (all * (all + 1)) * .sum(parts) - 3 * (all + 1)
      return [
        Derived(name: "H", formula: h / (1 - ties / (all * all * all - all))),
        Derived(name: "df", formula: .sum(n.map { .choose($0, 1, 0) }) - 1),
        Derived(name: "p", formula: .chiSquareTail(.column("H"), .column("df")), style: .probability),
      ]
    }
  }
}
