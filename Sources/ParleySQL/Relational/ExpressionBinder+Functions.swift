import BigInt
import ParleyBase
import ParleyProgram

/// Aggregates and window functions.
extension ExpressionBinder {
  static let aggregateNames = [
    "COUNT", "SUM", "AVG", "MIN", "MAX", "MEDIAN", "QUANTILE", "VARIANCE", "VAR_SAMP", "STDDEV", "STDDEV_SAMP",
    "CORR", "BOOL_OR", "BOOL_AND",
  ]
  static let windowNames = [
    "ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE", "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE", "COUNT", "SUM", "AVG",
    "MIN", "MAX",
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
  private func variable(_ value: BoundExpression) throws(ParleyError) -> BoundExpression {
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

  // MARK: Windows

  func window(
    _ name: Name, _ arguments: [SyntaxExpression]?, _ window: WindowSpecification, _ range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    guard allowsWindows, let functions else {
      throw error(
        "aggregate-place", "a window function cannot stand here", at: range,
        remedy: "select it in a subquery in FROM, and use the column outside")
    }
    var inner = self
    inner.allowsWindows = false
    var partition: [Expression] = []
    for syntax in window.partition { partition.append(try inner.bind(syntax).expression) }
    var order: [OrderKey] = []
    for key in window.order {
      order.append(
        OrderKey(
          expression: try inner.bind(key.expression).expression, isDescending: key.isDescending,
          nullsFirst: key.nullsFirst ?? !key.isDescending))
    }
    let step = WindowStep(partition: partition, order: order, functions: [])
    var values: [BoundExpression] = []
    for argument in arguments ?? [] { values.append(try inner.bind(argument)) }
    let call = WindowCall(name: name, values: values, step: step, frame: window.frame, range: range)
    if let composed = try inner.composed(call, functions) { return composed }
    let (function, type, isNullable) = try inner.windowFunction(call)
    return BoundExpression(
      expression: add(function, type, isNullable: isNullable, call, functions), type: type, range: range)
  }

  /// A window function as it was written.
  private struct WindowCall {
    var name: Name
    var values: [BoundExpression]
    /// Without functions.
    var step: WindowStep
    var frame: WindowFrame?
    var range: SourceRange
  }

  private func add(
    _ function: WindowStep.Function, _ type: SQLType, isNullable: Bool, _ call: WindowCall,
    _ functions: BlockFunctions
  ) -> Expression {
    let id = registry.column(source.text(call.range), type, isNullable: isNullable)
    registry[id].error = registry.error(of: function)
    registry[id].unit = registry.unit(of: function)
    let column = WindowStep.Column(id: id, function: function, frame: call.frame)
    if let index = functions.windows.firstIndex(where: {
      $0.partition == call.step.partition && $0.order == call.step.order
    }) {
      functions.windows[index].functions.append(column)
    } else {
      var step = call.step
      step.functions = [column]
      functions.windows.append(step)
    }
    return .column(id)
  }

  /// Functions that are computed from others.
  private func composed(
    _ call: WindowCall, _ functions: BlockFunctions
  ) throws(ParleyError) -> BoundExpression? {
    let count = SQLType.number(scale: 0)
    func bound(_ expression: Expression, _ type: SQLType) throws(ParleyError) -> BoundExpression {
      BoundExpression(expression: try limited(expression, call.range), type: type, range: call.range)
    }
    switch (call.name.text.uppercased(), call.values.count) {
    case ("AVG", 1):
      let value = try variable(call.values[0])
      guard case .number(let scale) = value.type else { return nil }
      let sum = add(.sum(value.expression), value.type, isNullable: true, call, functions)
      let number = add(.count(value.expression), count, isNullable: false, call, functions)
      let places = max(Self.places, scale)
      return try bound(.ratio(sum, number, places: places - scale), .number(scale: places))
    case ("LAG", 3), ("LEAD", 3):
      let isLag = call.name.text.uppercased() == "LAG"
      let by = try distance(call)
      let (values, type) = try unified([call.values[0], call.values[2]], what: "moved")
      let value = add(isLag ? .lag(values[0], by) : .lead(values[0], by), type, isNullable: true, call, functions)
      // Where there is no such row the default stands, and not where the value of that row is NULL.
      let one = Expression.integer(1)
      let isThere = add(isLag ? .lag(one, by) : .lead(one, by), count, isNullable: true, call, functions)
      return try bound(.choose([.init(condition: .isNull(isThere), result: values[1])], otherwise: value), type)
    case ("NTILE", 1):
      guard let tiles = call.values[0].wholeConstant, tiles > 0, tiles <= 1_000_000 else {
        throw error(
          "arguments", "the number of NTILE is a whole number of at least 1", at: call.values[0].range,
          remedy: "write NTILE(4)")
      }
      var whole = call
      whole.step.order = []
      whole.frame = nil
      let rows = add(.countRows, count, isNullable: false, whole, functions)
      let row = add(.rowNumber, count, isNullable: false, call, functions)
      // The first tiles have one row more than the others, as many of them as division leaves rows.
      let size = Expression.truncated(rows, by: tiles)
      let rest = Expression.subtract(rows, .scaled(size, by: tiles))
      let larger = Expression.multiply(rest, .add(size, .integer(1)))
      let early = Expression.integerQuotient(.subtract(row, .integer(1)), .add(size, .integer(1)))
      let late = Expression.add(
        rest, .coalesce([.integerQuotient(.subtract(.subtract(row, .integer(1)), larger), size), .integer(0)]))
      let tile = Expression.choose(
        [.init(condition: .compare(.lessOrEqual, row, larger), result: early)], otherwise: late)
      return try bound(.add(tile, .integer(1)), count)
    default: return nil
    }
  }

  private func distance(_ call: WindowCall) throws(ParleyError) -> Int {
    guard call.values.count > 1 else { return 1 }
    guard let value = call.values[1].wholeConstant, value >= 0 else {
      throw error(
        "arguments", "the distance of \(call.name.text) is a whole number, 0 or more", at: call.values[1].range,
        remedy: "write 1"
      )
    }
    // No table has a row that is further away.
    return Int(min(value, BigInt(PlanSizes.mostRows)))
  }

  private func windowFunction(
    _ call: WindowCall
  ) throws(ParleyError) -> (WindowStep.Function, SQLType, isNullable: Bool) {
    let count = SQLType.number(scale: 0)
    let (name, values, range) = (call.name, call.values, call.range)
    switch (name.text.uppercased(), values.count) {
    case ("ROW_NUMBER", 0): return (.rowNumber, count, false)
    case ("RANK", 0): return (.rank, count, false)
    case ("DENSE_RANK", 0): return (.denseRank, count, false)
    case ("COUNT", 0): return (.countRows, count, false)
    case ("COUNT", 1): return (.count(values[0].expression), count, false)
    case ("LAG", 1...2), ("LEAD", 1...2):
      let by = try distance(call)
      let (coerced, type) = try unified([values[0]], what: "moved")
      return (name.text.uppercased() == "LAG" ? .lag(coerced[0], by) : .lead(coerced[0], by), type, true)
    case ("FIRST_VALUE", 1), ("LAST_VALUE", 1):
      let isFirst = name.text.uppercased() == "FIRST_VALUE"
      // The row that is meant has to be in every frame.
      if case .rows(let from, let to) = call.frame,
        isFirst ? from != nil || to ?? 0 < 0 : from ?? 0 > 0 || to ?? 0 != 0
      {
        throw error(
          "unsupported", "\(name.text) over this frame is not part of the dialect", at: range,
          remedy: isFirst
            ? "use LAG(x, 3), or a frame from UNBOUNDED PRECEDING"
            : "use LEAD(x, 3), or a frame to CURRENT ROW or UNBOUNDED FOLLOWING")
      }
      let (coerced, type) = try unified([values[0]], what: "moved")
      return (isFirst ? .firstValue(coerced[0]) : .lastValue(coerced[0]), type, true)
    case ("SUM", 1), ("MIN", 1), ("MAX", 1):
      let upper = name.text.uppercased()
      var value = values[0]
      switch value.type {
      case .duration: break
      case .category where upper != "SUM": break
      case .string where upper != "SUM":
        throw error(
          "unsupported", "\(upper) of texts over a window is not part of the dialect", at: range,
          remedy: upper == "MIN"
            ? "write FIRST_VALUE(x) OVER (PARTITION BY … ORDER BY x NULLS LAST)"
            : "write FIRST_VALUE(x) OVER (PARTITION BY … ORDER BY x DESC NULLS LAST)")
      default: if upper == "SUM" || !value.type.isTime { value = try number(value) }
      }
      if upper != "SUM", case .rows(let from, let to) = call.frame, from != nil || to != 0 {
        throw error(
          "unsupported", "\(name.text) over a sliding frame is not part of the dialect", at: range,
          remedy: "use SUM, COUNT or AVG over it, or a frame from UNBOUNDED PRECEDING to CURRENT ROW")
      }
      switch upper {
      case "SUM": return (.sum(value.expression), value.type, true)
      case "MIN": return (.minimum(value.expression), value.type, true)
      default: return (.maximum(value.expression), value.type, true)
      }
    default:
      guard Self.windowNames.contains(name.text.uppercased()) else {
        throw error(
          "unknown-function",
          "unknown window function '\(name.text)'\(didYouMean(name.text, among: Self.windowNames))",
          at: name.range,
          remedy: "window functions: \(Self.windowNames.joined(separator: ", "))")
      }
      throw error(
        "arguments", "\(name.text) does not take \(values.count) arguments", at: range,
        remedy: "ROW_NUMBER(), RANK(), LAG(x), LAG(x, 2), SUM(x)")
    }
  }
}
