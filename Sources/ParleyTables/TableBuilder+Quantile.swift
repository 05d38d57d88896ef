import BigInt
package import ParleyBase
import ParleyProgram

/// Values by their rank.
extension TableBuilder {
  /// One row: the smallest value such that at least numerator / denominator of the values are not above it; NULL
  /// without values.
  package mutating func quantile(
    _ table: SecretTable, of column: Int, numerator: Int, denominator: Int, name: String
  ) throws(ParleyError) -> SecretTable {
    let ranked = try ranked(table, column)
    // ⌈count · numerator / denominator⌉, at least the first.
    let scaled = try builder.add(
      try builder.scale(ranked.count, by: BigInt(numerator)), builder.constant(BigInt(denominator - 1)))
    let rank = try builder.atLeast(
      try builder.quotient(scaled, builder.constant(BigInt(denominator))), 1)
    let value = try self.value(at: rank, ranked)
    let range = type(ranked.values).range
    return try single(
      try builder.select(ranked.isEmpty, filler(like: ranked.values), value, within: range), ranked,
      table.columns[column].type, name)
  }

  /// One row: the middle value, or the mean of the two middle ones, with one decimal more than the column; NULL without
  /// values.
  package mutating func median(
    _ table: SecretTable, of column: Int, name: String
  ) throws(ParleyError) -> SecretTable {
    let ranked = try ranked(table, column)
    let half = try builder.truncate(ranked.count, bits: 1)
    let upHalf = try builder.truncate(try builder.add(ranked.count, builder.constant(1)), bits: 1)
    let low = try value(at: upHalf, ranked)
    let high = try value(at: try builder.add(half, builder.constant(1)), ranked)
    let sum = try builder.scale(try builder.add(low, high), by: 5)
    let range = type(ranked.values).range * .exactly(10)
    return try single(
      try builder.select(
        ranked.isEmpty, builder.constant(range.nearest(to: 0)), sum, within: range),
      ranked, table.columns[column].type.withOneMoreDecimal, name)
  }

  /// One element: the aggregate, which is one of the two above, over all rows.
  mutating func valueByRank(
    _ aggregate: TableAggregate, of table: SecretTable
  ) throws(ParleyError) -> TableColumn {
    let result: SecretTable
    if case .quantile(let numerator, let denominator) = aggregate.function {
      result = try quantile(
        table, of: aggregate.column, numerator: numerator, denominator: denominator, name: aggregate.name)
    } else {
      result = try median(table, of: aggregate.column, name: aggregate.name)
    }
    return result.columns[0]
  }

  /// One element: the smallest or largest of texts of several parts over all rows.
  mutating func extremeText(
    _ aggregate: TableAggregate, of table: SecretTable
  ) throws(ParleyError) -> TableColumn {
    let table = try slimmed(table)
    let column = table.columns[aggregate.column]
    let isPresent = try full(try and(try valid(table), not: column.isNull), table.shape)
    let parts = try full(column.parts, table.shape)
    var keys = [Program.SortKey(try builder.not(isPresent))]
    for part in parts { keys.append(.init(part, isDescending: aggregate.function == .maximum)) }
    var result = TableColumn(name: aggregate.name, type: column.type, parts: [])
    for part in try builder.sort(by: keys, parts) {
      result.parts.append(try builder.sum(try builder.prefix(part, count: 1)))
    }
    result.isNull = try builder.compare(.equal, try builder.sum(isPresent), builder.constant(0))
    return result
  }

  private struct Ranked {
    /// In ascending order, those that count first.
    var values: NodeID
    var count: NodeID
    var isEmpty: NodeID
  }

  private mutating func ranked(_ table: SecretTable, _ index: Int) throws(ParleyError) -> Ranked {
    let table = try slimmed(table)
    let column = table.columns[index]
    let value = try number(column)
    guard !type(value).isBit else {
      throw refusal(
        "type", "a number is needed here, and this is a condition", "use CASE WHEN … THEN 1 ELSE 0 END")
    }
    let isPresent = try full(try and(try valid(table), not: column.isNull), table.shape)
    let values = try full(value, table.shape)
    let sorted = try builder.sort(by: [.init(try builder.not(isPresent)), .init(values)], [values])
    let count = try builder.sum(isPresent)
    return Ranked(
      values: sorted[0], count: count,
      isEmpty: try builder.compare(.equal, count, builder.constant(0)))
  }

  /// The value of the row with this number, counted from 1.
  private mutating func value(at rank: NodeID, _ ranked: Ranked) throws(ParleyError) -> NodeID {
    let isThere = try builder.compare(.equal, try positions(type(ranked.values).shape), rank)
    return try builder.innerProduct(try full(isThere, type(ranked.values).shape), ranked.values)
  }

  private func single(
    _ value: NodeID, _ ranked: Ranked, _ type: SecretType, _ name: String
  ) throws(ParleyError) -> SecretTable {
    var result = SecretTable(
      columns: [TableColumn(name: name, type: type, parts: [value], isNull: ranked.isEmpty)], isValid: nil,
      shape: .scalar)
    result.uniqueKeys = [[]]
    return result
  }

  // MARK: In runs

  /// Where each row of sorted runs stands among those of its run that count.
  struct RunRanks {
    var counts: NodeID
    /// How many there are from the first one to this one, and from this one to the last one; at least 1 each where
    /// the row counts, and their sum less 1 is how many the run has.
    var fromStart: NodeID
    var fromEnd: NodeID
  }

  /// - Parameters:
  ///   - counts: bit: the row counts.
  ///   - continues: bit: the row belongs to the run of the row before.
  mutating func ranks(_ counts: NodeID, continues: NodeID) throws(ParleyError) -> RunRanks {
    let isFirst = try builder.not(continues)
    let isLast = try builder.not(try builder.shift(continues, by: -1))
    let forwards = try builder.scan([.init(.sum, counts)], restart: isFirst)[0]
    let backwards = try builder.scan(
      [.init(.sum, try builder.reversed(counts))], restart: try builder.reversed(isLast))[0]
    return RunRanks(counts: counts, fromStart: forwards, fromEnd: try builder.reversed(backwards))
  }

  /// Bit: the row is the one of its run with rank ⌈count · numerator / denominator⌉, at least the first.
  ///
  /// Without a division: with share a / b, i rows up to this one and j from it on, b · (i - 1) < a · (i + j - 1) ≤ b · i.
  mutating func isQuantile(
    _ numerator: Int, _ denominator: Int, _ ranks: RunRanks
  ) throws(ParleyError) -> NodeID {
    let one = builder.constant(1)
    if numerator == 0 {
      return try builder.and(ranks.counts, try builder.compare(.equal, ranks.fromStart, one))
    }
    let divisor = BigInt(numerator).greatestCommonDivisor(with: BigInt(denominator))
    let share = BigInt(numerator) / divisor, rest = BigInt(denominator) / divisor - share
    func scaled(_ rank: NodeID, _ factor: BigInt, less: Bool) throws(ParleyError) -> NodeID {
      try builder.scale(less ? try builder.subtract(rank, one) : rank, by: factor)
    }
    let isHighEnough = try builder.compare(
      .lessOrEqual, try scaled(ranks.fromEnd, share, less: true), try scaled(ranks.fromStart, rest, less: false))
    let isLowEnough = try builder.compare(
      .less, try scaled(ranks.fromStart, rest, less: true), try scaled(ranks.fromEnd, share, less: false))
    return try builder.and(ranks.counts, try builder.and(isHighEnough, isLowEnough))
  }

  /// 2 in the middle row of a run with an odd number of rows that count, 1 in the two middle ones of another, elsewhere 0.
  mutating func medianWeights(_ ranks: RunRanks) throws(ParleyError) -> NodeID {
    let one = builder.constant(1)
    let isMiddle = try builder.compare(.equal, ranks.fromStart, ranks.fromEnd)
    let isLower = try builder.compare(.equal, try builder.add(ranks.fromStart, one), ranks.fromEnd)
    let isUpper = try builder.compare(.equal, ranks.fromStart, try builder.add(ranks.fromEnd, one))
    let isBeside = try builder.or(isLower, isUpper)
    return try builder.add(
      try builder.scale(try builder.integer(fromBit: try builder.and(ranks.counts, isMiddle)), by: 2),
      try builder.integer(fromBit: try builder.and(ranks.counts, isBeside)))
  }
}

extension SecretType {
  /// Of the mean of two values.
  var withOneMoreDecimal: SecretType {
    if case .decimal(let scale) = self { .decimal(scale: scale + 1) } else { .decimal(scale: 1) }
  }
}

extension Interval {
  func nearest(to value: BigInt) -> BigInt { max(lower, min(upper, value)) }
}
