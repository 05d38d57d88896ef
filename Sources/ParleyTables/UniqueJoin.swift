import BigInt
import ParleyBase
import ParleyProgram

/// A join in which the keys of one side differ from row to row (docs/protocols/relational.md#join-on-a-unique-key).
struct UniqueJoin {
  typealias NodeID = Program.NodeID

  struct Sides {
    var unique: SecretTable
    var many: SecretTable
    var keys: [(unique: Int, many: Int)]
    /// Rows without a match stay.
    var keepsUnique: Bool
    var keepsMany: Bool

    /// Whether every row of the unique side is compared with every row of the other.
    func isScattered(_ tables: TableBuilder) -> Bool {
      guard !keepsUnique else { return false }
      let width = keys.reduce(0) { $0 + tables.width(many.columns[$1.many]) }
      let payload = unique.columns.count - keys.count
      return JoinCost(tables, small: unique, large: many, keyBits: width, payload: max(1, payload))
        .isScatteringCheaper
    }
  }

  var tables: TableBuilder
  private let sides: Sides
  private let isUniqueLeft: Bool

  init(_ tables: TableBuilder, _ sides: Sides, isUniqueLeft: Bool) {
    self.tables = tables
    self.sides = sides
    self.isUniqueLeft = isUniqueLeft
  }

  // MARK: Every row with every row

  /// The slots of the many side, with the columns of the one row that matches.
  mutating func scattered() throws(ParleyError) -> SecretTable {
    let many = sides.many
    var level: [(matches: NodeID, nodes: [NodeID])] = []
    for index in 0..<tables.slots(sides.unique.shape) {
      let row = try tables.row(index, of: sides.unique)
      var matches = row.isValid ?? tables.builder.constant(true)
      for key in sides.keys {
        matches = try tables.builder.and(
          matches, try tables.matches(many.columns[key.many], row.columns[key.unique]))
      }
      level.append((try tables.full(matches, many.shape), Self.nodes(row.columns)))
    }
    // A tree of choices, so that ranges stay what they are.
    while level.count > 1 {
      var next: [(matches: NodeID, nodes: [NodeID])] = []
      for index in stride(from: 0, to: level.count - 1, by: 2) {
        let (a, b) = (level[index], level[index + 1])
        var nodes: [NodeID] = []
        for (x, y) in zip(a.nodes, b.nodes) { nodes.append(try tables.builder.select(b.matches, y, x)) }
        next.append((try tables.builder.or(a.matches, b.matches), nodes))
      }
      if level.count % 2 == 1 { next.append(level[level.count - 1]) }
      level = next
    }
    guard let found = level.first else {
      throw ParleyError(.invariant, "a join with a table that never has a row")
    }
    var columns = sides.unique.columns
    var rest = found.nodes[...]
    for index in columns.indices {
      columns[index].parts = Array(rest.prefix(columns[index].parts.count))
      rest = rest.dropFirst(columns[index].parts.count)
      if columns[index].isNull != nil { columns[index].isNull = rest.popFirst() }
    }
    var manyColumns = many.columns
    var isValid = try tables.valid(many)
    if sides.keepsMany {
      let isMissing = try tables.builder.not(found.matches)
      for index in columns.indices { columns[index].isNull = try tables.either(columns[index].isNull, isMissing) }
    } else {
      isValid = try tables.builder.and(isValid, found.matches)
      for key in sides.keys {
        columns[key.unique].isNull = nil
        manyColumns[key.many].isNull = nil
      }
    }
    var result = arranged(unique: columns, many: manyColumns, isValid: isValid, shape: many.shape)
    if let order = many.order {
      result.order = order
      for index in order.keys.indices {
        var columns = Set(order.keys[index].columns.map { place($0, isUnique: false) })
        if !sides.keepsMany {
          for key in sides.keys where order.keys[index].columns.contains(key.many) {
            columns.insert(place(key.unique, isUnique: true))
          }
        }
        result.order?.keys[index].columns = columns
      }
      if !sides.keepsMany { result.order?.isValidFirst = false }
    }
    result.validBound = many.validBound
    return result
  }

  private static func nodes(_ columns: [TableColumn]) -> [NodeID] {
    columns.flatMap { $0.parts + ($0.isNull.map { [$0] } ?? []) }
  }

  // MARK: Sorted together

  /// Rows of both sides by the keys, unique rows before those that they match; the columns of a unique row are carried on to
  /// them. Results stand in the many side's slots; a unique row without a match stands in the last slot of its keys.
  mutating func merged() throws(ParleyError) -> SecretTable {
    let unique = sides.unique, many = sides.many
    let no = tables.builder.constant(false), yes = tables.builder.constant(true)

    var keyValues: [[NodeID]] = []
    var isLive = try tables.valid(unique)
    for key in sides.keys {
      let (a, b) = try tables.encoded(
        unique.columns[key.unique], unique.shape, many.columns[key.many], many.shape)
      var values: [NodeID] = []
      for (x, y) in zip(a, b) { values.append(try both(x, y)) }
      keyValues.append(values)
      isLive = try tables.and(isLive, not: unique.columns[key.unique].isNull)
    }
    let isMany = try both(no, yes)
    let shape = tables.type(isMany).shape
    let isValid = try both(try tables.valid(unique), try tables.valid(many))
    isLive = try both(isLive, no)

    // Columns of the two sides share what is moved where that widens neither much.
    let slots = try shared()
    let flat = keyValues.flatMap(\.self)
    let head = [isMany, isValid, isLive] + flat
    let sorted = try tables.builder.sort(
      by: (flat + [isMany]).map { .init($0) }, head + slots.values)
    let (sortedMany, sortedValid, sortedLive) = (sorted[0], sorted[1], sorted[2])
    let sortedKeys = Array(sorted[3..<head.count])
    let moved = Array(sorted.dropFirst(head.count))

    let continues = try tables.sameAsPrevious(sortedKeys, shape)
    let isUniqueRow = try tables.builder.and(sortedValid, try tables.builder.not(sortedMany))
    let isManyRow = try tables.builder.and(sortedValid, sortedMany)
    let restart = try tables.builder.or(try tables.builder.not(continues), isUniqueRow)
    let carried = try tables.builder.scan(
      ([sortedLive] + moved).map { .init(.first, $0) }, restart: restart)
    let hasUnique = carried[0]
    if !tables.isUnique(Set(sides.keys.map(\.unique)), in: unique) {
      let isRepeated = try tables.builder.and(
        try tables.builder.and(sortedLive, continues), try tables.builder.shift(hasUnique, by: 1))
      tables.assume(
        not: try tables.builder.any(isRepeated), tables.notUnique.message,
        remedy: tables.notUnique.remedy)
    }

    // Key columns are the keys themselves; other columns come from the shared slots.
    var fromUnique: [NodeID: NodeID] = [:], fromMany: [NodeID: NodeID] = [:]
    for (place, slot) in slots.owners.enumerated() {
      if let node = slot.unique { fromUnique[node] = carried[1 + place] }
      if let node = slot.many { fromMany[node] = moved[place] }
    }
    var uniqueColumns = renamed(unique.columns, fromUnique), manyColumns = renamed(many.columns, fromMany)
    var offset = 0
    for (key, values) in zip(sides.keys, keyValues) {
      if values.count == 1, isPlain(unique.columns[key.unique]), isPlain(many.columns[key.many]) {
        uniqueColumns[key.unique].parts = [sortedKeys[offset]]
        manyColumns[key.many].parts = [sortedKeys[offset]]
      }
      offset += values.count
    }

    var rows = try tables.builder.and(isManyRow, sides.keepsMany ? yes : hasUnique)
    if sides.keepsMany {
      // A unique row that stays has its own columns.
      let isMissing = try tables.builder.and(sortedMany, try tables.builder.not(hasUnique))
      for index in uniqueColumns.indices {
        uniqueColumns[index].isNull = try tables.either(uniqueColumns[index].isNull, isMissing)
      }
    }
    if sides.keepsUnique {
      let hasMany = try tables.builder.scan(
        [.init(.any, isManyRow)], restart: try tables.builder.not(continues))[0]
      let isLast = try tables.builder.not(try tables.builder.shift(continues, by: -1))
      var isAlone = try tables.builder.and(
        try tables.builder.and(isLast, hasUnique), try tables.builder.not(hasMany))
      // NULL keys match nothing: such a row stays in its own slot.
      isAlone = try tables.builder.or(
        isAlone, try tables.builder.and(isUniqueRow, try tables.builder.not(sortedLive)))
      rows = try tables.builder.or(rows, isAlone)
      for index in manyColumns.indices {
        manyColumns[index].isNull = try tables.either(manyColumns[index].isNull, isAlone)
      }
    }
    if !sides.keepsUnique, !sides.keepsMany {
      for key in sides.keys {
        uniqueColumns[key.unique].isNull = nil
        manyColumns[key.many].isNull = nil
      }
    }
    var result = arranged(unique: uniqueColumns, many: manyColumns, isValid: rows, shape: shape)
    result.order = TableRowOrder(keys: [], isValidFirst: false, areTiesRandom: false)
    offset = 0
    for (key, values) in zip(sides.keys, keyValues) {
      var columns = Set<Int>()
      if !sides.keepsUnique { columns.insert(place(key.many, isUnique: false)) }
      if !sides.keepsMany { columns.insert(place(key.unique, isUnique: true)) }
      result.order?.keys.append(
        .init(
          columns: columns, isDescending: false, nullsFirst: true,
          values: Array(sortedKeys[offset..<offset + values.count])))
      offset += values.count
    }
    let (sum, overflow) = tables.maximumRows(many).addingReportingOverflow(tables.maximumRows(unique))
    result.validBound = sides.keepsUnique ? (overflow ? nil : sum) : tables.maximumRows(many)
    return result
  }

  private func isPlain(_ column: TableColumn) -> Bool {
    column.parts.count == 1 && !tables.type(column.parts[0]).isBit
  }

  private func renamed(_ columns: [TableColumn], _ names: [NodeID: NodeID]) -> [TableColumn] {
    columns.map { column in
      var column = column
      column.parts = column.parts.map { names[$0] ?? $0 }
      column.isNull = column.isNull.map { names[$0] ?? $0 }
      return column
    }
  }

  /// Rows of the unique side, then of the other.
  private mutating func both(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    try tables.builder.concatenate([
      try tables.full(a, sides.unique.shape), try tables.full(b, sides.many.shape),
    ])
  }

  /// Columns that are moved, each for a node of one side or of both.
  private mutating func shared() throws(ParleyError) -> (
    values: [NodeID], owners: [(unique: NodeID?, many: NodeID?)]
  ) {
    let mine = tables.rowNodes(SecretTable(columns: sides.unique.columns, isValid: nil, shape: sides.unique.shape))
    var theirs = tables.rowNodes(SecretTable(columns: sides.many.columns, isValid: nil, shape: sides.many.shape))
    var values: [NodeID] = []
    var owners: [(unique: NodeID?, many: NodeID?)] = []
    for node in mine {
      let partner = theirs.firstIndex { tables.canShare(node, $0) }.map { theirs.remove(at: $0) }
      values.append(try both(node, partner ?? tables.filler(like: node)))
      owners.append((node, partner))
    }
    for node in theirs {
      values.append(try both(tables.filler(like: node), node))
      owners.append((nil, node))
    }
    return (values, owners)
  }

  // MARK: The result

  private func place(_ column: Int, isUnique: Bool) -> Int {
    isUnique == isUniqueLeft
      ? column : column + (isUniqueLeft ? sides.unique : sides.many).columns.count
  }

  /// Columns in the order of the join, and what is known of them.
  private func arranged(
    unique: [TableColumn], many: [TableColumn], isValid: NodeID, shape: Program.Shape
  ) -> SecretTable {
    var result = SecretTable(
      columns: isUniqueLeft ? unique + many : many + unique, isValid: isValid, shape: shape)
    func places(_ set: Set<Int>, _ isUnique: Bool) -> Set<Int> { Set(set.map { place($0, isUnique: isUnique) }) }
    let manyKeys = Set(sides.keys.map(\.many)), uniqueKeys = Set(sides.keys.map(\.unique))
    guard !sides.keepsUnique else { return result }
    // Every row is one of the many side.
    result.uniqueKeys = sides.many.uniqueKeys.map { places($0, false) }
    result.dependencies = sides.many.dependencies.map {
      Dependency(from: places($0.from, false), to: places($0.to, false))
    }
    result.dependencies.append(
      Dependency(from: places(manyKeys, false), to: places(Set(unique.indices), true)))
    guard !sides.keepsMany else { return result }
    if tables.isUnique(manyKeys, in: sides.many) {
      result.uniqueKeys += sides.unique.uniqueKeys.map { places($0, true) }
    }
    result.dependencies += sides.unique.dependencies.map {
      Dependency(from: places($0.from, true), to: places($0.to, true))
    }
    for known in sides.unique.uniqueKeys + [uniqueKeys] {
      result.dependencies.append(
        Dependency(from: places(known, true), to: places(Set(unique.indices), true)))
    }
    for key in sides.keys {
      let a: Set = [place(key.unique, isUnique: true)], b: Set = [place(key.many, isUnique: false)]
      result.dependencies += [Dependency(from: a, to: b), Dependency(from: b, to: a)]
    }
    return result
  }
}

extension TableBuilder {
  /// Two columns of different tables in one, each in its own rows: both conditions, or numbers of about one width.
  func canShare(_ a: NodeID, _ b: NodeID) -> Bool {
    if type(a).isBit || type(b).isBit { return type(a).isBit && type(b).isBit }
    let x = type(a).range, y = type(b).range
    return x.union(y).signedWidth <= min(x.signedWidth, y.signedWidth) + 3
  }
}
