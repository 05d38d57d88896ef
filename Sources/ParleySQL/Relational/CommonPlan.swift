import ParleyBase

/// A part of a query that several others read, rewritten and computed once. Every mention gives its columns new names
/// (``Plan/project(_:_:)``), so that rows of two mentions can be joined.
final class CommonPlan: Hashable, Sendable {
  let name: String
  /// Ready to be lowered. It reads nothing of a query around it.
  let plan: RelationalPlan
  /// Those of its columns that mentions read.
  let columns: Set<ColumnID>
  /// What reads it puts rows together by keys, so that it may do without slots that cannot hold a row.
  let isGrouped: Bool
  let maximumRows: Int
  let uniqueKeys: [Set<ColumnID>]
  let keyLimits: [KeyLimit]
  let tableNames: Set<String>
  let recordColumns: Set<ColumnID>

  init(name: String, plan: RelationalPlan, columns: Set<ColumnID>, isGrouped: Bool = false) {
    (self.name, self.plan, self.columns, self.isGrouped) = (name, plan, columns, isGrouped)
    maximumRows = plan.maximumRows
    uniqueKeys = plan.uniqueKeys.filter { $0.isSubset(of: columns) }
    keyLimits = plan.keyLimits.filter { $0.columns.isSubset(of: columns) }
    tableNames = plan.tableNames
    recordColumns = plan.recordColumns.intersection(columns)
  }

  static func == (a: CommonPlan, b: CommonPlan) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A common table where it is known, and what its query was bound to.
final class CommonTable {
  let syntax: QueryStatement.CommonTable
  /// In lower case.
  let name: String
  let environment: Environment
  /// How often it is named, at most.
  let mentions: Int
  /// By whether its rows are released.
  var bound: [Bool: BoundQuery] = [:]

  init(_ syntax: QueryStatement.CommonTable, _ environment: Environment, mentions: Int) {
    (self.syntax, self.environment, self.mentions) = (syntax, environment, mentions)
    name = syntax.name.text.lowercased()
  }
}

extension RelationalBinder {
  /// The query of a common table. One that is named several times and is more than rows of a table is bound once.
  func query(of table: CommonTable, isReleased: Bool) throws(ParleyError) -> BoundQuery {
    if let known = table.bound[isReleased] { return try mention(known, as: table.syntax.name) }
    let query = try query(table.syntax.query, in: table.environment, isReleased: isReleased)
    guard table.mentions > 1, !query.isRowsOfOneTable, query.isClosed else { return query }
    let shared = try shared(query, name: table.syntax.name.text)
    table.bound[isReleased] = shared
    return try mention(shared, as: table.syntax.name)
  }

  /// The query with its plan as a ``CommonPlan``. What it selects is computed in that where it would be much to write out
  /// for every mention.
  private func shared(_ query: BoundQuery, name: String) throws(ParleyError) -> BoundQuery {
    var query = query
    var items: [Projection] = []
    for index in query.outputs.indices {
      let value = query.outputs[index].value
      guard value.type != .text, !value.expression.columns.isEmpty || value.expression.containsSubquery,
        value.expression.containsSubquery || value.expression.count(upTo: 64) == 64
      else { continue }
      if case .ratio = value.expression { continue }
      let id = registry.column(
        query.outputs[index].name, value.type, of: value.expression)
      items.append(Projection(id: id, expression: value.expression))
      query.outputs[index].value.expression = .column(id)
    }
    let plan = items.isEmpty ? query.plan : .extend(query.plan, items)
    var columns = query.outputs.reduce(into: Set<ColumnID>()) { $0.formUnion($1.value.expression.columns) }
    // What is around a mention leaves out groups by these.
    columns.formUnion(query.withheld?.shown ?? [])
    let optimized = try Optimizer(registry: registry, source: source).optimized(plan)
    query.plan = .common(
      CommonPlan(
        name: name, plan: HolderPushdown(optimized, registry: registry).moved(optimized), columns: columns))
    query.order = []
    return query
  }

  /// The same rows with columns of their own.
  private func mention(_ query: BoundQuery, as name: Name) throws(ParleyError) -> BoundQuery {
    guard case .common(let common) = query.plan else { return query }
    try registry.limits.spend(1 + common.columns.count, at: name.range, of: source)
    var query = query
    var names: [ColumnID: Expression] = [:]
    var items: [Projection] = []
    for id in common.columns.sorted() {
      let new = registry.copy(id)
      items.append(Projection(id: new, expression: .column(id)))
      names[id] = .column(new)
    }
    query.plan = .project(.common(common), items)
    for index in query.outputs.indices {
      query.outputs[index].value.expression = query.outputs[index].value.expression.replacing { part in
        if case .column(let id) = part { names[id] } else { nil }
      }
    }
    query.withheld = query.withheld?.renamed { id in if case .column(let new) = names[id] { new } else { nil } }
    return query
  }
}

extension BoundQuery {
  /// It reads no column of a query around it.
  fileprivate var isClosed: Bool {
    let own = plan.columnSet
    return plan.freeColumns.isEmpty && outputs.allSatisfy { $0.value.expression.columns.isSubset(of: own) }
  }

  /// Rows and columns of one mention of a table, perhaps filtered: better written out, as its holders can do more then.
  fileprivate var isRowsOfOneTable: Bool {
    guard case .inner(let parts, let conditions) = plan, parts.count == 1, case .scan = parts[0] else {
      return false
    }
    return !(conditions + outputs.map(\.value.expression)).contains { $0.containsSubquery }
  }
}
