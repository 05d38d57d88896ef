import BigInt
package import ParleyBase
package import ParleyProgram

/// Relational operators over ``SecretTable``: each adds nodes to a program.
///
/// The meaning is SQL's, as SQLite has it. Sizes are public and everything else is secret: which rows are valid, where
/// they stand, how large a group is. See docs/tables.md for what each operator costs.
package struct TableBuilder: Sendable {
  /// A node of the program that is built.
  package typealias NodeID = Program.NodeID
  /// The program so far.
  package var builder: ProgramBuilder
  /// What must hold of the data for the tables made so far, not yet disclosed: see ``disclose``.
  var assumptions: [Assumption] = []
  /// Of this program.
  var sortedRows: [SortedRows] = []
  /// What messages call a join; names its query where there is one.
  package var joinName = "a join"
  /// What a join takes for unique, where the study says it; nil for what follows from somewhere else.
  package var uniqueKey: UniqueKeyWords?
  /// What to do where a join, or what is made of it, has more rows than its bound.
  package var boundRemedy = "raise the bound"
  /// Where the bound of the next join is from, to be said after it.
  package var boundReason = ""

  struct Assumption: Hashable, Sendable {
    /// Scalar bit, 1 where the data are otherwise.
    var violated: NodeID
    var message: String
    var remedy: String
  }

  /// A declared key for messages.
  package struct UniqueKeyWords: Hashable, Sendable {
    /// `table 'visits' (id, day)`.
    package var name: String
    /// What the reader can do where the key is not unique.
    package var remedy: String
    /// Words for a declared key.
    package init(name: String, remedy: String) {
      self.name = name
      self.remedy = remedy
    }
  }

  /// Operators that add to a program.
  package init(_ builder: ProgramBuilder = ProgramBuilder()) { self.builder = builder }

  /// The program in other hands, to be assigned back when these are done; until then this one is empty. Two that hold one
  /// program would copy it as soon as one of them adds a node.
  mutating func taken() -> TableBuilder {
    var own = TableBuilder()
    swap(&own, &self)
    return own
  }
  /// The same of the program alone.
  package mutating func takenProgram() -> ProgramBuilder {
    var own = ProgramBuilder()
    swap(&own, &builder)
    return own
  }

  /// Holds until the next ``disclose``, which opens the bit; where it is 1 nothing is shown.
  package mutating func assume(not violated: NodeID, _ message: String, remedy: String) {
    let assumption = Assumption(violated: violated, message: message, remedy: remedy)
    if !assumptions.contains(assumption) { assumptions.append(assumption) }
  }

  // MARK: Shapes

  func type(_ node: NodeID) -> Program.ValueType { builder.type(of: node) }
  func isScalar(_ node: NodeID) -> Bool { type(node).shape == .scalar }

  /// The largest number of slots of a shape; Int.max stands for more.
  package func slots(_ shape: Program.Shape) -> Int {
    switch shape {
    case .rows(let table): return builder.program.tables[table.rawValue].maximumRows
    case .fixed(let count): return count
    case .concatenated(let parts):
      return parts.reduce(0) {
        let (sum, overflow) = $0.addingReportingOverflow(slots($1))
        return overflow ? .max : sum
      }
    case .first(let count, let whole): return min(count, slots(whole))
    case .product(let outer, let inner):
      let (product, overflow) = slots(outer).multipliedReportingOverflow(by: slots(inner))
      return overflow ? .max : product
    }
  }

  /// The most rows of the table that can be valid.
  package func maximumRows(_ table: SecretTable) -> Int {
    min(table.validBound ?? .max, slots(table.shape))
  }

  /// The node with an element for every slot.
  mutating func full(_ node: NodeID, _ shape: Program.Shape) throws(ParleyError) -> NodeID {
    type(node).shape == shape ? node : try builder.spread(node, over: shape)
  }
  mutating func valid(_ table: SecretTable) throws(ParleyError) -> NodeID {
    try full(table.isValid ?? builder.constant(true), table.shape)
  }
  /// 1, 2, 3, … A public vector.
  mutating func positions(_ shape: Program.Shape) throws(ParleyError) -> NodeID {
    try builder.runningSum(try full(builder.constant(1), shape))
  }
  /// A number of its own for every slot.
  package mutating func rowNumbers(_ table: SecretTable) throws(ParleyError) -> NodeID {
    try positions(table.shape)
  }
  /// 0 in row 0, elsewhere 1. A public vector.
  mutating func isNotFirst(_ shape: Program.Shape) throws(ParleyError) -> NodeID {
    try builder.shift(try full(builder.constant(true), shape), by: 1)
  }

  // MARK: Bits

  /// Nil stands for false.
  mutating func either(_ a: NodeID?, _ b: NodeID?) throws(ParleyError) -> NodeID? {
    guard let a, let b else { return a ?? b }
    return try builder.or(a, b)
  }
  /// `a` where nothing is NULL.
  mutating func and(_ a: NodeID, not isNull: NodeID?) throws(ParleyError) -> NodeID {
    guard let isNull else { return a }
    return try builder.and(a, try builder.not(isNull))
  }
  mutating func integer(_ node: NodeID) throws(ParleyError) -> NodeID {
    type(node).isBit ? try builder.integer(fromBit: node) : node
  }
  /// The value where the bit is 1, elsewhere 0.
  mutating func masked(_ value: NodeID, by bit: NodeID) throws(ParleyError) -> NodeID {
    type(value).isBit
      ? try builder.and(bit, value) : try builder.select(bit, value, builder.constant(0))
  }

  // MARK: Moving rows

  /// The nodes of a table that have an element for each slot, once each.
  func rowNodes(_ table: SecretTable) -> [NodeID] {
    var nodes: [NodeID] = []
    var seen = Set<NodeID>()
    func note(_ node: NodeID?) {
      guard let node, type(node).shape == table.shape, seen.insert(node).inserted else { return }
      nodes.append(node)
    }
    for column in table.columns {
      for part in column.parts { note(part) }
      note(column.isNull)
    }
    note(table.isValid)
    for key in table.order?.keys ?? [] { for value in key.values { note(value) } }
    return nodes
  }

  /// The table with its nodes exchanged; what is not in the list stays.
  func renamed(_ table: SecretTable, _ old: [NodeID], _ new: [NodeID], _ shape: Program.Shape) -> SecretTable {
    let names = Dictionary(zip(old, new), uniquingKeysWith: { first, _ in first })
    var result = table
    result.shape = shape
    for index in result.columns.indices {
      result.columns[index].parts = table.columns[index].parts.map { names[$0] ?? $0 }
      result.columns[index].isNull = table.columns[index].isNull.map { names[$0] ?? $0 }
    }
    result.isValid = table.isValid.map { names[$0] ?? $0 }
    for index in (result.order?.keys ?? []).indices {
      result.order?.keys[index].values = (table.order?.keys[index].values ?? []).map { names[$0] ?? $0 }
    }
    return result
  }

  /// The rows, with `extra` columns of the same shape, in the order of the keys. The order is left to the caller.
  mutating func moved(
    _ table: SecretTable, by keys: [Program.SortKey], extra: [NodeID] = []
  ) throws(ParleyError) -> (table: SecretTable, extra: [NodeID]) {
    var table = table
    if let isValid = table.isValid { table.isValid = try full(isValid, table.shape) }
    let nodes = rowNodes(table)
    var added: [NodeID] = []
    for node in extra { added.append(try full(node, table.shape)) }
    let sorted = try builder.sort(by: keys, nodes + added)
    // One operator may put rows in hundreds of orders.
    try builder.checkSize()
    return (renamed(table, nodes, sorted, table.shape), Array(sorted.suffix(added.count)))
  }

  /// The first `count` slots.
  mutating func cut(_ table: SecretTable, to count: Int) throws(ParleyError) -> SecretTable {
    guard count < slots(table.shape) else { return table }
    var table = table
    if let isValid = table.isValid { table.isValid = try full(isValid, table.shape) }
    let nodes = rowNodes(table)
    var kept: [NodeID] = []
    for node in nodes { kept.append(try builder.prefix(node, count: max(1, count))) }
    try builder.checkSize()
    // Also where no column has rows of its own.
    let slots = try builder.prefix(try full(builder.constant(true), table.shape), count: max(1, count))
    return renamed(table, nodes, kept, type(slots).shape)
  }

  /// A table with at most `count` valid rows, which come first.
  mutating func cutToBound(_ table: SecretTable) throws(ParleyError) -> SecretTable {
    guard let bound = table.validBound, table.order?.isValidFirst ?? false else { return table }
    return try cut(table, to: bound)
  }

  /// Fewer slots where half of them are known to be empty: one sort by one bit, cheaper than carrying them on.
  package mutating func slimmed(_ table: SecretTable) throws(ParleyError) -> SecretTable {
    guard let bound = table.validBound, bound < slots(table.shape) / 2 else { return table }
    return try cut(try validFirst(table), to: bound)
  }

  /// The same rows, valid ones first, in the order they had.
  mutating func validFirst(_ table: SecretTable) throws(ParleyError) -> SecretTable {
    guard table.isValid != nil, !(table.order?.isValidFirst ?? false) else {
      var table = table
      if table.isValid == nil { table.order?.isValidFirst = true }
      return table
    }
    var result = try moved(table, by: [.init(try builder.not(try valid(table)))]).table
    result.order = result.order ?? TableRowOrder(keys: [], isValidFirst: true, areTiesRandom: false)
    result.order?.isValidFirst = true
    return result
  }

  func refusal(_ code: String, _ message: String, _ remedy: String) -> ParleyError {
    ParleyError(
      .init("plan/\(code)"), message, at: builder.origin.map { .init(item: $0) }, remedy: remedy)
  }
}
