import ParleyBase
import ParleyProgram

/// Decides for a query what must stand behind every group that it shows, or refuses the query.
///
/// It follows units from the tables up to the one aggregation that brings them together, and leaves a ``ReleaseMark`` there
/// that the computation obeys. Definition and argument: `docs/proofs/suppression.md`.
struct ReleaseJudge {
  let registry: ColumnRegistry
  let source: Source
  /// k, at least 2.
  let minimum: Int
  /// Empty: no such rule.
  let dominance: [ReleaseRules.Dominance]
  let columns: ReleaseColumns
  let work: JudgingWork
  /// Tables of which rows were taken.
  var mentioned: Set<String> = []
  /// By the column that says whether a group is shown.
  private(set) var marks: [ColumnID: ReleaseMark] = [:]
  /// Columns whose values may be added up, with the part of a row that they are of; see ``Makeup``.
  var values: [ColumnID: Int] = [:]
  /// Columns of each part.
  var columnsOfPart: [Int: Set<ColumnID>] = [:]
  /// Conditions that the rows meet, as ``ReleaseColumns/deepConjuncts(_:)`` has them.
  var clauses: [Expression] = []
  /// Columns that a join or IN brings together: a value of one may decide another.
  var joinTies: [Set<ColumnID>] = []
  /// Orders of windows over protected rows.
  var windowOrders: [WindowOrder] = []
  /// Values of each unit that may be no part of a sum, with the reason.
  var sumsOfRows: [ColumnID: ReleaseRefusal] = [:]
  /// What is divided, rounded or taken apart, and what is added up as it is, in statistics of each unit and in windows.
  var innerSteps: [Expression] = []
  var innerValues: Set<ColumnID> = []
  /// Columns by which rows are looked up in, or tested against, tables that protect nobody.
  var lookedUp: Set<ColumnID> = []
  /// Columns of which a subquery tests other rows of the same unit.
  var testedElsewhere: Set<ColumnID> = []
  /// Columns that name units, and in rows of an outer join may do so in some rows of a unit and not in others.
  var namesOfSome: Set<ColumnID> = []
  /// By which a row of an outer join has nothing of one side, or a unit such a row.
  var lacksPartner: [Expression] = []
  /// Values of a row's neighbours, with the columns that they are of.
  var neighbours: [ColumnID: Set<ColumnID>] = [:]
  /// By such a value, that there is a row before or after which has none, and that the rows of the grouping at hand can be asked for it.
  var missingInNeighbours: [ColumnID: Expression] = [:]
  /// Those that statistics, keys or clauses of the grouping at hand are about, and that rows of it have no partner.
  var missingAtHand: [Expression] = []
  /// What is read several times, rewritten once.
  private var commons: [ObjectIdentifier: (plan: RelationalPlan, rows: Rows)] = [:]
  /// Columns that marks read and that projections below have to keep.
  var carried: Set<ColumnID> = []

  /// Units of one kind in the rows of a plan.
  struct UnitSlot {
    /// Several after a union of tables whose rows are units of their own.
    var kinds: Set<String>
    var column: ColumnID
    var isNullable: Bool
    /// A unit is in no two rows with the same values of these columns; nil where nothing is known.
    var onceWith: Set<ColumnID>?
    /// Tables of which each row is in one row at most, and whose numbers of rows are public.
    var counted: [String] = []
    /// Columns that are only declared to differ from row to row, where rows are units by that.
    var declared: Set<ColumnID> = []
    /// Parts of the rows that name the unit, see ``Makeup``.
    var carriers: Set<Int>
  }
  struct Rows {
    var slots: [UnitSlot] = []
    var makeup = Makeup()
    /// Every row is a group that may be shown.
    var areGroups = false
    /// Kinds of unit behind groups, with the grouping, by the column that says which groups are shown.
    var groupings: [String: ColumnID] = [:]
    var kinds: Set<String> { slots.reduce(Set(groupings.keys)) { $0.union($1.kinds) } }
    var protectsNobody: Bool { slots.isEmpty && !areGroups }
  }

  /// - Parameter plan: optimised, before work is moved to holders.
  init(
    _ plan: RelationalPlan, registry: ColumnRegistry, source: Source, minimum: Int,
    dominance: [ReleaseRules.Dominance], _ work: JudgingWork
  ) {
    self.registry = registry
    self.source = source
    self.minimum = minimum
    self.dominance = dominance
    self.work = work
    columns = ReleaseColumns(plan, registry: registry, work)
  }

  /// The plan with the columns that its marks read.
  /// - Throws: `plan/release-…`
  mutating func judged(_ plan: RelationalPlan) throws(ParleyError) -> RelationalPlan {
    let (judged, rows) = try walk(plan)
    guard rows.slots.isEmpty else {
      throw refusal(
        .shape, "it shows rows of a table that protects \(words(rows.kinds)), one by one",
        remedy: "use COUNT, SUM or another statistic with GROUP BY")
    }
    return carrying(judged)
  }

  func refusal(_ code: ReleaseRefusal.Code, _ reason: String, remedy: String) -> ParleyError {
    refusal(code, ReleaseRefusal(reason: reason, remedy: remedy))
  }
  func refusal(_ code: ReleaseRefusal.Code, _ words: ReleaseRefusal) -> ParleyError {
    source.error(
      code.rawValue, words.message(minimum: minimum, query: source.query.name),
      at: SourceRange(start: 0, end: 0), remedy: words.remedy)
  }

  func words(_ kinds: Set<String>) -> String { kinds.sorted().map { "each \($0)" }.joined(separator: " and ") }

  // MARK: Operators

  mutating func walk(_ plan: RelationalPlan) throws(ParleyError) -> (plan: RelationalPlan, rows: Rows) {
    switch plan {
    case .scan(let scan): return try walk(scan)
    case .filter, .extend, .sort, .numbered:
      let (input, found) = try walk(plan.inputs[0])
      var rows = found
      try checkNames(in: plan, of: rows)
      if case .filter(_, let conditions) = plan {
        try take(conditions, &rows)
        clauses += columns.deepConjuncts(conditions)
      }
      return (plan.mapInputs { _ in input }, rows)
    case .project(let input, let items):
      let (judged, rows) = try walk(input)
      try checkNames(in: plan, of: rows)
      carried.formUnion(rows.slots.map(\.column))
      return (.project(judged, items), rows)
    case .limit(let input, let count, let offset):
      let (judged, rows) = try walk(input)
      guard rows.slots.isEmpty else {
        throw refusal(
          .shape, "LIMIT picks rows of \(words(rows.kinds))", remedy: "leave LIMIT out below the grouping")
      }
      return (.limit(judged, count: count, offset: offset), rows)
    case .window(let input, let step):
      let (judged, rows) = try walk(input)
      let partition = Set(step.partition.compactMap(columns.root))
      guard rows.slots.allSatisfy({ partition.contains(columns.root($0.column)) }) else {
        throw refusal(
          .shape, "a window puts rows of several units beside each other (\(words(rows.kinds)))",
          remedy: "write PARTITION BY with the column that names the unit, or use GROUP BY")
      }
      try checkNames(in: plan, of: rows)
      try checkWindow(step, of: rows, from: input)
      for column in step.functions where !rows.slots.isEmpty {
        let own = WindowStep(partition: [], order: [], functions: [column])
        try checkConstants(in: RelationalPlan.window(plan, own).ownExpressions, as: [column.id])
      }
      let whole = rows.slots.isEmpty ? step : tellingWhoIsMissing(step)
      return (.window(judged, whole), taking(whole, rows))
    case .aggregate(let input, let keys, let aggregates, let shown):
      return try walk(input, keys, aggregates, shown)
    case .match(let kind, let a, let b, let keys, let unique): return try walk(kind, a, b, keys, unique)
    case .cross(let a, let b):
      let (left, x) = try walk(a), (right, y) = try walk(b)
      let (isLeftSingle, isRightSingle) = (a.isSingle, b.isSingle)
      try checkMultiples(x, y, isLeftOnce: isRightSingle, isRightOnce: isLeftSingle, isOfOneUnit: false)
      var rows = try joined(x, y, isLeftOnce: isRightSingle, isRightOnce: isLeftSingle)
      for (plan, isSingle) in [(a, isLeftSingle), (b, isRightSingle)] where isSingle {
        rows.makeup.dependencies.append(.init(from: [], to: Set(plan.columnSet.map(columns.root))))
      }
      return (.cross(left, right), rows)
    case .union(let branches, let ids): return try walk(branches, ids)
    case .compared(let operation, let a, let b, let ids):
      let (left, x) = try walk(a.plan), (right, y) = try walk(b.plan)
      guard x.slots.isEmpty, y.slots.isEmpty else {
        throw refusal(
          .shape, "\(operation.rawValue) compares rows that protect \(words(x.kinds.union(y.kinds)))",
          remedy: "ask both sides as queries of studies of their own")
      }
      return (
        .compared(
          operation, .init(plan: left, outputs: a.outputs), .init(plan: right, outputs: b.outputs), ids),
        try groups(x, y)
      )
    case .masked(let input, let ids, let condition):
      let (judged, rows) = try walk(input)
      guard rows.protectsNobody else {
        throw refusal(
          .shape, "an outer join or a subquery has conditions other than equalities",
          remedy: "write an inner join with the conditions in WHERE")
      }
      return (.masked(judged, ids, condition), rows)
    case .common(let common):
      if let known = commons[ObjectIdentifier(common)] { return known }
      let (inner, rows) = try walk(common.plan)
      guard rows.slots.isEmpty else {
        throw refusal(
          .shape, "'\(common.name)' is read several times, and it protects \(words(rows.kinds))",
          remedy: "read it once, or group in it")
      }
      guard rows.areGroups else { return (plan, rows) }
      let kept = carrying(inner)
      let new = CommonPlan(
        name: common.name, plan: HolderPushdown(kept, registry: registry).moved(kept), columns: common.columns,
        isGrouped: common.isGrouped)
      commons[ObjectIdentifier(common)] = (.common(new), rows)
      return (.common(new), rows)
    case .inner, .outer: throw ParleyError(.invariant, "a join was not given an order")
    }
  }

  private mutating func walk(_ given: Scan) throws(ParleyError) -> (plan: RelationalPlan, rows: Rows) {
    var scan = given
    let table = scan.table
    clauses += columns.deepConjuncts(scan.filter)
    guard table.protection != .nothing else { return (.scan(scan), Rows(makeup: self.makeup(of: scan))) }
    guard mentioned.insert(table.name).inserted else {
      throw refusal(
        .shape,
        "it reads the table '\(table.name)' more than once, and what one reading shows could be subtracted from the other",
        remedy:
          "read it once: a condition becomes CASE WHEN … or FILTER (WHERE …) in one SELECT, and a second reading a query of a study of its own"
      )
    }
    var makeup = self.makeup(of: scan)
    makeup.parts = [scan.number]
    makeup.once = [scan.number]
    columnsOfPart[scan.number] = Set(scan.columns)
    for id in scan.columns { values[id] = scan.number }
    try checkNames(in: .scan(scan), of: nil)
    switch table.protection {
    case .nothing: return (.scan(scan), Rows())
    case .rows:
      let id = registry.column("row", .number(scale: 0), isNullable: false)
      scan.unit = id
      return (
        .scan(scan),
        Rows(
          slots: [
            .init(
              kinds: ["row of '\(table.name)'"], column: id, isNullable: false, onceWith: [],
              counted: table.padTo == nil ? [table.name] : [], carriers: [scan.number])
          ], makeup: makeup)
      )
    case .units(let name, let column):
      guard let place = table.columns.firstIndex(where: { $0.name == column }) else {
        throw ParleyError(.invariant, "table '\(table.name)' has no column '\(column)'")
      }
      let unit = scan.columns[place]
      var slot = UnitSlot(kinds: [name], column: unit, isNullable: false, onceWith: nil, carriers: [scan.number])
      if table.hasOneRowEach {
        slot.onceWith = []
        slot.counted = table.padTo == nil ? [table.name] : []
        slot.declared = [unit]
      }
      return (.scan(scan), Rows(slots: [slot], makeup: makeup))
    }
  }

  // MARK: Aggregations

  private mutating func walk(
    _ input: RelationalPlan, _ keys: [Projection], _ aggregates: [AggregateColumn], _ shown: ColumnID?
  ) throws(ParleyError) -> (plan: RelationalPlan, rows: Rows) {
    var (judged, rows) = try walk(input)
    if rows.areGroups {
      // DISTINCT leaves groups what they are.
      guard aggregates.isEmpty, shown == nil else {
        throw refusal(
          .shape, "groups are grouped again", remedy: "group the rows once, by the keys that the result needs")
      }
      return (.aggregate(judged, keys: keys, aggregates, shown: shown), rows)
    }
    if rows.slots.isEmpty {
      if let shown { marks[shown] = ReleaseMark(units: [], contributors: []) }
      rows.makeup.dependencies.append(
        .init(from: columns.bases(of: keys.map(\.expression)), to: Set(aggregates.map(\.id))))
      return (.aggregate(judged, keys: keys, aggregates, shown: shown), rows)
    }
    try checkNames(in: .aggregate(input, keys: keys, aggregates, shown: shown), of: rows)
    if shown == nil, let own = try perUnit(rows, keys, aggregates) {
      let hidden = try lackingPartner(in: judged)
      return (.aggregate(judged, keys: keys, aggregates + hidden, shown: shown), own)
    }
    guard let shown else {
      throw refusal(
        .shape, "statistics over \(words(rows.kinds)) stand in a subquery, or are grouped again",
        remedy:
          "group once, in the outermost SELECT; a subquery may group by the column that names the unit, where the table has one ('protect' in the study)"
      )
    }
    try checkKeys(keys, of: rows)
    // Where rows are units by declaration, the computation checks it.
    let declared = rows.slots.reduce(into: Set<ColumnID>()) { if $1.onceWith != nil { $0.formUnion($1.declared) } }
    if !declared.isEmpty { judged = judged.checking(declared) }
    let furtherRow = furtherRows(of: aggregates, rows, keys, &judged)
    missingAtHand = missingInNeighbours(of: keys, aggregates, in: judged)
    missingAtHand += try partnersAtHand(in: judged)
    var (mark, items) = try mark(rows, keys, aggregates)
    if !items.isEmpty { judged = .extend(judged, items) }
    mark.contributors += furtherRow.map { .init(column: $0, threshold: minimum) }
    let weights = try weights(of: aggregates, rows, keys, &judged)
    mark.dominance = weights.rules
    marks[shown] = mark
    carried.formUnion(mark.columns)
    for item in items { carried.formUnion(item.expression.columns) }
    return (
      .aggregate(judged, keys: keys, aggregates + weights.aggregates, shown: shown),
      Rows(areGroups: true, groupings: Dictionary(rows.kinds.map { ($0, shown) }) { first, _ in first })
    )
  }

  func resolved(_ expression: Expression) throws(ParleyError) -> Expression {
    guard columns.size(expression, upTo: 4096) < 4096 else {
      throw refusal(
        .argument, "what a statistic is of is too long when it is written out",
        remedy: "write a shorter expression")
    }
    return columns.resolved(expression)
  }

  // MARK: Columns that are kept

  /// Projections keep what marks read.
  private func carrying(_ plan: RelationalPlan) -> RelationalPlan {
    let plan = plan.mapInputs(carrying)
    guard case .project(let input, var items) = plan else { return plan }
    let own = Set(items.map(\.id))
    for id in input.columnSet.intersection(carried).subtracting(own).sorted() {
      items.append(Projection(id: id, expression: .column(id)))
    }
    return .project(input, items)
  }
}
