import BigInt
import ParleyBase
import ParleyProgram

/// Dates and times of statistics over public groups.
extension RowBinder: TimeBinding {
  func operand(_ syntax: SyntaxExpression) throws(ParleyError) -> TimeOperand<RowExpression> {
    timeOperand(try bind(syntax))
  }

  func timeOperand(_ value: TypedExpression) -> TimeOperand<RowExpression> {
    TimeOperand(term: value.expression, type: value.type, range: value.range, text: value.text)
  }

  func missing(_ type: SQLType) -> RowExpression { .null(isCondition: false) }

  func typed(_ operand: TimeOperand<RowExpression>) -> TypedExpression {
    TypedExpression(expression: operand.term, type: operand.type, range: operand.range)
  }

  /// EXTRACT, INTERVAL, and CAST to DATE or TIMESTAMP.
  func timePart(_ syntax: SyntaxExpression) throws(ParleyError) -> TypedExpression {
    switch syntax.kind {
    case .extract(let field, let inner): return typed(try extracted(field, inner, range: syntax.range))
    case .interval(let length): return typed(try self.length(length, range: syntax.range))
    case .cast(let inner, let target) where target == .date || target == .timestamp:
      return typed(try converted(try operand(inner), toDate: target == .date, range: syntax.range))
    default:
      throw error(
        "unsupported", "'\(source.text(syntax.range))' needs relational operators", at: syntax.range,
        remedy: "leave it out of statistics over public groups")
    }
  }

  /// A constant in quotes as a date or a time.
  func timeConstant(_ part: TypedExpression, isDate: Bool) throws(ParleyError) -> RowExpression {
    part.text == nil ? part.expression : try constant(timeOperand(part), isDate: isDate)
  }
}
