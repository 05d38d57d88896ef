/// Comparisons with NULL, which are true for no row.
enum NullComparisons {
  /// One sentence for each, with what to write instead.
  static func notes(_ statement: QueryStatement, _ source: Source) -> [String] {
    var notes: [String] = []
    // Lists behind NOT, which are told with it.
    var told = Set<Int>()
    func text(_ expression: SyntaxExpression) -> String { source.text(expression.range) }
    SyntaxWalk.visit(statement) { part, _ in
      guard case .expression(let expression) = part else { return }
      switch expression.kind {
      case .comparison(let sign, let a, let b) where a.isNull || b.isNull:
        let operand = text(a.isNull ? b : a)
        let wanted = sign == .notEqual ? "IS NOT NULL" : "IS NULL"
        notes.append("\(text(expression)) is never true, whatever \(operand) is: use \(operand) \(wanted)")
      case .not(let inner):
        guard case .oneOf(let operand, let values) = inner.kind, values.contains(where: \.isNull) else { return }
        told.insert(inner.range.start)
        notes.append(
          "\(text(operand)) NOT IN a list with NULL is never true: leave NULL out of the list, and write \(text(operand)) IS NOT NULL beside it"
        )
      case .oneOf(let operand, let values) where values.contains(where: \.isNull):
        guard !told.contains(expression.range.start) else { return }
        notes.append(
          "NULL in \(text(expression)) equals nothing, and rows without a value are not found: use \(text(operand)) IS NULL for them"
        )
      case .caseWhen(let operand?, let branches, _) where branches.contains { $0.condition.isNull }:
        notes.append("WHEN NULL is never taken: use CASE WHEN \(text(operand)) IS NULL THEN …")
      default: break
      }
    }
    return notes
  }
}

extension SyntaxExpression {
  fileprivate var isNull: Bool { if case .null = kind { true } else { false } }
}
