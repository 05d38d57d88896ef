import BigInt
package import ParleyProgram

/// What the clauses of a SELECT over one table leave of the numbers that the table declares, and what is made of them.
///
/// Values are judged by how many rows have the least and the greatest possible one: a clause that leaves few values moves these ends, or hides that
/// there are only two.
package struct RowClauses: Hashable, Sendable {
  /// By selected column: what its values are within, as comparisons with constants say; no entry where there is none.
  package var ranges: [String: Interval] = [:]
  /// Selected columns that clauses are about in another way: beside other columns, in alternatives, with so many exceptions that few values are left.
  package var unclear: Set<String> = []
  /// Selected columns that are computed, with the selected columns of the table that they are made of.
  package var madeOf: [String: Set<String>] = [:]

  /// Clauses that leave no more values than this are unclear unless these are all between two ends.
  static let fewValues = BigInt(17)

  /// - Parameter outputs: selected columns by name.
  init(_ plan: RelationalPlan, outputs: [(name: String, id: ColumnID)], registry: ColumnRegistry) {
    var definitions: [ColumnID: Expression] = [:]
    var conditions: [Expression] = []
    Self.collect(plan, &definitions, &conditions)
    /// Over the table's own columns.
    func written(_ expression: Expression) -> Expression {
      expression.replacing { part in
        guard case .column(let id) = part else { return nil }
        if let formula = registry[id].formula { return written(formula) }
        return definitions[id].map(written)
      }
    }
    var bounds: [ColumnID: ValueBounds] = [:]
    var others: Set<ColumnID> = []
    for conjunct in conditions.flatMap({ written($0).simplifiedConjuncts }) {
      if let (id, change) = Self.comparison(conjunct) {
        bounds[id] = (bounds[id] ?? ValueBounds()).met(change)
      } else if case .not(.isNull(.column)) = conjunct {
        continue
      } else {
        others.formUnion(conjunct.columns)
      }
    }
    var declared: [ColumnID: [String]] = [:]
    for (name, id) in outputs {
      if case .column(let own) = written(.column(id)) { declared[own, default: []].append(name) }
    }
    for (name, id) in outputs {
      let expression = written(.column(id))
      guard case .column(let own) = expression else {
        madeOf[name] = Set(expression.columns.flatMap { declared[$0] ?? [] })
        continue
      }
      if others.contains(own) { unclear.insert(name) }
      guard let change = bounds[own], let range = registry[own].values else { continue }
      guard let left = change.range(within: range) else {
        unclear.insert(name)
        continue
      }
      if left != range { ranges[name] = left }
    }
  }

  private static func collect(
    _ plan: RelationalPlan, _ definitions: inout [ColumnID: Expression], _ conditions: inout [Expression]
  ) {
    switch plan {
    case .scan(let scan): conditions += scan.filter
    case .filter(let input, let own):
      conditions += own
      collect(input, &definitions, &conditions)
    case .extend(let input, let items), .project(let input, let items):
      for item in items { definitions[item.id] = item.expression }
      collect(input, &definitions, &conditions)
    default: break
    }
  }

  /// A comparison of a column with a constant.
  private static func comparison(_ condition: Expression) -> (column: ColumnID, bounds: ValueBounds)? {
    switch condition {
    case .compare(let comparison, let a, let b): bounds(comparison, a, b, isTrue: true)
    case .not(.compare(let comparison, let a, let b)): bounds(comparison, a, b, isTrue: false)
    default: nil
    }
  }
  private static func bounds(
    _ comparison: Program.Comparison, _ a: Expression, _ b: Expression, isTrue: Bool
  ) -> (column: ColumnID, bounds: ValueBounds)? {
    guard let (value, found) = ValueBounds.told(by: comparison, a, b, isTrue: isTrue) else { return nil }
    switch value {
    case .column(let id): return (id, found)
    case .scaled(.column(let id), let factor) where factor != 0: return (id, found.divided(by: factor))
    default: return nil
    }
  }
}

extension ValueBounds {
  /// What both leave.
  fileprivate func met(_ other: ValueBounds) -> ValueBounds {
    ValueBounds(
      lower: [lower, other.lower].compactMap(\.self).max(), upper: [upper, other.upper].compactMap(\.self).min(),
      excluded: excluded.union(other.excluded))
  }

  /// The ends of what is left of a range; nil where values between them are missing and few are left. Nothing is left of an empty one: that is the
  /// range then.
  fileprivate func range(within range: Interval) -> Interval? {
    var (low, high) = (max(lower ?? range.lower, range.lower), min(upper ?? range.upper, range.upper))
    while low <= high, excluded.contains(low) { low += 1 }
    while low <= high, excluded.contains(high) { high -= 1 }
    guard low <= high else { return range }
    let missing = excluded.count { $0 > low && $0 < high }
    return missing > 0 && high - low + 1 - BigInt(missing) <= RowClauses.fewValues ? nil : Interval(low, high)
  }
}
