import BigInt
import ParleyBase
import ParleyProgram

/// Functions of numbers: rounding, signs, roots, the greatest and least of several.
extension ExpressionBinder {
  static let scalarNames = ["ABS", "ROUND", "FLOOR", "CEIL", "CEILING", "SIGN", "SQRT", "GREATEST", "LEAST"]

  /// - Parameter upper: one of ``scalarNames``.
  func scalarFunction(
    _ upper: String, _ arguments: [SyntaxExpression], range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    func bound(_ expression: Expression, _ type: SQLType) throws(ParleyError) -> BoundExpression {
      BoundExpression(expression: try limited(expression, range), type: type, range: range)
    }
    func mentioning(
      _ value: Expression, _ expression: Expression, _ type: SQLType
    ) throws(ParleyError) -> BoundExpression {
      BoundExpression(expression: try limited(expression, mentioning: value, range), type: type, range: range)
    }
    if upper == "GREATEST" || upper == "LEAST" {
      guard !arguments.isEmpty else { throw wrongArguments(upper, "\(upper)(a, b)", range) }
      var parts: [BoundExpression] = []
      for argument in arguments { parts.append(try bind(argument)) }
      let (values, type) = try unified(parts, what: "arguments of \(upper)")
      switch type {
      case .number, .date, .timestamp, .duration: break
      case .null: return try bound(.null(.number(scale: 0)), .number(scale: 0))
      default:
        throw error(
          "type", "\(upper) needs numbers or dates, and this is \(type.described)", at: range,
          remedy: "use CASE WHEN … THEN … END")
      }
      return try bound(.extreme(values, isGreatest: upper == "GREATEST"), type)
    }
    guard arguments.count == 1 || arguments.count == 2 && upper == "ROUND" else {
      throw wrongArguments(upper, upper == "ROUND" ? "ROUND(x) or ROUND(x, 2)" : "\(upper)(x)", range)
    }
    let operand = try number(try bind(arguments[0]))
    guard case .number(let scale) = operand.type else { return operand }
    let value = operand.expression
    let isNegative = Expression.compare(.less, value, .integer(0))
    let one = powerOfTen(scale)
    let whole = SQLType.number(scale: 0)
    switch upper {
    case "ABS":
      let branch = Expression.Branch(condition: isNegative, result: scaled(value, by: -1))
      return try mentioning(value, .choose([branch], otherwise: value), operand.type)
    case "SIGN":
      return try mentioning(
        value,
        .choose(
          [
            .init(condition: .isNull(value), result: .null(whole)),
            .init(condition: isNegative, result: .integer(-1)),
            .init(condition: .compare(.equal, value, .integer(0)), result: .integer(0)),
          ], otherwise: .integer(1)), whole)
    case "FLOOR", "CEIL", "CEILING":
      if scale == 0 { return operand }
      let towardsZero = Expression.truncated(value, by: one)
      let back = scaled(towardsZero, by: one)
      let isFloor = upper == "FLOOR"
      let isOff: Expression = isFloor ? .compare(.less, value, back) : .compare(.less, back, value)
      let moved = Expression.add(towardsZero, .integer(isFloor ? -1 : 1))
      return try mentioning(
        value, .choose([.init(condition: isOff, result: moved)], otherwise: towardsZero), whole)
    case "ROUND":
      let places = arguments.count == 2 ? try constantPlaces(arguments[1]) : 0
      if places >= scale { return operand }
      let unit = powerOfTen(scale - places), half = unit / 2
      let shifted = Expression.choose(
        [.init(condition: isNegative, result: .subtract(value, .integer(half)))],
        otherwise: .add(value, .integer(half)))
      let rounded = Expression.truncated(shifted, by: unit)
      return try mentioning(
        value, places < 0 ? scaled(rounded, by: powerOfTen(-places)) : rounded, .number(scale: max(0, places)))
    default: return try bound(.squareRoot(value, scale: scale), .number(scale: Self.places))
    }
  }

  /// Some functions mention their argument several times, and nested ones would grow without end.
  func limited(_ expression: Expression, _ range: SourceRange) throws(ParleyError) -> Expression {
    let limit = 100_000
    guard expression.size(upTo: limit) < limit else {
      throw error(
        "nesting", "the functions in this expression are nested too deeply", at: range,
        remedy:
          "put fewer of them into each other; what a subquery computes is written out and counts as well")
    }
    return expression
  }

  /// The same where it is an operand that is mentioned several times: all that is written out in a query counts.
  func limited(
    _ expression: Expression, mentioning operand: Expression, _ range: SourceRange
  ) throws(ParleyError) -> Expression {
    // Lists of thousands of constants are no trouble beside something short.
    guard operand.count(upTo: 65) > 64 else { return expression }
    let parts = try limited(expression, range).count(upTo: BindingLimits.mostParts + 1)
    try registry.limits.spend(parts, at: range, of: source)
    return expression
  }

  /// `(a, b) IN ((1, 2), (3, 4))`
  func rowMembership(
    _ row: SyntaxExpression, _ rows: [SyntaxExpression], range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    guard case .row(let syntax) = row.kind else { return try bind(row) }
    var values: [BoundExpression] = []
    for part in syntax { values.append(try bind(part)) }
    var matches: [Expression] = []
    for other in rows {
      guard case .row(let others) = other.kind, others.count == values.count else {
        throw error(
          "arguments", "a row of \(values.count) values is looked for among something else", at: other.range,
          remedy: "write rows of \(values.count) values: (a, b) IN ((1, 2), (3, 4))")
      }
      var parts: [Expression] = []
      for (value, part) in zip(values, others) { parts.append(try compare(.equal, value, try bind(part))) }
      matches.append(.all(parts))
    }
    return BoundExpression(expression: try limited(.any(matches), range), type: .boolean, range: range)
  }

  private func wrongArguments(_ name: String, _ form: String, _ range: SourceRange) -> ParleyError {
    error("arguments", "\(name) does not take these arguments", at: range, remedy: "write \(form)")
  }

  private func constantPlaces(_ syntax: SyntaxExpression) throws(ParleyError) -> Int {
    guard let digits = try bind(syntax).wholeConstant, let places = Int(exactly: digits),
      (-18...18).contains(places)
    else {
      throw error(
        "arguments", "the number of places of ROUND is a whole number from -18 to 18", at: syntax.range,
        remedy: "write for instance ROUND(x, 2)")
    }
    return places
  }

  /// What division towards zero leaves, with the sign of the dividend; NULL where the divisor is 0.
  func remainder(
    _ left: BoundExpression, _ x: Int, _ right: BoundExpression, _ y: Int, range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    let scale = max(x, y)
    let a = scaled(left.expression, by: powerOfTen(scale - x))
    let b = scaled(right.expression, by: powerOfTen(scale - y))
    let multiple: Expression
    if case .integer(let divisor) = b, divisor > 0 {
      multiple = scaled(.truncated(a, by: divisor), by: divisor)
    } else {
      multiple = .multiply(b, .integerQuotient(a, b))
    }
    return BoundExpression(
      expression: try limited(.subtract(a, multiple), range), type: .number(scale: scale), range: range)
  }
}

extension Expression {
  /// Its parts, counted up to a limit; a part that stands several times counts several times.
  fileprivate func size(upTo limit: Int) -> Int {
    var size = 1
    for child in children where size < limit { size += child.size(upTo: limit - size) }
    return size
  }
}
