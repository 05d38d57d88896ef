import BigInt
import ParleyBase
import ParleyProgram

/// Which cells of a grouping have no row, and which are withheld: secret bits, one per cell, in the order of the
/// cells. Nothing else about withheld cells leaves the computation.
///
/// Construction and argument: `docs/proofs/suppression.md`.
struct CellDecision {
  /// nil for a query without GROUP BY.
  var isAbsent: Program.NodeID?
  /// nil when no minimum applies.
  var isWithheld: Program.NodeID?
  /// Either of them; nil when neither can be.
  var isHidden: Program.NodeID?
}

extension RowLowering {
  /// - Parameter minimum: the smallest cell that is shown; 0 or 1 withholds nothing.
  mutating func decision(for cells: GroupCells, minimum: Int) throws(ParleyError) -> CellDecision {
    let counts = cells.counts
    let isEmpty = try builder.compare(.equal, counts, builder.constant(0))
    guard minimum > 1 else {
      guard cells.isGrouped else { return CellDecision() }
      return CellDecision(isAbsent: isEmpty, isHidden: isEmpty)
    }
    var isSmall = try isBelow(counts, minimum)
    // In the order of the masks, so that the program does not depend on the order of a dictionary.
    let contributing = cells.contributors.values.filter { $0 != counts }.sorted()
    for count in contributing { isSmall = try builder.or(isSmall, try isBelow(count, minimum)) }
    for count in cells.sets { isSmall = try builder.or(isSmall, try isBelow(count, minimum)) }
    // How many rows are in no cell follows from the public number of rows.
    var isLeftSmall: Program.NodeID?
    if cells.isFiltered, table.padTo == nil {
      let left = try builder.subtract(try builder.sum(try rows(passing: nil)), try builder.sum(counts))
      isLeftSmall = try isBelow(left, minimum)
      if !cells.isGrouped, let isLeftSmall { isSmall = try builder.or(isSmall, isLeftSmall) }
    }
    guard cells.isGrouped else { return CellDecision(isWithheld: isSmall, isHidden: isSmall) }
    return try complemented(
      counts, isEmpty: isEmpty, isSmall: isSmall, isHiddenWhole: isLeftSmall, minimum: minimum)
  }

  /// 0 < count < minimum
  private mutating func isBelow(_ count: Program.NodeID, _ minimum: Int) throws(ParleyError) -> Program.NodeID {
    let isLow = try builder.compare(.less, count, builder.constant(BigInt(minimum)))
    return try builder.and(isLow, try builder.not(try builder.compare(.equal, count, builder.constant(0))))
  }

  /// Small cells, and where they do not protect each other, the next larger cells with them.
  private mutating func complemented(
    _ counts: Program.NodeID, isEmpty: Program.NodeID, isSmall: Program.NodeID,
    isHiddenWhole isLeftSmall: Program.NodeID?,
    minimum: Int
  ) throws(ParleyError) -> CellDecision {
    let zero = builder.constant(0)
    let isCandidate = try builder.not(try builder.or(isSmall, isEmpty))

    // Do the small cells protect each other: two different counts, and together at least the minimum?
    let largestSmall = try builder.extremum(.maximum, try builder.select(isSmall, counts, zero))
    let differs = try builder.any(
      try builder.and(isSmall, try builder.compare(.less, counts, largestSmall)))
    let together = try builder.sum(try builder.select(isSmall, counts, zero))
    let isMany = try builder.compare(.lessOrEqual, builder.constant(BigInt(minimum)), together)
    let isExposed = try builder.and(
      try builder.any(isSmall), try builder.not(try builder.and(differs, isMany)))

    // If not, every candidate up to the smallest count above theirs is withheld too; ties go together.
    let beyond = builder.constant(builder.type(of: counts).range.upper + 1)
    let isLarger = try builder.and(isCandidate, try builder.compare(.less, largestSmall, counts))
    let next = try builder.extremum(.minimum, try builder.select(isLarger, counts, beyond))
    let isComplement = try builder.and(
      try builder.and(isCandidate, isExposed), try builder.compare(.lessOrEqual, counts, next))

    // A table of which nothing would be shown shows nothing at all, not even which groups are absent.
    let isShown = try builder.and(isCandidate, try builder.not(isComplement))
    let total = try builder.sum(counts)
    let isNothing = try builder.compare(.equal, total, zero)
    var isHiddenWhole = try builder.and(
      try builder.not(try builder.any(isShown)), try builder.not(isNothing))
    if minimum < 3 {
      // Two rows in two cells would be one each, were it not for this.
      let isTiny = try builder.and(
        try builder.compare(.less, total, builder.constant(3)), try builder.not(isNothing))
      isHiddenWhole = try builder.or(isHiddenWhole, isTiny)
    }
    if let isLeftSmall { isHiddenWhole = try builder.or(isHiddenWhole, isLeftSmall) }
    let isWithheld = try builder.or(try builder.or(isSmall, isComplement), isHiddenWhole)
    let isAbsent = try builder.and(isEmpty, try builder.not(isHiddenWhole))
    return CellDecision(
      isAbsent: isAbsent, isWithheld: isWithheld, isHidden: try builder.xor(isAbsent, isWithheld))
  }
}
