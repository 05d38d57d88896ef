internal import ParleyBase
internal import ParleyProgram

/// Results of analyses as people expect them in a terminal: numbers with as many digits as mean something, a single row as a list of names and
/// values.
package enum TextTables {
  /// No line of a list of names and values is longer, unless one pair is.
  static let width = 96

  /// The name of a result and what stands beside it.
  ///
  /// - Parameter sheets: all results of the program, with their derived columns.
  package static func heading(_ index: Int, _ sheets: [ReportSheet]) -> String {
    let result = sheets[index].result
    let columns = DerivedColumns(sheets)
    let parts = result.caption.compactMap { part -> String? in
      switch part {
      case .text(let text): return VisibleText.compact(text)
      case .number(let formula, let style, let unit):
        guard let value = columns.value(formula, ofFirstRowOf: index) else { return nil }
        return VisibleText.compact("\(NumberText.shown(value, style)) \(unit)")
      }
    }
    return ([VisibleText.compact(result.name)] + parts).joined(separator: "    ")
  }

  /// The table below the heading.
  package static func lines(_ sheet: ReportSheet) -> [String] {
    let headings = headings(sheet)
    if let word = outcome(sheet) { return [word] }
    let isSingle = sheet.table.rows.count == 1 && sheet.result.keys.isEmpty
    return isSingle ? pairs(sheet, headings) : table(sheet, headings)
  }

  /// Columns that people see.
  private static func headings(_ sheet: ReportSheet) -> [String] {
    let chosen = sheet.result.shown.filter(sheet.table.columns.contains)
    return chosen.isEmpty ? sheet.table.columns : chosen
  }

  /// The word for a result of which nothing is shown.
  private static func outcome(_ sheet: ReportSheet) -> String? {
    let keys = Set(sheet.result.keys.map(\.name))
    let columns = sheet.table.columns.indices.filter { !keys.contains(sheet.table.columns[$0]) }
    let cells = Set(sheet.table.rows.flatMap { row in columns.map { row[$0] } })
    return cells.count == 1 && (cells.first == .withheld || cells.first == .notEstimable)
      ? cells.first?.outcome : nil
  }

  private static func shown(_ sheet: ReportSheet, _ row: Int, _ heading: String) -> String {
    guard let column = sheet.position(heading) else { return "" }
    let cell = sheet.table.rows[row][column]
    guard case .value(let text) = cell else { return cell.outcome ?? "" }
    guard let style = sheet.style(of: heading), let number = Double(text) else { return VisibleText.compact(text) }
    return NumberText.shown(number, style)
  }

  private static func pairs(_ sheet: ReportSheet, _ headings: [String]) -> [String] {
    var lines = [""]
    for heading in headings {
      let pair = "\(VisibleText.compact(heading)) \(shown(sheet, 0, heading))"
      if lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] = pair
      } else if lines[lines.count - 1].count + 3 + pair.count > width {
        lines.append(pair)
      } else {
        lines[lines.count - 1] += "   " + pair
      }
    }
    return lines
  }

  private static func table(_ sheet: ReportSheet, _ headings: [String]) -> [String] {
    let cells = sheet.table.rows.indices.map { row in headings.map { shown(sheet, row, $0) } }
    // Numbers to the right, words to the left.
    let isNumeric = headings.map { heading in
      !sheet.result.keys.contains { $0.name == heading }
        && sheet.table.rows.indices.contains { sheet.number($0, heading) != nil }
    }
    let titles = headings.map { VisibleText.compact($0) }
    let widths = headings.indices.map { column in
      max(titles[column].count, cells.map { $0[column].count }.max() ?? 0)
    }
    return ([titles] + cells).map { row in
      var line = ""
      for (column, text) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - text.count)
        line += (column == 0 ? "" : "   ") + (isNumeric[column] ? padding + text : text + padding)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
