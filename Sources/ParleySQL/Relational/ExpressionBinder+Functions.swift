import BigInt
import ParleyBase
import ParleyProgram

/// Aggregates.
extension ExpressionBinder {
  static let aggregateNames = [
    "COUNT", "SUM", "AVG", "MIN", "MAX", "MEDIAN", "QUANTILE", "VARIANCE", "VAR_SAMP", "STDDEV", "STDDEV_SAMP",
    "CORR", "BOOL_OR", "BOOL_AND",
  ]
  static let windowNames = [
    "ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE", "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE", "COUNT", "SUM", "AVG",
    "MIN", "MAX", "VARIANCE", "VAR_SAMP", "STDDEV", "STDDEV_SAMP", "CORR",
  ]
  static let functionNames: [String] = {
    let windows = windowNames.filter { !aggregateNames.contains($0) }
    let others = ["COALESCE", "NULLIF", "CAST", "EXTRACT", "SUBSTRING"]
    return aggregateNames + scalarNames + TextCall.names + TimeFunctions.names + others + windows
  }()

  /// Aggregates outside of subqueries and windows.
  static func containsAggregate(_ syntax: SyntaxExpression) -> Bool {
    func any(_ parts: [SyntaxExpression?]) -> Bool { parts.contains { $0.map(containsAggregate) ?? false } }
    switch syntax.kind {
    case .name, .number, .text, .date, .timestamp, .boolean, .null, .interval, .exists, .scalarQuery: return false
    case .row(let list), .joined(let list): return any(list)
    case .negated(let a), .not(let a), .isNull(let a), .isTruth(let a, _), .cast(let a, _), .extract(_, let a),
      .oneOfQuery(let a, _):
      return any([a])
    case .arithmetic(_, let a, let b), .comparison(_, let a, let b), .and(let a, let b), .or(let a, let b),
      .isSame(let a, let b):
      return any([a, b])
    case .between(let a, let b, let c): return any([a, b, c])
    case .like(let a, let b, let c), .substring(let a, let b, let c): return any([a, b, c])
    case .oneOf(let a, let list): return any([a] + list)
    case .caseWhen(let operand, let branches, let otherwise):
      return any([operand, otherwise] + branches.flatMap { [$0.condition, $0.result] })
    case .distinctCall: return true
    case .call(let name, let arguments):
      return aggregateNames.contains(name.text.uppercased()) || any(arguments ?? [])
    case .windowCall(_, let arguments, let window):
      return any((arguments ?? []) + window.partition + window.order.map(\.expression))
    }
  }

  func aggregate(
    _ name: Name, _ arguments: [SyntaxExpression]?, isDistinct: Bool, range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    let upper = name.text.uppercased()
    guard Self.aggregateNames.contains(upper) else {
      if Self.windowNames.contains(upper) {
        throw error(
          "arguments", "\(name.text) is a window function", at: range,
          remedy: "write \(name.text)(…) OVER (PARTITION BY … ORDER BY …)")
      }
      throw FunctionHints.unknown(name, among: Self.functionNames, source: source)
    }
    guard let functions else {
      throw error(
        "aggregate-place", "\(name.text) is a statistic over rows and cannot stand here", at: range,
        remedy: "statistics belong in SELECT, HAVING and ORDER BY; a subquery can compute one for WHERE")
    }
    guard let arguments else {
      guard upper == "COUNT" else {
        throw error(
          "arguments", "\(name.text)(*) means nothing", at: range, remedy: "only COUNT takes *; name a column")
      }
      return add(.countRows, nil, false, .number(scale: 0), isNullable: false, functions, range)
    }
    let wanted = upper == "QUANTILE" || upper == "CORR" ? 2 : 1
    guard arguments.count == wanted else {
      throw error(
        "arguments",
        "\(name.text) takes \(wanted == 1 ? "one argument" : "two arguments"), not \(arguments.count)", at: range,
        remedy: wanted == 1 ? "write \(name.text)(x)" : "write \(name.text)(x, \(upper == "CORR" ? "y" : "0.9"))")
    }
    var rows = self
    rows.functions = nil
    rows.allowsWindows = false
    let value = try rows.bind(arguments[0])
    if upper == "CORR" {
      let x = try rows.variable(value), y = try rows.variable(try rows.bind(arguments[1]))
      return add(
        .correlation, x.expression, false, .number(scale: Self.places), and: y.expression, isNullable: true,
        functions, range)
    }
    return try add(upper, name, value, arguments, isDistinct, functions, range)
  }

  /// A number, or a condition as 0 and 1.
  func variable(_ value: BoundExpression) throws(ParleyError) -> BoundExpression {
    value.type == .boolean ? try cast(value, to: .integer, range: value.range) : try number(value)
  }

  private func add(
    _ upper: String, _ name: Name, _ value: BoundExpression, _ arguments: [SyntaxExpression], _ isDistinct: Bool,
    _ functions: BlockFunctions, _ range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    let nullable = true
    switch upper {
    case "COUNT":
      var argument = value.expression
      if value.type == .text { argument = .integer(0) }
      if value.type == .null { argument = .null(.number(scale: 0)) }
      return add(
        .count, argument, isDistinct, .number(scale: 0), of: value.type, isNullable: false, functions, range)
    case "BOOL_OR", "BOOL_AND":
      guard value.type == .boolean else {
        throw error(
          "type", "\(name.text) needs a condition, and this is \(value.type.described)", at: value.range,
          remedy: "compare it with something")
      }
      let function: AggregateFunction = upper == "BOOL_OR" ? .any : .every
      return add(function, value.expression, false, .boolean, isNullable: nullable, functions, range)
    case "MIN", "MAX":
      let smallest = upper == "MIN"
      switch value.type {
      case .boolean:
        return add(
          smallest ? .every : .any, value.expression, false, .boolean, isNullable: nullable, functions, range)
      case .date, .timestamp, .duration, .number, .string, .category, .text:
        let (values, type) = try unified([value], what: "compared")
        return add(
          smallest ? .minimum : .maximum, values[0], false, type, of: type, isNullable: nullable, functions, range)
      case .null: break
      }
    case "SUM" where value.type == .boolean:
      return add(.sum, value.expression, isDistinct, .number(scale: 0), isNullable: nullable, functions, range)
    default: break
    }
    let operand: BoundExpression
    switch value.type {
    case .boolean: operand = try cast(value, to: .integer, range: range)
    // A quantile is one of the values, whatever they are.
    case .date where upper == "QUANTILE" || upper == "MEDIAN",
      .timestamp where upper == "QUANTILE" || upper == "MEDIAN":
      operand = value
    case .duration where ["SUM", "AVG", "MEDIAN", "QUANTILE"].contains(upper): operand = value
    default: operand = try number(value)
    }
    let type = operand.type
    switch upper {
    case "SUM": return add(.sum, operand.expression, isDistinct, type, isNullable: nullable, functions, range)
    case "MIN": return add(.minimum, operand.expression, false, type, isNullable: nullable, functions, range)
    case "MAX": return add(.maximum, operand.expression, false, type, isNullable: nullable, functions, range)
    case "AVG":
      let mean: SQLType =
        if case .duration = type { .duration(scale: Self.places) } else { .number(scale: Self.places) }
      return add(
        .average, operand.expression, isDistinct, mean, of: type, isNullable: nullable, functions, range)
    case "VARIANCE", "VAR_SAMP", "STDDEV", "STDDEV_SAMP":
      return add(
        upper.hasPrefix("VAR") ? .variance : .deviation, operand.expression, isDistinct,
        .number(scale: Self.places), of: type, isNullable: nullable, functions, range)
    case "MEDIAN":
      // The mean of two values has one more place.
      let wider: SQLType =
        switch type {
        case .number(let scale): .number(scale: scale + 1)
        case .duration(let scale): .duration(scale: scale + 1)
        default: .number(scale: 1)
        }
      let unit: SQLType = type == .date || type == .timestamp ? .number(scale: 0) : type
      let median = add(
        .median, operand.expression, false, wider, of: unit, isNullable: nullable, functions, range)
      return type == .date || type == .timestamp ? self.median(ofTimes: median, type) : median
    default: break
    }
    guard case .number(let digits, let scale) = arguments[arguments.count - 1].kind, digits >= 0,
      let numerator = Int(exactly: digits), let denominator = Int(exactly: powerOfTen(scale)),
      numerator <= denominator
    else {
      throw error(
        "arguments", "the second argument of QUANTILE is a constant from 0 to 1",
        at: arguments[arguments.count - 1].range, remedy: "write for instance QUANTILE(x, 0.9)")
    }
    return add(
      .quantile(numerator: numerator, denominator: denominator), operand.expression, false, type,
      of: type, isNullable: nullable, functions, range)
  }

  private func add(
    _ function: AggregateFunction, _ argument: Expression?, _ isDistinct: Bool, _ type: SQLType,
    of argumentType: SQLType = .number(scale: 0), and second: Expression? = nil, isNullable: Bool,
    _ functions: BlockFunctions,
    _ range: SourceRange
  ) -> BoundExpression {
    let known = functions.aggregates.first {
      $0.function == function && $0.argument == argument && $0.second == second && $0.isDistinct == isDistinct
    }
    let id = known?.id ?? registry.column(source.text(range), type, isNullable: isNullable)
    if known == nil {
      registry[id].error = registry.error(of: function, argument, second)
      if case .number(let scale) = argumentType {
        registry[id].values = registry.values(of: function, argument, scale: scale)
      }
      functions.aggregates.append(
        .init(
          id: id, function: function, argument: argument, second: second, type: argumentType,
          isDistinct: isDistinct))
    }
    return BoundExpression(expression: .column(id), type: type, range: range)
  }
}
