import BigInt
package import ParleyBase
import ParleyProgram

/// Joins: which way is taken.
extension TableBuilder {
  /// Columns of the left table, then of the right one; of a semi or anti join those of the left alone.
  ///
  /// Rows match where all keys are equal; NULL matches nothing.
  package mutating func join(
    _ left: SecretTable, _ right: SecretTable, on keys: [(left: Int, right: Int)], kind: JoinKind,
    unique: JoinUniqueness
  ) throws(ParleyError) -> SecretTable {
    if keys.isEmpty {
      guard kind == .inner else {
        throw refusal("shape", "an outer join without keys", "join on equal columns, or use a cross join")
      }
      return try cross(left, right)
    }
    let left = try slimmed(left), right = try slimmed(right)
    switch kind {
    case .semi, .anti: return try semiJoin(left, right, keys, kind)
    default: break
    }
    var uniqueness = unique
    if case .neither = unique {
      // What is known needs no declaration.
      if isUnique(Set(keys.map(\.right)), in: right) {
        uniqueness = .right
      } else if isUnique(Set(keys.map(\.left)), in: left) {
        uniqueness = .left
      }
    }
    let keepsLeft = kind == .left || kind == .full, keepsRight = kind == .right || kind == .full
    switch uniqueness {
    case .right:
      let sides = UniqueJoin.Sides(
        unique: right, many: left, keys: keys.map { (unique: $0.right, many: $0.left) },
        keepsUnique: keepsRight, keepsMany: keepsLeft)
      return try uniqueJoin(sides, isUniqueLeft: false)
    case .left:
      let sides = UniqueJoin.Sides(
        unique: left, many: right, keys: keys.map { (unique: $0.left, many: $0.right) },
        keepsUnique: keepsLeft, keepsMany: keepsRight)
      return try uniqueJoin(sides, isUniqueLeft: true)
    case .neither(let bound):
      var parts = [try manyToMany(left, right, keys, bound: bound)]
      if keepsLeft {
        let alone = try semiJoin(left, right, keys, .anti(nullAware: false))
        parts.append(padded(alone, before: [], after: right.columns))
      }
      if keepsRight {
        let swapped = keys.map { (left: $0.right, right: $0.left) }
        let alone = try semiJoin(right, left, swapped, .anti(nullAware: false))
        parts.append(padded(alone, before: left.columns, after: []))
      }
      return try unionAll(parts)
    }
  }

  /// The table with columns that are NULL in every row.
  private mutating func padded(
    _ table: SecretTable, before: [TableColumn], after: [TableColumn]
  ) -> SecretTable {
    func absent(_ columns: [TableColumn]) -> [TableColumn] {
      columns.map { column in
        var column = column
        column.parts = column.parts.map { part in
          let range = type(part).range
          return type(part).isBit
            ? builder.constant(false) : builder.constant(max(range.lower, min(range.upper, 0)))
        }
        column.isNull = builder.constant(true)
        return column
      }
    }
    var result = SecretTable(
      columns: absent(before) + table.columns + absent(after), isValid: table.isValid, shape: table.shape)
    result.validBound = table.validBound
    return result
  }

  private mutating func uniqueJoin(
    _ sides: UniqueJoin.Sides, isUniqueLeft: Bool
  ) throws(ParleyError) -> SecretTable {
    let isScattered = sides.isScattered(self)
    if !isUnique(Set(sides.keys.map(\.unique)), in: sides.unique), isScattered {
      try assumeUnique(sides.unique, sides.keys.map(\.unique))
    }
    var join = UniqueJoin(taken(), sides, isUniqueLeft: isUniqueLeft)
    let result = isScattered ? try join.scattered() : try join.merged()
    self = join.tables
    return result
  }

  var notUnique: (message: String, remedy: String) {
    let key = uniqueKey.map { "the key of \($0.name) differs" } ?? "the keys of one table differ"
    return (
      "\(joinName) assumes that \(key) from row to row, and two rows have the same",
      uniqueKey?.remedy ?? "correct the data, or state a bound for a join whose keys may repeat on both sides"
    )
  }

  /// By a sort of the table alone.
  package mutating func assumeUnique(_ table: SecretTable, _ keys: [Int]) throws(ParleyError) {
    if table.shape == .scalar { return }
    var isLive = try valid(table)
    var values: [NodeID] = []
    for key in keys {
      isLive = try and(isLive, not: table.columns[key].isNull)
      values += try full(table.columns[key].parts, table.shape)
    }
    isLive = try full(isLive, table.shape)
    let sorted = try builder.sort(
      by: [.init(try builder.not(isLive))] + values.map { .init($0) }, [isLive] + values)
    let isSame = try sameAsPrevious(Array(sorted.dropFirst()), table.shape)
    assume(
      not: try builder.any(try builder.and(sorted[0], isSame)), notUnique.message, remedy: notUnique.remedy)
  }

  // MARK: Small tables

  /// One row of a table as scalars: its columns, and whether it is there and valid.
  mutating func row(_ index: Int, of table: SecretTable) throws(ParleyError) -> SecretTable {
    let nodes = rowNodes(table)
    var scalars: [NodeID] = []
    for node in nodes { scalars.append(try scalar(node, at: index)) }
    var result = renamed(table, nodes, scalars, .scalar)
    if case .fixed = table.shape { return result }
    if table.isValid.map({ type($0).shape != table.shape }) ?? true {
      let isThere = try scalar(try full(builder.constant(true), table.shape), at: index)
      result.isValid = try builder.and(isThere, table.isValid ?? builder.constant(true))
    }
    return result
  }
  private mutating func scalar(_ node: NodeID, at index: Int) throws(ParleyError) -> NodeID {
    if case .fixed = type(node).shape { return try builder.element(node, at: index) }
    let alone = try builder.prefix(try builder.shift(node, by: -index), count: 1)
    return type(node).isBit ? try builder.any(alone) : try builder.sum(alone)
  }

  // MARK: Semi and anti joins

  private mutating func semiJoin(
    _ left: SecretTable, _ right: SecretTable, _ keys: [(left: Int, right: Int)], _ kind: JoinKind
  ) throws(ParleyError) -> SecretTable {
    var isRightLive = try valid(right)
    for key in keys { isRightLive = try and(isRightLive, not: right.columns[key.right].isNull) }
    isRightLive = try full(isRightLive, right.shape)
    var result: SecretTable
    let hasMatch: NodeID
    let width = keys.reduce(0) { $0 + self.width(left.columns[$1.left]) }
    if JoinCost(self, small: right, large: left, keyBits: width, payload: 0).isScatteringCheaper {
      result = left
      var matches = builder.constant(false)
      for index in 0..<slots(right.shape) {
        let other = try row(index, of: right)
        var bit = other.isValid ?? builder.constant(true)
        for key in keys {
          bit = try builder.and(bit, try self.matches(left.columns[key.left], other.columns[key.right]))
        }
        matches = try builder.or(matches, bit)
      }
      hasMatch = matches
    } else {
      (result, hasMatch) = try mergedMatches(left, right, keys, isRightLive: isRightLive)
    }
    let isValid = try valid(result)
    let kept: NodeID
    switch kind {
    case .anti(nullAware: true):
      guard keys.count == 1 else {
        throw refusal("type", "NOT IN over several columns", "write NOT EXISTS with the NULLs that are meant")
      }
      // Unknown where the left value is NULL or the right side has one, unless the right side is empty.
      let isRightValid = try valid(right)
      let isRightEmpty = try builder.not(try builder.any(isRightValid))
      var isKnown = try builder.not(hasMatch)
      if let isNull = right.columns[keys[0].right].isNull {
        let hasNull = try builder.any(try full(try builder.and(isRightValid, isNull), right.shape))
        isKnown = try builder.and(isKnown, try builder.not(hasNull))
      }
      isKnown = try and(isKnown, not: result.columns[keys[0].left].isNull)
      kept = try builder.or(isKnown, isRightEmpty)
    case .anti: kept = try builder.not(hasMatch)
    default: kept = hasMatch
    }
    result.isValid = try builder.and(isValid, kept)
    result.order?.isValidFirst = false
    return result
  }

  /// The left rows among the right ones in the order of the keys, the right ones invalid, and whether a row has a match.
  private mutating func mergedMatches(
    _ left: SecretTable, _ right: SecretTable, _ keys: [(left: Int, right: Int)], isRightLive: NodeID
  ) throws(ParleyError) -> (SecretTable, NodeID) {
    let no = builder.constant(false), yes = builder.constant(true)
    func both(_ other: NodeID, _ mine: NodeID) throws(ParleyError) -> NodeID {
      try builder.concatenate([try full(other, right.shape), try full(mine, left.shape)])
    }
    var keyValues: [[NodeID]] = []
    for key in keys {
      let (mine, theirs) = try encoded(
        left.columns[key.left], left.shape, right.columns[key.right], right.shape)
      var values: [NodeID] = []
      for (x, y) in zip(theirs, mine) { values.append(try both(x, y)) }
      keyValues.append(values)
    }
    let isLeft = try both(no, yes)
    let shape = type(isLeft).shape
    var source = left
    source.order = nil
    source.isValid = nil
    let nodes = rowNodes(source)
    var columns: [NodeID] = []
    for node in nodes { columns.append(try both(filler(like: node), node)) }
    let flat = keyValues.flatMap(\.self)
    let head = [try both(no, try valid(left)), try both(isRightLive, no)]
    let sorted = try builder.sort(by: (flat + [isLeft]).map { .init($0) }, head + flat + columns)
    let values = Array(sorted[head.count..<head.count + flat.count])

    var merged = renamed(source, nodes, Array(sorted.dropFirst(head.count + flat.count)), shape)
    merged.isValid = sorted[0]
    merged.validBound = maximumRows(left)
    merged.order = TableRowOrder(keys: [], isValidFirst: false, areTiesRandom: false)
    var offset = 0
    for (key, list) in zip(keys, keyValues) {
      let own = Array(values[offset..<offset + list.count])
      merged.order?.keys.append(
        .init(columns: [key.left], isDescending: false, nullsFirst: true, values: own))
      let column = left.columns[key.left]
      if list.count == 1, column.parts.count == 1, !type(column.parts[0]).isBit {
        merged.columns[key.left].parts = own
      }
      offset += list.count
    }
    let restart = try builder.not(try sameAsPrevious(values, shape))
    return (merged, try builder.scan([.init(.any, sorted[1])], restart: restart)[0])
  }

  /// A value of the node's range for rows of which nobody reads it.
  mutating func filler(like node: NodeID) -> NodeID {
    if type(node).isBit { return builder.constant(false) }
    let range = type(node).range
    return builder.constant(max(range.lower, min(range.upper, 0)))
  }
}

/// Which way of joining costs less, in bits sent for the largest sizes: comparing every row of one table with every row of
/// the other, or sorting both together.
struct JoinCost {
  var isScatteringCheaper: Bool

  /// - Parameters:
  ///   - keyBits: width of the keys.
  ///   - payload: columns that come from the small table.
  init(_ tables: TableBuilder, small: SecretTable, large: SecretTable, keyBits: Int, payload: Int) {
    let few = tables.slots(small.shape), many = tables.slots(large.shape)
    guard few <= 64 else {
      isScatteringCheaper = false
      return
    }
    let scattering = Double(many) * Double(few) * Double(keyBits + 2 + (payload > 0 ? 128 + 64 * payload : 0))
    let rows = Double(few) + Double(many)
    var levels = 1.0
    while Double(sign: .plus, exponent: Int(levels), significand: 1) < rows { levels += 1 }
    let columns = Double(payload + large.columns.count + 2)
    // Comparisons of a sort, its shuffle, a scan; a sort has some fifty rounds more.
    let sorting =
      rows * (1.4 * levels * Double(keyBits + 1) + 384 * columns + 256 * Double(payload)) + 5_000_000
    isScatteringCheaper = scattering <= sorting
  }
}
