import BigInt
import ParleyBase
import ParleyProgram

/// Rows by descending time, those that count first: so that the row number of a row, which is public, is the number of rows that are at risk at
/// its time or later in a tie, and what is computed of it is a product with a public number (``Program/PublicSequence``).
///
/// One sort.
struct SurvivalOrder {
  typealias NodeID = Program.NodeID
  /// The most rows: with more, sums of numbers with enough bits fit no word.
  static let mostRows = 1 << 17

  /// Numbers of strata, which come one after the other; nil for one of all rows.
  let stratum: NodeID?
  /// Times, 0 in slots that do not count.
  let time: NodeID
  /// Bits: 1 in slots that count.
  let isUsed: NodeID
  /// The given columns, bits.
  let columns: [NodeID]
  /// The given words.
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
    numbers: [NodeID] = [], _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let sorted = try builder.sort(
      by: [.init(isUsed, isDescending: true)] + (stratum.map { [.init($0)] } ?? []) + [
        .init(time, isDescending: true), .init(isEvent),
      ], [time, isUsed] + columns + numbers + (stratum.map { [$0] } ?? []))
    (self.time, self.isUsed) = (sorted[0], sorted[1])
    self.columns = Array(sorted.dropFirst(2).prefix(columns.count))
    self.numbers = Array(sorted.dropFirst(2 + columns.count).prefix(numbers.count))
    self.stratum = stratum.map { _ in sorted[sorted.count - 1] }
  }

  /// The bits of a column in the first row, of which one row is at risk; no bit elsewhere.
  func inFirstRow(_ column: NodeID, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    let ones = try builder.spread(builder.constant(true), over: builder.type(of: time).shape)
    return try builder.and(column, try builder.not(try builder.shift(ones, by: 1)))
  }

  /// The bits of the last rows of times; no bit of slots that do not count.
  func isLast(_ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    try Self.isLast(time: time, isUsed: isUsed, stratum: stratum, &builder)
  }

  /// The same of columns in this order, in values of any shape.
  static func isLast(
    time: NodeID, isUsed: NodeID, stratum: NodeID?, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    var isSame = try builder.compare(.equal, time, try builder.shift(time, by: -1))
    if let stratum {
      isSame = try builder.and(
        isSame, try builder.compare(.equal, stratum, try builder.shift(stratum, by: -1)))
    }
    let isNextUsed = try builder.shift(isUsed, by: -1)
    return try builder.and(isUsed, try builder.not(try builder.and(isSame, isNextUsed)))
  }
}

/// Integers of a public scale, as decimals.
enum FixedDecimal {
  /// value · 10^places / 2^fraction, rounded to multiples of a last place; off by less than one of these more.
  ///
  /// - Parameter value: integers in units of 2^-fraction.
  static func rounded(
    _ value: Program.NodeID, fraction: Int, places: Int, multiple: Int = 1, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    let factor = BigInt(10).power(places)
    // The product of both has to fit a word: what is below the upper part is multiplied by itself.
    let excess = max(0, builder.type(of: value).range.magnitudeBits + factor.bitWidth - 60)
    var scaled: Program.NodeID
    if excess == 0 {
      scaled = try builder.scale(value, by: factor)
    } else {
      let unit = BigInt(1) << excess
      let upper = try builder.scale(try builder.floored(value, by: unit), by: factor)
      let lower = try builder.scale(try builder.remainder(value, by: unit), by: factor)
      scaled = try builder.add(upper, try builder.truncate(lower, bits: excess))
    }
    let divisor = BigInt(multiple) << (fraction - excess)
    scaled = try builder.add(scaled, builder.constant(divisor / 2))
    return try builder.scale(try builder.floored(scaled, by: divisor), by: BigInt(multiple))
  }
}

extension Interval {
  /// Bits of the end that is further from 0.
  fileprivate var magnitudeBits: Int { max(lower.magnitude.bitWidth, upper.magnitude.bitWidth) }
}
