import BigInt
import ParleyProgram

/// The parts into which sets of rows cut a group: every combination of them that declared ranges and values do not rule out.
///
/// Counts of the sets, added and subtracted, tell of the parts: `docs/proofs/suppression.md`.
enum RowPartition {
  /// A set of rows that is counted, or over which something is added up.
  struct Told: Hashable {
    var set: Expression
    /// What it is of, within the clause.
    var base: Expression
    /// The WHERE clause that its rows pass; nil where all rows pass the same.
    var clause: Expression?
    /// It says which of two values of its group a row has, and of these nothing is left to be told.
    var isOfPair = false
  }
  struct TooMany: Error {}
  /// Each is counted.
  static let mostParts = 64

  /// Sets that are connected by columns that their conditions have in common; a set of all rows is in every cluster.
  ///
  /// A condition under a WHERE clause is connected with what is about the columns of its own, and these with what is about those
  /// of the clauses under which they stand: not all conditions under one clause with each other.
  ///
  /// - Parameter ties: columns that go together, so that conditions about them are connected.
  static func clusters(of told: [Told], ties: [Set<ColumnID>]) -> [[Told]] {
    var components: [(columns: Set<ColumnID>, nodes: Set<Expression>)] = []
    for node in told.flatMap({ [$0.base, $0.clause].compactMap(\.self) }) where !node.columns.isEmpty {
      var joined = (columns: node.columns, nodes: Set([node]))
      for other in components where !other.columns.isDisjoint(with: node.columns) {
        joined.columns.formUnion(other.columns)
        joined.nodes.formUnion(other.nodes)
      }
      components.removeAll { !$0.columns.isDisjoint(with: node.columns) }
      components.append(joined)
    }
    for tie in ties {
      let related = components.filter { !$0.columns.isDisjoint(with: tie) }
      guard related.count > 1 else { continue }
      components.removeAll { !$0.columns.isDisjoint(with: tie) }
      components.append(
        related.reduce((columns: [], nodes: [])) { ($0.columns.union($1.columns), $0.nodes.union($1.nodes)) })
    }
    func isWithin(_ node: Expression?, _ nodes: Set<Expression>) -> Bool {
      guard let node, !node.columns.isEmpty else { return true }
      return nodes.contains(node)
    }
    return components.map { component in
      var nodes = component.nodes
      for item in told where component.nodes.contains(item.base) {
        guard let clause = item.clause else { continue }
        for other in components where other.nodes.contains(clause) { nodes.formUnion(other.nodes) }
      }
      var seen: Set<Expression> = []
      return told.filter {
        isWithin($0.base, nodes) && isWithin($0.clause, nodes) && seen.insert($0.set).inserted
      }
    }
  }

  /// - Parameter isOfNone: with the rows that are in none of them.
  static func parts(
    of sets: [Expression], _ facts: ReleaseArgument.Facts, isOfNone: Bool
  ) throws(TooMany) -> [Expression] {
    var parts: [[RowSearch.Wish]] = [[]]
    for set in sets {
      var next: [[RowSearch.Wish]] = []
      for part in parts {
        for outcome in [RowSearch.Outcome.isTrue, .isNotTrue] {
          let wishes = part + [.init(expression: set, outcome: outcome)]
          if facts.isPossible(wishes) { next.append(wishes) }
        }
      }
      guard next.count <= mostParts, !facts.work.isTooMuch else { throw TooMany() }
      parts = next
    }
    return parts.filter { isOfNone || $0.contains { $0.outcome == .isTrue } }.map { part in
      facts.reduced(.all(part.map { $0.outcome == .isTrue ? $0.expression : $0.expression.isNotTrue }))
    }
  }

  /// What several counts, or sums of one value, tell together.
  ///
  /// - Parameters:
  ///   - conditions: sets that are counted.
  ///   - summands: of which those of the same factors are sums of one value.
  ///   - wholes: sums of several terms, and what is divided, rounded or taken apart, as one value.
  ///   - clauses: what all rows meet.
  ///   - keys: what groups are made by.
  ///   - ties: further columns that go together.
  ///   - isOwn: whether one of the sets is of the groups in question.
  static func parts(
    ofConditions conditions: [Told], summands: [(told: Told, factors: Set<Expression>)],
    wholes: [(told: Told, factors: Set<Expression>)], _ facts: ReleaseArgument.Facts, within clauses: [Expression],
    by keys: [Expression], ties: [Set<ColumnID>] = [],
    where isOwn: (Expression) -> Bool
  ) throws(TooMany) -> [Expression] {
    var found: [Expression] = []
    let values = values(of: summands, beside: conditions, facts, within: clauses, where: isOwn)
    let ties = ties + ColumnTie.ties(of: clauses).map(\.columns)
    let open = (conditions + values.conditions).filter { if case .boolean = $0.set { false } else { true } }
    func isOfOwn(_ told: Told) -> Bool { isOwn(told.set) || values.own.contains(told.set) }
    // Of two sets every part is counted with the pair, but for those of single values.
    func isCut(_ cluster: [Told]) -> Bool {
      (cluster.count > 2 || cluster.contains { values.sets.contains($0.set) }) && cluster.contains(where: isOfOwn)
    }
    for cluster in clusters(of: open, ties: ties) where isCut(cluster) {
      found += try parts(of: cluster.map(\.set), facts, isOfNone: true)
    }
    for group in (summands + values.summands).parted(by: { $0.factors }) where group.count > 1 {
      for cluster in clusters(of: group.map { $0.told }, ties: ties) where isCut(cluster) {
        for part in try parts(of: cluster.map(\.set), facts, isOfNone: false) {
          found += [part]
          found += facts.withoutEnds(of: group[0].factors, in: part, of: part, where: clauses, keys: keys).map(
            facts.reduced)
        }
      }
    }
    found += piecewiseEnds(
      of: summands + wholes, beside: conditions.filter { !$0.isOfPair }, facts, within: clauses, where: isOwn)
    return found
  }

  /// What single values make, see ``values(of:beside:_:where:)``.
  private struct Values {
    var conditions: [Told] = []
    var summands: [(told: Told, factors: Set<Expression>)] = []
    /// All sets of rows of these, and those that the groups in question have figures of.
    var sets: Set<Expression> = []
    var own: Set<Expression> = []
  }

  /// A sum of a value of which there are few is one of numbers of rows, v · n(v), and with another factor one of sums over the rows with each v.
  /// Where a condition is about the same column, each value is a set of its own.
  private static func values(
    of summands: [(told: Told, factors: Set<Expression>)], beside conditions: [Told],
    _ facts: ReleaseArgument.Facts, within clauses: [Expression],
    where isOwn: (Expression) -> Bool
  ) -> Values {
    let tested = (conditions + summands.map(\.told)).filter { !$0.isOfPair }.reduce(into: Set<ColumnID>()) {
      $0.formUnion($1.base.testedColumns)
    }
    var values = Values()
    guard !tested.isEmpty else { return values }
    for (told, factors) in summands where !factors.contains(where: facts.isBoolean) {
      let ordered = factors.map { (facts.work.text(of: $0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
      for factor in ordered where !factor.columns.isDisjoint(with: tested) {
        for value in facts.valuesOneByOne(of: factor, where: clauses + [told.base]) where value != 0 {
          guard !facts.work.isTooMuch else { break }
          let isValue = Expression.compare(.equal, factor, .integer(value))
          let set = facts.reduced(.and(told.set, isValue))
          let single = Told(set: set, base: facts.reduced(.and(told.base, isValue)), clause: told.clause)
          if case .boolean = set { continue }
          let others = factors.subtracting([factor])
          if others.isEmpty { values.conditions.append(single) } else { values.summands.append((single, others)) }
          values.sets.insert(set)
          if isOwn(told.set) { values.own.insert(set) }
        }
      }
    }
    return values
  }
}

extension Expression {
  /// It says of its columns that they are there, or not, and nothing of their values.
  var saysOnlyWhatIsThere: Bool { !columns.isEmpty && testedColumns.isEmpty }
  /// Columns of whose values it says something, and not only whether they are there.
  fileprivate var testedColumns: Set<ColumnID> {
    switch self {
    case .isNull(let value): value.columnsTestedByPresence
    case .column(let id): [id]
    default: children.reduce(into: []) { $0.formUnion($1.testedColumns) }
    }
  }
  /// Of whether a value is there: sums and products are where all of their columns are, and choices where conditions say.
  private var columnsTestedByPresence: Set<ColumnID> {
    switch self {
    case .column: []
    case .add, .subtract, .multiply, .scaled:
      children.reduce(into: []) { $0.formUnion($1.columnsTestedByPresence) }
    case .choose(let branches, let otherwise):
      branches.reduce(into: otherwise.columnsTestedByPresence) {
        $0.formUnion($1.condition.testedColumns)
        $0.formUnion($1.result.columnsTestedByPresence)
      }
    default: children.reduce(into: []) { $0.formUnion($1.testedColumns) }
    }
  }
}

extension ReleaseRefusal {
  static let variables = ReleaseRefusal(
    reason:
      "a variance, deviation or correlation is of more than one column with constants, and its squares add up products that nobody counts",
    remedy: "ask for it of a column, with FILTER (WHERE …) for some of the rows; or for a sum of the product")
  static let tooManyParts = ReleaseRefusal(
    reason:
      "its conditions, with those of other queries about the same columns, cut groups into more than \(RowPartition.mostParts) parts, of which figures together tell",
    remedy: "write fewer conditions about the same columns, or group by what they are about, or split the study")
  static let unreadCondition = ReleaseRefusal(
    reason:
      "a column is added up beside a condition about it of which no range is read (a root, a remainder, the text of a number), so that what values are left is not known",
    remedy: "compare the column with constants, as it is, in sums with constants, multiples and roundings")
  static let testedKey = ReleaseRefusal(
    reason:
      "a column from which groups are made is added up beside a condition about it, so that what values are left in a group is not known",
    remedy:
      "leave conditions about the group's column out of statistics, or write them into WHERE; or group by other columns"
  )
  static let entangledKey = ReleaseRefusal(
    reason:
      "it groups by a column that WHERE compares with another one, or by more than sums with constants, so that groups may be those of another column",
    remedy: "compare group columns with constants, or group by other columns")
  static let tied = ReleaseRefusal(
    reason:
      "it adds up a column that a condition of every row ties to another one, which is added up, tested or grouped by as well",
    remedy: "write the condition so that each part with AND between is of one column, or keep one of the columns")
  static let piecesOfGroups = ReleaseRefusal(
    reason:
      "a statistic is of a value from which groups are made otherwise than by ranges of it, or of what is made of the same column as a group key, so that what values are in a group is not known",
    remedy:
      "group by ranges of the column (x / 10, CASE WHEN x < 30 THEN … END, DATE_TRUNC, YEAR), or use statistics of other columns"
  )
  static func unknownValues(_ name: String) -> Self {
    .init(
      reason:
        "'\(name)' is added up, and a condition of rows, in a subquery or of another value that is made of the same column leaves values of it that are not known",
      remedy:
        "compare the column with constants alone, in one WHERE clause; or add up the rows themselves, without the subquery or the union"
    )
  }
  static func missingBeside(_ name: String, _ other: String) -> Self {
    .init(
      reason:
        "'\(name)' and '\(other)' are added up together and made of the same column, which may be missing (nullable), so that how many sums or differences there are tells, less everybody's first or last row, in how many rows it is",
      remedy:
        "leave rows without a value out before the window: WHERE x IS NOT NULL in the subquery that has it; or, where no value is missing, write the column without 'nullable' in the study"
    )
  }
  static let twoSteps = ReleaseRefusal(
    reason:
      "two sums or means divide, round or take apart one column in different ways, or one of them does and another adds it up as it is, and their difference can pick single rows",
    remedy: "keep one of them, or add up the column itself and compute the rest from what is shown")
  static let hiddenConstant = ReleaseRefusal(
    reason:
      "something is added to a value before it is divided, rounded, compared or taken from a date, and 'dominance' is judged without what is added to everybody",
    remedy: "add up the value itself, and compute the rest from what is shown")
  static let correlation = ReleaseRefusal(
    reason: "a correlation with a condition, or with a value of two, adds up the other value where it holds",
    remedy: "use AVG(x) FILTER (WHERE c), and the same without FILTER")
}
