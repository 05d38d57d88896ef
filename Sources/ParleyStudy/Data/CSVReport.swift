public import ParleyBase

/// What reading a holder's file came to, for the holder's eyes.
public struct CSVReport: Sendable, Hashable {
  /// Data rows in the file.
  public var rowsRead = 0
  /// Rows that were left out because of a bad cell.
  public var rowsDropped = 0
  /// Bad cells that were made NULL.
  public var cellsNulled = 0
  /// Rows with at least one cell made NULL.
  public var rowsNulled = 0
  /// Columns of the file that the study does not use.
  public var ignoredColumns: [String] = []
  /// What cells were taken to mean where they could mean something else, one line a column.
  public var readings: [String] = []
  /// Why rows were dropped or had cells made NULL: a hundred kinds of mistakes at most, each with its first lines.
  public var listed: [ParleyError] = []

  /// By row that is used, its line; empty where the table has no unique keys.
  package var rowLines: [Int] = []

  /// Nothing has been read.
  public init() {}

  /// Kinds of bad rows of which the notices tell.
  private static let shownReasons = 5

  /// Lines to show before anything is sent.
  public var notices: [String] {
    var lines: [String] = []
    if !ignoredColumns.isEmpty {
      lines.append("not used by the study: \(ignoredColumns.map { "'\($0)'" }.joined(separator: ", "))")
    }
    if rowsRead == 0 { lines.append("it has no rows; this holder takes part with none") }
    if rowsDropped > 0 { lines.append("\(rowsDropped) of \(rowsRead) rows dropped (bad-rows: drop)") }
    if cellsNulled > 0 { lines.append("\(counted(cellsNulled, "unusable cell")) became NULL (bad-rows: null)") }
    return lines + reasons + readings
  }

  /// Why rows were dropped or had cells made NULL, with line and column and nothing of what the cells hold.
  private var reasons: [String] {
    let shown = listed.prefix(Self.shownReasons).map { problem in
      // How the file is to be read, where cells became NULL or most rows are left out; that single rows are to be corrected
      // goes without saying.
      let remedy =
        cellsNulled > 0 || rowsDropped > rowsRead - rowsDropped ? problem.remedy.map { "; \($0)" } ?? "" : ""
      return "line \(problem.place?.line ?? 0): \(problem.message)\(remedy)"
    }
    let more = listed.count - shown.count
    return shown + (more > 0 ? ["and \(counted(more, "more kind")) of bad rows"] : [])
  }
}

extension CellTally {
  /// - Parameter name: of the column, in quotes.
  func readings(_ name: String, _ dialect: CSVDialect) -> [String] {
    var lines: [String] = []
    if withoutZone > 0 {
      lines.append(
        "column \(name): \(counted(withoutZone, "time")) without a zone \(withoutZone == 1 ? "was" : "were") taken as UTC; 'zone' under 'csv' of the study says otherwise"
      )
    }
    if twice > 0 {
      lines.append(
        "column \(name): \(counted(twice, "time")) that clocks showed twice when they were put back \(twice == 1 ? "was taken as the earlier one" : "were taken as the earlier ones")"
      )
    }
    if others > 0 {
      lines.append(
        "column \(name): \(others == 1 ? "1 cell with a value that is not declared counts" : "\(others) cells with values that are not declared count") as its 'others'"
      )
    }
    if mayHaveThousands, threeDecimals > 0 {
      let mark = dialect.decimalMark.rawValue
      lines.append(
        "column \(name): \(threeDecimals == 1 ? "1 number has three digits after '\(mark)' and was read as a decimal" : "\(threeDecimals) numbers have three digits after '\(mark)' and were read as decimals"); if '\(mark)' stands between thousands, 'decimal' and 'thousands' under 'csv' of the study say so"
      )
    }
    return lines
  }
}
