import BigInt
import ParleyProgram

/// Values of the rows of one table in a program that was built node by node, as the expressions that rules of release look at.
///
/// What is one value for all rows is a constant in what is added up, and in conditions a column of which nothing but its range is
/// known.
struct NodeExpressions {
  enum Failure: Error { case tooLong, unknown, secretStep }

  let registry = ColumnRegistry()
  private let table: Program.TableID
  private let schema: TableSchema
  /// By what they are as expressions: numbers of rows, and constants that stand for secret ones.
  private(set) var nodes: [Expression: Program.NodeID] = [:]
  /// Columns that stand for what is one value for all rows.
  private(set) var common: [ColumnID: Interval] = [:]
  private var standIns: [Program.NodeID: BigInt] = [:]
  private var known: [Key: Known] = [:]

  private struct Key: Hashable {
    var node: Program.NodeID
    var isAddedUp: Bool
  }
  private struct Known {
    var expression: Expression
    /// Parts, each as often as it is written.
    var size: Int
  }
  /// Of an expression that is looked at.
  private static let largest = 4096, deepest = 200
  /// No number of a program is as large.
  private static let firstStandIn = BigInt(1) << 190

  init(_ table: Program.TableID, _ schema: TableSchema) {
    self.table = table
    self.schema = schema
    _ = registry.scan(schema)
  }

  /// - Parameter isAddedUp: it is part of a value that is added up, and not of a condition.
  mutating func expression(
    of node: Program.NodeID, in program: Program, isAddedUp: Bool
  ) throws(Failure) -> Expression {
    try made(node, program, isAddedUp, 0).expression.simplified
  }

  /// Whether a number in it stands for a secret one.
  func hasStandIn(_ expression: Expression) -> Bool {
    switch expression {
    case .integer(let value): return value.magnitude >= Self.firstStandIn.magnitude
    case .scaled(_, let factor) where factor.magnitude >= Self.firstStandIn.magnitude: return true
    default: break
    }
    return expression.children.contains(where: hasStandIn)
  }

  private mutating func made(
    _ node: Program.NodeID, _ program: Program, _ isAddedUp: Bool, _ depth: Int
  ) throws(Failure) -> Known {
    let key = Key(node: node, isAddedUp: isAddedUp)
    if let known = known[key] { return known }
    guard depth <= Self.deepest else { throw .tooLong }
    let type = program[node].type
    var size = 1
    func part(_ operand: Program.NodeID, _ isAddedUp: Bool, _ own: inout Self) throws(Failure) -> Expression {
      let part = try own.made(operand, program, isAddedUp, depth + 1)
      size += part.size
      guard size <= Self.largest else { throw .tooLong }
      return part.expression
    }
    func number(_ operand: Program.NodeID, _ own: inout Self) throws(Failure) -> Expression {
      try part(operand, isAddedUp, &own)
    }
    func tested(_ operand: Program.NodeID, _ own: inout Self) throws(Failure) -> Expression {
      try part(operand, false, &own)
    }
    let expression: Expression
    if type.shape == .scalar {
      expression = commonValue(node, program, isAddedUp)
    } else {
      switch program[node].operation {
      case .input(let id): expression = try column(program.inputs[id.rawValue])
      case .add(let a, let b): expression = .add(try number(a, &self), try number(b, &self))
      case .subtract(let a, let b): expression = .subtract(try number(a, &self), try number(b, &self))
      case .multiply(let a, let b): expression = .multiply(try number(a, &self), try number(b, &self))
      case .productSum(let pairs):
        var sum: Expression?
        for pair in pairs {
          let product = Expression.multiply(try number(pair.a, &self), try number(pair.b, &self))
          sum = sum.map { .add($0, product) } ?? product
        }
        guard let sum else { throw .unknown }
        expression = sum
      case .scale(let a, let factor): expression = .scaled(try number(a, &self), by: factor)
      case .compare(let comparison, let a, let b):
        expression = .compare(
          comparison, try tested(a, &self), try tested(b, &self))
      case .not(let a): expression = .not(try tested(a, &self))
      case .and(let a, let b):
        expression = .and(try tested(a, &self), try tested(b, &self))
      case .or(let a, let b):
        expression = .or(try tested(a, &self), try tested(b, &self))
      case .xor(let a, let b):
        expression = .not(.equivalent(try tested(a, &self), try tested(b, &self)))
      case .select(let condition, let a, let b):
        let isChosen = try tested(condition, &self)
        expression = .choose(
          [.init(condition: isChosen, result: try number(a, &self))], otherwise: try number(b, &self))
      case .integer(let bit):
        let isChosen = try tested(bit, &self)
        expression = .choose([.init(condition: isChosen, result: .integer(1))], otherwise: .integer(0))
      case .quotient(let a, let b):
        let (x, y) = (try number(a, &self), try number(b, &self).simplified)
        // What a constant does inside a division depends on its value.
        guard !hasStandIn(x), !hasStandIn(y) else { throw .secretStep }
        if case .integer(let divisor) = y {
          expression = .floored(x, by: divisor)
        } else {
          expression = .integerQuotient(x, y)
        }
      default: throw .unknown
      }
    }
    if !type.isBit { nodes[expression.simplified] = node }
    known[key] = Known(expression: expression, size: size)
    return Known(expression: expression, size: size)
  }

  private func column(_ input: Program.Input) throws(Failure) -> Expression {
    guard input.table == table, input.formula == nil else { throw .unknown }
    if input.role == .isValid { return .boolean(true) }
    guard let place = schema.columns.firstIndex(where: { $0.name == input.column }) else { throw .unknown }
    let column = Expression.column(ColumnID(rawValue: place))
    return input.role == .isNull ? .isNull(column) : column
  }

  private mutating func commonValue(_ node: Program.NodeID, _ program: Program, _ isAddedUp: Bool) -> Expression {
    switch program[node].operation {
    case .constant(let value): return .integer(value)
    case .bitConstant(let value): return .boolean(value)
    default: break
    }
    let type = program[node].type
    if isAddedUp, !type.isBit {
      let standIn = standIns[node] ?? Self.firstStandIn + BigInt(standIns.count)
      standIns[node] = standIn
      return .integer(standIn)
    }
    let id = registry.column(
      "one for all rows", type.isBit ? .boolean : .number(scale: 0), isNullable: false)
    common[id] = type.range
    if type.isBit { nodes[.column(id)] = node }
    return .column(id)
  }

  /// What was bounded by a comparison with something that is one value for all rows, and is not known.
  func comparedColumns(in expression: Expression) -> Set<ColumnID> {
    switch expression {
    case .compare(_, let a, let b):
      let columns = a.columns.union(b.columns)
      let unknown = columns.filter { common[$0] != nil }
      return unknown.isEmpty ? [] : columns.subtracting(unknown)
    default: return expression.children.reduce(into: []) { $0.formUnion(comparedColumns(in: $1)) }
    }
  }
}

extension Expression {
  /// Columns without which it has no value.
  var strictColumns: Set<ColumnID> {
    switch self {
    case .column(let id): [id]
    case .add, .subtract, .multiply, .scaled, .floored, .integerQuotient, .compare:
      children.reduce(into: []) { $0.formUnion($1.strictColumns) }
    default: []
    }
  }
}
