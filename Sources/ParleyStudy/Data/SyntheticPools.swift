import ParleyProgram
import ParleySQL

/// The values that a column of made-up rows takes where the rows of other tables take them as well.
package struct SyntheticPool: Hashable, Sendable {
  /// The first number of a column of numbers.
  var first: Int64
  /// Different values, from 1.
  var count: UInt64

  /// The text of a number: a … z, aa … zz, and so on.
  static func text(_ number: UInt64) -> String {
    var letters: [UInt8] = []
    var rest = number + 1
    while rest > 0 {
      letters.append(UInt8(ascii: "a") + UInt8((rest - 1) % 26))
      rest = (rest - 1) / 26
    }
    return String(decoding: letters.reversed(), as: UTF8.self)
  }
}

/// Which columns of a study share the values of their made-up rows: those of texts or whole numbers that queries equate, and those by
/// which tables protect units of one name. Rows of one table have partners in the others then.
package struct SyntheticPools: Sendable {
  private let tables: [TableSchema]
  private var groups: [Set<EquatedColumns.Column>]

  /// Reads what the queries of a study equate.
  package init(_ study: Study) {
    tables = study.schemas
    var sets = EquatedColumns.sets(study.sqlQueries, tables: tables)
    var units: [String: Set<EquatedColumns.Column>] = [:]
    for (table, schema) in tables.enumerated() {
      guard case .units(let name, let column) = schema.protection,
        let place = schema.columns.firstIndex(where: { $0.name == column })
      else { continue }
      units[name, default: []].insert(.init(table: table, column: place))
    }
    sets += units.values.filter { $0.count > 1 }
    groups = []
    for set in sets {
      let joined = groups.filter { !$0.isDisjoint(with: set) }
      groups.removeAll { !$0.isDisjoint(with: set) }
      groups.append(joined.reduce(set) { $0.union($1) })
    }
    let all = tables
    groups.removeAll { group in
      let types = group.map { all[$0.table].columns[$0.column].type }
      return !types.allSatisfy(\.isText) && !types.allSatisfy(\.isInteger)
    }
  }

  /// Whether no column shares values with another.
  package var isEmpty: Bool { groups.isEmpty }

  /// - Parameter rows: of each table, all holders together.
  /// - Returns: for each table, by column. A column of fewer values than a table has rows shares them without this.
  package func pools(rows: [Int]) -> [[Int: SyntheticPool]] {
    var pools: [[Int: SyntheticPool]] = tables.map { _ in [:] }
    for group in groups {
      // As many values as the rows of which each has its own, where there are such.
      let named = group.filter { tables[$0.table].uniqueKeys.contains([tables[$0.table].columns[$0.column].name]) }
      let wanted = (named.isEmpty ? group : named).map { rows[$0.table] }.max() ?? 0
      let most = UInt64(max(wanted, group.map { fewest($0, rows[$0.table]) }.max() ?? 0))
      let types = group.map { tables[$0.table].columns[$0.column].type }
      let lower = types.map(\.range.lowerBound).max() ?? 0
      let size: UInt64
      if types.allSatisfy(\.isText) {
        size = types.map(SyntheticData.size).min() ?? 0
      } else if let upper = types.map(\.range.upperBound).min(), upper >= lower {
        size = SyntheticData.size(.integer(lower...upper))
      } else {
        continue
      }
      guard size >= most else { continue }
      // Some rows are without a partner.
      let pool = SyntheticPool(first: lower, count: max(1, min(size, most + most / 4 + 1)))
      for place in group { pools[place.table][place.column] = pool }
    }
    return pools
  }

  /// How many values a column needs in so many rows, for keys that are unique and limits of how often values occur.
  private func fewest(_ place: EquatedColumns.Column, _ rows: Int) -> Int {
    let table = tables[place.table]
    let limits = table.uniqueKeys.map { TableSchema.RowLimit(columns: $0, rows: 1) } + table.rowLimits
    return limits.map { limit -> Int in
      let columns = limit.columns.compactMap { name in table.columns.firstIndex { $0.name == name } }
      guard columns.contains(place.column) else { return 0 }
      // Those that are pooled too may have few values.
      let others = columns.filter { other in
        other != place.column && !groups.contains { $0.contains(.init(table: place.table, column: other)) }
      }
      let most = others.reduce(UInt64(max(1, limit.rows))) {
        let (product, overflow) = $0.multipliedReportingOverflow(by: SyntheticData.size(table.columns[$1].type))
        return overflow ? .max : product
      }
      return Int(UInt64(rows) / most + (UInt64(rows) % most == 0 ? 0 : 1))
    }.max() ?? 0
  }
}

extension ColumnType {
  fileprivate var isText: Bool { if case .text = self { true } else { false } }
  fileprivate var isInteger: Bool { if case .integer = self { true } else { false } }
}
