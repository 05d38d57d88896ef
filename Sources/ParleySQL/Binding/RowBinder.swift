import BigInt
import ParleyBase
import ParleyProgram

/// An expression with its type and where it was written.
struct TypedExpression {
  var expression: RowExpression
  var type: SQLType
  var range: SourceRange
  /// The content of a text literal.
  var text: ExactText?
}

/// Resolves names and types of expressions over one row.
struct RowBinder {
  let source: Source
  let table: TableSchema
  let tableAlias: String?

  func error(_ code: String, _ message: String, at range: SourceRange, remedy: String) -> ParleyError {
    source.error("sql/\(code)", message, at: range, remedy: remedy)
  }

  // MARK: Names

  func column(_ qualifier: Name?, _ name: Name) throws(ParleyError) -> TypedExpression {
    if let qualifier {
      let names = [tableAlias ?? table.name]
      guard names.contains(where: { $0.lowercased() == qualifier.text.lowercased() }) else {
        throw error(
          "unknown-table", "unknown table '\(qualifier.text)'\(didYouMean(qualifier.text, among: names))",
          at: qualifier.range, remedy: "the table of this query is called '\(names[0])'")
      }
    }
    let exact = table.columns.firstIndex { $0.name == name.text }
    let folded = table.columns.firstIndex { $0.name.lowercased() == name.text.lowercased() }
    guard let index = exact ?? folded else {
      let names = table.columns.map(\.name)
      var remedy = "columns of '\(table.name)': \(names.joined(separator: ", "))"
      for column in table.columns {
        if case .category(let list) = SQLType(column), list.contains(name.text) {
          remedy = "if the text is meant, put it in single quotes: '\(name.text)'"
        }
      }
      throw error(
        "unknown-column", "unknown column '\(name.text)'\(didYouMean(name.text, among: names))",
        at: name.range, remedy: remedy)
    }
    switch table.columns[index].type {
    case .text:
      throw error(
        "type", "column '\(table.columns[index].name)' holds texts, which this query cannot use",
        at: name.range, remedy: "leave it out, or declare the column as a category, a date or a number")
    default: break
    }
    return TypedExpression(
      expression: .column(index), type: SQLType(table.columns[index]), range: name.range)
  }

  // MARK: Expressions

  /// - Parameter isKey: integer division by a constant is allowed.
  func bind(_ syntax: SyntaxExpression, isKey: Bool = false) throws(ParleyError) -> TypedExpression {
    let range = syntax.range
    func typed(_ expression: RowExpression, _ type: SQLType) -> TypedExpression {
      TypedExpression(expression: expression, type: type, range: range)
    }
    switch syntax.kind {
    case .name(let qualifier, let name): return try column(qualifier, name)
    case .number(let digits, let scale): return typed(.integer(digits), .number(scale: scale))
    case .text(let text):
      return TypedExpression(expression: .integer(0), type: .text, range: range, text: ExactText(text))
    case .date(let days): return typed(.integer(BigInt(days)), .date)
    case .timestamp(let seconds): return typed(.integer(BigInt(seconds)), .timestamp)
    case .boolean(let value): return typed(.boolean(value), .boolean)
    case .null: return typed(.null(isCondition: false), .null)
    case .negated(let inner):
      let operand = try number(try bind(inner, isKey: isKey))
      return typed(scaled(operand.expression, by: -1), operand.type)
    case .arithmetic(let sign, let a, let b):
      var result = try arithmetic(sign, a, b, isKey: isKey, range: range)
      result.range = range
      return result
    case .comparison(let sign, let a, let b):
      return typed(try compare(sign, try bind(a), try bind(b)), .boolean)
    case .not(let inner): return typed(.not(try condition(inner)), .boolean)
    case .and(let a, let b): return typed(.and(try condition(a), try condition(b)), .boolean)
    case .or(let a, let b): return typed(.or(try condition(a), try condition(b)), .boolean)
    case .isNull(let inner):
      let operand = try bind(inner)
      return typed(.isNull(operand.expression), .boolean)
    case .isTruth(let inner, let value):
      let operand = try condition(inner)
      return typed(.coalesce([value ? operand : .not(operand), .boolean(false)]), .boolean)
    case .isSame(let a, let b): return typed(try same(try bind(a), try bind(b)), .boolean)
    case .between(let inner, let low, let high):
      let operand = try bind(inner)
      let above = try compare(.lessOrEqual, try bind(low), operand)
      let isWithin = RowExpression.and(above, try compare(.lessOrEqual, operand, try bind(high)))
      return typed(try limited(isWithin, mentioning: operand.expression, range), .boolean)
    case .oneOf(let inner, let values):
      let operand = try bind(inner)
      var matches: [RowExpression] = []
      for value in values { matches.append(try compare(.equal, operand, try bind(value))) }
      return typed(
        try limited(RowExpression.any(matches[...]), mentioning: operand.expression, range), .boolean)
    case .caseWhen(let operand, let branches, let otherwise):
      return try caseWhen(operand, branches, otherwise, range: range)
    case .call(let name, let arguments):
      if let made = try text(syntax) { return made }
      return try call(name, arguments, range: range)
    case .extract, .interval: return try timePart(syntax)
    case .cast:
      if let made = try text(syntax) { return made }
      return try timePart(syntax)
    case .row, .distinctCall, .windowCall, .like, .substring, .joined, .exists, .oneOfQuery, .scalarQuery:
      if let made = try text(syntax) { return made }
      throw error(
        "unsupported", "'\(source.text(range))' needs relational operators", at: range,
        remedy: "leave it out of statistics over public groups")
    }
  }

  func condition(_ syntax: SyntaxExpression) throws(ParleyError) -> RowExpression {
    let bound = try bind(syntax)
    switch bound.type {
    case .boolean: return bound.expression
    case .null: return .null(isCondition: true)
    default:
      throw error(
        "type", "a condition is needed here, and this is \(bound.type.described)", at: syntax.range,
        remedy: "compare it with something, such as \(source.text(syntax.range)) \(bound.type.comparisonExample)")
    }
  }

  func number(_ operand: TypedExpression) throws(ParleyError) -> TypedExpression {
    switch operand.type {
    case .number: return operand
    case .null:
      return TypedExpression(
        expression: .null(isCondition: false), type: .number(scale: 0), range: operand.range)
    case .boolean:
      throw error(
        "type", "a number is needed here, and this is a condition", at: operand.range,
        remedy: "use CASE WHEN \(source.text(operand.range)) THEN 1 ELSE 0 END")
    default:
      throw error(
        "type", "a number is needed here, and this is \(operand.type.described)", at: operand.range,
        remedy: "use a numeric column or constant")
    }
  }

  func scaled(_ expression: RowExpression, by factor: BigInt) -> RowExpression {
    if factor == 1 { return expression }
    if case .integer(let value) = expression { return .integer(value * factor) }
    return .scaled(expression, by: factor)
  }

  private func arithmetic(
    _ sign: ArithmeticSign, _ a: SyntaxExpression, _ b: SyntaxExpression, isKey: Bool, range: SourceRange
  ) throws(ParleyError) -> TypedExpression {
    if let sum = try timeArithmetic(sign, a, b, range: range) { return typed(sum) }
    let first = try bind(a, isKey: isKey), second = try bind(b, isKey: isKey)
    if let sum = try timeArithmetic(sign, timeOperand(first), timeOperand(second), range: range) {
      return typed(sum)
    }
    let left = try number(first), right = try number(second)
    guard case .number(let x) = left.type, case .number(let y) = right.type else {
      throw ParleyError(.invariant, "an operand of arithmetic is not a number")
    }
    switch sign {
    case .plus, .minus:
      let scale = max(x, y)
      let p = scaled(left.expression, by: powerOfTen(scale - x))
      let q = scaled(right.expression, by: powerOfTen(scale - y))
      return TypedExpression(
        expression: sign == .plus ? .add(p, q) : .subtract(p, q), type: .number(scale: scale), range: range)
    case .times:
      guard x + y <= 18 else {
        throw error(
          "scale", "the product has \(x + y) decimal places", at: range,
          remedy: "keep products at 18 decimal places or fewer, for instance by declaring smaller scales")
      }
      var product = RowExpression.multiply(left.expression, right.expression)
      if case .integer(let factor) = left.expression { product = scaled(right.expression, by: factor) }
      if case .integer(let factor) = right.expression { product = scaled(left.expression, by: factor) }
      return TypedExpression(expression: product, type: .number(scale: x + y), range: range)
    case .remainder:
      throw error(
        "unsupported", "'\(source.text(range))' needs relational operators", at: range,
        remedy: "leave it out of statistics over public groups")
    case .over:
      guard isKey else {
        throw error(
          "division", "division row by row is not part of the dialect: it has no value where the divisor is 0",
          at: range,
          remedy:
            "divide statistics after the study, use AVG, or multiply by a decimal constant; integer division by a constant may be a group key"
        )
      }
      guard x == 0, y == 0, case .integer(let width) = right.expression, width > 0 else {
        throw error(
          "division", "a group key divides an integer by a positive integer constant", at: range,
          remedy: "write for instance age / 10, or use CASE WHEN … THEN … END")
      }
      return TypedExpression(
        expression: .bucket(left.expression, width: width), type: .number(scale: 0), range: range)
    }
  }

  /// Equality to which NULL is a value like others.
  private func same(_ a: TypedExpression, _ b: TypedExpression) throws(ParleyError) -> RowExpression {
    let type = try common([a, b], what: "compared")
    let x = try coerced(a, to: type), y = try coerced(b, to: type)
    let equal: RowExpression = type == .boolean ? .equivalent(x, y) : .equal(x, y)
    let result = RowExpression.or(.coalesce([equal, .boolean(false)]), .and(.isNull(x), .isNull(y)))
    return try limited(result, a.range.union(b.range))
  }

  /// What mentions an operand several times grows with every step of nesting.
  private func limited(_ expression: RowExpression, _ range: SourceRange) throws(ParleyError) -> RowExpression {
    let limit = 10_000
    guard expression.size(upTo: limit) < limit else {
      throw error(
        "nesting", "the comparisons in this expression are nested too deeply", at: range,
        remedy: "compute the inner ones in a subquery in FROM")
    }
    return expression
  }
  /// Lists of thousands of constants are no trouble beside something short.
  private func limited(
    _ expression: RowExpression, mentioning operand: RowExpression, _ range: SourceRange
  ) throws(ParleyError) -> RowExpression {
    operand.size(upTo: 65) < 65 ? expression : try limited(expression, range)
  }

  func compare(
    _ sign: ComparisonSign, _ a: TypedExpression, _ b: TypedExpression
  ) throws(ParleyError) -> RowExpression {
    let range = a.range.union(b.range)
    let type = try common([a, b], what: "compared")
    let x = try coerced(a, to: type), y = try coerced(b, to: type)
    switch type {
    case .boolean, .category, .text:
      guard sign == .equal || sign == .notEqual else {
        throw error(
          "type", "\(type == .boolean ? "conditions" : "categories") have no order", at: range,
          remedy: "use =, <> or IN")
      }
      let same: RowExpression = type == .boolean ? .equivalent(x, y) : .equal(x, y)
      return sign == .equal ? same : .not(same)
    case .number, .date, .timestamp, .duration, .string, .null:
      switch sign {
      case .equal: return .equal(x, y)
      case .notEqual: return .not(.equal(x, y))
      case .less: return .less(x, y)
      case .lessOrEqual: return .lessOrEqual(x, y)
      case .greater: return .less(y, x)
      case .greaterOrEqual: return .lessOrEqual(y, x)
      }
    }
  }

  private func caseWhen(
    _ operand: SyntaxExpression?, _ branches: [SyntaxExpression.Branch], _ otherwise: SyntaxExpression?,
    range: SourceRange
  ) throws(ParleyError) -> TypedExpression {
    var conditions: [RowExpression] = []
    var results: [TypedExpression] = []
    let subject = try operand.map { syntax throws(ParleyError) in try bind(syntax) }
    for branch in branches {
      if let subject {
        conditions.append(try compare(.equal, subject, try bind(branch.condition)))
      } else {
        conditions.append(try condition(branch.condition))
      }
      results.append(try bind(branch.result))
    }
    results.append(
      try otherwise.map { syntax throws(ParleyError) in try bind(syntax) }
        ?? TypedExpression(expression: .null(isCondition: false), type: .null, range: range))
    let type = try common(results, what: "results of one CASE", areShown: true)
    var values: [RowExpression] = []
    for result in results { values.append(try coerced(result, to: type)) }
    let chosen = zip(conditions, values).map { RowExpression.Branch(condition: $0, result: $1) }
    var choice = RowExpression.choose(chosen, otherwise: values[values.count - 1])
    if let subject { choice = try limited(choice, mentioning: subject.expression, range) }
    return TypedExpression(expression: choice, type: type, range: range)
  }

  private func call(
    _ name: Name, _ arguments: [SyntaxExpression]?, range: SourceRange
  ) throws(ParleyError) -> TypedExpression {
    if name.text.uppercased() == "COALESCE", let arguments, !arguments.isEmpty {
      var parts: [TypedExpression] = []
      for argument in arguments { parts.append(try bind(argument)) }
      let type = try common(parts, what: "arguments of COALESCE", areShown: true)
      var values: [RowExpression] = []
      for part in parts { values.append(try coerced(part, to: type)) }
      return TypedExpression(expression: .coalesce(values), type: type, range: range)
    }
    if TimeFunctions.names.contains(name.text.uppercased()) {
      return typed(try timeFunction(name.text.uppercased(), arguments ?? [], range: range))
    }
    if StatisticBinder.function(named: name.text) != nil {
      throw error(
        "aggregate-place", "\(name.text) is a statistic over rows and cannot stand here", at: range,
        remedy: "statistics belong in SELECT, not in WHERE, GROUP BY or inside another statistic")
    }
    throw StatisticBinder.unknownFunction(name, source: source)
  }
}
