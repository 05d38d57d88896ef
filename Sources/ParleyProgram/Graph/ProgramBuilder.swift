public import BigInt
public import ParleyBase

/// Builds a ``Program`` node by node, carrying the range of every value and sharing equal nodes.
///
/// Scalars combine with vectors of any shape. Constants fold. Every method throws `plan/…` errors that name the
/// node's origin.
public struct ProgramBuilder: Sendable {
  /// A node of the program that is built.
  public typealias NodeID = Program.NodeID
  /// What has been built so far; it can be used as it is once no loop is open.
  public internal(set) var program = Program()
  private var known: [Program.Operation: NodeID] = [:]
  /// Shapes that are put together, each once, so that they are compared in one step.
  var shapes: Set<Program.Shape> = []
  /// Put on every node built until it is changed.
  public var origin: String?
  /// Operator that is put on every node built until it is changed, see ``addOperator(_:)``; nil for none.
  package var currentOperator: Int?
  /// Loops whose pass is being built, the outer one first.
  var openLoops: [OpenLoop] = []
  /// Why groups are withheld is opened as well: for programs that only made-up rows are given to.
  package var isWatched = false

  /// An empty program.
  public init() {}

  // MARK: Tables, inputs, results

  /// A further table.
  public mutating func table(_ table: Program.Table) -> Program.TableID {
    program.tables.append(table)
    return Program.TableID(rawValue: program.tables.count - 1)
  }

  /// The node of an input column; asking twice for the same column gives the same node.
  public mutating func input(_ input: Program.Input) -> NodeID {
    let id: Program.InputID
    // Texts that look alike but are written in other bytes are equal to Swift and not to a formula.
    let bytes = input.formula?.canonicalBytes
    if let index = program.inputs.firstIndex(where: { $0 == input && $0.formula?.canonicalBytes == bytes }) {
      id = Program.InputID(rawValue: index)
    } else {
      program.inputs.append(input)
      id = Program.InputID(rawValue: program.inputs.count - 1)
    }
    return append(.input(id), .init(input.sort, .rows(input.table)))
  }

  /// Opens a node to its recipients.
  public mutating func disclose(_ disclosure: Program.Disclosure) -> Program.DisclosureID {
    program.disclosures.append(disclosure)
    return Program.DisclosureID(rawValue: program.disclosures.count - 1)
  }

  /// Opens, for each group, whether a reason withholds it; only where the program is watched.
  package mutating func watch(_ reason: WithholdingReason, of result: String, _ node: NodeID) {
    guard isWatched else { return }
    _ = disclose(
      .init(
        name: reason.disclosure(of: result), node: node, recipients: [], meaning: .outcome,
        explanation: "made-up rows alone"))
  }

  /// How opened vectors are laid out as a table.
  public mutating func result(_ result: Program.ResultTable) { program.results.append(result) }

  /// A bit that must come out as 0.
  public mutating func require(_ requirement: Program.Requirement) { program.requirements.append(requirement) }

  // MARK: Constants

  /// A public integer.
  public mutating func constant(_ value: BigInt) -> NodeID {
    append(.constant(value), .init(.integer(.exactly(value)), .scalar))
  }
  /// A public bit.
  public mutating func constant(_ value: Bool) -> NodeID {
    append(.bitConstant(value), .init(.bit, .scalar))
  }

  // MARK: Integers

  /// a + b. Range: the sums of both ends.
  public mutating func add(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    if let x = constantValue(a), let y = constantValue(b) { return constant(x + y) }
    if constantValue(a) == 0 { return b }
    if constantValue(b) == 0 { return a }
    return append(.add(a, b), .init(.integer(try range(a) + range(b)), try shape(a, b)))
  }
  /// a − b. Range: from the least a less the greatest b to the greatest a less the least b; equal nodes give the
  /// constant 0.
  public mutating func subtract(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    if a == b, case .integer = program[a].type.sort { return constant(0) }
    if let x = constantValue(a), let y = constantValue(b) { return constant(x - y) }
    if constantValue(b) == 0 { return a }
    return append(.subtract(a, b), .init(.integer(try range(a) - range(b)), try shape(a, b)))
  }
  /// a · b. Range: between the least and the greatest product of two ends; of a square, never below 0. A constant
  /// factor makes a multiple of it (``scale(_:by:)``), which takes no message.
  public mutating func multiply(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    if let x = constantValue(a) { return try scale(b, by: x) }
    if let y = constantValue(b) { return try scale(a, by: y) }
    let interval = a == b ? try range(a).squared : try range(a) * range(b)
    return append(.multiply(min(a, b), max(a, b)), .init(.integer(interval), try shape(a, b)))
  }
  /// a · factor. Range: both ends times the factor.
  public mutating func scale(_ a: NodeID, by factor: BigInt) throws(ParleyError) -> NodeID {
    if let x = constantValue(a) { return constant(x * factor) }
    if factor == 1 { return a }
    let interval = try range(a) * .exactly(factor)
    return append(.scale(a, by: factor), .init(.integer(interval), program[a].type.shape))
  }
  /// The negative of integers, elementwise: −a.
  public mutating func negate(_ a: NodeID) throws(ParleyError) -> NodeID { try scale(a, by: -1) }

  /// floor(a / b), for b ≥ 1. Range: between the least and the greatest quotient of two ends.
  ///
  /// - Throws: `plan/divisor-range` where b can be 0 or less.
  public mutating func quotient(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    let x = try range(a), y = try range(b)
    guard y.lower >= 1 else {
      throw refusal(
        "divisor-range", "the divisor's range \(y) reaches 0 or below", "raise it first, as by atLeast(1)")
    }
    if let n = constantValue(a), let d = constantValue(b) { return constant(n.flooredQuotient(by: d)) }
    let ends = [x.lower, x.upper].flatMap { n in [y.lower, y.upper].map { n.flooredQuotient(by: $0) } }
    return append(
      .quotient(a, b), .init(.integer(Interval(ends.min()!, ends.max()!)), try shape(a, b)))
  }

  /// floor(√a), for a ≥ 0. Range: the roots of both ends.
  ///
  /// - Throws: `plan/negative-root` where a can be less than 0.
  public mutating func squareRoot(_ a: NodeID) throws(ParleyError) -> NodeID {
    let x = try range(a)
    guard x.lower >= 0 else {
      throw refusal("negative-root", "the range \(x) of a square root reaches below 0", "clamp it at 0 first")
    }
    if let value = constantValue(a) { return constant(value.squareRoot()) }
    let interval = Interval(x.lower.squareRoot(), x.upper.squareRoot())
    return append(.squareRoot(a), .init(.integer(interval), program[a].type.shape))
  }

  /// floor(a / 2^bits). Range: the same of both ends.
  public mutating func truncate(_ a: NodeID, bits: Int) throws(ParleyError) -> NodeID {
    let x = try range(a)
    let divisor = BigInt(1) << bits
    let interval = Interval(x.lower.flooredQuotient(by: divisor), x.upper.flooredQuotient(by: divisor))
    return append(.truncate(a, bits: bits), .init(.integer(interval), program[a].type.shape))
  }

  /// A bit as the integer 0 or 1. Range: [0, 1].
  public mutating func integer(fromBit a: NodeID) throws(ParleyError) -> NodeID {
    if case .bitConstant(let value) = program[a].operation { return constant(value ? 1 : 0) }
    try requireBit(a)
    return append(.integer(fromBit: a), .init(.integer(.bit), program[a].type.shape))
  }

  // MARK: Shapes

  /// Scalars of one kind side by side, as a value of as many elements. Range: the union of theirs.
  public mutating func stack(_ parts: [NodeID]) throws(ParleyError) -> NodeID {
    guard let first = parts.first else {
      throw refusal("empty", "nothing to put side by side", "give at least one value")
    }
    if parts.count == 1 { return first }
    var union = program[first].type.range
    for part in parts {
      let type = program[part].type
      guard type.shape == .scalar, type.isBit == program[first].type.isBit else {
        throw refusal("type", "only scalars of one kind can be put side by side", "reduce them first")
      }
      union = union.union(type.range)
    }
    let sort: Program.Sort = program[first].type.isBit ? .bit : .integer(union)
    return append(.stack(parts), .init(sort, .fixed(parts.count)))
  }
  /// One element, from 0, of a value with a fixed number of them, as a scalar.
  ///
  /// - Throws: `plan/index` where there is no such element.
  public mutating func element(_ a: NodeID, at index: Int) throws(ParleyError) -> NodeID {
    if case .stack(let parts) = program[a].operation { return parts[index] }
    guard case .fixed(let count) = program[a].type.shape, index >= 0, index < count else {
      throw refusal("index", "element \(index) is outside the value", "use an index below its size")
    }
    if count == 1 { return a }
    let sort = try entryRange(of: a, at: index).map { Program.Sort.integer($0) } ?? program[a].type.sort
    return append(.element(a, at: index), .init(sort, .scalar))
  }
  /// The product of two matrices, row by row: `rows` × `inner` and `inner` × `columns`. Range: that of `inner` products
  /// added up.
  ///
  /// - Throws: `plan/shape` where the sizes are not those of the values.
  public mutating func matrixProduct(
    _ a: NodeID, _ b: NodeID, rows: Int, inner: Int, columns: Int
  ) throws(ParleyError) -> NodeID {
    guard holds(rows * inner, a), holds(inner * columns, b) else {
      throw refusal("shape", "matrix sizes do not fit their values", "check rows, inner size and columns")
    }
    let interval = (try range(a) * range(b)).summed(count: BigInt(inner))
    return append(
      .matrixProduct(a, b, rows: rows, inner: inner, columns: columns),
      .init(.integer(interval), .fixed(rows * columns)))
  }

  /// Whether a value has `count` elements: a column of a table counts when the table is meant to be full.
  private func holds(_ count: Int, _ node: NodeID) -> Bool {
    elements(program[node].type.shape) == BigInt(count)
  }

  /// Kind, range and shape of a node.
  public func type(of node: NodeID) -> Program.ValueType { program[node].type }

  // MARK: Private

  /// A node that is known already keeps its identity and the narrower of the two ranges: both are true of it.
  mutating func append(_ operation: Program.Operation, _ type: Program.ValueType) -> NodeID {
    if let id = known[operation] {
      if type.range != program[id].type.range, program[id].type.range.contains(type.range) {
        program.nodes[id.rawValue].type = type
      }
      return id
    }
    let id = NodeID(rawValue: program.nodes.count)
    program.nodes.append(
      .init(operation: operation, type: type, origin: origin, operatorIndex: currentOperator))
    known[operation] = id
    return id
  }

  /// The node is not given again for its operation.
  mutating func forget(_ id: NodeID) {
    let operation = program[id].operation
    if known[operation] == id { known[operation] = nil }
  }

  func constantValue(_ node: NodeID) -> BigInt? {
    if case .constant(let value) = program[node].operation { value } else { nil }
  }
  func bitValue(_ node: NodeID) -> Bool? {
    if case .bitConstant(let value) = program[node].operation { value } else { nil }
  }
  func requireBit(_ node: NodeID) throws(ParleyError) {
    guard program[node].type.isBit else {
      throw refusal("type", "a condition is needed here, and this is a number", "compare it with something")
    }
  }
  func range(_ node: NodeID) throws(ParleyError) -> Interval {
    guard case .integer(let interval) = program[node].type.sort else {
      throw refusal(
        "type", "a number is needed here, and this is a condition", "use CASE WHEN … THEN 1 ELSE 0 END")
    }
    return interval
  }
  func shape(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> Program.Shape {
    try shape(program[a].type.shape, program[b].type.shape)
  }
  /// A scalar meets every element of the other.
  func shape(_ x: Program.Shape, _ y: Program.Shape) throws(ParleyError) -> Program.Shape {
    if x == y || y == .scalar { return x }
    if x == .scalar { return y }
    throw refusal("shape", "values of different sizes meet", "combine values of one table, or scalars")
  }
  func widest(_ a: NodeID, _ b: NodeID) throws(ParleyError) -> NodeID {
    try shape(a, b) == program[a].type.shape ? a : b
  }

  /// The largest number of elements of a shape.
  func elements(_ shape: Program.Shape) -> BigInt { program.elements(shape) }
  /// A table may have fewer rows than its maximum, a fixed value may not.
  func sumRange(_ type: Program.ValueType, of range: Interval, count: BigInt) -> Interval {
    if case .fixed = type.shape { return Interval(range.lower * count, range.upper * count) }
    return range.summed(count: count)
  }

  func refusal(_ code: String, _ message: String, _ remedy: String) -> ParleyError {
    ParleyError(
      .init("plan/\(code)"), message, at: origin.map { .init(item: $0) }, remedy: remedy)
  }
}

extension BigInt {
  /// Quotient rounded towards minus infinity; the divisor is positive.
  package func flooredQuotient(by divisor: BigInt) -> BigInt {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

extension Interval {
  /// What division rounded towards minus infinity leaves of a value in it; the divisor is positive.
  func remainder(by divisor: BigInt) -> Interval {
    let first = lower.flooredQuotient(by: divisor)
    guard first == upper.flooredQuotient(by: divisor) else { return Interval(0, divisor - 1) }
    return Interval(lower - first * divisor, upper - first * divisor)
  }
}

extension Program {
  /// The largest number of elements of a shape.
  func elements(_ shape: Shape) -> BigInt {
    switch shape {
    case .rows(let table): BigInt(tables[table.rawValue].maximumRows)
    case .fixed(let count): BigInt(count)
    case .concatenated(let parts): parts.reduce(0) { $0 + elements($1) }
    case .first(let count, let whole): min(BigInt(count), elements(whole))
    case .product(let outer, let inner): elements(outer) * elements(inner)
    }
  }
}
