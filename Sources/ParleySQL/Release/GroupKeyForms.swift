import BigInt
import ParleyProgram

/// Which groups are of neighbouring values: where a column is added up in groups that are made from it, what is next to a value of
/// the same group is its guard, and there is none where a group is made of pieces.
extension ReleaseArgument.Facts {
  /// Whether each group that the key makes holds all values of a column between two: the key is the column, or rises or falls
  /// with it, or is made of comparisons of it with constants that cut its range into pieces of which no two are one group.
  func isOfNeighbours(_ key: Expression, in id: ColumnID) -> Bool {
    guard key.columns == [id] else { return false }
    return follows(key) || isOfPieces(key, of: id)
  }

  /// It never falls where its column grows, or never rises.
  private func follows(_ key: Expression) -> Bool {
    switch key {
    case .column: true
    case .scaled(let a, _), .truncated(let a, _), .floored(let a, _), .squareRoot(let a, _), .shown(let a, _):
      follows(a)
    case .add(let a, .integer), .add(.integer, let a), .subtract(let a, .integer), .subtract(.integer, let a):
      follows(a)
    case .calendar(let function, let a):
      follows(a) && (range(of: a).map { function.rises(over: $0) } ?? function.rises)
    default: false
    }
  }

  private func isOfPieces(_ key: Expression, of id: ColumnID) -> Bool {
    guard let range = range(of: .column(id)), key.isOfComparisons(where: follows) else { return false }
    var points: Set<BigInt> = [range.lower, range.upper]
    for (value, constant) in key.comparedValues {
      // The comparison is true up to some value, or from it on.
      for isEqualBelow in [false, true] {
        func isBelow(_ x: BigInt) -> Bool? {
          guard case .integer(let own) = value.value(where: id, is: x) else { return nil }
          return isEqualBelow ? own <= constant : own < constant
        }
        guard let first = isBelow(range.lower), let last = isBelow(range.upper) else { return false }
        guard first != last else { continue }
        var (before, after) = (range.lower, range.upper)
        while after - before > 1 {
          let middle = before + (after - before) / 2
          guard let own = isBelow(middle) else { return false }
          if own == first { before = middle } else { after = middle }
        }
        points.formUnion([before, after])
      }
    }
    var seen: Set<Expression> = []
    var last: Expression?
    for point in points.sorted() {
      let group = key.value(where: id, is: point)
      guard group.isConstant else { return false }
      if group == last { continue }
      guard seen.insert(group).inserted else { return false }
      last = group
    }
    return true
  }
}

extension Expression {
  /// A number, a text, true, false or NULL.
  var isConstant: Bool {
    switch self {
    case .integer, .boolean, .text, .null: true
    default: false
    }
  }

  /// Values that are compared with constants, and these.
  var comparedValues: [(value: Expression, constant: BigInt)] {
    switch self {
    case .compare(_, let value, .integer(let constant)), .compare(_, .integer(let constant), let value):
      [(value, constant)]
    default: children.flatMap(\.comparedValues)
    }
  }

  /// Choices of constants by comparisons with constants, and such comparisons.
  fileprivate func isOfComparisons(where follows: (Expression) -> Bool) -> Bool {
    switch self {
    case .compare(_, let a, .integer), .compare(_, .integer, let a): follows(a)
    case .isNull(.column): true
    case .integer, .boolean, .text, .null: true
    case .and, .or, .not, .choose, .coalesce: children.allSatisfy { $0.isOfComparisons(where: follows) }
    default: false
    }
  }

  /// What it is where a column has a value; itself in part where that is not computed here.
  func value(where id: ColumnID, is number: BigInt) -> Expression {
    if self == .column(id) { return .integer(number) }
    switch mapChildren({ $0.value(where: id, is: number) }) {
    case .truncated(.integer(let a), let divisor): return .integer(a / divisor)
    case .floored(.integer(let a), let divisor): return .integer(a.flooredQuotient(by: divisor))
    case .calendar(let function, .integer(let a)): return .integer(function.value(of: a))
    case .coalesce(let parts):
      let open = parts.drop { if case .null = $0 { true } else { false } }
      return open.first ?? parts[parts.count - 1]
    case let other: return other.simplified
    }
  }
}

extension CalendarFunction {
  /// It never falls where days grow.
  fileprivate var rises: Bool {
    switch self {
    case .year, .months, .monthStart, .plusMonths: true
    case .quarter, .month, .day, .dayOfYear: false
    }
  }
  fileprivate func rises(over days: Interval) -> Bool {
    switch self {
    case .year, .months, .monthStart, .plusMonths: true
    case .quarter, .month, .dayOfYear:
      CalendarFunction.year.value(of: days.lower) == CalendarFunction.year.value(of: days.upper)
    case .day: CalendarFunction.months.value(of: days.lower) == CalendarFunction.months.value(of: days.upper)
    }
  }
}
