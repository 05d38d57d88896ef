/// Goes through a statement, with its subqueries and common tables.
enum SyntaxWalk {
  enum Part {
    /// In FROM, whatever the name means where it stands.
    case table(Name, TableAlias?)
    /// Columns that a join names with USING.
    case using([Name])
    /// What is selected under a name of its own; visited as an expression as well.
    case item(SyntaxExpression, Name)
    case expression(SyntaxExpression)
  }
  /// Takes a part, each before those in it, and in how many queries the query stands in which it is.
  typealias Visitor = (Part, _ depth: Int) -> Void

  static func visit(_ statement: QueryStatement, depth: Int = 0, _ visitor: Visitor) {
    for table in statement.with { visit(table.query, depth: depth + 1, visitor) }
    visit(statement.body, depth, visitor)
    for order in statement.orderBy { visit(order.expression, depth, visitor) }
  }

  private static func visit(_ body: QueryBody, _ depth: Int, _ visitor: Visitor) {
    switch body {
    case .select(let block):
      for table in block.from { visit(table, depth, visitor) }
      for case .expression(let expression, let alias) in block.items {
        if let alias { visitor(.item(expression, alias), depth) }
        visit(expression, depth, visitor)
      }
      for expression in [block.filter, block.having] + block.groupBy {
        if let expression { visit(expression, depth, visitor) }
      }
    case .combined(_, _, let a, let b, _):
      visit(a, depth, visitor)
      visit(b, depth, visitor)
    case .nested(let statement): visit(statement, depth: depth, visitor)
    }
  }

  private static func visit(_ table: TableExpression, _ depth: Int, _ visitor: Visitor) {
    switch table {
    case .named(let name, let alias): visitor(.table(name, alias), depth)
    case .derived(let statement, _, _): visit(statement, depth: depth + 1, visitor)
    case .joined(_, let a, let b, let condition, _):
      visit(a, depth, visitor)
      visit(b, depth, visitor)
      switch condition {
      case .none: break
      case .on(let expression): visit(expression, depth, visitor)
      case .using(let names): visitor(.using(names), depth)
      }
    }
  }

  private static func visit(_ expression: SyntaxExpression, _ depth: Int, _ visitor: Visitor) {
    visitor(.expression(expression), depth)
    switch expression.kind {
    case .exists(let query), .scalarQuery(let query): visit(query, depth: depth + 1, visitor)
    case .oneOfQuery(let operand, let query):
      visit(operand, depth, visitor)
      visit(query, depth: depth + 1, visitor)
    default: for child in expression.kind.children { visit(child, depth, visitor) }
    }
  }
}

extension SyntaxExpression.Kind {
  /// Expressions that stand directly in it.
  fileprivate var children: [SyntaxExpression] {
    switch self {
    case .name, .number, .text, .date, .timestamp, .boolean, .null, .interval, .exists, .scalarQuery: []
    case .negated(let a), .not(let a), .isNull(let a), .isTruth(let a, _), .distinctCall(_, let a),
      .cast(let a, _),
      .extract(_, let a),
      .oneOfQuery(let a, _):
      [a]
    case .arithmetic(_, let a, let b), .comparison(_, let a, let b), .and(let a, let b), .or(let a, let b),
      .isSame(let a, let b):
      [a, b]
    case .row(let values), .joined(let values): values
    case .between(let a, let low, let high): [a, low, high]
    case .oneOf(let a, let values): [a] + values
    case .caseWhen(let operand, let branches, let otherwise):
      [operand, otherwise].compactMap(\.self) + branches.flatMap { [$0.condition, $0.result] }
    case .call(_, let arguments): arguments ?? []
    case .windowCall(_, let arguments, let window):
      (arguments ?? []) + window.partition + window.order.map(\.expression)
    case .like(let a, let pattern, let escape): [a, pattern] + (escape.map { [$0] } ?? [])
    case .substring(let a, let from, let length): [a, from] + (length.map { [$0] } ?? [])
    }
  }
}
