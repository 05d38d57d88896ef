import BigInt
import ParleyProgram

/// How far what a query computes can be from the exact value, for the statement.
extension ColumnRegistry {
  /// In halves of the last place of the expression; nil where it is not bounded here, as where declared ranges say nothing of
  /// a divisor, or of what is decided by a rounded value.
  func error(of expression: Expression) -> Int? {
    func bounded(_ error: BigInt) -> Int? { error <= 1 << 60 ? Int(exactly: error) : nil }
    func sum(_ errors: [Int?]) -> Int? {
      errors.reduce(0) { total, next in
        guard let total, let next else { return nil }
        return bounded(BigInt(total) + BigInt(next))
      }
    }
    switch expression {
    case .column(let id): return self[id].error
    case .add(let a, let b), .subtract(let a, let b): return sum([error(of: a), error(of: b)])
    case .multiply(let a, let b):
      guard let x = error(of: a), let y = error(of: b) else { return nil }
      var total = (BigInt(x) * BigInt(y) + 1) / 2
      for (error, other) in [(x, b), (y, a)] where error != 0 {
        guard let values = values(of: other) else { return nil }
        total += BigInt(error) * values.farthest
      }
      return bounded(total)
    case .scaled(let a, let factor):
      return error(of: a).flatMap { bounded(BigInt($0) * BigInt(factor.magnitude)) }
    // Of a value that is exact, what is cut off is the meaning. Otherwise both may fall on two sides of a step.
    case .truncated(let a, let unit):
      if let rounded = a.halvesAdded(unit) {
        return error(of: rounded).flatMap { $0 == 0 ? 0 : bounded(2 * (BigInt($0) / (2 * unit) + 1)) }
      }
      return error(of: a).flatMap { bounded(2 * ((BigInt($0) + 2 * unit - 1) / (2 * unit))) }
    case .ratio(let a, let b, let places):
      guard let x = error(of: a), let y = error(of: b) else { return nil }
      guard x != 0 || y != 0 else { return 1 }
      guard let least = values(of: b)?.lower, least > 0 else { return nil }
      var total = BigInt(x) * least
      if y != 0 {
        guard let values = values(of: a) else { return nil }
        total += BigInt(y) * values.farthest
      }
      return bounded((total * powerOfTen(max(0, places)) + least * least - 1) / (least * least) + 1)
    case .squareRoot(let a, let scale):
      guard let own = error(of: a), own != 0 else { return error(of: a).map { _ in 1 } }
      guard let least = values(of: a)?.lower, least > 0 else { return nil }
      let root = 2 * (least * powerOfTen(scale)).squareRoot()
      return bounded((BigInt(own) * powerOfTen(ExpressionBinder.places) + root - 1) / root + 1)
    case .choose(let branches, let otherwise):
      guard branches.allSatisfy({ error(of: $0.condition) == 0 }) else { return nil }
      return error(ofAny: branches.map(\.result) + [otherwise])
    case .coalesce(let parts), .extreme(let parts, _): return error(ofAny: parts)
    case .isNull: return 0
    case .subquery(let subquery):
      switch subquery.kind {
      case .exists: return 0
      case .scalar: return error(of: subquery.output)
      case .oneOf(let members):
        return members.allSatisfy { error(of: $0.operand) == 0 && error(of: $0.output) == 0 } ? 0 : nil
      }
    default: return expression.children.allSatisfy { error(of: $0) == 0 } ? 0 : nil
    }
  }

  /// What its values that are not NULL are within, as far as declared ranges say: rounded or not.
  func values(of expression: Expression) -> Interval? {
    switch expression {
    case .column(let id): self[id].values
    case .integer(let value): .exactly(value)
    case .add(let a, let b): values(of: a).flatMap { x in values(of: b).map { x + $0 } }
    case .subtract(let a, let b): values(of: a).flatMap { x in values(of: b).map { x - $0 } }
    case .multiply(let a, let b): values(of: a).flatMap { x in values(of: b).map { x * $0 } }
    case .scaled(let a, let factor): values(of: a).map { $0 * .exactly(factor) }
    default: nil
    }
  }

  /// A number of which every value is a multiple, in last places.
  func unit(of expression: Expression) -> BigInt {
    switch expression {
    case .column(let id): self[id].unit
    case .integer(let value): value
    case .add(let a, let b), .subtract(let a, let b): unit(of: a).greatestCommonDivisor(with: unit(of: b))
    case .multiply(let a, let b): unit(of: a) * unit(of: b)
    case .scaled(let a, let factor): unit(of: a) * factor
    case .null: 0
    case .choose(let branches, let otherwise): unit(ofAny: branches.map(\.result) + [otherwise])
    case .coalesce(let parts), .extreme(let parts, _): unit(ofAny: parts)
    case .subquery(let subquery): if case .scalar = subquery.kind { unit(of: subquery.output) } else { 1 }
    default: 1
    }
  }

  func unit(ofAny expressions: [Expression]) -> BigInt {
    expressions.reduce(0) { $0.greatestCommonDivisor(with: unit(of: $1)) }
  }

  func unit(of function: WindowStep.Function) -> BigInt {
    switch function {
    case .lag(let a, _), .lead(let a, _), .firstValue(let a), .lastValue(let a), .minimum(let a), .maximum(let a):
      unit(of: a)
    case .rowNumber, .rank, .denseRank, .countRows, .count, .sum, .moments: 1
    }
  }

  /// Of a statistic of a column of numbers with so many decimals.
  func values(of function: AggregateFunction, _ argument: Expression?, scale: Int) -> Interval? {
    guard let own = argument.flatMap(values(of:)) else { return nil }
    let up = powerOfTen(max(0, ExpressionBinder.places - scale))
    let down = powerOfTen(max(0, scale - ExpressionBinder.places))
    func scaled(_ range: Interval) -> Interval {
      Interval(
        (range.lower * up).flooredQuotient(by: down), -(-range.upper * up).flooredQuotient(by: down))
    }
    switch function {
    case .average: return scaled(own)
    case .deviation: return scaled(Interval(0, own.upper - own.lower))
    case .minimum, .maximum, .quantile: return own
    case .median: return own * .exactly(10)
    case .variance, .correlation, .countRows, .count, .sum, .any, .every: return nil
    }
  }

  /// Of what may be the value of any of these.
  func error(ofAny expressions: [Expression]) -> Int? {
    expressions.reduce(0) { most, next in
      guard let most, let own = error(of: next) else { return nil }
      return max(most, own)
    }
  }

  func error(of function: WindowStep.Function) -> Int? {
    switch function {
    case .rowNumber, .rank, .denseRank, .countRows, .count: 0
    case .lag(let a, _), .lead(let a, _), .firstValue(let a), .lastValue(let a), .minimum(let a), .maximum(let a):
      error(of: a)
    case .sum(let a): error(of: a) == 0 ? 0 : nil
    case .moments(let function, let a, let b, _): error(of: function, a, b)
    }
  }

  /// Of a statistic of a column.
  func error(of function: AggregateFunction, _ argument: Expression?, _ second: Expression?) -> Int? {
    let errors = [argument, second].map { $0.map(error(of:)) ?? 0 }
    switch function {
    case .average, .variance, .deviation, .correlation: return errors.allSatisfy { $0 == 0 } ? 1 : nil
    case .countRows, .count: return 0
    case .minimum, .maximum, .quantile: return errors[0]
    case .sum, .any, .every, .median: return errors.allSatisfy { $0 == 0 } ? 0 : nil
    }
  }
}

extension Expression {
  /// What ROUND rounds: half a unit was added to it, away from zero, to be cut off.
  fileprivate func halvesAdded(_ unit: BigInt) -> Expression? {
    guard case .choose(let branches, .add(let value, .integer(let half))) = self, branches.count == 1,
      branches[0].result == .subtract(value, .integer(half)), half == unit / 2
    else { return nil }
    return value
  }
}

extension Interval {
  /// The largest magnitude.
  fileprivate var farthest: BigInt { max(BigInt(lower.magnitude), BigInt(upper.magnitude)) }
}
