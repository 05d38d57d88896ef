import BigInt
import ParleyBase
import ParleyProgram

/// A bound value where dates and times are looked for.
struct TimeOperand {
  var term: Expression
  var type: SQLType
  var range: SourceRange
  /// The content of a text constant.
  var text: ExactText?
}

/// From bound values to those of dates and times, and back.
extension ExpressionBinder {
  func operand(_ syntax: SyntaxExpression) throws(ParleyError) -> TimeOperand {
    timeOperand(try bind(syntax))
  }

  func timeOperand(_ value: BoundExpression) -> TimeOperand {
    var text: ExactText?
    if case .text(let constant) = value.expression { text = constant }
    return TimeOperand(term: value.expression, type: value.type, range: value.range, text: text)
  }

  func bound(_ operand: TimeOperand) throws(ParleyError) -> BoundExpression {
    BoundExpression(
      expression: try limited(operand.term, operand.range), type: operand.type, range: operand.range)
  }

  /// EXTRACT and INTERVAL.
  func timePart(_ syntax: SyntaxExpression) throws(ParleyError) -> BoundExpression {
    switch syntax.kind {
    case .extract(let field, let inner): try bound(try extracted(field, inner, range: syntax.range))
    case .interval(let length): try bound(try self.length(length, range: syntax.range))
    default: throw ParleyError(.invariant, "something else was bound as a part of a date")
    }
  }

  /// A constant in quotes as a date or a time.
  func timeConstant(_ part: BoundExpression, isDate: Bool) throws(ParleyError) -> Expression {
    guard case .text = part.expression else { return part.expression }
    return try constant(timeOperand(part), isDate: isDate)
  }

  /// The midpoint of two days can be at noon, so it is a time; of two times it is the second that it is in.
  func median(ofTimes tenfold: BoundExpression, _ type: SQLType) -> BoundExpression {
    let seconds: Expression =
      type == .date ? tenfold.expression.times(8640) : tenfold.expression.over(10)
    return BoundExpression(expression: seconds, type: .timestamp, range: tenfold.range)
  }
}
