import BigInt
import ParleyBase
import ParleyProgram

/// The rows of one table as their holders share them, with columns numbered as in its schema.
struct SharedRows {
  let table: TableSchema
  let id: Program.TableID
  /// Of the table alone.
  let registry = ColumnRegistry()

  init(_ table: TableSchema, _ id: Program.TableID) {
    (self.table, self.id) = (table, id)
    _ = registry.scan(table)
  }

  /// A column that holds no texts; the bit is nil where it is never NULL.
  func column(
    _ id: ColumnID, _ builder: inout ProgramBuilder
  ) -> (value: Program.NodeID, isNull: Program.NodeID?) {
    let column = table.columns[id.rawValue]
    let sort: Program.Sort = column.type == .boolean ? .bit : .integer(Interval(column.type))
    let value = builder.input(.init(table: self.id, column: column.name, role: .value, sort: sort))
    guard column.isNullable else { return (value, nil) }
    return (value, builder.input(.init(table: self.id, column: column.name, role: .isNull, sort: .bit)))
  }
}

/// Parts of dates and times, which the holder of a row computes before it shares anything.
extension ExpressionLowering {
  /// Ranges of integers that holders share have at most so many bits.
  private static var widest: Int { 62 }

  mutating func held(_ expression: Expression, of rows: SharedRows) throws(ParleyError) -> RelationValue {
    guard let formula = HolderFormulas(registry: rows.registry).formula(expression) else {
      throw ParleyError(.invariant, "a part of a date or a time is nothing that a holder can compute")
    }
    let facts = try formula.facts(in: rows.table)
    guard let sort = facts.sort else {
      return .number(builder.constant(0), isNull: builder.constant(true))
    }
    guard facts.range.signedWidth <= Self.widest else {
      throw ParleyError(
        .init("plan/overflow"), "a part of a date or a time can be anywhere in \(facts.range)",
        remedy: "narrow the declared ranges of the columns involved")
    }
    func input(_ role: Program.Input.Role, _ sort: Program.Sort) -> Program.NodeID {
      builder.input(.init(table: rows.id, column: formula.description, role: role, sort: sort, formula: formula))
    }
    return .number(input(.value, sort), isNull: facts.isNullable ? input(.isNull, .bit) : nil)
  }
}

extension Expression {
  /// A part of a date or a time, or what it is made of.
  var isHeld: Bool {
    switch self {
    case .floored, .remainder, .calendar: true
    default: false
    }
  }
}

extension Interval {
  /// The range of a column in the integers that are shared.
  init(_ type: ColumnType) { self.init(BigInt(type.range.lowerBound), BigInt(type.range.upperBound)) }
}
