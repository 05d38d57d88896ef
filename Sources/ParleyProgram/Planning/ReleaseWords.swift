/// What the rules of release say of a program's tables, in words: the same in the disclosure statement, its summary and beside results.
package struct ReleaseWords: Hashable, Sendable {
  private let tables: [TableSchema]
  /// The minimum that holds: groups of fewer are withheld; 0 or 1 where there is none.
  private let minimum: Int
  private let allowsRows: Bool

  /// Words for these rules.
  package init(tables: [TableSchema], minimum: Int, allowsRows: Bool) {
    self.tables = tables
    self.minimum = minimum
    self.allowsRows = allowsRows
  }

  /// Whether every table protects its rows, as it does where it says nothing.
  private var isByRows: Bool { tables.allSatisfy { $0.protection == .rows } }

  /// "fewer than 5 rows", of what the tables protect.
  package var fewer: String { "fewer than \(minimum) \(counted)" }

  /// What the minimum counts.
  package var counted: String { isByRows ? "rows" : "protected units" }

  /// One of what the minimum counts.
  package var one: String { isByRows ? "row" : "protected unit" }

  /// Whom each table protects, a line each, of which tables extremes may be shown, and of which missing values. Without a minimum a table that
  /// protects its rows has no line.
  package var lines: [String] {
    tables.compactMap(protection)
      + tables.filter(\.allowsExtremes).map {
        "smallest and largest values of table '\($0.name)' may be shown: each is the value of a record"
      }
      + tables.filter(\.tellsMissingValues).map {
        "results may tell of how many rows of table '\($0.name)' a value is missing, be it one or two"
      }
  }

  private func protection(_ table: TableSchema) -> String? {
    switch table.protection {
    case .rows:
      guard minimum > 1 else { return nil }
      return allowsRows
        ? "table '\(table.name)': statistics of fewer than \(minimum) rows are withheld"
        : "table '\(table.name)' protects each row, and whoever has several rows counts several times: groups of fewer than \(minimum) rows are withheld"
    case .units(let name, let column):
      let whom = "each \(name) (column '\(column)')"
      guard minimum > 1 else { return "table '\(table.name)' is about \(whom), and there is no minimum of them" }
      return allowsRows
        ? "table '\(table.name)' is about \(whom): statistics of fewer than \(minimum) different ones are withheld"
        : "table '\(table.name)' protects \(whom), however many rows it has: groups of fewer than \(minimum) different ones are withheld"
    case .nothing: return "table '\(table.name)' protects nobody"
    }
  }

  /// The minimum in one line, for the summary.
  package var summary: String {
    if minimum > 1, tables.allSatisfy({ $0.protection == .nothing }) {
      return "no table protects anybody: nothing is withheld"
    }
    return switch (minimum > 1, allowsRows) {
    case (true, false): "groups of \(fewer) are withheld\(units)"
    case (true, true): "statistics of \(fewer) are withheld\(units); rows of tables may be shown one by one"
    case (false, false): "no minimum: a value may rest on a single row"
    case (false, true): "no minimum, and rows of tables may be shown one by one"
    }
  }

  /// " (each patient of visits and labs, each row of wards, nobody of prices)".
  private var units: String {
    guard !isByRows else { return "" }
    var kinds: [(words: String, tables: [String])] = []
    for table in tables {
      let words =
        switch table.protection {
        case .rows: "each row"
        case .units(let name, _): "each \(name)"
        case .nothing: "nobody"
        }
      if let index = kinds.firstIndex(where: { $0.words == words }) {
        kinds[index].tables.append(table.name)
      } else {
        kinds.append((words, [table.name]))
      }
    }
    return " (\(kinds.map { "\($0.words) of \(DisclosureStatement.list($0.tables))" }.joined(separator: ", ")))"
  }
}
