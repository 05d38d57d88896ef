import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// The curves of Kaplan and Meier at the times of a grid: logarithm and variance are opened where enough events stand behind a step.
struct SurvivalCurve {
  typealias NodeID = Program.NodeID
  let parts: SurvivalParts
  /// In the units of the time, ascending.
  let grid: [(text: String, value: BigInt)]
  let timeHeading: String
  let level: Double

  /// Fraction bits of sums over rows: the logarithm of a number of rows, and 1, are the most of either.
  private static let logBits = 50
  private static let varianceBits = 58

  /// Between which sums of public numbers over any of the rows are.
  private struct Ranges {
    let log: Interval
    let variance: Interval
    init(_ rows: Int) {
      log = Program.PublicSequence.logSurvival(bits: logBits).sums(BigInt(rows))
      variance = Program.PublicSequence.greenwood(bits: varianceBits).sums(BigInt(rows))
    }
  }

  private struct Points {
    /// An element for each time; variances as whole numbers, not rounded yet.
    var logs: NodeID
    var variances: NodeID
    /// A bit for each time; none where all are shown.
    var hidden: [NodeID]
  }

  func build(_ rules: AnalysisRules, _ builder: inout ProgramBuilder) throws(ParleyError) {
    var logs: [NodeID] = []
    var variances: [NodeID] = []
    var hidden: [NodeID] = []
    let ranges = Ranges(parts.frame.maximumRows)
    for group in parts.groups {
      let points = try points(of: group.bit, ranges, rules, &builder)
      for point in grid.indices {
        logs.append(try builder.element(points.logs, at: point))
        variances.append(try builder.element(points.variances, at: point))
      }
      hidden += points.hidden
    }
    let count = parts.groups.count
    var keys = [
      Program.ResultTable.Key(
        name: timeHeading, labels: (0..<count).flatMap { _ in grid.map { Optional($0.text) } })
    ]
    if let heading = parts.heading {
      keys.insert(
        .init(name: heading, labels: parts.groups.flatMap { group in grid.map { _ in group.label } }), at: 0)
    }
    let digits = Digits(rules)
    let rounded = try builder.floatOutput(
      builder.fixed(try builder.stack(variances), fractionBits: Self.varianceBits),
      significantBits: digits.varianceBits)
    let log = Formula.column("log survival"), variance = Formula.column("log variance")
    // As of a curve that has come to 0.
    let isAbove = log + 30
    func end(_ z: Formula) -> Formula {
      .choose(isAbove, .choose(-log, .exp(-.exp(.log(-log) + z * .root(variance) / log)), 1), 0)
    }
    let z = Formula.apply(.normalQuantile, [.constant(0.5 + level / 2)])
    try rules.disclose(
      "curve", rows: grid.count * count, keys: keys,
      columns: [
        .init(
          "log survival", try builder.stack(logs), format: .decimal(scale: digits.log),
          precision: digits.logPrecision, "the logarithm of the share without an event up to this time, rounded."),
        .init(
          "log variance", float: rounded, significantBits: digits.varianceBits,
          "its variance by Greenwood's formula, rounded."),
      ], hidden: hidden.isEmpty ? nil : try builder.stack(hidden),
      derived: [
        Derived(name: "survival", formula: .choose(isAbove, .exp(log), 0)),
        Derived(name: "std.err", formula: .column("survival") * .root(variance)),
        Derived(name: "low", formula: end(-z)), Derived(name: "high", formula: end(z)),
      ],
      figure: Figure(
        .steps(
          .init(time: timeHeading, value: "survival", lower: "low", upper: "high", by: parts.heading)),
        title: rules.analysis, horizontal: timeHeading, vertical: "survival"),
      &builder)
  }

  /// What is opened of a curve: less where a minimum holds, so that a step does not tell how many rows were at risk.
  private struct Digits {
    let isExact: Bool
    init(_ rules: AnalysisRules) { isExact = !rules.isOn }
    /// Of the logarithm: in steps of 0.0005, or 8 decimals.
    var log: Int { isExact ? 8 : 4 }
    var logMultiple: Int { isExact ? 1 : 5 }
    var logPrecision: String { isExact ? "0.0000001" : "0.0003" }
    /// Three digits, or eight.
    var varianceBits: Int { isExact ? 26 : 10 }
  }

  private func points(
    of group: NodeID, _ ranges: Ranges, _ rules: AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Points {
    let time = try builder.select(group, parts.time, builder.constant(0))
    let own = try builder.and(group, parts.event)
    let order = try SurvivalOrder(time: time, isUsed: group, isEvent: own, columns: [own], &builder)
    let isEvent = order.columns[0]
    let event = try builder.integer(fromBit: isEvent)
    let logs = try builder.scale(event, byPosition: .logSurvival(bits: Self.logBits))
    let variances = try builder.scale(event, byPosition: .greenwood(bits: Self.varianceBits))
    var masks: [NodeID] = []
    let shape = builder.type(of: order.time).shape
    for point in grid {
      var isUpTo = try builder.compare(.lessOrEqual, order.time, builder.constant(point.value))
      // Where no time is later, it is a constant.
      if builder.type(of: isUpTo).shape != shape { isUpTo = try builder.spread(isUpTo, over: shape) }
      masks.append(try builder.integer(fromBit: isUpTo))
    }
    /// Sums up to each time, of numbers whose sum over any of the rows has a range.
    func sums(_ column: NodeID, within range: Interval) throws(ParleyError) -> NodeID {
      try builder.known(try builder.columnProduct(masks, [column]), within: range, by: .subsetSum)
    }
    let columns = [
      event, try builder.integer(fromBit: order.isUsed),
      try builder.integer(fromBit: try order.inFirstRow(isEvent, &builder)),
    ]
    let counts = try builder.columnProduct(masks, columns)
    func count(_ point: Int, _ column: Int) throws(ParleyError) -> NodeID {
      try builder.element(counts, at: point * columns.count + column)
    }
    let digits = Digits(rules)
    // The logarithm of 0, of the row of which one is at risk, counts as −40.
    let isZero = try builder.known(
      try builder.stack(try grid.indices.map { (point) throws(ParleyError) in try count(point, 2) }),
      within: Interval(0, 1), by: .oneOfSeveral)
    let log = try builder.add(
      try builder.negate(try sums(logs, within: ranges.log)),
      try builder.scale(isZero, by: BigInt(40) << Self.logBits))
    var result = Points(
      logs: try builder.negate(
        try FixedDecimal.rounded(
          log, fraction: Self.logBits, places: digits.log, multiple: digits.logMultiple, &builder)),
      variances: try sums(variances, within: ranges.variance), hidden: [])
    guard rules.isOn else { return result }
    // Deferred steps: a time is shown where enough events have been since the last one that is, and enough rows are still at risk and
    // none or enough events to come.
    let all = try builder.sum(event), used = try builder.sum(order.isUsed)
    let limit = builder.constant(BigInt(rules.minimum))
    var last = builder.constant(0)
    for point in grid.indices {
      let events = try count(point, 0)
      let pending = try builder.subtract(events, last)
      let isReady = try builder.compare(.lessOrEqual, limit, pending)
      let atRisk = try builder.subtract(used, try count(point, 1))
      let isAtRisk = try builder.compare(.lessOrEqual, limit, atRisk)
      let isFew = try rules.isFew(try builder.subtract(all, events), &builder)
      let isShown = try builder.and(try builder.and(isReady, isAtRisk), try builder.not(isFew))
      last = try builder.select(isShown, events, last)
      result.hidden.append(try builder.not(isShown))
    }
    return result
  }
}

extension Int {
  /// Bits of a positive number.
  var bitWidthOfValue: Int { Int.bitWidth - leadingZeroBitCount }
}
