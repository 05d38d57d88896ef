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
  let columns: ReleaseColumns
  /// Tables of which rows were taken.
  private var mentioned: Set<String> = []
  /// By the column that says whether a group is shown.
  private(set) var marks: [ColumnID: ReleaseMark] = [:]
  /// What is read several times, rewritten once.
  private var commons: [ObjectIdentifier: (plan: Plan, rows: Rows)] = [:]
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
  }
  struct Rows {
    var slots: [UnitSlot] = []
    /// Every row is a group that may be shown.
    var areGroups = false
    /// Kinds of unit behind groups, with the grouping, by the column that says which groups are shown.
    var groupings: [String: ColumnID] = [:]
    var kinds: Set<String> { slots.reduce(Set(groupings.keys)) { $0.union($1.kinds) } }
    var protectsNobody: Bool { slots.isEmpty && !areGroups }
  }

  /// - Parameter plan: optimised, before work is moved to holders.
  init(_ plan: Plan, registry: ColumnRegistry, source: Source, minimum: Int) {
    self.registry = registry
    self.source = source
    self.minimum = minimum
    columns = ReleaseColumns(plan, registry: registry)
  }

  /// The plan with the columns that its marks read.
  /// - Throws: `plan/release-…`
  mutating func judged(_ plan: Plan) throws(ParleyError) -> Plan {
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

  private mutating func walk(_ plan: Plan) throws(ParleyError) -> (plan: Plan, rows: Rows) {
    switch plan {
    case .scan(let scan): return try walk(scan)
    case .filter, .extend, .sort, .numbered:
      let (input, rows) = try walk(plan.inputs[0])
      return (plan.mapInputs { _ in input }, rows)
    case .project(let input, let items):
      let (judged, rows) = try walk(input)
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
      return (.window(judged, step), rows)
    case .aggregate(let input, let keys, let aggregates, let shown):
      return try walk(input, keys, aggregates, shown)
    case .match(let kind, let a, let b, let keys, let unique): return try walk(kind, a, b, keys, unique)
    case .cross(let a, let b):
      let (left, x) = try walk(a), (right, y) = try walk(b)
      return (
        .cross(left, right),
        try joined(x, y, isLeftOnce: b.maximumRows <= 1, isRightOnce: a.maximumRows <= 1)
      )
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

  private mutating func walk(_ given: Scan) throws(ParleyError) -> (plan: Plan, rows: Rows) {
    var scan = given
    let table = scan.table
    guard table.protection != .nothing else { return (.scan(scan), Rows()) }
    guard mentioned.insert(table.name).inserted else {
      throw refusal(
        .shape,
        "it reads the table '\(table.name)' more than once, and what one reading shows could be subtracted from the other",
        remedy:
          "read it once: a condition becomes CASE WHEN … or FILTER (WHERE …) in one SELECT, and a second reading a query of a study of its own"
      )
    }
    switch table.protection {
    case .nothing: return (.scan(scan), Rows())
    case .rows:
      let id = registry.column("row", .number(scale: 0), isNullable: false)
      scan.unit = id
      return (
        .scan(scan),
        Rows(slots: [
          .init(
            kinds: ["row of '\(table.name)'"], column: id, isNullable: false, onceWith: [],
            counted: table.padTo == nil ? [table.name] : [])
        ])
      )
    case .units(let name, let column):
      guard let place = table.columns.firstIndex(where: { $0.name == column }) else {
        throw ParleyError(.invariant, "table '\(table.name)' has no column '\(column)'")
      }
      return (
        .scan(scan),
        Rows(slots: [.init(kinds: [name], column: scan.columns[place], isNullable: false, onceWith: nil)])
      )
    }
  }

  // MARK: Joins

  private mutating func walk(
    _ kind: MatchKind, _ a: Plan, _ b: Plan, _ keys: [KeyPair], _ unique: Uniqueness
  ) throws(ParleyError) -> (plan: Plan, rows: Rows) {
    let (left, x) = try walk(a)
    func same(_ p: UnitSlot, _ q: UnitSlot) -> Bool {
      p.kinds == q.kinds
        && keys.contains {
          columns.root($0.left) == columns.root(p.column) && columns.root($0.right) == columns.root(q.column)
        }
    }
    switch kind {
    case .semi, .anti:
      // Each row is tested against rows of its own unit, which may be of any table again.
      let before = mentioned
      mentioned = []
      let (right, y) = try walk(b)
      mentioned = before
      if x.areGroups, y.areGroups { return (.match(kind, left, right, keys, unique), try groups(x, y)) }
      let isOwn = !y.areGroups && y.slots.count == 1 && x.slots.contains { same($0, y.slots[0]) }
      guard y.protectsNobody || isOwn else {
        throw refusal(
          .shape, "EXISTS or IN tests rows against \(words(y.kinds)), of whom too few may decide",
          remedy:
            "compare the columns that name the unit on both sides, or write a join, so that the units of both tables are counted"
        )
      }
      return (.match(kind, left, right, keys, unique), x)
    case .inner, .left, .full:
      let (right, found) = try walk(b)
      var y = found
      let (isLeftUnique, isRightUnique) = (unique == .left, unique == .right)
      // The same unit on both sides is one.
      if kind != .full { y.slots.removeAll { q in x.slots.contains { same($0, q) } } }
      if kind != .inner { for index in y.slots.indices { y.slots[index].isNullable = true } }
      var rows = try joined(x, y, isLeftOnce: isRightUnique, isRightOnce: isLeftUnique)
      if kind == .full {
        for index in rows.slots.indices {
          rows.slots[index].isNullable = true
          rows.slots[index].onceWith = nil
        }
      }
      return (.match(kind, left, right, keys, unique), rows)
    }
  }

  /// - Parameters:
  ///   - isLeftOnce: a row of the left side is in one row of the result at most.
  private func joined(_ x: Rows, _ y: Rows, isLeftOnce: Bool, isRightOnce: Bool) throws(ParleyError) -> Rows {
    if x.slots.isEmpty, y.slots.isEmpty { return try groups(x, y) }
    let shared = x.kinds.intersection(y.kinds)
    guard shared.isEmpty else {
      throw refusal(
        .shape, "it joins different units of one kind (\(words(shared)))",
        remedy: "join on the columns that name the unit")
    }
    guard !(x.areGroups && !y.slots.isEmpty), !(y.areGroups && !x.slots.isEmpty) else {
      throw refusal(
        .shape, "it joins groups of one table with rows of another", remedy: "join first, and group once")
    }
    var rows = x
    if !isLeftOnce { for index in rows.slots.indices { rows.slots[index].onceWith = nil } }
    for var slot in y.slots {
      if !isRightOnce { slot.onceWith = nil }
      rows.slots.append(slot)
    }
    return rows
  }

  /// Groups beside groups: of one grouping, or of units of other kinds.
  private func groups(_ x: Rows, _ y: Rows) throws(ParleyError) -> Rows {
    var rows = Rows(areGroups: x.areGroups || y.areGroups, groupings: x.groupings)
    for (kind, grouping) in y.groupings {
      guard rows.groupings[kind] ?? grouping == grouping else {
        throw refusal(
          .shape, "two groupings of \(words([kind])) could be subtracted from each other",
          remedy: "name one grouping with WITH and read it twice, or ask the other in a study of its own")
      }
      rows.groupings[kind] = grouping
    }
    return rows
  }

  // MARK: Unions

  private mutating func walk(
    _ branches: [Plan.Branch], _ ids: [ColumnID]
  ) throws(ParleyError) -> (plan: Plan, rows: Rows) {
    var parts: [(branch: Plan.Branch, rows: Rows)] = []
    for branch in branches {
      let (plan, rows) = try walk(branch.plan)
      parts.append((.init(plan: plan, outputs: branch.outputs), rows))
    }
    if parts.contains(where: \.rows.areGroups) {
      guard parts.allSatisfy({ $0.rows.slots.isEmpty }) else {
        throw refusal(
          .shape, "a union puts groups beside rows", remedy: "group all parts, or the union of all rows")
      }
      var rows = Rows()
      for part in parts { rows = try groups(rows, part.rows) }
      return (.union(parts.map(\.branch), ids), rows)
    }
    let slots = parts.flatMap(\.rows.slots)
    guard let first = slots.first else { return (.union(parts.map(\.branch), ids), Rows()) }
    guard parts.allSatisfy({ $0.rows.slots.count <= 1 }) else {
      throw refusal(
        .shape, "a part of a union has several kinds of unit", remedy: "join after the union, or group each part")
    }
    let type = registry[first.column].type
    guard slots.allSatisfy({ registry[$0.column].type == type }) else {
      throw refusal(
        .shape, "the parts of a union name their units by columns of different types",
        remedy: "declare the columns that name the unit alike")
    }
    let id = registry.column("unit", type, isNullable: slots.count < parts.count)
    for index in parts.indices {
      parts[index].branch.outputs.append(parts[index].rows.slots.first.map { .column($0.column) } ?? .null(type))
      carried.formUnion(parts[index].rows.slots.map(\.column))
    }
    // Tables whose rows are units have no unit in common.
    let areOnce = slots.allSatisfy { $0.onceWith == [] }
    let kindsOfRows = slots.reduce(into: Set<String>()) { $0.formUnion($1.kinds) }
    let slot = UnitSlot(
      kinds: kindsOfRows, column: id, isNullable: slots.count < parts.count || slots.contains(where: \.isNullable),
      onceWith: areOnce ? [] : nil,
      counted: areOnce && !slots.contains { $0.counted.isEmpty } ? slots.flatMap(\.counted) : [])
    return (.union(parts.map(\.branch), ids + [id]), Rows(slots: [slot]))
  }

  // MARK: Aggregations

  private mutating func walk(
    _ input: Plan, _ keys: [Projection], _ aggregates: [AggregateColumn], _ shown: ColumnID?
  ) throws(ParleyError) -> (plan: Plan, rows: Rows) {
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
      return (.aggregate(judged, keys: keys, aggregates, shown: shown), rows)
    }
    if let own = try perUnit(rows, keys, aggregates), shown == nil {
      return (.aggregate(judged, keys: keys, aggregates, shown: shown), own)
    }
    guard let shown else {
      throw refusal(
        .shape, "statistics over \(words(rows.kinds)) stand in a subquery, or are grouped again",
        remedy:
          "group once, in the outermost SELECT; a subquery may group by the column that names the unit, where the table has one ('protect' in the study)"
      )
    }
    let (mark, items) = try mark(rows, keys, aggregates)
    if !items.isEmpty { judged = .extend(judged, items) }
    marks[shown] = mark
    carried.formUnion(mark.columns)
    for item in items { carried.formUnion(item.expression.columns) }
    return (
      .aggregate(judged, keys: keys, aggregates, shown: shown),
      Rows(areGroups: true, groupings: Dictionary(rows.kinds.map { ($0, shown) }) { first, _ in first })
    )
  }

  /// The rows of a grouping whose groups are each of one unit; nil where they are not.
  private func perUnit(
    _ rows: Rows, _ keys: [Projection], _ aggregates: [AggregateColumn]
  ) throws(ParleyError) -> Rows? {
    var result = Rows()
    for slot in rows.slots {
      let root = columns.root(slot.column)
      guard let key = keys.first(where: { columns.root($0.id) == root }) else { return nil }
      let others = Set(keys.map(\.id)).subtracting([key.id])
      result.slots.append(
        .init(kinds: slot.kinds, column: key.id, isNullable: slot.isNullable, onceWith: others))
    }
    for aggregate in aggregates {
      for argument in [aggregate.argument, aggregate.second].compactMap(\.self) {
        var reader = ReleaseArgument(columns.facts)
        reader.read(value: try resolved(argument), isSummed: true)
        let isBit: Bool
        switch aggregate.function {
        case .any, .every, .minimum, .maximum: isBit = true
        default: isBit = reader.conditions.isEmpty
        }
        guard isBit, reader.objection == nil else {
          throw refusal(
            .argument, "a statistic of each unit has conditions in it",
            remedy:
              "put the condition into WHERE, or use MAX(CASE WHEN … THEN 1 ELSE 0 END) for 'any row of the unit'"
          )
        }
      }
    }
    // With several kinds of unit in a group, none of them is in one row only.
    if result.slots.count > 1 { for index in result.slots.indices { result.slots[index].onceWith = nil } }
    return result
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
  private func carrying(_ plan: Plan) -> Plan {
    let plan = plan.mapInputs(carrying)
    guard case .project(let input, var items) = plan else { return plan }
    let own = Set(items.map(\.id))
    for id in input.columnSet.intersection(carried).subtracting(own).sorted() {
      items.append(Projection(id: id, expression: .column(id)))
    }
    return .project(input, items)
  }
}
