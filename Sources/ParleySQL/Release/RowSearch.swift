import BigInt
import ParleyProgram

/// Whether rows can satisfy conditions at all, as far as declared ranges and values, constants and NULLs say.
///
/// What it does not know is possible, which costs a count and tells nothing. Where an end of what is left of a value is looked for it
/// must know, and says where it gave up.
struct RowSearch {
  enum Outcome { case isTrue, isNotTrue, isFalse, isNotFalse, isNull, isThere }
  struct Wish {
    var expression: Expression
    var outcome: Outcome
  }
  private enum Step {
    /// Conditions that are true then.
    case known([Expression])
    /// One of these lists is satisfied; there is none where it is impossible.
    case cases([[Wish]])
  }
  private let facts: ReleaseArgument.Facts
  /// Cases that are looked at.
  private var remaining: Int
  /// Of what is still open it looks at that first of which the fewest cases are left: the end of a value is looked for, and whoever asks wants to
  /// know.
  private let isThorough: Bool
  /// It did not look at all cases, and found none that is possible.
  private(set) var gaveUp = false

  fileprivate init(_ facts: ReleaseArgument.Facts, cases: Int, isThorough: Bool) {
    self.facts = facts
    self.isThorough = isThorough
    remaining = cases
  }

  /// - Parameters:
  ///   - given: conditions that are true.
  ///   - pending: of each of these, one list is satisfied.
  fileprivate mutating func isPossible(
    _ wishes: [Wish], _ given: [Expression] = [], _ pending: [[[Wish]]] = []
  ) -> Bool {
    guard let (known, open) = settled(wishes, given, pending) else { return false }
    guard remaining > 0, !facts.work.isTooMuch else {
      gaveUp = true
      return true
    }
    remaining -= 1
    if RowSet(.all(known), facts).isNever { return false }
    guard var next = open.last else { return true }
    var choices = Array(open.dropLast())
    if isThorough, given.isEmpty {
      // What is impossible by itself is seen before anything is tried, and what has few cases is tried first.
      choices = open
      guard narrow(&choices, known) else { return false }
      choices.sort { $0.count > $1.count }
      next = choices.removeLast()
    }
    for wishes in next where isPossible(wishes, known, choices) { return true }
    return false
  }

  /// What follows without a choice; nil where that is impossible.
  private func settled(
    _ wishes: [Wish], _ given: [Expression], _ pending: [[[Wish]]]
  ) -> (known: [Expression], choices: [[[Wish]]])? {
    var (known, choices, open) = (given, pending, wishes)
    while let wish = open.popLast() {
      switch step(wish) {
      case .known(let conditions): known += conditions
      case .cases(let cases) where cases.isEmpty: return nil
      case .cases(let cases) where cases.count == 1: open += cases[0]
      case .cases(let cases): choices.append(cases)
      }
    }
    return (known, choices)
  }

  /// Leaves out cases that are impossible by themselves.
  ///
  /// - Returns: whether some are left of each.
  private mutating func narrow(_ choices: inout [[[Wish]]], _ known: [Expression]) -> Bool {
    for place in choices.indices {
      choices[place] = choices[place].filter { wishes in
        guard let (own, _) = settled(wishes, known, []) else { return false }
        return !RowSet(.all(own), facts).isNever
      }
      if choices[place].isEmpty { return false }
    }
    return true
  }

  private func step(_ wish: Wish) -> Step {
    let (expression, outcome) = (wish.expression, wish.outcome)
    func both(_ a: Expression, _ b: Expression) -> Step {
      .cases([[Wish(expression: a, outcome: outcome), Wish(expression: b, outcome: outcome)]])
    }
    func either(_ a: Expression, _ b: Expression) -> Step {
      .cases([[Wish(expression: a, outcome: outcome)], [Wish(expression: b, outcome: outcome)]])
    }
    switch (expression, outcome) {
    case (_, .isNull): return isNull(expression)
    case (_, .isThere): return isThere(expression)
    case (.boolean(let value), _):
      return (outcome == .isTrue || outcome == .isNotFalse) == value ? .known([]) : .cases([])
    case (.null, _):
      return outcome == .isNotTrue || outcome == .isNotFalse ? .known([]) : .cases([])
    case (.not(let a), _): return .cases([[Wish(expression: a, outcome: outcome.opposite)]])
    case (.and(let a, let b), .isTrue), (.and(let a, let b), .isNotFalse),
      (.or(let a, let b), .isFalse),
      (.or(let a, let b), .isNotTrue):
      return both(a, b)
    case (.and(let a, let b), _), (.or(let a, let b), _): return either(a, b)
    case (.isNull(let a), .isTrue), (.isNull(let a), .isNotFalse):
      return .cases([[Wish(expression: a, outcome: .isNull)]])
    case (.isNull(let a), _): return .cases([[Wish(expression: a, outcome: .isThere)]])
    case (.coalesce(let parts), _) where parts.count == 2 && parts[1] == .boolean(false):
      let isWanted = outcome == .isTrue || outcome == .isNotFalse
      return .cases([[Wish(expression: parts[0], outcome: isWanted ? .isTrue : .isNotTrue)]])
    case (.choose(let branches, let otherwise), _):
      return choice(branches, otherwise) { Wish(expression: $0, outcome: outcome) }
    case (.compare(_, .null, _), _), (.compare(_, _, .null), _):
      return outcome == .isNotTrue || outcome == .isNotFalse ? .known([]) : .cases([])
    case (.compare(let comparison, let value, .integer(let k)), _):
      if case .choose(let branches, let otherwise) = value.liftingChoices {
        return choice(branches, otherwise) {
          Wish(expression: Expression.compare(comparison, $0, .integer(k)), outcome: outcome)
        }
      }
      if let sides = sides(comparison, value, k, outcome) { return sides }
      return plain(wish)
    case (.compare(let comparison, .integer(let k), let value), _):
      if case .choose(let branches, let otherwise) = value.liftingChoices {
        return choice(branches, otherwise) {
          Wish(expression: Expression.compare(comparison, .integer(k), $0), outcome: outcome)
        }
      }
      if let sides = sides(comparison, value, k, outcome) { return sides }
      return plain(wish)
    case (.equivalent(let a, let b), .isTrue): return equality(a, b, isSame: true)
    case (.equivalent(let a, let b), .isFalse): return equality(a, b, isSame: false)
    default: return plain(wish)
    }
  }

  /// Nothing in it is looked at by itself.
  private func plain(_ wish: Wish) -> Step {
    let (expression, outcome) = (wish.expression, wish.outcome)
    switch outcome {
    case .isNull, .isThere, .isTrue: return .known([expression])
    case .isFalse: return .known([.not(expression)])
    case .isNotTrue, .isNotFalse:
      let strict = Wish(expression: expression, outcome: outcome == .isNotTrue ? .isFalse : .isTrue)
      let missing =
        facts.mayBeNull(expression) ? [[Wish(expression: expression, outcome: .isNull)]] : []
      return .cases([[strict]] + missing)
    }
  }
  /// That a rounded value is another one than a constant is a range of its column on either side.
  private func sides(
    _ comparison: Program.Comparison, _ value: Expression, _ k: BigInt, _ outcome: Outcome
  ) -> Step? {
    guard comparison == .equal, outcome == .isFalse, value.containsRounding else { return nil }
    let sides = [
      Expression.compare(.less, value, .integer(k)), .compare(.less, .integer(k), value),
    ]
    return .cases(sides.map { [Wish(expression: $0, outcome: .isTrue)] })
  }
  private func equality(_ a: Expression, _ b: Expression, isSame: Bool) -> Step {
    .cases(
      [Outcome.isTrue, .isFalse].map { outcome in
        [
          Wish(expression: a, outcome: outcome),
          Wish(expression: b, outcome: isSame ? outcome : outcome.opposite),
        ]
      })
  }

  private func isNull(_ expression: Expression) -> Step {
    guard facts.mayBeNull(expression) else { return .cases([]) }
    switch expression {
    case .null: return .known([])
    case .add, .subtract, .multiply, .scaled, .compare, .not, .truncated, .floored:
      return .cases(expression.children.map { [Wish(expression: $0, outcome: .isNull)] })
    case .choose(let branches, let otherwise):
      return choice(branches, otherwise) { Wish(expression: $0, outcome: .isNull) }
    default: return .known([.isNull(expression)])
    }
  }
  private func isThere(_ expression: Expression) -> Step {
    guard facts.mayBeNull(expression) else { return .known([]) }
    switch expression {
    case .null: return .cases([])
    case .add, .subtract, .multiply, .scaled, .compare, .not, .truncated, .floored:
      return .cases([expression.children.map { Wish(expression: $0, outcome: .isThere) }])
    case .choose(let branches, let otherwise):
      return choice(branches, otherwise) { Wish(expression: $0, outcome: .isThere) }
    default: return .known([.not(.isNull(expression))])
    }
  }

  private func choice(
    _ branches: [Expression.Branch], _ otherwise: Expression, _ wish: (Expression) -> Wish
  ) -> Step {
    var cases: [[Wish]] = []
    var passed: [Wish] = []
    for branch in branches {
      cases.append(
        passed + [Wish(expression: branch.condition, outcome: .isTrue), wish(branch.result)])
      passed.append(Wish(expression: branch.condition, outcome: .isNotTrue))
    }
    return .cases(cases + [passed + [wish(otherwise)]])
  }
}

extension RowSearch.Outcome {
  /// Of the condition inside NOT.
  fileprivate var opposite: Self {
    switch self {
    case .isTrue: .isFalse
    case .isFalse: .isTrue
    case .isNotTrue: .isNotFalse
    case .isNotFalse: .isNotTrue
    case .isNull, .isThere: self
    }
  }
}

extension ReleaseArgument.Facts {
  func isPossible(_ wishes: [RowSearch.Wish]) -> Bool {
    var search = RowSearch(self, cases: 128, isThorough: false)
    return search.isPossible(wishes)
  }
  /// Where what is left of a value is looked for: whoever asks refuses the query where the search gives up.
  func isSurelyPossible(_ wishes: [RowSearch.Wish]) -> Bool {
    var search = RowSearch(self, cases: 2048, isThorough: true)
    let isPossible = search.isPossible(wishes)
    if search.gaveUp { work.giveUp() }
    return isPossible
  }
}

extension Expression {
  fileprivate var containsRounding: Bool {
    switch self {
    case .truncated, .floored: true
    default: children.contains(where: \.containsRounding)
    }
  }
}
