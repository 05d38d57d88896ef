package import BigInt
package import ParleyBase
package import ParleyProgram
import ParleyTables

/// A condition as settings name it: a bool, or a value that a category, bool or whole number has: `{column: status, is: dead}`.
package struct ConditionSetting: Hashable, Sendable {
  private let key: String
  private let name: String
  private let value: AnalysisSetting?
  private let settings: AnalysisSettings

  /// - Throws: `analysis/setting`, `analysis/key`.
  package init(_ settings: AnalysisSettings, at key: String, example: String) throws(ParleyError) {
    self.key = key
    self.settings = settings
    let long = "{column: status, is: dead}"
    if let mapping = try settings.mapping(key, ["column", "is"], example: long) {
      name = try settings.text(of: mapping["column"], key, example: long)
      _ = try settings.text(of: mapping["is"], key, example: long)
      value = mapping["is"]
    } else {
      name = try settings.text(key, example: example)
      value = nil
    }
  }

  /// The column.
  ///
  /// - Throws: `analysis/variable`; `analysis/type` and `analysis/setting` where the condition cannot hold.
  package func column(of rows: AnalysisRows) throws(ParleyError) -> AnalysisRows.Column {
    let column = try rows.column(name, at: key)
    _ = try number(of: column)
    return column
  }

  /// The integer that the column has where the condition holds.
  package func number(of column: AnalysisRows.Column) throws(ParleyError) -> BigInt {
    guard let value else {
      guard column.type == .boolean else {
        throw settings.error(
          "type",
          "'\(key)' of \(settings.what) names '\(column.name)', which is \(column.type.inWords) and no condition",
          at: key, remedy: "say which value is meant: '\(key): {column: \(column.name), is: …}'")
      }
      return 1
    }
    guard case .text(let text) = value.value else { return 0 }
    let never = { (remedy: String) in
      settings.error(
        "setting",
        "'\(key)' of \(settings.what) asks for '\(text)', which '\(column.name)' never is", at: key,
        remedy: remedy)
    }
    switch column.type {
    case .boolean:
      guard let value = ["false": 0, "true": 1][text] else { throw never("write true or false") }
      return BigInt(value)
    case .category(let labels):
      guard let index = column.values.firstIndex(of: text) ?? labels.firstIndex(of: text) else {
        throw never("use one of: \(column.values.joined(separator: ", "))")
      }
      return BigInt(index)
    case .integer:
      guard let value = Int64(text), column.range?.contains(value) ?? true else {
        throw never(
          "write a whole number"
            + (column.range.map { " of \($0.lowerBound) to \($0.upperBound)" } ?? ""))
      }
      return BigInt(value)
    case .decimal, .date, .timestamp, .text:
      throw settings.error(
        "type",
        "'\(key)' of \(settings.what) names '\(column.name)', which is \(column.type.inWords)",
        at: key,
        remedy: key == "event"
          ? "name a bool, a category or an int; or make a bool in 'rows'"
          : "name a bool, a category or an int, if need be one that each holder brings in its file")
    }
  }

  /// The bit of each row that the condition holds; 0 in rows that are not used.
  package func bit(_ frame: AnalysisFrame, _ builder: inout ProgramBuilder) throws(ParleyError)
    -> Program.NodeID
  {
    let column = try column(of: frame.rows)
    return try frame.bit(column.name, is: try number(of: column), &builder)
  }
}
