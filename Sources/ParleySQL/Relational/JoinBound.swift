import ParleyProgram

/// How many rows of a plan may have the same values of some columns, NULL aside, as the study says.
struct KeyLimit: Hashable, Sendable {
  var columns: Set<ColumnID>
  var rows: Int
  /// Of which table the study says it.
  var table: String
}

/// The rows that a join may have in which keys repeat on both sides. Whether it has more is checked inside the computation,
/// so that a limit that does not hold ends the run and never shortens a result.
struct JoinBound {
  var rows: Int
  /// What it follows from, where the study limits how often keys occur.
  var limit: KeyLimit?

  /// - Parameter stated: in the study, for all joins of the query.
  /// - Returns: nil where every pair of rows is looked at anyway.
  init?(_ a: RelationalPlan, _ b: RelationalPlan, _ keys: [KeyPair], stated: Int?) {
    let (n, m) = (a.maximumRows, b.maximumRows)
    let pairs = Self.product(n, m)
    if pairs <= 1 << 14 { return nil }
    if let stated {
      rows = min(stated, pairs)
      return
    }
    // Every row of one side has at most so many matches as the other has rows with its key.
    let left = a.limit(of: Set(keys.compactMap(\.left.injectiveColumn)))
    let right = b.limit(of: Set(keys.compactMap(\.right.injectiveColumn)))
    let found = [left.map { (Self.product(m, $0.rows), $0) }, right.map { (Self.product(n, $0.rows), $0) }]
    if let best = found.compactMap(\.self).min(by: { $0.0 < $1.0 }) {
      (rows, limit) = (min(best.0, pairs), best.1)
    } else {
      rows = min(n + m, pairs)
    }
  }

  /// What the bound assumes, to be said after it.
  func reason(_ registry: ColumnRegistry) -> String {
    guard let limit else { return "" }
    let columns = limit.columns.sorted().map { registry[$0].name }.joined(separator: ", ")
    return ", which assumes that at most \(limit.rows) rows of table '\(limit.table)' have the same \(columns)"
  }

  /// How a query whose join has more rows is made to run.
  static func remedy(_ query: String, _ limit: KeyLimit? = nil) -> String {
    let bound =
      "give the query '\(query)' in the study a larger 'bound:', the most rows that a join of it may have"
    guard let limit else { return bound }
    return "\(bound), or correct 'at-most' of table '\(limit.table)'"
  }

  private static func product(_ a: Int, _ b: Int) -> Int {
    let (value, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max / 4 : min(value, .max / 4)
  }
}

extension RelationalPlan {
  /// The strictest limit of rows with the same values of these columns.
  fileprivate func limit(of columns: Set<ColumnID>) -> KeyLimit? {
    keyLimits.filter { $0.columns.isSubset(of: columns) }.min { $0.rows < $1.rows }
  }

  /// Operators that show no row of their input more than once keep its limits.
  var keyLimits: [KeyLimit] {
    switch self {
    case .scan(let scan):
      return scan.table.rowLimits.compactMap { limit in
        let ids = limit.columns.compactMap { name in
          scan.table.columns.firstIndex { $0.name == name }.map { scan.columns[$0] }
        }
        guard ids.count == limit.columns.count else { return nil }
        return KeyLimit(columns: Set(ids), rows: limit.rows, table: scan.table.name)
      }
    case .common(let common): return common.keyLimits
    case .filter(let a, _), .extend(let a, _), .window(let a, _), .sort(let a, _), .limit(let a, _, _),
      .numbered(let a, _):
      return a.keyLimits
    case .inner(let parts, _): return parts.count == 1 ? parts[0].keyLimits : []
    case .masked(let a, let columns, _): return a.keyLimits.filter { $0.columns.isDisjoint(with: columns) }
    case .project(let a, let items):
      var names: [ColumnID: ColumnID] = [:]
      for item in items { if let column = item.expression.injectiveColumn { names[column] = item.id } }
      return a.keyLimits.compactMap { limit in
        let renamed = limit.columns.compactMap { names[$0] }
        guard renamed.count == limit.columns.count else { return nil }
        return KeyLimit(columns: Set(renamed), rows: limit.rows, table: limit.table)
      }
    case .match(let kind, let a, let b, _, let unique):
      switch (kind, unique) {
      case (.semi, _), (.anti, _), (.inner, .right), (.left, .right): return a.keyLimits
      case (.inner, .left): return b.keyLimits
      default: return []
      }
    case .outer, .cross, .aggregate, .union, .compared: return []
    }
  }
}
