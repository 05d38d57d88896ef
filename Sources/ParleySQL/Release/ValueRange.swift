import BigInt
import ParleyProgram

/// What declared ranges say of the values of expressions, and the forms in which values are looked at.
extension ReleaseArgument.Facts {
  /// What its values that are not NULL are within; nil where that is not known.
  func range(of expression: Expression) -> Interval? {
    switch expression {
    case .column(let id):
      return isBoolean(expression) ? nil : range(id) ?? lesserOfTwo(id).map { Interval($0, $0 + 1) }
    case .integer(let value): return .exactly(value)
    case .add(let a, let b): return range(of: a).flatMap { x in range(of: b).map { x + $0 } }
    case .subtract(let a, let b): return range(of: a).flatMap { x in range(of: b).map { x - $0 } }
    case .multiply(let a, let b):
      return range(of: a).flatMap { x in a == b ? x.squared : range(of: b).map { x * $0 } }
    case .scaled(let a, let factor): return range(of: a).map { $0 * .exactly(factor) }
    case .truncated(let a, let divisor):
      return range(of: a).map { Interval($0.lower / divisor, $0.upper / divisor) }
    case .floored(let a, let divisor):
      return range(of: a).map {
        Interval($0.lower.flooredQuotient(by: divisor), $0.upper.flooredQuotient(by: divisor))
      }
    case .remainder(let a, let divisor):
      let whole = Interval(0, divisor - 1)
      return range(of: a).flatMap { whole.contains($0) ? $0 : nil } ?? whole
    case .calendar(let function, let a):
      return range(of: a).flatMap { Self.range(of: function, over: $0) } ?? function.everyValue
    case .textLength(.column(let id)): return length(id)
    case .choose(let branches, let otherwise): return union(branches.map(\.result) + [otherwise])
    case .coalesce(let parts), .extreme(let parts, _): return union(parts)
    default: return nil
    }
  }
  private func union(_ parts: [Expression]) -> Interval? {
    var found: Interval?
    for part in parts {
      if case .null = part { continue }
      guard let own = range(of: part) else { return nil }
      found = found?.union(own) ?? own
    }
    return found
  }
  private static func range(of function: CalendarFunction, over operands: Interval) -> Interval? {
    let isSame: Bool
    switch function {
    case .year, .months, .monthStart, .plusMonths: isSame = true
    case .quarter, .month, .dayOfYear:
      isSame = CalendarFunction.year.value(of: operands.lower) == CalendarFunction.year.value(of: operands.upper)
    case .day:
      isSame =
        CalendarFunction.months.value(of: operands.lower) == CalendarFunction.months.value(of: operands.upper)
    }
    // Within that span they never fall where the operand grows.
    return isSame ? Interval(function.value(of: operands.lower), function.value(of: operands.upper)) : nil
  }

  /// Whether it has one value, and is no choice, which its branches say more of.
  func isConstant(_ expression: Expression) -> Bool {
    if case .choose = expression { return false }
    return range(of: expression).map { $0.lower == $0.upper } ?? false
  }

  /// Where two values next to each other are all that it can have, the lesser.
  func lesserValue(of expression: Expression) -> BigInt? {
    guard let range = range(of: expression), range.upper - range.lower == 1 else { return nil }
    return range.lower
  }

  /// COALESCE of numbers as the choice that it is, so that the values are seen like any others.
  func spread(_ expression: Expression) -> Expression {
    switch expression {
    case .coalesce(let parts):
      var branches: [Expression.Branch] = []
      for part in parts.dropLast() {
        guard mayBeNull(part) else {
          return branches.isEmpty ? spread(part) : .choose(branches, otherwise: spread(part))
        }
        branches.append(.init(condition: .not(.isNull(part)), result: spread(part)))
      }
      let last = spread(parts[parts.count - 1])
      return branches.isEmpty ? last : .choose(branches, otherwise: last)
    case .add, .subtract, .multiply, .scaled: return expression.mapChildren(spread)
    case .choose(let branches, let otherwise):
      return .choose(
        branches.map { .init(condition: $0.condition, result: spread($0.result)) }, otherwise: spread(otherwise))
    default: return expression
    }
  }

  /// Rows in which it is not NULL.
  func isThere(_ expression: Expression) -> Expression {
    if !mayBeNull(expression) { return .boolean(true) }
    if let (condition, value) = expression.filtered { return .and(condition, isThere(value)) }
    return .not(.isNull(expression))
  }

  /// Whether a correlation with it adds up the other variable where a condition holds.
  func isOfConditions(_ expression: Expression) -> Bool {
    if let (_, value) = expression.filtered { return isOfConditions(value) }
    if isBoolean(expression) || expression.hasChoices { return true }
    guard let range = range(of: expression) else { return false }
    return range.upper - range.lower <= 1
  }
}

extension CalendarFunction {
  /// What it has of any date; nil where that has no end.
  fileprivate var everyValue: Interval? {
    switch self {
    case .month: Interval(1, 12)
    case .quarter: Interval(1, 4)
    case .day: Interval(1, 31)
    case .dayOfYear: Interval(1, 366)
    case .year, .months, .monthStart, .plusMonths: nil
    }
  }
}

extension ReleaseArgument.Facts {
  /// Farther than any value.
  private static let farthest = BigInt(1) << 200

  /// The least and the greatest of its values that a row can have which meets the conditions, as far as declared ranges and comparisons of
  /// the value with constants say; nil where there is none, and an end is missing where nothing bounds it.
  func ends(of value: Expression, where conditions: [Expression]) -> (lower: BigInt?, upper: BigInt?)? {
    let range = self.range(of: value) ?? Interval(-Self.farthest, Self.farthest)
    var constants: Set<BigInt> = []
    for condition in conditions { condition.collectConstants(comparedWith: value, &constants) }
    let points = Set(constants.flatMap { [$0 - 1, $0, $0 + 1] } + [range.lower, range.upper]).filter(
      range.contains)
    let possible = points.filter { point in
      conditions.allSatisfy { $0.truth(where: value, is: point) ?? true }
    }
    guard let lower = possible.min(), let upper = possible.max() else { return nil }
    return (lower == -Self.farthest ? nil : lower, upper == Self.farthest ? nil : upper)
  }

  /// Of rows over which something is added up, or what is left of them, those that have no end of the value: with two values left, their sum
  /// and their number tell how many have which.
  ///
  /// - Parameter clauses: what all rows meet.
  func withoutEnds(
    of factors: Set<Expression>, in rows: Expression, where clauses: [Expression]
  ) -> [Expression] {
    guard factors.count == 1, let value = factors.first, let ends = ends(of: value, where: clauses + [rows]),
      ends.lower != ends.upper
    else { return [] }
    return [ends.lower, ends.upper].compactMap(\.self).map { .and(rows, value.differs(from: $0)) }
  }
}

extension Expression {
  fileprivate func collectConstants(comparedWith value: Expression, _ found: inout Set<BigInt>) {
    switch self {
    case .compare(_, value, .integer(let k)), .compare(_, .integer(let k), value): found.insert(k)
    default: for child in children { child.collectConstants(comparedWith: value, &found) }
    }
  }

  /// Of a condition, with one value known and all others not; nil where it may be either.
  fileprivate func truth(where value: Expression, is point: BigInt) -> Bool? {
    func known(_ a: Expression) -> BigInt? {
      if a == value { return point }
      if case .integer(let k) = a { return k }
      return nil
    }
    switch self {
    case .boolean(let truth): return truth
    case .compare(let comparison, let a, let b):
      guard let x = known(a), let y = known(b) else { return nil }
      switch comparison {
      case .less: return x < y
      case .lessOrEqual: return x <= y
      case .equal: return x == y
      }
    case .not(let a): return a.truth(where: value, is: point).map { !$0 }
    case .and(let a, let b):
      let (x, y) = (a.truth(where: value, is: point), b.truth(where: value, is: point))
      return x == false || y == false ? false : x == nil || y == nil ? nil : true
    case .or(let a, let b):
      let (x, y) = (a.truth(where: value, is: point), b.truth(where: value, is: point))
      return x == true || y == true ? true : x == nil || y == nil ? nil : false
    case .coalesce(let parts): return parts.first?.truth(where: value, is: point)
    case .isNull(value): return false
    default: return nil
    }
  }
}

extension Expression {
  /// Of a value with FILTER: the condition, and the value.
  var filtered: (condition: Expression, value: Expression)? {
    guard case .choose(let branches, .null) = self, branches.count == 1 else { return nil }
    return (branches[0].condition, branches[0].result)
  }
  fileprivate var hasChoices: Bool {
    switch self {
    case .choose, .coalesce, .extreme, .boolean, .not, .and, .or, .isNull, .compare, .compareText, .equivalent:
      true
    default: children.contains(where: \.hasChoices)
    }
  }
  /// What it adds and multiplies, without constants.
  var operands: [Expression] {
    switch self {
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b): a.operands + b.operands
    case .scaled(let a, _): a.operands
    case .integer: []
    default: [self]
    }
  }
  /// What it adds.
  var addends: [Expression] {
    switch self {
    case .add(let a, let b), .subtract(let a, let b): a.addends + b.addends
    default: [self]
    }
  }
}
