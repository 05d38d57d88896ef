import BigInt
import ParleyBase
import ParleyProgram

/// What the statistics of queries over public groups say about single rows, for the definition in
/// `docs/proofs/suppression.md`: a row is a unit, and holders share one bit for each set that it may be in.
struct StatisticSets {
  private let registry = ColumnRegistry()
  private let query: LogicalQuery
  private let minimum: Int
  private let facts: ReleaseArgument.Facts
  /// Rows whose number, taken alone or less another of these, must not be small.
  private(set) var conditions: [RowPartition.Told] = []
  /// Rows that contribute to a statistic.
  private(set) var contributors: [Expression] = []
  /// What is added up.
  private(set) var summands: [ReleaseArgument.Summand] = []
  /// Sums of several terms, and what is divided, rounded or taken apart, as one value each.
  private var wholes: [ReleaseArgument.Summand] = []
  /// Rows in which what is added up is there, where it may be NULL.
  private var presences: [Expression] = []
  /// What is divided, rounded or taken apart, and added up.
  private(set) var steps: [Expression] = []
  /// Columns that are added up as they are.
  private(set) var addedUp: Set<ColumnID> = []
  /// Contributors whose number is counted for the statistic itself, which is withheld where it is small.
  private(set) var counted: Set<Expression> = []
  /// The WHERE clause, where queries of the study over the table have different ones.
  private(set) var clause: Expression?
  /// What groups of any query of the study over the table are made by: beside their counts a sum tells what it has beyond the ends of groups.
  private let keys: [Expression]
  /// What every row meets of which statistics are.
  private var clauses: [Expression] { query.filter.map { [$0] } ?? [] }

  /// - Parameters:
  ///   - keys: what groups of any query of the study over the table are made by.
  ///   - areFiltersMixed: queries of the study over the table have different WHERE clauses, so that those are
  ///     conditions as well, and sets are of all rows of the table.
  /// - Throws: `plan/release-argument`, `plan/release-extremes`, `plan/too-large`
  init(
    _ query: LogicalQuery, keys: [Expression], minimum: Int, areFiltersMixed: Bool, _ work: JudgingWork
  ) throws(ParleyError) {
    self.query = query
    self.keys = keys
    self.minimum = minimum
    let table = registry.scan(query.table).table
    facts = .init(
      lesserOfTwo: { ReleaseColumns.lesserOfTwo(table.columns[$0.rawValue]) },
      isExtended: { _ in false }, isNullable: registry.isNullable,
      isMissingTold: { _ in query.table.tellsMissingValues },
      isBoolean: { [registry] in registry.type(of: $0) == .boolean },
      isText: { [registry] in registry.type(of: $0)?.isOfCharacters ?? false },
      range: {
        let type = table.columns[$0.rawValue].type
        return type.isText ? nil : Interval(type)
      }, length: { _ in nil }, work: work)
    let entangled = clauses.entangledColumns
    guard query.keys.allSatisfy({ $0.expression.columns.isDisjoint(with: entangled) }) else {
      throw refusal(.argument, .entangledKey, at: SourceRange(start: 0, end: 0))
    }
    for projection in query.projections {
      if case .statistic(let statistic, _, _) = projection.value { try read(statistic, at: projection.range) }
    }
    guard areFiltersMixed else { return }
    let clause = query.filter ?? .boolean(true)
    self.clause = clause
    func told(_ base: Expression, isOfPair: Bool = false) -> RowPartition.Told {
      .init(set: facts.reduced(.and(clause, base)), base: base, clause: clause, isOfPair: isOfPair)
    }
    func within(_ sets: [Expression]) -> [Expression] {
      var found: [Expression] = []
      for set in sets {
        let set = facts.reduced(.and(clause, set))
        if !found.contains(set) { found.append(set) }
      }
      return found
    }
    conditions = [told(.boolean(true))] + conditions.map { told($0.base, isOfPair: $0.isOfPair) }
    summands = summands.map { summand in
      var summand = summand
      summand.rows = facts.reduced(.and(clause, summand.rows))
      summand.clause = clause
      return summand
    }
    wholes = wholes.map { whole in
      var whole = whole
      whole.rows = facts.reduced(.and(clause, whole.rows))
      return whole
    }
    counted = Set(within(Array(counted)))
    contributors = within(contributors)
  }

  private mutating func read(_ statistic: Statistic, at range: SourceRange) throws(ParleyError) {
    var reader = ReleaseArgument(facts, where: clauses, keys: keys)
    let arguments = statistic.arguments
    switch statistic.function {
    case .countRows: return
    case .count: reader.read(counted: arguments[0])
    case .sum, .average, .variance, .deviation, .correlation:
      if statistic.function == .correlation, arguments.contains(where: isOfConditions) {
        throw refusal(.argument, .correlation, at: range)
      }
      var variables = arguments
      if ![.sum, .average].contains(statistic.function), !arguments.allSatisfy(\.simplified.isOfOneVariable) {
        // The squares of a sum or difference of two columns are theirs, and twice the products that a correlation is of.
        guard arguments.count == 1, let (a, b) = arguments[0].twoVariables,
          ![a, b].contains(where: isOfConditions)
        else { throw refusal(.argument, .variables, at: range) }
        reader.read(value: arguments[0], isSummed: true)
        variables = [a, b]
      }
      for (place, argument) in variables.enumerated() {
        let other = variables.count > 1 ? variables[1 - place] : nil
        reader.read(value: argument, isSummed: true, beside: other)
      }
      // A correlation is of three sums, of which one is of products.
      if variables.count > 1, Set(variables[0].valueColumns).isDisjoint(with: variables[1].valueColumns) {
        reader.read(value: .correlated(variables[0], variables[1]), isSummed: true)
      }
    case .minimum, .maximum:
      guard query.table.allowsExtremes else {
        throw refusal(.extremes, ReleaseRefusal.extremes(of: query.table.name), at: range)
      }
      reader.read(value: arguments[0], isSummed: false)
    case .median, .quantile: reader.read(value: arguments[0], isSummed: false)
    }
    try facts.work.check(query.source)
    if let objection = reader.objection { throw refusal(.argument, ReleaseRefusal.argument(objection), at: range) }
    if statistic.addsUp || statistic.share != nil {
      for id in reader.values.sorted() {
        for key in keys where key.columns.contains(id) && !facts.isOfNeighbours(key, in: id) {
          throw refusal(.argument, .piecesOfGroups, at: range)
        }
      }
    }
    for condition in reader.conditions {
      let isOfPair = reader.pairs.contains(condition)
      if let place = conditions.firstIndex(where: { $0.set == condition }) {
        if !isOfPair { conditions[place].isOfPair = false }
      } else {
        conditions.append(.init(set: condition, base: condition, clause: nil, isOfPair: isOfPair))
      }
    }
    for condition in reader.contributors where !contributors.contains(condition) { contributors.append(condition) }
    for summand in reader.summands where !summands.contains(summand) { summands.append(summand) }
    for whole in reader.wholes where !wholes.contains(whole) { wholes.append(whole) }
    for step in reader.steps where !steps.contains(step) { steps.append(step) }
    for presence in reader.presences where !presences.contains(presence) { presences.append(presence) }
    addedUp.formUnion(reader.addedUp)
    counted.insert(present(statistic))
    guard conditions.count <= ReleaseRefusal.mostConditions else {
      throw refusal(.argument, ReleaseRefusal.tooMany(conditions.count), at: range)
    }
  }

  private func isOfConditions(_ variable: Expression) -> Bool {
    facts.isOfConditions(variable, where: clauses)
  }

  /// Rows in which the arguments are there.
  func present(_ statistic: Statistic) -> Expression {
    let present = statistic.arguments.filter(facts.mayBeNull).map(facts.isThere)
    return facts.reduced(.all((clause.map { [$0] } ?? []) + present))
  }

  /// Rows in which what is added up is there, and not missing: it tells how many values it is of, to whoever knows how many rows there are.
  func toldPresences() -> [RowPartition.Told] {
    presences.map { presence in
      .init(
        set: clause.map { facts.reduced(.and($0, presence)) } ?? presence, base: presence, clause: clause)
    }
  }

  /// - Throws: `plan/release-argument` where another query divides, rounds or takes apart a column of these in another way, or
  ///   adds it up as it is.
  func check(steps others: [Expression], addedUp: Set<ColumnID>) throws(ParleyError) {
    for step in steps {
      let isOther = others.contains { $0 != step && !$0.columns.isDisjoint(with: step.columns) }
      guard isOther || !step.columns.isDisjoint(with: addedUp) else { continue }
      throw refusal(.argument, .twoSteps, at: SourceRange(start: 0, end: 0))
    }
  }

  /// - Throws: `plan/release-argument` where a condition of which no range is read is about what is added up.
  func check(unread conditions: [Expression]) throws(ParleyError) {
    let factors = (summands + wholes).map(\.factors)
    guard ReleaseArgument.Summand.areTested(factors, by: conditions) else { return }
    throw refusal(.argument, .unreadCondition, at: SourceRange(start: 0, end: 0))
  }

  /// - Parameter others: the conditions of all queries over the table.
  /// - Throws: `plan/release-argument` where they are too many, `plan/too-large`
  func check(_ others: [Expression]) throws(ParleyError) {
    try facts.work.check(query.source)
    guard others.count <= ReleaseRefusal.mostConditionsOfTable else {
      throw refusal(
        .argument, ReleaseRefusal.tooManyTogether(others.count), at: SourceRange(start: 0, end: 0))
    }
  }

  /// What figures tell together.
  ///
  /// - Parameters:
  ///   - conditions: of all queries over the table; nil: of this one.
  ///   - isOwn: whether a set is of the groups in question.
  /// - Throws: `plan/release-argument` where these are too many parts.
  func parts(
    of conditions: [RowPartition.Told]? = nil,
    _ summands: [(told: RowPartition.Told, factors: Set<Expression>)]? = nil,
    wholes: [(told: RowPartition.Told, factors: Set<Expression>)]? = nil,
    where isOwn: (Expression) -> Bool = { _ in true }
  ) throws(ParleyError) -> [Expression] {
    let parts: [Expression]
    do {
      parts = try RowPartition.parts(
        ofConditions: conditions ?? self.conditions, summands: summands ?? toldSummands,
        wholes: wholes ?? toldWholes, facts, within: self.clauses, by: keys, where: isOwn)
    } catch {
      try facts.work.check(query.source)
      throw refusal(.argument, .tooManyParts, at: SourceRange(start: 0, end: 0))
    }
    try facts.work.check(query.source)
    return parts
  }
  var toldSummands: [(told: RowPartition.Told, factors: Set<Expression>)] { summands.map(told) }
  var toldWholes: [(told: RowPartition.Told, factors: Set<Expression>)] { wholes.map(told) }
  private func told(
    _ summand: ReleaseArgument.Summand
  ) -> (told: RowPartition.Told, factors: Set<Expression>) {
    (
      told: RowPartition.Told(set: summand.rows, base: summand.path, clause: clause, isOfPair: summand.isOfPair),
      factors: summand.factors
    )
  }

  private func refusal(_ code: ReleaseRefusal.Code, _ words: ReleaseRefusal, at range: SourceRange) -> ParleyError
  {
    query.source.error(
      code.rawValue, words.message(minimum: minimum, query: query.source.query.name), at: range,
      remedy: words.remedy)
  }

  /// Rows in which `condition` is true and `other` is not.
  func difference(_ condition: Expression, _ other: Expression) -> Expression {
    facts.reduced(condition.andNot(other))
  }
  /// Rows of a sum that are not in another one of the same value, and those of them that have no end of what values are left.
  func left(of summand: ReleaseArgument.Summand, without other: ReleaseArgument.Summand) -> [Expression] {
    let rows = difference(summand.rows, other.rows)
    let path = difference(summand.wholePath, other.wholePath)
    return [rows]
      + facts.withoutEnds(of: summand.factors, in: rows, of: path, where: clauses, keys: keys).map(facts.reduced)
  }
  func both(_ condition: Expression, _ other: Expression) -> Expression { facts.reduced(.and(condition, other)) }
  func neither(_ condition: Expression, _ other: Expression) -> Expression {
    facts.reduced(.and(condition.isNotTrue, other.isNotTrue))
  }
  /// Rows in which it is not true.
  func complement(_ condition: Expression) -> Expression { facts.reduced(condition.isNotTrue) }

  /// The bit of a row that the condition is true, as its holder computes it.
  func formula(_ condition: Expression) throws(ParleyError) -> HolderFormula {
    let isTrue = Expression.choose(
      [.init(condition: condition, result: .boolean(true))], otherwise: .boolean(false))
    guard let formula = HolderFormulas(registry: registry).formula(isTrue) else {
      throw refusal(
        .argument,
        ReleaseRefusal.argument("is made in a way in which the holder of a row cannot say whether it contributes"),
        at: SourceRange(start: 0, end: 0))
    }
    return formula
  }
}
