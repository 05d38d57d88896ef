import BigInt
import ParleyProgram

/// What a statistic says about single rows: the sets of rows that `docs/proofs/suppression.md` wants to be empty or large.
struct ReleaseArgument {
  /// Rows whose number, taken alone or less another of these, must not be small. Each may be NULL, which counts as not true.
  private(set) var conditions: [Expression] = []
  /// Rows that contribute to the statistic.
  private(set) var contributors: [Expression] = []
  /// What is added up, for sums.
  private(set) var summands: [Summand] = []
  /// Columns whose values are added up or compared, and not only tested.
  private(set) var values: Set<ColumnID> = []
  /// Why the argument cannot be judged, in words that end a sentence; nil where it can.
  private(set) var objection: String?

  /// A product that is added up over some rows.
  struct Summand: Hashable {
    /// Rows in which it is neither NULL nor 0.
    var rows: Expression
    /// Two sums of the same factors over different rows differ by what the rows are in which they differ.
    var factors: Set<Expression>
  }

  /// What is known of columns.
  struct Facts {
    /// The lesser of the two values that are all that it can have; nil where there are more.
    var lesserOfTwo: (ColumnID) -> BigInt?
    /// An outer join may have put NULL into it.
    var isExtended: (ColumnID) -> Bool
    var isNullable: (Expression) -> Bool
    var isBoolean: (Expression) -> Bool
    /// What its values that are not NULL are within; nil where that is not known.
    var range: (ColumnID) -> Interval?
  }
  private let facts: Facts

  init(_ facts: Facts) { self.facts = facts }

  /// A statistic that has a value for every row: its NULLs are rows that it leaves out.
  mutating func read(value argument: Expression, isSummed: Bool) {
    if facts.mayBeNull(argument) { add(contributors: .not(.isNull(argument))) }
    read(argument, below: nil, isSummed: isSummed)
  }

  /// COUNT(x).
  mutating func read(counted argument: Expression) {
    add(.isNull(argument))
  }

  private mutating func add(_ condition: Expression) {
    let condition = facts.reduced(condition.simplified)
    if case .boolean = condition { return }
    // Rows in which it is not true are counted as well, and they are the same where nothing is NULL.
    if !facts.mayBeNull(condition) {
      let complement = facts.reduced(.not(condition))
      if case .boolean = complement { return }
      if conditions.contains(complement) { return }
    }
    if !conditions.contains(condition) { conditions.append(condition) }
  }
  /// Of a value that is 0 or 1 or NULL: that it is not true is not that it is false.
  private mutating func addBothValues(_ condition: Expression) {
    add(condition)
    if facts.mayBeNull(condition) { add(.not(condition)) }
  }
  /// Rows that contribute; none are none, and all are the group.
  private mutating func add(contributors condition: Expression) {
    let condition = facts.reduced(condition.simplified)
    if case .boolean = condition { return }
    if !contributors.contains(condition) { contributors.append(condition) }
  }
  private mutating func object(_ words: String) { objection = objection ?? words }

  // MARK: Sums of terms

  /// Factors of a product that are no constants.
  private typealias Term = [Expression]
  private static let mostTerms = 32
  /// The widest range of which values at its lower end count as none.
  private static let narrow: BigInt = 16

  private mutating func read(_ argument: Expression, below path: Expression?, isSummed: Bool) {
    if facts.isBoolean(argument) { return addBothValues(argument) }
    if isSummed, facts.mayBeNull(argument), argument.hasConstantTerm {
      // A constant is added once for each value that is there, which counts them.
      let isMissing = Expression.isNull(argument)
      add(path.map { .and($0, isMissing) } ?? isMissing)
    }
    guard let terms = terms(of: argument) else {
      return object("multiplies out to more than \(Self.mostTerms) terms")
    }
    let open = terms.filter { !$0.isEmpty }
    for term in open {
      var columns: [ColumnID] = []
      for factor in term {
        switch factor {
        case .column(let id):
          columns.append(id)
          values.insert(id)
          if facts.isExtended(id) { add(.isNull(factor)) }
          if let lesser = facts.lesserOfTwo(id) { addBothValues(.compare(.equal, factor, .integer(lesser))) }
        case .choose(let branches, let otherwise):
          read(branches, otherwise: otherwise, below: path, isSummed: isSummed)
        case .coalesce(let parts):
          for part in parts.dropLast() { add(.isNull(part)) }
          for part in parts { read(part, below: nil, isSummed: isSummed) }
        case .extreme(let parts, _):
          for (index, part) in parts.enumerated() {
            read(part, below: nil, isSummed: isSummed)
            if facts.isNullable(part) { add(.isNull(part)) }
            for other in parts[..<index] { add(.compare(.less, part, other)) }
          }
        default: read(step: factor, isAlone: open.count == 1 && term.count == 1)
        }
      }
      let factors = term.map(\.valueColumns)
      if factors.reduce(0, { $0 + $1.count }) > factors.reduce(into: Set<ColumnID>(), { $0.formUnion($1) }).count {
        object("has a column twice in one product, and sums of powers determine single values")
      }
      if columns.count > 3 { object("has a product of more than three columns") }
      guard isSummed else { continue }
      if term.count == 1, case .column(let id) = term[0], let range = facts.range(id), range.lower != 0,
        range.upper - range.lower <= Self.narrow
      {
        // With the number of rows known, a sum of 1 to 5 is one of 0 to 4.
        let lower = Expression.compare(.equal, term[0], .integer(range.lower))
        add(contributors: path.map { .and($0, .not(lower)) } ?? .not(lower))
      }
      let isZero = term.map { Expression.compare(.equal, $0, .integer(0)) }
      let isContributing = Expression.not(.any(isZero))
      let rows = path.map { Expression.and($0, isContributing) } ?? isContributing
      add(contributors: rows)
      let summand = Summand(rows: facts.reduced(rows.simplified), factors: Set(term))
      if !summands.contains(summand) { summands.append(summand) }
    }
  }

  private mutating func read(
    _ branches: [Expression.Branch], otherwise: Expression, below path: Expression?, isSummed: Bool
  ) {
    func here(_ condition: Expression) -> Expression { path.map { .and($0, condition) } ?? condition }
    // Which branch a row takes depends on those before it.
    var isOpen: Expression?
    for branch in branches {
      let isTaken = isOpen.map { .and($0, branch.condition) } ?? branch.condition
      add(here(isTaken))
      read(branch.result, below: here(isTaken), isSummed: isSummed)
      let isPassed = Expression.not(.coalesce([branch.condition, .boolean(false)]))
      isOpen = isOpen.map { .and($0, isPassed) } ?? isPassed
    }
    guard let isOpen else { return }
    add(here(isOpen))
    read(otherwise, below: here(isOpen), isSummed: isSummed)
  }

  /// Rounding, parts of dates, remainders, roots, divisions: of one polynomial, and nothing beside them.
  private mutating func read(step: Expression, isAlone: Bool) {
    if case .null = step { return }
    guard isAlone else {
      return object("adds or multiplies values that were divided, rounded or taken apart")
    }
    for child in step.children {
      if child.containsStep { object("takes apart what was divided, rounded or taken apart already") }
      read(child, below: nil, isSummed: false)
    }
  }

  /// The argument as a sum of products; nil where there are too many.
  private func terms(of expression: Expression) -> [Term]? {
    switch expression {
    case .integer, .null: return [[]]
    case .scaled(let a, let factor): return factor == 0 ? [[]] : terms(of: a)
    case .add(let a, let b), .subtract(let a, let b):
      guard let x = terms(of: a), let y = terms(of: b), x.count + y.count <= Self.mostTerms else { return nil }
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
      guard let x = terms(of: a), let y = terms(of: b), x.count * y.count <= Self.mostTerms else { return nil }
      return x.flatMap { p in y.map { p + $0 } }
    default: return [[expression]]
    }
  }
}

extension Expression {
  /// Written as a sum of products, one of these is a constant, as far as that can be seen.
  fileprivate var hasConstantTerm: Bool {
    switch self {
    case .integer(let value): value != 0
    case .scaled(let a, _): a.hasConstantTerm
    case .add(let a, let b), .subtract(let a, let b): a.hasConstantTerm || b.hasConstantTerm
    case .multiply(let a, let b): a.hasConstantTerm && b.hasConstantTerm
    default: false
    }
  }
  /// Columns whose values are in its value, and not only in the conditions of CASE.
  fileprivate var valueColumns: Set<ColumnID> {
    switch self {
    case .choose(let branches, let otherwise):
      branches.reduce(into: otherwise.valueColumns) { $0.formUnion($1.result.valueColumns) }
    case .column(let id): [id]
    default: children.reduce(into: []) { $0.formUnion($1.valueColumns) }
    }
  }
  /// Rows in which it is 0 or NULL add nothing.
  fileprivate func times(_ other: Expression) -> Expression {
    switch self {
    case .integer(0), .null: self
    case .integer(1): other
    default: .multiply(self, other)
    }
  }
  /// A function that is neither a sum nor a product nor a choice.
  fileprivate var containsStep: Bool {
    switch self {
    case .column, .integer, .boolean, .text, .null: false
    case .add, .subtract, .multiply, .scaled: children.contains(where: \.containsStep)
    default: true
    }
  }
}
