import Foundation
public import ParleyBase
public import ParleyProgram

/// What reading a holder's file came to, for the holder's eyes.
public struct CSVReport: Sendable, Hashable {
  /// Data rows in the file.
  public var rowsRead = 0
  public var rowsDropped = 0
  public var cellsNulled = 0
  /// Columns of the file that the study does not use.
  public var ignoredColumns: [String] = []
  /// The first hundred rows that were dropped or had cells made NULL, with the reason.
  public var listed: [ParleyError] = []

  public init() {}

  /// Lines to show before anything is sent.
  public var notices: [String] {
    var lines: [String] = []
    if !ignoredColumns.isEmpty {
      lines.append("not used by the study: \(ignoredColumns.map { "'\($0)'" }.joined(separator: ", "))")
    }
    if rowsDropped > 0 { lines.append("\(rowsDropped) of \(rowsRead) rows dropped (bad-rows: drop)") }
    if cellsNulled > 0 { lines.append("\(cellsNulled) unusable cells became NULL (bad-rows: null)") }
    return lines
  }
}

/// Reads and checks one holder's file of one table, wholly and before anything is connected.
///
/// Cost: one pass, about 70 ns a cell; memory: 8 bytes a cell (9 when nullable; 16 and more for a text) and the window
/// of ``CSVRecords``.
public enum HolderCSV {
  public struct Outcome: Sendable {
    /// Nil when there is any problem.
    public var data: TableData?
    public var report: CSVReport
    public var problems: [ParleyError]
  }

  /// More bad rows than this are counted, not listed.
  public static let listedRows = 100
  /// A header with more columns is refused.
  public static let columnLimit = 16_384

  public static func load(
    path: String, table: Study.Table, holder: String
  ) throws(ParleyError) -> (data: TableData, report: CSVReport) {
    let outcome = check(path: path, table: table, holder: holder)
    if let data = outcome.data { return (data, outcome.report) }
    throw ParleyError.combining(outcome.problems, file: path)
  }

  /// The same for rows that come from somewhere else and are written as a file would be.
  package static func load(
    _ source: any ByteSource, file: String, table: Study.Table, holder: String
  ) throws(ParleyError) -> (data: TableData, report: CSVReport) {
    let outcome = check(source, file: file, table: table, holder: holder)
    if let data = outcome.data { return (data, outcome.report) }
    throw ParleyError.combining(outcome.problems, file: file)
  }

  public static func check(path: String, table: Study.Table, holder: String) -> Outcome {
    let source: FileSource
    do { source = try FileSource(path: path) } catch {
      return Outcome(data: nil, report: CSVReport(), problems: [error.inWords(file: path)])
    }
    return check(source, file: path, table: table, holder: holder)
  }

  /// The same for bytes in memory, handed out `piece` at a time through a window of `window` bytes at first.
  package static func check(
    bytes: [UInt8], file: String, table: Study.Table, holder: String, piece: Int = .max, window: Int = 1 << 18
  ) -> Outcome {
    check(MemorySource(bytes, piece: piece), file: file, table: table, holder: holder, window: window)
  }

  static func check(
    _ source: any ByteSource, file: String, table: Study.Table, holder: String, window: Int = 1 << 18
  ) -> Outcome {
    var reading = TableReading(file: file, table: table, holder: holder)
    reading.read(source, window: window)
    let problems = reading.problems
    return Outcome(
      data: problems.isEmpty ? reading.finished() : nil, report: reading.report, problems: problems)
  }
}

/// One pass over one file.
private struct TableReading {
  let file: String
  let table: Study.Table
  let dialect: CSVDialect
  let columns: [ColumnSchema]
  let parsers: [CellParser]
  /// Most rows this holder may have, and the key that says so.
  let rowLimit: (count: Int, key: String)
  var report = CSVReport()
  var problems: [ParleyError] = []
  private var values: [[Int64]]
  /// By column; nothing in those that hold no texts.
  private var texts: [[String]]
  private var isNull: [[Bool]]
  private var rowCount = 0
  private var unlisted = 0

  init(file: String, table: Study.Table, holder: String) {
    self.file = file
    self.table = table
    dialect = table.dialect(of: holder)
    columns = table.schema.columns
    let dialect = self.dialect
    parsers = columns.map { CellParser($0, dialect: dialect) }
    if let padTo = table.schema.padTo, padTo < table.schema.maximumRows {
      rowLimit = (padTo, "pad-to")
    } else {
      rowLimit = (table.schema.maximumRows, "maximum-rows")
    }
    values = Array(repeating: [], count: columns.count)
    texts = Array(repeating: [], count: columns.count)
    isNull = Array(repeating: [], count: columns.count)
  }

  func finished() -> TableData {
    TableData(
      rowCount: rowCount,
      columns: values.indices.map { .init(values: values[$0], isNull: isNull[$0], texts: texts[$0]) })
  }

  mutating func read(_ source: any ByteSource, window: Int) {
    let records = CSVRecords(
      source, delimiter: dialect.delimiter.byte, fieldLimit: HolderCSV.columnLimit, window: window)
    do throws(CSVRecords.Failure) {
      guard let places = dialect.hasHeader ? try header(records) : positions() else { return }
      try rows(records, places)
    } catch {
      problems = [CSVFailureText.error(error, file: file, dialect: dialect)]
      return
    }
    guard problems.isEmpty else {
      if unlisted > 0 {
        problems.append(
          ParleyError(
            .dataBadRows, "and \(unlisted) more bad rows", at: .init(file: file),
            remedy: "correct the file, or agree on 'bad-rows: drop' or 'bad-rows: null' in the study"))
      }
      return
    }
    if rowCount == 0 {
      let why = report.rowsRead == 0 ? "has a header but no rows" : "has no row that can be used"
      problems = [
        ParleyError(
          .dataEmpty, "the file \(why)", at: .init(file: file),
          remedy: "check that it is the right file; a holder without rows is left out of the study")
      ]
    }
  }

  /// The field of each column, or nil after reporting why not.
  private mutating func header(_ records: CSVRecords) throws(CSVRecords.Failure) -> [Int]? {
    guard try records.advance(), !(records.isBlank && columns.count > 1) else {
      problems = [
        ParleyError(
          .dataEmpty, "the file is empty", at: .init(file: file, line: 1),
          remedy: "the first line holds the column names: \(headerLine)")
      ]
      return nil
    }
    var names: [String] = []
    for index in 0..<records.fields.count {
      let text = records.text(index)
      names.append(records.fields[index].isQuoted ? text : text.trimmingSpaces)
    }
    if dialect.hasTrailingDelimiter, names.count > 1, names.last == "" { names.removeLast() }
    var firstPlace: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      guard let first = firstPlace[name] else {
        firstPlace[name] = index
        continue
      }
      guard !name.isEmpty else { continue }
      problems.append(
        ParleyError(
          .dataDuplicateHeader,
          "two columns are called '\(VisibleText.line(name))', number \(first + 1) and \(index + 1)",
          at: .init(file: file, line: 1), remedy: "rename or remove one of them in the file"))
    }
    var places: [Int] = []
    for details in table.columns {
      guard let place = firstPlace[details.header] else {
        problems.append(missing(details.header, names))
        continue
      }
      places.append(place)
    }
    guard problems.isEmpty else { return nil }
    let used = Set(places)
    report.ignoredColumns = names.enumerated().filter { !used.contains($0.offset) }.map {
      VisibleText.line($0.element)
    }
    records.keptFields = names.count + 1
    expectedFields = names.count
    return places
  }

  /// The field of each column of a file without header; how many fields there are, its first row says.
  private mutating func positions() -> [Int]? {
    table.columns.enumerated().map { index, details in
      Int(details.header).flatMap { $0 >= 1 && $0 <= HolderCSV.columnLimit ? $0 - 1 : nil } ?? index
    }
  }

  private var expectedFields = 0

  private var headerLine: String {
    table.columns.map(\.header).joined(separator: String(dialect.delimiter.rawValue))
  }

  private func missing(_ header: String, _ names: [String]) -> ParleyError {
    var remedy = Suggestion.nearest(to: header, among: names).map { VisibleText.line($0) }.map {
      "did you mean '\($0)'? Rename it in the file, or write 'header: \($0)' for that column in the study"
    }
    if names.count == 1 {
      for other in CSVDialect.Delimiter.allCases
      where other != dialect.delimiter && names[0].contains(other.rawValue) {
        let word = other == .tab ? "tab" : "\"\(other.rawValue)\""
        remedy =
          "the fields seem to be separated by '\(other.word)': write 'delimiter: \(word)' under 'csv' of the table"
      }
    }
    return ParleyError(
      .dataMissingColumn, "the file has no column '\(header)'", at: .init(file: file, line: 1),
      remedy: remedy ?? "the first line must hold the column names: \(headerLine)")
  }

  private mutating func rows(_ records: CSVRecords, _ places: [Int]) throws(CSVRecords.Failure) {
    var row = [Int64](repeating: 0, count: columns.count)
    var nulls = [Bool](repeating: false, count: columns.count)
    var words = [String](repeating: "", count: columns.count)
    let isText = columns.map { if case .text = $0.type { true } else { false } }
    let least = (places.max() ?? 0) + 1
    var faults: [(column: Int, fault: CellParser.Fault)] = []
    while try records.advance() {
      // An empty line is a row, without value, only where a row is one cell.
      if records.isBlank, max(expectedFields, least) > 1 { continue }
      report.rowsRead += 1
      var fieldCount = records.fieldCount
      if dialect.hasTrailingDelimiter, fieldCount > 1, records.isEmpty(fieldCount - 1) { fieldCount -= 1 }
      if expectedFields == 0 {
        expectedFields = max(fieldCount, least)
        records.keptFields = expectedFields + 1
      }
      guard fieldCount == expectedFields else {
        bad(
          line: records.line, .dataFieldCount,
          "\(fieldCount) fields instead of \(expectedFields)")
        continue
      }
      faults.removeAll(keepingCapacity: true)
      for column in row.indices {
        let place = places[column]
        let isQuoted = records.fields[place].isQuoted
        switch records.withField(place, { parsers[column].parse($0, isQuoted: isQuoted) }) {
        case .value(let value):
          row[column] = value
          nulls[column] = false
        case .text(let text):
          words[column] = text
          nulls[column] = false
        case .null:
          row[column] = 0
          words[column] = ""
          nulls[column] = true
        case .bad(let fault):
          row[column] = 0
          words[column] = ""
          nulls[column] = true
          faults.append((column, fault))
        }
      }
      if !faults.isEmpty, !accept(faults, line: records.line) { continue }
      guard rowCount < rowLimit.count else {
        problems = [
          ParleyError(
            .dataTooManyRows,
            "the file has more than \(rowLimit.count) rows, the \(rowLimit.key) of table "
              + "'\(table.schema.name)'", at: .init(file: file, line: records.line),
            remedy: "raise '\(rowLimit.key)' in the study, which all parties must agree to")
        ]
        unlisted = 0
        return
      }
      rowCount += 1
      for column in row.indices {
        if isText[column] { texts[column].append(words[column]) } else { values[column].append(row[column]) }
        if columns[column].isNullable { isNull[column].append(nulls[column]) }
      }
    }
  }

  /// Applies the study's policy to a row with bad cells; true when it is kept.
  private mutating func accept(_ faults: [(column: Int, fault: CellParser.Fault)], line: Int) -> Bool {
    let words = faults.prefix(5).map {
      "column '\(columns[$0.column].name)': \($0.fault.words(columns[$0.column], dialect))"
    }
    let message = words.joined(separator: "; ") + (faults.count > 5 ? "; and \(faults.count - 5) more" : "")
    if table.badRows == .null, faults.allSatisfy({ columns[$0.column].isNullable }) {
      report.cellsNulled += faults.count
      list(ParleyError(faults[0].fault.code, message, at: .init(file: file, line: line)))
      return true
    }
    bad(line: line, faults[0].fault.code, message)
    return false
  }

  private mutating func bad(line: Int, _ code: ParleyError.Code, _ message: String) {
    let problem = ParleyError(
      code, message, at: .init(file: file, line: line),
      remedy: "correct the row, widen the declaration in the study, or agree on 'bad-rows: drop'"
        + (table.badRows == .refuse ? " or 'bad-rows: null'" : ""))
    guard table.badRows != .drop else {
      report.rowsDropped += 1
      list(problem)
      return
    }
    if problems.count < HolderCSV.listedRows { problems.append(problem) } else { unlisted += 1 }
  }

  private mutating func list(_ problem: ParleyError) {
    if report.listed.count < HolderCSV.listedRows { report.listed.append(problem) }
  }
}

extension String {
  fileprivate var trimmingSpaces: String { trimmingCharacters(in: CharacterSet(charactersIn: " \t")) }
}
