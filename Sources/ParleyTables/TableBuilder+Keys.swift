import BigInt
import ParleyBase
import ParleyProgram

/// Keys of sorts and comparisons, in which NULL is a value like others.
extension TableBuilder {
  /// The values of a column for all rows, comparable: NULL is one value, before or after all others.
  ///
  /// A number that can be NULL becomes one integer with a range that is larger by one; conditions and texts get a bit
  /// before their parts.
  mutating func encoded(
    _ column: TableColumn, _ shape: Program.Shape, isDescending: Bool = false, nullsFirst: Bool = true
  ) throws(ParleyError) -> [NodeID] {
    guard let isNull = column.isNull else { return try full(column.parts, shape) }
    if column.parts.count == 1, !type(column.parts[0]).isBit {
      let range = type(column.parts[0]).range
      let end = nullsFirst != isDescending ? range.lower - 1 : range.upper + 1
      return [try full(try builder.select(isNull, builder.constant(end), column.parts[0]), shape)]
    }
    var values = [nullsFirst == isDescending ? isNull : try builder.not(isNull)]
    for part in column.parts { values.append(try cleared(part, where: isNull)) }
    return try full(values, shape)
  }

  /// The same key of two tables, so that equal values are equal nodes; NULL comes first and is equal to NULL.
  mutating func encoded(
    _ a: TableColumn, _ aShape: Program.Shape, _ b: TableColumn, _ bShape: Program.Shape
  ) throws(ParleyError) -> ([NodeID], [NodeID]) {
    var x = a.parts, y = b.parts
    for index in 0..<max(x.count, y.count) {
      // A shorter text ends in zeros.
      if index >= x.count { x.append(builder.constant(0)) }
      if index >= y.count { y.append(builder.constant(0)) }
      if type(x[index]).isBit != type(y[index]).isBit {
        x[index] = try integer(x[index])
        y[index] = try integer(y[index])
      }
    }
    guard a.isNull != nil || b.isNull != nil else { return (try full(x, aShape), try full(y, bShape)) }
    if x.count == 1, !type(x[0]).isBit {
      let end = builder.constant(min(type(x[0]).range.lower, type(y[0]).range.lower) - 1)
      if let isNull = a.isNull { x[0] = try builder.select(isNull, end, x[0]) }
      if let isNull = b.isNull { y[0] = try builder.select(isNull, end, y[0]) }
      return (try full(x, aShape), try full(y, bShape))
    }
    for index in x.indices {
      if let isNull = a.isNull { x[index] = try cleared(x[index], where: isNull) }
      if let isNull = b.isNull { y[index] = try cleared(y[index], where: isNull) }
    }
    let never = builder.constant(false)
    let xs = [try builder.not(a.isNull ?? never)] + x
    let ys = [try builder.not(b.isNull ?? never)] + y
    return (try full(xs, aShape), try full(ys, bShape))
  }

  private mutating func cleared(_ part: NodeID, where isNull: NodeID) throws(ParleyError) -> NodeID {
    if type(part).isBit { return try builder.and(part, try builder.not(isNull)) }
    let range = type(part).range
    return try builder.select(isNull, builder.constant(max(range.lower, min(range.upper, 0))), part)
  }

  mutating func full(_ nodes: [NodeID], _ shape: Program.Shape) throws(ParleyError) -> [NodeID] {
    var result: [NodeID] = []
    for node in nodes { result.append(try full(node, shape)) }
    return result
  }

  /// Bits: all values are those of the row before. Row 0 is no row's successor.
  mutating func sameAsPrevious(_ values: [NodeID], _ shape: Program.Shape) throws(ParleyError) -> NodeID {
    var same = try isNotFirst(shape)
    for value in values {
      same = try builder.and(same, try equal(value, try builder.shift(try full(value, shape), by: 1)))
    }
    return same
  }

  mutating func equal(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    type(a).isBit && type(b).isBit
      ? try builder.not(try builder.xor(a, b)) : try builder.compare(.equal, try integer(a), try integer(b))
  }

  /// Both have a value and the values are equal.
  mutating func matches(_ a: TableColumn, _ b: TableColumn) throws(ParleyError) -> NodeID {
    var result = builder.constant(true)
    for index in 0..<max(a.parts.count, b.parts.count) {
      let x = index < a.parts.count ? a.parts[index] : builder.constant(0)
      let y = index < b.parts.count ? b.parts[index] : builder.constant(0)
      result = try builder.and(result, try equal(x, y))
    }
    return try and(try and(result, not: a.isNull), not: b.isNull)
  }

  /// Bits that a comparison of the column has.
  func width(_ column: TableColumn) -> Int {
    column.parts.reduce(column.isNull == nil ? 0 : 1) { $0 + type($1).range.signedWidth }
  }

  // MARK: What determines what

  /// All columns whose values follow from those of `columns` in valid rows.
  package func closure(_ columns: Set<Int>, in table: SecretTable) -> Set<Int> {
    var known = columns
    if table.uniqueKeys.contains(where: { $0.isSubset(of: known) }) {
      known.formUnion(table.columns.indices)
    }
    while true {
      let before = known.count
      for dependency in table.dependencies where dependency.from.isSubset(of: known) {
        known.formUnion(dependency.to)
      }
      if table.uniqueKeys.contains(where: { $0.isSubset(of: known) }) {
        known.formUnion(table.columns.indices)
      }
      if known.count == before { return known }
    }
  }

  /// Those of the keys that determine the others: what has to be compared. At least one of a list with keys.
  func essential(_ keys: [Int], of table: SecretTable) -> [Int] {
    var kept = Array(Set(keys)).sorted()
    // Wide keys are tried first: they cost most.
    for key in kept.sorted(by: { (width(table.columns[$0]), $0) > (width(table.columns[$1]), $1) }) {
      let rest = kept.filter { $0 != key }
      if !rest.isEmpty, closure(Set(rest), in: table).contains(key) { kept = rest }
    }
    return kept
  }

  func isUnique(_ columns: Set<Int>, in table: SecretTable) -> Bool {
    let known = closure(columns, in: table)
    return table.uniqueKeys.contains { $0.isSubset(of: known) }
  }
}
