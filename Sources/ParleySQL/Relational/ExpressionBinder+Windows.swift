import BigInt
import ParleyBase
import ParleyProgram

/// Window functions.
extension ExpressionBinder {
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
    case ("VARIANCE", 1), ("VAR_SAMP", 1), ("STDDEV", 1), ("STDDEV_SAMP", 1), ("CORR", 2):
      let x = try variable(call.values[0])
      let y = call.values.count == 2 ? try variable(call.values[1]) : nil
      let upper = call.name.text.uppercased()
      let function: AggregateFunction =
        y != nil ? .correlation : upper.hasPrefix("VAR") ? .variance : .deviation
      let type = SQLType.number(scale: Self.places)
      let moments = WindowStep.Function.moments(
        function, x.expression, and: y?.expression, type: y == nil ? x.type : .number(scale: 0))
      let column = add(moments, type, isNullable: true, call, functions)
      return BoundExpression(expression: column, type: type, range: call.range)
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
            ? "use a frame from UNBOUNDED PRECEDING; or LAG(x, 3), which is NULL where fewer than three rows come before"
            : "use a frame to CURRENT ROW or UNBOUNDED FOLLOWING; or LEAD(x, 3), which is NULL where fewer than three rows follow"
        )
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
