import BigInt
import ParleyProgram

/// Columns that an operator makes of others, and what conditions below the operator say of them.
extension ReleaseColumns {
  struct Statistic: Hashable {
    var function: AggregateFunction
    var isDistinct: Bool
    /// Of the argument.
    var type: SQLType
  }

  struct Derived {
    /// What the column is of; empty for numbers of rows and their places.
    var arguments: [Expression]
    /// Columns in the arguments, as they are called in tables or where an operator makes them.
    var direct: Set<ColumnID>
    /// Conditions that the rows meet which it is made of, over such columns.
    var below: Set<Expression>
    /// These compare what it is made of with other columns, or bring it together with them, so that no range says what is left.
    var isEntangled: Bool
    /// Of a grouping's statistic, which one it is.
    var statistic: Statistic?
    var isOfWindow = false
    var isOfUnion = false
    /// Of a column of a union: what values are left is not the same in all parts.
    var isUneven = false
    /// In one of these parts conditions leave less than is declared, or few values are declared; or of what it is made of they leave few values that
    /// are not next to each other, which no range says.
    var isNarrowInPart = false

    /// Of a column that has the same name below: made of what that is made of, and of nothing where it is a table's.
    func joined(to own: Derived?) -> Derived {
      var joined = self
      joined.arguments = own?.arguments ?? []
      joined.direct = own?.direct ?? []
      joined.below.formUnion(own?.below ?? [])
      joined.isEntangled = isEntangled || own?.isEntangled ?? false
      joined.isOfWindow = own?.isOfWindow ?? false
      return joined
    }
  }

  /// The expression over columns of tables and of operators by their first names, through keys of groupings as well: what it
  /// says of values, in no form that rows can be computed by. Itself where that is long.
  func deep(_ expression: Expression) -> Expression {
    guard deepSize(expression, upTo: 1024) < 1024 else { return expression }
    return written(expression)
  }
  private func written(_ expression: Expression) -> Expression {
    expression.replacing { part in
      guard case .column(let id) = part else { return nil }
      let root = self.root(id)
      if let made = value(of: root) ?? computedKeys[root] { return written(made) }
      return root == id ? nil : .column(root)
    }
  }
  private func deepSize(_ expression: Expression, upTo limit: Int) -> Int {
    var size = 1
    if case .column(let id) = expression {
      let root = self.root(id)
      if let made = value(of: root) ?? computedKeys[root] { size += deepSize(made, upTo: limit - size) }
    }
    for child in expression.children where size < limit { size += deepSize(child, upTo: limit - size) }
    return size
  }
  func deepConjuncts(_ conditions: [Expression]) -> [Expression] { conditions.map(deep).flatMap(\.conjuncts) }

  /// Conditions that all rows of a plan meet in which the columns are there that they are about.
  func conditions(below plan: RelationalPlan) -> [Expression] {
    switch plan {
    case .scan(let scan): return deepConjuncts(scan.filter)
    case .filter(let input, let conditions): return self.conditions(below: input) + deepConjuncts(conditions)
    case .common(let common): return conditions(below: common.plan)
    case .match(let kind, let a, let b, _, _):
      switch kind {
      case .semi, .anti: return conditions(below: a)
      case .inner, .left, .full: return conditions(below: a) + conditions(below: b)
      }
    // A column of these is made of those of the parts.
    case .union, .compared: return []
    default: return plan.inputs.flatMap(conditions)
    }
  }

  func derived(from arguments: [Expression], below conditions: [Expression]) -> Derived {
    let direct = arguments.reduce(into: Set<ColumnID>()) { $0.formUnion(deep($1).columns) }
    let entangled = conditions.reduce(into: Set<ColumnID>()) { $0.formUnion($1.entangledColumns) }
    let ties = ColumnTie.ties(of: conditions)
    return Derived(
      arguments: arguments, direct: direct, below: Set(conditions),
      isEntangled: !direct.isDisjoint(with: entangled) || ties.contains { !$0.columns.isDisjoint(with: direct) })
  }

  /// What the values of an expression are within that conditions leave; nil where that is not known.
  func left(of expression: Expression, below conditions: [Expression]) -> Interval? {
    guard let own = range(of: expression) else { return nil }
    let value = deep(expression)
    let about = conditions.filter { !$0.columns.isDisjoint(with: value.columns) }
    guard !about.isEmpty, let ends = facts.ends(of: value, where: about) else { return own }
    let (lower, upper) = (max(own.lower, ends.lower ?? own.lower), min(own.upper, ends.upper ?? own.upper))
    return lower <= upper ? Interval(lower, upper) : own
  }

  /// Of a value conditions leave few others than those between two, so that its range does not say what is left.
  func leavesGaps(in expression: Expression, below conditions: [Expression]) -> Bool {
    guard range(of: expression) != nil else { return false }
    let value = deep(expression)
    let about = conditions.filter { !$0.columns.isDisjoint(with: value.columns) }
    guard !about.isEmpty, value.columns.count == 1, let few = facts.fewValues(of: value, where: about),
      let first = few.first, let last = few.last
    else { return false }
    return last - first >= BigInt(few.count)
  }

  /// Columns that no expression makes, of which these are made, and what those are made of.
  func sources(of expressions: [Expression]) -> Set<ColumnID> {
    let bases = self.bases(of: expressions)
    return bases.reduce(into: bases) { $0.formUnion(origins(of: $1)) }
  }
  func sources(of id: ColumnID) -> Set<ColumnID> { sources(of: [.column(id)]) }

  /// No value of it is made of several columns of a row.
  func isOfOneColumn(_ id: ColumnID) -> Bool {
    guard let made = derived[root(id)] else { return true }
    return (made.isOfUnion || made.direct.count < 2) && made.direct.allSatisfy(isOfOneColumn)
  }

  /// The column and those that it is made of, one operator below the other.
  func chain(of id: ColumnID) -> Set<ColumnID> {
    var found: Set<ColumnID> = []
    var open = [root(id)]
    while let next = open.popLast() {
      guard found.insert(next).inserted else { continue }
      open += derived[next]?.direct ?? []
    }
    return found
  }

  /// Whether a range says what a condition leaves of a column: the condition is of the column itself, or of what it is made of and
  /// below the operator that makes it. One that is about other things that are made of the same may leave any values.
  ///
  /// - Parameter clause: as ``deepConjuncts(_:)`` has it.
  func isKnown(_ clause: Expression, of id: ColumnID) -> Bool {
    switch clause {
    case .isNull(.column), .not(.isNull(.column)): return true
    default: break
    }
    let own = sources(of: id)
    let about = clause.columns.filter { !sources(of: $0).isDisjoint(with: own) }
    guard about != [root(id)], !about.isEmpty else { return true }
    let chain = self.chain(of: id)
    return about.allSatisfy { column in
      column == root(id)
        || chain.contains { derived[$0].map { $0.direct.contains(column) && $0.below.contains(clause) } ?? false }
    }
  }
}
