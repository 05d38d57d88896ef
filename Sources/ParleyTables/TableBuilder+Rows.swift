import BigInt
package import ParleyBase
import ParleyProgram

/// Operators that keep, drop, order or add rows.
extension TableBuilder {
  /// The rows in which the bit is 1 (a condition that is unknown counts as 0).
  package mutating func filter(
    _ table: SecretTable, where condition: NodeID
  ) throws(ParleyError) -> SecretTable {
    if condition == builder.constant(true) { return table }
    var result = table
    if let isValid = table.isValid {
      result.isValid = try builder.and(isValid, condition)
    } else {
      result.isValid = condition
    }
    result.order?.isValidFirst = false
    return result
  }

  /// The valid rows first, in the order of the keys; rows with equal keys keep their order, or with `breakingTies` get a
  /// random one, as rows need that are opened in order.
  package mutating func sorted(
    _ table: SecretTable, by keys: [TableOrder], breakingTies: Bool = false
  ) throws(ParleyError) -> SecretTable {
    let table = try slimmed(table)
    let isTotal = isUnique(Set(keys.map(\.column)), in: table)
    if let order = table.order, isOrdered(order, by: keys), !breakingTies || order.areTiesRandom || isTotal {
      return try cutToBound(try validFirst(table))
    }
    var source = table
    source.order = TableRowOrder(keys: [], isValidFirst: true, areTiesRandom: breakingTies || isTotal)
    for key in keys {
      source.order?.keys.append(
        .init(
          columns: [key.column], isDescending: key.isDescending, nullsFirst: key.nullsFirst,
          values: try encoded(
            table.columns[key.column], table.shape, isDescending: key.isDescending, nullsFirst: key.nullsFirst)))
    }
    if breakingTies, !isTotal { source = try shuffled(source) }
    return try cutToBound(try sortedByOrder(source))
  }

  private func isOrdered(_ order: TableRowOrder, by keys: [TableOrder]) -> Bool {
    keys.count <= order.keys.count
      && zip(keys, order.keys).allSatisfy { wanted, key in
        key.columns.contains(wanted.column) && key.isDescending == wanted.isDescending
          && key.nullsFirst == wanted.nullsFirst
      }
  }

  /// All rows in a random order that nobody knows; what is said about the order stays with the caller.
  mutating func shuffled(_ table: SecretTable) throws(ParleyError) -> SecretTable {
    var table = table
    if let isValid = table.isValid { table.isValid = try full(isValid, table.shape) }
    let nodes = rowNodes(table)
    if nodes.isEmpty { return table }
    return renamed(table, nodes, try builder.shuffle(nodes), table.shape)
  }

  /// The rows in the order that the table names: valid ones first, then by the values of its keys.
  mutating func sortedByOrder(_ table: SecretTable) throws(ParleyError) -> SecretTable {
    var keys: [Program.SortKey] = []
    if table.isValid != nil { keys.append(.init(try builder.not(try valid(table)))) }
    for key in table.order?.keys ?? [] {
      keys += key.values.map { .init($0, isDescending: key.isDescending) }
    }
    return try moved(table, by: keys).table
  }

  /// LIMIT and OFFSET: of the rows in the order they have.
  package mutating func limited(
    _ table: SecretTable, to count: Int, offset: Int = 0
  ) throws(ParleyError) -> SecretTable {
    if count == 0 { return try filter(try cut(table, to: 1), where: builder.constant(false)) }
    var result = try cut(try validFirst(table), to: min(count, Int.max - offset) + offset)
    if offset > 0 {
      result.isValid = try valid(result)
      let nodes = rowNodes(result)
      var kept: [NodeID] = []
      for node in nodes { kept.append(try builder.shift(node, by: -offset)) }
      result = try cut(renamed(result, nodes, kept, result.shape), to: count)
    }
    result.validBound = min(count, maximumRows(table))
    return result
  }

  /// Valid rows first, in the order they had, in at most `bound` slots. Where more are valid nothing is shown.
  package mutating func compacted(
    _ table: SecretTable, bound: Int
  ) throws(ParleyError) -> SecretTable {
    if bound < maximumRows(table), table.isValid != nil || bound < slots(table.shape) {
      let count = try builder.sum(try valid(table))
      assume(
        not: try builder.compare(.less, builder.constant(.init(bound)), count),
        "an intermediate table has more rows than its bound of \(bound)", remedy: boundRemedy)
    }
    var result = try cut(try validFirst(table), to: bound)
    result.validBound = min(bound, maximumRows(table))
    return result
  }

  /// Every row of the left table with every row of the right one; a table of one row costs nothing.
  package mutating func cross(
    _ left: SecretTable, _ right: SecretTable
  ) throws(ParleyError) -> SecretTable {
    var a = left, b = right
    if left.shape != .scalar, right.shape != .scalar {
      a = try spread(left) {
        (builder: inout ProgramBuilder, node: NodeID) throws(ParleyError) -> NodeID in
        try builder.outer(node, with: right.shape)
      }
      b = try spread(right) {
        (builder: inout ProgramBuilder, node: NodeID) throws(ParleyError) -> NodeID in
        try builder.inner(node, with: left.shape)
      }
    }
    let shift = left.columns.count
    func moved(_ set: Set<Int>) -> Set<Int> { Set(set.map { $0 + shift }) }
    let shape: Program.Shape =
      left.shape == .scalar
      ? right.shape : right.shape == .scalar ? left.shape : .product(left.shape, right.shape)
    var result = SecretTable(columns: a.columns + b.columns, isValid: a.isValid ?? b.isValid, shape: shape)
    if let x = a.isValid, let y = b.isValid { result.isValid = try builder.and(x, y) }
    // Combinations of many keys are no more than a chance to leave something out: the first ones do.
    let combined = left.uniqueKeys.flatMap { x in right.uniqueKeys.map { x.union(moved($0)) } }
    result.uniqueKeys = Array(combined.prefix(64))
    result.dependencies = left.dependencies
    result.dependencies += left.uniqueKeys.map { Dependency(from: $0, to: Set(left.columns.indices)) }
    result.dependencies += right.dependencies.map { .init(from: moved($0.from), to: moved($0.to)) }
    result.dependencies += right.uniqueKeys.map {
      Dependency(from: moved($0), to: moved(Set(right.columns.indices)))
    }
    if right.shape == .scalar {
      result.order = left.order
    } else if left.shape == .scalar {
      var order = right.order
      for index in (right.order?.keys ?? []).indices {
        order?.keys[index].columns = moved(right.order?.keys[index].columns ?? [])
      }
      result.order = order
    }
    let (bound, overflow) = maximumRows(left).multipliedReportingOverflow(by: maximumRows(right))
    if !overflow, bound < slots(shape) { result.validBound = bound }
    return result
  }

  private mutating func spread(
    _ table: SecretTable, _ body: (inout ProgramBuilder, NodeID) throws(ParleyError) -> NodeID
  ) throws(ParleyError) -> SecretTable {
    let nodes = rowNodes(table)
    var spread: [NodeID] = []
    for node in nodes { spread.append(try body(&builder, node)) }
    return renamed(table, nodes, spread, table.shape)
  }

  /// Rows of all tables, whose columns are of the same types; names are those of the first.
  package mutating func unionAll(_ tables: [SecretTable]) throws(ParleyError) -> SecretTable {
    guard let first = tables.first, tables.allSatisfy({ $0.columns.count == first.columns.count }) else {
      throw refusal("shape", "tables of different columns are put together", "select the same columns")
    }
    if tables.count == 1 { return first }
    func all(_ node: (SecretTable) -> NodeID) throws(ParleyError) -> NodeID {
      var parts: [NodeID] = []
      for table in tables { parts.append(try full(node(table), table.shape)) }
      return try builder.concatenate(parts)
    }
    let yes = builder.constant(true), no = builder.constant(false), zero = builder.constant(0)
    let rows = try all { _ in yes }
    let shape = type(rows).shape
    var result = SecretTable(columns: [], isValid: nil, shape: shape)
    for (index, column) in first.columns.enumerated() {
      var merged = column
      merged.parts = []
      for part in 0..<(tables.map { $0.columns[index].parts.count }.max() ?? 0) {
        merged.parts.append(
          try all { part < $0.columns[index].parts.count ? $0.columns[index].parts[part] : zero })
      }
      if tables.contains(where: { $0.columns[index].isNull != nil }) {
        merged.isNull = try all { $0.columns[index].isNull ?? no }
      }
      result.columns.append(merged)
    }
    if tables.contains(where: { $0.isValid != nil }) { result.isValid = try all { $0.isValid ?? yes } }
    let bound = tables.reduce(0) {
      let (sum, overflow) = $0.addingReportingOverflow(maximumRows($1))
      return overflow ? .max : sum
    }
    if bound < slots(shape) { result.validBound = bound }
    return result
  }

  /// Different rows that are in both.
  package mutating func intersection(
    _ left: SecretTable, _ right: SecretTable
  ) throws(ParleyError) -> SecretTable {
    try combined(left, right) {
      (builder: inout ProgramBuilder, a: NodeID, b: NodeID) throws(ParleyError) -> NodeID in
      try builder.and(a, b)
    }
  }
  /// Different rows of the left table that are not in the right one.
  package mutating func difference(
    _ left: SecretTable, _ right: SecretTable
  ) throws(ParleyError) -> SecretTable {
    try combined(left, right) {
      (builder: inout ProgramBuilder, a: NodeID, b: NodeID) throws(ParleyError) -> NodeID in
      try builder.and(a, try builder.not(b))
    }
  }

  /// Different rows, kept by whether they are on the left and on the right.
  private mutating func combined(
    _ left: SecretTable, _ right: SecretTable,
    _ keeps: (inout ProgramBuilder, NodeID, NodeID) throws(ParleyError) -> NodeID
  ) throws(ParleyError) -> SecretTable {
    let count = left.columns.count
    let isLeft = TableColumn(name: "", type: .boolean, parts: [builder.constant(true)])
    let isRight = TableColumn(name: "", type: .boolean, parts: [builder.constant(false)])
    let both = try unionAll([left.appending(isLeft), right.appending(isRight)])
    let groups = try grouped(
      both, by: Array(0..<count), [.init(.any, of: count), .init(.every, of: count)])
    let onLeft = groups.columns[count].parts[0]
    let onRight = try builder.not(groups.columns[count + 1].parts[0])
    let kept = try keeps(&builder, onLeft, onRight)
    return try filter(groups.selecting(Array(0..<count)), where: kept)
  }
}
