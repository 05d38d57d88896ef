import BigInt
package import ParleyBase
import ParleyProgram

/// Window functions.
extension TableBuilder {
  /// The rows in the order of partition and order, with a column for each function after those of the table.
  ///
  /// - Parameter areTiesAlike: whoever asks gets the same result in whatever order rows with equal keys come. Otherwise they come in a random
  ///   one where a function depends on it, which costs a shuffle.
  package mutating func window(
    _ table: SecretTable, partition: [Int], order: [TableOrder], _ functions: [WindowFunction],
    areTiesAlike: Bool = false
  ) throws(ParleyError) -> SecretTable {
    let essentials = partition.isEmpty ? [] : essential(partition, of: table)
    let rows = try sorted(
      table, by: essentials.map { TableOrder(column: $0) } + order,
      breakingTies: !areTiesAlike && functions.contains(where: \.dependsOnTies))
    var window = try Window(taken(), rows, partitionKeys: essentials.count, orderKeys: order.count)
    var result = rows
    for function in functions { result = result.appending(try window.column(function)) }
    self = window.tables
    return result
  }
}

extension WindowFunction {
  /// Rows with equal keys get different results, by the order in which they come.
  fileprivate var dependsOnTies: Bool {
    switch function {
    case .rowNumber, .lag, .lead, .firstValue, .lastValue: true
    case .rank, .denseRank: false
    case .countRows(let frame), .count(_, let frame), .sum(_, let frame), .moments(_, _, _, let frame),
      .minimum(_, let frame), .maximum(_, let frame):
      switch frame {
      case .partition, .range: false
      case .rows, .sliding: true
      }
    }
  }
}

private struct Window {
  typealias NodeID = Program.NodeID
  var tables: TableBuilder
  let rows: SecretTable
  let isValid: NodeID
  /// Bits: the row continues the partition, and has the same order keys as the row before.
  let samePartition: NodeID
  let samePeers: NodeID
  let isWhole: Bool
  let isOrdered: Bool

  init(
    _ tables: consuming TableBuilder, _ rows: SecretTable, partitionKeys: Int, orderKeys: Int
  ) throws(ParleyError) {
    let keys = rows.order?.keys ?? []
    isValid = try tables.valid(rows)
    samePartition = try tables.sameAsPrevious(keys.prefix(partitionKeys).flatMap(\.values), rows.shape)
    let peers = keys.dropFirst(partitionKeys).prefix(orderKeys).flatMap(\.values)
    samePeers = try tables.builder.and(samePartition, try tables.sameAsPrevious(peers, rows.shape))
    isWhole = partitionKeys == 0
    isOrdered = orderKeys > 0
    self.rows = rows
    self.tables = tables
  }

  mutating func column(_ window: WindowFunction) throws(ParleyError) -> TableColumn {
    func number(_ node: NodeID) -> TableColumn {
      TableColumn(name: window.name, type: .integer, parts: [node])
    }
    let restart = try tables.builder.not(samePartition)
    let newPeers = try tables.builder.not(samePeers)
    switch window.function {
    case .rowNumber: return number(try rowNumbers(restart))
    case .rank:
      let numbers = try rowNumbers(restart)
      return number(try tables.builder.scan([.init(.first, numbers)], restart: newPeers)[0])
    case .denseRank: return number(try running(newPeers, restart))
    case .lag(let column, let distance): return try moved(column, by: distance, window.name)
    case .lead(let column, let distance): return try moved(column, by: -distance, window.name)
    case .firstValue(let column): return try end(column, .partition, isFirst: true, restart, window.name)
    case .lastValue(let column, let frame): return try end(column, frame, isFirst: false, restart, window.name)
    case .countRows(let frame): return number(try total(isValid, restart, frame))
    case .count(let column, let frame):
      return number(try total(try present(column), restart, frame))
    case .sum(let column, let frame):
      let source = rows.columns[column]
      let isPresent = try present(column)
      let value = try tables.full(
        try tables.masked(try tables.number(source), by: isPresent), rows.shape)
      var result = TableColumn(
        name: window.name, type: source.type == .boolean ? .integer : source.type,
        parts: [try total(value, restart, frame)])
      result.isNull = try isNone(source, isPresent, restart, frame)
      return result
    case .moments(let function, let column, let other, let frame):
      return try spread(function, column, other, restart, frame, window.name)
    case .minimum(let column, let frame), .maximum(let column, let frame):
      let isMinimum = if case .minimum = window.function { true } else { false }
      let source = rows.columns[column]
      let isPresent = try present(column)
      var value = try tables.number(source)
      let isBit = tables.type(value).isBit
      value = try tables.integer(value)
      let candidates = try tables.full(
        try tables.builder.select(isPresent, value, tables.farEnd(value, isMinimum: isMinimum)), rows.shape)
      var found = try tables.builder.scan(
        [.init(isMinimum ? .minimum : .maximum, candidates)], restart: restart)[0]
      found = try backFilled(found, frame)
      if isBit { found = try tables.builder.compare(.equal, found, tables.builder.constant(1)) }
      return TableColumn(
        name: window.name, type: source.type, parts: [found],
        isNull: try isNone(source, isPresent, restart, frame))
    }
  }

  /// From sums over the frame, as that of a group is from sums over its rows.
  private mutating func spread(
    _ function: Moments.Function, _ column: Int, _ other: Int?, _ restart: NodeID, _ frame: WindowFunction.Frame,
    _ name: String
  ) throws(ParleyError) -> TableColumn {
    let aggregate = TableAggregate(
      other.map { .correlation(with: $0) } ?? (function == .variance ? .variance : .deviation), of: column)
    let isMissing = try tables.missing(aggregate, in: rows)
    let isPresent = try tables.full(try tables.and(isValid, not: isMissing), rows.shape)
    let moments = try tables.moments(aggregate, of: rows)
    var sums: [NodeID] = []
    for summand in moments.summands {
      let value = try tables.full(try tables.masked(summand, by: isPresent), rows.shape)
      sums.append(try total(value, restart, frame))
    }
    let counts = try total(isPresent, restart, frame)
    let (value, isNull) = try moments.value(counts: counts, sums: sums, in: &tables.builder)
    return TableColumn(
      name: name, type: .decimal(scale: TableBuilder.places), parts: [value], isNull: isNull)
  }

  private mutating func present(_ column: Int) throws(ParleyError) -> NodeID {
    try tables.full(try tables.and(isValid, not: rows.columns[column].isNull), rows.shape)
  }

  /// NULL where no row of the frame has a value.
  private mutating func isNone(
    _ source: TableColumn, _ isPresent: NodeID, _ restart: NodeID, _ frame: WindowFunction.Frame
  ) throws(ParleyError) -> NodeID? {
    if source.isNull == nil, frame.hasItsRow { return nil }
    return try tables.builder.compare(
      .equal, try total(isPresent, restart, frame), tables.builder.constant(0))
  }

  private mutating func rowNumbers(_ restart: NodeID) throws(ParleyError) -> NodeID {
    if isWhole { return try tables.positions(rows.shape) }
    let one = try tables.full(tables.builder.constant(1), rows.shape)
    return try tables.builder.scan([.init(.sum, one)], restart: restart)[0]
  }

  /// Σ within the partition up to the row; free where there is one partition.
  private mutating func running(_ value: NodeID, _ restart: NodeID) throws(ParleyError) -> NodeID {
    if isWhole { return try tables.builder.runningSum(value) }
    return try tables.builder.scan([.init(.sum, value)], restart: restart)[0]
  }

  private mutating func total(
    _ value: NodeID, _ restart: NodeID, _ frame: WindowFunction.Frame
  ) throws(ParleyError) -> NodeID {
    if isWhole, frame == .partition || frame == .range && !isOrdered {
      return try tables.builder.sum(value)
    }
    if case .sliding(let from, let to) = frame { return try sliding(value, restart, from: from, to: to) }
    return try backFilled(try running(value, restart), frame)
  }

  /// The value of the last row of the frame, which may lie after the row itself: carried back by a scan from the end.
  private mutating func backFilled(
    _ value: NodeID, _ frame: WindowFunction.Frame, _ partition: NodeID? = nil
  ) throws(ParleyError) -> NodeID {
    var same: NodeID
    switch frame {
    case .rows: return value
    case .range: same = isOrdered ? samePeers : samePartition
    case .partition: same = samePartition
    case .sliding(_, let to):
      if to == 0 { return value }
      same = samePartition
    }
    if let partition { same = try tables.builder.and(same, partition) }
    let isLast = try tables.builder.not(try tables.builder.shift(same, by: -1))
    let filled = try tables.builder.scan(
      [.init(.first, try tables.builder.reversed(value))], restart: try tables.builder.reversed(isLast))[0]
    return try tables.builder.reversed(filled)
  }

  /// Σ over the rows of a frame: what has run up to its last row less what had before its first.
  private mutating func sliding(
    _ value: NodeID, _ restart: NodeID, from: Int?, to: Int?
  ) throws(ParleyError) -> NodeID {
    let running = try running(value, restart)
    let whole = try backFilled(running, .partition)
    let upper = try to.map { (to) throws(ParleyError) in try sum(upTo: to, running, whole) } ?? whole
    guard let from else { return upper }
    return try tables.builder.subtract(upper, try sum(upTo: from - 1, running, whole))
  }

  /// Up to the row so many later, where the partition has one: nothing before its first row, all after its last.
  private mutating func sum(
    upTo offset: Int, _ running: NodeID, _ whole: NodeID
  ) throws(ParleyError) -> NodeID {
    if offset == 0 { return running }
    let there = try tables.builder.shift(running, by: -offset)
    return try tables.builder.select(
      try isInside(-offset), there, offset > 0 ? whole : tables.builder.constant(0))
  }

  /// The value of a row at an end of the frame.
  private mutating func end(
    _ column: Int, _ frame: WindowFunction.Frame, isFirst: Bool, _ restart: NodeID, _ name: String
  ) throws(ParleyError) -> TableColumn {
    let source = rows.columns[column]
    var result = TableColumn(name: name, type: source.type, parts: [])
    // Behind the valid rows there may be others, which are none of the partition's.
    let isLast = try tables.builder.and(samePartition, isValid)
    func ending(_ node: NodeID, _ window: inout Window) throws(ParleyError) -> NodeID {
      let node = try window.tables.full(node, window.rows.shape)
      if isFirst { return try window.tables.builder.scan([.init(.first, node)], restart: restart)[0] }
      return try window.backFilled(node, frame, isLast)
    }
    for part in source.parts { result.parts.append(try ending(part, &self)) }
    if let isNull = source.isNull { result.isNull = try ending(isNull, &self) }
    return result
  }

  private mutating func moved(_ column: Int, by distance: Int, _ name: String) throws(ParleyError) -> TableColumn {
    let source = rows.columns[column]
    var result = TableColumn(name: name, type: source.type, parts: [])
    for part in source.parts {
      result.parts.append(try tables.builder.shift(try tables.full(part, rows.shape), by: distance))
    }
    if distance == 0 {
      result.isNull = source.isNull
      return result
    }
    var isNull = try tables.builder.not(try isInside(distance))
    if let own = source.isNull {
      isNull = try tables.builder.or(
        isNull, try tables.builder.shift(try tables.full(own, rows.shape), by: distance))
    }
    result.isNull = isNull
    return result
  }

  /// Whether the row so many earlier, or later where negative, is one of the partition's.
  private mutating func isInside(_ distance: Int) throws(ParleyError) -> NodeID {
    if distance == 1 { return samePartition }
    if distance == -1 {
      return try tables.builder.shift(try tables.builder.and(samePartition, isValid), by: -1)
    }
    // Partitions are numbered from 1; what comes from outside the table is 0.
    let number = try tables.builder.runningSum(try tables.builder.not(samePartition))
    let there = try tables.builder.shift(number, by: distance)
    let isSame = try tables.builder.compare(.equal, number, there)
    if distance > 0 { return isSame }
    return try tables.builder.and(isSame, try tables.builder.shift(isValid, by: distance))
  }
}
