import ParleyBase
import ParleyProgram
import ParleyTables

/// `describe`: number, mean, deviation and quantiles of columns, of all rows or by groups. One table for each column.
///
/// All of it is SQL: counts, `AVG`, `STDDEV`, `QUANTILE`, judged and withheld as in queries.
struct DescribeAnalysis: AnalysisKind {
  static let name = "describe"
  static let keys = ["columns", "by", "show", "extremes"]
  private static let tables = ["n", "missing", "mean", "sd", "quantiles"]

  private let columns: [String]
  private let by: [String]
  private let show: [String]
  private let extremes: Bool

  static let needs = "numbers"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    guard !columns.numbers.isEmpty else { return nil }
    let by = columns.groups.first.map { ["by: \($0.name)"] } ?? []
    return ["columns: [\(columns.numbers.joined(separator: ", "))]"] + by + ["show: [n, missing, mean, sd]"]
  }

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    columns = try settings.texts("columns", example: "[age, weight]").map(\.text)
    by = settings.has("by") ? try settings.texts("by", example: "[sex]").map(\.text) : []
    show = try settings.choices("show", Self.tables, default: Self.tables)
    extremes = try settings.flag("extremes")
  }

  func queries(over rows: AnalysisRows) throws(ParleyError) -> [AnalysisQuery] {
    var keys: [String] = []
    for name in by { keys.append(AnalysisRows.quoted(try rows.groups(name, at: "by").name)) }
    var queries: [AnalysisQuery] = []
    for name in columns {
      let column = try rows.column(name, at: "columns")
      guard !queries.contains(where: { $0.table == column.name }) else {
        throw rows.analysis.settings.error(
          "setting", "'columns' of \(rows.analysis.settings.what) names '\(column.name)' twice", at: "columns",
          remedy: "name it once")
      }
      let items = try items(of: column, rows)
      guard !items.isEmpty else {
        throw rows.analysis.settings.error(
          "setting",
          "nothing of 'show' can be computed of column '\(column.name)', which is \(column.type.inWords)",
          at: "show", remedy: "add n to 'show'")
      }
      queries.append(
        AnalysisQuery(table: column.name, items: items.map { "\($0.0) AS \"\($0.1)\"" }, keys: keys))
    }
    return queries
  }

  func present(_ table: inout Program.ResultTable) {
    guard show.contains("missing") else { return }
    table.derived.append(
      Derived(name: "missing", formula: .column("rows") - .column("n"), style: .decimals(0)))
  }

  /// What is selected, with its headings.
  private func items(of column: AnalysisRows.Column, _ rows: AnalysisRows) throws(ParleyError) -> [(
    String, String
  )] {
    let name = AnalysisRows.quoted(column.name)
    var items: [(String, String)] = []
    if show.contains("missing") { items.append(("COUNT(*)", "rows")) }
    if show.contains("n") || show.contains("missing") { items.append(("COUNT(\(name))", "n")) }
    let isNumber: Bool
    switch column.type {
    case .integer, .decimal: isNumber = true
    case .boolean:
      isNumber = false
      if show.contains("mean") { items.append(("AVG(\(name))", "mean")) }
      if show.contains("sd") { items.append(("STDDEV(\(name))", "sd")) }
    case .date, .timestamp: isNumber = false
    case .category, .text:
      throw rows.analysis.settings.error(
        "type",
        "'columns' of \(rows.analysis.settings.what) names '\(column.name)', which is \(column.type.inWords)",
        at: "columns", remedy: "use kind 'table' for counts of its values, or name it in 'by'")
    }
    guard isNumber else { return items }
    if show.contains("mean") { items.append(("AVG(\(name))", "mean")) }
    if show.contains("sd") { items.append(("STDDEV(\(name))", "sd")) }
    if extremes { items.append(("MIN(\(name))", "min")) }
    if show.contains("quantiles") {
      for percent in [5, 25, 50, 75, 95] {
        let share = percent == 5 ? "0.05" : "0.\(percent)"
        items.append(("QUANTILE(\(name), \(share))", "\(percent)%"))
      }
    }
    if extremes { items.append(("MAX(\(name))", "max")) }
    return items
  }
}
