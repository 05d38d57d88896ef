import BigInt
import ParleyBase
import ParleyProgram

/// Parts of dates and times, which the holder of a row computes before it shares anything.
extension RowLowering {
  /// Ranges of integers that holders share have at most so many bits.
  private static var widest: Int { 62 }

  mutating func held(_ expression: RowExpression) throws(ParleyError) -> RowValue {
    let formula = expression.formula(over: table)
    let facts = try formula.facts(in: table)
    guard let sort = facts.sort else {
      return .number(builder.constant(0), isNull: builder.constant(true))
    }
    guard facts.range.signedWidth <= Self.widest else {
      throw ParleyError(
        .init("plan/overflow"), "a part of a date or a time can be anywhere in \(facts.range)",
        remedy: "narrow the declared ranges of the columns involved")
    }
    func input(_ role: Program.Input.Role, _ sort: Program.Sort) -> Program.NodeID {
      builder.input(
        .init(table: tableID, column: formula.description, role: role, sort: sort, formula: formula))
    }
    return .number(input(.value, sort), isNull: facts.isNullable ? input(.isNull, .bit) : nil)
  }
}

extension RowExpression {
  /// The same as what the holder of a row computes.
  fileprivate func formula(over table: TableSchema) -> HolderFormula {
    func of(_ a: Self) -> HolderFormula { a.formula(over: table) }
    switch self {
    case .column(let index): return .column(table.columns[index].name)
    case .integer(let value): return .constant(value)
    case .boolean(let value): return .bit(value)
    case .null: return .null
    case .add(let a, let b): return .add(of(a), of(b))
    case .subtract(let a, let b): return .subtract(of(a), of(b))
    case .multiply(let a, let b): return .multiply(of(a), of(b))
    case .scaled(let a, let factor): return .scale(of(a), by: factor)
    case .bucket(let a, let width): return .truncatedQuotient(of(a), by: width)
    case .floored(let a, let divisor): return .floorQuotient(of(a), by: divisor)
    case .remainder(let a, let divisor): return .floorRemainder(of(a), by: divisor)
    case .calendar(let function, let a): return .calendar(function, of(a))
    case .less(let a, let b): return .compare(.less, of(a), of(b))
    case .lessOrEqual(let a, let b): return .compare(.lessOrEqual, of(a), of(b))
    case .equal(let a, let b), .equivalent(let a, let b): return .compare(.equal, of(a), of(b))
    case .not(let a): return .not(of(a))
    case .and(let a, let b): return .and(of(a), of(b))
    case .or(let a, let b): return .or(of(a), of(b))
    case .isNull(let a): return .isNull(of(a))
    case .choose(let branches, let otherwise):
      return .choose(
        branches.map { .init(condition: of($0.condition), value: of($0.result)) }, otherwise: of(otherwise))
    case .coalesce(let parts): return .coalesce(parts.map(of))
    }
  }
}
