import BigInt
import ParleyProgram

/// Groups that are made from a column which is added up in them (`docs/proofs/suppression.md`, *Sets*): each holds all values between two.
struct ValueGroups {
  let id: ColumnID
  /// For each of which the facts' `isOfNeighbours` is true.
  let keys: [Expression]
  let facts: ReleaseArgument.Facts

  private var value: Expression { .column(id) }

  /// Nil where no groups are made from the value, or each is of one.
  ///
  /// - Parameter keys: what groups are made by.
  init?(of value: Expression, madeBy keys: [Expression], _ facts: ReleaseArgument.Facts) {
    guard case .column(let id) = value else { return nil }
    let own = keys.filter { $0.columns.contains(id) && $0 != value }
    guard !own.isEmpty else { return nil }
    (self.id, self.keys, self.facts) = (id, own, facts)
  }

  /// What is so many steps away is of the same group.
  private func isSame(_ step: Int) -> Expression {
    let next = Expression.add(value, .integer(BigInt(step)))
    return .all(
      keys.map { key in
        let moved = key.replacing { $0 == value ? next : nil }
        if facts.isText(key) { return .compareText(.equal, key, moved) }
        return facts.isBoolean(key) ? .equivalent(key, moved) : .compare(.equal, key, moved)
      })
  }

  /// It is no end of its group.
  ///
  /// - Parameter end: of what is left of the column, in the direction of the step.
  func isNoEnd(_ end: BigInt?, _ step: Int) -> Expression {
    .all((end.map { [value.differs(from: $0)] } ?? []) + [isSame(step)])
  }

  /// Rows of groups of which two values are left and no third; nil where there are no such groups.
  ///
  /// - Parameters:
  ///   - conditions: what the rows meet; those that compare the column with constants may leave gaps.
  ///   - lower: the least value that these leave; nil where nothing bounds it.
  func pair(
    where conditions: [Expression], from lower: BigInt?, to upper: BigInt?
  ) -> (isGreater: Expression, isLesser: Expression)? {
    let limits = (lower: lower ?? -Self.farthest, upper: upper ?? Self.farthest)
    guard limits.lower < limits.upper else { return nil }
    let own = conditions.flatMap(\.conjuncts).filter { $0.columns == [id] }
    var (greater, lesser): ([Expression], [Expression]) = ([], [])
    // Next to each other, in groups that the keys alone leave no third of.
    if isSomePair(limits) {
      let isLeastButOne = isNoEnd(lower.map { $0 + 1 }, -2), isGreatestButOne = isNoEnd(upper.map { $0 - 1 }, 2)
      greater.append(.all([isNoEnd(lower, -1), .not(isNoEnd(upper, 1)), .not(isLeastButOne)]))
      lesser.append(.all([isNoEnd(upper, 1), .not(isNoEnd(lower, -1)), .not(isGreatestButOne)]))
    }
    for (a, b) in pairsAtGaps(of: own, limits) {
      lesser.append(.compare(.equal, value, .integer(a)))
      greater.append(.compare(.equal, value, .integer(b)))
    }
    return greater.isEmpty ? nil : (.any(greater), .any(lesser))
  }

  /// Farther than any value.
  private static let farthest = BigInt(1) << 200
  /// So many values are looked at one by one.
  private static let mostValues: BigInt = 4096

  /// What the keys of a value are; nil where they are not computed here.
  private func group(_ number: BigInt) -> [Expression]? {
    let group = keys.map { $0.value(where: id, is: number) }
    return group.allSatisfy(\.isConstant) ? group : nil
  }

  /// Whether some group has two values between the limits, and no third. Keys repeat themselves from one constant to the next.
  private func isSomePair(_ limits: (lower: BigInt, upper: BigInt)) -> Bool {
    var points: Set<BigInt> = []
    if limits.upper - limits.lower <= Self.mostValues {
      points = Set((0...Int(limits.upper - limits.lower)).map { limits.lower + BigInt($0) })
    } else {
      let constants = keys.flatMap(\.comparedValues).map(\.constant)
      for place in constants + [limits.lower, limits.upper, 0] {
        for step in -4...4 { points.insert(place + BigInt(step)) }
      }
    }
    func own(_ number: BigInt) -> [Expression]? {
      number < limits.lower || number > limits.upper ? nil : group(number)
    }
    return points.contains { number in
      guard number > limits.lower, number <= limits.upper else { return false }
      guard let here = own(number), let before = own(number - 1) else { return true }
      return here == before && own(number - 2) != here && own(number + 1) != here
    }
  }

  /// Two values of one group between which conditions leave none, and beside which the group has no other.
  private func pairsAtGaps(
    of conditions: [Expression], _ limits: (lower: BigInt, upper: BigInt)
  ) -> [(BigInt, BigInt)] {
    var constants: Set<BigInt> = []
    for (compared, constant) in conditions.flatMap(\.comparedValues) {
      constants.formUnion(compared == value ? [constant] : crossings(of: compared, constant, limits))
    }
    guard !constants.isEmpty else { return [] }
    func isLeft(_ number: BigInt) -> Bool {
      guard limits.lower <= number, number <= limits.upper else { return false }
      return conditions.allSatisfy { condition in
        switch condition.value(where: id, is: number) {
        case .boolean(false), .null: false
        default: true
        }
      }
    }
    // Between constants a condition is the same for all values.
    let points = Set(constants.flatMap { [$0 - 1, $0, $0 + 1] } + [limits.lower, limits.upper]).filter(isLeft)
      .sorted()
    func next(_ number: BigInt, _ step: Int) -> BigInt? {
      let near = number + BigInt(step)
      if isLeft(near) { return near }
      return step > 0 ? points.first { $0 > number } : points.last { $0 < number }
    }
    func isSame(_ a: BigInt?, _ b: BigInt) -> Bool {
      guard let a, let one = group(a), let other = group(b) else { return false }
      return one == other
    }
    // Of two beside which a gap begins or ends, one is next to it.
    let lesser = Set(points + points.compactMap { next($0, -1) }).sorted()
    return lesser.compactMap { a in
      guard let b = next(a, 1), isSame(a, b), !isSame(next(a, -1), a), !isSame(next(b, 1), b) else { return nil }
      return (a, b)
    }
  }

  /// Where a value begins to be, and to be more than, a constant, if it never falls where the column grows, or never rises.
  private func crossings(
    of compared: Expression, _ constant: BigInt, _ limits: (lower: BigInt, upper: BigInt)
  ) -> [BigInt] {
    func number(_ own: BigInt) -> BigInt? {
      if case .integer(let found) = compared.value(where: id, is: own) { found } else { nil }
    }
    guard let first = number(limits.lower), let last = number(limits.upper) else { return [] }
    return [constant, constant + 1].compactMap { bound in
      guard (first < bound) != (last < bound) else { return nil }
      var (before, after) = limits
      while after - before > 1 {
        let middle = before + (after - before) / 2
        guard let own = number(middle) else { return nil }
        if (own < bound) == (first < bound) { before = middle } else { after = middle }
      }
      return after
    }
  }
}
