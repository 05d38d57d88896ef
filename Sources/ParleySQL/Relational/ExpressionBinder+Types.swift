import BigInt
import ParleyBase
import ParleyProgram

/// One type for several expressions that meet, and the operators whose result depends on types.
extension ExpressionBinder {
  /// - Parameter extends: labels and lists of different categories go into one list; otherwise a label must be in it.
  func common(
    _ parts: [BoundExpression], what: String, extends: Bool = false
  ) throws(ParleyError) -> SQLType {
    var type = SQLType.null
    var constants: [ExactText] = []
    for part in parts {
      if case .text(let text) = part.expression, !constants.contains(text) { constants.append(text) }
      switch (type, part.type) {
      case (_, .null): break
      case (.null, let other): type = other
      case (.number(let x), .number(let y)): type = .number(scale: max(x, y))
      case (.duration(let x), .duration(let y)): type = .duration(scale: max(x, y))
      case (.boolean, .boolean), (.date, .date), (.text, .text), (.category, .text): break
      case (.timestamp, .timestamp), (.timestamp, .date), (.timestamp, .text), (.date, .text): break
      case (.date, .timestamp), (.text, .timestamp), (.text, .date): type = part.type
      case (.text, .category), (.text, .string): type = part.type
      case (.category(let x), .category(let y)): type = .category(CategoryList(x, y))
      case (.string(let x), .string(let y)): type = .string(bytes: max(x, y))
      case (.string, .text): break
      case (.string(let x), .category(let list)), (.category(let list), .string(let x)):
        type = .string(bytes: max(x, list.bytes))
      default:
        throw error(
          "type", "\(type.described) and \(part.type.described) are \(what)", at: part.range,
          remedy: Self.remedyForUnlike(
            type, part.type, condition: parts.first { $0.type == .boolean }.map { source.text($0.range) }))
      }
    }
    switch type {
    case .text: return .category(CategoryList(constants: constants))
    case .string(let bytes): return .string(bytes: constants.reduce(bytes) { max($0, $1.value.utf8.count) })
    case .category(let list) where extends || list.isOfConstants:
      return .category(CategoryList(list, CategoryList(constants: constants)))
    default: return type
    }
  }

  /// The expressions as values of one column, which results can show.
  func unified(
    _ parts: [BoundExpression], what: String
  ) throws(ParleyError) -> (values: [Expression], type: SQLType) {
    let aligned = try aligned(parts, what: what)
    if case .category = aligned.type { try checkLabels(parts, what: what) }
    return aligned
  }

  /// The expressions in one type, where what results would show for them does not matter.
  func aligned(
    _ parts: [BoundExpression], what: String
  ) throws(ParleyError) -> (values: [Expression], type: SQLType) {
    let type = try common(parts, what: what, extends: true)
    var values: [Expression] = []
    for part in parts { values.append(try coerced(part, to: type)) }
    return (values, type)
  }

  private func checkLabels(_ parts: [BoundExpression], what: String) throws(ParleyError) {
    var shown = ShownValues()
    func name(_ part: BoundExpression) -> String {
      if case .column(let id) = part.expression { registry[id].name } else { source.text(part.range) }
    }
    func check(_ clash: ShownValues.Clash?, _ part: BoundExpression) throws(ParleyError) {
      guard let clash else { return }
      throw error("label", "\(clash.message), and both are \(what)", at: part.range, remedy: clash.remedy)
    }
    for part in parts {
      guard case .category(let list) = part.type else { continue }
      try check(shown.add(list, source: name(part)), part)
    }
    for part in parts {
      guard case .text(let constant) = part.expression else { continue }
      try check(shown.add(constant: constant, source: name(part)), part)
    }
  }

  /// The expression in the units of `type`, which ``common(_:what:extends:)`` returned for it.
  func coerced(_ part: BoundExpression, to type: SQLType) throws(ParleyError) -> Expression {
    switch (part.type, type) {
    case (.null, _): return .null(type)
    case (.number(let x), .number(let y)), (.duration(let x), .duration(let y)):
      return scaled(part.expression, by: powerOfTen(y - x))
    case (.date, .timestamp): return part.expression.times(TimeNumber.secondsOfDay)
    case (.text, .date), (.text, .timestamp): return try timeConstant(part, isDate: type == .date)
    case (.text, .category(let list)):
      guard case .text(let constant) = part.expression else { return part.expression }
      guard let position = list.position(of: constant) else {
        let (text, labels) = (constant.value, list.texts)
        let listed = labels.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
        throw error(
          "unknown-value", "'\(text)' is not among the declared values\(didYouMean(text, among: labels))",
          at: part.range, remedy: "the values are \(listed)\(labels.count > 20 ? " and more" : "")")
      }
      return .integer(BigInt(position))
    case (.category(let from), .category(let to)):
      if to.values.starts(with: from.values) { return part.expression }
      return mapped(part.expression, from.values.map { .integer(BigInt(to.position(of: $0) ?? 0)) }, type)
    case (.category(let from), .string): return mapped(part.expression, from.values.map { .text($0) }, type)
    default: return part.expression
    }
  }

  /// The result for each position of a category.
  func mapped(_ expression: Expression, _ results: [Expression], _ type: SQLType) -> Expression {
    guard let last = results.last else { return .null(type) }
    if case .integer(let value) = expression, let index = Int(exactly: value), results.indices.contains(index) {
      return results[index]
    }
    var branches = results.dropLast().enumerated().map { index, result in
      Expression.Branch(condition: .compare(.equal, expression, .integer(BigInt(index))), result: result)
    }
    if isNullable(expression) {
      branches.insert(.init(condition: .isNull(expression), result: .null(type)), at: 0)
    }
    return .choose(branches, otherwise: last)
  }

  func compare(
    _ sign: ComparisonSign, _ a: BoundExpression, _ b: BoundExpression
  ) throws(ParleyError) -> Expression {
    let type = try common([a, b], what: "compared")
    let x = try coerced(a, to: type), y = try coerced(b, to: type)
    switch type {
    case .boolean, .category, .text:
      guard sign == .equal || sign == .notEqual else {
        let category = source.text(a.type == .text ? b.range : a.range)
        throw error(
          "type", "\(type == .boolean ? "conditions" : "categories") have no order", at: a.range.union(b.range),
          remedy: type == .boolean
            ? "use =, <> or IN" : "use =, <> or IN, or write CAST(\(category) AS VARCHAR) for the order of texts")
      }
      let same: Expression = type == .boolean ? .equivalent(x, y) : .compare(.equal, x, y)
      return sign == .equal ? same : .not(same)
    case .string: return ordered(sign, x, y) { .compareText($0, $1, $2) }
    case .number, .date, .timestamp, .duration, .null: return ordered(sign, x, y) { .compare($0, $1, $2) }
    }
  }

  /// Equality to which NULL is a value like others.
  func same(_ a: BoundExpression, _ b: BoundExpression) throws(ParleyError) -> Expression {
    let (parts, _) = try aligned([a, b], what: "compared")
    let equal = try compare(.equal, a, b)
    return try limited(
      .or(.coalesce([equal, .boolean(false)]), .and(.isNull(parts[0]), .isNull(parts[1]))),
      a.range.union(b.range))
  }

  private func ordered(
    _ sign: ComparisonSign, _ x: Expression, _ y: Expression,
    _ make: (Program.Comparison, Expression, Expression) -> Expression
  ) -> Expression {
    switch sign {
    case .equal: make(.equal, x, y)
    case .notEqual: .not(make(.equal, x, y))
    case .less: make(.less, x, y)
    case .lessOrEqual: make(.lessOrEqual, x, y)
    case .greater: make(.less, y, x)
    case .greaterOrEqual: make(.lessOrEqual, y, x)
    }
  }

  // MARK: Arithmetic

  func arithmetic(
    _ sign: ArithmeticSign, _ a: SyntaxExpression, _ b: SyntaxExpression, range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    if let sum = try timeArithmetic(sign, a, b, range: range) { return try bound(sum) }
    let first = try bind(a), second = try bind(b)
    if let sum = try timeArithmetic(sign, timeOperand(first), timeOperand(second), range: range) {
      return try bound(sum)
    }
    let left = try number(first), right = try number(second)
    guard case .number(let x) = left.type, case .number(let y) = right.type else {
      throw ParleyError(.invariant, "an operand of arithmetic is not a number")
    }
    switch sign {
    case .remainder: return try remainder(left, x, right, y, range: range)
    case .plus, .minus:
      let scale = max(x, y)
      let p = scaled(left.expression, by: powerOfTen(scale - x))
      let q = scaled(right.expression, by: powerOfTen(scale - y))
      return BoundExpression(
        expression: sign == .plus ? .add(p, q) : .subtract(p, q), type: .number(scale: scale), range: range)
    case .times:
      guard x + y <= 18 else {
        throw error(
          "scale", "the product has \(x + y) decimal places", at: range,
          remedy: "keep products at 18 decimal places or fewer: CAST(x AS DECIMAL(p, s)) drops some")
      }
      var product = Expression.multiply(left.expression, right.expression)
      if case .integer(let factor) = left.expression { product = scaled(right.expression, by: factor) }
      if case .integer(let factor) = right.expression { product = scaled(left.expression, by: factor) }
      return BoundExpression(expression: product, type: .number(scale: x + y), range: range)
    case .over: return quotient(left, x, right, y, range: range)
    }
  }

  /// Of integers: towards zero. Otherwise rounded to six places, or to the dividend's if those are more.
  private func quotient(
    _ left: BoundExpression, _ x: Int, _ right: BoundExpression, _ y: Int, range: SourceRange
  ) -> BoundExpression {
    if x == 0, y == 0 {
      var quotient = Expression.integerQuotient(left.expression, right.expression)
      if case .integer(let divisor) = right.expression, divisor > 0 {
        quotient = .truncated(left.expression, by: divisor)
      } else {
        let (a, b) = (source.text(left.range), source.text(right.range))
        registry.note(
          "'\(source.text(range))' divides whole numbers and drops what is left over: 3 / 4 is 0. For decimals write CAST(\(a) AS DECIMAL(18, 6)) / \(b)"
        )
      }
      return BoundExpression(expression: quotient, type: .number(scale: 0), range: range)
    }
    let places = max(Self.places, x)
    return BoundExpression(
      expression: .ratio(left.expression, right.expression, places: places + y - x), type: .number(scale: places),
      range: range)
  }
  /// Places after the point of quotients and means.
  static var places: Int { 6 }

  func cast(_ value: BoundExpression, to target: CastTarget, range: SourceRange) throws(ParleyError)
    -> BoundExpression
  {
    func toScale(_ wanted: Int) throws(ParleyError) -> BoundExpression {
      var value = value
      if value.type == .boolean {
        let branch = Expression.Branch(condition: value.expression, result: .integer(1))
        let isNull = Expression.Branch(
          condition: .isNull(value.expression), result: .null(.number(scale: 0)))
        value.expression = .choose([isNull, branch], otherwise: .integer(0))
        value.type = .number(scale: 0)
      }
      value = try number(value)
      guard case .number(let scale) = value.type else { return value }
      let expression =
        wanted >= scale
        ? scaled(value.expression, by: powerOfTen(wanted - scale))
        : Expression.truncated(value.expression, by: powerOfTen(scale - wanted))
      return BoundExpression(expression: expression, type: .number(scale: wanted), range: range)
    }
    switch target {
    case .text: return try asText(value, range: range)
    case .integer: return try toScale(0)
    case .decimal(let scale): return try toScale(scale)
    case .date, .timestamp:
      return try bound(try converted(timeOperand(value), toDate: target == .date, range: range))
    }
  }
}
