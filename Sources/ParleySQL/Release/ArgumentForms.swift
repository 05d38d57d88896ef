import BigInt
import ParleyProgram

extension ReleaseArgument {
  /// What is known of columns.
  struct Facts {
    /// The lesser of the two values that are all that it can have; nil where there are more.
    var lesserOfTwo: (ColumnID) -> BigInt?
    /// An outer join may have put NULL into it.
    var isExtended: (ColumnID) -> Bool
    var isNullable: (Expression) -> Bool
    /// It is a column of a table whose owners let it be told how many of its values are missing.
    var isMissingTold: (ColumnID) -> Bool
    var isBoolean: (Expression) -> Bool
    var isText: (Expression) -> Bool
    /// What its values that are not NULL are within; nil where that is not known.
    var range: (ColumnID) -> Interval?
    /// What the lengths of its texts are within; nil where it has none.
    var length: (ColumnID) -> Interval?
    let work: JudgingWork
  }
}

extension ReleaseArgument {
  /// A product that is added up over some rows.
  struct Summand: Hashable {
    /// Rows in which it is neither NULL nor 0.
    var rows: Expression
    /// Two sums of the same factors over different rows differ by what the rows are in which they differ.
    var factors: Set<Expression>
    /// Rows in which it is added, whether it is 0 or not.
    var path: Expression
    /// These are the rows with one of two values of their group, see ``ReleaseArgument/pairs``.
    var isOfPair = false
    /// Which the rows pass, where queries of the study over the table have different ones.
    var clause: Expression?
    /// With the clause.
    var wholePath: Expression { clause.map { .and($0, path) } ?? path }
  }

  /// Factors of a product that are no constants.
  typealias Term = [Expression]
  static let mostTerms = 32

  /// The argument as a sum of products; nil where there are too many.
  static func terms(of expression: Expression) -> [Term]? {
    switch expression {
    case .integer, .null: return [[]]
    case .scaled(let a, let factor): return factor == 0 ? [[]] : terms(of: a)
    case .add(let a, let b), .subtract(let a, let b):
      guard let x = terms(of: a), let y = terms(of: b), x.count + y.count <= mostTerms else { return nil }
      return x + y
    case .multiply(.choose(let branches, let otherwise), let b),
      .multiply(let b, .choose(let branches, let otherwise)):
      // A choice of products, so that their factors are seen.
      return [
        [
          .choose(
            branches.map { .init(condition: $0.condition, result: $0.result.times(b)) },
            otherwise: otherwise.times(b))
        ]
      ]
    case .multiply(let a, let b):
      guard let x = terms(of: a), let y = terms(of: b), x.count * y.count <= mostTerms else { return nil }
      return x.flatMap { p in y.map { choice(of: p + $0) } }
    default: return [[expression]]
    }
  }
  /// A product with a choice in it as a choice of products.
  private static func choice(of term: Term) -> Term {
    guard term.count > 1,
      let place = term.firstIndex(where: { if case .choose = $0 { true } else { false } }),
      case .choose(let branches, let otherwise) = term[place]
    else { return term }
    var others = term
    others.remove(at: place)
    let product = others.dropFirst().reduce(others[0]) { .multiply($0, $1) }
    return [
      .choose(
        branches.map { .init(condition: $0.condition, result: $0.result.times(product)) },
        otherwise: otherwise.times(product))
    ]
  }
}

/// How arguments of statistics are looked at.
extension Expression {
  /// Rows in which a product is neither NULL nor 0.
  static func isContributing(_ factors: [Expression]) -> Expression {
    .not(.any(factors.map { .compare(.equal, $0, .integer(0)) }))
  }
  func differs(from value: BigInt) -> Expression { .not(.compare(.equal, self, .integer(value))) }
  /// Columns whose values are in its value, and not only in the conditions of CASE.
  var valueColumns: Set<ColumnID> {
    switch self {
    case .choose(let branches, let otherwise):
      branches.reduce(into: otherwise.valueColumns) { $0.formUnion($1.result.valueColumns) }
    case .column(let id): [id]
    default: children.reduce(into: []) { $0.formUnion($1.valueColumns) }
    }
  }
  /// Rows in which it is 0 or NULL add nothing.
  func times(_ other: Expression) -> Expression {
    switch self {
    case .integer(0), .null: self
    case .integer(1): other
    default: .multiply(self, other)
    }
  }
  /// It is 0 or 1, and its squares are what it is; a Boolean column is not meant.
  var isCondition: Bool {
    switch self {
    case .boolean, .compare, .compareText, .equivalent, .like, .textHolds, .not, .and, .or, .isNull: true
    default: false
    }
  }
  /// It is a condition, a column with constants, a rounding or part of one, or one of several constants, in all rows or in those of a filter: its
  /// squares add up to nothing that sums of it do not say more of.
  var isOfOneVariable: Bool {
    if let (_, value) = filtered { return value.isOfOneVariable }
    if valueColumns.isEmpty || isCondition { return true }
    switch self {
    case .column: return true
    case .scaled(let a, _), .add(let a, .integer), .add(.integer, let a), .subtract(let a, .integer),
      .subtract(.integer, let a), .multiply(let a, .integer), .multiply(.integer, let a):
      return a.isOfOneVariable
    case .truncated, .floored, .remainder, .calendar, .squareRoot, .textLength:
      return columns.count == 1 && isPlainStep
    default: return false
    }
  }
  /// The two columns of which it is the sum or the difference, under its filter: its squares add up theirs and the products of both.
  var twoVariables: (a: Expression, b: Expression)? {
    if case .choose(let branches, let otherwise) = self, let (condition, value) = filtered, branches.count == 1 {
      guard let (a, b) = value.twoVariables else { return nil }
      func under(_ part: Expression) -> Expression {
        .choose([.init(condition: condition, result: part)], otherwise: otherwise)
      }
      return (under(a), under(b))
    }
    switch self {
    case .add(let a, let b), .subtract(let a, let b):
      guard a.isScaledColumn, b.isScaledColumn, a.columns.isDisjoint(with: b.columns) else { return nil }
      return (a, b)
    default: return nil
    }
  }
  var isSumOrProduct: Bool {
    switch self {
    case .add, .subtract, .multiply, .scaled: true
    default: false
    }
  }
  /// A function that is neither a sum nor a product nor a choice.
  var containsStep: Bool {
    switch self {
    case .column, .integer, .boolean, .text, .null: false
    case .add, .subtract, .multiply, .scaled: children.contains(where: \.containsStep)
    default: true
    }
  }
}

extension ReleaseArgument.Facts {
  /// The widest range of which values at its ends count as none, and each as a set of its own beside conditions about it.
  static let narrow: BigInt = 16

  /// The values that it can have, where they are few, and more than two.
  func narrowRange(of expression: Expression) -> Interval? {
    guard let range = range(of: expression), range.upper - range.lower > 1,
      range.upper - range.lower <= Self.narrow
    else { return nil }
    return range
  }

  /// The values that are sets of their own beside conditions about it: where it has few by its range, or as conditions leave no others, and more
  /// than two.
  func valuesOneByOne(of expression: Expression, where conditions: [Expression]) -> [BigInt] {
    if let range = narrowRange(of: expression) {
      return (0...Int(range.upper - range.lower)).map { range.lower + BigInt($0) }
    }
    let few = expression.columns.count == 1 ? fewValues(of: expression, where: conditions) ?? [] : []
    return few.count > 2 ? few : []
  }

  /// It may be NULL for another reason than that a column of a table is missing of which it is a product, a multiple, a rounding or a
  /// sum with constants.
  func hidesMissing(_ expression: Expression) -> Bool {
    guard mayBeNull(expression) else { return false }
    switch expression {
    case .column(let id): return isExtended(id)
    case .scaled(let a, let factor): return factor == 0 || hidesMissing(a)
    case .truncated(let a, _), .floored(let a, _), .remainder(let a, _), .calendar(_, let a), .textLength(let a),
      .add(let a, .integer), .add(.integer, let a), .subtract(let a, .integer), .subtract(.integer, let a):
      return hidesMissing(a)
    case .multiply(let a, let b):
      let isNothing = [a, b].contains { range(of: $0).map { $0 == .exactly(0) } ?? false }
      return isNothing || hidesMissing(a) || hidesMissing(b)
    default: return true
    }
  }
}

extension Expression {
  /// Of two values under the same FILTER, their product under it.
  static func correlated(_ a: Expression, _ b: Expression) -> Expression {
    guard let (condition, x) = a.filtered, let (other, y) = b.filtered, condition == other,
      case .choose(_, let otherwise) = a
    else { return .multiply(a, b) }
    return .choose([.init(condition: condition, result: .multiply(x, y))], otherwise: otherwise)
  }
}

extension ReleaseArgument.Summand {
  /// Of one of the columns that are added up a condition is about that column alone, and in a form of which no range is read.
  static func areTested(_ factors: [Set<Expression>], by conditions: [Expression]) -> Bool {
    let summed = factors.reduce(into: Set<ColumnID>()) { found, own in
      for factor in own { found.formUnion(factor.valueSources) }
    }
    // Conditions that follow from what is added up compare it as it is.
    let values = factors.reduce(into: Set<Expression>()) { $0.formUnion($1) }
    return conditions.contains { condition in
      condition.simplified.conjuncts.contains { part in
        part.columns.count == 1 && !part.entangledColumns.isDisjoint(with: summed)
          && !(part.comparedValue.map(values.contains) ?? false)
      }
    }
  }
}

extension Expression {
  /// What a condition compares with a constant.
  fileprivate var comparedValue: Expression? {
    switch self {
    case .not(let a): a.comparedValue
    case .compare(_, let a, .integer), .compare(_, .integer, let a): a
    default: nil
    }
  }
}
