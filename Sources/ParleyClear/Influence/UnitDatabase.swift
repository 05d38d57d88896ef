package import ParleyProgram

/// Tables with their rows, seen as what single protected units brought: what one changes to learn what a unit's rows
/// have to do with a result.
package struct UnitDatabase: Sendable {
  /// One protected unit: a row of a table, or all rows of one person in all tables that name her.
  package struct Unit: Hashable, Sendable, CustomStringConvertible {
    /// The name that tables give their units; for tables whose rows are units, the table's name with a dot before it.
    package var kind: String
    /// The unit's name, or the number of its row.
    package var name: String
    package var description: String { "\(kind) \(name)" }
  }
  private struct Row: Hashable {
    var table: String
    var holder: Int
    var row: Int
  }

  /// The declared shapes.
  package let tables: [TableSchema]
  /// By table, then holder.
  package private(set) var data: [String: [TableData]]
  private let rows: [Unit: [Row]]
  /// By kind, in the order of their first rows.
  package let units: [String: [Unit]]

  /// Rows of all holders.
  package init(tables: [TableSchema], data: [String: [TableData]]) {
    self.tables = tables
    self.data = data
    var rows: [Unit: [Row]] = [:]
    var units: [String: [Unit]] = [:]
    for table in tables {
      for (holder, part) in (data[table.name] ?? []).enumerated() {
        for row in 0..<part.rowCount {
          guard let unit = Self.unit(table, part, holder, row) else { continue }
          if rows[unit] == nil { units[unit.kind, default: []].append(unit) }
          rows[unit, default: []].append(Row(table: table.name, holder: holder, row: row))
        }
      }
    }
    self.rows = rows
    self.units = units
  }

  private static func unit(_ table: TableSchema, _ part: TableData, _ holder: Int, _ row: Int) -> Unit? {
    guard let kind = kind(of: table) else { return nil }
    guard case .units(_, let column) = table.protection,
      let index = table.columns.firstIndex(where: { $0.name == column })
    else { return Unit(kind: kind, name: "\(holder).\(row)") }
    let cells = part.columns[index]
    return Unit(kind: kind, name: cells.texts.isEmpty ? String(cells.values[row]) : cells.texts[row])
  }

  /// The kind of units that a table's rows are of; nil where it protects nobody.
  package static func kind(of table: TableSchema) -> String? {
    switch table.protection {
    case .rows: ".\(table.name)"
    case .units(let name, _): name
    case .nothing: nil
    }
  }

  /// Rows of a unit in one table.
  package func rowCount(of unit: Unit, in table: String) -> Int { (rows[unit] ?? []).count { $0.table == table } }

  /// The data without these units.
  package func without(_ units: some Sequence<Unit>) -> [String: [TableData]] {
    without(Set(units.flatMap { rows[$0] ?? [] }))
  }

  /// For each row of a unit the data without it.
  package func withoutRow(of unit: Unit) -> [[String: [TableData]]] { (rows[unit] ?? []).map { without([$0]) } }

  /// How many rows of a table each row of a unit is: one or none.
  package func rowCounts(of unit: Unit, in table: String) -> [Int] {
    (rows[unit] ?? []).map { $0.table == table ? 1 : 0 }
  }

  private func without(_ gone: Set<Row>) -> [String: [TableData]] {
    let names = Set(gone.map(\.table))
    var result = data
    for name in names {
      result[name] = data[name]?.enumerated().map { holder, part in
        let kept = (0..<part.rowCount).filter { !gone.contains(Row(table: name, holder: holder, row: $0)) }
        return TableData(
          rowCount: kept.count,
          columns: part.columns.map { column in
            TableData.Column(
              values: column.values.isEmpty ? [] : kept.map { column.values[$0] },
              isNull: column.isNull.isEmpty ? [] : kept.map { column.isNull[$0] },
              texts: column.texts.isEmpty ? [] : kept.map { column.texts[$0] })
          })
      }
    }
    return result
  }

  /// The data with no unit of this kind but one; tables of other kinds stay.
  package func alone(_ unit: Unit) -> [String: [TableData]] {
    without((units[unit.kind] ?? []).filter { $0 != unit })
  }

  /// The data in which every measure of one unit is another: one more, or one less at the end of its range.
  package func shifted(_ unit: Unit) -> [String: [TableData]] {
    changed(rows[unit] ?? []) { value, range in
      value < range.upperBound ? value + 1 : max(range.lowerBound, value - 1)
    }
  }

  /// The data in which the measures of one unit, or of all protected units, are drawn again.
  package func redrawn(
    _ unit: Unit? = nil, using random: inout some RandomNumberGenerator
  ) -> [String: [TableData]] {
    let some =
      unit.map { rows[$0] ?? [] }
      ?? tables.flatMap { units[Self.kind(of: $0) ?? ""] ?? [] }.flatMap { rows[$0] ?? [] }
    return changed(some) { _, range in
      // Not 0, which is as if there were no value.
      let drawn = Int64.random(in: range, using: &random)
      return drawn == 0 ? range.upperBound : drawn
    }
  }

  /// Columns whose values say nothing about who a row is of: numbers that are no key and name no unit.
  private static func measures(_ table: TableSchema) -> [Int] {
    let keys = Set(table.uniqueKeys.joined())
    return table.columns.indices.filter { index in
      let column = table.columns[index]
      if case .units(_, column.name) = table.protection { return false }
      guard !keys.contains(column.name) else { return false }
      switch column.type {
      case .integer, .decimal: return true
      case .boolean, .date, .category, .timestamp, .text: return false
      }
    }
  }

  private func changed(
    _ rows: [Row], _ change: (Int64, ClosedRange<Int64>) -> Int64
  ) -> [String: [TableData]] {
    var result = data
    for table in tables {
      let columns = Self.measures(table)
      for row in rows where row.table == table.name {
        for index in columns
        where result[table.name]![row.holder].columns[index].isNull.isEmpty
          || !result[table.name]![row.holder].columns[index].isNull[row.row]
        {
          let value = result[table.name]![row.holder].columns[index].values[row.row]
          result[table.name]![row.holder].columns[index].values[row.row] = change(
            value, table.columns[index].type.range)
        }
      }
    }
    return result
  }
}
