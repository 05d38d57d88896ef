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
  }
  struct TooMany: Error {}
  /// Each is counted.
  static let mostParts = 64

  /// Sets that are connected by columns that their conditions have in common; a set of all rows is in every cluster.
  ///
  /// A condition under a WHERE clause is connected with what is about the columns of its own, and these with what is about those
  /// of the clauses under which they stand: not all conditions under one clause with each other.
  static func clusters(of told: [Told]) -> [[Told]] {
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
  ///   - clauses: what all rows meet.
  ///   - isOwn: whether one of the sets is of the groups in question.
  static func parts(
    ofConditions conditions: [Told], summands: [(told: Told, factors: Set<Expression>)],
    _ facts: ReleaseArgument.Facts, within clauses: [Expression], where isOwn: (Expression) -> Bool
  ) throws(TooMany) -> [Expression] {
    var found: [Expression] = []
    let open = conditions.filter { if case .boolean = $0.set { false } else { true } }
    // Of two sets every part is counted with the pair.
    for cluster in clusters(of: open) where cluster.count > 2 && cluster.contains(where: { isOwn($0.set) }) {
      found += try parts(of: cluster.map(\.set), facts, isOfNone: true)
    }
    for group in summands.parted(by: { $0.factors }) where group.count > 2 {
      for cluster in clusters(of: group.map { $0.told })
      where cluster.count > 2 && cluster.contains(where: { isOwn($0.set) }) {
        for part in try parts(of: cluster.map(\.set), facts, isOfNone: false) {
          found += [part] + facts.withoutEnds(of: group[0].factors, in: part, where: clauses).map(facts.reduced)
        }
      }
    }
    return found
  }
}

extension ReleaseRefusal {
  static let tooManyParts = ReleaseRefusal(
    reason:
      "its conditions, with those of other queries about the same columns, cut groups into more than \(RowPartition.mostParts) parts, of which figures together tell",
    remedy: "write fewer conditions about the same columns, or group by what they are about, or split the study")
  static let entangledKey = ReleaseRefusal(
    reason:
      "it groups by a column that WHERE compares with another one, or by more than sums with constants, so that groups may be those of another column",
    remedy: "compare group columns with constants, or group by other columns")
  static let twoSteps = ReleaseRefusal(
    reason:
      "two sums or means divide, round or take apart one column in different ways, and their difference can pick single rows",
    remedy: "keep one of them, or add up the column itself and compute the rest from what is shown")
  static let hiddenConstant = ReleaseRefusal(
    reason:
      "something is added to a value before it is divided, rounded, compared or taken from a date, and 'dominance' is judged without what is added to everybody",
    remedy: "add up the value itself, and compute the rest from what is shown")
  static let correlation = ReleaseRefusal(
    reason: "a correlation with a condition, or with a value of two, adds up the other value where it holds",
    remedy: "use AVG(x) FILTER (WHERE c), and the same without FILTER")
}
