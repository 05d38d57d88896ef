package import BigInt
import ParleyBase
import ParleyProgram

/// The curves of Kaplan and Meier at the times of a grid: logarithm and variance are opened where enough events stand behind a step.
struct SurvivalCurve {
  typealias NodeID = Program.NodeID
  let parts: SurvivalParts
  /// In the units of the time, ascending.
  let grid: [(text: String, value: BigInt)]
  let timeHeading: String
  let level: Double

  private struct Points {
    /// An element for each time.
    var logs: NodeID
    var variances: NodeID
    /// A bit for each time; none where all are shown.
    var hidden: [NodeID]
  }

  func build(_ rules: AnalysisRules, _ builder: inout ProgramBuilder) throws(ParleyError) {
    var logs: [NodeID] = []
    var variances: [NodeID] = []
    var hidden: [NodeID] = []
    for group in parts.groups {
      let points = try points(of: group.bit, rules, &builder)
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
          "log variance", try builder.stack(variances), format: .decimal(scale: digits.variance),
          precision: digits.variancePrecision, "its variance by Greenwood's formula, rounded."),
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
    /// Of the logarithm: in steps of 0.0005, or 10 decimals.
    var log: Int { isExact ? 8 : 4 }
    var logMultiple: Int { isExact ? 1 : 5 }
    var logPrecision: String { isExact ? "0.0000001" : "0.0003" }
    var variance: Int { isExact ? 10 : 6 }
    var variancePrecision: String { isExact ? "0.000000001" : "0.000001" }
  }

  private func points(
    of group: NodeID, _ rules: AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Points {
    let size = parts.frame.maximumRows
    let time = try builder.select(group, parts.time, builder.constant(0))
    let own = try builder.and(group, parts.event)
    let order = try SurvivalOrder(
      time: time, isUsed: group, isEvent: own, columns: [own], rows: size, &builder)
    let event = order.columns[0]
    // So that sums of as many as there are rows fit a word.
    let bits = min(40, 54 - size.bitWidthOfValue)
    let logs = try builder.multiply(
      event, try order.numbers(&builder) { SurvivalNumbers.logarithm(below: $0, bits: bits) })
    let variances = try builder.multiply(
      event, try order.numbers(&builder) { SurvivalNumbers.greenwood($0, bits: bits) })
    var masks: [NodeID] = []
    let shape = builder.type(of: order.time).shape
    for point in grid {
      var isUpTo = try builder.compare(.lessOrEqual, order.time, builder.constant(point.value))
      // Where no time is later, it is a constant.
      if builder.type(of: isUpTo).shape != shape { isUpTo = try builder.spread(isUpTo, over: shape) }
      masks.append(try builder.integer(fromBit: isUpTo))
    }
    let columns = [logs, variances, event, order.isUsed]
    let sums = try builder.columnProduct(masks, columns)
    func sum(_ point: Int, _ column: Int) throws(ParleyError) -> NodeID {
      try builder.element(sums, at: point * columns.count + column)
    }
    func each(_ column: Int) throws(ParleyError) -> NodeID {
      try builder.stack(try grid.indices.map { (point) throws(ParleyError) in try sum(point, column) })
    }
    let digits = Digits(rules)
    // −Σ log(1 − 1/r) over r from 2 to n is log n, and the row of r = 1 counts as 40; Σ 1/(r(r − 1)) is below 1.
    let log = try builder.atMost(try each(0), BigInt(50) << bits)
    let variance = try builder.atMost(try each(1), BigInt(1) << bits)
    var result = Points(
      logs: try builder.negate(
        try FixedDecimal.rounded(
          log, fraction: bits, places: digits.log, multiple: digits.logMultiple, &builder)),
      variances: try FixedDecimal.rounded(variance, fraction: bits, places: digits.variance, &builder), hidden: [])
    guard rules.isOn else { return result }
    // Deferred steps: a time is shown where enough events have been since the last one that is, and enough rows are still at risk and
    // none or enough events to come.
    let all = try builder.sum(event), used = try builder.sum(order.isUsed)
    let limit = builder.constant(BigInt(rules.minimum))
    var last = builder.constant(0)
    for point in grid.indices {
      let events = try sum(point, 2)
      let pending = try builder.subtract(events, last)
      let isReady = try builder.compare(.lessOrEqual, limit, pending)
      let atRisk = try builder.subtract(used, try sum(point, 3))
      let isAtRisk = try builder.compare(.lessOrEqual, limit, atRisk)
      let isFew = try rules.isFew(try builder.subtract(all, events), &builder)
      let isShown = try builder.and(try builder.and(isReady, isAtRisk), try builder.not(isFew))
      last = try builder.select(isShown, events, last)
      result.hidden.append(try builder.not(isShown))
    }
    return result
  }
}

/// Numbers that depend on how many rows are at risk, as integers that are the same everywhere.
package enum SurvivalNumbers {
  /// round(−log(1 − 1/r) · 2^bits); 40 for one row, of which nothing is left.
  package static func logarithm(below r: Int, bits: Int) -> BigInt {
    guard r > 1 else { return BigInt(40) << bits }
    // −log(1 − 1/r) = 2 artanh(1/(2r − 1)) = 2 Σ u^(2k+1)/(2k + 1), with 32 bits more than are kept.
    let working = bits + 32
    let divisor = BigInt(2 * r - 1)
    var power = (BigInt(1) << working) / divisor
    var sum = BigInt(0)
    var odd = 1
    while power > 0 {
      sum += power / BigInt(odd)
      power = power / divisor / divisor
      odd += 2
    }
    return (sum * 2 + (BigInt(1) << 31)) >> 32
  }

  /// round(2^bits / (r(r − 1))); 0 for one row.
  package static func greenwood(_ r: Int, bits: Int) -> BigInt {
    r > 1 ? rounded(BigInt(1) << bits, BigInt(r) * BigInt(r - 1)) : 0
  }

  /// round(2^bits / r); 0 for none.
  package static func reciprocal(_ r: Int, bits: Int) -> BigInt {
    r > 0 ? rounded(BigInt(1) << bits, BigInt(r)) : 0
  }

  private static func rounded(_ a: BigInt, _ b: BigInt) -> BigInt { (2 * a + b) / (2 * b) }
}

extension Int {
  /// Bits of a positive number.
  var bitWidthOfValue: Int { Int.bitWidth - leadingZeroBitCount }
}
