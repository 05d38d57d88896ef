import BigInt
import ParleyBase
import ParleyProgram

/// The log-rank test: of each group, how many events it had, how many were to be expected if groups did not differ, and how these differences vary together.
///
/// One sort and one scan; divisors are numbers at risk, which are public.
struct LogRank {
  typealias NodeID = Program.NodeID
  let parts: SurvivalParts

  /// Public sizes: how many fraction bits there is room for, and what follows of errors (docs/proofs/survival.md).
  private struct Sizes {
    let rows: Int
    /// Of shares of groups among those at risk.
    let shareBits: Int
    /// Of what an event counts in a variance, and of products of two shares.
    let weightBits: Int
    let productBits: Int
    init(_ rows: Int) {
      self.rows = rows
      // Sums of an event's numbers over at most so many events fit a word.
      let room = 58 - rows.bitWidthOfValue
      shareBits = room
      weightBits = room / 2 - 2
      productBits = room - weightBits
    }
    /// How far expected events, and covariances, can be from the exact ones.
    var expectedError: Double { Double(rows) * Double(rows) * Self.power(-shareBits - 1) }
    var varianceError: Double { Double(rows) * (Self.power(-productBits - 1) + Self.power(-weightBits - 3)) }
    private static func power(_ exponent: Int) -> Double {
      Double(sign: .plus, exponent: exponent, significand: 1)
    }
  }

  func build(_ rules: AnalysisRules, _ builder: inout ProgramBuilder) throws(ParleyError) {
    let sizes = Sizes(parts.frame.maximumRows)
    let bits = sizes.shareBits
    let order = try SurvivalOrder(
      time: parts.time, isUsed: parts.frame.isUsed, isEvent: parts.event,
      columns: [parts.event] + parts.groups.map(\.bit), &builder)
    let event = try builder.integer(fromBit: order.columns[0])
    let isLast = try order.isLast(&builder)
    // Events of a time stand in its last row.
    let isFirst = try builder.shift(isLast, by: 1)
    let inTime = try builder.scan([.init(.sum, event)], restart: isFirst)[0]
    let zero = builder.constant(0)
    let d = try builder.select(isLast, inTime, zero, within: Interval(0, BigInt(sizes.rows)))

    // Shares of the groups among those at risk, n_k / n.
    let whole = (BigInt(1) << bits) + BigInt(sizes.rows)
    var shares: [NodeID] = []
    for column in order.columns.dropFirst() {
      let atRisk = try builder.runningSum(column)
      let share = try builder.scale(atRisk, byPosition: .reciprocal(bits: bits))
      shares.append(try builder.select(isLast, share, zero, within: Interval(0, whole)))
    }
    var expected: [NodeID] = []
    for share in shares {
      let sum = try ofEvents(try builder.innerProduct(d, share), each: Interval(0, whole), sizes, &builder)
      expected.append(try FixedDecimal.rounded(sum, fraction: bits, places: places(rules), &builder))
    }
    try disclose(expected, try covariances(d, shares, isLast, sizes, rules, &builder), sizes, rules, &builder)
  }

  /// A sum of a number for each event, of which there are no more than rows.
  private func ofEvents(
    _ sum: NodeID, each: Interval, _ sizes: Sizes, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    let count = BigInt(sizes.rows)
    return try builder.known(
      sum, within: Interval(min(each.lower, 0) * count, max(each.upper, 0) * count), by: .disjointCounts)
  }

  /// Few digits where a minimum holds: a sum of fractions tells its denominators by its decimals.
  private func places(_ rules: AnalysisRules) -> Int { rules.isOn ? 4 : 8 }

  /// Σ d (n − d)/(n − 1) · n_k/n · (δ_kl − n_l/n), by rows and columns below the last group, which follows from the others.
  private func covariances(
    _ d: NodeID, _ shares: [NodeID], _ isLast: NodeID, _ sizes: Sizes, _ rules: AnalysisRules,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [[NodeID]] {
    let bits = sizes.shareBits
    let zero = builder.constant(0)
    let one = builder.constant(BigInt(1) << bits)
    // (n − d)/(n − 1) = 1 − (d − 1)/(n − 1), which is from 0 to 1 where there is an event.
    let rest = try builder.scale(
      try builder.subtract(d, builder.constant(1)), byPosition: .reciprocalBelow(bits: bits))
    let most = (BigInt(1) << bits) + BigInt(sizes.rows)
    let other = try builder.select(isLast, rest, zero, within: Interval(-most, most))
    let weight = try shortened(
      try builder.multiply(d, try builder.subtract(one, other)), from: bits, to: sizes.weightBits, &builder)
    let shortBits = min(bits, 29)
    var short: [NodeID] = []
    for share in shares { short.append(try shortened(share, from: bits, to: shortBits, &builder)) }
    let whole = builder.constant(BigInt(1) << shortBits)
    // An event's weight is at most 1 but for roundings, and so is the product of two shares.
    let each = BigInt(2) << (sizes.weightBits + sizes.productBits)
    var rows: [[NodeID]] = []
    for k in short.indices.dropLast() {
      var row: [NodeID] = []
      for l in short.indices.dropLast() {
        let factor = k == l ? try builder.subtract(whole, short[l]) : try builder.negate(short[l])
        let both = try shortened(
          try builder.multiply(short[k], factor), from: 2 * shortBits, to: sizes.productBits, &builder)
        let sum = try ofEvents(
          try builder.innerProduct(weight, both), each: Interval(-each, each), sizes, &builder)
        row.append(
          try FixedDecimal.rounded(
            sum, fraction: sizes.weightBits + sizes.productBits, places: places(rules), &builder))
      }
      rows.append(row)
    }
    return rows
  }

  /// Rounded to fewer bits after the point.
  private func shortened(
    _ value: NodeID, from bits: Int, to kept: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    guard kept < bits else { return value }
    let half = builder.constant(BigInt(1) << (bits - kept - 1))
    return try builder.truncate(try builder.add(value, half), bits: bits - kept)
  }

  private func disclose(
    _ expected: [NodeID], _ covariances: [[NodeID]], _ sizes: Sizes, _ rules: AnalysisRules,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard let heading = parts.heading else { return }
    let labels = parts.groups.map(\.label)
    let format = Program.ResultTable.Format.decimal(scale: places(rules))
    let unit = rules.isOn ? 0.0001 : 0.00001
    func precision(_ error: Double) -> String { Self.decimal(max(unit, error)) }
    try rules.disclose(
      "expected", rows: labels.count, keys: [.init(name: heading, labels: labels)],
      columns: [
        .init(
          "expected", try builder.stack(expected), format: format, precision: precision(sizes.expectedError),
          "how many events each group would have if groups did not differ, rounded.")
      ], &builder)
    let names = labels.dropLast()
    func column(_ label: String) -> String { "covariance \(label)" }
    try rules.disclose(
      "variances", rows: names.count, keys: [.init(name: heading, labels: Array(names))],
      columns: try names.indices.map { (l) throws(ParleyError) in
        .init(
          column(labels[l]), try builder.stack(covariances.map { $0[l] }), format: format,
          precision: precision(sizes.varianceError),
          "how observed less expected events of two groups vary together, rounded.")
      },
      derived: [
        Derived(
          name: "observed less expected",
          formula: .first(
            table: "\(rules.analysis).groups", value: .column("events"),
            condition: .isSameText(column: heading, outer: heading))
            - .first(
              table: "\(rules.analysis).expected", value: .column("expected"),
              condition: .isSameText(column: heading, outer: heading)))
      ], &builder)
    builder.result(
      .derived(
        "\(rules.analysis).test", rows: ["log-rank"], heading: "test",
        [
          Derived(
            name: "statistic",
            formula: .quadraticForm(
              table: "\(rules.analysis).variances", vector: .column("observed less expected"),
              matrix: names.map(column))),
          Derived(name: "df", formula: .constant(Double(names.count))),
          Derived(name: "p", formula: .chiSquareTail(.column("statistic"), .column("df")), style: .probability),
        ]))
  }

  /// The least power of ten from 10^-9 to 1 that is not less, as a decimal text.
  private static func decimal(_ value: Double) -> String {
    var texts = ["1"]
    var denominator = 1.0
    while texts.count < 10, value * denominator * 10 <= 1 + 1e-9 {
      denominator *= 10
      texts.append("0." + String(repeating: "0", count: texts.count - 1) + "1")
    }
    return texts[texts.count - 1]
  }
}
