/// A condition of a join with what is asked of it again and again.
struct JoinCondition {
  let expression: Expression
  let columns: Set<ColumnID>
  let containsSubquery: Bool

  init(_ expression: Expression) {
    self.expression = expression
    columns = expression.columns
    containsSubquery = expression.containsSubquery
  }
}

/// The parts of a join that are not yet joined. What an order is chosen by is known of each, so that choosing takes no
/// walks over plans: there may be hundreds of parts.
struct JoinOrder {
  struct Part {
    let plan: RelationalPlan
    let columns: Set<ColumnID>
    let maximumRows: Int
    let uniqueKeys: [Set<ColumnID>]
    /// It has at most one row.
    let isSingle: Bool

    init(_ plan: RelationalPlan) {
      self.plan = plan
      columns = plan.columnSet
      maximumRows = plan.maximumRows
      uniqueKeys = plan.uniqueKeys
      isSingle = uniqueKeys.contains([])
    }
  }
  /// Two parts, in this order.
  struct Sides: Hashable {
    var left: Int
    var right: Int
  }

  /// Choosing an order looks at every pair of them, again after each join.
  static let mostParts = 128
  private(set) var parts: [Part]
  /// By column, the part that has it.
  private var owners: [ColumnID: Int] = [:]

  init(_ plans: [RelationalPlan]) {
    parts = plans.map(Part.init)
    findOwners()
  }

  private mutating func findOwners() {
    owners = [:]
    for (place, part) in parts.enumerated().reversed() { for column in part.columns { owners[column] = place } }
  }

  mutating func replace(_ place: Int, by plan: RelationalPlan) {
    parts[place] = Part(plan)
    for column in parts[place].columns { owners[column] = place }
  }
  mutating func remove(_ place: Int) {
    parts.remove(at: place)
    findOwners()
  }

  /// The part that has all of the columns, of which there is at least one.
  func place(of columns: Set<ColumnID>) -> Int? {
    guard let first = columns.first, let place = owners[first], columns.isSubset(of: parts[place].columns) else {
      return nil
    }
    return place
  }

  /// Equalities between an expression over one part and an expression over another, by these two.
  func equalities(_ conditions: [JoinCondition]) -> [Sides: [Optimizer.FoundKey]] {
    var found: [Sides: [Optimizer.FoundKey]] = [:]
    for condition in conditions where !condition.containsSubquery {
      guard let (p, q) = condition.expression.equality, let a = place(of: p.columns), let b = place(of: q.columns),
        a != b
      else { continue }
      found[Sides(left: a, right: b), default: []].append((KeyPair(left: p, right: q), condition.expression))
      found[Sides(left: b, right: a), default: []].append((KeyPair(left: q, right: p), condition.expression))
    }
    return found
  }
}
