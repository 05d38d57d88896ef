internal import ParleyAnalysis
public import ParleyBase
internal import ParleyProgram

/// A table of an analysis: opened numbers, and those that follow from them, which this process has computed.
public struct AnalysisTable: Sendable, Hashable, CustomStringConvertible {
  private let decoded: DecodedTable
  /// The headings in order.
  public var columns: [String] { decoded.columns }
  /// The cells as texts with all digits; `NULL`, `withheld`, `absent` or `not estimable` where there is no value.
  public var rows: [[String]] { decoded.rows.map { $0.map(\.text) } }
  /// For people: as many digits as mean something.
  public let description: String

  init(_ sheet: ReportSheet) {
    decoded = sheet.table
    description = TextTables.lines(sheet).joined(separator: "\n")
  }

  /// The numbers of a column, a row each; nil where there is none, or no such column.
  public subscript(column: String) -> [Double?] {
    guard let place = columns.firstIndex(of: column) else { return decoded.rows.map { _ in nil } }
    return decoded.rows.map { row in
      if case .value(let text) = row[place] { Double(text) } else { nil }
    }
  }

  /// Whether a rule of release, or that nothing can be estimated, left every number of the table out.
  public var isWithheld: Bool {
    decoded.rows.allSatisfy { row in row.contains { $0 == .withheld || $0 == .notEstimable } }
  }
}

extension ProgramResult {
  /// The tables of an analysis by the part of their names after `name.`, such as `groups`, `test` and `coefficients`.
  ///
  /// - Throws: `usage/…` where the analysis is of another program, or went to other recipients.
  public func tables(of analysis: RevealedAnalysis) throws(ParleyError) -> [String: AnalysisTable] {
    let prefix = analysis.name + "."
    var tables: [String: AnalysisTable] = [:]
    for sheet in try sheets() where sheet.table.name.hasPrefix(prefix) {
      tables[String(sheet.table.name.dropFirst(prefix.count))] = AnalysisTable(sheet)
    }
    guard !tables.isEmpty else {
      throw ParleyError(
        .usage, "'\(analysis.name)' is no analysis of this program",
        remedy: "use the handles of the program that ran")
    }
    return tables
  }
}
