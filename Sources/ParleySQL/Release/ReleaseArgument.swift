import BigInt
import ParleyProgram

/// What a statistic says about single rows: the sets of rows that `docs/proofs/suppression.md` wants to be empty or large.
struct ReleaseArgument {
  /// Rows whose number, taken alone or less another of these, must not be small. Each may be NULL, which counts as not true.
  private(set) var conditions: [Expression] = []
  /// Those of them that say which of two values of its group a row has. They are about what is added up, and leave nothing of it unknown.
  private(set) var pairs: Set<Expression> = []
  /// Rows in which what is added up is there, or what hides a condition, where it may be missing and that may not be told: how many these are is known of a
  /// mean, and what two sums have of rows in which one of them is missing follows from both. Those in which it is not are counted too.
  private(set) var presences: [Expression] = []
  /// Columns that are added up as they are, also in products.
  private(set) var addedUp: Set<ColumnID> = []
  /// Rows that contribute to the statistic.
  private(set) var contributors: [Expression] = []
  /// What is added up, for sums.
  private(set) var summands: [Summand] = []
  /// Sums of several terms, and what is divided, rounded or taken apart, as one value each.
  private(set) var wholes: [Summand] = []
  /// Columns whose values are added up or compared, and not only tested.
  private(set) var values: Set<ColumnID> = []
  /// Why the argument cannot be judged, in words that end a sentence; nil where it can.
  private(set) var objection: String?

  let facts: Facts
  /// Conditions that every row meets.
  var clauses: [Expression]
  /// What groups are made by.
  let keys: [Expression]
  /// Columns of which clauses and keys say something that ranges do not hold: what values are left is not known.
  var entangled: Set<ColumnID>
  /// Values that were divided, rounded or taken apart, and added up.
  private(set) var steps: [Expression] = []

  /// Its value is one of each unit, or of a row's neighbour, so that rows are not counted by what it is of.
  private let isOfUnit: Bool

  init(_ facts: Facts, where clauses: [Expression], keys: [Expression] = [], isOfUnit: Bool = false) {
    self.facts = facts
    self.clauses = clauses
    self.keys = keys
    self.isOfUnit = isOfUnit
    entangled = clauses.entangledColumns.union(Self.entangledColumns(of: keys))
  }
  static func entangledColumns(of keys: [Expression]) -> Set<ColumnID> {
    keys.map(\.columns).filter { $0.count > 1 }.reduce(into: []) { $0.formUnion($1) }
  }

  /// A statistic that has a value for every row: its NULLs are rows that it leaves out.
  ///
  /// - Parameter other: of a correlation, the other variable, whose NULLs it leaves out as well.
  mutating func read(value argument: Expression, isSummed: Bool, beside other: Expression? = nil) {
    let isBoth = Expression.all([argument, other].compactMap(\.self).map(facts.isThere))
    if isBoth.simplified != .boolean(true) { add(contributors: isBoth) }
    let path = other.map(facts.isThere)?.simplified
    read(argument, below: path == .boolean(true) ? nil : path, isSummed: isSummed)
  }

  /// COUNT(x).
  mutating func read(counted argument: Expression) {
    if facts.tellsMissing(argument) {
      add(contributors: facts.isThere(argument))
    } else {
      add(.isNull(argument))
    }
  }

  /// COUNT(DISTINCT x) of few values tells which of them there are.
  ///
  /// - Returns: whether it is of few.
  mutating func read(distinct argument: Expression) -> Bool {
    if facts.isBoolean(argument) {
      for condition in [argument, .not(argument)] { add(contributors: condition) }
      return true
    }
    let isOfTestedText =
      facts.isText(argument) && clauses.contains { !$0.columns.isDisjoint(with: argument.columns) }
    guard argument.columns.isDisjoint(with: entangled), !isOfTestedText else {
      object("is of different values, and a condition leaves some of them that are not known")
      return false
    }
    guard let few = facts.fewValues(of: argument, where: clauses) else { return false }
    for value in few { add(contributors: .compare(.equal, argument, .integer(value))) }
    return true
  }

  /// Rows that are picked before a value is looked at.
  mutating func read(filter condition: Expression) { add(condition) }

  /// Rows in which a value is there.
  mutating func read(contributors condition: Expression) { add(contributors: condition) }

  /// A value in the rows of a path.
  mutating func read(value: Expression, within path: Expression?, isSummed: Bool) {
    read(value, below: path, isSummed: isSummed)
  }

  /// What is true or false in the rows of a path.
  mutating func read(truth: Expression, within path: Expression) {
    add(contributors: path)
    addBothValues(truth, below: path)
  }

  mutating func add(_ condition: Expression) {
    if !condition.columns.isDisjoint(with: entangled) { objectToEntangled() }
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
  /// Of the two values of a group that rows have the greater one, and no others.
  mutating func add(pair condition: Expression) {
    let condition = facts.reduced(condition.simplified)
    if case .boolean = condition { return }
    if !conditions.contains(condition) { pairs.insert(condition) }
    add(condition)
  }
  /// Of a value that is 0 or 1 or NULL: that it is not true is not that it is false.
  mutating func addBothValues(_ condition: Expression, below path: Expression?) {
    add(within(path, condition))
    if facts.mayBeNull(condition) { add(within(path, .not(condition))) }
  }
  /// Rows that contribute; none are none, and all are the group.
  mutating func add(contributors condition: Expression) {
    let condition = facts.reduced(condition.simplified)
    if case .boolean = condition { return }
    if !contributors.contains(condition) { contributors.append(condition) }
  }
  private mutating func addPresence(of argument: Expression, below path: Expression?) {
    switch argument {
    // Branches of a choice are looked at one by one.
    case .null, .choose: return
    default: break
    }
    guard facts.mayBeNull(argument), !facts.tellsMissing(argument) else { return }
    let presence = facts.reduced(within(path, facts.isThere(argument)).simplified)
    if case .boolean = presence { return }
    if !presences.contains(presence) { presences.append(presence) }
  }
  private mutating func objectToHiddenMissing() {
    object(
      "may be missing for another reason than that its own column is, in a statistic of each unit or beside a row, where nobody counts for whom"
    )
  }
  private mutating func object(_ words: String) { objection = objection ?? words }
  mutating func objectToEntangled() {
    object(
      "is of a column that a condition or a group key compares or computes with another one, or by more than sums with constants, so that what values are left is not known"
    )
  }

  mutating func read(_ given: Expression, below path: Expression?, isSummed: Bool) {
    guard !facts.work.isTooMuch else { return }
    if facts.isBoolean(given) { return addBothValues(given, below: path) }
    if isOfUnit, facts.hidesMissing(given) { return objectToHiddenMissing() }
    let argument = facts.spread(given)
    if isSummed, !isOfUnit, let (own, others) = clausesAbout(argument) {
      return read(given, below: path, meeting: own, besides: others)
    }
    let path = path?.comparing(argument)
    if !isOfUnit, isSummed || facts.hidesMissing(given) { addPresence(of: argument, below: path) }
    guard let terms = Self.terms(of: argument) else {
      return object("multiplies out to more than \(Self.mostTerms) terms")
    }
    let open = terms.filter { !$0.isEmpty }
    let isOneFactor = open.count == 1 && open[0].count == 1
    if isOfUnit, open.count > 1, facts.mayBeNull(argument) { return objectToHiddenMissing() }
    if !isOneFactor { readEnds(of: argument, below: path, isSummed: isSummed) }
    if isSummed, open.count > 1 {
      add(contributors: within(path, argument.differs(from: 0)))
      add(whole: argument, below: path)
    }
    let unknown = unknownColumns(of: argument, below: path)
    let addends = argument.addends
    for (place, addend) in addends.enumerated() {
      let own = addends.count == 1 ? terms : Self.terms(of: addend) ?? []
      // A sum is NULL where any part of it is.
      var others = addends.indices.filter { $0 != place }.flatMap { addends[$0].operands }
      if own.count > 1 { others += addend.operands }
      for term in own where !term.isEmpty {
        let missing = others.filter { facts.mayBeNull($0) && !term.contains($0) }
        let isThere = Expression.all((path.map { [$0] } ?? []) + missing.map { .not(.isNull($0)) })
        read(
          term, below: isThere == .boolean(true) ? nil : isThere, unknown, isSummed: isSummed, isAlone: isOneFactor
        )
      }
    }
  }

  /// - Parameters:
  ///   - unknown: columns of which it is not known what values are left.
  ///   - isAlone: there is no other term, and no other factor.
  private mutating func read(
    _ given: Term, below path: Expression?, _ unknown: Set<ColumnID>, isSummed: Bool, isAlone: Bool
  ) {
    var columns: [ColumnID] = []
    let (term, path) = given.count > 1 ? withoutConstants(given, below: path) : (given, path)
    guard !term.isEmpty else { return }
    for factor in term {
      switch factor {
      case .column(let id):
        columns.append(id)
        values.insert(id)
        if isSummed { addedUp.insert(id) }
        if isSummed, unknown.contains(id) { objectToEntangled() }
        if facts.isExtended(id) { add(.isNull(factor)) }
      case .choose(let branches, let otherwise):
        read(branches, otherwise: otherwise, below: path, isSummed: isSummed)
      default: read(step: factor, below: path, unknown, isSummed: isSummed, isAlone: isAlone)
      }
    }
    let factors = term.map(\.valueColumns)
    if factors.reduce(0, { $0 + $1.count }) > factors.reduce(into: Set<ColumnID>(), { $0.formUnion($1) }).count {
      object("has a column twice in one product, and sums of powers determine single values")
    }
    if columns.count > 3 { object("has a product of more than three columns") }
    readEnds(of: term.dropFirst().reduce(term[0]) { .multiply($0, $1) }, below: path, isSummed: isSummed)
    if term.count > 1 {
      for (place, factor) in term.enumerated() {
        // x · w and x differ by rows in which w is not 1 and x is not 0.
        let other = term.count == 2 ? Expression.isContributing([term[1 - place]]) : nil
        readEnds(of: factor, below: path, beside: other, isSummed: isSummed)
      }
      if isOfUnit, isSummed, term.contains(where: { hasFew($0, below: path) }) {
        object(
          "multiplies by a column of few values in a statistic of each unit, where nobody counts who has which")
      }
    }
    guard isSummed else { return }
    add(contributors: within(path, .isContributing(term)))
    // x · d with a d of 0 or 1 is x where d is 1; with one of 1 or 2 it is x, and x again where d is 2.
    let met = conditions(in: path)
    let weights = term.compactMap { factor in facts.twoValues(of: factor, where: met).map { (factor, $0) } }
    let weighed = term.filter { factor in !weights.contains { $0.0 == factor } }
    guard !weighed.isEmpty else { return add(summand: term, below: path) }
    if term.count > 1 { addPairs(of: term, below: path) }
    var paths = [path]
    for (weight, values) in weights {
      let isLesser = Expression.compare(.equal, weight, .integer(values.lesser))
      addBothValues(isLesser, below: path)
      let isGreater = Expression.compare(.equal, weight, .integer(values.greater))
      paths = paths.flatMap { path -> [Expression?] in
        let greater = within(path, isGreater)
        return values.lesser == 0 ? [greater] : [greater, within(path, facts.isThere(weight))]
      }
    }
    for path in paths { add(summand: weighed, below: path) }
  }

  /// What the rows of a path meet.
  func conditions(in path: Expression?) -> [Expression] { clauses + (path.map { [$0] } ?? []) }

  /// It has at most as many values as are looked at one by one, and more than two.
  private func hasFew(_ value: Expression, below path: Expression?) -> Bool {
    facts.narrowRange(of: value) != nil
      || facts.fewValues(of: value, where: conditions(in: path)).map { $0.count > 2 } ?? false
  }

  /// A product without the factors of which conditions leave one value, in the rows in which these are there.
  private func withoutConstants(_ term: Term, below path: Expression?) -> (Term, Expression?) {
    var (left, path): (Term, Expression?) = ([], path)
    for factor in term {
      let ends =
        factor.columns.count == 1 ? facts.ends(of: factor, where: clauses + (path.map { [$0] } ?? [])) : nil
      if let lower = ends?.lower, lower == ends?.upper, lower != 0 {
        if facts.mayBeNull(factor) { path = within(path, facts.isThere(factor)) }
      } else {
        left.append(factor)
      }
    }
    return (left, path)
  }

  private mutating func add(whole value: Expression, below path: Expression?) {
    let rows = facts.reduced(within(path, value.differs(from: 0)).simplified)
    wholes.append(Summand(rows: rows, factors: [value], path: facts.reduced((path ?? .boolean(true)).simplified)))
  }

  mutating func add(
    summand factors: [Expression], below path: Expression?, except value: BigInt = 0, isOfPair: Bool = false
  ) {
    let isContributing: Expression = value == 0 ? .isContributing(factors) : factors[0].differs(from: value)
    let summand = Summand(
      rows: facts.reduced(within(path, isContributing).simplified),
      // Sums less their lowest value for each row are sums of another value.
      factors: Set(factors + (value == 0 ? [] : [isContributing])),
      path: facts.reduced((path ?? .boolean(true)).simplified), isOfPair: isOfPair)
    if !summands.contains(summand) { summands.append(summand) }
  }

  func within(_ path: Expression?, _ condition: Expression) -> Expression {
    path.map { .and($0, condition) } ?? condition
  }

  private mutating func read(
    _ branches: [Expression.Branch], otherwise: Expression, below path: Expression?, isSummed: Bool
  ) {
    func here(_ condition: Expression) -> Expression { within(path, condition) }
    // Which branch a row takes depends on those before it.
    var isOpen: Expression?
    // Whoever asks refuses then.
    for branch in branches where !facts.work.isTooMuch {
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
  private mutating func read(
    step: Expression, below path: Expression?, _ unknown: Set<ColumnID>, isSummed: Bool, isAlone: Bool
  ) {
    if case .null = step { return }
    guard isAlone else {
      return object("adds or multiplies values that were divided, rounded or taken apart")
    }
    if isSummed {
      guard step.isPlainStep else {
        return object(
          "divides, rounds or takes apart a formula of several columns, or with a constant in it, which can pick single rows"
        )
      }
      if !step.columns.isDisjoint(with: unknown) { objectToEntangled() }
      if keys.contains(where: { $0 != step && !$0.columns.isDisjoint(with: step.columns) }) {
        object(
          "divides, rounds or takes apart a column from which groups are made, so that what is left of it in a group is not known"
        )
      }
      if case .textLength(let text) = step,
        (clauses + keys + [path].compactMap(\.self)).contains(where: { !$0.columns.isDisjoint(with: text.columns) }
        )
      {
        object(
          "is of the length of a text that a condition or a group key is about, so that what lengths are left is not known"
        )
      }
      if !steps.contains(step) { steps.append(step) }
      add(whole: step, below: path)
    }
    for child in step.children {
      if child.containsStep { object("takes apart what was divided, rounded or taken apart already") }
      read(child, below: nil, isSummed: false)
      // Of two values that are left, the results are two.
      if isSummed { readEnds(of: child, below: path, isSummed: true) }
    }
  }
}
