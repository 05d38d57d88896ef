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
    let scale = if case .decimal(let scale) = table.columns[column].type { scale } else { 0 }
    return try single(
      try builder.select(
        ranked.isEmpty, builder.constant(max(range.lower, min(range.upper, 0))), sum, within: range),
      ranked, .decimal(scale: scale + 1), name)
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
      columns: [SecretColumn(name: name, type: type, parts: [value], isNull: ranked.isEmpty)], isValid: nil,
      shape: .scalar)
    result.uniqueKeys = [[]]
    return result
  }
}
