import Foundation
public import ParleyBase
public import ParleyProgram

/// Reads and checks one holder's file of one table, wholly and before anything is connected.
///
/// Cost: one pass, about 70 ns a cell; memory: 8 bytes a cell (9 when nullable; 16 and more for a text) and the window
/// of ``CSVRecords``.
public enum HolderCSV {
  /// What reading a file came to.
  public struct Outcome: Sendable {
    /// Nil when there is any problem.
    public var data: TableData?
    /// What became of its rows.
    public var report: CSVReport
    /// The problems by line, at most as many as are listed.
    public var problems: [ParleyError]
  }

  /// Rows that are bad in more different ways than this are counted, not listed.
  public static let listedKinds = 100
  /// Most lines of a file that are blank or bad rows. A small compressed file can have any number of them.
  package static func mostUnusedLines(maximumRows: Int) -> Int {
    let (product, overflow) = maximumRows.multipliedReportingOverflow(by: 9)
    return overflow ? .max / 2 : min(product, .max / 2) + 100_000
  }
  /// A header with more columns is refused.
  public static let columnLimit = 16_384
  /// Longest row, in bytes.
  package static let rowLimit = CSVRecords.recordLimit

  /// The rows of a file without any problem.
  ///
  /// - Throws: `data/…`, all problems of the file as one error.
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

  /// Reads the file to its end and finds all problems.
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
struct TableReading {
  let file: String
  let table: Study.Table
  let dialect: CSVDialect
  let columns: [ColumnSchema]
  /// What the columns are called in this holder's file.
  let headers: [String]
  let holder: String
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
  /// Rows for which the file is refused.
  private var refused = BadRowKinds()
  /// Rows that were left out, or had cells made NULL.
  private var passed = BadRowKinds()

  init(file: String, table: Study.Table, holder: String) {
    self.file = file
    self.table = table
    dialect = table.dialect(of: holder)
    columns = table.schema.columns
    self.holder = holder
    let dialect = self.dialect
    headers = columns.indices.map { table.header(of: $0, holder: holder) }
    parsers = zip(columns, table.columns).map { CellParser($0, $1, dialect: dialect) }
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
    let advice = RowAdvice(
      file: file, holder: holder, columns: columns, names: shownNames, dialect: dialect, policy: table.badRows,
      unitColumn: table.schema.unitColumn, spellings: Spellings(parsers.map(\.tally)))
    report.listed = passed.entries.map(advice.error)
    problems = refused.entries.map(advice.error) + problems
    if refused.unlisted > 0 {
      problems.append(
        ParleyError(
          .dataBadRows, "and \(refused.unlisted) more bad rows", at: .init(file: file),
          remedy: "correct the file, or agree on 'bad-rows: drop' in the study"))
    }
    guard problems.isEmpty else { return }
    for (name, parser) in zip(shownNames, parsers) {
      report.readings += parser.tally.readings(name, dialect)
    }
    problems = columns.indices.compactMap(undeclared)
    guard problems.isEmpty else { return }
    let bad = report.rowsDropped + report.rowsNulled
    if let limit = table.badRowsLimit, !limit.allows(bad, of: report.rowsRead) {
      problems = [
        ParleyError(
          .dataBadRows,
          "\(bad) of \(report.rowsRead) rows cannot be used; the study allows \(limit) ('bad-rows-limit')",
          at: .init(file: file), remedy: "correct the rows; the first reasons follow")
      ]
      problems += report.listed.prefix(5)
    } else if rowCount == 0, report.rowsRead > 0 {
      problems = [
        ParleyError(
          .dataEmpty, "none of the \(report.rowsRead) rows of the file can be used", at: .init(file: file),
          remedy: "check that it is the right file and that 'csv' in the study says how it is written")
      ]
      problems += report.listed.prefix(5)
    }
  }

  /// A column in which every value counts as the category's 'others' has the labels of another file.
  private func undeclared(_ column: Int) -> ParleyError? {
    let values = values[column].count - isNull[column].count { $0 }
    guard values >= Self.fewestUndeclared, parsers[column].tally.others == values else { return nil }
    let name = columns[column].name
    return ParleyError(
      .dataType,
      "column \(shownNames[column]): none of its \(values) values is declared, and all of them would count as its 'others'",
      at: .init(file: file),
      remedy:
        "say what its labels mean: 'csv-by-holder: {\(holder): {values: {\(name): {LABEL: DECLARED, …}}}}' in the study, or declare them under 'values' of '\(name)'"
    )
  }
  private static var fewestUndeclared: Int { 5 }

  /// The field of each column, or nil after reporting why not.
  private mutating func header(_ records: CSVRecords) throws(CSVRecords.Failure) -> [Int]? {
    let hasLine = try records.advance()
    guard hasLine, !(records.isBlank && columns.count > 1) else {
      problems = [
        ParleyError(
          .dataEmpty, hasLine ? "the first line is blank" : "the file is empty", at: .init(file: file, line: 1),
          remedy: (hasLine ? "remove blank lines before it: " : "")
            + "the first line holds the column names: \(headerLine)")
      ]
      return nil
    }
    var names: [String] = []
    for index in 0..<records.fields.count {
      let text = records.text(index)
      names.append(records.fields[index].isQuoted ? text : text.trimmingSpaces)
    }
    if dialect.hasTrailingDelimiter, names.count > 1, names.last == "" { names.removeLast() }
    var firstPlace: [ExactText: Int] = [:]
    for (index, name) in names.enumerated() {
      guard let first = firstPlace[ExactText(name)] else {
        firstPlace[ExactText(name)] = index
        continue
      }
      guard !name.isEmpty else { continue }
      problems.append(
        ParleyError(
          .dataDuplicateHeader,
          "two columns are called '\(VisibleText.line(name))', number \(first + 1) and \(index + 1)",
          at: .init(file: file, line: 1), remedy: "rename or remove one of them in the file"))
    }
    if let other = inOtherLetters(names) ?? otherDelimiter(names) ?? noHeader(names, records) {
      problems.append(other)
      return nil
    }
    var places: [Int] = []
    for (column, header) in headers.enumerated() {
      guard let place = firstPlace[ExactText(header)] else {
        problems.append(missing(column, names))
        continue
      }
      places.append(place)
    }
    let lacking = columns.indices.filter { firstPlace[ExactText(headers[$0])] == nil }
    if lacking.count > 3, lacking.count * 2 > columns.count { problems = [otherFile(lacking, names)] }
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
    headers.enumerated().map { index, header in
      Int(header).flatMap { $0 >= 1 && $0 <= HolderCSV.columnLimit ? $0 - 1 : nil } ?? index
    }
  }

  /// In quotes; where the file has another name than the study, that one first, because the holder knows no other.
  private var shownNames: [String] {
    zip(columns, headers).map { column, header in
      dialect.hasHeader && header != column.name
        ? "'\(VisibleText.line(header))' ('\(column.name)' of the study)" : "'\(column.name)'"
    }
  }

  private var expectedFields = 0

  private mutating func rows(_ records: CSVRecords, _ places: [Int]) throws(CSVRecords.Failure) {
    var row = [Int64](repeating: 0, count: columns.count)
    var nulls = [Bool](repeating: false, count: columns.count)
    var words = [String](repeating: "", count: columns.count)
    let isText = columns.map { if case .text = $0.type { true } else { false } }
    let least = (places.max() ?? 0) + 1
    var faults: [BadRowKinds.Cell] = []
    let mostUnused = HolderCSV.mostUnusedLines(maximumRows: rowLimit.count)
    var lines = 0
    while try records.advance() {
      lines += 1
      guard lines - rowCount <= mostUnused + 1 else {
        problems.append(tooManyUnused(mostUnused, line: records.line))
        return
      }
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
        let endsInDelimiter = fieldCount == expectedFields + 1 && records.isEmpty(expectedFields)
        bad(.fields(fieldCount, expected: expectedFields, endsInDelimiter: endsInDelimiter), line: records.line)
        continue
      }
      faults.removeAll(keepingCapacity: true)
      for column in row.indices {
        let place = places[column]
        switch records.withField(place, { parsers[column].parse($0) }) {
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
          faults.append(.init(column: column, fault: fault))
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
        refused = BadRowKinds()
        return
      }
      rowCount += 1
      if !table.schema.uniqueKeys.isEmpty { report.rowLines.append(records.line) }
      for column in row.indices {
        if isText[column] { texts[column].append(words[column]) } else { values[column].append(row[column]) }
        if columns[column].isNullable { isNull[column].append(nulls[column]) }
      }
    }
  }

  private func tooManyUnused(_ most: Int, line: Int) -> ParleyError {
    ParleyError(
      .dataLimit,
      "more than \(most) lines are blank or hold no row that can be used, which is more than a file for the \(rowLimit.key) of \(rowLimit.count) of table '\(table.schema.name)' may have; the rest was not read",
      at: .init(file: file, line: line),
      remedy: "check that it is the right file, and take blank lines and rows that are not wanted out of it")
  }

  /// Applies the study's policy to a row with bad cells; true when it is kept.
  private mutating func accept(_ faults: [BadRowKinds.Cell], line: Int) -> Bool {
    guard table.badRows == .null, faults.allSatisfy({ columns[$0.column].isNullable }) else {
      bad(.cells(faults), line: line)
      return false
    }
    report.cellsNulled += faults.count
    report.rowsNulled += 1
    passed.add(.cells(faults), line: line)
    return true
  }

  private mutating func bad(_ kind: BadRowKinds.Kind, line: Int) {
    guard table.badRows == .drop else { return refused.add(kind, line: line) }
    report.rowsDropped += 1
    passed.add(kind, line: line)
  }
}

extension String {
  var trimmingSpaces: String { trimmingCharacters(in: CharacterSet(charactersIn: " \t")) }
}
