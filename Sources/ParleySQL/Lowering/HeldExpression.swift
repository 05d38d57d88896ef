import BigInt
import ParleyBase
import ParleyProgram

/// Parts of dates and times, which the holder of a row computes before it shares anything.
extension RowLowering {
  /// Ranges of integers that holders share have at most so many bits.
  private static var widest: Int { 62 }

  mutating func held(_ expression: Expression) throws(ParleyError) -> RowValue {
    guard let formula = HolderFormulas(registry: registry).formula(expression) else {
      throw ParleyError(.invariant, "a part of a date or a time is nothing that a holder can compute")
    }
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
