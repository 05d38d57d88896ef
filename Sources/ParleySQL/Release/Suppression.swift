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
  /// One bit for each cell and reason, or one for all cells; empty where nothing is watched.
  var reasons: [WithholdingReason: Program.NodeID] = [:]
}

/// What is known of cells that are decided together, before it is decided.
struct SmallCells {
  /// Rows of each cell, side by side, for every WHERE clause. The observer is taken to know their totals.
  var counts: [Program.NodeID]
  /// Rows of each cell in a set whose total other queries may tell, side by side.
  var sets: [Program.NodeID] = []
  /// Cells in which some set of rows is small.
  var isSmall: Program.NodeID
}

/// Cells that are withheld.
struct WithheldCells {
  /// One bit for each cell.
  var isWithheld: Program.NodeID
  /// All of them, because none could be shown.
  var isHiddenWhole: Program.NodeID
}

extension RowLowering {
  /// 0 < count < minimum
  mutating func isBelow(_ count: Program.NodeID, _ minimum: Int) throws(ParleyError) -> Program.NodeID {
    let isLow = try builder.compare(.less, count, builder.constant(BigInt(minimum)))
    return try builder.and(isLow, try builder.not(try builder.compare(.equal, count, builder.constant(0))))
  }

  /// Small cells, and where they do not protect each other, the next larger cells with them.
  mutating func complemented(_ cells: SmallCells, minimum: Int) throws(ParleyError) -> WithheldCells {
    let zero = builder.constant(0)
    var isEmpty = builder.constant(true)
    for counts in cells.counts {
      isEmpty = try builder.and(isEmpty, try builder.compare(.equal, counts, zero))
    }
    let isCandidate = try builder.not(try builder.or(cells.isSmall, isEmpty))

    // The first count alone, and then all others beside each other, which takes no more rounds than one.
    let first = try complement(
      of: cells.isSmall, isCandidate, by: cells.counts[0], minimum: minimum, isFirst: true, isTold: true)
    let isTaken = try builder.or(cells.isSmall, first)
    var isWithheld = isTaken
    let clauses = cells.counts.dropFirst()
    for (index, counts) in (clauses + cells.sets).enumerated() {
      let further = try complement(
        of: isTaken, isCandidate, by: counts, minimum: minimum, isFirst: false, isTold: index < clauses.count)
      isWithheld = try builder.or(isWithheld, further)
    }

    // Cells of which nothing would be shown show nothing at all, not even which are absent.
    let isShown = try builder.and(isCandidate, try builder.not(isWithheld))
    var total = try builder.sum(cells.counts[0])
    for counts in cells.counts.dropFirst() { total = try builder.add(total, try builder.sum(counts)) }
    let isNothing = try builder.compare(.equal, total, zero)
    var isHiddenWhole = try builder.and(
      try builder.not(try builder.any(isShown)), try builder.not(isNothing))
    if minimum < 3 {
      // Two rows in two cells would be one each, were it not for this.
      for counts in cells.counts {
        isHiddenWhole = try builder.or(isHiddenWhole, try isBelow(try builder.sum(counts), 3))
      }
    }
    return WithheldCells(isWithheld: isWithheld, isHiddenWhole: isHiddenWhole)
  }

  /// Candidates that must go with those that are taken, so that these have two different counts, and together the minimum.
  ///
  /// - Parameters:
  ///   - isFirst: candidates below the next larger count go with it.
  ///   - isTold: the total is known whatever it is. Otherwise a total below the minimum is told by nobody, and cells without
  ///     such rows have nothing to protect.
  private mutating func complement(
    of isTaken: Program.NodeID, _ isCandidate: Program.NodeID, by counts: Program.NodeID, minimum: Int,
    isFirst: Bool, isTold: Bool
  ) throws(ParleyError) -> Program.NodeID {
    let zero = builder.constant(0), least = builder.constant(BigInt(minimum))
    let largestTaken = try builder.extremum(.maximum, try builder.select(isTaken, counts, zero))
    let differs = try builder.any(
      try builder.and(isTaken, try builder.compare(.less, counts, largestTaken)))
    let together = try builder.sum(try builder.select(isTaken, counts, zero))
    let isMany = try builder.compare(.lessOrEqual, least, together)
    let hasSome = isTold ? try builder.any(isTaken) : try builder.compare(.less, zero, together)
    var isExposed = try builder.and(hasSome, try builder.not(try builder.and(differs, isMany)))
    if !isTold {
      isExposed = try builder.and(
        isExposed, try builder.compare(.lessOrEqual, least, try builder.sum(counts)))
    }

    // Every candidate up to the smallest count above theirs; ties go together. If there is none, all.
    let beyond = builder.constant(builder.type(of: counts).range.upper + 1)
    let isLarger = try builder.and(isCandidate, try builder.compare(.less, largestTaken, counts))
    let next = try builder.extremum(.minimum, try builder.select(isLarger, counts, beyond))
    var isComplement = try builder.and(
      try builder.and(isCandidate, isExposed), try builder.compare(.lessOrEqual, counts, next))
    if !isFirst {
      let isNone = try builder.not(try builder.any(isLarger))
      isComplement = try builder.and(isComplement, try builder.or(isLarger, isNone))
    }
    return isComplement
  }

  /// Elements of a vector, side by side.
  mutating func elements(
    _ vector: Program.NodeID, at positions: [Int]
  ) throws(ParleyError) -> Program.NodeID {
    var parts: [Program.NodeID] = []
    for position in positions { parts.append(try element(vector, at: position)) }
    return try builder.stack(parts)
  }
  mutating func element(_ vector: Program.NodeID, at position: Int) throws(ParleyError) -> Program.NodeID {
    builder.type(of: vector).shape == .scalar ? vector : try builder.element(vector, at: position)
  }
}
