internal import BigInt
public import ParleyBase

/// Whole columns: putting rows together, moving them, sorting, scanning. Lengths are public and follow from the
/// operands; which row goes where is secret wherever it depends on values.
extension ProgramBuilder {
  /// A scalar for every row of `shape`.
  public mutating func spread(_ a: NodeID, over shape: Program.Shape) throws(ParleyError) -> NodeID {
    guard program[a].type.shape == .scalar else {
      throw refusal("shape", "only a scalar can be spread over rows", "reduce the value first")
    }
    return append(.spread(a, shape), .init(program[a].type.sort, shape))
  }

  /// Rows of several values, all integers or all bits, one after the other; a scalar counts as one row.
  public mutating func concatenate(_ parts: [NodeID]) throws(ParleyError) -> NodeID {
    guard let first = parts.first else {
      throw refusal("empty", "nothing to put together", "give at least one value")
    }
    if parts.count == 1 { return first }
    var sort = program[first].type.sort
    for part in parts {
      guard program[part].type.isBit == program[first].type.isBit else {
        throw refusal("type", "numbers and conditions cannot share a column", "make both numbers")
      }
      if !program[part].type.isBit {
        sort = .integer(try range(part).union(Program.ValueType(sort, .scalar).range))
      }
    }
    let whole = Program.Shape.concatenated(SharedList(parts.map { program[$0].type.shape }))
    let shape = shapes.insert(whole).memberAfterInsert
    return append(.concatenate(parts), .init(sort, shape))
  }

  /// Row i is row i - `rows` of `a`; rows that would come from outside are 0.
  public mutating func shift(_ a: NodeID, by rows: Int) throws(ParleyError) -> NodeID {
    if rows == 0 { return a }
    let type = program[a].type
    let sort: Program.Sort = type.isBit ? .bit : .integer(type.range.union(.exactly(0)))
    return append(.shift(a, by: rows), .init(sort, type.shape))
  }

  /// The rows from the last to the first, so that a scan can go backwards.
  public mutating func reversed(_ a: NodeID) throws(ParleyError) -> NodeID {
    if program[a].type.shape == .scalar { return a }
    if case .reversed(let original) = program[a].operation { return original }
    return append(.reversed(a), program[a].type)
  }

  /// The first `count` rows, or all where there are fewer.
  public mutating func prefix(_ a: NodeID, count: Int) throws(ParleyError) -> NodeID {
    let type = program[a].type
    guard count >= 0 else { throw refusal("index", "\(count) rows cannot be taken", "take 0 or more") }
    if case .fixed(let size) = type.shape, size <= count { return a }
    return append(.prefix(a, count: count), .init(type.sort, .first(count, of: type.shape)))
  }

  /// The outer side of a product: row i of `a` for every row of `inner`, rows of one i together.
  public mutating func outer(_ a: NodeID, with inner: Program.Shape) throws(ParleyError) -> NodeID {
    let type = program[a].type
    return append(.outer(a, inner), .init(type.sort, .product(type.shape, inner)))
  }
  /// The inner side of a product: all rows of `a` for every row of `outer`.
  public mutating func inner(_ a: NodeID, with outer: Program.Shape) throws(ParleyError) -> NodeID {
    let type = program[a].type
    return append(.inner(a, outer), .init(type.sort, .product(outer, type.shape)))
  }

  /// Σ of rows 0 … i; bits count as 0 or 1. Costs nothing but the conversion of bits.
  public mutating func runningSum(_ a: NodeID) throws(ParleyError) -> NodeID {
    let value = program[a].type.isBit ? try integer(fromBit: a) : a
    let type = program[value].type
    return append(
      .runningSum(value), .init(.integer(type.range.summed(count: elements(type.shape))), type.shape))
  }

  /// The columns of `payload` with their rows in the order of `keys`; rows with equal keys keep their order.
  ///
  /// Keys are integers or bits (0 before 1). All columns have one shape; scalars are spread.
  public mutating func sort(
    by keys: [Program.SortKey], _ payload: [NodeID]
  ) throws(ParleyError) -> [NodeID] {
    let shape = try commonShape(keys.map(\.value) + payload)
    // A public scalar orders nothing.
    let keys = keys.filter { program[$0.value].type.shape == shape }
    if keys.isEmpty || shape == .scalar { return payload }
    var columns: [NodeID] = []
    for column in payload { columns.append(try filled(column, shape)) }
    return components(of: .sort(keys: keys, payload: columns), columns.map { program[$0].type }, shape)
  }

  /// The columns with their rows in one uniformly random order that nobody knows.
  public mutating func shuffle(_ payload: [NodeID]) throws(ParleyError) -> [NodeID] {
    let shape = try commonShape(payload)
    if shape == .scalar { return payload }
    var columns: [NodeID] = []
    for column in payload { columns.append(try filled(column, shape)) }
    return components(of: .shuffle(columns), columns.map { program[$0].type }, shape)
  }

  /// Inclusive scans that begin again at row 0 and wherever `restart` is 1, one result for each item.
  public mutating func scan(
    _ items: [Program.ScanItem], restart: NodeID
  ) throws(ParleyError) -> [NodeID] {
    try requireBit(restart)
    let shape = try commonShape(items.map(\.value) + [restart])
    var filledItems: [Program.ScanItem] = []
    var types: [Program.ValueType] = []
    for item in items {
      var value = try filled(item.value, shape)
      switch item.scan {
      case .sum:
        if program[value].type.isBit { value = try integer(fromBit: value) }
        types.append(.init(.integer(try range(value).summed(count: elements(shape))), shape))
      case .minimum, .maximum:
        _ = try range(value)
        types.append(program[value].type)
      case .any:
        try requireBit(value)
        types.append(program[value].type)
      case .first: types.append(program[value].type)
      }
      filledItems.append(.init(item.scan, value))
    }
    return components(of: .scan(filledItems, restart: try filled(restart, shape)), types, shape)
  }

  // MARK: Private

  /// The one shape of all that is no scalar.
  private func commonShape(_ nodes: [NodeID]) throws(ParleyError) -> Program.Shape {
    var found = Program.Shape.scalar
    for node in nodes {
      let shape = program[node].type.shape
      if found == .scalar { found = shape }
      guard shape == .scalar || shape == found else {
        throw refusal("shape", "columns of different lengths meet", "combine columns of one table")
      }
    }
    return found
  }

  private mutating func filled(_ node: NodeID, _ shape: Program.Shape) throws(ParleyError) -> NodeID {
    program[node].type.shape == shape ? node : try spread(node, over: shape)
  }

  /// A tuple's own type says its shape only.
  private mutating func components(
    of operation: Program.Operation, _ types: [Program.ValueType], _ shape: Program.Shape
  ) -> [NodeID] {
    let tuple = append(operation, .init(.bit, shape))
    return types.enumerated().map { append(.component(tuple, at: $0), $1) }
  }
}
