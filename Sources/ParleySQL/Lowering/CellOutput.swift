import BigInt
import ParleyBase
import ParleyProgram

/// The disclosures of one query: every column masked where its cell is hidden, in the query's order.
struct CellOutput {
  let query: LogicalQuery
  let cells: GroupCells
  let decision: CellDecision
  let recipients: [String]
  let minimum: Int
  /// For each cell in the query's order, its position among the cells.
  let positions: [Int]
  /// Groups of other queries are made of what this one, or one with the same keys, adds up.
  let isBanded: Bool

  private var name: String { query.source.query.name }
  private var scope: String {
    query.keys.isEmpty ? "over all rows that count" : "for each of \(positions.count) public groups"
  }

  func result(
    labels: [[String?]], _ lowering: inout RowLowering,
    _ outcomes: inout [Program.NodeID: Program.DisclosureID]
  ) throws(ParleyError) -> Program.ResultTable {
    var table = Program.ResultTable(
      name: name, groupCount: positions.count,
      keys: zip(query.keyNames, labels).map { .init(name: $0, labels: $1) }, columns: [], order: [],
      isAbsent: nil, isWithheld: nil)
    if let isWithheld = decision.isWithheld {
      table.isWithheld = try outcome(isWithheld, "withheld", withheldExplanation, &lowering, &outcomes)
    }
    if let isAbsent = decision.isAbsent {
      table.isAbsent = try outcome(
        isAbsent, "absent", "One bit \(scope): 1 where the group has no row.", &lowering, &outcomes)
    }
    for reason in WithholdingReason.allCases {
      guard let bits = decision.reasons[reason] else { continue }
      lowering.builder.watch(reason, of: name, try arranged(bits, &lowering))
    }
    for projection in query.projections {
      switch projection.value {
      case .key(let index): table.order.append(-1 - index)
      case .statistic(let statistic, let factor, let offset):
        lowering.builder.origin = query.source.origin(projection.range)
        table.order.append(table.columns.count)
        let value = affine(try lowering.value(of: statistic, in: cells), factor, offset)
        table.columns.append(try column(projection, statistic, value, &lowering, &outcomes))
      }
    }
    return table
  }

  // MARK: Columns

  /// A statistic with what is done to it in public.
  private struct Affine {
    var statistic: StatisticValue
    var factor: BigInt
    var offset: BigInt
    var format: Program.ResultTable.Format
    /// Of what is shown: see ``ShownDecimals``.
    var precision: String
  }

  private func affine(_ statistic: StatisticValue, _ factor: Decimal, _ offset: Decimal) -> Affine {
    let own: Int
    switch statistic.format {
    case .decimal(let scale): own = scale
    case .integer: own = 0
    default: return Affine(statistic: statistic, factor: 1, offset: 0, format: statistic.format, precision: "0")
    }
    let scale = max(own + factor.scale, offset.scale)
    let multiple = factor.digits * powerOfTen(scale - own - factor.scale)
    let shift = offset.digits(atScale: scale)
    let shown = ShownDecimals(
      scale: scale,
      error: statistic.error * Decimal(digits: BigInt(factor.digits.magnitude), scale: factor.scale),
      unit: multiple.greatestCommonDivisor(with: shift))
    return Affine(
      statistic: statistic, factor: multiple, offset: shift, format: shown.format, precision: shown.precision)
  }

  private func column(
    _ projection: LogicalQuery.Projection, _ statistic: Statistic, _ affine: Affine,
    _ lowering: inout RowLowering, _ outcomes: inout [Program.NodeID: Program.DisclosureID]
  ) throws(ParleyError) -> Program.ResultTable.Column {
    let label = projection.name
    let inner = affine.statistic
    var value = inner.value
    var isNull = inner.isNull
    if let bit = isNull, let isHidden = decision.isHidden {
      isNull = try lowering.builder.and(bit, try lowering.builder.not(isHidden))
    }
    if affine.factor != 1 { value = try lowering.builder.scale(value, by: affine.factor) }
    if affine.offset != 0 {
      value = try lowering.builder.add(value, lowering.builder.constant(affine.offset))
    }
    // What a value would be where it means nothing is no business of the recipient.
    var isMeaningless = decision.isWithheld
    if !inner.isZeroWhenEmpty || affine.offset != 0 {
      isMeaningless = try lowering.either(decision.isHidden, inner.isNull)
    }
    if let isMeaningless {
      value =
        lowering.builder.type(of: value).isBit
        ? try lowering.builder.and(value, try lowering.builder.not(isMeaningless))
        : try lowering.builder.select(isMeaningless, lowering.builder.constant(0), value)
    }
    let isRecord = statistic.share != nil || statistic.function == .minimum || statistic.function == .maximum
    let id = lowering.builder.disclose(
      .init(
        name: "\(name).\(label)", node: try arranged(value, &lowering), recipients: recipients,
        meaning: isRecord ? .recordValue : .statistic,
        explanation: explanation(of: statistic, projection, isRecord: isRecord, precision: affine.precision)))
    var nullID: Program.DisclosureID?
    if let isNull, lowering.builder.program[isNull].operation != .bitConstant(false) {
      nullID = try outcome(isNull, "\(label) is null", nullExplanation(statistic), &lowering, &outcomes)
    }
    return .init(name: label, value: id, isNull: nullID, format: affine.format, precision: affine.precision)
  }

  /// One element per cell of the query, in its order.
  private func arranged(
    _ value: Program.NodeID, _ lowering: inout RowLowering
  ) throws(ParleyError) -> Program.NodeID {
    let isScalar = lowering.builder.type(of: value).shape == .scalar
    if positions == Array(cells.names.indices), !isScalar || positions.count == 1 { return value }
    var parts: [Program.NodeID] = []
    for position in positions {
      parts.append(isScalar ? value : try lowering.builder.element(value, at: position))
    }
    return try lowering.builder.stack(parts)
  }

  private func outcome(
    _ bit: Program.NodeID, _ what: String, _ explanation: String, _ lowering: inout RowLowering,
    _ outcomes: inout [Program.NodeID: Program.DisclosureID]
  ) throws(ParleyError) -> Program.DisclosureID {
    let node = try arranged(bit, &lowering)
    if let known = outcomes[node] { return known }
    let id = lowering.builder.disclose(
      .init(
        name: "\(name).\(what)", node: node, recipients: recipients, meaning: .outcome, explanation: explanation))
    outcomes[node] = id
    return id
  }

  // MARK: Words

  private var withheldExplanation: String {
    let dominated = cells.dominance == nil ? "" : ", or because few rows make up too much of one of its sums"
    let banded = isBanded ? ", or because groups are withheld that are made of a column which it adds up" : ""
    if query.keys.isEmpty {
      return
        "One bit: 1 where the result is withheld because it, one of its statistics, or a part of it that figures tell apart by a condition or a missing value, rests on fewer than \(minimum) rows (but at least one)\(dominated)\(banded). The number of rows is then not learnt."
    }
    return
      "One bit \(scope): 1 where the group is withheld because it, one of its statistics, or a part of it that figures tell apart by a condition or a missing value, rests on fewer than \(minimum) rows (but at least one)\(dominated), or because without it such a group would follow from the others and the total\(banded). Counts of withheld groups are not learnt; if no group can be shown, all are withheld."
  }

  private func nullExplanation(_ statistic: Statistic) -> String {
    switch statistic.function {
    case .correlation: "One bit \(scope): 1 where a variable has no variation, so that there is no correlation."
    case .variance, .deviation: "One bit \(scope): 1 where fewer than two values are there."
    default: "One bit \(scope): 1 where no value is there."
    }
  }

  private func explanation(
    of statistic: Statistic, _ projection: LogicalQuery.Projection, isRecord: Bool, precision: String
  ) -> String {
    let formula = query.source.text(projection.range)
    let what =
      switch statistic.function {
      case .countRows: "the number of rows"
      case .count: "the number of rows in which the value is not NULL"
      case .sum: "the sum of the values that are not NULL"
      case .average: "the mean of the values that are not NULL, and neither their sum nor their number"
      case .minimum: "the smallest value"
      case .maximum: "the largest value"
      case .variance: "the sample variance of the values that are not NULL"
      case .deviation: "the sample standard deviation of the values that are not NULL"
      case .correlation: "the correlation of the rows in which neither value is NULL"
      case .median: "the middle one of the values that are not NULL, or the mean of the two middle ones"
      case .quantile: "the value at this place among the values that are not NULL"
      }
    var text = "\(projection.name): '\(formula)', \(what), \(scope)"
    text += ", \(ShownDecimals.words(precision))."
    if isRecord {
      let whose = statistic.function == .median ? "one record, or the mean of two" : "one record"
      text += " It is the value of \(whose), which becomes known, though not whose it is."
    }
    return text
  }
}
