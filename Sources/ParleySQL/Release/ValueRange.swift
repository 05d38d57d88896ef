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
    case .coalesce(let parts): return union(parts)
    case .extreme(let parts, let isGreatest): return extreme(parts, isGreatest: isGreatest)
    default: return nil
    }
  }
  /// LEAST is at most the greatest value of each part that is never missing, and GREATEST at least the least one.
  private func extreme(_ parts: [Expression], isGreatest: Bool) -> Interval? {
    guard let whole = union(parts) else { return nil }
    let always = parts.filter { !mayBeNull($0) }.compactMap(range)
    guard !always.isEmpty else { return whole }
    let (lower, upper) = (
      always.map(\.lower).reduce(whole.lower, max), always.map(\.upper).reduce(whole.upper, min)
    )
    return isGreatest ? Interval(lower, whole.upper) : Interval(whole.lower, upper)
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

  /// Where two values are all that it can have, these, whether by its range or as conditions leave no others.
  func twoValues(of expression: Expression, where conditions: [Expression]) -> (lesser: BigInt, greater: BigInt)? {
    if let range = range(of: expression), range.upper - range.lower == 1 { return (range.lower, range.upper) }
    guard expression.columns.count == 1, let few = fewValues(of: expression, where: conditions), few.count == 2
    else { return nil }
    return (few[0], few[1])
  }

  /// COALESCE, GREATEST and LEAST of numbers as the choices that they are, and what has one value as that, so that the values are
  /// seen like any others.
  func spread(_ expression: Expression) -> Expression {
    switch expression {
    case .column:
      guard !isBoolean(expression), let range = range(of: expression), range.lower == range.upper else {
        return expression
      }
      let value = Expression.integer(range.lower)
      guard mayBeNull(expression) else { return value }
      return .choose(
        [.init(condition: .not(.isNull(expression)), result: value)], otherwise: .null(.number(scale: 0)))
    case .truncated(let a, 1), .floored(let a, 1): return spread(a)
    case .truncated(.scaled(let a, let factor), let divisor), .floored(.scaled(let a, let factor), let divisor):
      return factor % divisor == 0 ? spread(.scaled(a, by: factor / divisor)) : expression
    case .extreme(let parts, let isGreatest): return choice(ofExtreme: parts.map(spread), isGreatest: isGreatest)
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

  private func atMost(_ a: Expression, _ b: Expression) -> Expression {
    if let x = range(of: a), let y = range(of: b) {
      if x.upper <= y.lower, !mayBeNull(a), !mayBeNull(b) { return .boolean(true) }
      if x.lower > y.upper { return .boolean(false) }
    }
    return .compare(.lessOrEqual, a, b)
  }
  /// The first that none after it exceeds, or is less than; what is missing does not count.
  private func choice(ofExtreme parts: [Expression], isGreatest: Bool) -> Expression {
    var branches: [Expression.Branch] = []
    for (place, part) in parts.enumerated().dropLast() {
      var conditions: [Expression] = mayBeNull(part) ? [.not(.isNull(part))] : []
      for other in parts[(place + 1)...] {
        let isKept = isGreatest ? atMost(other, part) : atMost(part, other)
        conditions.append(mayBeNull(other) ? .or(.isNull(other), isKept) : isKept)
      }
      let condition = Expression.all(conditions)
      switch reduced(condition) {
      case .boolean(false): continue
      case .boolean(true): return branches.isEmpty ? part : .choose(branches, otherwise: part)
      default: branches.append(.init(condition: condition, result: part))
      }
    }
    guard let last = parts.last else { return .null(.number(scale: 0)) }
    return branches.isEmpty ? last : .choose(branches, otherwise: last)
  }

  /// Rows in which it is not NULL.
  func isThere(_ expression: Expression) -> Expression {
    if !mayBeNull(expression) { return .boolean(true) }
    if let (condition, value) = expression.filtered { return .and(condition, isThere(value)) }
    return .not(.isNull(expression))
  }

  /// Whether a correlation with it adds up the other variable where a condition holds.
  ///
  /// - Parameter clauses: what all rows meet: of a column they may leave two values.
  func isOfConditions(_ expression: Expression, where clauses: [Expression]) -> Bool {
    if isOfConditions(expression) { return true }
    if let (condition, value) = expression.filtered { return isOfConditions(value, where: clauses + [condition]) }
    return expression.columns.count == 1 && fewValues(of: expression, where: clauses).map { $0.count < 3 } ?? false
  }
  private func isOfConditions(_ expression: Expression) -> Bool {
    if let (_, value) = expression.filtered { return isOfConditions(value) }
    // A multiple of a value of two, with constants, is one.
    switch expression {
    case .scaled(let a, let factor) where factor != 0: return isOfConditions(a)
    case .add(let a, .integer), .add(.integer, let a), .subtract(let a, .integer), .subtract(.integer, let a):
      return isOfConditions(a)
    default: break
    }
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

  /// The least and the greatest of its values that a row can have which meets the conditions, as far as declared ranges and what is
  /// known of conditions say; nil where there is none, and an end is missing where nothing bounds it.
  func ends(of value: Expression, where conditions: [Expression]) -> (lower: BigInt?, upper: BigInt?)? {
    let range = self.range(of: value) ?? Interval(-Self.farthest, Self.farthest)
    let conditions = Self.connected(conditions, with: value)
    var constants: Set<BigInt> = []
    for condition in conditions { condition.collectConstants(comparedWith: value, &constants) }
    let given = conditions.map { RowSearch.Wish(expression: $0, outcome: .isTrue) }
    func isSome(from lower: BigInt, to upper: BigInt) -> Bool {
      let bounds = [
        Expression.compare(.lessOrEqual, .integer(lower), value), .compare(.lessOrEqual, value, .integer(upper)),
      ]
      return isSurelyPossible(given + bounds.map { RowSearch.Wish(expression: $0, outcome: .isTrue) })
    }
    guard isSome(from: range.lower, to: range.upper) else { return nil }
    // Most ends are next to a constant that the value is compared with.
    let points = Set(constants.flatMap { [$0 - 1, $0, $0 + 1] } + [range.lower, range.upper]).filter(
      range.contains
    ).sorted()
    let lower = Self.first(points) { isSome(from: range.lower, to: $0) }
    let upper = -Self.first(points.reversed().map { -$0 }) { isSome(from: -$0, to: range.upper) }
    return (lower == -Self.farthest ? nil : lower, upper == Self.farthest ? nil : upper)
  }

  /// The values that rows which meet the conditions can have, in ascending order, where these are few (``narrow``), whether they are next to each
  /// other or not; nil where there are more, or where that is not known.
  func fewValues(of value: Expression, where conditions: [Expression]) -> [BigInt]? {
    guard !isBoolean(value) else { return nil }
    if let range = range(of: value), range.upper == range.lower { return [range.lower] }
    let about = Self.connected(conditions, with: value).filter { !$0.columns.isEmpty }
    guard !about.isEmpty else {
      guard let range = range(of: value), range.upper - range.lower <= Self.narrow else { return nil }
      return (0...Int(range.upper - range.lower)).map { range.lower + BigInt($0) }
    }
    guard let ends = ends(of: value, where: conditions) else { return [] }
    guard let lower = ends.lower, let upper = ends.upper else { return nil }
    // What leaves no gap leaves as many as lie between the ends.
    guard upper - lower <= Self.narrow || !about.allSatisfy({ $0.leavesNoGap(of: value) }) else { return nil }
    var constants: Set<BigInt> = [lower, upper]
    for condition in about { condition.collectConstants(comparedWith: value, &constants) }
    let points = Set(constants.flatMap { [$0 - 1, $0, $0 + 1] }).sorted()
    let given = about.map { RowSearch.Wish(expression: $0, outcome: .isTrue) }
    func isSome(from lower: BigInt, to upper: BigInt) -> Bool {
      let bounds = [
        Expression.compare(.lessOrEqual, .integer(lower), value), .compare(.lessOrEqual, value, .integer(upper)),
      ]
      return isSurelyPossible(given + bounds.map { RowSearch.Wish(expression: $0, outcome: .isTrue) })
    }
    var found = [lower]
    while let last = found.last, last < upper, !work.isTooMuch {
      guard BigInt(found.count) <= Self.narrow else { return nil }
      if isSome(from: last + 1, to: last + 1) {
        found.append(last + 1)
      } else {
        found.append(Self.first(points.filter { $0 > last && $0 <= upper }) { isSome(from: last + 1, to: $0) })
      }
    }
    return found
  }

  /// Of a product the ends follow from those of its factors too, which conditions are about.
  func endsOfProduct(_ value: Expression, where conditions: [Expression]) -> (lower: BigInt?, upper: BigInt?)? {
    guard let whole = ends(of: value, where: conditions) else { return nil }
    guard case .multiply(let a, let b) = value else { return whole }
    guard let x = endsOfProduct(a, where: conditions), let y = endsOfProduct(b, where: conditions) else {
      return nil
    }
    guard let x0 = x.lower, let x1 = x.upper, let y0 = y.lower, let y1 = y.upper else { return whole }
    let corners = [x0 * y0, x0 * y1, x1 * y0, x1 * y1].sorted()
    return (
      lower: whole.lower.map { max($0, corners[0]) } ?? corners[0],
      upper: whole.upper.map { min($0, corners[3]) } ?? corners[3]
    )
  }

  /// Those that are about columns of the value, or about columns of such conditions: others leave all values of it, or no row.
  private static func connected(_ conditions: [Expression], with value: Expression) -> [Expression] {
    var open = conditions.flatMap(\.conjuncts).map { (condition: $0, columns: $0.columns) }
    var columns = value.columns
    var found: [Expression] = []
    while true {
      let near = open.filter { !$0.columns.isDisjoint(with: columns) || $0.columns.isEmpty }
      guard !near.isEmpty else { return found }
      open.removeAll { !$0.columns.isDisjoint(with: columns) || $0.columns.isEmpty }
      for item in near { columns.formUnion(item.columns) }
      found += near.map(\.condition)
    }
  }

  /// The first number for which a condition holds that holds for all after it, and for the last point.
  ///
  /// - Parameter points: ascending, at least one; looked at before the numbers between them.
  private static func first(_ points: [BigInt], where holds: (BigInt) -> Bool) -> BigInt {
    let place = points.firstIndex(where: holds) ?? points.count - 1
    guard place > 0, points[place] - points[place - 1] > 1, holds(points[place] - 1) else { return points[place] }
    var (below, found) = (points[place - 1], points[place] - 1)
    while found - below > 1 {
      let middle = below + (found - below) / 2
      if holds(middle) { found = middle } else { below = middle }
    }
    return found
  }

  /// Of rows over which something is added up, or what is left of them, those that have no end of the value: with two values left, their sum
  /// and their number tell how many have which.
  ///
  /// - Parameters:
  ///   - clauses: what all rows meet.
  ///   - path: those and the rows in which it is 0, which add nothing and are not at the end of every group.
  ///   - keys: what groups are made by: in groups of neighbouring values ends are those of the group.
  func withoutEnds(
    of factors: Set<Expression>, in rows: Expression, of path: Expression, where clauses: [Expression],
    keys: [Expression]
  ) -> [Expression] {
    guard factors.count == 1, let value = factors.first, let ends = ends(of: value, where: clauses + [rows]),
      ends.lower != ends.upper
    else { return [] }
    var found = [ends.lower, ends.upper].compactMap(\.self).map { Expression.and(rows, value.differs(from: $0)) }
    // Conditions in the path are about other columns than those that groups are made from.
    if let groups = ValueGroups(of: value, madeBy: keys, self), let all = self.ends(of: value, where: clauses) {
      found += [groups.isNoEnd(all.lower, -1), groups.isNoEnd(all.upper, 1)].map { .and(path, $0) }
    }
    return found
  }
}

extension Expression {
  /// It is one comparison of the value with a constant that leaves all values between two, or says nothing of its columns.
  fileprivate func leavesNoGap(of value: Expression) -> Bool {
    switch self {
    case .compare(.less, value, .integer), .compare(.lessOrEqual, value, .integer),
      .compare(.less, .integer, value), .compare(.lessOrEqual, .integer, value),
      .compare(.equal, value, .integer), .compare(.equal, .integer, value):
      true
    case .not(.compare(.less, value, .integer)), .not(.compare(.lessOrEqual, value, .integer)),
      .not(.compare(.less, .integer, value)), .not(.compare(.lessOrEqual, .integer, value)):
      true
    case .not(.isNull(.column)): true
    default: columns.isDisjoint(with: value.columns)
    }
  }
  fileprivate func collectConstants(comparedWith value: Expression, _ found: inout Set<BigInt>) {
    switch self {
    case .compare(_, value, .integer(let k)), .compare(_, .integer(let k), value): found.insert(k)
    default: for child in children { child.collectConstants(comparedWith: value, &found) }
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
