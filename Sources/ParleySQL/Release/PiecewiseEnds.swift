import BigInt
import ParleyProgram

/// What a sum tells beside conditions about what is added up: `docs/proofs/suppression.md`, *Sets*.
///
/// With the number of its rows, a condition moves the ends of the sum: with 20 rows of `k >= 1` a sum of 21 is twenty ones but for one. So in the
/// parts that the conditions make, rows are counted whose value is not the least of their part, and those whose value is not the greatest.
extension RowPartition {
  typealias Sum = (told: Told, factors: Set<Expression>)

  /// - Parameters:
  ///   - sums: with those of several terms, and of what is divided or taken apart, as one factor.
  ///   - isOwn: whether a set is of the groups in question.
  static func piecewiseEnds(
    of sums: [Sum], beside conditions: [Told], _ facts: ReleaseArgument.Facts, within clauses: [Expression],
    where isOwn: (Expression) -> Bool
  ) -> [Expression] {
    let isOfOwnCondition = conditions.contains { isOwn($0.set) }
    var found: [Expression] = []
    for group in sums.parted(by: { $0.factors }) {
      let factors = group[0].factors.map { (facts.work.text(of: $0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
      guard let first = factors.first, !factors.contains(where: facts.isBoolean) else { continue }
      let value = factors.dropFirst().reduce(first) { .multiply($0, $1) }
      for rows in rowsAddedUp(group, isOwn) where isOfOwnCondition && !rows.isDifference || rows.isOwn {
        guard !facts.work.isTooMuch else { return found }
        let tests = tests(of: value, under: rows.clause, conditions)
        let path = rows.path.comparing(value)
        // All conditions together, or each by itself where they make too many parts.
        let lists = tests.isEmpty ? [] : (try? parts(of: tests, facts, isOfNone: true)).map { [$0] }
        let each = { tests.compactMap { try? parts(of: [$0], facts, isOfNone: true) } }
        for parts in lists ?? each() {
          found += offEnds(
            of: value, path, in: parts, facts, within: clauses.map { $0.comparing(value) }, isOwn: rows.isOwn)
        }
      }
    }
    return found
  }

  private struct Rows {
    var path: Expression
    var clause: Expression?
    /// Those that one sum has and another has not.
    var isDifference = false
    /// A sum over them is of the groups in question.
    var isOwn: Bool
  }
  /// Rows over which one value is added up, and those that one sum of it has and another has not.
  private static func rowsAddedUp(_ group: [Sum], _ isOwn: (Expression) -> Bool) -> [Rows] {
    var single: [Rows] = []
    for sum in group {
      let path = Expression.all([sum.told.clause, sum.told.base].compactMap(\.self))
      if let place = single.firstIndex(where: { $0.path == path }) {
        single[place].isOwn = single[place].isOwn || isOwn(sum.told.set)
      } else {
        single.append(Rows(path: path, clause: sum.told.clause, isOwn: isOwn(sum.told.set)))
      }
    }
    var found = single
    for one in single.prefix(mostCompared) {
      for other in single.prefix(mostCompared) where one.path != other.path && (one.isOwn || other.isOwn) {
        let path = one.path.andNot(other.path)
        guard path.comparisons <= mostComparisons else { continue }
        let clause = one.clause == other.clause ? one.clause : nil
        found.append(Rows(path: path, clause: clause, isDifference: true, isOwn: true))
      }
    }
    return found
  }
  /// Comparisons in a difference that is looked at: what values more of them leave is not found out.
  private static let mostComparisons = 12
  /// Numbers of a part's conditions next to which values are looked at.
  private static let mostNamed = 4
  /// Sums of one value that are compared in pairs.
  private static let mostCompared = 6

  /// Conditions that say something of a value: those that are about a column of it, and those about columns of such conditions.
  private static func tests(of value: Expression, under clause: Expression?, _ conditions: [Told]) -> [Expression]
  {
    var open: [Expression] = []
    for condition in conditions {
      let isOfSameRows = condition.clause == nil || condition.clause == clause
      let test = (isOfSameRows ? condition.base : condition.set).comparing(value)
      if !test.columns.isEmpty, !open.contains(test) { open.append(test) }
    }
    var columns = value.columns
    var near: Set<Expression> = []
    while let next = open.first(where: { !near.contains($0) && !$0.columns.isDisjoint(with: columns) }) {
      near.insert(next)
      columns.formUnion(next.columns)
    }
    return open.filter { near.contains($0) }
  }

  /// Rows whose value is not an end of their part: the least in all, the greatest in all, and of two parts also the least in one and the greatest in
  /// the other, since who leaves has come before, whatever ranges say. None where an end is not known.
  ///
  /// Ends of a single column under conditions about it are exact. Of other values an end may be some steps beyond what ranges say, and everybody
  /// knows more of them (nobody leaves before he came): there no value at an end, at 0, at a number of the conditions or next to one of these is
  /// one that all rows of a part have but for few.
  private static func offEnds(
    of value: Expression, _ path: Expression, in parts: [Expression], _ facts: ReleaseArgument.Facts,
    within clauses: [Expression], isOwn: Bool
  ) -> [Expression] {
    func off(_ rows: Expression, _ end: BigInt) -> Expression {
      facts.reduced(.and(rows, value.differs(from: end)))
    }
    var byPart: [[Expression?]] = []
    var single: [Expression] = []
    for part in parts {
      let rows = facts.reduced(.and(path, part))
      if case .boolean(false) = rows { continue }
      guard let ends = facts.endsOfProduct(value, where: clauses + [rows]) else { continue }
      if let lower = ends.lower, lower == ends.upper { continue }
      byPart.append([ends.lower, ends.upper].map { end in end.map { off(rows, $0) } })
      // Parts of what is added up over other groups are told by those.
      guard isOwn else { continue }
      if case .column(let id) = value,
        rows.conjuncts.allSatisfy({ !$0.columns.contains(id) || $0.columns == [id] })
      {
        continue
      }
      let near = [ends.lower, ends.lower.map { $0 + 1 }, ends.upper, ends.upper.map { $0 - 1 }, -1, 0, 1]
      let named = part.namedNumbers.sorted().prefix(mostNamed).flatMap { [$0 - 1, $0, $0 + 1] }
      for step in Set(near.compactMap(\.self) + named).sorted()
      where step >= ends.lower ?? step && step <= ends.upper ?? step {
        single.append(off(rows, step))
      }
    }
    guard !byPart.isEmpty else { return [] }
    var choices = [byPart.map { $0[0] }, byPart.map { $0[1] }]
    if byPart.count == 2 { choices += [[byPart[0][0], byPart[1][1]], [byPart[0][1], byPart[1][0]]] }
    return single
      + choices.compactMap { sets in
        let known = sets.compactMap(\.self)
        guard known.count == sets.count, let first = known.first else { return nil }
        return facts.reduced(known.dropFirst().reduce(first) { .or($0, $1) })
      }
  }
}

extension Expression {
  /// Comparisons in it.
  fileprivate var comparisons: Int {
    if case .compare = self { return 1 }
    return children.reduce(0) { $0 + $1.comparisons }
  }
  /// Whole numbers in it.
  fileprivate var namedNumbers: Set<BigInt> {
    if case .integer(let value) = self { return [value] }
    return children.reduce(into: []) { $0.formUnion($1.namedNumbers) }
  }
  /// Comparisons of two values as comparisons of their difference with 0, where that is the value in question.
  func comparing(_ value: Expression) -> Expression {
    guard case .subtract(let a, let b) = value else { return self }
    return replacing { part in
      switch part {
      case .compare(let comparison, a, b): .compare(comparison, value, .integer(0))
      case .compare(let comparison, b, a): .compare(comparison, .integer(0), value)
      default: nil
      }
    }
  }
}
