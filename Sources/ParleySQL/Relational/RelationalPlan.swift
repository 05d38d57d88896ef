import ParleyProgram

/// Relational algebra. Columns are named by identity, so operators can be moved without renaming anything.
indirect enum RelationalPlan: Hashable, Sendable {
  case scan(Scan)
  /// All combinations of rows that meet all conditions.
  case inner([RelationalPlan], [Expression])
  /// LEFT or FULL JOIN; RIGHT is LEFT with its sides exchanged.
  case outer(OuterKind, RelationalPlan, RelationalPlan, [Expression])
  case filter(RelationalPlan, [Expression])
  /// More columns.
  case extend(RelationalPlan, [Projection])
  /// These columns and no others.
  case project(RelationalPlan, [Projection])
  /// - Parameter shown: a bit of every group, whether the minimum cell lets it be shown.
  case aggregate(RelationalPlan, keys: [Projection], [AggregateColumn], shown: ColumnID?)
  case window(RelationalPlan, WindowStep)
  case sort(RelationalPlan, [OrderKey])
  case limit(RelationalPlan, count: Int?, offset: Int)
  /// Rows of all parts; the columns of each, by position, become `columns`.
  case union([Branch], [ColumnID])
  /// Different rows that are in both, or in the first only.
  case compared(SetOperation, Branch, Branch, [ColumnID])

  // What the optimiser makes of the joins above.
  case match(MatchKind, RelationalPlan, RelationalPlan, [KeyPair], Uniqueness)
  case cross(RelationalPlan, RelationalPlan)
  /// One column with the number of the row.
  case numbered(RelationalPlan, ColumnID)
  /// The columns become NULL where the condition is not true.
  case masked(RelationalPlan, Set<ColumnID>, Expression)
  /// What several parts of the plan read. It is no input: nothing moves into it.
  case common(CommonPlan)

  struct Branch: Hashable, Sendable {
    var plan: RelationalPlan
    var outputs: [Expression]
  }
}

/// One mention of a table. No two have one number, which is what they are told apart by: plans are compared often.
struct Scan: Hashable, Sendable {
  var number: Int
  var table: TableSchema
  /// In the order of the schema.
  var columns: [ColumnID]
  var filter: [Expression]
  /// The number of each row, where units are rows and are counted.
  var unit: ColumnID?
  /// Declared keys that the run checks here, because the rules of release rest on them and no join does.
  var checked: [Set<ColumnID>] = []

  static func == (a: Scan, b: Scan) -> Bool { a.number == b.number && a.filter == b.filter }
  func hash(into hasher: inout Hasher) {
    hasher.combine(number)
    hasher.combine(filter.count)
  }
}

struct Projection: Hashable, Sendable {
  var id: ColumnID
  var expression: Expression
}

enum AggregateFunction: Hashable, Sendable {
  case countRows, count, sum, average, minimum, maximum, any, every, median, variance, deviation, correlation
  case quantile(numerator: Int, denominator: Int)
}

struct AggregateColumn: Hashable, Sendable {
  var id: ColumnID
  var function: AggregateFunction
  var argument: Expression?
  /// Of a correlation, the other one.
  var second: Expression?
  /// Of the argument.
  var type = SQLType.number(scale: 0)
  var isDistinct: Bool
}

struct OrderKey: Hashable, Sendable {
  var expression: Expression
  var isDescending: Bool
  var nullsFirst: Bool
}

struct WindowStep: Hashable, Sendable {
  enum Function: Hashable, Sendable {
    case rowNumber, rank, denseRank
    case lag(Expression, Int)
    case lead(Expression, Int)
    case firstValue(Expression)
    case lastValue(Expression)
    case countRows
    case count(Expression)
    case sum(Expression)
    /// VARIANCE, STDDEV, or CORR with a second value.
    case moments(AggregateFunction, Expression, and: Expression?, type: SQLType)
    case minimum(Expression)
    case maximum(Expression)
  }
  struct Column: Hashable, Sendable {
    var id: ColumnID
    var function: Function
    /// nil: that of SQL.
    var frame: WindowFrame?
  }
  var partition: [Expression]
  var order: [OrderKey]
  var functions: [Column]
  /// What is made of it is the same in whatever order rows with equal keys come.
  var areTiesAlike = false
}

enum MatchKind: Hashable, Sendable {
  case inner, left, full, semi
  case anti(nullAware: Bool)
}

struct KeyPair: Hashable, Sendable {
  var left: Expression
  var right: Expression
}

enum Uniqueness: Hashable, Sendable {
  case left, right
  /// - Parameter bound: the most rows that the study says the join has.
  case neither(bound: Int?)
}

// MARK: Structure

extension RelationalPlan {
  var inputs: [RelationalPlan] {
    switch self {
    case .scan, .common: []
    case .inner(let parts, _): parts
    case .outer(_, let a, let b, _), .match(_, let a, let b, _, _), .cross(let a, let b): [a, b]
    case .filter(let a, _), .extend(let a, _), .project(let a, _), .aggregate(let a, _, _, _), .window(let a, _),
      .sort(let a, _), .limit(let a, _, _), .numbered(let a, _), .masked(let a, _, _):
      [a]
    case .union(let branches, _): branches.map(\.plan)
    case .compared(_, let a, let b, _): [a.plan, b.plan]
    }
  }

  func mapInputs(_ map: (RelationalPlan) -> RelationalPlan) -> RelationalPlan {
    switch self {
    case .scan, .common: self
    case .inner(let parts, let conditions): .inner(parts.map(map), conditions)
    case .outer(let kind, let a, let b, let conditions): .outer(kind, map(a), map(b), conditions)
    case .match(let kind, let a, let b, let keys, let unique): .match(kind, map(a), map(b), keys, unique)
    case .cross(let a, let b): .cross(map(a), map(b))
    case .filter(let a, let conditions): .filter(map(a), conditions)
    case .extend(let a, let items): .extend(map(a), items)
    case .project(let a, let items): .project(map(a), items)
    case .aggregate(let a, let keys, let aggregates, let shown):
      .aggregate(map(a), keys: keys, aggregates, shown: shown)
    case .window(let a, let step): .window(map(a), step)
    case .sort(let a, let keys): .sort(map(a), keys)
    case .limit(let a, let count, let offset): .limit(map(a), count: count, offset: offset)
    case .numbered(let a, let id): .numbered(map(a), id)
    case .masked(let a, let columns, let condition): .masked(map(a), columns, condition)
    case .union(let branches, let columns):
      .union(branches.map { Branch(plan: map($0.plan), outputs: $0.outputs) }, columns)
    case .compared(let operation, let a, let b, let columns):
      .compared(
        operation, Branch(plan: map(a.plan), outputs: a.outputs), Branch(plan: map(b.plan), outputs: b.outputs),
        columns)
    }
  }

  /// Every expression of every operator replaced.
  func mapExpressions(_ map: (Expression) -> Expression) -> RelationalPlan {
    mapInputs { $0.mapExpressions(map) }.mapOwnExpressions(map)
  }

  func mapOwnExpressions(_ map: (Expression) -> Expression) -> RelationalPlan {
    func each(_ items: [Projection]) -> [Projection] {
      items.map { Projection(id: $0.id, expression: map($0.expression)) }
    }
    func each(_ keys: [OrderKey]) -> [OrderKey] {
      keys.map {
        OrderKey(expression: map($0.expression), isDescending: $0.isDescending, nullsFirst: $0.nullsFirst)
      }
    }
    switch self {
    case .scan(var scan):
      scan.filter = scan.filter.map(map)
      return .scan(scan)
    case .inner(let parts, let conditions): return .inner(parts, conditions.map(map))
    case .outer(let kind, let a, let b, let conditions): return .outer(kind, a, b, conditions.map(map))
    case .filter(let a, let conditions): return .filter(a, conditions.map(map))
    case .extend(let a, let items): return .extend(a, each(items))
    case .project(let a, let items): return .project(a, each(items))
    case .aggregate(let a, let keys, let aggregates, let shown):
      let mapped = aggregates.map { aggregate in
        var aggregate = aggregate
        aggregate.argument = aggregate.argument.map(map)
        aggregate.second = aggregate.second.map(map)
        return aggregate
      }
      return .aggregate(a, keys: each(keys), mapped, shown: shown)
    case .window(let a, var step):
      step.partition = step.partition.map(map)
      step.order = each(step.order)
      step.functions = step.functions.map { .init(id: $0.id, function: $0.function.mapping(map), frame: $0.frame) }
      return .window(a, step)
    case .sort(let a, let keys): return .sort(a, each(keys))
    case .match(let kind, let a, let b, let keys, let unique):
      return .match(kind, a, b, keys.map { KeyPair(left: map($0.left), right: map($0.right)) }, unique)
    case .masked(let a, let columns, let condition): return .masked(a, columns, map(condition))
    case .union(let branches, let columns):
      return .union(branches.map { Branch(plan: $0.plan, outputs: $0.outputs.map(map)) }, columns)
    case .compared(let operation, let a, let b, let columns):
      return .compared(
        operation, Branch(plan: a.plan, outputs: a.outputs.map(map)),
        Branch(plan: b.plan, outputs: b.outputs.map(map)), columns)
    case .limit, .cross, .numbered, .common: return self
    }
  }

  /// Expressions of this operator alone.
  var ownExpressions: [Expression] {
    var found: [Expression] = []
    _ = mapOwnExpressions {
      found.append($0)
      return $0
    }
    return found
  }

  /// Columns that its rows have.
  var columnSet: Set<ColumnID> {
    switch self {
    case .scan(let scan): Set(scan.columns + [scan.unit].compactMap(\.self))
    case .common(let common): common.columns
    case .inner(let parts, _): parts.reduce(into: []) { $0.formUnion($1.columnSet) }
    case .outer(_, let a, let b, _), .cross(let a, let b): a.columnSet.union(b.columnSet)
    case .match(let kind, let a, let b, _, _):
      switch kind {
      case .semi, .anti: a.columnSet
      case .inner, .left, .full: a.columnSet.union(b.columnSet)
      }
    case .filter(let a, _), .sort(let a, _), .limit(let a, _, _), .masked(let a, _, _): a.columnSet
    case .extend(let a, let items): a.columnSet.union(items.map(\.id))
    case .numbered(let a, let id): a.columnSet.union([id])
    case .project(_, let items): Set(items.map(\.id))
    case .aggregate(_, let keys, let aggregates, let shown):
      Set(keys.map(\.id) + aggregates.map(\.id) + (shown.map { [$0] } ?? []))
    case .window(let a, let step): a.columnSet.union(step.functions.map(\.id))
    case .union(_, let columns), .compared(_, _, _, let columns): Set(columns)
    }
  }

  /// Columns that it reads and that no operator in it makes: those of a query around it.
  var freeColumns: Set<ColumnID> {
    var read: Set<ColumnID> = []
    var made: Set<ColumnID> = []
    collect(&read, &made)
    return read.subtracting(made)
  }
  private func collect(_ read: inout Set<ColumnID>, _ made: inout Set<ColumnID>) {
    for expression in ownExpressions { read.formUnion(expression.columns) }
    made.formUnion(columnSet)
    for input in inputs { input.collect(&read, &made) }
  }

  /// Scans whose rows are part of its rows, so that more columns can be had of them. Others are only counted or looked up in
  /// it, as a subquery is that is used twice.
  var scans: Set<Int> {
    switch self {
    case .scan(let scan): [scan.number]
    case .match(.semi, let a, _, _, _), .match(.anti, let a, _, _, _): a.scans
    case .aggregate, .project, .union, .compared, .common: []
    default: inputs.reduce(into: []) { $0.formUnion($1.scans) }
    }
  }

  /// The largest number of rows.
  var maximumRows: Int {
    func product(_ a: Int, _ b: Int) -> Int {
      let (value, overflow) = a.multipliedReportingOverflow(by: b)
      return overflow ? .max / 4 : min(value, .max / 4)
    }
    func sum(_ a: Int, _ b: Int) -> Int { min(.max / 4, a + b) }
    switch self {
    case .scan(let scan): return max(scan.table.maximumRows, 0)
    case .common(let common): return common.maximumRows
    case .inner(let parts, _): return parts.reduce(1) { product($0, $1.maximumRows) }
    case .outer(_, let a, let b, _):
      return sum(product(a.maximumRows, b.maximumRows), sum(a.maximumRows, b.maximumRows))
    case .cross(let a, let b): return product(a.maximumRows, b.maximumRows)
    case .match(let kind, let a, let b, let keys, let unique):
      switch (kind, unique) {
      case (.semi, _), (.anti, _): return a.maximumRows
      case (.full, _): return sum(a.maximumRows, b.maximumRows)
      case (_, .right): return a.maximumRows
      case (.inner, .left): return b.maximumRows
      case (.left, .left): return sum(a.maximumRows, b.maximumRows)
      case (_, .neither(let bound)):
        return JoinBound(a, b, keys, stated: bound)?.rows ?? product(a.maximumRows, b.maximumRows)
      }
    case .filter(let a, _), .extend(let a, _), .project(let a, _), .window(let a, _), .sort(let a, _),
      .numbered(let a, _), .masked(let a, _, _):
      return a.maximumRows
    case .aggregate(let a, let keys, _, _): return keys.isEmpty ? 1 : a.maximumRows
    case .limit(let a, let count, _): return min(a.maximumRows, count ?? .max)
    case .union(let branches, _): return branches.reduce(0) { sum($0, $1.plan.maximumRows) }
    case .compared(let operation, let a, let b, _):
      return operation == .except ? a.plan.maximumRows : min(a.plan.maximumRows, b.plan.maximumRows)
    }
  }

  /// Sets of columns that tell any two rows apart: declared, or by the way the rows were made. The empty set: there
  /// is at most one row.
  var uniqueKeys: [Set<ColumnID>] {
    switch self {
    case .scan(let scan):
      return scan.table.uniqueKeys.compactMap { names in
        let ids = names.compactMap { name in
          scan.table.columns.firstIndex { $0.name == name }.map { scan.columns[$0] }
        }
        return ids.count == names.count ? Set(ids) : nil
      }
    case .common(let common): return common.uniqueKeys
    case .filter(let a, _), .extend(let a, _), .window(let a, _), .sort(let a, _), .masked(let a, _, _):
      return a.uniqueKeys
    case .limit(let a, let count, _): return (count ?? .max) <= 1 ? [[]] : a.uniqueKeys
    case .numbered(let a, let id): return a.uniqueKeys + [[id]]
    case .project(let a, let items):
      var names: [ColumnID: ColumnID] = [:]
      for item in items { if let column = item.expression.injectiveColumn { names[column] = item.id } }
      return a.uniqueKeys.compactMap { key in
        let renamed = key.compactMap { names[$0] }
        return renamed.count == key.count ? Set(renamed) : nil
      }
    case .aggregate(_, let keys, _, _): return [Set(keys.map(\.id))]
    case .compared(_, _, _, let columns): return [Set(columns)]
    case .match(let kind, let a, let b, _, let unique):
      switch (kind, unique) {
      case (.semi, _), (.anti, _), (.left, .right): return a.uniqueKeys
      case (.inner, .right): return a.uniqueKeys
      case (.inner, .left): return b.uniqueKeys
      default: return kind == .inner ? Self.pairs(a.uniqueKeys, b.uniqueKeys) : []
      }
    case .cross(let a, let b): return Self.pairs(a.uniqueKeys, b.uniqueKeys)
    case .inner, .outer, .union: return []
    }
  }

  /// Keys of pairs of rows. Of many tables with several keys each only the first combinations are known.
  private static func pairs(_ a: [Set<ColumnID>], _ b: [Set<ColumnID>]) -> [Set<ColumnID>] {
    Array(a.flatMap { x in b.map { x.union($0) } }.prefix(64))
  }

  func isUnique(on columns: Set<ColumnID>) -> Bool { uniqueKeys.contains { $0.isSubset(of: columns) } }
}

extension WindowStep.Function {
  func mapping(_ map: (Expression) -> Expression) -> Self {
    switch self {
    case .rowNumber, .rank, .denseRank, .countRows: self
    case .lag(let a, let by): .lag(map(a), by)
    case .lead(let a, let by): .lead(map(a), by)
    case .firstValue(let a): .firstValue(map(a))
    case .lastValue(let a): .lastValue(map(a))
    case .count(let a): .count(map(a))
    case .sum(let a): .sum(map(a))
    case .moments(let function, let a, let b, let type): .moments(function, map(a), and: b.map(map), type: type)
    case .minimum(let a): .minimum(map(a))
    case .maximum(let a): .maximum(map(a))
    }
  }
}
