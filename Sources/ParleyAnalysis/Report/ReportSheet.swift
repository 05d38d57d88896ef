package import ParleyProgram

/// A result with what its headings mean, for everything that reads its numbers.
package struct ReportSheet: Sendable {
  /// Opened columns and, once computed, derived ones.
  package var table: DecodedTable
  /// What it is the result of.
  package let result: Program.ResultTable

  /// - Parameter table: decoded from `result`.
  package init(_ table: DecodedTable, _ result: Program.ResultTable) {
    self.table = table
    self.result = result
  }

  /// Whether the result is that of an analysis, which is shown with its figure and with as many digits as mean something. Others are shown as they are.
  package static func isReport(_ result: Program.ResultTable) -> Bool {
    !result.derived.isEmpty || result.figure != nil || !result.caption.isEmpty || !result.shown.isEmpty
      || result.columns.contains { if case .float = $0.format { true } else { false } }
  }

  func position(_ heading: String) -> Int? { table.columns.firstIndex(of: heading) }

  /// The text of a cell; nil where it has none, or there is no such cell.
  func text(_ row: Int, _ heading: String) -> String? {
    guard let column = position(heading), table.rows.indices.contains(row) else { return nil }
    if case .value(let text) = table.rows[row][column] { return text }
    return nil
  }

  /// The number in a cell; nil where it has none.
  func number(_ row: Int, _ heading: String) -> Double? {
    text(row, heading).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
  }

  /// How numbers of a column are shown to people; nil for the text as it is.
  func style(of heading: String) -> Derived.Style? {
    if let column = result.columns.first(where: { $0.name == heading }) {
      guard case .float(let bits) = column.format else { return nil }
      return .significant(max(1, bits * 30_103 / 100_000))
    }
    if result.keys.contains(where: { $0.name == heading }) { return nil }
    return result.derived.first { $0.name == heading }?.style
  }
}
