import BigInt
import ParleyProgram

/// The rows in which a condition is true, in one form for the conditions that say the same by simple rules: comparisons of a
/// value with constants are one range of it, whatever the ranges of columns decide is left out, and NULL is not true.
///
/// Equal forms are equal sets. Different forms may be equal sets too, which costs a count and nothing else: nothing is taken for
/// protected because a set was not found among others.
struct RowSet {
  private let facts: ReleaseArgument.Facts
  /// No row is in it, whatever the data is.
  private(set) var isNever = false
  /// Conditions that are true or not true in it; all must be as they are here.
  private var parts: [Part] = []
  private var known: Set<Part> = []
  /// Of values that are compared with constants, in the order in which they were met.
  private var bounded: [Expression] = []
  private var bounds: [Expression: ValueBounds] = [:]

  private struct Part: Hashable {
    var condition: Expression
    /// Otherwise it is false or NULL.
    var isTrue: Bool
  }

  init(_ condition: Expression, _ facts: ReleaseArgument.Facts) {
    self.facts = facts
    facts.work.take(condition.count(upTo: JudgingWork.mostParts))
    // Nothing is found out any more: all of it is refused.
    guard !facts.work.isTooMuch else { return }
    take(condition, isTrue: true)
    normalise()
  }

  // MARK: Reading

  private mutating func take(_ condition: Expression, isTrue: Bool) {
    guard !isNever else { return }
    switch condition {
    case .boolean(let value): if value != isTrue { isNever = true }
    case .null: if isTrue { isNever = true }
    case .and(let a, let b) where isTrue: both(a, b, areTrue: true)
    case .or(let a, let b) where !isTrue: both(a, b, areTrue: false)
    case .not(let a):
      if !facts.mayBeNull(a) {
        take(a, isTrue: !isTrue)
      } else if !isTrue || !isFalse(a) {
        add(condition, isTrue)
      }
    case .coalesce(let choices): take(coalesce: choices, isTrue)
    case .choose(let branches, let otherwise):
      let outcomes = (branches.map(\.result) + [otherwise]).map {
        if case .boolean(let value) = $0 { value } else { Bool?.none }
      }
      if !take(outcomes, of: branches, isTrue) { add(condition, isTrue) }
    case .compare(let comparison, let a, let b): take(comparison, a, b, isTrue)
    case .isNull(.choose(let branches, let otherwise)):
      let outcomes = (branches.map(\.result) + [otherwise]).map { result -> Bool? in
        if case .null = result { return true }
        return facts.mayBeNull(result) ? nil : false
      }
      if !take(outcomes, of: branches, isTrue) { add(condition, isTrue) }
    case .isNull(let a):
      if !facts.mayBeNull(a) {
        if isTrue { isNever = true }
      } else if isTrue {
        add(condition, true)
      } else {
        isPresent(a)
      }
    default: add(condition, isTrue)
    }
  }
  private mutating func both(_ a: Expression, _ b: Expression, areTrue: Bool) {
    take(a, isTrue: areTrue)
    take(b, isTrue: areTrue)
  }
  private mutating func add(_ condition: Expression, _ isTrue: Bool) {
    guard known.insert(.init(condition: condition, isTrue: isTrue)).inserted else { return }
    if known.contains(.init(condition: condition, isTrue: !isTrue)) { isNever = true }
    // A condition that may be NULL is not true and false at once.
    let opposite: Expression = if case .not(let a) = condition { a } else { .not(condition) }
    if isTrue, known.contains(.init(condition: opposite, isTrue: true)) { isNever = true }
    parts.append(.init(condition: condition, isTrue: isTrue))
  }

  /// Rows in which a condition that may be NULL is false.
  ///
  /// - Returns: whether that could be said.
  private mutating func isFalse(_ condition: Expression) -> Bool {
    switch condition {
    case .or(let a, let b):
      for part in [a, b] where !isFalse(part) { add(.not(part), true) }
      return true
    case .not(let a):
      take(a, isTrue: true)
      return true
    case .compare(let comparison, let a, let b): return bound(comparison, a, b, isTrue: false)
    default: return false
    }
  }

  private mutating func take(coalesce choices: [Expression], _ isTrue: Bool) {
    let last = choices.firstIndex { !facts.mayBeNull($0) } ?? choices.count - 1
    if last == 0 {
      take(choices[0], isTrue: isTrue)
    } else if last == 1, choices[1] == .boolean(false) {
      take(choices[0], isTrue: isTrue)
    } else {
      add(.coalesce(Array(choices[...last])), isTrue)
    }
  }

  /// - Parameter outcomes: of the branches and of the rest, where they are known.
  /// - Returns: whether it is one branch, or the rest, that is meant.
  private mutating func take(_ outcomes: [Bool?], of branches: [Expression.Branch], _ isTrue: Bool) -> Bool {
    guard outcomes.allSatisfy({ $0 != nil }) else { return false }
    let meant = outcomes.indices.filter { outcomes[$0] == isTrue }
    if meant.isEmpty {
      isNever = true
      return true
    }
    if meant.count == outcomes.count { return true }
    guard meant.count == 1 else { return false }
    for branch in branches[..<meant[0]] { take(branch.condition, isTrue: false) }
    if meant[0] < branches.count { take(branches[meant[0]].condition, isTrue: true) }
    return true
  }

  private mutating func take(_ comparison: Program.Comparison, _ a: Expression, _ b: Expression, _ isTrue: Bool) {
    // Of a value with FILTER, which is NULL elsewhere.
    if isTrue, let (condition, value) = a.filtered {
      take(condition, isTrue: true)
      return take(comparison, value, b, true)
    }
    if isTrue, let (condition, value) = b.filtered {
      take(condition, isTrue: true)
      return take(comparison, a, value, true)
    }
    if case .choose(let branches, let otherwise) = a, case .integer(let k) = b {
      let outcomes = (branches.map(\.result) + [otherwise]).map { Self.outcome(comparison, $0, .integer(k)) }
      if take(outcomes, of: branches, isTrue) { return }
    }
    if case .choose(let branches, let otherwise) = b, case .integer(let k) = a {
      let outcomes = (branches.map(\.result) + [otherwise]).map { Self.outcome(comparison, .integer(k), $0) }
      if take(outcomes, of: branches, isTrue) { return }
    }
    let condition = Expression.compare(comparison, a, b)
    if !isTrue, facts.mayBeNull(condition) { return add(condition, false) }
    if !bound(comparison, a, b, isTrue: isTrue) { add(condition, isTrue) }
  }
  private static func outcome(_ comparison: Program.Comparison, _ a: Expression, _ b: Expression) -> Bool? {
    guard case .integer(let x) = a, case .integer(let y) = b else { return nil }
    switch comparison {
    case .less: return x < y
    case .lessOrEqual: return x <= y
    case .equal: return x == y
    }
  }

  /// A comparison with a constant that is true or false, and not NULL.
  private mutating func bound(
    _ comparison: Program.Comparison, _ a: Expression, _ b: Expression, isTrue: Bool
  ) -> Bool {
    if case (.integer, .integer) = (a, b) {
      take(.boolean(Self.outcome(comparison, a, b) == true), isTrue: isTrue)
      return true
    }
    guard let (value, change) = ValueBounds.told(by: comparison, a, b, isTrue: isTrue) else { return false }
    meet(value, change)
    return true
  }
  private mutating func meet(_ value: Expression, _ change: ValueBounds) {
    switch value {
    case .add(let inner, .integer(let k)), .add(.integer(let k), let inner):
      return meet(inner, change.shifted(by: -k))
    case .subtract(let inner, .integer(let k)): return meet(inner, change.shifted(by: k))
    case .subtract(.integer(let k), let inner): return meet(inner, change.negated.shifted(by: k))
    case .multiply(let a, let b) where change.areOfSign: if meetSign(of: a, b, change) { return }
    case .scaled(let inner, let factor) where factor != 0: return meet(inner, change.divided(by: factor))
    case .truncated(let inner, let divisor):
      if let change = change.bounded(within: facts.range(of: value))?.multiplied(by: divisor, isTruncated: true) {
        return meet(inner, change)
      }
    case .floored(let inner, let divisor):
      if let change = change.bounded(within: facts.range(of: value))?.multiplied(by: divisor, isTruncated: false) {
        return meet(inner, change)
      }
    default: break
    }
    if bounds[value] == nil { bounded.append(value) }
    var known = bounds[value] ?? ValueBounds()
    if let lower = change.lower { known.lower = max(known.lower ?? lower, lower) }
    if let upper = change.upper { known.upper = min(known.upper ?? upper, upper) }
    known.excluded.formUnion(change.excluded)
    bounds[value] = known
  }

  /// Where a product is 0, or on which side of it, follows from its factors.
  ///
  /// - Returns: whether it could be said of them one by one.
  private mutating func meetSign(of a: Expression, _ b: Expression, _ change: ValueBounds) -> Bool {
    for (factor, other) in [(a, b), (b, a)] {
      guard let range = facts.range(of: other), range.lower > 0 || range.upper < 0 else { continue }
      meet(factor, range.lower > 0 ? change : change.negated)
      if facts.mayBeNull(other) { isPresent(other) }
      return true
    }
    let isNotZero = change.lower == nil && change.upper == nil && change.excluded == [0]
    let isPositive = change.lower == 1 && change.upper == nil
    func isNeverNegative(_ factor: Expression) -> Bool { facts.range(of: factor).map { $0.lower >= 0 } ?? false }
    guard isNotZero || isPositive && isNeverNegative(a) && isNeverNegative(b) else { return false }
    for factor in [a, b] { meet(factor, change) }
    return true
  }

  /// Rows in which a value that may be NULL is not.
  private mutating func isPresent(_ value: Expression) {
    switch value {
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b), .compare(_, let a, let b):
      for part in [a, b] where facts.mayBeNull(part) { isPresent(part) }
    case .scaled(let a, _), .not(let a): isPresent(a)
    case .choose: take(.isNull(value), isTrue: false)
    case .integerQuotient(let a, let b), .ratio(let a, let b, _):
      if facts.mayBeNull(a) { isPresent(a) }
      meet(b, ValueBounds(excluded: [0]))
    case .squareRoot(let a, _):
      if facts.mayBeNull(a) { isPresent(a) }
      meet(a, ValueBounds(lower: 0))
    default: meet(value, ValueBounds())
    }
  }

  // MARK: One form

  private mutating func normalise() {
    let missing = Set(
      parts.compactMap { part -> Expression? in
        if part.isTrue, case .isNull(let a) = part.condition { a } else { nil }
      })
    if !missing.isEmpty {
      let present = bounded + parts.filter(\.isTrue).map(\.condition)
      if present.contains(where: { !$0.strictOperands.isDisjoint(with: missing) }) { isNever = true }
    }
    for value in bounded {
      guard var known = bounds[value] else { continue }
      let range = facts.range(of: value)
      if let range {
        known.lower = max(known.lower ?? range.lower, range.lower)
        known.upper = min(known.upper ?? range.upper, range.upper)
      }
      while let lower = known.lower, known.excluded.contains(lower), lower <= known.upper ?? lower {
        known.lower = lower + 1
      }
      while let upper = known.upper, known.excluded.contains(upper), known.lower ?? upper <= upper {
        known.upper = upper - 1
      }
      if let lower = known.lower, let upper = known.upper, upper < lower { isNever = true }
      known.excluded = known.excluded.filter { (known.lower ?? $0 - 1) < $0 && $0 < (known.upper ?? $0 + 1) }
      if known.lower == range?.lower, range != nil { known.lower = nil }
      if known.upper == range?.upper, range != nil { known.upper = nil }
      // A single value is both ends, also where it is an end of the range.
      if let range, known.lower == nil, known.upper == range.lower { known.lower = range.lower }
      if let range, known.upper == nil, known.lower == range.upper { known.upper = range.upper }
      bounds[value] = known
    }
  }

  /// A condition that is true in these rows, and false or NULL in the others.
  var condition: Expression {
    guard !isNever else { return .boolean(false) }
    var found: [Expression] = []
    for value in bounded {
      guard let known = bounds[value] else { continue }
      var own: [Expression] = []
      if let lower = known.lower, lower == known.upper {
        own.append(.compare(.equal, value, .integer(lower)))
      } else {
        if let lower = known.lower { own.append(.compare(.less, .integer(lower - 1), value)) }
        if let upper = known.upper { own.append(.compare(.less, value, .integer(upper + 1))) }
        for point in known.excluded.sorted() { own.append(.not(.compare(.equal, value, .integer(point)))) }
      }
      if own.isEmpty, facts.mayBeNull(value) { own.append(.not(.isNull(value))) }
      found += own
    }
    for part in parts {
      if part.isTrue {
        found.append(part.condition)
      } else {
        found.append(facts.mayBeNull(part.condition) ? part.condition.isNotTrue : .not(part.condition))
      }
    }
    guard found.count > 1 else { return .all(found) }
    // The order in which a query has them says nothing.
    return .all(found.map { (facts.work.text(of: $0), $0) }.sorted { $0.0 < $1.0 }.map(\.1))
  }
}

extension Expression {
  /// Parts of a value or condition without which there is none.
  fileprivate var strictOperands: Set<Expression> {
    switch self {
    case .isNull, .and, .or, .coalesce, .choose, .extreme: []
    case .not(let a): a.strictOperands
    case .add, .subtract, .multiply, .scaled, .compare, .truncated, .floored:
      children.reduce(into: [self]) { $0.formUnion($1.strictOperands) }
    default: [self]
    }
  }
}

extension ReleaseArgument.Facts {
  /// It is NULL only where values are missing of tables whose owners let that be told.
  func tellsMissing(_ expression: Expression) -> Bool {
    switch expression {
    case .column(let id): !mayBeNull(expression) || isMissingTold(id)
    case .integer: true
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b): tellsMissing(a) && tellsMissing(b)
    case .scaled(let a, _), .truncated(let a, _), .floored(let a, _), .remainder(let a, _), .calendar(_, let a),
      .textLength(let a):
      tellsMissing(a)
    default: false
    }
  }

  /// Also where an outer join put it.
  func mayBeNull(_ expression: Expression) -> Bool {
    switch expression {
    case .boolean, .integer, .text, .isNull: false
    case .coalesce(let parts): parts.allSatisfy(mayBeNull)
    case .not(let a): mayBeNull(a)
    case .and(let a, let b), .or(let a, let b): mayBeNull(a) || mayBeNull(b)
    default: isNullable(expression) || expression.columns.contains(where: isExtended)
    }
  }
  /// The condition in the form that all conditions with simple reasons to be the same have.
  func reduced(_ condition: Expression) -> Expression { RowSet(condition, self).condition }
}
