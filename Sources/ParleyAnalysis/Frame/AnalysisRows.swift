package import ParleyBase
package import ParleyProgram
import ParleySQL
package import ParleyTables

/// The columns of an analysis's rows, before anything is computed: what its settings are checked against.
package struct AnalysisRows: Sendable {
  /// A column and what it holds.
  package struct Column: Hashable, Sendable {
    /// As the table or the SELECT has it.
    package var name: String
    /// What its integers mean.
    package var type: SecretType
    /// The declared range of a table's column; nil of a SELECT.
    package var range: ClosedRange<Int64>?
    /// Values of a category as files and queries write them; ``type`` has what results show.
    package var values: [String]
    /// Whether rows can be without a value.
    package var isNullable: Bool
  }
  /// The analysis.
  package let analysis: Analysis
  /// Its columns.
  package let columns: [Column]

  /// The table, where the rows are all rows of one.
  package var table: TableSchema?

  /// - Throws: `analysis/variable` for a table that the study does not have, `sql/…` from the SELECT.
  package init(_ analysis: Analysis, tables: [TableSchema]) throws(ParleyError) {
    self.analysis = analysis
    switch analysis.rows {
    case .table(let name):
      guard let table = tables.first(where: { $0.name.lowercased() == name.lowercased() }) else {
        throw analysis.settings.error(
          "variable", "\(analysis.settings.what) is about table '\(name)', which the study does not have",
          at: "table", remedy: "use one of: \(tables.map(\.name).joined(separator: ", "))")
      }
      self.table = table
      columns = table.columns.map { column in
        let isShownAsNumber =
          switch column.type {
          case .integer, .decimal, .date, .timestamp: true
          default: false
          }
        var values: [String] = []
        if case .category(let list) = column.type { values = list }
        return Column(
          name: column.name, type: SecretType(column), range: isShownAsNumber ? column.type.range : nil,
          values: values, isNullable: column.isNullable)
      }
    case .query:
      columns = try RowProgram.columns(of: analysis.rowQuery, tables: tables).map {
        Column(name: $0.name, type: $0.type, range: nil, values: $0.values, isNullable: $0.isNullable)
      }
    }
  }

  /// The column that a setting names; case does not count.
  ///
  /// - Throws: `analysis/variable`.
  package func column(_ name: String, at key: String) throws(ParleyError) -> Column {
    if let column = columns.first(where: { $0.name.lowercased() == name.lowercased() }) { return column }
    let near = columns.map(\.name).min { editDistance(name, $0) < editDistance(name, $1) }
    throw analysis.settings.error(
      "variable", "'\(key)' of \(analysis.settings.what) names '\(name)', which its rows do not have", at: key,
      remedy: "use one of: \(columns.map(\.name).joined(separator: ", "))"
        + (near.map { "; did you mean '\($0)'?" } ?? ""))
  }

  /// A number or condition.
  ///
  /// - Throws: `analysis/variable`; `analysis/type` for columns of other types.
  package func number(_ name: String, at key: String) throws(ParleyError) -> Column {
    let column = try column(name, at: key)
    switch column.type {
    case .integer, .decimal, .boolean: return column
    case .date, .timestamp, .category, .text:
      throw analysis.settings.error(
        "type",
        "'\(key)' of \(analysis.settings.what) names '\(column.name)', which is \(column.type.inWords) and no number",
        at: key,
        remedy: analysis.computesOfRows
          ? "name a column of numbers, if need be one that each holder brings in its file"
          : "name a column of numbers; or compute one in 'rows', as in CASE WHEN \(column.name) \(column.type.conditionExample) THEN 1 ELSE 0 END"
      )
    }
  }

  /// A column whose values can be groups: a category, condition, whole number or text.
  ///
  /// - Throws: `analysis/variable`, `analysis/type`.
  package func groups(_ name: String, at key: String) throws(ParleyError) -> Column {
    let column = try column(name, at: key)
    switch column.type {
    case .category, .boolean, .integer, .text, .date: return column
    case .decimal, .timestamp:
      throw analysis.settings.error(
        "type",
        "'\(key)' of \(analysis.settings.what) names '\(column.name)', which is \(column.type.inWords) and makes no groups",
        at: key, remedy: "name a category, a bool or an int; or make groups of it in 'rows' with CASE or ROUND")
    }
  }

  /// A name as SQL writes it.
  package static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

  private func editDistance(_ a: String, _ b: String) -> Int {
    ParleyBase.editDistance(Array(a.lowercased()), Array(b.lowercased()))
  }
}

extension SecretType {
  fileprivate init(_ column: ColumnSchema) {
    switch column.type {
    case .integer: self = .integer
    case .decimal(let scale, _): self = .decimal(scale: scale)
    case .boolean: self = .boolean
    case .date: self = .date
    case .timestamp: self = .timestamp
    case .category(let values): self = .category(column.labels.isEmpty ? values : column.labels)
    case .text(let bytes): self = .text(bytes: bytes)
    }
  }

  /// For messages.
  package var inWords: String {
    switch self {
    case .integer, .decimal: "a number"
    case .boolean: "a condition"
    case .date: "a date"
    case .timestamp: "a point in time"
    case .category: "a category"
    case .text: "a text"
    }
  }

  fileprivate var conditionExample: String {
    switch self {
    case .category(let list): list.first.map { "= '\($0.replacing("'", with: "''"))'" } ?? "IS NOT NULL"
    case .text: "= 'yes'"
    default: "IS NOT NULL"
    }
  }
}

extension Analysis {
  /// The rows as a query of their own.
  var rowQuery: SQLQuery {
    switch rows {
    case .table(let name): SQLQuery(name: self.name, text: "SELECT 1 AS one FROM \(AnalysisRows.quoted(name))")
    case .query(let text, let line, let places):
      SQLQuery(name: name, text: text, file: settings.file, line: line, places: places)
    }
  }

  /// A query over the rows, as the front end of SQL takes it. Errors in what the study wrote name its lines.
  func sql(_ query: AnalysisQuery) -> SQLQuery {
    let keys = query.keys.joined(separator: ", ")
    var text = "SELECT " + (query.keys.map { "\($0) AS \($0)" } + query.items).joined(separator: ", ") + " FROM "
    var places = QueryPlaces.unknown
    switch rows {
    case .table(let name): text += AnalysisRows.quoted(name)
    case .query(let own, let line, let written):
      text += "("
      for var stretch in (written ?? .lines(of: own, from: line)).stretches {
        stretch.offset += text.utf8.count
        places.stretches.append(stretch)
      }
      // A line of its own: the last of the study's may end with a comment.
      text += own + "\n) AS r"
    }
    if !query.conditions.isEmpty { text += " WHERE " + query.conditions.joined(separator: " AND ") }
    if !query.keys.isEmpty { text += " GROUP BY \(keys) ORDER BY \(keys)" }
    return SQLQuery(
      name: "\(name).\(query.table)", text: text, file: settings.file, line: settings.line, places: places)
  }
}
