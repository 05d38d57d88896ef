import BigInt
import ParleyProgram

/// An expression with its type and where it was written.
struct BoundExpression: Sendable {
  var expression: Expression
  var type: SQLType
  var range: SourceRange

  /// Its value where it is a constant without decimals.
  var wholeConstant: BigInt? {
    guard case .integer(let value) = expression, type == .number(scale: 0) else { return nil }
    return value
  }

  /// As a column can hold it: a literal is a category of one.
  var asColumn: BoundExpression {
    guard case .text(let text) = expression else { return self }
    return BoundExpression(
      expression: .integer(0), type: .category(CategoryList(constants: [text])), range: range)
  }
}

/// The names that a FROM clause makes.
struct Scope: Sendable {
  struct Column: Sendable {
    var name: String
    var value: BoundExpression
    /// USING made one column of it and its namesake: it is found with its table's name only.
    var isMerged = false
  }
  struct Table: Sendable {
    var name: String
    var columns: [Column]
  }
  var tables: [Table] = []
  /// What USING made.
  var merged: [Column] = []

  /// Every column that a name without a table can mean, in the order of `*`.
  var visible: [Column] { merged + tables.flatMap(\.columns).filter { !$0.isMerged } }

  func columns(named name: String, of table: String?) -> [Column] {
    let candidates: [Column]
    if let table {
      candidates = tables.filter { $0.name.lowercased() == table.lowercased() }.flatMap(\.columns)
    } else {
      candidates = visible
    }
    let exact = candidates.filter { $0.name == name }
    return exact.isEmpty ? candidates.filter { $0.name.lowercased() == name.lowercased() } : exact
  }
}

/// What a query is bound in: common tables by name, and the scopes of the queries around it, outermost first.
struct Environment {
  indirect enum CommonTables {
    case none
    case more(CommonTables, CommonTable)
  }
  var commonTables = CommonTables.none
  var scopes: [Scope] = []

  func commonTable(_ name: String) -> CommonTable? {
    let wanted = name.lowercased()
    var rest = commonTables
    while case .more(let others, let table) = rest {
      if table.name == wanted { return table }
      rest = others
    }
    return nil
  }
  var commonTableNames: [String] {
    var names: [String] = []
    var rest = commonTables
    while case .more(let others, let table) = rest {
      names.append(table.syntax.name.text)
      rest = others
    }
    return names
  }
}

/// Groups of which small ones are withheld once everything has been computed over all of them.
struct WithheldGroups: Sendable {
  /// Bits of every row; it is shown where all are 1.
  var shown: [ColumnID]
  /// Numbers of rows of the groups: their total over all groups is the one that the rule of withholding allows for.
  var totals: Set<ColumnID>
  /// No condition has left groups out.
  var isWhole = true

  /// The same groups where their columns have other names.
  func renamed(_ name: (ColumnID) -> ColumnID?) -> Self {
    var result = self
    // A bit that was lost would show what is withheld.
    result.shown = shown.map { name($0) ?? $0 }
    result.totals = Set(totals.compactMap(name))
    return result
  }
}

/// A query with names resolved.
struct BoundQuery: Sendable {
  struct Output: Sendable {
    var name: String
    var value: BoundExpression
    /// It was named with AS.
    var isNamed = false
  }
  var source: Source
  var plan: RelationalPlan
  var outputs: [Output]
  var order: [OrderKey] = []
  /// Where WHERE and the group keys of its block stand.
  var filterRange: SourceRange?
  var keyRanges: [SourceRange] = []
  /// Every row stands for a group of rows, and none for a row of a table.
  var isAggregated: Bool
  /// Its rows with those that the minimum cell withholds: windows see them, and nothing else does.
  var withheld: WithheldGroups?
  /// Only relations and conditions: a query around it can take them over.
  var isFlat: Bool { if case .inner = plan { order.isEmpty } else { false } }

  /// Leaves out what the minimum cell withholds.
  mutating func withhold() {
    guard let withheld else { return }
    plan = .filter(plan, withheld.shown.map { .column($0) })
    self.withheld = nil
  }
}
