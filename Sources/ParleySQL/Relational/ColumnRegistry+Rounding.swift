/// How far what a query computes can be from the exact value, for the statement.
extension ColumnRegistry {
  /// In halves of the last place of the expression; nil where it is not bounded here, as of a product of two rounded
  /// values, or of what is decided by one.
  func error(of expression: Expression) -> Int? {
    let largest = 1 << 40
    func bounded(_ error: Int?) -> Int? { error.flatMap { $0 <= largest ? $0 : nil } }
    func times(_ error: Int?, _ factor: Int?) -> Int? {
      guard let error, error != 0 else { return error }
      guard let factor, factor.magnitude <= UInt(largest) else { return nil }
      let (product, overflow) = error.multipliedReportingOverflow(by: Int(factor.magnitude))
      return overflow ? nil : bounded(product)
    }
    func sum(_ errors: [Int?]) -> Int? {
      errors.reduce(0) { total, next in
        guard let total, let next else { return nil }
        return bounded(total + next)
      }
    }
    switch expression {
    case .column(let id): return self[id].error
    case .add(let a, let b), .subtract(let a, let b): return sum([error(of: a), error(of: b)])
    case .multiply(let a, .integer(let factor)), .multiply(.integer(let factor), let a):
      return times(error(of: a), Int(exactly: factor))
    case .scaled(let a, let factor): return times(error(of: a), Int(exactly: factor))
    // Of a value that is exact, what is cut off is the meaning.
    case .truncated(let a, let divisor):
      guard let own = error(of: a), own != 0 else { return error(of: a) }
      guard let divisor = Int(exactly: divisor), divisor > 0 else { return nil }
      return own / divisor + 3
    case .ratio(let a, let b, _): return error(of: a) == 0 && error(of: b) == 0 ? 1 : nil
    case .squareRoot(let a, _): return error(of: a) == 0 ? 1 : nil
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
