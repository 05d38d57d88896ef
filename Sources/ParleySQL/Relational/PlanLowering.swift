import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables

/// One operator of a query's plan, for people to read.
package struct OperatorLine: Hashable, Sendable {
  /// Operators are above those that they read.
  package var depth: Int
  /// What it does, in words.
  package var text: String
  /// The largest number of row slots of its result.
  package var rows: Int
  /// A line; see the properties.
  package init(depth: Int, text: String, rows: Int) {
    (self.depth, self.text, self.rows) = (depth, text, rows)
  }
}

/// Relational algebra to secret tables.
struct PlanLowering {
  var tables: TableBuilder
  let registry: ColumnRegistry
  let source: Source
  let tableIDs: [String: Program.TableID]
  let minimumCell: Int
  /// By the column that says whether a group is shown.
  let marks: [ColumnID: ReleaseMark]
  let forms: TextForms
  private var known: [RelationalPlan: [Set<ColumnID>: Relation]] = [:]
  /// By part of the plan, its operator in the program.
  private let operators: [RelationalPlan: Int]

  init(
    builder: ProgramBuilder, registry: ColumnRegistry, source: Source, tableIDs: [String: Program.TableID],
    minimumCell: Int, marks: [ColumnID: ReleaseMark], forms: TextForms, operators: [RelationalPlan: Int] = [:]
  ) {
    self.operators = operators
    self.forms = forms
    tables = TableBuilder(builder)
    tables.boundRemedy = JoinBound.remedy(source.query.name)
    tables.joinName = "a join of query '\(source.query.name)'"
    self.registry = registry
    self.source = source
    self.tableIDs = tableIDs
    self.minimumCell = minimumCell
    self.marks = marks
  }

  /// - Parameter needed: columns that are read of it; others need not be there.
  mutating func lower(_ plan: RelationalPlan, _ needed: Set<ColumnID>) throws(ParleyError) -> Relation {
    let wanted = needed
    if let relation = known[plan]?[wanted] { return relation }
    let outer = tables.builder.currentOperator
    if let own = operators[plan] { tables.builder.currentOperator = own }
    defer { tables.builder.currentOperator = outer }
    let relation = try build(plan, needed).keeping(needed)
    try tables.builder.checkSize(of: relation.table.shape)
    known[plan, default: [:]][wanted] = relation
    return relation
  }

  func columns(_ expressions: [Expression]) -> Set<ColumnID> {
    expressions.reduce(into: []) { $0.formUnion($1.columns) }
  }

  private mutating func build(_ plan: RelationalPlan, _ needed: Set<ColumnID>) throws(ParleyError) -> Relation {
    switch plan {
    case .scan(let scan): return try self.scan(scan, needed)
    // With all columns, whoever reads it, so that it is computed once; those that nobody reads fall away later.
    case .common(let common):
      var relation = try lower(common.plan, common.columns)
      if common.isGrouped { relation.table = try tables.slimmed(relation.table) }
      return relation
    case .inner, .outer: throw ParleyError(.invariant, "a join was not given an order")
    case .filter(let input, let conditions):
      var relation = try lower(input, needed.union(columns(conditions)))
      let bit = try condition(.all(conditions), relation)
      relation.table = try tables.filter(relation.table, where: bit)
      return relation
    case .extend(let input, let items):
      let items = items.filter { needed.contains($0.id) }
      var relation = try lower(input, needed.union(columns(items.map(\.expression))))
      try append(items, to: &relation)
      return relation
    case .project(let input, let items):
      let items = items.filter { needed.contains($0.id) }
      let values = try lower(input, columns(items.map(\.expression)))
      var relation = Relation(table: values.table, ids: values.ids.map { _ in nil })
      try append(items, to: &relation, reading: values)
      return relation
    case .aggregate(let input, let keys, let aggregates, let shown):
      return try aggregate(input, keys, aggregates, shown: shown, needed)
    case .window(let input, let step): return try window(input, step, needed)
    case .sort(let input, let keys):
      var relation = try lower(input, needed.union(columns(keys.map(\.expression))))
      let order = try order(keys, &relation)
      relation.table = try tables.sorted(relation.table, by: order, breakingTies: true)
      return relation
    case .limit(let input, let count, let offset):
      var relation = try lower(input, needed)
      relation.table = try tables.limited(relation.table, to: count ?? plan.maximumRows, offset: offset)
      return relation
    case .union(let branches, let columns): return try union(branches, columns, needed)
    case .compared(let operation, let a, let b, let columns):
      var parts = [try self.branch(a, columns), try self.branch(b, columns)]
      try align(&parts)
      let table =
        operation == .intersect
        ? try tables.intersection(parts[0].table, parts[1].table)
        : try tables.difference(parts[0].table, parts[1].table)
      return Relation(table: table, ids: columns)
    case .match(let kind, let a, let b, let keys, let unique):
      return try match(kind, a, b, keys, unique, needed)
    case .cross(let a, let b):
      let left = try lower(a, needed.intersection(a.columnSet.union(derived(a))))
      let right = try lower(b, needed.subtracting(left.ids.compactMap { $0 }))
      return Relation(table: try tables.cross(left.table, right.table), ids: left.ids + right.ids)
    case .numbered(let input, let id):
      // The rows are read several times and have to have the same numbers each time, so they are computed once, with
      // all columns; those that nobody reads fall away later.
      var relation = try lower(input, input.columnSet.union(derived(input)))
      let one = tables.builder.constant(1)
      let row = try tables.builder.runningSum(try tables.builder.spread(one, over: relation.table.shape))
      relation.table = relation.table.appending(TableColumn(name: "row", type: .integer, parts: [row]))
      relation.table.uniqueKeys.append([relation.ids.count])
      relation.ids.append(id)
      return relation
    case .masked(let input, let masked, let condition):
      var relation = try lower(input, needed.union(condition.columns))
      let hidden = try tables.builder.not(try self.condition(condition, relation))
      for index in relation.ids.indices where relation.ids[index].map(masked.contains) ?? false {
        let isNull = relation.table.columns[index].isNull
        relation.table.columns[index].isNull =
          try isNull.map { bit throws(ParleyError) in
            try tables.builder.or(bit, hidden)
          } ?? hidden
      }
      relation.table.uniqueKeys = []
      relation.table.dependencies = []
      return relation
    }
  }

  /// Columns that holders of the plan's scans compute.
  private func derived(_ plan: RelationalPlan) -> Set<ColumnID> {
    registry.derivedColumns(of: plan.scans)
  }

  // MARK: Expressions

  private mutating func values<Result>(
    _ relation: Relation, _ body: (inout ExpressionLowering) throws(ParleyError) -> Result
  ) throws(ParleyError) -> Result {
    var lowering = ExpressionLowering(
      builder: tables.takenProgram(), rows: .relation(relation, source: source))
    let result = try body(&lowering)
    tables.builder = lowering.builder
    return result
  }

  private mutating func condition(
    _ expression: Expression, _ relation: Relation
  ) throws(ParleyError) -> Program.NodeID {
    try values(relation) { lowering throws(ParleyError) in try lowering.condition(expression).certain }
  }

  mutating func column(
    _ expression: Expression, name: String, type: SQLType?, _ relation: Relation
  ) throws(ParleyError) -> TableColumn {
    if case .column(let id) = expression, let position = relation.position(id) {
      return relation.table.columns[position]
    }
    return try values(relation) { lowering throws(ParleyError) in
      let value = try lowering.lower(expression)
      let isNull = try lowering.nullBit(value)
      switch value {
      case .number(let node, _):
        if type == .boolean {
          return TableColumn(
            name: name, type: .boolean, parts: [lowering.builder.constant(false)], isNull: isNull)
        }
        if case .string = type {
          return TableColumn(
            name: name, type: .text(bytes: 1), parts: [lowering.builder.constant(0)], isNull: isNull)
        }
        return TableColumn(name: name, type: SecretType(type), parts: [node], isNull: isNull)
      case .condition(let certain, _):
        return TableColumn(name: name, type: .boolean, parts: [certain], isNull: isNull)
      case .text(var parts, _):
        if parts.isEmpty { parts = [lowering.builder.constant(0)] }
        return TableColumn(name: name, type: .text(bytes: 7 * parts.count), parts: parts, isNull: isNull)
      }
    }
  }

  private mutating func append(
    _ items: [Projection], to relation: inout Relation, reading values: Relation? = nil
  ) throws(ParleyError) {
    let values = values ?? relation
    for item in items {
      let entry = registry[item.id]
      if case .column(let id) = item.expression, let position = values.position(id) {
        // The same column under another name: what is known of the one is known of the other.
        relation.table = relation.table.selecting(Array(relation.table.columns.indices) + [position])
      } else {
        relation.table = relation.table.appending(
          try column(item.expression, name: entry.name, type: entry.type, values))
      }
      relation.ids.append(item.id)
    }
  }

  /// Where the value of an expression stands among the columns, put there if it is not.
  mutating func position(
    of expression: Expression, in relation: inout Relation, type: SQLType? = nil
  ) throws(ParleyError) -> Int {
    if case .column(let id) = expression, let position = relation.position(id) { return position }
    let type = type ?? registry.type(of: expression)
    relation.table = relation.table.appending(try column(expression, name: "", type: type, relation))
    relation.ids.append(nil)
    return relation.ids.count - 1
  }

  mutating func order(
    _ keys: [OrderKey], _ relation: inout Relation
  ) throws(ParleyError) -> [TableOrder] {
    var order: [TableOrder] = []
    for key in keys {
      let position = try position(of: key.expression, in: &relation)
      order.append(TableOrder(column: position, isDescending: key.isDescending, nullsFirst: key.nullsFirst))
    }
    return order
  }

  // MARK: Joins

  private mutating func match(
    _ kind: MatchKind, _ a: RelationalPlan, _ b: RelationalPlan, _ keys: [KeyPair], _ unique: Uniqueness,
    _ needed: Set<ColumnID>
  ) throws(ParleyError) -> Relation {
    let outer = needed.intersection(a.columnSet.union(derived(a)))
    var left = try lower(a, outer.union(columns(keys.map(\.left))))
    var right = try lower(b, needed.subtracting(outer).union(columns(keys.map(\.right))))
    var pairs: [(left: Int, right: Int)] = []
    for key in keys {
      let x = try position(of: key.left, in: &left), y = try position(of: key.right, in: &right)
      pairs.append((left: x, right: y))
      try widen(&left, x, like: right.table.columns[y])
      try widen(&right, y, like: left.table.columns[x])
    }
    let joinKind: JoinKind =
      switch kind {
      case .inner: .inner
      case .left: .left
      case .full: .full
      case .semi: .semi
      case .anti(let nullAware): .anti(nullAware: nullAware)
      }
    var bound: JoinBound?
    if case .neither(let stated) = unique { bound = JoinBound(a, b, keys, stated: stated) }
    let uniqueness: JoinUniqueness =
      switch unique {
      case .left: .left
      case .right: .right
      case .neither: .neither(bound: bound?.rows)
      }
    let name = source.query.name
    tables.boundReason = bound?.reason(registry) ?? ""
    tables.boundRemedy = JoinBound.remedy(name, bound?.limit)
    tables.uniqueKey = DeclaredKey.words(unique, a, b, keys, query: name)
    defer { (tables.boundReason, tables.boundRemedy, tables.uniqueKey) = ("", JoinBound.remedy(name), nil) }
    let table = try tables.join(left.table, right.table, on: pairs, kind: joinKind, unique: uniqueness)
    return Relation(table: table, ids: joinKind.keepsRight ? left.ids + right.ids : left.ids)
  }

  /// Gives a text as many parts as another one has.
  private mutating func widen(
    _ relation: inout Relation, _ index: Int, like other: TableColumn
  ) throws(ParleyError) {
    guard case .text = other.type else { return }
    let missing = other.parts.count - relation.table.columns[index].parts.count
    guard missing > 0 else { return }
    for _ in 0..<missing { relation.table.columns[index].parts.append(tables.builder.constant(0)) }
    relation.table.columns[index].type = .text(bytes: 7 * other.parts.count)
  }

  // MARK: Unions

  private mutating func branch(_ branch: RelationalPlan.Branch, _ columns: [ColumnID]) throws(ParleyError)
    -> Relation
  {
    let input = try lower(branch.plan, self.columns(branch.outputs))
    var result = Relation(table: input.table, ids: input.ids.map { _ in nil })
    let items = zip(columns, branch.outputs).map { Projection(id: $0, expression: $1) }
    try append(items, to: &result, reading: input)
    let kept = Array(input.ids.count..<result.ids.count)
    return Relation(table: result.table.selecting(kept), ids: columns)
  }

  /// The same type and, for texts, the same number of parts in every column.
  private mutating func align(_ parts: inout [Relation]) throws(ParleyError) {
    for column in parts[0].ids.indices {
      for part in parts.indices {
        for other in parts.indices where other != part {
          try widen(&parts[part], column, like: parts[other].table.columns[column])
        }
      }
      guard let id = parts[0].ids[column] else { continue }
      let type = SecretType(registry[id].type)
      for part in parts.indices {
        if case .text = parts[part].table.columns[column].type { continue }
        parts[part].table.columns[column].type = type
      }
    }
  }

  private mutating func union(
    _ branches: [RelationalPlan.Branch], _ columns: [ColumnID], _ needed: Set<ColumnID>
  ) throws(ParleyError) -> Relation {
    let places = columns.indices.filter { needed.contains(columns[$0]) }
    let kept = places.map { columns[$0] }
    var parts: [Relation] = []
    for branch in branches {
      let part = RelationalPlan.Branch(plan: branch.plan, outputs: places.map { branch.outputs[$0] })
      parts.append(try self.branch(part, kept))
    }
    if !kept.isEmpty { try align(&parts) }
    return Relation(table: try tables.unionAll(parts.map(\.table)), ids: kept)
  }
}

extension JoinKind {
  fileprivate var keepsRight: Bool {
    switch self {
    case .semi, .anti: false
    default: true
    }
  }
}

extension SecretType {
  init(_ type: SQLType?) {
    switch type {
    case .number(let scale), .duration(let scale): self = scale == 0 ? .integer : .decimal(scale: scale)
    case .boolean: self = .boolean
    case .date: self = .date
    case .timestamp: self = .timestamp
    case .category(let list): self = .category(list.shown)
    case .string(let bytes): self = .text(bytes: bytes)
    case .text, .null, nil: self = .integer
    }
  }
}
