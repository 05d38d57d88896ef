import ParleyBase
import ParleyProgram
import ParleyTables

/// The column that says until when each row was followed: a number that is never below 0.
struct SurvivalTime: Sendable {
  private let settings: AnalysisSettings
  private let name: String

  /// - Throws: `analysis/setting` where there is no `time`.
  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    name = try settings.text("time", example: "days")
  }

  /// - Throws: `analysis/variable`; `analysis/type` of what is no number, and of a declared column that can be below 0.
  func column(of rows: AnalysisRows) throws(ParleyError) -> AnalysisRows.Column {
    let column = try rows.number(name, at: "time")
    guard column.type != .boolean else {
      throw settings.error(
        "type", "'time' of \(settings.what) names '\(column.name)', which is a condition", at: "time",
        remedy: "name a number of days, weeks or the like")
    }
    if let lower = column.range?.lowerBound, lower < 0 {
      throw below(column, "declare a range from 0 on; what is outside of it is a bad row then")
    }
    return column
  }

  /// The times of rows, where there are no more than a kind can order.
  ///
  /// - Throws: `analysis/rows` for more; `analysis/type` of a computed column that can be below 0.
  func number(
    _ frame: AnalysisFrame, most: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    guard frame.maximumRows <= most else {
      throw settings.error(
        "rows",
        "\(settings.what) of kind '\(settings.kind)' can have \(frame.maximumRows) rows; \(most) are the most",
        remedy: "lower maximum-rows of the table, if there are fewer")
    }
    let column = try column(of: frame.rows)
    guard try frame.range(of: column.name).lower >= 0 else {
      throw below(column, "declare ranges from 0 on for the columns that '\(column.name)' is made of")
    }
    return try frame.number(column.name, &builder)
  }

  private func below(_ column: AnalysisRows.Column, _ remedy: String) -> ParleyError {
    settings.error(
      "type", "'time' of \(settings.what) names '\(column.name)', which can be below 0", at: "time",
      remedy: remedy)
  }
}
