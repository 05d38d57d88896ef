public import ParleyBase
public import ParleyProgram

/// Drafts of analyses, for `parley study init`.
extension AnalysisKinds {
  /// Lines of `analyses` for a table: a kind with columns that fit it, to be reviewed.
  ///
  /// - Throws: `analysis/unknown-kind`; `analysis/type` where the table has no columns that fit.
  public static func draft(_ kind: String, of table: TableSchema) throws(ParleyError) -> [String] {
    guard let type = all.first(where: { $0.name == kind }) else {
      throw ParleyError(
        .init("analysis/unknown-kind"), "there is no kind of analysis '\(VisibleText.line(kind))'",
        remedy: "use one of: \(names.joined(separator: ", "))")
    }
    guard let keys = type.draft(DraftedColumns(table)) else {
      throw ParleyError(
        .init("analysis/type"), "no columns of the files fit an analysis of kind '\(kind)'",
        remedy: "name files with \(type.needs); or draft without --analysis, and declare such columns by hand")
    }
    return ["  - name: \(kind)", "    kind: \(kind)", "    table: \(table.name)"] + keys.map { "    \($0)" }
  }
}

/// Columns of a table by what an analysis can do with them, by name.
package struct DraftedColumns {
  /// Whole numbers and decimals.
  package var numbers: [String] = []
  /// Conditions.
  package var conditions: [String] = []
  /// Whole numbers from 0 on that can be times, with the last.
  package var times: [(name: String, last: Int64)] = []
  /// Categories, with how many values they have.
  package var categories: [(name: String, count: Int)] = []

  /// Numbers and conditions that models can take as predictors.
  package var predictors: [String] = []

  init(_ table: TableSchema) {
    for column in table.columns {
      if DesignTerm.canBePredictor(column.type) { predictors.append(column.name) }
      switch column.type {
      case .integer(let range):
        numbers.append(column.name)
        if range.lowerBound >= 0, range.upperBound > 0 { times.append((column.name, range.upperBound)) }
      case .decimal: numbers.append(column.name)
      case .boolean: conditions.append(column.name)
      case .category(let values): categories.append((column.name, values.count))
      case .date, .timestamp, .text: break
      }
    }
  }

  /// Columns that make groups, those of two first.
  package var groups: [(name: String, count: Int)] {
    let all = conditions.map { (name: $0, count: 2) } + categories
    return all.filter { $0.count == 2 } + all.filter { $0.count > 2 }
  }
}
