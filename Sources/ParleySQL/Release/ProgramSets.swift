import BigInt
package import ParleyBase
package import ParleyProgram

/// Rows that became one value in a program that is no query: a count, a sum, whether there is any.
package struct ProgramStatistic {
  /// How rows became a value.
  package enum Kind: Sendable {
    /// How many rows there are, or hold.
    case count
    /// What the values of the rows add up to.
    case sum
    /// Tells neither sum nor count.
    case mean
    /// The least or the greatest value.
    case extremum
    /// Whether any row holds.
    case any
    /// How many there are is only tested for 0, or divided by.
    case presence
  }
  /// How rows became a value.
  package var kind: Kind
  /// Rows that take part.
  package var mask: Program.NodeID
  /// A number or bit of every row; nil of a count.
  package var value: Program.NodeID?

  /// A statistic; see the properties.
  package init(_ kind: Kind, mask: Program.NodeID, value: Program.NodeID?) {
    self.kind = kind
    self.mask = mask
    self.value = value
  }
}

/// Why a statistic cannot be judged, and what to write instead.
package struct ProgramObjection: Error {
  /// What could be told of few units, in words.
  package var reason: String
  /// What to write instead.
  package var remedy: String
}

/// The sets of a table's rows that the statistics of a program tell of, which must each hold no unit or enough: the same that
/// queries are judged by, with the table as one group.
package struct ProgramSets {
  /// Bits of the rows of each set.
  package struct Counted {
    /// Two conditions that are looked at together.
    package struct Pair {
      /// By place in ``conditions``.
      package var first: Int
      /// By place in ``conditions``.
      package var second: Int
      /// No row is in both.
      package var isExclusive: Bool
    }
    /// Those in which a condition is true. Those in which it is not are a set as well.
    package var conditions: [Program.NodeID] = []
    /// Each with the other, without it, and neither.
    package var pairs: [Pair] = []
    /// Further sets that are counted for themselves.
    package var others: [Program.NodeID] = []
    /// What is added up, where few units must not make up too much of it.
    package var values: [SummedRows] = []
  }
  /// What is added up, and over which rows.
  package struct SummedRows: Hashable {
    /// In other rows it is anything.
    package var mask: Program.NodeID
    /// What each row adds.
    package var value: Program.NodeID
  }

  /// The program with the bits of the sets.
  package private(set) var builder: ProgramBuilder
  private let work: JudgingWork
  /// Rows that are not padding.
  package let all: Program.NodeID

  private let id: Program.TableID
  private let table: TableSchema
  private let minimum: Int
  /// Few units must not make up too much of a sum.
  private let areValuesJudged: Bool
  private var nodes: NodeExpressions
  private var sets = GroupSets(by: [])
  private var parts: [Expression] = []
  private var values: [(mask: Program.NodeID, value: Expression)] = []

  /// Every two conditions are compared: in rows by a product, in units by a column of a sort.
  private var mostConditions: Int {
    if case .units = table.protection { ReleaseRefusal.mostConditions } else { 24 }
  }

  /// No statistic has been read.
  ///
  /// - Parameters:
  ///   - builder: the program so far.
  ///   - id: of the table.
  ///   - table: its declared shape.
  ///   - minimum: units that a set must hold, if it holds any.
  ///   - areValuesJudged: whether there is a rule of dominance.
  ///   - work: shared by all tables of a program.
  package init(
    _ builder: ProgramBuilder, _ id: Program.TableID, _ table: TableSchema, minimum: Int, areValuesJudged: Bool,
    _ work: JudgingWork = JudgingWork()
  ) {
    self.work = work
    self.builder = builder
    self.id = id
    self.table = table
    self.minimum = minimum
    self.areValuesJudged = areValuesJudged
    nodes = NodeExpressions(id, table)
    all = self.builder.input(.init(table: id, column: "", role: .isValid, sort: .bit))
  }

  private var facts: ReleaseArgument.Facts {
    let (table, common, registry) = (table, nodes.common, nodes.registry)
    return .init(
      lesserOfTwo: {
        table.columns.indices.contains($0.rawValue) ? ReleaseColumns.lesserOfTwo(table.columns[$0.rawValue]) : nil
      },
      isExtended: { _ in false }, isNullable: registry.isNullable,
      isMissingTold: { table.tellsMissingValues && table.columns.indices.contains($0.rawValue) },
      isBoolean: { registry.type(of: $0) == .boolean }, isText: { _ in false },
      range: { common[$0] ?? Interval(table.columns[$0.rawValue].type) }, length: { _ in nil }, work: work)
  }

  // MARK: Reading

  /// Takes in what a statistic tells of rows.
  package mutating func read(_ statistic: ProgramStatistic) throws(ProgramObjection) {
    do throws(Failure) {
      try take(statistic)
    } catch {
      switch error {
      case .tooLong: throw objection("is too long when it is written out")
      case .unknown: throw objection("is made of rows in a way that is not known")
      case .argument(let words): throw objection(words)
      case .refused(let refusal): throw ProgramObjection(reason: refusal.reason, remedy: refusal.remedy)
      }
    }
    guard sets.conditions.count <= mostConditions else {
      throw ProgramObjection(
        reason:
          "the results about '\(table.name)' have more than \(mostConditions) conditions, and every two of them are compared",
        remedy: "reveal fewer results about one table, or ask by groups in a study (GROUP BY)")
    }
  }

  /// What all statistics together tell.
  package mutating func finish() throws(ProgramObjection) {
    guard !sets.hasTwoSteps else {
      throw ProgramObjection(reason: ReleaseRefusal.twoSteps.reason, remedy: ReleaseRefusal.twoSteps.remedy)
    }
    sets.comparePresences(facts)
    do { parts = try sets.parts(facts, within: [], ties: []) } catch { throw Self.tooMuch }
    try check()
  }

  /// That nothing was left out because it would have taken too long.
  package func check() throws(ProgramObjection) {
    guard work.isTooMuch else { return }
    throw Self.tooMuch
  }

  private static var tooMuch: ProgramObjection {
    ProgramObjection(
      reason: ReleaseRefusal.tooManyParts.reason,
      remedy: "reveal results of fewer conditions about the same columns")
  }

  private enum Failure: Error {
    case tooLong, unknown
    case argument(String)
    case refused(ReleaseRefusal)
  }

  private func objection(_ words: String) -> ProgramObjection {
    ProgramObjection(
      reason: "it \(words)",
      remedy:
        "reveal statistics of columns, of sums and products of different columns, and of 'condition.select' over these; compute the rest from what is revealed"
    )
  }

  private mutating func expression(
    of node: Program.NodeID, isAddedUp: Bool
  ) throws(Failure) -> Expression {
    do throws(NodeExpressions.Failure) {
      return try nodes.expression(of: node, in: builder.program, isAddedUp: isAddedUp)
    } catch {
      switch error {
      case .tooLong: throw Failure.tooLong
      case .unknown: throw Failure.unknown
      case .secretStep:
        throw Failure.argument("divides or rounds with a value that is one for all rows and not known")
      }
    }
  }

  private mutating func take(_ statistic: ProgramStatistic) throws(Failure) {
    let mask = try expression(of: statistic.mask, isAddedUp: false).conjuncts.filter { $0 != .boolean(true) }
    guard let node = statistic.value else {
      var reader = ReleaseArgument(facts, where: [])
      let told = mask.filter(isToldPresence)
      if !told.isEmpty { reader.read(contributors: .all(mask)) }
      reader.read(filter: .all(mask.filter { !told.contains($0) }))
      return sets.take(reader, threshold: minimum)
    }
    let value = try expression(of: node, isAddedUp: true)
    let isTruth = builder.type(of: node).isBit
    let filter = Self.filter(of: mask, of: isTruth ? value.columns : value.strictColumns)
    var reader = ReleaseArgument(facts, where: [])
    reader.read(filter: .all(filter))
    switch (statistic.kind, isTruth) {
    case (.presence, _): reader.read(contributors: .all(mask))
    case (_, true): reader.read(truth: value, within: .all(mask))
    case (let kind, false):
      let isSummed = kind == .sum || kind == .mean
      let path = filter.isEmpty ? nil : Expression.all(filter)
      reader.read(contributors: .all(mask))
      reader.read(value: value, within: path, isSummed: isSummed)
      guard isSummed else { break }
      try checkBounds(of: reader.values, in: filter + [value])
      if facts.mayBeNull(value), !facts.tellsMissing(value) { sets.note(Expression.all(mask)) }
      try weigh(value, in: statistic.mask)
    }
    if let objection = reader.objection { throw Failure.argument(objection) }
    sets.take(reader, threshold: minimum)
  }

  /// That a value is there whose owners let be told how many are missing.
  private func isToldPresence(_ condition: Expression) -> Bool {
    if case .not(.isNull(let value)) = condition { facts.tellsMissing(value) } else { false }
  }

  /// What was said of the rows, without that the cells of the value itself are there.
  private static func filter(of mask: [Expression], of own: Set<ColumnID>) -> [Expression] {
    mask.filter { part in
      guard case .not(.isNull(.column(let id))) = part, own.contains(id) else { return true }
      return mask.contains { $0 != part && $0.columns.contains(id) }
    }
  }

  /// Whoever wrote the table that a bound is of decides which values are left.
  private func checkBounds(of values: Set<ColumnID>, in parts: [Expression]) throws(Failure) {
    let bounded = parts.reduce(into: Set<ColumnID>()) { $0.formUnion(nodes.comparedColumns(in: $1)) }
    guard !bounded.isDisjoint(with: values) else { return }
    throw Failure.refused(
      ReleaseRefusal(
        reason:
          "what it adds up is compared with a value of another table, whose holder decides which values are left",
        remedy: "compare it with a number that everybody knows, or count the rows"))
  }

  private mutating func weigh(_ value: Expression, in mask: Program.NodeID) throws(Failure) {
    guard areValuesJudged else { return }
    let value = facts.withoutFixed(value)
    let varying = value.withoutConstants
    guard !varying.hidesConstants, varying == value || !nodes.hasStandIn(varying) else {
      throw Failure.refused(.hiddenConstant)
    }
    guard !varying.isNoValue, !values.contains(where: { $0.mask == mask && $0.value == varying }) else { return }
    values.append((mask, varying))
  }

  // MARK: Sets

  /// The sets of all statistics that were read, as bits of the rows.
  package mutating func counted() throws(ParleyError) -> Counted {
    let facts = facts
    var bits = ConditionBits(builder, id, table, nodes.nodes)
    var counted = Counted()
    for condition in sets.conditions { counted.conditions.append(try bits.truth(condition)) }
    for (second, condition) in sets.conditions.enumerated() {
      for (first, other) in sets.conditions[..<second].enumerated() {
        let isExclusive = facts.reduced(.and(condition, other)) == .boolean(false)
        counted.pairs.append(.init(first: first, second: second, isExclusive: isExclusive))
      }
    }
    var seen: Set<Expression> = Set(sets.conditions)
    for set in sets.plain.map(\.set) + sets.differences(facts, within: []) + parts {
      let set = facts.reduced(set)
      if case .boolean = set { continue }
      if seen.insert(set).inserted { counted.others.append(try bits.truth(set)) }
    }
    for (mask, value) in values {
      counted.values.append(.init(mask: mask, value: try bits.value(value)))
    }
    builder = bits.builder
    for index in counted.conditions.indices {
      counted.conditions[index] = try builder.and(all, counted.conditions[index])
    }
    for index in counted.others.indices { counted.others[index] = try builder.and(all, counted.others[index]) }
    return counted
  }
}
