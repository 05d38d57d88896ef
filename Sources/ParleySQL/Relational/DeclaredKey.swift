import ParleyProgram
import ParleyTables

/// Columns of a plan that a table of the study declares `unique`, with their names there, for messages.
struct DeclaredKey: Hashable, Sendable {
  var columns: Set<ColumnID>
  var names: [String]
  var table: String
  /// The table declares no other.
  var isOnly: Bool

  /// What a join takes for unique, and what to do where it is not; nil where no table declares it.
  static func words(
    _ unique: Uniqueness, _ a: RelationalPlan, _ b: RelationalPlan, _ pairs: [KeyPair], query: String
  ) -> TableBuilder.UniqueKeyWords? {
    let isLeft = unique == .left
    let plan = isLeft ? a : b
    let columns = Set(pairs.compactMap { (isLeft ? $0.left : $0.right).injectiveColumn })
    var keys: [DeclaredKey] = []
    for key in plan.declaredKeys
    where key.columns.isSubset(of: columns) && !keys.contains(where: { $0.table == key.table }) {
      keys.append(key)
    }
    guard !keys.isEmpty else { return nil }
    let parts = keys.map { "table '\($0.table)' (\($0.names.joined(separator: ", ")))" }
    let lines = keys.map { key in
      let list = "[\(key.names.joined(separator: ", "))]"
      return key.isOnly
        ? "'unique: [\(list)]' from table '\(key.table)'"
        : "'\(list)' from 'unique' of table '\(key.table)'"
    }
    return .init(
      name: parts.joined(separator: " with "),
      remedy:
        "correct the data; or, where such rows are right, remove \(lines.joined(separator: " and ")) in the study; and give the query '\(query)' a 'bound:', the most rows that a join of it may have"
    )
  }
}

extension RelationalPlan {
  /// Follows the way of ``uniqueKeys``; where a key is made of several, the parts of it.
  var declaredKeys: [DeclaredKey] {
    switch self {
    case .scan(let scan):
      return scan.table.uniqueKeys.compactMap { names in
        let ids = names.compactMap { name in
          scan.table.columns.firstIndex { $0.name == name }.map { scan.columns[$0] }
        }
        return ids.count == names.count
          ? DeclaredKey(
            columns: Set(ids), names: names, table: scan.table.name, isOnly: scan.table.uniqueKeys.count == 1)
          : nil
      }
    case .common(let common): return common.plan.declaredKeys
    case .filter(let a, _), .extend(let a, _), .window(let a, _), .sort(let a, _), .masked(let a, _, _),
      .limit(let a, _, _), .numbered(let a, _):
      return a.declaredKeys
    case .project(let a, let items):
      var names: [ColumnID: ColumnID] = [:]
      for item in items { if let column = item.expression.injectiveColumn { names[column] = item.id } }
      return a.declaredKeys.compactMap { key in
        let renamed = key.columns.compactMap { names[$0] }
        guard renamed.count == key.columns.count else { return nil }
        return DeclaredKey(columns: Set(renamed), names: key.names, table: key.table, isOnly: key.isOnly)
      }
    case .match(let kind, let a, let b, _, let unique):
      switch (kind, unique) {
      case (.semi, _), (.anti, _), (.left, .right), (.inner, .right): return a.declaredKeys
      case (.inner, .left): return b.declaredKeys
      default: return kind == .inner ? a.declaredKeys + b.declaredKeys : []
      }
    case .cross(let a, let b): return a.declaredKeys + b.declaredKeys
    case .aggregate, .compared, .inner, .outer, .union: return []
    }
  }
}
