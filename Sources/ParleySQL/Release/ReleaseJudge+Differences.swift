import BigInt
import ParleyBase
import ParleyProgram

/// Two statistics of each unit of which a grouping adds up both: their sums differ by the units for which they differ.
extension ReleaseJudge {
  /// Two values of a row, and what is said of their difference.
  private struct Pair {
    /// Of each, as it is added up.
    var a: Expression
    var b: Expression
    /// Which multiples of them are alike of units with one row, or with two.
    var relations: [(own: BigInt, other: BigInt, constant: BigInt)]
  }

  /// Counts the units for which two of them are not in the relation that they have of units with one row, and of a sum beside a value
  /// that is picked of the rows, of those with several rows of one value.
  func compareStatistics(_ sets: inout GroupSets) throws(ParleyError) {
    try checkSteps(of: sets)
    let summands = sets.summands + sets.wholes.filter { $0.factors.contains(where: isStep) }
    var forms: [ColumnID: UnitStatisticForm] = [:]
    for id in summands.reduce(into: Set<ColumnID>(), { $0.formUnion($1.factors.flatMap(\.columns)) }) {
      forms[id] = columns.unitForm(of: id)
    }
    guard forms.values.contains(where: \.isStatistic) else { return }
    let facts = columns.facts
    for (place, one) in summands.enumerated() {
      for other in summands[..<place] {
        try work.check(source)
        let common = one.factors.intersection(other.factors)
        let (own, its) = (one.factors.subtracting(common), other.factors.subtracting(common))
        guard own.count == 1, its.count == 1, let a = its.first, let b = own.first,
          let pair = try pair(a, b, forms)
        else { continue }
        let path = facts.reduced(.and(one.path, other.path).simplified)
        for (number, factor, constant) in pair.relations {
          let difference = Expression.subtract(pair.a.multiple(number), pair.b.multiple(factor))
          let isApart = Expression.all(
            [path, difference.differs(from: constant)] + common.map { $0.differs(from: 0) })
          sets.take(
            difference: .init(
              rows: facts.reduced(isApart.simplified), factors: common.union([difference.less(constant)]),
              path: path),
            threshold: minimum)
        }
      }
    }
  }

  /// So many rows of a unit with one value, which stands in each of them (a birth in every visit).
  private static let rowsAlike: [BigInt] = [2, 3, 4, 5, 6, 7, 8]

  /// What is to be compared of two factors; nil where they are not made of the same, or always alike.
  private func pair(
    _ a: Expression, _ b: Expression, _ forms: [ColumnID: UnitStatisticForm]
  ) throws(ParleyError) -> Pair? {
    let isOfSteps = isStep(a) && isStep(b)
    guard let x = onlyColumn(of: a), let y = onlyColumn(of: b), columns.root(x) != columns.root(y),
      isOfSteps || a == .column(x) && b == .column(y)
    else { return nil }
    guard let first = forms[x], let second = forms[y], first.isStatistic || second.isStatistic,
      areOfOne(x, y, first, second)
    else { return nil }
    guard !first.has(.sum, where: second, has: .average), !first.has(.average, where: second, has: .sum) else {
      throw refusal(.argument, .sumBesideMean)
    }
    guard !isOfSteps else { return Pair(a: a, b: b, relations: [(1, 1, 0)]) }
    var relations = first.relations(to: second)
    // Of some rows with one value the sum is so many times that, and of two rows the median is half their sum.
    for relation in relations {
      for rows in Self.rowsAlike {
        if first.addsUp(whatIsPickedBy: second) {
          relations.append((relation.own, rows * relation.other, rows * relation.constant))
        } else if second.addsUp(whatIsPickedBy: first) {
          relations.append((rows * relation.own, relation.other, rows * relation.constant))
        }
      }
    }
    return relations.isEmpty ? nil : Pair(a: a, b: b, relations: relations)
  }

  /// They are of one column, or numbers of rows or values of one table. Spreads are compared with spreads only, and numbers of rows
  /// with such.
  private func areOfOne(_ a: ColumnID, _ b: ColumnID, _ first: UnitStatisticForm, _ second: UnitStatisticForm)
    -> Bool
  {
    guard first.isCount == second.isCount, first.isSpread == second.isSpread else { return false }
    guard first.isCount else { return !columns.sources(of: a).isDisjoint(with: columns.sources(of: b)) }
    // How many rows lack a value is told where tables let it be.
    guard !first.isNumberOfRows || !second.isNumberOfRows || first.functions.count != second.functions.count else {
      return false
    }
    return !columns.scans(of: [.column(a)]).isDisjoint(with: columns.scans(of: [.column(b)]))
  }

  /// What is divided, rounded or taken apart of one statistic, beside another one of the same column that is not, or is in another
  /// way: of units with one row they are of one value.
  private func checkSteps(of sets: GroupSets) throws(ParleyError) {
    for (place, step) in sets.steps.enumerated() {
      for id in step.columns.sorted() {
        let form = columns.unitForm(of: id)
        guard !form.isCount else { continue }
        func isOfSame(_ other: ColumnID) -> Bool {
          guard columns.root(other) != columns.root(id) else { return false }
          let its = columns.unitForm(of: other)
          return (form.isStatistic || its.isStatistic) && !its.isCount
            && !columns.sources(of: other).isDisjoint(with: columns.sources(of: id))
        }
        let isBesidePlain = sets.addedUp.contains(where: isOfSame)
        let isBesideOther = sets.steps[..<place].contains { other in
          guard let its = other.columns.first(where: isOfSame) else { return false }
          return step.columns.count > 1 || step != other.replacing { $0 == .column(its) ? .column(id) : nil }
        }
        guard !isBesidePlain, !isBesideOther else { throw refusal(.argument, .twoSteps) }
      }
    }
  }

  private func isStep(_ value: Expression) -> Bool {
    if case .step = value.summedView { true } else { false }
  }
  private func onlyColumn(of value: Expression) -> ColumnID? {
    let ids = value.columns
    return ids.count == 1 ? ids.first : nil
  }
}

extension Expression {
  fileprivate func multiple(_ number: BigInt) -> Expression { number == 1 ? self : .scaled(self, by: number) }
  fileprivate func less(_ constant: BigInt) -> Expression {
    constant == 0 ? self : .subtract(self, .integer(constant))
  }
}
