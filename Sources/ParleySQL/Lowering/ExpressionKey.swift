import ParleyProgram

/// An expression as what is looked up. That is done again and again, with every part of a long one as well: the hash looks
/// near the top only, and at how long a chain it is, such as a sum of many.
struct ExpressionKey: Hashable {
  let expression: Expression

  init(_ expression: Expression) { self.expression = expression }

  func hash(into hasher: inout Hasher) {
    var (length, next) = (0, expression.first)
    while let part = next { (length, next) = (length + 1, part.first) }
    hasher.combine(length)
    expression.hashTop(into: &hasher, depth: 4)
  }
}

extension Expression {
  /// The first operand.
  fileprivate var first: Expression? {
    switch self {
    case .column, .integer, .boolean, .text, .null, .subquery: nil
    case .add(let a, _), .subtract(let a, _), .multiply(let a, _), .integerQuotient(let a, _), .ratio(let a, _, _),
      .compare(_, let a, _), .compareText(_, let a, _), .equivalent(let a, _), .and(let a, _), .or(let a, _),
      .textHolds(let a, _, _), .scaled(let a, _), .truncated(let a, _), .like(let a, _, _),
      .substring(let a, _, _),
      .floored(let a, _), .remainder(let a, _), .calendar(_, let a), .not(let a), .isNull(let a),
      .squareRoot(let a, _), .changed(let a, _), .shown(let a, _), .textLength(let a):
      a
    case .choose(let branches, let otherwise): branches.first?.condition ?? otherwise
    case .coalesce(let parts), .extreme(let parts, _), .joined(let parts): parts.first
    }
  }

  fileprivate func hashTop(into hasher: inout Hasher, depth: Int) {
    hasher.combine(kind)
    switch self {
    case .column(let id): hasher.combine(id)
    case .integer(let value): hasher.combine(value)
    case .boolean(let value): hasher.combine(value)
    case .text(let text): hasher.combine(text)
    case .scaled(_, let value), .truncated(_, let value), .floored(_, let value), .remainder(_, let value):
      hasher.combine(value)
    case .calendar(let function, _): hasher.combine(function)
    case .compare(let comparison, _, _), .compareText(let comparison, _, _): hasher.combine(comparison)
    default: break
    }
    guard depth > 0 else { return }
    switch self {
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b), .compare(_, let a, let b),
      .compareText(_, let a, let b), .equivalent(let a, let b), .and(let a, let b), .or(let a, let b):
      a.hashTop(into: &hasher, depth: depth - 1)
      b.hashTop(into: &hasher, depth: depth - 1)
    case .choose(let branches, let otherwise):
      hasher.combine(branches.count)
      if let first = branches.first {
        first.condition.hashTop(into: &hasher, depth: depth - 1)
        first.result.hashTop(into: &hasher, depth: depth - 1)
      }
      otherwise.hashTop(into: &hasher, depth: depth - 1)
    case .coalesce(let parts):
      hasher.combine(parts.count)
      parts.first?.hashTop(into: &hasher, depth: depth - 1)
      parts.last?.hashTop(into: &hasher, depth: depth - 1)
    default: first?.hashTop(into: &hasher, depth: depth - 1)
    }
  }

  private var kind: Int {
    switch self {
    case .column: 0
    case .integer: 1
    case .boolean: 2
    case .null: 3
    case .add: 4
    case .subtract: 5
    case .multiply: 6
    case .scaled: 7
    case .truncated: 8
    case .floored: 9
    case .remainder: 10
    case .calendar: 11
    case .compare: 12
    case .equivalent: 13
    case .not: 14
    case .and: 15
    case .or: 16
    case .isNull: 17
    case .choose: 18
    case .coalesce: 19
    case .text: 20
    case .integerQuotient, .ratio, .squareRoot, .extreme: 21
    case .compareText, .like, .textHolds: 22
    case .substring, .changed, .joined, .shown, .textLength: 23
    case .subquery: 24
    }
  }
}
