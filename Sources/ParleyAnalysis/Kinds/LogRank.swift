import BigInt
import ParleyBase
import ParleyProgram

/// The log-rank test: of each group, how many events it had, how many were to be expected if groups did not differ, and how these differences vary together.
///
/// One sort and one scan; divisors are numbers at risk, which are public.
struct LogRank {
  typealias NodeID = Program.NodeID
  let parts: SurvivalParts

  func build(_ rules: AnalysisRules, _ builder: inout ProgramBuilder) throws(ParleyError) {
    let size = parts.frame.maximumRows
    let sizeBits = size.bitWidthOfValue
    let order = try SurvivalOrder(
      time: parts.time, isUsed: parts.frame.isUsed, isEvent: parts.event,
      columns: [parts.event] + parts.groups.map(\.bit), &builder)
    let event = try builder.integer(fromBit: order.columns[0])
    let isLast = try order.isLast(&builder)
    // Events of a time stand in its last row.
    let isFirst = try builder.shift(isLast, by: 1)
    let inTime = try builder.scan([.init(.sum, event)], restart: isFirst)[0]
    let zero = builder.constant(0)
    let d = try builder.select(isLast, inTime, zero, within: Interval(0, BigInt(size)))

    // Shares of the groups among those at risk, n_k / n.
    let bits = min(36, 60 - 2 * sizeBits)
    let whole = (BigInt(1) << bits) + BigInt(size)
    var shares: [NodeID] = []
    for column in order.columns.dropFirst() {
      let atRisk = try builder.runningSum(column)
      let share = try builder.scale(atRisk, byPosition: .reciprocal(bits: bits))
      shares.append(try builder.select(isLast, share, zero, within: Interval(0, whole)))
    }
    var expected: [NodeID] = []
    for share in shares {
      expected.append(
        try FixedDecimal.rounded(
          try builder.innerProduct(d, share), fraction: bits, places: places(rules), &builder))
    }
    try disclose(
      expected, try covariances(d, shares, isLast, bits: bits, rules, &builder), rules, &builder)
  }

  /// Few digits where a minimum holds: a sum of fractions tells its denominators by its decimals.
  private func places(_ rules: AnalysisRules) -> Int { rules.isOn ? 4 : 8 }

  /// Σ d (n − d)/(n − 1) · n_k/n · (δ_kl − n_l/n), by rows and columns below the last group, which follows from the others.
  private func covariances(
    _ d: NodeID, _ shares: [NodeID], _ isLast: NodeID, bits: Int, _ rules: AnalysisRules,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [[NodeID]] {
    let size = parts.frame.maximumRows
    let sizeBits = size.bitWidthOfValue
    let zero = builder.constant(0)
    // Both factors keep as many bits as a sum of their products has room for.
    let room = 60 - 2 * sizeBits
    let factorBits = room / 2
    let atRisk = try builder.add(
      try builder.positional(.index, over: builder.type(of: d).shape), builder.constant(1))
    let product = try builder.multiply(d, try builder.subtract(atRisk, d))
    let factor = try builder.select(
      isLast, try builder.scale(product, byPosition: .reciprocalBelow(bits: bits)), zero,
      within: Interval(-(BigInt(size) << bits), (BigInt(size) << bits) + BigInt(size) * BigInt(size)))
    let weight = try shortened(factor, from: bits, to: factorBits, &builder)
    let shareBits = min(bits, 29)
    var short: [NodeID] = []
    for share in shares { short.append(try shortened(share, from: bits, to: shareBits, &builder)) }
    let one = builder.constant(BigInt(1) << shareBits)
    var rows: [[NodeID]] = []
    for k in short.indices.dropLast() {
      var row: [NodeID] = []
      for l in short.indices.dropLast() {
        let other = k == l ? try builder.subtract(one, short[l]) : try builder.negate(short[l])
        let both = try shortened(
          try builder.multiply(short[k], other), from: 2 * shareBits, to: room - factorBits, &builder)
        row.append(
          try FixedDecimal.rounded(
            try builder.innerProduct(weight, both), fraction: room, places: places(rules), &builder))
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
    _ expected: [NodeID], _ covariances: [[NodeID]], _ rules: AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard let heading = parts.heading else { return }
    let labels = parts.groups.map(\.label)
    let format = Program.ResultTable.Format.decimal(scale: places(rules))
    let precision = rules.isOn ? "0.0001" : "0.00001"
    try rules.disclose(
      "expected", rows: labels.count, keys: [.init(name: heading, labels: labels)],
      columns: [
        .init(
          "expected", try builder.stack(expected), format: format, precision: precision,
          "how many events each group would have if groups did not differ, rounded.")
      ], &builder)
    let names = labels.dropLast()
    func column(_ label: String) -> String { "covariance \(label)" }
    try rules.disclose(
      "variances", rows: names.count, keys: [.init(name: heading, labels: Array(names))],
      columns: try names.indices.map { (l) throws(ParleyError) in
        .init(
          column(labels[l]), try builder.stack(covariances.map { $0[l] }), format: format, precision: precision,
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
}
