import BigInt
import ParleyBase
import ParleyProgram

/// Aggregates and windows that the expressions of a block mention.
final class BlockFunctions {
  var aggregates: [AggregateColumn] = []
  var windows: [WindowStep] = []
  /// Group keys of the block.
  var keys: [Expression] = []
  /// The block has several groupings, which the calls of GROUPING tell apart.
  var hasGroupings = false
  var groupings: [GroupingCall] = []
}

/// Subqueries in the group keys of a block, by their text: the same text elsewhere in the block is the key.
final class BoundSubqueries {
  var isRemembering = true
  var known: [ExactText: BoundExpression] = [:]
}

/// Resolves names and types of the expressions of one block.
struct ExpressionBinder {
  let queries: RelationalBinder
  let environment: Environment
  /// The block's own names.
  let scope: Scope
  /// Names of selected columns, where they can be meant.
  var aliases: [(name: String, expression: SyntaxExpression)] = []
  /// Where aggregates and windows are put; nil where none can stand.
  var functions: BlockFunctions?
  var allowsWindows = false
  var subqueries: BoundSubqueries?

  var source: Source { queries.source }
  var registry: ColumnRegistry { queries.registry }

  func error(_ code: String, _ message: String, at range: SourceRange, remedy: String) -> ParleyError {
    source.error("sql/\(code)", message, at: range, remedy: remedy)
  }

  // MARK: Names

  func column(_ qualifier: Name?, _ name: Name) throws(ParleyError) -> BoundExpression {
    for (depth, scope) in ([scope] + environment.scopes.reversed()).enumerated() {
      if let qualifier, !scope.tables.contains(where: { $0.name.lowercased() == qualifier.text.lowercased() }) {
        continue
      }
      let found = scope.columns(named: name.text, of: qualifier?.text)
      if found.count > 1 {
        throw error(
          "ambiguous-column", "'\(name.text)' is a column of several tables", at: name.range,
          remedy: "write the table before it, such as \(scope.tables.first?.name ?? "t").\(name.text)")
      }
      if var value = found.first?.value {
        let parts = value.expression.count(upTo: BindingLimits.mostParts + 1)
        if parts > 1 { try registry.limits.spend(parts, at: name.range, of: source) }
        value.range = qualifier.map { $0.range.union(name.range) } ?? name.range
        return value
      }
      if qualifier != nil { break }
      if depth == 0, let alias = aliases.first(where: { $0.name.lowercased() == name.text.lowercased() }) {
        var inner = self
        inner.aliases = []
        var value = try inner.bind(alias.expression)
        value.range = name.range
        return value
      }
    }
    throw unknown(qualifier, name)
  }

  private func unknown(_ qualifier: Name?, _ name: Name) -> ParleyError {
    let scopes = [scope] + environment.scopes.reversed()
    let tables = scopes.flatMap(\.tables)
    if let qualifier, !tables.contains(where: { $0.name.lowercased() == qualifier.text.lowercased() }) {
      let names = tables.map(\.name)
      return error(
        "unknown-table", "unknown table '\(qualifier.text)'\(didYouMean(qualifier.text, among: names))",
        at: qualifier.range, remedy: "tables of this query: \(names.joined(separator: ", "))")
    }
    let meant = tables.filter { qualifier == nil || $0.name.lowercased() == qualifier?.text.lowercased() }
    let names = meant.flatMap { $0.columns.map(\.name) } + aliases.map(\.name)
    if qualifier == nil, FunctionHints.isMoment(name.text.uppercased()) {
      return error(
        "unsupported", "\(name.text.uppercased()) is not part of the dialect", at: name.range,
        remedy: FunctionHints.remedy(name.text.uppercased()) ?? "write the day itself")
    }
    var remedy = "columns: \(names.prefix(40).joined(separator: ", "))"
    for column in meant.flatMap(\.columns) {
      if case .category(let list) = column.value.type, list.contains(name.text) {
        remedy = "if the text is meant, put it in single quotes: '\(name.text)'"
      }
    }
    return error(
      "unknown-column", "unknown column '\(name.text)'\(didYouMean(name.text, among: names))", at: name.range,
      remedy: remedy)
  }

  // MARK: Expressions

  func bind(_ syntax: SyntaxExpression) throws(ParleyError) -> BoundExpression {
    let range = syntax.range
    func bound(_ expression: Expression, _ type: SQLType) -> BoundExpression {
      BoundExpression(expression: expression, type: type, range: range)
    }
    switch syntax.kind {
    case .name(let qualifier, let name): return try column(qualifier, name)
    case .number(let digits, let scale): return bound(.integer(digits), .number(scale: scale))
    case .text(let text): return bound(.text(ExactText(text)), .text)
    case .date(let days): return bound(.integer(BigInt(days)), .date)
    case .timestamp(let seconds): return bound(.integer(BigInt(seconds)), .timestamp)
    case .boolean(let value): return bound(.boolean(value), .boolean)
    case .null: return bound(.null(.null), .null)
    case .negated(let inner):
      var operand = try bind(inner)
      if case .duration = operand.type {} else { operand = try number(operand) }
      return bound(scaled(operand.expression, by: -1), operand.type)
    case .arithmetic(let sign, let a, let b): return try arithmetic(sign, a, b, range: range)
    case .comparison(let sign, let a, let b): return bound(try compare(sign, try bind(a), try bind(b)), .boolean)
    case .not(let inner): return bound(.not(try condition(inner)), .boolean)
    case .and(let a, let b): return bound(.and(try condition(a), try condition(b)), .boolean)
    case .or(let a, let b): return bound(.or(try condition(a), try condition(b)), .boolean)
    case .isNull(let inner):
      let operand = try bind(inner)
      return bound(.isNull(operand.type == .text ? .integer(0) : operand.expression), .boolean)
    case .isTruth(let inner, let value):
      let operand = try condition(inner)
      return bound(.coalesce([value ? operand : .not(operand), .boolean(false)]), .boolean)
    case .isSame(let a, let b): return bound(try same(try bind(a), try bind(b)), .boolean)
    case .oneOf(let inner, let values) where inner.isRow: return try rowMembership(inner, values, range: range)
    case .row:
      throw error(
        "type", "a row of values stands where one value is needed", at: range,
        remedy: "rows are compared with rows: (a, b) = (c, d), (a, b) IN ((1, 2), (3, 4))")
    case .between(let inner, let low, let high):
      let operand = try bind(inner)
      let above = try compare(.lessOrEqual, try bind(low), operand)
      let isWithin = Expression.and(above, try compare(.lessOrEqual, operand, try bind(high)))
      return bound(try limited(isWithin, mentioning: operand.expression, range), .boolean)
    case .oneOf(let inner, let values):
      let operand = try bind(inner)
      var matches: [Expression] = []
      for value in values { matches.append(try compare(.equal, operand, try bind(value))) }
      return bound(try limited(.any(matches), mentioning: operand.expression, range), .boolean)
    case .caseWhen(let operand, let branches, let otherwise):
      return try caseWhen(operand, branches, otherwise, range: range)
    case .cast(let inner, let target): return try cast(try bind(inner), to: target, range: range)
    case .extract, .interval: return try timePart(syntax)
    case .like, .substring, .joined: return try text(syntax)
    case .call(let name, let arguments):
      if TextCall.names.contains(name.text.uppercased()) { return try text(syntax) }
      return try call(name, arguments, range: range)
    case .distinctCall(let name, let argument):
      return try aggregate(name, [argument], isDistinct: true, range: range)
    case .windowCall(let name, let arguments, let window): return try self.window(name, arguments, window, range)
    case .exists, .scalarQuery, .oneOfQuery: return try subquery(syntax)
    }
  }

  // These have functions of their own, so that the frames of the deep recursion stay small.

  private func text(_ syntax: SyntaxExpression) throws(ParleyError) -> BoundExpression {
    guard let call = try TextCallReader(source: source).call(syntax) else {
      throw ParleyError(.invariant, "something else was bound as a function of texts")
    }
    return try text(call, range: syntax.range)
  }

  private func subquery(_ syntax: SyntaxExpression) throws(ParleyError) -> BoundExpression {
    let range = syntax.range
    let text = ExactText(source.unparenthesised(range))
    if var known = subqueries?.known[text] {
      known.range = range
      return known
    }
    let value: BoundExpression
    switch syntax.kind {
    case .exists(let query): value = try exists(query, range)
    case .scalarQuery(let query): value = try scalarQuery(query, range)
    case .oneOfQuery(let operand, let query): value = try membership(operand, query, range)
    default: throw ParleyError(.invariant, "something else was bound as a subquery")
    }
    if let subqueries, subqueries.isRemembering { subqueries.known[text] = value }
    return value
  }

  private func exists(_ query: QueryStatement, _ range: SourceRange) throws(ParleyError) -> BoundExpression {
    let inner = try queries.query(query, in: inside, isReleased: false)
    let subquery = Subquery(kind: .exists, plan: inner.plan, output: .boolean(true), type: .boolean, range: range)
    return BoundExpression(expression: .subquery(subquery), type: .boolean, range: range)
  }

  private func scalarQuery(_ query: QueryStatement, _ range: SourceRange) throws(ParleyError) -> BoundExpression {
    var (inner, output) = try oneColumn(query)
    output = output.asColumn
    let subquery = Subquery(
      kind: .scalar, plan: inner.plan, output: output.expression, type: output.type, range: range)
    return BoundExpression(expression: .subquery(subquery), type: output.type, range: range)
  }

  private func membership(
    _ operand: SyntaxExpression, _ query: QueryStatement, _ range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    let parts = if case .row(let parts) = operand.kind { parts } else { [operand] }
    let inner = try queries.query(query, in: inside, isReleased: false)
    guard inner.outputs.count == parts.count else {
      throw error(
        parts.count == 1 ? "scalar-subquery" : "arguments",
        "\(parts.count == 1 ? "one value is" : "\(parts.count) values are") looked for in a subquery of \(inner.outputs.count) columns",
        at: query.range, remedy: "select as many expressions as there are values before IN")
    }
    var members: [Subquery.Member] = []
    for (part, output) in zip(parts, inner.outputs) {
      let value = try bind(part)
      let type = try common([value, output.value], what: "compared")
      members.append(
        .init(operand: try coerced(value, to: type), output: try coerced(output.value, to: type), type: type))
    }
    let subquery = Subquery(
      kind: .oneOf(members), plan: inner.plan, output: .boolean(true), type: .boolean, range: range)
    return BoundExpression(expression: .subquery(subquery), type: .boolean, range: range)
  }

  /// What a query inside an expression of this block is bound in.
  private var inside: Environment {
    Environment(commonTables: environment.commonTables, scopes: environment.scopes + [scope])
  }

  private func oneColumn(_ query: QueryStatement) throws(ParleyError) -> (BoundQuery, BoundExpression) {
    let inner = try queries.query(query, in: inside, isReleased: false)
    guard inner.outputs.count == 1 else {
      throw error(
        "scalar-subquery", "a subquery that is used as a value has one column, not \(inner.outputs.count)",
        at: query.range, remedy: "select one expression")
    }
    return (inner, inner.outputs[0].value)
  }

  func condition(_ syntax: SyntaxExpression) throws(ParleyError) -> Expression {
    let value = try bind(syntax)
    switch value.type {
    case .boolean: return value.expression
    case .null: return .null(.boolean)
    default:
      throw error(
        "type", "a condition is needed here, and this is \(value.type.described)", at: syntax.range,
        remedy: "compare it with something, such as \(source.text(syntax.range)) \(value.type.comparisonExample)")
    }
  }

  func number(_ operand: BoundExpression) throws(ParleyError) -> BoundExpression {
    switch operand.type {
    case .number: return operand
    case .null:
      return BoundExpression(
        expression: .null(.number(scale: 0)), type: .number(scale: 0), range: operand.range)
    case .boolean:
      throw error(
        "type", "a number is needed here, and this is a condition", at: operand.range,
        remedy: "use CASE WHEN \(source.text(operand.range)) THEN 1 ELSE 0 END")
    case .date, .timestamp, .duration:
      throw error(
        "type", "a number is needed here, and this is \(operand.type.described)", at: operand.range,
        remedy:
          "EXTRACT(EPOCH FROM \(source.text(operand.range))) is a number of seconds, and DATE_DIFF('day', a, b) one of days"
      )
    default:
      throw error(
        "type", "a number is needed here, and this is \(operand.type.described)", at: operand.range,
        remedy: "use a numeric column or constant")
    }
  }

  func scaled(_ expression: Expression, by factor: BigInt) -> Expression {
    if factor == 1 { return expression }
    switch expression {
    case .integer(let value): return .integer(value * factor)
    case .scaled(let inner, let other): return .scaled(inner, by: other * factor)
    case .null: return expression
    default: return .scaled(expression, by: factor)
    }
  }

  private func caseWhen(
    _ operand: SyntaxExpression?, _ branches: [SyntaxExpression.Branch], _ otherwise: SyntaxExpression?,
    range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    var conditions: [Expression] = []
    var results: [BoundExpression] = []
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
        ?? BoundExpression(expression: .null(.null), type: .null, range: range))
    let (values, type) = try unified(results, what: "results of one CASE")
    let chosen = zip(conditions, values).map { Expression.Branch(condition: $0, result: $1) }
    var choice = Expression.choose(chosen, otherwise: values[values.count - 1])
    if let subject { choice = try limited(choice, mentioning: subject.expression, range) }
    return BoundExpression(expression: choice, type: type, range: range)
  }

  // MARK: Calls

  private func call(
    _ name: Name, _ arguments: [SyntaxExpression]?, range: SourceRange
  ) throws(ParleyError) -> BoundExpression {
    switch (name.text.uppercased(), arguments ?? []) {
    case ("COALESCE", let list) where !list.isEmpty, ("IFNULL", let list) where list.count == 2:
      var parts: [BoundExpression] = []
      for argument in list { parts.append(try bind(argument)) }
      let (values, type) = try unified(parts, what: "arguments of COALESCE")
      return BoundExpression(expression: .coalesce(values), type: type, range: range)
    case ("NULLIF", let list) where list.count == 2:
      let a = try bind(list[0]), b = try bind(list[1])
      let same = try compare(.equal, a, b)
      let (values, type) = try unified([a], what: "arguments of NULLIF")
      let branch = Expression.Branch(condition: same, result: .null(type))
      let choice = Expression.choose([branch], otherwise: values[0])
      return BoundExpression(
        expression: try limited(choice, mentioning: a.expression, range), type: type, range: range)
    case ("GROUPING", let list), ("GROUPING_ID", let list): return try grouping(list, range: range)
    case (let upper, let list) where TimeFunctions.names.contains(upper):
      return try bound(try timeFunction(upper, list, range: range))
    case (let upper, let list) where Self.scalarNames.contains(upper):
      return try scalarFunction(upper, list, range: range)
    default: return try aggregate(name, arguments, isDistinct: false, range: range)
    }
  }
}
