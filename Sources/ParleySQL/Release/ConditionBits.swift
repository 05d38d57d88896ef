import BigInt
import ParleyBase
import ParleyProgram

/// Conditions on the rows of a table, computed as bits: the way back from what ``NodeExpressions`` made.
struct ConditionBits {
  private(set) var builder: ProgramBuilder
  private let table: Program.TableID
  private let schema: TableSchema
  private let nodes: [Expression: Program.NodeID]
  private var known: [Outcome: Program.NodeID] = [:]

  private struct Outcome: Hashable {
    enum Kind { case isTrue, isFalse, isThere }
    var condition: Expression
    var kind: Kind
  }

  init(
    _ builder: ProgramBuilder, _ table: Program.TableID, _ schema: TableSchema,
    _ nodes: [Expression: Program.NodeID]
  ) {
    self.builder = builder
    self.table = table
    self.schema = schema
    self.nodes = nodes
  }

  /// 1 where the condition is true, 0 where it is false or NULL.
  mutating func truth(_ condition: Expression) throws(ParleyError) -> Program.NodeID {
    try bit(condition, .isTrue)
  }

  /// Where there is none, anything.
  mutating func value(_ expression: Expression) throws(ParleyError) -> Program.NodeID {
    if let node = nodes[expression] { return node }
    switch expression {
    case .integer(let value): return builder.constant(value)
    case .null: return builder.constant(0)
    case .add(let a, let b): return try builder.add(try value(a), try value(b))
    case .subtract(let a, let b): return try builder.subtract(try value(a), try value(b))
    case .multiply(let a, let b): return try builder.multiply(try value(a), try value(b))
    case .scaled(let a, let factor): return try builder.scale(try value(a), by: factor)
    case .floored(let a, let divisor): return try builder.quotient(try value(a), builder.constant(divisor))
    case .integerQuotient(let a, let b): return try builder.quotient(try value(a), try value(b))
    case .choose(let branches, let otherwise):
      var result = try value(otherwise)
      for branch in branches.reversed() {
        result = try builder.select(try truth(branch.condition), try value(branch.result), result)
      }
      return result
    default: throw ParleyError(.invariant, "a set of rows has a value that was not computed")
    }
  }

  private mutating func bit(_ condition: Expression, _ kind: Outcome.Kind) throws(ParleyError) -> Program.NodeID {
    let key = Outcome(condition: condition, kind: kind)
    if let node = known[key] { return node }
    let node =
      switch kind {
      case .isTrue: try decided(condition, as: true)
      case .isFalse: try decided(condition, as: false)
      case .isThere: try presence(of: condition)
      }
    known[key] = node
    return node
  }

  private mutating func decided(_ condition: Expression, as truth: Bool) throws(ParleyError) -> Program.NodeID {
    func own(_ part: Expression, _ value: Bool, _ bits: inout Self) throws(ParleyError) -> Program.NodeID {
      try bits.bit(part, value ? .isTrue : .isFalse)
    }
    switch condition {
    case .boolean(let value): return builder.constant(value == truth)
    case .null: return builder.constant(false)
    case .column(let id):
      let bit: Program.NodeID
      if let node = nodes[condition] { bit = node } else { bit = try input(id, .value) }
      return try builder.and(try self.bit(condition, .isThere), truth ? bit : try builder.not(bit))
    case .compare(let comparison, let a, let b):
      let bit = try builder.compare(comparison, try value(a), try value(b))
      return try builder.and(try self.bit(condition, .isThere), truth ? bit : try builder.not(bit))
    case .equivalent(let a, let b):
      let same = try builder.and(try own(a, true, &self), try own(b, truth, &self))
      return try builder.or(same, try builder.and(try own(a, false, &self), try own(b, !truth, &self)))
    case .not(let a): return try own(a, !truth, &self)
    case .and(let a, let b), .or(let a, let b):
      let (x, y) = (try own(a, truth, &self), try own(b, truth, &self))
      let isBoth = if case .and = condition { truth } else { !truth }
      return isBoth ? try builder.and(x, y) : try builder.or(x, y)
    case .isNull(let a):
      let isThere = try bit(a, .isThere)
      return truth ? try builder.not(isThere) : isThere
    case .choose(let branches, let otherwise):
      var result = try own(otherwise, truth, &self)
      for branch in branches.reversed() {
        result = try builder.select(try self.truth(branch.condition), try own(branch.result, truth, &self), result)
      }
      return result
    case .coalesce(let parts):
      var result = builder.constant(false)
      for part in parts.reversed() {
        result = try builder.select(try bit(part, .isThere), try own(part, truth, &self), result)
      }
      return result
    default: throw ParleyError(.invariant, "a set of rows has a condition that was not computed")
    }
  }

  private mutating func presence(of expression: Expression) throws(ParleyError) -> Program.NodeID {
    switch expression {
    case .null: return builder.constant(false)
    case .column(let id):
      guard schema.columns.indices.contains(id.rawValue), schema.columns[id.rawValue].isNullable else {
        return builder.constant(true)
      }
      return try builder.not(try input(id, .isNull))
    case .integer, .boolean, .isNull: return builder.constant(true)
    case .and, .or, .coalesce:
      if case .coalesce(let parts) = expression {
        var result = builder.constant(false)
        for part in parts { result = try builder.or(result, try bit(part, .isThere)) }
        return result
      }
      return try builder.or(try bit(expression, .isTrue), try bit(expression, .isFalse))
    case .choose(let branches, let otherwise):
      var result = try bit(otherwise, .isThere)
      for branch in branches.reversed() {
        result = try builder.select(try truth(branch.condition), try bit(branch.result, .isThere), result)
      }
      return result
    default:
      var result = builder.constant(true)
      for part in expression.children { result = try builder.and(result, try bit(part, .isThere)) }
      return result
    }
  }

  private mutating func input(_ id: ColumnID, _ role: Program.Input.Role) throws(ParleyError) -> Program.NodeID {
    guard schema.columns.indices.contains(id.rawValue) else {
      throw ParleyError(.invariant, "a set of rows is about a column that no table has")
    }
    let column = schema.columns[id.rawValue]
    let sort: Program.Sort =
      role != .value || column.type == .boolean ? .bit : .integer(Interval(column.type))
    return builder.input(.init(table: table, column: column.name, role: role, sort: sort))
  }
}
