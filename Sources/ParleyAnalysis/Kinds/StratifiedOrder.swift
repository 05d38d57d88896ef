import BigInt
import ParleyBase
import ParleyProgram

/// As ``SurvivalOrder``, with numbers that are carried along, in each of several strata, and in a value of fixed size, which matrices of rows need.
///
/// One sort, and one message for every column that is kept.
struct StratifiedOrder {
  typealias NodeID = Program.NodeID
  /// The most rows: public numbers are written out for each.
  static let mostRows = 4096

  /// So many slots.
  let count: Int
  /// Numbers of strata, which come one after the other; nil for one of all rows.
  let stratum: NodeID?
  /// Times, 0 in slots that do not count.
  let time: NodeID
  /// 1 in slots that count.
  let isUsed: NodeID
  /// The given columns as numbers.
  let columns: [NodeID]
  /// The given numbers.
  let numbers: [NodeID]

  /// - Parameters:
  ///   - stratum: whole numbers, where rows are ordered in each of several strata.
  ///   - time: numbers of at least 0.
  ///   - isUsed: bits of the slots that count.
  ///   - isEvent: bits; in a tie, events come last.
  ///   - columns: bits that are carried along.
  ///   - numbers: words that are carried along.
  init(
    stratum: NodeID? = nil, time: NodeID, isUsed: NodeID, isEvent: NodeID, columns: [NodeID],
    numbers: [NodeID] = [], rows: Int,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let sorted = try builder.sort(
      by: [.init(isUsed, isDescending: true)] + (stratum.map { [.init($0)] } ?? []) + [
        .init(time, isDescending: true), .init(isEvent),
      ], [time, isUsed] + columns + numbers + (stratum.map { [$0] } ?? []))
    count = rows
    self.time = try Self.fixed(sorted[0], rows, &builder)
    self.isUsed = try Self.fixed(try builder.integer(fromBit: sorted[1]), rows, &builder)
    var kept: [NodeID] = []
    for column in sorted.dropFirst(2).prefix(columns.count) {
      kept.append(try Self.fixed(try builder.integer(fromBit: column), rows, &builder))
    }
    self.columns = kept
    var words: [NodeID] = []
    for column in sorted.dropFirst(2 + columns.count).prefix(numbers.count) {
      words.append(try Self.fixed(column, rows, &builder))
    }
    self.numbers = words
    self.stratum = try stratum.map { (_) throws(ParleyError) in
      try Self.fixed(sorted[sorted.count - 1], rows, &builder)
    }
  }

  /// The rows of a table as so many elements, 0 where it has fewer: a product of matrices with the number 1.
  private static func fixed(
    _ node: NodeID, _ count: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    let zeros = try builder.spread(builder.constant(0), over: .fixed(count))
    let padded = try builder.prefix(try builder.concatenate([node, zeros]), count: count)
    return try builder.matrixProduct(padded, builder.constant(1), rows: count, inner: 1, columns: 1)
  }

  /// A public number for each row, from the number of rows at risk.
  func numbers(
    _ builder: inout ProgramBuilder, _ value: (Int) -> BigInt
  ) throws(ParleyError) -> NodeID {
    var constants: [NodeID] = []
    for row in 0..<count { constants.append(builder.constant(value(row + 1))) }
    return try builder.stack(constants)
  }

  /// The bits of the last rows of times; no bit of slots that do not count.
  func isLast(_ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    let used = try builder.compare(.equal, isUsed, builder.constant(1))
    var isSame = try builder.compare(.equal, time, try builder.shift(time, by: -1))
    if let stratum {
      isSame = try builder.and(
        isSame, try builder.compare(.equal, stratum, try builder.shift(stratum, by: -1)))
    }
    let isNextUsed = try builder.shift(used, by: -1)
    return try builder.and(used, try builder.not(try builder.and(isSame, isNextUsed)))
  }

  /// The bits of rows of another stratum than the row before; nil of one stratum.
  func isStratumFirst(_ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID? {
    try stratum.map { (stratum) throws(ParleyError) in
      try builder.not(try builder.compare(.equal, stratum, try builder.shift(stratum, by: 1)))
    }
  }
}
