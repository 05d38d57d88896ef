package import ParleyProgram

/// Columns that queries join or otherwise equate, as far as their text shows it: made-up rows get values that meet there.
package enum EquatedColumns {
  /// Places in the list of tables.
  package struct Column: Hashable, Sendable {
    /// Place in the list of tables.
    package var table: Int
    /// Place in the table.
    package var column: Int
    /// A column by its places.
    package init(table: Int, column: Int) { (self.table, self.column) = (table, column) }
  }

  /// - Parameter queries: those that compile; of any other nothing is known.
  /// - Returns: sets of two columns and more, some of which may have columns in common.
  package static func sets(_ queries: [SQLQuery], tables: [TableSchema]) -> [Set<Column>] {
    queries.flatMap { query in
      (try? Parser.parse(Source(query))).map { Reading($0, tables).sets } ?? []
    }
  }

  private struct Reading {
    private let tables: [TableSchema]
    /// The places of tables by name and alias.
    private var labels: [String: Set<Int>] = [:]
    /// What is selected under a name.
    private var items: [String: [SyntaxExpression]] = [:]
    private(set) var sets: [Set<Column>] = []

    init(_ statement: QueryStatement, _ tables: [TableSchema]) {
      self.tables = tables
      var labels: [String: Set<Int>] = [:]
      var items: [String: [SyntaxExpression]] = [:]
      var pairs: [[SyntaxExpression]] = []
      var shared: [Name] = []
      SyntaxWalk.visit(statement) { part, _ in
        switch part {
        case .table(let name, let alias):
          guard let table = tables.firstIndex(where: { $0.name.lowercased() == name.text.lowercased() }) else {
            return
          }
          labels[(alias?.name ?? name).text.lowercased(), default: []].insert(table)
        case .using(let names): shared += names
        case .item(let expression, let alias): items[alias.text.lowercased(), default: []].append(expression)
        case .expression(let expression): pairs += Self.equated(expression)
        }
      }
      (self.labels, self.items) = (labels, items)
      sets = pairs.map { pair in pair.reduce(into: Set<Column>()) { $0.formUnion(columns($1)) } }
      sets += shared.map { columns(nil, $0) }
      sets.removeAll { $0.count < 2 }
    }

    private static func equated(_ expression: SyntaxExpression) -> [[SyntaxExpression]] {
      switch expression.kind {
      case .comparison(.equal, let a, let b), .isSame(let a, let b):
        guard case .row(let first) = a.kind, case .row(let second) = b.kind else { return [[a, b]] }
        return zip(first, second).map { [$0, $1] }
      case .oneOfQuery(let operand, let query):
        guard case .select(let block) = query.body, block.items.count == 1,
          case .expression(let item, _) = block.items[0]
        else { return [] }
        return [[operand, item]]
      default: return []
      }
    }

    private func columns(_ expression: SyntaxExpression, _ depth: Int = 0) -> Set<Column> {
      guard case .name(let qualifier, let name) = expression.kind else { return [] }
      let own = columns(qualifier, name)
      // What a subquery calls otherwise.
      guard own.isEmpty, depth < 4 else { return own }
      return (items[name.text.lowercased()] ?? []).reduce(into: []) { $0.formUnion(columns($1, depth + 1)) }
    }

    private func columns(_ qualifier: Name?, _ name: Name) -> Set<Column> {
      let all = labels.values.reduce(into: Set<Int>()) { $0.formUnion($1) }
      let among = qualifier.flatMap { labels[$0.text.lowercased()] } ?? all
      return among.reduce(into: []) { found, table in
        let place = tables[table].columns.firstIndex { $0.name.lowercased() == name.text.lowercased() }
        if let place { found.insert(Column(table: table, column: place)) }
      }
    }
  }
}
