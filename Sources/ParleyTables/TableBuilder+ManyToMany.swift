import BigInt
import ParleyBase
import ParleyProgram

/// Joins in which the keys of both sides may repeat.
extension TableBuilder {
  /// As many pairs of rows as are computed without a bound.
  static var maximumPairs: Int { 1 << 18 }
  /// Below this no sort is cheaper.
  private static var fewPairs: Int { 1 << 12 }

  /// Matching pairs of rows. Small tables are crossed. Of others every left row gets as many of `bound` slots as it has
  /// matches, and each slot takes the right row of its position among them.
  mutating func manyToMany(
    _ left: SecretTable, _ right: SecretTable, _ keys: [(left: Int, right: Int)], bound: Int?
  ) throws(ParleyError) -> SecretTable {
    let (pairs, overflow) = slots(left.shape).multipliedReportingOverflow(by: slots(right.shape))
    let isSmall = !overflow && pairs <= (bound == nil ? Self.maximumPairs : Self.fewPairs)
    if isSmall {
      var result = try cross(left, right)
      let shift = left.columns.count
      for key in keys {
        let isMatch = try matches(result.columns[key.left], result.columns[shift + key.right])
        result = try filter(result, where: isMatch)
      }
      for key in keys {
        result.columns[key.left].isNull = nil
        result.columns[shift + key.right].isNull = nil
      }
      if let bound { try assume(result, hasAtMost: bound) }
      return result
    }
    guard let bound else {
      throw refusal(
        "join-bound",
        "a join in which keys may repeat on both sides can have \(slots(left.shape)) times as many rows",
        "declare a bound on its rows, or join on a column whose values differ from row to row")
    }
    var join = Expansion(tables: taken(), left: left, right: right, keys: keys, bound: max(1, bound))
    let result = try join.result()
    self = join.tables
    return result
  }

  private mutating func assume(_ table: SecretTable, hasAtMost bound: Int) throws(ParleyError) {
    let count = try builder.sum(try valid(table))
    assume(
      not: try builder.compare(.less, builder.constant(BigInt(bound)), count), overflow(bound),
      remedy: boundRemedy)
  }
  func overflow(_ bound: Int) -> String { "\(joinName) has more rows than its bound of \(bound)\(boundReason)" }
}

/// A join by counting: how many right rows a left row has, where they begin, and which slots they fill
/// (docs/protocols/relational.md#join-on-keys-that-repeat).
///
/// Source: Krastnikov, Kerschbaum, Stebila, PVLDB 13, 2020 (count and expand), here by sorts and scans.
private struct Expansion {
  typealias NodeID = Program.NodeID
  var tables: TableBuilder
  let left: SecretTable
  let right: SecretTable
  let keys: [(left: Int, right: Int)]
  let bound: Int

  mutating func result() throws(ParleyError) -> SecretTable {
    var leftKeys: [NodeID] = [], rightKeys: [NodeID] = []
    var isLeftLive = try tables.valid(left), isRightLive = try tables.valid(right)
    for key in keys {
      let (a, b) = try tables.encoded(left.columns[key.left], left.shape, right.columns[key.right], right.shape)
      leftKeys += a
      rightKeys += b
      isLeftLive = try tables.and(isLeftLive, not: left.columns[key.left].isNull)
      isRightLive = try tables.and(isRightLive, not: right.columns[key.right].isNull)
    }
    isLeftLive = try tables.full(isLeftLive, left.shape)
    isRightLive = try tables.full(isRightLive, right.shape)

    // Right rows that can match, by their keys: row p is the p-th, counted from 0.
    var source = right
    source.isValid = isRightLive
    source.order = nil
    let (sorted, orderedKeys) = try tables.moved(
      source, by: [.init(try tables.builder.not(isRightLive))] + rightKeys.map { .init($0) },
      extra: rightKeys)
    var ordered = sorted
    let position = try tables.builder.subtract(
      try tables.positions(ordered.shape), tables.builder.constant(1))
    ordered = ordered.appending(TableColumn(name: "", type: .integer, parts: [position]))
    ordered.uniqueKeys.append([right.columns.count])
    guard let orderedLive = ordered.isValid else { throw ParleyError(.invariant, "rows that may be dead") }

    let counted = try counts(orderedKeys, orderedLive, leftKeys, isLeftLive)
    let filled = try expanded(counted)
    let sides = UniqueJoin.Sides(
      unique: ordered, many: filled, keys: [(unique: right.columns.count, many: left.columns.count)],
      keepsUnique: false, keepsMany: false)
    var join = UniqueJoin(tables.taken(), sides, isUniqueLeft: false)
    let joined = try join.merged()
    tables = join.tables
    var result = joined.selecting(
      Array(0..<left.columns.count)
        + (0..<right.columns.count).map { left.columns.count + 1 + $0 })
    for key in keys {
      result.columns[key.left].isNull = nil
      result.columns[left.columns.count + key.right].isNull = nil
    }
    result.order = nil
    result.uniqueKeys = []
    result.dependencies = left.dependencies
    result.validBound = bound
    return result
  }

  /// Left rows (among right ones that are not valid) with three columns more: how many matches they have, the position of the
  /// first, and how many matches come before theirs.
  private mutating func counts(
    _ rightKeys: [NodeID], _ isRightLive: NodeID, _ leftKeys: [NodeID], _ isLeftLive: NodeID
  ) throws(ParleyError) -> SecretTable {
    let no = tables.builder.constant(false), yes = tables.builder.constant(true), zero = tables.builder.constant(0)
    func both(_ theirs: NodeID, _ mine: NodeID) throws(ParleyError) -> NodeID {
      try tables.builder.concatenate([
        try tables.full(theirs, right.shape), try tables.full(mine, left.shape),
      ])
    }
    var keyValues: [NodeID] = []
    for (x, y) in zip(rightKeys, leftKeys) { keyValues.append(try both(x, y)) }
    let isLeft = try both(no, yes)
    let shape = tables.type(isLeft).shape
    var source = left
    source.order = nil
    source.isValid = nil
    let nodes = tables.rowNodes(source)
    var columns: [NodeID] = []
    for node in nodes { columns.append(try both(tables.filler(like: node), node)) }
    let head = [try both(no, isLeftLive), try both(isRightLive, no)]
    let sorted = try tables.builder.sort(
      by: (keyValues + [isLeft]).map { .init($0) }, head + keyValues + columns)
    let isRow = sorted[0]
    let own = try tables.builder.integer(fromBit: sorted[1])
    let continues = try tables.sameAsPrevious(
      Array(sorted[head.count..<head.count + keyValues.count]), shape)
    let running = try tables.builder.runningSum(own)
    let most = BigInt(tables.slots(right.shape))
    // Right rows before the run of this row's keys.
    let before = try tables.builder.shift(running, by: 1)
    let start = try tables.builder.scan(
      [.init(.first, before)], restart: try tables.builder.not(continues))[0]
    let count = try tables.builder.select(
      isRow, try tables.builder.subtract(running, start), zero, within: Interval(0, most))
    let total = try tables.builder.sum(count)
    tables.assume(
      not: try tables.builder.compare(.less, tables.builder.constant(BigInt(bound)), total),
      tables.overflow(bound), remedy: tables.boundRemedy)
    let earlier = try tables.builder.shift(try tables.builder.runningSum(count), by: 1)
    let limit = tables.builder.constant(BigInt(bound))
    // Beyond the bound nothing is shown, whatever stands there.
    var fits = try tables.builder.compare(.less, earlier, limit)
    fits = try tables.builder.and(fits, try tables.builder.compare(.less, zero, count))
    let offset = try tables.builder.select(
      try tables.full(fits, shape), earlier, limit, within: Interval(0, BigInt(bound)))

    var result = tables.renamed(source, nodes, Array(sorted.dropFirst(head.count + keyValues.count)), shape)
    result.isValid = try tables.full(fits, shape)
    result.uniqueKeys = []
    result.validBound = min(bound, tables.maximumRows(left))
    for node in [start, offset, total] {
      result = result.appending(TableColumn(name: "", type: .integer, parts: [node]))
    }
    return try tables.slimmed(result)
  }

  /// `bound` slots among the rows, which are not valid any more: in each the left row that it belongs to, and the position of the
  /// right row that it takes.
  private mutating func expanded(_ counted: SecretTable) throws(ParleyError) -> SecretTable {
    let slots = Program.Shape.fixed(bound)
    let no = tables.builder.constant(false), yes = tables.builder.constant(true)
    func both(_ row: NodeID, _ slot: NodeID) throws(ParleyError) -> NodeID {
      try tables.builder.concatenate([
        try tables.full(row, counted.shape), try tables.full(slot, slots),
      ])
    }
    let width = left.columns.count
    let start = counted.columns[width].parts[0], offset = counted.columns[width + 1].parts[0]
    let total = counted.columns[width + 2].parts[0]
    let number = try tables.builder.subtract(try tables.positions(slots), tables.builder.constant(1))
    let target = try both(offset, number)
    let isSlot = try both(no, yes)
    let shape = tables.type(isSlot).shape
    let isRow = try both(try tables.valid(counted), no)
    var source = counted.selecting(Array(0..<width))
    source.order = nil
    source.isValid = nil
    let nodes = tables.rowNodes(source)
    var columns: [NodeID] = []
    for node in nodes { columns.append(try both(node, tables.filler(like: node))) }
    let head = [
      target, isSlot, isRow,
      try both(start, tables.filler(like: start)), try both(offset, tables.filler(like: offset)),
    ]
    let sorted = try tables.builder.sort(by: [.init(target), .init(isSlot)], head + columns)
    let carried = try tables.builder.scan(
      sorted.dropFirst(3).map { .init(.first, $0) }, restart: sorted[2])
    let isFilled = try tables.builder.and(
      sorted[1], try tables.builder.compare(.less, sorted[0], total))
    let most = BigInt(tables.slots(right.shape))
    let step = try tables.builder.subtract(sorted[0], carried[1])
    let position = try tables.builder.select(
      isFilled, try tables.builder.add(carried[0], step), tables.builder.constant(0), within: Interval(0, most))
    var result = tables.renamed(source, nodes, Array(carried.dropFirst(2)), shape)
    result.isValid = isFilled
    result.validBound = bound
    result = result.appending(TableColumn(name: "", type: .integer, parts: [position]))
    return try tables.slimmed(result)
  }
}
