import BigInt
import ParleyBase
import ParleyProgram

/// An expression over rows as nodes of the program, in SQL's three-valued logic.
enum RowValue {
  /// `isNull` is nil where the value cannot be NULL. Where it is NULL the number is arbitrary within its range.
  case number(Program.NodeID, isNull: Program.NodeID?)
  /// A condition as two bits: it is true; it is true or unknown. They are one node where it is never unknown.
  /// AND, OR and NOT then act on each bit alone (Kleene's logic).
  case condition(certain: Program.NodeID, possible: Program.NodeID)
}

/// Expressions over the rows of one table, whose columns are numbered as in its schema, to nodes. Equal expressions become
/// the same nodes.
struct RowLowering {
  var builder: ProgramBuilder
  let table: TableSchema
  let tableID: Program.TableID
  /// Of the table alone.
  let registry = ColumnRegistry()
  private var known: [ExpressionKey: RowValue] = [:]

  init(builder: ProgramBuilder, table: TableSchema, tableID: Program.TableID) {
    self.builder = builder
    self.table = table
    self.tableID = tableID
    _ = registry.scan(table)
  }

  /// Rows that count: not padding, and the filter is true.
  mutating func rows(passing filter: Expression?) throws(ParleyError) -> Program.NodeID {
    let isValid = builder.input(.init(table: tableID, column: "", role: .isValid, sort: .bit))
    guard let filter else { return isValid }
    return try builder.and(isValid, try condition(filter).certain)
  }

  /// Whether two rows that are not padding have the same value of a column, by a sort.
  mutating func hasRepeats(of column: String) throws(ParleyError) -> Program.NodeID {
    guard let place = table.columns.firstIndex(where: { $0.name == column }) else {
      throw ParleyError(.invariant, "table '\(table.name)' has no column '\(column)'")
    }
    var keys: [Program.NodeID] = []
    if case .text = table.columns[place].type {
      for part in 0..<TextDigest.partCount {
        keys.append(
          builder.input(
            .init(
              table: tableID, column: column, role: .value, sort: .integer(TextParts.range),
              formula: .textDigest(.column(column), index: part))))
      }
    } else {
      switch try lower(.column(ColumnID(rawValue: place))) {
      case .number(let value, _): keys = [value]
      case .condition(let certain, _): keys = [try builder.integer(fromBit: certain)]
      }
    }
    let isValid = try rows(passing: nil)
    let sorted = try builder.sort(
      by: [.init(try builder.not(isValid))] + keys.map { .init($0) }, [isValid] + keys)
    // Before row 0 stands none that is valid.
    var isSame = try builder.shift(sorted[0], by: 1)
    for key in sorted.dropFirst() {
      isSame = try builder.and(isSame, try builder.compare(.equal, key, try builder.shift(key, by: 1)))
    }
    return try builder.any(try builder.and(sorted[0], isSame))
  }

  mutating func lower(_ expression: Expression) throws(ParleyError) -> RowValue {
    let key = ExpressionKey(expression)
    if let value = known[key] { return value }
    let value = try build(expression)
    known[key] = value
    return value
  }

  /// The bit that a condition is true, where it has been lowered already.
  func knownCondition(_ expression: Expression) -> Program.NodeID? {
    if case .condition(let certain, _)? = known[ExpressionKey(expression)] { certain } else { nil }
  }

  mutating func condition(
    _ expression: Expression
  ) throws(ParleyError) -> (certain: Program.NodeID, possible: Program.NodeID) {
    guard case .condition(let certain, let possible) = try lower(expression) else {
      throw ParleyError(.invariant, "a number stands where a condition was bound")
    }
    return (certain, possible)
  }
  mutating func number(
    _ expression: Expression
  ) throws(ParleyError) -> (value: Program.NodeID, isNull: Program.NodeID?) {
    guard case .number(let value, let isNull) = try lower(expression) else {
      throw ParleyError(.invariant, "a condition stands where a number was bound")
    }
    return (value, isNull)
  }

  /// The bit "is NULL" of either kind; nil where that cannot be.
  mutating func nullBit(_ value: RowValue) throws(ParleyError) -> Program.NodeID? {
    switch value {
    case .number(_, let isNull): isNull
    case .condition(let certain, let possible):
      certain == possible ? nil : try builder.xor(certain, possible)
    }
  }

  /// NULL where either is.
  mutating func either(_ a: Program.NodeID?, _ b: Program.NodeID?) throws(ParleyError) -> Program.NodeID? {
    guard let a, let b else { return a ?? b }
    return try builder.or(a, b)
  }

  // MARK: Cases

  private mutating func build(_ expression: Expression) throws(ParleyError) -> RowValue {
    switch expression {
    case .column(let id): return try column(table.columns[id.rawValue])
    case .integer(let value): return .number(builder.constant(value), isNull: nil)
    case .boolean(let value):
      let bit = builder.constant(value)
      return .condition(certain: bit, possible: bit)
    case .null(let type):
      return type == .boolean
        ? .condition(certain: builder.constant(false), possible: builder.constant(true))
        : .number(builder.constant(0), isNull: builder.constant(true))
    case .add(let a, let b):
      let x = try number(a), y = try number(b)
      return .number(try builder.add(x.value, y.value), isNull: try either(x.isNull, y.isNull))
    case .subtract(let a, let b):
      let x = try number(a), y = try number(b)
      return .number(try builder.subtract(x.value, y.value), isNull: try either(x.isNull, y.isNull))
    case .multiply(let a, let b):
      let x = try number(a), y = try number(b)
      return .number(try builder.multiply(x.value, y.value), isNull: try either(x.isNull, y.isNull))
    case .scaled(let a, let factor):
      let x = try number(a)
      return .number(try builder.scale(x.value, by: factor), isNull: x.isNull)
    case .floored, .remainder, .calendar: return try held(expression)
    case .compare(let kind, let a, let b): return try comparison(kind, a, b)
    case .equivalent(let a, let b): return try equivalence(a, b)
    case .not(let a):
      let x = try condition(a)
      return .condition(certain: try builder.not(x.possible), possible: try builder.not(x.certain))
    case .and(let a, let b):
      let x = try condition(a), y = try condition(b)
      return .condition(
        certain: try builder.and(x.certain, y.certain), possible: try builder.and(x.possible, y.possible))
    case .or(let a, let b):
      let x = try condition(a), y = try condition(b)
      return .condition(
        certain: try builder.or(x.certain, y.certain), possible: try builder.or(x.possible, y.possible))
    case .isNull(let a):
      let inner = try lower(a)
      let bit = try nullBit(inner) ?? builder.constant(false)
      return .condition(certain: bit, possible: bit)
    case .choose(let branches, let otherwise): return try choice(branches, otherwise)
    case .coalesce(let parts): return try coalesce(parts)
    case .text, .truncated, .integerQuotient, .ratio, .compareText, .like, .substring, .changed, .joined, .shown,
      .textLength, .textHolds, .extreme, .squareRoot, .subquery:
      throw ParleyError(.invariant, "an expression is not computed group by group and was taken for one that is")
    }
  }

  private mutating func column(_ column: ColumnSchema) throws(ParleyError) -> RowValue {
    let sort: Program.Sort = column.type == .boolean ? .bit : .integer(Interval(column.type))
    let value = builder.input(.init(table: tableID, column: column.name, role: .value, sort: sort))
    var isNull: Program.NodeID?
    if column.isNullable {
      isNull = builder.input(.init(table: tableID, column: column.name, role: .isNull, sort: .bit))
    }
    return sort == .bit ? try known(value, unless: isNull) : .number(value, isNull: isNull)
  }

  /// A bit that says nothing where `isNull`.
  private mutating func known(_ bit: Program.NodeID, unless isNull: Program.NodeID?) throws(ParleyError)
    -> RowValue
  {
    guard let isNull else { return .condition(certain: bit, possible: bit) }
    return .condition(
      certain: try builder.and(bit, try builder.not(isNull)), possible: try builder.or(bit, isNull))
  }

  private mutating func comparison(
    _ kind: Program.Comparison, _ a: Expression, _ b: Expression
  ) throws(ParleyError) -> RowValue {
    let x = try number(a), y = try number(b)
    return try known(
      try builder.compare(kind, x.value, y.value), unless: try either(x.isNull, y.isNull))
  }

  private mutating func equivalence(_ a: Expression, _ b: Expression) throws(ParleyError) -> RowValue {
    let x = try condition(a), y = try condition(b)
    let isNull = try either(
      try nullBit(.condition(certain: x.certain, possible: x.possible)),
      try nullBit(.condition(certain: y.certain, possible: y.possible)))
    return try known(try builder.not(try builder.xor(x.certain, y.certain)), unless: isNull)
  }

  private mutating func choice(
    _ branches: [Expression.Branch], _ otherwise: Expression
  ) throws(ParleyError) -> RowValue {
    var result = try lower(otherwise)
    for branch in branches.reversed() {
      let applies = try condition(branch.condition).certain
      result = try select(applies, try lower(branch.result), result)
    }
    return result
  }

  private mutating func coalesce(_ parts: [Expression]) throws(ParleyError) -> RowValue {
    var result = try lower(parts[parts.count - 1])
    for part in parts.dropLast().reversed() {
      let value = try lower(part)
      guard let isNull = try nullBit(value) else {
        result = value
        continue
      }
      result = try select(isNull, result, value)
    }
    return result
  }

  private mutating func select(
    _ bit: Program.NodeID, _ a: RowValue, _ b: RowValue
  ) throws(ParleyError) -> RowValue {
    switch (a, b) {
    case (.number(let x, let xNull), .number(let y, let yNull)):
      var isNull: Program.NodeID?
      if xNull != nil || yNull != nil {
        let never = builder.constant(false)
        isNull = try builder.select(bit, xNull ?? never, yNull ?? never)
      }
      return .number(try builder.select(bit, x, y), isNull: isNull)
    case (.condition(let x, let xPossible), .condition(let y, let yPossible)):
      return .condition(
        certain: try builder.select(bit, x, y), possible: try builder.select(bit, xPossible, yPossible))
    default: throw ParleyError(.invariant, "the branches of a choice were bound to different types")
    }
  }
}

extension Interval {
  /// The range of a column in the integers that are shared.
  init(_ type: ColumnType) { self.init(BigInt(type.range.lowerBound), BigInt(type.range.upperBound)) }
}
