import BigInt
import ParleyProgram

/// Constant folding and the forms of conditions that joins are found in.
extension Expression {
  /// The conditions that must all be true, without constants, NOT pushed inwards, common factors of ORs taken out.
  var simplifiedConjuncts: [Expression] {
    var found: [Expression] = []
    var seen: Set<Expression> = []
    for part in simplified.conjuncts where part != .boolean(true) {
      for conjunct in part.factored where seen.insert(conjunct).inserted { found.append(conjunct) }
    }
    return found
  }

  /// `(a AND b) OR (a AND c)` is `a AND (b OR c)`, in three-valued logic too.
  private var factored: [Expression] {
    let alternatives = disjuncts.map(\.conjuncts)
    guard alternatives.count > 1, let first = alternatives.first else { return [self] }
    var common: [Expression] = []
    for part in first where !common.contains(part) && alternatives.dropFirst().allSatisfy({ $0.contains(part) }) {
      common.append(part)
    }
    guard !common.isEmpty else { return [self] }
    let rests = alternatives.map { Expression.all($0.filter { !common.contains($0) }).simplified }
    let rest = Expression.any(rests).simplified
    return rest == .boolean(true) ? common : common + [rest]
  }

  var simplified: Expression {
    switch mapChildren(\.simplified) {
    case .not(let a): return a.negated
    case .and(.boolean(let value), let a), .and(let a, .boolean(let value)): return value ? a : .boolean(false)
    case .or(.boolean(let value), let a), .or(let a, .boolean(let value)): return value ? .boolean(true) : a
    case .and(let a, let b) where a == b: return a
    case .or(let a, let b) where a == b: return a
    case .compare(let comparison, .integer(let x), .integer(let y)):
      switch comparison {
      case .less: return .boolean(x < y)
      case .lessOrEqual: return .boolean(x <= y)
      case .equal: return .boolean(x == y)
      }
    case .add(.integer(let x), .integer(let y)): return .integer(x + y)
    case .subtract(.integer(let x), .integer(let y)): return .integer(x - y)
    case .multiply(.integer(let x), .integer(let y)): return .integer(x * y)
    case .scaled(.integer(let x), let factor): return .integer(x * factor)
    case .scaled(.scaled(let a, let x), let y): return .scaled(a, by: x * y)
    case .isNull(.integer), .isNull(.boolean), .isNull(.text): return .boolean(false)
    case .isNull(.null): return .boolean(true)
    case .choose(let branches, let otherwise):
      var kept: [Branch] = []
      for branch in branches where branch.condition != .boolean(false) {
        if branch.condition == .boolean(true) {
          return kept.isEmpty ? branch.result : .choose(kept, otherwise: branch.result)
        }
        kept.append(branch)
      }
      return kept.isEmpty ? otherwise : .choose(kept, otherwise: otherwise)
    case let other: return other
    }
  }

  private var negated: Expression {
    switch self {
    case .boolean(let value): .boolean(!value)
    case .not(let a): a
    case .or(let a, let b): .and(a.negated, b.negated)
    case .and(let a, let b): .or(a.negated, b.negated)
    default: .not(self)
    }
  }

  /// The two sides of an equality.
  var equality: (Expression, Expression)? {
    switch self {
    case .compare(.equal, let a, let b), .compareText(.equal, let a, let b), .equivalent(let a, let b): (a, b)
    default: nil
    }
  }
}
