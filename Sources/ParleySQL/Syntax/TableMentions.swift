/// How often a statement names tables in FROM, subqueries and common tables included: by name in lower case, whatever the
/// name means where it stands.
struct TableMentions {
  private(set) var counts: [String: Int] = [:]

  init(in statement: QueryStatement) { read(statement) }

  private mutating func read(_ statement: QueryStatement) {
    for table in statement.with { read(table.query) }
    read(statement.body)
    for order in statement.orderBy { read(order.expression) }
  }

  private mutating func read(_ body: QueryBody) {
    switch body {
    case .select(let block):
      for table in block.from { read(table) }
      for case .expression(let expression, _) in block.items { read(expression) }
      for expression in [block.filter, block.having] + block.groupBy { if let expression { read(expression) } }
    case .combined(_, _, let a, let b, _):
      read(a)
      read(b)
    case .nested(let statement): read(statement)
    }
  }

  private mutating func read(_ table: TableExpression) {
    switch table {
    case .named(let name, _): counts[name.text.lowercased(), default: 0] += 1
    case .derived(let statement, _, _): read(statement)
    case .joined(_, let a, let b, let condition, _):
      read(a)
      read(b)
      if case .on(let expression) = condition { read(expression) }
    }
  }

  private mutating func read(_ expression: SyntaxExpression) {
    switch expression.kind {
    case .exists(let query), .scalarQuery(let query): read(query)
    case .oneOfQuery(let operand, let query):
      read(operand)
      read(query)
    default: for child in expression.kind.children { read(child) }
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
